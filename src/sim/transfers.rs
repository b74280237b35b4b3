//! The `profile-transfer-*` actions that make, withdraw and import codes (pages 25 to 27).
//!
//! Not here: the list of records.

use super::call::{Call, ILLEGAL, MISSING, NO_PROFILE, NO_PROFILE_ID, Outcome, Refusal};
use super::options::SecondCode;
use super::profile_data::Data;
use super::profiles::{DEFAULT_GROUP, free_name};
use super::state::{CustomProxy, Offer, Profile, Proxy, Record, Side, Terms};
use super::world::{ACCOUNT, World};
use serde_json::json;

/// "Password field cannot be empty".
const NO_PASSWORD: Refusal = Refusal(1012);
/// "Wrong Password".
const WRONG_PASSWORD: Refusal = Refusal(1013);
/// "Transfer code cannot be empty".
const NO_CODE: Refusal = Refusal(110_001);
/// "The transfer code is wrong".
const WRONG_CODE: Refusal = Refusal(110_002);
/// "Do not transfer profiles to yourself".
const OWN_CODE: Refusal = Refusal(110_003);
/// "Group does not exist".
const NO_GROUP: Refusal = Refusal(110_004);

/// `profile-transfer-code-create`: returns the code.
///
/// The page lists 2001 and not 2007; as on page 23, an empty id is the first and an unknown profile the second. The password
/// is looked at before the profile. The sender keeps the profile (not stated, so chosen).
pub(super) fn create(world: &mut World, call: &Call<'_>) -> Outcome {
    let id = call.integer("profile_id").required(NO_PROFILE_ID)?;
    let password = call.text("password").required(NO_PASSWORD)?;
    let terms = Terms {
        proxy: call.flag("transfer_proxy").optional()?.unwrap_or(false),
        proxy_mode: match call.integer("transfer_proxy_mode").optional()? {
            None => 1,
            Some(mode @ 1..=2) => mode,
            Some(_) => return Err(ILLEGAL),
        },
        note: call.flag("transfer_note").optional()?.unwrap_or(false),
    };
    if password != world.options.password {
        return Err(WRONG_PASSWORD);
    }
    let profile = world.profiles.get(&id).ok_or(NO_PROFILE)?.clone();
    let earlier = world.offers.iter().find(|(_, offer)| offer.own == Some(id)).map(|(code, _)| code.clone());
    match (earlier, world.options.second_code) {
        (Some(code), SecondCode::Repeats) => return Ok(json!({ "transfer_code": code })),
        (Some(_), SecondCode::Replaces) => withdraw(world, id),
        _ => {}
    }
    let code = make_code(world, id, profile, terms, call.now);
    Ok(json!({ "transfer_code": code }))
}

/// `profile-transfer-cancel`. A profile without a code is no failure, and a withdrawn code leaves the list of records
/// (neither is stated, so both are chosen).
pub(super) fn cancel(world: &mut World, call: &Call<'_>) -> Outcome {
    let id = call.integer("profile_id").required(NO_PROFILE_ID)?;
    if !world.profiles.contains_key(&id) {
        return Err(NO_PROFILE);
    }
    withdraw(world, id);
    Ok(json!([]))
}

/// `profile-transfer-code-import`: returns the number of the new profile.
///
/// Which code a bad `proxy_config` gets is not stated: 1000 for a field that its page requires, 1007 for a value that cannot
/// be. `enable_bypass` and `bypass_list`, which the page marks required and the vendor's own client leaves out, may be
/// absent. Without `proxy_config` the profile keeps the proxy that came along, if any.
pub(super) fn import(world: &mut World, call: &Call<'_>) -> Outcome {
    let code = call.text("transfer_code").required(NO_CODE)?;
    let group = call.integer("group_id").optional()?.unwrap_or(DEFAULT_GROUP);
    let proxy = match call.object("proxy_config").optional()? {
        Some(config) => read_proxy(&config)?,
        None => None,
    };
    let offer = world.offers.get(code).ok_or(WRONG_CODE)?;
    if offer.own.is_some() && !world.options.own_codes {
        return Err(OWN_CODE);
    }
    if !world.groups.contains_key(&group) {
        return Err(NO_GROUP);
    }
    let Offer { own, terms, sender, created_at, mut profile } = offer.clone();
    if !world.options.reusable_codes {
        world.offers.remove(code);
    }
    if own.is_some()
        && let Some(made) = world.made_record(code)
    {
        made.reception_username = ACCOUNT.to_owned();
        made.receipt_time = call.now;
    }
    world.add_record(Record {
        side: Side::Received,
        code: code.to_owned(),
        profile: None,
        terms,
        color: profile.color.clone(),
        name: profile.name.clone(),
        note: profile.note.clone(),
        username: sender,
        reception_username: ACCOUNT.to_owned(),
        created_at,
        receipt_time: call.now,
    });
    let name = world.options.name_form.stored(&profile.name);
    profile.name = free_name(world, None, &name)?;
    profile.group = group;
    profile.proxy = proxy.unwrap_or(profile.proxy);
    Ok(json!({ "profile_id": world.add_profile(profile) }))
}

