//! What bulk work costs, side by side with what it could cost at best. `cargo bench --bench bulk` runs it.
//!
//! - `parallel` with 1, 8 and 64 jobs against an app that takes 20 ms per reply: at least 0.95 of what plain threads
//!   reach with the same ureq settings;
//! - what a journal adds to items that read a list and copy a profile, what is read recorded: at most 10 % with 8 jobs, and
//!   25 % with 64;
//! - what a resume over 10,000 finished calls takes beyond a cold start: less than 1 s;
//! - the size of a journal with a list of 10,000 profiles that is read 100 times, one profile created after each: below 20 MB;
//! - peak memory of a streamed run over 100,000 rows, the program included: below 24 MiB.
//!
//! Ratios are medians over interleaved rounds. The bench fails when a bar is missed. Nothing is pinned: workers need
//! every core there is.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr)]

mod measure;
mod server;

use ixscript::base::cancel::Cancel;
use ixscript::base::clock::Clock;
use ixscript::base::mask::Secrets;
use ixscript::base::report::Source;
use ixscript::calls::{Calls, Policy, Recorder, Recording};
use ixscript::client::{BaseUrl, Client, Settings};
use ixscript::journal::NewRun;
use ixscript::script::{Ending, Host, Input, Limits, Session, on_big_stack};
use ixscript::sim::{self, Simulator};
use measure::{Silent, median, time};
use server::{REPLY, Server};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const DELAY: u64 = 20;
/// Calls of each worker in a round.
const CALLS: usize = 40;
const ROUNDS: usize = 7;
const JOBS: [usize; 3] = [1, 8, 64];
const ROWS: usize = 100_000;
const IMPORTED: &str =
    r#"{"error":{"code":0,"message":"success","time":1703759701},"data":{"profile_id":1641}}"#;

fn main() {
    if server::serves() || !std::env::args().any(|word| word == "--bench") {
        return;
    }
    let mut is_good = true;
    is_good &= throughput();
    if cfg!(target_os = "linux") {
        is_good &= memory();
    }
    is_good &= journal();
    is_good &= resume();
    is_good &= size();
    if !is_good {
        // A missed bar fails the command.
        panic!("a bar was missed");
    }
}

/// A recording in a file of its own, of a run that can be resumed.
fn recorder(url: &str, folder: &Path) -> Recorder {
    let run = NewRun {
        command: "run".to_owned(),
        name: "bench".to_owned(),
        url: url.to_owned(),
        plan: Some(serde_json::Value::Null),
        began: Clock::System.now_ms(),
    };
    let recording = Recording::in_file(folder.join("journal.db"), run);
    Recorder::new(recording, Clock::System, Duration::from_secs(32))
}

/// A copy.
const COPY: &str = "copy_profile(id, #{ name: \"shop\", group_id: 177 })";
/// A read, and a copy.
const READ_AND_COPY: &str =
    "{ list_profiles(#{ page: 1, limit: 10 }); copy_profile(id, #{ name: \"shop\", group_id: 177 }) }";

