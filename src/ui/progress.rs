//! How far a long run is: a bar on a terminal, a line now and then elsewhere, and a summary at the end.
//!
//! Not here: counting; what happened is told to it.

use super::{Printer, Verbosity};
use crate::base::text;
use crate::script::Items;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A run of fewer writes without items is over before anybody wonders.
const MANY_WRITES: usize = 6;

/// How long a bar waits before it appears, and then until it is drawn again.
const BAR_PERIODS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_millis(100));

/// How long it is between two lines where there is no terminal.
const LINE_PERIOD: Duration = Duration::from_secs(5);

/// The longest part of an error that is shown beside the bar.
const LONGEST_ERROR: usize = 80;

/// The progress of one run.
pub struct Progress {
    printer: Arc<Printer>,
    began: Mutex<Instant>,
    tally: Arc<Mutex<Tally>>,
    drawing: Mutex<Drawing>,
}

enum Drawing {
    /// Nothing is shown: not begun, or ended.
    Off,
    /// It is shown as soon as there is enough to show.
    Ready,
    /// Dropping the sender ends the thread.
    On(Sender<()>, JoinHandle<()>),
}

/// What has happened so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Tally {
    items: usize,
    started: usize,
    done: usize,
    failed: usize,
    cut: usize,
    writes: usize,
    last_error: Option<String>,
    /// Of the first item that failed, its number and why.
    first_failure: Option<(usize, String)>,
}

impl Progress {
    /// Progress that is counted and not shown yet.
    pub fn new(printer: Arc<Printer>) -> Self {
        let drawing = Mutex::new(Drawing::Off);
        Self { printer, began: Mutex::new(Instant::now()), tally: Arc::default(), drawing }
    }

    /// From now on it may be shown, unless the printer is to be quiet.
    pub fn show(&self) {
        if self.printer.verbosity() > Verbosity::Quiet {
            *lock(&self.drawing) = Drawing::Ready;
        }
    }

    /// Counts from the beginning, and may be shown: a session goes on to its next line.
    pub fn restart(&self) {
        *lock(&self.began) = Instant::now();
        *lock(&self.tally) = Tally::default();
        self.show();
    }

    /// Takes down what `parallel` tells.
    pub fn items(&self, items: &Items) {
        let mut tally = lock(&self.tally);
        match items {
            Items::Begun(count) => tally.items += count,
            Items::Started => tally.started += 1,
            Items::Done => tally.done += 1,
            Items::Cut => tally.cut += 1,
            Items::Failed(index, message) => {
                tally.failed += 1;
                if tally.first_failure.as_ref().is_none_or(|(first, _)| index < first) {
                    tally.first_failure = Some((*index, text::one_line(message).into_owned()));
                }
                tally.last_error = Some(text::cut(&text::one_line(message), LONGEST_ERROR).into_owned());
            }
        }
        drop(tally);
        self.draw_if_worth_it();
    }

    /// Takes down that a write was done.
    pub fn write_done(&self) {
        lock(&self.tally).writes += 1;
        self.draw_if_worth_it();
    }

    fn draw_if_worth_it(&self) {
        let mut drawing = lock(&self.drawing);
        let tally = lock(&self.tally);
        if !matches!(*drawing, Drawing::Ready) || tally.items == 0 && tally.writes < MANY_WRITES {
            return;
        }
        drop(tally);
        let (running, ended) = mpsc::channel::<()>();
        let (printer, tally, began) =
            (Arc::clone(&self.printer), Arc::clone(&self.tally), *lock(&self.began));
        let is_terminal = printer.err_style().terminal;
        let (first, then) = if is_terminal { BAR_PERIODS } else { (LINE_PERIOD, LINE_PERIOD) };
        let draw = move || {
            let mut period = first;
            while ended.recv_timeout(period) == Err(RecvTimeoutError::Timeout) {
                let now = lock(&tally).clone();
                let words = now.line(began.elapsed());
                match is_terminal {
                    true => printer.draw_bar(now.ended(), now.items, words),
                    false => printer.info(&words),
                }
                period = then;
            }
        };
        // Without a thread nothing is shown, and nothing else is missing.
        let thread = std::thread::Builder::new().name("progress".into()).spawn(draw);
        *drawing = thread.map_or(Drawing::Off, |thread| Drawing::On(running, thread));
    }

