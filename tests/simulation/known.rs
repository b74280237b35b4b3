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
    known(27, Kind::HalfMadeCountsAsDone, "A create that the app reports as failed half-way counts as done."),
    known(40, Kind::UnrealList, "A list that is shorter than its total is given to the script."),
    known(
        81,
        Kind::DoneButNot,
        "A copy that was renumbered is taken for one of the same name that never arrived.",
    ),
    known(
        516,
        Kind::NotDoneButDone,
        "An empty list after a restart of the app proves that nothing was done.",
    ),
    known(2022, Kind::DoneButNot, "Two creates of one name in other groups: the wrong one counts as done."),
    known(
        2426,
        Kind::NotDoneButDone,
        "Unnamed creates are settled by counting, and one of them lands in another item.",
    ),
    known(
        3982,
        Kind::NotDoneButDone,
        "A transfer record that is listed late makes an import count as not done.",
    ),
    known(
        4409,
        Kind::NotDoneButDone,
        "A transfer code with a blank behind it is not recognised, and is imported again.",
    ),
    known(
        708,
        Kind::DoubtNotTold,
        "A resume that cannot read a list exits with 1 and does not mention the doubt.",
    ),
    known(
        4632,
        Kind::NotDoneButDone,
        "The app alters a name, so that the profile is not found and created again.",
    ),
    known(
        4877,
        Kind::NotDoneButDone,
        "The script renames what a doubtful create made; it is not found and created again.",
    ),
    known(
        5033,
        Kind::TakenFromOthers,
        "A profile of the same name that a colleague created in another group is taken.",
    ),
    known(
        5311,
        Kind::Duplicate,
        "Another account is logged in: what is not in its list is created again there.",
    ),
    known(
        7046,
        Kind::NotDoneButDone,
        "An effect that lands after the time-out of the client: the create is sent again.",
    ),
    known(
        7794,
        Kind::NotDoneButDone,
        "Somebody renames what a doubtful create made; it is not found and created again.",
    ),
    known(
        14392,
        Kind::Duplicate,
        "The id of a deleted profile is given again: what has it counts as known, and is created again.",
    ),
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
