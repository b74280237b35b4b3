//! Scripts of a small grammar: as text for the engine, and as the calls they must make, given what they are told.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The profile that scripts copy.
pub(crate) const TEMPLATE: i64 = 1640;
/// Another one.
pub(crate) const OTHER: i64 = 161;
/// The group that scripts work in.
pub(crate) const GROUP: i64 = 177;
/// Where scripts move profiles to.
pub(crate) const OTHER_GROUP: i64 = 169;

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Statement {
    /// Copies a profile and keeps the id of the copy.
    Copy { source: i64, name: Name, group: bool },
    /// Imports a profile by a code of this place and item.
    Import,
    /// Imports by a code with a blank behind it, which the app takes as the code.
    ImportWithBlank,
    /// Sets the note of the source: what its copies carry.
    NoteSource { source: i64 },
    /// Sets the note of the last copy, which says where it came from.
    NoteLast,
    /// Sets a note that the next one replaces, whether or not the first fails.
    NoteTwice,
    /// Gives the last copy another number.
    Renumber,
    /// Swaps the numbers of the two sources over a third one.
    Swap,
    /// Moves the last copy to the other group.
    Move,
    /// Deletes the last copy.
    Delete,
    /// Renames every profile of the group: read, change, write.
    RenameAll,
    /// Creates what a list says is missing of three names.
    CreateMissing,
    /// Names a copy by the number of profiles that a list says there are.
    CopyByCount,
    /// Names a copy by the number of items of the last `parallel` that were done.
    CopyByOutcomes,
    /// Copies under another name if the first is refused.
    CopyOrElse { name: Name },
    /// Several times the same.
    Repeat { count: i64, body: Vec<Statement> },
    /// For each item, several at once.
    Parallel { items: Vec<i64>, body: Vec<Statement> },
    /// What fails in it is caught, and the script goes on.
    Try(Vec<Statement>),
}

/// What a copy is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    /// By its place in the script, and the items and rounds it is in.
    Own,
    /// The same everywhere.
    Same,
    /// By its items and rounds, with signs that an app may alter.
    Odd,
    /// As its source.
    None,
}

/// A fiber: the script itself, or an item of a `parallel`. Its path has the number of each `parallel` and the item in it.
pub(crate) type Fiber = Vec<(u32, i64)>;

/// A call that a script makes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) function: String,
    pub(crate) given: Map<String, Value>,
}

/// What a script was told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Told {
    Done(Value),
    /// It failed; `ends_run` if no `catch` sees that.
    Failed {
        is_unknown: bool,
        is_doubt: bool,
        ends_run: bool,
        is_drift: bool,
        message: String,
    },
}

/// What a script was told, in order, by fiber.
pub(crate) type Trace = BTreeMap<Fiber, Vec<(Call, Told)>>;

/// Why a body is left.
enum Left {
    /// An error that a `try` catches.
    Thrown,
    /// The run ended.
    Ended,
}

/// The script as text.
pub(crate) fn text(body: &[Statement]) -> String {
    let mut text = String::from("let last = 0; let made = 0;\n");
    write_body(&mut text, body, &mut Writer { site: 0, depth: 0, variables: Vec::new() });
    text
}

struct Writer {
    /// The number of the statement.
    site: usize,
    depth: usize,
    /// Rounds and items, outermost first.
    variables: Vec<String>,
}

impl Writer {
    fn suffix(&self) -> String {
        self.variables.iter().map(|name| format!("-${{{name}}}")).collect()
    }

    fn name(&self, name: Name) -> Option<String> {
        match name {
            Name::Own => Some(format!("n{}{}", self.site, self.suffix())),
            Name::Same => Some("shop".to_owned()),
            Name::Odd => Some(format!("A & B/{}  x{}", self.site, self.suffix())),
            Name::None => None,
        }
    }
}

