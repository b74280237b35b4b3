//! Host functions that are no endpoints: parameters, time, logging, ending a run.
//!
//! Not here: endpoints. Adding a function is a row in [`BUILTINS`] and its registration below it.

use super::endpoints::finish;
use super::input::Table;
use super::input::TableError;
use super::limits::Halt;
use super::output::in_order;
use super::thrown::HostError;
use super::{Host, Level, convert, endpoints};
use crate::base::text;
use crate::calls::Failure;
use rhai::{Array, Dynamic, Engine, EvalAltResult, INT, ImmutableString, Map, NativeCallContext, Position};
use serde_json::Value;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

type Result<T> = std::result::Result<T, Box<EvalAltResult>>;

/// A host function that is no endpoint, for the reference and the check.
#[derive(Debug)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// The ways to call it.
    pub signatures: &'static [&'static str],
    /// How many arguments it takes.
    pub arities: &'static [usize],
    /// One sentence for people.
    pub about: &'static str,
    /// A line that uses it.
    pub example: &'static str,
}

/// All of them, in reading order.
pub static BUILTINS: &[Builtin] = &[
    Builtin {
        name: "call_api",
        signatures: &["call_api(action)", "call_api(action, #{ ... })"],
        arities: &[1, 2],
        about: "Calls any action of the API and returns the whole reply. An unknown action counts as destructive.",
        example: r#"call_api("group-list", #{ page: 1 })"#,
    },
    Builtin {
        name: "parallel",
        signatures: &[
            "parallel(items, function)",
            "parallel(items, function, #{ jobs, max_failures, stop_on_error, collect, output })",
        ],
        arities: &[2, 3],
        about: "Calls the function for every item, several at once, and returns for each, in order, `#{ ok: true, value }` or `#{ ok: false, error }`. With `collect: false` no result is kept: it returns how many were `#{ done, failed, in_doubt, not_started }`, and every item becomes a row of `--output`: its own columns (a single one is `item`), `outcome`, `value` with what was returned (a map as JSON) and `error`; columns of these names that an item has itself are left out. If the header declares columns (`[output]`), these three are added to them, and a field of the returned map that is declared has its own column. Rows stand in the order of the items, each written as soon as those before it are. Secrets of items are masked; a first column `row` then says which item it was. `output: true` writes the rows also where results are kept, `output: false` never.",
        example: r#"parallel([1640, 1441], |id| copy_profile(id), #{ jobs: 2 })"#,
    },
    Builtin {
        name: "copy_profiles",
        signatures: &["copy_profiles(rows)", "copy_profiles(rows, #{ ... })"],
        arities: &[1, 2],
        about: "`copy_profile` for every row, which is a map of its parameters or just a profile's number; results as of `parallel`. Options hold for every row; `jobs`, `max_failures`, `stop_on_error`, `collect` and `output` are those of `parallel`. Every row is written to `--output` as `parallel` would, with the new id as `new_profile_id`, unless `output: false` says that the script does so itself.",
        example: r#"copy_profiles([#{ profile_id: 1640, name: "a" }, 1441], #{ group_id: 177 })"#,
    },
    Builtin {
        name: "import_profiles",
        signatures: &["import_profiles(rows)", "import_profiles(rows, #{ ... })"],
        arities: &[1, 2],
        about: "`import_profile` for every row, which is a map of its parameters or just a code; otherwise as `copy_profiles`.",
        example: r#"import_profiles(["76686828-89727101"], #{ group_id: 177 })"#,
    },
    Builtin {
        name: "param",
        signatures: &["param(name)", "param(name, default)"],
        arities: &[1, 2],
        about: "A parameter of the recipe: `--count 5` after the recipe's name gives `param(\"count\")`.",
        example: r#"param("count", 5)"#,
    },
    Builtin {
        name: "args",
        signatures: &["args()"],
        arities: &[0],
        about: "The words after the recipe's name that are no parameters, as an array of strings.",
        example: "args().len()",
    },
    Builtin {
        name: "rows",
        signatures: &["rows()"],
        arities: &[0],
        about: "The rows of the table given with `--input`, each a map. They go through `for`, `parallel` and its forms; `len()` counts them, `to_array()` makes an array. The file is looked at whole before the run and then read row by row, so it must stay as it is meanwhile.",
        example: "for row in rows() { print(row.name) }",
    },
    Builtin {
        name: "emit",
        signatures: &["emit(row)", "emit(row, columns)"],
        arities: &[1, 2],
        about: "Writes a row, given as a map, to the table of `--output`, and returns whether there is one. In a CSV table the first row says which columns there are, unless the header does (`[output]`); `columns` is their order.",
        example: "emit(#{ name: \"shop-1\", profile_id: 1641 })",
    },
    Builtin {
        name: "parse_proxy",
        signatures: &["parse_proxy(text)", "parse_proxy(text, protocol)"],
        arities: &[1, 2],
        about: "A proxy written as `host:port`, `host:port:user:password` or `http://user:password@host:port`, in its parts: `proxy_type`, `proxy_ip`, `proxy_port` and, where there is a login, `proxy_user` and `proxy_password`. The protocol is \"http\" unless the text or the second argument says otherwise. Other orders, such as `user:password:host:port`, are read where they can mean only one thing; anything else is an error that does not repeat the text.",
        example: r#"#{ proxy_mode: "custom" } + parse_proxy("10.0.0.1:1080:user:password", "socks5")"#,
    },
    Builtin {
        name: "sleep",
        signatures: &["sleep(seconds)"],
        arities: &[1],
        about: "Waits; Ctrl-C ends the wait at once, and a rehearsal (`-n`) waits a tenth of a second at most. The host paces calls by itself, so this is rarely needed.",
        example: "sleep(0.5)",
    },
    Builtin {
        name: "now",
        signatures: &["now()"],
        arities: &[0],
        about: "The time in whole seconds since 1970-01-01 UTC. A resumed run gets the times of before.",
        example: "now() > 0",
    },
    Builtin {
        name: "random",
        signatures: &["random(least, most)"],
        arities: &[2],
        about: "A whole number by chance, from `least` to `most`, both included. A resumed run gets the numbers of before.",
        example: "random(1, 6) < 7",
    },
    Builtin {
        name: "log_info",
        signatures: &["log_info(value)"],
        arities: &[1],
        about: "Writes a line to stderr, unless `--quiet` is given.",
        example: r#"log_info("half way")"#,
    },
    Builtin {
        name: "log_warn",
        signatures: &["log_warn(value)"],
        arities: &[1],
        about: "Writes a warning to stderr.",
        example: r#"log_warn("no proxy left")"#,
    },
    Builtin {
        name: "log_error",
        signatures: &["log_error(value)"],
        arities: &[1],
        about: "Writes an error to stderr and goes on; the exit code does not change.",
        example: r#"log_error("skipped")"#,
    },
    Builtin {
        name: "fail",
        signatures: &["fail(message)"],
        arities: &[1],
        about: "Reports a failure and goes on; the run ends with exit code 1.",
        example: r#"if false { fail("row 7 has no code") }"#,
    },
    Builtin {
        name: "exit",
        signatures: &["exit()", "exit(code)"],
        arities: &[0, 1],
        about: "Ends the run with this exit code, 0 to 255.",
        example: "exit(0)",
    },
    Builtin {
        name: "pad",
        signatures: &["pad(value, width)"],
        arities: &[2, 3],
        about: "A number or text as text of at least `width` characters, zeros in front: `pad(7, 3)` is \"007\".",
        example: "pad(7, 3)",
    },
];

