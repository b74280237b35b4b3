//! Who may talk to the server: only programs of this computer that mean it.
//!
//! A web page can make a browser send requests to loopback. Its `Origin` gives it away, and so does its `Host` when its name
//! was made to point to 127.0.0.1.
//!
//! Not here: paths and methods.

use hyper::HeaderMap;
use hyper::header::{HOST, HeaderValue, ORIGIN};

/// Whether a request with these headers comes from this computer and not from a web page.
pub(super) fn is_welcome(headers: &HeaderMap) -> bool {
    headers.get_all(HOST).iter().all(|host| text(host).is_some_and(is_loopback))
        && headers.get_all(ORIGIN).iter().all(|origin| text(origin).is_some_and(is_loopback_origin))
}

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok().map(str::trim)
}

fn is_loopback_origin(origin: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| origin.get(..scheme.len()) == Some(scheme) && is_loopback(&origin[scheme.len()..]))
}

/// A loopback name or address, with or without a port.
fn is_loopback(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        // The colons of a bare `[::1]` are inside its brackets.
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    let named = ["127.0.0.1", "localhost", "[::1]"].iter().any(|known| name.eq_ignore_ascii_case(known));
    named && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_welcome() {
        for host in ["127.0.0.1", "127.0.0.1:53200", "localhost:80", "LOCALHOST", "[::1]", "[::1]:53200"] {
            assert!(is_loopback(host), "{host}");
            assert!(is_loopback_origin(&format!("http://{host}")), "{host}");
        }
        for host in
            ["", "example.com", "127.0.0.1.example.com", "localhost:x", "127.0.0.1:", "::1", "a@localhost"]
        {
            assert!(!is_loopback(host), "{host}");
        }
        for origin in ["null", "localhost", "file://localhost", "http://example.com", "http://localhost/"] {
            assert!(!is_loopback_origin(origin), "{origin}");
        }
    }
}
