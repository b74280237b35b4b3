//! What a world holds of proxies: the account's own, their tags, traffic packages and lines, and what of it there is at the
//! start.
//!
//! Not here: the proxy a profile has; that is in `state`.

use super::labels::Names;
use super::state::{CustomProxy, Group, Profile, Proxy};
use super::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The lines of page 46: id and name.
pub(super) const GATEWAYS: &[(&str, &str)] = &[("1", "Line1"), ("2", "Line2")];

/// The traffic packages of the account: the one of page 37. Nothing the API offers changes them.
pub(super) const PACKAGES: &[Package] = &[Package {
    id: 6,
    limit_flow: "1024.00",
    used_flow: "11.65",
    supply_name: "Cost-effective traffic provider",
}];

/// A traffic package, with the fields of a `traffic-package-list` row.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) id: i64,
    pub(super) limit_flow: &'static str,
    pub(super) used_flow: &'static str,
    pub(super) supply_name: &'static str,
}

/// Everything of an account that is about proxies and belongs to no profile.
#[derive(Debug, Clone, Default)]
pub(super) struct Network {
    /// Proxies by id.
    pub(super) proxies: BTreeMap<i64, OwnProxy>,
    /// Names of proxy tags by id.
    pub(super) tags: Names,
    /// The largest id ever given to a proxy tag.
    pub(super) last_tag: i64,
    /// The line in use.
    pub(super) gateway: String,
}

/// The package of a profile on page 1, which the sample of page 37 does not list.
const UNLISTED_PACKAGE: i64 = 64;

/// Whether the account has a traffic package of that id.
pub(super) fn has_package(id: &str) -> bool {
    let is = |known: i64| id.trim().parse() == Ok(known);
    is(UNLISTED_PACKAGE) || PACKAGES.iter().any(|package| is(package.id))
}

impl Network {
    /// Whether the account bought a proxy of that id.
    pub(super) fn has_purchased(&self, id: &str) -> bool {
        let proxy = id.trim().parse().ok().and_then(|id: i64| self.proxies.get(&id));
        proxy.is_some_and(|proxy| proxy.source == Source::Purchased)
    }
}

/// A proxy the account keeps, with the fields of a `proxy-list` row (page 38).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct OwnProxy {
    pub(super) source: Source,
    pub(super) kind: String,
    pub(super) host: String,
    pub(super) port: String,
    pub(super) user: String,
    pub(super) password: String,
    pub(super) note: String,
    pub(super) tags: Vec<i64>,
    /// Where it comes out, as two letters. Page 38 shows it empty for a proxy that was never probed; nothing here probes.
    pub(super) country: String,
}

/// Where a proxy comes from: `type` of `proxy-list`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Source {
    /// `type` 1: the user brought it along.
    #[default]
    Custom,
    /// `type` 2: bought from the vendor.
    Purchased,
}

impl Source {
    /// The number on the wire.
    pub(super) fn number(self) -> i64 {
        match self {
            Self::Custom => 1,
            Self::Purchased => 2,
        }
    }
}

impl OwnProxy {
    /// Whether both are the same proxy to the app. What counts is not stated: protocol, address, port and login are chosen.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (&self.kind, &self.host, &self.port, &self.user)
            == (&other.kind, &other.host, &other.port, &other.user)
    }

    /// Whether `profile` has this proxy, whose id is `id`: by id, or as a custom one with the same protocol, address and
    /// port, because a custom proxy cannot be chosen by id (page 17). When the app counts a proxy as in use is not stated
    /// beyond that.
    pub(super) fn is_used_by(&self, id: i64, profile: &Profile) -> bool {
        match &profile.proxy {
            Proxy::Custom(proxy) => {
                proxy.id == id
                    || self.source == Source::Custom
                        && (&self.kind, &self.host, &self.port) == (&proxy.kind, &proxy.host, &proxy.port)
            }
            Proxy::Purchased(chosen) => chosen.trim().parse() == Ok(id),
            Proxy::Direct | Proxy::Package(_) | Proxy::Extraction { .. } => false,
        }
    }

    /// The row of `proxy-list`.
    pub(super) fn row(&self, id: i64, tags: &Names, profiles: usize) -> Value {
        let ids: Vec<String> = self.tags.iter().map(i64::to_string).collect();
        let names: Vec<&str> = self.tags.iter().filter_map(|tag| tags.get(tag)).map(String::as_str).collect();
        json!({
            "id": id,
            "proxy_type": self.kind,
            "proxy_ip": self.host,
            "proxy_port": self.port,
            "proxy_user": self.user,
            "proxy_password": self.password,
            "note": self.note,
            "type": self.source.number(),
            "tag_id": ids.join(" "),
            "tag_name": names.join(" "),
            "query": "",
            "country": self.country,
            "timezone": "",
            "city": "",
            // The page does not say what is counted. How many profiles have the proxy is a choice.
            "activeWindow": profiles,
        })
    }
}

impl From<&CustomProxy> for OwnProxy {
    fn from(proxy: &CustomProxy) -> Self {
        let CustomProxy { kind, host, port, .. } = proxy.clone();
        Self { kind, host, port, ..Self::default() }
    }
}

/// Fills the network of a new world: the bought proxy of a profile, and line 1.
pub(super) fn plant(world: &mut World) {
    "1".clone_into(&mut world.network.gateway);
    world.last.tag = world.tags.keys().copied().max().unwrap_or(0);
    world.network.proxies.insert(72, purchased("192.0.2.72"));
    if world.options.examples {
        plant_examples(world);
    }
}

/// What the examples of pages 16, 29 to 36 and 38 to 45 name. Page 35 calls tag 14 what page 1 calls tag 14152; here both
/// are called so.
fn plant_examples(world: &mut World) {
    for (id, title) in [(182, "Facebook182"), (1835, "Facebook1835")] {
        world.groups.insert(id, Group { title: title.to_owned(), sort: 0 });
        world.last.group = world.last.group.max(id);
    }
    for (id, title) in [(14, "test"), (169, "Facebook1"), (182, "Facebook182")] {
        world.tags.insert(id, title.to_owned());
    }
    let tags = [(14, "Facebook14"), (117, "tag1"), (118, "tag2"), (169, "Facebook1"), (182, "Facebook182")];
    for (id, title) in tags {
        world.network.tags.insert(id, title.to_owned());
        world.network.last_tag = id;
    }
    let tagged = OwnProxy { tags: vec![117, 118], ..custom("ssh", "127.0.0.1", "22") };
    world.network.proxies.extend([
        (1, purchased("192.0.2.1")),
        (2444, custom("socks5", "192.0.2.44", "1080")),
        (24_320, tagged),
        (24_330, custom("socks5", "127.0.0.3", "57425")),
    ]);
}

fn custom(kind: &str, host: &str, port: &str) -> OwnProxy {
    OwnProxy { kind: kind.to_owned(), host: host.to_owned(), port: port.to_owned(), ..OwnProxy::default() }
}

fn purchased(host: &str) -> OwnProxy {
    OwnProxy { source: Source::Purchased, country: "US".to_owned(), ..custom("socks5", host, "1080") }
}
