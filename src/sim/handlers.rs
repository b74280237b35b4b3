//! The table of handlers: which function answers an action, and in which documented form.
//!
//! Not here: the functions, one file per resource.

use super::call::{Call, Outcome};
use super::world::World;
use super::{gateways, groups, profiles, proxies, proxy_tags, records, tags, transfers};
use super::{profile_data, profile_edits, proxy_settings, windows};

/// What answers one action.
pub(super) struct Handler {
    /// The last segment of the URL.
    pub(super) action: &'static str,
    /// Does it.
    pub(super) run: fn(&mut World, &Call<'_>) -> Outcome,
    /// The form of its replies.
    pub(super) shape: Shape,
}

/// The form of an action's replies, from the samples of its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Whether `error.time` is there on success.
    pub(super) success_time: bool,
    /// Whether a failure has `data: null` and no `error.time`, instead of `data: []` with a time.
    pub(super) bare_failure: bool,
    /// Whether a success has no `data` at all.
    pub(super) no_data: bool,
    /// The HTTP status of a failure.
    pub(super) failure_status: u16,
}

impl Shape {
    /// What most pages show.
    pub(super) const CLOUD: Self =
        Self { success_time: true, bare_failure: false, no_data: false, failure_status: 200 };
    /// Page 23 (and 20): a success with a time, a failure without.
    pub(super) const BARE_FAILURE: Self = Self { bare_failure: true, ..Self::CLOUD };
    /// Pages 4, 6 and 8 to 13, presumably answered by the app itself: no time at all, and `null` in a failure. The replies of
    /// the actions without a page, and failures of page 7, are not documented; here they have this form too.
    pub(super) const DESKTOP: Self = Self { success_time: false, ..Self::BARE_FAILURE };
    /// Page 10: as the others of the app, and no `data` in a success.
    pub(super) const NO_DATA: Self = Self { no_data: true, ..Self::DESKTOP };
    /// Page 27: "Failed (404)". Whether that holds for every code or only for the sample's 110002 is not stated; here it
    /// holds for all.
    pub(super) const IMPORT: Self = Self { failure_status: 404, ..Self::CLOUD };
    /// Page 47, and page 46 as far as it goes: no time at all.
    pub(super) const GATEWAY: Self = Self { success_time: false, ..Self::BARE_FAILURE };
}

/// Every action a world knows.
pub(super) static HANDLERS: &[Handler] = &[
    on("profile-list", profiles::list, Shape::CLOUD),
    on("profile-copy", profiles::copy, Shape::CLOUD),
    on("profile-delete", profiles::delete, Shape::BARE_FAILURE),
    on("profile-transfer-code-create", transfers::create, Shape::CLOUD),
    on("profile-transfer-cancel", transfers::cancel, Shape::CLOUD),
    on("profile-transfer-code-import", transfers::import, Shape::IMPORT),
    on("profile-transfer-record-list", records::list, Shape::CLOUD),
    on("group-list", groups::list, Shape::CLOUD),
    on("group-create", groups::create, Shape::CLOUD),
    on("group-update", groups::update, Shape::CLOUD),
    on("group-delete", groups::delete, Shape::CLOUD),
    on("tag-list", tags::list, Shape::CLOUD),
    on("tag-create", tags::create, Shape::CLOUD),
    on("tag-update", tags::update, Shape::CLOUD),
    on("tag-delete", tags::delete, Shape::CLOUD),
    on("traffic-package-list", proxies::list_packages, Shape::CLOUD),
    on("proxy-list", proxies::list, Shape::CLOUD),
    on("proxy-create", proxies::create, Shape::CLOUD),
    on("proxy-update", proxies::update, Shape::CLOUD),
    on("proxy-delete", proxies::delete, Shape::CLOUD),
    on("proxy-tag-list", proxy_tags::list, Shape::CLOUD),
    on("proxy-tag-create", proxy_tags::create, Shape::CLOUD),
    on("proxy-tag-update", proxy_tags::update, Shape::CLOUD),
    on("proxy-tag-delete", proxy_tags::delete, Shape::CLOUD),
    on("gateway-list", gateways::list, Shape::GATEWAY),
    on("gateway-switch", gateways::switch, Shape::GATEWAY),
    on("profile-create", profile_edits::create, Shape::CLOUD),
    on("profile-update", profile_edits::update, Shape::CLOUD),
    on("profile-random-fingerprint-configuration", profile_edits::randomize, Shape::CLOUD),
    on("profile-update-groups-in-batches", profile_edits::move_to_group, Shape::BARE_FAILURE),
    on("empty-recycle-bin", profile_edits::empty_bin, Shape::CLOUD),
    on("profile-open", windows::open, Shape::DESKTOP),
    on("profile-open-with-random-fingerprint", windows::open_at_random, Shape::DESKTOP),
    on("profile-opened-list", windows::list, Shape::CLOUD),
    on("native-client-profile-opened-list", windows::list_native, Shape::DESKTOP),
    on("profile-opened-list-arrange-tile", windows::arrange, Shape::DESKTOP),
    on("profile-open-state-reset", windows::reset, Shape::DESKTOP),
    on("profile-close", windows::close, Shape::NO_DATA),
    on("profile-close-in-batches", windows::close_some, Shape::DESKTOP),
    on("profile-get-cookies", profile_data::cookies, Shape::CLOUD),
    on("profile-update-cookies", profile_data::set_cookies, Shape::CLOUD),
    on("profile-clear-cache", profile_data::clear_cache, Shape::DESKTOP),
    on("profile-clear-cache-and-cookies", profile_data::clear_cache_and_cookies, Shape::DESKTOP),
    on("profile-clear-cache-keep-extensions", profile_data::clear_cache_keep_extensions, Shape::DESKTOP),
    on("profile-clear-cloud-data", profile_data::clear_cloud, Shape::DESKTOP),
    on("profile-clear-saved-user-password", profile_data::clear_passwords, Shape::DESKTOP),
    on("profile-update-proxy-for-purchased-traffic-package", proxy_settings::to_package, Shape::CLOUD),
    on("profile-update-proxy-to-purchased-mode", proxy_settings::to_purchased, Shape::CLOUD),
    on("profile-update-proxy-for-custom-proxy", proxy_settings::to_custom, Shape::CLOUD),
    on("profile-update-proxy-for-api-extraction", proxy_settings::to_extraction, Shape::CLOUD),
];

const fn on(action: &'static str, run: fn(&mut World, &Call<'_>) -> Outcome, shape: Shape) -> Handler {
    Handler { action, run, shape }
}

/// The handler of an action.
pub(super) fn find(action: &str) -> Option<&'static Handler> {
    HANDLERS.iter().find(|handler| handler.action == action)
}
