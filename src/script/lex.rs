//! A script's text as the engine's own tokenizer cuts it, for colours and for finding a word again.
//!
//! Not here: what the pieces mean together; that is the parser's, which knows no places of ends.

use super::engine;
use crate::api;
use crate::script::BUILTINS;
use rhai::{Engine, Position, Token};
use std::sync::OnceLock;

/// One piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The byte it begins at.
    pub start: usize,
    /// The byte after it.
    pub end: usize,
    /// What it is.
    pub kind: SpanKind,
}

/// What a piece of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// A word of the language.
    Keyword,
    /// A text, or a part of one around `${...}`.
    Text,
    /// A number.
    Number,
    /// A comment.
    Comment,
    /// The name of a host function.
    Function,
    /// Any other name.
    Name,
    /// The lone `_`.
    Underscore,
    /// What opens something: `(`, `[`, `{`, `#{`.
    Opening,
    /// What closes it.
    Closing,
    /// Any other sign.
    Sign,
    /// What the tokenizer takes for nothing, such as a text without its end.
    Wrong,
}

/// The pieces of `text` in their order, without the space between them.
pub fn spans(text: &str) -> Vec<Span> {
    pieces(text).into_iter().map(|(span, _)| span).collect()
}

fn lexer() -> &'static Engine {
    static LEXER: OnceLock<Engine> = OnceLock::new();
    LEXER.get_or_init(engine::bare)
}

/// Calls `each` with every token of `text`, comments included, and the positions where it starts and ends.
fn tokens(text: &str, mut each: impl FnMut(Token, Position, Position)) {
    let inputs = [text];
    let (mut tokens, control) = lexer().lex(&inputs);
    tokens.state.include_comments = true;
    // For each `${` that is open, how many braces are open inside it.
    let mut inside: Vec<usize> = Vec::new();
    let mut reached = tokens.pos;

    while let Some((token, position)) = tokens.next() {
        // A comment or a text without its end is told again and again, though there is nothing left to read.
        if token == Token::EOF || tokens.pos == reached {
            break;
        }
        reached = tokens.pos;
        match token {
            Token::InterpolatedString(_) => inside.push(0),
            Token::LeftBrace | Token::MapStart => {
                if let Some(depth) = inside.last_mut() {
                    *depth += 1;
                }
            }
            Token::RightBrace => {
                let depth = inside.last_mut().map(|depth| {
                    *depth = depth.saturating_sub(1);
                    *depth
                });
                // The parser would tell the tokenizer that the text goes on.
                if depth == Some(0) {
                    inside.pop();
                    control.borrow_mut().is_within_text = true;
                }
            }
            _ => {}
        }
        each(token, position, reached);
    }
}

/// The pieces of `text`, each with its token.
pub(super) fn pieces(text: &str) -> Vec<(Span, Token)> {
    let mut place = Walk { text, line: 1, column: 1, byte: 0 };
    let mut found: Vec<(Span, Token)> = Vec::new();
    tokens(text, |token, start, end| {
        let start = place.byte_of(start, 0);
        let end = place.byte_of(end, 1).max(start);
        // No piece begins before the end of the one before it.
        let start = found.last().map_or(start, |(last, _)| start.max(last.end));
        let end = end.max(start);
        let kind = kind(&token);
        // Of some signs the tokenizer tells the space after them.
        let trim = |piece: &str| match kind {
            SpanKind::Sign => piece.trim_end().len(),
            _ => piece.trim_end_matches('\n').len(),
        };
        let end = start + text.get(start..end).map_or(0, trim);
        found.push((Span { start, end, kind }, token));
    });
    found
}

/// As [`pieces`], without the comments.
pub(super) fn code(text: &str) -> Vec<(Span, Token)> {
    let mut pieces = pieces(text);
    pieces.retain(|(span, _)| span.kind != SpanKind::Comment);
    pieces
}

fn kind(token: &Token) -> SpanKind {
    match token {
        Token::Comment(_) => SpanKind::Comment,
        Token::StringConstant(_) | Token::InterpolatedString(_) | Token::CharConstant(_) => SpanKind::Text,
        Token::IntegerConstant(_) | Token::FloatConstant(_) => SpanKind::Number,
        Token::Identifier(name) if is_host_function(name) => SpanKind::Function,
        Token::Identifier(_) => SpanKind::Name,
        Token::Underscore => SpanKind::Underscore,
        Token::LeftBrace | Token::LeftParen | Token::LeftBracket | Token::MapStart => SpanKind::Opening,
        Token::RightBrace | Token::RightParen | Token::RightBracket => SpanKind::Closing,
        Token::LexError(_) => SpanKind::Wrong,
        token if token.is_standard_keyword() => SpanKind::Keyword,
        _ => SpanKind::Sign,
    }
}

fn is_host_function(name: &str) -> bool {
    api::by_function(name).is_some() || BUILTINS.iter().any(|builtin| builtin.name == name)
}

