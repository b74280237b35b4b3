//! Defects that the simulation has found and that are still there, each with a seed that shows it. Whoever mends one takes
//! its row out.

use super::check::Kind;
use super::plan::History;
use super::script;
use std::collections::BTreeSet;

/// A defect.
pub(crate) struct Known {
    pub(crate) seed: u64,
    pub(crate) kind: Kind,
    pub(crate) about: &'static str,
}

/// What is known to be wrong.
pub(crate) const KNOWN: &[Known] = &[
    known(
        377,
        Kind::Duplicate,
        "A journal that is set back to an earlier state is not noticed, and its run creates again.",
    ),
    known(
        923,
        Kind::Duplicate,
        "A run that is begun anew while an earlier one is in doubt creates the same again, without a word.",
    ),
];

const fn known(seed: u64, kind: Kind, about: &'static str) -> Known {
    Known { seed, kind, about }
}

/// A defect by what its smallest history is made of.
pub(crate) fn name(history: &History, kind: Kind) -> String {
    let statements: BTreeSet<&str> =
        script::all(&history.script).into_iter().map(script::Statement::kind).collect();
    let statements: Vec<&str> = statements.into_iter().collect();
    format!("{kind:?} | {} | {}", history.adversities().join(", "), statements.join(", "))
}
