//! What `--allow` and `--deny` say.
//!
//! Not here: enforcing it, which is a stage of every call.

use super::args::Flags;
use crate::api;
use crate::base::report::Report;
use crate::base::text;
use crate::calls::{Denied, Permits};

const DESTRUCTIVE: &str = "destructive";
const WRITE: &str = "write";

/// What was allowed and denied, and whether everything destructive was allowed.
///
/// # Errors
/// A word that is neither a function nor one of ours.
pub(super) fn read(flags: &Flags) -> Result<(Permits, bool), Report> {
    parse(&flags.allow, &flags.deny)
}

/// What these words allow and deny.
///
/// # Errors
/// As [`read`].
pub(super) fn parse(allow: &[String], deny: &[String]) -> Result<(Permits, bool), Report> {
    let mut permits = Permits::default();
    let mut allow_destructive = false;
    for word in words(allow) {
        match (word, api::by_function(word)) {
            (DESTRUCTIVE, _) => allow_destructive = true,
            (_, Some(endpoint)) => permits.allowed.push(endpoint.function),
            _ => return Err(unknown("--allow", "allowed", word, &[DESTRUCTIVE])),
        }
    }
    for word in words(deny) {
        permits.denied.push(match (word, api::by_function(word)) {
            (DESTRUCTIVE, _) => Denied::Destructive,
            (WRITE, _) => Denied::Writes,
            (_, Some(endpoint)) => Denied::Function(endpoint.function),
            _ => return Err(unknown("--deny", "denied", word, &[WRITE, DESTRUCTIVE])),
        });
    }
    Ok((permits, allow_destructive))
}

/// The words that allow and deny what a configuration does.
pub(super) fn words_of(permits: &Permits, allow_destructive: bool) -> (Vec<String>, Vec<String>) {
    let destructive = allow_destructive.then(|| DESTRUCTIVE.to_owned());
    let allowed = permits.allowed.iter().map(|&function| function.to_owned()).chain(destructive);
    (allowed.collect(), permits.denied.iter().map(|denied| denied.word().to_owned()).collect())
}

fn words(given: &[String]) -> impl Iterator<Item = &str> {
    given.iter().map(|word| word.trim())
}

fn unknown(option: &str, done: &str, word: &str, ours: &[&str]) -> Report {
    let functions = api::endpoints().map(|endpoint| endpoint.function);
    let suggestion = text::did_you_mean(word, functions.chain(ours.iter().copied()));
    let shown = text::one_line(&text::cut(word, 60)).into_owned();
    Report::error(format!("{option}: `{shown}` cannot be {done}{suggestion}")).help(format!(
        "It takes {} or the name of a function; `ixscript functions` lists them.",
        ours.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
    ))
}