fn scripted(url: &str, jobs: usize, item: &str, recorder: Option<Recorder>) -> impl FnMut() {
    let cancel = Cancel::default();
    let settings = Settings {
        url: BaseUrl::parse(url, false).unwrap(),
        connect_timeout: Duration::from_secs(2),
        timeout: Duration::from_secs(30),
    };
    let policy = Policy {
        retries: 4,
        allow_destructive: false,
        max_writes: None,
        interval: Duration::ZERO,
        is_dry: false,
    };
    let calls = Calls::new(Client::new(settings, &cancel), policy, cancel.clone(), Secrets::default());
    let calls = match recorder {
        Some(recorder) => calls.recorded(recorder),
        None => calls,
    };
    let limits = Limits { memory: 128 << 20, compute: Duration::from_secs(60) };
    let (params, args, secrets) = (serde_json::Map::new(), Vec::new(), Vec::new());
    let input = Input { params, args, secrets, table: None, key: None, output: None, jobs };
    let host = Host::new(Arc::new(calls), Arc::new(Silent), cancel, Clock::System, limits, input);
    let mut session = Session::new(host, None);
    let items = jobs * CALLS;
    let text = format!(
        "let items = []; items.pad({items}, 1640);
        let counts = parallel(items, |id| {item}, #{{ collect: false }});
        if counts.done != {items} {{ throw counts; }}"
    );
    let source = Arc::new(Source { name: "bench".to_owned(), text });
    move || {
        let ending = on_big_stack(|| session.run(&source)).unwrap();
        assert!(matches!(ending, Ending::Finished(_)), "{ending:?}");
    }
}

/// What anybody would write with threads, ureq and serde_json.
fn plain(url: &str, jobs: usize) -> impl FnMut() {
    let config = ureq::Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_connect(Some(Duration::from_secs(2)))
        .timeout_recv_response(Some(Duration::from_secs(30)))
        .timeout_recv_body(Some(Duration::from_secs(30)))
        .max_idle_connections(0)
        .input_buffer_size(16 << 10)
        .output_buffer_size(16 << 10)
        .build();
    let agent = ureq::Agent::new_with_config(config);
    let url = format!("{url}profile-copy");
    move || {
        let next = AtomicUsize::new(0);
        let work = || {
            while next.fetch_add(1, Ordering::Relaxed) < jobs * CALLS {
                let body = serde_json::json!({ "profile_id": 1640, "name": "shop", "group_id": 177 });
                let request = agent.post(&url).content_type("application/json");
                let mut reply = request.send(serde_json::to_vec(&body).unwrap().as_slice()).unwrap();
                let reply: serde_json::Value =
                    serde_json::from_slice(&reply.body_mut().read_to_vec().unwrap()).unwrap();
                assert_eq!(reply["data"], 1641);
            }
        };
        std::thread::scope(|scope| (0..jobs).for_each(|_| drop(scope.spawn(work))));
    }
}

fn verdict(what: &str, number: f64, bar: &str, is_good: bool) -> bool {
    println!("{what:<52} {number:6.2}  (bar {bar}) {}", if is_good { "good" } else { "MISSED" });
    is_good
}

fn throughput() -> bool {
    const BAR: f64 = 0.95;
    let server = Server::start(DELAY, REPLY);
    let mut is_good = true;
    for jobs in JOBS {
        let (mut scripted, mut plain) = (scripted(&server.url, jobs, COPY, None), plain(&server.url, jobs));
        let (mut ratios, mut rates) = (Vec::new(), Vec::new());
        for _ in 0..=ROUNDS {
            let (script, threads) = (time(&mut scripted), time(&mut plain));
            ratios.push(threads / script);
            rates.push((jobs * CALLS) as f64 / script);
        }
        // The first round warms up.
        let rest = |numbers: Vec<f64>| median(numbers[1..].to_vec());
        println!("{jobs} jobs made {:.0} calls per second", rest(rates));
        let ratio = rest(ratios);
        let what = format!("rate of parallel with {jobs} jobs / of plain threads");
        is_good &= verdict(&what, ratio, &format!("{BAR}"), ratio >= BAR);
    }
    server.stop();
    is_good
}

fn journal() -> bool {
    let server = Server::start(DELAY, REPLY);
    let mut is_good = true;
    for (jobs, bar) in [(8, 1.10), (64, 1.25)] {
        let folder = tempfile::tempdir().unwrap();
        let mut recorded =
            scripted(&server.url, jobs, READ_AND_COPY, Some(recorder(&server.url, folder.path())));
        let mut unrecorded = scripted(&server.url, jobs, READ_AND_COPY, None);
        // The first round warms up.
        let ratios = (0..=ROUNDS).map(|_| time(&mut recorded) / time(&mut unrecorded));
        let ratio = median(ratios.skip(1).collect());
        let what = format!("time of {jobs} jobs with a journal / without");
        is_good &= verdict(&what, ratio, &format!("{bar}"), ratio <= bar);
    }
    server.stop();
    is_good
}

fn resume() -> bool {
    const BAR: f64 = 1.0;
    const FINISHED: usize = 10_000;
    let simulator = Simulator::start(sim::Config::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "let rows = [];
        for number in 0..{FINISHED} {{ rows.push(#{{ profile_id: 1640, name: `shop-${{number}}` }}); }}
        copy_profiles(rows);
        fail(\"go on\");"
    );
    std::fs::write(folder.path().join("recipe.rhai"), script).unwrap();
    std::fs::write(folder.path().join("empty.rhai"), "").unwrap();
    let run = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ixscript"));
        command.args(["--yes", "--jobs", "64", "--url", simulator.url()]).args(words);
        command.current_dir(folder.path()).env("IXSCRIPT_STATE", folder.path());
        let started = Instant::now();
        let output = command.output().unwrap();
        (started.elapsed().as_secs_f64(), output.status.code())
    };
    assert_eq!(run(&["run", "recipe.rhai"]).1, Some(1));
    let made = simulator.world(|world| world.profile_ids().len());
    let times = (0..ROUNDS).map(|_| {
        let (resumed, code) = run(&["resume"]);
        assert_eq!(code, Some(1));
        resumed - run(&["run", "empty.rhai"]).0
    });
    let own = median(times.collect());
    assert_eq!(simulator.world(|world| world.profile_ids().len()), made);
    verdict(&format!("seconds of a resume over {FINISHED} finished calls"), own, "1", own < BAR)
}

fn size() -> bool {
    const BAR: f64 = 20.0;
    let options = sim::Options { profiles: 10_000, ..sim::Options::default() };
    let simulator = Simulator::start(sim::Config { options, ..sim::Config::default() }).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let script = "for number in 1..=100 { list_profiles(); copy_profile(1640, #{ name: `shop-${number}` }); } fail(\"kept\");";
    std::fs::write(folder.path().join("recipe.rhai"), script).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ixscript"));
    command.args(["--yes", "--url", simulator.url(), "run", "recipe.rhai"]);
    command.current_dir(folder.path()).env("IXSCRIPT_STATE", folder.path());
    assert_eq!(command.output().unwrap().status.code(), Some(1));
    let size = std::fs::metadata(folder.path().join("journal.db")).unwrap().len() as f64 / 1e6;
    verdict("MB of a journal with 100 lists of 10,000 profiles", size, "20", size < BAR)
}

/// The peak of a whole run of the program, in MiB.
fn peak_memory(reply: &str, table: &str, code: &str) -> f64 {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (input, output) = (folder.join("bulk-in.csv"), folder.join("bulk-out.csv"));
    std::fs::write(&input, table).unwrap();
    // One may be left from a bench that was stopped.
    let _ = std::fs::remove_file(&output);
    let (server, state) = (Server::start(0, reply), tempfile::tempdir().unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_ixscript"));
    command.env("IXSCRIPT_STATE", state.path()).arg("--input").arg(&input).arg("--output").arg(&output);
    let code = format!("let counts = {code}; print(counts.done); sleep(600)");
    let started = Instant::now();
    let mut child = command
        .args(["--url", &server.url, "eval", &code])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    println!("{ROWS} rows took {:.1} s", started.elapsed().as_secs_f64());
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    server.stop();
    assert_eq!(line.trim(), ROWS.to_string());
    assert_eq!(std::fs::read_to_string(&output).unwrap().lines().count(), ROWS + 1);
    std::fs::remove_file(&output).unwrap();
    std::fs::remove_file(&input).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

fn memory() -> bool {
    const BAR: f64 = 24.0;
    let mut copies = "profile_id,name,group_id\n".to_owned();
    let mut imports = "transfer_code,group_id\n".to_owned();
    for row in 0..ROWS {
        writeln!(copies, "1640,shop number {row:06} of many,177").unwrap();
        // Every code is remembered, to be masked wherever it might be shown.
        writeln!(imports, "{:08}-{:08},177", row * 997 % 100_000_000, row).unwrap();
    }
    let copied = peak_memory(REPLY, &copies, "copy_profiles(rows(), #{ collect: false })");
    let imported = peak_memory(IMPORTED, &imports, "import_profiles(rows(), #{ collect: false })");
    let copied = verdict("MiB at the peak of 100,000 copies from a table", copied, "24", copied < BAR);
    verdict("MiB at the peak of 100,000 imports from a table", imported, "24", imported < BAR) && copied
}
