//! Work on many items at once: `parallel`, and its everyday forms `copy_profiles` and `import_profiles`.
//!
//! Not here: how a call is made and paced; every worker goes through the same `calls`.

use super::builtins::{Rows, complain};
use super::{Host, convert, endpoints, on_worker_stack, words};
use crate::api::{self, Endpoint};
use crate::base::text;
use crate::calls::Failure;
use crate::calls::scope::{self, Batch};
use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, INT, Map, NativeCallContext, Position};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

type Result<T> = std::result::Result<T, Box<EvalAltResult>>;

/// More workers than this help no app.
const MOST_JOBS: usize = 256;

/// The options of `parallel`, with what each is for.
const OPTIONS: &[&str] = &["jobs", "max_failures", "stop_on_error"];

/// Registers all of them.
pub(super) fn register(engine: &mut Engine, host: &Arc<Host>) {
    let of = Arc::clone(host);
    engine.register_fn("parallel", move |context: NativeCallContext, items: Dynamic, function: Dynamic| {
        parallel(&of, &context, items, function, Map::new().into())
    });
    let of = Arc::clone(host);
    engine.register_fn(
        "parallel",
        move |context: NativeCallContext, items: Dynamic, function: Dynamic, options: Dynamic| {
            parallel(&of, &context, items, function, options)
        },
    );
    for (name, function) in [("copy_profiles", "copy_profile"), ("import_profiles", "import_profile")] {
        // Both rows are in the table; a law holds it.
        let Some(endpoint) = api::by_function(function) else { continue };
        let of = Arc::clone(host);
        engine.register_fn(name, move |context: NativeCallContext, rows: Dynamic| {
            each_row(&of, &context, name, endpoint, rows, Map::new().into())
        });
        let of = Arc::clone(host);
        engine.register_fn(name, move |context: NativeCallContext, rows: Dynamic, options: Dynamic| {
            each_row(&of, &context, name, endpoint, rows, options)
        });
    }
}

/// How far to go, decided.
struct Plan {
    jobs: usize,
    most_failures: usize,
}

