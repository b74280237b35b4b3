//! Calls into imported files: whether there is such a function, and how many arguments it takes.
//!
//! Not here: which file an import leads to.

use super::Finding;
use crate::base::text;
use rhai::{AST, ASTNode, Expr, FnCallExpr, Position, Stmt};
use std::collections::BTreeMap;

/// The functions that a file gives to those who import it: how many arguments each takes, and how to call it.
pub type Exports = BTreeMap<String, Vec<(usize, String)>>;

/// What `ast` gives to those who import it.
pub fn exports(ast: &AST) -> Exports {
    let mut exports = Exports::new();
    for function in ast.iter_functions().filter(|function| !function.access.is_private()) {
        let call = format!("{}({})", function.name, function.params.join(", "));
        exports.entry(function.name.to_owned()).or_default().push((function.params.len(), call));
    }
    exports
}

/// A call of a function of an imported file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleCall {
    /// The path of the import, as it is written.
    pub path: String,
    alias: String,
    function: String,
    count: usize,
    position: Position,
}

/// The calls of `ast` into files it imports. What one name was given to several files for is left out.
pub fn module_calls(ast: &AST) -> Vec<ModuleCall> {
    let mut paths: BTreeMap<String, Option<String>> = BTreeMap::new();
    ast.walk(&mut |path: &[ASTNode]| {
        if let Some(ASTNode::Stmt(Stmt::Import(import, _))) = path.last() {
            let found = match &import.0 {
                Expr::StringConstant(path, _) => Some(path.to_string()),
                _ => None,
            };
            let known = paths.entry(import.1.name.to_string()).or_insert_with(|| found.clone());
            if *known != found {
                *known = None;
            }
        }
        true
    });
    let mut calls = Vec::new();
    ast.walk(&mut |path: &[ASTNode]| {
        if let Some(
            ASTNode::Expr(Expr::FnCall(call, position)) | ASTNode::Stmt(Stmt::FnCall(call, position)),
        ) = path.last()
        {
            calls.extend(call_into(call, *position, &paths));
        }
        true
    });
    calls
}

fn call_into(
    call: &FnCallExpr,
    position: Position,
    paths: &BTreeMap<String, Option<String>>,
) -> Option<ModuleCall> {
    let [alias] = call.namespace.path.as_slice() else { return None };
    let path = paths.get(alias.name.as_str())?.clone()?;
    let (alias, function) = (alias.name.to_string(), call.name.to_string());
    Some(ModuleCall { path, alias, function, count: call.args.len(), position })
}

/// What is wrong with a call into a file that gives `exports`.
pub fn wrong_module_call(call: &ModuleCall, exports: &Exports) -> Option<Finding> {
    let ModuleCall { alias, function, count, position, .. } = call;
    // The engine keeps the place of the whole name.
    let length = alias.chars().count() + 2 + function.chars().count();
    let Some(ways) = exports.get(function) else {
        let near = text::did_you_mean(function, exports.keys().map(String::as_str));
        let message = format!("there is no function `{function}` in `{alias}`{near}");
        let finding = Finding::error(*position, length, message);
        let known: Vec<&String> = exports.keys().take(12).collect();
        return Some(match known.is_empty() {
            true => finding,
            false => finding.help(format!("It has {}.", text::list_and(&known))),
        });
    };
    if ways.iter().any(|(takes, _)| takes == count) {
        return None;
    }
    let calls: Vec<String> = ways.iter().map(|(_, call)| format!("{alias}::{call}")).collect();
    let message = format!("`{alias}::{function}` does not take {}", text::count(*count, "argument"));
    let help = format!("Call it as {}.", text::list_or(&calls));
    Some(Finding::error(*position, length, message).help(help))
}
