//! The one way out: results to standard output, everything else to standard error.
//!
//! Not here: how things look, which is `render`, `table` and `value`; and any choice of stream or of colour.

use super::bar::Bar;
use super::{Format, Style, render, value};
use crate::base::report::{Report, Severity};
use crate::base::text;
use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How much is told on standard error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Only warnings and errors.
    Quiet,
    /// Also what is being done.
    #[default]
    Normal,
    /// Also the details.
    Verbose,
}

/// Writes to both streams, from any thread, each text in one piece.
///
/// Writing never fails for the caller: see [`Self::is_closed`] and [`Self::failure`] at the end.
pub struct Printer {
    streams: Mutex<Streams>,
    /// Written lines go above it. It is locked before the streams.
    bar: Bar,
    verbosity: Verbosity,
    out_style: Style,
    err_style: Style,
}

struct Streams {
    out: BufWriter<Box<dyn Write + Send>>,
    out_state: OutState,
    err: Box<dyn Write + Send>,
}

enum OutState {
    Open,
    /// The reader went away, as `head` does.
    Closed,
    Failed(String),
}

impl Printer {
    /// A printer to these streams.
    pub fn new(
        stdout: Box<dyn Write + Send>,
        stderr: Box<dyn Write + Send>,
        verbosity: Verbosity,
        out_style: Style,
        err_style: Style,
    ) -> Self {
        let streams = Streams { out: BufWriter::new(stdout), out_state: OutState::Open, err: stderr };
        Self { streams: Mutex::new(streams), bar: Bar::default(), verbosity, out_style, err_style }
    }

    /// How much is told.
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// How standard output looks.
    pub fn out_style(&self) -> Style {
        self.out_style
    }

    /// How standard error looks.
    pub fn err_style(&self) -> Style {
        self.err_style
    }

    /// A line of results. A terminal gets control characters as escapes; a file or a program gets `text` as it is.
    pub fn out(&self, text: &str) {
        self.write_out(&line(text, self.out_style));
    }

    /// Results that are already laid out: nothing is added or escaped.
    pub fn out_raw(&self, text: &str) {
        self.write_out(text);
    }

    /// A value as a result.
    pub fn value(&self, shown: &serde_json::Value, format: Format) {
        self.write_out(&value::value(shown, format, self.out_style));
    }

    /// A line to standard error, however quiet.
    pub fn err(&self, text: &str) {
        self.write_err(&line(text, self.err_style));
    }

    /// A question, with the cursor left behind it. No bar is drawn until [`Self::end_prompt`].
    pub fn prompt(&self, text: &str) {
        self.bar.clear(true);
        let line = line(text, self.err_style);
        self.write_err(line.trim_end_matches('\n'));
    }

    /// The question of [`Self::prompt`] is over.
    pub fn end_prompt(&self) {
        self.bar.clear(false);
    }

    /// Draws the bar at the foot of the terminal.
    pub(super) fn draw_bar(&self, ended: usize, total: usize, words: String) {
        self.bar.draw(ended, total, words);
    }

    /// Takes the bar away.
    pub(super) fn clear_bar(&self) {
        self.bar.clear(false);
    }

    /// A line on what is being done.
    pub fn info(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.err(text);
        }
    }

    /// A line of detail.
    pub fn verbose(&self, text: &str) {
        if self.verbosity >= Verbosity::Verbose {
            self.err(text);
        }
    }

    /// A warning that is only a message.
    pub fn warn(&self, message: &str) {
        self.report(&Report { severity: Severity::Warning, ..Report::error(message) });
    }

    /// An error that is only a message.
    pub fn error(&self, message: &str) {
        self.report(&Report::error(message));
    }

    /// A problem, with the place it happened in.
    pub fn report(&self, report: &Report) {
        self.write_err(&render::report(report, self.err_style));
    }

    /// Sends on what is still held back.
    pub fn flush(&self) {
        let mut streams = self.lock();
        streams.flush_out();
        // Nobody is left to tell when standard error fails.
        let _ = streams.err.flush();
    }

    /// Whether the reader of standard output went away. This is no error; there is only no use in going on.
    pub fn is_closed(&self) -> bool {
        matches!(self.lock().out_state, OutState::Closed)
    }

    /// Why results were lost, if they were: the disk is full, say. Flush before asking.
    pub fn failure(&self) -> Option<String> {
        match &self.lock().out_state {
            OutState::Failed(words) => Some(words.clone()),
            OutState::Open | OutState::Closed => None,
        }
    }

    fn write_out(&self, text: &str) {
        let write = || {
            let mut streams = self.lock();
            streams.try_out(|out| out.write_all(text.as_bytes()));
            if self.out_style.terminal {
                streams.flush_out();
            }
        };
        if self.out_style.terminal { self.bar.around(write) } else { write() }
    }

    fn write_err(&self, text: &str) {
        self.bar.around(|| {
            let mut streams = self.lock();
            // What was printed before the message shall also be read before it.
            streams.flush_out();
            let _ = streams.err.write_all(text.as_bytes());
            let _ = streams.err.flush();
        });
    }

    fn lock(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Printer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Printer").field("verbosity", &self.verbosity).finish_non_exhaustive()
    }
}

