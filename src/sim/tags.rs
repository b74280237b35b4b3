//! The `tag-*` actions: tags of profiles (pages 33 to 36).
//!
//! Not here: which tags a profile has.

use super::call::{Call, MISSING, Outcome, Refusal};
use super::labels::{self, Codes};
use super::world::World;
use serde_json::json;

const CREATE: Codes = Codes {
    // Not asked for, so never given.
    no_id: MISSING,
    no_title: Refusal(113_001),
    wrong_title: MISSING,
    unknown: MISSING,
    taken: Refusal(113_002),
};

const UPDATE: Codes = Codes {
    no_id: Refusal(114_001),
    no_title: Refusal(114_002),
    wrong_title: MISSING,
    unknown: Refusal(114_003),
    taken: Refusal(114_004),
};

/// "Tag id cannot be empty".
const NO_ID: Refusal = Refusal(115_001);
/// "Tag does not exist".
const UNKNOWN: Refusal = Refusal(115_002);
/// "There are still profiles using the tags".
const IN_USE: Refusal = Refusal(115_003);

/// `tag-list`. The page documents no failure; a filter of the wrong type is 1007.
pub(super) fn list(world: &mut World, call: &Call<'_>) -> Outcome {
    labels::list(&world.tags, call, &world.options)
}

/// `tag-create`: returns the new id.
pub(super) fn create(world: &mut World, call: &Call<'_>) -> Outcome {
    labels::create(&mut world.tags, &mut world.last.tag, call, &CREATE)
}

/// `tag-update`: returns 1. `sort`, which only the vendor's client sends, has no effect that a list could show.
pub(super) fn update(world: &mut World, call: &Call<'_>) -> Outcome {
    labels::rename(&mut world.tags, call, &UPDATE)
}

/// `tag-delete`: returns 0.
pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Outcome {
    let id = call.integer("id").required(NO_ID)?;
    if !world.tags.contains_key(&id) {
        return Err(UNKNOWN);
    }
    if world.profiles.values().any(|profile| profile.tags.contains(&id)) {
        return Err(IN_USE);
    }
    world.tags.remove(&id);
    Ok(json!(0))
}
