//! The real program as a process of its own: signals, pipes, memory, and the few things that cannot be shown in process.

use crate::support::{root, state_folder};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Output, Stdio};
#[cfg(unix)]
use std::time::{Duration, Instant};

fn program(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ixscript"));
    let config = root().join("tests/it/empty.toml");
    command.args(words).current_dir(root()).env("IXSCRIPT_CONFIG", config).env_remove("IXSCRIPT_URL");
    command.env("IXSCRIPT_STATE", state_folder());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn texts(output: &Output) -> (String, String, Option<i32>) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr), output.status.code())
}

#[test]
fn a_script_runs_and_its_output_arrives_in_order() {
    let output =
        program(&["--sim", "eval", "print(\"a\"); log_info(\"b\"); copy_profile(1640)"]).output().unwrap();
    assert_eq!(texts(&output), ("a\n1641\n".to_owned(), "b\n".to_owned(), Some(0)));
}

#[test]
fn standard_input_is_a_script() {
    let mut child = program(&["run", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"print(1 + 1);").unwrap();
    assert_eq!(texts(&child.wait_with_output().unwrap()), ("2\n".to_owned(), String::new(), Some(0)));
}

#[test]
fn a_reader_that_goes_away_ends_the_script_quietly() {
    let mut child = program(&["eval", "let n = 0; loop { print(n); n += 1; }"]).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(first, "0\n");
    let (_, stderr, status) = texts(&child.wait_with_output().unwrap());
    assert_eq!((stderr.as_str(), status), ("", Some(130)));
}

/// Scripts that would bring down a host without limits: each must end by itself with a plain error.
#[test]
fn no_script_can_bring_the_program_down() {
    let bombs = [
        "let s = \"x\"; loop { s += s; }",
        "let a = [0]; loop { a += a; }",
        "let m = #{}; let n = 0; loop { m[`k${n}`] = \"0123456789\".to_chars(); n += 1; }",
        "let s = \"a\"; for i in 0..20 { s = s.replace(\"a\", \"aaaaaaaaaaaaaaaa\"); }",
        "let s = \"\"; s.pad(4000000000, \"x\");",
        "let a = []; a.pad(4000000000, 0);",
        "let s = \",\"; for i in 0..24 { s += s; } let parts = s.split(\",\");",
        "let b = blob(4000000000);",
        "let f = || 1; loop { let g = f; f = || g.call(); }",
        "let a = []; loop { a = [a]; }",
        "let m = #{}; loop { m = #{ m: m }; }",
        "fn f(n) { f(n + 1) + f(n + 2) } f(0)",
        "[1, 2, 3].map(|x| { loop { } })",
        "let a = []; a.push(a); a.push(a); print(a); loop { a.push(a); }",
    ];
    for bomb in bombs {
        let words = ["--memory", "32", "--compute", "300ms", "eval", bomb];
        let (stdout, stderr, status) = texts(&program(&words).output().unwrap());
        assert_eq!(status, Some(1), "{bomb}\n{stdout}{stderr}");
        assert!(stderr.starts_with("error: ") && !stderr.contains("internal"), "{bomb}\n{stderr}");
    }
}

/// The stack grows with the memory that a script may take.
#[test]
fn nested_values_are_taken_apart_without_an_overflow() {
    let chain = "let f = []; loop { let g = f; f = [|| g]; }";
    for (memory, bomb) in [("96", format!("parallel([1], |x| {{ {chain} }})")), ("96", chain.to_owned())] {
        let (stdout, stderr, status) =
            texts(&program(&["-q", "--memory", memory, "eval", &bomb]).output().unwrap());
        assert_eq!(status, Some(1), "{memory}: {stdout}{stderr}");
        assert!(stderr.starts_with("error: the script needs more than"), "{memory}: {stderr}");
    }
}

#[test]
fn what_was_printed_is_not_lost_when_only_the_program_can_end_the_script() {
    let code = "print(\"hello\"); let bytes = blob(15000000, 1); let list = bytes.to_array();";
    let (stdout, stderr, status) = texts(&program(&["--memory", "64", "eval", code]).output().unwrap());
    assert_eq!((stdout.as_str(), status), ("hello\n", Some(1)), "{stderr}");
    assert!(
        stderr.starts_with("error: a single step of the script took far more than its 64 MiB"),
        "{stderr}"
    );
}

#[test]
fn deep_nesting_is_an_error_and_no_overflow() {
    for bomb in [
        "[".repeat(1 << 20),
        "(".repeat(1 << 20),
        "#{a:".repeat(1 << 18),
        "if true {".repeat(1 << 16),
        "1+".repeat(1 << 18),
    ] {
        let mut child = program(&["check", "-"]).stdin(Stdio::piped()).spawn().unwrap();
        // The program may have seen enough before the end.
        let _ = child.stdin.take().unwrap().write_all(bomb.as_bytes());
        let (_, stderr, status) = texts(&child.wait_with_output().unwrap());
        assert_eq!(status, Some(2), "{stderr}");
        assert!(stderr.len() < 10_000, "{} bytes", stderr.len());
    }
}

/// Waits until the program has written this much to standard error.
fn wait_for(child: &mut Child, words: &str) {
    let stderr = child.stderr.as_mut().unwrap();
    let mut seen = String::new();
    let mut byte = [0];
    while !seen.contains(words) {
        assert_eq!(stderr.read(&mut byte).unwrap(), 1, "ended after: {seen}");
        seen.push(char::from(byte[0]));
    }
}

#[cfg(unix)]
fn interrupt(child: &Child, signal: &str) {
    // The shell's own `kill` is there on the barest machine.
    let killed = Command::new("sh").args(["-c", &format!("kill {signal} {}", child.id())]).status().unwrap();
    assert!(killed.success());
}

#[cfg(unix)]
#[test]
fn signals_interrupt_scripts_sleeps_and_calls_at_once() {
    let cases = [
        ("-INT", "log_info(\"go\"); loop { }", "--sim"),
        ("-TERM", "log_info(\"go\"); sleep(600)", "--sim"),
        ("-INT", "log_info(\"go\"); try { sleep(600) } catch { } loop { }", "--sim"),
        ("-INT", "log_info(\"go\"); list_groups()", "--sim=fault=hang"),
    ];
    for (signal, code, sim) in cases {
        let mut child = program(&[sim, "eval", code]).spawn().unwrap();
        wait_for(&mut child, "go\n");
        let started = Instant::now();
        interrupt(&child, signal);
        let (_, stderr, status) = texts(&child.wait_with_output().unwrap());
        assert_eq!(status, Some(130), "{code}: {stderr}");
        assert!(stderr.starts_with("error: interrupted"), "{code}: {stderr}");
        assert!(started.elapsed() < Duration::from_secs(300), "{code}");
    }
}

/// A simulator that has just been sent its first request by a program that runs this code.
#[cfg(unix)]
fn in_flight(config: ixscript::sim::Config, code: &str) -> (ixscript::sim::Simulator, Child) {
    let simulator = crate::support::simulator(config);
    let child = program(&["--url", simulator.url(), "eval", code]).spawn().unwrap();
    while simulator.counts().requests == 0 {
        std::thread::yield_now();
    }
    (simulator, child)
}

#[cfg(unix)]
#[test]
fn one_interrupt_lets_a_write_finish_and_starts_nothing_new() {
    let simulator = crate::support::simulator(ixscript::sim::Config::default());
    // The request waits for the world until the program has said that it waits for the reply.
    let interrupted = |signal: &str, code: &str| {
        let before = simulator.counts().requests;
        let child = simulator.world(|_| {
            let mut child = program(&["--url", simulator.url(), "eval", code]).spawn().unwrap();
            while simulator.counts().requests == before {
                std::thread::yield_now();
            }
            interrupt(&child, signal);
            wait_for(&mut child, "finishing 1 call in flight; press Ctrl-C again");
            child
        });
        let ended = texts(&child.wait_with_output().unwrap());
        assert_eq!(simulator.counts().requests, before + 1, "{ended:?}");
        ended
    };
    for code in [
        "copy_profile(1640); copy_profile(1640)",
        "parallel([1, 2], |n| { copy_profile(1640); copy_profile(1640) }, #{ jobs: 1 })",
    ] {
        let (_, stderr, status) = interrupted("-INT", code);
        assert_eq!(status, Some(130), "{stderr}");
        assert!(stderr.contains("error: interrupted") && !stderr.contains("doubt"), "{stderr}");
    }
    // What came back is still told.
    let (stdout, stderr, status) = interrupted("-TERM", "copy_profile(1640)");
    assert_eq!((stdout.as_str(), status), ("1643\n", Some(130)), "{stderr}");
}

#[cfg(unix)]
#[test]
fn a_second_interrupt_cuts_a_write_which_may_have_been_done() {
    let faults = vec!["hang@copy_profile".parse().unwrap()];
    let config = ixscript::sim::Config { faults, ..ixscript::sim::Config::default() };
    let (_simulator, mut child) = in_flight(config, "copy_profile(1640)");
    interrupt(&child, "-INT");
    wait_for(&mut child, "to stop at once");
    interrupt(&child, "-INT");
    let (_, stderr, status) = texts(&child.wait_with_output().unwrap());
    assert_eq!(status, Some(5), "{stderr}");
    assert!(stderr.contains("interrupted during `copy_profile`"), "{stderr}");
    assert!(stderr.contains("a write is in doubt"), "{stderr}");
}

/// Rows are read from the file as they are asked for, so a file that is written to meanwhile is noticed.
#[test]
fn a_table_that_is_changed_during_the_run_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("table.csv");
    let path = table.to_str().unwrap();
    let rows = format!("name\n{}", "a row of some length\n".repeat(50_000));
    for code in [
        "for row in rows() { print(row.name); }",
        "parallel(rows(), |row| print(row.name), #{ jobs: 1, collect: false })",
    ] {
        std::fs::write(&table, &rows).unwrap();
        let mut child = program(&["--input", path, "eval", code]).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut printed = String::new();
        stdout.read_line(&mut printed).unwrap();
        // There are more rows than a pipe holds, so the program is far from their end.
        std::fs::write(&table, &rows[1000..]).unwrap();
        stdout.read_to_string(&mut printed).unwrap();
        let (_, stderr, status) = texts(&child.wait_with_output().unwrap());
        assert!(printed.lines().count() < 50_000 && status == Some(1), "{code}: {stderr}");
        let told = "error: the table of --input: it was changed while it was in use";
        assert!(stderr.starts_with(told) && stderr.contains("--> <eval>:1:"), "{code}: {stderr}");
    }
}

