//! The `proxy-*` actions and the list of traffic packages (pages 37 to 41).
//!
//! Not stated, so chosen: a custom proxy that was given to a profile is listed for as long as the profile has it, or for good
//! once it is changed here; a tag that does not exist is made when a proxy names it.
//!
//! Not here: which proxy a profile has.

use super::call::{Call, Given, ILLEGAL, Outcome, Refusal};
use super::labels;
use super::network::{Network, OwnProxy, PACKAGES, Source};
use super::pages;
use super::state::Proxy;
use super::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// "Proxy information does not exist".
const UNKNOWN: Refusal = Refusal(2002);
/// "Proxy type cannot be empty", when one is made.
const NO_KIND: Refusal = Refusal(103_002);
/// "Failed to add proxy, the proxy already exists".
const EXISTS: Refusal = Refusal(103_005);
/// "Proxy id cannot be empty", when one is changed.
const NO_ID: Refusal = Refusal(104_001);
/// "Failed to modify the proxy, the proxy already exists".
const OTHER_EXISTS: Refusal = Refusal(104_006);
/// "Proxy id cannot be empty", when one is deleted.
const NO_ID_TO_DELETE: Refusal = Refusal(108_001);
/// "Failed to delete the proxy, the proxy is still in use in a profile".
const IN_USE: Refusal = Refusal(108_002);

/// The codes of pages 39 and 40 for one and the same fault.
struct Codes {
    /// "Proxy ip cannot be empty".
    no_host: Refusal,
    /// "The proxy port cannot be empty".
    no_port: Refusal,
    /// "Proxy type not in range".
    wrong_kind: Refusal,
}

const CREATE: Codes =
    Codes { no_host: Refusal(103_001), no_port: Refusal(103_004), wrong_kind: Refusal(103_003) };
const UPDATE: Codes =
    Codes { no_host: Refusal(104_002), no_port: Refusal(104_004), wrong_kind: Refusal(104_003) };

/// What a request says of a proxy. What it does not say is `None`.
struct Wish {
    kind: Option<String>,
    host: Option<String>,
    port: Option<String>,
    user: Option<String>,
    password: Option<String>,
    note: Option<String>,
    tags: Option<Vec<String>>,
}

/// `traffic-package-list`.
pub(super) fn list_packages(world: &mut World, call: &Call<'_>) -> Outcome {
    pages::page(call, &world.options, PACKAGES.iter(), |package| {
        json!({
            "id": package.id,
            "limit_flow": package.limit_flow,
            "used_flow": package.used_flow,
            "supply_name": package.supply_name,
        })
    })
}

/// `proxy-list`: newest first (not stated, so chosen). `id`, which only the vendor's client sends, is a filter too. The page
/// documents no failure; a `type` outside its range and a filter of the wrong type are 1007. `proxy_ip` matches as names do.
pub(super) fn list(world: &mut World, call: &Call<'_>) -> Outcome {
    let filter = |name| call.integer(name).optional().map(|id| id.filter(|id| *id != 0));
    let (source, tag, only) = (filter("type")?, filter("tag_id")?, filter("id")?);
    if source.is_some_and(|source| !(1..=2).contains(&source)) {
        return Err(ILLEGAL);
    }
    let host = call.text("proxy_ip").optional()?.unwrap_or_default();
    let wanted = |(id, proxy): &(&i64, &OwnProxy)| {
        source.is_none_or(|source| source == proxy.source.number())
            && tag.is_none_or(|tag| proxy.tags.contains(&tag))
            && only.is_none_or(|only| only == **id)
            && world.options.name_filter.matches(host, &proxy.host)
    };
    let listed = listed(world);
    let proxies = listed.iter().rev().filter(wanted);
    pages::page(call, &world.options, proxies, |(id, proxy)| {
        proxy.row(*id, &world.network.tags, users(world, *id, proxy))
    })
}

/// `proxy-create`: returns the new id. `proxy_user`, which the page marks required and whose example is empty, may be absent.
/// A port that is no port is 1007.
pub(super) fn create(world: &mut World, call: &Call<'_>) -> Outcome {
    call.text("proxy_type").required(NO_KIND)?;
    call.text("proxy_ip").required(CREATE.no_host)?;
    call.digits("proxy_port").required(CREATE.no_port)?;
    let wish = read(call, &CREATE)?;
    let made = wish.applied_to(&OwnProxy::default());
    if listed(world).values().any(|proxy| proxy.is_same(&made)) {
        return Err(EXISTS);
    }
    let tags = tag_ids(&mut world.network, wish.tags.unwrap_or_default());
    world.last.proxy += 1;
    world.network.proxies.insert(world.last.proxy, OwnProxy { tags, ..made });
    Ok(Value::from(world.last.proxy))
}

