//! What can be found wrong with a script without running it: names, numbers of arguments, literal arguments.
//!
//! Not here: parse errors, and anything that only may be wrong. A finding that is an error is one that would
//! certainly fail where it stands.

mod arguments;
mod bulk;
mod captures;
mod given;
mod imports;
mod modules;
mod names;
mod needs;
mod pieces;
mod secrets;
#[cfg(test)]
mod tests;
mod undefined;

pub use given::{reads_words, undeclared_params};
pub use imports::{COMPUTED_IMPORT, computed_imports, imported, imported_at_once};
pub use modules::{Exports, ModuleCall, exports, module_calls, wrong_module_call};
pub use needs::{Called, called, known_needs, undeclared, unused};
pub use secrets::{codes_in, named_secret_literals, secret_literals};
pub use undefined::further_undefined;

use super::words::newcomers;
use super::{Builtin, testing};
use crate::api::{self, Endpoint};
use crate::base::report::Severity;
use crate::base::text;
use arguments::Call;
use names::{Names, Style};
use rhai::{AST, ASTNode, Engine, Expr, FnCallExpr, Position, Stmt, SwitchCasesCollection};

/// A function of the host: a row of one of the two tables.
#[derive(Debug, Clone, Copy)]
pub enum HostFn {
    /// Of the API.
    Endpoint(&'static Endpoint),
    /// Of the host itself.
    Builtin(&'static Builtin),
}

impl HostFn {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Endpoint(endpoint) => endpoint.function,
            Self::Builtin(builtin) => builtin.name,
        }
    }

    /// How many arguments it takes.
    fn arities(self) -> Vec<usize> {
        match self {
            Self::Endpoint(endpoint) => (0..=endpoint.positional.len() + 1).collect(),
            Self::Builtin(builtin) => builtin.arities.to_vec(),
        }
    }

    /// The ways to call it, for people.
    fn signatures(self) -> Vec<String> {
        match self {
            Self::Endpoint(endpoint) => endpoint.signatures(),
            Self::Builtin(builtin) => builtin.signatures.iter().map(|&way| way.to_owned()).collect(),
        }
    }
}

/// Nobody reads more, and each is looked up among all names.
pub const MOST_FINDINGS: usize = 50;

/// Something wrong with a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong: a fragment without a full stop.
    pub message: String,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// How many characters to mark.
    pub length: usize,
    /// What to do about it, in sentences.
    pub help: Option<String>,
    /// Whether it is certain to fail.
    pub severity: Severity,
}

impl Finding {
    fn error(position: Position, length: usize, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            line: position.line().unwrap_or(0),
            column: position.position().unwrap_or(0),
            length: length.max(1),
            help: None,
            severity: Severity::Error,
        }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}

/// Everything that is wrong with a parsed script, by position. It must have been parsed without optimisation,
/// so that literals stand as they were written.
///
/// `text` is what was parsed, and `whole` is `ast` with the functions it can call besides its own; a script by itself is its own whole.
pub fn check(text: &str, ast: &AST, whole: &AST, engine: &Engine, host: &[HostFn]) -> Vec<Finding> {
    let mut findings = pieces::findings(text);
    if ast.statements().is_empty() && ast.iter_fn_def().next().is_none() {
        return findings;
    }
    let names = Names::collect(whole, engine, host);
    findings.extend(redefinitions(text, ast, &names));
    ast.walk(&mut |path: &[ASTNode]| {
        match path.last() {
            Some(
                ASTNode::Stmt(Stmt::FnCall(call, position)) | ASTNode::Expr(Expr::FnCall(call, position)),
            ) => {
                check_call(call, *position, path, &names, &mut findings);
            }
            Some(ASTNode::Expr(Expr::MethodCall(call, position))) => {
                check_method(call, *position, path, &names, &mut findings);
            }
            Some(ASTNode::Stmt(Stmt::Switch(parts, _))) => findings.extend(repeated_cases(&parts.1)),
            _ => {}
        }
        findings.len() < MOST_FINDINGS
    });
    findings.extend(imports::findings(ast));
    // Only tests have it.
    if names.host("run_recipe").is_some() {
        findings.extend(testing::with_parameters(ast).into_iter().map(|(name, position)| {
            Finding::error(position, 1, format!("`{name}` has parameters, and a test is called without any"))
                .help("Give the function another name if it is not a test of its own.")
        }));
    }
    findings.extend(captures::changed(ast));
    findings.sort_by(|a, b| (a.line, a.column, &a.message).cmp(&(b.line, b.column, &b.message)));
    findings.dedup();
    findings
}

