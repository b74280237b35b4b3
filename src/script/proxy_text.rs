//! Proxies as people write them, in one text: `host:port`, `host:port:user:password` or `http://user:password@host:port`.
//!
//! Not here: what becomes of a proxy. No message repeats the text, which may hold a password.

use super::Host;
use super::builtins::complain;
use crate::api::{self, Allowed};
use crate::base::text;
use rhai::{Dynamic, Engine, EvalAltResult, Map, NativeCallContext};
use std::sync::Arc;

/// How a proxy may be written.
const FORMS: &str = "write host:port, host:port:user:password or http://user:password@host:port";

/// A proxy in its parts.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parts {
    kind: Option<String>,
    host: String,
    port: u16,
    login: Option<(String, String)>,
}

/// Registers `parse_proxy`.
pub(super) fn register(engine: &mut Engine, host: &Arc<Host>) {
    fn call(
        host: &Host,
        context: &NativeCallContext,
        given: &Dynamic,
        kind: &str,
    ) -> Result<Map, Box<EvalAltResult>> {
        let wrong = |problem: String| complain(context, problem);
        let given = given.clone().into_immutable_string();
        let given = given.map_err(|_| wrong("`parse_proxy` takes a proxy as text".into()))?;
        let kind = known_kind(kind).map_err(wrong)?;
        let parts = parse(&given).map_err(wrong)?;
        if let Some((_, password)) = &parts.login {
            host.hidden.add(password);
            host.calls().secrets().add(password);
        }
        Ok(map(parts, &kind))
    }

    let of = Arc::clone(host);
    engine.register_fn("parse_proxy", move |context: NativeCallContext, given: Dynamic| {
        call(&of, &context, &given, "http")
    });
    let of = Arc::clone(host);
    engine.register_fn("parse_proxy", move |context: NativeCallContext, given: Dynamic, kind: Dynamic| {
        let kind = kind.into_immutable_string();
        let kind = kind.map_err(|_| {
            complain(&context, "`parse_proxy` takes the protocol as text, as in \"socks5\"".into())
        })?;
        call(&of, &context, &given, &kind)
    });
}

/// With the names that the parameters of the API have.
fn map(parts: Parts, kind: &str) -> Map {
    let mut map = Map::from([
        ("proxy_type".into(), parts.kind.as_deref().unwrap_or(kind).into()),
        ("proxy_ip".into(), parts.host.into()),
        ("proxy_port".into(), i64::from(parts.port).into()),
    ]);
    if let Some((user, password)) = parts.login {
        map.insert("proxy_user".into(), user.into());
        map.insert("proxy_password".into(), password.into());
    }
    map
}

/// The protocols that a proxy can have, by the endpoint that makes one.
fn known_kind(kind: &str) -> Result<String, String> {
    let param = api::by_function("create_proxy").and_then(|endpoint| endpoint.param("proxy_type"));
    let known: Vec<&str> = match param.map(|param| param.allowed) {
        Some(Allowed::Texts(values)) => values.iter().map(|(value, _)| *value).collect(),
        _ => Vec::new(),
    };
    let lower = kind.to_lowercase();
    if known.contains(&lower.as_str()) {
        return Ok(lower);
    }
    let shown = text::one_line(&text::cut(kind, 20)).into_owned();
    Err(format!("`{shown}` is no protocol of a proxy; it is {}", text::list_or(&known)))
}

fn parse(given: &str) -> Result<Parts, String> {
    let given = given.trim();
    if given.is_empty() {
        return Err(format!("the proxy is empty; {FORMS}"));
    }
    let (kind, rest) = match given.split_once("://") {
        Some((kind, rest)) => (Some(known_kind(kind)?), rest.trim_end_matches('/')),
        None => (None, given),
    };
    // A password may hold an `@`: what begins like host:port:user is no login in front of an address.
    let is_list =
        kind.is_none() && rest.split(':').nth(1).is_some_and(is_port) && rest.split(':').count() > 3;
    let (login, address) = match rest.rsplit_once('@') {
        Some((login, address)) if !is_list => (Some(login), address),
        _ => (None, rest),
    };
    let (host, rest) = split_host(address)?;
    let mut behind = rest.splitn(3, ':');
    let port = behind.next().unwrap_or_default();
    if port.is_empty() {
        return Err(format!("the proxy has no port; {FORMS}"));
    }
    let port = port.parse::<u16>().ok().filter(|number| *number > 0 && is_port(port));
    let port = port.ok_or_else(|| format!("the port of the proxy is no number from 1 to 65535; {FORMS}"))?;
    let login = match (login, behind.next(), behind.next()) {
        (Some(_), Some(_), _) => return Err(format!("the proxy has a login before and behind it; {FORMS}")),
        (Some(login), None, _) => {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            // Only in an address are these written as %3A.
            Some(if kind.is_some() {
                (decoded(user), decoded(password))
            } else {
                (user.into(), password.into())
            })
        }
        (None, Some(user), Some(password)) => Some((user.to_owned(), password.to_owned())),
        (None, Some(_), None) => return Err(format!("the proxy has a user and no password; {FORMS}")),
        (None, None, _) => None,
    };
    Ok(Parts { kind, host: host.to_owned(), port, login })
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_digit())
}

