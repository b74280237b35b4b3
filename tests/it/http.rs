//! Replies no app should give, from a server that gives exactly those: each is one clear error.

use crate::support::ixscript;
use expect_test::expect;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

/// A server that answers every request with these bytes and hangs up.
fn server(reply: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/v2/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).unwrap_or(0) <= 2 {
                    break;
                }
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            // A client that has gone away is no concern of this server.
            let _ = stream.read_exact(&mut body);
            let _ = stream.get_mut().write_all(&reply);
        }
    });
    url
}

fn http(status: &str, body: &[u8]) -> Vec<u8> {
    let mut reply =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())
            .into_bytes();
    reply.extend_from_slice(body);
    reply
}

/// What a copy and a list say to this reply.
fn told(reply: Vec<u8>) -> String {
    let url = server(reply);
    let mut told = String::new();
    for call in [&["copy_profile", "profile_id=1640"][..], &["list_groups"]] {
        let output =
            ixscript(["--retries", "0", "--timeout", "5s", "--url", &url, "call"].iter().chain(call))
                .output();
        let text = output.to_string().replace(&url, "URL");
        write!(told, "{text}").unwrap();
    }
    told
}

macro_rules! replies {
    ($($name:ident: $reply:expr => $expected:expr;)*) => { $(
        #[test]
        fn $name() {
            $expected.assert_eq(&told($reply));
        }
    )* };
}