fn parallel(
    host: &Host,
    context: &NativeCallContext,
    items: Dynamic,
    function: Dynamic,
    options: Dynamic,
) -> Result<Array> {
    let items = items_of(items)
        .ok_or_else(|| complain(context, "`parallel` takes an array of items first, or rows()".into()))?;
    let Some(function) = function.try_cast::<FnPtr>() else {
        return Err(complain(
            context,
            "`parallel` takes a function second, as in |item| ... or Fn(\"copy_profile\")".into(),
        ));
    };
    let plan = read_options(host, context, "parallel", options)?;
    // A context is bound to its thread; what it stands for is not.
    #[allow(deprecated)]
    let stored = context.store_data();
    let engine = context.engine();
    run(host, context, items, &plan, |item| {
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
    context: &NativeCallContext,
    name: &str,
    endpoint: &'static Endpoint,
    rows: Dynamic,
    options: Dynamic,
) -> Result<Array> {
    let rows = items_of(rows)
        .ok_or_else(|| complain(context, format!("`{name}` takes an array of maps first, or rows()")))?;
    let Some(mut options) = options.try_cast::<Map>() else {
        return Err(complain(context, format!("`{name}` takes its options as a map")));
    };
    // What is none of ours goes for every row that does not say otherwise.
    let ours: Map = OPTIONS.iter().filter_map(|&ours| Some((ours.into(), options.remove(ours)?))).collect();
    let plan = read_options(host, context, name, ours.into())?;
    let position = context.call_position();
    run(host, context, rows, &plan, |row| {
        let arguments = arguments_of(endpoint, row, &options);
        let result = arguments.and_then(|arguments| host.calls().call(endpoint, arguments));
        endpoints::finish_at(host, position, None, result)
    })
}

/// An array, or the table.
fn items_of(items: Dynamic) -> Option<Array> {
    match items.try_cast_result::<Rows>() {
        Ok(rows) => Some(rows.into_iter().collect()),
        Err(items) => items.into_array().ok(),
    }
}

/// The arguments of one row: a map, or the one thing the endpoint cannot do without.
fn arguments_of(
    endpoint: &'static Endpoint,
    row: Dynamic,
    for_all: &Map,
) -> std::result::Result<serde_json::Map<String, serde_json::Value>, Failure> {
    let mut arguments = for_all.clone();
    match (row.is_map(), endpoint.positional.first()) {
        (false, Some(first)) => drop(arguments.insert((*first).into(), row)),
        _ => arguments.extend(row.try_cast::<Map>().unwrap_or_default()),
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

fn read_options(host: &Host, context: &NativeCallContext, name: &str, options: Dynamic) -> Result<Plan> {
    let Some(options) = options.try_cast::<Map>() else {
        return Err(complain(context, format!("`{name}` takes its options as a map")));
    };
    let mut plan = Plan { jobs: host.jobs, most_failures: usize::MAX };
    for (option, value) in options {
        let count = value.as_int().ok().and_then(|count: INT| usize::try_from(count).ok());
        match (option.as_str(), count) {
            ("jobs", Some(jobs @ 1..)) => plan.jobs = jobs.min(host.jobs).min(MOST_JOBS),
            ("max_failures", Some(most)) => plan.most_failures = most,
            ("stop_on_error", None) if value.is_bool() => {
                if value.as_bool() == Ok(true) {
                    plan.most_failures = 0;
                }
            }
            ("jobs", _) => return Err(complain(context, "`jobs` must be a whole number, 1 or more".into())),
            ("max_failures", _) => {
                return Err(complain(context, "`max_failures` must be a whole number, 0 or more".into()));
            }
            ("stop_on_error", _) => {
                return Err(complain(context, "`stop_on_error` must be true or false".into()));
            }
            (unknown, _) => {
                let suggestion = text::did_you_mean(unknown, OPTIONS.iter().copied());
                let shown = text::one_line(&text::cut(unknown, 60)).into_owned();
                return Err(complain(context, format!("`{shown}` is no option of `{name}`{suggestion}")));
            }
        }
    }
    Ok(plan)
}

/// What the workers share.
struct Work<'a> {
    host: &'a Host,
    items: Mutex<Vec<Option<Dynamic>>>,
    results: Mutex<Vec<Option<Dynamic>>>,
    next: AtomicUsize,
    failures: AtomicUsize,
    is_over: AtomicBool,
    /// What ends the whole run: Ctrl-C, a quota, `exit`.
    halt: Mutex<Option<Box<EvalAltResult>>>,
}

fn run(
    host: &Host,
    context: &NativeCallContext,
    items: Array,
    plan: &Plan,
    call: impl Fn(Dynamic) -> Result<Dynamic> + Sync,
) -> Result<Array> {
    let count = items.len();
    let work = Work {
        host,
        items: Mutex::new(items.into_iter().map(Some).collect()),
        results: Mutex::new(vec![None; count]),
        next: AtomicUsize::new(0),
        failures: AtomicUsize::new(0),
        is_over: AtomicBool::new(false),
        halt: Mutex::new(None),
    };
    let workers = plan.jobs.min(count);
    let batch = scope::begin_batch();
    let started = std::thread::scope(|threads| {
        (0..workers).filter(|_| on_worker_stack(threads, || worker(&work, plan, &batch, &call))).count()
    });
    if started == 0 && count > 0 {
        return Err(complain(
            context,
            "no worker could be started: the system has no room for threads".into(),
        ));
    }
    let halt = work.halt.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(halt) = halt {
        return Err(halt);
    }
    let results = work.results.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(results.into_iter().map(|result| result.unwrap_or_else(not_started)).collect())
}

fn worker(work: &Work, plan: &Plan, batch: &Batch, call: &(impl Fn(Dynamic) -> Result<Dynamic> + Sync)) {
    while !work.is_over.load(Ordering::SeqCst) {
        let index = work.next.fetch_add(1, Ordering::SeqCst);
        let item = lock(&work.items).get_mut(index).and_then(Option::take);
        let Some(item) = item else { return };
        // A panic of the engine ends this item, not the run.
        let on_item = || scope::within_item(batch, index, || call(item));
        let called = std::panic::catch_unwind(std::panic::AssertUnwindSafe(on_item));
        let result = match called {
            Ok(Ok(value)) => done(value),
            Ok(Err(error)) if matches!(error.unwrap_inner(), EvalAltResult::ErrorTerminated(..)) => {
                work.is_over.store(true, Ordering::SeqCst);
                lock(&work.halt).get_or_insert(error);
                return;
            }
            Ok(Err(error)) => failed(&error),
            Err(_) => failed(&EvalAltResult::ErrorRuntime("ixscript failed inside".into(), Position::NONE)),
        };
        let is_failure = result.read_lock::<Map>().is_some_and(|result| result.contains_key("error"));
        if let Some(place) = lock(&work.results).get_mut(index) {
            *place = Some(result);
        }
        if is_failure {
            work.host.note_failed_item();
            if work.failures.fetch_add(1, Ordering::SeqCst) >= plan.most_failures {
                work.is_over.store(true, Ordering::SeqCst);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn done(value: Dynamic) -> Dynamic {
    Map::from([("ok".into(), true.into()), ("value".into(), value)]).into()
}

fn not_done(error: Dynamic) -> Dynamic {
    Map::from([("ok".into(), false.into()), ("error".into(), error)]).into()
}

fn not_started() -> Dynamic {
    not_done(Dynamic::from(Map::from([
        ("kind".into(), "not_started".into()),
        ("message".into(), "not started: the run had ended before".into()),
        ("outcome".into(), "not_sent".into()),
    ])))
}

/// What `catch` would give for a failed call; other errors get the same form.
fn failed(error: &EvalAltResult) -> Dynamic {
    let inner = error.unwrap_inner();
    if let EvalAltResult::ErrorRuntime(value, _) = inner
        && value.is_map()
    {
        return not_done(value.clone());
    }
    let position = inner.position();
    let number =
        |number: Option<usize>| Dynamic::from(number.and_then(|at| INT::try_from(at).ok()).unwrap_or(0));
    let map = Map::from([
        ("kind".into(), "script".into()),
        ("message".into(), words::of_error(inner, &[]).message.into()),
        ("line".into(), number(position.line())),
        ("position".into(), number(position.position())),
    ]);
    not_done(map.into())
}
