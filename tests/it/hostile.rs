//! Recipes of people who mean harm. Each ends by itself, in a clear error and within its limits; none writes, and none
//! brings the program down.

use crate::support::{root, simulator, state_folder};
use ixscript::sim::{Config, Simulator};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most memory a run may have at any time, in KiB: 32 MiB for the script, and what the program needs around it.
const MOST_MEMORY: u64 = 256 << 10;

/// What no message may show.
const JARGON: &[&str] = &[
    "internal",
    "panicked",
    "EvalAltResult",
    "Runtime error",
    "rhai::",
    "serde",
    "ErrorRuntime",
    "Dynamic",
    "i64",
    "usize",
    "FnPtr",
    "overflowed its stack",
];

struct Hostile {
    name: String,
    text: Vec<u8>,
    /// The exit code, as the file's first comment says.
    status: i32,
}

/// What is too large to be kept as a file.
fn made() -> Vec<Hostile> {
    let numbered = |count: usize, line: fn(usize) -> String| (0..count).map(line).collect::<String>();
    let sum = ["1"; 40].join(" + ");
    let texts = [
        ("functions", numbered(2_100, |n| format!("fn f{n}() {{ {n} }}\n"))),
        ("brackets", "[".repeat(1 << 20)),
        ("parentheses", "(".repeat(1 << 20)),
        ("braces", "if true {".repeat(1 << 16)),
        ("operators", "1+".repeat(1 << 18) + "1"),
        ("unary", "-".repeat(1 << 18) + "1"),
        ("nested maps", "#{a:".repeat(1 << 18)),
        ("a very long line", format!("let a = {sum}; /* {} */ copy_profil(1)", "x".repeat(300_000))),
        ("a huge header", numbered(100_000, |n| format!("//! k{n} = \"{n}\"\n"))),
        ("a deep header", format!("//! a = {}\nprint(1);", "[".repeat(100_000))),
        ("a zero byte", "print(1);\0".to_owned()),
    ];
    let made =
        texts.map(|(name, text)| Hostile { name: name.to_owned(), text: text.into_bytes(), status: 2 });
    let bytes =
        Hostile { name: "invalid UTF-8".to_owned(), text: b"print(\"\xff\xfe\");".to_vec(), status: 2 };
    let variables = numbered(10_100, |n| format!("let v{n} = {n};\n")).into_bytes();
    let variables = Hostile { name: "variables".to_owned(), text: variables, status: 2 };
    made.into_iter().chain([bytes, variables]).collect()
}

fn files(folder: &Path) -> Vec<Hostile> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rhai") {
            let text = std::fs::read_to_string(&path).unwrap();
            let head = text.lines().find_map(|line| line.strip_prefix("// ")).unwrap();
            let status = head.rsplit_once("; status ").unwrap().1.parse().unwrap();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            found.push(Hostile { name, text: text.into_bytes(), status });
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

/// Runs a recipe with the real program; what it writes on stderr, its exit code, and the most memory it was seen with.
fn run(file: &Path, url: &str) -> (String, Option<i32>, u64) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ixscript"));
    command
        .args(["--yes", "--no-journal", "--memory", "32", "--compute", "300ms", "--url", url, "run"])
        .arg(file);
    command.env("IXSCRIPT_CONFIG", root().join("tests/it/empty.toml")).env("IXSCRIPT_STATE", state_folder());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let status_file = format!("/proc/{}/status", child.id());
    let (ended, most) = (Mutex::new(false), AtomicUsize::new(0));
    let output = std::thread::scope(|scope| {
        scope.spawn(|| {
            // The system keeps the peak itself, so that looking now and then is enough.
            while !*ended.lock().unwrap() {
                let status = std::fs::read_to_string(&status_file).unwrap_or_default();
                let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
                let peak = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse().ok());
                most.fetch_max(peak.unwrap_or(0), Ordering::Relaxed);
                std::thread::park_timeout(std::time::Duration::from_millis(5));
            }
        });
        let output = child.wait_with_output().unwrap();
        *ended.lock().unwrap() = true;
        output
    });
    let stderr = String::from_utf8(output.stderr).unwrap();
    (stderr, output.status.code(), most.load(Ordering::Relaxed) as u64)
}

/// What is wrong with how a recipe ended.
fn faults(hostile: &Hostile, (stderr, status, memory): &(String, Option<i32>, u64)) -> Vec<String> {
    let mut faults = Vec::new();
    let mut must = |is_so: bool, fault: &str| {
        if !is_so {
            faults.push(format!(
                "{}: {fault}\n{}",
                hostile.name,
                stderr.chars().take(1_000).collect::<String>()
            ));
        }
    };
    must(*status == Some(hostile.status), &format!("status {status:?}, not {}", hostile.status));
    must(stderr.lines().any(|line| line.starts_with("error: ")), "no clear error");
    must(stderr.len() < 20_000, &format!("{} bytes of errors", stderr.len()));
    let is_plain =
        |letter: char| letter == '\n' || !letter.is_control() && !('\u{202a}'..='\u{202e}').contains(&letter);
    must(stderr.chars().all(is_plain), "control characters");
    must(*memory <= MOST_MEMORY, &format!("{memory} KiB of memory"));
    for word in JARGON {
        must(!stderr.contains(word), word);
    }
    faults
}

