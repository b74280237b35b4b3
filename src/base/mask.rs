//! Hides secret values wherever text leaves the program.
//!
//! Not here: which parameters are secret; that is a fact of the endpoint rows.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};

/// What stands in place of a secret.
pub const MASK: &str = "***";

const QUOTED_MASK: &str = "\"***\"";

/// Values shorter than this are masked only where they stand in quotes: masking every `1` would make messages unreadable.
const SHORTEST: usize = 4;

/// The secret values a run has met so far. Cheap to clone; all clones share one list.
#[derive(Clone, Default)]
pub struct Secrets(Arc<RwLock<Vec<String>>>);

impl Secrets {
    /// Remembers `value`, so that [`Self::mask`] hides it from now on.
    pub fn add(&self, value: &str) {
        let quoted = format!("\"{value}\"");
        let value = if value.chars().count() < SHORTEST { quoted.as_str() } else { value };
        if value == "\"\"" || self.read().iter().any(|known| known == value) {
            return;
        }
        let mut values = self.0.write().unwrap_or_else(PoisonError::into_inner);
        values.push(value.to_owned());
        // Longest first, so that a secret that contains another is hidden whole.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    }

    /// `text` without any of the secret values.
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut masked = Cow::Borrowed(text);
        for value in self.read().iter() {
            if masked.contains(value.as_str()) {
                let is_quoted = value.starts_with('"') && value.chars().count() < SHORTEST + 2;
                let mask = if is_quoted { QUOTED_MASK } else { MASK };
                masked = Cow::Owned(masked.replace(value.as_str(), mask));
            }
        }
        masked
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Vec<String>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
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
    fn a_short_secret_is_hidden_where_it_is_quoted() {
        let secrets = Secrets::default();
        secrets.add("1");
        secrets.add("");
        assert_eq!(
            secrets.mask("row 1 has password \"1\" and note \"\""),
            "row 1 has password \"***\" and note \"\""
        );
    }
}
