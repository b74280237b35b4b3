//! The file: its form, and opening it.
//!
//! Not here: what is written during a run (`writer`), and what is read (`runs`).

use super::JournalError;
use super::keys::Key;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The form of the file. A newer one is refused, never guessed at.
const FORM: i64 = 4;

/// Names, snapshots and arguments were not sealed.
const CLEAR_FORM: i64 = 1;

/// Arguments were not sealed.
const CLEAR_ARGUMENTS_FORM: i64 = 2;

/// Runs had no history: only writes were recorded, with the place of each.
const NO_HISTORY_FORM: i64 = 3;

/// "ixsj", which tells a journal from other databases.
const APPLICATION: i64 = 0x6978_736a;

/// How long to wait for another process that is writing.
const PATIENCE: Duration = Duration::from_secs(20);

/// Times are milliseconds since 1970. `calls.outcome` is null from the intent on until the outcome is known.
const TABLES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, command TEXT NOT NULL, name TEXT NOT NULL, url TEXT NOT NULL,
    plan BLOB, sessions INTEGER NOT NULL, began INTEGER NOT NULL, ended INTEGER, exit INTEGER,
    has_history INTEGER NOT NULL DEFAULT 0, tables TEXT NOT NULL DEFAULT '',
    is_superseded INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    session INTEGER NOT NULL, function TEXT NOT NULL, action TEXT NOT NULL,
    key BLOB NOT NULL, shown TEXT NOT NULL, is_create INTEGER NOT NULL, list TEXT, name TEXT, code BLOB,
    began INTEGER NOT NULL, ended INTEGER, outcome TEXT, made INTEGER, data BLOB, is_sealed INTEGER NOT NULL,
    fiber INTEGER, nth INTEGER, failure TEXT, mark TEXT
) STRICT;
CREATE INDEX calls_of_run ON calls (run);
CREATE INDEX calls_that_made ON calls (list, made) WHERE made IS NOT NULL;
CREATE TABLE snapshots (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, list TEXT NOT NULL, rows BLOB NOT NULL,
    PRIMARY KEY (run, list)
) STRICT;
";

/// What a run's script was told, besides its writes (see `history`). Entries and rows are compressed and sealed.
const HISTORY_TABLES: &str = "
CREATE TABLE entries (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, session INTEGER NOT NULL,
    fiber INTEGER NOT NULL, nth INTEGER NOT NULL, entry BLOB NOT NULL
) STRICT;
CREATE INDEX entries_of_run ON entries (run);
CREATE TABLE items (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, fiber INTEGER NOT NULL, parallel INTEGER NOT NULL,
    item INTEGER NOT NULL, has_returned INTEGER NOT NULL, PRIMARY KEY (run, fiber)
) STRICT, WITHOUT ROWID;
CREATE TABLE rows (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, rows BLOB NOT NULL
) STRICT;
CREATE INDEX rows_of_run ON rows (run);
CREATE TABLE looks (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, list TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE INDEX looks_of_run ON looks (run);
";

/// From form 3 on. Places of calls and values of earlier runs are of no use any more.
const ADD_HISTORY: &str = "
ALTER TABLE runs ADD COLUMN has_history INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN tables TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN is_superseded INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN fiber INTEGER;
ALTER TABLE calls ADD COLUMN nth INTEGER;
ALTER TABLE calls ADD COLUMN failure TEXT;
ALTER TABLE calls ADD COLUMN mark TEXT;
ALTER TABLE calls DROP COLUMN patience;
ALTER TABLE calls DROP COLUMN position;
DROP TABLE answers;
";

/// An open journal.
pub struct Journal {
    pub(super) path: PathBuf,
    pub(super) db: Connection,
    pub(super) key: Key,
}

impl Journal {
    /// Opens the journal at `path`, and makes it if it is not there, with the folder it is in.
    ///
    /// # Errors
    /// Why it cannot be used. A journal whose key is gone is never taken for an empty one.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| JournalError::io(folder, &error))?;
        }
        make_private(path)?;
        let mut db = connect(path)?;
        let key = prepare(&mut db, path)?;
        Ok(Self { path: path.to_owned(), db, key })
    }

    /// Opens the journal at `path` if there is one.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_existing(path: &Path) -> Result<Option<Self>, JournalError> {
        match path.symlink_metadata() {
            Ok(_) => Self::open(path).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(JournalError::io(path, &error)),
        }
    }
}

/// SQLite would make the file readable to all; its companions get the rights of the file.
fn make_private(path: &Path) -> Result<(), JournalError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(JournalError::io(path, &error)),
        _ => Ok(()),
    }
}

fn connect(path: &Path) -> Result<Connection, JournalError> {
    let db = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    db.busy_timeout(PATIENCE)?;
    // What a commit has returned from is on the disk, whatever happens to the power.
    if to_wal(&db)? != "wal" {
        return Err(JournalError::ReadOnly);
    }
    db.pragma_update(None, "synchronous", "FULL")?;
    // Without these a Mac keeps it in the drive's cache. Elsewhere they change nothing.
    db.pragma_update(None, "fullfsync", true)?;
    db.pragma_update(None, "checkpoint_fullfsync", true)?;
    db.pragma_update(None, "foreign_keys", true)?;
    Ok(db)
}

/// While another process does this to the same new file, SQLite says at once that it is busy, whatever patience it was
/// given.
fn to_wal(db: &Connection) -> Result<String, JournalError> {
    const PAUSE: Duration = Duration::from_millis(10);
    let mut waited = Duration::ZERO;
    loop {
        let mode = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0));
        match mode.map_err(JournalError::from) {
            Err(JournalError::Busy) if waited < PATIENCE => {
                std::thread::park_timeout(PAUSE);
                waited += PAUSE;
            }
            done => return done,
        }
    }
}

