//! The ground every floor stands on: cancellation, the clock, words and masking.
//!
//! Not here: anything that knows of the API, of scripts or of a terminal.

pub mod cancel;
pub mod clock;
pub mod mask;
pub mod report;
pub mod sync;
pub mod text;
