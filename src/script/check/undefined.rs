//! The variables that are not defined after the first one, at which the parser ends.
//!
//! Not here: what is said of them.

use rhai::{Engine, ParseError, ParseErrorType};

/// A longer text takes long to parse again and again.
const LONGEST: usize = 256 << 10;

/// More than anybody wants to read at once.
const MOST: usize = 20;

/// Further names that are not defined, each where it stands first, if that is what `first` is about.
///
/// A name is found by putting a value into the place of the one before it. Once that is no script any more, the rest
/// cannot be told.
pub fn further_undefined(engine: &Engine, text: &str, first: &ParseError) -> Vec<ParseError> {
    if text.len() > LONGEST {
        return Vec::new();
    }
    let mut text = text.to_owned();
    let mut told = vec![name(first).unwrap_or_default().to_owned()];
    let mut found = Vec::new();
    let mut error = first.clone();
    // A name may stand in many places.
    for _ in 0..10 * MOST {
        let Some(undefined) = name(&error) else { break };
        let Some(at) = byte(&text, &error).filter(|at| text[*at..].starts_with(undefined)) else { break };
        let value =
            if undefined.len() < 2 { "0".to_owned() } else { format!("{:1$}", "()", undefined.len()) };
        text.replace_range(at..at + undefined.len(), &value);
        match engine.compile(&text) {
            Ok(_) => break,
            Err(next) => error = next,
        }
        let Some(undefined) = name(&error) else { break };
        if !told.iter().any(|told| told == undefined) {
            told.push(undefined.to_owned());
            found.push(error.clone());
        }
        if found.len() == MOST {
            break;
        }
    }
    found
}

fn name(error: &ParseError) -> Option<&str> {
    match error.err_type() {
        ParseErrorType::VariableUndefined(name) => Some(name),
        _ => None,
    }
}

fn byte(text: &str, error: &ParseError) -> Option<usize> {
    let (line, column) = (error.position().line()?, error.position().position()?);
    let mut starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    let start = starts.nth(line - 1)?;
    text[start..].char_indices().nth(column.checked_sub(1)?).map(|(at, _)| start + at)
}
