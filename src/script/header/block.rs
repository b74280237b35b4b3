//! The leading `//!` lines of a script: the TOML in them, and where each piece of it stands in the file.
//!
//! Not here: which keys a header has, and what they mean.

use super::near_miss;
use super::read::data;
use super::{HeaderError, Placed};
use crate::base::text;
use crate::script::lex::{self, Comment};
use serde_json::Value;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

type Result<T> = std::result::Result<T, HeaderError>;

/// A key of a table, where it stands, and its value.
pub(super) type Entry<'a> = (&'a str, Range<usize>, &'a Spanned<DeValue<'a>>);

/// How a line of the header begins.
pub(super) const MARK: &str = "//!";

/// Of an array; each is held against all others.
const MOST_ITEMS: usize = 500;

/// Words that other tools have for a key of ours.
pub(super) const SYNONYMS: &[(&str, &str)] = &[
    ("description", "about"),
    ("desc", "about"),
    ("help", "about"),
    ("doc", "about"),
    ("title", "name"),
    ("choices", "allowed"),
    ("values", "allowed"),
    ("options", "allowed"),
    ("enum", "allowed"),
    ("one_of", "allowed"),
    ("minimum", "min"),
    ("maximum", "max"),
    ("regex", "pattern"),
    ("match", "pattern"),
    ("sensitive", "secret"),
    ("password", "secret"),
    ("optional", "required"),
    ("mandatory", "required"),
    ("parameters", "params"),
    ("arguments", "params"),
    ("args", "params"),
    ("functions", "needs"),
    ("permissions", "needs"),
    ("uses", "needs"),
    ("usage", "examples"),
    ("example", "examples"),
];

/// The leading `//!` lines without their marks.
#[derive(Default)]
pub(super) struct Block {
    pub(super) toml: String,
    /// Of each line: where it begins in `toml`, its line in the file, and how many characters stand before it.
    lines: Vec<(usize, usize, usize)>,
}

impl Block {
    /// Blank lines and other comments may stand before the header's lines and between them. What is a comment, and where
    /// it ends, is for the engine's tokenizer to say.
    ///
    /// # Errors
    /// A line that looks like one of a header and is not read as one.
    pub(super) fn find(text: &str) -> Result<Self> {
        let mut block = Self::default();
        for comment in lex::comments(text) {
            near_miss::check(&comment)?;
            if let Some(content) = comment.text.strip_prefix(MARK).filter(|_| comment.is_leading) {
                block.push(&comment, content);
            }
        }
        if block.is_prose() {
            near_miss::check_prose(&block)?;
        }
        Ok(block)
    }

    fn push(&mut self, comment: &Comment, content: &str) {
        let content = content.strip_prefix(' ').unwrap_or(content);
        let before = comment.column - 1 + comment.text.chars().count() - content.chars().count();
        self.lines.push((self.toml.len(), comment.line, before));
        self.toml.push_str(content);
        self.toml.push('\n');
    }

    /// Prose has no key and no table.
    pub(super) fn is_prose(&self) -> bool {
        !self.toml.contains('=') && !self.toml.lines().any(|line| line.trim_start().starts_with('['))
    }

    /// The whole line that the TOML has at `at`.
    pub(super) fn line_at(&self, at: usize) -> &str {
        let start = self.toml.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
        self.toml.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default()
    }

    pub(super) fn error(&self, span: Range<usize>, message: impl Into<String>) -> HeaderError {
        let at = span.start.min(self.toml.len());
        let found = self.lines.iter().rev().find(|(start, ..)| *start <= at);
        let (start, line, before) = found.copied().unwrap_or((0, 1, 0));
        let count =
            |range: Range<usize>| self.toml.get(range).map_or(0, |text| text.trim_end().chars().count());
        let column = before + self.toml.get(start..at).map_or(0, |text| text.chars().count()) + 1;
        let line_end = self.toml[start..].find('\n').map_or(self.toml.len(), |length| start + length);
        let length = count(at..span.end.clamp(at, line_end.max(at))).max(1);
        HeaderError { message: message.into(), line, column, length, help: None }
    }