fn write_body(text: &mut String, body: &[Statement], writer: &mut Writer) {
    for statement in body {
        writer.site += 1;
        let indent = "    ".repeat(writer.depth);
        let site = writer.site;
        let suffix = writer.suffix();
        let mut line = |line: String| {
            let _ = writeln!(text, "{indent}{line}");
        };
        match statement {
            Statement::Copy { source, name, group } => {
                let mut fields: Vec<String> =
                    writer.name(*name).map(|name| format!("name: `{name}`")).into_iter().collect();
                fields.extend(group.then(|| format!("group_id: {GROUP}")));
                line(format!("last = copy_profile({source}, #{{ {} }});", fields.join(", ")));
            }
            Statement::Import => line(format!("last = import_profile(`code-{site}{suffix}`);")),
            Statement::ImportWithBlank => line(format!("last = import_profile(`code-{site}{suffix} `);")),
            Statement::NoteSource { source } => {
                line(format!("update_profile({source}, #{{ note: `t{site}{suffix}` }});"));
            }
            Statement::NoteLast => line(format!("update_profile(last, #{{ note: `m{site}{suffix}` }});")),
            Statement::NoteTwice => {
                line(format!("try {{ update_profile(last, #{{ note: `working{suffix}` }}); }} catch {{ }}"));
                line(format!("update_profile(last, #{{ note: `done{suffix}` }});"));
            }
            Statement::Renumber => {
                line("update_profile(last, #{ new_profile_id: last + 7000 });".to_owned());
                line("last += 7000;".to_owned());
            }
            Statement::Swap => {
                for (from, to) in swap() {
                    line(format!("update_profile({from}, #{{ new_profile_id: {to} }});"));
                }
            }
            Statement::Move => line(format!("move_profiles(last, {OTHER_GROUP});")),
            Statement::Delete => line("delete_profile(last);".to_owned()),
            Statement::RenameAll => {
                line(format!("for p in list_profiles(#{{ group_id: {GROUP} }}) {{"));
                line("    update_profile(p.profile_id, #{ name: \"EU-\" + p.name });".to_owned());
                line("}".to_owned());
            }
            Statement::CreateMissing => {
                line(format!("let have{site} = list_profiles(#{{ group_id: {GROUP} }}).map(|p| p.name);"));
                line(format!("for k in 1..=3 {{ if !have{site}.contains(`c{site}{suffix}-${{k}}`) {{"));
                line(format!(
                    "    copy_profile({TEMPLATE}, #{{ name: `c{site}{suffix}-${{k}}`, group_id: {GROUP} }});"
                ));
                line("} }".to_owned());
            }
            Statement::CopyByCount => {
                line(format!("let rows{site} = list_profiles(#{{ group_id: {GROUP} }});"));
                line(format!(
                    "last = copy_profile({TEMPLATE}, #{{ name: `q{site}{suffix}-${{rows{site}.len()}}`, group_id: {GROUP} }});"
                ));
            }
            Statement::CopyByOutcomes => {
                line(format!("last = copy_profile({TEMPLATE}, #{{ name: `o{site}{suffix}-${{made}}` }});"));
            }
            Statement::CopyOrElse { name } => {
                let name = writer.name(*name).unwrap_or_default();
                line(format!("try {{ last = copy_profile({TEMPLATE}, #{{ name: `{name}` }}); }} catch {{"));
                line(format!("    last = copy_profile({TEMPLATE}, #{{ name: `{name}-b` }});"));
                line("}".to_owned());
            }
            Statement::Repeat { count, body } => {
                let variable = format!("r{}", writer.depth);
                line(format!("for {variable} in 1..={count} {{"));
                nested(text, body, writer, variable);
                let _ = writeln!(text, "{indent}}}");
            }
            Statement::Parallel { items, body } => {
                let variable = format!("i{}", writer.depth);
                line(format!("made = parallel({items:?}, |{variable}| {{"));
                let _ = writeln!(text, "{indent}    let last = 0; let made = 0;");
                nested(text, body, writer, variable);
                let _ = writeln!(text, "{indent}}}).filter(|outcome| outcome.ok).len();");
            }
            Statement::Try(body) => {
                line("try {".to_owned());
                writer.depth += 1;
                write_body(text, body, writer);
                writer.depth -= 1;
                let _ = writeln!(text, "{indent}}} catch {{ }}");
            }
        }
    }
}

