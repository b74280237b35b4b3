//! What a resumed run does with a call, decided from what earlier sessions of the run recorded. Pure.
//!
//! Not here: reading the journal, and settling what is in doubt (`settle`), which comes before.

use super::keys::Hash;
use super::position::Position;
use super::writer::Outcome;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet};

/// A write of an earlier session.
#[derive(Debug, Clone)]
pub struct PastCall {
    /// Its number in the journal.
    pub id: i64,
    /// The endpoint's action.
    pub action: String,
    /// Where in the run it was made.
    pub position: Position,
    /// Endpoint and canonical arguments.
    pub key: Hash,
    /// What became of it.
    pub outcome: Outcome,
    /// Whether doing it twice makes two of something.
    pub is_create: bool,
    /// The reply's `data`.
    pub data: Option<Value>,
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
    /// How long it may have gone on after that, in milliseconds.
    pub patience: i64,
}

/// What to do with a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Send it.
    Send,
    /// It was done: this is the reply's `data`.
    HandBack {
        /// The number of the call that did it.
        call: i64,
        /// What it brought.
        data: Option<Value>,
    },
    /// It may have been done, by the call of this number.
    InDoubt(i64),
    /// It is new, although so many finished calls wait to be made again: the script does not do what it did.
    Drift(usize),
}

/// What earlier sessions of a run did, and how much of it the script has met again.
#[derive(Debug, Default)]
pub struct Past {
    calls: Vec<PastCall>,
    /// The calls of each key, in the order they were made.
    by_key: HashMap<Hash, Vec<usize>>,
    is_claimed: Vec<bool>,
    /// Finished and doubtful creates that are not claimed.
    unclaimed: BTreeSet<usize>,
    /// What lists held before the run made anything.
    before: HashMap<String, HashSet<i64>>,
    /// What this session has made, by list.
    made: HashSet<(String, i64)>,
}

/// What a list must not show.
#[derive(Debug)]
pub struct Veil {
    hidden: HashSet<i64>,
    /// The only ids that may be shown, if not all.
    shown: Option<HashSet<i64>>,
}

impl Veil {
    /// Whether a row must not be shown.
    pub fn hides(&self, id: i64) -> bool {
        self.hidden.contains(&id) || self.shown.as_ref().is_some_and(|shown| !shown.contains(&id))
    }
}

impl Past {
    /// From the calls of earlier sessions in their order, and the ids each list held before.
    pub fn new(calls: Vec<PastCall>, before: HashMap<String, HashSet<i64>>) -> Self {
        let mut by_key: HashMap<Hash, Vec<usize>> = HashMap::new();
        for (at, call) in calls.iter().enumerate() {
            by_key.entry(call.key).or_default().push(at);
        }
        let waits = |call: &PastCall| call.is_create && call.outcome != Outcome::NotDone;
        let unclaimed = (0..calls.len()).filter(|&at| waits(&calls[at])).collect();
        let is_claimed = vec![false; calls.len()];
        Self { calls, by_key, is_claimed, unclaimed, before, made: HashSet::new() }
    }

    /// The calls of earlier sessions, in their order.
    pub fn calls(&self) -> &[PastCall] {
        &self.calls
    }

    /// Decides about a call at `position`. What is handed back is claimed: it is handed back once.
    pub fn decide(
        &mut self,
        key: &Hash,
        position: &Position,
        is_create: bool,
        accepts_drift: bool,
    ) -> Decision {
        let Some(equal) = self.by_key.get(key) else {
            let waiting = if is_create && !accepts_drift { self.passed_over(position) } else { 0 };
            return if waiting > 0 { Decision::Drift(waiting) } else { Decision::Send };
        };
        let find = |fits: &dyn Fn(usize, &PastCall) -> bool| {
            equal.iter().copied().find(|&at| fits(at, &self.calls[at]))
        };
        let is_own = |call: &PastCall| call.position.is_same_item(position);
        let is_done = |at: usize, call: &PastCall| call.outcome == Outcome::Done && !self.is_claimed[at];
        let is_doubtful = |call: &PastCall| is_create && call.outcome == Outcome::Unknown;
        // Another item of the same `parallel` is meant to make one besides this one. Any other equal call is a second try.
        let is_sibling = |call: &PastCall| is_other_item(position, call);
        // Those of the same item first, finished ones before doubtful ones. A doubtful one, too, stands for one item: as many
        // are made in the end as there are items.
        let found = find(&|at, call| is_own(call) && is_done(at, call))
            .or_else(|| find(&|_, call| is_own(call) && is_doubtful(call)))
            .or_else(|| find(&is_done))
            .or_else(|| find(&|_, call| is_doubtful(call) && !is_sibling(call)))
            .or_else(|| find(&|at, call| is_doubtful(call) && !self.is_claimed[at]));
        let Some(at) = found else { return Decision::Send };
        self.is_claimed[at] = true;
        let call = &mut self.calls[at];
        if call.outcome == Outcome::Unknown {
            if is_other_item(position, call) {
                call.position = position.clone();
            }
            return Decision::InDoubt(call.id);
        }
        let decision = Decision::HandBack { call: call.id, data: call.data.clone() };
        self.unclaimed.remove(&at);
        decision
    }

