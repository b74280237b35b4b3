//! The HTTP client: one request to the Local API, one classified result.
//!
//! Not here: what a reply means, retries, or anything that knows of endpoints.

mod url;

pub use url::{BaseUrl, UrlError};

use crate::base::cancel::{Cancel, Level};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use ureq::{Agent, Timeout};

/// A reply larger than this is refused.
pub const MAX_BODY: u64 = 64 << 20;

/// A pooled connection is not used again after this long: the other end may be closing it.
const MAX_IDLE_AGE: Duration = Duration::from_secs(1);

/// ureq's own default of 128 KiB each way is per connection, and no faster on small bodies.
const BUFFER: usize = 16 << 10;

/// Decided settings of the client.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the Local API is.
    pub url: BaseUrl,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long a reply may take, and then its body.
    pub timeout: Duration,
    /// How many connections are kept open between calls.
    pub connections: usize,
}

/// A reply of the other end, whatever it says.
#[derive(Debug, PartialEq, Eq)]
pub struct RawReply {
    /// The HTTP status.
    pub status: u16,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Why there is no reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Nothing accepted the connection.
    #[error("{0}")]
    NotConnected(String),
    /// No connection within the time limit.
    #[error("no connection within {}", crate::base::text::duration(*.0))]
    ConnectTimeout(Duration),
    /// Connected, and then no whole reply within the time limit.
    #[error("no reply within {}", crate::base::text::duration(*.0))]
    Timeout(Duration),
    /// The connection broke after the request may have left.
    #[error("the connection broke before the reply was complete")]
    Lost,
    /// What came back is not HTTP.
    #[error("the reply is not HTTP")]
    NotHttp,
    /// The reply is larger than [`MAX_BODY`].
    #[error("the reply is larger than 64 MiB")]
    TooLarge,
    /// Cancelled before anything was sent.
    #[error("interrupted")]
    InterruptedBefore,
    /// Cancelled after the request may have left.
    #[error("interrupted")]
    InterruptedAfter,
}

impl SendError {
    /// Whether the other end may have received the request.
    pub fn may_have_arrived(&self) -> bool {
        !matches!(self, Self::NotConnected(_) | Self::ConnectTimeout(_) | Self::InterruptedBefore)
    }
}

/// What becomes of a request in flight when the run is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnStop {
    /// It is cut at once: nothing is lost with it.
    Cut,
    /// Its reply is waited for, until the run is aborted.
    Finish,
}

impl OnStop {
    /// The step at which it is cut.
    fn cut_at(self) -> Level {
        match self {
            Self::Cut => Level::Stopping,
            Self::Finish => Level::Aborting,
        }
    }
}

/// Sends requests: a [`Client`], or what stands in for one.
pub trait Transport: Send + Sync {
    /// Where the Local API is.
    fn url(&self) -> &BaseUrl;

    /// How many requests are in flight that a stopped run waits for.
    fn in_flight(&self) -> usize;

    /// Posts `body` to `action` once and reads the whole reply, whatever its status.
    ///
    /// # Errors
    /// Why there is no reply, and thereby whether the request may have arrived.
    fn send(&self, action: &str, body: &[u8], on_stop: OnStop) -> Result<RawReply, SendError>;
}

/// Taken and shut down by a cancellation, which frees calls that are blocked; made anew for the next call.
type Line = Arc<Mutex<Option<Agent>>>;

/// Sends requests to one Local API. Shared by all workers.
pub struct Client {
    settings: Settings,
    cancel: Cancel,
    /// Requests that are cut at once, and requests that are finished: all of an agent's are cut together.
    cut: Line,
    finish: Line,
    /// How many requests of [`OnStop::Finish`] are in flight.
    in_flight: AtomicUsize,
}

impl Client {
    /// A client that has not connected yet.
    pub fn new(settings: Settings, cancel: &Cancel) -> Self {
        let line = |on_stop: OnStop| {
            let line = Line::default();
            let blocked = Arc::downgrade(&line);
            cancel.on_cancel(move |level| {
                let Some(line) = blocked.upgrade().filter(|_| level >= on_stop.cut_at()) else { return };
                let taken = line.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(agent) = taken {
                    agent.shutdown();
                }
            });
            line
        };
        let (cut, finish) = (line(OnStop::Cut), line(OnStop::Finish));
        Self { settings, cancel: cancel.clone(), cut, finish, in_flight: AtomicUsize::new(0) }
    }

    fn exchange(&self, action: &str, body: &[u8], on_stop: OnStop) -> Result<RawReply, SendError> {
        let agent = self.agent(on_stop);
        if self.cancel.is_cancelled() {
            return Err(SendError::InterruptedBefore);
        }
        let url = self.settings.url.of(action);
        // ureq would add its own name and version; the page asks for exactly this content type.
        let sent = agent.post(url).header("content-type", "application/json").send(body);
        let reply = sent.and_then(|response| {
            let (head, mut body) = response.into_parts();
            // Every body is read to its end, also on 4xx and 5xx: the API's own code is inside, and an unread body
            // costs the connection.
            let body = body.with_config().limit(MAX_BODY).read_to_vec()?;
            Ok(RawReply { status: head.status.as_u16(), body })
        });
        reply.map_err(|error| self.classify(&error, on_stop))
    }

