//! What is seen in the pieces of the text, because the parser lets it pass or forgets it.
//!
//! Not here: what is wrong with names and arguments.

use super::Finding;
use crate::base::report::Severity;
use crate::script::lex::{self, Span, SpanKind};
use rhai::{Position, Token};

/// Functions that keep the items for which a closure says true.
const CHOOSING: &[&str] = &["filter", "find", "all", "some", "retain", "index_of", "find_map"];

/// More of them at once help nobody.
const MOST: usize = 50;

/// Everything of that kind.
pub(super) fn findings(text: &str) -> Vec<Finding> {
    let pieces = lex::pieces(text);
    let mut found = Vec::new();
    for (at, (span, token)) in pieces.iter().enumerate() {
        if found.len() >= MOST {
            break;
        }
        let piece = &text[span.start..span.end];
        let here = |length: usize| (position(text, span.start), length);
        match token {
            Token::Comment(_) if piece.starts_with("/*") && !is_closed(piece) => {
                let (position, length) = here(2);
                found.push(Finding::error(position, length, "the comment is not closed").help(
                    "Everything after it is a comment, too. `*/` ends one; inside of it each `/*` needs its own.",
                ));
            }
            Token::FloatConstant(_) if piece.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') => {
                let (position, length) = here(piece.len());
                let message = format!("{piece} is too large for a whole number");
                found.push(
                    Finding::error(position, length, message)
                        .help("The largest one is 9223372036854775807; longer numbers are written as text."),
                );
            }
            Token::StringConstant(_) if piece.starts_with('"') && has_hole(piece) => {
                let start = piece.find("${").unwrap_or(0);
                let column = position(text, span.start + start);
                found.push(
                    Finding::error(column, 2, "`${` is nothing special between double quotes")
                        .help("Write the text between backticks, as in `shop-${n}`.")
                        .severity(Severity::Warning),
                );
            }
            Token::XOr if matches!(pieces.get(at + 1), Some((_, Token::IntegerConstant(_)))) => {
                let (position, length) = here(1);
                found.push(
                    Finding::error(position, length, "`^` compares bits, it is no power")
                        .help("A power is written `2 ** 10`.")
                        .severity(Severity::Warning),
                );
            }
            Token::Identifier(name) if CHOOSING.contains(&name.as_str()) => {
                found.extend(assignment(text, &pieces[at + 1..]));
            }
            _ => {}
        }
    }
    found
}

fn is_closed(comment: &str) -> bool {
    let (mut depth, mut rest) = (0_usize, comment);
    while let Some(at) = rest.find(['/', '*']) {
        rest = &rest[at..];
        let step = match rest {
            _ if rest.starts_with("/*") => {
                depth += 1;
                2
            }
            _ if rest.starts_with("*/") => {
                depth = depth.saturating_sub(1);
                2
            }
            _ => 1,
        };
        rest = &rest[step..];
    }
    depth == 0
}

/// Whether a name stands in `${...}`.
fn has_hole(text: &str) -> bool {
    text.split("${").skip(1).any(|rest| {
        let inside = rest.split('}').next().filter(|inside| inside.len() < rest.len());
        inside.is_some_and(|inside| {
            let is_path = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '.';
            !inside.is_empty() && inside.chars().all(is_path)
        })
    })
}

/// `=` in the place of `==` as all that a closure does.
fn assignment(text: &str, after: &[(Span, Token)]) -> Option<Finding> {
    let [(_, Token::LeftParen), (_, Token::Pipe), (_, Token::Identifier(_)), (_, Token::Pipe), body @ ..] =
        after
    else {
        return None;
    };
    let mut depth = 0_usize;
    for (span, token) in body {
        match token {
            Token::LeftBrace | Token::Let => return None,
            Token::LeftParen | Token::LeftBracket | Token::MapStart => depth += 1,
            Token::RightParen if depth == 0 => return None,
            Token::RightParen | Token::RightBracket | Token::RightBrace => depth = depth.saturating_sub(1),
            Token::Equals if depth == 0 => {
                let finding = Finding::error(position(text, span.start), 1, "`=` changes the item here");
                return Some(finding.help("To compare, write `==`.").severity(Severity::Warning));
            }
            _ => {}
        }
    }
    None
}

/// Where the name of a function stands that the text defines.
pub(super) fn name_of(text: &str, function: &str) -> Option<Position> {
    let pieces: Vec<(Span, Token)> =
        lex::pieces(text).into_iter().filter(|(span, _)| span.kind != SpanKind::Comment).collect();
    pieces.windows(2).find_map(|pair| match pair {
        [(_, Token::Fn), (span, _)] if &text[span.start..span.end] == function => {
            Some(position(text, span.start))
        }
        _ => None,
    })
}

fn position(text: &str, at: usize) -> Position {
    let before = &text[..at];
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let short = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
    Position::new(short(before.matches('\n').count() + 1), short(column))
}
