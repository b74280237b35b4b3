//! Lists take every page by themselves, and are read again until they are whole.
//!
//! Rows move between pages while others are added or removed. Each page says how many rows there are, so that a list is taken for
//! whole only if all pages say the same, so many rows came, and none came twice. One that takes several pages has to be the same
//! twice.
//!
//! Not here: sending; a page comes from whatever the caller passes in.

use super::pace::Backoff;
use super::verdict::Refusal;
use super::{Calls, Cause, Event, Failure, Outcome, Request};
use crate::api::Success;
use crate::api::envelope::{self, Page};
use crate::base::cancel::{Cancel, Cancelled};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Rows asked for per page. No upper bound is documented; an app that sends fewer is asked on.
const LIMIT: usize = 100;

/// A list that never ends is given up after this many pages.
const MAX_PAGES: usize = 10_000;

/// Whether the caller left the paging to us.
pub(super) fn wants_all(body: &Map<String, Value>) -> bool {
    !body.contains_key("page") && !body.contains_key("limit")
}

/// All that was found of a list.
#[derive(Debug)]
pub(super) struct List {
    pub(super) rows: Vec<Value>,
    /// How many pages it took.
    pages: usize,
    /// Whether the app said how many rows there are, and so many were found. Else one that is not among them may still
    /// be there.
    pub(super) is_whole: bool,
    /// What shows that it is not whole.
    flaw: Option<Flaw>,
}

/// What shows that rows of a list are missing, or may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Fewer rows came than there are.
    Short {
        /// How many came.
        found: usize,
        /// How many there are, as the app says.
        total: usize,
    },
    /// A row came twice.
    Repeated,
    /// The app said another total at a later page, or gave other rows when it was asked again.
    Changed,
}

impl fmt::Display for Flaw {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short { found, total } => {
                write!(formatter, "the list is incomplete: {found} of {total} rows")
            }
            Self::Repeated => formatter.write_str("the list is inconsistent: a row is on two pages"),
            Self::Changed => formatter.write_str("the list changed while it was read"),
        }
    }
}

impl Calls {
    /// All rows of a list.
    ///
    /// # Errors
    /// Returns an error if a page cannot be read, or if the list is not whole however often it is read.
    pub(super) fn every_row(&self, request: &mut Request) -> Result<Vec<Value>, Failure> {
        let (list, reads) = self.read_list(request)?;
        list.flaw.map_or(Ok(list.rows), |flaw| Err(flawed(request, flaw, reads)))
    }

    /// All that can be found of a list, which may not be whole.
    pub(super) fn every_page(&self, request: &mut Request) -> Result<List, Failure> {
        self.read_list(request).map(|(list, _)| list)
    }

    /// Reads a list until it is whole, or was read often enough; and how often it was read.
    fn read_list(&self, request: &mut Request) -> Result<(List, u32), Failure> {
        let mut patience = Backoff::for_patience();
        let mut reads = 0;
        loop {
            // The first read may have been disturbed by this run's own writes.
            let held = (reads > 0).then(|| self.turns.hold_writes(&self.cancel)).transpose();
            let held = held.map_err(|Cancelled| request.before(Cause::Interrupted))?;
            reads += 1;
            let list = self.read_twice(request)?;
            let Some(flaw) = list.flaw.filter(|_| reads <= self.policy.retries) else {
                return Ok((list, reads));
            };

            drop(held);
            let (failure, wait) = (flawed(request, flaw, reads), patience.next(fastrand::f64()));
            self.tell(&Event::Retrying { failure: &failure, wait });
            if self.cancel.sleep(wait).is_err() {
                return Err(Failure { cause: Cause::Interrupted, ..failure });
            }
        }
    }

    /// Reads a list, and once more if it takes several pages: rows that were renamed or moved meanwhile show in no total. Other
    /// fields, such as when a profile was last opened, may change all the time.
    fn read_twice(&self, request: &mut Request) -> Result<List, Failure> {
        let id = match request.row.map(|row| row.success) {
            Some(Success::Page { id }) => id,
            _ => "id",
        };
        let mut read = || {
            collect(id, |page, limit| {
                request.body.insert("page".into(), page.into());
                request.body.insert("limit".into(), limit.into());
                self.attempts(request, || Ok(()), |envelope| envelope::page(envelope.data))
            })
        };
        let mut list = read()?;
        if list.flaw.is_none() && list.pages > 1 {
            let again = read()?;
            let is_same =
                again.rows.iter().map(|row| shape(row, id)).eq(list.rows.iter().map(|row| shape(row, id)));
            list.flaw = again.flaw.or((!is_same).then_some(Flaw::Changed));
            list.is_whole = list.flaw.is_none();
        }
        Ok(list)
    }
}

/// By what a row is told apart, found and selected.
fn shape<'a>(row: &'a Value, id: &str) -> [Option<&'a Value>; 4] {
    [id, "name", "title", "group_id"].map(|field| row.get(field))
}

/// Keeps this run's writes and repeated reads of lists apart: new writes wait until the list is read, and the read waits for the
/// writes that have begun. A lock of the standard library could not be interrupted.
#[derive(Default)]
pub(super) struct Turns(Mutex<Turn>);

#[derive(Default)]
struct Turn {
    readers: usize,
    writers: usize,
}

/// The time between two checks while waiting.
const POLL: Duration = Duration::from_millis(20);

