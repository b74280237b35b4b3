//! Proxies as people write them, in one text: `host:port`, `host:port:user:password` or `http://user:password@host:port`, and
//! the other orders that lists have where they can mean only one thing.
//!
//! Not here: what becomes of a proxy. No message repeats the text, which may hold a password.

use super::Host;
use super::builtins::complain;
use crate::api::{self, Allowed};
use crate::base::text;
use rhai::{Dynamic, Engine, EvalAltResult, Map, NativeCallContext};
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

/// How a proxy may be written.
const FORMS: &str = "write host:port, host:port:user:password or http://user:password@host:port";

const AMBIGUOUS: &str = "the proxy can be read in more than one way; write http://user:password@host:port";

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
        let parts = parse(&given).map_err(|problem| {
            // The error shows the line of the script, which may hold the text.
            host.hidden.add(&given);
            host.calls().secrets().add(&given);
            wrong(problem)
        })?;
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
    // What was given is not repeated: it may be a password in the wrong place.
    Err(format!("the protocol of the proxy is unknown; it must be {}", text::list_or(&known)))
}

fn parse(given: &str) -> Result<Parts, String> {
    let given = unquoted(given.trim()).trim();
    if given.is_empty() {
        return Err(format!("the proxy is empty; {FORMS}"));
    }
    if given.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        return Err(format!("the proxy has a space in it, or text beside it; {FORMS}"));
    }
    let is_kind = |kind: &str| !kind.is_empty() && kind.chars().all(|letter| letter.is_ascii_alphanumeric());
    let (kind, rest) = match given.split_once("://") {
        Some((kind, rest)) if is_kind(kind) => (Some(known_kind(kind)?), rest),
        _ => (None, given),
    };
    if rest.contains("://") {
        return Err(format!("the proxy has an address behind it, as of a link that changes its IP; {FORMS}"));
    }

    if rest.starts_with('/') {
        return Err(format!("the proxy has slashes and no protocol in front of them; {FORMS}"));
    }

    let address = if kind.is_some() { rest.strip_suffix('/').unwrap_or(rest) } else { rest };
    let url = kind.as_ref().and_then(|_| plain_url(address));
    let is_url = url.is_some();
    let Reading { host, port, login, .. } = url.map_or_else(|| only_reading(address), Ok)?;
    if address != rest && login.is_some() && !is_url {
        // The password of a list could end with the slash.
        return Err(AMBIGUOUS.to_owned());
    }
    let login = match login {
        // Only in a URL are some characters written as %3A.
        Some((user, password)) if is_url => Some((decoded(user)?, decoded(password)?)),
        login => login.map(|(user, password)| (user.to_owned(), password.to_owned())),
    };
    Ok(Parts { kind, host: host.to_owned(), port, login })
}

/// Whether `text` is surely a proxy, or the address of one.
pub(super) fn is_proxy(text: &str) -> bool {
    let is_address = |text: &str| text.parse::<IpAddr>().is_ok();
    let is_sure = |parts: Parts| is_address(&parts.host) || is_sure_host(&parts.host) == Some(true);
    is_address(text.trim()) || parse(text).is_ok_and(is_sure)
}

/// `text` without the quotes round it.
fn unquoted(text: &str) -> &str {
    let inside = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    ['"', '\'', '`'].into_iter().find_map(inside).unwrap_or(text)
}

/// One way to read a text, without its protocol.
#[derive(Debug, Clone, Copy)]
struct Reading<'a> {
    host: &'a str,
    port: u16,
    login: Option<(&'a str, &'a str)>,
    /// Whether the host is an address or a domain; any other word could be a user or a password, too.
    is_sure: bool,
    /// Whether it is one of the documented forms.
    is_form: bool,
}

impl<'a> Reading<'a> {
    fn of(host: &'a str, port: &str, login: Option<(&'a str, &'a str)>, is_form: bool) -> Option<Self> {
        let login = login.filter(|login| *login != ("", ""));
        if login.is_some_and(|(user, _)| user.is_empty() || user.starts_with('[')) {
            return None;
        }
        let is_sure = is_sure_host(host)?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        Some(Self { host, port: port_of(port)?, login, is_sure, is_form })
    }
}

