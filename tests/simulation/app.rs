//! The app of a history: the simulator's world, what goes wrong on the way to it, what others do, and a record of every
//! effect that no session can see.

use super::plan::{Fault, Habit, Other};
use super::script::{Call, Fiber, GROUP, OTHER_GROUP, TEMPLATE};
use ixscript::api;
use ixscript::sim::{CopyGroup, Options, World};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// Where a call was made: in which session, by which fiber, and which call of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) session: usize,
    pub(crate) fiber: Fiber,
    pub(crate) ordinal: usize,
}

/// A row of a list, as far as scripts look at it.
pub(crate) type Row = (i64, String);

/// Something that a call of a script did.
#[derive(Debug, Clone)]
pub(crate) struct Effect {
    pub(crate) tag: Tag,
    pub(crate) call: Call,
    /// The id of what was created.
    pub(crate) created: Option<i64>,
    /// The note that a copy came with.
    pub(crate) note: String,
    /// Whether the app said that it failed.
    pub(crate) is_half_made: bool,
}

/// A request that lands later.
struct Pending {
    due: Duration,
    action: String,
    body: Map<String, Value>,
    tag: Tag,
    call: Call,
    /// How many effects there were when it was sent.
    effects_before: usize,
}

/// The app and what is known of it from outside.
pub(crate) struct App {
    world: World,
    /// The world of the other account, while it is not logged in.
    other_account: Option<World>,
    habits: Vec<Habit>,
    pending: Vec<Pending>,
    pub(crate) effects: Vec<Effect>,
    /// The rows of the group that scripts list, after each change.
    pub(crate) versions: Vec<Vec<Row>>,
    /// Codes that were offered once.
    offered: BTreeSet<String>,
    /// Profiles and fields that somebody else wrote.
    pub(crate) touched: BTreeSet<(i64, &'static str)>,
    /// Whether lists are empty until the first write.
    pub(crate) has_empty_list: bool,
    /// The name that a script gave last, whether or not it has arrived.
    last_name: Value,
    /// What happened, for people.
    pub(crate) log: Vec<String>,
    /// What was drawn and came to pass.
    pub(crate) fired: BTreeSet<String>,
}

/// What a request brings.
pub(crate) enum Reply {
    Answer(u16, String),
    NotConnected,
    Lost,
    /// Nobody answers.
    Silence,
}

impl App {
    pub(crate) fn new(habits: &[Habit]) -> Self {
        let options = Options {
            unique_names: habits.contains(&Habit::UniqueNames),
            ids_again: habits.contains(&Habit::IdsAgain),
            page_limit: if habits.contains(&Habit::SmallPages) { 2 } else { 100 },
            copy_group: if habits.contains(&Habit::CopyStays) {
                CopyGroup::Source
            } else {
                CopyGroup::Default
            },
            ..Options::default()
        };
        let world = World::new(options.clone());
        let mut app = Self {
            other_account: None,
            habits: habits.to_vec(),
            pending: Vec::new(),
            effects: Vec::new(),
            versions: Vec::new(),
            offered: BTreeSet::new(),
            touched: BTreeSet::new(),
            has_empty_list: false,
            last_name: Value::Null,
            log: Vec::new(),
            fired: BTreeSet::new(),
            world,
        };
        app.versions.push(app.rows());
        app
    }

    fn has(&self, habit: Habit) -> bool {
        self.habits.contains(&habit)
    }

    /// The rows of the group that scripts list, newest first.
    fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for id in self.world.profile_ids() {
            let Some(row) = self.world.profile_row(id) else { continue };
            if row["group_id"].as_i64() == Some(GROUP) {
                rows.push((id, row["name"].as_str().unwrap_or_default().to_owned()));
            }
        }
        rows.reverse();
        rows
    }

    /// A field of a profile, now.
    pub(crate) fn field(&self, id: i64, field: &str) -> Option<Value> {
        self.world.profile_row(id).map(|row| row[field].clone())
    }

