//! The lines of this and earlier sessions. The file holds one JSON text per line, so that a line of several lines stays
//! one; it is for its owner alone, and holds no secret.
//!
//! Not here: the lines as they are called back with the keys, which the editor keeps as they were typed.

use super::commands::script_in;
use crate::base::mask::{MASK, Secrets};
use crate::script::{self, check};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Lines beyond this many are not loaded.
const MOST_LINES: usize = 10_000;

/// The file of a session, if there is one, and what it knows of secrets.
pub(super) struct History {
    file: Option<PathBuf>,
    secrets: Secrets,
    /// How many secrets were known when the file was last looked through.
    known: usize,
    /// The lines of earlier sessions that lost a secret.
    masked: Vec<String>,
}

impl History {
    /// The history in `file`, and the lines of earlier sessions, oldest first.
    pub(super) fn open(file: Option<PathBuf>, secrets: Secrets) -> (Self, Vec<String>) {
        // Codes may be there from before they were masked. What cannot be rewritten stays as it is.
        let _ = file.as_deref().map(|file| rewrite(file, without_codes));
        let lines = file.as_deref().map(load).unwrap_or_default();
        let masked = lines.iter().filter(|line| line.contains(MASK)).cloned().collect();
        let known = secrets.count();
        (Self { file, secrets, known, masked }, lines)
    }

    /// Adds a line before it is run, so that a killed session loses nothing.
    pub(super) fn add(&self, line: &str) {
        // A line that is not kept is no reason to stop.
        let _ = self.file.as_deref().map(|file| append(file, &self.masked(line)));
    }

    /// Takes the secrets that became known since out of what was written before.
    pub(super) fn forget_secrets(&mut self) {
        let known = self.secrets.count();
        if known == self.known {
            return;
        }
        self.known = known;
        // As above; what cannot be rewritten now is rewritten when the next secret is known.
        let _ = self.file.as_deref().map(|file| rewrite(file, |line| self.secrets.mask(line).into_owned()));
    }

    /// A line without what is, or looks like, a secret.
    pub(super) fn masked(&self, line: &str) -> String {
        let typed = Secrets::default();
        let script = script_in(line).map_or("", |at| &line[at..]);
        script::secrets_in(script).iter().for_each(|secret| typed.add(secret));
        typed.mask(&self.secrets.mask(line)).into_owned()
    }

    /// Whether a line may be one of an earlier session in which a mask stands for a secret.
    pub(super) fn lost_a_secret(&self, line: &str) -> bool {
        self.masked.iter().any(|masked| masked == line) || !self.masked.is_empty() && script::has_mask(line)
    }
}

fn without_codes(line: &str) -> String {
    check::codes_in(line).iter().fold(line.to_owned(), |line, code| line.replace(code, MASK))
}

/// The lines of earlier sessions. A file that is not there or not readable is an empty history.
fn load(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let lines: Vec<String> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let skipped = lines.len().saturating_sub(MOST_LINES);
    lines.into_iter().skip(skipped).collect()
}

fn append(file: &Path, line: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    private(file, written(line).as_bytes(), true)
}

fn written(line: &str) -> String {
    format!("{}\n", serde_json::Value::from(line))
}

/// Gives every line of the file through `change`.
fn rewrite(file: &Path, change: impl Fn(&str) -> String) -> io::Result<()> {
    let before = std::fs::read_to_string(file)?;
    let changed = |line: &str| serde_json::from_str::<String>(line).ok().map(|line| written(&change(&line)));
    let after: String = before.lines().filter_map(changed).collect();
    if after == before {
        return Ok(());
    }
    // A session that is killed meanwhile leaves one file or the other, never a part.
    let beside = file.with_extension(format!("{}.new", std::process::id()));
    private(&beside, after.as_bytes(), false)?;
    std::fs::rename(&beside, file)
}

/// Writes to a file for its owner alone, behind what is there or in its place.
pub(super) fn private(file: &Path, bytes: &[u8], appends: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).append(appends).write(true).truncate(!appends);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(file)?;
    #[cfg(unix)]
    tighten(&opened)?;
    opened.write_all(bytes)
}

/// A file that was there already may have been readable for others.
#[cfg(unix)]
fn tighten(file: &std::fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata()?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    file.set_permissions(std::fs::Permissions::from_mode(0o600))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(file: &Path, secrets: &Secrets) -> (History, Vec<String>) {
        History::open(Some(file.to_owned()), secrets.clone())
    }

    #[test]
    fn a_line_of_several_lines_comes_back_as_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state").join("history.txt");
        let (history, _) = open(&file, &Secrets::default());
        history.add("if true {\n  1\n}");
        history.add("2");
        assert_eq!(load(&file), ["if true {\n  1\n}", "2"]);
        assert_eq!(load(Path::new("/nowhere")), [""; 0]);
    }

    #[test]
    fn a_secret_that_is_known_later_is_taken_out_of_earlier_lines() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.txt");
        let secrets = Secrets::default();
        let (mut history, _) = open(&file, &secrets);
        history.add("let pw = \"geheim99\";");
        history.add("let code = \"76686828-89727101\"");
        history.add(":time create_transfer_code(1640, \"123456\")");
        assert_eq!(
            load(&file),
            ["let pw = \"geheim99\";", "let code = \"***\"", ":time create_transfer_code(1640, \"***\")"]
        );
        secrets.add("geheim99");
        history.forget_secrets();
        assert_eq!(load(&file)[0], "let pw = \"***\";");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn codes_that_are_there_from_before_are_taken_out() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.txt");
        std::fs::write(&file, "\"f(\\\"76686828-89727101\\\")\"\n\"2\"\n").unwrap();
        assert_eq!(open(&file, &Secrets::default()).1, ["f(\"***\")", "2"]);
        assert_eq!(load(&file), ["f(\"***\")", "2"]);
    }

    #[test]
    fn a_mask_is_refused_only_where_it_may_stand_for_a_secret() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.txt");
        let (history, _) = open(&file, &Secrets::default());
        assert!(!history.lost_a_secret("print(\"***\")"));
        history.add("create_transfer_code(1640, \"123456\")");
        let (history, lines) = open(&file, &Secrets::default());
        assert!(history.lost_a_secret(&lines[0]));
        assert!(!history.lost_a_secret("create_transfer_code(1640, \"654321\") // ***"));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_could_read_is_its_owners_again() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.txt");
        std::fs::write(&file, "").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        open(&file, &Secrets::default()).0.add("1");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
