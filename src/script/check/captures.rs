//! Closures given to `parallel` that change a captured variable: each call works on a copy, so the change would be lost
//! without a word.
//!
//! Not here: closures called elsewhere, where captured variables are shared.

use super::Finding;
use rhai::{AST, ASTNode, Expr, FnPtr, Position, Stmt};

/// Functions of the engine that change what they are called on.
const CHANGING: &[&str] = &[
    "append",
    "chop",
    "clear",
    "crop",
    "dedup",
    "drain",
    "extend",
    "fill_with",
    "insert",
    "make_lower",
    "make_upper",
    "mixin",
    "pad",
    "pop",
    "push",
    "remove",
    "replace",
    "retain",
    "reverse",
    "set",
    "shift",
    "sort",
    "splice",
    "trim",
    "truncate",
];

/// Every such change.
pub(super) fn changed(ast: &AST) -> Vec<Finding> {
    let mut findings = Vec::new();
    ast.walk(&mut |path: &[ASTNode]| {
        let call = match path.last() {
            Some(ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _))) => call,
            _ => return true,
        };
        if call.name == "parallel"
            && let Some((closure, captured)) = call.args.get(1).and_then(closure)
        {
            findings.extend(changes_in(ast, &closure, &captured));
        }
        true
    });
    findings
}

/// The name of a closure's function, and what it captures. Without captures there is nothing to change.
fn closure(argument: &Expr) -> Option<(String, Vec<String>)> {
    let Expr::Stmt(block) = argument else { return None };
    let captured = block.iter().find_map(|statement| match statement {
        Stmt::Share(names) => Some(names.iter().map(|(name, _)| name.name.to_string()).collect()),
        _ => None,
    })?;
    let function = block.iter().find_map(|statement| match statement {
        Stmt::Expr(expression) => curried(expression),
        Stmt::FnCall(call, _) => call.args.first().and_then(pointed_at),
        _ => None,
    })?;
    Some((function, captured))
}

fn curried(expression: &Expr) -> Option<String> {
    match expression {
        Expr::FnCall(call, _) => call.args.first().and_then(pointed_at),
        other => pointed_at(other),
    }
}

fn pointed_at(expression: &Expr) -> Option<String> {
    let Expr::DynamicConstant(value, _) = expression else { return None };
    value.read_lock::<FnPtr>().map(|function| function.fn_name().to_owned())
}

fn changes_in(ast: &AST, function: &str, captured: &[String]) -> Vec<Finding> {
    // The engine does not let go of a function's body other than as a script of its own.
    let mut closure = ast.clone_functions_only();
    closure.retain_functions(|_, _, name, _| name == function);
    let mut findings = Vec::new();
    closure.walk(&mut |path: &[ASTNode]| {
        let changed = match path.last() {
            Some(ASTNode::Stmt(Stmt::Assignment(assignment))) => root(&assignment.1.lhs),
            Some(ASTNode::Expr(Expr::Dot(parts, ..))) => match &parts.rhs {
                Expr::MethodCall(call, _) if CHANGING.contains(&call.name.as_str()) => root(&parts.lhs),
                _ => None,
            },
            _ => None,
        };
        if let Some((name, position)) = changed.filter(|(name, _)| captured.iter().any(|known| known == name))
        {
            findings.push(lost(name, position));
        }
        true
    });
    findings
}

/// The captured variable that `a.b[c]` begins with. Those of the closure's own have an index on its stack.
fn root(expression: &Expr) -> Option<(&str, Position)> {
    match expression {
        Expr::Variable(variable, None, position) if variable.0.is_none() => {
            Some((variable.1.as_str(), *position))
        }
        Expr::Dot(parts, ..) | Expr::Index(parts, ..) => root(&parts.lhs),
        _ => None,
    }
}

fn lost(name: &str, position: Position) -> Finding {
    let message = format!(
        "`{name}` is changed inside `parallel`, where each call has a copy of it: the change would be lost"
    );
    Finding::error(position, name.chars().count(), message).help(
        "Let the function return what is wanted; `parallel` gives all results, in the order of the items.",
    )
}