/// The longest `sleep` of a rehearsal.
const REHEARSED_WAIT: Duration = Duration::from_millis(100);

/// Text longer than this is no number's padding.
const WIDEST: INT = 1000;

/// Registers all of them.
pub(super) fn register(engine: &mut Engine, host: &Arc<Host>) {
    register_calls(engine, host);
    register_input(engine, host);
    register_logging(engine, host);
    register_ending(engine);
    register_time(engine, host);
    engine.register_fn(
        "pad",
        |context: NativeCallContext, value: Dynamic, width: Dynamic| -> Result<ImmutableString> {
            let width = width.as_int().ok().filter(|width| (0..=WIDEST).contains(width));
            let width =
                width.ok_or_else(|| complain(&context, format!("`pad` takes a width from 0 to {WIDEST}")))?;
            let written = value.to_string();
            let (sign, digits) =
                written.strip_prefix('-').map_or(("", written.as_str()), |digits| ("-", digits));
            let width = usize::try_from(width).unwrap_or(0).saturating_sub(sign.len());
            let zeros = "0".repeat(width.saturating_sub(digits.chars().count()));
            Ok(format!("{sign}{zeros}{digits}").into())
        },
    );
}

fn register_calls(engine: &mut Engine, host: &Arc<Host>) {
    fn call_api(
        host: &Host,
        context: &NativeCallContext,
        action: &Dynamic,
        body: &Dynamic,
    ) -> Result<Dynamic> {
        let invalid = |problem: String| {
            let failure = Failure::before_any_action("call_api", problem);
            endpoints::finish(host, context, Err(failure))
        };
        let Ok(action) = action.clone().into_immutable_string() else {
            return invalid("`call_api` takes the action as text, as in \"profile-copy\"".into());
        };
        let is_action = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if action.is_empty() || action.len() > 100 || !action.bytes().all(is_action) {
            let shown = text::one_line(&text::cut(&action, 60)).into_owned();
            return invalid(format!(
                "`{shown}` is no action; actions are lower-case words joined by `-`, as in profile-copy"
            ));
        }
        let body = match convert::to_json(body) {
            Ok(Value::Object(body)) => body,
            Ok(_) => return invalid("`call_api` takes the request body as a map".into()),
            Err(error) => return invalid(format!("`{}` cannot be {}", error.path, error.what)),
        };
        let result = host.meter().wait(|| host.calls().call_raw(&action, body));
        endpoints::finish(host, context, result)
    }

    let of = Arc::clone(host);
    engine.register_fn("call_api", move |context: NativeCallContext, action: Dynamic| {
        call_api(&of, &context, &action, &Dynamic::from(Map::new()))
    });
    let of = Arc::clone(host);
    engine.register_fn("call_api", move |context: NativeCallContext, action: Dynamic, body: Dynamic| {
        call_api(&of, &context, &action, &body)
    });
}

