//! Running scripts: one text after the other in the same scope. A script file is a session of one text.
//!
//! Not here: reading files, and telling people what happened.

mod memory;

pub use memory::{Function, Variable};

use super::check::{self, Finding, HostFn};
use super::imports::{Imports, Resolver};
use super::last::{self, Marks};
use super::limits::Halt;
use super::report::{self, Scene};
use super::sources::Sources;
use super::testing::{self, Bench, TEST_FUNCTIONS};
use super::{BUILTINS, Host, convert, engine, words};
use crate::api;
use crate::base::mask::Secrets;
use crate::base::report::{Report, Severity, Source};
use crate::base::text;
use crate::calls;
use rhai::{AST, Dynamic, Engine, EvalAltResult, Position, Scope};
use serde_json::Value;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// How a script ended.
#[derive(Debug)]
pub enum Ending {
    /// It ran to its end, with this value.
    Finished(Value),
    /// It called `exit`.
    Exited(i64),
    /// It was not run: it does not parse or check.
    Refused(Vec<Report>),
    /// An error nobody caught.
    Failed {
        /// The error.
        report: Report,
        /// Whether the app could not be reached.
        is_unreachable: bool,
    },
    /// Nothing after this can succeed: quota or session.
    Stopped(Report),
    /// Ctrl-C.
    Interrupted(Report),
}

/// Texts evaluated one after the other, with what they defined.
pub struct Session {
    host: Arc<Host>,
    engine: Engine,
    scope: Scope<'static>,
    functions: AST,
    sources: Sources,
    resolver: Resolver,
    is_test: bool,
    /// Where it remembers the last value and the last error.
    marks: Option<Marks>,
    /// The type of the last line's value.
    described: String,
    /// Where the last text failed, if it did: the line and column of the statement.
    failed_at: Option<(usize, usize)>,
}

/// Every host function, as the check needs it.
pub(super) fn host_functions(is_test: bool) -> Vec<HostFn> {
    let of_tests = if is_test { TEST_FUNCTIONS } else { &[] };
    let builtins = BUILTINS.iter().chain(of_tests).map(HostFn::Builtin);
    api::endpoints().map(HostFn::Endpoint).chain(builtins).collect()
}

pub(super) fn function_names() -> Vec<&'static str> {
    api::endpoints()
        .map(|endpoint| endpoint.function)
        .chain(BUILTINS.iter().map(|builtin| builtin.name))
        .collect()
}

/// Whether more lines could make `text` a whole script.
pub fn is_incomplete(text: &str) -> bool {
    static PARSER: OnceLock<Engine> = OnceLock::new();
    // A name stands for the last value, whose sign the language does not know there.
    super::incomplete::is_incomplete(PARSER.get_or_init(engine::bare), &last::renamed(text, "x"))
}

