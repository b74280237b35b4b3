//! The server as other programs see it: over a socket.

use super::{Config, Counts, Fault, Simulator, StartError};
use crate::base::clock::Clock;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::time::{Duration, Instant};

const LIST: &str = r#"{"page":1,"limit":1}"#;
const COPY: &str = r#"{"profile_id":1640}"#;

fn start(faults: &[&str]) -> Simulator {
    let faults: Vec<Fault> = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    Simulator::start(Config { faults, record: true, clock: Clock::Fixed(5000), ..Config::default() }).unwrap()
}

fn connect(simulator: &Simulator) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", simulator.port())).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

fn request(method: &str, path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("{method} {path} HTTP/1.1\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
}

fn post(action: &str, body: &str) -> String {
    request("POST", &format!("/api/v2/{action}"), "host: localhost\r\n", body)
}

/// Everything that comes until the other end closes.
fn read_all(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // A connection that is reset has delivered what it delivers.
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Sends one request on a connection of its own and returns status and body.
fn exchange(simulator: &Simulator, request: &str) -> (u16, String) {
    let mut stream = connect(simulator);
    stream.write_all(request.replacen("\r\n", "\r\nconnection: close\r\n", 1).as_bytes()).unwrap();
    split(&read_all(stream))
}

fn split(reply: &str) -> (u16, String) {
    let Some((head, body)) = reply.split_once("\r\n\r\n") else { return (0, reply.to_owned()) };
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn copies(simulator: &Simulator) -> usize {
    simulator.world(|world| world.profile_ids().len()) - 9
}

#[test]
fn a_call_is_answered_recorded_and_logged() {
    let (lines, logged) = mpsc::channel();
    let log = std::sync::Arc::new(move |served: &super::Served<'_>| lines.send(served.to_string()).unwrap());
    let config = Config { record: true, clock: Clock::Fixed(5000), log: Some(log), ..Config::default() };
    let simulator = Simulator::start(config).unwrap();
    let (status, body) = exchange(&simulator, &post("profile-copy", COPY));
    let expected = json!({ "error": { "code": 0, "message": "success", "time": 5 }, "data": 1641 });
    assert_eq!((status, serde_json::from_str(&body).ok()), (200, Some(expected)));
    assert_eq!(simulator.requests(), [("profile-copy".to_owned(), json!({ "profile_id": 1640 }))]);
    assert_eq!(simulator.counts(), Counts { connections: 1, requests: 1 });
    assert_eq!(simulator.url(), format!("http://127.0.0.1:{}", simulator.port()));
    assert_eq!(logged.recv().unwrap(), "profile-copy 200 code 0");
}

#[test]
fn two_requests_share_a_connection() {
    let simulator = start(&[]);
    let mut stream = connect(&simulator);
    for id in [1641, 1642] {
        stream.write_all(post("profile-copy", COPY).as_bytes()).unwrap();
        let mut reply = String::new();
        while !reply.ends_with(&format!("\"data\":{id}}}")) {
            let mut buffer = [0; 4096];
            let count = stream.read(&mut buffer).unwrap();
            assert_ne!(count, 0, "{reply}");
            reply.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        }
    }
    assert_eq!(simulator.counts(), Counts { connections: 1, requests: 2 });
}

#[test]
fn what_comes_from_elsewhere_is_turned_away() {
    let simulator = start(&[]);
    for headers in [
        "host: example.com\r\n",
        "host: localhost\r\nhost: example.com\r\n",
        "host: localhost\r\norigin: http://example.com\r\n",
        "host: localhost\r\norigin: null\r\n",
    ] {
        let (status, body) = exchange(&simulator, &request("POST", "/api/v2/profile-copy", headers, COPY));
        assert_eq!(status, 403, "{headers}{body}");
    }
    let welcome = "host: 127.0.0.1:53200\r\norigin: http://localhost:3000\r\n";
    assert_eq!(exchange(&simulator, &request("POST", "/api/v2/profile-copy", welcome, COPY)).0, 200);
    assert_eq!(copies(&simulator), 1);
}

#[test]
fn other_paths_methods_and_bodies_never_reach_the_world() {
    let simulator = start(&[]);
    let local = "host: localhost\r\n";
    assert_eq!(exchange(&simulator, &request("GET", "/api/v2/profile-list", local, "")).0, 405);
    assert_eq!(exchange(&simulator, &request("POST", "/", local, LIST)).0, 404);
    let large = "POST /api/v2/profile-list HTTP/1.1\r\nhost: localhost\r\ncontent-length: 67108865\r\n\r\n";
    assert_eq!(exchange(&simulator, large).0, 413);
    let (status, body) = exchange(&simulator, &post("profile-fly", LIST));
    assert_eq!((status, body.contains("\"code\":1001")), (404, true));
    for bad in ["[1]", "{", "profile_id=1640"] {
        let (status, body) = exchange(&simulator, &post("profile-copy", bad));
        assert_eq!((status, body.contains("\"code\":1001")), (200, true), "{bad}");
    }
    assert_eq!(exchange(&simulator, &post("profile-list", "")).0, 200);
    assert_eq!(copies(&simulator), 0);
}

#[test]
fn a_lost_connection_has_done_what_its_fault_says() {
    for (fault, done, heard) in
        [("drop-before", 0, ""), ("drop-after", 1, ""), ("drop-late", 1, "\r\n\r\n{\"error\":{\"code\":0,")]
    {
        let simulator = start(&[fault]);
        let mut stream = connect(&simulator);
        stream.write_all(post("profile-copy", COPY).as_bytes()).unwrap();
        let reply = read_all(stream);
        assert!(reply.contains(heard), "{fault}: {reply}");
        assert!(!reply.ends_with("}}"), "{fault}: {reply}");
        assert_eq!(reply.is_empty(), heard.is_empty(), "{fault}: {reply}");
        assert_eq!(copies(&simulator), done, "{fault}");
    }
}

#[test]
fn a_broken_reply_is_broken_as_its_fault_says() {
    let simulator = start(&[
        "1010@copy_profile:nth=1",
        "garbage:nth=2",
        "empty:nth=3",
        "html:nth=4",
        "truncate:nth=5",
        "status-502:nth=6",
        "status-302:nth=7",
        "status-404:nth=8",
        "slow=200ms:nth=9",
    ]);
    let ask = || exchange(&simulator, &post("profile-copy", COPY));
    let (status, refused) = ask();
    let refused: Value = serde_json::from_str(&refused).unwrap();
    assert_eq!((status, &refused["error"]["code"], &refused["data"]), (200, &json!(1010), &json!([])));
    assert!(ask().1.starts_with("}{"));
    assert_eq!(ask(), (200, String::new()));
    assert!(ask().1.starts_with("<html>"));
    let (status, cut) = ask();
    assert!(status == 200 && cut.starts_with('{') && !cut.ends_with('}'), "{cut}");
    let (status, page) = ask();
    assert!(status == 502 && page.starts_with("<html>"));
    let (status, moved) = ask();
    assert!(status == 302 && moved.contains("\"code\":0"));
    let (status, body) = ask();
    assert!(status == 404 && body.contains("\"code\":0"));
    let started = Instant::now();
    assert!(ask().1.contains("\"data\":1648"));
    assert!(started.elapsed() >= Duration::from_millis(200));
}

#[test]
fn a_late_call_is_done_after_its_connection_was_closed() {
    let simulator = start(&["late=150ms"]);
    let started = Instant::now();
    let mut stream = connect(&simulator);
    stream.write_all(post("profile-copy", COPY).as_bytes()).unwrap();
    assert_eq!(read_all(stream), "");
    while copies(&simulator) == 0 {
        std::thread::yield_now();
    }
    assert!(started.elapsed() >= Duration::from_millis(150));
}

#[test]
fn a_slow_reply_is_of_a_call_that_is_done_already() {
    let simulator = start(&["slow=200ms"]);
    let started = Instant::now();
    let mut stream = connect(&simulator);
    stream.write_all(post("profile-copy", COPY).as_bytes()).unwrap();
    let mut head = [0; 16];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(copies(&simulator), 1);
    let mut reply = String::new();
    while !reply.ends_with("\"data\":1641}") {
        let mut piece = [0; 4096];
        let length = stream.read(&mut piece).unwrap();
        assert_ne!(length, 0, "{reply}");
        reply.push_str(std::str::from_utf8(&piece[..length]).unwrap());
    }
    assert!(started.elapsed() >= Duration::from_millis(200));
}

#[test]
fn an_app_that_is_away_closes_all_connections_and_comes_back_at_its_port() {
    let simulator = start(&["away=250ms@copy_profile:first=1"]);
    let idle = connect(&simulator);
    assert_eq!(exchange(&simulator, &post("profile-list", LIST)).0, 200);

    let started = Instant::now();
    let mut stream = connect(&simulator);
    stream.write_all(post("profile-copy", COPY).as_bytes()).unwrap();
    assert_eq!(read_all(stream), "");
    assert_eq!(read_all(idle), "");

    let back = loop {
        // Refused, or reset because it still waited to be accepted.
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", simulator.port())) else { continue };
        let request = post("profile-copy", COPY).replacen("\r\n", "\r\nconnection: close\r\n", 1);
        if stream.write_all(request.as_bytes()).is_ok() {
            let reply = read_all(stream);
            if !reply.is_empty() {
                break reply;
            }
        }
    };
    assert!(started.elapsed() >= Duration::from_millis(250));
    assert!(back.contains("\"data\":1641"), "{back}");
    assert_eq!(copies(&simulator), 1);
}

#[test]
fn a_simulator_that_is_away_stops_at_once() {
    let simulator = start(&["away=1h"]);
    let mut stream = connect(&simulator);
    stream.write_all(post("profile-copy", COPY).as_bytes()).unwrap();
    assert_eq!(read_all(stream), "");
    let started = Instant::now();
    simulator.stop();
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_connection_that_is_closed_when_idle_has_not_said_so() {
    let simulator = start(&["close-idle"]);
    for id in [1641, 1642] {
        let mut stream = connect(&simulator);
        stream.write_all(post("profile-copy", COPY).as_bytes()).unwrap();
        let reply = read_all(stream);
        assert!(!reply.to_ascii_lowercase().contains("connection:"), "{reply}");
        assert!(reply.ends_with(&format!("\"data\":{id}}}")), "{reply}");
    }
    assert_eq!(simulator.counts(), Counts { connections: 2, requests: 2 });
}

#[test]
fn a_simulator_stops_at_once_although_a_connection_hangs() {
    let simulator = start(&["hang"]);
    let mut stream = connect(&simulator);
    stream.write_all(post("profile-copy", COPY).as_bytes()).unwrap();
    while simulator.requests().is_empty() {
        std::thread::yield_now();
    }
    let started = Instant::now();
    simulator.stop();
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(read_all(stream), "");
}

#[test]
fn a_port_in_use_is_named() {
    let first = start(&[]);
    let error = Simulator::start(Config { port: first.port(), ..Config::default() }).err().unwrap();
    assert!(matches!(error, StartError::PortInUse(port) if port == first.port()));
    assert_eq!(
        error.to_string(),
        format!("port {} is in use, perhaps by ixBrowser itself; `--port 0` takes a free one", first.port())
    );
}
