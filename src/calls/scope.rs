//! Which part of the run this thread works on: the script itself, or which item of which `parallel`. Whoever hands out
//! items says so here.

use crate::journal::{MAIN, Place, Position};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::HashMap;

/// A harmless write to a profile, which what is copied later may rely on.
#[derive(Debug, Clone)]
pub(super) struct Relied {
    pub(super) function: &'static str,
    pub(super) body: Map<String, Value>,
    /// Whether this session has done it.
    pub(super) is_live: bool,
}

impl Relied {
    /// Without the fields that a later write to the same profile has set: they are not to be set back even for a moment.
    /// Nothing if none is left.
    fn without(mut self, later: &Self) -> Option<Self> {
        if self.function == later.function {
            self.body.retain(|field, value| {
                field == "profile_id" || value.is_object() || !later.body.contains_key(field)
            });
        }
        (self.body.len() > 1).then_some(self)
    }
}

#[derive(Debug, Default)]
struct Here {
    position: Position,
    /// The number of the fiber in the run's history.
    fiber: i64,
    /// How many entries of the fiber come before the next one.
    next: i64,
    /// By the profile they changed, in their order.
    relied: HashMap<i64, Vec<Relied>>,
}

thread_local! {
    static HERE: RefCell<Here> = RefCell::new(Here::default());
}

/// Where in the run this thread works.
pub fn here() -> Position {
    HERE.with_borrow(|here| here.position.clone())
}

/// In how many calls of `parallel` this thread works, each inside the other.
pub fn depth() -> usize {
    HERE.with_borrow(|here| here.position.depth())
}

/// Goes back to the beginning of the script.
pub(super) fn restart() {
    HERE.set(Here { fiber: MAIN, ..Here::default() });
}

/// The place of the next entry of the history.
pub(super) fn next_place() -> Place {
    HERE.with_borrow(|here| Place { fiber: here.fiber, nth: here.next })
}

/// Takes the place of the next entry of the history.
pub(super) fn take_place() -> Place {
    let place = next_place();
    HERE.with_borrow_mut(|here| here.next += 1);
    place
}

/// Begins a `parallel`: where, and which one it is of those that began there.
pub(super) fn begin_batch() -> (Position, u32) {
    HERE.with_borrow_mut(|here| (here.position.clone(), here.position.begin_batch()))
}

/// Works on the item that is this fiber.
pub(super) fn within<T>(position: Position, fiber: i64, work: impl FnOnce() -> T) -> T {
    // Put back also when the work panics, which ends the item and not the worker.
    let _before = Restore(HERE.replace(Here { position, fiber, ..Here::default() }));
    work()
}

/// Remembers a write to these profiles, which what is copied later may rely on.
pub(super) fn rely(on: &Relied) {
    let ids: Vec<Value> = match on.body.get("profile_id") {
        Some(Value::Array(ids)) => ids.clone(),
        id => id.into_iter().cloned().collect(),
    };
    let is_list = on.body.get("profile_id").is_some_and(Value::is_array);
    HERE.with_borrow_mut(|here| {
        for (id, number) in ids.into_iter().filter_map(|id| Some((id.clone(), id.as_i64()?))) {
            let mut relied = on.clone();
            relied.body.insert("profile_id".to_owned(), if is_list { vec![id].into() } else { id });
            let known = here.relied.entry(number).or_default();
            *known =
                std::mem::take(known).into_iter().filter_map(|earlier| earlier.without(&relied)).collect();
            known.push(relied);
        }
    });
}

/// Whether anything is remembered.
pub(super) fn has_relied() -> bool {
    HERE.with_borrow(|here| !here.relied.is_empty())
}

/// What was remembered about this profile, which is forgotten.
pub(super) fn take_relied(profile: &Value) -> Vec<Relied> {
    let about = HERE.with_borrow_mut(|here| here.relied.remove(&profile.as_i64()?)).unwrap_or_default();
    // What this session has done needs to be repeated only behind what is.
    if about.iter().all(|relied| relied.is_live) { Vec::new() } else { about }
}

struct Restore(Here);

impl Drop for Restore {
    fn drop(&mut self) {
        HERE.set(std::mem::take(&mut self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_later_write_has_set_is_not_set_back() {
        let relied = |body: Value, is_live| {
            let Value::Object(body) = body else { panic!("{body}") };
            Relied { function: "update_profile", body, is_live }
        };
        let taken = |id: i64| take_relied(&id.into()).into_iter().map(|relied| Value::Object(relied.body));
        rely(&relied(json!({ "profile_id": 1, "note": "a", "color": "red" }), false));
        rely(&relied(json!({ "profile_id": 2, "note": "other" }), false));
        rely(&relied(json!({ "profile_id": 1, "note": "b" }), true));
        let expected = [json!({ "profile_id": 1, "color": "red" }), json!({ "profile_id": 1, "note": "b" })];
        assert_eq!(taken(1).collect::<Vec<_>>(), expected);
        rely(&relied(json!({ "profile_id": 2, "note": "later" }), true));
        assert_eq!(taken(2).count(), 0, "all of it was done in this session");
    }

    #[test]
    fn a_worker_has_the_place_of_its_item_and_goes_back_to_its_own() {
        begin_batch();
        let (place, number) = begin_batch();
        take_place();
        let places = within(place.item(number, 7), 5, || {
            let (place, number) = begin_batch();
            let inner = within(place.item(number, 2), 6, || here().to_string());
            (inner, here().to_string(), take_place(), take_place())
        });
        let place = |nth| Place { fiber: 5, nth };
        assert_eq!(places, ("1.7/0.2/0".to_owned(), "1.7/1".to_owned(), place(0), place(1)));
        assert_eq!((here().to_string(), next_place()), ("2".to_owned(), Place { fiber: 0, nth: 1 }));
    }
}
