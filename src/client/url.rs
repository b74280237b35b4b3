//! The address of the Local API: validated once, so that nothing else is ever sent to.
//!
//! Not here: sending.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use ureq::http::Uri;

/// The path of the API where the URL gives none.
const DEFAULT_PATH: &str = "/api/v2/";

/// A checked base URL; actions are appended to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    base: String,
    /// Looked up once, so that what was checked is what is connected to.
    addresses: Vec<SocketAddr>,
    is_local: bool,
}

/// Why a URL is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// No URL at all.
    #[error("`{0}` is not a URL; write it like http://127.0.0.1:53200")]
    Malformed(String),
    /// Another scheme than http.
    #[error("`{0}` must begin with http://; the Local API speaks no other protocol")]
    Scheme(String),
    /// A name or password inside.
    #[error("the URL must not contain a user name or password")]
    UserInfo,
    /// A port outside 1 to 65535.
    #[error("`{0}` has no usable port; ports go from 1 to 65535")]
    Port(String),
    /// A query or fragment.
    #[error("`{0}` must end with the path; a query or fragment has no meaning here")]
    Query(String),
    /// A name that leads nowhere.
    #[error("the host `{0}` is not known to this computer")]
    UnknownHost(String),
    /// A host elsewhere.
    #[error("`{0}` is not this computer; requests carry passwords and travel in clear text")]
    NotLoopback(String),
}

impl UrlError {
    /// What to do about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::NotLoopback(_) => Some("If the network in between is yours, allow it with --allow-remote."),
            _ => None,
        }
    }
}

impl BaseUrl {
    /// Checks `text`. Host names are looked up, unless they are literal addresses: all their addresses must be
    /// loopback, or `allow_remote` must be set.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str, allow_remote: bool) -> Result<Self, UrlError> {
        let text = text.trim();
        let malformed = || UrlError::Malformed(shown(text));
        if text.contains('#') || text.contains('?') {
            return Err(UrlError::Query(shown(text)));
        }
        let uri: Uri = text.parse().map_err(|_| malformed())?;
        let authority = uri.authority().ok_or_else(malformed)?;
        match uri.scheme_str() {
            Some("http") => {}
            Some(_) => return Err(UrlError::Scheme(shown(text))),
            None => return Err(malformed()),
        }
        if authority.as_str().contains('@') {
            return Err(UrlError::UserInfo);
        }
        let host = authority.host();
        // The parser drops a port it cannot read, and the request would go to port 80.
        let port = match authority.as_str()[host.len()..].strip_prefix(':') {
            None => 80,
            Some(port) => match port.parse::<u16>() {
                Ok(port) if port > 0 => port,
                _ => return Err(UrlError::Port(shown(text))),
            },
        };
        let mut addresses = look_up(host, port)?;
        let is_local = addresses.iter().all(|address| address.ip().to_canonical().is_loopback());
        if !is_local && !allow_remote {
            return Err(UrlError::NotLoopback(shown(host)));
        }
        if is_local {
            // The app listens on 127.0.0.1.
            addresses.sort_by_key(SocketAddr::is_ipv6);
        }
        let path = match uri.path() {
            "" | "/" => DEFAULT_PATH,
            path => path,
        };
        let slash = if path.ends_with('/') { "" } else { "/" };
        Ok(Self { base: format!("http://{authority}{path}{slash}"), addresses, is_local })
    }

    /// The URL of an action.
    pub fn of(&self, action: &str) -> String {
        format!("{}{action}", self.base)
    }

    /// Where it leads; at least one address.
    pub(super) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Whether it is this computer.
    pub fn is_local(&self) -> bool {
        self.is_local
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.base)
    }
}

fn look_up(host: &str, port: u16) -> Result<Vec<SocketAddr>, UrlError> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    // The name always means this computer, and not every computer's own table gives both of its addresses.
    if bare.eq_ignore_ascii_case("localhost") {
        let both = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        return Ok(both.map(|address| SocketAddr::new(address, port)).to_vec());
    }
    let addresses = (bare, port).to_socket_addrs().map_err(|_| UrlError::UnknownHost(shown(host)))?;
    let addresses: Vec<SocketAddr> = addresses.collect();
    if addresses.is_empty() { Err(UrlError::UnknownHost(shown(host))) } else { Ok(addresses) }
}

/// The part of a refused URL that may be shown: no user info, no escapes, not too long.
fn shown(text: &str) -> String {
    let without_user = match text.rsplit_once('@') {
        Some((_, after)) => after,
        None => text,
    };
    crate::base::text::one_line(&crate::base::text::cut(without_user, 200)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, UrlError> {
        BaseUrl::parse(text, false).map(|url| url.of("profile-copy"))
    }

    #[test]
    fn local_urls_get_the_path_of_the_api() {
        assert_eq!(parse("http://127.0.0.1:53200").unwrap(), "http://127.0.0.1:53200/api/v2/profile-copy");
        assert_eq!(
            parse("http://127.0.0.1:53200/api/v2").unwrap(),
            "http://127.0.0.1:53200/api/v2/profile-copy"
        );
        assert_eq!(parse(" http://[::1]:1/ ").unwrap(), "http://[::1]:1/api/v2/profile-copy");
        assert!(parse("http://localhost:53200/").is_ok());
    }

    #[test]
    fn everything_else_is_refused_and_says_why() {
        let refused = |text: &str| parse(text).unwrap_err();
        assert!(matches!(refused("127.0.0.1:53200"), UrlError::Malformed(_)));
        assert!(matches!(refused("https://127.0.0.1"), UrlError::Scheme(_)));
        assert!(matches!(refused("http://127.0.0.1:99999"), UrlError::Port(_) | UrlError::Malformed(_)));
        assert!(matches!(refused("http://127.0.0.1:0"), UrlError::Port(_)));
        assert!(matches!(refused("http://127.0.0.1:"), UrlError::Port(_)));
        assert!(matches!(refused("http://127.0.0.1/?a=b"), UrlError::Query(_)));
        assert!(matches!(refused("http://10.0.0.1:53200"), UrlError::NotLoopback(_)));
        assert!(matches!(refused("http://no-such-host.invalid"), UrlError::UnknownHost(_)));
        assert!(matches!(refused(""), UrlError::Malformed(_)));
    }

    #[test]
    fn a_password_in_the_url_is_refused_and_not_repeated() {
        assert_eq!(parse("http://me:secret@127.0.0.1:1").unwrap_err(), UrlError::UserInfo);
        assert!(!parse("ftp://me:secret@127.0.0.1:1").unwrap_err().to_string().contains("secret"));
    }

    #[test]
    fn remote_hosts_need_permission() {
        let url = BaseUrl::parse("http://10.0.0.1:53200", true).unwrap();
        assert!(!url.is_local());
        assert!(BaseUrl::parse("http://127.0.0.1:53200", true).unwrap().is_local());
    }
}