fn nested(text: &mut String, body: &[Statement], writer: &mut Writer, variable: String) {
    writer.depth += 1;
    writer.variables.push(variable);
    write_body(text, body, writer);
    writer.variables.pop();
    writer.depth -= 1;
}

fn swap() -> [(i64, i64); 3] {
    [(TEMPLATE, 9999), (OTHER, TEMPLATE), (9999, OTHER)]
}

/// What a reference run of a script finds.
pub(crate) struct Reference {
    /// The first call that the script should not have made, or made and did not.
    pub(crate) problem: Option<String>,
    /// The items of each fiber, by their places in the arrays of items: an edit changes places, and not items.
    pub(crate) items: BTreeMap<Fiber, Fiber>,
}

/// Runs a script as its grammar says, with what it was told. Fibers of the trace are named by places.
pub(crate) fn interpret(body: &[Statement], trace: &Trace) -> Reference {
    let items = BTreeMap::from([(Fiber::new(), Fiber::new())]);
    let mut interpreter = Interpreter { trace, site: 0, found: Reference { problem: None, items } };
    let mut main = Run::default();
    // A script that went to its end made no call more.
    if interpreter.body(body, &mut main).is_ok() {
        interpreter.finish(&main);
    }
    interpreter.found
}

struct Interpreter<'a> {
    trace: &'a Trace,
    site: usize,
    found: Reference,
}

/// How far a fiber is.
#[derive(Default)]
struct Run {
    path: Fiber,
    items: Fiber,
    /// The next call of its trace.
    next: usize,
    /// How many `parallel` it has begun.
    batches: u32,
    last: i64,
    /// How many items of the last `parallel` were done.
    made: usize,
    variables: Vec<i64>,
}

impl Run {
    fn suffix(&self) -> String {
        self.variables.iter().map(|value| format!("-{value}")).collect()
    }

    fn name(&self, name: Name, site: usize) -> Option<String> {
        match name {
            Name::Own => Some(format!("n{site}{}", self.suffix())),
            Name::Same => Some("shop".to_owned()),
            Name::Odd => Some(format!("A & B/{site}  x{}", self.suffix())),
            Name::None => None,
        }
    }
}

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