/// A script's function would silently stand in for the host's.
fn redefinitions(text: &str, ast: &AST, names: &Names) -> Vec<Finding> {
    let taken = ast.iter_fn_def().filter(|function| names.host(&function.name).is_some());
    let redefined = taken.map(|function| {
        // The engine keeps no position of the name, only that of the body.
        let named = pieces::name_of(text, &function.name);
        let length = if named.is_some() { function.name.chars().count() } else { 1 };
        Finding::error(
            named.unwrap_or_else(|| function.body.start_position()),
            length,
            format!("`{}` is a function of the host and cannot be redefined", function.name),
        )
        .help("Give the function another name.")
    });
    redefined.collect()
}

/// Cases that an earlier one of the same value leaves nothing.
fn repeated_cases(cases: &SwitchCasesCollection) -> Vec<Finding> {
    let is_always = |at: usize| matches!(cases.expressions[at].lhs, Expr::BoolConstant(true, _));
    let mut found = Vec::new();
    for case in cases.cases.values() {
        let taken = case.blocks.iter().position(|block| is_always(*block));
        let left = taken.map_or(&[][..], |taken| &case.blocks[taken + 1..]);
        found.extend(left.iter().map(|block| {
            let position = cases.expressions[*block].rhs.start_position();
            Finding::error(position, 1, "this case stands in the `switch` twice, so this one never runs")
                .help("Leave one of the two out, or give the first one a condition: 1 if x > 5 => ....")
        }));
    }
    found
}

fn check_call(
    call: &FnCallExpr,
    position: Position,
    path: &[ASTNode],
    names: &Names,
    found: &mut Vec<Finding>,
) {
    let name = call.name.as_str();
    if call.is_qualified() || call.is_operator_call() {
        return;
    }
    if name == "Fn" {
        found.extend(check_pointer(call, names));
        return;
    }
    if names.is_special(name) {
        return;
    }
    if !names.knows(name) {
        if !names.is_guarded(name) {
            found.push(unknown_function(name, position, names));
        }
        return;
    }
    if let Some(finding) = wrong_count(name, call.args.len(), Style::Function, position, names) {
        found.push(finding);
        return;
    }
    let arguments = call.args.iter().map(Some).collect();
    check_arguments(name, position, arguments, path, names, found);
}

fn check_method(
    call: &FnCallExpr,
    position: Position,
    path: &[ASTNode],
    names: &Names,
    found: &mut Vec<Finding>,
) {
    let name = call.name.as_str();
    // A map's own function of that name would be called instead.
    if names.is_special(name) || names.is_property(name) || names.is_guarded(name) {
        return;
    }
    let receiver = receiver(path);
    let is_map = receiver.is_none_or(|receiver| !is_plain(receiver));
    let severity = if is_map { Severity::Warning } else { Severity::Error };
    if !names.knows(name) {
        // Too short a name is near to everything.
        let is_telling = !is_map || name.chars().count() > 3;
        if is_telling && (names.nearest(name).is_some() || newcomers::name(name).is_some()) {
            found.push(unknown_function(name, position, names).severity(severity));
        }
        return;
    }
    if let Some(finding) = wrong_count(name, call.args.len(), Style::Method, position, names) {
        found.push(finding.severity(severity));
        return;
    }
    if is_map {
        return;
    }
    let arguments = std::iter::once(receiver).chain(call.args.iter().map(Some)).collect();
    check_arguments(name, position, arguments, path, names, found);
}

fn check_arguments(
    name: &str,
    position: Position,
    arguments: Vec<Option<&Expr>>,
    path: &[ASTNode],
    names: &Names,
    found: &mut Vec<Finding>,
) {
    if names.is_of_script(name) || names.host(name).is_none() {
        return;
    }
    found.extend(bulk::unknown_options(name, &arguments));
    if let Some(endpoint) = api::by_function(name) {
        // A failing argument inside `try` may be what the script is about.
        let severity = if is_tried(path) { Severity::Warning } else { Severity::Error };
        let call = Call { endpoint, position, arguments, severity };
        found.extend(call.findings());
    }
}