/// The host, and what stands behind the colon after it.
fn split_host(address: &str) -> Result<(&str, &str), String> {
    let (host, rest) = match address.strip_prefix('[') {
        Some(inside) => {
            let (host, rest) = inside.split_once(']').ok_or("the proxy has a `[` without a `]`")?;
            (host, rest.strip_prefix(':').unwrap_or(rest))
        }
        None => address.split_once(':').unwrap_or((address, "")),
    };
    let is_strange = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '/';
    let is_host = !host.is_empty() && !host.contains(is_strange);
    if is_host { Ok((host, rest)) } else { Err(format!("the proxy has no host; {FORMS}")) }
}

/// `text` with `%3A` and the like as what they stand for.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let code = behind.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = behind.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts(
        kind: Option<&str>,
        host: &str,
        port: u16,
        login: Option<(&str, &str)>,
    ) -> Result<Parts, String> {
        let login = login.map(|(user, password)| (user.to_owned(), password.to_owned()));
        Ok(Parts { kind: kind.map(str::to_owned), host: host.to_owned(), port, login })
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(parse(" 10.0.0.1:80 "), parts(None, "10.0.0.1", 80, None));
        assert_eq!(parse("a.example:80:me:p:w"), parts(None, "a.example", 80, Some(("me", "p:w"))));
        assert_eq!(parse("10.0.0.1:80:me:p@w"), parts(None, "10.0.0.1", 80, Some(("me", "p@w"))));
        assert_eq!(parse("me:p@w@10.0.0.1:80"), parts(None, "10.0.0.1", 80, Some(("me", "p@w"))));
        assert_eq!(
            parse("SOCKS5://me:p%3Aw@[::1]:1080/"),
            parts(Some("socks5"), "::1", 1080, Some(("me", "p:w")))
        );
        assert_eq!(parse("http://token@h:1"), parts(Some("http"), "h", 1, Some(("token", ""))));
        assert_eq!(parse("[2001:db8::1]:80:me:pw"), parts(None, "2001:db8::1", 80, Some(("me", "pw"))));
    }

    #[test]
    fn what_is_wrong_is_told_without_the_text() {
        for (given, problem) in [
            ("", "the proxy is empty"),
            ("hunter2", "the proxy has no port"),
            ("10.0.0.1:", "the proxy has no port"),
            (":80", "the proxy has no host"),
            ("10.0.0.1:70000", "the port of the proxy is no number from 1 to 65535"),
            ("10.0.0.1:+80", "the port of the proxy is no number from 1 to 65535"),
            ("10.0\u{1b}[2J:80", "the proxy has no host"),
            ("10.0.0.1:hunter2", "the port of the proxy is no number from 1 to 65535"),
            ("10.0.0.1:80:hunter2", "the proxy has a user and no password"),
            ("a:hunter2@10.0.0.1:80:b:c", "the proxy has a login before and behind it"),
            ("[::1", "the proxy has a `[` without a `]`"),
            (
                "ftp://10.0.0.1:80",
                "`ftp` is no protocol of a proxy; it is `http`, `https`, `socks5` or `ssh`",
            ),
        ] {
            let told = parse(given).unwrap_err();
            assert!(told.starts_with(problem) && !told.contains("hunter2"), "{given}: {told}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(given in "([a-z]{0,3}://)?[a-z0-9:@%\\[\\]/ä ]{0,20}") {
            let _ = parse(&given);
        }
    }
}
