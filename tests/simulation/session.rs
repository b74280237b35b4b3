//! One session of a run, as the program runs it, with the seams in the hands of the simulation.

use super::app::{App, Reply, Tag};
use super::plan::{Fault, JournalFault, Session as Plan};
use super::scheduler::Baton;
use super::script::{Call, Fiber, Told, Trace};
use super::store::{Hook, Store};
use ixscript::api;
use ixscript::base::cancel::Cancel;
use ixscript::base::clock::Clock;
use ixscript::base::mask::Secrets;
use ixscript::base::report::{Report, Source};
use ixscript::base::sync::{self, Scheduler};
use ixscript::calls::{self, Calls, Event, Failure, Kind, Policy, Recorder, Recording, scope};
use ixscript::cli::exit::{self, Facts};
use ixscript::client::{BaseUrl, OnStop, RawReply, SendError, Transport};
use ixscript::journal::{NewRun, RunLog};
use ixscript::script::{Console, Ending, Host, Input, Level, Limits, Session};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The settings that the program has by default.
const TIMEOUT: Duration = Duration::from_secs(30);
const LOST_AFTER: Duration = Duration::from_secs(600);
const RETRIES: u32 = 4;

/// How long the app takes for a call.
const LATENCY: Duration = Duration::from_millis(20);

/// What is left of a session when it has ended.
pub(crate) struct Ended {
    /// Fibers are named by places.
    pub(crate) trace: Trace,
    /// None if the process died.
    pub(crate) exit: Option<u8>,
    pub(crate) in_doubt: usize,
    pub(crate) is_stuck: bool,
    pub(crate) has_panicked: bool,
    pub(crate) now: Duration,
    /// How many doubts were settled at the start.
    pub(crate) settled: usize,
    /// Whether the run was not resumed because its script does something else.
    pub(crate) has_drifted: bool,
    /// Whether it is said that items are gone for which something was created.
    pub(crate) tells_vanished: bool,
}

/// What happens to a session.
pub(crate) struct Job<'a> {
    pub(crate) number: usize,
    pub(crate) text: &'a str,
    pub(crate) jobs: usize,
    pub(crate) plan: &'a Plan,
    /// The run to resume, if there is one.
    pub(crate) run: Option<i64>,
    pub(crate) schedule: u64,
    pub(crate) now: Duration,
    pub(crate) wall_ms: i64,
}

/// A call, and what the script was told, once it was.
type Made = (Call, Option<Told>);

/// A process, as its parts see it.
struct Process {
    number: usize,
    plan: Plan,
    app: Arc<Mutex<App>>,
    baton: Arc<Baton>,
    cancel: Cancel,
    url: BaseUrl,
    sends: AtomicU32,
    entries: AtomicU32,
    is_dead: AtomicBool,
    is_rehearsal: AtomicBool,
    /// How many times it is said that the script has drifted before anything was sent.
    drifts: AtomicU32,
    tells_vanished: AtomicBool,
    trace: Mutex<BTreeMap<Fiber, Vec<Made>>>,
}

