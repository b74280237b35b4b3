//! Calls of what does not exist, or not like this.
//!
//! Not here: calls of the API, whose parameters are checked elsewhere.

use super::newcomers;
use super::types;
use super::{Words, safe};
use crate::base::report::Place;
use crate::base::text;
use crate::script::sources::{CLOSURE, Defined, Sources};
use crate::script::{engine, session, testing};
use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Longer lists of ways to call a function help nobody.
const MOST_WAYS: usize = 4;

/// `copy_profil (int, map)` and the like, of an error at `place`.
pub(super) fn missing(signature: &str, sources: &Sources, place: Option<&Place>) -> Words {
    if signature.starts_with("elements of ") {
        let of = signature.trim_start_matches("elements of ").trim_end_matches(" cannot be sorted");
        let message = match of {
            "different types" => "the items are of different types, so they have no order".to_owned(),
            of => format!("the items have no order: each is {}", types::in_a_sentence(of)),
        };
        return Words::help(
            message,
            "Say how to compare two items, as in list.sort(|a, b| a.name < b.name).",
        );
    }
    let (name, types) = signature.split_once(" (").unwrap_or((signature, ""));
    let name = name.trim();
    let given: Vec<String> = types
        .strip_suffix(')')
        .unwrap_or(types)
        .split(", ")
        .filter(|name| !name.is_empty())
        .map(types::in_a_sentence)
        .collect();
    if name.starts_with(CLOSURE) {
        return of_closure(name, given.len(), sources);
    }
    if name == "contains" && place.is_some_and(|place| word(place).ends_with("in")) {
        return Words::help(
            format!("`in` cannot look into {}", given.first().map_or("this", String::as_str)),
            "It looks for an item of an array, a key of a map, a part of a text or a number of a range.",
        );
    }
    if let Some(operator) = operator(name) {
        return of_operator(operator, &given);
    }
    if let Some(property) = name.strip_prefix("get$").or_else(|| name.strip_prefix("set$")) {
        return property_of(given.first().map_or("this value", String::as_str), property, place);
    }
    let own = sources.definitions(name.rsplit("::").next().unwrap_or(name));
    if !own.is_empty() {
        return of_script(name, given.len(), &own);
    }
    if session::function_names().contains(&name) {
        let types = if given.is_empty() { "no arguments".to_owned() } else { given.join(", ") };
        return Words::help(
            format!("`{name}` does not take {types}"),
            format!("`ixscript functions {name}` shows how it is called."),
        );
    }
    if let Some(ways) = natives().get(name) {
        return of_native(name, &given, ways);
    }
    if let Some((message, help)) = testing::only_in_tests(name) {
        return Words::help(message, help);
    }
    unknown(name, sources)
}

fn unknown(name: &str, sources: &Sources) -> Words {
    let message = format!("there is no function `{}`", safe(name));
    let last = name.rsplit("::").next().unwrap_or(name);
    if let Some(instead) = newcomers::name(last) {
        return Words::help(message, instead);
    }
    let own = sources.functions();
    let own = own.iter().map(String::as_str);
    let suggestion = match name.rsplit_once("::") {
        Some((module, last)) => {
            text::nearest(last, own).map(|near| format!(", did you mean `{module}::{near}`?"))
        }
        None => {
            let first = session::function_names().into_iter().chain(own);
            let near = text::nearest(name, first);
            let near = near.or_else(|| text::nearest(name, natives().keys().map(String::as_str)));
            near.map(|near| format!(", did you mean `{near}`?"))
        }
    };
    Words::new(format!("{message}{}", suggestion.unwrap_or_default()))
}