    fn agent(&self, on_stop: OnStop) -> Agent {
        let line = match on_stop {
            OnStop::Cut => &self.cut,
            OnStop::Finish => &self.finish,
        };
        let mut agent = line.lock().unwrap_or_else(PoisonError::into_inner);
        agent.get_or_insert_with(|| build(&self.settings)).clone()
    }

    fn classify(&self, error: &ureq::Error, on_stop: OnStop) -> SendError {
        let classified = match error {
            ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
                SendError::ConnectTimeout(self.settings.connect_timeout)
            }
            ureq::Error::Timeout(_) => SendError::Timeout(self.settings.timeout),
            ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => {
                SendError::NotConnected("the host was not found".into())
            }
            ureq::Error::Io(error) => match error.kind() {
                io::ErrorKind::ConnectionRefused => SendError::NotConnected("nothing listens there".into()),
                io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                    SendError::NotConnected("the host cannot be reached".into())
                }
                io::ErrorKind::AddrNotAvailable => SendError::NotConnected("no local port is free".into()),
                _ => SendError::Lost,
            },
            ureq::Error::BodyExceedsLimit(_) => SendError::TooLarge,
            ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) | ureq::Error::Http(_) => {
                SendError::NotHttp
            }
            // Anything ureq may add later is treated as the worst case.
            _ => SendError::Lost,
        };
        // A cancellation looks like a broken connection from below.
        match self.cancel.level() >= on_stop.cut_at() {
            true if classified.may_have_arrived() => SendError::InterruptedAfter,
            true => SendError::InterruptedBefore,
            false => classified,
        }
    }
}

impl Transport for Client {
    fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::SeqCst)
    }

    fn url(&self) -> &BaseUrl {
        &self.settings.url
    }

    fn send(&self, action: &str, body: &[u8], on_stop: OnStop) -> Result<RawReply, SendError> {
        match on_stop {
            OnStop::Cut => self.exchange(action, body, on_stop),
            OnStop::Finish => {
                self.in_flight.fetch_add(1, Ordering::SeqCst);
                let sent = self.exchange(action, body, on_stop);
                self.in_flight.fetch_sub(1, Ordering::SeqCst);
                sent
            }
        }
    }
}

/// Posts `body` to `action` on a connection of its own: whether the other end closes it after the reply, before a pooled
/// connection would be given up, although the reply does not say so.
///
/// # Errors
/// Returns an error if there is no connection, or no reply in the time that a pooled connection is kept.
pub fn closes_idle(api: &BaseUrl, action: &str, body: &[u8]) -> io::Result<bool> {
    let url = api.of(action);
    let address = api.address();
    let path = url.trim_start_matches("http://").split_once('/').map_or("", |(_, path)| path);
    let mut stream = TcpStream::connect(&address)?;
    stream.set_read_timeout(Some(MAX_IDLE_AGE))?;
    write!(
        stream,
        "POST /{path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )?;
    stream.write_all(body)?;

    let mut reply = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match stream.read(&mut piece) {
            Ok(0) if reply.is_empty() => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(0) => break,
            Ok(length) => reply.extend_from_slice(&piece[..length]),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut if !reply.is_empty() => {
                    return Ok(false);
                }
                io::ErrorKind::ConnectionReset if !reply.is_empty() => break,
                io::ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
    }
    let head = String::from_utf8_lossy(&reply).to_ascii_lowercase();
    let head = head.split("\r\n\r\n").next().unwrap_or_default();
    let says_so = |line: &str| line.starts_with("connection:") && line.contains("close");
    Ok(!head.starts_with("http/1.0") && !head.lines().any(says_so))
}

fn build(settings: &Settings) -> Agent {
    Agent::config_builder()
        // HTTP_PROXY and its kin would send loopback requests to a proxy; people who automate proxies have them set.
        .proxy(None)
        // A failed import is a 404 with the real code inside.
        .http_status_as_error(false)
        // A redirected POST would become a GET.
        .max_redirects(0)
        // Global, per-call and resolve timeouts start a thread per call; these do not.
        .timeout_connect(Some(settings.connect_timeout))
        .timeout_send_request(Some(settings.timeout))
        .timeout_send_body(Some(settings.timeout))
        .timeout_recv_response(Some(settings.timeout))
        .timeout_recv_body(Some(settings.timeout))
        .max_idle_age(MAX_IDLE_AGE)
        .max_idle_connections(settings.connections)
        .max_idle_connections_per_host(settings.connections)
        .input_buffer_size(BUFFER)
        .output_buffer_size(BUFFER)
        .user_agent(concat!("ixscript/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent()
}
