//! Random histories of runs that are killed, cut off and resumed, and what must hold after each.
//!
//! Everything above the seams is the program's own: the engine, the host functions, the calls, what a resume decides. Below
//! them are an app in memory, a journal in memory, a virtual clock, and threads that pass a baton. A history follows from its
//! seed.
//!
//! `cargo test --test simulation` runs some hundred histories. More of them, on all cores:
//!
//! ```sh
//! IXSCRIPT_HISTORIES=300000 cargo test --release --test simulation -- --nocapture random
//! ```
//!
//! One again, made smaller and told step by step:
//!
//! ```sh
//! IXSCRIPT_SEED=42 cargo test --test simulation -- --nocapture one_seed
//! ```

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::print_stdout)]

mod app;
mod check;
mod coverage;
mod history;
mod known;
mod pace;
mod plan;
mod scheduler;
mod script;
mod session;
mod shrink;
mod store;
mod store_tests;

use check::{Kind, Violation};
use coverage::Coverage;
use plan::{History, Scope};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Of each broken promise so many histories are made smaller if nobody says otherwise.
const MAX_SHRUNK: u64 = 15;

/// How many histories run if nobody says otherwise.
const HISTORIES: u64 = 600;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number, and is `{text}`")))
}

/// A broken promise and the seed that broke it.
struct Broken {
    seed: u64,
    kind: Kind,
    witness: String,
}

/// Runs the histories of these seeds on all cores.
fn run(seeds: std::ops::Range<u64>, scope: Scope) -> (Vec<Broken>, Coverage) {
    let next = AtomicU64::new(seeds.start);
    let found = Mutex::new((Vec::new(), Coverage::default()));
    let kinds: Mutex<BTreeMap<Kind, u64>> = Mutex::default();
    let wanted = std::env::var("IXSCRIPT_WITH").ok();
    let most = number("IXSCRIPT_SHRINK").unwrap_or(MAX_SHRUNK);
    let worker = || {
        let (mut broken, mut coverage) = (Vec::new(), Coverage::default());
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                break;
            }
            let history = History::random(seed, scope);
            let report = history::run(&history);
            coverage.add(&history, &report);
            if wanted.as_ref().is_some_and(|wanted| !report.fired.contains(wanted)) {
                continue;
            }
            let mut seen = BTreeSet::new();
            for violation in report.violations.into_iter().filter(|violation| seen.insert(violation.kind)) {
                let nth =
                    *kinds.lock().unwrap().entry(violation.kind).and_modify(|nth| *nth += 1).or_insert(1);
                if scope == Scope::Everything && nth <= most {
                    let smallest = shrink::shrink(&history, violation.kind);
                    println!("seed {seed}: {}", known::name(&smallest, violation.kind));
                }
                broken.push(Broken { seed, kind: violation.kind, witness: violation.witness });
            }
        }
        let mut found = found.lock().unwrap();
        found.0.extend(broken);
        found.1.merge(coverage);
    };
    std::thread::scope(|threads| {
        let count = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        (0..count).for_each(|_| drop(threads.spawn(worker)));
    });
    let (mut broken, coverage) = found.into_inner().unwrap();
    broken.sort_by_key(|broken| broken.seed);
    (broken, coverage)
}

/// The smallest history of a seed that still breaks this promise, step by step.
fn tale_of(seed: u64, scope: Scope, kind: Kind) -> String {
    let history = shrink::shrink(&History::random(seed, scope), kind);
    let report = history::run(&history);
    let witness = report
        .violations
        .iter()
        .find(|violation| violation.kind == kind)
        .map(|violation| violation.witness.clone())
        .unwrap_or_default();
    format!(
        "{kind:?}: {witness}\n{}\n  again: IXSCRIPT_SEED={seed} IXSCRIPT_SCOPE={} IXSCRIPT_KIND={kind:?} cargo test --test simulation -- --nocapture one_seed",
        history::tale(&history, &report),
        scope.name(),
    )
}

