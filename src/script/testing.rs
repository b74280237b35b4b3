//! What tests of recipes can do besides everything a recipe can: assertions, and running the recipe beside them.
//!
//! Not here: running tests, and what a recipe is run with; that is a [`Bench`]. Adding a function is a row in
//! [`TEST_FUNCTIONS`] and its registration below it.

use super::builtins::complain;
use super::confined::{Folder, ImportError};
use super::sources::Sources;
use super::thrown::{self, HostError, with_fields};
use super::{Builtin, Host, convert, engine, guards, session};
use crate::base::report::{Report, Source};
use crate::base::text;
use rhai::{
    AST, ASTNode, Array, Dynamic, Engine, EvalAltResult, Expr, FnPtr, Map, NativeCallContext, Position, Stmt,
};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

type Result<T> = std::result::Result<T, Box<EvalAltResult>>;

/// How the names of tests end.
pub const ENDING: &str = ".test.rhai";

/// How the names of a test's functions begin.
const PREFIX: &str = "test_";

/// Whether a file of this name is a test.
pub fn is_test(name: &str) -> bool {
    name.ends_with(ENDING)
}

/// The functions that only tests have, in reading order.
pub static TEST_FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "assert",
        signatures: &["assert(condition)", "assert(condition, message)"],
        arities: &[1, 2],
        about: "Fails the test if the condition is false.",
        example: "assert(list_profiles().len() > 0, \"no profiles\")",
    },
    Builtin {
        name: "assert_eq",
        signatures: &["assert_eq(left, right)"],
        arities: &[2],
        about: "Fails the test, and shows both values, if they differ.",
        example: "assert_eq(pad(7, 3), \"007\")",
    },
    Builtin {
        name: "assert_ne",
        signatures: &["assert_ne(left, right)"],
        arities: &[2],
        about: "Fails the test if the values are equal.",
        example: "assert_ne(copy_profile(1640), 1640)",
    },
    Builtin {
        name: "assert_throws",
        signatures: &["assert_throws(function)", "assert_throws(function, kind)"],
        arities: &[1, 2],
        about: "Fails the test if calling the function throws nothing, or an error of another kind; returns the error.",
        example: "assert_throws(|| copy_profile(404), \"refused\").code",
    },
    Builtin {
        name: "run_recipe",
        signatures: &[
            "run_recipe(recipe)",
            "run_recipe(recipe, #{ parameters })",
            "run_recipe(recipe, #{ parameters }, #{ args, input, dry_run, allow_destructive, jobs, max_writes })",
        ],
        arities: &[1, 2, 3],
        about: "Runs a recipe beside the test on the test's simulator and returns `#{ exit, stdout, stderr, output }`; `input` is an array of maps for its rows(), `output` what it emits. Without `jobs` it does one thing at a time.",
        example: "run_recipe(\"copy\", #{ profile_id: 1640 }).exit",
    },
];

/// The words for a function that only tests have, used elsewhere: what is wrong, and what to do.
pub(super) fn only_in_tests(name: &str) -> Option<(String, &'static str)> {
    let function = TEST_FUNCTIONS.iter().find(|function| function.name == name)?;
    let help = "Tests are files named *.test.rhai, and `ixscript test` runs them.";
    Some((format!("`{}` is only in *.test.rhai", function.name), help))
}

/// A recipe to be run, as a test asks for it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Order {
    /// Its name, or its path from the test's folder.
    pub recipe: String,
    /// What would stand behind its name on the command line.
    pub words: Vec<String>,
    /// The table of `--input`.
    pub rows: Option<Vec<Value>>,
    /// `--dry-run`.
    pub is_dry: bool,
    /// `--allow destructive`.
    pub allow_destructive: bool,
    /// `--jobs`.
    pub jobs: usize,
    /// `--max-writes`.
    pub max_writes: Option<u64>,
}

/// How a recipe ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// Its exit code.
    pub exit: u8,
    /// What it printed.
    pub stdout: String,
    /// What was told of it.
    pub stderr: String,
    /// What it emitted.
    pub rows: Vec<Value>,
}

/// Runs recipes for a test.
pub trait Bench: Send + Sync {
    /// Runs one.
    ///
    /// # Errors
    /// That there is no such recipe, as a fragment.
    fn run(&self, order: &Order) -> std::result::Result<Outcome, String>;
}

