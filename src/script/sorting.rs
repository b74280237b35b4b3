//! `sort`, `order` and `dedup` by a function of the script. The engine's own go on when a comparison fails, so that an
//! error, or the end of the script, would be lost.
//!
//! Not here: sorting without a function, which nothing of a script takes part in.

use super::builtins::complain;
use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, NativeCallContext};
use std::cmp::Ordering;

type Result<T> = std::result::Result<T, Box<EvalAltResult>>;

/// Replaces them in `engine`.
pub(super) fn register(engine: &mut Engine) {
    for name in ["sort", "sort_by"] {
        engine.register_fn(name, |context: NativeCallContext, array: &mut Array, by: FnPtr| -> Result<()> {
            // Only when all went well, so that a failure leaves the array as it was.
            *array = sorted(array.clone(), &mut |one, other| compared(&context, &by, one, other))?;
            Ok(())
        });
    }
    for name in ["order", "order_by"] {
        engine.register_fn(name, |context: NativeCallContext, array: &mut Array, by: FnPtr| {
            sorted(array.clone(), &mut |one, other| compared(&context, &by, one, other))
        });
    }
    engine.register_fn("dedup", |context: NativeCallContext, array: &mut Array, by: FnPtr| -> Result<()> {
        let mut kept = Array::new();
        for item in array.iter() {
            let is_same = match kept.last() {
                None => false,
                Some(last) => {
                    let same = by.call_within_context::<Dynamic>(&context, (last.clone(), item.clone()))?;
                    same.as_bool().unwrap_or(false)
                }
            };
            if !is_same {
                kept.push(item.clone());
            }
        }
        *array = kept;
        Ok(())
    });
}

/// What a function says of two items: a number below, at or above zero, or whether the first goes before the second.
fn compared(context: &NativeCallContext, by: &FnPtr, one: &Dynamic, other: &Dynamic) -> Result<Ordering> {
    let said = by.call_within_context::<Dynamic>(context, (one.clone(), other.clone()))?;
    let said = match (said.as_int(), said.as_bool()) {
        (Ok(number), _) => number.cmp(&0),
        (_, Ok(true)) => Ordering::Less,
        (_, Ok(false)) => Ordering::Greater,
        _ => {
            let message = "a function that compares gives a number below, at or above 0, or true or false";
            return Err(complain(context, message.into()));
        }
    };
    Ok(said)
}

/// Items that are equal stay in their order, and any answers of `compare` end in some order.
fn sorted(
    mut items: Array,
    compare: &mut dyn FnMut(&Dynamic, &Dynamic) -> Result<Ordering>,
) -> Result<Array> {
    if items.len() < 2 {
        return Ok(items);
    }
    let right = items.split_off(items.len() / 2);
    let (left, right) = (sorted(items, compare)?, sorted(right, compare)?);
    let mut merged = Array::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(one), Some(other)) = (left.peek(), right.peek()) {
        let next = if compare(one, other)? == Ordering::Greater { right.next() } else { left.next() };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_sorts_as_the_standard_library_does(numbers in prop::collection::vec(0..20_i64, 0..60)) {
            // The second part tells equal ones apart.
            let pairs: Vec<(i64, usize)> = numbers.iter().copied().zip(0..).collect();
            let items = pairs.iter().map(|pair| Dynamic::from(*pair)).collect();
            let mut expected = pairs;
            expected.sort_by_key(|pair| pair.0);
            let first = |item: &Dynamic| item.clone().cast::<(i64, usize)>().0;
            let sorted = sorted(items, &mut |one, other| Ok(first(one).cmp(&first(other)))).unwrap();
            let sorted: Vec<(i64, usize)> = sorted.into_iter().map(Dynamic::cast).collect();
            prop_assert_eq!(sorted, expected);
        }

        #[test]
        fn answers_without_an_order_lose_nothing(answers in prop::collection::vec(-1..2_i8, 1..40), count in 0..40_i64) {
            let mut answers = answers.into_iter().cycle();
            let items = (0..count).map(Dynamic::from).collect();
            let sorted = sorted(items, &mut |_, _| Ok(answers.next().unwrap_or(0).cmp(&0))).unwrap();
            let mut numbers: Vec<i64> = sorted.into_iter().map(Dynamic::cast).collect();
            numbers.sort_unstable();
            prop_assert_eq!(numbers, (0..count).collect::<Vec<_>>());
        }
    }
}
