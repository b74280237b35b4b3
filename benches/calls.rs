//! What a scripted call costs, side by side with what it could cost at best. `cargo bench` runs it; on Linux everything
//! is pinned to one core, because a call over loopback otherwise measures how the system wakes threads.
//!
//! - a scripted `copy_profile` against a plain loop on the same ureq settings: at most 1.25 times;
//! - the same against a raw socket, also one for each call: at most 2.75 times;
//! - from start to exit of an empty script against a hello-world: at most 2.75 times;
//! - peak memory: the same within 1 MiB from 1,000 to 100,000 calls, and below 10 MiB;
//! - threads: none per call.
//!
//! All ratios are medians over interleaved rounds. The bench fails when a bar is missed. Times are printed for
//! orientation only: they are the machine's.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr)]

mod measure;
mod server;

use ixscript::base::cancel::Cancel;
use ixscript::base::clock::Clock;
use ixscript::base::mask::Secrets;
use ixscript::base::report::Source;
use ixscript::calls::{Calls, Policy};
use ixscript::client::{BaseUrl, Client, Settings};
use ixscript::script::{Ending, Host, Input, Limits, Session};
use measure::{Silent, median, time};
use server::{REPLY, Server};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

const CALLS: usize = 2_000;
const ROUNDS: usize = 15;
const STARTS: usize = 40;
const CORE: &str = "0";

fn main() {
    let words: Vec<String> = std::env::args().collect();
    if server::serves() {
        return;
    }
    // `cargo test --benches` only wants to know whether it builds.
    if !words.iter().any(|word| word == "--bench") {
        return;
    }
    if pin() {
        return;
    }
    let server = Server::start(0, REPLY);
    let mut is_good = true;
    is_good &= calls(&server.url);
    is_good &= cold_start();
    if cfg!(target_os = "linux") {
        is_good &= memory(&server.url);
        is_good &= threads(&server.url);
    }
    server.stop();
    if !is_good {
        // A missed bar fails the command.
        panic!("a bar was missed");
    }
}

/// Runs this program again on one core, and says whether it did.
fn pin() -> bool {
    const PINNED: &str = "IXSCRIPT_BENCH_PINNED";
    if !cfg!(target_os = "linux") || std::env::var_os(PINNED).is_some() {
        return false;
    }
    let mut command = Command::new("taskset");
    command.args(["-c", CORE]).arg(std::env::current_exe().unwrap()).arg("--bench").env(PINNED, "1");
    match command.status() {
        Ok(status) => assert!(status.success(), "a bar was missed"),
        Err(_) => {
            println!("taskset is not there, so nothing is pinned: expect noise");
            return false;
        }
    }
    true
}

fn scripted(url: &str) -> impl FnMut() {
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
    let limits = Limits { memory: 128 << 20, compute: Duration::from_secs(60) };
    let input = Input {
        params: serde_json::Map::new(),
        args: Vec::new(),
        secrets: Vec::new(),
        table: None,
        key: None,
        output: None,
        jobs: 4,
    };
    let host = Host::new(Arc::new(calls), Arc::new(Silent), cancel, Clock::System, limits, input);
    let mut session = Session::new(host, None);
    let text = format!("for n in 0..{CALLS} {{ copy_profile(1640, #{{ name: \"shop\", group_id: 177 }}); }}");
    let source = Arc::new(Source { name: "bench".to_owned(), text });
    move || {
        let ending = session.run(&source);
        assert!(matches!(ending, Ending::Finished(_)), "{ending:?}");
    }
}

const BODY: &str = r#"{"profile_id":1640,"name":"shop","group_id":177}"#;

/// What anybody would write with ureq and serde_json.
fn plain(url: &str) -> impl FnMut() {
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
        for _ in 0..CALLS {
            let body: serde_json::Value = serde_json::from_str(BODY).unwrap();
            let request = agent.post(&url).content_type("application/json");
            let mut reply = request.send(serde_json::to_vec(&body).unwrap().as_slice()).unwrap();
            let reply: serde_json::Value =
                serde_json::from_slice(&reply.body_mut().read_to_vec().unwrap()).unwrap();
            assert_eq!(reply["data"], 1641);
        }
    }
}

