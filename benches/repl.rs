//! What a person waits for: the first prompt, and a completion among 10,000 names. Fails when a bar is missed.
//!
//! The first prompt is timed in a pseudo-terminal, beside a script that only prints one, in rounds that take turns.

// A measurement that cannot be made shall fail, and figures go to the terminal.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::exit)]

#[cfg(unix)]
use expectrl::{Expect, Session};
use ixscript::repl;
#[cfg(unix)]
use std::process::Command;
use std::time::{Duration, Instant};

const NAMES: usize = 10_000;
const MOST_FOR_COMPLETION: Duration = Duration::from_millis(5);
#[cfg(unix)]
const MOST_FOR_PROMPT: f64 = 2.0;
const ROUNDS: usize = 41;

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// With every name a candidate, which is the worst case.
fn completion() -> Duration {
    let names: Vec<String> = (0..NAMES).map(|number| format!("name_{number}")).collect();
    let times = (0..ROUNDS).map(|_| {
        let began = Instant::now();
        assert_eq!(repl::complete("let x = 1 + name_", &names).len(), NAMES);
        began.elapsed()
    });
    median(times.collect())
}

#[cfg(unix)]
fn program(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ixscript"));
    let state = concat!(env!("CARGO_TARGET_TMPDIR"), "/bench-state");
    command.args(words).env("IXSCRIPT_STATE", state).env("TERM", "xterm");
    command
}

/// From the start of the program to the first time it shows `> `. The terminal costs both the same.
#[cfg(unix)]
fn until_shown(words: &[&str]) -> Duration {
    let began = Instant::now();
    let mut session = Session::spawn(program(words)).unwrap();
    session.expect("> ").unwrap();
    let took = began.elapsed();
    session.send("\x04").unwrap();
    session.expect(expectrl::Eof).unwrap();
    took
}

fn main() {
    let mut missed = false;
    let mut tell = |what: &str, figure: String, bar: String, is_met: bool| {
        println!("{what:<45} {figure:>10}   bar {bar:>6}   {}", if is_met { "met" } else { "MISSED" });
        missed |= !is_met;
    };
    let took = completion();
    let shown = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1000.0);
    let (bar, is_met) = (shown(MOST_FOR_COMPLETION), took < MOST_FOR_COMPLETION);
    tell("a completion among 10,000 names", shown(took), bar, is_met);
    #[cfg(unix)]
    {
        let rounds: Vec<(Duration, Duration)> =
            (0..ROUNDS).map(|_| (until_shown(&["eval", "print(\"> \")"]), until_shown(&["repl"]))).collect();
        let script = median(rounds.iter().map(|round| round.0).collect());
        let prompt = median(rounds.iter().map(|round| round.1).collect());
        let ratio = prompt.as_secs_f64() / script.as_secs_f64();
        println!("a script {}, the first prompt {}", shown(script), shown(prompt));
        let (bar, is_met) = (format!("{MOST_FOR_PROMPT:.2}"), ratio <= MOST_FOR_PROMPT);
        tell("the first prompt / a script that prints one", format!("{ratio:.2}"), bar, is_met);
    }
    if missed {
        std::process::exit(1);
    }
}
