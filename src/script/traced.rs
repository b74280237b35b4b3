//! What is put around a script's own functions, blocks of closures and `try` blocks before it runs, so that `catch` is given
//! errors in our words, and what ends a script from outside can tell which calls it came through.
//!
//! It is put into the text, because the engine lets nobody change a function it has parsed. Columns are mapped back.
//!
//! Not here: what is told, and how an error becomes words.

use super::lex;
use super::limits::{Ended, Halt};
use super::sources::Sources;
use super::thrown;
use rhai::{Engine, EvalAltResult, Expression, Position, Token};

/// Stands around the body of a function: where it is, what it is called, its block.
const BODY: &str = "ix_function_body";
/// What a closure is called there.
pub(super) const A_CLOSURE: &str = "ix_closure";
/// Stands around the body of a `try`: where it is, its block.
const TRIED: &str = "ix_tried_body";

/// How much further to the right things stand than in the file: line, column and width of what was put in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shifts(Vec<(usize, usize, usize)>);

impl Shifts {
    /// Where a place of the changed text is in the file.
    pub(super) fn undo(&self, position: Position) -> Position {
        let (Some(line), Some(mut column)) = (position.line(), position.position()) else { return position };
        for (_, at, width) in self.0.iter().filter(|(on, ..)| *on == line) {
            if column >= at + width {
                column -= width;
            } else if column > *at {
                column = *at;
            }
        }
        let short = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        Position::new(short(line), short(column))
    }
}

/// `text` with everything put in, if there is anything to put it around; `source` is its number among the sources.
pub(super) fn traced(text: &str, source: usize) -> Option<(String, Shifts)> {
    if !["fn", "try", "|"].iter().any(|begins| text.contains(begins)) {
        return None;
    }
    let mut insertions = insertions(text, source);
    insertions.sort();
    if insertions.is_empty() {
        return None;
    }
    let (mut changed, mut shifts, mut copied) = (String::new(), Shifts::default(), 0);
    let (mut line, mut column) = (1, 1);
    for (at, inserted) in insertions {
        let before = &text[copied..at];
        changed.push_str(before);
        line += before.matches('\n').count();
        column = match before.rsplit_once('\n') {
            Some((_, rest)) => rest.chars().count() + 1,
            None => column + before.chars().count(),
        };
        shifts.0.push((line, column, inserted.len()));
        changed.push_str(&inserted);
        copied = at;
    }
    changed.push_str(&text[copied..]);
    Some((changed, shifts))
}

/// What is put in, and before which byte.
fn insertions(text: &str, source: usize) -> Vec<(usize, String)> {
    let pieces = lex::code(text);
    let mut found = Vec::new();
    // The braces that are open, with what was put behind them.
    let mut open: Vec<Option<String>> = Vec::new();
    let mut opened_by = std::collections::BTreeMap::new();
    for (at, (span, token)) in pieces.iter().enumerate() {
        match token {
            Token::Try => drop(opened_by.insert(at + 1, format!("{TRIED} s{source}{{"))),
            Token::Fn => {
                if let Some((brace, name)) = body(&pieces[at..], text) {
                    opened_by.insert(at + brace, format!("{BODY} s{source} {name}{{"));
                }
            }
            Token::Pipe | Token::Or => {
                if let Some(brace) = closure_body(&pieces[at..]) {
                    opened_by.insert(at + brace, format!("{BODY} s{source} {A_CLOSURE}{{"));
                }
            }
            Token::LeftBrace => {
                let inserted = opened_by.remove(&at);
                found.extend(inserted.iter().map(|inserted| (span.end, inserted.clone())));
                open.push(inserted);
            }
            // `${` is told as a text and a brace.
            Token::MapStart => open.push(None),
            Token::RightBrace => {
                let is_ours = open.pop().flatten().is_some();
                found.extend(is_ours.then(|| (span.start, "}".to_owned())));
            }
            _ => {}
        }
    }
    found
}

/// Of a function that begins there: how far its opening brace is, and its name.
fn body<'a>(pieces: &[(lex::Span, Token)], text: &'a str) -> Option<(usize, &'a str)> {
    let [_, (name, Token::Identifier(_)), (_, Token::LeftParen | Token::Unit), ..] = pieces else {
        return None;
    };
    let brace = pieces.iter().position(|(_, token)| *token == Token::LeftBrace)?;
    let is_closed = matches!(pieces[brace - 1].1, Token::RightParen | Token::Unit);
    is_closed.then(|| (brace, &text[name.start..name.end]))
}

