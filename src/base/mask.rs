//! Hides secret values wherever text leaves the program.
//!
//! Not here: which parameters are secret; that is a fact of the endpoint rows.

use serde_json::Value;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

/// What stands in place of a secret.
pub const MASK: &str = "***";

const QUOTED_MASK: &str = "\"***\"";

/// Values shorter than this are masked only where they stand in quotes: masking every `1` would make messages unreadable.
const SHORTEST: usize = 4;

/// The secret values a run has met so far. Cheap to clone; all clones share one list. There may be as many as a table
/// has rows, and each text that is shown is searched for all of them.
#[derive(Clone, Default)]
pub struct Secrets(Arc<RwLock<Known>>);

#[derive(Default)]
struct Known {
    values: HashSet<Box<str>>,
    /// The lengths there are among them, in bytes, the longest first.
    lengths: BTreeSet<Reverse<usize>>,
}

impl Secrets {
    /// Remembers `value`, so that [`Self::mask`] hides it from now on, also as it stands in scripts and in JSON.
    pub fn add(&self, value: &str) {
        let quoted = Value::from(value).to_string();
        let escaped = quoted.get(1..quoted.len() - 1).unwrap_or_default();
        if escaped != value {
            self.add_as_it_is(escaped);
        }
        self.add_as_it_is(value);
    }

    fn add_as_it_is(&self, value: &str) {
        let quoted = format!("\"{value}\"");
        let value = if value.chars().count() < SHORTEST { quoted.as_str() } else { value };
        if value == "\"\"" || self.read().values.contains(value) {
            return;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.lengths.insert(Reverse(value.len()));
        known.values.insert(value.into());
    }

    /// `text` without any of the secret values. Those that overlap are hidden together.
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let known = self.read();
        if known.values.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut masked = String::new();
        // Up to here the text has been taken over or hidden.
        let mut hidden = 0;
        for (at, _) in text.char_indices() {
            let Some(value) = known.longest_at(&text[at..]) else { continue };
            if at >= hidden {
                masked.push_str(&text[hidden..at]);
                let is_quoted = value.starts_with('"') && value.chars().count() < SHORTEST + 2;
                masked.push_str(if is_quoted { QUOTED_MASK } else { MASK });
            }
            hidden = hidden.max(at + value.len());
        }
        if hidden == 0 {
            return Cow::Borrowed(text);
        }
        masked.push_str(&text[hidden..]);
        Cow::Owned(masked)
    }

    /// As [`Self::mask`], for a text that is a whole value: there even a short secret is hidden.
    pub fn mask_whole<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if text.chars().count() < SHORTEST && self.read().values.contains(format!("\"{text}\"").as_str()) {
            return Cow::Borrowed(MASK);
        }
        self.mask(text)
    }

    /// `value` without any of the secret values in its texts and numbers.
    pub fn hide(&self, value: Value) -> Value {
        if self.read().values.is_empty() {
            return value;
        }
        match value {
            Value::String(text) => self.mask_whole(&text).into(),
            Value::Number(number) => match self.mask_whole(&number.to_string()) {
                Cow::Borrowed(text) if text != MASK => Value::Number(number),
                _ => MASK.into(),
            },
            Value::Array(items) => items.into_iter().map(|item| self.hide(item)).collect(),
            Value::Object(fields) => {
                fields.into_iter().map(|(name, field)| (name, self.hide(field))).collect()
            }
            other => other,
        }
    }

    /// How many there are: whoever keeps masked texts learns from it that there are new ones.
    pub fn count(&self) -> usize {
        self.read().values.len()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// The longest of the values that `text` begins with.
    fn longest_at<'a>(&self, text: &'a str) -> Option<&'a str> {
        let mut starts = self.lengths.iter().filter_map(|Reverse(length)| text.get(..*length));
        starts.find(|start| self.values.contains(*start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_wherever_they_stand() {
        let secrets = Secrets::default();
        secrets.add("76686828-89727101");
        secrets.add("76686828-89727101-longer");
        secrets.add("1");
        assert_eq!(
            secrets.mask("code 76686828-89727101, 1 of 76686828-89727101-longer"),
            "code ***, 1 of ***"
        );
    }

    #[test]
    fn a_secret_is_hidden_with_its_escapes_too() {
        let secrets = Secrets::default();
        secrets.add("quo\"te\\4");
        assert_eq!(secrets.mask(r#"say quo"te\4, "quo\"te\\4" and quo"#), r#"say ***, "***" and quo"#);
    }

    #[test]
    fn a_short_secret_is_hidden_where_it_is_quoted() {
        let secrets = Secrets::default();
        secrets.add("1");
        secrets.add("");
        assert_eq!(
            secrets.mask("row 1 has password \"1\" and note \"\""),
            "row 1 has password \"***\" and note \"\""
        );
    }

    #[test]
    fn a_whole_value_is_hidden_however_short() {
        let secrets = Secrets::default();
        secrets.add("1");
        secrets.add("hunter2");
        let value = serde_json::json!({ "a": 1, "b": ["1", "12", 12, null, true], "c": "is hunter2" });
        let hidden = serde_json::json!({ "a": "***", "b": ["***", "12", 12, null, true], "c": "is ***" });
        assert_eq!(secrets.hide(value), hidden);
    }

    #[test]
    fn secrets_that_overlap_leave_nothing_of_each_other() {
        let secrets = Secrets::default();
        for secret in ["abcdef", "defghi", "été!", "mnop"] {
            secrets.add(secret);
        }
        assert_eq!(secrets.mask("xabcdefghiy, abcdef defghi"), "x***y, *** ***");
        assert_eq!(secrets.mask("l'été! mnopmnop"), "l'*** ******");
        assert!(matches!(secrets.mask("abcde"), Cow::Borrowed("abcde")));
    }
}
