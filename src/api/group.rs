//! Rows of the `group-*` endpoints.
//!
//! Not here: what a row means, which is `row`.

use super::profile::{LIMIT, PAGE};
use super::row::{Effect, Endpoint, Param, Resource, Resume, Success};

pub(super) static ROWS: &[Endpoint] = &[
    Endpoint {
        function: "list_groups",
        action: "group-list",
        about: "Lists profile groups, all pages of them unless `page` or `limit` is given.",
        resource: Resource::Group,
        page: 29,
        effect: Effect::Read,
        repeat_is_harmless: true,
        resume: Resume::Repeat,
        positional: &[],
        params: &[PAGE, LIMIT, Param::text("title", "name filter")],
        success: Success::Page { id: "id" },
        secret_results: &[],
        failure_status: 200,
        codes: &[],
        example: r#"{"page":1,"limit":10,"title":""}"#,
    },
    Endpoint {
        function: "create_group",
        action: "group-create",
        about: "Makes a profile group and returns its id.",
        resource: Resource::Group,
        page: 30,
        effect: Effect::Write,
        repeat_is_harmless: false,
        resume: Resume::Answer,
        positional: &["title", "sort"],
        params: &[
            Param::text("title", "name of the group; a name that exists is refused").required(),
            Param::integer("sort", "sort weight").required(),
        ],
        success: Success::Id,
        secret_results: &[],
        failure_status: 200,
        codes: &["1000", "1008", "105xxx"],
        example: r#"{"title":"name","sort":0}"#,
    },
];