/// The place of this thread in the script: the number of each `parallel`, and the place of the item in it.
fn fiber() -> Fiber {
    let position = scope::here().to_string();
    let items = position.rsplit_once('/').map_or("", |(items, _)| items);
    let item = |item: &str| {
        item.split_once('.').and_then(|(batch, at)| Some((batch.parse().ok()?, at.parse().ok()?)))
    };
    items.split('/').filter_map(item).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Process {
    fn observe(&self, event: &Event) {
        if self.is_dead.load(Ordering::SeqCst) || self.is_rehearsal.load(Ordering::SeqCst) {
            return;
        }
        let mut trace = lock(&self.trace);
        match event {
            Event::Called { function, given } => {
                let call = Call { function: (*function).to_owned(), given: (*given).clone() };
                trace.entry(fiber()).or_default().push((call, None));
            }
            Event::Returned { result } => {
                if let Some((_, told)) = trace.get_mut(&fiber()).and_then(|calls| calls.last_mut()) {
                    *told = Some(told_by(result));
                }
            }
            _ => {}
        }
    }

    /// The call that this thread makes.
    fn call(&self) -> Option<(Tag, Call)> {
        let fiber = fiber();
        let trace = lock(&self.trace);
        let calls = trace.get(&fiber)?;
        let (call, _) = calls.last()?;
        Some((Tag { session: self.number, fiber, ordinal: calls.len() - 1 }, call.clone()))
    }

    fn wait(&self, time: Duration) {
        let until = self.baton.now() + time;
        while self.baton.now() < until && !self.is_dead() && !self.baton.is_stuck() {
            self.baton.wait(Some(until));
        }
    }
}

fn told_by(result: &Result<Value, Failure>) -> Told {
    match result {
        Ok(value) => Told::Done(value.clone()),
        Err(failure) => Told::Failed {
            is_unknown: failure.leaves_doubt(),
            is_doubt: failure.kind() == Kind::InDoubt,
            ends_run: failure.stops_the_run() || failure.kind() == Kind::Interrupted,
            is_drift: matches!(failure.cause, calls::Cause::Drift(_)),
            message: failure.to_string(),
        },
    }
}

impl Hook for Process {
    fn entry(&self) -> Option<JournalFault> {
        let number = self.entries.fetch_add(1, Ordering::SeqCst);
        let fault = self.plan.journal.iter().find(|(at, _)| *at == number).map(|(_, fault)| *fault);
        if let Some(fault) = fault {
            let mut app = lock(&self.app);
            app.fired.insert(format!("Journal{fault:?}"));
            app.log.push(format!("    journal entry {number}: {fault:?}"));
        }
        fault
    }

    fn die(&self) {
        self.is_dead.store(true, Ordering::SeqCst);
        self.cancel.abort();
    }

    fn is_dead(&self) -> bool {
        self.is_dead.load(Ordering::SeqCst)
    }

    fn tag(&self) -> Option<Tag> {
        self.call().map(|(tag, _)| tag)
    }
}

/// The connection of a process to the app.
struct Wire(Arc<Process>);

impl Transport for Wire {
    fn url(&self) -> &BaseUrl {
        &self.0.url
    }

    fn in_flight(&self) -> usize {
        0
    }

    fn send(&self, action: &str, body: &[u8], _: OnStop) -> Result<RawReply, SendError> {
        let process = &*self.0;
        if process.is_dead() || process.cancel.is_cancelled() {
            return Err(SendError::InterruptedBefore);
        }
        let number = process.sends.fetch_add(1, Ordering::SeqCst);
        let is_write = api::by_action(action).is_some_and(|row| row.effect != api::Effect::Read);
        let fits = |fault: &Fault| match fault {
            Fault::Quota => matches!(action, "profile-copy" | "profile-transfer-code-import"),
            Fault::HalfMade | Fault::Late(_) | Fault::DieLate(_) => is_write,
            _ => true,
        };
        let fault =
            process.plan.faults.iter().find(|(at, _)| *at == number).map(|(_, fault)| *fault).filter(fits);
        process.wait(LATENCY);
        if process.is_dead() {
            return Err(SendError::InterruptedBefore);
        }
        let body: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
        // Requests of the program itself, such as looking what came of a doubt, belong to no call.
        let function = api::by_action(action).map_or(action, |row| row.function);
        let of_itself = Call { function: function.to_owned(), given: body.clone() };
        let nowhere = Tag { session: process.number, fiber: fiber(), ordinal: usize::MAX };
        let own = process.call().filter(|(_, call)| call.function == function);
        let (tag, call) = own.unwrap_or((nowhere, of_itself));
        let (now, seconds) = (process.baton.elapsed(), process.baton.now_ms().div_euclid(1000));
        let reply = {
            let mut app = lock(&process.app);
            app.land(now, seconds);
            for (_, other) in process.plan.others.iter().filter(|(at, _)| *at == number) {
                app.fired.insert(format!("Others{other:?}"));
                app.other(*other, seconds);
            }
            if let Some(fault) = fault {
                let name = format!("{fault:?}");
                app.fired.insert(name.split('(').next().unwrap_or_default().to_owned());
            }
            let what = format!("    {number} {:?} {action} {}", tag.fiber, Value::Object(body.clone()));
            let reply = app.request(action, &body, tag, call, fault, now, seconds);
            let came = match (&reply, fault) {
                (Reply::Answer(_, text), None) => text.chars().take(150).collect(),
                (_, fault) => format!("{fault:?}"),
            };
            app.log.push(format!("{what} -> {came}"));
            reply
        };
        if matches!(fault, Some(Fault::DieBefore | Fault::DieAfter | Fault::DieLate(_))) {
            process.die();
            return Err(SendError::InterruptedBefore);
        }
        if let Some(Fault::Slow(seconds)) = fault {
            process.wait(Duration::from_secs(seconds.into()));
        }
        match reply {
            Reply::Answer(status, text) => Ok(RawReply { status, body: text.into_bytes() }),
            Reply::NotConnected => Err(SendError::NotConnected("nothing listens there".into())),
            Reply::Lost => Err(SendError::Lost),
            Reply::Silence => {
                process.wait(TIMEOUT);
                if process.is_dead() {
                    Err(SendError::InterruptedAfter)
                } else {
                    Err(SendError::Timeout(TIMEOUT))
                }
            }
        }
    }
}

/// What scripts print is of no interest here.
struct Quiet;

impl Console for Quiet {
    fn print(&self, _: &str) {}
    fn log(&self, _: Level, _: &str) {}
    fn give_up(&self, _: &Report, _: bool) {}
}

/// A script needs more stack where the engine is not optimised.
const STACK: usize = 64 << 20;

/// Runs a session to its end, or to its death, on a thread of its own: what ends a script ends its thread.
pub(crate) fn run(job: &Job, app: &Arc<Mutex<App>>, store: &Store) -> Ended {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(STACK);
        let thread =
            builder.spawn_scoped(scope, || run_here(job, app, store)).expect("there is room for a thread");
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn run_here(job: &Job, app: &Arc<Mutex<App>>, store: &Store) -> Ended {
    let baton = Baton::new(job.schedule, job.now, job.wall_ms);
    sync::install(Some(baton.clone()));
    fastrand::seed(job.schedule);
    let cancel = Cancel::default();
    let process = Arc::new(Process {
        number: job.number,
        plan: job.plan.clone(),
        app: Arc::clone(app),
        baton: Arc::clone(&baton),
        cancel: cancel.clone(),
        url: BaseUrl::parse("http://127.0.0.1:53200/api/v2/", false).expect("the documented address"),
        sends: AtomicU32::new(0),
        entries: AtomicU32::new(0),
        is_dead: AtomicBool::new(false),
        is_rehearsal: AtomicBool::new(false),
        drifts: AtomicU32::new(0),
        tells_vanished: AtomicBool::new(false),
        trace: Mutex::default(),
    });
    let work = std::panic::AssertUnwindSafe(|| execute(job, &process, store));
    let ended = std::panic::catch_unwind(work);
    sync::install(None);
    let trace = std::mem::take(&mut *lock(&process.trace));
    let cut = Told::Failed {
        is_unknown: false,
        is_doubt: false,
        ends_run: true,
        is_drift: false,
        message: "the session ended".to_owned(),
    };
    let told = |(call, told): Made| (call, told.unwrap_or_else(|| cut.clone()));
    let trace =
        trace.into_iter().map(|(fiber, calls)| (fiber, calls.into_iter().map(told).collect())).collect();
    let has_panicked = ended.is_err();
    let (exit, in_doubt, settled) = ended.unwrap_or((0, 0, 0));
    let exit = Some(exit).filter(|_| !process.is_dead());
    Ended {
        trace,
        exit,
        in_doubt,
        is_stuck: baton.is_stuck(),
        has_panicked,
        now: baton.elapsed(),
        settled,
        has_drifted: process.drifts.load(Ordering::SeqCst) > 0,
        tells_vanished: process.tells_vanished.load(Ordering::SeqCst),
    }
}

/// The exit code, how many writes are in doubt, and how many doubts were settled before.
fn execute(job: &Job, process: &Arc<Process>, store: &Store) -> (u8, usize, usize) {
    let hook: Arc<dyn Hook> = process.clone();
    let recording = match job.run {
        Some(run) => {
            let resumed = store.resume(run, hook).expect("the run is there");
            Recording::Resumed { resumed: Box::new(resumed), accepts_new_rows: false }
        }
        None => {
            let store = store.clone();
            let begin =
                move |run: &NewRun| -> Result<Box<dyn RunLog>, _> { store.begin(run, Arc::clone(&hook)) };
            let run = NewRun {
                command: "run".into(),
                name: "recipe".into(),
                url: process.url.to_string(),
                plan: Some(Value::Null),
                began: Clock::System.now_ms(),
            };
            Recording::New { begin: Box::new(begin), run }
        }
    };
    let policy = Policy {
        retries: RETRIES,
        allow_destructive: true,
        max_writes: None,
        interval: Duration::ZERO,
        is_dry: false,
    };
    let observer = Arc::clone(process);
    let calls = Calls::new(Wire(Arc::clone(process)), policy, process.cancel.clone(), Secrets::default())
        .observed(move |event| observer.observe(event))
        .recorded(Recorder::new(recording, Clock::System, LOST_AFTER));
    let calls = Arc::new(calls);
    let stopped =
        calls.recorder().is_some_and(Recorder::is_resumed).then(|| rehearse(job, process, &calls)).flatten();
    let look = || calls.settle_doubts().map(|found| found.done + found.not_done);
    let (facts, settled) = match stopped.map_or_else(|| Ok(look()), Err) {
        Err(facts) => (facts, 0),
        Ok(Err(failure)) => (of_failure(&failure), 0),
        Ok(Ok(settled)) => {
            let facts = script(job, process, &calls);
            // Once more, when more time has passed. That nobody can look changes nothing.
            let is_over = process.cancel.is_cancelled();
            let again = if is_over { Ok(0) } else { look() };
            (facts, settled + again.unwrap_or(0))
        }
    };
    let exit = exit::decide(Facts { in_doubt: calls.in_doubt() > 0, ..facts }).0;
    if let Some(recorder) = calls.recorder() {
        // A journal that cannot be written is a part of the history.
        let _ = recorder.end(exit);
    }
    (exit, calls.in_doubt(), settled)
}

/// Goes through the script without the app, and looks what has changed there; an exit code if the run does not go on. A
/// person says yes to every question.
fn rehearse(job: &Job, process: &Arc<Process>, calls: &Arc<Calls>) -> Option<Facts> {
    process.is_rehearsal.store(true, Ordering::SeqCst);
    let (ending, found) = calls.rehearse(|| run_script(job, process, calls).1);
    process.is_rehearsal.store(false, Ordering::SeqCst);
    let tell = |line: String| lock(&process.app).log.push(format!("  {line}"));
    if !found.vanished.is_empty() {
        process.tells_vanished.store(true, Ordering::SeqCst);
    }
    if let Ending::Stopped(report) = ending {
        tell(format!("rehearsal: {}", report.message));
        process.drifts.fetch_add(1, Ordering::SeqCst);
        return Some(Facts { stopped: true, ..Facts::default() });
    }
    match calls.changes() {
        Ok(changes) => {
            changes.lists.into_iter().for_each(|line| tell(format!("changed: {line}")));
            let why = changes.other_app?;
            tell(format!("another app: {why}"));
            Some(Facts { stopped: true, ..Facts::default() })
        }
        Err(failure) => Some(of_failure(&failure)),
    }
}

fn run_script(job: &Job, process: &Arc<Process>, calls: &Arc<Calls>) -> (Arc<Host>, Ending) {
    let limits = Limits { memory: 256 << 20, compute: Duration::from_secs(3600) };
    let input = Input {
        params: Map::new(),
        args: Vec::new(),
        secrets: Vec::new(),
        table: None,
        key: None,
        output: None,
        jobs: job.jobs,
    };
    let host =
        Host::new(Arc::clone(calls), Arc::new(Quiet), process.cancel.clone(), Clock::System, limits, input);
    let mut session = Session::new(Arc::clone(&host), None::<&std::path::Path>);
    let source = Arc::new(Source { name: "recipe.rhai".into(), text: job.text.to_owned() });
    let ending = session.run(&source);
    (host, ending)
}

fn script(job: &Job, process: &Arc<Process>, calls: &Arc<Calls>) -> Facts {
    let (host, ending) = run_script(job, process, calls);
    if !matches!(ending, Ending::Finished(_)) {
        lock(&process.app).log.push(format!("  ending: {ending:?}").chars().take(400).collect());
    }
    let mut facts =
        Facts { failed: host.failures() > 0, items_failed: host.failed_items() > 0, ..Facts::default() };
    match ending {
        Ending::Finished(_) => {}
        Ending::Exited(code) => facts.exit = u8::try_from(code).ok(),
        Ending::Refused(reports) => panic!("the grammar makes a wrong script: {reports:?}\n{}", job.text),
        Ending::Failed { is_unreachable, .. } => (facts.failed, facts.unreachable) = (true, is_unreachable),
        Ending::Stopped(_) => facts.stopped = true,
        Ending::Interrupted(_) => facts.interrupted = true,
    }
    facts
}

fn of_failure(failure: &Failure) -> Facts {
    Facts {
        interrupted: failure.kind() == Kind::Interrupted,
        stopped: failure.stops_the_run() && failure.kind() != Kind::Unreachable,
        unreachable: failure.kind() == Kind::Unreachable,
        failed: true,
        ..Facts::default()
    }
}
