//! What a world holds, and the documented form of each thing as a row of a list.
//!
//! Not here: who may do what to it.

use super::profile_data::Data;
use serde_json::{Map, Value, json};

/// A profile, with the fields of a `profile-list` row (page 1).
#[derive(Debug, Clone, Default)]
pub(super) struct Profile {
    pub(super) name: String,
    pub(super) note: String,
    pub(super) color: String,
    pub(super) site_url: String,
    pub(super) username: String,
    pub(super) password: String,
    /// Seconds since 1970; 0 for never. Page 1 has no sample of a profile that was never opened: a choice.
    pub(super) last_open_time: i64,
    pub(super) group: i64,
    pub(super) tags: Vec<i64>,
    pub(super) proxy: Proxy,
    pub(super) cache_path: String,
    pub(super) settings: Settings,
    pub(super) data: Data,
}

/// What pages 2 and 14 set and no list shows.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    pub(super) tfa_secret: String,
    /// `proxy_config` as it was given last.
    pub(super) proxy: Map<String, Value>,
    /// `fingerprint_config`.
    pub(super) fingerprint: Map<String, Value>,
    /// `preference_config`.
    pub(super) preferences: Map<String, Value>,
}

/// The proxy of a profile, by where it comes from (`proxy_mode`, appendix 53).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Proxy {
    /// Mode 2 without a proxy.
    #[default]
    Direct,
    /// Mode 2.
    Custom(CustomProxy),
    /// Mode 1: a traffic package.
    Package(String),
    /// Mode 3: a bought proxy.
    Purchased(String),
    /// Mode 4: fetched from a URL.
    Extraction {
        /// The protocol.
        kind: String,
        /// Where it is fetched.
        url: String,
    },
}

/// A proxy the user brought along.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CustomProxy {
    /// Page 1 shows an id for these too.
    pub(super) id: i64,
    pub(super) kind: String,
    pub(super) host: String,
    pub(super) port: String,
}

/// A profile group.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) title: String,
    /// Larger comes first. The page calls it a weight and says no more: a choice.
    pub(super) sort: i64,
}

/// A line of the transfer records (page 28).
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) side: Side,
    pub(super) code: String,
    /// The profile of a code this account made.
    pub(super) profile: Option<i64>,
    pub(super) terms: Terms,
    pub(super) color: String,
    pub(super) name: String,
    pub(super) note: String,
    /// The sender, masked as the app does it.
    pub(super) username: String,
    /// The receiver, masked; empty while nobody has imported it.
    pub(super) reception_username: String,
    /// Seconds since 1970.
    pub(super) created_at: i64,
    /// Seconds since 1970; 0 while nobody has imported it. Page 28 has no sample of that: a choice.
    pub(super) receipt_time: i64,
}

/// Which side of a transfer this account was on: `type` of `profile-transfer-record-list`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// `type` 1.
    Made,
    /// `type` 2.
    Received,
}

/// What goes along with a transferred profile (page 25).
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub(super) proxy: bool,
    /// 1 shares a bought proxy, 2 hands it over.
    pub(super) proxy_mode: i64,
    pub(super) note: bool,
}

/// A transfer code that can be imported, with the profile as it was when the code was made. Whether later changes go along
/// is not stated: a choice.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    /// The profile of this account it was made of; `None` for a code of another account.
    pub(super) own: Option<i64>,
    pub(super) terms: Terms,
    pub(super) sender: String,
    pub(super) created_at: i64,
    pub(super) profile: Profile,
}

impl Profile {
    /// The row of `profile-list`.
    pub(super) fn row(&self, id: i64, group_name: &str, tag_names: &str) -> Value {
        let tags: Vec<String> = self.tags.iter().map(i64::to_string).collect();
        let mut row = json!({
            "profile_id": id,
            "site_url": self.site_url,
            "name": self.name,
            "note": self.note,
            "color": self.color,
            "username": self.username,
            "password": self.password,
            "last_open_time": self.last_open_time,
            "group_id": self.group,
            "group_name": group_name,
            // Page 1 writes the id of a tag as text; the comma between several is a choice.
            "tag_id": tags.join(","),
            "tag_name": tag_names,
            "real_ip": "",
            "cache_path": self.cache_path,
        });
        if let Value::Object(row) = &mut row {
            self.proxy.add_to(row);
        }
        row
    }
}

impl Proxy {
    /// The fields of a profile row differ by mode, as in the sample of page 1. Mode 3 has no sample there.
    pub(super) fn add_to(&self, row: &mut Map<String, Value>) {
        let mut add = |name: &str, value: Value| drop(row.insert(name.to_owned(), value));
        match self {
            Self::Direct => {
                add("proxy_mode", 2.into());
                add("proxy_type", "direct".into());
            }
            Self::Custom(proxy) => {
                add("proxy_mode", 2.into());
                add("proxy_id", proxy.id.into());
                add("proxy_type", proxy.kind.as_str().into());
                add("proxy_ip", proxy.host.as_str().into());
                add("proxy_port", proxy.port.as_str().into());
            }
            Self::Package(id) => {
                add("proxy_mode", 1.into());
                add("proxy_id", id_value(id));
            }
            Self::Purchased(id) => {
                add("proxy_mode", 3.into());
                add("proxy_id", id_value(id));
            }
            Self::Extraction { kind, url } => {
                add("proxy_mode", 4.into());
                add("proxy_type", kind.as_str().into());
                add("proxy_url", url.as_str().into());
            }
        }
    }
}

/// Ids of proxies are text in requests and integers in rows.
fn id_value(id: &str) -> Value {
    id.trim().parse::<i64>().map_or_else(|_| id.into(), Value::from)
}

impl Record {
    /// The row of `profile-transfer-record-list`.
    pub(super) fn row(&self, id: i64) -> Value {
        json!({
            "id": id,
            "transfer_code": self.code,
            "transfer_proxy": i64::from(self.terms.proxy),
            "transfer_proxy_mode": self.terms.proxy_mode,
            "transfer_note": i64::from(self.terms.note),
            "color": self.color,
            "name": self.name,
            "note": self.note,
            "username": self.username,
            "reception_username": self.reception_username,
            "created_at": self.created_at,
            "receipt_time": self.receipt_time,
        })
    }
}
