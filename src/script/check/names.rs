//! The names of a script: which functions there are, and which names may hold one.
//!
//! Not here: what is wrong about a name.

use super::HostFn;
use crate::base::text;
use rhai::{AST, ASTNode, Engine, Expr, Stmt};
use std::collections::{BTreeMap, BTreeSet};

/// How a function is called: `f(x)` or `x.f()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Function,
    Method,
}

/// Functions that are part of the language, so that no package lists them.
const SPECIAL: &[&str] =
    &["Fn", "call", "curry", "debug", "eval", "is_def_fn", "is_def_var", "is_shared", "print", "type_of"];

/// Every name of a script and of what it runs on.
pub(super) struct Names<'a> {
    host: &'a [HostFn],
    /// The script's functions, with the parameters they have.
    script: BTreeMap<String, Vec<Vec<String>>>,
    /// The engine's functions, with how many parameters they have; a receiver counts.
    engine: BTreeMap<String, Vec<usize>>,
    /// Names bound by `let`, `const`, `for`, `catch` or as parameters.
    variables: BTreeSet<String>,
    /// Names of map entries, which may hold functions.
    properties: BTreeSet<String>,
    /// Names the script asks `is_def_fn` about before it uses them.
    guarded: BTreeSet<String>,
}

impl<'a> Names<'a> {
    pub(super) fn collect(ast: &AST, engine: &Engine, host: &'a [HostFn]) -> Self {
        let mut names = Self {
            host,
            script: BTreeMap::new(),
            engine: BTreeMap::new(),
            variables: BTreeSet::new(),
            properties: BTreeSet::new(),
            guarded: BTreeSet::new(),
        };
        let natives = engine.collect_fn_metadata(
            None,
            |function| Some((function.metadata.name.to_string(), function.metadata.num_params)),
            true,
        );
        for (name, count) in natives.into_iter().filter(|(name, _)| rhai::is_valid_identifier(name)) {
            names.engine.entry(name).or_default().push(count);
        }
        for function in ast.iter_fn_def() {
            names.variables.extend(function.params.iter().map(ToString::to_string));
            if !function.name.starts_with("anon$") {
                let params = function.params.iter().map(ToString::to_string).collect();
                names.script.entry(function.name.to_string()).or_default().push(params);
            }
        }
        ast.walk(&mut |path: &[ASTNode]| {
            if let Some(node) = path.last() {
                names.note(node);
            }
            true
        });
        names
    }

    fn note(&mut self, node: &ASTNode) {
        match node {
            ASTNode::Stmt(Stmt::Var(var, ..)) => {
                self.variables.insert(var.0.name.to_string());
            }
            ASTNode::Stmt(Stmt::For(parts, _)) => {
                self.variables.insert(parts.0.name.to_string());
                self.variables.extend(parts.1.iter().map(|counter| counter.name.to_string()));
            }
            ASTNode::Expr(Expr::Variable(variable, ..)) => {
                self.variables.insert(variable.1.to_string());
            }
            ASTNode::Expr(Expr::Map(map, _)) => {
                self.properties.extend(map.0.iter().map(|(key, _)| key.name.to_string()));
            }
            ASTNode::Expr(Expr::Property(property, _)) => {
                self.properties.insert(property.2.to_string());
            }
            ASTNode::Expr(Expr::Index(parts, ..)) => {
                if let Expr::StringConstant(key, _) = &parts.rhs {
                    self.properties.insert(key.to_string());
                }
            }
            ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _))
                if call.name == "is_def_fn" =>
            {
                if let Some(Expr::StringConstant(name, _)) = call.args.first() {
                    self.guarded.insert(name.to_string());
                }
            }
            _ => {}
        }
    }

    pub(super) fn host(&self, name: &str) -> Option<HostFn> {
        self.host.iter().copied().find(|function| function.name() == name)
    }

    pub(super) fn is_special(&self, name: &str) -> bool {
        SPECIAL.contains(&name) || name.starts_with("anon$")
    }

    pub(super) fn is_of_script(&self, name: &str) -> bool {
        self.script.contains_key(name)
    }

    pub(super) fn knows(&self, name: &str) -> bool {
        self.is_of_script(name) || self.engine.contains_key(name) || self.host(name).is_some()
    }

    pub(super) fn is_variable(&self, name: &str) -> bool {
        self.variables.contains(name)
    }

    pub(super) fn is_property(&self, name: &str) -> bool {
        self.properties.contains(name)
    }

    pub(super) fn is_guarded(&self, name: &str) -> bool {
        self.guarded.contains(name)
    }

    /// How many arguments may stand in the parentheses; `None` for functions of the engine alone.
    pub(super) fn arities(&self, name: &str, style: Style) -> Option<Vec<usize>> {
        let host = self.host(name).map(HostFn::arities);
        let script = self.script.get(name).map(|ways| ways.iter().map(Vec::len).collect::<Vec<usize>>());
        if host.is_none() && script.is_none() {
            return None;
        }
        let host = host.unwrap_or_default();
        let native = host.iter().chain(self.engine.get(name).into_iter().flatten());
        let receiver = usize::from(style == Style::Method);
        let native = native.filter_map(|count| count.checked_sub(receiver));
        // A method call gives a script's function its receiver as `this`, not as an argument.
        let mut arities: Vec<usize> = native.chain(script.unwrap_or_default().iter().copied()).collect();
        arities.sort_unstable();
        arities.dedup();
        Some(arities)
    }

    /// Whether it is nearly one of the script's own functions.
    pub(super) fn is_close(&self, name: &str) -> bool {
        text::nearest(name, self.script.keys().map(String::as_str)).is_some()
    }

    /// The ways to call a function of the script.
    pub(super) fn own_ways(&self, name: &str) -> Vec<String> {
        let ways = self.script.get(name).into_iter().flatten();
        ways.map(|params| format!("{name}({})", params.join(", "))).collect()
    }

    /// The function that was most likely meant, those of the host and of the script first.
    pub(super) fn nearest(&self, name: &str) -> Option<&str> {
        let own =
            self.host.iter().map(|function| function.name()).chain(self.script.keys().map(String::as_str));
        let engine = self
            .engine
            .keys()
            .map(String::as_str)
            .chain(SPECIAL.iter().copied().filter(|name| *name != "eval"));
        text::nearest(name, own).or_else(|| text::nearest(name, engine))
    }
}
