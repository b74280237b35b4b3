//! One file per command: `run(app, ...)` does it and says how it ended.
//!
//! Not here: parsing the command line.

pub(super) mod call;
pub(super) mod check;
pub(super) mod config;
pub(super) mod definitions;
pub(super) mod doctor;
mod equal_runs;
pub(super) mod eval;
pub(super) mod explain;
pub(super) mod functions;
pub(super) mod help;
mod learn;
pub(super) mod list;
pub(super) mod new;
mod rehearsal;
pub(super) mod repl;
pub(super) mod resume;
pub(super) mod run;
pub(super) mod runs;
pub(super) mod shell;
pub(super) mod show;
pub(super) mod sim;
pub(super) mod test;

use super::exit::Exit;
use crate::base::report::Report;

/// How a command ended: with an exit code, or with a report of wrong usage, which is exit code 2.
pub(super) type Result = std::result::Result<Exit, Report>;
