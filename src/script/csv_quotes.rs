//! Where the quotes of a CSV table are: what separates its cells, and whether every quoted cell ends.
//!
//! Not here: the cells, which the `csv` crate reads; it takes a wrong quote for a part of a cell.

use super::input::TableError;
use super::table_bytes;
use std::io::BufRead;

/// What is between the names in the first line that is not blank: spreadsheets of many countries write `;` or tabs.
pub(super) fn delimiter(from: impl BufRead) -> Result<u8, TableError> {
    let mut counts = [(b'\t', 0), (b';', 0), (b',', 0)];
    let (mut is_blank, mut is_quoted) = (true, false);
    for byte in from.bytes() {
        match byte.map_err(|error| table_bytes::reason(&error))? {
            b'\n' | b'\r' if is_quoted || is_blank => {}
            b'\n' | b'\r' => break,
            b'"' => (is_blank, is_quoted) = (false, !is_quoted),
            byte => {
                is_blank = false;
                let count = counts.iter_mut().find(|(delimiter, _)| *delimiter == byte && !is_quoted);
                count.into_iter().for_each(|(_, count)| *count += 1);
            }
        }
    }
    // Of equal counts the last one wins: the comma.
    Ok(counts.into_iter().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| delimiter))
}

/// Looks whether every quoted cell ends, and nothing is beside it: the reader would take the rest of the table into the
/// cell without a word.
pub(super) fn check(from: impl BufRead, delimiter: u8) -> Result<(), TableError> {
    #[derive(PartialEq)]
    enum At {
        Start,
        Spaces,
        Bare,
        Quoted,
        Behind,
    }
    let (mut at, mut line, mut opened) = (At::Start, 1, 1);
    for byte in from.bytes() {
        let byte = byte.map_err(|error| table_bytes::reason(&error))?;
        at = match (at, byte) {
            (At::Quoted, b'"') => At::Behind,
            (At::Quoted, _) => At::Quoted,
            (At::Start, b'"') => {
                opened = line;
                At::Quoted
            }
            (At::Behind, b'"') => At::Quoted,
            (_, b'\n' | b'\r') => At::Start,
            (_, byte) if byte == delimiter => At::Start,
            (At::Spaces, b'"') => return Err(TableError::BesideQuote { line, opened: line }),
            (At::Behind, _) => return Err(TableError::BesideQuote { line, opened }),
            (At::Start | At::Spaces, b' ' | b'\t') => At::Spaces,
            _ => At::Bare,
        };
        line += usize::from(byte == b'\n');
    }
    if at == At::Quoted { Err(TableError::OpenQuote(opened)) } else { Ok(()) }
}