/// Makes a code for a profile and writes the record of it.
pub(super) fn make_code(world: &mut World, id: i64, profile: Profile, terms: Terms, now: i64) -> String {
    let code = loop {
        let half = 10_000_000..100_000_000_u32;
        let code = format!("{}-{}", world.random.u32(half.clone()), world.random.u32(half));
        if !world.offers.contains_key(&code) {
            break code;
        }
    };
    // What does not go along is taken off here, once: the offer is what the receiver will get.
    let sent = Profile {
        note: if terms.note { profile.note } else { String::new() },
        proxy: if terms.proxy { unlisted(profile.proxy) } else { Proxy::Direct },
        last_open_time: 0,
        tags: Vec::new(),
        data: Data::default(),
        ..profile
    };
    world.add_record(Record {
        side: Side::Made,
        code: code.clone(),
        profile: Some(id),
        terms,
        color: sent.color.clone(),
        name: sent.name.clone(),
        note: sent.note.clone(),
        username: ACCOUNT.to_owned(),
        reception_username: String::new(),
        created_at: now,
        receipt_time: 0,
    });
    let offer = Offer { own: Some(id), terms, sender: ACCOUNT.to_owned(), created_at: now, profile: sent };
    world.offers.insert(code.clone(), offer);
    code
}

/// Voids the codes of a profile that nobody has imported.
fn withdraw(world: &mut World, id: i64) {
    world.offers.retain(|_, offer| offer.own != Some(id));
    world.records.retain(|_, record| record.profile != Some(id) || record.receipt_time != 0);
}

/// A custom proxy gets a new id in the account that receives it. A traffic package never goes along (page 25).
fn unlisted(proxy: Proxy) -> Proxy {
    match proxy {
        Proxy::Custom(proxy) => Proxy::Custom(CustomProxy { id: 0, ..proxy }),
        Proxy::Package(_) => Proxy::Direct,
        other => other,
    }
}

/// The proxy of a `proxy_config` (page 27); nothing when it does not say where the proxy comes from.
fn read_proxy(config: &Call<'_>) -> Result<Option<Proxy>, Refusal> {
    let kind = match config.text("proxy_type").optional()? {
        Some(kind @ ("direct" | "http" | "https" | "socks5" | "ssh")) => Some(kind),
        Some(_) => return Err(ILLEGAL),
        None => None,
    };
    config.flag("enable_bypass").optional()?;
    config.text("bypass_list").optional()?;
    let id = config.digits("proxy_id").optional()?;
    let (host, port) = (config.text("proxy_ip").optional()?, config.digits("proxy_port").optional()?);
    match (config.integer("proxy_mode").optional()?, kind) {
        (None, _) => Ok(None),
        (Some(2), Some("direct")) => Ok(Some(Proxy::Direct)),
        (Some(2), kind) => {
            let host = host.ok_or(MISSING)?.to_owned();
            let port = port.ok_or(MISSING)?;
            if port.parse::<u16>().is_err() {
                return Err(ILLEGAL);
            }
            let kind = kind.ok_or(MISSING)?.to_owned();
            Ok(Some(Proxy::Custom(CustomProxy { id: 0, kind, host, port })))
        }
        (Some(1), _) => Ok(Some(Proxy::Package(id.ok_or(MISSING)?))),
        (Some(3), _) => Ok(Some(Proxy::Purchased(id.ok_or(MISSING)?))),
        (Some(4), kind) => {
            // The page has no field for the link and asks for an id; the vendor's own client sends the link instead.
            let url = config.text("proxy_url").optional()?;
            let url = if id.is_some() { url.unwrap_or_default() } else { url.ok_or(MISSING)? };
            Ok(Some(Proxy::Extraction { kind: kind.unwrap_or_default().to_owned(), url: url.to_owned() }))
        }
        (Some(_), _) => Err(ILLEGAL),
    }
}
