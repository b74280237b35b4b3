//! What lists of the app tell about creates: a look before the first one, and what came of those in doubt.
//!
//! Not here: what follows from what is seen (`journal::settle`).

use super::pages::List;
use super::record::{Recorder, code_hash, is_create};
use super::{Calls, Cause, Failure, Kind, Request};
use crate::api::{self, Endpoint, Success, envelope};
use crate::journal::{self, Ended, Evidence, Finding, Hash, PastCall, Row, Sight};
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
            let rows = match self.look(list) {
                Ok(Some(rows)) => rows,
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
    pub fn settle_doubts(&self) -> Result<usize, Failure> {
        let Some(recorder) = self.recorder.as_ref().filter(|recorder| recorder.is_resumed()) else {
            return Ok(0);
        };
        let doubts: Vec<PastCall> = recorder.history().map_or_else(Vec::new, |history| {
            history.lock().doubts().filter(|call| call.is_create).cloned().collect()
        });
        let mut settled = 0;
        for list in api::endpoints().filter(|row| matches!(row.success, Success::Page { .. })) {
            let of_list: Vec<&PastCall> =
                doubts.iter().filter(|call| call.list.as_deref() == Some(list.action)).collect();
            let before = recorder.lists.lock().before.get(list.action).cloned();
            let (Some(before), false) = (before, of_list.is_empty()) else { continue };
            let seen =
                self.received(recorder, &of_list).and_then(|received| Ok((received, self.look(list)?)));
            let (received, now) = match seen {
                Ok((received, Some(now))) => (received, now),
                // What may not be seen, or not whole, proves nothing.
                Ok((_, None)) => continue,
                Err(failure) if is_refused(&failure) => continue,
                Err(failure) => return Err(failure),
            };
            let known = recorder.lists.lock().known.get(list.action).cloned().unwrap_or_default();
            let sight = Sight { before: &before, now: &now, known: &known };
            let evidence = |call: &PastCall| received.of(call);
            let findings = journal::settle(&of_list, &sight, evidence, recorder.clock().now_ms());
            settled += findings.len();
            for (id, finding) in findings {
                let action = of_list.iter().find(|call| call.id == id).map(|call| call.action.as_str());
                if let Some(row) = action.and_then(api::by_action) {
                    write_down(recorder, row, id, finding)?;
                }
            }
        }
        Ok(settled)
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
                received.codes.entry(code).or_insert(Evidence::None);
            }
        }
        Ok(received)
    }

    /// Ids and names of a list; nothing when it was not seen whole. Rows move between pages while others are removed, so that
    /// what takes several pages counts only when it is seen twice.
    fn look(&self, list: &'static Endpoint) -> Result<Option<Vec<Row>>, Failure> {
        let Success::Page { id } = list.success else { return Ok(None) };
        // A row without an id could be anything.
        let row = |row: &Value| Some((row.get(id)?.as_i64()?, name_of(row)));
        let whole = |seen: &List| -> Option<Vec<Row>> {
            if seen.is_whole { seen.rows.iter().map(row).collect() } else { None }
        };
        let first = self.all_rows(list)?;
        let rows = whole(&first);
        if first.pages > 1 && rows != whole(&self.all_rows(list)?) {
            return Ok(None);
        }
        Ok(rows)
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
        let absent = if self.is_whole { Evidence::NotDone } else { Evidence::None };
        self.codes.get(&code).cloned().unwrap_or(absent)
    }
}

fn is_refused(failure: &Failure) -> bool {
    failure.kind() == Kind::Refused && !failure.stops_the_run()
}

/// The side of a transfer that received (page 28).
const RECEIVED: i64 = 2;

fn name_of(row: &Value) -> String {
    let text = |name: &&str| row.get(*name).and_then(Value::as_str).map(str::to_owned);
    ["name", "title"].iter().find_map(text).unwrap_or_default()
}

/// Records what was found out about a call.
fn write_down(recorder: &Recorder, row: &'static Endpoint, id: i64, finding: Finding) -> Result<(), Failure> {
    let (outcome, made) = match finding {
        Finding::Done(made) => (journal::Outcome::Done, Some(made)),
        Finding::NotDone => (journal::Outcome::NotDone, None),
    };
    let data = made.map(|made| envelope::data_of_made(row.success, made));
    let at = recorder.clock().now_ms();
    let ended = Ended { outcome, data: data.clone(), failure: None, is_secret: false, made, at };
    let written = recorder.run().and_then(|run| run.conclude(id, ended));
    written.map_err(|error| Failure::before_sending(row, Cause::NotRecorded(error)))?;
    if let Some(history) = recorder.history() {
        history.lock().settle(id, outcome, data, made);
    }
    Ok(())
}
