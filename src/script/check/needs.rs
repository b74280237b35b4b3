//! What a script calls against what its header declares, both ways.
//!
//! Not here: enforcing it; that is a stage of every call. What is only known at run time (imports, names put together)
//! is found there.

use super::{Finding, MOST_FINDINGS};
use crate::api::{self, Endpoint};
use crate::base::report::Severity;
use crate::script::header::Placed;
use rhai::{AST, ASTNode, Expr, FnCallExpr, Position, Stmt};
use std::collections::BTreeSet;

/// Functions of the language that call a function they are given.
const TAKE_FUNCTIONS: &[&str] = &[
    "all",
    "dedup",
    "drain",
    "filter",
    "find",
    "find_map",
    "for_each",
    "index_of",
    "map",
    "order_by",
    "reduce",
    "reduce_rev",
    "retain",
    "some",
    "sort",
    "sort_by",
    "zip",
];

/// What a script calls, as far as that stands in its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Called {
    /// Functions of the API, by name.
    pub functions: BTreeSet<&'static str>,
    /// Whether it also calls what only the run would tell, by `call_api` or by a computed `Fn`.
    pub anything: bool,
}

/// What `ast` calls, or points at with `Fn`.
pub fn called(ast: &AST) -> Called {
    let mut called = Called::default();
    ast.walk(&mut |path: &[ASTNode]| {
        let Some(node) = path.last() else { return true };
        match call_of(node) {
            Some((endpoint, _)) => drop(called.functions.insert(endpoint.function)),
            None => called.anything |= is_computed(node),
        }
        true
    });
    called
}

/// Calls that `needs` does not declare, and pointers to functions that nobody can tell before the run.
pub fn undeclared(ast: &AST, needs: &[&'static str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    ast.walk(&mut |path: &[ASTNode]| {
        let Some(node) = path.last() else { return true };
        match (call_of(node), call_in(node)) {
            (Some((endpoint, position)), _) if !needs.contains(&endpoint.function) => {
                findings.push(not_declared(endpoint, position));
            }
            (None, Some((call, position))) => findings.extend(untold(call, position)),
            _ => {}
        }
        findings.len() < MOST_FINDINGS
    });
    findings.sort_by_key(|finding| (finding.line, finding.column));
    findings.dedup();
    findings
}

/// A warning for a function that a header declares at this place, and nothing in the recipe calls.
pub fn unused(need: &Placed) -> Finding {
    let Placed { text, line, column, length } = need;
    let message = format!("the recipe declares `{text}` and never calls it");
    let help = "Take it out of `needs`: what a recipe may not do, it cannot do by mistake.";
    let finding = Finding::error(Position::NONE, *length, message).severity(Severity::Warning).help(help);
    Finding { line: *line, column: *column, ..finding }
}

/// Whether only the run would tell what is called.
fn is_computed(node: &ASTNode) -> bool {
    let is_made = function_argument(node).is_some_and(is_made_text);
    is_made || call_in(node).is_some_and(|(call, _)| is_computed_pointer(call) || is_call_api(call))
}

fn is_computed_pointer(call: &FnCallExpr) -> bool {
    call.name == "Fn" && !matches!(call.args.first(), None | Some(Expr::StringConstant(..)))
}

/// What a function of the language that calls another one is given for it. `index_of` may as well look for a text.
fn function_argument<'a>(node: &ASTNode<'a>) -> Option<&'a Expr> {
    let (call, _) = call_in(node)?;
    let at = usize::from(!matches!(node, ASTNode::Expr(Expr::MethodCall(..))));
    let calls = TAKE_FUNCTIONS.contains(&call.name.as_str()) && call.name != "index_of";
    call.args.get(at).filter(|_| calls)
}

/// Whether an expression surely is a text that is put together, as in `list.map("copy_" + what)`.
fn is_made_text(argument: &Expr) -> bool {
    match argument {
        Expr::InterpolatedString(..) => true,
        Expr::FnCall(call, _) => {
            let is_text = |part: &Expr| matches!(part, Expr::StringConstant(..)) || is_made_text(part);
            call.name == "+" && call.args.iter().any(is_text)
        }
        _ => false,
    }
}

