//! The `group-*` actions (pages 29 to 32).
//!
//! Not here: which group a profile goes to.

use super::call::{Call, Outcome, Refusal};
use super::options::FullGroup;
use super::pages;
use super::profiles::DEFAULT_GROUP;
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

/// "Group id cannot be empty", when one is changed.
const NO_ID: Refusal = Refusal(106_001);
/// "Group name cannot be empty", when one is changed.
const NO_NEW_TITLE: Refusal = Refusal(106_002);
/// "Group does not exist", when one is changed.
const UNKNOWN: Refusal = Refusal(106_003);
/// "Group id cannot be empty", when one is deleted.
const NO_ID_TO_DELETE: Refusal = Refusal(107_001);
/// "Group does not exist", when one is deleted.
const UNKNOWN_TO_DELETE: Refusal = Refusal(107_002);
/// "Your permissions are restricted".
const RESTRICTED: Refusal = Refusal(1008);

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
        &world.options,
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
    let title = world.options.name_form.stored(title);
    if world.groups.values().any(|group| group.title == title) {
        return Err(TITLE_TAKEN);
    }
    Ok(Value::from(world.add_group(Group { title, sort })))
}

/// `group-update`: returns 1. Group 1 can be renamed, and a name that another group has can be taken, because the page has no
/// code against either (not stated, so chosen).
pub(super) fn update(world: &mut World, call: &Call<'_>) -> Outcome {
    let id = call.integer("id").required(NO_ID)?;
    let title = call.text("title").required(NO_NEW_TITLE)?;
    let sort = call.integer("sort").optional()?;
    if title.trim().is_empty() {
        return Err(NO_NEW_TITLE);
    }
    let group = world.groups.get_mut(&id).ok_or(UNKNOWN)?;
    group.title = world.options.name_form.stored(title);
    group.sort = sort.unwrap_or(group.sort);
    Ok(json!(1))
}

/// `group-delete`: returns 0. Group 1, where everything else goes, cannot be deleted: 1008 (not stated, so chosen).
pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Outcome {
    let id = call.integer("id").required(NO_ID_TO_DELETE)?;
    if !world.groups.contains_key(&id) {
        return Err(UNKNOWN_TO_DELETE);
    }
    let is_full = world.profiles.values().any(|profile| profile.group == id);
    if id == DEFAULT_GROUP || is_full && world.options.full_group == FullGroup::Stays {
        return Err(RESTRICTED);
    }
    for profile in world.profiles.values_mut().filter(|profile| profile.group == id) {
        profile.group = DEFAULT_GROUP;
    }
    world.groups.remove(&id);
    world.freed.groups.insert(id);
    Ok(json!(0))
}