/// The recipe that a test means by `recipe`: a path from the test's folder, `.rhai` added where it is missing.
///
/// # Errors
/// That it is not there, or outside of the folder, as a fragment.
pub fn beside(folder: &Path, recipe: &str) -> std::result::Result<PathBuf, String> {
    let shown = text::one_line(&text::cut(recipe, 60)).into_owned();
    Folder::new(Some(folder)).find(recipe, None).map_err(|error| match error {
        ImportError::NotFound(..) => format!("there is no recipe `{shown}` beside the test"),
        _ => format!("`{shown}` is not in the test's folder"),
    })
}

/// The test functions of a file, in the order of the text; a file without any is one test by itself.
///
/// # Errors
/// That it does not parse.
pub fn functions(source: &Arc<Source>) -> std::result::Result<Vec<String>, Report> {
    let ast = engine::bare()
        .compile(&source.text)
        .map_err(|error| session::of_parse_error(&error, source, &crate::base::mask::Secrets::default()))?;
    let mut named: Vec<(Position, String)> = of(&ast).map(|(name, _, position)| (position, name)).collect();
    named.sort_by_key(|(position, _)| (position.line(), position.position()));
    Ok(named.into_iter().map(|(_, name)| name).collect())
}

/// Whether a file asserts something by itself: at its top, or in a function that is called there.
pub fn asserts(source: &Source) -> bool {
    let Ok(ast) = engine::bare().compile(&source.text) else { return false };
    let own: Vec<String> = ast.iter_fn_def().map(|function| function.name.to_string()).collect();
    let asserts = |name: &str| name.starts_with("assert");
    calls(&ast.clone_statements_only(), &|name| asserts(name) || own.iter().any(|own| own == name))
        && calls(&ast, &asserts)
}

/// Whether there is a call of a function that `is_meant`.
fn calls(ast: &AST, is_meant: &dyn Fn(&str) -> bool) -> bool {
    let mut found = false;
    ast.walk(&mut |path: &[ASTNode]| {
        if let Some(ASTNode::Stmt(Stmt::FnCall(call, _)) | ASTNode::Expr(Expr::FnCall(call, _))) = path.last()
        {
            found |= is_meant(&call.name);
        }
        !found
    });
    found
}

/// Name, number of parameters and place of each test function.
fn of(ast: &AST) -> impl Iterator<Item = (String, usize, Position)> {
    let functions = ast.iter_fn_def().filter(|function| function.name.starts_with(PREFIX));
    functions
        .map(|function| (function.name.to_string(), function.params.len(), function.body.start_position()))
}

/// Test functions that nobody could call: name, and where their body begins.
pub(super) fn with_parameters(ast: &AST) -> Vec<(String, Position)> {
    of(ast).filter(|(_, count, _)| *count > 0).map(|(name, _, position)| (name, position)).collect()
}

/// Registers all of them.
pub(super) fn register(engine: &mut Engine, host: &Arc<Host>, bench: &Arc<dyn Bench>, sources: &Sources) {
    let of = sources.clone();
    engine.register_fn("assert", |context: NativeCallContext, condition: Dynamic| {
        assert(&context, &condition, None)
    });
    engine.register_fn("assert", |context: NativeCallContext, condition: Dynamic, message: Dynamic| {
        assert(&context, &condition, Some(&message))
    });
    engine.register_fn("assert_eq", |context: NativeCallContext, left: Dynamic, right: Dynamic| match equal(
        &context,
        "assert_eq",
        &left,
        &right,
    )? {
        true => Ok(()),
        false => Err(failed(&context, "the two values differ", &compared(&left, &right))),
    });
    engine.register_fn("assert_ne", |context: NativeCallContext, left: Dynamic, right: Dynamic| match equal(
        &context,
        "assert_ne",
        &left,
        &right,
    )? {
        false => Ok(()),
        true => Err(failed(&context, "the two values are equal", &[format!("both:  {}", shown(&left))])),
    });
    engine.register_fn("assert_throws", move |context: NativeCallContext, function: Dynamic| {
        assert_throws(&context, &of, function, None)
    });
    let of = sources.clone();
    engine.register_fn(
        "assert_throws",
        move |context: NativeCallContext, function: Dynamic, kind: Dynamic| {
            assert_throws(&context, &of, function, Some(kind))
        },
    );
    for count in 1..=3 {
        let (host, bench) = (Arc::clone(host), Arc::clone(bench));
        let types = vec![std::any::TypeId::of::<Dynamic>(); count];
        engine.register_raw_fn("run_recipe", types, move |context, arguments| {
            let given: Vec<Dynamic> = arguments.iter().map(|argument| (**argument).clone()).collect();
            let order = order(&context, &given)?;
            let outcome = host.meter().wait(|| bench.run(&order));
            let outcome = outcome.map_err(|problem| complain(&context, problem));
            host.meter().refill();
            Ok(outcome_map(outcome?))
        });
    }
}

