//! `doctor --learn`: what it finds out about an app, and that it leaves nothing behind.

use crate::support::{ixscript, simulator};
use ixscript::api::{self, Effect};
use ixscript::sim::{Config, Options, Simulator};

/// The options that a simulator with these options is found to have.
fn learned(options: &str) -> String {
    let output = ixscript([&format!("--sim={options}"), "doctor", "--learn"]).output();
    assert_eq!(output.status, 0, "{options}: {output}");
    let last = output.stdout.lines().last().unwrap_or_default();
    last.trim().trim_start_matches("--sim").trim_start_matches('=').to_owned()
}

#[test]
fn the_options_of_a_simulator_are_learned() {
    let cases = [
        ("", ""),
        ("profiles=60,page-limit=50", "page-limit=50"),
        ("profiles=60,short-list=50", "short-list=50"),
        ("profiles=140,page-limit=120", "page-limit=120"),
        ("alter-names", "alter-names=cut"),
        ("alter-names=trim", "alter-names=trim"),
        ("alter-names=lower", "alter-names=lower"),
        ("alter-names=compose", "alter-names=compose"),
        ("alter-names=escape", "alter-names=escape"),
        ("alter-names=slash", "alter-names=slash"),
        ("name-filter=exact", "name-filter=exact"),
        ("unique-names,ids-again", "unique-names,ids-again"),
        // Every call has its own connection, so that this makes no difference.
        ("fault=close-idle", ""),
        (
            "profiles=30,page-limit=10,short-list=25,alter-names=cut,name-filter=prefix,unique-names,copy-group=source,\
             ids-again,full-group=stays",
            "page-limit=10,short-list=25,alter-names=cut,name-filter=prefix,unique-names,copy-group=source,ids-again,\
             full-group=stays",
        ),
        // What is refused is told, and ends nothing.
        ("quota-create=1", ""),
        ("quota-copy=0", ""),
    ];
    at_once(cases, |(options, expected)| assert_eq!(learned(options), expected, "{options}"));
}

/// Each learner waits for the app.
fn at_once<T: Send>(cases: impl IntoIterator<Item = T>, look: impl Fn(T) + Sync) {
    let look = &look;
    std::thread::scope(|scope| cases.into_iter().for_each(|case| drop(scope.spawn(move || look(case)))));
}

#[test]
fn the_pace_is_learned() {
    let app =
        simulator(Config { options: Options { pace: Some(3), ..Options::default() }, ..Config::default() });
    let output = ixscript(["--url", app.url(), "--retries", "20", "doctor", "--learn"]).output();
    assert!(output.stdout.ends_with("  --sim=pace=3\n"), "{output}");
    assert_eq!(writes(&app), 0, "nobody agreed");
}

/// A simulator that remembers what it was asked.
fn recorded(faults: &[&str]) -> Simulator {
    let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    simulator(Config { record: true, faults, ..Config::default() })
}

fn writes(app: &Simulator) -> usize {
    let is_write = |action: &str| api::by_action(action).is_none_or(|row| row.effect != Effect::Read);
    app.requests().iter().filter(|(action, _)| is_write(action)).count()
}

/// What an account holds: the ids of its profiles and the names of its groups.
fn account(app: &Simulator) -> (Vec<i64>, String) {
    let groups = app.world(|world| world.handle("group-list", &serde_json::Map::new(), 0));
    (app.world(|world| world.profile_ids()), groups.envelope.to_json().to_string())
}

#[test]
fn without_consent_nothing_is_written() {
    let app = recorded(&[]);
    let learn = |words: &[&str]| ixscript(["--url", app.url()].iter().chain(words).copied());
    let cases = [
        (learn(&["doctor", "--learn"]), "stdin is not a terminal"),
        (learn(&["doctor", "--learn"]).typed("n\n"), "the answer was no"),
        (learn(&["--dry-run", "doctor", "--learn"]), "this is a dry run"),
        (learn(&["--yes", "--deny", "delete_profile", "doctor", "--learn"]), "`delete_profile` is denied"),
        (learn(&["--yes", "--max-writes", "5", "doctor", "--learn"]), "it needs up to 11 writes"),
    ];
    at_once(cases, |(run, why)| {
        let output = run.output();
        assert_eq!((output.status, writes(&app)), (0, 0), "{output}");
        let told = format!("Only what reads can tell was measured: {why}");
        assert!(output.stderr.contains(&told) && output.stdout.contains("\n  --sim\n"), "{output}");
    });
}

#[test]
fn what_is_created_with_consent_is_deleted_again() {
    let app = recorded(&[]);
    let before = account(&app);
    let output = ixscript(["--url", app.url(), "doctor", "--learn"]).typed("y\n").output();
    assert_eq!(output.status, 0, "{output}");
    assert!(output.stderr.contains("create a group and up to 3 profiles at http://127.0.0.1:"), "{output}");
    assert_eq!(account(&app), before);
    assert!(writes(&app) <= 11, "{:?}", app.requests());
}

#[test]
fn lost_replies_leave_nothing_behind_that_is_not_told() {
    let actions = ["create_group", "create_profile", "copy_profile", "delete_profile", "delete_group"];
    let kinds = ["drop-before", "drop-after"];
    let faults = actions.iter().flat_map(|action| kinds.map(|kind| format!("{kind}@{action}")));
    let faults = faults.flat_map(|fault| (1..=3).map(move |number| format!("{fault}:nth={number}")));
    at_once(faults, |fault| {
        let app = recorded(&[&fault]);
        let before = account(&app);
        let output = ixscript(["--url", app.url(), "--yes", "doctor", "--learn"]).output();
        let after = account(&app);
        assert!(before.0.iter().all(|id| after.0.contains(id)), "{fault}: {output}");
        assert!(after == before || output.stderr.contains("left behind: "), "{fault}: {output}");
    });
}

#[cfg(unix)]
#[test]
fn an_interrupt_at_any_call_still_cleans_up() {
    use std::process::{Command, Stdio};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

    at_once(2..=11, |calls| {
        let (child, left) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicI64::new(calls)));
        let interrupted = Arc::clone(&child);
        let app = simulator(Config {
            log: Some(Arc::new(move |_| {
                if left.fetch_sub(1, Ordering::SeqCst) == 1 {
                    while interrupted.load(Ordering::SeqCst) == 0 {
                        std::thread::yield_now();
                    }
                    let kill = format!("kill -INT {}", interrupted.load(Ordering::SeqCst));
                    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
                }
            })),
            ..Config::default()
        });
        let before = account(&app);

        let mut command = Command::new(env!("CARGO_BIN_EXE_ixscript"));
        command.args(["--url", app.url(), "--yes", "doctor", "--learn"]);
        command.env("IXSCRIPT_CONFIG", crate::support::root().join("tests/it/empty.toml"));
        command.env("IXSCRIPT_STATE", crate::support::state_folder()).env_remove("IXSCRIPT_URL");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let running = command.spawn().unwrap();
        child.store(running.id(), Ordering::SeqCst);
        let output = running.wait_with_output().unwrap();

        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(130), "{calls}: {stderr}");
        assert_eq!(account(&app), before, "{calls}: {stderr}");
        assert!(!stderr.contains("left behind"), "{calls}: {stderr}");
    });
}