/// `user:password@host:port`, unless the host is rather in front of the `@`.
fn plain_url(text: &str) -> Option<Reading<'_>> {
    let (login, address) = text.rsplit_once('@')?;
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let (host, port) = split_host(address)?;
    let reading = Reading::of(host, port, Some((user, password)), true)?;
    let is_host = |part: &str| is_sure_host(part) == Some(true);
    let is_other = if reading.is_sure {
        is_host(user) && password.contains(':')
    } else {
        is_host(user) || is_host(password)
    };
    (!is_other).then_some(reading)
}

/// Every way to read `text`.
fn readings(text: &str) -> Vec<Reading<'_>> {
    let mut found = Vec::new();
    // host:port, host:port:user:password
    if let Some((host, rest)) = split_host(text) {
        let (port, login) = rest.split_once(':').map_or((rest, None), |(port, login)| (port, Some(login)));
        if login.is_none_or(|login| login.contains(':')) {
            found.push(Reading::of(host, port, login.and_then(|login| login.split_once(':')), true));
        }
    }
    // user:password@host:port
    if let Some((login, address)) = text.rsplit_once('@')
        && let Some((host, port)) = split_host(address)
    {
        found.push(Reading::of(host, port, Some(login.split_once(':').unwrap_or((login, ""))), true));
    }
    // host:port@user:password
    if let Some((address, login)) = text.split_once('@')
        && let (Some((host, port)), Some(login)) = (split_host(address), login.split_once(':'))
    {
        found.push(Reading::of(host, port, Some(login), false));
    }
    // user:password:host:port
    if let Some((before, port)) = text.rsplit_once(':')
        && let Some((login, host)) = before.rsplit_once(if before.ends_with(']') { ":[" } else { ":" })
        && let Some(login) = login.split_once(':')
    {
        let host = &before[before.len() - host.len() - usize::from(before.ends_with(']'))..];
        found.push(Reading::of(host, port, Some(login), false));
    }
    found.into_iter().flatten().collect()
}

/// The one way to read `text`. A host that is a word is believed only where nothing else is possible.
fn only_reading(text: &str) -> Result<Reading<'_>, String> {
    let all = readings(text);
    let sure: Vec<Reading> = all.iter().copied().filter(|reading| reading.is_sure).collect();
    let is_ipv6 = text.contains("::") || text.matches(':').count() > 6;
    let is_host = |part: &str| is_sure_host(part) == Some(true);
    let is_believed = |reading: &Reading| {
        let (user, password) = reading.login.unwrap_or_default();
        reading.is_sure || reading.is_form && !is_ipv6 && !is_host(user) && !is_host(password)
    };
    // In host:port:user:password a user that could be the port makes every part doubtful.
    let is_doubtful = |reading: &Reading| {
        !text.contains('@') && reading.login.is_some_and(|(user, _)| port_of(user).is_some())
    };
    match (sure.as_slice(), all.as_slice()) {
        ([only], _) | ([], [only]) if is_believed(only) && !is_doubtful(only) => Ok(*only),
        ([], _) if is_ipv6 && !text.contains('[') => {
            Err("an IPv6 address of a proxy must be in brackets, as in [2001:db8::1]:8080".to_owned())
        }
        ([], []) => Err(why_not(text)),
        _ => {
            Err("the proxy can be read in more than one way; write http://user:password@host:port".to_owned())
        }
    }
}

/// Why there is no way to read `text`.
fn why_not(text: &str) -> String {
    let problem = match split_host(text) {
        None => "has a `[` without a `]`",
        Some(("", _)) => "has no host",
        Some((_, "")) => "has no port",
        Some((host, rest)) => match (is_sure_host(host), rest.split_once(':')) {
            (Some(_), Some((port, _))) if port_of(port).is_some() => "has a user and no password",
            (Some(_), None) if !text.contains('@') => "has a port that is not a number from 1 to 65535",
            _ => "cannot be read",
        },
    };
    format!("the proxy {problem}; {FORMS}")
}

fn port_of(text: &str) -> Option<u16> {
    let is_number = text.chars().all(|letter| letter.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| is_number)
}

/// The host, with its brackets, and what is behind the colon after it.
fn split_host(address: &str) -> Option<(&str, &str)> {
    let end = if address.starts_with('[') {
        address.find(']')? + 1
    } else {
        address.find(':').unwrap_or(address.len())
    };
    let (host, rest) = address.split_at(end);
    Some((host, rest.strip_prefix(':').unwrap_or(rest)))
}

