//! Making and changing profiles (pages 2, 14, 19, 20), and the recycle bin (page 24).
//!
//! Not stated, so chosen: a tag that does not exist is made; a configuration that is given and empty is 2004; of several
//! mistakes the first that is found decides the code.
//!
//! Not here: what the configurations may hold.

use super::call::{Call, Given, ILLEGAL, MISSING, NO_PROFILE, NO_PROFILE_ID, Outcome, Refusal};
use super::fingerprints::{self, Page};
use super::labels;
use super::profile_data::read_cookies;
use super::profiles::{BLANK, DEFAULT_GROUP, start_page};
use super::proxy_settings;
use super::state::{Profile, Proxy};
use super::world::World;
use serde_json::{Map, Value};

/// "The operation failed."
const FAILED: Refusal = Refusal(1011);
/// "Configuration parameters cannot be empty".
const EMPTY_CONFIG: Refusal = Refusal(2004);
/// "Profile creation failed, profile number writing exception".
const NO_NUMBER_LEFT: Refusal = Refusal(101_038);
/// "Fingerprint configuration generation failed, platform url cannot be empty".
const NO_SITE_URL: Refusal = Refusal(101_011);
/// "Group id cannot be empty".
const EMPTY_GROUP: Refusal = Refusal(101_002);
/// "Profile name cannot be empty".
const NO_NAME: Refusal = Refusal(101_001);
/// "Profile serial number cannot be empty".
const NO_NUMBER: Refusal = Refusal(102_001);
/// "The profile serial number already exists".
const NUMBER_TAKEN: Refusal = Refusal(102_007);
/// "Profile serial number exceeds the maximum value".
const NUMBER_TOO_LARGE: Refusal = Refusal(102_008);

/// The largest number of a profile. The vendor has codes for a larger one and does not say which it is: a choice.
pub(super) const LARGEST_ID: i64 = 2_147_483_647;
/// In characters (101040, 102010).
const LONGEST_NOTE: usize = 200;
const SITE_OTHER: i64 = 21;

/// Codes that pages 2 and 14 have both, each its own.
struct Codes {
    page: Page,
    proxy: &'static proxy_settings::Codes,
    name_taken: Refusal,
    no_group: Refusal,
    long_note: Refusal,
}

static CREATE: Codes = Codes {
    page: Page::Create,
    proxy: &proxy_settings::CREATE,
    name_taken: Refusal(101_004),
    no_group: Refusal(101_039),
    long_note: Refusal(101_040),
};

static UPDATE: Codes = Codes {
    page: Page::Update,
    proxy: &proxy_settings::UPDATE,
    name_taken: Refusal(102_003),
    no_group: Refusal(102_009),
    long_note: Refusal(102_010),
};

/// `profile-create`: returns the number. Platform 21 without an address is 101011, the only code of the page that names the
/// address; a fingerprint that is not given, in whole or in part, is drawn by chance.
pub(super) fn create(world: &mut World, call: &Call<'_>) -> Outcome {
    let name = call.text("name").required(NO_NAME)?;
    if name.trim().is_empty() {
        return Err(NO_NAME);
    }
    if call.integer("group_id") == Given::Empty {
        return Err(EMPTY_GROUP);
    }
    let (site, url) = (call.integer("site_id").optional()?, call.text("site_url").optional()?);
    let site_url = match (site, url) {
        (Some(SITE_OTHER), None) => return Err(NO_SITE_URL),
        _ => start_page(site, url)?.unwrap_or_else(|| BLANK.to_owned()),
    };
    let blank = Profile { site_url, group: DEFAULT_GROUP, ..Profile::default() };
    let Edited { mut profile, tags } = edit(world, call, &CREATE, None, blank)?;
    if world.next_profile_id() > LARGEST_ID {
        return Err(NO_NUMBER_LEFT);
    }
    if profile.color.is_empty() {
        profile.color = world.color();
    }
    let mut fingerprint = fingerprints::at_random(&mut world.random);
    fingerprint.append(&mut profile.settings.fingerprint);
    profile.settings.fingerprint = fingerprint;
    profile.tags = tag_ids(world, &tags.unwrap_or_default());
    Ok(Value::from(world.add_profile(profile)))
}