replies! {
    html: http("502 Bad Gateway", b"<html><body>Bad Gateway</body></html>") => expect![[r#"
        -- stderr
        error: `copy_profile`: the reply is an HTML page, not JSON (HTTP 502)
         = note: whether it was done is not known; look in ixBrowser before you do it again
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 5
        -- stderr
        error: `list_groups`: the reply is an HTML page, not JSON (HTTP 502)
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 1
    "#]];
    empty: http("200 OK", b"") => expect![[r#"
        -- stderr
        error: `copy_profile`: the reply is empty (HTTP 200)
         = note: whether it was done is not known; look in ixBrowser before you do it again
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 5
        -- stderr
        error: `list_groups`: the reply is empty (HTTP 200)
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 1
    "#]];
    truncated_json: http("200 OK", br#"{"error":{"code":0,"#) => expect![[r#"
        -- stderr
        error: `copy_profile`: the reply is JSON that breaks off after 19 bytes (HTTP 200)
         = note: whether it was done is not known; look in ixBrowser before you do it again
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 5
        -- stderr
        error: `list_groups`: the reply is JSON that breaks off after 19 bytes (HTTP 200)
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 1
    "#]];
    truncated_body: b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"error\"".to_vec() => expect![[r#"
        -- stderr
        error: `copy_profile`: the connection broke before the reply was complete
         = note: whether it was done is not known; look in ixBrowser before you do it again
        -- status 5
        -- stderr
        error: `list_groups`: the connection broke before the reply was complete
        -- status 1
    "#]];
    nested: http("200 OK", "[".repeat(100_000).as_bytes()) => expect![[r#"
        -- stderr
        error: `copy_profile`: the reply is JSON that breaks off after 100000 bytes (HTTP 200)
         = note: whether it was done is not known; look in ixBrowser before you do it again
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 5
        -- stderr
        error: `list_groups`: the reply is JSON that breaks off after 100000 bytes (HTTP 200)
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 1
    "#]];
    nested_inside: http("200 OK", format!("{{\"error\":{{\"code\":0}},\"data\":{}", "[".repeat(100_000)).as_bytes()) => expect![[r#"
        -- stderr
        error: `copy_profile`: the reply is JSON nested too deeply (HTTP 200)
         = note: whether it was done is not known; look in ixBrowser before you do it again
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 5
        -- stderr
        error: `list_groups`: the reply is JSON nested too deeply (HTTP 200)
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 1
    "#]];
    not_utf8: http("200 OK", b"{\"error\":{\"code\":0,\"message\":\"caf\xe9\"},\"data\":1}") => expect![[r#"
        -- stderr
        error: `copy_profile`: the reply is not UTF-8 text (HTTP 200)
         = note: whether it was done is not known; look in ixBrowser before you do it again
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 5
        -- stderr
        error: `list_groups`: the reply is not UTF-8 text (HTTP 200)
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 1
    "#]];
    no_error: http("200 OK", br#"{"data":1639}"#) => expect![[r#"
        -- stderr
        error: `copy_profile`: the reply is JSON without `error` (HTTP 200)
         = note: whether it was done is not known; look in ixBrowser before you do it again
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 5
        -- stderr
        error: `list_groups`: the reply is JSON without `error` (HTTP 200)
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 1
    "#]];
    no_code: http("200 OK", br#"{"error":{"message":"success"},"data":1639}"#) => expect![[r#"
        -- stderr
        error: `copy_profile`: the reply is JSON without `error.code` (HTTP 200)
         = note: whether it was done is not known; look in ixBrowser before you do it again
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 5
        -- stderr
        error: `list_groups`: the reply is JSON without `error.code` (HTTP 200)
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 1
    "#]];
    no_message: http("200 OK", br#"{"error":{"code":2007},"data":[]}"#) => expect![[r#"
        -- stderr
        error: `copy_profile`: Profile does not exist (code 2007)
         = note: nothing was done
         = help: There is no profile with this number; `list_profiles()` shows those that exist.
        -- status 1
        -- stderr
        error: `list_groups`: Profile does not exist (code 2007)
         = help: There is no profile with this number; `list_profiles()` shows those that exist.
        -- status 1
    "#]];
    wrong_data: http("200 OK", br#"{"error":{"code":0,"message":"success"},"data":{"id":"x"}}"#) => expect![[r#"
        -- stderr
        error: `copy_profile`: the app reports success, but `data` is another object where an id is documented (HTTP 200)
         = note: whether it was done is not known; look in ixBrowser before you do it again
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 5
        -- stderr
        error: `list_groups`: the app reports success, but `data` is another object where a page of rows is documented (HTTP 200)
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 1
    "#]];
    number_out_of_range: http("200 OK", br#"{"error":{"code":0},"data":99999999999999999999999}"#) => expect![[r#"
        -- stderr
        error: `copy_profile`: the app reports success, but `data` is a number where an id is documented (HTTP 200)
         = note: whether it was done is not known; look in ixBrowser before you do it again
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 5
        -- stderr
        error: `list_groups`: the app reports success, but `data` is a number where a page of rows is documented (HTTP 200)
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 1
    "#]];
    server_error: http("500 Internal Server Error", b"oops") => expect![[r#"
        -- stderr
        error: `copy_profile`: the reply is not JSON (line 1, column 1) (HTTP 500)
         = note: whether it was done is not known; look in ixBrowser before you do it again
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 5
        -- stderr
        error: `list_groups`: the reply is not JSON (line 1, column 1) (HTTP 500)
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 1
    "#]];
    real_code_inside_a_500: http("500 Internal Server Error", br#"{"error":{"code":2007,"message":"gone"},"data":[]}"#) => expect![[r#"
        -- stderr
        error: `copy_profile`: gone (code 2007)
         = note: nothing was done
         = help: There is no profile with this number; `list_profiles()` shows those that exist.
        -- status 1
        -- stderr
        error: `list_groups`: gone (code 2007)
         = help: There is no profile with this number; `list_profiles()` shows those that exist.
        -- status 1
    "#]];
    redirect: b"HTTP/1.1 302 Found\r\nLocation: http://example.com/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec() => expect![[r#"
        -- stderr
        error: `copy_profile`: the reply is a redirect (HTTP 302)
         = note: whether it was done is not known; look in ixBrowser before you do it again
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 5
        -- stderr
        error: `list_groups`: the reply is a redirect (HTTP 302)
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 1
    "#]];
    not_http: b"SSH-2.0-OpenSSH_9.6\r\n".to_vec() => expect![[r#"
        -- stderr
        error: `copy_profile`: the reply is not HTTP
         = note: whether it was done is not known; look in ixBrowser before you do it again
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 5
        -- stderr
        error: `list_groups`: the reply is not HTTP
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 1
    "#]];
    hung_up: Vec::new() => expect![[r#"
        -- stderr
        error: `copy_profile`: the connection broke before the reply was complete
         = note: whether it was done is not known; look in ixBrowser before you do it again
        -- status 5
        -- stderr
        error: `list_groups`: the connection broke before the reply was complete
        -- status 1
    "#]];
    unknown_code: http("200 OK", br#"{"error":{"code":424242,"message":"?"},"data":[]}"#) => expect![[r#"
        -- stderr
        error: `copy_profile`: ? (code 424242)
         = note: whether it was done is not known; look in ixBrowser before you do it again
        -- status 5
        -- stderr
        error: `list_groups`: ? (code 424242)
        -- status 1
    "#]];
    server_failure: http("200 OK", br#"{"error":{"code":1011,"message":"The operation failed."},"data":[]}"#) => expect![[r#"
        -- stderr
        error: `copy_profile`: The operation failed (code 1011)
         = note: whether it was done is not known; look in ixBrowser before you do it again
         = help: The app does not say whether it did the work. Look in ixBrowser before you try again.
        -- status 5
        -- stderr
        error: `list_groups`: The operation failed (code 1011)
         = help: The app does not say whether it did the work. Look in ixBrowser before you try again.
        -- status 1
    "#]];
    control_characters: http("200 OK", "{\"error\":{\"code\":2007,\"message\":\"\\u001b[2Jgone\\u202e\\n\"}}".as_bytes()) => expect![[r#"
        -- stderr
        error: `copy_profile`: \u{1b}[2Jgone\u{202e} (code 2007)
         = note: nothing was done
         = help: There is no profile with this number; `list_profiles()` shows those that exist.
        -- status 1
        -- stderr
        error: `list_groups`: \u{1b}[2Jgone\u{202e} (code 2007)
         = help: There is no profile with this number; `list_profiles()` shows those that exist.
        -- status 1
    "#]];
}

#[test]
fn a_reply_that_never_ends_is_cut_off() {
    let mut reply = b"HTTP/1.1 200 OK\r\nContent-Length: 80000000\r\n\r\n".to_vec();
    reply.resize(80_000_100, b' ');
    expect![[r#"
        -- stderr
        error: `copy_profile`: the reply is larger than 64 MiB
         = note: whether it was done is not known; look in ixBrowser before you do it again
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 5
        -- stderr
        error: `list_groups`: the reply is larger than 64 MiB
         = help: Is something else listening there? `ixscript doctor` looks closer.
        -- status 1
    "#]]
    .assert_eq(&told(reply));
}
