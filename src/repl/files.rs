//! File names that could stand behind `:load` and `:save`.
//!
//! Not here: reading or writing those files.

use std::path::Path;

/// Where the last part of `typed` begins, and what it could become. Folders end in a slash.
pub(super) fn candidates(folder: &Path, typed: &str) -> (usize, Vec<String>) {
    let start = typed.rfind('/').map_or(0, |at| at + 1);
    let (parent, begun) = typed.split_at(start);
    // A folder that cannot be read has nothing to offer.
    let Ok(entries) = std::fs::read_dir(folder.join(parent)) else { return (start, Vec::new()) };
    let names = entries.flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let is_offered = name.starts_with(begun) && (!name.starts_with('.') || begun.starts_with('.'));
        let slash = if entry.path().is_dir() { "/" } else { "" };
        is_offered.then(|| name + slash)
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    (start, names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_folders_are_offered_and_hidden_ones_only_when_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("shop")).unwrap();
        for name in ["shop.rhai", ".hidden", "shop/a.rhai"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let ask = |typed: &str| candidates(folder.path(), typed);
        assert_eq!(ask("s"), (0, vec!["shop.rhai".to_owned(), "shop/".to_owned()]));
        assert_eq!(ask("shop/"), (5, vec!["a.rhai".to_owned()]));
        assert_eq!(ask(".h"), (0, vec![".hidden".to_owned()]));
        assert_eq!(ask("nowhere/"), (8, vec![]));
    }
}