fn raw(url: &str) -> impl FnMut() {
    let address = url.trim_start_matches("http://").split('/').next().unwrap().to_owned();
    let request = format!(
        "POST /api/v2/profile-copy HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    move || {
        let mut buffer = [0; 4096];
        for _ in 0..CALLS {
            let mut stream = TcpStream::connect(&address).unwrap();
            stream.set_nodelay(true).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            let mut seen = 0;
            while !buffer[..seen].ends_with(REPLY.as_bytes()) {
                seen += stream.read(&mut buffer[seen..]).unwrap();
            }
        }
    }
}

fn verdict(what: &str, ratio: f64, bar: f64) -> bool {
    let is_good = ratio <= bar;
    println!("{what:<52} {ratio:6.2}  (bar {bar}) {}", if is_good { "good" } else { "MISSED" });
    is_good
}

fn calls(url: &str) -> bool {
    let (mut scripted, mut plain, mut raw) = (scripted(url), plain(url), raw(url));
    let (mut to_plain, mut to_raw, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..=ROUNDS {
        let (script, loop_, socket) = (time(&mut scripted), time(&mut plain), time(&mut raw));
        to_plain.push(script / loop_);
        to_raw.push(script / socket);
        times.push(script / CALLS as f64 * 1e6);
    }
    // The first round warms up.
    let rest = |numbers: Vec<f64>| median(numbers[1..].to_vec());
    println!("a scripted call took {:.0} µs", rest(times));
    let plain = verdict("scripted copy / plain loop on ureq", rest(to_plain), 1.25);
    verdict("scripted copy / raw socket", rest(to_raw), 2.75) && plain
}

/// A copy of the program, which is what `cargo install` leaves: what a linker has just written is kept by the system in many
/// small pieces, and starts a sixth slower.
fn program() -> &'static Path {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("installed");
        std::fs::copy(env!("CARGO_BIN_EXE_ixscript"), &copy).unwrap();
        copy
    })
}

/// A hello-world, built as the program is.
fn hello() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (source, binary) = (folder.join("hello.rs"), folder.join("hello"));
    std::fs::write(&source, "fn main() { println!(\"hello\"); }").unwrap();
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let options = ["-Copt-level=3", "-Clto=fat", "-Ccodegen-units=1", "-Cstrip=symbols", "-o"];
    assert!(Command::new(rustc).args(options).arg(&binary).arg(&source).status().unwrap().success());
    binary
}

fn cold_start() -> bool {
    let hello = hello();
    let script = Path::new(env!("CARGO_TARGET_TMPDIR")).join("empty.rhai");
    std::fs::write(&script, "").unwrap();
    let start = |command: &mut Command| {
        assert!(command.stdout(Stdio::null()).status().unwrap().success());
    };
    let mut ratios = Vec::new();
    for _ in 0..=STARTS {
        let ours = time(&mut || start(Command::new(program()).arg("run").arg(&script)));
        let theirs = time(&mut || start(&mut Command::new(&hello)));
        ratios.push(ours / theirs);
    }
    verdict("empty script, start to exit / hello-world", median(ratios[1..].to_vec()), 2.75)
}

/// The program, waiting after this many calls.
fn after_calls(url: &str, calls: usize) -> Child {
    let code = format!("for n in 0..{calls} {{ copy_profile(1640); }} log_info(\"done\"); sleep(600)");
    let mut command = Command::new(program());
    let mut child =
        command.args(["--no-journal", "--url", url, "eval", &code]).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "done\n");
    child
}

fn peak_memory(url: &str, calls: usize) -> f64 {
    let mut child = after_calls(url, calls);
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

fn memory(url: &str) -> bool {
    let (few, many) = (peak_memory(url, 1_000), peak_memory(url, 100_000));
    let grown = verdict("MiB more at the peak of 100,000 calls than of 1,000", many - few, 1.0);
    verdict("MiB at the peak of 100,000 calls", many, 10.0) && grown
}

/// The number of the newest process or thread of the whole system.
fn newest_task() -> f64 {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap();
    load.split_whitespace().last().unwrap().parse().unwrap()
}

fn threads(url: &str) -> bool {
    const MANY: usize = 5_000;
    let before = newest_task();
    let mut child = after_calls(url, MANY);
    let started = newest_task() - before;
    child.kill().unwrap();
    child.wait().unwrap();
    verdict("tasks started on the whole machine during 5,000 calls", started, MANY as f64 / 20.0)
}
