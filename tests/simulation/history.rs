//! Runs a history: its sessions, then quiet ones until nothing changes any more.

use super::app::App;
use super::check::{self, Violation};
use super::plan::{Between, History, Session as Plan, edited};
use super::script::{self, Fiber, Statement, Told, Trace};
use super::session::{self, Ended, Job};
use super::store::{Disk, Store, doubts};
use ixscript::journal::Outcome;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// After its planned sessions a run is resumed so often, each time after everything has landed.
const QUIET_SESSIONS: usize = 4;

/// How long nothing happens before each of them.
const QUIET: Duration = Duration::from_secs(1200);

/// 2026-01-01.
const WALL_MS: i64 = 1_767_225_600_000;

/// A session, with fibers named by items.
pub(crate) struct Past {
    pub(crate) trace: Trace,
    pub(crate) exit: Option<u8>,
    /// How many calls are in doubt in the journal at its end.
    pub(crate) open_doubts: usize,
    pub(crate) is_stuck: bool,
    pub(crate) has_panicked: bool,
    /// Whether the run was not resumed because its script does something else.
    pub(crate) has_drifted: bool,
    /// Whether it was said that items are gone for which something was created.
    pub(crate) tells_vanished: bool,
    /// What the reference run of the script found.
    pub(crate) problem: Option<String>,
    pub(crate) items: BTreeMap<Fiber, Fiber>,
}

/// Everything that is known of a history when it is over.
pub(crate) struct Aftermath<'a> {
    pub(crate) past: Vec<Past>,
    pub(crate) app: &'a App,
    pub(crate) disk: Disk,
    pub(crate) is_edited: bool,
    pub(crate) jobs: usize,
    /// Whether nothing went wrong anywhere.
    pub(crate) is_calm: bool,
    pub(crate) settled_by_hand: usize,
    /// What came to pass, for the table of what was covered.
    pub(crate) conclusions: BTreeMap<&'static str, u64>,
}

/// What came of a history.
pub(crate) struct Report {
    pub(crate) violations: Vec<Violation>,
    pub(crate) fired: Vec<String>,
    pub(crate) conclusions: BTreeMap<&'static str, u64>,
    /// What happened, for people.
    pub(crate) log: Vec<String>,
}

struct Course<'a> {
    history: &'a History,
    script: Vec<Statement>,
    is_edited: bool,
    app: Arc<Mutex<App>>,
    store: Store,
    past: Vec<Past>,
    /// The journal at the beginning of each session.
    backups: Vec<Disk>,
    now: Duration,
    wall_ms: i64,
    conclusions: BTreeMap<&'static str, u64>,
}

/// Runs a history and checks what came of it.
pub(crate) fn run(history: &History) -> Report {
    let mut course = Course {
        history,
        script: history.script.clone(),
        is_edited: false,
        app: Arc::new(Mutex::new(App::new(&history.habits))),
        store: Store::default(),
        past: Vec::new(),
        backups: Vec::new(),
        now: Duration::ZERO,
        wall_ms: WALL_MS,
        conclusions: BTreeMap::new(),
    };
    let mut is_over = history.sessions.iter().any(|plan| course.session(plan));
    let quiet = Plan { before: vec![Between::Seconds(QUIET.as_secs() as u32)], ..Plan::default() };
    let mut state = String::new();
    for _ in 0..QUIET_SESSIONS {
        let before = std::mem::replace(&mut state, course.state());
        // A session that changed nothing would change nothing again.
        if is_over || before == state {
            break;
        }
        is_over = course.session(&quiet);
    }
    let mut settled_by_hand = 0;
    if !is_over && history.settles {
        settled_by_hand = course.settle_by_hand();
        for _ in 0..2 {
            is_over = is_over || (settled_by_hand > 0 && course.session(&quiet));
        }
    }
    *course.conclusions.entry(if is_over { "run finished" } else { "run left unfinished" }).or_default() += 1;
    let Course { app, store, past, conclusions, is_edited, .. } = course;
    let mut app = app.lock().unwrap_or_else(PoisonError::into_inner);
    let log = std::mem::take(&mut app.log);
    let fired =
        app.fired.iter().cloned().chain(history.habits.iter().map(|habit| format!("{habit:?}"))).collect();
    let disk = store.disk().clone();
    let is_calm = app.fired.is_empty() && history.habits.is_empty();
    let jobs = history.jobs;
    let aftermath =
        Aftermath { past, app: &app, disk, is_edited, jobs, is_calm, settled_by_hand, conclusions };
    let violations = check::all(&aftermath);
    Report { violations, fired, conclusions: aftermath.conclusions, log }
}

