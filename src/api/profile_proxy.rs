//! Rows of the `profile-update-proxy-*` endpoints.
//!
//! Not here: what a row means, which is `row`.

use super::profile::PROFILE_ID;
use super::proxy_fields::{
    PROXY_OF_CUSTOM, PROXY_OF_EXTRACTED, PROXY_OF_PURCHASED, PROXY_OF_TRAFFIC_PACKAGE,
};
use super::row::{Effect, Endpoint, Param, Repeat, Resource, Success};

pub(super) static ROWS: &[Endpoint] = &[
    Endpoint {
        function: "update_profile_to_traffic_package_proxy",
        action: "profile-update-proxy-for-purchased-traffic-package",
        about: "Gives a profile a proxy from a traffic package.",
        resource: Resource::ProfileProxy,
        page: 15,
        effect: Effect::Write,
        repeat: Repeat::Harmless("sets the same values again"),
        positional: &["profile_id"],
        params: &[
            PROFILE_ID,
            Param::object("proxy_info", PROXY_OF_TRAFFIC_PACKAGE, "new proxy binding").required(),
        ],
        success: Success::Nothing,
        secret_results: &[],
        failure_status: 200,
        codes: &["1000", "1008", "2003", "2007", "2009", "2010"],
        example: r#"{"profile_id":1575,"proxy_info":{"proxy_mode":1,"proxy_id":6,"country":"us","city":"Ada","gateway":"Default"}}"#,
    },
    Endpoint {
        function: "update_profile_to_purchased_proxy",
        action: "profile-update-proxy-to-purchased-mode",
        about: "Gives a profile a purchased proxy.",
        resource: Resource::ProfileProxy,
        page: 16,
        effect: Effect::Write,
        repeat: Repeat::Harmless("sets the same values again"),
        positional: &["profile_id"],
        params: &[
            PROFILE_ID,
            Param::object("proxy_info", PROXY_OF_PURCHASED, "new proxy binding").required(),
        ],
        success: Success::Nothing,
        secret_results: &[],
        failure_status: 200,
        codes: &["1000", "1008", "2002", "2007", "2009", "2010"],
        example: r#"{"profile_id":161,"proxy_info":{"proxy_mode":3,"proxy_id":1}}"#,
    },
    Endpoint {
        function: "update_profile_to_custom_proxy",
        action: "profile-update-proxy-for-custom-proxy",
        about: "Gives a profile a custom proxy.",
        resource: Resource::ProfileProxy,
        page: 17,
        effect: Effect::Write,
        repeat: Repeat::Harmless("sets the same values again"),
        positional: &["profile_id"],
        params: &[PROFILE_ID, Param::object("proxy_info", PROXY_OF_CUSTOM, "new proxy binding").required()],
        success: Success::Nothing,
        secret_results: &[],
        failure_status: 200,
        codes: &["1000", "1008", "2007", "2009", "2010"],
        example: r#"{"profile_id":161,"proxy_info":{"proxy_mode":2,"proxy_check_line":"global_line","proxy_type":"socks5","proxy_ip":"127.0.0.1","proxy_port":"51095","proxy_user":"","proxy_password":""}}"#,
    },
    Endpoint {
        function: "update_profile_to_extracted_proxy",
        action: "profile-update-proxy-for-api-extraction",
        about: "Lets a profile extract its proxy from an address.",
        resource: Resource::ProfileProxy,
        page: 18,
        effect: Effect::Write,
        repeat: Repeat::Harmless(
            "sets the same address again; which proxy it gives is decided there each time it is used",
        ),
        positional: &["profile_id"],
        params: &[
            PROFILE_ID,
            Param::object("proxy_info", PROXY_OF_EXTRACTED, "new proxy binding").required(),
        ],
        success: Success::Nothing,
        secret_results: &[],
        failure_status: 200,
        codes: &["1000", "1008", "2007", "2009", "2010"],
        example: include_str!("examples/update_profile_to_extracted_proxy.json"),
    },
];
