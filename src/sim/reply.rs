//! How an answer goes out over HTTP, whole or broken by a fault.
//!
//! Not here: which fault, and what the answer is.

use super::fault::Kind;
use super::world::Answer;
use http_body_util::{Either, Full};
use hyper::body::{Bytes, Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use hyper::{Response, StatusCode};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Sleep;

/// How many pieces a slow body has at most.
const SLOW_PIECES: usize = 10;
/// The pause that lets half a body leave before its connection is closed.
const LATE_PAUSE: Duration = Duration::from_millis(10);

const GARBAGE: &[u8] = b"}{ this is no JSON \x01";
const HTML: &[u8] =
    b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";

/// The connection is to be closed here. Hyper does so when a service or a body fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection is closed on purpose")]
pub(super) struct Dropped;

/// A body that comes in one piece, or in several with pauses.
pub(super) type Body = Either<Full<Bytes>, Pieces>;

/// The answer as it should be.
pub(super) fn whole(answer: &Answer) -> Response<Body> {
    respond(answer.status, JSON, json(answer))
}

/// The answer as `kind` lets it out, after the work is done. `closing` is told when the connection has to end after this reply.
///
/// # Errors
/// [`Dropped`] when no reply is to come.
pub(super) async fn broken(
    kind: Kind,
    answer: &Answer,
    closing: &Arc<Notify>,
) -> Result<Response<Body>, Dropped> {
    let status = answer.status;
    Ok(match kind {
        Kind::DropBefore | Kind::DropAfter | Kind::LateBy(_) | Kind::Away(_) => return Err(Dropped),
        Kind::Hang => std::future::pending().await,
        // What is wrong with these lies in the answer, or in when it was made.
        Kind::Code(_) | Kind::Late | Kind::OtherAccount => whole(answer),
        Kind::Garbage => respond(status, JSON, Bytes::from_static(GARBAGE)),
        Kind::Empty => respond(status, JSON, Bytes::new()),
        Kind::Html => respond(status, WEB_PAGE, Bytes::from_static(HTML)),
        Kind::Truncate => {
            let body = json(answer);
            respond(status, JSON, body.slice(..body.len() / 2))
        }
        Kind::Slow(time) => pieces(status, Pieces::slow(&json(answer), time)),
        Kind::CloseIdle => pieces(status, Pieces::last(json(answer), Arc::clone(closing))),
        Kind::DropLate => pieces(status, Pieces::cut(&json(answer))),
        Kind::Status(status @ 500..) => respond(status, WEB_PAGE, Bytes::from_static(HTML)),
        Kind::Status(status) => {
            let mut response = respond(status, JSON, json(answer));
            if (300..400).contains(&status) {
                response.headers_mut().insert(LOCATION, HeaderValue::from_static("/elsewhere"));
            }
            response
        }
    })
}

const JSON: &str = "application/json";
const WEB_PAGE: &str = "text/html";

fn json(answer: &Answer) -> Bytes {
    // Writing JSON values to memory cannot fail.
    serde_json::to_vec(&answer.envelope.to_json()).unwrap_or_default().into()
}

fn respond(status: u16, content_type: &'static str, body: Bytes) -> Response<Body> {
    build(status, content_type, Either::Left(Full::new(body)))
}

fn pieces(status: u16, body: Pieces) -> Response<Body> {
    build(status, JSON, Either::Right(body))
}

fn build(status: u16, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// A body in pieces, with a pause before each, that may end too early.
pub(super) struct Pieces {
    left: VecDeque<Bytes>,
    /// What the headers promise, whatever comes of it.
    promised: u64,
    pause: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    is_cut: bool,
    /// Is told once the headers are made, which then do not say that the connection will be closed.
    closing: Option<Arc<Notify>>,
}

impl Pieces {
    fn slow(body: &Bytes, time: Duration) -> Self {
        let length = body.len().div_ceil(SLOW_PIECES).max(1);
        let left: VecDeque<Bytes> =
            (0..body.len()).step_by(length).map(|at| body.slice(at..(at + length).min(body.len()))).collect();
        // A short body has fewer pieces, which take the time all the same.
        let count = u32::try_from(left.len()).unwrap_or(u32::MAX).max(1);
        Self {
            pause: time / count,
            left,
            promised: body.len() as u64,
            timer: None,
            is_cut: false,
            closing: None,
        }
    }

    fn cut(body: &Bytes) -> Self {
        let left = VecDeque::from([body.slice(..body.len() / 2)]);
        let promised = body.len() as u64;
        Self { left, promised, pause: LATE_PAUSE, timer: None, is_cut: true, closing: None }
    }

    /// The whole body of the last reply on its connection.
    fn last(body: Bytes, closing: Arc<Notify>) -> Self {
        Self {
            promised: body.len() as u64,
            left: VecDeque::from([body]),
            pause: Duration::ZERO,
            timer: None,
            is_cut: false,
            closing: Some(closing),
        }
    }
}

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        if self.is_end_stream() {
            return Poll::Ready(None);
        }
        if let Some(closing) = self.closing.take() {
            // The connection is polled again at once, after whoever waits for this.
            closing.notify_one();
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let pause = self.pause;
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
        // While this waits, hyper sends what it has: the headers, or the piece before.
        if timer.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        self.timer = None;
        Poll::Ready(Some(self.left.pop_front().map(Frame::data).ok_or(Dropped)))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty() && !self.is_cut
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}