/// Of a closure with a block that begins there: how far its opening brace is. What only looks like one, as in `a || { b }`,
/// means the same with something around its block.
fn closure_body(pieces: &[(lex::Span, Token)]) -> Option<usize> {
    let is_param = |token: &Token| matches!(token, Token::Identifier(_) | Token::Comma);
    let end = match pieces.first()?.1 {
        Token::Or => 0,
        _ => 1 + pieces[1..].iter().position(|(_, token)| !is_param(token))?,
    };
    let is_end = end == 0 || pieces[end].1 == Token::Pipe;
    (is_end && pieces.get(end + 1)?.1 == Token::LeftBrace).then_some(end + 1)
}

/// Teaches `engine` what was put in.
pub(super) fn install(engine: &mut Engine, sources: &Sources) {
    // The engine refuses only names that cannot be keywords.
    let _ =
        engine.register_custom_syntax([BODY, "$ident$", "$ident$", "$block$"], false, |context, inputs| {
            match inputs {
                [source, name, block] => block.eval_with_context(context).map_err(|error| {
                    passed(error, number(source), name.get_string_value().unwrap_or_default())
                }),
                _ => Ok(().into()),
            }
        });
    let sources = sources.clone();
    let _ = engine.register_custom_syntax([TRIED, "$ident$", "$block$"], false, move |context, inputs| {
        match inputs {
            [source, block] => {
                block.eval_with_context(context).map_err(|error| caught(error, number(source), &sources))
            }
            _ => Ok(().into()),
        }
    });
}

fn number(source: &Expression) -> usize {
    let name = source.get_string_value().unwrap_or_default();
    name.strip_prefix('s').and_then(|number| number.parse().ok()).unwrap_or(usize::MAX)
}

/// An error on its way out of a function. What ends the script from outside notes where it came through.
fn passed(mut error: Box<EvalAltResult>, source: usize, function: &str) -> Box<EvalAltResult> {
    // A callback may stand between the function and the call that was one too many.
    if let EvalAltResult::ErrorStackOverflow(position) = *error.unwrap_inner() {
        error = Halt::TooDeep.into_error(position);
    }
    if let EvalAltResult::ErrorTerminated(token, position) = &mut *error
        && let Some(mut ended) = token.write_lock::<Ended>()
    {
        ended.pass(source, function, *position);
    }
    error
}

/// An error that `catch` is about to be given. The engine would describe its own ones in words for programmers.
fn caught(error: Box<EvalAltResult>, source: usize, sources: &Sources) -> Box<EvalAltResult> {
    if error.is_pseudo_error() || !error.is_catchable() {
        return error;
    }
    // Inside a call of a callback the engine takes it for an error like any other.
    if let EvalAltResult::ErrorTerminated(token, position) = error.unwrap_inner() {
        return Box::new(EvalAltResult::ErrorTerminated(token.clone(), *position));
    }
    let position = error.position();
    let value = thrown::caught(&error, sources.numbered(source), sources);
    Box::new(EvalAltResult::ErrorRuntime(value, position))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_does_not_move_what_is_told() {
        let text = "fn f(a) { try { g() } catch (e) { 1 } }\nfn h() {\n  `x ${ #{} } }`\n}\nlet t = 1;";
        let (changed, shifts) = traced(text, 0).unwrap();
        assert!(
            changed.starts_with("fn f(a) {ix_function_body s0 f{ try {ix_tried_body s0{ g() }} catch (e)")
        );
        assert!(changed.contains("`x ${ #{} } }`\n}}\nlet"), "{changed}");
        for word in ["g()", "catch", "1 }", "h()", "`x", "let"] {
            let place = |text: &str| {
                let before = &text[..text.find(word).unwrap()];
                let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
                Position::new(before.matches('\n').count() as u16 + 1, column as u16)
            };
            assert_eq!(shifts.undo(place(&changed)), place(text), "{word}");
        }
        assert_eq!(traced("let entry = 1; // fn", 0), None);
    }
}
