//! Runs that are killed, cut off and resumed: what counts is what the simulator has in the end.

use crate::support::{root, simulator, state_folder};
use ixscript::sim::{Config, Options, Simulator};
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A simulator that kills whoever works with it, at the very moment it has done so many calls and before it answers.
struct Killer {
    simulator: Simulator,
    victim: Arc<Mutex<Option<Child>>>,
    /// Calls until the kill; below zero nobody is killed.
    left: Arc<AtomicI64>,
    folder: PathBuf,
    profiles_before: Vec<i64>,
}

/// What a test of this file is about.
struct Plan<'a> {
    script: &'a str,
    faults: &'a [&'a str],
    options: Options,
    jobs: &'a str,
}

impl Default for Plan<'_> {
    fn default() -> Self {
        Self { script: "", faults: &[], options: Options::default(), jobs: "1" }
    }
}

/// Short, so that a call that was killed is soon taken to be lost.
const TIMEOUTS: &[&str] =
    &["--timeout", "600ms", "--connect-timeout", "600ms", "--assume-lost-after", "1200ms"];

/// After this long a call that nobody answered is over.
const PATIENCE: Duration = Duration::from_millis(1200);

impl Killer {
    fn new(plan: &Plan) -> Self {
        let victim: Arc<Mutex<Option<Child>>> = Arc::default();
        let left = Arc::new(AtomicI64::new(-1));
        let (to_kill, count) = (Arc::clone(&victim), Arc::clone(&left));
        let config = Config {
            faults: plan.faults.iter().map(|fault| fault.parse().unwrap()).collect(),
            options: plan.options.clone(),
            log: Some(Arc::new(move |_| {
                if count.fetch_sub(1, Ordering::SeqCst) == 1 {
                    // Whether it has ended by itself meanwhile is all the same.
                    let _ = to_kill.lock().unwrap().as_mut().map(Child::kill);
                }
            })),
            ..Config::default()
        };
        let simulator = simulator(config);
        let profiles_before = simulator.world(|world| world.profile_ids());
        let folder = state_folder();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("recipe.rhai"), plan.script).unwrap();
        Self { simulator, victim, left, folder, profiles_before }
    }

    fn command(&self, plan: &Plan, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ixscript"));
        command.args(["--url", self.simulator.url(), "--jobs", plan.jobs]).args(TIMEOUTS).args(words);
        command.current_dir(&self.folder).env("IXSCRIPT_CONFIG", root().join("tests/it/empty.toml"));
        command.env("IXSCRIPT_STATE", &self.folder).env("IXSCRIPT_RECIPES", &self.folder);
        command.env_remove("IXSCRIPT_URL");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// Starts or resumes the run, and kills it after so many calls: how it ended, if it did so before.
    fn kill_after(&self, plan: &Plan, words: &[&str], calls: i64) -> Option<i32> {
        self.left.store(-1, Ordering::SeqCst);
        let mut command = self.command(plan, words);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // Ends with the process. The lock is not held meanwhile: the simulator needs it to kill.
        let mut stdout = child.stdout.take().unwrap();
        *self.victim.lock().unwrap() = Some(child);
        self.left.store(calls, Ordering::SeqCst);
        stdout.read_to_end(&mut Vec::new()).unwrap();
        let status = self.victim.lock().unwrap().take().unwrap().wait().unwrap();
        // Windows gives a process that is killed an exit code, the one asked for.
        status.code().filter(|code| cfg!(unix) || *code != 1)
    }

    fn finish(&self, plan: &Plan, words: &[&str]) -> Output {
        self.left.store(-1, Ordering::SeqCst);
        self.command(plan, words).stdout(Stdio::piped()).output().unwrap()
    }

    /// The names of the profiles made since the beginning, in order.
    fn made(&self) -> Vec<String> {
        self.simulator.world(|world| {
            let new = world.profile_ids().into_iter().filter(|id| !self.profiles_before.contains(id));
            let name = |id| world.profile_row(id).unwrap()["name"].as_str().unwrap().to_owned();
            let mut names: Vec<String> = new.map(name).collect();
            names.sort();
            names
        })
    }

    /// Kills the run so often, then lets it come to its end. Sessions that end by themselves with something in doubt are
    /// resumed until that can be decided.
    fn torment(&self, plan: &Plan, kills: usize, most_calls: i64) -> Output {
        let mut random = fastrand::Rng::with_seed(7);
        let (mut killed, mut ended) = (0, 0);
        let mut words = ["run", "recipe.rhai"].as_slice();
        while killed < kills && ended < 50 * kills {
            match self.kill_after(plan, words, random.i64(1..=most_calls)) {
                None => killed += 1,
                Some(0) => break,
                Some(_) => ended += 1,
            }
            words = &["resume"];
        }
        assert!(killed * 2 > kills, "{killed} of {kills} kills");
        self.resume_to_the_end(plan)
    }

    /// Resumes the run until it has nothing left to do, or for so long that nothing can change any more.
    fn resume_to_the_end(&self, plan: &Plan) -> Output {
        // How far the run was when it was taken up, and since when that stays the same.
        let (mut state, mut since, mut tries) = (String::new(), Instant::now(), 0);
        loop {
            let output = self.finish(plan, &["resume"]);
            let now = text(&output).lines().next().unwrap_or_default().to_owned();
            if now != state {
                (state, since, tries) = (now, Instant::now(), 0);
            }
            tries += 1;
            if output.status.code() == Some(0) || since.elapsed() > 2 * PATIENCE && tries > 5 {
                return output;
            }
        }
    }
}