    /// How many creates that were made, or may have been, a run that does the same again would have met before it comes to
    /// `position`.
    fn passed_over(&self, position: &Position) -> usize {
        // One in doubt that was met again waits for nothing but its settling.
        let waiting = self.unclaimed.iter().filter(|&&at| !self.is_claimed[at]);
        waiting.filter(|&&at| position.must_follow(&self.calls[at].position)).count()
    }

    /// What a list must not show yet: what this run made, or may have made, and the script has not met again. Nothing if
    /// all may be shown.
    pub fn veil(&self, list: &str) -> Option<Veil> {
        let of_list = |call: &&PastCall| call.list.as_deref() == Some(list);
        let waiting = || self.unclaimed.iter().map(|&at| &self.calls[at]).filter(of_list);
        let hidden: HashSet<i64> = waiting().filter_map(|call| call.made).collect();
        if waiting().all(|call| call.outcome != Outcome::Unknown) {
            return if hidden.is_empty() { None } else { Some(Veil { hidden, shown: None }) };
        }
        // Whatever is new may be the work of a call that is in doubt.
        let mut shown = self.before.get(list).cloned().unwrap_or_default();
        shown.extend(self.made.iter().filter(|(made_in, _)| made_in == list).map(|(_, id)| *id));
        shown.extend(self.calls.iter().filter(of_list).filter_map(|call| call.made));
        Some(Veil { hidden, shown: Some(shown) })
    }

    /// The lists in which earlier sessions made something, or tried to.
    pub fn lists(&self) -> BTreeSet<String> {
        self.calls.iter().filter_map(|call| call.list.clone()).collect()
    }

    /// Remembers what this session has made, so that lists show it.
    pub fn note_made(&mut self, list: &str, id: i64) {
        self.made.insert((list.to_owned(), id));
    }

    /// Writes that may have been done, by number, with the key of each.
    pub fn doubts(&self) -> impl Iterator<Item = &PastCall> {
        self.calls.iter().filter(|call| call.outcome == Outcome::Unknown)
    }

    /// Takes down what was found out about a call.
    pub fn settle(&mut self, id: i64, outcome: Outcome, data: Option<Value>, made: Option<i64>) {
        let Some(at) = self.calls.iter().position(|call| call.id == id) else { return };
        let call = &mut self.calls[at];
        (call.outcome, call.data, call.made) = (outcome, data, made.or(call.made));
        if outcome == Outcome::NotDone {
            self.unclaimed.remove(&at);
        }
    }

    /// A call whose repeat is harmless was done now: equal doubtful ones are settled by it. Returns their numbers.
    pub fn repeated(&mut self, key: &Hash) -> Vec<i64> {
        let equal = self.by_key.get(key).cloned().unwrap_or_default();
        let doubtful: Vec<usize> =
            equal.into_iter().filter(|&at| self.calls[at].outcome == Outcome::Unknown).collect();
        for &at in &doubtful {
            self.calls[at].outcome = Outcome::NotDone;
        }
        doubtful.into_iter().map(|at| self.calls[at].id).collect()
    }

    /// Creates of earlier sessions that the script has not met again.
    pub fn unclaimed(&self) -> usize {
        self.unclaimed.len()
    }
}