/// Whether `host` is surely the name or address of a computer; nothing if it cannot be one.
fn is_sure_host(host: &str) -> Option<bool> {
    if let Some(inside) = host.strip_prefix('[') {
        return inside.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(|_| true);
    }
    if host.parse::<Ipv4Addr>().is_ok() || host.eq_ignore_ascii_case("localhost") {
        return Some(true);
    }
    let is_letter = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_';
    let is_label = |label: &str| !label.is_empty() && label.chars().all(is_letter);
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_name = host.split('.').all(is_label) && !last.chars().all(|letter| letter.is_ascii_digit());
    is_name.then(|| host.contains('.'))
}

/// `text` with `%3A` and the like as what they stand for.
fn decoded(text: &str) -> Result<String, String> {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
    decoded
        .map(Cow::into_owned)
        .map_err(|_| "the login of the proxy has a % code that is not UTF-8 text".to_owned())
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
        let read = |given: &str, kind, host, port, login| {
            assert_eq!(parse(given), parts(kind, host, port, login), "{given}");
        };
        read(" 10.0.0.1:80 ", None, "10.0.0.1", 80, None);
        read("10.0.0.1:80::", None, "10.0.0.1", 80, None);
        read("a.example:80:me:p:w", None, "a.example", 80, Some(("me", "p:w")));
        read("10.0.0.1:80:me:p@w", None, "10.0.0.1", 80, Some(("me", "p@w")));
        read("10.0.0.1:80:me@x.y:p1#$@:x", None, "10.0.0.1", 80, Some(("me@x.y", "p1#$@:x")));
        read("me:p@w@10.0.0.1:80", None, "10.0.0.1", 80, Some(("me", "p@w")));
        read("proxy:80:me:hunter2", None, "proxy", 80, Some(("me", "hunter2")));
        read("SOCKS5://me:p%3Aw@[::1]:1080/", Some("socks5"), "::1", 1080, Some(("me", "p:w")));
        read("http://token@h:1", Some("http"), "h", 1, Some(("token", "")));
        read("http://bob:12345@proxy:80", Some("http"), "proxy", 80, Some(("bob", "12345")));
        read("http://user:456@abc@h:443", Some("http"), "h", 443, Some(("user", "456@abc")));
        read("http://10.0.0.1:80:me:p@w", Some("http"), "10.0.0.1", 80, Some(("me", "p@w")));
        read("[2001:db8::1]:80:me:pw", None, "2001:db8::1", 80, Some(("me", "pw")));
        read("me:pw@[2001:db8::1]:80", None, "2001:db8::1", 80, Some(("me", "pw")));
        // What decodes to nothing stays as it is.
        read("http://me:a%+1b%zz%@10.0.0.1:80", Some("http"), "10.0.0.1", 80, Some(("me", "a%+1b%zz%")));
        read("10.0.0.1:80:me:%41", None, "10.0.0.1", 80, Some(("me", "%41")));
    }

    #[test]
    fn other_orders_are_read_where_they_can_mean_only_one_thing() {
        let bob = Some(("bob", "12345"));
        for given in [
            "bob:12345:203.0.113.9:8080",
            "203.0.113.9:8080@bob:12345",
            "bob:12345@203.0.113.9:8080",
            "203.0.113.9:8080:bob:12345",
            "\"203.0.113.9:8080:bob:12345\"",
        ] {
            assert_eq!(parse(given), parts(None, "203.0.113.9", 8080, bob), "{given}");
        }
        assert_eq!(parse("http://203.0.113.9:8080@bob:12345"), parts(Some("http"), "203.0.113.9", 8080, bob));
        assert_eq!(parse("me:1:[::1]:80"), parts(None, "::1", 80, Some(("me", "1"))));
        assert_eq!(parse("bob:123:456@10.0.0.1:80"), parts(None, "10.0.0.1", 80, Some(("bob", "123:456"))));
    }

    #[test]
    fn what_is_ambiguous_is_refused() {
        for given in [
            "bob:12345:proxy:8080",
            "proxy:8080@bob:12345",
            "gw.example.com:80:203.0.113.9:1080",
            "203.0.113.9:12345:8080:bob",
            "hunter2:gw.example.com:bob:8080",
            "bob:hunter2:proxy:8080",
        ] {
            let told = parse(given).unwrap_err();
            assert_eq!(
                told, "the proxy can be read in more than one way; write http://user:password@host:port",
                "{given}"
            );
        }
        assert!(parse("http://bob:gw.example.com@hunter2:80").is_err());
        assert_eq!(
            parse("http://bob:p%2Ew@hunter2:80"),
            parts(Some("http"), "hunter2", 80, Some(("bob", "p.w")))
        );
        for given in [
            "2001:470:1f0b:1234::1:8080",
            "2001:db8::1:8080",
            "bob:1234:fe80::1:8080",
            "abcd:1:beef:6:7:8:9:a:80",
        ] {
            let told = parse(given).unwrap_err();
            assert_eq!(
                told, "an IPv6 address of a proxy must be in brackets, as in [2001:db8::1]:8080",
                "{given}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_told_without_the_text() {
        for (given, problem) in [
            ("", "the proxy is empty"),
            ("hunter2", "the proxy has no port"),
            ("10.0.0.1:", "the proxy has no port"),
            (":80", "the proxy has no host"),
            ("10.0.0.1:70000", "the proxy has a port that is not a number from 1 to 65535"),
            ("10.0.0.1:+80", "the proxy has a port that is not a number from 1 to 65535"),
            ("10.0\u{1b}[2J:80", "the proxy has a space in it, or text beside it"),
            ("10.0.0.1:80:me:hunter2 # mobile", "the proxy has a space in it, or text beside it"),
            ("10.0.0.1:hunter2", "the proxy has a port that is not a number from 1 to 65535"),
            ("10.0.0.1:80:hunter2", "the proxy has a user and no password"),
            ("a:hunter2@10.0.0.1:80:b:c", "the proxy cannot be read"),
            ("http://me:hunter2@10.0.0.1:80?x=1", "the proxy cannot be read"),
            ("//me:hunter2@10.0.0.1:80", "the proxy has slashes and no protocol in front of them"),
            ("[::1", "the proxy has a `[` without a `]`"),
            (
                "ftp://me:hunter2@10.0.0.1:80",
                "the protocol of the proxy is unknown; it must be `http`, `https`, `socks5` or `ssh`",
            ),
            ("hunter2://10.0.0.1:80", "the protocol of the proxy is unknown"),
            ("u1:hunter2@h.ex:80[https://x.example/r]", "the proxy has an address behind it"),
            ("http://h.ex:80:u1:hunter2[https://x.example/r]", "the proxy has an address behind it"),
            (
                "bob:hunter2@203.0.113.9:8080:https://api.example.net/rotate",
                "the proxy has an address behind it",
            ),
            (
                "http://me:hunter2%ff@10.0.0.1:80",
                "the login of the proxy has a % code that is not UTF-8 text",
            ),
        ] {
            let told = parse(given).unwrap_err();
            assert!(told.starts_with(problem) && !told.contains("hunter2"), "{given}: {told}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(given in "([a-z]{0,3}://)?[a-z0-9:@%\\[\\]/ä\" ]{0,20}") {
            let _ = parse(&given);
        }

        /// Whatever order the four parts have, no part is taken for another: only a user and a password can be confused.
        #[test]
        fn every_order_of_the_parts_is_read_right_or_refused(
            host in "(10\\.0\\.0\\.[1-9]|gw[0-9]\\.example\\.com|\\[2001:db8::[1-9]\\])",
            port in 1_u16..,
            user in "[a-z][a-z0-9_-]{0,6}",
            password in "[a-z0-9]{0,3}[a-z!$#][A-Za-z0-9!$#]{0,4}|[0-9]{6,8}",
            order in proptest::sample::select((0..24).collect::<Vec<usize>>()),
            joints in proptest::sample::select(vec![":::", ":@:", "@::", "::@"]),
            kind in "(http://)?",
        ) {
            let port = port.to_string();
            let mut left = vec![host.as_str(), port.as_str(), user.as_str(), password.as_str()];
            let (mut given, mut order) = (kind.clone(), order);
            for (count, joint) in (1..=4).rev().zip(joints.chars().map(Some).chain([None])) {
                given.push_str(left.remove(order % count));
                order /= count;
                given.extend(joint);
            }
            if let Ok(read) = parse(&given) {
                let (user, password) = (user.as_str(), password.as_str());
                let login = read.login.as_ref().map(|(user, password)| (user.as_str(), password.as_str()));
                prop_assert!(login == Some((user, password)) || login == Some((password, user)), "{given}: {read:?}");
                prop_assert_eq!(read.host, host.trim_matches(['[', ']']), "{}", given);
                prop_assert_eq!(read.port.to_string(), port, "{}", given);
            }
        }
    }
}