fn numbered(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("shop-{number:04}")).collect()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Some calls are also done after their connection was closed, and some of those after the next kill.
const FAULTS: &[&str] = &[
    "drop-before@copy_profile:rate=0.02",
    "drop-after@copy_profile:rate=0.02",
    "late@copy_profile:rate=0.01",
    "late=100ms@copy_profile:rate=0.01",
];

/// For scripts that end with the first failure.
const RARE_FAULTS: &[&str] = &[
    "drop-before@copy_profile:rate=0.004",
    "drop-after@copy_profile:rate=0.004",
    "late=100ms@copy_profile:rate=0.004",
];

/// In the end everything is there once, and the run knows it.
fn assert_exactly(killer: &Killer, output: &Output, names: &[String]) {
    assert_eq!(killer.made(), names, "{}", text(output));
    assert_eq!(output.status.code(), Some(0), "{}", text(output));
}

#[test]
fn a_thousand_named_copies_survive_thirty_kills() {
    let plan = Plan {
        script: "for number in 1..=1000 { copy_profile(1640, #{ name: `shop-${pad(number, 4)}` }); }",
        faults: RARE_FAULTS,
        ..Plan::default()
    };
    let killer = Killer::new(&plan);
    let output = killer.torment(&plan, 30, 60);
    assert_exactly(&killer, &output, &numbered(1000));
}

