//! What always holds, whatever happened.

use super::app::Effect;
use super::history::{Aftermath, Past};
use super::script::{Call, Fiber, GROUP, Told};
use ixscript::journal::Outcome;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How a promise was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The program panicked.
    Panic,
    /// A session did not end.
    Hang,
    /// The script made calls that it does not say.
    OtherCalls,
    /// The journal says that something was not done, and it was.
    NotDoneButDone,
    /// The journal says that something was done, and it was not, or by somebody else.
    DoneButNot,
    /// What failed half-way counts as done.
    HalfMadeCountsAsDone,
    /// A finished run created more than its script was told of.
    Duplicate,
    /// The script was told of a creation that no call of the run made.
    TakenFromOthers,
    /// The script was told of one creation twice.
    ToldTwice,
    /// The script was told of a creation of another call.
    TakenFromAnotherCall,
    /// A copy carries other values than the template had at its place in the script.
    WrongTemplate,
    /// A finished run wrote something that its script was not told of.
    ExtraWrite,
    /// What must not be repeated was repeated.
    Repeated,
    /// The script was told that something was done, and it never was.
    NeverDone,
    /// The last value that the script was told of is not the one that is there.
    LostUpdate,
    /// Something is in doubt, and the exit code says something else.
    DoubtNotTold,
    /// A finished run created something for an item that was taken out, and does not say so.
    VanishedItem,
    /// A list that the app never had.
    UnrealList,
    /// An unchanged script is said to do something else.
    FalseDrift,
    /// Something is in doubt although nothing went wrong.
    FalseDoubt,
}

/// A broken promise, with what shows it.
#[derive(Debug, Clone)]
pub(crate) struct Violation {
    pub(crate) kind: Kind,
    pub(crate) witness: String,
}

/// Everything that was broken.
pub(crate) fn all(aftermath: &Aftermath<'_>) -> Vec<Violation> {
    let mut found = Found { aftermath, violations: Vec::new() };
    found.sessions();
    found.journal();
    if let Some(last) = aftermath.past.last() {
        found.told(last);
        if last.exit == Some(0) {
            found.finished(last);
            found.values(last);
        }
    }
    found.violations.sort_by_key(|violation| violation.kind);
    found.violations
}

struct Found<'a> {
    aftermath: &'a Aftermath<'a>,
    violations: Vec<Violation>,
}

fn is_create(call: &Call) -> bool {
    matches!(call.function.as_str(), "copy_profile" | "import_profile" | "create_profile")
}

fn is_read(call: &Call) -> bool {
    call.function.starts_with("list_")
}

fn is_renumbering(call: &Call) -> bool {
    call.given.contains_key("new_profile_id")
}

/// Whether a repeat changes nothing, so that one answer may stand for several effects.
fn is_harmless(call: &Call) -> bool {
    !is_create(call) && !is_renumbering(call) && call.function != "delete_profile"
}

/// What the script was told is in doubt: the calls, each with its fiber.
fn doubtful(past: &Past) -> impl Iterator<Item = (&Fiber, &Call)> {
    past.trace.iter().flat_map(|(fiber, calls)| {
        calls.iter().filter_map(move |(call, told)| match told {
            Told::Failed { is_unknown: true, .. } | Told::Failed { is_doubt: true, .. } => {
                Some((fiber, call))
            }
            _ => None,
        })
    })
}

fn done(past: &Past) -> impl Iterator<Item = (&Fiber, &Call, &Value)> {
    past.trace.iter().flat_map(|(fiber, calls)| {
        calls.iter().filter_map(move |(call, told)| match told {
            Told::Done(value) => Some((fiber, call, value)),
            Told::Failed { .. } => None,
        })
    })
}

