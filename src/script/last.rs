//! What a session remembers by itself: `_`, the last value, and `_error`, the last error.
//!
//! Not here: the session. The language gives `_` no meaning but that of the last case of a `switch`, so the places where
//! it means the last value are marked before a line is parsed.

use super::lex::{self, SpanKind};
use super::thrown::{HostError, with_fields};
use super::{convert, guards};
use crate::base::report::Report;
use crate::base::text;
use rhai::{Array, Dynamic, Engine, ImmutableString, Map, Position, Scope, Token};
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The variable of the last value.
pub(super) const VALUE: &str = "_";
/// The variable of the last error.
pub(super) const ERROR: &str = "_error";

/// Lines and columns in the text that is being parsed where `_` is the last value.
#[derive(Clone, Default)]
pub(super) struct Marks(Arc<Mutex<HashSet<(usize, usize)>>>);

impl Marks {
    /// Teaches `engine` to read marked places as the variable, and puts both variables into `scope`.
    pub(super) fn install(engine: &mut Engine, scope: &mut Scope<'static>) -> Self {
        let marks = Self::default();
        let marked = marks.clone();
        // The engine calls this "volatile", not deprecated.
        #[allow(deprecated)]
        engine.on_parse_token(move |token, position, _| {
            if token == Token::Underscore && marked.lock().contains(&place(position)) {
                return Token::Identifier(Box::new(VALUE.into()));
            }
            token
        });
        scope.push(VALUE, ());
        scope.push(ERROR, ());
        marks
    }

    /// Marks the places of `text` while `parse` runs.
    pub(super) fn during<T>(&self, text: &str, parse: impl FnOnce() -> T) -> T {
        *self.lock() = places(text).into_iter().map(|at| line_and_column(text, at)).collect();
        let parsed = parse();
        // A module that is parsed later has places of its own.
        self.lock().clear();
        parsed
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<(usize, usize)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bytes of `text` at which `_` is the last value.
pub(super) fn places(text: &str) -> Vec<usize> {
    if !text.contains(VALUE) {
        return Vec::new();
    }
    let pieces = lex::pieces(text);
    let pieces: Vec<_> = pieces.iter().filter(|(span, _)| span.kind != SpanKind::Comment).collect();
    let is_value = |at: usize| {
        let next = pieces.get(at + 1).map(|(_, token)| token);
        !matches!(next, Some(Token::DoubleArrow | Token::If))
    };
    let lone = pieces.iter().enumerate().filter(|(_, (span, _))| span.kind == SpanKind::Underscore);
    lone.filter(|(at, _)| is_value(*at)).map(|(_, (span, _))| span.start).collect()
}

/// `text` with `name` in every place where `_` is the last value.
pub(super) fn renamed<'a>(text: &'a str, name: &str) -> Cow<'a, str> {
    let places = places(text);
    if places.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut renamed = text.to_owned();
    for at in places.into_iter().rev() {
        renamed.replace_range(at..at + VALUE.len(), name);
    }
    Cow::Owned(renamed)
}

fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or_default();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

pub(super) fn place(position: Position) -> (usize, usize) {
    (position.line().unwrap_or(0), position.position().unwrap_or(0))
}

/// What `catch` would have been given, of an error that only a report tells of: what is no script was never run.
pub(super) fn told(report: &Report) -> Dynamic {
    let place = report.place.as_ref();
    let number = |number: usize| Dynamic::from(i64::try_from(number).unwrap_or(i64::MAX));
    let mut fields = Map::from([
        ("line".into(), number(place.map_or(0, |place| place.line))),
        ("position".into(), number(place.map_or(0, |place| place.column))),
    ]);
    let known =
        report.data.iter().map(|(name, value)| (name.as_str().into(), convert::from_json(value.clone())));
    fields.extend(known);
    let file = place.map(|place| place.source.name.as_str());
    HostError::of_script(report.message.clone(), report.help.clone(), Position::NONE, file)
        .with(fields)
        .into_value()
}

/// The type of a value, and how much there is of it.
pub(super) fn describe(value: &Dynamic) -> String {
    if value.is_unit() {
        return "nothing".to_owned();
    }
    if let Some(items) = value.read_lock::<Array>() {
        return format!("array of {}", text::count(items.len(), "item"));
    }
    let names = |fields: &Map| fields.keys().map(ToString::to_string).collect::<Vec<_>>();
    if let Some(names) = with_fields(value, names) {
        return match names.as_slice() {
            [] => "map without fields".to_owned(),
            names => {
                let listed = text::one_line(&names.join(", ")).into_owned();
                format!("map with {}: {}", text::count(names.len(), "field"), text::cut(&listed, 300))
            }
        };
    }
    if let Some(string) = value.read_lock::<ImmutableString>() {
        return format!("string of {}", text::count(string.chars().count(), "character"));
    }
    if value.is_fnptr() {
        let mut shown = String::new();
        guards::write(&mut shown, value, 2);
        return format!("function, {shown}");
    }
    match value.type_name() {
        "i64" => "int".to_owned(),
        "f64" => "float".to_owned(),
        other => text::one_line(other.rsplit("::").next().unwrap_or(other)).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_case_of_a_switch_stays_what_it_is() {
        assert_eq!(renamed("_ + _.len()", "x"), "x + x.len()");
        assert_eq!(renamed("switch _ { 1 => _, _ => 2 }", "last"), "switch last { 1 => last, _ => 2 }");
        assert_eq!(
            renamed("switch 1 { _ /* all */ => \"_\" } // _", "x"),
            "switch 1 { _ /* all */ => \"_\" } // _"
        );
        assert_eq!(renamed("`${_} _`", "x"), "`${x} _`");
        assert_eq!(renamed("_error.code", "x"), "_error.code");
    }

    #[test]
    fn a_type_is_told_with_how_much_there_is() {
        let described = |code: &str| describe(&Engine::new().eval::<Dynamic>(code).unwrap());
        for (code, expected) in [
            ("()", "nothing"),
            ("1", "int"),
            ("1.5", "float"),
            ("true", "bool"),
            ("'a'", "char"),
            ("\"äö\"", "string of 2 characters"),
            ("[1]", "array of 1 item"),
            ("#{}", "map without fields"),
            ("#{ b: 1, a: 2 }", "map with 2 fields: a, b"),
            ("|x| x", "function, Fn(closure)"),
        ] {
            assert_eq!(described(code), expected, "{code}");
        }
        assert!(!described("0..3").contains("::"));
    }
}
