//! A world: the state of one account, and the answer to each request.
//!
//! Pure: no input or output, no clock of its own. The same requests at the same times give the same answers.
//!
//! Not here: what the single actions do (one file per resource), and HTTP.

use super::allowance::Allowance;
use super::call::{Call, INVALID, Refusal};
use super::handlers::{self, Handler, Shape};
use super::network::Network;
use super::options::Options;
use super::state::{Group, Offer, Profile, Proxy, Record, Side, Terms};
use super::windows::Window;
use crate::api::codes;
use crate::api::envelope::Envelope;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The account every world belongs to, masked as on page 28.
pub(super) const ACCOUNT: &str = "35****8318@qq.com";
/// The account that made the codes of others, masked as on page 28.
pub(super) const OTHER_ACCOUNT: &str = "li****5@126.com";

/// The colours of the samples on pages 1 and 28.
const COLORS: &[&str] = &["#CC9966", "#90EE90", "#FFD700", "#C71585", "#FF8C00"];

/// One account of the app: profiles, groups, transfer codes and records.
#[derive(Debug, Clone)]
pub struct World {
    pub(super) options: Options,
    pub(super) profiles: BTreeMap<i64, Profile>,
    pub(super) groups: BTreeMap<i64, Group>,
    /// Names of profile tags by id.
    pub(super) tags: BTreeMap<i64, String>,
    pub(super) records: BTreeMap<i64, Record>,
    /// Codes that can be imported.
    pub(super) offers: BTreeMap<String, Offer>,
    /// Proxies that belong to no profile, their tags, and lines.
    pub(super) network: Network,
    pub(super) last: Last,
    pub(super) freed: Freed,
    /// Deleted profiles, until the recycle bin is emptied.
    pub(super) bin: BTreeMap<i64, Profile>,
    /// Profiles that are open.
    pub(super) windows: BTreeMap<i64, Window>,
    pub(super) allowance: Allowance,
    pub(super) random: fastrand::Rng,
    /// The account at the same address that is not logged in, once there was a switch.
    pub(super) other_account: Option<Box<World>>,
}

/// The largest id ever given of each kind. A new one is one more, unless [`Options::ids_again`] allows a freed one.
#[derive(Debug, Clone, Default)]
pub(super) struct Last {
    pub(super) profile: i64,
    pub(super) group: i64,
    pub(super) record: i64,
    pub(super) proxy: i64,
    pub(super) tag: i64,
}

/// Ids that were given and are free again.
#[derive(Debug, Clone, Default)]
pub(super) struct Freed {
    pub(super) profiles: BTreeSet<i64>,
    pub(super) groups: BTreeSet<i64>,
}

/// What comes back for one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status: 200, or what the page documents for failures.
    pub status: u16,
    /// The body.
    pub envelope: Envelope,
}

impl World {
    /// A world with what the vendor's examples about copying and transferring refer to, with `options.examples` also what the
    /// others do, and `options.profiles` profiles more.
    pub fn new(options: Options) -> Self {
        let mut world = Self::empty(options);
        super::seed::plant(&mut world);
        world
    }

    /// A world without anything in it.
    pub(super) fn empty(options: Options) -> Self {
        Self {
            random: fastrand::Rng::with_seed(options.seed),
            profiles: BTreeMap::new(),
            groups: BTreeMap::new(),
            tags: BTreeMap::new(),
            records: BTreeMap::new(),
            offers: BTreeMap::new(),
            network: Network::default(),
            last: Last::default(),
            freed: Freed::default(),
            bin: BTreeMap::new(),
            windows: BTreeMap::new(),
            allowance: Allowance::default(),
            other_account: None,
            options,
        }
    }

    /// Does what `action` asks for and answers. `now_seconds` is counted from 1970 and becomes `error.time`.
    ///
    /// What an unknown action gets is not documented; here it is HTTP 404 with code 1001.
    pub fn handle(&mut self, action: &str, body: &Map<String, Value>, now_seconds: i64) -> Answer {
        if self.options.others > 0.0 && self.random.f64() < self.options.others {
            self.act_as_other(now_seconds);
        }
        let Some(handler) = handlers::find(action) else {
            return Answer { status: 404, ..plain_failure(INVALID, now_seconds) };
        };
        let Handler { run, shape, .. } = handler;
        let call = Call { body, now: now_seconds };
        let outcome = self.within_allowance(action, now_seconds, |world| run(world, &call));
        match outcome {
            Ok(data) => Answer {
                status: 200,
                envelope: Envelope {
                    code: 0,
                    message: Some("success".to_owned()),
                    time: shape.success_time.then_some(now_seconds),
                    data: (!shape.no_data).then_some(data),
                },
            },
            Err(refused) => refusal(*shape, refused, now_seconds),
        }
    }

