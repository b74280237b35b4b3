//! Cutting a text of script into its statements and functions, to keep some and leave others out.
//!
//! Not here: why they are left out. The engine keeps the place of an operator, not that of its left side, so that the
//! places are looked for among those where a statement can begin: a split there leaves whole statements on both sides.

use super::engine;
use super::last;
use super::lex::{self, Span, SpanKind};
use rhai::{AST, ASTNode, Expr, Stmt, Token};
use std::collections::BTreeSet;

/// A function that is defined in a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) arity: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The shape of `text`. What is defined is the check's to find out; the last value stands there as a name of one letter.
pub(super) fn parse(text: &str) -> Option<AST> {
    let mut parser = engine::bare();
    parser.set_strict_variables(false);
    parser.compile(last::renamed(text, "x")).ok()
}

/// Where each statement begins, in their order.
pub(super) fn starts(text: &str) -> Vec<usize> {
    let count = |text: &str| parse(text).map(|ast| ast.statements().len());
    let spans = code_spans(text);
    let first = spans.first().map_or(0, |span| span.start);
    let Some(all) = count(text).filter(|all| *all > 1) else { return vec![first] };
    let piece = |span: &Span| text.get(span.start..span.end).unwrap_or_default();
    let begins = spans.windows(2).filter_map(|pair| match (piece(&pair[0]), piece(&pair[1])) {
        (";" | "}", after) if after != ";" => Some(pair[1].start),
        _ => None,
    });
    let splits = |at: &usize| match (count(&text[..*at]), count(&text[*at..])) {
        (Some(before), Some(after)) => before > 0 && after > 0 && before + after == all,
        _ => false,
    };
    std::iter::once(first).chain(begins.filter(splits)).collect()
}

/// The byte at a line and a column, both counted from 1.
pub(super) fn offset(text: &str, (line, column): (usize, usize)) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    start + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at)
}

/// The functions that `text` defines.
pub(super) fn functions(text: &str) -> Vec<Function> {
    let pieces: Vec<(Span, Token)> =
        lex::pieces(text).into_iter().filter(|(span, _)| span.kind != SpanKind::Comment).collect();
    let begins = pieces.iter().enumerate().filter(|(_, (_, token))| *token == Token::Fn);
    begins.filter_map(|(at, _)| function(&pieces, at)).collect()
}

fn function(pieces: &[(Span, Token)], at: usize) -> Option<Function> {
    let Token::Identifier(name) = &pieces.get(at + 1)?.1 else { return None };
    let closed = at + 2 + pieces.get(at + 2..)?.iter().position(|(_, token)| closes_parameters(token))?;
    let parameters = pieces[at + 2..closed].iter().filter(|(_, token)| matches!(token, Token::Identifier(_)));
    let arity = parameters.count();
    let mut depth = 0_usize;
    for (span, _) in &pieces[closed + 1..] {
        match span.kind {
            SpanKind::Opening => depth += 1,
            SpanKind::Closing if depth == 1 => {
                let is_private = at > 0 && pieces[at - 1].1 == Token::Private;
                let start = pieces[if is_private { at - 1 } else { at }].0.start;
                return Some(Function { name: name.to_string(), arity, start, end: span.end });
            }
            SpanKind::Closing => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// No parameters at all are one piece.
fn closes_parameters(token: &Token) -> bool {
    matches!(token, Token::RightParen | Token::Unit)
}

/// Whether `text` would end a script in its middle.
pub(super) fn returns(text: &str) -> bool {
    let Some(ast) = parse(text) else { return false };
    ast.statements().iter().any(|statement| {
        let mut found = false;
        // What is inside a function or a closure ends only that.
        statement.walk(&mut Vec::new(), &mut |path: &[ASTNode]| {
            found |= matches!(path.last(), Some(ASTNode::Stmt(Stmt::Return(..))));
            true
        });
        found
    })
}

/// `text` whose last statement is a value instead of its return; nothing if there is another return too.
pub(super) fn without_return(text: &str) -> Option<String> {
    let at = *starts(text).last()?;
    let rest = text.get(at..)?.strip_prefix("return")?;
    if rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_') {
        return None;
    }
    let plain = format!("{}{}", &text[..at], rest.trim_start());
    (!returns(&plain)).then_some(plain)
}

/// `text` without what a header is made of: below another header it would be taken for a part of that one.
pub(super) fn without_header(text: &str) -> String {
    let mut plain = text.to_owned();
    for span in lex::spans(text).into_iter().rev().filter(|span| span.kind == SpanKind::Comment) {
        if text[span.start..].starts_with("//!") {
            plain.replace_range(span.start..span.end, "");
        }
    }
    plain
}

/// The parameters that a script asks for by a literal name.
pub(super) fn parameters(ast: &AST) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    ast.walk(&mut |path: &[ASTNode]| {
        if let Some(ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _))) = path.last()
            && call.name == "param"
            && let Some(Expr::StringConstant(name, _)) = call.args.first()
        {
            names.insert(name.to_string());
        }
        true
    });
    names
}