fn is_other_item(position: &Position, call: &PastCall) -> bool {
    position.is_other_item_of_same_batch(&call.position)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn call(id: i64, key: u8, position: &str, outcome: Outcome) -> PastCall {
        PastCall {
            id,
            action: "profile-copy".into(),
            position: position.parse().unwrap(),
            key: [key; 32],
            outcome,
            is_create: true,
            data: Some((id * 100).into()),
            list: Some("profile-list".into()),
            made: (outcome == Outcome::Done).then_some(id * 100),
            name: None,
            code: None,
            began: 0,
            patience: 1000,
        }
    }

    fn past(calls: &[PastCall]) -> Past {
        let before = HashMap::from([("profile-list".to_owned(), HashSet::from([1]))]);
        Past::new(calls.to_vec(), before)
    }

    fn decide(past: &mut Past, key: u8, position: &str) -> Decision {
        past.decide(&[key; 32], &position.parse().unwrap(), true, false)
    }

    fn back(id: i64) -> Decision {
        Decision::HandBack { call: id, data: Some((id * 100).into()) }
    }

    #[test]
    fn finished_results_come_back_in_order_whatever_failed_between() {
        let mut past = past(&[
            call(1, 7, "0", Outcome::Done),
            call(2, 7, "0", Outcome::NotDone),
            call(3, 7, "0", Outcome::Done),
        ]);
        assert_eq!(decide(&mut past, 7, "0"), back(1));
        assert_eq!(decide(&mut past, 7, "0"), back(3));
        assert_eq!(decide(&mut past, 7, "0"), Decision::Send);
        assert_eq!(past.unclaimed(), 0);
    }

    #[test]
    fn an_item_gets_its_own_result_first() {
        let mut past = past(&[call(1, 7, "0.0/0", Outcome::Done), call(2, 7, "0.1/0", Outcome::Done)]);
        assert_eq!(decide(&mut past, 7, "0.1/0"), back(2));
        assert_eq!(decide(&mut past, 7, "0.5/0"), back(1), "any result is better than doing it twice");
    }

    #[test]
    fn what_may_have_been_done_is_not_sent() {
        let mut past = past(&[call(1, 7, "0", Outcome::Unknown)]);
        assert_eq!(decide(&mut past, 7, "0"), Decision::InDoubt(1));
        assert_eq!(decide(&mut past, 7, "0"), Decision::InDoubt(1), "not the second time either");
        past.settle(1, Outcome::NotDone, None, None);
        assert_eq!(decide(&mut past, 7, "0"), Decision::Send);
    }

    #[test]
    fn one_in_doubt_stands_for_one_item_and_no_more() {
        let mut past = past(&[call(1, 7, "0.3/0", Outcome::Unknown)]);
        assert_eq!(decide(&mut past, 7, "0.3/0"), Decision::InDoubt(1));
        assert_eq!(decide(&mut past, 7, "0.4/0"), Decision::Send, "it is meant to be a second one");
        for position in ["0.3/0", "1.0/0", "1"] {
            assert_eq!(decide(&mut past, 7, position), Decision::InDoubt(1), "another try: {position}");
        }
    }

    #[test]
    fn an_item_that_takes_the_place_of_one_in_doubt_keeps_it() {
        let mut past = past(&[call(1, 7, "0.3/0", Outcome::Unknown), call(2, 7, "0.3/0", Outcome::Done)]);
        assert_eq!(decide(&mut past, 7, "0.4/0"), back(2), "finished ones first");
        assert_eq!(decide(&mut past, 7, "0.5/0"), Decision::InDoubt(1));
        assert_eq!(decide(&mut past, 7, "0.5/0"), Decision::InDoubt(1), "another try");
        assert_eq!(decide(&mut past, 7, "0.3/0"), Decision::Send, "three items, three profiles");
    }

    #[test]
    fn one_in_doubt_that_was_met_again_is_no_drift() {
        let mut past = past(&[call(1, 7, "0", Outcome::Unknown)]);
        assert_eq!(decide(&mut past, 9, "0"), Decision::Drift(1));
        assert_eq!(decide(&mut past, 7, "0"), Decision::InDoubt(1));
        assert_eq!(decide(&mut past, 9, "0"), Decision::Send);
    }

    #[test]
    fn a_script_that_does_something_else_is_found_out() {
        let mut past = past(&[call(1, 7, "0.0/0", Outcome::Done), call(2, 8, "0.1/0", Outcome::NotDone)]);
        assert_eq!(
            decide(&mut past, 9, "0.0/0"),
            Decision::Drift(1),
            "the same item made something else before"
        );
        assert_eq!(decide(&mut past, 9, "0.5/0"), Decision::Send, "another item may well come first");
        assert_eq!(decide(&mut past, 9, "1"), Decision::Drift(1), "the whole parallel was passed");
        assert_eq!(decide(&mut past, 8, "0.1/0"), Decision::Send, "what failed before is tried again");
        assert_eq!(past.decide(&[9; 32], &Position::default(), true, true), Decision::Send, "accepted");
        assert_eq!(
            past.decide(&[9; 32], &Position::default(), false, false),
            Decision::Send,
            "makes nothing"
        );
    }

    fn hidden(past: &Past, ids: &[i64]) -> Vec<i64> {
        let veil = past.veil("profile-list");
        ids.iter().copied().filter(|&id| veil.as_ref().is_some_and(|veil| veil.hides(id))).collect()
    }

    #[test]
    fn lists_hide_what_the_script_has_not_met_again() {
        let mut past = past(&[call(1, 7, "0", Outcome::Done)]);
        assert_eq!(hidden(&past, &[1, 50, 100]), [100]);
        assert!(past.veil("group-list").is_none());
        decide(&mut past, 7, "0");
        assert!(past.veil("profile-list").is_none());
    }

    #[test]
    fn while_a_create_is_in_doubt_lists_hide_everything_that_may_be_its_work() {
        let mut past = past(&[call(1, 7, "0", Outcome::Done), call(2, 8, "0", Outcome::Unknown)]);
        decide(&mut past, 7, "0");
        past.note_made("profile-list", 60);
        assert_eq!(hidden(&past, &[1, 50, 60, 100]), [50], "not there before, and not known to be ours");
        past.settle(2, Outcome::Done, None, Some(50));
        assert_eq!(hidden(&past, &[1, 50, 51, 60]), [50]);
    }

    /// The plainest way to say it: of the finished calls with this key that nobody has, the first of the same item, or
    /// else the first.
    fn oracle(calls: &[PastCall], taken: &mut Vec<i64>, key: u8, position: &Position) -> Option<i64> {
        let free = |call: &&PastCall| {
            call.key == [key; 32] && call.outcome == Outcome::Done && !taken.contains(&call.id)
        };
        let own = calls.iter().filter(free).find(|call| call.position.is_same_item(position));
        let found = own.or_else(|| calls.iter().find(free)).map(|call| call.id);
        taken.extend(found);
        found
    }

    proptest! {
        /// Sessions of one `parallel` over equal items, each cut off somewhere: whatever comes, there is at most one for
        /// each item.
        #[test]
        fn equal_items_never_make_one_too_many(
            sessions in proptest::collection::vec(proptest::collection::vec((0..8_u32, 0..3_u8), 0..12), 1..6),
        ) {
            const ITEMS: u32 = 8;
            let script = Position::default();
            let mut calls: Vec<PastCall> = Vec::new();
            for session in &sessions {
                let mut subject = past(&calls);
                // The items come in any order, and not all of them come.
                let mut seen = HashSet::new();
                for &(item, end) in session {
                    if !seen.insert(item) {
                        continue;
                    }
                    let position = script.item(0, item);
                    if subject.decide(&[7; 32], &position, true, true) == Decision::Send {
                        let outcome = [Outcome::Done, Outcome::NotDone, Outcome::Unknown][usize::from(end)];
                        calls.push(call(calls.len() as i64 + 1, 7, &position.to_string(), outcome));
                    }
                }
                let made = calls.iter().filter(|call| call.outcome != Outcome::NotDone).count();
                prop_assert!(made <= ITEMS as usize, "{made}");
            }
        }

        #[test]
        fn results_are_handed_back_once_and_nothing_finished_is_sent_again(
            calls in proptest::collection::vec((0..3_u8, 0..4_u32, any::<bool>()), 0..20),
            again in proptest::collection::vec((0..3_u8, 0..4_u32), 0..30),
        ) {
            let script = Position::default();
            let calls: Vec<PastCall> = calls.iter().enumerate().map(|(at, &(key, item, is_done))| {
                let outcome = if is_done { Outcome::Done } else { Outcome::NotDone };
                call(at as i64 + 1, key, &script.item(0, item).to_string(), outcome)
            }).collect();
            let mut subject = past(&calls);
            let mut taken = Vec::new();
            for (key, item) in again {
                let position = script.item(0, item);
                let expected = oracle(&calls, &mut taken, key, &position);
                let decision = subject.decide(&[key; 32], &position, true, true);
                match expected {
                    Some(id) => prop_assert_eq!(decision, back(id)),
                    None => prop_assert_eq!(decision, Decision::Send),
                }
            }
        }
    }
}
