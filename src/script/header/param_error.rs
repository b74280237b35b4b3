//! What is wrong with the values a recipe is given, as data and in words.
//!
//! Not here: finding it.

use crate::base::text;
use std::ops::Range;

/// What is wrong with a recipe's parameters. A `label` names the parameter and where it was given: "`--count`",
/// "`IXSCRIPT_PARAM_COUNT`" or "`count` (params.toml, line 2, column 1)".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParamError {
    /// The recipe declares no such parameter.
    #[error("there is no parameter {label}{suggestion}")]
    Unknown {
        /// As it was written.
        label: String,
        /// The nearest names, as ", did you mean ...".
        suggestion: String,
    },
    /// Options of the program among the recipe's words, by their places.
    #[error("an option of ixscript stands after the recipe")]
    Own(Vec<Range<usize>>),
    /// Nothing follows the name.
    #[error("{label} needs a value, which must be {kind}")]
    NoValue {
        /// The parameter.
        label: String,
        /// As in "a whole number".
        kind: &'static str,
        /// What could be given, if the next word was meant to be the value, as in "--t=--x".
        joined: Option<String>,
    },
    /// A value for what already says no.
    #[error("`--no-{0}` takes no value")]
    Negated(String),
    /// A word that is no parameter, and that the recipe would not read.
    #[error("`{word}` is no parameter, and the recipe reads no other words")]
    Stray {
        /// The word.
        word: String,
        /// How it would be a part of the value before it, as in `--group "My Shops"`.
        quoted: Option<String>,
    },
    /// Nothing, for what must be given.
    #[error("{0} is empty")]
    Empty(String),
    /// Of another type.
    #[error("{label} must be {kind}, not {found}")]
    Type {
        /// The parameter.
        label: String,
        /// As in "a whole number".
        kind: &'static str,
        /// What was given.
        found: String,
    },
    /// Not one of the allowed values.
    #[error("{label} cannot be `{found}`; it is {allowed}")]
    NotAllowed {
        /// The parameter.
        label: String,
        /// What was given.
        found: String,
        /// As in "`a` or `b`".
        allowed: String,
    },
    /// Less than the least or more than the most.
    #[error("{label} must be {range}, not {found}")]
    OutOfRange {
        /// The parameter.
        label: String,
        /// What was given.
        found: String,
        /// As in "from 1 to 5".
        range: String,
    },
    /// Of another form.
    #[error("{label} must match the pattern `{pattern}`, and `{found}` does not")]
    NoMatch {
        /// The parameter.
        label: String,
        /// What was given.
        found: String,
        /// The regular expression.
        pattern: String,
        /// What the parameter is for.
        about: Option<String>,
    },
    /// A parameter that is no list.
    #[error("{0} is given twice")]
    Twice(String),
    /// The file that holds a secret.
    #[error("{label}: {reason}")]
    SecretFile {
        /// The parameter.
        label: String,
        /// Why it cannot be used.
        reason: String,
    },
    /// All that are required and not given.
    #[error("{} missing: {}", if .all.len() == 1 { "a required parameter is" } else { "required parameters are" },
        .all.iter().map(|name| format!("`--{name}`")).collect::<Vec<_>>().join(", "))]
    Missing {
        /// Their names on the command line.
        all: Vec<String>,
        /// The variables of those that are secret.
        secret: Vec<String>,
    },
}

impl ParamError {
    /// What to do about it, in a sentence, where the recipe's help does not say more.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoValue { joined: Some(joined), .. } => {
                Some(format!("If the next word is its value, join them: {joined}"))
            }
            Self::Negated(flag) => Some(format!("Say `--{flag}` or `--no-{flag}`; or `--{flag}=true`.")),
            Self::Stray { quoted: Some(quoted), .. } => Some(format!("Quote a value with spaces: {quoted}")),
            _ => None,
        }
    }

    /// What else is known, as a fragment.
    pub fn note(&self) -> Option<String> {
        match self {
            Self::NoMatch { about, .. } => {
                about.as_ref().map(|about| format!("it is: {}", text::one_line(&text::cut(about, 200))))
            }
            Self::Missing { secret, .. } if !secret.is_empty() => Some(format!(
                "what is secret is given as {}, or in a file with --params FILE",
                secret.join(", ")
            )),
            _ => None,
        }
    }
}