/// `profile-update`. A text that is given empty becomes empty, but a name cannot (2004), and empty cookies stay as they were, as
/// the sample sends them so. Platform 21 needs no address here, as page 14 does not repeat the rule of page 2.
pub(super) fn update(world: &mut World, call: &Call<'_>) -> Outcome {
    let id = call.integer("profile_id").required(NO_NUMBER)?;
    let new_id = call.integer("new_profile_id").optional()?.unwrap_or(id);
    let (site, url) = (call.integer("site_id").optional()?, call.text("site_url").optional()?);
    let mut profile = world.profiles.get(&id).ok_or(NO_PROFILE)?.clone();
    check_number(world, id, new_id)?;
    if call.text("name") == Given::Empty {
        return Err(EMPTY_CONFIG);
    }
    let site = site.filter(|site| *site != SITE_OTHER || url.is_some());
    profile.site_url = start_page(site, url)?.unwrap_or(profile.site_url);
    let Edited { mut profile, tags } = edit(world, call, &UPDATE, Some(id), profile)?;
    if let Some(tags) = tags {
        profile.tags = tag_ids(world, &tags);
    }
    world.number_proxy(&mut profile.proxy);
    world.profiles.insert(id, profile);
    renumber(world, id, new_id);
    Ok("success".into())
}

/// `profile-random-fingerprint-configuration`. No 2001 on its page: an empty `profile_id` is 1000.
pub(super) fn randomize(world: &mut World, call: &Call<'_>) -> Outcome {
    let id = call.integer("profile_id").required(MISSING)?;
    let profile = world.profiles.get_mut(&id).ok_or(NO_PROFILE)?;
    profile.settings.fingerprint = fingerprints::at_random(&mut world.random);
    Ok("success".into())
}

/// `profile-update-groups-in-batches`. All move or none (chosen). An unknown group is 1011, as the page has no code for it.
pub(super) fn move_to_group(world: &mut World, call: &Call<'_>) -> Outcome {
    let ids = call.integers("profile_id").required(NO_PROFILE_ID)?;
    let group = call.integer("group_id").required(MISSING)?;
    if !ids.iter().all(|id| world.profiles.contains_key(id)) {
        return Err(NO_PROFILE);
    }
    if !world.groups.contains_key(&group) {
        return Err(FAILED);
    }
    for id in ids {
        if let Some(profile) = world.profiles.get_mut(&id) {
            profile.group = group;
        }
    }
    Ok("success".into())
}

/// `empty-recycle-bin`: returns how many profiles are gone for good; page 24 does not say what its number means. The fields of
/// the page look copied from page 1: they may be left out and choose nothing, but one of the wrong type is 1007.
pub(super) fn empty_bin(world: &mut World, call: &Call<'_>) -> Outcome {
    for name in ["page", "limit", "group_id", "tag_id"] {
        call.integer(name).optional()?;
    }
    call.text("name").optional()?;
    Ok(std::mem::take(&mut world.bin).len().into())
}

/// A profile with the fields of a call, and the names of its tags, if given.
struct Edited {
    profile: Profile,
    tags: Option<Vec<String>>,
}

/// Lays the fields that pages 2 and 14 share over a profile. `own` is its number, if it has one yet.
fn edit(
    world: &World,
    call: &Call<'_>,
    codes: &Codes,
    own: Option<i64>,
    mut profile: Profile,
) -> Result<Edited, Refusal> {
    let texts = [
        ("name", &mut profile.name),
        ("color", &mut profile.color),
        ("note", &mut profile.note),
        ("username", &mut profile.username),
        ("password", &mut profile.password),
        ("tfa_secret", &mut profile.settings.tfa_secret),
    ];
    for (name, field) in texts {
        match call.body.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => text.clone_into(field),
            Some(_) => return Err(ILLEGAL),
        }
    }
    if call.body.get("name").is_some_and(Value::is_string) {
        profile.name = world.options.name_form.stored(&profile.name);
    }
    let has_name = |(id, other): (&i64, &Profile)| other.name == profile.name && Some(*id) != own;
    if world.options.unique_names && world.profiles.iter().any(has_name) {
        return Err(codes.name_taken);
    }
    if profile.note.chars().count() > LONGEST_NOTE {
        return Err(codes.long_note);
    }
    profile.group = call.integer("group_id").optional()?.unwrap_or(profile.group);
    if !world.groups.contains_key(&profile.group) {
        return Err(codes.no_group);
    }
    let tags = match call.texts("tag") {
        Given::Absent => None,
        Given::Empty => Some(Vec::new()),
        Given::Value(tags) => Some(tags.into_iter().map(str::to_owned).collect()),
        Given::Wrong => return Err(ILLEGAL),
    };
    if let Some(cookies) = read_cookies(call)? {
        cookies.clone_into(&mut profile.data.cookies);
    }
    edit_settings(world, call, codes, &mut profile)?;
    Ok(Edited { profile, tags })
}

