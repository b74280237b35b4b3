//! The rules of the house, held for every file of `src`.

use crate::support::root;
use std::path::{Path, PathBuf};

/// What each floor may use. What is not listed is not a floor.
const FLOORS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("api", &["base"]),
    ("client", &["base"]),
    ("sim", &["base", "api"]),
    ("journal", &["base"]),
    ("calls", &["base", "api", "client", "journal"]),
    ("script", &["base", "api", "calls"]),
    ("ui", &["base", "script"]),
    ("repl", &["base", "api", "script", "ui"]),
    ("cli", &["base", "api", "client", "sim", "journal", "calls", "script", "ui", "repl"]),
];

/// Where a library, or a part of the standard library, may be used.
const FENCES: &[(&str, &[&str])] = &[
    ("ureq::", &["client/"]),
    ("rhai::", &["script/"]),
    ("clap::", &["cli/"]),
    ("clap_complete::", &["cli/"]),
    ("clap_mangen::", &["cli/"]),
    ("rustyline::", &["repl/"]),
    ("rusqlite::", &["journal/"]),
    ("chacha20poly1305::", &["journal/keys.rs"]),
    ("hmac::", &["journal/keys.rs"]),
    ("hyper::", &["sim/"]),
    ("hyper_util::", &["sim/"]),
    ("http_body_util::", &["sim/"]),
    ("tokio::", &["sim/"]),
    ("annotate_snippets::", &["ui/"]),
    ("comfy_table::", &["ui/"]),
    ("indicatif::", &["ui/bar.rs"]),
    ("csv::", &["ui/", "script/input.rs", "script/output.rs"]),
    ("toml::", &["script/header", "cli/config_file.rs"]),
    ("percent_encoding::", &["script/proxy_text.rs"]),
    ("regex_lite::", &["script/header/pattern.rs"]),
    ("rpassword::", &["cli/params.rs"]),
    ("cap::", &["script/limits.rs"]),
    ("sha2::", &["script/bundle.rs", "journal/", "cli/recording.rs"]),
    ("etcetera::", &["cli/"]),
    ("terminal_size::", &["cli/"]),
    ("ctrlc::", &["main.rs"]),
    ("signal_hook::", &["main.rs"]),
    ("rustix::", &["repl/terminal.rs"]),
    ("std::env::", &["cli/env.rs", "main.rs"]),
    ("process::exit", &["main.rs"]),
    ("std::net::", &["sim/", "client/", "script/proxy_text.rs"]),
];

fn files() -> Vec<(String, String)> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => walk(&path, files),
                false => files.push(path),
            }
        }
    }
    let source = root().join("src");
    let mut found = Vec::new();
    walk(&source, &mut found);
    found.sort();
    let files = found.iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let named = files.map(|path| {
        let name = path.strip_prefix(&source).unwrap().to_str().unwrap().replace('\\', "/");
        (name, std::fs::read_to_string(path).unwrap())
    });
    named.collect()
}

/// The code of a file, without comments and without its tests.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let tests = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
    text[..tests].lines().filter(|line| !line.trim_start().starts_with("//"))
}

/// Every `name` in `crate::name`.
fn floors_used(line: &str) -> impl Iterator<Item = &str> {
    line.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
        &rest[..end.unwrap_or(rest.len())]
    })
}

#[test]
fn a_floor_uses_only_the_floors_below_it() {
    for (file, text) in files() {
        let Some((floor, _)) = file.split_once('/') else { continue };
        let (_, below) = FLOORS
            .iter()
            .find(|(name, _)| *name == floor)
            .unwrap_or_else(|| panic!("src/{file}: {floor} is not a floor of the house"));
        for line in code(&text) {
            for used in floors_used(line) {
                assert!(used == floor || below.contains(&used), "src/{file} reaches for `{used}`: {line}");
            }
        }
    }
}

#[test]
fn a_library_stays_behind_its_fence() {
    for (file, text) in files() {
        for (library, homes) in FENCES {
            if !text.contains(library) || homes.iter().any(|home| file.starts_with(home)) {
                continue;
            }
            for line in code(&text) {
                let mut places = line.match_indices(library);
                let is_used = places.any(|(at, _)| {
                    let before = line[..at].chars().next_back().unwrap_or(' ');
                    !before.is_alphanumeric() && before != '_' && before != ':'
                        || library.contains("std")
                        || library.contains("process")
                });
                assert!(!is_used, "src/{file} uses {library}: {line}");
            }
        }
    }
}

#[test]
fn files_say_what_they_are_for() {
    for (file, text) in files() {
        assert!(text.starts_with("//! "), "src/{file} does not open with its purpose");
        for name in ["utils", "util", "helpers", "helper", "common", "misc", "manager"] {
            let is_named_so = file.split(['/', '.']).any(|part| part == name);
            assert!(!is_named_so, "src/{file}: `{name}` says nothing");
        }
    }
}

#[test]
fn every_floor_of_the_house_stands() {
    let files = files();
    for (floor, _) in FLOORS {
        assert!(files.iter().any(|(file, _)| file == &format!("{floor}/mod.rs")), "{floor}");
    }
}

/// A patch that no longer fits would go unnoticed until somebody runs all of them.
#[test]
fn patches_of_mutations_apply() {
    let folder = root().join("tests/mutations");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "patch") {
            continue;
        }
        count += 1;
        let patch = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        let file = patch.lines().find_map(|line| line.strip_prefix("--- a/")).unwrap();
        let text = std::fs::read_to_string(root().join(file)).unwrap().replace("\r\n", "\n");
        let (_, hunks) = patch.split_once("\n@@").unwrap();
        for hunk in hunks.split("\n@@") {
            let lines = hunk.lines().skip(1).filter(|line| !line.starts_with('+'));
            let before: String =
                lines.map(|line| format!("{}\n", line.get(1..).unwrap_or_default())).collect();
            assert!(text.contains(&before), "{} does not fit {file}:\n{before}", path.display());
        }
    }
    assert!(count >= 10);
}
