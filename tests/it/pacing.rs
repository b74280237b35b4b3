//! What a run does when the app asks for patience, or goes away.

use crate::support::ixscript;
use std::io::{Read, Write};
use std::net::TcpListener;

/// A port on which nobody listens.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn an_app_that_goes_away_ends_the_run_before_it_has_gone_through_all_items() {
    // It answers ten calls, each on a connection of its own, and is gone.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/v2/", listener.local_addr().unwrap());
    let app = std::thread::spawn(move || {
        for _ in 0..10 {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut bytes = [0; 1024];
            while !request.ends_with(b"}") {
                let read = stream.read(&mut bytes).unwrap();
                request.extend_from_slice(&bytes[..read]);
            }
            let body = r#"{"error":{"code":0},"data":{"total":0,"data":[]}}"#;
            let head =
                format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        }
    });
    let code = "let items = []; items.pad(500, 1);
        parallel(items, |n| { try { list_groups(); } catch (error) { log_info(error.kind); throw error; } });
        print(\"not reached\")";
    let output = ixscript(["-j", "2", "--url", &url, "eval", code]).output();
    app.join().unwrap();
    assert_eq!((output.status, output.stdout.as_str()), (4, ""), "{}", output.stderr);
    assert!(output.stderr.contains("error: ixBrowser stays away"), "{}", output.stderr);
    // Two calls were told, and could be caught; the third ended the run.
    assert_eq!(output.stderr.matches("unreachable\n").count(), 2, "{}", output.stderr);
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
