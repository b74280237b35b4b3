//! Rows of the `profile-transfer-*` endpoints.
//!
//! Not here: what a row means, which is `row`.

use super::profile::{LIMIT, PAGE, PROFILE_ID};
use super::proxy_fields::PROXY_OF_IMPORT;
use super::row::{Effect, Endpoint, Kind, Param, Repeat, Resource, Success};

pub(super) static ROWS: &[Endpoint] = &[
    Endpoint {
        function: "create_transfer_code",
        action: "profile-transfer-code-create",
        about: "Makes a code with which another account imports the profile, and returns it.",
        resource: Resource::Transfer,
        page: 25,
        effect: Effect::Write,
        repeat: Repeat::Copies("creates a second code"),
        positional: &["profile_id", "password"],
        params: &[
            PROFILE_ID,
            Param::integer("transfer_proxy", "whether the proxy goes along")
                .one_of(&[(0, "no"), (1, "yes")])
                .default("0"),
            Param::integer("transfer_proxy_mode", "whether a purchased proxy is shared or handed over")
                .one_of(&[(1, "share"), (2, "hand_over")])
                .default("1"),
            Param::integer("transfer_note", "whether the notes go along")
                .one_of(&[(0, "no"), (1, "yes")])
                .default("0"),
            Param::text("password", "login password of the account, which the API wants in plain text")
                .required()
                .secret(),
        ],
        success: Success::Field("transfer_code", Kind::Text),
        secret_results: &["transfer_code"],
        failure_status: 200,
        codes: &["1000", "1004", "1007", "1008", "1011", "1012", "1013", "1014", "2001", "109xxx"],
        example: r#"{"profile_id":1441,"transfer_proxy":1,"transfer_proxy_mode":1,"transfer_note":1,"password":"123456"}"#,
    },
    Endpoint {
        function: "cancel_transfer_code",
        action: "profile-transfer-cancel",
        about: "Withdraws the transfer code of a profile.",
        resource: Resource::Transfer,
        page: 26,
        effect: Effect::Write,
        repeat: Repeat::Harmful("withdraws a code that was made since"),
        positional: &["profile_id"],
        params: &[PROFILE_ID],
        success: Success::Nothing,
        secret_results: &[],
        failure_status: 200,
        codes: &["1000", "1004", "1007", "1008", "1011", "1012", "1013", "1014", "2001", "109xxx"],
        example: r#"{"profile_id":1606}"#,
    },
    Endpoint {
        function: "import_profile",
        action: "profile-transfer-code-import",
        about: "Imports a profile by its transfer code and returns the number of the new one.",
        resource: Resource::Transfer,
        page: 27,
        effect: Effect::Write,
        repeat: Repeat::Harmful("imports a second profile, if the code still counts"),
        positional: &["transfer_code"],
        params: &[
            Param::text("transfer_code", "code made by `create_transfer_code`").required().secret(),
            Param::integer("group_id", "group for the profile; left out means the default group")
                .default("1"),
            Param::object("proxy_config", PROXY_OF_IMPORT, "proxy for the profile"),
        ],
        success: Success::Field("profile_id", Kind::Integer),
        secret_results: &[],
        failure_status: 404,
        codes: &["1000", "1004", "1007", "1008", "1011", "1014", "110xxx"],
        example: r#"{"transfer_code":"76686828-89727101","group_id":1,"proxy_config":{"proxy_mode":2,"proxy_id":"","proxy_type":"direct","proxy_ip":"","proxy_port":"","proxy_user":"","proxy_password":"","traffic_package_ip_policy":false,"enable_bypass":"0","bypass_list":"*.example1.com\nwww.example2.com"}}"#,
    },
    Endpoint {
        function: "list_transfer_records",
        action: "profile-transfer-record-list",
        about: "Lists transfer codes this account made, or profiles it received; all pages unless `page` or `limit` is given.",
        resource: Resource::Transfer,
        page: 28,
        effect: Effect::Read,
        repeat: Repeat::Read,
        positional: &[],
        params: &[
            Param::integer("type", "which side of the transfer to list")
                .one_of(&[(1, "made"), (2, "received")])
                .default("1"),
            Param::text("title", "profile name filter"),
            PAGE,
            LIMIT,
        ],
        success: Success::Page { id: "id" },
        secret_results: &["transfer_code"],
        failure_status: 200,
        codes: &[],
        example: r#"{"type":2,"title":"","page":1,"limit":10}"#,
    },
];
