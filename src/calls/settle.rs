//! What lists of the app tell about creates: a look before the first one, and what came of those in doubt.
//!
//! Not here: what follows from what is seen (`journal::settle`).

use super::pages::List;
use super::record::{Recorder, code_hash, is_create};
use super::traces::doubt;
use super::{Calls, Cause, Failure, Kind, Request};
use crate::api::{self, Endpoint, Success, envelope};
use crate::journal::{self, Doubt, Ended, Evidence, Finding, Hash, Look, Mark, PastCall, Row, Seen};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Where received transfer codes are listed.
const RECORDS: &str = "list_transfer_records";

impl Calls {
    /// Records what the list of what `request` will make holds before this run has made anything there. Without that nobody
    /// could tell later whether a create in doubt was done.
    pub(super) fn look_before_making(&self, recorder: &Recorder, request: &Request) -> Result<(), Failure> {
        if !recorder.is_resumable() || !is_create(request) {
            return Ok(());
        }
        let Some(row) = request.row else { return Ok(()) };
        let records = row.param("transfer_code").and_then(|_| api::by_function(RECORDS));
        for list in api::list_of_made(row).into_iter().chain(records) {
            // Held while looking: whoever makes something next must not be seen.
            let mut lists = recorder.lists.lock();
            if !lists.looked_at.insert(list.action.to_owned()) {
                continue;
            }
            let rows: Vec<Row> = match self.look(list) {
                Ok(Some(rows)) => rows.into_iter().map(|row| (row.id, row.name)).collect(),
                // An account may not be allowed to list, or not see everything. Then creates in doubt stay so.
                Ok(None) => continue,
                Err(failure) if is_refused(&failure) => continue,
                Err(failure) => {
                    lists.looked_at.remove(list.action);
                    return Err(failure);
                }
            };
            let recorded = recorder.run().and_then(|run| run.snapshot(list.action, &rows));
            recorded.map_err(|error| request.before(Cause::NotRecorded(error)))?;
            lists.before.insert(list.action.to_owned(), rows);
        }
        Ok(())
    }

    /// Settles the creates of earlier sessions that are in doubt, as far as lists of the app prove anything.
    ///
    /// # Errors
    /// That a list cannot be read, or the journal not be written.
    pub fn settle_doubts(&self) -> Result<Settled, Failure> {
        let mut settled = Settled::default();
        let Some(recorder) = self.recorder.as_ref().filter(|recorder| recorder.is_resumed()) else {
            return Ok(settled);
        };
        let creates: Vec<PastCall> = recorder.history().map_or_else(Vec::new, |history| {
            let history = history.lock();
            let is_open = |call: &&PastCall| {
                call.is_create && (call.outcome == journal::Outcome::Unknown || call.mark == Some(Mark::Lost))
            };
            history.calls().iter().filter(is_open).cloned().collect()
        });
        for list in api::endpoints().filter(|row| matches!(row.success, Success::Page { .. })) {
            let of_list = creates.iter().filter(|call| call.list.as_deref() == Some(list.action));
            let (lost, doubts): (Vec<_>, Vec<_>) = of_list.partition(|call| call.mark == Some(Mark::Lost));
            if !(lost.is_empty() && doubts.is_empty()) {
                self.settle_in(recorder, list, &doubts, &lost, &mut settled)?;
            }
        }
        Ok(settled)
    }

    fn settle_in(
        &self,
        recorder: &Recorder,
        list: &'static Endpoint,
        doubts: &[&PastCall],
        lost: &[&PastCall],
        settled: &mut Settled,
    ) -> Result<(), Failure> {
        // Without the list of before nothing of it is known to be new.
        let Some(before) = recorder.lists.lock().before.get(list.action).cloned() else { return Ok(()) };
        let seen = self.received(recorder, doubts).and_then(|received| Ok((received, self.look(list)?)));
        let (received, now) = match seen {
            Ok((received, Some(now))) => (received, now),
            // What may not be seen, or not whole, proves nothing.
            Ok((_, None)) => return Ok(()),
            Err(failure) if is_refused(&failure) => return Ok(()),
            Err(failure) => return Err(failure),
        };
        let at = recorder.clock().now_ms();
        let look = {
            let lists = recorder.lists.lock();
            let trace = lists.traces.of(list.action);
            let of_others = lists.known.get(list.action).into_iter().flatten();
            let rivals = lists.rivals.iter().filter(|(action, _)| action == list.action);
            Look {
                before: before.into_iter().collect(),
                now,
                explained: of_others.chain(&trace.made).chain(&trace.renumbered).copied().collect(),
                made: trace.made,
                removed: trace.removed,
                unsure: trace.unsure,
                changed: trace.changed,
                names: trace.names,
                has_unknown: lists.traces.has_unknown(),
                rivals: rivals.map(|(_, doubt)| doubt.clone()).collect(),
                at,
                earlier: lists.looks.get(list.action).cloned().unwrap_or_default(),
            }
        };
        let asked: Vec<Doubt> = doubts.iter().map(|call| doubt(call, received.of(call))).collect();
        let Some(verdict) = journal::settle(&asked, &look, recorder.floor()) else { return Ok(()) };
        let looks = {
            let mut lists = recorder.lists.lock();
            let looks = lists.looks.entry(list.action.to_owned()).or_default();
            looks.push(at);
            looks.clone()
        };
        // On the disk before what follows from it.
        self.note_look(list.action, at);

        for (id, finding) in &verdict.findings {
            let action = doubts.iter().find(|call| call.id == *id).map(|call| call.action.as_str());
            if let Some(row) = action.and_then(api::by_action) {
                write_down(recorder, row, *id, *finding)?;
            }
            match finding {
                Finding::Done(_) => settled.done += 1,
                Finding::NotDone => settled.not_done += 1,
            }
        }
        let waiting = asked.iter().filter(|doubt| verdict.waiting.contains(&doubt.id));
        let times = waiting.map(|doubt| recorder.floor().decidable_at(doubt.sent, &looks));
        settled.decidable_at = settled.decidable_at.max(times.max());
        settled.waiting += verdict.waiting.len();
        let is_found =
            |row: &&Seen| verdict.findings.iter().any(|(_, found)| *found == Finding::Done(row.id));
        for call in lost {
            let rows = journal::late_arrivals(&doubt(call, Evidence::None), &look);
            let told = |row: &Seen| {
                format!("call {}, {} {}: {} {}", call.id, call.function, call.shown, row.id, row.name)
            };
            settled.late_arrivals.extend(rows.into_iter().filter(|row| !is_found(row)).map(told));
        }
        Ok(())
    }

