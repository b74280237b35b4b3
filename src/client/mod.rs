//! The HTTP client: one request to the Local API, one classified result.
//!
//! Not here: what a reply means, retries, or anything that knows of endpoints.

mod connection;
mod url;

pub use url::{BaseUrl, UrlError};

use crate::base::cancel::{Cancel, Level};
use connection::{Addresses, Line, Open};
use std::collections::VecDeque;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use ureq::Agent;
use ureq::config::Config;

/// A reply larger than this is refused.
pub const MAX_BODY: u64 = 64 << 20;

/// How many connections are kept after their reply, until the other end has closed them.
const MAX_FINISHED: usize = 16;

/// Decided settings of the client.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the Local API is.
    pub url: BaseUrl,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long a reply may take, and then its body.
    pub timeout: Duration,
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

/// Sends requests to one Local API. Shared by all workers.
pub struct Client {
    settings: Settings,
    config: Config,
    addresses: Arc<Addresses>,
    cancel: Cancel,
    /// How many requests of [`OnStop::Finish`] are in flight.
    in_flight: AtomicUsize,
    /// Connections whose reply has come. The end that closes first has to keep the port for a minute or more, and an end
    /// that makes thousands of calls would run out of ports, so the other end gets the time to close them.
    finished: Mutex<VecDeque<Arc<TcpStream>>>,
}

impl Client {
    /// A client that has not connected yet.
    pub fn new(settings: Settings, cancel: &Cancel) -> Self {
        Self {
            config: config(&settings),
            addresses: Arc::new(Addresses::new(settings.url.addresses().to_vec())),
            settings,
            cancel: cancel.clone(),
            in_flight: AtomicUsize::new(0),
            finished: Mutex::default(),
        }
    }

    fn exchange(&self, action: &str, body: &[u8], on_stop: OnStop) -> Result<RawReply, SendError> {
        let line = Arc::new(Line {
            addresses: Arc::clone(&self.addresses),
            connect_timeout: self.settings.connect_timeout,
            cancel: self.cancel.clone(),
            cut_at: on_stop.cut_at(),
            stream: OnceLock::new(),
        });
        if self.cancel.is_cancelled() {
            return Err(SendError::InterruptedBefore);
        }
        let open = Open(Arc::clone(&line));
        let agent = Agent::with_parts(self.config.clone(), open.clone(), open);
        let request = agent.post(self.settings.url.of(action)).header("connection", "close");
        // ureq would add its own name and version; the page asks for exactly this content type.
        let sent = request.header("content-type", "application/json").send(body);
        let reply = sent.and_then(|response| {
            let (head, mut body) = response.into_parts();
            // Every body is read to its end, also on 4xx and 5xx: the API's own code is inside.
            let body = body.with_config().limit(MAX_BODY).read_to_vec()?;
            Ok(RawReply { status: head.status.as_u16(), body })
        });

        let stream = line.stream.get();
        if let (Ok(_), Some(stream)) = (&reply, stream) {
            self.keep_finished(Arc::clone(stream));
        }
        reply.map_err(|error| self.classify(&error, stream.is_some()))
    }

    fn keep_finished(&self, stream: Arc<TcpStream>) {
        let mut finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        finished.push_back(stream);
        let closed = if finished.len() > MAX_FINISHED { finished.pop_front() } else { None };
        drop(finished);
        drop(closed);
    }

