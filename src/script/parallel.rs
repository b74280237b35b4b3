//! Work on many items at once: `parallel`, and its everyday forms `copy_profiles` and `import_profiles`.
//!
//! Not here: how a call is made and paced; every worker goes through the same `calls`. What is told of finished items is
//! in `outcomes`.

use super::builtins::complain;
use super::bulk_items::{Each, Items};
use super::bulk_options::{OPTIONS, Plan};
use super::bulk_results::{done, message_of, not_done, not_started, outcome_of};
use super::limits::Halt;
use super::outcomes::{Outcome, Outcomes, Settled, item_column};
use super::sources::Sources;
use super::thrown::{self, HostError};
use super::{Host, convert, endpoints, on_worker_stack, report};
use crate::api::{self, Endpoint};
use crate::base::sync::Threads;
use crate::calls::{self, Batch, Failure, scope};
use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, Map, NativeCallContext, Position};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

type Result<T> = std::result::Result<T, Box<EvalAltResult>>;

/// Registers all of them.
pub(super) fn register(engine: &mut Engine, host: &Arc<Host>, sources: &Sources) {
    let of = (Arc::clone(host), sources.clone());
    engine.register_fn("parallel", move |context: NativeCallContext, items: Dynamic, function: Dynamic| {
        parallel(&of.0, &of.1, &context, items, function, Map::new().into())
    });
    let of = (Arc::clone(host), sources.clone());
    engine.register_fn(
        "parallel",
        move |context: NativeCallContext, items: Dynamic, function: Dynamic, options: Dynamic| {
            parallel(&of.0, &of.1, &context, items, function, options)
        },
    );
    for (name, function) in [("copy_profiles", "copy_profile"), ("import_profiles", "import_profile")] {
        // Both rows are in the table; a law holds it.
        let Some(endpoint) = api::by_function(function) else { continue };
        let of = (Arc::clone(host), sources.clone());
        engine.register_fn(name, move |context: NativeCallContext, rows: Dynamic| {
            each_row(&of.0, &of.1, &context, name, endpoint, rows, Map::new().into())
        });
        let of = (Arc::clone(host), sources.clone());
        engine.register_fn(name, move |context: NativeCallContext, rows: Dynamic, options: Dynamic| {
            each_row(&of.0, &of.1, &context, name, endpoint, rows, options)
        });
    }
}

fn parallel(
    host: &Host,
    sources: &Sources,
    context: &NativeCallContext,
    items: Dynamic,
    function: Dynamic,
    options: Dynamic,
) -> Result<Dynamic> {
    let items = Items::of(items)
        .ok_or_else(|| complain(context, "`parallel` takes an array of items first, or rows()".into()))?;
    let Some(function) = function.try_cast::<FnPtr>() else {
        return Err(complain(
            context,
            "`parallel` takes a function second, as in |item| ... or Fn(\"copy_profile\")".into(),
        ));
    };
    let options = options_of(context, "parallel", options)?;
    let bulk = Bulk::plan(host, sources, context, "parallel", None, options)?;
    // A context is bound to its thread; what it stands for is not.
    #[allow(deprecated)]
    let stored = context.store_data();
    let engine = context.engine();
    bulk.run(items, |item| {
        #[allow(deprecated)]
        let context = stored.create_context(engine);
        let mut function = function.clone();
        // Captured variables are shared; each call gets its own, or the calls would race.
        for captured in function.iter_curry_mut() {
            *captured = captured.flatten_clone();
        }
        function.call_within_context(&context, (item,))
    })
}

fn each_row(
    host: &Host,
    sources: &Sources,
    context: &NativeCallContext,
    name: &str,
    endpoint: &'static Endpoint,
    rows: Dynamic,
    options: Dynamic,
) -> Result<Dynamic> {
    let rows = Items::of(rows)
        .ok_or_else(|| complain(context, format!("`{name}` takes an array of maps first, or rows()")))?;
    let mut options = options_of(context, name, options)?;
    // What is none of ours goes for every row that does not say otherwise.
    let ours: Map = OPTIONS.iter().filter_map(|&ours| Some((ours.into(), options.remove(ours)?))).collect();
    let bulk = Bulk::plan(host, sources, context, name, Some(endpoint), ours)?;
    let position = context.call_position();
    bulk.run(rows, |row| {
        let arguments = arguments_of(endpoint, row, &options);
        let call = |arguments| host.meter().wait(|| host.calls().call(endpoint, arguments));
        let result = arguments.and_then(call);
        endpoints::finish_at(host, position, None, result)
    })
}

