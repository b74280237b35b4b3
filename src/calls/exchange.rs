//! The last request and what came back for it, for a session that is asked about it.
//!
//! Not here: hiding the secrets of a reply. Some are known only once it was read, so whoever shows it masks it.

use super::{Calls, Request};
use crate::client::{RawReply, SendError};
use serde_json::{Map, Value};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Of a longer reply the beginning is kept.
const MOST_KEPT: usize = 64 << 10;

/// One attempt of one call.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Where it went, with the action.
    pub url: String,
    /// The body, with its secrets masked.
    pub arguments: Map<String, Value>,
    /// The HTTP status and the beginning of the body, or why there is none.
    pub reply: Result<(u16, String), String>,
    /// From the request to the reply.
    pub took: Duration,
}

/// Keeps the last exchange, if somebody wants it.
#[derive(Default)]
pub(super) struct Kept(Option<Mutex<Option<Exchange>>>);

impl Calls {
    /// Keeps the last request and its reply.
    #[must_use]
    pub fn keeping_last(mut self) -> Self {
        self.kept = Kept(Some(Mutex::default()));
        self
    }

    /// The last request and its reply, if they are kept and there was one.
    pub fn last_exchange(&self) -> Option<Exchange> {
        self.kept.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn keep(&self, request: &Request, sent: &Result<RawReply, SendError>, took: Duration) {
        let Some(kept) = &self.kept.0 else { return };
        let text = |body: &[u8]| {
            let beginning = &body[..body.len().min(MOST_KEPT)];
            String::from_utf8_lossy(beginning).into_owned()
        };
        let reply = sent.as_ref().map(|reply| (reply.status, text(&reply.body))).map_err(ToString::to_string);
        let url = self.client.url().of(request.action);
        *kept.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Exchange { url, arguments: request.shown(), reply, took });
    }
}