/// Everything that can be found wrong with a script without running it.
///
/// `needs` is what its header declares, if it does.
pub fn examine(source: &Arc<Source>, needs: Option<&[&'static str]>) -> Vec<Report> {
    let engine = engine::bare();
    let secrets = Secrets::default();
    match engine.compile(&source.text) {
        Ok(ast) => {
            let functions = host_functions(testing::is_test(&source.name));
            findings(&engine, &ast, &ast, &functions, needs, source, &secrets)
        }
        Err(error) => {
            let functions = host_functions(testing::is_test(&source.name));
            unparsed(&engine, &error, &functions, needs, source)
        }
    }
}

/// Everything that can be found wrong with a script that does not parse. The parser ends at the first mistake; what lies
/// after a variable that does not exist can be had all the same.
pub(super) fn unparsed(
    engine: &Engine,
    error: &rhai::ParseError,
    functions: &[HostFn],
    needs: Option<&[&'static str]>,
    source: &Arc<Source>,
) -> Vec<Report> {
    let secrets = Secrets::default();
    let mut lenient = engine::bare();
    lenient.set_strict_variables(false);
    let ast = lenient.compile(&source.text).ok();
    for secret in ast.iter().flat_map(check::secret_literals) {
        secrets.add(&secret);
    }
    let mut reports = vec![of_parse_error(error, source, &secrets)];
    for error in check::further_undefined(engine, &source.text, error) {
        reports.push(of_parse_error(&error, source, &secrets));
    }
    if let Some(ast) = ast {
        reports.extend(findings(&lenient, &ast, &ast, functions, needs, source, &secrets));
    }
    reports.sort_by_key(|report| report.place.as_ref().map(|place| (place.line, place.column)));
    reports
}

/// What the check finds in a script that was parsed. `whole` also has what it can call of earlier ones.
pub(super) fn findings(
    engine: &Engine,
    ast: &AST,
    whole: &AST,
    functions: &[HostFn],
    needs: Option<&[&'static str]>,
    source: &Arc<Source>,
    secrets: &Secrets,
) -> Vec<Report> {
    let mut findings = check::check(&source.text, ast, whole, engine, functions);
    findings.extend(needs.map(|needs| check::undeclared(ast, needs)).unwrap_or_default());
    if !findings.is_empty() {
        check::secret_literals(ast).iter().for_each(|secret| secrets.add(secret));
    }
    let is_cut = findings.len() >= check::MOST_FINDINGS;
    let reports = findings.into_iter().map(|finding| report::masked(of_finding(finding, source), secrets));
    let mut reports: Vec<Report> = reports.collect();
    if is_cut {
        let message = format!("only the first {} problems are shown", check::MOST_FINDINGS);
        reports.push(Report { severity: Severity::Warning, ..Report::error(message) });
    }
    reports
}

/// A finding as a report, with its place in the script.
pub(super) fn of_finding(finding: Finding, source: &Arc<Source>) -> Report {
    let mut place = report::mark(source, finding.line, finding.column);
    place.length = finding.length.max(1);
    Report {
        severity: finding.severity,
        message: finding.message,
        help: finding.help,
        place: Some(place),
        ..Report::default()
    }
}

pub(super) fn of_parse_error(error: &rhai::ParseError, source: &Arc<Source>, secrets: &Secrets) -> Report {
    // What does not parse has no arguments; only what looks like a code can be told to be secret.
    check::codes_in(&source.text).iter().for_each(|code| secrets.add(code));
    let (words, place) = words::of_parse_error(error, source);
    let report = Report { message: words.message, help: words.help, place, ..Report::default() };
    report::masked(report, secrets)
}

impl Session {
    /// A session with its imports, as from a folder they are confined to.
    pub fn new<'a>(host: Arc<Host>, imports: impl Into<Imports<'a>>) -> Self {
        let sources = Sources::default();
        let resolver = Resolver::new(&imports.into(), sources.clone());
        let engine = engine::build(&host, resolver.clone());
        let (scope, functions) = (Scope::new(), AST::empty());
        let (marks, described, failed_at) = (None, String::new(), None);
        Self {
            host,
            engine,
            scope,
            functions,
            sources,
            resolver,
            is_test: false,
            marks,
            described,
            failed_at,
        }
    }

    /// A session of a test, which has some functions more.
    pub fn for_test(host: Arc<Host>, folder: Option<&Path>, bench: &Arc<dyn Bench>) -> Self {
        let mut session = Self { is_test: true, ..Self::new(host, folder) };
        testing::register(&mut session.engine, &session.host, bench, &session.sources);
        session
    }

    fn parse(&self, text: &str) -> Result<AST, rhai::ParseError> {
        let parse = || self.engine.compile_with_scope(&self.scope, text);
        match &self.marks {
            Some(marks) => marks.during(text, parse),
            None => parse(),
        }
    }

    /// Checks and runs one text.
    pub fn run(&mut self, source: &Arc<Source>) -> Ending {
        self.run_then(source, None)
    }

    /// Checks and runs one text, and then calls a function of it.
    pub fn run_and_call(&mut self, source: &Arc<Source>, function: &str) -> Ending {
        let mut ending = self.run_then(source, Some(function));
        // The call stands in no text.
        if let Ending::Failed { report, .. } = &mut ending
            && report.frames.last().is_some_and(|frame| frame.function == function)
        {
            report.frames.pop();
        }
        ending
    }

    fn run_then(&mut self, source: &Arc<Source>, function: Option<&str>) -> Ending {
        self.failed_at = None;
        self.host.meter().refill();
        let calls = self.host.calls();
        let (ast, mut ready) =
            match self.sources.compile(&source.name, source, false, |text| self.parse(text)) {
                Ok(parsed) => parsed,
                Err(error) => return self.refused(vec![of_parse_error(&error, source, calls.secrets())]),
            };
        ready.set_source(source.name.as_str());
        let whole = self.functions.merge(&ready);
        let functions = host_functions(self.is_test);
        let (needs, secrets) = (calls.needs(), calls.secrets());
        let findings = findings(&self.engine, &ast, &whole, &functions, needs.as_deref(), source, secrets);
        if findings.iter().any(|finding| finding.severity == Severity::Error) {
            return self.refused(findings);
        }
        let whole = match function.map(|function| self.engine.compile(format!("{function}()"))) {
            Some(Ok(call)) => whole.merge(&call),
            Some(Err(error)) => return self.ended(&EvalAltResult::from(*error.0), source),
            None => whole,
        };
        // A file that only defines something, or nothing, needs no watching. What its value becomes is still its doing.
        let _watch = (!whole.statements().is_empty()).then(|| self.host.watch());
        let result = self.engine.eval_ast_with_scope::<Dynamic>(&mut self.scope, &whole);
        let result = match Halt::latched() {
            Some(halt) if result.is_ok() => Err(halt.into_error(Position::NONE)),
            _ => result,
        };
        let has_ended =
            |error: &EvalAltResult| report::halt(error).is_none_or(|halt| matches!(halt, Halt::Exit(_)));
        let result = match calls
            .unanswered()
            .filter(|_| result.as_ref().map_or_else(|error| has_ended(error), |_| true))
        {
            Some(failure) => Err(Halt::Stopped(Box::new(failure)).into_error(Position::NONE)),
            None => result,
        };
        self.functions = self.functions.merge(&ready.clone_functions_only());
        self.keep_imports(&ast, &source.name);
        match result {
            Ok(value) => {
                self.remember_value(&value);
                Ending::Finished(finished(&value))
            }
            Err(error) => {
                let ending = self.ended(&error, source);
                self.remember_error(&error, source, &ending);
                ending
            }
        }
    }

    /// Ends the session of a process that is about to end. The engine is left to the system, which is faster than taking
    /// its tables apart; the script's values go here, since what they hold may have to be closed.
    pub fn leave(self) {
        let Self { engine, scope, .. } = self;
        drop(scope);
        std::mem::forget(engine);
    }

    fn ended(&self, error: &EvalAltResult, source: &Arc<Source>) -> Ending {
        let calls = self.host.calls();
        let scene = Scene { main: source, sources: &self.sources, secrets: calls.secrets() };
        let Some(halt) = report::halt(error) else {
            let report = scene.report(error);
            let kind = report.data.get("kind").and_then(Value::as_str);
            let is_unreachable = kind == Some(calls::Kind::Unreachable.word());
            return Ending::Failed { report, is_unreachable };
        };
        let beyond = |message: String, help: &str| {
            let report = scene.ended(Report::error(message).help(help), error);
            Ending::Failed { report, is_unreachable: false }
        };
        match halt {
            halt if halt.is_end_of_history() => Ending::Finished(Value::Null),
            Halt::Exit(code) => Ending::Exited(code),
            Halt::Interrupted(Some(failure)) => Ending::Interrupted(scene.of_failure(&failure, error)),
            Halt::Interrupted(None) => Ending::Interrupted(scene.ended(Report::error("interrupted"), error)),
            Halt::Stopped(failure) if failure.kind() == calls::Kind::Unreachable => {
                Ending::Failed { report: scene.of_failure(&failure, error), is_unreachable: true }
            }
            Halt::Stopped(failure) => Ending::Stopped(scene.of_failure(&failure, error)),
            Halt::Memory(limit) => beyond(
                format!("the script needs more than {} MiB of memory", limit >> 20),
                "If that is right, raise the limit with --memory.",
            ),
            Halt::Compute(limit) => beyond(
                format!("the script computed for {} without calling the host", text::duration(limit)),
                "Is there a loop that does not end? If not, raise the limit with --compute.",
            ),
            Halt::TooDeep => {
                let words = words::of_error(error.unwrap_inner(), &self.sources, None);
                beyond(words.message, &words.help.unwrap_or_default())
            }
        }
    }
}

/// The value of a script as data. What is no data is shown as a script would write it.
pub(super) fn finished(value: &Dynamic) -> Value {
    convert::to_json(value).unwrap_or_else(|_| {
        let mut text = String::new();
        super::guards::write(&mut text, value, 64);
        text.into()
    })
}
