//! Somebody who is asked before a write leaves: a session that talks to a real app.
//!
//! Not here: how they are asked.

use super::{Calls, Cause, Failure, NotAllowed, Refusal, Request};
use crate::api::Effect;

/// Says whether this function, which changes something, may be called now. It may take its time.
pub(super) type Gate = Box<dyn Fn(&str) -> bool + Send + Sync>;

impl Calls {
    /// Asks `gate` before every write that would be sent.
    #[must_use]
    pub fn gated(mut self, gate: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.gate = Some(Box::new(gate));
        self
    }

    /// The last part of the capability stage.
    pub(super) fn pass_gate(&self, request: &Request) -> Result<(), Failure> {
        let Some(gate) = self.gate.as_ref().filter(|_| request.effect != Effect::Read && !self.is_dry())
        else {
            return Ok(());
        };
        let function = request.row.map_or(request.function, |row| row.function);
        if gate(function) {
            return Ok(());
        }
        Err(request.failure(Refusal::before(Cause::NotAllowed(NotAllowed::Unconfirmed)), 0))
    }
}
