//! What becomes of one request: turned away, or let to the faults and the world.
//!
//! Only `POST /api/v2/<action>` reaches the world. Anything else gets an envelope of its own: 403 for requests that come from
//! elsewhere (see `guard`), 404 for other paths, 405 for other methods, 413 for bodies over 64 MiB. The vendor documents none
//! of these.
//!
//! Not here: what a world answers, when faults fire, and starting and stopping.

use super::call::{ILLEGAL, INVALID, Refusal};
use super::fault::Kind;
use super::guard;
use super::plan::Plan;
use super::reply::{self, Body, Dropped};
use super::server::{Log, Served};
use super::world::{self, Answer, World};
use crate::base::clock::Clock;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::{ALLOW, HeaderValue};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

/// The path before the action, as the vendor documents it.
const PREFIX: &str = "/api/v2/";

/// How much later a late call is done. Not documented by the vendor, of course.
pub(super) const LATE: Duration = Duration::from_millis(50);

/// A request body larger than this is refused. Not documented by the vendor; as much as the client takes of a reply.
const MAX_BODY: usize = 64 << 20;

/// What the thread and the owner share.
pub(super) struct Shared {
    pub(super) state: Mutex<State>,
    pub(super) latency: Duration,
    pub(super) clock: Clock,
    pub(super) log: Option<Log>,
    pub(super) connections: AtomicU64,
    pub(super) requests: AtomicU64,
    /// Tells the thread to close all connections and to refuse new ones for so long.
    pub(super) away: mpsc::UnboundedSender<Duration>,
}

pub(super) struct State {
    pub(super) world: World,
    pub(super) plan: Plan,
    pub(super) recorded: Option<Vec<(String, Value)>>,
}

/// Serves the requests of one connection until it ends.
pub(super) async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    shared.connections.fetch_add(1, Ordering::Relaxed);
    // Without it, small replies on a kept connection may wait for the other end's acknowledgement.
    let _ = stream.set_nodelay(true);
    let closing = Arc::new(Notify::new());
    let service = service_fn(|request| serve(&shared, request, &closing));
    let mut connection = pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    loop {
        tokio::select! {
            biased;
            // It ends with an error when a fault closes it or the other end goes away: both are expected.
            _ = connection.as_mut() => break,
            () = closing.notified() => connection.as_mut().graceful_shutdown(),
        }
    }
}

async fn serve(
    shared: &Arc<Shared>,
    request: Request<Incoming>,
    closing: &Arc<Notify>,
) -> Result<Response<Body>, Dropped> {
    shared.requests.fetch_add(1, Ordering::Relaxed);
    let (head, body) = request.into_parts();
    let action = match admit(&head) {
        Ok(action) => action,
        Err(refused) => return Ok(shared.turn_away(&head, refused)),
    };
    if body.size_hint().lower() > MAX_BODY as u64 {
        return Ok(shared.turn_away(&head, TOO_LARGE));
    }
    let body = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Ok(shared.turn_away(&head, TOO_LARGE)),
        // The other end went away in the middle of its request.
        Err(_) => return Err(Dropped),
    };
    let (fault, body) = shared.receive(action, &body);
    let answer = match fault {
        Some(Kind::Late) => shared.act_later(LATE, action, fault, body).await.unwrap_or_default(),
        Some(Kind::LateBy(time)) => {
            drop(shared.act_later(time, action, fault, body));
            None
        }
        _ => shared.act(action, fault, body),
    };
    if let Some(Kind::Away(time)) = fault {
        // Fails only when the simulator is about to stop.
        let _ = shared.away.send(time);
    }
    if !shared.latency.is_zero() {
        tokio::time::sleep(shared.latency).await;
    }
    match (fault, answer) {
        (None, Some(answer)) => Ok(reply::whole(&answer)),
        (Some(kind), Some(answer)) => reply::broken(kind, &answer, closing).await,
        (_, None) => Err(Dropped),
    }
}

/// An HTTP status and a code for what never reaches the world.
type TurnedAway = (u16, Refusal);

const FOREIGN: TurnedAway = (403, ILLEGAL);
const NO_SUCH_PATH: TurnedAway = (404, INVALID);
const NOT_POST: TurnedAway = (405, INVALID);
const TOO_LARGE: TurnedAway = (413, INVALID);

/// The action of a request that may reach the world.
fn admit(head: &Parts) -> Result<&str, TurnedAway> {
    if !guard::is_welcome(&head.headers) {
        return Err(FOREIGN);
    }
    let action = head.uri.path().strip_prefix(PREFIX).ok_or(NO_SUCH_PATH)?;
    if head.method == Method::POST { Ok(action) } else { Err(NOT_POST) }
}

impl Shared {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a request down, and says what goes wrong with it.
    fn receive(&self, action: &str, body: &[u8]) -> (Option<Kind>, Option<Map<String, Value>>) {
        let body = read(body);
        let mut state = self.state();
        if let Some(recorded) = &mut state.recorded {
            recorded.push((action.to_owned(), body.clone().map_or(Value::Null, Value::Object)));
        }
        (state.plan.next(action), body)
    }

    /// Does it after a while, whatever becomes of the connection.
    fn act_later(
        self: &Arc<Self>,
        after: Duration,
        action: &str,
        fault: Option<Kind>,
        body: Option<Map<String, Value>>,
    ) -> JoinHandle<Option<Answer>> {
        let (shared, action) = (Arc::clone(self), action.to_owned());
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            shared.act(&action, fault, body)
        })
    }

    /// Lets the world have a request, unless a fault keeps it away; no answer means that the connection is to be closed.
    fn act(&self, action: &str, fault: Option<Kind>, body: Option<Map<String, Value>>) -> Option<Answer> {
        let now = self.clock.now_seconds();
        let answer = match (fault, body) {
            (Some(Kind::DropBefore | Kind::Away(_)), _) => None,
            (Some(Kind::Code(code)), _) => Some(world::failure(action, code, now)),
            (_, Some(body)) => {
                let world = &mut self.state().world;
                if fault == Some(Kind::OtherAccount) {
                    world.switch_account();
                }
                Some(world.handle(action, &body, now))
            }
            // Not documented, so chosen: HTTP 200 for every action.
            (_, None) => Some(world::plain_failure(INVALID, now)),
        };
        self.tell(action, answer.as_ref(), fault);
        answer
    }

    fn turn_away(&self, head: &Parts, (status, refused): TurnedAway) -> Response<Body> {
        let answer = Answer { status, ..world::plain_failure(refused, self.clock.now_seconds()) };
        self.tell(head.uri.path(), Some(&answer), None);
        let mut response = reply::whole(&answer);
        if status == NOT_POST.0 {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        }
        response
    }

    fn tell(&self, action: &str, answer: Option<&Answer>, fault: Option<Kind>) {
        if let Some(log) = &self.log {
            let (status, code) =
                (answer.map(|answer| answer.status), answer.map(|answer| answer.envelope.code));
            log(&Served { action, status, code, fault });
        }
    }
}

/// The fields of a body. Some pages document a call without any, so an empty body counts as `{}`.
fn read(body: &[u8]) -> Option<Map<String, Value>> {
    if body.trim_ascii().is_empty() { Some(Map::new()) } else { serde_json::from_slice(body).ok() }
}