impl Found<'_> {
    fn add(&mut self, kind: Kind, witness: impl Into<String>) {
        self.violations.push(Violation { kind, witness: witness.into() });
    }

    /// The fiber of an effect, by items.
    fn fiber(&self, effect: &Effect) -> Fiber {
        let tag = &effect.tag;
        let items = self.aftermath.past.get(tag.session).and_then(|past| past.items.get(&tag.fiber));
        items.unwrap_or(&tag.fiber).clone()
    }

    fn sessions(&mut self) {
        let aftermath = self.aftermath;
        for (number, past) in aftermath.past.iter().enumerate() {
            if past.has_panicked {
                self.add(Kind::Panic, format!("session {number}"));
            }
            // What could not be recorded is told, and is in doubt for the journal alone.
            let is_recorded = !aftermath.app.fired.contains("JournalFull");
            if past.open_doubts > 0 && is_recorded && past.exit.is_some_and(|exit| exit != 5 && exit != 130) {
                self.add(Kind::DoubtNotTold, format!("session {number}: exit code {:?}", past.exit));
            }
            if past.has_drifted && !aftermath.is_edited {
                self.add(Kind::FalseDrift, format!("session {number}: before anything was sent"));
            }
            if past.is_stuck {
                self.add(Kind::Hang, format!("session {number}"));
            }
            if let Some(problem) = &past.problem {
                self.add(Kind::OtherCalls, format!("session {number}: {problem}"));
            }
            let failures = past.trace.values().flatten().filter_map(|(call, told)| match told {
                Told::Failed { is_unknown, is_doubt, is_drift, message, .. } => {
                    Some((call, *is_unknown || *is_doubt, *is_drift, message))
                }
                Told::Done(_) => None,
            });
            for (call, is_doubtful, is_drift, message) in failures {
                if is_drift && !aftermath.is_edited {
                    self.add(Kind::FalseDrift, format!("session {number}: {} {message}", call.function));
                }
                if is_doubtful && aftermath.is_calm {
                    self.add(Kind::FalseDoubt, format!("session {number}: {} {message}", call.function));
                }
            }
            self.lists(number, past);
        }
    }

    /// Every list is one that the app had, and along a fiber none is older than the one before.
    fn lists(&mut self, number: usize, past: &Past) {
        for (fiber, calls) in &past.trace {
            let mut since = 0;
            for (call, told) in calls {
                let Told::Done(Value::Array(rows)) = told else { continue };
                if !is_read(call) {
                    continue;
                }
                let row = |row: &Value| {
                    Some((row["profile_id"].as_i64()?, row["name"].as_str().unwrap_or_default().to_owned()))
                };
                let rows: Vec<_> = rows.iter().filter_map(row).collect();
                // An app that has just begun may say that it has nothing.
                if rows.is_empty() && self.aftermath.app.fired.contains("EmptyList") {
                    continue;
                }
                let versions = &self.aftermath.app.versions;
                match (since..versions.len()).find(|&at| versions[at] == rows) {
                    Some(at) => since = at,
                    None => {
                        self.add(
                            Kind::UnrealList,
                            format!("session {number} {fiber:?}: group {GROUP} as {rows:?}"),
                        );
                        return;
                    }
                }
            }
        }
    }

    /// What the journal has concluded is true.
    fn journal(&mut self) {
        // A reply that the journal never got to know of tells nothing.
        let fired = &self.aftermath.app.fired;
        let is_recorded = !fired.iter().any(|fault| fault.starts_with("Journal") || fault.starts_with("Die"));
        let aftermath = self.aftermath;
        let disk = &aftermath.disk;
        for (at, entry) in disk.calls.iter().enumerate() {
            let Some(tag) = &entry.tag else { continue };
            let own = aftermath.app.effects.iter().find(|effect| &effect.tag == tag);
            let shown = format!("call {} {} {}", at + 1, entry.intent.function, entry.intent.shown);
            match (entry.outcome, own) {
                (Some(Outcome::NotDone), Some(effect))
                    // A repeat that was done stands for an update whose outcome was not known.
                    if !is_harmless(&effect.call) && !self.has_equal_claim(effect) && !self.is_deleted(effect) => {
                        self.add(Kind::NotDoneButDone, format!("{shown} created {:?}", effect.created));
                    }
                (Some(Outcome::Done), None) if entry.intent.is_create => {
                    let of_equal = aftermath.app.effects.iter().any(|effect| {
                        effect.created.is_some()
                            && effect.created == entry.made
                            && disk.calls.iter().any(|other| {
                                other.tag.as_ref() == Some(&effect.tag)
                                    && other.intent.key == entry.intent.key
                            })
                    });
                    if !of_equal {
                        self.add(
                            Kind::DoneButNot,
                            format!("{shown} is said to have created {:?}", entry.made),
                        );
                    }
                }
                (Some(Outcome::Done), Some(effect))
                    // One that is repeated does no harm, and was done whole then.
                    if effect.is_half_made
                        && is_recorded
                        && !is_harmless(&effect.call)
                        && aftermath.settled_by_hand == 0 =>
                {
                    self.add(Kind::HalfMadeCountsAsDone, shown);
                }
                _ => {}
            }
        }
    }

    /// Whether somebody else has deleted, or renamed and moved, what this effect made.
    fn is_deleted(&self, effect: &Effect) -> bool {
        let is_touched =
            |field| effect.created.is_some_and(|id| self.aftermath.app.touched.contains(&(id, field)));
        is_touched("all") || is_touched("name") && is_touched("group_id")
    }

    /// Whether an equal call is said to have made what this effect made: equal doubts stand for each other.
    fn has_equal_claim(&self, effect: &Effect) -> bool {
        let disk = &self.aftermath.disk;
        let claimed = disk
            .calls
            .iter()
            .any(|entry| entry.outcome == Some(Outcome::Done) && entry.made == effect.created);
        effect.created.is_some() && claimed
    }

    /// What the script was told of was created by its own calls, once, and with the values of its place.
    fn told(&mut self, last: &Past) {
        let aftermath = self.aftermath;
        let effects = &aftermath.app.effects;
        let mut seen = BTreeSet::new();
        for (fiber, call, value) in done(last).filter(|(_, call, _)| is_create(call)) {
            let shown = format!("{fiber:?} {} {:?} -> {value}", call.function, call.given);
            let Some(id) = value.as_i64() else {
                self.add(Kind::TakenFromOthers, shown);
                continue;
            };
            let of_id: Vec<&Effect> = effects.iter().filter(|effect| effect.created == Some(id)).collect();
            if of_id.is_empty() {
                self.add(Kind::TakenFromOthers, shown);
                continue;
            }
            // An id may be given again: each time that it is told stands for another creation.
            let place = |effect: &Effect| (id, effect.tag.session, effect.tag.ordinal, self.fiber(effect));
            let is_own = |effect: &&&Effect| effect.call == *call && self.fiber(effect) == *fiber;
            let untold = of_id.iter().filter(is_own).find(|effect| !seen.contains(&place(effect)));
            let own = untold.or_else(|| of_id.iter().find(is_own));
            let equal = of_id.iter().find(|effect| effect.call == *call && self.was_in_doubt(effect));
            let Some(effect) = own.or(equal) else {
                self.add(Kind::TakenFromAnotherCall, shown);
                continue;
            };
            if !seen.insert(place(effect)) {
                self.add(Kind::ToldTwice, shown.clone());
            }
            // A copy that lands late has what its source has by then.
            if let Some(expected) = self.template_note(last, fiber, call)
                && expected != effect.note
                && !(self.was_in_doubt(effect)
                    && self.aftermath.app.fired.iter().any(|fault| fault.contains("Late")))
            {
                self.add(
                    Kind::WrongTemplate,
                    format!("{shown}: note `{}` and not `{expected}`", effect.note),
                );
            }
        }
    }

    fn was_in_doubt(&self, effect: &Effect) -> bool {
        let past = self.aftermath.past.get(effect.tag.session);
        let fiber = self.fiber(effect);
        let told =
            past.and_then(|past| past.trace.get(&fiber)).and_then(|calls| calls.get(effect.tag.ordinal));
        !matches!(told, Some((_, Told::Done(_))))
    }

    /// The note that the source of a copy had last by its own fiber, if nobody else wrote it.
    fn template_note(&self, last: &Past, fiber: &Fiber, copy: &Call) -> Option<String> {
        if copy.function != "copy_profile" {
            return None;
        }
        let source = copy.given.get("profile_id")?;
        let writes_note =
            |call: &Call| call.given.get("profile_id") == Some(source) && call.given.contains_key("note");
        // With one worker an item is alone from its first call to its last, but for what lands late.
        let is_stranger = |effect: &Effect| {
            let of = self.fiber(effect);
            let is_alone = self.aftermath.jobs == 1 && !of.starts_with(fiber) && !self.was_in_doubt(effect);
            of != *fiber && !is_alone
        };
        let effects = &self.aftermath.app.effects;
        let strangers = effects.iter().any(|effect| writes_note(&effect.call) && is_stranger(effect));
        let swaps = self.aftermath.app.effects.iter().any(|effect| is_renumbering(&effect.call));
        let touched = self
            .aftermath
            .app
            .touched
            .iter()
            .any(|(id, field)| source.as_i64() == Some(*id) && *field == "note");
        if strangers || touched || swaps {
            return None;
        }
        let mut note = None;
        // Equal copies cannot be told apart here.
        let calls = last.trace.get(fiber)?;
        if calls.iter().filter(|(call, _)| call == copy).count() > 1 {
            return None;
        }
        for (call, told) in calls {
            if call == copy {
                break;
            }
            match told {
                Told::Done(_) if writes_note(call) => {
                    note = call.given.get("note").and_then(Value::as_str).map(str::to_owned);
                }
                Told::Failed { is_unknown: true, .. } if writes_note(call) => return None,
                _ => {}
            }
        }
        note
    }

    /// A run that is finished has done what its script was told, and nothing else.
    fn finished(&mut self, last: &Past) {
        let aftermath = self.aftermath;
        let effects = &aftermath.app.effects;
        for effect in effects {
            let fiber = self.fiber(effect);
            let shown = format!(
                "session {} {fiber:?} {} {:?} -> {:?}",
                effect.tag.session, effect.call.function, effect.call.given, effect.created
            );
            let claims = |any_fiber: bool| {
                let is_own = |of: &Fiber, call: &Call| (any_fiber || *of == fiber) && *call == effect.call;
                let is_told = done(last).any(|(of, call, value)| {
                    is_own(of, call) && effect.created.is_none_or(|id| value.as_i64() == Some(id))
                });
                is_told || doubtful(last).any(|(of, call)| *of == fiber && *call == effect.call)
            };
            if is_create(&effect.call) {
                // What an edited script does not ask for any more stays in the journal. An equal call of another item is
                // meant to be made besides it.
                let is_item = !fiber.is_empty();
                let asked = last.trace.iter().filter(|(of, _)| !is_item || **of == fiber);
                let is_asked_for = asked.flat_map(|(_, calls)| calls).any(|(call, _)| *call == effect.call);
                if !claims(true) && !self.is_deleted(effect) {
                    let is_told = aftermath.past.iter().any(|past| past.tells_vanished);
                    if is_asked_for || !aftermath.is_edited {
                        self.add(Kind::Duplicate, shown);
                    } else if !is_told {
                        self.add(Kind::VanishedItem, shown);
                    }
                }
            } else if !claims(false) && !aftermath.is_edited {
                self.add(Kind::ExtraWrite, shown);
            }
        }
        for (fiber, call, _) in done(last).filter(|(_, call, _)| !is_read(call) && !is_create(call)) {
            let of = |effect: &&Effect| effect.call == *call && self.fiber(effect) == *fiber;
            // One that the script was told of as in doubt may have been done besides.
            let in_doubt = doubtful(last).filter(|(of, other)| *of == fiber && *other == call).count();
            let told = in_doubt + done(last).filter(|(of, other, _)| *of == fiber && *other == call).count();
            let count = effects.iter().filter(of).count();
            let shown = format!("{fiber:?} {} {:?}: told {told}, done {count}", call.function, call.given);
            if count > told && !is_harmless(call) {
                self.add(Kind::Repeated, shown);
            } else if count == 0 {
                self.add(Kind::NeverDone, shown);
            }
        }
    }

    /// The last value that was written by the only fiber that writes it is there in the end.
    fn values(&mut self, last: &Past) {
        let aftermath = self.aftermath;
        // What was written for another account is not here.
        let is_elsewhere = aftermath.app.fired.contains("OtherAccount");
        if is_elsewhere || aftermath.app.effects.iter().any(|effect| is_renumbering(&effect.call)) {
            return;
        }
        let mut written: BTreeMap<(i64, &str), (BTreeSet<&Fiber>, &Value)> = BTreeMap::new();
        for (fiber, call, _) in done(last).filter(|(_, call, _)| call.function == "update_profile") {
            let Some(id) = call.given.get("profile_id").and_then(Value::as_i64) else { continue };
            for (field, value) in call.given.iter().filter(|(field, _)| *field == "note") {
                let entry = written.entry((id, field.as_str())).or_insert_with(|| (BTreeSet::new(), value));
                entry.0.insert(fiber);
                entry.1 = value;
            }
        }
        for ((id, field), (fibers, value)) in written {
            let is_touched = aftermath
                .app
                .touched
                .iter()
                .any(|(of, what)| *of == id && (*what == field || *what == "all"));
            let writers = aftermath.app.effects.iter().filter(|effect| {
                effect.call.given.get("profile_id").and_then(Value::as_i64) == Some(id)
                    && effect.call.given.contains_key(field)
            });
            let writers: BTreeSet<Fiber> = writers.map(|effect| self.fiber(effect)).collect();
            let is_deleted = aftermath.app.effects.iter().any(|effect| {
                effect.call.function == "delete_profile"
                    && effect.call.given.get("profile_id") == Some(&id.into())
            });
            let may_be = |found: &Value| {
                let mut doubtful = doubtful(last);
                doubtful.any(|(_, call)| {
                    call.given.get("profile_id") == Some(&id.into()) && call.given.get(field) == Some(found)
                })
            };
            match aftermath.app.field(id, field).filter(|found| !is_deleted && !may_be(found)) {
                Some(found) if found != *value && fibers.len() == 1 && writers.len() == 1 && !is_touched => {
                    self.add(
                        Kind::LostUpdate,
                        format!("{field} of {id} is {found}, and the script was told {value}"),
                    );
                }
                _ => {}
            }
        }
    }
}
