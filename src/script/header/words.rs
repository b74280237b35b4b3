//! The words after a recipe's name: which value is whose, and which word is nobody's.
//!
//! Not here: other places a value may come from, which is `sources`.

use super::values::{self, shown};
use super::{Header, Outside, Param, ParamError, ParamKind};
use crate::base::text;
use serde_json::{Map, Value};
use std::iter::{Enumerate, Peekable};
use std::ops::Range;

type Result<T> = std::result::Result<T, ParamError>;
type Words<'a> = Peekable<Enumerate<std::slice::Iter<'a, String>>>;

/// An option of the program, which stands before the recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnOption {
    /// Its name after two dashes.
    pub long: Option<String>,
    /// Its letter after one dash.
    pub short: Option<char>,
    /// Whether the next word is its value.
    pub takes_value: bool,
}

/// What the words said.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) given: Map<String, Value>,
    pub(super) others: Vec<String>,
    /// The secret parameters whose values stand in the words themselves.
    pub(super) exposed: Vec<String>,
}

/// Reads the words. A recipe that declares no parameters takes any.
pub(super) fn read(header: &Header, words: &[String], outside: &dyn Outside) -> Result<Said> {
    let mut said = Said::default();
    let mut own = Vec::new();
    let mut problem = None;
    let mut words: Words = words.iter().enumerate().peekable();
    while let Some((at, word)) = words.next() {
        if word == "--" {
            said.others.extend(words.by_ref().map(|(_, word)| word.clone()));
            break;
        }
        if let Some(option) = own_option(header, word, outside) {
            own.push(range(at, word, option, &mut words));
        } else if let Some(option) = word.strip_prefix("--") {
            // An option of the program is told first: what follows it may only seem to be wrong.
            let read = parameter(header, option, &mut words, outside, &mut said);
            problem = problem.or(read.err());
        } else {
            said.others.push(word.clone());
        }
    }
    match problem {
        _ if !own.is_empty() => Err(ParamError::Own(own)),
        Some(problem) => Err(problem),
        None => Ok(said),
    }
}

/// The option of the program that `word` is, unless the recipe declares a parameter of that name.
fn own_option<'a>(header: &Header, word: &str, outside: &'a dyn Outside) -> Option<&'a OwnOption> {
    if let Some(long) = word.strip_prefix("--") {
        let name = long.split('=').next().unwrap_or_default();
        if find(header, name, name == long).is_ok() {
            return None;
        }
        return outside.options().iter().find(|option| option.long.as_deref() == Some(name));
    }
    let letter = word.strip_prefix('-')?.chars().next()?;
    outside.options().iter().find(|option| option.short == Some(letter))
}

/// The words that an option takes: itself, and its value if that does not stand in the same word.
fn range(at: usize, word: &str, option: &OwnOption, words: &mut Words) -> Range<usize> {
    let is_whole = if word.starts_with("--") { word.contains('=') } else { word.chars().count() > 2 };
    let value = words.next_if(|(_, word)| option.takes_value && !is_whole && !word.starts_with("--"));
    at..at + 1 + usize::from(value.is_some())
}

fn parameter(
    header: &Header,
    option: &str,
    words: &mut Words,
    outside: &dyn Outside,
    said: &mut Said,
) -> Result<()> {
    let (name, value) = match option.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (option, None),
    };
    // A negative number is a value; two dashes begin the next parameter.
    let next = || words.next_if(|(_, word)| !word.starts_with("--")).map(|(_, word)| word.clone());
    if header.params.is_empty() {
        let value = value.or_else(next).map_or(Value::Bool(true), Value::String);
        said.given.insert(snake(name), value);
        return Ok(());
    }
    let (param, is_negated) = find(header, name, value.is_none())?;
    let label = format!("`--{}`", param.flag());
    let value = match (param.kind, value) {
        (ParamKind::Boolean, None) => Value::Bool(!is_negated),
        (_, value) => {
            let no_value = || ParamError::NoValue { label: label.clone(), kind: param.kind.noun() };
            let written = value.or_else(next).ok_or_else(no_value)?;
            let written = if param.secret { secret(param, written, &label, outside, said)? } else { written };
            values::of_text(param, &written, &label)?
        }
    };
    match (said.given.get_mut(&param.name), value) {
        (Some(Value::Array(items)), Value::Array(more)) => items.extend(more),
        (Some(_), _) => return Err(ParamError::Twice(label)),
        (None, value) => drop(said.given.insert(param.name.clone(), value)),
    }
    Ok(())
}

/// The value of a secret parameter: `@FILE` is what stands in the file, `@@x` is `@x`.
fn secret(
    param: &Param,
    written: String,
    label: &str,
    outside: &dyn Outside,
    said: &mut Said,
) -> Result<String> {
    let Some(path) = written.strip_prefix('@').filter(|path| !path.starts_with('@')) else {
        said.exposed.push(param.flag());
        return Ok(written.strip_prefix('@').map(str::to_owned).unwrap_or(written));
    };
    let content = outside
        .read_file(path)
        .map_err(|reason| ParamError::SecretFile { label: label.to_owned(), reason })?;
    // Editors end a file with a line feed, which is no part of a password.
    let content = content.strip_suffix('\n').unwrap_or(&content);
    let content = content.strip_suffix('\r').unwrap_or(content);
    // A list has an item on each line.
    Ok(if param.kind == ParamKind::List { content.replace('\n', ",") } else { content.to_owned() })
}

pub(super) fn snake(name: &str) -> String {
    name.replace('-', "_")
}

/// The parameter of that name, however its words are joined.
pub(super) fn named<'a>(header: &'a Header, name: &str) -> Option<&'a Param> {
    header.params.iter().find(|param| snake(&param.name) == snake(name))
}

/// The parameter of that name, and whether it was written with `no-` in front.
fn find<'a>(header: &'a Header, name: &str, is_bare: bool) -> Result<(&'a Param, bool)> {
    if let Some(param) = named(header, name) {
        return Ok((param, false));
    }
    let negated = name.strip_prefix("no-").or_else(|| name.strip_prefix("no_")).filter(|_| is_bare);
    let negated = negated.and_then(|name| named(header, name));
    if let Some(param) = negated.filter(|param| param.kind == ParamKind::Boolean) {
        return Ok((param, true));
    }
    let flags: Vec<String> = header.params.iter().map(Param::flag).collect();
    let nearest = text::nearest(&name.replace('_', "-"), flags.iter().map(String::as_str));
    let suggestion = nearest.map(|flag| format!(", did you mean `--{flag}`?")).unwrap_or_default();
    Err(ParamError::Unknown { label: format!("`--{}`", shown(name)), suggestion })
}
