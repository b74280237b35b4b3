//! Text in lines that fit a terminal.
//!
//! Not here: colour, and tables.

/// `text` in lines of at most `width` characters, broken between words. A longer word is a line of its own.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        match lines.last_mut() {
            Some(line) if used == 0 => line.push_str(word),
            Some(line) if used + 1 + length <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => {
                lines.push(word.to_owned());
                used = 0;
            }
        }
        used += length + usize::from(used > 0);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("größer als", 6), ["größer", "als"]);
        assert_eq!(wrap("a longest b", 3), ["a", "longest", "b"]);
        assert_eq!(wrap("", 3), [""]);
    }
}
