//! What earlier sessions of a run did, and what of it a resumed run answers. Pure.
//!
//! A fiber is a part of a run whose calls follow one another: the script itself, or an item of a `parallel`. Its history is
//! the list of its calls in order, with what the script was told. One rule holds for every fiber: one that returned is
//! answered whole; any other one is answered up to its last write that was done or may have been, and goes on live behind
//! it. A `parallel` in which something was written counts as a write of the fiber that began it. A script that asks for
//! something else than what is to be answered has drifted.
//!
//! Not here: reading and writing the journal.

use super::keys::Hash;
use super::writer::{Mark, Outcome};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet, VecDeque};

/// The fiber of the script itself. Those of items have greater numbers.
pub const MAIN: i64 = 0;

/// Where in a run's history something stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// The number of the fiber.
    pub fiber: i64,
    /// How many entries of the fiber come before it.
    pub nth: i64,
}

/// A write that was about to be sent, with what became of it.
#[derive(Debug, Clone)]
pub struct PastCall {
    /// Its number in the journal.
    pub id: i64,
    /// In which session of the run it was made.
    pub session: i64,
    /// Where in the run; none if it belongs to no history.
    pub place: Option<Place>,
    /// The host function.
    pub function: String,
    /// The endpoint's action.
    pub action: String,
    /// The arguments, with secrets masked.
    pub shown: String,
    /// Function and arguments as the script gave them.
    pub key: Hash,
    /// What became of it.
    pub outcome: Outcome,
    /// Whether doing it twice is not the same as doing it once.
    pub is_create: bool,
    /// The reply's `data`.
    pub data: Option<Value>,
    /// What the script was told, if it was a failure.
    pub failure: Option<Value>,
    /// The action of the list in which what it made appears.
    pub list: Option<String>,
    /// The id of what it made.
    pub made: Option<i64>,
    /// The name it gave.
    pub name: Option<String>,
    /// The keyed hash of the code it used up.
    pub code: Option<Hash>,
    /// When it was sent, in milliseconds since 1970.
    pub began: i64,
    /// What is special about its outcome.
    pub mark: Option<Mark>,
}

/// Something in a history that is not a write that was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Entry {
    /// A read, the time, a random number, or a write that failed before it could be sent.
    Call {
        /// The host function.
        function: String,
        /// The arguments as the script gave them.
        given: Map<String, Value>,
        /// What the script was told.
        told: Told,
    },
    /// A `parallel`.
    Parallel {
        /// Its number in the run.
        number: i64,
        /// The hashes of its items, in their order.
        items: Vec<u64>,
    },
}

/// What makes two calls the same: the function, and the arguments as the script gave them, in any order.
pub fn identity(function: &str, given: &Map<String, Value>) -> String {
    let mut given = Value::Object(given.clone());
    given.sort_all_objects();
    format!("{function} {given}")
}

/// What a script was told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Told {
    /// A value.
    One(Value),
    /// An array, whose elements are kept once each: runs of them, by the first number and how many.
    Rows(Vec<(u64, u64)>),
    /// A failure.
    Failed(Value),
}

/// Something to be added to the history, which needs no confirmation.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// The next entry of a fiber. It replaces what an earlier session has at this place and behind it.
    Entry(Place, Entry),
    /// Elements of arrays, which get the next numbers.
    Rows(Vec<Value>),
    /// An item of a `parallel` begins.
    Item(PastItem),
    /// The item that is this fiber returned.
    Returned(i64),
    /// The script is told that the call of this number was done, and not any more that it failed.
    Done(i64),
    /// The run makes a file for its output table, which was born at this time.
    Table(i64),
    /// The whole list of an action was seen, at this time in milliseconds since 1970.
    Look {
        /// The action.
        list: &'static str,
        /// The time.
        at: i64,
    },
}

/// An item of a `parallel`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastItem {
    /// The number of its fiber.
    pub fiber: i64,
    /// The number of the `parallel`.
    pub parallel: i64,
    /// Its hash.
    pub item: u64,
    /// Whether it returned.
    pub has_returned: bool,
}

/// A history as it was recorded.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    /// The writes, in the order of their numbers.
    pub calls: Vec<PastCall>,
    /// The other entries, with the session that recorded each.
    pub entries: Vec<(i64, Place, Entry)>,
    /// The items, in the order in which they began.
    pub items: Vec<PastItem>,
    /// Elements of arrays, in the order of their numbers.
    pub rows: Vec<Value>,
}