impl Streams {
    fn flush_out(&mut self) {
        self.try_out(Write::flush);
    }

    /// After the first error nothing more is tried: a result with a hole is worse than a short one.
    fn try_out(&mut self, write: impl FnOnce(&mut BufWriter<Box<dyn Write + Send>>) -> io::Result<()>) {
        if !matches!(self.out_state, OutState::Open) {
            return;
        }
        if let Err(error) = write(&mut self.out) {
            self.out_state = match error.kind() {
                ErrorKind::BrokenPipe => OutState::Closed,
                _ => OutState::Failed(format!("cannot write to standard output: {error}")),
            };
        }
    }
}

fn line(text: &str, style: Style) -> String {
    let shown = if style.terminal { text::printable(text) } else { Cow::Borrowed(text) };
    format!("{shown}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::sync::Arc;

    /// Both streams as one, so that their order shows; or a stream that always fails.
    #[derive(Clone, Default)]
    struct Screen {
        shown: Arc<Mutex<Vec<u8>>>,
        fails: Option<ErrorKind>,
    }

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Some(kind) = self.fails {
                return Err(kind.into());
            }
            self.shown.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Screen {
        fn text(&self) -> String {
            String::from_utf8(self.shown.lock().unwrap().clone()).unwrap()
        }

        fn printer(&self, verbosity: Verbosity, style: Style) -> Printer {
            Printer::new(Box::new(self.clone()), Box::new(Self::default()), verbosity, style, style)
        }
    }

    const TERMINAL: Style = Style { terminal: true, ..Style::PLAIN };

    #[test]
    fn messages_follow_the_results_printed_before_them() {
        let screen = Screen::default();
        let both = || Box::new(screen.clone());
        let printer = Printer::new(both(), both(), Verbosity::Normal, Style::PLAIN, Style::PLAIN);
        printer.out("one");
        printer.verbose("detail");
        printer.info("copied 1 profile");
        printer.out_raw("two");
        assert_eq!(screen.text(), "one\ncopied 1 profile\n");
        printer.warn("slow");
        printer.report(&Report::error("gone").help("Look."));
        printer.value(&json!([1]), Format::Jsonl);
        printer.flush();
        let expected = "one\ncopied 1 profile\ntwowarning: slow\nerror: gone\n = help: Look.\n1\n".to_owned();
        assert_eq!(screen.text(), expected);
    }

    #[test]
    fn verbosity_chooses_what_is_told() {
        for (verbosity, expected) in [
            (Verbosity::Quiet, "err\nwarning: warn\n"),
            (Verbosity::Normal, "info\nerr\nwarning: warn\n"),
            (Verbosity::Verbose, "verbose\ninfo\nerr\nwarning: warn\n"),
        ] {
            let screen = Screen::default();
            let sink = Box::new(Screen::default());
            let printer = Printer::new(sink, Box::new(screen.clone()), verbosity, Style::PLAIN, Style::PLAIN);
            printer.verbose("verbose");
            printer.info("info");
            printer.err("err");
            printer.warn("warn");
            assert_eq!(screen.text(), expected);
        }
    }

    #[test]
    fn a_terminal_gets_each_line_at_once_and_never_a_control_character() {
        let screen = Screen::default();
        let printer = screen.printer(Verbosity::Normal, TERMINAL);
        printer.out("a\x1b[31m");
        assert_eq!(screen.text(), "a\\u{1b}[31m\n");
    }

    #[test]
    fn a_file_gets_the_bytes_as_they_are() {
        let screen = Screen::default();
        let printer = screen.printer(Verbosity::Normal, Style::PLAIN);
        printer.out("a\x1b[31m");
        assert_eq!(screen.text(), "");
        printer.flush();
        assert_eq!(screen.text(), "a\x1b[31m\n");
    }

    #[test]
    fn a_reader_that_left_is_no_failure_and_a_full_disk_is_one() {
        let screen = Screen { fails: Some(ErrorKind::BrokenPipe), ..Screen::default() };
        let printer = screen.printer(Verbosity::Normal, Style::PLAIN);
        printer.out("a");
        assert!(!printer.is_closed());
        printer.flush();
        assert!(printer.is_closed());
        printer.out("b");
        assert_eq!(printer.failure(), None);

        let screen = Screen { fails: Some(ErrorKind::StorageFull), ..Screen::default() };
        let printer = screen.printer(Verbosity::Normal, TERMINAL);
        printer.out("a");
        assert!(!printer.is_closed());
        assert_eq!(printer.failure().unwrap(), "cannot write to standard output: no storage space");
    }

    #[test]
    fn threads_share_it_without_mixing_lines() {
        let screen = Screen::default();
        let printer = screen.printer(Verbosity::Normal, Style::PLAIN);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..100).for_each(|_| printer.out("0123456789")));
            }
        });
        printer.flush();
        assert_eq!(screen.text(), "0123456789\n".repeat(400));
    }
}