fn edit_settings(
    world: &World,
    call: &Call<'_>,
    codes: &Codes,
    profile: &mut Profile,
) -> Result<(), Refusal> {
    if let Some(given) = config(call, "proxy_config")? {
        let proxy = proxy_settings::overlay(&profile.proxy, given);
        // A new profile has no proxy yet that an update could lean on.
        let body = if codes.page == Page::Create { given } else { &proxy };
        let proxy = proxy_settings::read(world, &Call { body, now: call.now }, codes.proxy)?;
        profile.proxy = keep_id(&profile.proxy, proxy);
        profile.settings.proxy.extend(given.clone());
    }
    if let Some(given) = config(call, "fingerprint_config")? {
        let body = Call { body: given, now: call.now };
        fingerprints::check_fingerprint(&body, codes.page, Some(&profile.settings.fingerprint))?;
        profile.settings.fingerprint.extend(given.clone());
    }
    if let Some(given) = config(call, "preference_config")? {
        fingerprints::check_preferences(&Call { body: given, now: call.now }, codes.page)?;
        profile.settings.preferences.extend(given.clone());
    }
    Ok(())
}

/// The fields of a configuration, if it is given.
fn config<'a>(call: &Call<'a>, name: &str) -> Result<Option<&'a Map<String, Value>>, Refusal> {
    match call.body.get(name) {
        None => Ok(None),
        Some(Value::Object(fields)) if !fields.is_empty() => Ok(Some(fields)),
        Some(Value::Object(_) | Value::Null) => Err(EMPTY_CONFIG),
        Some(_) => Err(ILLEGAL),
    }
}

/// A custom proxy that stays the same keeps its id.
fn keep_id(old: &Proxy, new: Proxy) -> Proxy {
    match (old, new) {
        (Proxy::Custom(old), Proxy::Custom(mut new)) => {
            if (&old.kind, &old.host, &old.port) == (&new.kind, &new.host, &new.port) {
                new.id = old.id;
            }
            Proxy::Custom(new)
        }
        (_, new) => new,
    }
}

/// Whether a profile may be called `new_id`. The numbers in the recycle bin are taken (chosen).
fn check_number(world: &World, id: i64, new_id: i64) -> Result<(), Refusal> {
    match new_id {
        _ if new_id == id => Ok(()),
        ..=0 => Err(ILLEGAL),
        1..=LARGEST_ID if world.profiles.contains_key(&new_id) || world.bin.contains_key(&new_id) => {
            Err(NUMBER_TAKEN)
        }
        1..=LARGEST_ID => Ok(()),
        _ => Err(NUMBER_TOO_LARGE),
    }
}

/// Everything that knows a profile by its number learns the new one.
fn renumber(world: &mut World, id: i64, new_id: i64) {
    if let Some(profile) = world.profiles.remove(&id) {
        world.profiles.insert(new_id, profile);
        world.freed.profiles.insert(id);
        world.freed.profiles.remove(&new_id);
    }
    if let Some(window) = world.windows.remove(&id) {
        world.windows.insert(new_id, window);
    }
    for own in world.offers.values_mut().filter_map(|offer| offer.own.as_mut()) {
        if *own == id {
            *own = new_id;
        }
    }
    for profile in world.records.values_mut().filter_map(|record| record.profile.as_mut()) {
        if *profile == id {
            *profile = new_id;
        }
    }
    world.last.profile = world.last.profile.max(new_id);
}

/// The ids of tags by name; a name that there is not yet gets the next id.
fn tag_ids(world: &mut World, names: &[String]) -> Vec<i64> {
    let mut ids = Vec::with_capacity(names.len());
    for name in names {
        let known = world.tags.iter().find(|(_, title)| *title == name).map(|(id, _)| *id);
        let id = known.unwrap_or_else(|| labels::add(&mut world.tags, &mut world.last.tag, name));
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}
