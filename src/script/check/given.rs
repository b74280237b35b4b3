//! What a script reads of what it is given: parameters, and words.
//!
//! Not here: what its header declares.

use super::{Finding, is_tried};
use crate::base::report::Severity;
use crate::base::text;
use rhai::{AST, ASTNode, Expr, FnCallExpr, Position, Stmt};

/// Whether a script may read the words that are no parameters.
pub fn reads_words(ast: &AST) -> bool {
    let mut reads = false;
    ast.walk(&mut |path: &[ASTNode]| {
        if let Some((call, _)) = path.last().and_then(call_in) {
            reads |= match (call.name.as_str(), call.args.first()) {
                ("Fn", Some(Expr::StringConstant(name, _))) => name == "args",
                // Only the run would tell.
                ("Fn", _) => true,
                (name, _) => name == "args",
            };
        }
        true
    });
    reads
}

/// Literal names of parameters that are not among the `declared` ones. A recipe that declares none is given any.
pub fn undeclared_params(ast: &AST, declared: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if declared.is_empty() {
        return findings;
    }
    ast.walk(&mut |path: &[ASTNode]| {
        let call = path.last().and_then(call_in).map(|(call, _)| call).filter(|call| call.name == "param");
        if let Some([Expr::StringConstant(name, position), rest @ ..]) = call.map(|call| call.args.as_slice())
            && !declared.contains(&name.as_str())
        {
            // With a second argument, or in a `try`, the script goes on without it.
            let goes_on = !rest.is_empty() || is_tried(path);
            let severity = if goes_on { Severity::Warning } else { Severity::Error };
            findings.push(undeclared(name, *position, declared).severity(severity));
        }
        true
    });
    findings
}

fn undeclared(name: &str, position: Position, declared: &[&str]) -> Finding {
    let shown = text::one_line(&text::cut(name, 60)).into_owned();
    let suggestion = text::did_you_mean(name, declared.iter().copied());
    let message = format!("the header declares no parameter `{shown}`{suggestion}");
    let names = text::list_and(declared);
    let help = match declared.len() {
        1 => format!("It declares {names}."),
        _ => format!("It declares {names}; another one is a table of its own, as in [params.name]."),
    };
    Finding::error(position, name.chars().count() + 2, message).help(help)
}

fn call_in<'a>(node: &ASTNode<'a>) -> Option<(&'a FnCallExpr, Position)> {
    match node {
        ASTNode::Expr(Expr::FnCall(call, position) | Expr::MethodCall(call, position))
        | ASTNode::Stmt(Stmt::FnCall(call, position)) => Some((call, *position)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::engine;

    fn parse(text: &str) -> AST {
        engine::bare().compile(text).unwrap()
    }

    #[test]
    fn words_are_read_by_args_alone() {
        for (text, reads) in [
            ("print(1)", false),
            ("fn f() { args().len() } f()", true),
            ("let f = Fn(\"args\"); f.call()", true),
            ("let f = Fn(\"ar\" + \"gs\"); f.call()", true),
            ("let args = 1; args + 1", false),
        ] {
            assert_eq!(reads_words(&parse(text)), reads, "{text}");
        }
    }

    #[test]
    fn a_parameter_that_nobody_declared_is_found() {
        let text = "param(\"cuont\"); param(\"count\"); let x = \"y\"; param(x); param(\"z\", 1); try { param(\"z\") } catch {}";
        let found = undeclared_params(&parse(text), &["count", "group"]);
        let told: Vec<(usize, &str, Severity)> =
            found.iter().map(|found| (found.column, found.message.as_str(), found.severity)).collect();
        let unknown = "the header declares no parameter `z`";
        assert_eq!(
            told,
            [
                (7, "the header declares no parameter `cuont`, did you mean `count`?", Severity::Error),
                (62, unknown, Severity::Warning),
                (83, unknown, Severity::Warning),
            ]
        );
        assert_eq!(undeclared_params(&parse(text), &[]), []);
    }
}