fn of_closure(name: &str, given: usize, sources: &Sources) -> Words {
    let takes = sources.definitions(name).first().map(|closure| closure.params.len());
    let off = |count: usize, how: &str| {
        Words::help(
            format!("a closure was called with {} {how}", text::count(count, "argument")),
            "It takes what stands between its two `|`.",
        )
    };
    match takes {
        Some(takes) if given < takes => off(takes - given, "too few"),
        Some(takes) if given > takes => off(given - takes, "too many"),
        Some(_) => Words::help(
            "a closure that was made in another file cannot be called here",
            "Make a function of it in that file, and call it as in `lib::name(...)`.",
        ),
        None => Words::new("a closure was called with a wrong number of arguments"),
    }
}

fn of_operator(operator: &str, given: &[String]) -> Words {
    match given {
        [left, right] => {
            let words = Words::new(format!("`{operator}` does not work between {left} and {right}"));
            match operator {
                "+" | "-" | "*" | "/" if [left, right].iter().any(|side| side.as_str() == "text") => words
                    .with(
                        "A text becomes a number with parse_int(text), a number a text with x.to_string().",
                    ),
                _ if [left, right].iter().any(|side| side.as_str() == "nothing") => words.with(
                    "One side is `()`: a key or variable that holds nothing, perhaps a misspelled key.",
                ),
                _ => words,
            }
        }
        _ => Words::new(format!("`{operator}` does not work on {}", given.join(", "))),
    }
}

fn of_script(name: &str, given: usize, own: &[Defined]) -> Words {
    let mut counts: Vec<usize> = own.iter().map(|own| own.params.len()).collect();
    counts.sort_unstable();
    counts.dedup();
    if counts.contains(&given) {
        return Words::help(
            format!("`{}` cannot be reached from here", safe(name)),
            "A file sees its own functions, and those of a file it imports under its name, as in `lib::name(...)`.",
        );
    }
    let takes: Vec<String> = counts.iter().map(usize::to_string).collect();
    let ways: Vec<String> = own.iter().map(|own| format!("{name}({})", own.params.join(", "))).collect();
    Words::help(
        format!("`{}` takes {}, not {given}", safe(name), count_of(&takes)),
        format!("Call it as {}.", text::list_or(&ways)),
    )
}

fn count_of(counts: &[String]) -> String {
    match counts {
        [one] if one == "1" => "1 argument".to_owned(),
        [first @ .., last] if !first.is_empty() => {
            let noun = if last == "1" { "argument" } else { "arguments" };
            format!("{} or {last} {noun}", first.join(", "))
        }
        counts => format!("{} arguments", counts.join("")),
    }
}

fn of_native(name: &str, given: &[String], ways: &[Vec<TypeId>]) -> Words {
    let shown: Vec<Vec<&str>> =
        ways.iter().map(|way| way.iter().map(|id| types::in_a_signature(*id)).collect()).collect();
    let receivers: Vec<&str> = shown.iter().filter_map(|way| way.first().copied()).collect();
    let is_method = receivers.iter().all(|receiver| matches!(*receiver, "text" | "array" | "map" | "blob"))
        && !name.starts_with("parse_")
        && !receivers.is_empty();
    let way = |way: &Vec<&str>| match way.split_first() {
        Some((receiver, rest)) if is_method => format!("{receiver}.{name}({})", rest.join(", ")),
        _ => format!("{name}({})", way.join(", ")),
    };
    // Those for a value like the one that was given tell most.
    let receiver = given.first().map_or("", |given| given.trim_start_matches("an ").trim_start_matches("a "));
    let is_alike = |way: &&Vec<&str>| way.first() == Some(&receiver);
    let alike: Vec<&Vec<&str>> = shown.iter().filter(is_alike).collect();
    let told = if alike.is_empty() { shown.iter().collect() } else { alike };
    let mut texts: Vec<String> = told.into_iter().map(way).collect();
    texts.sort();
    texts.dedup();
    texts.sort_by_key(String::len);
    texts.truncate(MOST_WAYS);
    let ways_to_call = || format!("It is called as {}.", text::list_or(&texts));
    let help = newcomers::name(name).map_or_else(ways_to_call, str::to_owned);
    let counts: std::collections::BTreeSet<usize> = ways.iter().map(Vec::len).collect();
    let receiver = usize::from(is_method);
    let is_count = counts.contains(&given.len()) || (is_method && given.is_empty());
    if !is_count {
        let takes: Vec<String> =
            counts.iter().map(|count| count.saturating_sub(receiver).to_string()).collect();
        let given = given.len().saturating_sub(receiver);
        return Words::help(format!("`{name}` takes {}, not {given}", count_of(&takes)), help);
    }
    let message = match given {
        [only] => format!("`{name}` does not work on {only}"),
        [of, rest @ ..] if is_method => format!("`{name}` on {of} does not take {}", rest.join(", ")),
        all => format!("`{name}` does not take {}", all.join(", ")),
    };
    Words::help(message, help)
}