impl Course<'_> {
    fn app(&self) -> std::sync::MutexGuard<'_, App> {
        self.app.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a session can change, and how the last one ended.
    fn state(&self) -> String {
        let disk = self.store.disk();
        let outcomes: Vec<_> = disk.calls.iter().map(|call| (call.outcome, call.made)).collect();
        let exit = self.past.last().map(|past| past.exit);
        format!("{exit:?} {outcomes:?} {}", self.app().effects.len())
    }

    fn count(&mut self, conclusion: &'static str, times: usize) {
        *self.conclusions.entry(conclusion).or_default() += times as u64;
    }

    /// Runs or resumes once, and says whether nothing is left to do.
    fn session(&mut self, plan: &Plan) -> bool {
        let number = self.past.len();
        let (mut is_other_account, mut starts_anew) = (false, false);
        for between in &plan.before {
            match between {
                Between::Seconds(seconds) => self.now += Duration::from_secs((*seconds).into()),
                Between::ClockStep(seconds) => {
                    self.wall_ms += i64::from(*seconds) * 1000;
                    self.app().fired.insert("ClockStep".into());
                }
                Between::OtherAccount => is_other_account = true,
                Between::StartAnew => {
                    starts_anew = true;
                    self.app().fired.insert("StartAnew".into());
                }
                Between::OldJournal => {
                    if let Some(before) = self.backups.last() {
                        *self.store.disk() = before.clone();
                        self.app().fired.insert("OldJournal".into());
                    }
                }
                Between::EmptyList => {
                    let mut app = self.app();
                    app.has_empty_list = true;
                    app.fired.insert("EmptyList".into());
                }
                edit => {
                    let before = std::mem::take(&mut self.script);
                    self.script = edited(&before, *edit);
                    // Also when a later edit undoes it.
                    self.is_edited |= self.script != before;
                    self.app().fired.insert(format!("{edit:?}"));
                }
            }
        }
        self.land();
        let run = self.store.disk().runs.len();
        let backup = self.store.disk().clone();
        self.backups.push(backup);
        let text = script::text(&self.script);
        let job = Job {
            number,
            text: &text,
            jobs: self.history.jobs,
            plan,
            run: (run > 0 && !starts_anew).then_some(run as i64),
            schedule: self.history.schedule.wrapping_add(number as u64),
            now: self.now,
            wall_ms: self.wall_ms,
        };
        let doubts_before = doubts(&self.store.disk());
        let verb = if job.run.is_some() { "resumes" } else { "begins" };
        let line = format!("  session {number} {verb} at {:?} {:?}", self.now, plan.before);
        self.app().log.push(line);
        if is_other_account {
            self.app().switch_account();
            self.app().fired.insert("OtherAccount".into());
        }
        let ended = session::run(&job, &self.app, &self.store);
        if is_other_account {
            self.app().switch_account();
        }
        let now = ended.now;
        self.tell(&ended, doubts_before.into_keys().collect());
        self.now = now;
        let Ended { trace, exit, is_stuck, has_panicked, has_drifted, tells_vanished, .. } = ended;
        let found = script::interpret(&self.script, &trace);
        let is_new = |fiber: &Fiber| found.items.get(fiber).cloned().unwrap_or_else(|| fiber.clone());
        let trace = trace.into_iter().map(|(fiber, calls)| (is_new(&fiber), calls)).collect();
        let items = found.items;
        let open_doubts = doubts(&self.store.disk()).len();
        self.past.push(Past {
            trace,
            exit,
            open_doubts,
            is_stuck,
            has_panicked,
            has_drifted,
            tells_vanished,
            problem: found.problem,
            items,
        });
        exit == Some(0)
    }

    /// Takes down what came to pass.
    fn tell(&mut self, ended: &Ended, doubts_before: Vec<usize>) {
        let line = match ended.exit {
            Some(exit) => format!(
                "  it ends with exit code {exit}, {} in doubt, {} settled",
                ended.in_doubt, ended.settled
            ),
            None => "  its process has died".to_owned(),
        };
        self.app().log.push(line);
        for (fiber, calls) in &ended.trace {
            for (call, told) in calls {
                let told = match told {
                    Told::Done(value) => value.to_string().chars().take(100).collect(),
                    Told::Failed { message, .. } => message.clone(),
                };
                let line = format!(
                    "    told {fiber:?} {} {} = {told}",
                    call.function,
                    serde_json::Value::Object(call.given.clone())
                );
                self.app().log.push(line);
            }
        }
        let (mut done, mut not_done, mut left) = (0, 0, 0);
        for at in doubts_before {
            match self.store.disk().calls.get(at).and_then(|call| call.outcome) {
                Some(Outcome::Done) => done += 1,
                Some(Outcome::NotDone) => not_done += 1,
                _ => left += 1,
            }
        }
        self.count("doubt settled as done", done);
        self.count("doubt settled as not done", not_done);
        self.count("doubt left", left);
        let told = || ended.trace.values().flatten().map(|(_, told)| told);
        let drifts = told().filter(|told| matches!(told, Told::Failed { is_drift: true, .. })).count();
        self.count("drift", drifts + usize::from(ended.has_drifted));
        if self.past.last().is_some_and(|past| past.exit.is_some_and(|exit| exit != 0)) {
            let failed = self.past.last().map_or(0, |past| {
                past.trace
                    .iter()
                    .filter(|(fiber, calls)| {
                        !fiber.is_empty()
                            && matches!(calls.last(), Some((_, Told::Failed { ends_run: false, .. })))
                    })
                    .count()
            });
            self.count("failed item run again", failed);
        }
    }

    /// What is due by now lands, whether or not anybody asks.
    fn land(&self) {
        let seconds =
            (self.wall_ms + i64::try_from(self.now.as_millis()).unwrap_or(i64::MAX)).div_euclid(1000);
        self.app().land(self.now, seconds);
    }

    /// A person settles what is in doubt, as it is, once everything has landed.
    fn settle_by_hand(&mut self) -> usize {
        self.now += QUIET;
        self.land();
        let doubtful = doubts(&self.store.disk());
        let count = doubtful.len();
        for (at, call) in doubtful {
            let app = self.app();
            let effect = app.effects.iter().find(|effect| Some(&effect.tag) == call.tag.as_ref());
            let (outcome, made) = match effect {
                Some(effect) => (Outcome::Done, effect.created),
                None => (Outcome::NotDone, None),
            };
            let row = ixscript::api::by_action(&call.intent.action);
            let data =
                made.zip(row).map(|(made, row)| ixscript::api::envelope::data_of_made(row.success, made));
            drop(app);
            self.store.settle(at, outcome, data, made);
            let line = format!("  a person settles call {}: {outcome:?} {made:?}", at + 1);
            self.app().log.push(line);
        }
        self.count("settled by hand", count);
        count
    }
}

/// A history for people: the script and what happened.
pub(crate) fn tale(history: &History, report: &Report) -> String {
    let mut tale = String::new();
    for line in script::text(&history.script).lines() {
        let _ = writeln!(tale, "  | {line}");
    }
    let _ =
        writeln!(tale, "  jobs {}, schedule {}, habits {:?}", history.jobs, history.schedule, history.habits);
    for line in &report.log {
        let _ = writeln!(tale, "{line}");
    }
    tale
}
