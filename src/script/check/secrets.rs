//! Secrets that are written into a script, so that excerpts of it can be shown without them.
//!
//! Not here: the masking. Too much is found rather than too little: whatever is named like a secret counts.

use crate::api::{self, Param};
use rhai::{AST, ASTNode, Expr, FnCallExpr, Stmt};
use std::collections::{BTreeMap, BTreeSet};

/// The text literals that are, or become, secret arguments.
pub fn secret_literals(ast: &AST) -> Vec<String> {
    named_secret_literals(ast).into_keys().collect()
}

/// The text literals that are, or become, secret arguments, each with the name it was found under.
pub fn named_secret_literals(ast: &AST) -> BTreeMap<String, String> {
    let mut hunt = Hunt::default();
    for endpoint in api::endpoints() {
        note_secrets(endpoint.params, &mut hunt.names);
    }
    for function in ast.iter_fn_def() {
        hunt.functions
            .insert(function.name.to_string(), function.params.iter().map(ToString::to_string).collect());
    }
    // A name that holds a secret may have been given it from another name.
    loop {
        let before = hunt.names.len();
        ast.walk(&mut |path: &[ASTNode]| {
            hunt.visit(path);
            true
        });
        if hunt.names.len() == before {
            return hunt.texts;
        }
    }
}

fn note_secrets(params: &[Param], names: &mut BTreeSet<String>) {
    for param in params {
        if param.secret {
            names.insert(param.name.to_owned());
        }
        note_secrets(param.members(), names);
    }
}

#[derive(Default)]
struct Hunt {
    /// Variables, map entries and parameters that hold a secret somewhere.
    names: BTreeSet<String>,
    /// The parameters of the script's functions.
    functions: BTreeMap<String, Vec<String>>,
    /// What was found, each with the name it was first found under.
    texts: BTreeMap<String, String>,
}

impl Hunt {
    fn visit(&mut self, path: &[ASTNode]) {
        match path.last() {
            Some(ASTNode::Expr(Expr::Map(map, _))) => {
                for (key, value) in &map.0 {
                    self.bind(&key.name, value);
                }
            }
            Some(ASTNode::Stmt(Stmt::Var(var, ..))) => self.bind(&var.0.name, &var.1),
            Some(ASTNode::Stmt(Stmt::For(parts, _))) => self.bind(&parts.0.name, &parts.2.expr),
            Some(ASTNode::Stmt(Stmt::Assignment(assignment))) => {
                if let Some(name) = target(&assignment.1.lhs) {
                    self.bind(name, &assignment.1.rhs);
                }
            }
            Some(ASTNode::Stmt(Stmt::FnCall(call, _)) | ASTNode::Expr(Expr::FnCall(call, _))) => {
                self.pass(call, None);
            }
            Some(ASTNode::Expr(Expr::MethodCall(call, _))) => self.pass(call, super::receiver(path)),
            _ => {}
        }
    }

    fn bind(&mut self, name: &str, value: &Expr) {
        if self.names.contains(name) {
            self.take(value, name);
        }
    }

    /// Arguments in the places of secret parameters.
    fn pass(&mut self, call: &FnCallExpr, receiver: Option<&Expr>) {
        if let Some(endpoint) = api::by_function(&call.name) {
            let is_secret = |name: &&str| endpoint.param(name).is_some_and(|param| param.secret);
            for (name, argument) in
                endpoint.positional.iter().zip(receiver.into_iter().chain(call.args.iter()))
            {
                if is_secret(name) {
                    self.take(argument, name);
                }
            }
        }
        if call.name == "parse_proxy"
            && let Some(given) = receiver.or(call.args.first())
        {
            self.take(given, "proxy");
        }
        let params = self.functions.get(call.name.as_str()).cloned().unwrap_or_default();
        for (name, argument) in params.iter().zip(call.args.iter()) {
            self.bind(name, argument);
        }
    }

    /// The texts an expression may evaluate to, and the names they may come from.
    fn take(&mut self, expression: &Expr, name: &str) {
        match expression {
            Expr::StringConstant(text, _) if !text.is_empty() => {
                self.texts.entry(text.to_string()).or_insert_with(|| name.to_owned());
            }
            Expr::Variable(variable, ..) => {
                self.names.insert(variable.1.to_string());
            }
            Expr::Property(property, _) => {
                self.names.insert(property.2.to_string());
            }
            Expr::InterpolatedString(parts, _) | Expr::Array(parts, _) => self.take_all(parts.iter(), name),
            Expr::And(parts, _) | Expr::Or(parts, _) | Expr::Coalesce(parts, _) => {
                self.take_all(parts.iter(), name);
            }
            Expr::FnCall(call, _) if call.is_operator_call() => self.take_all(call.args.iter(), name),
            // The name of a parameter is no secret; its default is.
            Expr::FnCall(call, _) if call.name == "param" => self.take_all(call.args.iter().skip(1), name),
            Expr::Dot(parts, ..) => {
                self.take(&parts.rhs, name);
                if !matches!(parts.lhs, Expr::Variable(..)) || matches!(parts.rhs, Expr::MethodCall(..)) {
                    self.take(&parts.lhs, name);
                }
            }
            Expr::Index(parts, ..) => self.take(&parts.lhs, name),
            Expr::Stmt(block) => block.iter().for_each(|statement| self.take_statement(statement, name)),
            _ => {}
        }
    }

    fn take_all<'a>(&mut self, expressions: impl Iterator<Item = &'a Expr>, name: &str) {
        for expression in expressions {
            self.take(expression, name);
        }
    }

    fn take_statement(&mut self, statement: &Stmt, name: &str) {
        match statement {
            Stmt::Expr(expression) => self.take(expression, name),
            Stmt::If(flow, _) => {
                flow.body
                    .iter()
                    .chain(flow.branch.iter())
                    .for_each(|statement| self.take_statement(statement, name));
            }
            Stmt::Block(block) => block.iter().for_each(|statement| self.take_statement(statement, name)),
            _ => {}
        }
    }
}

/// The name that is assigned to: a variable, or the last property.
fn target(place: &Expr) -> Option<&str> {
    match place {
        Expr::Variable(variable, ..) => Some(&variable.1),
        Expr::Property(property, _) => Some(&property.2),
        Expr::StringConstant(key, _) => Some(key),
        Expr::Dot(parts, ..) | Expr::Index(parts, ..) => target(&parts.rhs),
        _ => None,
    }
}

/// Everything in a text that looks like a transfer code, as in `12345678-12345678`.
pub fn codes_in(text: &str) -> Vec<String> {
    const HALF: usize = 8;
    let bytes = text.as_bytes();
    let is_code = |candidate: &[u8]| {
        candidate
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == HALF { *byte == b'-' } else { byte.is_ascii_digit() })
    };
    let mut codes = Vec::new();
    let mut at = 0;
    while let Some(candidate) = bytes.get(at..at + 2 * HALF + 1) {
        if is_code(candidate) {
            codes.push(String::from_utf8_lossy(candidate).into_owned());
            at += candidate.len();
        } else {
            at += 1;
        }
    }
    codes
}
