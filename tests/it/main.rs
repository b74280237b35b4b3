//! The integration tests, as one binary: the program as its users see it, run in process wherever that shows the same.

// A test that finds something else than it expects shall fail.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bulk;
mod cases;
mod catalog;
mod cli;
mod docs;
mod doubts;
mod faults;
mod hostile;
mod house;
mod http;
mod learn;
mod limits;
mod pacing;
mod params;
mod process;
mod recipes;
mod reference;
mod replay;
mod resume;
mod runs;
mod shipped;
mod show;
mod stage;
mod support;
#[cfg(unix)]
mod terminal;
mod testing;
mod testing_usage;
mod trust;
mod usage;
mod wire;
