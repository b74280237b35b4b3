//! The history file: one JSON text per line, so that a line of several lines stays one; for its owner alone.
//!
//! Not here: masking secrets, which has happened before.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

/// Lines beyond this many are not loaded.
const MOST_LINES: usize = 10_000;

/// The lines of earlier sessions. A file that is not there or not readable is an empty history.
pub(super) fn load(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let lines: Vec<String> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let skipped = lines.len().saturating_sub(MOST_LINES);
    lines.into_iter().skip(skipped).collect()
}

/// Adds a line at once: a killed session loses nothing.
pub(super) fn append(file: &Path, line: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut line = serde_json::Value::from(line).to_string();
    line.push('\n');
    private(file, line.as_bytes(), true)
}

/// Writes to a file for its owner alone, behind what is there or in its place.
pub(super) fn private(file: &Path, bytes: &[u8], appends: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).append(appends).write(true).truncate(!appends);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_several_lines_comes_back_as_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state").join("history.txt");
        append(&file, "if true {\n  1\n}").unwrap();
        append(&file, "2").unwrap();
        assert_eq!(load(&file), ["if true {\n  1\n}", "2"]);
        assert_eq!(load(Path::new("/nowhere")), [""; 0]);
    }
}