    /// What an error of ureq means. Before the connection stands, nothing was sent, whatever the error; after that the
    /// request may have arrived, whatever the error.
    fn classify(&self, error: &ureq::Error, is_connected: bool) -> SendError {
        match error {
            ureq::Error::Other(error) if error.is::<SendError>() => {
                error.downcast_ref().cloned().unwrap_or(SendError::Lost)
            }
            error if !is_connected => SendError::NotConnected(error.to_string()),
            ureq::Error::Timeout(_) => SendError::Timeout(self.settings.timeout),
            ureq::Error::BodyExceedsLimit(_) => SendError::TooLarge,
            ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) | ureq::Error::Http(_) => {
                SendError::NotHttp
            }
            // Anything ureq may add later is treated as the worst case.
            _ => SendError::Lost,
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

fn config(settings: &Settings) -> Config {
    Agent::config_builder()
        // HTTP_PROXY and its kin would send loopback requests to a proxy; people who automate proxies have them set.
        .proxy(None)
        // A failed import is a 404 with the real code inside.
        .http_status_as_error(false)
        // A redirected POST would become a GET.
        .max_redirects(0)
        // Global, per-call and resolve timeouts start a thread per call; these do not.
        .timeout_send_request(Some(settings.timeout))
        .timeout_send_body(Some(settings.timeout))
        .timeout_recv_response(Some(settings.timeout))
        .timeout_recv_body(Some(settings.timeout))
        .max_idle_connections(0)
        .user_agent(concat!("ixscript/", env!("CARGO_PKG_VERSION")))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::{SocketAddr, TcpListener};
    use std::sync::mpsc;
    use std::time::Instant;

    const LONG: Duration = Duration::from_secs(600);
    const SOON: Duration = Duration::from_secs(60);

    fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    fn client(url: &str, connect_timeout: Duration, cancel: &Cancel) -> Client {
        let url = BaseUrl::parse(url, true).unwrap();
        Client::new(Settings { url, connect_timeout, timeout: LONG }, cancel)
    }

    fn at(address: SocketAddr, cancel: &Cancel) -> Client {
        client(&format!("http://{address}"), SOON, cancel)
    }

    /// A client of a host that has these addresses.
    fn of(addresses: &[SocketAddr], connect_timeout: Duration, cancel: &Cancel) -> Client {
        let mut client = client("http://127.0.0.1:1", connect_timeout, cancel);
        client.addresses = Arc::new(Addresses::new(addresses.to_vec()));
        client
    }

    /// Reads a request with the body `{}`.
    fn read_request(stream: &mut TcpStream) {
        let mut request = Vec::new();
        while !request.ends_with(b"{}") {
            let mut bytes = [0; 1024];
            let length = stream.read(&mut bytes).unwrap();
            assert!(length > 0, "half a request");
            request.extend_from_slice(&bytes[..length]);
        }
    }

    const REPLY: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    #[test]
    fn server_that_answers_once_per_connection_without_saying_so_loses_no_request() {
        const REQUESTS: usize = 50;
        let ((listener, address), cancel) = (listener(), Cancel::default());
        let client = at(address, &cancel);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut open = Vec::new();
                for _ in 0..REQUESTS {
                    let mut stream = listener.accept().unwrap().0;
                    read_request(&mut stream);
                    stream.write_all(REPLY).unwrap();
                    // As long as it is open, nothing tells the client that no other request will be read.
                    open.push(stream);
                    drop(open.drain(..open.len().saturating_sub(8)));
                }
            });
            for on_stop in [OnStop::Cut, OnStop::Finish] {
                for _ in 0..REQUESTS / 2 {
                    let reply = client.send("profile-copy", b"{}", on_stop).unwrap();
                    assert_eq!((reply.status, reply.body.as_slice()), (200, &b"ok"[..]));
                }
            }
        });
    }

    #[test]
    fn the_other_end_may_close_a_connection_first() {
        let ((listener, address), cancel) = (listener(), Cancel::default());
        let client = at(address, &cancel);
        let (has_reply, replied) = mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let mut stream = listener.accept().unwrap().0;
                read_request(&mut stream);
                stream.write_all(REPLY).unwrap();
                replied.recv_timeout(SOON).unwrap();
                stream.set_nonblocking(true).unwrap();
                let kind = stream.read(&mut [0]).unwrap_err().kind();
                assert_eq!(kind, std::io::ErrorKind::WouldBlock);
            });
            client.send("profile-copy", b"{}", OnStop::Finish).unwrap();
            has_reply.send(()).unwrap();
        });
    }

    #[test]
    fn error_of_any_kind_before_the_connection_stands_means_not_sent() {
        let cancel = Cancel::default();
        // An invalid argument, no such address family, no route: systems differ.
        for url in
            ["http://[fe80::1]:9", "http://[ff02::1]:9", "http://224.0.0.1:9", "http://255.255.255.255:9"]
        {
            let client = client(url, Duration::from_millis(100), &cancel);
            let error = client.send("profile-copy", b"{}", OnStop::Finish).unwrap_err();
            assert!(!error.may_have_arrived(), "{url}: {error:?}");
        }
        let unused = listener().1;
        let error = at(unused, &cancel).send("profile-copy", b"{}", OnStop::Finish).unwrap_err();
        assert_eq!(error, SendError::NotConnected("nothing listens there".to_owned()));
    }

    #[test]
    fn error_of_any_kind_after_the_connection_stands_means_that_the_request_may_have_arrived() {
        use std::io::{Error, ErrorKind};
        let cancel = Cancel::default();
        let client = client("http://127.0.0.1:1", SOON, &cancel);
        for kind in [
            ErrorKind::ConnectionRefused,
            ErrorKind::HostUnreachable,
            ErrorKind::NetworkUnreachable,
            ErrorKind::AddrNotAvailable,
            ErrorKind::ConnectionReset,
        ] {
            let error = || ureq::Error::Io(Error::from(kind));
            assert!(client.classify(&error(), true).may_have_arrived(), "{kind}");
            assert!(!client.classify(&error(), false).may_have_arrived(), "{kind}");
        }

        let (listener, address) = listener();
        std::thread::scope(|scope| {
            scope.spawn(move || drop(listener.accept().unwrap()));
            let error = at(address, &cancel).send("profile-copy", b"{}", OnStop::Finish).unwrap_err();
            assert_eq!(error, SendError::Lost);
        });
    }

    #[test]
    fn a_call_that_hangs_is_cut_off_when_the_run_is_stopped() {
        // A body that fits into no buffer hangs while it is sent.
        let large = vec![b' '; 64 << 20];
        for (on_stop, body) in [(OnStop::Cut, &b"{}"[..]), (OnStop::Finish, b"{}"), (OnStop::Finish, &large)]
        {
            let ((listener, address), cancel) = (listener(), Cancel::default());
            let client = at(address, &cancel);
            let (finished, is_finished) = mpsc::channel::<()>();
            let began = Instant::now();
            std::thread::scope(|scope| {
                let cancel = &cancel;
                scope.spawn(move || {
                    let mut stream = listener.accept().unwrap().0;
                    // Something has arrived.
                    stream.read_exact(&mut [0; 16]).unwrap();
                    match on_stop {
                        OnStop::Cut => cancel.stop(crate::base::cancel::Why::Asked),
                        OnStop::Finish => cancel.abort(),
                    }
                    is_finished.recv_timeout(SOON).unwrap_err();
                });
                let error = client.send("profile-copy", body, on_stop).unwrap_err();
                drop(finished);
                assert_eq!(error, SendError::InterruptedAfter);
            });
            assert!(began.elapsed() < LONG / 2);
        }
    }

    #[test]
    fn a_reply_that_never_ends_is_cut_off_when_the_run_is_stopped() {
        let ((listener, address), cancel) = (listener(), Cancel::default());
        let client = at(address, &cancel);
        let began = Instant::now();
        std::thread::scope(|scope| {
            let cancel = &cancel;
            scope.spawn(move || {
                let mut stream = listener.accept().unwrap().0;
                read_request(&mut stream);
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 60000000\r\n\r\n").unwrap();
                cancel.abort();
                // A byte comes within every slice.
                while began.elapsed() < SOON && stream.write_all(b" ").is_ok() {
                    std::thread::park_timeout(connection::SLICE / 5);
                }
            });
            let error = client.send("profile-copy", b"{}", OnStop::Finish).unwrap_err();
            assert_eq!(error, SendError::InterruptedAfter);
        });
        assert!(began.elapsed() < SOON);
    }

    #[test]
    fn a_reply_is_waited_for_until_the_run_is_aborted() {
        let ((listener, address), cancel) = (listener(), Cancel::default());
        let client = at(address, &cancel);
        std::thread::scope(|scope| {
            let cancel = &cancel;
            scope.spawn(move || {
                let mut stream = listener.accept().unwrap().0;
                read_request(&mut stream);
                cancel.stop(crate::base::cancel::Why::Asked);
                stream.write_all(REPLY).unwrap();
            });
            assert!(client.send("profile-copy", b"{}", OnStop::Finish).is_ok());
        });
        assert_eq!(client.send("x", b"{}", OnStop::Finish), Err(SendError::InterruptedBefore));
    }

    /// A listener that does not answer, because as many connections wait for it as may.
    #[cfg(target_os = "linux")]
    fn silent() -> (TcpListener, SocketAddr, Vec<TcpStream>) {
        let (listener, address) = listener();
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok();
        let waiting = std::iter::from_fn(connect).collect();
        (listener, address, waiting)
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_address_that_does_not_answer_costs_no_time_limit() {
        let ((_full, silent, _waiting), (listener, address)) = (silent(), listener());
        let unused = super::tests::listener().1;
        let cancel = Cancel::default();
        let client = of(&[silent, unused, address], LONG, &cancel);
        let began = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..2 {
                    let mut stream = listener.accept().unwrap().0;
                    read_request(&mut stream);
                    stream.write_all(REPLY).unwrap();
                }
            });
            client.send("x", b"{}", OnStop::Cut).unwrap();
            client.send("x", b"{}", OnStop::Cut).unwrap();
        });
        assert!(began.elapsed() < LONG / 2);
        let error =
            of(&[silent, unused], Duration::from_millis(10), &cancel).send("x", b"{}", OnStop::Finish);
        assert_eq!(error, Err(SendError::ConnectTimeout(Duration::from_millis(10))));
    }

    #[test]
    fn localhost_is_reached_on_the_one_address_where_somebody_listens() {
        let cancel = Cancel::default();
        for address in ["127.0.0.1:0", "[::1]:0"] {
            // A computer without IPv6 has only the first.
            let Ok(listener) = TcpListener::bind(address) else { continue };
            let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
            let client = client(&url, LONG, &cancel);
            let began = Instant::now();
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    for _ in 0..2 {
                        let mut stream = listener.accept().unwrap().0;
                        read_request(&mut stream);
                        stream.write_all(REPLY).unwrap();
                    }
                });
                (0..2).for_each(|_| drop(client.send("x", b"{}", OnStop::Cut).unwrap()));
            });
            assert!(began.elapsed() < LONG / 2);
            drop(listener);
            let error = client.send("x", b"{}", OnStop::Finish).unwrap_err();
            assert_eq!(error, SendError::NotConnected("nothing listens there".to_owned()));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn connecting_is_cut_off_when_the_run_is_stopped() {
        let (_full, silent, _waiting) = silent();
        let cancel = Cancel::default();
        let client = of(&[silent], LONG, &cancel);
        let began = Instant::now();
        std::thread::scope(|scope| {
            let sent = scope.spawn(|| client.send("x", b"{}", OnStop::Finish));
            while client.in_flight() == 0 {
                std::thread::yield_now();
            }
            cancel.abort();
            assert_eq!(sent.join().unwrap(), Err(SendError::InterruptedBefore));
        });
        assert!(began.elapsed() < LONG / 2);
    }
}