/// A call that no header can declare: what it calls is no function of the API, or only the run would tell.
fn untold(call: &FnCallExpr, position: Position) -> Option<Finding> {
    const OTHERWISE: &str = "and a recipe that declares its needs may call nothing else";
    let named = match call.args.first() {
        Some(Expr::StringConstant(name, position)) if call.name == "call_api" => Some((name, *position)),
        _ => None,
    };
    if let Some((action, position)) = named {
        let message = format!("this is no known action, {OTHERWISE}");
        let help = "Leave `needs` out if the recipe must call it. It then counts as destructive.";
        return Some(Finding::error(position, action.chars().count() + 2, message).help(help));
    }
    if is_call_api(call) {
        let message = format!("only the run would tell which action this calls, {OTHERWISE}");
        let help = "Write the action out, as in call_api(\"profile-copy\", #{ ... }), or leave `needs` out.";
        return Some(Finding::error(position, call.name.chars().count(), message).help(help));
    }
    is_computed_pointer(call).then(|| {
        let message = format!("only the run would tell which function this is, {OTHERWISE}");
        let help = "Write the name out, as in Fn(\"copy_profile\"), or choose among functions with `if` or `switch`.";
        Finding::error(position, "Fn".len(), message).help(help)
    })
}

/// The functions that a script calls, in their order; nothing where that is known only at run time.
pub fn known_needs(ast: &AST) -> Option<Vec<&'static str>> {
    let mut called = BTreeSet::new();
    let mut is_known = true;
    ast.walk(&mut |path: &[ASTNode]| {
        let Some(node) = path.last() else { return true };
        match (call_of(node), call_in(node)) {
            (Some((endpoint, _)), _) => {
                called.insert(endpoint.function);
            }
            (None, Some(_)) => is_known &= !is_computed(node),
            (None, None) => is_known &= !matches!(node, ASTNode::Stmt(Stmt::Import(..))),
        }
        true
    });
    is_known.then(|| called.into_iter().collect())
}

fn not_declared(endpoint: &Endpoint, position: Position) -> Finding {
    let function = endpoint.function;
    Finding::error(
        position,
        function.len(),
        format!("the recipe calls `{function}`, which its header does not declare"),
    )
    .help(format!("Add it to the header: needs = [..., \"{function}\"]."))
}

/// Whether it calls `call_api`, or hands it to a function that does.
fn is_call_api(call: &FnCallExpr) -> bool {
    let names_it = |argument: &Expr| matches!(argument, Expr::StringConstant(name, _) if name == "call_api");
    match call.name.as_str() {
        "call_api" => true,
        "Fn" => call.args.first().is_some_and(names_it),
        name => TAKE_FUNCTIONS.contains(&name) && call.args.iter().any(names_it),
    }
}

fn call_in<'a>(node: &ASTNode<'a>) -> Option<(&'a FnCallExpr, Position)> {
    match node {
        ASTNode::Expr(Expr::FnCall(call, position) | Expr::MethodCall(call, position))
        | ASTNode::Stmt(Stmt::FnCall(call, position)) => Some((call, *position)),
        _ => None,
    }
}

/// The endpoint that a node calls, or points at.
fn call_of(node: &ASTNode) -> Option<(&'static Endpoint, Position)> {
    let (call, position) = call_in(node)?;
    // These take the name of a function for the function: `[1640].map("copy_profile")`.
    if TAKE_FUNCTIONS.contains(&call.name.as_str())
        && let Some(endpoint) = call.args.iter().find_map(named)
    {
        return Some(endpoint);
    }
    match (call.name.as_str(), call.args.first()) {
        ("Fn", Some(name)) => named(name),
        ("call_api", Some(Expr::StringConstant(action, position))) => {
            Some((api::by_action(action)?, *position))
        }
        (name, _) => Some((of_name(name)?, position)),
    }
}

/// The endpoint that the function of this name calls.
fn of_name(name: &str) -> Option<&'static Endpoint> {
    api::by_function(match name {
        "copy_profiles" => "copy_profile",
        "import_profiles" => "import_profile",
        name => name,
    })
}

/// The endpoint whose name stands here as a text.
fn named(argument: &Expr) -> Option<(&'static Endpoint, Position)> {
    match argument {
        Expr::StringConstant(name, position) => Some((of_name(name)?, *position)),
        _ => None,
    }
}