    /// Logs the other account in, or the first one again, unless a call is on its way.
    pub(crate) fn switch_account(&mut self) {
        if !self.pending.is_empty() {
            return;
        }
        let other = self.other_account.take().unwrap_or_else(|| {
            // The same numbers under other names: accounts may count alike.
            let mut other = World::new(self.world.options().clone());
            for id in other.profile_ids() {
                let Value::Object(body) = json!({ "profile_id": id, "name": format!("other {id}") }) else {
                    continue;
                };
                other.handle("profile-update", &body, 0);
            }
            other
        });
        self.other_account = Some(std::mem::replace(&mut self.world, other));
        self.log.push("    another account is logged in".to_owned());
        self.versions.push(self.rows());
    }

    /// Lets everything land that is due.
    pub(crate) fn land(&mut self, now: Duration, now_seconds: i64) {
        self.pending.sort_by_key(|pending| pending.due);
        while self.pending.first().is_some_and(|pending| pending.due <= now) {
            let pending = self.pending.remove(0);
            // An update that lands behind one that took its place is outside of what is assumed.
            let is_superseded = self.effects[pending.effects_before..]
                .iter()
                .any(|effect| effect.call.given.get("profile_id") == pending.call.given.get("profile_id"));
            if let (true, "update_profile", Some(id)) = (
                is_superseded,
                &*pending.call.function,
                pending.body.get("profile_id").and_then(Value::as_i64),
            ) {
                self.touched.insert((id, "note"));
                self.touched.insert((id, "all"));
            }
            self.log.push(format!(
                "    a late call lands: {} {}",
                pending.call.function,
                Value::Object(pending.call.given.clone())
            ));
            self.act(&pending.action, &pending.body, pending.tag, pending.call, now_seconds, false);
        }
    }

