//! What a run does when the app asks for patience, or goes away.

use crate::support::ixscript;
use ixscript::api;
use ixscript::base::cancel::Cancel;
use ixscript::base::mask::Secrets;
use ixscript::calls::{Calls, Event, Policy};
use ixscript::client::{BaseUrl, Client, Settings};
use serde_json::Map;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

/// A port on which nobody listens.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Answers that many calls, each on a connection of its own, with an empty list.
fn answer(listener: &TcpListener, count: usize) {
    for _ in 0..count {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut bytes = [0; 1024];
        while !request.ends_with(b"}") {
            let read = stream.read(&mut bytes).unwrap();
            assert!(read > 0, "half a request");
            request.extend_from_slice(&bytes[..read]);
        }
        let body = r#"{"error":{"code":0},"data":{"total":0,"data":[]}}"#;
        let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    }
}

#[test]
fn an_app_that_goes_away_ends_the_run_before_it_has_gone_through_all_items() {
    for jobs in [1, 2, 8] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/api/v2/", listener.local_addr().unwrap());
        let app = std::thread::spawn(move || answer(&listener, 10));
        let code = "let items = []; items.pad(500, 1);
            parallel(items, |n| { try { list_groups(); } catch (error) { log_info(error.kind); throw error; } });
            print(\"not reached\")";
        // Without retries nothing is waited for.
        let jobs_given = jobs.to_string();
        let output = ixscript(["-j", &jobs_given, "--retries", "0", "--url", &url, "eval", code]).output();
        app.join().unwrap();
        assert_eq!((output.status, output.stdout.as_str()), (4, ""), "{}", output.stderr);
        assert!(output.stderr.contains("error: ixBrowser stays away"), "{}", output.stderr);
        // Two probes were told, and could be caught, with whatever was sent beside the first; the third ended the run. A
        // machine that stands still between two of them has the count begin anew.
        let told = output.stderr.matches("unreachable\n").count();
        assert!((2..100).contains(&told), "{told} of {jobs}: {}", output.stderr);
    }
}

#[test]
fn an_app_that_is_away_for_some_time_ends_no_run_and_fails_no_call() {
    let work = |jobs: usize| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, is_back) = mpsc::channel();
        let url = BaseUrl::parse(&format!("http://{address}/api/v2/"), false).unwrap();
        let second = Duration::from_secs(1);
        let settings = Settings { url, connect_timeout: second, timeout: 60 * second };
        let policy = Policy {
            retries: 2,
            allow_destructive: false,
            max_writes: None,
            interval: Duration::ZERO,
            is_dry: false,
        };
        let cancel = Cancel::default();
        let client = Client::new(settings, &cancel);
        let retries = AtomicUsize::new(0);
        // It is back when far more was tried in vain than one call may.
        let calls = Calls::new(client, policy, cancel, Secrets::default()).observed(move |event| {
            if matches!(event, Event::Retrying { .. }) && retries.fetch_add(1, Ordering::SeqCst) == jobs + 8 {
                seen.send(()).unwrap();
            }
        });
        let list = api::by_function("list_groups").unwrap();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                answer(&listener, jobs);
                drop(listener);
                is_back.recv_timeout(60 * second).unwrap();
                answer(&TcpListener::bind(address).unwrap(), 4 * jobs);
            });
            for _ in 0..jobs {
                scope.spawn(|| (0..5).for_each(|_| drop(calls.call(list, Map::new()).unwrap())));
            }
        });
    };
    std::thread::scope(|scope| {
        for jobs in [1, 2, 3, 4, 8] {
            scope.spawn(move || work(jobs));
        }
    });
}

#[test]
fn one_failed_call_can_be_caught_and_a_row_of_them_cannot() {
    let url = format!("http://127.0.0.1:{}/api/v2/", free_port());
    let code = "for n in 1..=5 { try { list_groups() } catch (error) { print(`${n} ${error.kind}`) } }";
    let output = ixscript(["--retries", "2", "--url", &url, "eval", code]).output();
    assert_eq!((output.status, output.stdout.as_str()), (4, "1 unreachable\n2 unreachable\n"));
    let code = "try { list_groups() } catch (error) { print(error.kind) }";
    let output = ixscript(["--url", &url, "eval", code]).output();
    assert_eq!((output.status, output.stdout.as_str()), (0, "unreachable\n"));
}
