//! Comments that look like lines of a header and are not read as such: each is an error, since what a recipe says of
//! itself must not be lost without a word.
//!
//! Not here: the lines of a header themselves (`block`).

use super::HeaderError;
use super::block::{Block, MARK, SYNONYMS};
use super::declared::PARAM_KEYS;
use super::read::KEYS;
use crate::api;
use crate::script::lex::Comment;

type Result<T> = std::result::Result<T, HeaderError>;

const TABLES: &[&str] = &["params", "input", "output", "sim"];

/// Characters that many editors show as the end of a line, and that do not end a comment.
const SEPARATORS: [char; 6] = ['\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];

/// # Errors
/// The first line of the comment that looks like one of a header and is not read as one.
pub(super) fn check(comment: &Comment) -> Result<()> {
    let is_header = comment.text.starts_with(MARK);
    if is_header && !comment.is_leading {
        let message = "the lines of a header stand at the top, before any code";
        let help = "Move it up; a comment that is not part of the header begins with `//`.";
        return Err(error(comment, 0, message, help));
    }
    check_separators(comment, is_header)?;
    if is_header || !comment.is_leading {
        return Ok(());
    }

    let found = match comment.text.strip_prefix("//") {
        Some(content) => is_in_line(content).then_some(0),
        None => line_in_block(&comment.text),
    };
    match found {
        Some(at) => Err(error(
            comment,
            at,
            "this comment looks like a line of the header, but is not read as one",
            "A line of the header begins with `//!`, as in //! needs = [\"copy_profile\"]. If it is a comment, word it differently.",
        )),
        None => Ok(()),
    }
}

/// # Errors
/// The first line of a header without keys that looks like a key with its value.
pub(super) fn check_prose(block: &Block) -> Result<()> {
    let mut start = 0;
    for line in block.toml.split_inclusive('\n') {
        if Entry::of(line).is_some() {
            let indent = line.len() - line.trim_start().len();
            let error = block.error(
                start + indent..start + line.len(),
                "this looks like a key of the header, but is not valid TOML",
            );
            return Err(error.help(
                "A key is followed by `=`, as in //! needs = [\"copy_profile\"]. If it is prose, word it differently.",
            ));
        }
        start += line.len();
    }
    Ok(())
}

fn check_separators(comment: &Comment, is_header: bool) -> Result<()> {
    let separator = comment.text.char_indices().find(|(at, letter)| {
        let rest = &comment.text[at + letter.len_utf8()..];
        SEPARATORS.contains(letter) && (is_header || rest.contains(MARK))
    });
    let Some((at, separator)) = separator else { return Ok(()) };
    let line = comment.text[..at].matches('\n').count();
    let message = format!(
        "this comment contains the character U+{:04X}, which does not end its line",
        u32::from(separator)
    );
    Err(error(comment, line, message, "Replace the character with a line feed."))
}

/// Whether the line comment with this `content` is meant as a line of the header.
fn is_in_line(content: &str) -> bool {
    let trimmed = content.trim_start();
    // A line of a header that was made a comment on purpose.
    if trimmed.len() < content.len() && trimmed.starts_with("//") {
        return false;
    }
    // `///`, `// !` and what only looks like `//!`.
    let is_marked =
        trimmed.starts_with(|letter: char| matches!(letter, '/' | '!' | '*') || !letter.is_ascii());
    match is_marked {
        true => Entry::of(trimmed).is_some(),
        false => {
            trimmed.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '[')
                && Entry::of(trimmed).is_some_and(|entry| entry.restricts())
        }
    }
}

/// The first line of a block comment that is meant as a line of the header.
fn line_in_block(text: &str) -> Option<usize> {
    if let Some(content) = text.strip_prefix("/*!").or_else(|| text.strip_prefix("/**")) {
        return content.lines().position(|line| Entry::of(line).is_some());
    }
    text.strip_prefix("/*")?.lines().position(|line| {
        let content = line.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '*');
        // A line that begins with `//` was made a comment on purpose.
        content.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '[')
            && Entry::of(content).is_some_and(|entry| entry.restricts())
    })
}

