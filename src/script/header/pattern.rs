//! Patterns of parameters: regular expressions that a whole value must match.
//!
//! Not here: which parameters have one.

use regex_lite::{Regex, RegexBuilder};

/// A matcher larger than this would be slow on a long value.
const LARGEST: usize = 64 << 10;

/// A regular expression, anchored at both ends.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Pattern {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is wrong with it, as a fragment.
    pub fn parse(text: &str) -> Result<Self, String> {
        let compile = |text: &str| RegexBuilder::new(text).size_limit(LARGEST).build();
        // By itself first: `a)|(b` is wrong, and would become right inside a group.
        let anchored = compile(text).and_then(|_| compile(&format!("^(?:{text})$")));
        match anchored {
            Ok(regex) => Ok(Self { text: text.to_owned(), regex }),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The expression as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether all of `value` matches.
    pub fn matches(&self, value: &str) -> bool {
        self.regex.is_match(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_value_must_match() {
        let pattern = Pattern::parse("[0-9]{2}|ab").unwrap();
        let fits = ["12", "ab"].map(|value| pattern.matches(value));
        let does_not = ["123", "ab\n", "12ab", "", "\n12"].map(|value| pattern.matches(value));
        assert_eq!((fits, does_not), ([true; 2], [false; 5]));
        // No flag reaches the anchors.
        assert!(!Pattern::parse("(?m)a").unwrap().matches("a\nb"));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for wrong in
            ["(", "a)|(b", "[z-a]", "a{2,1}", "(?=a)", "\\p{L}", "((a{100}){100}){100}", &"(".repeat(9_000)]
        {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
    }
}
