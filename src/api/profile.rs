//! Rows of the `profile-*` endpoints.
//!
//! Not here: what a row means, which is `row`.

use super::condition::Condition;
use super::row::{Effect, Endpoint, Param, Resource, Resume, Success};

/// Start platforms (appendix 53).
pub(super) const SITES: &[(i64, &str)] = &[
    (1, "facebook.com"),
    (2, "amazon.com"),
    (3, "paypal.com"),
    (4, "gmail.com"),
    (5, "aliexpress.com"),
    (6, "ebay.com"),
    (7, "lazada.com"),
    (8, "mail.com"),
    (9, "outlook.com"),
    (10, "payoneer.com"),
    (11, "shopify.com"),
    (12, "shoplineapp.com"),
    (13, "stripe.com"),
    (14, "walmart.com"),
    (15, "wish.com"),
    (16, "shopee.com"),
    (17, "etsy.com"),
    (18, "dhgate.com"),
    (19, "alibaba.com"),
    (20, "tiktok.com"),
    (21, "other"),
    (22, "blank"),
];

pub(super) const PROFILE_ID: Param = Param::integer("profile_id", "serial number of the profile").required();
pub(super) const PAGE: Param = Param::integer("page", "page number, counted from 1").default("1");
pub(super) const LIMIT: Param = Param::integer("limit", "rows per page").default("10");

pub(super) static ROWS: &[Endpoint] = &[
    Endpoint {
        function: "list_profiles",
        action: "profile-list",
        about: "Lists profiles, all pages of them unless `page` or `limit` is given.",
        resource: Resource::Profile,
        page: 1,
        effect: Effect::Read,
        repeat_is_harmless: true,
        resume: Resume::Repeat,
        positional: &[],
        params: &[
            Param::integer("profile_id", "only this profile; 0 means any"),
            Param::text("name", "name filter; whether it matches parts of names is not documented"),
            Param::integer("group_id", "only profiles of this group; 0 means any"),
            Param::integer("tag_id", "only profiles with this tag; 0 means any"),
            PAGE,
            LIMIT,
        ],
        success: Success::Page { id: "profile_id" },
        secret_results: &["password", "proxy_url"],
        failure_status: 200,
        codes: &["1000", "1004", "1007", "1008"],
        example: r#"{"profile_id":0,"name":"","group_id":0,"tag_id":0,"page":1,"limit":10}"#,
    },
    Endpoint {
        function: "copy_profile",
        action: "profile-copy",
        about: "Copies a profile and returns the number of the new one.",
        resource: Resource::Profile,
        page: 3,
        effect: Effect::Write,
        repeat_is_harmless: false,
        resume: Resume::Answer,
        positional: &["profile_id"],
        params: &[
            Param::integer("profile_id", "serial number of the profile to copy").required(),
            Param::integer("site_id", "start platform of the copy, by number or name").one_of(SITES),
            Param::text("site_url", "start address").required_when(Condition::Is("site_id", 21)),
            Param::text("name", "name of the copy; how an unnamed copy is called is not documented"),
            Param::integer("group_id", "group of the copy").default("1"),
        ],
        success: Success::Id,
        secret_results: &[],
        failure_status: 200,
        codes: &["1000", "1004", "1007", "2002", "2004", "2007", "112xxx"],
        example: r#"{"profile_id":1640,"site_id":11,"site_url":"http://baidu.com/","name":"new_name","group_id":177}"#,
    },
    Endpoint {
        function: "delete_profile",
        action: "profile-delete",
        about: "Moves a profile to the recycle bin; no endpoint restores it.",
        resource: Resource::Profile,
        page: 23,
        effect: Effect::Destructive,
        repeat_is_harmless: true,
        resume: Resume::Answer,
        positional: &["profile_id"],
        params: &[PROFILE_ID],
        success: Success::Nothing,
        secret_results: &[],
        failure_status: 200,
        codes: &["1000", "1004", "1008", "2001"],
        example: r#"{"profile_id":161}"#,
    },
];
