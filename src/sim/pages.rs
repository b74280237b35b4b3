//! One page of a list: `{total, data: [...]}`.
//!
//! `page` counts from 1 and `limit` is 10 where they are not given (pages 1, 28, 29). Not stated, so chosen: 0 counts as not
//! given, a page past the end is empty, a larger `limit` than the largest counts as the largest, negative numbers are 1007.
//!
//! Not here: which rows there are, and their order.

use super::call::{Call, Given, ILLEGAL, Outcome, Refusal};
use super::options::Options;
use serde_json::{Value, json};

const DEFAULT_LIMIT: usize = 10;

/// The page of `rows` the call asks for.
pub(super) fn page<T>(
    call: &Call<'_>,
    options: &Options,
    rows: impl Iterator<Item = T>,
    show: impl Fn(T) -> Value,
) -> Outcome {
    let number = positive(call.integer("page"))?.unwrap_or(1);
    let limit = positive(call.integer("limit"))?.unwrap_or(DEFAULT_LIMIT).min(options.page_limit.max(1));
    let first = (number - 1).saturating_mul(limit);
    let end = options.short_list.unwrap_or(usize::MAX);
    let mut total = 0_usize;
    let mut shown = Vec::new();
    for row in rows {
        if total >= first && total < end && shown.len() < limit {
            shown.push(show(row));
        }
        total += 1;
    }
    Ok(json!({ "total": total, "data": shown }))
}

fn positive(given: Given<i64>) -> Result<Option<usize>, Refusal> {
    match given.optional()? {
        None | Some(0) => Ok(None),
        Some(number) => usize::try_from(number).map(Some).map_err(|_| ILLEGAL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask_with(options: &Options, body: &Value) -> Outcome {
        page(&Call { body: body.as_object().unwrap(), now: 0 }, options, 1..=12, Value::from)
    }

    fn ask(body: &Value) -> Outcome {
        ask_with(&Options { page_limit: 5, ..Options::default() }, body)
    }

    #[test]
    fn a_short_list_ends_early_and_keeps_its_total() {
        let short = Options { short_list: Some(7), ..Options::default() };
        let ask = |body| ask_with(&short, &body);
        assert_eq!(ask(json!({ "limit": 100 })), Ok(json!({ "total": 12, "data": [1, 2, 3, 4, 5, 6, 7] })));
        assert_eq!(ask(json!({ "limit": 5, "page": 2 })), Ok(json!({ "total": 12, "data": [6, 7] })));
        assert_eq!(ask(json!({ "limit": 5, "page": 3 })), Ok(json!({ "total": 12, "data": [] })));
    }

    #[test]
    fn pages_count_from_one_and_end_empty() {
        assert_eq!(ask(&json!({ "limit": 5 })), Ok(json!({ "total": 12, "data": [1, 2, 3, 4, 5] })));
        assert_eq!(ask(&json!({ "limit": 5, "page": 3 })), Ok(json!({ "total": 12, "data": [11, 12] })));
        assert_eq!(ask(&json!({ "limit": 5, "page": 4 })), Ok(json!({ "total": 12, "data": [] })));
        assert_eq!(ask(&json!({ "page": i64::MAX })), Ok(json!({ "total": 12, "data": [] })));
    }

    #[test]
    fn a_larger_limit_counts_as_the_largest_and_a_negative_one_is_refused() {
        assert_eq!(ask(&json!({ "limit": 500 })), Ok(json!({ "total": 12, "data": [1, 2, 3, 4, 5] })));
        assert_eq!(ask(&json!({ "limit": "2", "page": 0 })), Ok(json!({ "total": 12, "data": [1, 2] })));
        assert_eq!(ask(&json!({ "limit": -1 })), Err(ILLEGAL));
        assert_eq!(ask(&json!({ "page": "last" })), Err(ILLEGAL));
    }
}
