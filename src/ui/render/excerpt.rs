//! The place of a report: file, line and column, and the line itself with a mark.
//!
//! Not here: the layout around it. Only the one line is handed on, escaped and cut, so that neither a long file nor a
//! long line costs time.

use crate::base::report::Place;
use crate::base::text;
use crate::ui::Style;
use annotate_snippets::{Annotation, AnnotationKind, Origin, Snippet};
use std::ops::Range;

/// What the gutter and the line number take.
const GUTTER: usize = 10;

/// Where it is, as far as that is known.
pub(super) fn origin(place: &Place) -> Origin<'static> {
    let origin = Origin::path(text::one_line(&place.source.name).into_owned());
    match (place.line, place.column) {
        (0, _) => origin,
        (line, 0) => origin.line(line),
        (line, column) => origin.line(line).char_column(column),
    }
}

/// The line, if the text has it.
pub(super) fn snippet(place: &Place, style: Style) -> Option<Snippet<'static, Annotation<'static>>> {
    let line = line_of(place)?;
    let marked = place.column.checked_sub(1).map(|start| start..start.saturating_add(place.length.max(1)));
    let most = style.width.saturating_sub(GUTTER).clamp(40, 140);
    let (shown, span) = cut_around(line, marked.clone().unwrap_or(0..0), most);
    let annotation = match marked {
        Some(_) => AnnotationKind::Primary.span(span),
        None => AnnotationKind::Visible.span(0..shown.len()),
    };
    Some(Snippet::source(shown).line_start(place.line).annotation(annotation))
}

/// The line without its end, if the text has it.
fn line_of(place: &Place) -> Option<&str> {
    if place.source.text.is_empty() {
        return None;
    }
    let line = place.source.text.split('\n').nth(place.line.checked_sub(1)?)?;
    Some(line.strip_suffix('\r').unwrap_or(line))
}

/// At most about `most` characters of `line` with the start of `marked` among them, escaped; and where the marked
/// characters are now, in bytes.
fn cut_around(line: &str, marked: Range<usize>, most: usize) -> (String, Range<usize>) {
    let total = line.chars().count();
    let start = marked.start.min(total);
    let end = marked.end.min(total).max(start);
    let first = if total <= most { 0 } else { start.saturating_sub(most / 2).min(total - most) };
    let last = total.min(first + most);
    let mut shown = String::new();
    if first > 0 {
        shown.push('…');
    }
    let mut span = shown.len()..shown.len();
    for (index, character) in line.chars().enumerate().skip(first).take(last - first) {
        if index == start {
            span.start = shown.len();
        }
        shown.push_str(&text::printable(character.encode_utf8(&mut [0; 4])));
        if index < end {
            span.end = shown.len();
        }
    }
    if start >= last {
        // Just behind the line.
        span.start = shown.len();
    }
    span.end = span.end.max(span.start);
    if last < total {
        shown.push('…');
    }
    (shown, span)
}