#[test]
fn so_they_do_with_eight_workers() {
    let plan = Plan {
        script: "let rows = [];
            for number in 1..=1000 { rows.push(#{ profile_id: 1640, name: `shop-${pad(number, 4)}` }); }
            copy_profiles(rows);",
        faults: FAULTS,
        jobs: "8",
        ..Plan::default()
    };
    let killer = Killer::new(&plan);
    let output = killer.torment(&plan, 30, 60);
    assert_exactly(&killer, &output, &numbered(1000));
}

#[test]
fn of_unnamed_copies_there_is_never_one_too_many() {
    let plan = Plan {
        script: "let rows = []; rows.pad(300, 1640); copy_profiles(rows);",
        faults: FAULTS,
        jobs: "8",
        ..Plan::default()
    };
    let killer = Killer::new(&plan);
    let output = killer.torment(&plan, 10, 60);
    // Nothing tells one unnamed copy from another, so that those in doubt stay so. Each of them is told of.
    let runs = killer.finish(&plan, &["--format", "json", "runs", "list"]);
    let runs: serde_json::Value = serde_json::from_slice(&runs.stdout).unwrap();
    let count = |name: &str| usize::try_from(runs[0][name].as_u64().unwrap()).unwrap();
    let made = killer.made().len();
    assert_eq!(count("done") + count("in_doubt"), 300, "{runs}");
    assert!(made <= 300 && made >= count("done"), "{made} {runs}");
    assert_eq!(output.status.code(), Some(if count("in_doubt") == 0 { 0 } else { 5 }), "{}", text(&output));
}

#[test]
fn storms_and_a_quota_that_is_lifted_later_cost_time_only() {
    let options = Options { quota_copy: Some(120), ..Options::default() };
    let plan = Plan {
        script: "let rows = [];
            for number in 1..=300 { rows.push(#{ profile_id: 1640, name: `shop-${pad(number, 4)}` }); }
            copy_profiles(rows);",
        faults: &["1010@copy_profile:every=70", "drop-after@copy_profile:every=50"],
        jobs: "8",
        options,
    };
    let killer = Killer::new(&plan);
    let output = killer.finish(&plan, &["run", "recipe.rhai"]);
    // Dropped replies are in doubt, which is graver than a quota.
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    assert!(text(&output).contains("(code 1019)"), "{}", text(&output));
    assert_eq!(killer.made().len(), 120);
    killer.simulator.world(|world| world.options_mut().quota_copy = None);
    let output = killer.resume_to_the_end(&plan);
    assert_exactly(&killer, &output, &numbered(300));
}

/// What a script has caught stays what it was. It is told of.
#[test]
fn a_script_that_tries_again_by_itself_makes_nothing_twice() {
    let plan = Plan {
        script: "for number in 1..=60 {
            let name = `shop-${pad(number, 4)}`;
            for attempt in 1..=3 {
                try { copy_profile(1640, #{ name: name }); break; } catch (e) { fail(e.message) }
            }
        }",
        faults: &[
            "drop-before@copy_profile:every=7",
            "drop-after@copy_profile:every=9",
            "2007@copy_profile:every=11",
        ],
        ..Plan::default()
    };
    let killer = Killer::new(&plan);
    let output = killer.torment(&plan, 8, 15);
    let made = killer.made();
    let mut once = made.clone();
    once.dedup();
    assert_eq!(made, once, "{}", text(&output));
    assert!(made.len() < 60 && made.iter().all(|name| numbered(60).contains(name)), "{}", text(&output));
    assert_ne!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("stay as they are"), "{}", text(&output));
}

#[test]
fn a_loop_over_the_list_does_not_copy_its_own_copies() {
    let plan = Plan {
        script: "let number = 0;
            for profile in list_profiles() {
                number += 1;
                copy_profile(profile.profile_id, #{ name: `shop-${pad(number, 4)}` });
            }",
        faults: RARE_FAULTS,
        options: Options { profiles: 100, ..Options::default() },
        ..Plan::default()
    };
    let killer = Killer::new(&plan);
    let before = killer.profiles_before.len();
    let output = killer.torment(&plan, 10, 25);
    assert_exactly(&killer, &output, &numbered(before));
}

#[test]
fn a_recipe_that_was_changed_stops_before_it_makes_anything_new() {
    let plan = Plan {
        script: "for number in 1..=40 { copy_profile(1640, #{ name: `shop-${pad(number, 4)}` }); }",
        ..Plan::default()
    };
    let killer = Killer::new(&plan);
    killer.kill_after(&plan, &["run", "recipe.rhai"], 20);
    let made = killer.made();
    let edited = plan.script.replace("shop", "store");
    std::fs::write(killer.folder.join("recipe.rhai"), edited).unwrap();
    let output = killer.finish(&plan, &["resume"]);
    // The write that the kill has cut is in doubt, which is graver than a recipe that was changed.
    assert_eq!((output.status.code(), killer.made()), (Some(5), made.clone()), "{}", text(&output));
    assert!(text(&output).contains("the recipe has changed since the run began"), "{}", text(&output));
    assert!(text(&output).contains("where it called copy_profile"), "{}", text(&output));
    std::fs::write(killer.folder.join("recipe.rhai"), plan.script).unwrap();
    let output = killer.resume_to_the_end(&plan);
    assert_exactly(&killer, &output, &numbered(40));
}

#[test]
fn two_resumes_at_once_are_one() {
    let plan = Plan {
        script: "for number in 1..=300 { copy_profile(1640, #{ name: `shop-${pad(number, 4)}` }); }",
        ..Plan::default()
    };
    let killer = Killer::new(&plan);
    killer.kill_after(&plan, &["run", "recipe.rhai"], 20);
    let codes = std::thread::scope(|scope| {
        let both: Vec<_> =
            (0..2).map(|_| scope.spawn(|| killer.finish(&plan, &["resume", "1"]).status.code())).collect();
        both.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    // The other is refused, or comes when everything is done.
    assert!(
        codes.contains(&Some(0)) && codes.iter().all(|code| [Some(0), Some(2)].contains(code)),
        "{codes:?}"
    );
    let output = killer.resume_to_the_end(&plan);
    assert_exactly(&killer, &output, &numbered(300));
}

#[test]
fn imports_are_settled_by_the_records_of_received_profiles() {
    let codes: Vec<String> =
        (0..60).map(|number| format!("{:08}-{:08}", 10_000_000 + number, number)).collect();
    let script = format!("let codes = {codes:?}; import_profiles(codes);");
    let plan = Plan {
        script: &script,
        faults: &["drop-before@import_profile:every=13", "drop-after@import_profile:every=11"],
        jobs: "4",
        ..Plan::default()
    };
    let killer = Killer::new(&plan);
    killer.simulator.world(|world| {
        for (number, code) in codes.iter().enumerate() {
            world.offer(code, &format!("shop-{:04}", number + 1), 0);
        }
    });
    let output = killer.torment(&plan, 6, 20);
    assert_exactly(&killer, &output, &numbered(60));
    let journal = std::fs::read(killer.folder.join("journal.db")).unwrap();
    assert!(!journal.windows(17).any(|bytes| bytes == codes[0].as_bytes()), "a code in clear text");
}

#[test]
fn the_time_and_chance_are_those_of_before() {
    let plan = Plan {
        script: "let started = now();
            for number in 1..=9 { copy_profile(1640, #{ name: `${started}-${random(1, 1000000)}-${number}` }); }",
        ..Plan::default()
    };
    let killer = Killer::new(&plan);
    let output = killer.torment(&plan, 5, 3);
    assert_eq!((killer.made().len(), output.status.code()), (9, Some(0)), "{}", text(&output));
}

#[test]
fn the_output_table_is_whole_again_after_a_resume() {
    let plan = Plan {
        script: "for number in 1..=30 {
            let name = `shop-${pad(number, 4)}`;
            copy_profile(1640, #{ name: name });
            emit(#{ name: name });
        }",
        ..Plan::default()
    };
    let killer = Killer::new(&plan);
    killer.kill_after(&plan, &["--output", "made.csv", "run", "recipe.rhai"], 12);
    let output = killer.resume_to_the_end(&plan);
    assert_exactly(&killer, &output, &numbered(30));
    let table = std::fs::read_to_string(killer.folder.join("made.csv")).unwrap();
    assert_eq!(table, format!("name\n{}\n", numbered(30).join("\n")));
}