/// What earlier sessions of a run did.
#[derive(Debug, Default)]
pub struct History {
    calls: Vec<PastCall>,
    fibers: HashMap<i64, Fiber>,
    /// The fibers of each `parallel`, in the order in which they began.
    parallels: HashMap<i64, Vec<i64>>,
    rows: Vec<Value>,
    /// The greatest number of a fiber or a `parallel`.
    greatest: i64,
}

#[derive(Debug, Default)]
struct Fiber {
    item: u64,
    steps: Vec<Step>,
    has_returned: bool,
    /// How many steps are answered.
    answered: usize,
    /// Whether nothing of it goes on live.
    is_whole: bool,
}

#[derive(Debug)]
enum Step {
    /// The call at this place.
    Write(usize),
    Call {
        key: Hash,
        function: String,
        given: Map<String, Value>,
        told: Told,
    },
    Parallel {
        number: i64,
        items: Vec<u64>,
    },
}

/// What a resumed run does with a call of its script.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It is new.
    Live,
    /// The script was told this value.
    Value(Value),
    /// It was done: this is the reply's `data`.
    Done {
        /// The number of the call.
        call: i64,
        /// What it brought.
        data: Option<Value>,
        /// Whether the script was told before that it failed.
        has_failed: bool,
    },
    /// The script was told this failure.
    Failed(Value),
    /// It is the last write of its fiber, and may have been done.
    InDoubt(i64),
    /// The script does something else than it did: what it did, if anything is left to be answered.
    Drift(Option<Described>),
}

/// A step of the history for people: the function, and the arguments with secrets masked where that is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// The host function.
    pub function: String,
    /// Its arguments.
    pub arguments: Arguments,
}

/// The arguments of a call of the history.
#[derive(Debug, Clone, PartialEq)]
pub enum Arguments {
    /// As text, with secrets masked.
    Shown(String),
    /// As they were given.
    Given(Map<String, Value>),
}

/// The fibers of the items of a `parallel` that is met again.
#[derive(Debug, Clone)]
pub struct Matched {
    /// The number of the `parallel`.
    pub number: i64,
    /// The fiber of each item, if it has begun before.
    pub fibers: Vec<Option<i64>>,
    /// Whether no other item is begun, because the script went on behind it.
    pub is_over: bool,
    /// Whether the items are others, or come in another order, than those of before.
    pub is_edited: bool,
    /// The creates of items that are gone: what was done, or may have been.
    pub vanished: Vec<PastCall>,
    /// The items that were not there before, by their index.
    pub appeared: Vec<usize>,
}

impl History {
    /// From what was recorded. `key_of` gives the key of an [`identity`].
    pub fn new(recorded: Recorded, key_of: impl Fn(&str) -> Hash) -> Self {
        let Recorded { calls, entries, items, rows } = recorded;
        let mut history = Self { calls, rows, ..Self::default() };
        history.fibers.insert(MAIN, Fiber::default());
        for item in items {
            history.parallels.entry(item.parallel).or_default().push(item.fiber);
            let fiber = Fiber { item: item.item, has_returned: item.has_returned, ..Fiber::default() };
            history.fibers.insert(item.fiber, fiber);
            history.greatest = history.greatest.max(item.fiber);
        }
        // What a session records at a place replaces what earlier ones have there and behind it.
        let writes = history.calls.iter().enumerate();
        let writes = writes.filter_map(|(at, call)| Some((call.session, call.place?, Step::Write(at))));
        let mut steps: Vec<(i64, Place, Step)> = writes.collect();
        for (session, place, entry) in entries {
            let step = match entry {
                Entry::Call { function, given, told } => {
                    Step::Call { key: key_of(&identity(&function, &given)), function, given, told }
                }
                Entry::Parallel { number, items } => {
                    history.greatest = history.greatest.max(number);
                    Step::Parallel { number, items }
                }
            };
            steps.push((session, place, step));
        }
        steps.sort_by_key(|(session, place, _)| (*session, place.nth));
        for (_, place, step) in steps {
            let steps = &mut history.fibers.entry(place.fiber).or_default().steps;
            let nth = usize::try_from(place.nth).unwrap_or(usize::MAX);
            steps.truncate(nth);
            // A gap cannot be: entries are recorded in their order.
            if steps.len() == nth {
                steps.push(step);
            }
        }
        history.refresh();
        history
    }

