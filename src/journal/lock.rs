//! One process per run: a lock of the system on a file, which death frees.
//!
//! Not here: what is in the journal. The file is empty; only the lock on it counts.

use super::JournalError;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

/// Held as long as a process works on a run.
pub(super) struct RunLock {
    path: PathBuf,
    /// Closing the file gives the lock back.
    _file: File,
}

impl RunLock {
    /// Takes the lock of a run.
    pub(super) fn take(journal: &Path, run: i64) -> Result<Self, JournalError> {
        let path = path_of(journal, run);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|error| JournalError::io(path.clone(), &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path, _file: file }),
            Err(TryLockError::WouldBlock) => Err(JournalError::Locked(run)),
            Err(TryLockError::Error(error)) => Err(JournalError::io(path, &error)),
        }
    }

    /// Removes the file of a run that is over. It may stay where that cannot be done: it means nothing.
    pub(super) fn remove(&self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn path_of(journal: &Path, run: i64) -> PathBuf {
    let mut name = journal.as_os_str().to_owned();
    name.push(format!(".run-{run}.lock"));
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_has_a_run_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("journal.db");
        let lock = RunLock::take(&journal, 7).unwrap();
        assert_eq!(RunLock::take(&journal, 7).err(), Some(JournalError::Locked(7)));
        assert!(RunLock::take(&journal, 8).is_ok());
        drop(lock);
        RunLock::take(&journal, 7).unwrap().remove();
    }
}
