//! Somebody who is asked before a write leaves: a session that talks to a real app.
//!
//! Not here: how they are asked.

use super::{Calls, Cause, Failure, NotAllowed, Refusal, Request};
use crate::api::Effect;

/// Says whether this function, which changes something, may be called now. It may take its time.
pub(super) type Leave = Box<dyn Fn(&str) -> bool + Send + Sync>;

impl Calls {
    /// Asks `leave` before every write that would be sent.
    #[must_use]
    pub fn with_leave(mut self, leave: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.leave = Some(Box::new(leave));
        self
    }

    /// The last part of the capability stage.
    pub(super) fn ask_leave(&self, request: &Request) -> Result<(), Failure> {
        let Some(leave) = self.leave.as_ref().filter(|_| request.effect != Effect::Read && !self.is_dry())
        else {
            return Ok(());
        };
        let function = request.row.map_or(request.function, |row| row.function);
        if leave(function) {
            return Ok(());
        }
        Err(request.failure(Refusal::before(Cause::NotAllowed(NotAllowed::Unconfirmed)), 0))
    }
}