    /// Nothing is shown any more.
    pub fn end(&self) {
        let drawing = std::mem::replace(&mut *lock(&self.drawing), Drawing::Off);
        if let Drawing::On(running, thread) = drawing {
            drop(running);
            // A panic in there has been reported by its thread already.
            let _ = thread.join();
            self.printer.clear_bar();
        }
    }

    /// What came of the items and writes, as "2 of 3 items done, 1 failed; 4 writes in 1.2 s"; nothing where there were
    /// no items, unless the run `ended_early` and had made writes.
    pub fn summary(&self, ended_early: bool) -> Option<String> {
        let tally = lock(&self.tally);
        let is_worth_it = tally.items > 0 || ended_early && tally.writes > 0;
        is_worth_it.then(|| tally.summary(lock(&self.began).elapsed()))
    }
}

impl Progress {
    /// Why the first item that failed did; the script may have told nobody.
    pub fn first_failure(&self) -> Option<String> {
        lock(&self.tally).first_failure.as_ref().map(|(_, why)| why.clone())
    }
}

impl Tally {
    fn ended(&self) -> usize {
        self.done + self.failed + self.cut
    }

    /// For a run that goes on: "300 of 500 items, 2 failed, 4.2/s, 48 s left; last error: ...".
    fn line(&self, elapsed: Duration) -> String {
        let (ended, what) = match self.items {
            0 => (self.writes, text::count(self.writes, "write")),
            items => (self.ended(), format!("{} of {}", self.ended(), text::count(items, "item"))),
        };
        let mut parts = vec![what];
        if self.failed > 0 {
            parts.push(format!("{} failed", self.failed));
        }
        let rate = ended as f64 / elapsed.as_secs_f64().max(0.001);
        if ended > 0 {
            parts.push(if rate < 1.0 { format!("{:.0}/min", rate * 60.0) } else { format!("{rate:.1}/s") });
            let left = self.items.saturating_sub(ended) as f64 / rate;
            // Beyond a day it says nothing.
            if left > 0.0 && left < 86_400.0 {
                parts.push(format!("{} left", text::duration(Duration::from_secs(left.ceil() as u64))));
            }
        }
        let error = self.last_error.as_deref().map(|error| format!("; last error: {error}"));
        format!("{}{}", parts.join(", "), error.unwrap_or_default())
    }

    fn summary(&self, elapsed: Duration) -> String {
        let items = (self.items > 0).then(|| {
            let not_started = self.items.saturating_sub(self.started);
            let rest = [(self.failed, "failed"), (self.cut, "cut short"), (not_started, "not started")];
            let rest = rest.iter().filter(|(count, _)| *count > 0);
            let rest: String = rest.map(|(count, what)| format!(", {count} {what}")).collect();
            format!("{} of {} done{rest}; ", self.done, text::count(self.items, "item"))
        });
        let writes = text::count(self.writes, "write");
        format!("{}{writes} in {}", items.unwrap_or_default(), text::duration(elapsed))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_goes_on_says_how_far_it_is() {
        let tally = Tally { items: 500, started: 304, done: 298, failed: 2, writes: 302, ..Tally::default() };
        assert_eq!(tally.line(Duration::from_secs(60)), "300 of 500 items, 2 failed, 5.0/s, 40 s left");
        let slow = Tally { last_error: Some("gone".into()), ..tally.clone() };
        let expected = "300 of 500 items, 2 failed, 30/min, 6 min 40 s left; last error: gone";
        assert_eq!(slow.line(Duration::from_secs(600)), expected);
        assert_eq!(Tally { items: 5, ..Tally::default() }.line(Duration::ZERO), "0 of 5 items");
        assert_eq!(Tally { writes: 8, ..Tally::default() }.line(Duration::from_secs(4)), "8 writes, 2.0/s");
    }

    #[test]
    fn a_summary_counts_every_item_once() {
        let elapsed = Duration::from_secs(72);
        let mut tally =
            Tally { items: 500, started: 302, done: 300, failed: 2, writes: 302, ..Tally::default() };
        let expected = "300 of 500 items done, 2 failed, 198 not started; 302 writes in 1 min 12 s";
        assert_eq!(tally.summary(elapsed), expected);
        tally = Tally { items: 1, started: 1, cut: 1, ..Tally::default() };
        assert_eq!(tally.summary(elapsed), "0 of 1 item done, 1 cut short; 0 writes in 1 min 12 s");
        assert_eq!(Tally { writes: 1, ..Tally::default() }.summary(elapsed), "1 write in 1 min 12 s");
    }
}