    /// What comes of a request, and whether the process dies of it.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn request(
        &mut self,
        action: &str,
        body: &Map<String, Value>,
        tag: Tag,
        call: Call,
        fault: Option<Fault>,
        now: Duration,
        now_seconds: i64,
    ) -> Reply {
        if let Some(name) = body.get("name") {
            // Without a group it would be unknown where a namesake of somebody else may not be.
            self.last_name = if body.contains_key("group_id") { name.clone() } else { Value::Null };
        }
        let act = |app: &mut Self, is_half_made: bool| {
            app.act(action, body, tag.clone(), call.clone(), now_seconds, is_half_made)
        };
        match fault {
            None | Some(Fault::Slow(_)) => {
                let (status, text) = act(self, false);
                Reply::Answer(status, text)
            }
            Some(Fault::NotConnected) => Reply::NotConnected,
            Some(Fault::LostBefore) => Reply::Lost,
            Some(Fault::LostAfter) | Some(Fault::DieAfter) => {
                act(self, false);
                Reply::Lost
            }
            Some(Fault::DieBefore) | Some(Fault::Swallowed) => Reply::Silence,
            Some(Fault::Late(seconds) | Fault::DieLate(seconds)) => {
                let due = now + Duration::from_secs(seconds.into());
                let effects_before = self.effects.len();
                let (action, body) = (action.to_owned(), body.clone());
                self.pending.push(Pending { due, action, body, tag, call, effects_before });
                Reply::Silence
            }
            Some(Fault::Garbled) => {
                act(self, false);
                Reply::Answer(200, "\u{1}garbled".to_owned())
            }
            Some(Fault::TooFast) => Reply::Answer(200, failure(1010)),
            Some(Fault::Quota) => Reply::Answer(200, failure(1019)),
            Some(Fault::HalfMade) => {
                act(self, true);
                Reply::Answer(200, failure(1004))
            }
        }
    }

    fn act(
        &mut self,
        action: &str,
        body: &Map<String, Value>,
        tag: Tag,
        call: Call,
        now_seconds: i64,
        is_half_made: bool,
    ) -> (u16, String) {
        let is_read = api::by_action(action).is_some_and(|row| row.effect == api::Effect::Read);
        if is_read {
            return self.read(action, body, now_seconds);
        }
        self.has_empty_list = false;
        let mut body = body.clone();
        if let Some(name) = body.get_mut("name") {
            *name = Value::from(self.stored(name.as_str().unwrap_or_default()));
        }
        if let Some(code) = body.get_mut("transfer_code") {
            let trimmed = code.as_str().unwrap_or_default().trim().to_owned();
            if self.offered.insert(trimmed.clone()) {
                self.world.offer(&trimmed, "offered", now_seconds);
            }
            *code = trimmed.into();
        }
        let before = self.world.profile_ids();
        let answer = self.world.handle(action, &body, now_seconds);
        if answer.envelope.code == 0 {
            let after = self.world.profile_ids();
            // A profile that was given another id is not a new one.
            let is_gone = before.iter().any(|id| !after.contains(id));
            let created = after.iter().copied().find(|id| !before.contains(id)).filter(|_| !is_gone);
            let note = created
                .and_then(|id| self.field(id, "note"))
                .and_then(|note| note.as_str().map(str::to_owned));
            self.effects.push(Effect { tag, call, created, note: note.unwrap_or_default(), is_half_made });
            self.versions.push(self.rows());
        }
        (answer.status, answer.envelope.to_json().to_string())
    }

    fn read(&mut self, action: &str, body: &Map<String, Value>, now_seconds: i64) -> (u16, String) {
        let answer = self.world.handle(action, body, now_seconds);
        let mut text = answer.envelope.to_json();
        let late = self.has(Habit::LateRecords) && action == "profile-transfer-record-list";
        let (short, empty) = (self.has(Habit::ShortLists), self.has_empty_list);
        if let Some(Value::Array(rows)) = text.pointer_mut("/data/data") {
            if late {
                let old = |row: &Value| {
                    row["receipt_time"].as_i64().is_none_or(|at| at == 0 || at + 60 < now_seconds)
                };
                rows.retain(old);
            }
            if short {
                let first_page = body.get("page").and_then(Value::as_i64).is_none_or(|page| page <= 1);
                rows.truncate(if first_page { 3 } else { 0 });
            }
            if empty {
                rows.clear();
            }
        }
        if (late || empty)
            && let Some(count) = text.pointer("/data/data").and_then(Value::as_array).map(Vec::len)
            && let Some(total) = text.pointer_mut("/data/total")
        {
            *total = count.into();
        }
        (answer.status, text.to_string())
    }

    /// A name as the app keeps it.
    fn stored(&self, name: &str) -> String {
        if self.has(Habit::CutsNames) {
            return name.chars().take(4).collect();
        }
        if self.has(Habit::AltersNames) {
            return name.replace('&', "&amp;").replace('/', "_").replace("  ", " ");
        }
        name.to_owned()
    }

    /// Does what somebody else does.
    pub(crate) fn other(&mut self, other: Other, now_seconds: i64) {
        let newest = self.world.profile_ids().last().copied().unwrap_or(TEMPLATE);
        let (action, body) = match other {
            Other::Create => {
                ("profile-copy", json!({ "profile_id": TEMPLATE, "name": "colleague", "group_id": GROUP }))
            }
            Other::Namesake => (
                "profile-copy",
                json!({ "profile_id": TEMPLATE, "name": self.last_name, "group_id": OTHER_GROUP }),
            ),
            Other::Rename => ("profile-update", json!({ "profile_id": newest, "name": "renamed" })),
            Other::Move => ("profile-update", json!({ "profile_id": newest, "group_id": OTHER_GROUP })),
            Other::Delete => ("profile-delete", json!({ "profile_id": newest })),
            Other::Note => ("profile-update", json!({ "profile_id": TEMPLATE, "note": "colleague's" })),
        };
        let Value::Object(body) = body else { return };
        if other == Other::Namesake && self.last_name.is_null() {
            return;
        }
        // What a person does to the template would be done to all.
        if newest == TEMPLATE && matches!(other, Other::Rename | Other::Move | Other::Delete) {
            return;
        }
        self.log.push(format!("    somebody else: {action} {}", Value::Object(body.clone())));
        if self.world.handle(action, &body, now_seconds).envelope.code != 0 {
            return;
        }
        let field = match other {
            Other::Rename => "name",
            Other::Move => "group_id",
            Other::Delete => "all",
            Other::Note => "note",
            Other::Create | Other::Namesake => "new",
        };
        let id = if other == Other::Note { TEMPLATE } else { newest };
        self.touched.insert((id, field));
        self.versions.push(self.rows());
    }
}

fn failure(code: i64) -> String {
    json!({ "error": { "code": code, "message": "no", "time": 0 }, "data": [] }).to_string()
}