fn assert(context: &NativeCallContext, condition: &Dynamic, message: Option<&Dynamic>) -> Result<()> {
    match condition.as_bool() {
        Ok(true) => Ok(()),
        Ok(false) => {
            let message = message.map(|message| match message.clone().into_immutable_string() {
                Ok(text) => text.to_string(),
                Err(_) => shown(message),
            });
            Err(failed(context, message.as_deref().unwrap_or("the assertion does not hold"), &[]))
        }
        Err(_) => Err(complain(context, format!("`assert` takes true or false, not {}", shown(condition)))),
    }
}

fn assert_throws(
    context: &NativeCallContext,
    sources: &Sources,
    function: Dynamic,
    kind: Option<Dynamic>,
) -> Result<Dynamic> {
    let Some(function) = function.try_cast::<FnPtr>() else {
        return Err(complain(context, "`assert_throws` takes a function, as in || copy_profile(404)".into()));
    };
    let kind = kind.map(Dynamic::into_immutable_string).transpose();
    let kind = kind.map_err(|_| {
        complain(context, "`assert_throws` takes the kind of the error as text, as in \"refused\"".into())
    })?;
    let error = match function.call_within_context::<Dynamic>(context, ()) {
        Ok(value) => {
            let note = format!("it returned {}", shown(&value));
            return Err(failed(context, "nothing was thrown", &[note]));
        }
        // What ends the whole test is nothing that was thrown.
        Err(error) if matches!(error.unwrap_inner(), EvalAltResult::ErrorTerminated(..)) => {
            return Err(error);
        }
        Err(error) => {
            let source = context.call_source().and_then(|name| sources.get(name));
            thrown::caught_with_fields(&error, source, sources)
        }
    };
    let field = |name: &str| with_fields(&error, |fields| fields.get(name).cloned()).flatten();
    let found = field("kind").and_then(|kind| kind.into_immutable_string().ok());
    match kind {
        Some(kind) if found.as_ref() != Some(&kind) => {
            let found = found.map_or("none".to_owned(), |found| format!("`{found}`"));
            let message = field("message").as_ref().map(shown).unwrap_or_default();
            let notes = [format!("expected kind `{kind}`, found {found}"), format!("it says {message}")];
            Err(failed(context, "an error of another kind was thrown", &notes))
        }
        _ => Ok(error),
    }
}

/// Equal as data: the order of a map's keys does not matter, and 1 is 1.0.
fn equal(context: &NativeCallContext, name: &str, left: &Dynamic, right: &Dynamic) -> Result<bool> {
    let data = |value: &Dynamic| {
        convert::to_json(value).map_err(|error| {
            let place = if error.path.is_empty() { String::new() } else { format!(" (at `{}`)", error.path) };
            complain(context, format!("`{name}` compares data, not {}{place}", error.what))
        })
    };
    Ok(same(&data(left)?, &data(right)?))
}

fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left == right || ((left.is_f64() || right.is_f64()) && left.as_f64() == right.as_f64())
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let is_there =
                |(key, value): (&String, &Value)| right.get(key).is_some_and(|other| same(value, other));
            left.len() == right.len() && left.iter().all(is_there)
        }
        (left, right) => left == right,
    }
}

/// Both values, and of texts with many lines the first line that differs.
fn compared(left: &Dynamic, right: &Dynamic) -> Vec<String> {
    let mut notes = vec![format!("left:  {}", shown(left)), format!("right: {}", shown(right))];
    let texts = (left.clone().into_immutable_string(), right.clone().into_immutable_string());
    if let (Ok(left), Ok(right)) = texts
        && (left.lines().count() > 1 || right.lines().count() > 1)
    {
        let line = left.lines().zip(right.lines()).take_while(|(left, right)| left == right).count();
        let of = |text: &str| text.lines().nth(line).map_or("no more".to_owned(), |line| format!("{line:?}"));
        notes.push(format!("they differ from line {}: {} and {}", line + 1, of(&left), of(&right)));
    }
    notes
}

