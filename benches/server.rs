//! The least server there can be, in a process of its own, for all benches.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The reply to a copy.
pub(crate) const REPLY: &str = r#"{"error":{"code":0,"message":"success","time":1703759701},"data":1641}"#;

/// The reply to a list.
const LIST: &str = r#"{"error":{"code":0,"message":"success","time":1703759701},"data":{"total":1,"data":[{"profile_id":1640,"name":"template","group_id":1,"site_url":"chrome://newtab"}]}}"#;

const WORD: &str = "--echo-server";

/// Whether this process is to be the server; then it is, until it is killed.
pub(crate) fn serves() -> bool {
    let mut words = std::env::args().skip_while(|word| word != WORD);
    let is_server = words.next().is_some();
    if is_server {
        serve(Duration::from_millis(words.next().unwrap().parse().unwrap()), &words.next().unwrap());
    }
    is_server
}

fn serve(delay: Duration, reply: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("http://{}/api/v2/", listener.local_addr().unwrap());
    let whole = |body: &str| {
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let (reply, list) = (whole(reply), whole(LIST));
    for stream in listener.incoming() {
        let (mut stream, reply, list) = (stream.unwrap(), reply.clone(), list.clone());
        std::thread::spawn(move || {
            stream.set_nodelay(true).unwrap();
            let mut seen = Vec::new();
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                seen.extend_from_slice(&buffer[..count]);
                if is_complete(&seen) {
                    let is_list = seen.starts_with(b"POST /api/v2/profile-list ");
                    seen.clear();
                    if !delay.is_zero() {
                        // The server ends by being killed.
                        #[allow(clippy::disallowed_methods)]
                        std::thread::sleep(delay);
                    }
                    stream.write_all(if is_list { &list } else { &reply }.as_bytes()).unwrap();
                }
            }
        });
    }
}

fn is_complete(request: &[u8]) -> bool {
    let text = std::str::from_utf8(request).unwrap();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned));
    body.len() >= length.and_then(|length| length.trim().parse().ok()).unwrap_or(0)
}

/// A server that runs until [`Self::stop`].
pub(crate) struct Server {
    process: Child,
    pub(crate) url: String,
}

impl Server {
    /// One that answers `reply` to everything but the list of profiles, after this many milliseconds.
    pub(crate) fn start(milliseconds: u64, reply: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([WORD, &milliseconds.to_string(), reply]).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut url = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { process, url: url.trim().to_owned() }
    }

    pub(crate) fn stop(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}