fn options_of(context: &NativeCallContext, name: &str, options: Dynamic) -> Result<Map> {
    options.try_cast::<Map>().ok_or_else(|| complain(context, format!("`{name}` takes its options as a map")))
}

/// The arguments of one row: a map, or the one thing the endpoint cannot do without.
fn arguments_of(
    endpoint: &'static Endpoint,
    row: Dynamic,
    for_all: &Map,
) -> std::result::Result<serde_json::Map<String, serde_json::Value>, Failure> {
    let mut arguments = for_all.clone();
    match (thrown::with_fields(&row, Map::clone), endpoint.positional.first()) {
        (None, Some(first)) => drop(arguments.insert((*first).into(), row)),
        (fields, _) => arguments.extend(fields.unwrap_or_default()),
    }
    match convert::to_json(&arguments.into()) {
        Ok(serde_json::Value::Object(arguments)) => Ok(arguments),
        Ok(_) => Ok(serde_json::Map::new()),
        Err(error) => {
            let problem = format!("`{}` cannot be {}", error.path, error.what);
            Err(Failure::before_sending(endpoint, crate::calls::Cause::Arguments(problem)))
        }
    }
}

/// One call of `parallel` or of a form of it.
struct Bulk<'a> {
    host: &'a Host,
    sources: &'a Sources,
    context: &'a NativeCallContext<'a>,
    name: &'a str,
    /// What is called for each item, if it is no function of the script.
    form: Option<&'static Endpoint>,
    plan: Plan,
}

/// A `parallel` inside a `parallel` inside a `parallel` is more than anybody needs.
const MOST_NESTED: usize = 8;

/// What the workers share.
struct Work<'a> {
    host: &'a Host,
    sources: &'a Sources,
    /// The text of the call.
    source: Option<&'a str>,
    plan: &'a Plan,
    position: Position,
    is_form: bool,
    /// Whether an earlier session of the run has ended it, and the script went on.
    is_past: bool,
    items: Mutex<Each>,
    results: Mutex<Vec<Option<Dynamic>>>,
    outcomes: Outcomes<'a>,
    failures: AtomicUsize,
    is_over: AtomicBool,
    /// What ends more than this item: Ctrl-C, a quota, `exit`, a table that cannot be read or written on.
    halt: Mutex<Option<Box<EvalAltResult>>>,
}

impl<'a> Bulk<'a> {
    fn plan(
        host: &'a Host,
        sources: &'a Sources,
        context: &'a NativeCallContext<'a>,
        name: &'a str,
        form: Option<&'static Endpoint>,
        options: Map,
    ) -> Result<Self> {
        let plan =
            Plan::read(host, name, form.is_some(), options).map_err(|error| complain(context, error))?;
        Ok(Self { host, sources, context, name, form, plan })
    }

