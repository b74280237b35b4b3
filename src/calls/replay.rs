//! What a resumed run answers from its history instead of sending it, and what it adds to the history.
//!
//! A run whose history is kept records what its script is told: each read, the time, chance, failures, and which items its
//! calls of `parallel` have. A resumed run first goes through its script without the app, where each part of it halts as
//! soon as its history ends ([`Calls::rehearse`]). Only then is anything sent.
//!
//! Not here: what a history answers (`journal::History`).

use super::failure::{Cause, Drift, Failure, Vanished};
use super::record::Recorder;
use super::verdict::Refusal;
use super::{Calls, Event, Request, scope};
use crate::api::{self, Effect, Endpoint, Repeat, Resource, check};
use crate::base::sync::Mutex;
use crate::journal::{
    Answer, Arguments, Described, Entry, Hash, History, Matched, Note, PastItem, Place, RunLog, Told,
    content_hash, identity,
};
use serde_json::{Map, Value};
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// A history is written down, in a journal that is opened for it, once so much of it waits for the first write.
const MAX_WAITING: usize = 100_000;

/// The history of a run: what is known of it, and what is added.
pub(super) struct Replay {
    pub(super) history: Mutex<History>,
    pub(super) accepts_new_rows: bool,
    is_rehearsal: AtomicBool,
    /// The greatest number of a fiber or a `parallel`.
    numbers: AtomicI64,
    outbox: Mutex<Outbox>,
    /// What the last rehearsal found out.
    found: Mutex<Rehearsal>,
}

/// What going through a script without the app has shown.
#[derive(Debug, Clone, Default)]
pub struct Rehearsal {
    /// Creates whose items are gone, described.
    pub vanished: Vec<String>,
    /// Items that failed and stay so, because the script went on behind their `parallel`.
    pub kept_failures: usize,
}

#[derive(Default)]
struct Outbox {
    waiting: Vec<Note>,
    /// The number of each element of a recorded array, by its hash.
    rows: HashMap<[u8; 16], u64>,
    next_row: u64,
}

impl Outbox {
    /// In the order in which they came: elements of arrays are numbered by it.
    fn hand_on(&mut self, run: &dyn RunLog) {
        self.waiting.drain(..).for_each(|note| run.note(note));
    }
}

/// A call as the script made it, which gets a place in the history.
pub(super) struct Called {
    place: Place,
    function: String,
    given: Map<String, Value>,
    identity: String,
    /// The call of an earlier session that is sent again.
    pub(super) again: Cell<Option<i64>>,
    /// Whether that call may have been done: what becomes of its repeat says nothing of it, unless that is done.
    pub(super) was_in_doubt: Cell<bool>,
    /// Whether its intent was recorded, so that it needs no entry of its own.
    pub(super) is_recorded: Cell<bool>,
}

/// What becomes of a call.
pub(super) enum Step {
    /// It is made.
    Live,
    /// The script was told this.
    Value(Value),
    /// It was done: the reply's `data`.
    Done(Option<Value>),
}

/// A `parallel` that has begun.
pub struct Batch {
    position: crate::journal::Position,
    number: u32,
    parallel: Option<Parallel>,
}

/// A `parallel` in a history.
struct Parallel {
    number: i64,
    items: Vec<u64>,
    fibers: Vec<Option<i64>>,
    is_over: bool,
}

impl Called {
    pub(super) fn place(&self) -> Place {
        self.place
    }

    pub(super) fn identity(&self) -> &str {
        &self.identity
    }
}

impl Replay {
    pub(super) fn new(history: History, accepts_new_rows: bool) -> Self {
        let mut outbox = Outbox::default();
        for row in history.rows() {
            outbox.rows.insert(content_hash(&row.to_string()), outbox.next_row);
            outbox.next_row += 1;
        }
        Self {
            accepts_new_rows,
            is_rehearsal: AtomicBool::new(false),
            numbers: AtomicI64::new(history.greatest()),
            history: Mutex::new(history),
            outbox: Mutex::new(outbox),
            found: Mutex::default(),
        }
    }

