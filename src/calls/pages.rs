//! Lists take every page by themselves.
//!
//! Not here: sending; a page comes from whatever the caller passes in.

use super::Failure;
use crate::api::envelope::Page;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Rows asked for per page. No upper bound is documented; an app that sends fewer is asked on.
const LIMIT: usize = 100;

/// A list that never ends is given up after this many pages.
const MOST_PAGES: usize = 10_000;

/// Whether the caller left the paging to us.
pub(super) fn wants_all(body: &Map<String, Value>) -> bool {
    !body.contains_key("page") && !body.contains_key("limit")
}

/// Fetches page after page until the total is reached or a page brings nothing new, and returns all rows once each,
/// told apart by their field `id`: rows move between pages while others are added or removed.
pub(super) fn collect(
    id: &str,
    mut fetch: impl FnMut(usize, usize) -> Result<Page, Failure>,
) -> Result<List, Failure> {
    let mut seen = BTreeSet::new();
    let mut list = List { rows: Vec::new(), pages: 0, is_whole: false };
    for number in 1..=MOST_PAGES {
        let page = fetch(number, LIMIT)?;
        list.pages = number;
        let before = list.rows.len();
        for row in page.rows {
            let is_new = row.get(id).is_none_or(|id| seen.insert(id.to_string()));
            if is_new {
                list.rows.push(row);
            }
        }
        list.is_whole = page.total.is_some_and(|total| list.rows.len() >= total);
        if page.total.is_none() || list.is_whole || list.rows.len() == before {
            break;
        }
    }
    Ok(list)
}

/// All that was found of a list.
#[derive(Debug)]
pub(super) struct List {
    pub(super) rows: Vec<Value>,
    /// How many pages it took.
    pub(super) pages: usize,
    /// Whether the app said how many rows there are, and so many were found. Else one that is not among them may still
    /// be there.
    pub(super) is_whole: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ids(rows: std::ops::Range<usize>) -> Vec<Value> {
        rows.map(|id| json!({ "id": id })).collect()
    }

    fn list(mut fetch: impl FnMut(usize) -> Page) -> List {
        collect("id", |page, _| Ok(fetch(page))).unwrap()
    }

    fn collected(fetch: impl FnMut(usize) -> Page) -> usize {
        list(fetch).rows.len()
    }

    #[test]
    fn an_app_that_caps_pages_is_asked_on_until_the_total() {
        assert_eq!(
            collected(|page| Page { total: Some(25), rows: ids((page - 1) * 10..(page * 10).min(25)) }),
            25
        );
    }

    #[test]
    fn rows_that_move_between_pages_come_once() {
        assert_eq!(
            collected(|page| Page { total: Some(15), rows: ids((page - 1) * 9..(page * 9 + 1).min(15)) }),
            15
        );
    }

    #[test]
    fn a_wrong_total_or_a_repeated_page_ends_the_list() {
        assert_eq!(collected(|_| Page { total: Some(1000), rows: ids(0..10) }), 10);
        assert_eq!(collected(|page| Page { total: None, rows: ids(page..page + 3) }), 3);
        assert_eq!(collected(|_| Page { total: Some(5), rows: Vec::new() }), 0);
    }

    #[test]
    fn a_list_is_whole_only_when_the_app_said_how_long_it_is() {
        assert!(
            list(|page| Page { total: Some(25), rows: ids((page - 1) * 10..(page * 10).min(25)) }).is_whole
        );
        assert!(list(|_| Page { total: Some(0), rows: Vec::new() }).is_whole);
        assert!(!list(|_| Page { total: None, rows: ids(0..10) }).is_whole);
        assert!(!list(|_| Page { total: Some(11), rows: ids(0..10) }).is_whole);
    }
}