/// `Fn("name")`: the name must be one.
fn check_pointer(call: &FnCallExpr, names: &Names) -> Option<Finding> {
    let [Expr::StringConstant(name, position)] = call.args.as_slice() else { return None };
    let length = name.chars().count() + 2;
    if name.contains("::") {
        let help = format!("Wrap it in a closure: |x| {name}(x).");
        let shown = text::one_line(name);
        return Some(Finding::error(*position, length, format!("`{shown}` cannot be pointed to")).help(help));
    }
    let is_fine = names.is_special(name) || names.knows(name) || names.is_guarded(name);
    if is_fine || !rhai::is_valid_identifier(name) {
        return None;
    }
    let finding = unknown_function(name, *position, names);
    Some(Finding { length, ..finding })
}

fn unknown_function(name: &str, position: Position, names: &Names) -> Finding {
    let length = name.chars().count();
    if names.is_variable(name) {
        return Finding::error(position, length, format!("there is no function `{name}`, it is a variable"))
            .help(format!("If it holds a function, call it with {name}.call(...)."));
    }
    if let Some((message, help)) = testing::only_in_tests(name) {
        return Finding::error(position, length, message).help(help);
    }
    if let Some(instead) = newcomers::name(name).filter(|_| !names.is_close(name)) {
        return Finding::error(position, length, format!("there is no function `{name}`")).help(instead);
    }
    let nearest = names.nearest(name);
    let suggestion = nearest.map(|name| format!(", did you mean `{name}`?")).unwrap_or_default();
    let finding = Finding::error(position, length, format!("there is no function `{name}`{suggestion}"));
    match nearest.and_then(|name| names.host(name)) {
        Some(host) => finding.help(ways(host)),
        None => finding,
    }
}

fn wrong_count(name: &str, count: usize, style: Style, position: Position, names: &Names) -> Option<Finding> {
    let arities = names.arities(name, style)?;
    if arities.contains(&count) {
        return None;
    }
    let least = arities.iter().min().copied().unwrap_or(0);
    let most = arities.iter().max().copied().unwrap_or(0);
    let takes = match most - least {
        0 => text::count(most, "argument"),
        1 => format!("{least} or {}", text::count(most, "argument")),
        _ => format!("{least} to {}", text::count(most, "argument")),
    };
    let here = if style == Style::Method { " in this place" } else { "" };
    let message = format!("`{name}` takes {takes}{here}, not {count}");
    let finding = Finding::error(position, name.chars().count(), message);
    Some(match names.host(name) {
        Some(host) => finding.help(ways(host)),
        // A method gets its receiver besides.
        None if style == Style::Method => finding,
        None => finding.help(format!("Call it as {}.", text::list_or(&names.own_ways(name)))),
    })
}

fn ways(host: HostFn) -> String {
    format!("Call it as {}.", text::list_or(&host.signatures()))
}

/// What a method call is called on, if it is a plain expression. `a.b().c()` is kept as `a.(b().c())`.
fn receiver<'a>(path: &[ASTNode<'a>]) -> Option<&'a Expr> {
    let is = |a: &Expr, b: &ASTNode| matches!(b, ASTNode::Expr(b) if std::ptr::eq(a, *b));
    let [.., outer, dot, call] = path else { return None };
    let ASTNode::Expr(Expr::Dot(parts, ..)) = dot else { return None };
    if is(&parts.rhs, call) {
        return Some(&parts.lhs);
    }
    match outer {
        ASTNode::Expr(Expr::Dot(parts, ..)) if is(&parts.rhs, dot) => Some(&parts.lhs),
        _ => None,
    }
}

/// Whether the value is certainly no map.
fn is_plain(receiver: &Expr) -> bool {
    matches!(
        receiver,
        Expr::BoolConstant(..)
            | Expr::IntegerConstant(..)
            | Expr::FloatConstant(..)
            | Expr::CharConstant(..)
            | Expr::StringConstant(..)
            | Expr::InterpolatedString(..)
            | Expr::Array(..)
    )
}

/// Whether the last node stands inside the body of a `try`.
fn is_tried(path: &[ASTNode]) -> bool {
    path.windows(2).any(|pair| match pair {
        [ASTNode::Stmt(Stmt::TryCatch(flow, _)), ASTNode::Stmt(inner)] => {
            flow.body.iter().any(|statement| std::ptr::eq(statement, *inner))
        }
        _ => false,
    })
}
