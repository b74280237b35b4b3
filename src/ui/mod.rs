//! What a person sees: values in the format asked for, tables, and reports with the place in the source.
//!
//! Not here: what is said, and when; and whether to use colour, which is decided once and handed in as a [`Style`].
//!
//! What this floor renders is whole lines: it ends with a line feed, or is empty. [`Printer::out_raw`] takes it as it is.

mod bar;
mod echo;
mod printer;
mod progress;
pub mod reference;
mod render;
mod screenful;
mod table;
mod value;

pub use printer::{Printer, Verbosity};
pub use progress::Progress;
pub use render::{report, report_json};
pub use screenful::{first, screenful};
pub use table::{Table, pairs};
pub use value::{Format, value};

/// How text is to look on the stream it goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether escape sequences for colour may be used.
    pub color: bool,
    /// The columns of the terminal.
    pub width: usize,
    /// Whether a person's terminal reads it; otherwise a file or a program does.
    pub terminal: bool,
}

impl Style {
    /// For a file or a program.
    pub const PLAIN: Self = Self { color: false, width: 100, terminal: false };
}