fn register_input(engine: &mut Engine, host: &Arc<Host>) {
    fn param(
        host: &Host,
        context: &NativeCallContext,
        name: &Dynamic,
        default: Option<Dynamic>,
    ) -> Result<Dynamic> {
        let name = name.clone().into_immutable_string();
        let name = name.map_err(|_| complain(context, "`param` takes a name as text".into()))?;
        let params = host.params.read().unwrap_or_else(PoisonError::into_inner);
        match (params.get(name.as_str()), default) {
            (Some(value), _) => Ok(convert::from_json(value.clone())),
            (None, Some(default)) => Ok(default),
            (None, None) => {
                let known: Vec<&str> = params.keys().map(String::as_str).collect();
                let shown = text::one_line(&text::cut(&name, 60)).into_owned();
                let suggestion = text::did_you_mean(&name, known);
                // What the check did not find is declared, or the recipe declares nothing.
                let message = match suggestion.is_empty() {
                    true => format!("the parameter `{shown}` was not given"),
                    false => format!("there is no parameter `{shown}`{suggestion}"),
                };
                Err(complain(
                    context,
                    format!("{message}; param(\"{shown}\", default) gives a default for it"),
                ))
            }
        }
    }

    fn emit(
        host: &Host,
        context: &NativeCallContext,
        row: &Dynamic,
        columns: Option<Dynamic>,
    ) -> Result<bool> {
        let mut row = match convert::to_json(row) {
            Ok(Value::Object(row)) => row,
            Ok(_) => return Err(complain(context, "`emit` takes a row as a map".into())),
            Err(error) => {
                return Err(complain(context, format!("`{}` cannot be {}", error.path, error.what)));
            }
        };
        if let Some(columns) = columns {
            let columns = columns.into_typed_array::<ImmutableString>().map_err(|_| {
                complain(context, "`emit` takes the order of the columns as an array of texts".into())
            })?;
            row = in_order(row, columns.iter().map(ImmutableString::as_str));
        }
        let Some(output) = &host.output else { return Ok(false) };
        output
            .emit(row, host.calls().is_dry())
            .map(|()| true)
            .map_err(|error| complain(context, error.to_string()))
    }

    let of = Arc::clone(host);
    engine.register_fn("param", move |context: NativeCallContext, name: Dynamic| {
        param(&of, &context, &name, None)
    });
    let of = Arc::clone(host);
    engine.register_fn("param", move |context: NativeCallContext, name: Dynamic, default: Dynamic| {
        param(&of, &context, &name, Some(default))
    });
    let of = Arc::clone(host);
    engine.register_fn("args", move || -> Array { of.args.iter().map(|word| word.clone().into()).collect() });

    let of = Arc::clone(host);
    engine.register_type_with_name::<Rows>("rows");
    engine.register_iterator_result::<Rows, Dynamic>();
    engine.register_fn("rows", move |context: NativeCallContext| match &of.table {
        Some(table) => Ok(Rows(table.clone())),
        None => {
            Err(complain(&context, "there is no table: give one with --input FILE before the recipe".into()))
        }
    });
    let of = Arc::clone(host);
    engine
        .register_fn("emit", move |context: NativeCallContext, row: Dynamic| emit(&of, &context, &row, None));
    let of = Arc::clone(host);
    engine.register_fn("emit", move |context: NativeCallContext, row: Dynamic, columns: Dynamic| {
        emit(&of, &context, &row, Some(columns))
    });
    engine.register_fn("len", |rows: &mut Rows| INT::try_from(rows.0.len()).unwrap_or(INT::MAX));
    engine.register_fn("to_array", |context: NativeCallContext, rows: &mut Rows| {
        rows.items()
            .collect::<std::result::Result<Array, String>>()
            .map_err(|error| complain(&context, error))
    });
}

