//! The `group-*` actions (pages 29, 30).
//!
//! Not here: which group a profile goes to.

use super::call::{Call, Outcome, Refusal};
use super::pages;
use super::state::Group;
use super::world::World;
use serde_json::{Value, json};
use std::cmp::Reverse;

/// "Group name cannot be empty".
const NO_TITLE: Refusal = Refusal(105_001);
/// "Group name already exists".
const TITLE_TAKEN: Refusal = Refusal(105_002);
/// "Group sorting cannot be empty".
const NO_SORT: Refusal = Refusal(105_003);

/// `group-list`: larger weights first, then in order of creation (not stated, so chosen). The page documents no failure; a
/// filter of the wrong type is 1007.
pub(super) fn list(world: &mut World, call: &Call<'_>) -> Outcome {
    let title = call.text("title").optional()?.unwrap_or_default();
    let filter = world.options.name_filter;
    let mut groups: Vec<(i64, &Group)> = world
        .groups
        .iter()
        .filter(|(_, group)| filter.matches(title, &group.title))
        .map(|(id, group)| (*id, group))
        .collect();
    groups.sort_by_key(|(id, group)| (Reverse(group.sort), *id));
    pages::page(
        call,
        world.options.page_limit,
        groups.into_iter(),
        |(id, group)| json!({ "title": group.title, "id": id }),
    )
}

/// `group-create`: returns the new id.
pub(super) fn create(world: &mut World, call: &Call<'_>) -> Outcome {
    let title = call.text("title").required(NO_TITLE)?;
    let sort = call.integer("sort").required(NO_SORT)?;
    if title.trim().is_empty() {
        return Err(NO_TITLE);
    }
    if world.groups.values().any(|group| group.title == title) {
        return Err(TITLE_TAKEN);
    }
    Ok(Value::from(world.add_group(Group { title: title.to_owned(), sort })))
}
