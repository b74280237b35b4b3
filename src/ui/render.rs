//! A report as a person reads it, with the line of the script and a mark under the culprit; and as data.
//!
//! Not here: what happened, which the report already says in words.

mod excerpt;

use super::Style;
use crate::base::report::{Frame, Place, Report, Severity};
use crate::base::text;
use annotate_snippets::{Group, Level, Message, Renderer};
use serde_json::{Map, Value, json};

/// More characters of one message are noise.
const LONGEST_MESSAGE: usize = 4000;

/// Deeper call stacks lose their middle: this many frames stay at either end.
const FRAMES_AT_END: usize = 5;

/// What stands in front of a note: the gutter and the word.
const FOOTER: usize = 14;

/// `report` in the manner of a compiler.
pub fn report(report: &Report, style: Style) -> String {
    let level = match report.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let renderer = if style.color { Renderer::styled() } else { Renderer::plain() };
    // The excerpt is already cut; a second cut would be off.
    let renderer = renderer.term_width(usize::from(u16::MAX));
    let head = Group::with_title(level.clone().primary_title(safe(&report.message)))
        .elements(report.place.as_ref().map(excerpt::origin));
    let mut lines = match report.place.as_ref().and_then(|place| excerpt::snippet(place, style)) {
        None if report.place.is_none() => {
            without_bar(&renderer.render(&[head.elements(footer(report, style))]))
        }
        None => renderer.render(&[head.elements(footer(report, style))]),
        Some(snippet) => {
            let body = Group::with_level(level).element(snippet).elements(footer(report, style));
            above(&renderer.render(&[head]), &renderer.render(&[body]), report.place.as_ref())
        }
    };
    lines.push('\n');
    lines
}

/// The head with its arrow moved over the gutter of the body. They are laid out apart because an origin and a snippet in
/// one group count as two places.
fn above(head: &str, body: &str, place: Option<&Place>) -> String {
    let digits = place.map_or(0, |place| place.line.to_string().len());
    let (message, arrow) = head.rsplit_once('\n').unwrap_or(("", head));
    format!("{message}\n{:digits$}{arrow}\n{body}", "")
}

/// Without the gutter's empty line: there is no excerpt that the footer would have to be kept apart from.
fn without_bar(lines: &str) -> String {
    let is_bar = |line: &&str| {
        line.split('\x1b').map(|part| part.trim_start_matches(is_of_escape)).collect::<String>().trim() == "|"
    };
    lines.split('\n').filter(|line| !is_bar(line)).collect::<Vec<_>>().join("\n")
}

/// The characters between the escape character and the end of a colour sequence.
fn is_of_escape(character: char) -> bool {
    character.is_ascii_digit() || matches!(character, '[' | ';' | 'm')
}

fn footer(report: &Report, style: Style) -> Vec<Message<'static>> {
    // A terminal would break lines within words.
    let safe = |text: &str| match style.terminal {
        true => text::wrap(&safe(text), style.width.saturating_sub(FOOTER).max(20)).join("\n"),
        false => safe(text),
    };
    let notes = report.notes.iter().map(|note| Level::NOTE.message(safe(note)));
    let frames = frame_lines(&report.frames).into_iter().map(|line| Level::NOTE.no_name().message(line));
    let help = report.help.iter().map(|help| Level::HELP.message(safe(help)));
    notes.chain(frames).chain(help).collect()
}

/// `report` as one JSON object: its own fields, and those of its data that are named otherwise.
pub fn report_json(report: &Report) -> Value {
    let severity = match report.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut object = report.data.clone();
    object.insert("severity".to_owned(), severity.into());
    object.insert("message".to_owned(), report.message.clone().into());
    object.extend(place_json(report.place.as_ref()));
    object.insert("frames".to_owned(), report.frames.iter().map(frame_json).collect());
    object.insert("notes".to_owned(), json!(report.notes));
    object.insert("help".to_owned(), json!(report.help));
    Value::Object(object)
}

fn frame_json(frame: &Frame) -> Value {
    let mut object = place_json(frame.place.as_ref());
    object.insert("function".to_owned(), frame.function.clone().into());
    Value::Object(object)
}

/// `position` is the column and `length` what to mark, in characters; columns count from 1. What is not known is null.
fn place_json(place: Option<&Place>) -> Map<String, Value> {
    let known = |number: usize| if number == 0 { Value::Null } else { number.into() };
    let fields = [
        ("file", place.map_or(Value::Null, |place| place.source.name.clone().into())),
        ("line", place.map_or(Value::Null, |place| known(place.line))),
        ("position", place.map_or(Value::Null, |place| known(place.column))),
        ("length", place.map_or(Value::Null, |place| known(place.length))),
    ];
    fields.into_iter().map(|(name, field)| (name.to_owned(), field)).collect()
}

fn frame_lines(frames: &[Frame]) -> Vec<String> {
    let Some(left_out) = frames.len().checked_sub(2 * FRAMES_AT_END).filter(|left_out| *left_out > 1) else {
        return frames.iter().map(frame_line).collect();
    };
    let (first, rest) = frames.split_at(FRAMES_AT_END);
    let mut lines: Vec<String> = first.iter().map(frame_line).collect();
    lines.push(format!("... {left_out} more"));
    lines.extend(rest[left_out..].iter().map(frame_line));
    lines
}

fn frame_line(frame: &Frame) -> String {
    let function = text::one_line(&frame.function);
    // Names have no spaces; "a closure" is no name.
    let is_name = !frame.is_import && !function.contains(' ');
    let function = if is_name { format!("`{function}`") } else { function.into_owned() };
    let how = if frame.is_import { "imported" } else { "called" };
    let Some(place) = &frame.place else { return format!("in {function}") };
    let name = text::one_line(&place.source.name);
    match (place.line, place.column) {
        (0, _) => format!("in {function}, {how} in {name}"),
        (line, 0) => format!("in {function}, {how} at {name}:{line}"),
        (line, column) => format!("in {function}, {how} at {name}:{line}:{column}"),
    }
}

fn safe(message: &str) -> String {
    let cut = text::cut(message.trim_end(), LONGEST_MESSAGE);
    text::printable(&cut.replace("\r\n", "\n").replace('\t', "    ")).into_owned()
}

#[cfg(test)]
mod tests;
