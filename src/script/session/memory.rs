//! What a session remembers from one text to the next: variables, imports, the last value and the last error.
//!
//! Not here: running texts. A session of one text remembers nothing by itself.

use super::{Ending, Session, finished};
use crate::base::report::{Report, Severity, Source};
use crate::script::language::Receiver;
use crate::script::last::{self, Marks};
use crate::script::limits::Halt;
use crate::script::report;
use crate::script::thrown::{self, HostError, with_fields};
use rhai::{AST, Dynamic, EvalAltResult, Expr, Map, Stmt};
use serde_json::Value;
use std::collections::HashSet;
use std::sync::Arc;

/// Fields of a map that are told.
const MOST_FIELDS: usize = 1000;

/// A variable of a session, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What it is, where that has methods.
    pub receiver: Option<Receiver>,
    /// The keys of a map.
    pub fields: Vec<String>,
}

impl Variable {
    fn new(name: &str, value: &Dynamic) -> Self {
        let names = |fields: &Map| fields.keys().take(MOST_FIELDS).map(ToString::to_string).collect();
        let fields: Option<Vec<String>> = with_fields(value, names);
        let receiver = match () {
            () if value.is_array() => Some(Receiver::Array),
            () if fields.is_some() => Some(Receiver::Map),
            () if value.is_string() => Some(Receiver::Text),
            () => None,
        };
        Self { name: name.to_owned(), receiver, fields: fields.unwrap_or_default() }
    }
}

/// A function that was defined in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// How to call it.
    pub signature: String,
}

impl Session {
    /// With the last value as `_` and the last error as `_error`.
    #[must_use]
    pub fn remembering(mut self) -> Self {
        self.marks = Some(Marks::install(&mut self.engine, &mut self.scope));
        self
    }

    /// The type of the last line's value, and how much there is of it.
    pub fn last_type(&self) -> &str {
        &self.described
    }

    /// Whether the last line's value was a text.
    pub fn is_text(&self) -> bool {
        self.described.starts_with("string") || self.described == "char"
    }

    /// Where the last text failed when it ran: the line and column of what it was doing at its top level.
    pub fn failed_at(&self) -> Option<(usize, usize)> {
        self.failed_at
    }

    /// The variables defined so far, as far as somebody who types needs to know.
    pub fn variables(&self) -> Vec<Variable> {
        self.visible().into_iter().map(|(name, value)| Variable::new(name, value)).collect()
    }

    /// The functions defined so far.
    pub fn functions(&self) -> Vec<Function> {
        let named = self.functions.iter_functions().filter(|function| !function.name.starts_with("anon$"));
        let functions = named.map(|function| Function {
            name: function.name.to_owned(),
            signature: format!("{}({})", function.name, function.params.join(", ")),
        });
        functions.collect()
    }

    /// The variables defined so far, with their values; those that are remembered only once they hold something.
    pub fn values(&self) -> Vec<(String, Value)> {
        let remembered = [last::VALUE, last::ERROR];
        let told =
            self.visible().into_iter().filter(|(name, value)| !value.is_unit() || !remembered.contains(name));
        told.map(|(name, value)| (name.to_owned(), finished(value))).collect()
    }

    /// Every variable that is not hidden by a later one of its name, in the order they were made.
    fn visible(&self) -> Vec<(&str, &Dynamic)> {
        let mut seen = HashSet::new();
        // The engine tells the latest first.
        let latest = self.scope.iter_raw().map(|(name, _, value)| (name, value));
        let mut variables: Vec<(&str, &Dynamic)> = latest.filter(|(name, _)| seen.insert(*name)).collect();
        variables.reverse();
        variables
    }

    /// The names that this text imported stand for their modules in later ones too, and in the functions of all.
    pub(super) fn keep_imports(&mut self, ast: &AST, importer: &str) {
        if self.marks.is_none() {
            return;
        }
        let imports = ast.statements().iter().filter_map(|statement| match statement {
            Stmt::Import(import, _) => Some(&**import),
            _ => None,
        });
        for (path, name) in imports {
            let Expr::StringConstant(path, _) = path else { continue };
            let loaded = self.resolver.loaded(path, importer).filter(|_| !name.name.is_empty());
            if let Some(module) = loaded {
                self.engine.register_static_module(name.name.as_str(), module);
            }
        }
    }

    /// A text that is not run.
    pub(super) fn refused(&mut self, reports: Vec<Report>) -> Ending {
        let last = reports.iter().rfind(|report| report.severity == Severity::Error);
        if let Some(error) = last.filter(|_| self.marks.is_some()).map(last::told) {
            self.set(last::ERROR, error);
        }
        Ending::Refused(reports)
    }

    /// A line without a value leaves the last one as it is.
    pub(super) fn remember_value(&mut self, value: &Dynamic) {
        if self.marks.is_none() {
            return;
        }
        self.described = last::describe(value);
        if !value.is_unit() {
            self.set(last::VALUE, value.clone());
        }
    }

    pub(super) fn remember_error(&mut self, error: &EvalAltResult, source: &Arc<Source>, ending: &Ending) {
        if self.marks.is_none() {
            return;
        }
        // The outermost position: inside functions and imports it is that of the call.
        self.failed_at = Some(last::place(self.sources.place(source, error.position())));
        let caught = match report::halt(error) {
            None => thrown::caught(error, Some(Arc::clone(source)), &self.sources),
            Some(Halt::Stopped(failure) | Halt::Interrupted(Some(failure))) => {
                let position = error.unwrap_inner().position();
                HostError::of_call(*failure, position, None).into_value()
            }
            Some(_) => match ending {
                Ending::Failed { report, .. } | Ending::Interrupted(report) => last::told(report),
                _ => return,
            },
        };
        self.set(last::ERROR, caught);
    }

