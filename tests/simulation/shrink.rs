//! The smallest history that still breaks the same promise.

use super::check::Kind;
use super::history;
use super::plan::History;

/// At most so many histories are tried.
const MAX_TRIES: usize = 150;

/// A smaller history that breaks the same promise, found by leaving out whatever is not needed for that.
pub(crate) fn shrink(history: &History, kind: Kind) -> History {
    let (mut smallest, mut tries) = (history.clone(), 0);
    loop {
        let smaller = smallest.smaller().into_iter().find(|candidate| {
            tries += 1;
            tries <= MAX_TRIES && breaks(candidate, kind)
        });
        match smaller {
            Some(found) => smallest = found,
            None => return smallest,
        }
    }
}

/// Whether a history breaks this promise.
pub(crate) fn breaks(history: &History, kind: Kind) -> bool {
    history::run(history).violations.iter().any(|violation| violation.kind == kind)
}
