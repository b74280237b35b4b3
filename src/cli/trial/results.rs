//! Results of tests as people read them, as TAP, and as JUnit XML.
//!
//! Not here: running tests.

use super::Trial;
use crate::base::report::Report;
use crate::base::text;
use crate::ui::{self, Printer, Style};
use serde_json::Value;
use std::fmt::Write;

/// How results are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::cli) enum Form {
    /// For people.
    #[default]
    Pretty,
    /// The Test Anything Protocol, version 14.
    Tap,
    /// What build servers read.
    Junit,
}

/// The forms by name.
pub(in crate::cli) const FORMS: &[(&str, Form)] =
    &[("pretty", Form::Pretty), ("tap", Form::Tap), ("junit", Form::Junit)];

/// Shows results as they come.
pub(in crate::cli) struct Results<'a> {
    form: Form,
    printer: &'a Printer,
    trials: Vec<Trial>,
}

impl<'a> Results<'a> {
    pub(in crate::cli) fn new(form: Form, printer: &'a Printer) -> Self {
        if form == Form::Tap {
            printer.out("TAP version 14");
        }
        Self { form, printer, trials: Vec::new() }
    }

    pub(in crate::cli) fn add(&mut self, trial: Trial) {
        let is_new_file = self.trials.last().is_none_or(|last| last.file != trial.file);
        match self.form {
            Form::Pretty => {
                let is_first = self.trials.is_empty();
                self.printer.out_raw(&pretty(&trial, is_new_file, is_first, self.printer.out_style()));
            }
            Form::Tap => self.printer.out_raw(&tap(&trial, self.trials.len() + 1)),
            Form::Junit => {}
        }
        self.printer.flush();
        self.trials.push(trial);
    }

    /// How many failed.
    pub(in crate::cli) fn failed(&self) -> usize {
        self.trials.iter().filter(|trial| !trial.has_passed()).count()
    }

    /// Shows what is only known at the end.
    pub(in crate::cli) fn end(&self) {
        let (all, failed) = (self.trials.len(), self.failed());
        match self.form {
            Form::Pretty => {
                let passed = all - failed;
                let all = text::count(all, "test");
                self.printer.out(&format!("\n{all}: {passed} passed, {failed} failed"));
            }
            Form::Tap => self.printer.out(&format!("1..{all}")),
            Form::Junit => self.printer.out_raw(&junit(&self.trials)),
        }
    }
}

fn pretty(trial: &Trial, is_new_file: bool, is_first: bool, style: Style) -> String {
    let mut lines = String::new();
    if is_new_file {
        lines.push_str(if is_first { "" } else { "\n" });
        lines.push_str(&text::one_line(&trial.file));
        lines.push('\n');
    }
    let word = if trial.has_passed() { "ok  " } else { "FAIL" };
    // Writing to a string cannot fail.
    let _ = writeln!(lines, "  {word}  {}", text::one_line(trial.name()));
    if trial.has_passed() {
        return lines;
    }
    trial.problems.iter().for_each(|problem| lines.push_str(&ui::report(problem, style)));
    if !trial.output.is_empty() {
        lines.push_str("output:\n");
        trial.output.lines().for_each(|line| {
            let _ = writeln!(lines, "  {}", text::one_line(line));
        });
    }
    lines
}

fn tap(trial: &Trial, number: usize) -> String {
    // `#` begins a directive there.
    let name =
        format!("{}: {}", text::one_line(&trial.file), text::one_line(trial.name())).replace('#', "\\#");
    if trial.has_passed() {
        return format!("ok {number} - {name}\n");
    }
    let mut lines = format!("not ok {number} - {name}\n  ---\n");
    // JSON is YAML, and quoted on one line whatever is in it.
    let quoted = |text: &str| Value::from(text).to_string();
    let _ = writeln!(lines, "  message: {}", quoted(&summary(trial)));
    if let Some(place) = trial.problems.first().and_then(|problem| problem.place.as_ref()) {
        let _ = writeln!(
            lines,
            "  file: {}\n  line: {}\n  column: {}",
            quoted(&place.source.name),
            place.line,
            place.column
        );
    }
    let _ = writeln!(lines, "  details: {}", quoted(&details(trial)));
    if !trial.output.is_empty() {
        let _ = writeln!(lines, "  output: {}", quoted(&trial.output));
    }
    lines + "  ...\n"
}

fn junit(trials: &[Trial]) -> String {
    let failed = |trials: &[Trial]| trials.iter().filter(|trial| !trial.has_passed()).count();
    let seconds = |trials: &[Trial]| trials.iter().map(|trial| trial.took.as_secs_f64()).sum::<f64>();
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let counts = |trials: &[Trial]| {
        format!(
            "tests=\"{}\" failures=\"{}\" errors=\"0\" time=\"{:.3}\"",
            trials.len(),
            failed(trials),
            seconds(trials)
        )
    };
    let _ = writeln!(xml, "<testsuites {}>", counts(trials));
    for suite in trials.chunk_by(|a, b| a.file == b.file) {
        let file = suite.first().map_or("", |trial| &trial.file);
        let _ = writeln!(xml, "  <testsuite name=\"{}\" {}>", escaped(file), counts(suite));
        for trial in suite {
            let (name, time) = (escaped(trial.name()), trial.took.as_secs_f64());
            let head =
                format!("    <testcase name=\"{name}\" classname=\"{}\" time=\"{time:.3}\"", escaped(file));
            if trial.has_passed() {
                let _ = writeln!(xml, "{head}/>");
                continue;
            }
            let (message, details) = (escaped(&summary(trial)), escaped(&details(trial)));
            let _ = writeln!(xml, "{head}>\n      <failure message=\"{message}\">{details}</failure>");
            if !trial.output.is_empty() {
                let _ = writeln!(xml, "      <system-out>{}</system-out>", escaped(&trial.output));
            }
            xml.push_str("    </testcase>\n");
        }
        xml.push_str("  </testsuite>\n");
    }
    xml + "</testsuites>\n"
}

fn summary(trial: &Trial) -> String {
    trial
        .problems
        .first()
        .map_or_else(|| "interrupted".to_owned(), |problem: &Report| problem.message.clone())
}

fn details(trial: &Trial) -> String {
    trial.problems.iter().map(|problem| ui::report(problem, Style::PLAIN)).collect()
}

/// For XML, also between quotes. What XML cannot hold is written as an escape.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text::printable(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(escaped, "\\u{{{:x}}}", character as u32);
            }
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_holds_whatever_a_test_says() {
        assert_eq!(
            escaped("<a b='\"'>&amp;]]>\u{1b}[2J\u{ffff}\n"),
            "&lt;a b=&apos;&quot;&apos;&gt;&amp;amp;]]&gt;\\u{1b}[2J\\u{ffff}\n"
        );
    }
}
