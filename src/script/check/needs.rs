//! What a script calls against what its header declares, both ways.
//!
//! Not here: enforcing it; that is a stage of every call. What is only known at run time (imports, names put together)
//! is found there.

use super::Finding;
use crate::api::{self, Endpoint};
use crate::base::report::Severity;
use rhai::{AST, ASTNode, Expr, Position, Stmt};
use std::collections::BTreeSet;

/// What a script calls, as far as that stands in its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Called {
    /// Functions of the API, by name.
    pub functions: BTreeSet<&'static str>,
    /// Whether it also uses `call_api` for what is no known action, or only known at run time.
    pub anything: bool,
}

/// What `ast` calls, or points at with `Fn`.
pub fn called(ast: &AST) -> Called {
    let mut called = Called::default();
    ast.walk(&mut |path: &[ASTNode]| {
        let Some(node) = path.last() else { return true };
        match call_of(node) {
            Some((endpoint, _)) => drop(called.functions.insert(endpoint.function)),
            None => called.anything |= is_call_api(node),
        }
        true
    });
    called
}

/// Calls that `needs` does not declare, and a warning for what it declares without a call.
pub fn undeclared(ast: &AST, needs: &[&'static str]) -> Vec<Finding> {
    let mut called = BTreeSet::new();
    let mut has_imports = false;
    let mut findings = Vec::new();
    ast.walk(&mut |path: &[ASTNode]| {
        has_imports |= matches!(path.last(), Some(ASTNode::Stmt(Stmt::Import(..))));
        if let Some((endpoint, position)) = path.last().and_then(call_of) {
            called.insert(endpoint.function);
            if !needs.contains(&endpoint.function) {
                findings.push(not_declared(endpoint, position));
            }
        }
        true
    });
    // What a module calls is not known here.
    let unused = needs.iter().filter(|function| !has_imports && !called.contains(*function));
    findings.extend(unused.map(|function| {
        let message = format!("the recipe declares `{function}` and never calls it");
        Finding::error(Position::NONE, 1, message)
            .severity(Severity::Warning)
            .help("Take it out of `needs`: what a recipe may not do, it cannot do by mistake.")
    }));
    findings.sort_by_key(|finding| (finding.line, finding.column));
    findings.dedup();
    findings
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

fn is_call_api(node: &ASTNode) -> bool {
    match node {
        ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _))
        | ASTNode::Stmt(Stmt::FnCall(call, _)) => {
            let points_at_it =
                matches!(call.args.first(), Some(Expr::StringConstant(name, _)) if name == "call_api");
            call.name == "call_api" || (call.name == "Fn" && points_at_it)
        }
        _ => false,
    }
}

/// The endpoint that a node calls, or points at.
fn call_of(node: &ASTNode) -> Option<(&'static Endpoint, Position)> {
    let (call, position) = match node {
        ASTNode::Expr(Expr::FnCall(call, position) | Expr::MethodCall(call, position))
        | ASTNode::Stmt(Stmt::FnCall(call, position)) => (call, *position),
        _ => return None,
    };
    match (call.name.as_str(), call.args.first()) {
        ("Fn", Some(Expr::StringConstant(name, position))) => Some((api::by_function(name)?, *position)),
        ("copy_profiles", _) => Some((api::by_function("copy_profile")?, position)),
        ("import_profiles", _) => Some((api::by_function("import_profile")?, position)),
        ("call_api", Some(Expr::StringConstant(action, position))) => {
            Some((api::by_action(action)?, *position))
        }
        (name, _) => Some((api::by_function(name)?, position)),
    }
}
