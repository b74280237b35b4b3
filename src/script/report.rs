//! From the engine's errors to reports: where it happened, through functions, closures and imports.
//!
//! Not here: the words, which are in `words`, and how a report looks.

use super::limits::{Ended, Halt};
use super::sources::{CLOSURE, Sources};
use super::traced::A_CLOSURE;
use super::{lex, words};
use crate::api::{self, Effect};
use crate::base::mask::Secrets;
use crate::base::report::{Frame, Place, Report, Source};
use crate::calls::{Failure, Outcome, outcome_note};
use rhai::{Dynamic, EvalAltResult, Map, Position};
use serde_json::Value;
use std::sync::Arc;

/// What is needed to tell where an error happened.
pub(super) struct Scene<'a> {
    pub(super) main: &'a Arc<Source>,
    pub(super) sources: &'a Sources,
    pub(super) secrets: &'a Secrets,
}

/// The innermost error of a chain, where it is, and the calls it came through.
pub(super) struct Trace<'e> {
    pub(super) innermost: &'e EvalAltResult,
    /// Nothing if nobody can tell which text it is.
    pub(super) place: Option<Place>,
    pub(super) frames: Vec<Frame>,
}

/// Follows an error of the text `main` to where it happened.
pub(super) fn trace<'e>(error: &'e EvalAltResult, main: Option<Arc<Source>>, sources: &Sources) -> Trace<'e> {
    let at = |source: &Option<Arc<Source>>, position: Position| {
        source.as_ref().and_then(|source| place(source, sources.place(source, position)))
    };
    let mut frames = Vec::new();
    let mut source = main;
    let mut innermost = error;
    loop {
        match innermost {
            EvalAltResult::ErrorInFunctionCall(name, told, inner, position) => {
                frames.push(Frame { function: shown(name), is_import: false, place: at(&source, *position) });
                source = sources.home(name, told).or(source.filter(|_| !name.starts_with(CLOSURE)));
                innermost = inner;
            }
            EvalAltResult::ErrorInModule(name, inner, position) => {
                let imported = sources.get(name);
                let function = imported.as_ref().map_or_else(|| name.clone(), |source| source.name.clone());
                frames.push(Frame { function, is_import: true, place: at(&source, *position) });
                source = imported.or(source);
                innermost = inner;
            }
            _ => break,
        }
    }
    let mut position = innermost.position();
    if let EvalAltResult::ErrorTerminated(token, _) = innermost
        && let Some(ended) = token.read_lock::<Ended>()
    {
        for passed in ended.passed.iter().rev() {
            let function = shown(&passed.function);
            frames.push(Frame { function, is_import: false, place: at(&source, position) });
            source = sources.numbered(passed.source).or(source);
            position = passed.position;
        }
    }
    frames.reverse();
    // `[1].map(|x| ...)` is two calls at one place, of which the inner one tells more.
    frames.dedup_by(|outer, inner| outer.place.is_some() && outer.place == inner.place);
    let place = at(&source, position);
    // A call that is shown as the place itself says nothing more as a frame.
    if frames.first().is_some_and(|frame| frame.place.is_some() && frame.place == place) {
        frames.remove(0);
    }
    Trace { innermost, place, frames }
}

fn shown(function: &str) -> String {
    match function.starts_with(CLOSURE) || function == A_CLOSURE {
        true => "a closure".to_owned(),
        false => function.to_owned(),
    }
}

impl Scene<'_> {
    /// A report of whatever ended a script.
    pub(super) fn report(&self, error: &EvalAltResult) -> Report {
        let trace = self.trace(error);
        let mut report = match trace.innermost {
            EvalAltResult::ErrorRuntime(value, position) => match value.read_lock::<Map>() {
                Some(map) if map.contains_key("message") => self.of_thrown(&map, *position, trace.place),
                _ => self.of_other(trace.innermost, trace.place),
            },
            _ => self.of_other(trace.innermost, trace.place),
        };
        report.frames = trace.frames;
        masked(report, self.secrets)
    }

    /// A report of a failed call that ended the whole script.
    pub(super) fn of_failure(&self, failure: &Failure, error: &EvalAltResult) -> Report {
        let trace = self.trace(error);
        let map = super::thrown::to_map(failure, Position::NONE, None);
        let mut report = self.of_thrown(&map, Position::NONE, trace.place);
        report.frames = trace.frames;
        masked(report, self.secrets)
    }

    /// With where the script was ended from outside.
    pub(super) fn ended(&self, report: Report, error: &EvalAltResult) -> Report {
        let Trace { place, frames, .. } = self.trace(error);
        masked(Report { place, frames, ..report }, self.secrets)
    }

    fn trace<'e>(&self, error: &'e EvalAltResult) -> Trace<'e> {
        trace(error, Some(Arc::clone(self.main)), self.sources)
    }

    fn of_other(&self, error: &EvalAltResult, place: Option<Place>) -> Report {
        let words = words::of_error(error, self.sources, place.as_ref());
        Report { message: words.message, help: words.help, place, ..Report::default() }
    }

    /// `position` is where the engine met it, which is `here`.
    fn of_thrown(&self, map: &Map, position: Position, here: Option<Place>) -> Report {
        let text = |name: &str| map.get(name).and_then(|value| value.clone().into_immutable_string().ok());
        let number = |name: &str| {
            map.get(name)
                .and_then(|value| value.as_int().ok())
                .and_then(|number| usize::try_from(number).ok())
        };
        let message = text("message").map(|message| message.to_string()).unwrap_or_default();
        let mut report = Report::error(crate::base::text::printable(&message));
        report.help = text("hint").filter(|hint| !hint.is_empty()).map(|hint| hint.to_string());
        // One that was caught and thrown again tells where it was thrown first.
        let is_here = (number("line"), number("position")) == (position.line(), position.position());
        report.place = match (number("line"), number("position")) {
            (Some(line), Some(column)) if line > 0 && !is_here => {
                let source = text("file").and_then(|file| self.sources.get(&file));
                Some(mark(source.as_ref().unwrap_or(self.main), line, column))
            }
            _ => here,
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
        // Of a write that was done and could not be recorded.
        if text("outcome").as_deref() == Some(Outcome::Done.word())
            && let Some(id) = map.get("id").and_then(|id| id.as_int().ok())
        {
            report.data.insert("id".to_owned(), id.into());
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
    lex::escaped_texts(line)
        .filter(|(_, text)| secrets.mask(text) != *text)
        .for_each(|(raw, _)| secrets.add(raw));
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
pub(super) fn halt(error: &EvalAltResult) -> Option<Halt> {
    match error.unwrap_inner() {
        EvalAltResult::ErrorTerminated(token, _) => {
            token.read_lock::<Ended>().map(|ended| ended.halt.clone())
        }
        EvalAltResult::Exit(code, _) => Some(Halt::Exit(Dynamic::as_int(code).unwrap_or(0))),
        // Where no function of the script was left.
        EvalAltResult::ErrorStackOverflow(_) => Some(Halt::TooDeep),
        _ => None,
    }
}