    /// The entries of a table in the order of the file.
    pub(super) fn entries<'a>(&self, table: &'a DeTable<'a>) -> Vec<Entry<'a>> {
        let mut entries: Vec<Entry> =
            table.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span(), value)).collect();
        entries.sort_by_key(|(_, span, _)| span.start);
        entries
    }

    pub(super) fn unknown(&self, key: &str, span: Range<usize>, known: &[&str]) -> HeaderError {
        let of_ours = SYNONYMS.iter().find(|(other, ours)| *other == key && known.contains(ours));
        let suggestion = match of_ours {
            Some((_, ours)) => format!(", did you mean `{ours}`?"),
            None => text::did_you_mean(key, known.iter().copied()),
        };
        let shown = text::one_line(key);
        self.error(span, format!("`{shown}` is no key of the header{suggestion}"))
            .help(format!("The keys here are {}.", text::list_and(known)))
    }

    pub(super) fn text(&self, key: &str, value: &Spanned<DeValue>) -> Result<String> {
        let wrong = || self.error(value.span(), format!("`{key}` must be text, as in {key} = \"...\""));
        value.get_ref().as_str().map(str::to_owned).ok_or_else(wrong)
    }

    pub(super) fn flag(&self, key: &str, value: &Spanned<DeValue>) -> Result<bool> {
        value
            .get_ref()
            .as_bool()
            .ok_or_else(|| self.error(value.span(), format!("`{key}` must be true or false")))
    }

    pub(super) fn table<'a>(&self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Result<&'a DeTable<'a>> {
        value
            .get_ref()
            .as_table()
            .ok_or_else(|| self.error(value.span(), format!("`{key}` must be a table, as in [{key}]")))
    }

    pub(super) fn array<'a>(&self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Result<&'a DeArray<'a>> {
        let array = value.get_ref().as_array().ok_or_else(|| {
            self.error(value.span(), format!("`{key}` must be an array, as in [\"a\", \"b\"]"))
        })?;
        match array.len() <= MOST_ITEMS {
            true => Ok(array),
            false => Err(self.error(value.span(), format!("`{key}` has more than {MOST_ITEMS} items"))),
        }
    }

    pub(super) fn texts(&self, key: &str, value: &Spanned<DeValue>) -> Result<Vec<String>> {
        self.array(key, value)?.iter().map(|item| self.text(key, item)).collect()
    }

    /// As [`Self::texts`], each only once.
    pub(super) fn names(&self, key: &str, value: &Spanned<DeValue>) -> Result<Vec<String>> {
        let names = self.texts(key, value)?;
        for (at, item) in self.array(key, value)?.iter().enumerate() {
            if let Some(twice) = names.get(at).filter(|name| names[..at].contains(name)) {
                let shown = text::one_line(&text::cut(twice, 60)).into_owned();
                return Err(self.error(item.span(), format!("`{shown}` stands here twice")));
            }
        }
        Ok(names)
    }

    pub(super) fn placed(&self, key: &str, value: &Spanned<DeValue>) -> Result<Placed> {
        let text = self.text(key, value)?;
        let HeaderError { line, column, length, .. } = self.error(value.span(), "");
        Ok(Placed { text, line, column, length })
    }

    pub(super) fn data(&self, key: &str, value: &Spanned<DeValue>) -> Result<Value> {
        let message = match value.get_ref() {
            DeValue::Integer(_) => format!("`{key}` is too large a number"),
            DeValue::Float(_) => format!("`{key}` must be an ordinary number, not nan or inf"),
            DeValue::Datetime(_) => {
                format!("`{key}` must be text, a number, true, false or an array; a date is text, in quotes")
            }
            _ => format!("`{key}` must be text, a number, true, false or an array"),
        };
        data(value.get_ref()).ok_or_else(|| self.error(value.span(), message))
    }
}

impl HeaderError {
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
