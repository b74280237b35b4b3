//! The key of a journal: what is secret is kept only as a keyed hash, or sealed.
//!
//! Not here: what is secret; callers know. The key is a file beside the journal, so that the journal alone tells nothing.

use super::JournalError;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

const LENGTH: usize = 32;
const NONCE: usize = 24;

/// A keyed hash: equal for equal input under the same key, and no way back.
pub type Hash = [u8; LENGTH];

/// Tells texts apart that are kept sealed, so that no key is needed.
pub fn content_hash(text: &str) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&<Sha256 as sha2::Digest>::digest(text.as_bytes())[..16]);
    short
}

/// The key of one journal.
#[derive(Clone)]
pub(super) struct Key([u8; LENGTH]);

impl Key {
    /// The file that holds the key of the journal at `journal`.
    pub(super) fn path(journal: &Path) -> PathBuf {
        let mut name = journal.as_os_str().to_owned();
        name.push(".key");
        name.into()
    }

    /// Reads the key; `None` if there is no such file.
    pub(super) fn read(journal: &Path) -> Result<Option<Self>, JournalError> {
        let path = Self::path(journal);
        match std::fs::read(&path) {
            Ok(bytes) => {
                bytes.try_into().map(|key| Some(Self(key))).map_err(|_| JournalError::WrongKey(path))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(JournalError::io(path, &error)),
        }
    }

    /// Makes a key and writes it for its owner alone.
    pub(super) fn create(journal: &Path) -> Result<Self, JournalError> {
        let path = Self::path(journal);
        let key = Self(random()?);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&path).and_then(|mut file| {
            file.write_all(&key.0)?;
            file.sync_all()?;
            sync_folder(&path)
        });
        written.map(|()| key).map_err(|error| JournalError::io(path, &error))
    }

    /// The keyed hash of `parts`, which are kept apart: `["ab", "c"]` is not `["a", "bc"]`.
    pub(super) fn hash(&self, parts: &[&[u8]]) -> Hash {
        // A key of any length is taken.
        let Ok(mut mac) = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&self.0) else {
            return [0; LENGTH];
        };
        for part in parts {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// `bytes` such that only the key opens them.
    pub(super) fn seal(&self, bytes: &[u8]) -> Result<Vec<u8>, JournalError> {
        let nonce: [u8; NONCE] = random()?;
        let cipher = XChaCha20Poly1305::new(&self.0.into());
        let sealed = cipher.encrypt(&XNonce::from(nonce), bytes).map_err(|_| JournalError::Damaged)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// As [`Self::seal`], compressed before.
    pub(super) fn seal_packed(&self, bytes: &[u8]) -> Result<Vec<u8>, JournalError> {
        self.seal(&lz4_flex::compress_prepend_size(bytes))
    }

    /// What was sealed compressed.
    pub(super) fn open_packed(&self, sealed: &[u8]) -> Result<Vec<u8>, JournalError> {
        lz4_flex::decompress_size_prepended(&self.open(sealed)?).map_err(|_| JournalError::Damaged)
    }

    /// As [`Self::seal`], as hexadecimal text.
    pub(super) fn seal_text(&self, text: &str) -> Result<String, JournalError> {
        Ok(self.seal(text.as_bytes())?.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// What was sealed as text.
    pub(super) fn open_text(&self, sealed: &str) -> Result<String, JournalError> {
        let digits = sealed.as_bytes().chunks(2);
        let bytes = digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        let bytes: Vec<u8> = bytes.collect::<Option<_>>().ok_or(JournalError::Damaged)?;
        String::from_utf8(self.open(&bytes)?).map_err(|_| JournalError::Damaged)
    }

    /// What was sealed.
    pub(super) fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, JournalError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(JournalError::Damaged)?;
        let cipher = XChaCha20Poly1305::new(&self.0.into());
        cipher.decrypt(&XNonce::from(*nonce), sealed).map_err(|_| JournalError::Damaged)
    }
}

/// A new file is still there after a power failure only when its folder was synced too. Windows can not and need not.
fn sync_folder(file: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = file.parent() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        std::fs::File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

fn random<const N: usize>() -> Result<[u8; N], JournalError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| JournalError::NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_depends_on_the_key_and_on_every_part() {
        let (one, other) = (Key([1; LENGTH]), Key([2; LENGTH]));
        assert_eq!(one.hash(&[b"a", b"b"]), one.hash(&[b"a", b"b"]));
        assert_ne!(one.hash(&[b"a", b"b"]), other.hash(&[b"a", b"b"]));
        assert_ne!(one.hash(&[b"ab", b"c"]), one.hash(&[b"a", b"bc"]));
    }

    #[test]
    fn only_the_same_key_opens_what_was_sealed() {
        let key = Key([1; LENGTH]);
        let sealed = key.seal(b"76686828-89727101").unwrap();
        assert!(!sealed.windows(8).any(|window| window == b"76686828"));
        assert_eq!(key.open(&sealed).unwrap(), b"76686828-89727101");
        assert!(Key([2; LENGTH]).open(&sealed).is_err());
        assert!(key.open(&sealed[1..]).is_err() && key.open(&[]).is_err());
        let sealed = key.seal_text("shop-1 \u{e4}").unwrap();
        assert!(sealed.is_ascii() && !sealed.contains("shop"));
        assert_eq!(key.open_text(&sealed).unwrap(), "shop-1 \u{e4}");
        for other in [&sealed[2..], "shop-1", "\u{e4}\u{e4}", ""] {
            assert!(key.open_text(other).is_err(), "{other}");
        }
    }

    #[test]
    fn a_key_is_read_back_and_a_file_that_is_none_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("journal.db");
        assert!(Key::read(&journal).unwrap().is_none());
        let key = Key::create(&journal).unwrap();
        assert_eq!(Key::read(&journal).unwrap().unwrap().0, key.0);
        assert!(Key::create(&journal).is_err());
        std::fs::write(Key::path(&journal), "short").unwrap();
        assert!(matches!(Key::read(&journal), Err(JournalError::WrongKey(_))));
    }
}
