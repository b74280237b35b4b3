//! From a file's bytes to a script's text: byte order mark, `#!` line, encoding, size.
//!
//! Not here: which files there are. Line and column numbers stay those of the file.

use super::lex;
use crate::base::text;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Larger files are no scripts: data belongs into tables.
const LARGEST: usize = 1 << 20;

/// The engine looks through all variables for each, so that many of them take very long to parse.
const MOST_VARIABLES: usize = 10_000;

/// Why bytes are no script.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Beyond the limit.
    #[error("it is larger than {} MiB, the most a script may have", LARGEST >> 20)]
    TooLarge,
    /// A line ends as no editor of today ends it: some show what follows on the same line, others do not.
    #[error(
        "line {line}, column {column} holds a carriage return without a line feed; save it with LF or CRLF line ends"
    )]
    LoneCarriageReturn {
        /// Counted from 1.
        line: usize,
        /// In characters, counted from 1.
        column: usize,
    },
    /// Its first line begins with `#!` and holds no path of a program, or a line of the header behind it.
    #[error(
        "line 1 begins with `#!`, but is not the path of a program with its options; a line of the header begins with `//!`"
    )]
    NotAProgram,
    /// It declares too many variables.
    #[error("it declares more than {MOST_VARIABLES} variables, the most a script may have")]
    TooManyVariables,
    /// It is not text.
    #[error(transparent)]
    NotText(#[from] text::DecodeError),
    /// A zero byte: it is binary, or UTF-16 without its mark.
    #[error("line {line}, column {column} holds a zero byte, so it is no text; save it as UTF-8")]
    Nul {
        /// Counted from 1.
        line: usize,
        /// In characters, counted from 1.
        column: usize,
    },
}

/// What is in a file, or no more of it than shows that it is too large: a file may be a device without an end.
///
/// # Errors
/// That it cannot be read.
pub fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(LARGEST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The script in a file: without a byte order mark or a `#!` line, lines ending in a line feed alone.
///
/// # Errors
/// When the bytes are too many or no UTF-8 text.
pub fn clean(bytes: Vec<u8>) -> Result<String, SourceError> {
    if bytes.len() > LARGEST {
        return Err(SourceError::TooLarge);
    }
    let text = text::decode(bytes)?;
    if let Some(at) = text.find('\0') {
        let (line, column) = text::place_after(&text[..at]);
        return Err(SourceError::Nul { line, column });
    }
    let text = if text.contains("\r\n") { text.replace("\r\n", "\n") } else { text };
    if let Some(at) = text.find('\r') {
        let (line, column) = text::place_after(&text[..at]);
        return Err(SourceError::LoneCarriageReturn { line, column });
    }
    // Only a script with as many of these words, in texts and comments too, is cut into its tokens.
    let words = text.matches("let").count() + text.matches("const").count();
    if words > MOST_VARIABLES && lex::declarations(&text) > MOST_VARIABLES {
        return Err(SourceError::TooManyVariables);
    }
    let Some(program) = text.strip_prefix("#!") else { return Ok(text) };
    let line = program.lines().next().unwrap_or_default();
    if !line.trim_start_matches([' ', '\t']).starts_with('/') || line.contains("//!") {
        return Err(SourceError::NotAProgram);
    }
    // The line feed stays, so that line numbers hold.
    Ok(program.find('\n').map_or("", |at| &program[at..]).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cleaned(bytes: &[u8]) -> Result<String, String> {
        clean(bytes.to_vec()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_mark_and_the_first_line_for_the_shell_go() {
        assert_eq!(cleaned(b"\xef\xbb\xbfprint(1)").unwrap(), "print(1)");
        assert_eq!(cleaned(b"#!/usr/bin/env ixscript\nprint(1)").unwrap(), "\nprint(1)");
        assert_eq!(cleaned(b"\xef\xbb\xbf#!/usr/bin/env x\r\nprint(1)\r\n").unwrap(), "\nprint(1)\n");
        assert_eq!(cleaned(b"#! /only").unwrap(), "");
        assert_eq!(cleaned(b"").unwrap(), "");
        assert_eq!(cleaned(b"let a = #{};\n#!late").unwrap(), "let a = #{};\n#!late");
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_place() {
        assert_eq!(
            cleaned("a\näb\u{0}".as_bytes()).unwrap_err(),
            "line 2, column 3 holds a zero byte, so it is no text; save it as UTF-8"
        );
        assert_eq!(
            cleaned(b"a\n\xc3\xa4\xff").unwrap_err(),
            "line 2, column 2 is not UTF-8; save it as UTF-8"
        );
        assert_eq!(cleaned(b"\xff\xfea\0").unwrap(), "a");
        assert_eq!(clean(vec![b' '; LARGEST + 1]).unwrap_err(), SourceError::TooLarge);
        assert_eq!(
            clean("let a=1;\n".repeat(MOST_VARIABLES + 1).into_bytes()).unwrap_err(),
            SourceError::TooManyVariables
        );
    }

    #[test]
    fn line_that_would_be_lost_is_refused_with_its_place() {
        for text in ["let a = 1;\n// x\r//! needs = []", "let a = 1;\n\u{e4}  x\r\r\n", "\n    \r"] {
            let error = cleaned(text.as_bytes()).unwrap_err();
            assert_eq!(
                error,
                "line 2, column 5 holds a carriage return without a line feed; save it with LF or CRLF line ends"
            );
        }
        for text in [
            "#! needs = [\"list_groups\"]\n",
            "#![params]",
            "\u{feff}#!only",
            "#!//! needs = []",
            "#!/x //! needs = []\n",
        ] {
            let error = cleaned(text.as_bytes()).unwrap_err();
            assert_eq!(
                error,
                "line 1 begins with `#!`, but is not the path of a program with its options; a line of the header begins with `//!`"
            );
        }
    }

    #[test]
    fn words_inside_texts_and_comments_are_not_variables() {
        let inside = "\"outlet const\", // let\n".repeat(MOST_VARIABLES + 1);
        assert_eq!(cleaned(format!("let all = [{inside}];").as_bytes()).map(|_| ()), Ok(()));
        let inside = format!("`${{#{{ a: 1 }}.a}} {}`", "let ".repeat(MOST_VARIABLES + 1));
        assert_eq!(cleaned(inside.as_bytes()).map(|_| ()), Ok(()));
    }

    #[test]
    fn positions_are_those_of_the_file() {
        let text = cleaned(b"#!/x\r\nlet a = 1;\r\n  let = 2;\r\n").unwrap();
        let error = rhai::Engine::new_raw().compile(text).unwrap_err();
        assert_eq!((error.position().line(), error.position().position()), (Some(3), Some(7)));
    }

    proptest! {
        #[test]
        fn any_bytes_end_in_text_or_words(bytes: Vec<u8>) {
            let _ = clean(bytes);
        }

        #[test]
        fn the_number_of_lines_stays(text in "\u{feff}?(#!/)?(a|#!|/|\\r\\n|\\n|\u{feff}){0,20}") {
            let lines = text.matches('\n').count();
            if let Ok(script) = clean(text.into_bytes()) {
                prop_assert_eq!(script.matches('\n').count(), lines);
            }
        }
    }
}