    /// Calls `call` for every item, and gives the results, or only how many there were.
    fn run(&self, items: Items, call: impl Fn(Dynamic) -> Result<Dynamic> + Sync) -> Result<Dynamic> {
        let Self { host, sources, context, name, form, plan } = self;
        let count = items.count;
        let calls = host.calls();
        let batch = match calls.begin_parallel(name, || items.hashes(host.key.as_deref())) {
            Ok(batch) => batch,
            Err(failure) => return endpoints::finish(host, context, Err(failure)),
        };
        let columns = if plan.output { items.columns(item_column(*form)) } else { Vec::new() };
        let outcomes = Outcomes::begin(host, *form, columns, plan.output).map_err(|error| {
            complain(context, format!("{error}; with `output: false` `{name}` writes no rows"))
        })?;
        let work = Work {
            host,
            sources,
            source: context.call_source(),
            plan,
            position: context.call_position(),
            is_form: form.is_some(),
            is_past: calls.is_over(&batch),
            items: Mutex::new(items.each()),
            results: Mutex::new(if plan.collect { vec![None; count] } else { Vec::new() }),
            outcomes,
            failures: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            halt: Mutex::new(None),
        };
        host.console.items(&super::Items::Begun(count));
        if scope::depth() >= MOST_NESTED {
            return Err(complain(context, format!("`{name}` stands {MOST_NESTED} times inside itself")));
        }
        let workers = host.take_workers(plan.jobs.min(count));
        if workers.count == 0 {
            // Inside another `parallel` that has them all: the worker that is here does it.
            worker(&work, &batch, &call);
        } else {
            let limits = host.meter().limits();
            let started = std::thread::scope(|scope| {
                let threads = Threads::default();
                let start =
                    |_: &usize| on_worker_stack(&threads, scope, limits, || worker(&work, &batch, &call));
                let started = (0..workers.count).filter(start).count();
                threads.join();
                started
            });
            if started == 0 {
                return Err(complain(
                    context,
                    "no worker could be started: the system has no room for threads".into(),
                ));
            }
        }
        drop(workers);
        work.leave_rest(count);
        let halt = lock(&work.halt).take();
        if let Some(halt) = halt {
            return Err(halt);
        }
        if !plan.collect {
            return Ok(work.outcomes.summary().into());
        }
        let results = work.results.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(results.into_iter().map(|result| result.unwrap_or_else(not_started)).collect::<Array>().into())
    }
}

fn worker(work: &Work, batch: &Batch, call: &(impl Fn(Dynamic) -> Result<Dynamic> + Sync)) {
    while let Some((index, item)) = work.next() {
        let noted = work.outcomes.noted(&item);
        work.outcomes.wait_for_room(index);
        if work.is_over.load(Ordering::SeqCst) {
            work.settle(index, noted, Outcome::NotStarted, None, None);
            return;
        }
        let console = &work.host.console;
        console.items(&super::Items::Started);
        // A panic of the engine ends this item, not the run.
        let calls = work.host.calls();
        let on_item = || calls.within_item(batch, index, || work.all_answered(call(item)));
        let called = std::panic::catch_unwind(std::panic::AssertUnwindSafe(on_item));
        let called = match called.map(Option::transpose) {
            Ok(Ok(Some(value))) => Ok(Ok(value)),
            Ok(Ok(None)) => {
                work.settle(index, noted, Outcome::NotStarted, None, None);
                continue;
            }
            Ok(Err(error)) => Ok(Err(error)),
            Err(panic) => Err(panic),
        };
        match called {
            Ok(Err(error)) if report::halt(&error).is_some_and(|halt| halt.is_end_of_history()) => {
                lock(&work.halt).get_or_insert(error);
            }
            Ok(Ok(value)) => {
                console.items(&super::Items::Done);
                work.settle(index, noted, Outcome::Done, Some(&value), None);
                work.keep(index, || done(value));
            }
            Ok(Err(error)) if report::halt(&error).is_some_and(|halt| halt.ends_all()) => {
                let (outcome, words) = work.of_halt(&error);
                match report::halt(&error) {
                    Some(Halt::Stopped(failure)) if failure.outcome != calls::Outcome::NotSent => {
                        console.items(&super::Items::Failed(index, &work.host.masked(&failure.to_string())));
                    }
                    _ => console.items(&super::Items::Cut),
                }
                work.halt(error);
                work.settle(index, noted, outcome, None, Some(&words));
                return;
            }
            Ok(Err(error)) => work.fail(index, noted, work.thrown(&error)),
            Err(_) => {
                let error = EvalAltResult::ErrorRuntime("ixscript failed inside".into(), Position::NONE);
                work.fail(index, noted, work.thrown(&error));
            }
        }
    }
}

type Noted = Option<serde_json::Map<String, serde_json::Value>>;