fn error(comment: &Comment, line: usize, message: impl Into<String>, help: impl Into<String>) -> HeaderError {
    let text = comment.text.lines().nth(line).unwrap_or_default();
    let indent = text.chars().take_while(|letter| letter.is_whitespace()).count();
    let column = if line == 0 { comment.column } else { indent + 1 };
    let length = text.trim().chars().count();
    let error =
        HeaderError { message: message.into(), line: comment.line + line, column, length, help: None };
    error.help(help)
}

/// What looks like an entry of a header: the name of a table, or of a key that is followed by data.
struct Entry<'a>(&'a str);

impl<'a> Entry<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let line = line.trim_start_matches(|letter: char| !letter.is_ascii_alphanumeric() && letter != '[');
        if let Some((table, rest)) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            let root = table.trim_matches(['[', ' ']).split('.').next().unwrap_or_default();
            let is_alone = rest.trim_start_matches(']').trim_start();
            let is_alone = is_alone.is_empty() || is_alone.starts_with('#') || is_alone.starts_with("*/");
            return (TABLES.contains(&root) && is_alone).then_some(Self(root));
        }

        let is_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '-');
        let (name, rest) = line.split_at(line.find(|letter| !is_name(letter)).unwrap_or(line.len()));
        let begins_value = |letter: char| letter.is_alphanumeric() || "[{\"'".contains(letter);
        let (sign, value) = rest.split_at(rest.find(begins_value).unwrap_or(rest.len()));
        let value = value.trim_end().trim_end_matches("*/").trim_end();
        let has_sign = !sign.trim().is_empty();
        let key = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        is_entry(&key, has_sign, value).then_some(Self(name))
    }

    /// Whether it takes something from the recipe, so that it must not be overlooked.
    fn restricts(&self) -> bool {
        let last = self.0.rsplit('.').next().unwrap_or_default();
        ["needs", "secret", "params"].iter().any(|name| last.eq_ignore_ascii_case(name))
    }
}

