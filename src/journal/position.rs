//! Where in a script's work a call stands: in which item of which `parallel`, and after how many of them.
//!
//! Not here: lines of the script, which change when it is edited.

use std::fmt;
use std::str::FromStr;

/// The place of a call in the course of a run.
///
/// A script's own thread counts the calls of `parallel` it has begun. Each item of such a call has a place of its own
/// below it, and counts anew.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Position {
    /// From the outermost `parallel` inwards: its number, and the item in it.
    items: Vec<(u32, u32)>,
    /// How many calls of `parallel` were begun before, in this item or in the script itself.
    batches: u32,
}

impl Position {
    /// Begins a `parallel` here and returns its number.
    pub fn begin_batch(&mut self) -> u32 {
        self.batches += 1;
        self.batches - 1
    }

    /// The place of an item of a `parallel` that began here.
    #[must_use]
    pub fn item(&self, batch: u32, item: u32) -> Self {
        Self { items: self.items.iter().copied().chain([(batch, item)]).collect(), batches: 0 }
    }

    /// In how many calls of `parallel` it stands, each inside the other.
    pub fn depth(&self) -> usize {
        self.items.len()
    }

    /// Whether both are the same item, or both the script itself.
    pub fn is_same_item(&self, other: &Self) -> bool {
        self.items == other.items
    }

    /// Whether both are items of the same `parallel`, and different ones: equal calls there are meant to be two.
    pub fn is_other_item_of_same_batch(&self, other: &Self) -> bool {
        let pairs = self.items.iter().zip(&other.items);
        let first_difference = pairs.into_iter().find(|(mine, its)| mine != its);
        first_difference.is_some_and(|(mine, its)| mine.0 == its.0)
    }

    /// Whether a run that follows the script's order must have passed `other` before it comes to this place. Other items
    /// of the same `parallel` may come in any order, and what stands after that `parallel` comes later.
    pub fn must_follow(&self, other: &Self) -> bool {
        let shared = self.items.iter().zip(&other.items).take_while(|(mine, its)| mine == its).count();
        match (self.items.get(shared), other.items.get(shared)) {
            // The same item, or the script itself: what is finished there was passed before anything new.
            (None, _) => true,
            (Some((mine, _)), Some((its, _))) => its < mine,
            (Some((mine, _)), None) => other.batches <= *mine,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (batch, item) in &self.items {
            write!(formatter, "{batch}.{item}/")?;
        }
        write!(formatter, "{}", self.batches)
    }
}

impl FromStr for Position {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (items, batches) = text.rsplit_once('/').unwrap_or(("", text));
        let items = items.split('/').filter(|item| !item.is_empty()).map(|item| {
            let (batch, item) = item.split_once('.').unwrap_or((item, ""));
            Ok((batch.parse()?, item.parse()?))
        });
        Ok(Self { items: items.collect::<Result<_, Self::Err>>()?, batches: batches.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Position {
        text.parse().unwrap()
    }

    #[test]
    fn items_of_one_parallel_come_in_any_order() {
        assert!(!at("0.3/0").must_follow(&at("0.4/0")));
        assert!(!at("0.4/0").must_follow(&at("0.3/0")));
        assert!(at("1.0/0").must_follow(&at("0.4/0")));
        assert!(!at("0.0/0").must_follow(&at("1.0/0")));
    }

    #[test]
    fn the_script_itself_stands_before_or_after_its_parallels() {
        assert!(at("0.3/0").must_follow(&at("0")), "before the first parallel");
        assert!(!at("0.3/0").must_follow(&at("1")), "after it");
        assert!(at("1").must_follow(&at("0.3/0")));
        assert!(at("0").must_follow(&at("0")));
        assert!(at("0.3/1").must_follow(&at("0.3/0.7/0")));
        assert!(!at("0.3/0.7/0").must_follow(&at("0.3/1")));
    }

    #[test]
    fn only_items_of_one_parallel_are_meant_to_be_several() {
        assert!(at("0.3/0").is_other_item_of_same_batch(&at("0.4/0.1/2")));
        for other in ["0.3/0", "0.3/1", "0.3/0.1/0", "1.4/0", "0", "1"] {
            assert!(!at("0.3/0").is_other_item_of_same_batch(&at(other)), "{other}");
        }
    }

    #[test]
    fn each_item_counts_its_own_parallels() {
        let mut script = Position::default();
        let batch = script.begin_batch();
        let mut item = script.item(batch, 7);
        assert_eq!(item.to_string(), "0.7/0");
        let inner = item.begin_batch();
        assert_eq!(item.item(inner, 2).to_string(), "0.7/0.2/0");
        assert_eq!((script.to_string(), item.to_string()), ("1".to_owned(), "0.7/1".to_owned()));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(items in proptest::collection::vec((0..9_u32, 0..9_u32), 0..4), batches in 0..9_u32) {
            let position = Position { items, batches };
            prop_assert_eq!(position.to_string().parse(), Ok(position));
        }
    }
}