/// The table as scripts see it: it goes through `for` and `parallel` without ever being whole in memory.
#[derive(Clone)]
pub(super) struct Rows(pub(super) Table);

/// Why there are no more rows.
pub(super) fn table_error(error: &TableError) -> String {
    format!("the table of --input: {error}")
}

impl Rows {
    /// The rows as maps, each read when it is asked for; or why there are no more.
    pub(super) fn items(&self) -> impl Iterator<Item = std::result::Result<Dynamic, String>> + Send + use<> {
        self.0.rows().map(|row| match row {
            Ok(row) => Ok(convert::from_json(Value::Object(row))),
            Err(error) => Err(table_error(&error)),
        })
    }
}

impl IntoIterator for Rows {
    type Item = Result<Dynamic>;
    type IntoIter = Box<dyn Iterator<Item = Self::Item>>;

    fn into_iter(self) -> Self::IntoIter {
        let thrown = |error: String| EvalAltResult::ErrorRuntime(error.into(), Position::NONE);
        Box::new(self.items().map(move |row| row.map_err(|error| Box::new(thrown(error)))))
    }
}

fn register_logging(engine: &mut Engine, host: &Arc<Host>) {
    for (name, level) in
        [("log_info", Level::Info), ("log_warn", Level::Warning), ("log_error", Level::Error)]
    {
        let of = Arc::clone(host);
        engine.register_fn(name, move |value: Dynamic| of.log(level, &of.masked(&shown(&value))));
    }
    let of = Arc::clone(host);
    engine.register_fn("fail", move |value: Dynamic| {
        of.note_failure();
        of.log(Level::Error, &of.masked(&shown(&value)));
    });
    let of = Arc::clone(host);
    engine.on_print(move |printed| {
        if !of.calls().is_answered() {
            of.console.print(&of.hidden.mask_whole(printed));
        }
    });
    let of = Arc::clone(host);
    engine.on_debug(move |value, _, position| {
        let line = position.line().map(|line| format!(" (line {line})")).unwrap_or_default();
        of.log(Level::Info, &of.masked(&format!("debug{line}: {value}")));
    });
}