/// Whether a word, with a sign behind it or none, and what follows are meant as a key and its value.
fn is_entry(key: &str, has_sign: bool, value: &str) -> bool {
    let is_own = KEYS.contains(&key) || PARAM_KEYS.contains(&key);
    let is_known = is_own || SYNONYMS.iter().any(|(other, _)| *other == key);
    let mut names = value.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
    let is_list = value
        .strip_prefix(['[', '{'])
        .is_some_and(|items| items.trim_start().starts_with(['"', '\'', ']', '}', '[', '{']));
    let names_functions = key == "needs"
        && names.clone().any(|name| !name.is_empty())
        && names.clone().all(|name| name.is_empty() || api::by_function(name).is_some());
    if !has_sign {
        return (is_known && is_list) || names_functions;
    }
    let names_a_function = key == "needs" && names.any(|name| api::by_function(name).is_some());

    let is_number = |value: &str| {
        !value.is_empty() && value.chars().all(|letter| letter.is_ascii_digit() || letter == '.')
    };
    let is_literal = is_number(value) || matches!(value, "true" | "false");
    let is_quoted = value.starts_with(['[', '{', '"', '\'']);
    (!key.is_empty() && is_list)
        || (is_known && is_quoted)
        || (is_own && is_literal)
        || names_a_function
        || (key == "needs" && value.is_empty())
        || (!key.is_empty() && value.starts_with('{') && value.ends_with('}'))
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    fn fault(text: &str) -> Option<(usize, usize, String)> {
        parse(text).err().map(|error| (error.line, error.column, error.message))
    }

    #[test]
    fn comment_that_looks_like_a_header_line_is_refused_with_its_place() {
        for (text, line, column) in [
            ("/// needs = [\"list_groups\"]\nf()", 1, 1),
            ("/*! needs = [\"list_groups\"] */\nf()", 1, 1),
            ("/*!\n  needs = [\"list_groups\"]\n*/\nf()", 2, 3),
            ("/**\n * needs = [\"list_groups\"]\n */\nf()", 2, 2),
            ("// ! needs = [\"list_groups\"]\nf()", 1, 1),
            ("//\u{200b}! needs = [\"list_groups\"]", 1, 1),
            ("//\u{ff01} needs = [\"list_groups\"]", 1, 1),
            ("//\u{1c3} needs = [\"list_groups\"]", 1, 1),
            ("// needs = [\"list_groups\"]", 1, 1),
            ("\n  // needs: [\"list_groups\"]", 2, 3),
            ("// [params.password]\n// secret = true", 1, 1),
            ("// secret = true", 1, 1),
            ("/* needs = [\"list_groups\"] */\nf()", 1, 1),
            ("/*\n * Copies.\n * needs: [\"list_groups\"]\n */\nf()", 3, 2),
            ("//! [params.password]\n/*\nsecret = true\n*/\nf()", 3, 1),
            ("/// [params]", 1, 1),
            ("//! name = \"x\"\n/// secret = true", 2, 1),
            ("// Licence\u{2028}//! needs = []", 1, 1),
            ("//! name = \"x\" # \u{2028}//! needs = []", 1, 1),
            ("//! name = \"x\" # \u{85}needs = []", 1, 1),
            ("/* c\n d \u{c}//! needs = [] */", 2, 2),
            ("let a = 1; // x\u{2029}//! needs = []", 1, 12),
            ("let a = 1; //! needs = []", 1, 12),
            ("let a = `${1} x`; //! needs = []", 1, 19),
        ] {
            let found = fault(text).unwrap_or_else(|| panic!("accepted: {text}"));
            assert_eq!((found.0, found.1), (line, column), "{text}: {}", found.2);
        }
    }

    #[test]
    fn prose_that_looks_like_a_key_is_refused_with_its_place() {
        for line in [
            "needs: [\"list_groups\"]",
            "needs: [list_groups]",
            "Needs: list_groups, copy_profile",
            "needs [\"list_groups\"]",
            "needs list_groups",
            "needs\u{ff1a} [\"list_groups\"]",
            "needs -> [\"list_groups\"]",
            "needs: []",
            "needs:",
            "- needs: [\"list_groups\"]",
            "need: [\"list_groups\"]",
            "permissions: [\"list_groups\"]",
            "params.password: { secret: true }",
            "password: { secret: true }",
            "Needs: list_groups and list_tags",
            "Needs: `list_groups` and nothing else",
            "  secret: true",
            "name: \"x\"",
            "version: 1.0",
        ] {
            let found = fault(&format!("//! Copies.\n//! {line}\nf()"));
            assert!(found.is_some_and(|(at, ..)| at == 2), "{line}");
        }
        let found = fault("  //!   needs: [\"list_groups\"]").unwrap();
        assert_eq!((found.0, found.1), (1, 9));
    }

    #[test]
    fn prose_and_plain_comments_are_neither_obeyed_nor_refused() {
        for text in [
            "//! Needs: a group for the profiles.\n//! Input: a table with names.\n//! Examples: `ixscript run x`\n//! Usage: run it.",
            "//! Version 2 of the copier.\n//! Examples:\n//!   ixscript run x --count 3",
            "/// Copies, and needs a group.\n/// [input](https://example.com)",
            "// name = \"x\" is what the group is called",
            "// //! needs = [\"list_groups\"]",
            "// # needs = [\"list_groups\"]",
            "/*! Copyright: somebody. */",
            "/*\n//! needs = [\"list_groups\"]\n*/",
            "/* /* x */\n//! needs = [\"list_groups\"]\n*/",
            "/* //! needs = [\"list_groups\"] */",
            "let a = `\n//! needs = []\n`; let b = \"//! needs\"; let c = `${1} //! x`;",
            "let a = #\"\n//! needs = []\n\"#;",
            "fn f() { 1 }\n/// secret = true\nfn g() { 2 }",
        ] {
            let header = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert!(header.needs.is_none() && header.params.is_empty() && header.name.is_none(), "{text}");
        }
    }

    #[test]
    fn header_is_read_behind_every_comment_that_the_engine_has_ended() {
        for before in [
            "/* license */ // by me\n",
            "/* license */",
            "/* c */ /* d */ ",
            "/* /* x */ */\n",
            "/* \"*/\n",
            "/*/ x */\n",
            "/** doc */\n",
            "// /*\n",
            "\t\u{c}\n",
        ] {
            let header = parse(&format!("{before}//!needs=[\"list_groups\"]\nf()"))
                .unwrap_or_else(|error| panic!("{before}: {error}"));
            assert_eq!(header.needs, Some(vec!["list_groups"]), "{before}");
        }
    }
}
