//! The `gateway-*` actions: the lines through which the app reaches its servers (pages 46, 47).
//!
//! Not here: the lines themselves; they are in `network`.

use super::call::{Call, MISSING, Outcome, Refusal};
use super::network::GATEWAYS;
use super::world::World;
use serde_json::{Value, json};

/// "The line does not exist".
const UNKNOWN: Refusal = Refusal(118_002);

/// `gateway-list`. Which line is in use cannot be seen, as on the page.
pub(super) fn list(_world: &mut World, _call: &Call<'_>) -> Outcome {
    Ok(GATEWAYS.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect())
}

/// `gateway-switch`. An empty id is 1000, because the page has no code of its own for it; the id may be an integer, as in an
/// example of the vendor's client. A switch to the line in use is no failure (neither is stated, so both are chosen).
pub(super) fn switch(world: &mut World, call: &Call<'_>) -> Outcome {
    let id = call.digits("id").required(MISSING)?;
    if !GATEWAYS.iter().any(|(known, _)| *known == id.trim()) {
        return Err(UNKNOWN);
    }
    id.trim().clone_into(&mut world.network.gateway);
    Ok(Value::Null)
}