/// As a script would write it.
fn shown(value: &Dynamic) -> String {
    let mut shown = String::new();
    guards::write(&mut shown, value, 16);
    text::cut(&shown, 2_000).into_owned()
}

/// What a failed assertion throws.
fn failed(context: &NativeCallContext, message: &str, notes: &[String]) -> Box<EvalAltResult> {
    let error = HostError::of_assertion(message, notes.to_vec());
    Box::new(EvalAltResult::ErrorRuntime(error.into_value(), context.call_position()))
}

/// The options of `run_recipe`.
const OPTIONS: &[&str] = &["args", "input", "dry_run", "allow_destructive", "jobs", "max_writes"];

fn order(context: &NativeCallContext, given: &[Dynamic]) -> Result<Order> {
    let wrong = |what: &str| complain(context, format!("`run_recipe` takes {what}"));
    let map = |at: usize, what: &str| match given.get(at) {
        None => Ok(Map::new()),
        Some(value) => value.clone().try_cast::<Map>().ok_or_else(|| wrong(what)),
    };
    let recipe = given.first().and_then(|recipe| recipe.clone().into_immutable_string().ok());
    let recipe = recipe.ok_or_else(|| wrong("the recipe's name or path as text"))?;
    let mut order = Order { recipe: recipe.to_string(), jobs: 1, ..Order::default() };
    for (name, value) in map(1, "the recipe's parameters as a map")? {
        add_words(context, &mut order.words, &name, &value)?;
    }
    let whole = |value: &Dynamic| value.as_int().ok().and_then(|number| u64::try_from(number).ok());
    for (option, value) in map(2, "its options as a map")? {
        match option.as_str() {
            "args" => {
                let args = value.into_array().map_err(|_| wrong("`args` as an array of texts"))?;
                order.words.push("--".to_owned());
                order.words.extend(args.iter().map(Dynamic::to_string));
            }
            "input" => {
                let rows = convert::to_json(&value).ok();
                let rows = rows.and_then(|rows| serde_json::from_value(rows).ok());
                order.rows = Some(rows.ok_or_else(|| wrong("`input` as an array of maps"))?);
            }
            "dry_run" => order.is_dry = value.as_bool().map_err(|_| wrong("`dry_run` as true or false"))?,
            "allow_destructive" => {
                order.allow_destructive =
                    value.as_bool().map_err(|_| wrong("`allow_destructive` as true or false"))?;
            }
            "jobs" => {
                let jobs = whole(&value).filter(|jobs| (1..=256).contains(jobs));
                order.jobs = jobs
                    .and_then(|jobs| usize::try_from(jobs).ok())
                    .ok_or_else(|| wrong("`jobs` from 1 to 256"))?;
            }
            "max_writes" => {
                order.max_writes =
                    Some(whole(&value).ok_or_else(|| wrong("`max_writes` as a whole number"))?);
            }
            unknown => {
                let suggestion = text::did_you_mean(unknown, OPTIONS.iter().copied());
                let shown = text::one_line(&text::cut(unknown, 60)).into_owned();
                return Err(complain(context, format!("`{shown}` is no option of `run_recipe`{suggestion}")));
            }
        }
    }
    Ok(order)
}

/// `--name=value` as the command line would have it; each item of a list is one.
fn add_words(
    context: &NativeCallContext,
    words: &mut Vec<String>,
    name: &str,
    value: &Dynamic,
) -> Result<()> {
    let flag = name.replace('_', "-");
    if let Some(items) = value.read_lock::<Array>() {
        if items.is_empty() {
            words.push(format!("--{flag}="));
        }
        return items.iter().try_for_each(|item| add_words(context, words, name, item));
    }
    let is_plain =
        value.is_string() || value.is_int() || value.is_float() || value.is_bool() || value.is_char();
    if !is_plain {
        let shown = text::one_line(name).into_owned();
        return Err(complain(
            context,
            format!(
                "the parameter `{shown}` must be text, a number, true, false or an array, not {}",
                self::shown(value)
            ),
        ));
    }
    words.push(format!("--{flag}={value}"));
    Ok(())
}

fn outcome_map(outcome: Outcome) -> Dynamic {
    let Outcome { exit, stdout, stderr, rows } = outcome;
    let rows: Array = rows.into_iter().map(convert::from_json).collect();
    let map = Map::from([
        ("exit".into(), i64::from(exit).into()),
        ("stdout".into(), stdout.into()),
        ("stderr".into(), stderr.into()),
        ("output".into(), rows.into()),
    ]);
    map.into()
}
