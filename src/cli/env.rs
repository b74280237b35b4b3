//! Everything the program takes from its surroundings, as values: `main` passes the real ones, tests their own.
//!
//! Not here: deciding anything from them.

use crate::base::cancel::Cancel;
use crate::base::clock::Clock;
use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Read, Write};
use std::path::PathBuf;

/// The surroundings of one run of the program.
pub struct Env {
    /// Environment variables.
    pub vars: BTreeMap<String, String>,
    /// The folder relative paths start from.
    pub folder: PathBuf,
    /// Standard input.
    pub stdin: Box<dyn Read + Send>,
    /// Standard output.
    pub stdout: Box<dyn Write + Send>,
    /// Standard error.
    pub stderr: Box<dyn Write + Send>,
    /// Which of the three are terminals.
    pub terminals: Terminals,
    /// Columns of the terminal.
    pub width: usize,
    /// Thrown by Ctrl-C and SIGTERM.
    pub cancel: Cancel,
    /// The time.
    pub clock: Clock,
    /// Ends the process at once with a last word and an exit code, whatever it is doing.
    pub give_up: fn(&str, u8),
}

/// Which standard streams are terminals.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminals {
    /// Standard input.
    pub stdin: bool,
    /// Standard output.
    pub stdout: bool,
    /// Standard error.
    pub stderr: bool,
}

/// Columns where the terminal does not say.
const DEFAULT_WIDTH: usize = 100;

impl Env {
    /// The process's own surroundings.
    pub fn of_process(cancel: Cancel, give_up: fn(&str, u8)) -> Self {
        // Variables that are not Unicode are none of ours.
        let vars: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let terminals = Terminals {
            stdin: io::stdin().is_terminal(),
            stdout: io::stdout().is_terminal(),
            stderr: io::stderr().is_terminal(),
        };
        let columns = vars.get("COLUMNS").and_then(|columns| columns.parse().ok());
        let width = columns.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)));
        Self {
            vars,
            folder: std::env::current_dir().unwrap_or_default(),
            stdin: Box::new(io::stdin()),
            stdout: Box::new(io::stdout()),
            stderr: Box::new(io::stderr()),
            terminals,
            width: width.unwrap_or(DEFAULT_WIDTH),
            cancel,
            clock: Clock::System,
            give_up,
        }
    }
}
