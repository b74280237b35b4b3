//! What is created to measure an app: every call of the measuring, and cleaning up after it.
//!
//! Not here: what is measured.

use super::call;
use crate::api;
use crate::base::cancel::Why;
use crate::base::report::Report;
use crate::calls::{Cause, Failure, Outcome};
use crate::cli::app::App;
use crate::cli::connection::Connection;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// What is in the name of everything that is created, however names are altered.
const MARK: &str = "learn";

const NO_PROFILE: i64 = 2007;
const NO_GROUP: i64 = 107_002;

/// The account that is measured.
pub(super) struct Account<'a> {
    pub(super) app: &'a App,
    pub(super) connection: &'a Connection,
    left: Left,
    /// Why measuring was stopped, if it was.
    pub(super) stopped: Option<Why>,
}

/// What was created and is still there.
#[derive(Default)]
struct Left {
    group: Option<i64>,
    profiles: Vec<i64>,
    /// Creates whose outcome is unknown.
    in_doubt: Vec<String>,
}

impl<'a> Account<'a> {
    pub(super) fn new(app: &'a App, connection: &'a Connection) -> Self {
        Self { app, connection, left: Left::default(), stopped: None }
    }

    /// What is left behind, as a problem; `None` if nothing is.
    pub(super) fn left_behind(&self) -> Option<Report> {
        let left = self.left.in_words()?;
        Some(Report::error(format!("left behind: {left}")).help("Delete it in ixBrowser."))
    }

    /// The group that everything is created in was deleted.
    pub(super) fn group_is_deleted(&mut self) {
        self.left.group = None;
    }

    /// Deletes what was created. The first interrupt, also one that comes meanwhile, does not end this; the second does.
    pub(super) fn clean_up(&mut self) {
        self.resume_after_interrupt();
        self.delete_all();
        if self.stopped.is_none() {
            self.resume_after_interrupt();
            if self.stopped.is_some() {
                self.delete_all();
            }
        }
        // Nothing more is measured after that.
        if let Some(why) = self.stopped {
            self.app.cancel.stop(why);
        }
    }

    fn resume_after_interrupt(&mut self) {
        if self.app.cancel.is_cancelled() {
            self.stopped = self.app.cancel.why();
            self.app.cancel.reset();
            self.app.printer.info("cleaning up; press Ctrl-C again to leave it");
        }
    }

    fn delete_all(&mut self) {
        if let Err(failure) = self.find_doubtful() {
            self.app.report(&call::report(&failure, &self.connection.calls));
        }
        for profile in self.left.profiles.clone() {
            if let Err(failure) = self.delete_profile(profile) {
                self.app.report(&call::report(&failure, &self.connection.calls));
            }
        }
        if let Some(group) = self.left.group {
            match refusal(self.call("delete_group", json!({ "id": group }))) {
                Ok(Ok(_) | Err(NO_GROUP)) => self.left.group = None,
                Ok(Err(_)) => {}
                Err(failure) => self.app.report(&call::report(&failure, &self.connection.calls)),
            }
        }
        // A deletion whose reply was lost may have been done.
        if self.left.group.is_some_and(|group| self.group_is_gone(group)) {
            self.left.group = None;
        }
        for profile in self.left.profiles.clone() {
            if let Ok(None) = self.row(profile) {
                self.left.profiles.retain(|left| *left != profile);
            }
        }
    }

    /// Whether a group is certainly not listed: a list that is cut short proves nothing.
    fn group_is_gone(&self, group: i64) -> bool {
        let body = object(json!({ "page": 1, "limit": 100 }));
        let Ok(reply) = self.connection.calls.call_raw("group-list", body) else { return false };
        let rows = reply.pointer("/data/data").unwrap_or(&Value::Null);
        let total = reply.pointer("/data/total").and_then(Value::as_u64);
        let count = rows.as_array().map_or(0, Vec::len) as u64;
        total == Some(count) && !ids(rows, "id").any(|id| id == group)
    }

