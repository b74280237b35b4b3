//! Words: counts, lists, nearest names, durations, decoding, and text made safe for a terminal.
//!
//! Not here: colour and layout, which belong to `ui`.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

/// "1 profile", "2 profiles".
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// "`a`, `b` or `c`".
pub fn list_or<T: std::fmt::Display>(items: &[T]) -> String {
    list(items, "or")
}

/// "`a`, `b` and `c`".
pub fn list_and<T: std::fmt::Display>(items: &[T]) -> String {
    list(items, "and")
}

fn list<T: std::fmt::Display>(items: &[T], before_last: &str) -> String {
    let quoted: Vec<String> = items.iter().map(|item| format!("`{item}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {before_last} {last}", first.join(", ")),
    }
}

/// No name is longer, and what is much longer was not meant to be one.
const LONGEST_NAME: usize = 100;

/// The candidate that was most likely meant by `typed`, if any is near enough to be worth naming.
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if typed.chars().nth(LONGEST_NAME).is_some() {
        return None;
    }
    let typed = typed.to_lowercase();
    // One slip in three characters is a slip; more is another word.
    let slack = (typed.chars().count() / 3).clamp(1, 4);
    let by_slips = candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&typed, &candidate.to_lowercase()),
                sorted_words(candidate),
                candidate,
            )
        })
        .map(|(slips, words, candidate)| {
            // `profile_copy` is `copy_profile` with its words swapped.
            let same_words = words == sorted_words(&typed);
            (if same_words { slips.min(1) } else { slips }, candidate)
        })
        // What is all slips is not like anything.
        .filter(|(slips, _)| *slips <= slack && *slips < typed.chars().count())
        // Of two that are as near, one that begins alike was meant.
        .min_by_key(|(slips, candidate)| (*slips, first_letter(candidate) != first_letter(&typed)));
    by_slips.map(|(_, candidate)| candidate)
}

fn first_letter(name: &str) -> Option<char> {
    name.chars().next().map(|letter| letter.to_ascii_lowercase())
}

fn sorted_words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = name.to_lowercase().split(['_', '-']).map(str::to_owned).collect();
    words.sort();
    words
}

/// `text` in lines of at most `width` columns, broken between words. A longer word is a line of its own.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let lines = textwrap::wrap(text, textwrap::Options::new(width).break_words(false));
    lines.into_iter().map(Cow::into_owned).collect()
}

/// ", did you mean `x`?" or nothing.
pub fn did_you_mean<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(typed, candidates).map(|name| format!(", did you mean `{name}`?")).unwrap_or_default()
}

/// `text` with control and bidirectional characters written as escapes, so that it cannot drive a terminal.
/// Line feeds and tabs stay.
pub fn printable(text: &str) -> Cow<'_, str> {
    escape(text, |character| character == '\n' || character == '\t')
}

/// As [`printable`], and on one line.
pub fn one_line(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

fn escape(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let is_bad = |character: char| is_unsafe(character) && !keep(character);
    if !text.contains(is_bad) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            bad if !is_bad(bad) => escaped.push(bad),
            '\n' => escaped.push_str("\\n"),
            '\t' => escaped.push_str("\\t"),
            '\r' => escaped.push_str("\\r"),
            bad => {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "\\u{{{:x}}}", bad as u32);
            }
        }
    }
    Cow::Owned(escaped)
}

/// Control characters, and those that reorder or hide the text around them
/// (Unicode bidirectional controls, zero-width characters, line and paragraph separators).
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// At most `most` characters of `text`, with a mark where it was cut.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some((at, _)) => Cow::Owned(format!("{}…", &text[..at])),
    }
}

/// A duration as a person writes it: "20 ms", "1.5 s", "3 min".
pub fn duration(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    match milliseconds {
        0..1000 => format!("{milliseconds} ms"),
        1000..60_000 if milliseconds.is_multiple_of(1000) => format!("{} s", milliseconds / 1000),
        1000..60_000 => format!("{:.1} s", duration.as_secs_f64()),
        _ if milliseconds.is_multiple_of(60_000) => format!("{} min", milliseconds / 60_000),
        _ => format!("{} min {} s", milliseconds / 60_000, milliseconds % 60_000 / 1000),
    }
}

/// How long ago something was, as people say it.
pub fn ago(since: Duration) -> String {
    let seconds = since.as_secs();
    let (number, unit) = match seconds {
        0..60 => return "less than a minute ago".to_owned(),
        60..3600 => (seconds / 60, "minute"),
        3600..86_400 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{} ago", count(usize::try_from(number).unwrap_or(usize::MAX), unit))
}

/// Reads `500ms`, `30s`, `2m`, `1h`; a bare number is seconds.
///
/// # Errors
/// What is wrong with the text, as a sentence fragment.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let trimmed = text.trim();
    let split = trimmed.find(|character: char| !(character.is_ascii_digit() || character == '.'));
    let (number, unit) = trimmed.split_at(split.unwrap_or(trimmed.len()));
    let wrong = || format!("`{trimmed}` is not a duration; write it like `500ms`, `30s` or `2m`");
    if number.is_empty() {
        return Err(wrong());
    }
    let seconds_per_unit = match unit.trim() {
        "ms" => 0.001,
        "s" | "" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        other => return Err(format!("`{other}` is no unit of time; use ms, s, m or h, as in `30s`")),
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(number * seconds_per_unit).map_err(|_| wrong())
}

/// Bytes that are not text in the encoding that they begin with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column} is not {encoding}; save it as UTF-8")]
pub struct DecodeError {
    encoding: &'static str,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
}

/// Whether bytes begin with the byte order mark of UTF-16.
pub fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff")
}