    /// Decides anew how far each fiber is answered, after outcomes have changed.
    fn refresh(&mut self) {
        let mut answered = HashMap::new();
        self.measure(MAIN, false, &mut answered);
        for (fiber, (count, is_whole)) in answered {
            if let Some(fiber) = self.fibers.get_mut(&fiber) {
                (fiber.answered, fiber.is_whole) = (count, is_whole);
            }
        }
    }

    /// How far a fiber and those below it are answered.
    fn measure(&self, fiber: i64, is_frozen: bool, answered: &mut HashMap<i64, (usize, bool)>) {
        let Some(past) = self.fibers.get(&fiber) else { return };
        // The script itself has returned as well when items of it have failed.
        let is_whole = is_frozen || past.has_returned && fiber != MAIN;
        let last = past.steps.iter().rposition(|step| self.has_effect(step)).map_or(0, |last| last + 1);
        let count = if is_whole { past.steps.len() } else { last };
        answered.insert(fiber, (count, is_whole));
        for (at, step) in past.steps.iter().enumerate().take(count) {
            let Step::Parallel { number, .. } = step else { continue };
            for child in self.parallels.get(number).into_iter().flatten() {
                self.measure(*child, is_whole || at + 1 < last, answered);
            }
        }
    }

    fn has_effect(&self, step: &Step) -> bool {
        match step {
            Step::Write(at) => self.calls[*at].outcome != Outcome::NotDone,
            Step::Call { .. } => false,
            Step::Parallel { number, .. } => {
                let children = self.parallels.get(number).into_iter().flatten();
                let mut steps =
                    children.filter_map(|child| self.fibers.get(child)).flat_map(|fiber| &fiber.steps);
                steps.any(|step| self.has_effect(step))
            }
        }
    }

    /// The writes, in the order of their numbers.
    pub fn calls(&self) -> &[PastCall] {
        &self.calls
    }

    /// The greatest number of a fiber or a `parallel`.
    pub fn greatest(&self) -> i64 {
        self.greatest
    }

    /// The elements of recorded arrays, in the order of their numbers.
    pub fn rows(&self) -> &[Value] {
        &self.rows
    }

    /// Whether the item that is this fiber returned.
    pub fn has_returned(&self, fiber: i64) -> bool {
        self.fibers.get(&fiber).is_some_and(|fiber| fiber.has_returned)
    }

    /// Whether what a fiber does at this place was done before, so that nothing of it is shown or waited for again.
    pub fn is_answered(&self, place: Place) -> bool {
        let nth = usize::try_from(place.nth).unwrap_or(usize::MAX);
        self.fibers.get(&place.fiber).is_some_and(|fiber| fiber.is_whole || nth < fiber.answered)
    }

    /// What was to be answered at this place and did not come.
    pub fn left(&self, place: Place) -> Option<Described> {
        let fiber = self.fibers.get(&place.fiber)?;
        let nth = usize::try_from(place.nth).ok()?;
        if nth < fiber.answered { Some(self.described(&fiber.steps[nth])) } else { None }
    }

    fn described(&self, step: &Step) -> Described {
        match step {
            Step::Write(at) => {
                let call = &self.calls[*at];
                Described { function: call.function.clone(), arguments: Arguments::Shown(call.shown.clone()) }
            }
            Step::Call { function, given, .. } => {
                Described { function: function.clone(), arguments: Arguments::Given(given.clone()) }
            }
            Step::Parallel { items, .. } => {
                let arguments = Arguments::Shown(format!("{} items", items.len()));
                Described { function: "parallel".to_owned(), arguments }
            }
        }
    }

    /// What to do with the call of this key that a fiber makes at this place.
    pub fn call(&self, place: Place, key: &Hash) -> Answer {
        let Some(fiber) = self.fibers.get(&place.fiber) else { return Answer::Live };
        let nth = usize::try_from(place.nth).unwrap_or(usize::MAX);
        if nth >= fiber.answered {
            return if fiber.is_whole { Answer::Drift(None) } else { Answer::Live };
        }
        let step = &fiber.steps[nth];
        let drift = || Answer::Drift(Some(self.described(step)));
        match step {
            Step::Write(at) => {
                let call = &self.calls[*at];
                let is_last = !fiber.is_whole && nth + 1 == fiber.answered;
                match (&call.failure, call.outcome) {
                    _ if call.key != *key => drift(),
                    (Some(failure), _) if !is_last => Answer::Failed(failure.clone()),
                    (failure, Outcome::Done) => {
                        let has_failed = failure.is_some();
                        Answer::Done { call: call.id, data: call.data.clone(), has_failed }
                    }
                    (_, Outcome::Unknown | Outcome::NotDone) => Answer::InDoubt(call.id),
                }
            }
            Step::Call { key: recorded, .. } if recorded != key => drift(),
            Step::Call { told, .. } => match told {
                Told::One(value) => Answer::Value(value.clone()),
                Told::Failed(failure) => Answer::Failed(failure.clone()),
                Told::Rows(runs) => Answer::Value(self.array(runs)),
            },
            Step::Parallel { .. } => drift(),
        }
    }