    /// Adds a transfer code that another account made, for a profile called `name`.
    pub fn offer(&mut self, code: &str, name: &str, now_seconds: i64) {
        let profile = Profile {
            name: name.to_owned(),
            color: self.color(),
            site_url: super::profiles::BLANK.to_owned(),
            ..Profile::default()
        };
        let terms = Terms { proxy: false, proxy_mode: 1, note: false };
        let sender = OTHER_ACCOUNT.to_owned();
        self.offers
            .insert(code.to_owned(), Offer { own: None, terms, sender, created_at: now_seconds, profile });
    }

    /// The ids of all profiles, smallest first.
    pub fn profile_ids(&self) -> Vec<i64> {
        self.profiles.keys().copied().collect()
    }

    /// A profile as a row of `profile-list`.
    pub fn profile_row(&self, id: i64) -> Option<Value> {
        self.profiles.get(&id).map(|profile| self.row(id, profile))
    }

    /// The id of the line in use, which no action shows.
    pub fn gateway(&self) -> &str {
        &self.network.gateway
    }

    /// How this world behaves where the vendor does not say.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The same, to be changed while the world goes on.
    pub fn options_mut(&mut self) -> &mut Options {
        &mut self.options
    }

    pub(super) fn row(&self, id: i64, profile: &Profile) -> Value {
        let group = self.groups.get(&profile.group).map_or("", |group| group.title.as_str());
        let tags: Vec<&str> =
            profile.tags.iter().filter_map(|tag| self.tags.get(tag)).map(String::as_str).collect();
        profile.row(id, group, &tags.join(","))
    }

    /// The id that the next profile gets.
    pub(super) fn next_profile_id(&self) -> i64 {
        let freed = self.freed.profiles.last().filter(|_| self.options.ids_again);
        freed.copied().unwrap_or_else(|| self.last.profile.saturating_add(1))
    }

    /// Adds a profile under a new id, with a cache folder and, if custom, a proxy of its own.
    pub(super) fn add_profile(&mut self, mut profile: Profile) -> i64 {
        let id = self.next_profile_id();
        if self.freed.profiles.remove(&id) {
            // Nothing that is left of the profile that had this id belongs to the new one.
            self.bin.remove(&id);
            for record in self.records.values_mut().filter(|record| record.profile == Some(id)) {
                record.profile = None;
            }
        }
        self.last.profile = self.last.profile.max(id);
        profile.cache_path = format!("{:032x}", self.random.u128(..));
        self.number_proxy(&mut profile.proxy);
        self.profiles.insert(id, profile);
        id
    }

    /// Gives a custom proxy that has no id the next one.
    pub(super) fn number_proxy(&mut self, proxy: &mut Proxy) {
        if let Proxy::Custom(proxy) = proxy
            && proxy.id == 0
        {
            self.last.proxy += 1;
            proxy.id = self.last.proxy;
        }
    }

    pub(super) fn add_group(&mut self, group: Group) -> i64 {
        let freed = if self.options.ids_again { self.freed.groups.pop_last() } else { None };
        let id = freed.unwrap_or_else(|| self.last.group.saturating_add(1));
        self.last.group = self.last.group.max(id);
        self.groups.insert(id, group);
        id
    }

    pub(super) fn add_record(&mut self, record: Record) -> i64 {
        self.last.record += 1;
        self.records.insert(self.last.record, record);
        self.last.record
    }

    /// The record of a code this account made.
    pub(super) fn made_record(&mut self, code: &str) -> Option<&mut Record> {
        self.records.values_mut().find(|record| record.side == Side::Made && record.code == code)
    }

    pub(super) fn has_name(&self, name: &str) -> bool {
        self.profiles.values().any(|profile| profile.name == name)
    }

    pub(super) fn color(&mut self) -> String {
        COLORS[self.random.usize(..COLORS.len())].to_owned()
    }
}

/// The failure of `action` with any documented code, as its page shows failures; nothing is done.
pub(super) fn failure(action: &str, code: i64, now_seconds: i64) -> Answer {
    let shape = handlers::find(action).map_or(Shape::CLOUD, |handler| handler.shape);
    refusal(shape, Refusal(code), now_seconds)
}

/// A failure that belongs to no action, in the form most pages show, with HTTP 200.
pub(super) fn plain_failure(refused: Refusal, now_seconds: i64) -> Answer {
    refusal(Shape::CLOUD, refused, now_seconds)
}

fn refusal(shape: Shape, Refusal(code): Refusal, now_seconds: i64) -> Answer {
    let message = codes::find(code).map(|code| code.message.to_owned());
    let (time, data) =
        if shape.bare_failure { (None, Value::Null) } else { (Some(now_seconds), Value::Array(Vec::new())) };
    Answer { status: shape.failure_status, envelope: Envelope { code, message, time, data: Some(data) } }
}
