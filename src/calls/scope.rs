//! Where in the run this thread works: which item of which `parallel`. Whoever hands out items says so here.
//!
//! Not here: what it is good for; the journal compares places of earlier sessions with it.

use crate::journal::Position;
use std::cell::RefCell;

thread_local! {
    static HERE: RefCell<Position> = RefCell::new(Position::default());
}

/// A `parallel` that has begun: where, and which one it is.
#[derive(Debug, Clone)]
pub struct Batch {
    place: Position,
    number: u32,
}

/// Begins a `parallel` at the place where this thread works.
pub fn begin_batch() -> Batch {
    HERE.with_borrow_mut(|here| {
        let place = here.clone();
        Batch { number: here.begin_batch(), place }
    })
}

/// Works on one item of a `parallel`.
pub fn within_item<T>(batch: &Batch, item: usize, work: impl FnOnce() -> T) -> T {
    let item = u32::try_from(item).unwrap_or(u32::MAX);
    // Put back also when the work panics, which ends the item and not the worker.
    let _before = Restore(HERE.replace(batch.place.item(batch.number, item)));
    work()
}

/// In how many calls of `parallel` this thread works, each inside the other.
pub fn depth() -> usize {
    HERE.with_borrow(Position::depth)
}

struct Restore(Position);

impl Drop for Restore {
    fn drop(&mut self) {
        HERE.set(std::mem::take(&mut self.0));
    }
}

/// The place where this thread works.
pub fn here() -> Position {
    HERE.with_borrow(Position::clone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_has_the_place_of_its_item_and_goes_back_to_its_own() {
        begin_batch();
        let batch = begin_batch();
        let places = within_item(&batch, 7, || {
            let inner = begin_batch();
            (within_item(&inner, 2, || here().to_string()), here().to_string())
        });
        assert_eq!(places, ("1.7/0.2/0".to_owned(), "1.7/1".to_owned()));
        assert_eq!(here().to_string(), "2");
    }
}
