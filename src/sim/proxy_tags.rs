//! The `proxy-tag-*` actions: tags of proxies (pages 42 to 45). Their ids are not those of the tags of profiles.
//!
//! Not here: which tags a proxy has.

use super::call::{Call, ILLEGAL, MISSING, Outcome, Refusal};
use super::labels::{self, Codes};
use super::world::World;
use serde_json::json;

const CREATE: Codes = Codes {
    // Not asked for, so never given.
    no_id: MISSING,
    no_title: Refusal(119_001),
    // Page 43 lists 1007, unlike page 34. When it comes is not stated: a choice.
    wrong_title: ILLEGAL,
    unknown: MISSING,
    taken: Refusal(119_002),
};

const UPDATE: Codes = Codes {
    no_id: Refusal(120_001),
    no_title: Refusal(120_002),
    wrong_title: MISSING,
    unknown: Refusal(120_003),
    taken: Refusal(120_004),
};

/// "Tag id cannot be empty".
const NO_ID: Refusal = Refusal(121_001);
/// "Tag does not exist".
const UNKNOWN: Refusal = Refusal(121_002);
/// "There are still proxy using the tags".
const IN_USE: Refusal = Refusal(121_003);

/// `proxy-tag-list`. The page documents no failure; a filter of the wrong type is 1007.
pub(super) fn list(world: &mut World, call: &Call<'_>) -> Outcome {
    labels::list(&world.network.tags, call, &world.options)
}

/// `proxy-tag-create`: returns the new id.
pub(super) fn create(world: &mut World, call: &Call<'_>) -> Outcome {
    labels::create(&mut world.network.tags, &mut world.network.last_tag, call, &CREATE)
}

/// `proxy-tag-update`: returns 1.
pub(super) fn update(world: &mut World, call: &Call<'_>) -> Outcome {
    labels::rename(&mut world.network.tags, call, &UPDATE)
}

/// `proxy-tag-delete`: returns 0.
pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Outcome {
    let id = call.integer("id").required(NO_ID)?;
    if !world.network.tags.contains_key(&id) {
        return Err(UNKNOWN);
    }
    if world.network.proxies.values().any(|proxy| proxy.tags.contains(&id)) {
        return Err(IN_USE);
    }
    world.network.tags.remove(&id);
    Ok(json!(0))
}