/// The texts of a script that are written with escapes: as they are written, and as they are.
pub(super) fn escaped_texts(script: &str) -> impl Iterator<Item = (&str, String)> {
    // Most have none, and are not taken apart.
    let pieces = if script.contains('\\') { pieces(script) } else { Vec::new() };
    pieces.into_iter().filter_map(|(span, token)| match token {
        Token::StringConstant(text) => {
            let raw = script.get(span.start..span.end)?.strip_prefix('"')?.strip_suffix('"')?;
            (raw != text.as_str()).then(|| (raw, text.to_string()))
        }
        _ => None,
    })
}

/// A comment of a script.
#[derive(Debug)]
pub(super) struct Comment {
    /// The line it begins at, counted from 1.
    pub(super) line: usize,
    /// In characters, counted from 1.
    pub(super) column: usize,
    /// With its marks, without the end of its line.
    pub(super) text: String,
    /// Whether there is no code before it.
    pub(super) is_leading: bool,
}

/// The comments of `text` in their order. Unlike the pieces, they take no longer in a long line.
pub(super) fn comments(text: &str) -> Vec<Comment> {
    let mut found = Vec::new();
    let mut is_leading = true;
    tokens(text, |token, position, _| match token {
        Token::Comment(comment) => {
            let (line, column) = (position.line().unwrap_or(1), position.position().unwrap_or(1));
            found.push(Comment { line, column, text: comment.to_string(), is_leading });
        }
        _ => is_leading = false,
    });
    found
}

/// How many variables and constants `text` declares.
pub(super) fn declarations(text: &str) -> usize {
    let mut count = 0;
    tokens(text, |token, _, _| count += usize::from(matches!(token, Token::Let | Token::Const)));
    count
}

/// A walk through a text, which is only begun anew for a place that lies before the last one.
struct Walk<'a> {
    text: &'a str,
    line: usize,
    column: usize,
    byte: usize,
}

impl Walk<'_> {
    /// The byte of a position, or the one `further` characters after it, on the same line.
    fn byte_of(&mut self, position: Position, further: usize) -> usize {
        let line = position.line().unwrap_or(1);
        let column = position.position().map_or(1, |column| column + further);
        if (line, column) < (self.line, self.column) {
            (self.line, self.column, self.byte) = (1, 1, 0);
        }
        while self.line < line {
            let Some(feed) = self.text[self.byte..].find('\n') else { return self.text.len() };
            (self.line, self.column, self.byte) = (self.line + 1, 1, self.byte + feed + 1);
        }
        let mut letters = self.text[self.byte..].chars();
        while self.column < column {
            match letters.next() {
                // Nothing of a line stands after its end, which itself can be meant.
                Some('\n') => return self.byte + 1,
                Some(letter) => self.byte += letter.len_utf8(),
                None => return self.text.len(),
            }
            self.column += 1;
        }
        self.byte
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> Vec<(&str, SpanKind)> {
        spans(text).into_iter().map(|span| (&text[span.start..span.end], span.kind)).collect()
    }

    #[test]
    fn every_piece_is_found_with_its_ends() {
        use SpanKind::*;
        assert_eq!(
            shown("let x = copy_profile(1640, #{ name: \"ä b\" }); // done"),
            [
                ("let", Keyword),
                ("x", Name),
                ("=", Sign),
                ("copy_profile", Function),
                ("(", Opening),
                ("1640", Number),
                (",", Sign),
                ("#{", Opening),
                ("name", Name),
                (":", Sign),
                ("\"ä b\"", Text),
                ("}", Closing),
                (")", Closing),
                (";", Sign),
                ("// done", Comment),
            ]
        );
        assert_eq!(shown("1 /* a\nb */ + _")[1], ("/* a\nb */", Comment));
        assert_eq!(shown("1 /* a\nb */ + _")[3], ("_", Underscore));
    }

    #[test]
    fn a_sign_without_a_meaning_is_a_piece() {
        assert_eq!(shown("# a"), [("#", SpanKind::Sign), ("a", SpanKind::Name)]);
    }

    #[test]
    fn code_inside_a_text_is_code() {
        let pieces = shown("`a ${ #{ b: `x${1}y` }.b } c` + 2");
        let numbers: Vec<&str> =
            pieces.iter().filter(|(_, kind)| *kind == SpanKind::Number).map(|(piece, _)| *piece).collect();
        assert_eq!(numbers, ["1", "2"]);
        assert_eq!(pieces.last(), Some(&("2", SpanKind::Number)));
    }

    #[test]
    fn a_text_without_its_end_is_wrong_and_ends_the_list() {
        assert_eq!(shown("1 + \"abc").first(), Some(&("1", SpanKind::Number)));
        assert_eq!(shown("1 + \"abc").last().map(|(_, kind)| *kind), Some(SpanKind::Wrong));
    }

    proptest! {
        #[test]
        fn pieces_are_in_order_and_inside_the_text(text in "[a-c0-9(){}\\[\\]`\"'$/*+.,;:#|_ä\\n ]{0,40}") {
            let mut end = 0;
            for span in spans(&text) {
                prop_assert!(span.start >= end && span.end >= span.start, "{text}: {span:?}");
                prop_assert!(text.get(span.start..span.end).is_some(), "{text}: {span:?}");
                end = span.end;
            }
        }
    }
}