/// A value as `print` shows it: text as it is, everything else as a script would write it.
fn shown(value: &Dynamic) -> String {
    match value.clone().into_immutable_string() {
        Ok(text) => text.to_string(),
        Err(_) => {
            let mut text = String::new();
            super::guards::write(&mut text, value, 64);
            text
        }
    }
}

fn register_ending(engine: &mut Engine) {
    engine.register_fn("exit", |context: NativeCallContext| -> Result<()> {
        Err(Halt::Exit(0).into_error(context.call_position()))
    });
    engine.register_fn("exit", |context: NativeCallContext, code: Dynamic| -> Result<()> {
        match code.as_int() {
            Ok(code @ 0..=255) => Err(Halt::Exit(code).into_error(context.call_position())),
            _ => Err(complain(&context, "`exit` takes a code from 0 to 255".into())),
        }
    });
}

fn register_time(engine: &mut Engine, host: &Arc<Host>) {
    let of = Arc::clone(host);
    engine.register_fn("now", move |context: NativeCallContext| {
        let now = of.calls().replayed("now", &serde_json::Map::new(), || of.clock.now_seconds().into());
        finish(&of, &context, now)
    });
    let of = Arc::clone(host);
    engine.register_fn(
        "random",
        move |context: NativeCallContext, least: Dynamic, most: Dynamic| -> Result<Dynamic> {
            match (least.as_int(), most.as_int()) {
                (Ok(least), Ok(most)) if least <= most => {
                    let given = serde_json::Map::from_iter([
                        ("least".to_owned(), least.into()),
                        ("most".to_owned(), most.into()),
                    ]);
                    let number = of.calls().replayed("random", &given, || fastrand::i64(least..=most).into());
                    finish(&of, &context, number)
                }
                _ => {
                    Err(complain(&context, "`random` takes two whole numbers, the smaller one first".into()))
                }
            }
        },
    );
    fn sleep(host: &Host, context: &NativeCallContext, seconds: Option<f64>) -> Result<()> {
        let wait = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let wait =
            wait.ok_or_else(|| complain(context, "`sleep` takes a number of seconds, 0 or more".into()))?;
        match host.calls().waits("sleep") {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(failure) => return Err(Halt::Stopped(Box::new(failure)).into_error(context.call_position())),
        }
        // What a rehearsal would wait for does not happen; a loop that waits for it still must not spin.
        let wait = if host.calls().is_dry() { wait.min(REHEARSED_WAIT) } else { wait };
        let slept = host.meter().wait(|| host.cancel.sleep(wait));
        slept.map_err(|_| Halt::Interrupted(None).into_error(context.call_position()))
    }

    // The engine has a `sleep` of its own for numbers, which nothing can interrupt. Only the same types replace it.
    let of = Arc::clone(host);
    engine.register_fn("sleep", move |context: NativeCallContext, seconds: INT| {
        sleep(&of, &context, Some(seconds as f64))
    });
    let of = Arc::clone(host);
    engine.register_fn("sleep", move |context: NativeCallContext, seconds: f64| {
        sleep(&of, &context, Some(seconds))
    });
    let of = Arc::clone(host);
    engine.register_fn("sleep", move |context: NativeCallContext, _: Dynamic| sleep(&of, &context, None));
}

/// A script error with these words, at the call.
pub(super) fn complain(context: &NativeCallContext, message: String) -> Box<EvalAltResult> {
    let position = context.call_position();
    let error = HostError::of_script(message, None, position, context.call_source());
    Box::new(EvalAltResult::ErrorRuntime(error.into_value(), position))
}
