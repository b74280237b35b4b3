//! The attempts of one call: paced, sent, judged, and tried again where that is certain to be harmless.
//!
//! Not here: what one reply means (`verdict`), and how long waits are (`pace`).

use super::failure::{Cause, Failure, Outcome};
use super::pace::Backoff;
use super::verdict::{self, Refusal};
use super::{Calls, Event, Request};
use crate::api::Effect;
use crate::api::codes::Class;
use crate::api::envelope::{self, Envelope};
use crate::client::SendError;
use crate::journal::JournalError;

/// "Your operation was too fast, please try again later."
const TOO_FAST: i64 = 1010;

/// What was certainly not done may be tried again if it can help; reads also after anything transient.
fn is_worth_another_try(failure: &Failure) -> bool {
    match &failure.cause {
        Cause::Unreachable { .. } => true,
        Cause::Code { .. } => match failure.code().map(|code| code.class) {
            Some(Class::Retryable) => true,
            Some(Class::ServerFailure) => failure.effect == Effect::Read,
            _ => false,
        },
        Cause::NoReply(SendError::Timeout(_) | SendError::Lost) => failure.effect == Effect::Read,
        Cause::Body(error) => {
            failure.effect == Effect::Read
                && matches!(error, envelope::BodyError::Empty | envelope::BodyError::CutOff(_))
        }
        _ => false,
    }
}

impl Calls {
    /// Sends a request until it succeeds, or must not or cannot be tried again. `record` comes before every attempt.
    pub(super) fn attempts<T>(
        &self,
        request: &Request,
        record: impl Fn() -> Result<(), JournalError>,
        read: impl Fn(Envelope) -> Result<T, envelope::BodyError>,
    ) -> Result<T, Failure> {
        // Serialising a map of JSON values cannot fail.
        let body = serde_json::to_vec(&request.body).unwrap_or_default();
        let mut connecting = Backoff::for_connecting();
        let mut patience = Backoff::for_patience();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let interrupted = || Refusal::before(Cause::Interrupted);
            self.pace.wait(&self.cancel).map_err(|_| request.failure(interrupted(), attempt - 1))?;
            // Recorded right before it leaves, so that its age counts from then.
            record()
                .map_err(|error| request.failure(Refusal::before(Cause::NotRecorded(error)), attempt - 1))?;
            self.tell(&Event::Sending {
                function: request.function,
                arguments: &|| request.shown(),
                attempt,
            });
            let sent = self.client.send(request.action, &body);
            let verdict = verdict::judge(sent, self.client.url());
            let read =
                |(status, envelope)| read(envelope).map_err(|error| verdict::wrong_data(status, error));
            let refusal = match verdict.and_then(read) {
                Ok(value) => {
                    self.tell(&Event::Done { function: request.function });
                    return Ok(value);
                }
                Err(refusal) => refusal,
            };
            let failure = request.failure(refusal, attempt);
            if attempt > self.policy.retries || !is_worth_another_try(&failure) {
                return Err(failure);
            }
            let backoff = if failure.outcome == Outcome::NotSent { &mut connecting } else { &mut patience };
            let wait = backoff.next(fastrand::f64());
            if failure.code().is_some_and(|code| code.number == TOO_FAST) {
                self.pace.pause(wait);
            }
            self.tell(&Event::Retrying { failure: &failure, wait });
            if self.cancel.sleep(wait).is_err() {
                return Err(Failure { cause: Cause::Interrupted, ..failure });
            }
        }
    }
}