    /// Sets one of the variables that are remembered, whatever a script has made of the name.
    fn set(&mut self, name: &'static str, value: Dynamic) {
        match self.scope.is_constant(name) {
            Some(true) => self.scope.push(name, value),
            _ => self.scope.set_value(name, value),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::cancel::Cancel;
    use crate::base::clock::Clock;
    use crate::base::mask::Secrets;
    use crate::base::report::Source;
    use crate::calls::{Calls, Policy};
    use crate::client::{BaseUrl, Client, Settings};
    use crate::script::{Console, Host, Input, Level, Limits};
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    struct Nowhere;

    impl Console for Nowhere {
        fn print(&self, _: &str) {}
        fn log(&self, _: Level, _: &str) {}
    }

    /// A session that calls nothing.
    fn session(folder: Option<&Path>) -> Session {
        let cancel = Cancel::default();
        let second = Duration::from_secs(1);
        let url = BaseUrl::parse("http://127.0.0.1:1/api/v2/", false).unwrap();
        let settings = Settings { url, connect_timeout: second, timeout: second };
        let policy = Policy {
            retries: 0,
            allow_destructive: false,
            max_writes: None,
            interval: Duration::ZERO,
            is_dry: false,
        };
        let calls = Calls::new(Client::new(settings, &cancel), policy, cancel.clone(), Secrets::default());
        let limits = Limits { memory: usize::MAX, compute: Duration::from_secs(60) };
        let input = Input {
            params: serde_json::Map::new(),
            args: Vec::new(),
            secrets: Vec::new(),
            table: None,
            key: None,
            output: None,
            jobs: 1,
        };
        let host = Host::new(Arc::new(calls), Arc::new(Nowhere), cancel, Clock::System, limits, input);
        Session::new(host, folder).remembering()
    }

    fn run(session: &mut Session, text: &str) -> Value {
        let source = Arc::new(Source { name: "<repl>".into(), text: text.to_owned() });
        match session.run(&source) {
            Ending::Finished(value) => value,
            other => panic!("{text}: {other:?}"),
        }
    }

    fn fail(session: &mut Session, text: &str) -> String {
        let source = Arc::new(Source { name: "<repl>".into(), text: text.to_owned() });
        match session.run(&source) {
            Ending::Refused(reports) => reports[0].message.clone(),
            Ending::Failed { report, .. } => report.message,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_variable_that_was_made_again_has_its_latest_value() {
        let mut session = session(None);
        for line in ["let a = 1;", "let b = 2;", "let a = 3;", "let _ = 4;", "7"] {
            run(&mut session, line);
        }
        let values = session.values();
        let told: Vec<String> = values.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        assert_eq!(told, ["b = 2", "a = 3", "_ = 7"]);
        assert_eq!(run(&mut session, "_"), 7);
    }

    #[test]
    fn a_constant_of_the_name_is_no_obstacle() {
        let mut session = session(None);
        run(&mut session, "const _ = 4;");
        run(&mut session, "8");
        assert_eq!(run(&mut session, "_"), 8);
    }

    #[test]
    fn an_error_that_was_found_before_the_line_ran_is_the_last_one_too() {
        let mut session = session(None);
        let message = fail(&mut session, "nothing_like_it(1)");
        assert_eq!(run(&mut session, "_error.message"), message);
        let message = fail(&mut session, "let = 1");
        assert_eq!(run(&mut session, "_error.message"), message);
        assert_eq!(run(&mut session, "_error.position"), 5);
        let message = fail(&mut session, "1 / 0");
        assert_eq!(run(&mut session, "_error.message"), message);
    }

    #[test]
    fn whoever_types_is_told_of_fields_and_functions() {
        let mut session = session(None);
        run(&mut session, "let row = #{ id: 1, name: \"a\" }; let list = [1]; let t = \"x\"; let n = 1;");
        run(&mut session, "fn twice(n) { n * 2 } let f = |x| x;");
        let told = session.variables();
        let row = told.iter().find(|variable| variable.name == "row").unwrap();
        assert_eq!((row.receiver, row.fields.join(" ").as_str()), (Some(Receiver::Map), "id name"));
        assert_eq!(told.iter().find(|variable| variable.name == "n").unwrap().receiver, None);
        let function = Function { name: "twice".into(), signature: "twice(n)".into() };
        assert_eq!(session.functions(), [function]);
    }

    #[test]
    fn imports_stay_also_for_functions_of_other_lines() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("lib")).unwrap();
        let library = "fn twice(n) { n * 2 }\nconst ANSWER = 42;\nexport ANSWER;";
        std::fs::write(folder.path().join("lib/util.rhai"), library).unwrap();
        let mut session = session(Some(folder.path()));
        assert_eq!(fail(&mut session, "u::twice(4)"), "nothing is imported as `u`");
        run(&mut session, "import \"lib/util\" as u;");
        assert_eq!(run(&mut session, "u::twice(4)"), 8);
        assert_eq!(run(&mut session, "u::ANSWER"), 42);
        run(&mut session, "fn four(n) { u::twice(u::twice(n)) }");
        assert_eq!(run(&mut session, "four(1) + [1].map(|n| u::twice(n))[0]"), 6);
        // A line that fails later has imported all the same; one whose import fails has not.
        fail(&mut session, "import \"lib/util\" as v; throw 1");
        assert_eq!(run(&mut session, "v::twice(1)"), 2);
        fail(&mut session, "import \"lib/none\" as w;");
        assert_eq!(fail(&mut session, "w::twice(1)"), "nothing is imported as `w`");
        // Inside a block it is the block's alone.
        run(&mut session, "{ import \"lib/util\" as x; x::twice(1) }");
        assert_eq!(fail(&mut session, "x::twice(1)"), "nothing is imported as `x`");
    }
}
