//! The engine's own errors in plain words: no type name of the program and no internal name gets past here.
//!
//! Not here: failures of calls, which word themselves.

mod functions;
pub(super) mod newcomers;
mod parse;
#[cfg(test)]
mod tests;
mod types;
mod variables;

pub(super) use parse::of_parse_error;

use super::limits::{Ended, Halt, Passed};
use super::sources::Sources;
use crate::base::report::Place;
use crate::base::text;
use rhai::{EvalAltResult, ParseError};

/// What went wrong, and what to do about it.
pub(super) struct Words {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Words {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    fn help(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: Some(help.into()) }
    }

    fn with(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// A run-time error that happened at `place`. Only the innermost one of a chain is worded here.
pub(super) fn of_error(error: &EvalAltResult, sources: &Sources, place: Option<&Place>) -> Words {
    use EvalAltResult as E;
    match error {
        E::ErrorParsing(error, position) => match place {
            Some(place) => of_parse_error(&ParseError(Box::new(error.clone()), *position), &place.source).0,
            None => Words::new("the script cannot be understood"),
        },
        E::ErrorVariableExists(name, _) => Words::new(format!("`{}` is defined already", safe(name))),
        E::ErrorForbiddenVariable(name, _) => {
            Words::new(format!("`{}` cannot be used as a variable", safe(name)))
        }
        E::ErrorVariableNotFound(name, _) => of_missing_variable(name, sources),
        E::ErrorPropertyNotFound(name, _) => Words::new(format!("there is no property `{}`", safe(name))),
        E::ErrorIndexNotFound(index, _) => {
            Words::new(format!("there is nothing at index {}", safe(&index.to_string())))
        }
        E::ErrorFunctionNotFound(signature, _) => functions::missing(signature, sources, place),
        E::ErrorModuleNotFound(path, _) => Words::new(format!("there is no module `{}`", safe(path))),
        E::ErrorUnboundThis(_) => Words::help(
            "`this` means nothing here",
            "It is the value a function is called on, as in value.name().",
        ),
        E::ErrorMismatchDataType(expected, actual, _) if actual.is_empty() => {
            Words::new(format!("expected {}", types::in_a_sentence(expected)))
        }
        E::ErrorMismatchDataType(expected, actual, _) | E::ErrorMismatchOutputType(expected, actual, _) => {
            of_mismatch(expected, actual, place)
        }
        E::ErrorIndexingType(kind, _) => {
            let message = match types::in_a_sentence(kind.split(" [").next().unwrap_or(kind)).as_str() {
                "nothing" => "this is nothing, so it has no items".to_owned(),
                kind => format!("{kind} has no items"),
            };
            Words::help(
                message,
                "`[ ]` takes an item of an array, a value of a map or a character of a text.",
            )
        }
        E::ErrorArrayBounds(length, index, _) => Words::new(format!(
            "index {index} is outside the array, which has {}",
            text::count(*length, "item")
        )),
        E::ErrorStringBounds(length, index, _) => Words::new(format!(
            "index {index} is outside the text, which has {}",
            text::count(*length, "character")
        )),
        E::ErrorBitFieldBounds(_, index, _) => Words::new(format!("there is no bit {index}")),
        E::ErrorFor(_) => Words::help(
            "`for` cannot go through this value",
            "It goes through arrays, ranges, maps' keys() and texts.",
        ),
        E::ErrorDataRace(..) => Words::help(
            "a variable is used while it is being changed",
            "Copy it into another variable before passing it to a closure.",
        ),
        E::ErrorNonPureMethodCallOnConstant(name, _) => Words::help(
            format!("`{}` would change a constant", safe(name)),
            "Make it with `let` if it is to change.",
        ),
        E::ErrorAssignmentToConstant(name, _) => {
            Words::new(format!("`{}` is a constant and cannot change", safe(name)))
        }
        E::ErrorDotExpr(what, _) => of_property(what, place),
        E::ErrorArithmetic(what, _) => of_arithmetic(what),
        E::ErrorTooManyOperations(_) => Words::new("the script takes too many steps"),
        E::ErrorTooManyVariables(_) => Words::new("the script has too many variables at once"),
        E::ErrorTooManyModules(_) => Words::new("the script imports too many files"),
        E::ErrorStackOverflow(_) => of_depth(&[]),
        E::ErrorDataTooLarge(..) => Words::new("a value is too large"),
        E::ErrorRuntime(value, _) if value.is_unit() => {
            Words::new("the script threw an error without a message")
        }
        E::ErrorRuntime(value, _) => {
            let mut thrown = String::new();
            match value.clone().into_immutable_string() {
                Ok(text) => thrown.push_str(&text),
                Err(_) => super::guards::write(&mut thrown, value, 16),
            }
            Words::new(text::printable(&text::cut(&thrown, 2_000)).into_owned())
        }
        E::ErrorSystem(what, _) => Words::new(sentence(what)),
        E::ErrorTerminated(token, _) => match token.read_lock::<Ended>() {
            Some(ended) if matches!(ended.halt, Halt::TooDeep) => of_depth(&ended.passed),
            _ => Words::new("the script was ended"),
        },
        E::ErrorCustomSyntax(..) => Words::new("the script was ended"),
        E::LoopBreak(..) => Words::new("`break` and `continue` belong inside a loop"),
        E::Return(..) | E::Exit(..) => Words::new("the script ended here"),
        // Chains are unwrapped before.
        E::ErrorInFunctionCall(_, _, inner, _) | E::ErrorInModule(_, inner, _) => {
            of_error(inner, sources, place)
        }
        _ => Words::new("the script failed"),
    }
}

/// Functions that were left one after the other, innermost first: those that come back again call each other.
fn of_depth(passed: &[Passed]) -> Words {
    let mut names: Vec<&str> = passed.iter().take(32).map(|passed| passed.function.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let message = match names.as_slice() {
        [] => "functions call each other too deeply".to_owned(),
        [name] => format!("`{}` calls itself too deeply", safe(name)),
        [first @ .., last] => {
            let first = first.iter().map(|name| format!("`{}`", safe(name))).collect::<Vec<_>>().join(", ");
            format!("{first} and `{}` call each other too deeply", safe(last))
        }
    };
    Words::help(message, "Is there a recursion that does not end?")
}

/// Of names that parsed: those behind `::`, which only running the import tells.
fn of_missing_variable(name: &str, sources: &Sources) -> Words {
    let message = format!("there is no variable `{}`", safe(name));
    let Some((module, last)) = name.rsplit_once("::") else { return Words::new(message) };
    let exported = sources.exported();
    match text::nearest(last, exported.iter().map(String::as_str)) {
        Some(near) if near != last => Words::new(format!("{message}, did you mean `{module}::{near}`?")),
        _ => Words::help(message, "A file gives others what it marks, as in `export const LIMIT = 5;`."),
    }
}

fn of_mismatch(expected: &str, actual: &str, place: Option<&Place>) -> Words {
    let (expected, actual) = (types::in_a_sentence(expected), types::in_a_sentence(actual));
    let words = match actual.as_str() {
        // A captured variable does not tell its type.
        "another kind of value" => Words::new(format!("expected {expected} here")),
        actual => Words::new(format!("expected {expected}, found {actual}")),
    };
    match expected.as_str() {
        _ if actual == "a range" => {
            words.with("A part of an array is list.extract(1..3), of a text text.sub_string(1..3).")
        }
        // The engine tells of the first argument, not of what is called.
        "a function" => match place.and_then(called) {
            Some(called) => Words::help(
                format!("`{called}` is not a function"),
                "`call` calls what a variable holds: |x| ... or Fn(\"name\").",
            ),
            None => words,
        },
        "true or false" => {
            words.with("A condition is true or false: compare the value, as in `x != 0` or `x != \"\"`.")
        }
        _ => words,
    }
}

/// What stands before `.call(` in front of a place.
fn called(place: &Place) -> Option<String> {
    let line = place.source.text.lines().nth(place.line.checked_sub(1)?)?;
    let before: String = line.chars().take(place.column.saturating_sub(1)).collect();
    let at = before.rfind(".call(")?;
    let column = before[..at].chars().count() + 2;
    let called = functions::before_dot(&Place { column, ..place.clone() });
    (!called.is_empty()).then_some(called)
}

/// "Unknown property 'foo' - a getter is not registered for type 'i64'".
fn of_property(what: &str, place: Option<&Place>) -> Words {
    let quoted: Vec<&str> = what.split('\'').skip(1).step_by(2).collect();
    match quoted.as_slice() {
        [property, of, ..] => functions::property_of(&types::in_a_sentence(of), property, place),
        _ => Words::new("this cannot stand after a dot"),
    }
}

fn of_arithmetic(what: &str) -> Words {
    if let Some(given) = what.strip_prefix("Error parsing ") {
        let kind = if given.starts_with("integer") { "whole number" } else { "number" };
        let given = given.split_once('\'').map_or(given, |(_, given)| given);
        let given = given.rsplit_once('\'').map_or(given, |(given, _)| given);
        return Words::new(format!("\"{}\" is no {kind}", safe(given)));
    }
    Words::new(sentence(what).replacen("modulo division", "division", 1))
}

fn safe(part: &str) -> String {
    text::one_line(&text::cut(part, 200)).into_owned()
}

fn sentence(what: &str) -> String {
    lower(what).trim_end_matches('.').to_owned()
}

fn lower(what: &str) -> String {
    let what = safe(what.trim());
    let mut characters = what.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => what,
    }
}