#[test]
fn the_simulator_prints_its_url_first_and_serves_others() {
    let mut simulator = program(&["sim", "--port", "0"]).spawn().unwrap();
    let mut url = String::new();
    BufReader::new(simulator.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let output = program(&["--url", url.trim(), "call", "copy_profile", "profile_id=1640"]).output().unwrap();
    simulator.kill().unwrap();
    simulator.wait().unwrap();
    assert_eq!(texts(&output), ("1641\n".to_owned(), String::new(), Some(0)));
}

#[test]
fn nothing_listening_is_told_within_a_second_or_so_and_is_exit_4() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}/api/v2/");
    let output = program(&["--url", &url, "eval", "copy_profile(1)"]).output().unwrap();
    let (stdout, stderr, status) = texts(&output);
    assert_eq!((stdout.as_str(), status), ("", Some(4)));
    assert!(stderr.contains("nothing listens there") && stderr.contains("Start ixBrowser"), "{stderr}");
}

#[test]
fn a_script_can_wait_for_the_app_to_come_back() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}/api/v2/");
    let code = "let n = 0;
        loop {
            try { list_groups(); break; } catch (error) { n += 1; log_info(`missed ${n}`); sleep(0.6); }
        }
        print(\"back\")";
    let mut child = program(&["--url", &url, "eval", code]).spawn().unwrap();
    // More calls than would end a run that does not wait between them.
    wait_for(&mut child, "missed 4\n");
    let _app = crate::support::simulator(ixscript::sim::Config { port, ..ixscript::sim::Config::default() });
    let (stdout, stderr, status) = texts(&child.wait_with_output().unwrap());
    assert_eq!((stdout.as_str(), status), ("back\n", Some(0)), "{stderr}");
}

