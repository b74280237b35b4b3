//! From the engine's errors to reports: where it happened, through functions, closures and imports.
//!
//! Not here: the words, which are in `words`, and how a report looks.

use super::imports::Sources;
use super::words;
use crate::api::{self, Effect};
use crate::base::mask::Secrets;
use crate::base::report::{Frame, Place, Report, Source};
use crate::calls::{Failure, outcome_note};
use rhai::{Dynamic, EvalAltResult, Map, Position};
use serde_json::Value;
use std::sync::Arc;

/// What is needed to tell where an error happened.
pub(super) struct Scene<'a> {
    pub(super) main: &'a Arc<Source>,
    pub(super) sources: &'a Sources,
    pub(super) functions: &'a [&'a str],
    pub(super) secrets: &'a Secrets,
}

impl Scene<'_> {
    /// A report of whatever ended a script.
    pub(super) fn report(&self, error: &EvalAltResult) -> Report {
        let mut frames = Vec::new();
        let mut source = Arc::clone(self.main);
        let mut innermost = error;
        loop {
            let (function, callee, inner, position) = match innermost {
                EvalAltResult::ErrorInFunctionCall(name, callee, inner, position) => {
                    let name = if name.starts_with("anon$") { "a closure".to_owned() } else { name.clone() };
                    (name, callee, inner, *position)
                }
                EvalAltResult::ErrorInModule(name, inner, position) => {
                    (format!("the import of {name}"), name, inner, *position)
                }
                _ => break,
            };
            frames.push(Frame { function, place: place(&source, position) });
            if let Some(found) = self.sources.get(callee) {
                source = found;
            }
            innermost = inner;
        }
        frames.reverse();
        // `[1].map(|x| ...)` is two calls at one place, of which the inner one tells more.
        frames.dedup_by(|outer, inner| outer.place == inner.place);
        let position = innermost.position();
        let mut report = match innermost {
            EvalAltResult::ErrorRuntime(value, _) => match value.read_lock::<Map>() {
                Some(map) if map.contains_key("message") => self.of_thrown(&map, &source, position),
                _ => self.of_other(innermost, &source),
            },
            _ => self.of_other(innermost, &source),
        };
        report.frames = frames;
        masked(report, self.secrets)
    }

    /// A report of a failed call that ended the whole script.
    pub(super) fn of_failure(&self, failure: &Failure, position: Position) -> Report {
        let map = super::thrown::to_map(failure, position, None);
        let report = self.of_thrown(&map, self.main, position);
        masked(report, self.secrets)
    }

    fn of_other(&self, error: &EvalAltResult, source: &Arc<Source>) -> Report {
        let words = words::of_error(error, self.functions);
        Report {
            message: words.message,
            help: words.help,
            place: place(source, error.position()),
            ..Report::default()
        }
    }

    fn of_thrown(&self, map: &Map, source: &Arc<Source>, position: Position) -> Report {
        let text = |name: &str| map.get(name).and_then(|value| value.clone().into_immutable_string().ok());
        let number = |name: &str| {
            map.get(name)
                .and_then(|value| value.as_int().ok())
                .and_then(|number| usize::try_from(number).ok())
        };
        let message = text("message").map(|message| message.to_string()).unwrap_or_default();
        let mut report = Report::error(crate::base::text::printable(&message));
        report.help = text("hint").filter(|hint| !hint.is_empty()).map(|hint| hint.to_string());
        let thrown_in =
            text("file").and_then(|file| self.sources.get(&file)).unwrap_or_else(|| Arc::clone(source));
        report.place = match (number("line"), number("position")) {
            (Some(line), Some(column)) if line > 0 => Some(mark(&thrown_in, line, column)),
            _ => place(source, position),
        };
        let effect = text("action")
            .and_then(|action| api::by_action(&action))
            .map_or(Effect::Write, |endpoint| endpoint.effect);
        if let (Some(outcome), Some(attempts)) = (text("outcome"), number("attempts")) {
            report.notes.extend(outcome_note(&outcome, effect, attempts).map(str::to_owned));
            if attempts > 1 {
                report.notes.push(format!("tried {attempts} times"));
            }
        }
        if text("kind").as_deref() == Some("assertion")
            && let Some(notes) = map.get("notes").and_then(|notes| notes.read_lock::<rhai::Array>())
        {
            report.notes.extend(notes.iter().map(ToString::to_string));
        }
        for name in ["kind", "code", "function", "action", "http_status", "time", "outcome", "attempts"] {
            let value = map.get(name).map_or(Ok(Value::Null), super::convert::to_json);
            if let Ok(value) = value {
                report.data.insert(name.to_owned(), value);
            }
        }
        report
    }
}

/// The report without any secret, the excerpt's text included.
pub(super) fn masked(mut report: Report, secrets: &Secrets) -> Report {
    let mask = |text: &str| secrets.mask(text).into_owned();
    report.message = mask(&report.message);
    report.notes = report.notes.iter().map(|note| mask(note)).collect();
    report.help = report.help.as_deref().map(mask);
    report.place = report.place.as_ref().map(|place| mask_place(place, secrets));
    for frame in &mut report.frames {
        frame.place = frame.place.as_ref().map(|place| mask_place(place, secrets));
    }
    for value in report.data.values_mut() {
        if let Value::String(text) = value {
            *text = mask(text);
        }
    }
    report
}

/// The place of a position, if it is one.
pub(super) fn place(source: &Arc<Source>, position: Position) -> Option<Place> {
    let line = position.line()?;
    Some(mark(source, line, position.position().unwrap_or(0)))
}

/// Marks the word that begins there.
pub(super) fn mark(source: &Arc<Source>, line: usize, column: usize) -> Place {
    let text = source.text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let word = text
        .chars()
        .skip(column.saturating_sub(1))
        .take_while(|letter| letter.is_alphanumeric() || *letter == '_');
    Place { source: Arc::clone(source), line, column, length: word.count().max(1) }
}

/// Masks the line of a place, and moves the column along. Other lines are not shown, and left out.
fn mask_place(place: &Place, secrets: &Secrets) -> Place {
    let line = place.line.checked_sub(1).and_then(|above| place.source.text.split('\n').nth(above));
    let line = line.unwrap_or_default();
    let mut column = place.column;
    let mut masked = secrets.mask(line).into_owned();
    if column > 0 && masked != line {
        let split = line.char_indices().nth(column - 1).map_or(line.len(), |(at, _)| at);
        let (before, after) = line.split_at(split);
        let before = secrets.mask(before).into_owned();
        column = before.chars().count() + 1;
        // A secret across the column is only seen in the whole line.
        masked = secrets.mask(&format!("{before}{}", secrets.mask(after))).into_owned();
    }
    let text = format!("{}{masked}", "\n".repeat(place.line.saturating_sub(1)));
    let source = Arc::new(Source { name: place.source.name.clone(), text });
    Place { source, column, ..*place }
}

/// The token of an error that ended the script from outside, if it is one.
pub(super) fn halt(error: &EvalAltResult) -> Option<(super::limits::Halt, Position)> {
    match error.unwrap_inner() {
        EvalAltResult::ErrorTerminated(token, position) => {
            token.clone().try_cast::<super::limits::Halt>().map(|halt| (halt, *position))
        }
        EvalAltResult::Exit(code, position) => {
            let code = Dynamic::as_int(code).unwrap_or(0);
            Some((super::limits::Halt::Exit(code), *position))
        }
        _ => None,
    }
}