#[test]
fn random_histories_within_what_is_promised_today_break_no_promise() {
    let began = std::time::Instant::now();
    let first = number("IXSCRIPT_FIRST_SEED").unwrap_or(1);
    let count = number("IXSCRIPT_HISTORIES").unwrap_or(HISTORIES);
    let (broken, coverage) = run(first..first + count, Scope::Kept);
    println!("{coverage}{count} histories in {:.1} s", began.elapsed().as_secs_f64());
    if let Some(broken) = broken.first() {
        panic!(
            "seed {} breaks a promise: {}\n{}",
            broken.seed,
            broken.witness,
            tale_of(broken.seed, Scope::Kept, broken.kind)
        );
    }
}

/// Prints what random search finds in everything: of each broken promise some histories, by what their smallest form is made
/// of.
#[test]
#[ignore = "a search, and not a test"]
fn search_everything() {
    let began = std::time::Instant::now();
    let first = number("IXSCRIPT_FIRST_SEED").unwrap_or(1);
    let count = number("IXSCRIPT_HISTORIES").unwrap_or(1000);
    let (broken, coverage) = run(first..first + count, Scope::Everything);
    println!(
        "{coverage}{count} histories in {:.1} s, {} of them break a promise",
        began.elapsed().as_secs_f64(),
        broken.len()
    );
    let mut kinds: BTreeMap<Kind, Vec<u64>> = BTreeMap::new();
    broken.iter().for_each(|broken| kinds.entry(broken.kind).or_default().push(broken.seed));
    for (kind, seeds) in &kinds {
        println!("{kind:?}: {} histories, first {}", seeds.len(), seeds[0]);
    }
}

#[test]
fn one_seed() {
    let Some(seed) = number("IXSCRIPT_SEED") else { return };
    let scope = Scope::named(&std::env::var("IXSCRIPT_SCOPE").unwrap_or_default());
    let history = History::random(seed, scope);
    let report = history::run(&history);
    let wanted = std::env::var("IXSCRIPT_KIND").unwrap_or_default();
    let is_wanted = |violation: &&Violation| wanted.is_empty() || format!("{:?}", violation.kind) == wanted;
    match report.violations.iter().find(is_wanted) {
        Some(violation) => panic!("seed {seed}: {}", tale_of(seed, scope, violation.kind)),
        None => println!("{}\n  no promise is broken", history::tale(&history, &report)),
    }
}

#[test]
fn a_history_follows_from_its_seed() {
    for seed in [3, 11, 36] {
        let history = History::random(seed, Scope::Everything);
        assert_eq!(history::run(&history).log, history::run(&history).log, "seed {seed}");
    }
}

/// The page says what is assumed and what is known to break, as the code does.
#[test]
fn the_page_about_the_simulation_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/simulation.md");
    let page = std::fs::read_to_string(path).unwrap().replace("\r\n", "\n");
    let assumptions = plan::ASSUMPTIONS.join("\n");
    assert!(page.contains(&assumptions), "docs/simulation.md lacks the assumptions:\n{assumptions}");
    let row = |known: &known::Known| format!("| {} | `{:?}` | {} |\n", known.seed, known.kind, known.about);
    let rows: String = known::KNOWN.iter().map(row).collect();
    assert!(
        page.contains(&format!("|---|---|---|\n{rows}\n"))
            || page.ends_with(&format!("|---|---|---|\n{rows}")),
        "docs/simulation.md must have these rows:\n{rows}"
    );
}

#[test]
fn known_defects_are_still_there() {
    for known in known::KNOWN {
        let history = History::random(known.seed, Scope::Everything);
        let found = history::run(&history).violations;
        assert!(
            found.iter().any(|violation| violation.kind == known.kind),
            "seed {} no longer shows {:?} ({}): take it out of the table",
            known.seed,
            known.kind,
            known.about
        );
    }
}
