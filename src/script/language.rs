//! Words that are part of the language: keywords, and functions that are there without the host.
//!
//! Not here: host functions, which have a reference of their own, and what the words mean in full; that is in the book.

use super::engine;
use crate::base::text;
use rhai::{Array, ImmutableString, Map};
use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// Where the language is explained.
pub const BOOK: &str = "https://rhai.rs/book";

/// What a method is called on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Receiver {
    /// An array.
    Array,
    /// A map.
    Map,
    /// A text.
    Text,
}

/// Words that no package lists, and what to say of those that people look for.
const KNOWN: &[(&str, &str)] = &[
    ("Fn", "Fn(\"name\") is a function as a value, to be called with .call(...)."),
    ("as", "import \"path\" as name; gives a module its name."),
    ("break", "Ends the loop around it."),
    ("call", "f.call(1, 2) calls a function that is a value."),
    ("catch", "try { ... } catch (error) { ... } goes on after an error."),
    ("const", "const NAME = 1; is a value that cannot be changed."),
    ("continue", "Goes to the next round of the loop around it."),
    ("contains", "list.contains(1), text.contains(\"a\") and map.contains(\"key\") are true or false."),
    ("curry", "f.curry(1) is f with its first argument given."),
    ("debug", "debug(value) logs a value as a script would write it."),
    ("do", "do { ... } while condition; runs at least once."),
    ("else", "if condition { ... } else { ... }"),
    ("export", "export NAME; lets other files use it."),
    ("false", "The opposite of true."),
    ("filter", "list.filter(|item| item > 1) keeps the items for which it is true."),
    ("fn", "fn name(a, b) { a + b } defines a function."),
    ("for", "for item in list { ... } or for number in 0..10 { ... }"),
    ("global", "global::NAME is a constant of the script, also inside functions."),
    ("if", "if condition { ... } else { ... }"),
    ("import", "import \"path\" as name; and then name::function(...)."),
    ("in", "for item in list { ... }, and 1 in list is true or false."),
    ("is_def_fn", "is_def_fn(\"name\", 1) says whether there is such a function with one parameter."),
    ("is_def_var", "is_def_var(\"name\") says whether there is such a variable."),
    ("is_shared", "Says whether a closure shares the value."),
    ("keys", "map.keys() is an array of its keys."),
    ("len", "How many items, fields or characters there are."),
    ("let", "let name = 1; makes a variable."),
    ("loop", "loop { ... break; } runs until it breaks."),
    ("map", "list.map(|item| item + 1) is a new array with what it gives for each item."),
    ("parse_int", "parse_int(\"12\") is the number 12."),
    ("print", "print(value) writes a line of output."),
    ("private", "private fn name() { ... } is not seen by files that import this one."),
    ("push", "list.push(1) adds an item at the end."),
    ("return", "return value; ends the function."),
    ("split", "text.split(\",\") is an array of its parts."),
    ("switch", "switch value { 1 => \"one\", _ => \"other\" }"),
    ("this", "Inside a function that is called as a method, what it is called on."),
    ("throw", "throw \"what is wrong\"; ends with an error that catch can catch."),
    ("to_string", "value.to_string() is the value as text."),
    ("true", "The opposite of false."),
    ("try", "try { ... } catch (error) { ... } goes on after an error."),
    ("type_of", "type_of(value) is the name of its type."),
    ("until", "do { ... } until condition; runs at least once."),
    ("values", "map.values() is an array of its values."),
    ("while", "while condition { ... }"),
];

#[derive(Default)]
struct Language {
    /// Every function of the language with how many arguments it takes; what it is called on counts.
    functions: BTreeMap<String, BTreeSet<usize>>,
    methods: BTreeMap<Receiver, BTreeSet<String>>,
}

fn language() -> &'static Language {
    static LANGUAGE: OnceLock<Language> = OnceLock::new();
    LANGUAGE.get_or_init(|| {
        let mut language = Language::default();
        let told = engine::bare().collect_fn_metadata(
            None,
            |function| {
                let (name, first) =
                    (function.metadata.name.to_string(), function.metadata.param_types.first());
                let receiver = first.and_then(|first| receiver(*first));
                rhai::is_valid_identifier(&name).then_some((name, receiver, function.metadata.num_params))
            },
            true,
        );
        for (name, receiver, count) in told {
            if let Some(receiver) = receiver {
                language.methods.entry(receiver).or_default().insert(name.clone());
            }
            language.functions.entry(name).or_default().insert(count);
        }
        language
    })
}

fn receiver(kind: TypeId) -> Option<Receiver> {
    match kind {
        kind if kind == TypeId::of::<Array>() => Some(Receiver::Array),
        kind if kind == TypeId::of::<Map>() => Some(Receiver::Map),
        kind if kind == TypeId::of::<ImmutableString>() => Some(Receiver::Text),
        _ => None,
    }
}

/// Every keyword and every function of the language; some may come twice.
pub fn words<'a>() -> impl Iterator<Item = &'a str> {
    let known = KNOWN.iter().map(|(name, _)| *name);
    known.chain(language().functions.keys().map(String::as_str))
}

/// What can be called on such a value, or on any.
pub fn methods<'a>(of: Option<Receiver>) -> impl Iterator<Item = &'a str> {
    let methods = language().methods.iter().filter(move |(receiver, _)| of.is_none_or(|of| of == **receiver));
    methods.flat_map(|(_, names)| names.iter().map(String::as_str)).chain(["type_of"])
}

/// What a word of the language is, in a few lines; nothing for any other word.
pub fn about(name: &str) -> Option<String> {
    let known = KNOWN.iter().find(|(known, _)| *known == name).map(|(_, about)| (*about).to_owned());
    let ways = || {
        let counts: Vec<String> = language().functions.get(name)?.iter().map(usize::to_string).collect();
        let last = if counts.len() == 1 && counts[0] == "1" { "argument" } else { "arguments" };
        Some(format!("{name}(...) takes {} {last}.", text::list_or(&counts).replace('`', "")))
    };
    Some(format!("{}\nIt is part of the language; see {BOOK}\n", known.or_else(ways)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_methods_are_known() {
        let words: BTreeSet<&str> = words().collect();
        for word in ["print", "parse_int", "if", "for", "let", "len", "to_upper"] {
            assert!(words.contains(word), "{word}");
        }
        let methods = |of| methods(of).collect::<BTreeSet<&str>>();
        assert!(
            methods(Some(Receiver::Array)).is_superset(&BTreeSet::from(["push", "map", "filter", "len"]))
        );
        assert!(methods(Some(Receiver::Map)).contains("keys"));
        assert!(methods(Some(Receiver::Text)).contains("to_upper"));
        assert!(!methods(Some(Receiver::Text)).contains("push"));
    }

    #[test]
    fn every_word_has_a_line() {
        assert!(about("print").unwrap().starts_with("print(value) writes a line"));
        assert!(about("to_upper").unwrap().starts_with("to_upper(...) takes 1 argument.\n"));
        assert_eq!(about("no_such_word"), None);
        assert!(words().all(|word| about(word).is_some()));
    }
}