/// Decodes a text file that a person wrote: UTF-8 with or without a byte order mark, or UTF-16 with one.
///
/// # Errors
/// Returns an error with the place of the first bytes that are not text.
pub fn decode(bytes: Vec<u8>) -> Result<String, DecodeError> {
    let wrong = |encoding, before: &str| {
        let (line, column) = place_after(before);
        DecodeError { encoding, line, column }
    };
    if is_utf16(&bytes) {
        let unit: fn([u8; 2]) -> u16 =
            if bytes.starts_with(b"\xff\xfe") { u16::from_le_bytes } else { u16::from_be_bytes };
        let (pairs, rest) = bytes.as_chunks();
        let mut text = String::with_capacity(pairs.len());
        for letter in char::decode_utf16(pairs.iter().skip(1).map(|pair| unit(*pair))) {
            text.push(letter.map_err(|_| wrong("UTF-16", &text))?);
        }
        return if rest.is_empty() { Ok(text) } else { Err(wrong("UTF-16", &text)) };
    }
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        wrong("UTF-8", &String::from_utf8_lossy(&error.as_bytes()[..valid]))
    })?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}

/// Line and column of the character that follows `before`.
pub fn place_after(before: &str) -> (usize, usize) {
    let before = before.strip_prefix('\u{feff}').unwrap_or(before);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// A path as it is shown: with `/` on every system, which all of them understand.
pub fn path(path: &Path) -> String {
    with_slashes(path.display().to_string(), std::path::MAIN_SEPARATOR)
}

fn with_slashes(shown: String, separator: char) -> String {
    // After this prefix Windows takes every character as it is.
    if separator == '/' || shown.starts_with(r"\\?\") { shown } else { shown.replace(separator, "/") }
}

/// Why a file cannot be read or written, in words of our own.
pub fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "no permission".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        std::io::ErrorKind::AlreadyExists => "it is there already".to_owned(),
        std::io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        std::io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        std::io::ErrorKind::NotADirectory => "a part of its path is no folder".to_owned(),
        kind => kind.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_lists_read_well() {
        assert_eq!(count(1, "profile"), "1 profile");
        assert_eq!(count(0, "profile"), "0 profiles");
        assert_eq!(list_or(&["a", "b", "c"]), "`a`, `b` or `c`");
        assert_eq!(list_or(&["a"]), "`a`");
    }

    #[test]
    fn a_slip_finds_its_name_and_another_word_does_not() {
        let names = ["profile_id", "site_id", "copy_profile"];
        assert_eq!(nearest("profil_id", names), Some("profile_id"));
        assert_eq!(nearest("PROFILE_ID", names), Some("profile_id"));
        assert_eq!(nearest("profile_copy", names), Some("copy_profile"));
        assert_eq!(nearest("ad", ["bad", "add"]), Some("add"));
        assert_eq!(nearest("g", ["E"]), None);
        assert_eq!(nearest("weather", names), None);
        assert_eq!(nearest("", names), None);
    }

    #[test]
    fn terminal_escapes_and_reordering_become_visible() {
        assert_eq!(printable("a\x1b[31mb\u{202e}c\n"), "a\\u{1b}[31mb\\u{202e}c\n");
        assert_eq!(one_line("a\nb\tc"), "a\\nb\\tc");
        assert_eq!(printable("プロファイル"), "プロファイル");
    }

    #[test]
    fn durations_are_read_and_written_alike() {
        for (text, expected) in
            [("500ms", "500 ms"), ("30s", "30 s"), ("2m", "2 min"), ("1.5", "1.5 s"), ("1h", "60 min")]
        {
            assert_eq!(duration(parse_duration(text).unwrap()), expected);
        }
        for text in ["", "s", "-1s", "1 fortnight", "1e400s", "9999999999999999999h"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn text_is_decoded_by_its_byte_order_mark() {
        let utf16 = |text: &str, unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(unit).collect()
        };
        for text in ["", "a\r\nä€😀"] {
            assert_eq!(decode(text.into()).unwrap(), text);
            assert_eq!(decode(format!("\u{feff}{text}").into()).unwrap(), text);
            assert_eq!(decode(utf16(text, u16::to_le_bytes)).unwrap(), text);
            assert_eq!(decode(utf16(text, u16::to_be_bytes)).unwrap(), text);
        }
        let wrong = |bytes: &[u8]| decode(bytes.to_vec()).unwrap_err().to_string();
        assert_eq!(wrong(b"\xef\xbb\xbfa\n\xc3\xa4\xff"), "line 2, column 2 is not UTF-8; save it as UTF-8");
        assert_eq!(wrong(b"\xff\xfea\0b"), "line 1, column 2 is not UTF-16; save it as UTF-8");
        assert_eq!(wrong(b"\xfe\xff\xd8\0\0a"), "line 1, column 1 is not UTF-16; save it as UTF-8");
    }

    #[test]
    fn paths_are_shown_alike_on_every_system() {
        assert_eq!(with_slashes(r"scripts\lib/n.rhai".into(), '\\'), "scripts/lib/n.rhai");
        assert_eq!(with_slashes(r"\\?\C:\a".into(), '\\'), r"\\?\C:\a");
        assert_eq!(with_slashes(r"a\b".into(), '/'), r"a\b");
    }

    #[test]
    fn a_cut_never_splits_a_character() {
        assert_eq!(cut("äöü", 2), "äö…");
        assert_eq!(cut("ab", 2), "ab");
    }
}
