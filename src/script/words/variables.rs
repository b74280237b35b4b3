//! Names of variables and of imports that are not known where they stand.
//!
//! Not here: whether they are known; the parser says so. What is in reach is found in the pieces of the text, which do not
//! have to parse, and is only used for advice.

use super::{Words, newcomers, safe};
use crate::base::text as words;
use crate::script::header;
use crate::script::lex::{self, Span};
use crate::script::session;
use rhai::Token;

/// What is known before a byte of a text.
#[derive(Default)]
struct Reach<'a> {
    /// Variables and parameters.
    names: Vec<&'a str>,
    /// Those of outside, if the byte is inside a function.
    outside: Vec<&'a str>,
    is_in_function: bool,
    /// Names of imports.
    imports: Vec<&'a str>,
}

fn reach<'a>(text: &'a str, pieces: &[(Span, Token)], at: usize) -> Reach<'a> {
    let mut reach = Reach::default();
    let name = |index: usize| match pieces.get(index) {
        Some((span, Token::Identifier(_))) => Some(&text[span.start..span.end]),
        _ => None,
    };
    let mut depth = 0_usize;
    // The depth of the function that is being read, and whether its parameters are.
    let mut function: Option<(usize, bool)> = None;
    let mut in_pipes = false;
    for (index, (span, token)) in pieces.iter().enumerate() {
        if span.start >= at {
            break;
        }
        let is_param = function.is_some_and(|(_, is_open)| is_open) || in_pipes;
        match token {
            Token::Let | Token::Const => reach.names.extend(name(index + 1)),
            Token::For | Token::Catch => {
                let behind = if matches!(pieces.get(index + 1), Some((_, Token::LeftParen))) { 2 } else { 1 };
                reach.names.extend(name(index + behind));
                reach.names.extend(name(index + behind + 2).filter(|_| behind == 2));
            }
            Token::As => reach.imports.extend(name(index + 1)),
            Token::Fn => {
                reach.outside = std::mem::take(&mut reach.names);
                reach.is_in_function = true;
                function = Some((depth, true));
            }
            Token::Pipe => in_pipes = !in_pipes,
            Token::Identifier(_) if is_param && !matches!(pieces[index - 1].1, Token::Fn) => {
                reach.names.extend(name(index));
            }
            Token::LeftBrace => {
                depth += 1;
                if let Some((_, is_open)) = &mut function {
                    *is_open = false;
                }
                in_pipes = false;
            }
            Token::MapStart => depth += 1,
            Token::RightBrace => {
                depth = depth.saturating_sub(1);
                if function.is_some_and(|(begun, _)| begun == depth) {
                    function = None;
                    reach.names = std::mem::take(&mut reach.outside);
                    reach.is_in_function = false;
                }
            }
            _ => {}
        }
    }
    if reach.is_in_function {
        // What stands behind the function is outside of it, too.
        let all =
            pieces.iter().enumerate().filter(|(_, (_, token))| matches!(token, Token::Let | Token::Const));
        let later: Vec<&str> = all.filter_map(|(index, _)| name(index + 1)).collect();
        reach.outside.extend(later);
    }
    reach
}

/// Whether a name that is not defined there is something else in the text, so that it is no word of another language.
pub(super) fn knows(text: &str, at: usize, name: &str) -> bool {
    let reach = reach(text, &lex::code(text), at);
    reach.outside.contains(&name) || reach.imports.contains(&name)
}

/// A variable that is not defined.
pub(super) fn undefined(name: &str, text: &str, at: usize) -> Words {
    let pieces = lex::code(text);
    let reach = reach(text, &pieces, at);
    let next = pieces.iter().find(|(span, _)| span.start > at).map(|(_, token)| token);
    let shown = safe(name);
    if session::function_names().contains(&name) {
        return Words::help(
            format!("`{shown}` is a function, not a value"),
            format!("Write Fn(\"{shown}\") to pass it on, or call it: {shown}(...)."),
        );
    }
    if reach.imports.contains(&name) {
        return Words::help(
            format!("`{shown}` is an imported file, not a value"),
            format!("Write `::` after it, as in {shown}::name(...)."),
        );
    }
    if reach.is_in_function && reach.outside.contains(&name) {
        return Words::help(
            format!("there is no variable `{shown}` in this function"),
            format!("Functions do not see variables outside of them: give `{shown}` to it as an argument."),
        );
    }
    // The text has the header, if there is one.
    let params = header::parse(text).map(|header| header.params).unwrap_or_default();
    let params: Vec<&str> = params.iter().map(|param| param.name.as_str()).collect();
    if let Some(param) = words::nearest(name, params).filter(|_| !reach.names.contains(&name)) {
        return Words::help(
            format!("there is no variable `{shown}`"),
            format!("A parameter is read with param(\"{}\").", safe(param)),
        );
    }
    if let Some(near) = words::nearest(name, reach.names.iter().copied()).filter(|near| *near != name) {
        return Words::new(format!("there is no variable `{shown}`, did you mean `{near}`?"));
    }
    let is_later = made(text, &pieces).any(|later| later == name);
    let words = Words::new(format!("there is no variable `{shown}`"));
    match next {
        Some(Token::Equals) => words.with(format!("A new variable begins with `let`: `let {shown} = ...`.")),
        Some(Token::Period) if newcomers::name(name).is_some() => {
            words.with(newcomers::name(name).unwrap_or_default())
        }
        _ if is_later => words.with("It is made further below, or in a block that has ended."),
        _ => words,
    }
}

/// Names that a `let` makes anywhere.
fn made<'a>(text: &'a str, pieces: &'a [(Span, Token)]) -> impl Iterator<Item = &'a str> {
    pieces.windows(2).filter_map(|pair| match pair {
        [(_, Token::Let | Token::Const), (span, Token::Identifier(_))] => Some(&text[span.start..span.end]),
        _ => None,
    })
}

/// `name::` of a file that is not imported.
pub(super) fn undefined_module(name: &str, text: &str, at: usize) -> Words {
    let reach = reach(text, &lex::code(text), at);
    let shown = safe(name);
    let near = words::did_you_mean(name, reach.imports.iter().copied());
    let message = format!("nothing is imported as `{shown}`{near}");
    match reach.imports.as_slice() {
        _ if !near.is_empty() => Words::new(message),
        [] => Words::help(message, format!("Write `import \"file\" as {shown};` first.")),
        known => Words::help(message, format!("Imported are {}.", words::list_and(known))),
    }
}
