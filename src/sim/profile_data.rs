//! Cookies and caches of profiles (pages 12, 13, 21, 22, and three actions of the vendor's own client that have no page).
//!
//! Not stated, so chosen: one unknown profile among several refuses them all, open profiles are cleared like others, and the
//! actions without a page list the numbers of the profiles as pages 12 and 13 do, but for the one that takes a single
//! profile, which answers `null`.
//!
//! Not here: the profile's own `username` and `password`, which the saved passwords are taken not to be.

use super::call::{Call, Given, ILLEGAL, MISSING, NO_PROFILE, NO_PROFILE_ID, Outcome, Refusal};
use super::world::World;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// "The cookie format is incorrect".
pub(super) const BAD_COOKIE: Refusal = Refusal(2006);

/// What browsing leaves behind in a profile.
#[derive(Debug, Clone, Default)]
pub(super) struct Data {
    /// A JSON array as it was given, or nothing.
    pub(super) cookies: String,
    pub(super) kept: BTreeSet<Kept>,
}

/// Something a profile keeps once it has been opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kept {
    Cache,
    Extensions,
    Passwords,
    CloudIndexedDb,
    CloudLocalStorage,
    CloudExtensionData,
}

impl Kept {
    pub(super) const ALL: [Self; 6] = [
        Self::Cache,
        Self::Extensions,
        Self::Passwords,
        Self::CloudIndexedDb,
        Self::CloudLocalStorage,
        Self::CloudExtensionData,
    ];

    /// A `type` of `profile-clear-cloud-data`.
    fn in_cloud(word: &str) -> Result<Self, Refusal> {
        match word {
            "indexed_db" => Ok(Self::CloudIndexedDb),
            "local_storage" => Ok(Self::CloudLocalStorage),
            "extension_data" => Ok(Self::CloudExtensionData),
            _ => Err(ILLEGAL),
        }
    }
}

/// The cookies of a field: JSON inside a text. Nothing (`null`, `""`, no field) is `None`. What counts as the right form is
/// not stated; here it is an array of objects.
pub(super) fn read_cookies<'a>(call: &'a Call<'_>) -> Result<Option<&'a str>, Refusal> {
    match call.text("cookie") {
        Given::Absent | Given::Empty => Ok(None),
        Given::Wrong => Err(BAD_COOKIE),
        Given::Value(text) => match serde_json::from_str::<Vec<Map<String, Value>>>(text) {
            Ok(_) => Ok(Some(text)),
            Err(_) => Err(BAD_COOKIE),
        },
    }
}

/// `profile-get-cookies`: the text that was set last, `[]` where there is none (not stated, so chosen).
pub(super) fn cookies(world: &mut World, call: &Call<'_>) -> Outcome {
    let id = call.integer("profile_id").required(NO_PROFILE_ID)?;
    let cookies = world.profiles.get(&id).ok_or(NO_PROFILE)?.data.cookies.as_str();
    Ok(Value::from(if cookies.is_empty() { "[]" } else { cookies }))
}

/// `profile-update-cookies`. Whether it replaces or merges is not stated; here it replaces, and an empty `cookie`, which the
/// vendor's own client sends for none, leaves none.
pub(super) fn set_cookies(world: &mut World, call: &Call<'_>) -> Outcome {
    let id = call.integer("profile_id").required(NO_PROFILE_ID)?;
    if !call.body.contains_key("cookie") {
        return Err(MISSING);
    }
    let cookies = read_cookies(call)?.unwrap_or_default();
    let profile = world.profiles.get_mut(&id).ok_or(NO_PROFILE)?;
    cookies.clone_into(&mut profile.data.cookies);
    Ok("success".into())
}

/// `profile-clear-cache`. Extensions go too: the action that keeps them would otherwise be the same.
pub(super) fn clear_cache(world: &mut World, call: &Call<'_>) -> Outcome {
    clear(world, call, |data| drop_kept(data, &[Kept::Cache, Kept::Extensions]))
}

/// `profile-clear-cache-and-cookies`.
pub(super) fn clear_cache_and_cookies(world: &mut World, call: &Call<'_>) -> Outcome {
    clear(world, call, |data| {
        drop_kept(data, &[Kept::Cache, Kept::Extensions]);
        data.cookies.clear();
    })
}

/// `profile-clear-cache-keep-extensions`.
pub(super) fn clear_cache_keep_extensions(world: &mut World, call: &Call<'_>) -> Outcome {
    clear(world, call, |data| drop_kept(data, &[Kept::Cache]))
}

/// `profile-clear-cloud-data`. An unknown kind is 1007.
pub(super) fn clear_cloud(world: &mut World, call: &Call<'_>) -> Outcome {
    let words = call.texts("type").required(MISSING)?;
    let kinds = words.into_iter().map(Kept::in_cloud).collect::<Result<Vec<_>, _>>()?;
    clear(world, call, |data| drop_kept(data, &kinds))
}

/// `profile-clear-saved-user-password`: takes one bare number.
pub(super) fn clear_passwords(world: &mut World, call: &Call<'_>) -> Outcome {
    let id = call.integer("profile_id").required(MISSING)?;
    let profile = world.profiles.get_mut(&id).ok_or(NO_PROFILE)?;
    drop_kept(&mut profile.data, &[Kept::Passwords]);
    Ok(Value::Null)
}

fn drop_kept(data: &mut Data, kinds: &[Kept]) {
    data.kept.retain(|kept| !kinds.contains(kept));
}

/// Clears the profiles of a call, in the order given. No page of these lists 2001, so an empty list is 1000.
fn clear(world: &mut World, call: &Call<'_>, act: impl Fn(&mut Data)) -> Outcome {
    let ids = call.integers("profile_id").required(MISSING)?;
    if !ids.iter().all(|id| world.profiles.contains_key(id)) {
        return Err(NO_PROFILE);
    }
    for id in &ids {
        if let Some(profile) = world.profiles.get_mut(id) {
            act(&mut profile.data);
        }
    }
    Ok(ids.into())
}