    fn next_number(&self) -> i64 {
        self.numbers.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn is_rehearsal(&self) -> bool {
        self.is_rehearsal.load(Ordering::SeqCst)
    }

    /// Hands on what waits, and then what comes.
    pub(super) fn hand_on(&self, run: &dyn RunLog) {
        self.outbox.lock().hand_on(run);
    }

    fn note(&self, recorder: &Recorder, note: Note) {
        let is_long = {
            let mut outbox = self.outbox.lock();
            outbox.waiting.push(note);
            outbox.waiting.len() >= MAX_WAITING
        };
        if is_long {
            // Where it cannot be opened, the first write says so.
            let _ = recorder.run();
        } else if let Some(run) = recorder.open_run() {
            self.hand_on(run);
        }
    }

    fn told(&self, recorder: &Recorder, result: &Result<Value, Failure>) -> Told {
        match result {
            Err(failure) => Told::Failed(failure.to_record()),
            Ok(Value::Array(rows)) if rows.len() > 1 => {
                let mut outbox = self.outbox.lock();
                let (mut runs, mut new) = (Vec::<(u64, u64)>::new(), Vec::new());
                for row in rows {
                    let Outbox { rows: known, next_row, .. } = &mut *outbox;
                    let number = *known.entry(content_hash(&row.to_string())).or_insert_with(|| {
                        new.push(row.clone());
                        *next_row += 1;
                        *next_row - 1
                    });
                    match runs.last_mut() {
                        Some((first, count)) if *first + *count == number => *count += 1,
                        _ => runs.push((number, 1)),
                    }
                }
                if !new.is_empty() {
                    outbox.waiting.push(Note::Rows(new));
                    if let Some(run) = recorder.open_run() {
                        outbox.hand_on(run);
                    }
                }
                Told::Rows(runs)
            }
            Ok(value) => Told::One(value.clone()),
        }
    }
}

/// The hash of an item of a `parallel`.
pub fn hash_of_item(item: &Value) -> u64 {
    let mut item = item.clone();
    item.sort_all_objects();
    let [a, b, c, d, e, f, g, h, ..] = content_hash(&item.to_string());
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

impl Calls {
    fn replay(&self) -> Option<(&Recorder, &Replay)> {
        self.recorder.as_ref().and_then(|recorder| Some((recorder, recorder.replay.as_ref()?)))
    }

    /// Whether a history of the run is kept.
    pub(super) fn keeps_history(&self) -> bool {
        self.replay().is_some()
    }

    /// A call that gets a place in the history, if one is kept.
    pub(super) fn called(&self, function: &str, given: &Map<String, Value>) -> Option<Called> {
        self.replay()?;
        Some(Called {
            place: scope::take_place(),
            function: function.to_owned(),
            given: given.clone(),
            identity: identity(function, given),
            again: Cell::new(None),
            was_in_doubt: Cell::new(false),
            is_recorded: Cell::new(false),
        })
    }

    /// What becomes of a call: it is answered as it was by an earlier session, or made.
    pub(super) fn step(&self, request: &Request) -> Result<Step, Failure> {
        let (Some(called), Some((recorder, replay))) = (&request.called, self.replay()) else {
            return Ok(Step::Live);
        };
        let ends = || request.before(Cause::HistoryEnds);
        let answer = if recorder.is_resumed() {
            let run = recorder.run().map_err(|error| request.before(Cause::NotRecorded(error)))?;
            replay.history.lock().call(called.place, &run.hash(&[called.identity.as_bytes()]))
        } else {
            Answer::Live
        };
        match answer {
            Answer::Live if replay.is_rehearsal() => Err(ends()),
            Answer::Live => Ok(Step::Live),
            Answer::Value(value) => Ok(Step::Value(value)),
            Answer::Failed(failure) => Err(Failure::of_record(request, &failure)),
            Answer::Done { call, data, has_failed } => {
                if has_failed && !replay.is_rehearsal() {
                    replay.note(recorder, Note::Done(call));
                }
                if request.row.is_some_and(is_opening)
                    && !replay.is_rehearsal()
                    && replay.history.lock().stays_open(called.place, &closing())
                {
                    // Its addresses died with the app, and so may the window have.
                    called.again.set(Some(call));
                    return Ok(Step::Live);
                }
                self.remember(request, false);
                Ok(Step::Done(data))
            }
            Answer::InDoubt(_) if replay.is_rehearsal() => Err(ends()),
            Answer::InDoubt(call) if is_repeatable(request) => {
                called.again.set(Some(call));
                called.was_in_doubt.set(!request.row.is_some_and(is_opening));
                Ok(Step::Live)
            }
            Answer::InDoubt(call) => {
                let run = recorder.run().map_err(|error| request.before(Cause::NotRecorded(error)))?;
                let failure = request.before(Cause::InDoubt { recorded: Some((run.id(), call)) });
                recorder
                    .keep_doubt(run, call, &failure)
                    .map_err(|error| request.before(Cause::NotRecorded(error)))?;
                called.is_recorded.set(true);
                Err(failure)
            }
            Answer::Drift(expected) => {
                Err(request.before(drift(expected, Some((&called.function, request.shown())))))
            }
        }
    }

    /// Remembers a write that what is copied later may rely on.
    fn remember(&self, request: &Request, is_live: bool) {
        let Some(row) = request.row.filter(|row| row.effect != Effect::Read) else { return };
        let Some(profile) = request.body.get("profile_id") else { return };
        if request.is_harmless() {
            scope::rely(&scope::Relied { function: row.function, body: request.body.clone(), is_live });
        } else if !matches!(row.repeat, Repeat::Copies(_)) {
            // The profile is deleted, or has another number.
            scope::take_relied(profile);
        }
    }

    /// A write was done now: what is copied later may rely on it as well, behind what it relied on before.
    pub(super) fn remember_live(&self, request: &Request) {
        if scope::has_relied() {
            self.remember(request, true);
        }
    }

    /// Before a profile is copied for the first time in this session: sends the writes again that made it what the copy
    /// is to be. They were done, but others may have changed the profile since.
    pub(super) fn renew_source(&self, request: &Request) -> Result<(), Failure> {
        let Some(Repeat::Copies(_)) = request.row.map(|row| row.repeat) else { return Ok(()) };
        let Some(source) = request.body.get("profile_id") else { return Ok(()) };
        for relied in scope::take_relied(source) {
            let Some(row) = api::by_function(relied.function) else { continue };
            let renewal = Request::of_row(row, relied.body);
            let renewed = self.attempts(&renewal, || Ok(()), |_| Ok(()));
            renewed.map_err(|failure| {
                let outcome = super::Outcome::NotSent;
                let refusal = Refusal { cause: failure.cause, outcome, http_status: failure.http_status };
                request.failure(refusal, 0)
            })?;
        }
        Ok(())
    }

    /// The run makes a file for its output table: a later session may replace it.
    pub fn note_table(&self, born: i64) {
        if let Some((recorder, replay)) = self.replay() {
            replay.note(recorder, Note::Table(born));
        }
    }

    /// A whole list was seen.
    pub(super) fn note_look(&self, list: &'static str, at: i64) {
        if let Some((recorder, replay)) = self.replay() {
            replay.note(recorder, Note::Look { list, at });
        }
    }

    /// A call of an earlier session was sent again, and was done.
    pub(super) fn note_done(&self, call: i64) {
        if let Some((recorder, replay)) = self.replay() {
            replay.note(recorder, Note::Done(call));
        }
    }

    /// Adds to the history what the script is told of a call, unless that is recorded with its intent.
    pub(super) fn note_told(&self, request: &Request, result: &Result<Value, Failure>) {
        let (Some(called), Some((recorder, replay))) = (&request.called, self.replay()) else { return };
        // What ends the run is told to nobody.
        if called.is_recorded.get() || result.as_ref().is_err_and(Failure::ends_the_run) {
            return;
        }
        let told = replay.told(recorder, result);
        let (function, given) = (called.function.clone(), called.given.clone());
        replay.note(recorder, Note::Entry(called.place, Entry::Call { function, given, told }));
    }

    /// A value that another run would not get, such as the time: that of the earlier session, or a fresh one.
    ///
    /// # Errors
    /// That the script does something else than it did, or in a rehearsal that its history ends here.
    pub fn replayed(
        &self,
        function: &str,
        given: &Map<String, Value>,
        fresh: impl FnOnce() -> Value,
    ) -> Result<Value, Failure> {
        let mut request = Request::of_nothing(function);
        request.called = self.called(function, given);
        match self.step(&request)? {
            Step::Value(value) => Ok(value),
            Step::Done(_) | Step::Live => {
                let value = Ok(fresh());
                self.note_told(&request, &value);
                value
            }
        }
    }

    /// Begins a `parallel` of items with these hashes.
    ///
    /// # Errors
    /// That the script does something else than it did, that items are gone and others new, or in a rehearsal that the
    /// history ends here.
    pub fn begin_parallel(
        &self,
        function: &str,
        items: impl FnOnce() -> Result<Vec<u64>, String>,
    ) -> Result<Batch, Failure> {
        let (position, number) = scope::begin_batch();
        let Some((recorder, replay)) = self.replay() else {
            return Ok(Batch { position, number, parallel: None });
        };
        let request = Request::of_nothing(function);
        let items = items().map_err(|problem| request.before(Cause::Arguments(problem)))?;
        let place = scope::take_place();
        let matched = replay.history.lock().parallel(place, &items);
        let matched = matched.map_err(|expected| request.before(drift(expected, None)))?;
        let parallel = match matched {
            None if replay.is_rehearsal() => return Err(request.before(Cause::HistoryEnds)),
            None => {
                let parallel = replay.next_number();
                replay.note(
                    recorder,
                    Note::Entry(place, Entry::Parallel { number: parallel, items: items.clone() }),
                );
                Parallel { number: parallel, fibers: vec![None; items.len()], items, is_over: false }
            }
            Some(matched) => self.continued(&request, (recorder, replay), place, items, matched)?,
        };
        Ok(Batch { position, number, parallel: Some(parallel) })
    }

    /// A `parallel` that an earlier session began.
    fn continued(
        &self,
        request: &Request,
        (recorder, replay): (&Recorder, &Replay),
        place: Place,
        items: Vec<u64>,
        matched: Matched,
    ) -> Result<Parallel, Failure> {
        let Matched { number, fibers, is_over, is_edited, vanished, appeared } = matched;
        let described = |call: &crate::journal::PastCall| {
            let made = call.made.map_or_else(|| " (in doubt)".to_owned(), |made| format!(" -> {made}"));
            format!("{} {}{made}", call.function, call.shown)
        };
        let vanished: Vec<String> = vanished.iter().map(described).collect();
        if !vanished.is_empty() && !appeared.is_empty() && !replay.accepts_new_rows {
            return Err(request.before(Cause::Vanished(Box::new(Vanished { vanished, appeared }))));
        }
        // What the script has seen of a `parallel` that is over would be something else now.
        if is_over && is_edited {
            return Err(request.before(Cause::Drift(Box::new(Drift::Items))));
        }
        if replay.is_rehearsal() {
            replay.found.lock().vanished.extend(vanished);
        } else if is_edited {
            replay.note(recorder, Note::Entry(place, Entry::Parallel { number, items: items.clone() }));
        }
        Ok(Parallel { number, items, fibers, is_over })
    }

    /// Works on one item of a `parallel`; none if it is not to be begun.
    pub fn within_item<T, E>(
        &self,
        batch: &Batch,
        index: usize,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Option<Result<T, E>> {
        let item = u32::try_from(index).unwrap_or(u32::MAX);
        let position = batch.position.item(batch.number, item);
        let (Some(parallel), Some((recorder, replay))) = (&batch.parallel, self.replay()) else {
            return Some(scope::within(position, 0, work));
        };
        let earlier = parallel.fibers.get(index).copied().flatten();
        if parallel.is_over && earlier.is_none() {
            return None;
        }
        let fiber = earlier.unwrap_or_else(|| replay.next_number());
        if earlier.is_none() && !replay.is_rehearsal() {
            let item = parallel.items.get(index).copied().unwrap_or_default();
            let item = PastItem { fiber, parallel: parallel.number, item, has_returned: false };
            replay.note(recorder, Note::Item(item));
        }
        let result = scope::within(position, fiber, work);
        let is_new = || !replay.history.lock().has_returned(fiber);
        if result.is_ok() && !replay.is_rehearsal() && is_new() {
            replay.note(recorder, Note::Returned(fiber));
        }
        if result.is_err() && replay.is_rehearsal() && parallel.is_over {
            replay.found.lock().kept_failures += 1;
        }
        Some(result)
    }

    /// Whether all items are begun that are to be, whatever became of others: the script went on behind this `parallel`.
    pub fn is_over(&self, batch: &Batch) -> bool {
        batch.parallel.as_ref().is_some_and(|parallel| parallel.is_over)
    }

    /// At the end of a part of the script: whether it did not do all that it did in an earlier session.
    pub fn unanswered(&self) -> Option<Failure> {
        let (recorder, replay) = self.replay()?;
        let left = replay.history.lock().left(scope::next_place()).filter(|_| recorder.is_resumed())?;
        Some(Request::of_nothing("the script").before(drift(Some(left), None)))
    }

    /// Whether what the script does here was done by an earlier session: nothing of it is shown or waited for again.
    pub fn is_answered(&self) -> bool {
        self.replay().is_some_and(|(recorder, replay)| {
            recorder.is_resumed()
                && (replay.is_rehearsal() || replay.history.lock().is_answered(scope::next_place()))
        })
    }

    /// Before the script waits for something: whether it does. An earlier session has waited already.
    ///
    /// # Errors
    /// In a rehearsal, that the history ends here.
    pub fn waits(&self, function: &str) -> Result<bool, Failure> {
        let Some((_, replay)) = self.replay() else { return Ok(true) };
        let is_answered = replay.history.lock().is_answered(scope::next_place());
        match replay.is_rehearsal() && !is_answered {
            true => Err(Request::of_nothing(function).before(Cause::HistoryEnds)),
            false => Ok(!is_answered),
        }
    }

    /// Goes through a resumed script without the app: `run` runs it, and each part of it halts where its history ends.
    pub fn rehearse<T>(&self, run: impl FnOnce() -> T) -> (T, Rehearsal) {
        let Some((_, replay)) = self.replay() else { return (run(), Rehearsal::default()) };
        scope::restart();
        replay.is_rehearsal.store(true, Ordering::SeqCst);
        let result = run();
        replay.is_rehearsal.store(false, Ordering::SeqCst);
        scope::restart();
        (result, std::mem::take(&mut replay.found.lock()))
    }

    /// Whether an earlier session left an equal create in doubt that the call at this place may repeat.
    pub(super) fn is_doubted_before(&self, request: &Request) -> bool {
        let (Some(called), Some((recorder, replay))) = (&request.called, self.replay()) else { return false };
        let history = replay.history.lock();
        let mut doubts = history.doubts().peekable();
        // Nearly always nothing is in doubt. A run that has recorded nothing must not be opened to find that out.
        let Some(run) = recorder.open_run().filter(|_| doubts.peek().is_some()) else { return false };
        let key: Hash = run.hash(&[called.identity.as_bytes()]);
        // Other items are meant to be made besides it.
        let is_other_item = |fiber: i64| fiber != called.place.fiber && fiber != 0 && called.place.fiber != 0;
        doubts.any(|doubt| doubt.key == key && doubt.place.is_none_or(|place| !is_other_item(place.fiber)))
    }
}

/// Whether an unanswered call is sent again as it was.
fn is_repeatable(request: &Request) -> bool {
    request.is_harmless() || request.row.is_some_and(is_opening)
}

/// Whether a row opens a window, whose addresses are good for nothing once the app has ended.
fn is_opening(row: &Endpoint) -> bool {
    row.resource == Resource::Window && row.success == api::Success::Object
}

/// The actions that close windows.
fn closing() -> Vec<&'static str> {
    ["close_profile", "close_profiles"]
        .iter()
        .filter_map(|name| api::by_function(name))
        .map(|row| row.action)
        .collect()
}

/// The script does something else than it did.
fn drift(expected: Option<Described>, found: Option<(&str, Map<String, Value>)>) -> Cause {
    let described = |described: Described| {
        let row = api::by_function(&described.function);
        let arguments = match described.arguments {
            Arguments::Shown(shown) => shown,
            Arguments::Given(given) => {
                Value::Object(check::redacted(row.map_or(&[], |row| row.params), &given)).to_string()
            }
        };
        format!("{} {arguments}", described.function)
    };
    let found = found.map(|(function, shown)| format!("{function} {}", Value::Object(shown)));
    Cause::Drift(Box::new(Drift::Call { expected: expected.map(described), found }))
}

impl Calls {
    /// Tells that a call was answered.
    pub(super) fn tell_answered(&self, request: &Request) {
        self.tell(&Event::Answered { function: request.function });
    }
}