/// The bytes a terminal is sent by the program with these words, after `typed` was typed where it waits for it.
#[cfg(unix)]
fn on_a_terminal(words: &[&str], answers: &[(&str, &str)]) -> String {
    let mut command = program(words);
    command.env("NO_COLOR", "1").env("TERM", "xterm").env_remove("COLUMNS");
    command.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
    use expectrl::Expect as _;
    let mut session = expectrl::Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(Duration::from_secs(120)));
    session.get_process_mut().set_echo(true, None).unwrap();
    let mut seen = String::new();
    let mut keep = |captures: &expectrl::Captures| {
        seen.push_str(&String::from_utf8_lossy(captures.before()));
        captures.matches().for_each(|bytes| seen.push_str(&String::from_utf8_lossy(bytes)));
    };
    for (question, answer) in answers {
        keep(&session.expect(*question).unwrap());
        session.send_line(answer).unwrap();
    }
    keep(&session.expect(expectrl::Eof).unwrap());
    seen
}

#[cfg(unix)]
#[test]
fn a_terminal_shows_a_bar_that_no_line_runs_into() {
    let latency = Duration::from_millis(100);
    let simulator = crate::support::simulator(ixscript::sim::Config { latency, ..Default::default() });
    let code = "let items = []; for n in 0..20 { items.push(n) }
        parallel(items, |n| { log_info(`logged ${n} whole`); print(`printed ${n} whole`); copy_profile(1640) }); 1";
    let words = ["--url", simulator.url(), "-j", "1", "--first", "8", "eval", code];
    let seen = on_a_terminal(&words, &[("go on? [y/N] ", "y")]);
    assert!(seen.contains("of 20 items, "), "{seen:?}");
    // No bar is drawn over the question.
    let after_question = seen.split("go on? [y/N] ").nth(1).unwrap();
    assert!(after_question.starts_with("y\r\n"), "{seen:?}");
    for n in 0..20 {
        for line in [format!("logged {n} whole\r\n"), format!("printed {n} whole\r\n")] {
            let before = seen.split(&line).next().filter(|before| *before != seen).unwrap();
            // Each line begins where the last one ended or where the bar was wiped.
            let is_clean = before.is_empty() || before.ends_with('\n') || before.ends_with("\x1b[2K");
            assert!(is_clean, "{line:?} in {seen:?}");
        }
    }
    assert!(seen.contains("20 of 20 items done; 20 writes in "), "{seen:?}");
    let quiet = on_a_terminal(&["-q", "--sim", "-j", "1", "eval", code], &[]);
    assert!(!quiet.contains("items") && quiet.contains("printed 19 whole"), "{quiet:?}");
}