impl Interpreter<'_> {
    fn body(&mut self, body: &[Statement], run: &mut Run) -> Result<(), Left> {
        for statement in body {
            self.site += 1;
            let begun = self.site;
            let left = self.statement(statement, run);
            // Numbers of statements are those of the text, however the body was left.
            self.site = begun + statements_in(statement);
            left?;
        }
        Ok(())
    }

    fn statement(&mut self, statement: &Statement, run: &mut Run) -> Result<(), Left> {
        let site = self.site;
        match statement {
            Statement::Copy { source, name, group } => {
                let mut given = map(json!({ "profile_id": source }));
                if let Some(name) = run.name(*name, site) {
                    given.insert("name".into(), name.into());
                }
                if *group {
                    given.insert("group_id".into(), GROUP.into());
                }
                run.last = self.call(run, "copy_profile", given)?.as_i64().unwrap_or(0);
            }
            Statement::Import | Statement::ImportWithBlank => {
                let blank = if *statement == Statement::Import { "" } else { " " };
                let code = format!("code-{site}{}{blank}", run.suffix());
                run.last = self
                    .call(run, "import_profile", map(json!({ "transfer_code": code })))?
                    .as_i64()
                    .unwrap_or(0);
            }
            Statement::NoteSource { source } => {
                self.update(run, *source, "note", format!("t{site}{}", run.suffix()))?;
            }
            Statement::NoteLast => self.update(run, run.last, "note", format!("m{site}{}", run.suffix()))?,
            Statement::NoteTwice => {
                if let Err(Left::Ended) =
                    self.update(run, run.last, "note", format!("working{}", run.suffix()))
                {
                    return Err(Left::Ended);
                }
                self.update(run, run.last, "note", format!("done{}", run.suffix()))?;
            }
            Statement::Renumber => {
                self.update(run, run.last, "new_profile_id", run.last + 7000)?;
                run.last += 7000;
            }
            Statement::Swap => {
                for (from, to) in swap() {
                    self.update(run, from, "new_profile_id", to)?;
                }
            }
            Statement::Move => {
                let given = map(json!({ "profile_id": run.last, "group_id": OTHER_GROUP }));
                self.call(run, "move_profiles", given)?;
            }
            Statement::Delete => {
                self.call(run, "delete_profile", map(json!({ "profile_id": run.last })))?;
            }
            Statement::RenameAll => {
                for row in self.list(run)? {
                    let id = row["profile_id"].as_i64().unwrap_or(0);
                    let name = format!("EU-{}", row["name"].as_str().unwrap_or_default());
                    self.update(run, id, "name", name)?;
                }
            }
            Statement::CreateMissing => {
                let have: Vec<Value> = self.list(run)?.iter().map(|row| row["name"].clone()).collect();
                for number in 1..=3 {
                    let name = Value::from(format!("c{site}{}-{number}", run.suffix()));
                    if !have.contains(&name) {
                        let given = json!({ "profile_id": TEMPLATE, "name": name, "group_id": GROUP });
                        self.call(run, "copy_profile", map(given))?;
                    }
                }
            }
            Statement::CopyByCount => {
                let count = self.list(run)?.len();
                let name = format!("q{site}{}-{count}", run.suffix());
                let given = json!({ "profile_id": TEMPLATE, "name": name, "group_id": GROUP });
                run.last = self.call(run, "copy_profile", map(given))?.as_i64().unwrap_or(0);
            }
            Statement::CopyByOutcomes => {
                let name = format!("o{site}{}-{}", run.suffix(), run.made);
                let given = json!({ "profile_id": TEMPLATE, "name": name });
                run.last = self.call(run, "copy_profile", map(given))?.as_i64().unwrap_or(0);
            }
            Statement::CopyOrElse { name } => {
                let name = run.name(*name, site).unwrap_or_default();
                let copy = |name: String| map(json!({ "profile_id": TEMPLATE, "name": name }));
                let made = match self.call(run, "copy_profile", copy(name.clone())) {
                    Err(Left::Thrown) => self.call(run, "copy_profile", copy(format!("{name}-b"))),
                    made => made,
                };
                run.last = made?.as_i64().unwrap_or(0);
            }
            Statement::Repeat { count, body } => {
                for round in 1..=*count {
                    self.site = site;
                    run.variables.push(round);
                    let left = self.body(body, run);
                    run.variables.pop();
                    left?;
                }
            }
            Statement::Parallel { items, body } => self.parallel(items, body, run, site)?,
            Statement::Try(body) => match self.body(body, run) {
                Err(Left::Thrown) => {}
                left => left?,
            },
        }
        Ok(())
    }

    fn parallel(
        &mut self,
        items: &[i64],
        body: &[Statement],
        run: &mut Run,
        site: usize,
    ) -> Result<(), Left> {
        let batch = run.batches;
        run.batches += 1;
        let (mut has_ended, mut made) = (false, 0);
        for (place, item) in items.iter().enumerate() {
            let below =
                |fiber: &Fiber, last: i64| fiber.iter().copied().chain([(batch, last)]).collect::<Fiber>();
            let mut inner = Run {
                path: below(&run.path, place as i64),
                items: below(&run.items, *item),
                variables: run.variables.iter().copied().chain([*item]).collect(),
                ..Run::default()
            };
            self.found.items.insert(inner.path.clone(), inner.items.clone());
            self.site = site;
            match self.body(body, &mut inner) {
                Ok(()) => {
                    self.finish(&inner);
                    made += 1;
                }
                Err(Left::Thrown) => {}
                Err(Left::Ended) => has_ended = true,
            }
        }
        run.made = made;
        if has_ended { Err(Left::Ended) } else { Ok(()) }
    }

    fn problem(&mut self, problem: String) {
        self.found.problem.get_or_insert(problem);
    }

    fn finish(&mut self, run: &Run) {
        if let Some((call, _)) = self.trace.get(&run.path).and_then(|calls| calls.get(run.next)) {
            let problem = format!("{:?} made a call too many: {call:?}", run.path);
            self.problem(problem);
        }
    }

    fn list(&mut self, run: &mut Run) -> Result<Vec<Value>, Left> {
        let rows = self.call(run, "list_profiles", map(json!({ "group_id": GROUP })))?;
        Ok(rows.as_array().cloned().unwrap_or_default())
    }

    fn update(&mut self, run: &mut Run, id: i64, field: &str, value: impl Into<Value>) -> Result<(), Left> {
        let mut given = map(json!({ "profile_id": id }));
        given.insert(field.to_owned(), value.into());
        self.call(run, "update_profile", given).map(drop)
    }

    fn call(&mut self, run: &mut Run, function: &str, given: Map<String, Value>) -> Result<Value, Left> {
        let Some((call, told)) = self.trace.get(&run.path).and_then(|calls| calls.get(run.next)) else {
            return Err(Left::Ended);
        };
        run.next += 1;
        if call.function != function || call.given != given {
            let expected = Call { function: function.to_owned(), given };
            let problem = format!("{:?} should have called {expected:?} and called {call:?}", run.path);
            self.problem(problem);
            return Err(Left::Ended);
        }
        match told {
            Told::Done(value) => Ok(value.clone()),
            Told::Failed { ends_run: true, .. } => Err(Left::Ended),
            Told::Failed { .. } => Err(Left::Thrown),
        }
    }
}

