//! The connection of one request. It knows whether it stands, and its waits end when the run is stopped.
//!
//! Every request has its own connection, because only then a write is never in doubt for nothing: a connection that is kept
//! may have been closed by the other end, and a client learns of that only after it has sent the next request.
//!
//! Shutting down a socket wakes a thread that waits on it on some systems only, so waits are cut into slices.
//!
//! Not here: HTTP.

use super::SendError;
use crate::base::cancel::{Cancel, Level};
use crate::base::text;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};

/// How long a wait for a reply goes on before it looks whether the run was stopped.
pub(super) const SLICE: Duration = Duration::from_millis(50);

/// How long a full send buffer is left alone.
const WRITE_PAUSE: Duration = Duration::from_millis(10);

/// How long the first address of a host may take before the next one is tried. It doubles with every round.
const FIRST_TRY: Duration = Duration::from_millis(250);

/// No try to connect takes longer, so that a stopped run ends soon.
const MAX_TRY: Duration = Duration::from_secs(1);

/// ureq's own default of 128 KiB each way is no faster on small bodies.
const BUFFER: usize = 16 << 10;

/// The addresses of a host, and which of them answered last.
#[derive(Default)]
pub(super) struct Addresses {
    all: Vec<SocketAddr>,
    last: AtomicUsize,
}

impl Addresses {
    pub(super) fn new(all: Vec<SocketAddr>) -> Self {
        Self { all, last: AtomicUsize::new(0) }
    }

    /// The places of all addresses, beginning with the one that answered last.
    fn places(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.all.len()).collect();
        places.rotate_left(self.last.load(Ordering::Relaxed));
        places
    }
}

/// What opens the connection of one request, and remembers it.
pub(super) struct Line {
    pub(super) addresses: Arc<Addresses>,
    pub(super) connect_timeout: Duration,
    pub(super) cancel: Cancel,
    /// How far the run has to be stopped for the request to be cut off.
    pub(super) cut_at: Level,
    /// The connection, once it stands. From then on the request may have arrived.
    pub(super) stream: OnceLock<Arc<TcpStream>>,
}

impl Line {
    fn is_cut(&self) -> bool {
        self.cancel.level() >= self.cut_at
    }

    /// Tries all addresses in turn, for longer in each round. An address that refuses is not tried again.
    fn open(&self) -> Result<TcpStream, SendError> {
        let began = Instant::now();
        let mut places = self.addresses.places();
        let mut longest = FIRST_TRY;
        let mut problem = None;
        while !places.is_empty() {
            for place in std::mem::take(&mut places) {
                if self.is_cut() {
                    return Err(SendError::InterruptedBefore);
                }
                let left = self.connect_timeout.saturating_sub(began.elapsed());
                if left.is_zero() {
                    return Err(SendError::ConnectTimeout(self.connect_timeout));
                }
                match connect(&self.addresses.all[place], left.min(longest)) {
                    Ok(stream) => {
                        self.addresses.last.store(place, Ordering::Relaxed);
                        return Ok(stream);
                    }
                    Err(error) if is_over(&error) => places.push(place),
                    // The others may not even exist on this computer.
                    Err(error) => drop(problem.get_or_insert_with(|| in_words(&error))),
                }
            }
            longest = (longest * 2).min(MAX_TRY);
        }
        Err(SendError::NotConnected(problem.unwrap_or_else(|| "the host has no address".to_owned())))
    }

    /// Between two slices of a wait: whether it goes on.
    fn goes_on(&self, began: Instant, timeout: NextTimeout) -> Result<(), Error> {
        if self.is_cut() {
            return Err(Error::Other(Box::new(SendError::InterruptedAfter)));
        }
        if began.elapsed() >= *timeout.after { Err(Error::Timeout(timeout.reason)) } else { Ok(()) }
    }
}

/// Opens a connection whose writes return at once, and whose reads after a slice.
fn connect(address: &SocketAddr, time: Duration) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(address, time)?;
    // Where nobody listens, the system may pick that very port for this end, and connect it to itself.
    if stream.local_addr()? == *address {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(SLICE))?;
    stream.set_nonblocking(true)?;
    Ok(stream)
}

/// Whether nothing came of a wait in its time. Systems differ in what they call it.
fn is_over(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// Why there is no connection. Whatever the system calls it, nothing was sent.
fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "nothing listens there".to_owned(),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            "the host cannot be reached".to_owned()
        }
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::AddrInUse => "no local port is free".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "the system forbids the connection; a firewall may be the reason".to_owned()
        }
        _ if error.raw_os_error().is_some() => text::one_line(&error.to_string()).into_owned(),
        _ => text::reason(error),
    }
}

/// Opens connections for ureq, to the addresses that were checked. It looks up no name.
#[derive(Clone)]
pub(super) struct Open(pub(super) Arc<Line>);

impl fmt::Debug for Open {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Open").field(&self.0.addresses.all).finish()
    }
}

impl Resolver for Open {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        Ok(self.empty())
    }
}

impl Connector for Open {
    type Out = Connection;

    fn connect(&self, _: &ConnectionDetails, _: Option<()>) -> Result<Option<Connection>, Error> {
        let stream = self.0.open().map_err(|error| Error::Other(Box::new(error)))?;
        if self.0.is_cut() {
            return Err(Error::Other(Box::new(SendError::InterruptedBefore)));
        }
        let stream = Arc::clone(self.0.stream.get_or_init(|| Arc::new(stream)));
        let buffers = LazyBuffers::new(BUFFER, BUFFER);
        Ok(Some(Connection { line: Arc::clone(&self.0), stream, buffers }))
    }
}

/// A connection that stands.
pub(super) struct Connection {
    line: Arc<Line>,
    stream: Arc<TcpStream>,
    buffers: LazyBuffers,
}

impl fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Connection").field(&self.stream).finish()
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let began = Instant::now();
        let mut rest = &self.buffers.output()[..amount];
        while !rest.is_empty() {
            match (&*self.stream).write(rest) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Ok(length) => rest = &rest[length..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // A blocking write that is cut off on Windows does not tell how much of it was sent.
                Err(error) if is_over(&error) => {
                    self.line.goes_on(began, timeout)?;
                    std::thread::park_timeout(WRITE_PAUSE);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let began = Instant::now();
        // A read that is cut off on Windows may lose what it was about to read; looking takes nothing away.
        loop {
            // Once the run is stopped, only what has already come is read: a reply may come a byte at a time.
            self.stream.set_nonblocking(self.line.is_cut())?;
            match self.stream.peek(&mut [0]) {
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_over(&error) => self.line.goes_on(began, timeout)?,
                Err(error) => return Err(error.into()),
            }
        }
        let length = (&*self.stream).read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(length);
        Ok(length > 0)
    }

    fn is_open(&mut self) -> bool {
        false
    }
}
