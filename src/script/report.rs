//! From the engine's errors to reports: where it happened, through functions, closures and imports.
//!
//! Not here: the words, which are in `words`, and how a report looks.

use super::limits::{Ended, Halt};
use super::sources::{CLOSURE, Sources};
use super::thrown::{Cause, HostError};
use super::traced::A_CLOSURE;
use super::{lex, words};
use crate::base::mask::Secrets;
use crate::base::report::{Frame, Place, Report, Source};
use crate::base::text;
use crate::calls::Failure;
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
            EvalAltResult::ErrorRuntime(value, _) => match value.read_lock::<HostError>() {
                Some(error) => of_host_error(&error, trace.place),
                None => of_thrown(value, &trace.place)
                    .unwrap_or_else(|| self.of_other(trace.innermost, trace.place)),
            },
            _ => self.of_other(trace.innermost, trace.place),
        };
        report.frames = trace.frames;
        masked(report, self.secrets)
    }

    /// A report of a failed call that ended the whole script.
    pub(super) fn of_failure(&self, failure: &Failure, error: &EvalAltResult) -> Report {
        let trace = self.trace(error);
        let report = Report::error(text::printable(&failure.to_string()));
        let mut report = Report { help: failure.hint(), place: trace.place, frames: trace.frames, ..report };
        add_call(&mut report, failure);
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
}

/// A report of an error of the host. One that was caught and thrown again tells where it was thrown first.
fn of_host_error(error: &HostError, here: Option<Place>) -> Report {
    let message = error.text("message").filter(|message| !message.trim().is_empty());
    let message = message.map_or_else(|| error.cause().to_string(), |message| message.to_string());
    let mut report = Report::error(text::printable(&message));
    report.help = error.text("hint").filter(|hint| !hint.is_empty()).map(|hint| hint.to_string());
    report.place = error.place().cloned().or(here);
    match error.cause() {
        Cause::Call(failure) => add_call(&mut report, failure),
        Cause::Script => drop(report.data.insert("kind".to_owned(), "script".into())),
        Cause::Assertion(notes) => {
            report.notes.extend(notes.iter().cloned());
            report.data.insert("kind".to_owned(), "assertion".into());
        }
    }
    report
}

/// A report of a map that the script threw. Only what it says counts: it is no failure of the host, whatever it claims.
fn of_thrown(value: &Dynamic, here: &Option<Place>) -> Option<Report> {
    let map = value.read_lock::<Map>()?;
    let text = |name: &str| map.get(name).and_then(|value| value.clone().into_immutable_string().ok());
    let message = text("message")?;
    let help = text("hint").filter(|hint| !hint.is_empty()).map(|hint| hint.to_string());
    Some(Report { help, place: here.clone(), ..Report::error(text::printable(&message)) })
}

/// What is known of a failed call.
fn add_call(report: &mut Report, failure: &Failure) {
    report.notes.extend(failure.notes());
    report.data.extend(failure.data());
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
