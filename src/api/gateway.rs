//! Rows of the `gateway-*` endpoints.
//!
//! Not here: what a row means, which is `row`.

use super::row::{Effect, Endpoint, Param, Repeat, Resource, Success};

pub(super) static ROWS: &[Endpoint] = &[
    Endpoint {
        function: "list_gateways",
        action: "gateway-list",
        about: "Lists the lines through which the app can be reached.",
        resource: Resource::Gateway,
        page: 46,
        effect: Effect::Read,
        repeat: Repeat::Read,
        positional: &[],
        params: &[],
        success: Success::Rows,
        secret_results: &[],
        failure_status: 200,
        codes: &[],
        example: r#"{}"#,
    },
    Endpoint {
        function: "switch_gateway",
        action: "gateway-switch",
        about: "Switches to another line.",
        resource: Resource::Gateway,
        page: 47,
        effect: Effect::Write,
        repeat: Repeat::Harmless("switches to the same line again"),
        positional: &["id"],
        params: &[Param::digits("id", "id from gateway-list").required()],
        success: Success::Nothing,
        secret_results: &[],
        failure_status: 200,
        codes: &["1000", "118001", "118002"],
        example: r#"{"id":"1"}"#,
    },
];
