//! The bar at the foot of the terminal, and the lines that must not run into it.
//!
//! Not here: what the bar says (`progress`).

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A bar, while there is one to see.
#[derive(Default)]
pub(super) struct Bar(Mutex<State>);

#[derive(Default)]
struct State {
    shown: Option<ProgressBar>,
    /// Whether a question is open, which no bar may be drawn over.
    is_held: bool,
}

impl Bar {
    /// Draws the bar: how many of how many, and words about it.
    pub(super) fn draw(&self, ended: usize, total: usize, words: String) {
        let mut state = self.lock();
        if state.is_held {
            return;
        }
        let bar = state.shown.get_or_insert_with(|| {
            // Complete before it is drawn for the first time.
            let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr())
                .with_message(words.clone())
                .with_position(ended as u64);
            let template = if total > 0 { "{bar:24} {wide_msg}" } else { "{spinner} {wide_msg}" };
            // A template that is wrong would be found by the test of this file; the library's own is no worse than none.
            ProgressStyle::with_template(template).into_iter().for_each(|style| bar.set_style(style));
            bar
        });
        bar.set_length(total as u64);
        bar.set_position(ended as u64);
        bar.set_message(words);
        bar.tick();
    }

    /// Takes the bar away while something is written.
    pub(super) fn around(&self, write: impl FnOnce()) {
        match &self.lock().shown {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes the bar away, and keeps it away while `is_held`.
    pub(super) fn clear(&self, is_held: bool) {
        let mut state = self.lock();
        state.is_held = is_held;
        if let Some(bar) = state.shown.take() {
            bar.finish_and_clear();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_right() {
        assert!(ProgressStyle::with_template("{bar:24} {wide_msg}").is_ok());
        assert!(ProgressStyle::with_template("{spinner} {wide_msg}").is_ok());
    }

    #[test]
    fn no_bar_is_drawn_over_a_question() {
        let bar = Bar::default();
        bar.clear(true);
        bar.draw(1, 2, String::new());
        assert!(bar.lock().shown.is_none());
        bar.clear(false);
        bar.draw(1, 2, String::new());
        assert!(bar.lock().shown.is_some());
        let mut is_written = false;
        bar.around(|| is_written = true);
        assert!(is_written);
    }
}