impl Turns {
    /// Lets no write begin until the result is dropped, and waits for those that have begun.
    fn hold_writes(&self, cancel: &Cancel) -> Result<Held<'_>, Cancelled> {
        self.lock().readers += 1;
        let held = Held(self, |turn| turn.readers -= 1);
        while self.lock().writers > 0 {
            cancel.sleep(POLL)?;
        }
        Ok(held)
    }

    /// Waits until no list is read again, and begins a write, which lasts until the result is dropped.
    pub(super) fn begin_write(&self, cancel: &Cancel) -> Result<Held<'_>, Cancelled> {
        loop {
            let mut turn = self.lock();
            if turn.readers == 0 {
                turn.writers += 1;
                return Ok(Held(self, |turn| turn.writers -= 1));
            }
            drop(turn);
            cancel.sleep(POLL)?;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Turn> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A write or a repeated read, until it is dropped.
pub(super) struct Held<'a>(&'a Turns, fn(&mut Turn));

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.1(&mut self.0.lock());
    }
}

fn flawed(request: &Request, flaw: Flaw, reads: u32) -> Failure {
    let refusal = Refusal { cause: Cause::NotWhole(flaw), outcome: Outcome::Unknown, http_status: None };
    request.failure(refusal, reads)
}

/// Fetches page after page until the total is reached, or it shows that the list is not whole. Rows are told apart by their
/// field `id`. A list without a total has one page.
fn collect(id: &str, mut fetch: impl FnMut(usize, usize) -> Result<Page, Failure>) -> Result<List, Failure> {
    let mut seen = BTreeSet::new();
    let mut first_total = None;
    let mut list = List { rows: Vec::new(), pages: 0, is_whole: false, flaw: None };
    loop {
        let page = fetch(list.pages + 1, LIMIT)?;
        list.pages += 1;
        let is_last = page.rows.is_empty() || list.pages == MAX_PAGES;
        for row in page.rows {
            let is_new = row.get(id).is_none_or(|id| seen.insert(id.to_string()));
            if is_new {
                list.rows.push(row);
            } else {
                list.flaw = Some(Flaw::Repeated);
            }
        }

        if list.pages == 1 {
            first_total = page.total;
        }
        let found = list.rows.len();
        match first_total {
            _ if page.total != first_total => list.flaw = Some(Flaw::Changed),
            Some(total) if found < total && is_last => list.flaw = Some(Flaw::Short { found, total }),
            Some(total) if list.flaw.is_none() && found < total => continue,
            total => list.is_whole = total.is_some() && list.flaw.is_none(),
        }
        return Ok(list);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ids(rows: std::ops::Range<usize>) -> Vec<Value> {
        rows.map(|id| json!({ "id": id })).collect()
    }

    fn page(total: impl Into<Option<usize>>, rows: std::ops::Range<usize>) -> Page {
        Page { total: total.into(), rows: ids(rows) }
    }

    fn list(mut fetch: impl FnMut(usize) -> Page) -> List {
        collect("id", |page, _| Ok(fetch(page))).unwrap()
    }

    #[test]
    fn an_app_that_caps_pages_is_asked_on_until_the_total() {
        let list = list(|number| page(25, (number - 1) * 10..(number * 10).min(25)));
        assert_eq!((list.rows, list.pages, list.is_whole, list.flaw), (ids(0..25), 3, true, None));
    }

    #[test]
    fn a_list_that_is_not_whole_has_a_flaw() {
        let flaw = |fetch: fn(usize) -> Page| {
            let list = list(fetch);
            assert!(!list.is_whole);
            list.flaw
        };
        // Fewer rows than there are.
        assert_eq!(flaw(|_| page(5, 0..0)), Some(Flaw::Short { found: 0, total: 5 }));
        let short = Some(Flaw::Short { found: 10, total: 11 });
        assert_eq!(flaw(|number| page(11, if number == 1 { 0..10 } else { 0..0 })), short);
        // A page that comes again, and rows that move to the next page and to the one before.
        assert_eq!(flaw(|_| page(1000, 0..10)), Some(Flaw::Repeated));
        assert_eq!(flaw(|number| page(15, (number - 1) * 9..(number * 9 + 1).min(15))), Some(Flaw::Repeated));
        assert_eq!(flaw(|number| page(21 - number, number * 11 - 11..number * 11)), Some(Flaw::Changed));
        assert_eq!(flaw(|number| page(19 + number, number * 10 - 10..number * 10)), Some(Flaw::Changed));
        assert_eq!(flaw(|number| page((number == 1).then_some(20), 0..10)), Some(Flaw::Changed));
    }

    #[test]
    fn a_list_is_whole_only_when_the_app_said_how_long_it_is() {
        let empty = list(|_| page(0, 0..0));
        assert!(empty.is_whole && empty.flaw.is_none());
        let unknown = list(|number| page(None, number..number + 3));
        assert_eq!((unknown.rows.len(), unknown.is_whole, unknown.flaw), (3, false, None));
    }

    #[test]
    fn writes_and_repeated_reads_wait_for_each_other() {
        let (turns, stopped, running) = (Turns::default(), Cancel::default(), Cancel::default());
        stopped.abort();
        let two = (turns.begin_write(&running).unwrap(), turns.begin_write(&running).unwrap());
        // A read that stops waiting lets writes begin.
        assert!(turns.hold_writes(&stopped).is_err());
        drop(two);
        let readers = (turns.hold_writes(&running).unwrap(), turns.hold_writes(&running).unwrap());
        assert!(turns.begin_write(&stopped).is_err());
        drop(readers);
        assert!(turns.begin_write(&running).is_ok());
    }
}