/// A property that a value does not have.
pub(super) fn property_of(of: &str, property: &str, place: Option<&Place>) -> Words {
    let property = safe(property);
    let path = place.map(before_dot).unwrap_or_default();
    let words = match (of, path.as_str()) {
        ("nothing", "") => Words::new(format!("there is nothing here that could have a `{property}`")),
        ("nothing", path) => Words::help(
            format!("`{path}` is nothing, so it has no `{property}`"),
            "Is a name on the way misspelled? Keys that a map does not have give nothing, too.",
        ),
        ("text", "e" | "err" | "error") => {
            return Words::help(
                format!("`{path}` is a text and has no `{property}`"),
                format!("What was thrown is the text itself: write `{path}` alone."),
            );
        }
        (of, _) => Words::new(format!("{of} has no property `{property}`")),
    };
    match newcomers::name(&property) {
        Some(instead) => words.with(instead),
        None => words,
    }
}

fn operator(name: &str) -> Option<&str> {
    let is_operator = !name.is_empty() && name.chars().all(|character| "+-*/%=<>!&|^.".contains(character));
    match name {
        "index$get$" | "index$set$" => Some("[ ]"),
        name if is_operator => Some(name),
        _ => None,
    }
}

/// The word at a place.
fn word(place: &Place) -> &str {
    let line = place.source.text.lines().nth(place.line.saturating_sub(1)).unwrap_or_default();
    let start = line.char_indices().nth(place.column.saturating_sub(1)).map_or(line.len(), |(at, _)| at);
    let rest = &line[start..];
    let end = rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '!'));
    &rest[..end.unwrap_or(rest.len())]
}

/// The plain path, as in `profile.proxy`, in front of the dot before a place.
pub(super) fn before_dot(place: &Place) -> String {
    let line = place.source.text.lines().nth(place.line.saturating_sub(1)).unwrap_or_default();
    let before: String = line.chars().take(place.column.saturating_sub(1)).collect();
    let Some(before) = before.trim_end().strip_suffix('.') else { return String::new() };
    let before = before.trim_end_matches('?');
    let is_of_path = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.';
    let start = before
        .rfind(|letter: char| !is_of_path(letter))
        .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
    let path = &before[start..];
    let is_name = path.starts_with(|letter: char| letter.is_alphabetic() || letter == '_');
    if is_name { path.to_owned() } else { String::new() }
}

/// The engine's own functions, with the types each takes.
pub(super) fn natives() -> &'static BTreeMap<String, Vec<Vec<TypeId>>> {
    static NATIVES: OnceLock<BTreeMap<String, Vec<Vec<TypeId>>>> = OnceLock::new();
    NATIVES.get_or_init(|| {
        let mut natives: BTreeMap<String, Vec<Vec<TypeId>>> = BTreeMap::new();
        let told = engine::bare().collect_fn_metadata(
            None,
            |function| {
                let function = function.metadata;
                Some((function.name.to_string(), function.param_types.iter().copied().collect::<Vec<_>>()))
            },
            true,
        );
        for (name, types) in told.into_iter().filter(|(name, _)| rhai::is_valid_identifier(name)) {
            natives.entry(name).or_default().push(types);
        }
        natives
    })
}