    /// Creates whose replies were lost may have left something in the group that was just created.
    fn find_doubtful(&mut self) -> Result<(), Failure> {
        let Some(group) = self.left.group.filter(|_| !self.left.in_doubt.is_empty()) else { return Ok(()) };
        let rows = self.call("list_profiles", json!({ "group_id": group }))?;
        let is_ours = |row: &&Value| {
            let name = row.get("name").and_then(Value::as_str).unwrap_or_default();
            row.get("group_id").and_then(Value::as_i64) == Some(group) && name.to_lowercase().contains(MARK)
        };
        let ours = rows.as_array().into_iter().flatten().filter(is_ours);
        for id in ours.filter_map(|row| row.get("profile_id").and_then(Value::as_i64)) {
            if !self.left.profiles.contains(&id) {
                self.left.profiles.push(id);
                self.left.in_doubt.pop();
            }
        }
        Ok(())
    }

    /// Deletes a profile that was created here; `false` if the app refuses that.
    pub(super) fn delete_profile(&mut self, profile: i64) -> Result<bool, Failure> {
        match refusal(self.call("delete_profile", json!({ "profile_id": profile })))? {
            Ok(_) | Err(NO_PROFILE) => {
                self.left.profiles.retain(|left| *left != profile);
                Ok(true)
            }
            Err(_) => Ok(false),
        }
    }

    /// Creates something and remembers it until it is deleted: its id, or the code of a refusal.
    pub(super) fn create(&mut self, function: &str, arguments: Value) -> Result<Result<i64, i64>, Failure> {
        let name = ["title", "name"].iter().find_map(|field| arguments.get(field)?.as_str());
        let shown = format!("perhaps the result of `{function}` ({})", name.unwrap_or("without a name"));
        let created = self.call(function, arguments);
        if created.as_ref().is_err_and(Failure::leaves_doubt) {
            self.left.in_doubt.push(shown.clone());
        }

        let data = match refusal(created)? {
            Ok(data) => data,
            Err(code) => return Ok(Err(code)),
        };
        let Some(id) = data.as_i64() else {
            self.left.in_doubt.push(shown);
            return Err(Failure::before_any_action(function, "the reply has no id".to_owned()));
        };
        match function {
            "create_group" => self.left.group = Some(id),
            _ => self.left.profiles.push(id),
        }
        Ok(Ok(id))
    }

    pub(super) fn row(&self, profile: i64) -> Result<Option<Value>, Failure> {
        let rows = self.call("list_profiles", json!({ "profile_id": profile }))?;
        let is_it = |row: &&Value| row.get("profile_id").and_then(Value::as_i64) == Some(profile);
        Ok(rows.as_array().into_iter().flatten().find(is_it).cloned())
    }

    pub(super) fn call(&self, function: &str, arguments: Value) -> Result<Value, Failure> {
        match api::by_function(function) {
            Some(endpoint) => self.connection.calls.call(endpoint, object(arguments)),
            None => Err(Failure::before_any_action(function, "there is no such function".to_owned())),
        }
    }

    pub(super) fn wait(&self, time: Duration) -> Result<(), Failure> {
        let interrupted = |_| Failure {
            cause: Cause::Interrupted,
            ..Failure::before_any_action("list_profiles", String::new())
        };
        self.app.cancel.sleep(time).map_err(interrupted)
    }
}

impl Left {
    /// What is left; `None` if nothing is.
    fn in_words(&self) -> Option<String> {
        let group = self.group.map(|id| format!("group {id}"));
        let profiles = self.profiles.iter().map(|id| format!("profile {id}"));
        let in_doubt = self.in_doubt.iter().cloned();
        let all: Vec<String> = group.into_iter().chain(profiles).chain(in_doubt).collect();
        if all.is_empty() { None } else { Some(all.join(", ")) }
    }
}

/// A refusal by the app as its code, because it answers a question here; other failures end the measuring.
pub(super) fn refusal<T>(result: Result<T, Failure>) -> Result<Result<T, i64>, Failure> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(failure) => match failure.cause {
            Cause::Code { number, .. } if failure.outcome == Outcome::Refused => Ok(Err(number)),
            _ => Err(failure),
        },
    }
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

pub(super) fn ids<'a>(rows: &'a Value, name: &'a str) -> impl Iterator<Item = i64> + 'a {
    rows.as_array().into_iter().flatten().filter_map(move |row| row.get(name).and_then(Value::as_i64))
}