fn writes(simulator: &Simulator) -> usize {
    let is_write = |action: &str| {
        ixscript::api::by_action(action).is_none_or(|row| row.effect != ixscript::api::Effect::Read)
    };
    simulator.requests().iter().filter(|(action, _)| is_write(action)).count()
}

#[test]
fn no_recipe_does_harm() {
    let folder = root().join("tests/hostile");
    let simulator = simulator(Config { record: true, ..Config::default() });
    let mut all: Vec<(std::path::PathBuf, Hostile)> =
        files(&folder).into_iter().map(|hostile| (folder.join(&hostile.name), hostile)).collect();
    let made_in = state_folder();
    std::fs::create_dir_all(&made_in).unwrap();
    for (number, hostile) in made().into_iter().enumerate() {
        let file = made_in.join(format!("{number}.rhai"));
        std::fs::write(&file, &hostile.text).unwrap();
        all.push((file, hostile));
    }
    assert!(all.len() >= 60, "{}", all.len());
    let (next, faulty) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((file, hostile)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let ended = run(file, simulator.url());
                    faulty.lock().unwrap().extend(faults(hostile, &ended));
                }
            });
        }
    });
    let faulty = faulty.into_inner().unwrap();
    assert!(faulty.is_empty(), "{}", faulty.join("\n\n"));
    assert_eq!(writes(&simulator), 0);
}

#[cfg(unix)]
#[test]
fn a_link_does_not_lead_out_of_the_folder() {
    let folder = state_folder();
    std::fs::create_dir_all(folder.join("recipes")).unwrap();
    std::fs::write(folder.join("outside.rhai"), "fn secret() { 42 }").unwrap();
    std::os::unix::fs::symlink(folder.join("outside.rhai"), folder.join("recipes/inside.rhai")).unwrap();
    let recipe = folder.join("recipes/recipe.rhai");
    std::fs::write(&recipe, "import \"inside\" as inside;\nprint(inside::secret());").unwrap();
    let (stderr, status, _) = run(&recipe, "http://127.0.0.1:1/api/v2/");
    assert!(stderr.contains("leads out of the recipe's folder"), "{stderr}");
    assert!(matches!(status, Some(1 | 2)), "{status:?} {stderr}");
}

/// What a careful person runs first, on files that are no files: none waits, and none reads without an end.
#[cfg(unix)]
#[test]
fn looking_at_a_recipe_is_safe() {
    use std::os::unix::fs::symlink;
    let folder = state_folder();
    std::fs::create_dir_all(folder.join("scripts")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    symlink("/dev/zero", folder.join("scripts/zero.rhai")).unwrap();
    let pipe = Command::new("mkfifo").arg(folder.join("scripts/pipe.rhai")).status().unwrap();
    assert!(pipe.success());
    std::fs::File::create(folder.join("scripts/sparse.rhai")).unwrap().set_len(8 << 30).unwrap();
    write(
        "scripts/imports.rhai",
        "import \"pipe\" as pipe;\nimport \"zero\" as zero;\nimport \"sparse\" as sparse;",
    );
    write("flood.rhai", &"copy_profle(1);\n".repeat(20_000));
    write(
        "secrets.rhai",
        &format!("{}copy_profle(1);", "update_profile(1, #{ password: \"geheim99\" });\n".repeat(2_000)),
    );
    write("lets.rhai", &(0..40_000).map(|n| format!("let v{n}=1;\n")).collect::<String>());
    write(
        "params.rhai",
        &(0..20_000).map(|n| format!("//! p{n} = 1\n")).collect::<String>().replacen(
            "//! p0 = 1",
            "//! [params]",
            1,
        ),
    );
    let columns = (0..40_000).map(|n| format!("\"c{n}\"")).collect::<Vec<_>>().join(", ");
    write("columns.rhai", &format!("//! [output]\n//! columns = [{columns}]\nprint(1);"));
    let see = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ixscript"));
        command.args(words).current_dir(&folder).stdin(Stdio::null());
        command
            .env("IXSCRIPT_CONFIG", root().join("tests/it/empty.toml"))
            .env("IXSCRIPT_STATE", state_folder());
        let output = command.output().unwrap();
        let (out, err) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(out.len() + err.len() < 30_000, "{words:?}: {} and {} bytes", out.len(), err.len());
        (out, err, output.status.code())
    };
    for recipe in ["scripts/zero.rhai", "scripts/sparse.rhai"] {
        for words in [vec!["check", recipe], vec!["show", recipe], vec!["run", recipe, "--help"]] {
            let (_, stderr, status) = see(&words);
            assert!(status == Some(2) && stderr.contains("is larger than 1 MiB"), "{words:?}: {stderr}");
        }
    }
    let (list, _, status) = see(&["list"]);
    assert!(
        status == Some(0) && list.contains("imports") && !list.contains("zero") && !list.contains("pipe"),
        "{list}"
    );
    let (_, stderr, status) = see(&["check", "scripts/imports.rhai"]);
    assert_eq!((stderr.matches("error: ").count(), status), (3, Some(2)), "{stderr}");
    for recipe in ["flood.rhai", "secrets.rhai", "lets.rhai", "params.rhai", "columns.rhai"] {
        let (_, stderr, status) = see(&["check", recipe]);
        assert!(status == Some(2) && !stderr.contains("geheim99"), "{recipe}: {stderr}");
        let is_cut = stderr.ends_with("warning: only the first 50 problems are shown\n");
        assert_eq!(is_cut, recipe == "flood.rhai", "{stderr}");
    }
}
