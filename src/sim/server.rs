//! The HTTP server in front of a world: one background thread, on loopback only.
//!
//! Hyper and not a web framework, because a fault needs the connection itself: a service that fails closes it without a
//! reply, and a body that fails closes it in the middle. Everything runs on one thread, so that calls take effect in the order
//! they arrive and a run can be repeated.
//!
//! Not here: what becomes of a request (`service`).

use super::fault::{Fault, Kind};
use super::options::Options;
use super::plan::Plan;
use super::service::{Shared, State, converse};
use super::world::World;
use crate::base::clock::Clock;
use serde_json::Value;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

/// How long nothing is accepted after accepting failed, as it does when no file handles are left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// How many connections wait to be accepted, as with the standard library.
const BACKLOG: u32 = 128;

/// Is told of every request when its answer is known. It runs on the server's thread and should be quick.
pub type Log = Arc<dyn Fn(&Served<'_>) + Send + Sync>;

/// How to start a simulator.
#[derive(Clone, Default)]
pub struct Config {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// How long every reply takes. The work is done when the request comes, the reply follows after this.
    pub latency: Duration,
    /// What goes wrong; the first that fires wins.
    pub faults: Vec<Fault>,
    /// Where the chance of faults begins. The world has its own seed in `options`.
    pub seed: u64,
    /// How the world behaves where the vendor does not say.
    pub options: Options,
    /// Tells the time of replies.
    pub clock: Clock,
    /// Is told of every request.
    pub log: Option<Log>,
    /// Whether [`Simulator::requests`] remembers them.
    pub record: bool,
}

/// One request and what became of it, for a log. Displayed as one line, without the body and its secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served<'a> {
    /// The action; of a request that is turned away, its path.
    pub action: &'a str,
    /// The HTTP status of the world's answer; a fault may send another. `None` when nothing was done.
    pub status: Option<u16>,
    /// `error.code` of the answer.
    pub code: Option<i64>,
    /// The fault that fired.
    pub fault: Option<Kind>,
}

impl fmt::Display for Served<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.action)?;
        if let (Some(status), Some(code)) = (self.status, self.code) {
            write!(formatter, " {status} code {code}")?;
        }
        self.fault.map_or(Ok(()), |fault| write!(formatter, " fault {fault}"))
    }
}

/// What has reached a simulator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// TCP connections that were accepted.
    pub connections: u64,
    /// HTTP requests, those included that were turned away.
    pub requests: u64,
}

/// Why a simulator cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Something listens there already.
    #[error("port {0} is in use, perhaps by ixBrowser itself; `--port 0` takes a free one")]
    PortInUse(u16),
    /// The port cannot be had for another reason.
    #[error("port {port} cannot be used: {source}; `--port 0` takes a free one")]
    Port {
        /// The port.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// The system gives no thread or no event queue.
    #[error("the simulator cannot start: {0}")]
    System(io::Error),
}

/// A running simulator. It stops when dropped.
pub struct Simulator {
    shared: Arc<Shared>,
    port: u16,
    url: String,
    /// Dropping it ends the thread.
    running: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Starts to listen and returns at once; requests are served from then on.
    ///
    /// # Errors
    /// When the port cannot be had, or the system gives no thread.
    pub fn start(config: Config) -> Result<Self, StartError> {
        let port = config.port;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|source| {
            if source.kind() == io::ErrorKind::AddrInUse {
                StartError::PortInUse(port)
            } else {
                StartError::Port { port, source }
            }
        })?;
        let port = listener.local_addr().map_err(StartError::System)?.port();
        listener.set_nonblocking(true).map_err(StartError::System)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(StartError::System)?;
        let entered = runtime.enter();
        let listener = TcpListener::from_std(listener).map_err(StartError::System)?;
        drop(entered);
        let (away, mut goes_away) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                world: World::new(config.options),
                plan: Plan::new(&config.faults, config.seed),
                recorded: config.record.then(Vec::new),
            }),
            latency: config.latency,
            clock: config.clock,
            log: config.log,
            connections: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            away,
        });
        let (running, stopped) = oneshot::channel();
        let served = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("simulator".to_owned())
            .spawn(move || runtime.block_on(listen(listener, port, &served, stopped, &mut goes_away)))
            .map_err(StartError::System)?;
        let url = format!("http://127.0.0.1:{port}");
        Ok(Self { shared, port, url, running: Some(running), thread: Some(thread) })
    }

    /// Where it listens, as in `http://127.0.0.1:53200`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Looks at the world, or changes it. Requests wait meanwhile, so none may be made inside.
    pub fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.shared.state().world)
    }

    /// The actions and bodies that came so far, in order, if `record` was on. A body that was no JSON object is `null`.
    pub fn requests(&self) -> Vec<(String, Value)> {
        self.shared.state().recorded.clone().unwrap_or_default()
    }

    /// What has come so far.
    pub fn counts(&self) -> Counts {
        Counts {
            connections: self.shared.connections.load(Ordering::Relaxed),
            requests: self.shared.requests.load(Ordering::Relaxed),
        }
    }

    /// Closes all connections, those that hang included, and ends the thread.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        drop(self.running.take());
        if let Some(thread) = self.thread.take() {
            // A panic in there has been reported by its thread already.
            let _ = thread.join();
        }
    }
}

/// Accepts connections until the owner lets go. The tasks of open ones end with the runtime.
async fn listen(
    mut listener: TcpListener,
    port: u16,
    shared: &Arc<Shared>,
    mut stopped: oneshot::Receiver<()>,
    goes_away: &mut mpsc::UnboundedReceiver<Duration>,
) {
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            _ = &mut stopped => break,
            Some(time) = goes_away.recv() => {
                open.shutdown().await;
                tokio::select! {
                    biased;
                    _ = &mut stopped => break,
                    back = stay_away(listener, port, time) => listener = back,
                }
                // What was asked for meanwhile came from connections that are closed now.
                while goes_away.try_recv().is_ok() {}
            }
            accepted = listener.accept() => {
                match accepted {
                    Ok((stream, _)) => drop(open.spawn(converse(stream, Arc::clone(shared)))),
                    Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
                }
                while open.try_join_next().is_some() {}
            }
        }
    }
}

/// Refuses connections for `time`, then listens at the same port again.
async fn stay_away(listener: TcpListener, port: u16, time: Duration) -> TcpListener {
    drop(listener);
    // Bound meanwhile, so that no other program gets the port, but not listening, so that connections are refused.
    let mut held = hold(port);
    tokio::time::sleep(time).await;
    loop {
        match held.and_then(|socket| socket.listen(BACKLOG)) {
            Ok(listener) => return listener,
            // Another program has the port after all.
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
        held = hold(port);
    }
}

fn hold(port: u16) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // As the standard library does for its listeners: connections that have just been closed do not keep the port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    Ok(socket)
}
