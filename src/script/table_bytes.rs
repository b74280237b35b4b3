//! Where the bytes of a table are: in a file, which is read anew from its beginning for every pass, or in memory.
//!
//! Not here: what the bytes mean, beyond being text.

use super::input::TableError;
use crate::base::text;
use std::fs::{File, Metadata};
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// What is read at once. Whether the file was changed is looked at as often.
const PIECE: usize = 16 << 10;

/// The bytes of a table.
#[derive(Debug, Clone)]
pub(super) enum Bytes {
    /// Of a file that must stay as it is.
    File {
        path: Arc<Path>,
        stamp: Stamp,
    },
    Memory(Arc<[u8]>),
}

/// What changes when a file is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self { length: metadata.len(), modified: metadata.modified().ok() }
    }
}

/// The file is not the one that was looked at first.
#[derive(Debug, thiserror::Error)]
#[error("the file was changed")]
struct WasChanged;

/// Why a read failed, in words of a table.
pub(super) fn reason(error: &io::Error) -> TableError {
    let inner = error.get_ref();
    if inner.is_some_and(|inner| inner.is::<WasChanged>()) {
        return TableError::Changed;
    }
    match inner.and_then(|inner| inner.downcast_ref::<text::DecodeError>()) {
        Some(error) => TableError::NotText(error.clone()),
        None => TableError::Io(text::reason(error)),
    }
}

impl Bytes {
    /// Those of a file. A pipe can be read only once, so it is read into memory, and so is what must be decoded.
    ///
    /// # Errors
    /// Why they cannot be read.
    pub(super) fn of_file(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let metadata = file.metadata()?;
        let mut bytes = Vec::new();
        file.by_ref().take(2).read_to_end(&mut bytes)?;
        if metadata.is_file() && !text::is_utf16(&bytes) {
            return Ok(Self::File { path: path.into(), stamp: Stamp::of(&metadata) });
        }
        file.read_to_end(&mut bytes)?;
        if text::is_utf16(&bytes) {
            bytes = text::decode(bytes).map_err(io::Error::other)?.into_bytes();
        }
        Ok(Self::Memory(bytes.into()))
    }

    /// All of them from the beginning, without a byte order mark.
    ///
    /// # Errors
    /// Why they cannot be read; during the reading also that the file was changed.
    pub(super) fn read(&self) -> io::Result<BufReader<Box<dyn Read + Send>>> {
        let mut from: Box<dyn Read + Send> = match self {
            Self::Memory(bytes) => Box::new(Cursor::new(Arc::clone(bytes))),
            Self::File { path, stamp } => Box::new(Watched { file: File::open(path)?, stamp: *stamp }),
        };
        let mut first = Vec::with_capacity(BOM.len());
        from.by_ref().take(BOM.len() as u64).read_to_end(&mut first)?;
        if first == BOM {
            first.clear();
        }
        Ok(BufReader::with_capacity(PIECE, Box::new(Cursor::new(first).chain(from))))
    }
}

/// A file that must not change while it is read: half an old table and half a new one is neither.
struct Watched {
    file: File,
    stamp: Stamp,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        match Stamp::of(&self.file.metadata()?) == self.stamp {
            true => Ok(count),
            false => Err(io::Error::other(WasChanged)),
        }
    }
}

/// Looks whether all of it is UTF-8, without zero bytes, which UTF-16 without its mark has.
///
/// # Errors
/// In which line it is not, or why it cannot be read.
pub(super) fn check_text(mut from: impl Read) -> Result<(), TableError> {
    let mut piece = vec![0; PIECE];
    let (mut held, mut lines) = (0, 0);
    loop {
        let count = from.read(&mut piece[held..]).map_err(|error| reason(&error))?;
        let seen = &piece[..held + count];
        let until_zero = seen.iter().position(|byte| *byte == 0);
        let (whole, is_broken) = match std::str::from_utf8(&seen[..until_zero.unwrap_or(seen.len())]) {
            Ok(text) if until_zero.is_some() => (text.len(), true),
            Ok(_) => (seen.len(), false),
            // Without a length of the error it is a character that the next piece may complete.
            Err(error) => (error.valid_up_to(), error.error_len().is_some() || count == 0),
        };
        lines += seen[..whole].iter().filter(|byte| **byte == b'\n').count();
        match (is_broken, count) {
            (true, _) => return Err(TableError::NotUtf8(lines + 1)),
            (false, 0) => return Ok(()),
            (false, _) => {
                held = seen.len() - whole;
                piece.copy_within(whole..whole + held, 0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_checked_across_the_edges_of_pieces() {
        for before in PIECE - 4..=PIECE + 4 {
            let text = format!("{}\n€€", "x".repeat(before));
            assert_eq!(check_text(text.as_bytes()), Ok(()));
            assert_eq!(check_text(&text.as_bytes()[..text.len() - 1]), Err(TableError::NotUtf8(2)));
        }
        assert_eq!(check_text(&b"\n\n\xff"[..]), Err(TableError::NotUtf8(3)));
        assert_eq!(check_text(&b"a\n\0b"[..]), Err(TableError::NotUtf8(2)));
    }

    #[test]
    fn a_file_that_is_changed_between_two_passes_or_in_one_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        std::fs::write(&path, "a\n".repeat(PIECE)).unwrap();
        let bytes = Bytes::of_file(&path).unwrap();
        let mut begun = bytes.read().unwrap();
        let mut some = [0; 100];
        begun.read_exact(&mut some).unwrap();
        std::fs::write(&path, "b\n".repeat(PIECE + 1)).unwrap();
        let mut rest = Vec::new();
        assert_eq!(reason(&begun.read_to_end(&mut rest).unwrap_err()), TableError::Changed);
        assert_eq!(reason(&bytes.read().err().unwrap()), TableError::Changed);
    }

    #[test]
    fn a_mark_of_the_byte_order_is_left_out() {
        let text = |bytes: &[u8]| {
            let mut text = String::new();
            Bytes::Memory(bytes.into()).read().unwrap().read_to_string(&mut text).unwrap();
            text
        };
        assert_eq!(text(b"\xef\xbb\xbfname"), "name");
        assert_eq!(text(b"ab"), "ab");
        assert_eq!(text(b""), "");
    }
}