impl Work<'_> {
    /// The next item, unless there is none or the work is over.
    fn next(&self) -> Option<(usize, Dynamic)> {
        if self.is_over.load(Ordering::SeqCst) {
            return None;
        }
        let (index, item) = lock(&self.items).next()?;
        match item {
            Ok(item) => Some((index, item)),
            Err(error) => {
                self.complain(error);
                None
            }
        }
    }

    /// The result of an item; or that it did not do all that it did in an earlier session.
    fn all_answered(&self, result: Result<Dynamic>) -> Result<Dynamic> {
        if result.as_ref().is_err_and(|error| report::halt(error).is_some()) {
            return result;
        }
        match self.host.calls().unanswered() {
            Some(failure) => Err(Halt::Stopped(Box::new(failure)).into_error(self.position)),
            None => result,
        }
    }

    fn thrown(&self, error: &EvalAltResult) -> Dynamic {
        let source = self.source.and_then(|name| self.sources.get(name));
        thrown::caught_with_fields(error, source, self.sources)
    }

    fn fail(&self, index: usize, noted: Noted, error: Dynamic) {
        let message = message_of(&error);
        let place = if self.is_form { String::new() } else { place_of(&error) };
        self.host
            .console
            .items(&super::Items::Failed(index, &self.host.masked(&format!("{message}{place}"))));
        self.settle(index, noted, outcome_of(&error), None, Some(&message));
        self.keep(index, || not_done(error));
        self.host.note_failed_item();
        if self.failures.fetch_add(1, Ordering::SeqCst) >= self.plan.most_failures && !self.is_past {
            self.end();
        }
    }

    fn keep(&self, index: usize, result: impl FnOnce() -> Dynamic) {
        if let Some(place) = lock(&self.results).get_mut(index) {
            *place = Some(result());
        }
    }

    /// Counts the item and writes its row, and says whether that worked.
    fn settle(
        &self,
        index: usize,
        noted: Noted,
        outcome: Outcome,
        value: Option<&Dynamic>,
        error: Option<&str>,
    ) -> bool {
        let settled = self.outcomes.settle(index, noted, &Settled { outcome, value, error });
        // What would be done from here on would be on no record.
        settled.map_err(|error| self.complain(error)).is_ok()
    }

    /// Gives the items that were not begun their rows.
    fn leave_rest(&self, count: usize) {
        if lock(&self.halt)
            .as_ref()
            .is_some_and(|error| report::halt(error).is_some_and(|halt| halt.is_end_of_history()))
        {
            return;
        }
        while self.outcomes.has_rows() {
            let next = lock(&self.items).next();
            match next {
                None => break,
                Some((_, Err(error))) => return self.complain(error),
                Some((index, Ok(item))) => {
                    if !self.settle(index, self.outcomes.noted(&item), Outcome::NotStarted, None, None) {
                        return;
                    }
                }
            }
        }
        if let Err(error) = self.outcomes.finish(count) {
            self.complain(error);
        }
    }

    /// No other item is begun.
    fn end(&self) {
        self.is_over.store(true, Ordering::SeqCst);
        self.outcomes.end_waits();
    }

    fn halt(&self, error: Box<EvalAltResult>) {
        let mut halt = lock(&self.halt);
        // What was only not done yet is no reason to look for any more.
        if halt.as_ref().is_none_or(|halt| report::halt(halt).is_some_and(|halt| halt.is_end_of_history())) {
            *halt = Some(error);
        }
        drop(halt);
        self.end();
    }

    fn complain(&self, message: String) {
        self.halt(Box::new(EvalAltResult::ErrorRuntime(message.into(), self.position)));
    }

    /// What became of the item during which the run ended, and why.
    fn of_halt(&self, error: &EvalAltResult) -> (Outcome, String) {
        match report::halt(error) {
            Some(Halt::Interrupted(Some(failure)) | Halt::Stopped(failure)) => {
                let outcome = match failure.outcome {
                    _ if failure.leaves_doubt() => Outcome::InDoubt,
                    // A function may have done something before.
                    calls::Outcome::NotSent if self.is_form => Outcome::NotStarted,
                    _ => Outcome::Failed,
                };
                (outcome, failure.to_string())
            }
            Some(Halt::Interrupted(None)) => (Outcome::Failed, "interrupted".to_owned()),
            Some(Halt::Exit(_)) => (Outcome::Failed, "ended by `exit`".to_owned()),
            _ => (Outcome::Failed, "the script went beyond a limit".to_owned()),
        }
    }
}

/// Where in the script an item failed, behind the words for it.
fn place_of(error: &Dynamic) -> String {
    let error = error.read_lock::<HostError>();
    error.as_ref().and_then(|error| error.place()).map_or_else(String::new, |place| {
        format!(" at {}:{}:{}", place.source.name, place.line, place.column)
    })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
