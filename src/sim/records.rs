//! The list of transfer records (page 28).
//!
//! Not here: what writes the records; that is in `transfers`.

use super::call::{Call, ILLEGAL, Outcome};
use super::pages;
use super::state::Side;
use super::world::World;

/// `profile-transfer-record-list`: newest first, as in the sample. The page documents no failure; a `type` other than 1 and
/// 2 is 1007, and 0 counts as not given, because the vendor's own client leaves it out then.
pub(super) fn list(world: &mut World, call: &Call<'_>) -> Outcome {
    let side = match call.integer("type").optional()? {
        None | Some(0 | 1) => Side::Made,
        Some(2) => Side::Received,
        Some(_) => return Err(ILLEGAL),
    };
    let title = call.text("title").optional()?.unwrap_or_default();
    let filter = world.options.name_filter;
    let records = world
        .records
        .iter()
        .rev()
        .filter(|(_, record)| record.side == side && filter.matches(title, &record.name));
    pages::page(call, &world.options, records, |(id, record)| record.row(*id))
}