/// `text` with its last statement's value in a variable.
pub(super) fn with_named_value(text: &str, name: &str) -> String {
    let at = starts(text).last().copied().unwrap_or_default();
    format!("{}let {name} = {}", &text[..at], &text[at..])
}

/// `text` with a semicolon behind its last statement, unless that ends by itself.
pub(super) fn ended(text: &str) -> String {
    let spans = code_spans(text);
    let Some(end) = spans.last() else { return text.to_owned() };
    let last = text.get(end.start..end.end).unwrap_or_default();
    // What ends in a block needs no semicolon behind it.
    let is_block = |statement: &Stmt| {
        !matches!(statement, Stmt::Expr(_) | Stmt::FnCall(..) | Stmt::Var(..) | Stmt::Assignment(_))
    };
    let ends_by_itself =
        last == "}" && parse(text).is_some_and(|ast| ast.statements().last().is_none_or(is_block));
    if last == ";" || ends_by_itself {
        return text.to_owned();
    }
    format!("{};{}", &text[..end.end], &text[end.end..])
}

fn code_spans(text: &str) -> Vec<Span> {
    lex::spans(text).into_iter().filter(|span| span.kind != SpanKind::Comment).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_begin_where_a_split_leaves_whole_ones() {
        let text = "let a = #{ b: 1 }; if a.b > 0 { a.b = 2; } a.b + 1 // and; more";
        let cut: Vec<&str> = starts(text).into_iter().map(|at| &text[at..at + 3]).collect();
        assert_eq!(cut, ["let", "if ", "a.b"]);
        assert_eq!(starts("f(1)"), [0]);
        assert_eq!(offset("ab\nçd", (2, 2)), 5);
    }

    #[test]
    fn functions_are_found_with_their_ends() {
        let text = "fn f(a, b) { if a { `${b}` } } 1; private fn g() {}";
        let found = functions(text);
        let cut: Vec<(&str, usize, &str)> = found
            .iter()
            .map(|function| (function.name.as_str(), function.arity, &text[function.start..function.end]))
            .collect();
        assert_eq!(cut, [("f", 2, "fn f(a, b) { if a { `${b}` } }"), ("g", 0, "private fn g() {}")]);
    }

    #[test]
    fn a_header_is_taken_out_and_a_text_that_looks_like_one_is_not() {
        let text = "//! name = \"a\"\n//! about = \"b\"\n\nlet a = `\n//! c`; // d";
        assert_eq!(without_header(text).trim_start(), "let a = `\n//! c`; // d");
    }

    #[test]
    fn only_a_return_at_the_end_can_be_a_value() {
        assert!(returns("return 5") && returns("if true { return }"));
        assert!(!returns("fn f() { return 1 } let g = |x| { return x };"));
        assert_eq!(without_return("let a = 1; return a + 1").as_deref(), Some("let a = 1; a + 1"));
        assert_eq!(without_return("if true { return } return 1"), None);
        assert_eq!(without_return("returned"), None);
    }
}