    /// What the list of received profiles tells of the codes of these calls.
    fn received(&self, recorder: &Recorder, doubts: &[&PastCall]) -> Result<Received, Failure> {
        let mut received = Received::default();
        let Some(records) =
            api::by_function(RECORDS).filter(|_| doubts.iter().any(|call| call.code.is_some()))
        else {
            return Ok(received);
        };
        let run =
            recorder.run().map_err(|error| Failure::before_sending(records, Cause::NotRecorded(error)))?;
        let before = recorder.lists.lock().before.get(records.action).cloned();
        let list = self.all_rows(records)?;
        received.is_whole = list.is_whole;
        for row in list.rows {
            let (Some(code), Some(id)) = (row.get("transfer_code").and_then(Value::as_str), row.get("id"))
            else {
                continue;
            };
            // One that was there before, or may have been, does not tell whether the code was used again.
            let is_new =
                before.as_ref().is_some_and(|rows| rows.iter().all(|(old, _)| Some(*old) != id.as_i64()));
            let code = code_hash(run, code);
            if is_new {
                received.codes.insert(code, Evidence::Done(name_of(&row)));
            } else {
                received.codes.entry(code).or_insert(Evidence::Used { is_absent: false });
            }
        }
        Ok(received)
    }

    /// The rows of a list; nothing when it was not seen whole.
    fn look(&self, list: &'static Endpoint) -> Result<Option<Vec<Seen>>, Failure> {
        let Success::Page { id } = list.success else { return Ok(None) };
        // A row without an id could be anything.
        let row = |row: &Value| {
            let text = |name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
            let group = row.get("group_id").and_then(Value::as_i64);
            Some(Seen { id: row.get(id)?.as_i64()?, name: name_of(row), group, site: text("site_url") })
        };
        let list = self.all_rows(list)?;
        Ok(if list.is_whole { list.rows.iter().map(row).collect() } else { None })
    }

    fn all_rows(&self, list: &'static Endpoint) -> Result<List, Failure> {
        let mut body = Map::new();
        if list.function == RECORDS {
            body.insert("type".to_owned(), RECEIVED.into());
        }
        let mut request = Request::of_row(list, body);
        self.every_page(&mut request)
    }
}

/// What was found out about creates in doubt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// How many were done.
    pub done: usize,
    /// How many were not.
    pub not_done: usize,
    /// How many may be decided later by looking again.
    pub waiting: usize,
    /// When all of those can be, in milliseconds since 1970.
    pub decidable_at: Option<i64>,
    /// What may have been made by creates that were taken to be lost, for people.
    pub late_arrivals: Vec<String>,
}

/// What is known of received codes.
#[derive(Default)]
struct Received {
    codes: HashMap<Hash, Evidence>,
    /// Whether a code that is not among them was not received.
    is_whole: bool,
}

impl Received {
    fn of(&self, call: &PastCall) -> Evidence {
        let Some(code) = call.code else { return Evidence::None };
        let absent = Evidence::Used { is_absent: self.is_whole };
        self.codes.get(&code).cloned().unwrap_or(absent)
    }
}

fn is_refused(failure: &Failure) -> bool {
    failure.kind() == Kind::Refused && !failure.stops_the_run()
}

/// The side of a transfer that received (page 28).
const RECEIVED: i64 = 2;

fn name_of(row: &Value) -> String {
    row.as_object().and_then(api::name_of).unwrap_or_default().to_owned()
}

/// Records what was found out about a call.
fn write_down(recorder: &Recorder, row: &'static Endpoint, id: i64, finding: Finding) -> Result<(), Failure> {
    let (outcome, made, mark) = match finding {
        Finding::Done(made) => (journal::Outcome::Done, Some(made), None),
        Finding::NotDone => (journal::Outcome::NotDone, None, Some(Mark::Lost)),
    };
    let data = made.map(|made| envelope::data_of_made(row.success, made));
    let at = recorder.clock().now_ms();
    let ended = Ended { outcome, mark, data: data.clone(), failure: None, is_secret: false, made, at };
    let written = recorder.run().and_then(|run| run.conclude(id, ended));
    written.map_err(|error| Failure::before_sending(row, Cause::NotRecorded(error)))?;
    if let Some(history) = recorder.history() {
        history.lock().settle(id, outcome, mark, data, made);
    }
    if made.is_some() {
        recorder.lists.lock().traces.note(Some(row), &Map::new(), made, true);
    }
    Ok(())
}
