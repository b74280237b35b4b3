//! Exit codes and which of several wins: the one table.
//!
//! Not here: when each happens.

/// An exit code and its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit(pub u8);

impl Exit {
    /// All is done.
    pub const DONE: Self = Self(0);
    /// The script failed.
    pub const FAILED: Self = Self(1);
    /// Wrong usage.
    pub const USAGE: Self = Self(2);
    /// Some items failed.
    pub const ITEMS_FAILED: Self = Self(3);
    /// No app.
    pub const UNREACHABLE: Self = Self(4);
    /// In doubt.
    pub const IN_DOUBT: Self = Self(5);
    /// Stopped by a limit.
    pub const STOPPED: Self = Self(6);
    /// Ctrl-C.
    pub const INTERRUPTED: Self = Self(130);
}

/// Every code with its meaning; `--help` and the README print it.
pub const TABLE: &[(Exit, &str)] = &[
    (Exit::DONE, "done"),
    (Exit::FAILED, "the script failed, or called `fail`"),
    (Exit::USAGE, "wrong usage, a refused URL, or a recipe that does not parse or check; nothing was done"),
    (Exit::ITEMS_FAILED, "finished, but some items failed"),
    (Exit::UNREACHABLE, "ixBrowser could not be reached"),
    (Exit::IN_DOUBT, "a write is in doubt: it may have been done, even if the script caught the error"),
    (Exit::STOPPED, "stopped by a quota, a lost session, or a limit that was set for the run"),
    (Exit::INTERRUPTED, "interrupted"),
];

/// What can end a run, for [`decide`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts {
    /// At least one write is in doubt.
    pub in_doubt: bool,
    /// Ctrl-C or SIGTERM.
    pub interrupted: bool,
    /// Quota, session or a limit.
    pub stopped: bool,
    /// The script ended because the app could not be reached.
    pub unreachable: bool,
    /// The script called `exit`.
    pub exit: Option<u8>,
    /// The script failed or called `fail`.
    pub failed: bool,
    /// Some items failed.
    pub items_failed: bool,
}

/// The exit code: the gravest fact wins.
pub fn decide(facts: Facts) -> Exit {
    match facts {
        Facts { in_doubt: true, .. } => Exit::IN_DOUBT,
        Facts { interrupted: true, .. } => Exit::INTERRUPTED,
        Facts { stopped: true, .. } => Exit::STOPPED,
        Facts { unreachable: true, .. } => Exit::UNREACHABLE,
        Facts { exit: Some(code), .. } => Exit(code),
        Facts { failed: true, .. } => Exit::FAILED,
        Facts { items_failed: true, .. } => Exit::ITEMS_FAILED,
        _ => Exit::DONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fact_beats_all_that_follow_it() {
        let mut facts = Facts {
            in_doubt: true,
            interrupted: true,
            stopped: true,
            unreachable: true,
            exit: Some(77),
            failed: true,
            items_failed: true,
        };
        let mut order = Vec::new();
        type Clear = fn(&mut Facts);
        let clears: [Clear; 7] = [
            |facts| facts.in_doubt = false,
            |facts| facts.interrupted = false,
            |facts| facts.stopped = false,
            |facts| facts.unreachable = false,
            |facts| facts.exit = None,
            |facts| facts.failed = false,
            |facts| facts.items_failed = false,
        ];
        for clear in clears {
            order.push(decide(facts).0);
            clear(&mut facts);
        }
        order.push(decide(facts).0);
        assert_eq!(order, [5, 130, 6, 4, 77, 1, 3, 0]);
    }

    #[test]
    fn the_table_names_every_code_once() {
        let codes: Vec<u8> = TABLE.iter().map(|(exit, _)| exit.0).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 130]);
    }
}
