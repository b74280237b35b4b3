//! The words after a recipe's name: which value is whose, and which word is nobody's.
//!
//! Not here: other places a value may come from, which is `sources`.

use super::values::{self, shown};
use super::{Header, Outside, Param, ParamError, ParamKind};
use crate::base::mask::MASK;
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
    /// The first of the other words that stands behind a value, which it may be a part of: the option and the value.
    pub(super) behind: Option<String>,
    /// The secret parameters whose values stand in the words themselves.
    pub(super) exposed: Vec<String>,
}

/// Reads the words. A recipe that declares no parameters takes any.
pub(super) fn read(header: &Header, words: &[String], outside: &dyn Outside) -> Result<Said> {
    let mut said = Said::default();
    let mut own = Vec::new();
    let mut problem = None;
    let mut last: Option<&[String]> = None;
    let all = words;
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
            let next = words.peek().map_or(all.len(), |(at, _)| *at);
            last = all.get(at..next);
        } else {
            let behind = last.take().filter(|_| said.others.is_empty());
            said.behind = behind.and_then(|before| quoted(header, before, word)).or(said.behind);
            said.others.push(word.clone());
        }
    }
    match problem {
        _ if !own.is_empty() => Err(ParamError::Own(own)),
        Some(problem) => Err(problem),
        None => Ok(said),
    }
}

/// How `word` would be a part of the value that stands `before` it, as in `--group "My Shops"`.
fn quoted(header: &Header, before: &[String], word: &str) -> Option<String> {
    if word.starts_with('-') {
        return None;
    }
    let whole = before.join(" ");
    let (name, value) = whole.strip_prefix("--")?.split_once([' ', '='])?;
    let param =
        named(header, name).filter(|param| matches!(param.kind, ParamKind::Text | ParamKind::List))?;
    let value = format!("{value} {word}");
    Some(format!("--{} \"{}\"", param.flag(), if param.secret { MASK } else { &value }))
}

/// The option of the program that `word` is, unless the recipe declares a parameter of that name.
fn own_option<'a>(header: &Header, word: &str, outside: &'a dyn Outside) -> Option<&'a OwnOption> {
    if let Some(long) = word.strip_prefix("--") {
        let name = long.split('=').next().unwrap_or_default();
        if find(header, name).is_ok() {
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
    if header.params.is_empty() {
        let value = value.or_else(|| next(words)).map_or(Value::Bool(true), Value::String);
        said.given.insert(snake(name), value);
        return Ok(());
    }
    let (param, is_negated) = find(header, name)?;
    let label = format!("`--{}`", param.flag());
    let says = |word: &str| SAYS.contains(&word.to_lowercase().as_str());
    let says_so = words.peek().is_some_and(|(_, word)| says(word));
    let value = match (param.kind, value) {
        (_, Some(_)) if is_negated => return Err(ParamError::Negated(param.flag())),
        (ParamKind::Boolean, None) if is_negated && says_so => return Err(ParamError::Negated(param.flag())),
        (ParamKind::Boolean, None) if !says_so => Value::Bool(!is_negated),
        (_, value) => {
            let written = match value.or_else(|| next(words)) {
                Some(written) => written,
                None => return Err(no_value(header, param, &label, words.peek().map(|(_, word)| *word))),
            };
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

/// The next word, if it can be a value. A negative number is one; two dashes begin the next parameter.
fn next(words: &mut Words) -> Option<String> {
    words.next_if(|(_, word)| !word.starts_with("--")).map(|(_, word)| word.clone())
}

/// Words that a parameter of true or false takes for its value when they follow it; any other word is one of its own.
const SAYS: &[&str] = &["true", "false", "yes", "no", "on", "off"];

/// That nothing is given for `param`, with how `next` would be, unless that is a parameter itself.
fn no_value(header: &Header, param: &Param, label: &str, next: Option<&String>) -> ParamError {
    let is_param = |word: &str| {
        let name = word.trim_start_matches('-').split('=').next().unwrap_or_default();
        find(header, name).is_ok()
    };
    let joined = next.filter(|word| *word != "--" && !param.secret && !is_param(word));
    let joined = joined.map(|word| format!("--{}={}", param.flag(), shown(word)));
    ParamError::NoValue { label: label.to_owned(), kind: param.kind.noun(), joined }
}

/// The value of a secret parameter: `@FILE` is what stands in the file, `@@x` is `@x`.
fn secret(
    param: &Param,
    written: String,
    label: &str,
    outside: &dyn Outside,
    said: &mut Said,
) -> Result<String> {
    if !written.starts_with('@') || written.starts_with("@@") {
        said.exposed.push(param.flag());
    }
    read_secret(param, written, label, outside)
}

/// What a text says that stands for a secret, or for the file it is in.
pub(super) fn read_secret(
    param: &Param,
    written: String,
    label: &str,
    outside: &dyn Outside,
) -> Result<String> {
    let Some(path) = written.strip_prefix('@').filter(|path| !path.starts_with('@')) else {
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
fn find<'a>(header: &'a Header, name: &str) -> Result<(&'a Param, bool)> {
    if let Some(param) = named(header, name) {
        return Ok((param, false));
    }
    let negated = name.strip_prefix("no-").or_else(|| name.strip_prefix("no_"));
    let negated = negated.and_then(|name| named(header, name));
    if let Some(param) = negated.filter(|param| param.kind == ParamKind::Boolean) {
        return Ok((param, true));
    }
    let flags: Vec<String> = header.params.iter().map(Param::flag).collect();
    let nearest = text::nearest(&name.replace('_', "-"), flags.iter().map(String::as_str));
    let suggestion = nearest.map(|flag| format!(", did you mean `--{flag}`?")).unwrap_or_default();
    Err(ParamError::Unknown { label: format!("`--{}`", shown(name)), suggestion })
}