/// Makes the tables of a new file, and checks form and key of an old one.
fn prepare(db: &mut Connection, path: &Path) -> Result<Key, JournalError> {
    let number = |db: &Connection, name| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    // Others that open it at the same time wait here, so that one of them makes the key.
    let work = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let tables: i64 = work.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        let key = Key::read(path)?.map_or_else(|| Key::create(path), Ok)?;
        work.execute_batch(TABLES)?;
        work.execute_batch(HISTORY_TABLES)?;
        work.pragma_update(None, "user_version", FORM)?;
        work.pragma_update(None, "application_id", APPLICATION)?;
        work.execute("INSERT INTO meta VALUES ('key', ?1)", [proof_of(&key).as_slice()])?;
        work.commit()?;
        return Ok(key);
    }
    if number(&work, "application_id")? != APPLICATION {
        return Err(JournalError::Foreign);
    }
    let found = number(&work, "user_version")?;
    if !(CLEAR_FORM..=FORM).contains(&found) {
        return Err(JournalError::Newer { found, known: FORM });
    }
    let proof: Vec<u8> = work.query_row("SELECT value FROM meta WHERE name = 'key'", [], |row| row.get(0))?;
    let key = Key::read(path)?.ok_or_else(|| JournalError::LostKey(Key::path(path)))?;
    if proof != proof_of(&key) {
        return Err(JournalError::WrongKey(Key::path(path)));
    }
    if found != FORM {
        // What is replaced is not left behind in the file.
        work.pragma_update(None, "secure_delete", true)?;
        if found == CLEAR_FORM {
            seal_names(&work, &key)?;
        }
        if found <= CLEAR_ARGUMENTS_FORM {
            seal_column(&work, &key, "shown")?;
        }
        if found <= NO_HISTORY_FORM {
            work.execute_batch(ADD_HISTORY)?;
            work.execute_batch(HISTORY_TABLES)?;
        }
        work.pragma_update(None, "user_version", FORM)?;
        work.commit()?;
    }
    Ok(key)
}

/// Seals the texts that an earlier version has left in the clear in this column of the calls.
fn seal_column(work: &Transaction<'_>, key: &Key, column: &str) -> Result<(), JournalError> {
    let mut texts = work.prepare(&format!("SELECT id, {column} FROM calls WHERE {column} IS NOT NULL"))?;
    let texts = texts.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut update = work.prepare(&format!("UPDATE calls SET {column} = ?2 WHERE id = ?1"))?;
    for (call, text) in texts.collect::<Result<Vec<(i64, String)>, _>>()? {
        update.execute(params![call, key.seal_text(&text)?])?;
    }
    Ok(())
}

/// Seals names, also those in snapshots.
fn seal_names(work: &Transaction<'_>, key: &Key) -> Result<(), JournalError> {
    seal_column(work, key, "name")?;

    let mut snapshots = work.prepare("SELECT run, list, rows FROM snapshots")?;
    let snapshots = snapshots.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    for (run, list, rows) in snapshots.collect::<Result<Vec<(i64, String, Vec<u8>)>, _>>()? {
        let rows = key.seal(&rows)?;
        work.execute(
            "UPDATE snapshots SET rows = ?3 WHERE run = ?1 AND list = ?2",
            params![run, list, rows],
        )?;
    }
    Ok(())
}

fn proof_of(key: &Key) -> [u8; 32] {
    key.hash(&[b"this is the key of the journal"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_is_made_once_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("journal.db");
        assert!(Journal::open_existing(&path).unwrap().is_none());
        drop(Journal::open(&path).unwrap());
        assert!(Journal::open_existing(&path).unwrap().is_some());
        #[cfg(unix)]
        for file in [path.clone(), Key::path(&path)] {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
        }
    }

    #[test]
    fn a_commit_reaches_the_disk_on_every_system() {
        let folder = tempfile::tempdir().unwrap();
        let db = Journal::open(&folder.path().join("journal.db")).unwrap().db;
        for (pragma, value) in [("synchronous", 2), ("fullfsync", 1), ("checkpoint_fullfsync", 1)] {
            let found: i64 = db.pragma_query_value(None, pragma, |row| row.get(0)).unwrap();
            assert_eq!((pragma, found), (pragma, value));
        }
    }

    #[test]
    fn what_cannot_be_trusted_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        drop(Journal::open(&path).unwrap());
        let key = std::fs::read(Key::path(&path)).unwrap();
        std::fs::remove_file(Key::path(&path)).unwrap();
        assert_eq!(Journal::open(&path).err(), Some(JournalError::LostKey(Key::path(&path))));
        std::fs::write(Key::path(&path), [7; 32]).unwrap();
        assert_eq!(Journal::open(&path).err(), Some(JournalError::WrongKey(Key::path(&path))));
        std::fs::write(Key::path(&path), key).unwrap();
        let db = connect(&path).unwrap();
        db.pragma_update(None, "user_version", 99).unwrap();
        drop(db);
        assert_eq!(Journal::open(&path).err(), Some(JournalError::Newer { found: 99, known: FORM }));
        std::fs::write(
            &path,
            "this is no database at all, but it is long enough to be looked at as one".repeat(20),
        )
        .unwrap();
        assert_eq!(Journal::open(&path).err(), Some(JournalError::Foreign));
        let other = folder.path().join("other.db");
        Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
        assert_eq!(Journal::open(&other).err(), Some(JournalError::Foreign));
    }

    #[test]
    fn several_processes_may_make_it_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        std::thread::scope(|scope| {
            let open = || Journal::open(&path).map(|journal| journal.key.hash(&[b"x"]));
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            let hashes: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap().unwrap()).collect();
            assert!(hashes.windows(2).all(|pair| pair[0] == pair[1]));
        });
    }
}
