//! The table of handlers: which function answers an action, and in which documented form.
//!
//! Not here: the functions, one file per resource.

use super::call::{Call, Outcome};
use super::world::World;
use super::{groups, profiles, records, transfers};

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
    /// The HTTP status of a failure.
    pub(super) failure_status: u16,
}

impl Shape {
    /// What most pages show.
    pub(super) const CLOUD: Self = Self { success_time: true, bare_failure: false, failure_status: 200 };
    /// Page 23 (and 20): a success with a time, a failure without.
    pub(super) const BARE_FAILURE: Self = Self { bare_failure: true, ..Self::CLOUD };
    /// Page 27: "Failed (404)". Whether that holds for every code or only for the sample's 110002 is not stated; here it
    /// holds for all.
    pub(super) const IMPORT: Self = Self { failure_status: 404, ..Self::CLOUD };
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
];

const fn on(action: &'static str, run: fn(&mut World, &Call<'_>) -> Outcome, shape: Shape) -> Handler {
    Handler { action, run, shape }
}

/// The handler of an action.
pub(super) fn find(action: &str) -> Option<&'static Handler> {
    HANDLERS.iter().find(|handler| handler.action == action)
}