#[cfg(unix)]
#[test]
fn a_table_that_can_be_read_only_once_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("rows.csv");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::fs::write(folder.path().join("recipe.rhai"), "for row in rows() { print(row.name) }").unwrap();
    let recipe = folder.path().join("recipe.rhai");
    let mut command = program(&["--input", pipe.to_str().unwrap(), "run", recipe.to_str().unwrap()]);
    let child = command.spawn().unwrap();
    std::fs::write(&pipe, "name\na\nb\n").unwrap();
    // Nobody reads the pipe for anything else: this would wait for ever.
    let output = child.wait_with_output().unwrap();
    assert_eq!(texts(&output), ("a\nb\n".to_owned(), String::new(), Some(0)));
}

/// The program where these signals are ignored, as below `nohup` and in the background of a script.
#[cfg(unix)]
fn ignoring(signals: &str, words: &[&str]) -> Command {
    let mut command = program(&[]);
    let mut shell = Command::new("sh");
    let run = format!("trap '' {signals}; exec \"$0\" \"$@\"");
    shell.args(["-c", &run, env!("CARGO_BIN_EXE_ixscript")]).args(words).current_dir(root());
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env_clear();
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    shell
}

#[cfg(unix)]
#[test]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    for ignored in ["HUP", "INT TERM"] {
        for signal in ["HUP", "INT", "TERM"] {
            // Long enough to be stopped, where it is.
            let count = if ignored.contains(signal) { 3 } else { 3000 };
            let code =
                format!("log_info(\"begun\"); for n in 0..{count} {{ copy_profile(1640) }} print(\"all\")");
            let words = ["--sim=latency=20ms", "eval", &code];
            let mut child = ignoring(ignored, &words).spawn().unwrap();
            wait_for(&mut child, "begun\n");
            let kill = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
            assert!(kill.unwrap().success());
            let (stdout, stderr, status) = texts(&child.wait_with_output().unwrap());
            let expected = if ignored.contains(signal) { ("all\n", Some(0)) } else { ("", Some(130)) };
            assert_eq!((stdout.as_str(), status), expected, "{signal} with {ignored} ignored: {stderr}");
        }
    }
}