/// How many statements lie inside one.
fn statements_in(statement: &Statement) -> usize {
    match statement {
        Statement::Repeat { body, .. } | Statement::Parallel { body, .. } | Statement::Try(body) => {
            body.iter().map(|inner| 1 + statements_in(inner)).sum()
        }
        _ => 0,
    }
}

/// Every statement, outermost first.
pub(crate) fn all(body: &[Statement]) -> Vec<&Statement> {
    let mut found = Vec::new();
    for statement in body {
        found.push(statement);
        if let Statement::Repeat { body, .. } | Statement::Parallel { body, .. } | Statement::Try(body) =
            statement
        {
            found.extend(all(body));
        }
    }
    found
}

impl Statement {
    /// What it is, for the table of what was covered.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Copy { name: Name::None, .. } => "copy without a name",
            Self::Copy { name: Name::Same, .. } => "copies of one name",
            Self::Copy { name: Name::Odd, .. } => "copy with an odd name",
            Self::Copy { .. } => "copy",
            Self::Import => "import",
            Self::ImportWithBlank => "import of a code with a blank",
            Self::NoteSource { .. } => "template update",
            Self::NoteLast => "update of a copy",
            Self::NoteTwice => "two updates",
            Self::Renumber => "renumber",
            Self::Swap => "swap numbers",
            Self::Move => "move",
            Self::Delete => "delete",
            Self::RenameAll => "read, change, write",
            Self::CreateMissing => "create what is missing",
            Self::CopyByCount => "name by count",
            Self::CopyByOutcomes => "name by outcomes",
            Self::CopyOrElse { .. } => "copy or else",
            Self::Repeat { .. } => "loop",
            Self::Parallel { .. } => "parallel",
            Self::Try(_) => "try",
        }
    }
}