/// `proxy-update`: returns 1.
///
/// Not stated, so chosen: what is not given stays, an empty login, secret, note or tag is taken away, an empty `proxy_type`
/// is out of range, a bought proxy does not exist here, and a profile that has the proxy has it changed.
pub(super) fn update(world: &mut World, call: &Call<'_>) -> Outcome {
    let id = call.integer("id").required(NO_ID)?;
    let wish = read(call, &UPDATE)?;
    let listed = listed(world);
    let current = custom(&listed, id)?;
    let changed = wish.applied_to(current);
    if listed
        .iter()
        .any(|(other, proxy)| *other != id && !current.is_same(&changed) && proxy.is_same(&changed))
    {
        return Err(OTHER_EXISTS);
    }
    let tags = match wish.tags {
        Some(names) => tag_ids(&mut world.network, names),
        None => changed.tags.clone(),
    };
    for profile in world.profiles.values_mut() {
        if let Proxy::Custom(proxy) = &mut profile.proxy
            && proxy.id == id
        {
            proxy.kind.clone_from(&changed.kind);
            proxy.host.clone_from(&changed.host);
            proxy.port.clone_from(&changed.port);
        }
    }
    world.network.proxies.insert(id, OwnProxy { tags, ..changed });
    Ok(json!(1))
}

/// `proxy-delete`: returns 1. An unknown id is 2002 as in the page's sample, though its list has no such code.
pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Outcome {
    let id = call.integer("id").required(NO_ID_TO_DELETE)?;
    let listed = listed(world);
    if users(world, id, custom(&listed, id)?) > 0 {
        return Err(IN_USE);
    }
    world.network.proxies.remove(&id);
    Ok(json!(1))
}

/// The proxies of the account and, with them, the custom ones that profiles brought along.
fn listed(world: &World) -> BTreeMap<i64, OwnProxy> {
    let mut listed = world.network.proxies.clone();
    for profile in world.profiles.values() {
        if let Proxy::Custom(proxy) = &profile.proxy {
            listed.entry(proxy.id).or_insert_with(|| proxy.into());
        }
    }
    listed
}

/// How many profiles have a proxy.
fn users(world: &World, id: i64, proxy: &OwnProxy) -> usize {
    world.profiles.values().filter(|profile| proxy.is_used_by(id, profile)).count()
}

fn custom(listed: &BTreeMap<i64, OwnProxy>, id: i64) -> Result<&OwnProxy, Refusal> {
    listed.get(&id).filter(|proxy| proxy.source == Source::Custom).ok_or(UNKNOWN)
}

/// The ids of tags by name, new ones for new names.
fn tag_ids(network: &mut Network, names: Vec<String>) -> Vec<i64> {
    let mut ids = Vec::new();
    for name in names {
        let known = network.tags.iter().find(|(_, known)| **known == name).map(|(id, _)| *id);
        let id = known.unwrap_or_else(|| labels::add(&mut network.tags, &mut network.last_tag, &name));
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

fn read(call: &Call<'_>, codes: &Codes) -> Result<Wish, Refusal> {
    let kind = match call.text("proxy_type") {
        Given::Value("http" | "https" | "socks5" | "ssh") | Given::Absent => call.text("proxy_type"),
        Given::Wrong => return Err(ILLEGAL),
        Given::Empty | Given::Value(_) => return Err(codes.wrong_kind),
    };
    let port = filled(call.digits("proxy_port"), codes.no_port)?;
    if port.as_ref().is_some_and(|port| !is_port(port)) {
        return Err(ILLEGAL);
    }
    Ok(Wish {
        kind: kind.optional()?.map(str::to_owned),
        host: filled(call.text("proxy_ip"), codes.no_host)?.map(str::to_owned),
        port,
        user: changed(call.text("proxy_user"))?,
        password: changed(call.text("proxy_password"))?,
        note: changed(call.text("note"))?,
        tags: tag_names(call)?,
    })
}

fn is_port(port: &str) -> bool {
    port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// A field that may be absent and not empty.
fn filled<T>(given: Given<T>, empty: Refusal) -> Result<Option<T>, Refusal> {
    match given {
        Given::Empty => Err(empty),
        given => given.optional(),
    }
}

/// A field that may be absent, and that an empty value clears.
fn changed(given: Given<&str>) -> Result<Option<String>, Refusal> {
    match given {
        Given::Empty => Ok(Some(String::new())),
        given => Ok(given.optional()?.map(str::to_owned)),
    }
}

/// `tag`: one name as text, or several in an array (pages 39, 40). Empty names name nothing.
fn tag_names(call: &Call<'_>) -> Result<Option<Vec<String>>, Refusal> {
    let given = match call.body.get("tag") {
        None => return Ok(None),
        Some(Value::Null) => Vec::new(),
        Some(Value::Array(names)) => names.iter().collect(),
        Some(name) => vec![name],
    };
    let names = given.into_iter().map(|name| name.as_str().map(str::to_owned).ok_or(ILLEGAL));
    let names: Vec<String> = names.collect::<Result<_, _>>()?;
    Ok(Some(names.into_iter().filter(|name| !name.trim().is_empty()).collect()))
}

impl Wish {
    /// `proxy` with what is wished, but for its tags.
    fn applied_to(&self, proxy: &OwnProxy) -> OwnProxy {
        let or = |wish: &Option<String>, current: &str| wish.as_deref().unwrap_or(current).to_owned();
        OwnProxy {
            kind: or(&self.kind, &proxy.kind),
            host: or(&self.host, &proxy.host),
            port: or(&self.port, &proxy.port),
            user: or(&self.user, &proxy.user),
            password: or(&self.password, &proxy.password),
            note: or(&self.note, &proxy.note),
            ..proxy.clone()
        }
    }
}