    fn array(&self, runs: &[(u64, u64)]) -> Value {
        let at = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let rows = runs.iter().filter_map(|(first, count)| self.rows.get(at(*first)..at(first + count)));
        rows.flatten().cloned().collect()
    }

    /// The fibers of the `parallel` that a fiber begins at this place with these items; none if it is new.
    ///
    /// # Errors
    /// The script does something else than it did: what it did, if anything is left to be answered.
    pub fn parallel(&self, place: Place, items: &[u64]) -> Result<Option<Matched>, Option<Described>> {
        let Some(fiber) = self.fibers.get(&place.fiber) else { return Ok(None) };
        let nth = usize::try_from(place.nth).unwrap_or(usize::MAX);
        if nth >= fiber.answered {
            return if fiber.is_whole { Err(None) } else { Ok(None) };
        }
        let Step::Parallel { number, items: before } = &fiber.steps[nth] else {
            return Err(Some(self.described(&fiber.steps[nth])));
        };
        let is_over = fiber.is_whole || nth + 1 < fiber.answered;
        let mut begun: HashMap<u64, VecDeque<i64>> = HashMap::new();
        let mut children = self.parallels.get(number).cloned().unwrap_or_default();
        // Finished ones first, then those that have written something, whatever was recorded first.
        children.sort_by_key(|child| self.fibers.get(child).map(|fiber| self.rank(fiber)));
        for child in &children {
            let item = self.fibers.get(child).map_or(0, |fiber| fiber.item);
            begun.entry(item).or_default().push_back(*child);
        }
        let take = |item: &u64| begun.get_mut(item).and_then(VecDeque::pop_front);
        let fibers: Vec<Option<i64>> = items.iter().map(take).collect();

        let mut counts: HashMap<u64, (usize, usize)> = HashMap::new();
        before.iter().for_each(|item| counts.entry(*item).or_default().0 += 1);
        let mut appeared = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let (before, now) = counts.entry(*item).or_default();
            *now += 1;
            if now > before {
                appeared.push(index);
            }
        }
        let mut gone: HashMap<u64, usize> =
            counts.into_iter().map(|(item, (before, now))| (item, before.saturating_sub(now))).collect();
        let matched: HashSet<i64> = fibers.iter().flatten().copied().collect();
        let mut vanished = Vec::new();
        for child in children.iter().filter(|child| !matched.contains(child)) {
            let item = self.fibers.get(child).map_or(0, |fiber| fiber.item);
            let left = gone.entry(item).or_default();
            if *left > 0 {
                *left -= 1;
                self.creates(*child, &mut vanished);
            }
        }
        let is_edited = items != before.as_slice();
        Ok(Some(Matched { number: *number, fibers, is_over, is_edited, vanished, appeared }))
    }

    /// How far an item came: finished ones before doubtful ones before others.
    fn rank(&self, fiber: &Fiber) -> u8 {
        match fiber.steps.iter().any(|step| self.has_effect(step)) {
            _ if fiber.has_returned => 0,
            true => 1,
            false => 2,
        }
    }

    /// The creates of a fiber, and of those below it, that were done or may have been.
    fn creates(&self, fiber: i64, found: &mut Vec<PastCall>) {
        for step in self.fibers.get(&fiber).into_iter().flat_map(|fiber| &fiber.steps) {
            match step {
                Step::Write(at) => {
                    let call = &self.calls[*at];
                    if call.is_create && call.outcome != Outcome::NotDone {
                        found.push(call.clone());
                    }
                }
                Step::Call { .. } => {}
                Step::Parallel { number, .. } => {
                    let children = self.parallels.get(number).into_iter().flatten();
                    children.for_each(|child| self.creates(*child, found));
                }
            }
        }
    }

    /// Whether a window that was opened at this place is still open as far as the fiber knows: nothing to be answered
    /// behind it is a call of one of these actions about the same profile.
    pub fn stays_open(&self, place: Place, closing: &[&str]) -> bool {
        let Some(fiber) = self.fibers.get(&place.fiber) else { return true };
        let nth = usize::try_from(place.nth).unwrap_or(usize::MAX);
        let of = |step: &Step| match step {
            Step::Write(at) => Some(&self.calls[*at]),
            _ => None,
        };
        let Some(opened) = fiber.steps.get(nth).and_then(of) else { return true };
        let profile = |call: &PastCall| {
            serde_json::from_str::<Value>(&call.shown).ok().and_then(|shown| shown.get("profile_id").cloned())
        };
        let mut behind = fiber.steps[..fiber.answered].iter().skip(nth + 1).filter_map(of);
        let is_closing = |call: &PastCall| {
            closing.contains(&call.action.as_str())
                && call.outcome == Outcome::Done
                && profile(call).is_none_or(|id| Some(id) == profile(opened))
        };
        !fiber.is_whole && !behind.any(is_closing)
    }

    /// The lists that are answered, each with what it was the last time: the function, its arguments and its rows.
    pub fn lists(&self) -> Vec<(&str, &Map<String, Value>, Vec<&Value>)> {
        let mut lists: Vec<(&str, &Map<String, Value>, Vec<&Value>)> = Vec::new();
        let mut seen: HashMap<Hash, usize> = HashMap::new();
        let mut fibers: Vec<(&i64, &Fiber)> = self.fibers.iter().collect();
        fibers.sort_by_key(|(number, _)| **number);
        for step in fibers.into_iter().flat_map(|(_, fiber)| &fiber.steps[..fiber.answered]) {
            let Step::Call { key, function, given, told: Told::Rows(runs) } = step else { continue };
            let at = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
            let rows = runs.iter().filter_map(|(first, count)| self.rows.get(at(*first)..at(first + count)));
            let rows = rows.flatten().collect();
            match seen.get(key) {
                Some(&place) => lists[place].2 = rows,
                None => {
                    seen.insert(*key, lists.len());
                    lists.push((function, given, rows));
                }
            }
        }
        lists
    }

    /// Failures of writes that the script was told of and went on behind: they stay what they were.
    pub fn caught(&self) -> usize {
        let mut count = 0;
        for fiber in self.fibers.values() {
            for (at, step) in fiber.steps[..fiber.answered].iter().enumerate() {
                // That of an item that did not return is what ended it.
                let is_last = !fiber.has_returned && at + 1 == fiber.answered;
                count += usize::from(match step {
                    Step::Write(at) => !is_last && self.calls[*at].failure.is_some(),
                    _ => false,
                });
            }
        }
        count
    }

    /// Writes that the script was told of as in doubt and went on behind, and that were not done.
    pub fn caught_and_lost(&self) -> Vec<&PastCall> {
        let is_lost = |call: &&PastCall| {
            call.mark == Some(Mark::Lost) && call.outcome == Outcome::NotDone && call.failure.is_some()
        };
        let answered = self.fibers.values().flat_map(|fiber| &fiber.steps[..fiber.answered]);
        let writes = answered.filter_map(|step| match step {
            Step::Write(at) => Some(&self.calls[*at]),
            _ => None,
        });
        let mut lost: Vec<&PastCall> = writes.filter(is_lost).collect();
        lost.sort_by_key(|call| call.id);
        lost
    }

    /// Writes that may have been done.
    pub fn doubts(&self) -> impl Iterator<Item = &PastCall> {
        self.calls.iter().filter(|call| call.outcome == Outcome::Unknown)
    }

    /// Takes down what was found out about a call.
    pub fn settle(
        &mut self,
        id: i64,
        outcome: Outcome,
        mark: Option<Mark>,
        data: Option<Value>,
        made: Option<i64>,
    ) {
        let Some(call) = self.calls.iter_mut().find(|call| call.id == id) else { return };
        (call.outcome, call.mark, call.data, call.made) = (outcome, mark, data, made.or(call.made));
        self.refresh();
    }

    /// A call whose repeat is harmless was done now in this fiber: equal doubtful ones of the fiber are settled by it. Returns
    /// their numbers.
    pub fn repeated(&mut self, fiber: i64, key: &Hash) -> Vec<i64> {
        let equal = |call: &&mut PastCall| {
            let is_of_fiber = call.place.is_none_or(|place| place.fiber == fiber);
            call.outcome == Outcome::Unknown && call.key == *key && is_of_fiber
        };
        let mut settled = Vec::new();
        for call in self.calls.iter_mut().filter(equal) {
            call.outcome = Outcome::NotDone;
            settled.push(call.id);
        }
        settled
    }
}
