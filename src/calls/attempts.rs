//! The attempts of one call: paced, sent, judged, and tried again where that is certain to be harmless.
//!
//! Not here: what one reply means (`verdict`), how long waits are (`pace`), and whether the app is there (`breaker`).

use super::breaker::{PATIENCE, Turned};
use super::failure::{Cause, Failure, Outcome};
use super::pace::Backoff;
use super::verdict::{self, Refusal};
use super::{Calls, Event, Request};
use crate::api::Effect;
use crate::api::codes::Class;
use crate::api::envelope::{self, Envelope};
use crate::base::cancel::Cancelled;
use crate::base::sync;
use crate::client::{OnStop, SendError};
use crate::journal::JournalError;

/// "Your operation was too fast, please try again later."
const TOO_FAST: i64 = 1010;

/// What is known of an app that other calls have just looked for.
const STAYED_AWAY: &str = "nobody is there, as other calls have just found";

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
    /// Tries a call again this often where it was certainly not done, whatever the policy says.
    #[must_use]
    pub fn retrying(mut self, retries: u32) -> Self {
        self.policy.retries = retries;
        self
    }

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
        // What a write has done cannot be taken back, so that its reply is worth waiting for.
        let on_stop = if request.effect == Effect::Read { OnStop::Cut } else { OnStop::Finish };
        let write =
            (request.effect != Effect::Read).then(|| self.turns.begin_write(&self.cancel)).transpose();
        let _write = write.map_err(|Cancelled| request.before(Cause::Interrupted))?;
        let mut turn = self.breaker.turn();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let interrupted = || Refusal::before(Cause::Interrupted);
            match turn.enter(&self.cancel) {
                Ok(()) => {}
                Err(Turned::Cancelled) => return Err(request.failure(interrupted(), attempt - 1)),
                Err(Turned::Gone) => {
                    let refusal = verdict::unreachable(STAYED_AWAY, self.client.url(), true);
                    return Err(request.failure(refusal, attempt - 1));
                }
            }
            self.pace.wait(&self.cancel).map_err(|_| request.failure(interrupted(), attempt - 1))?;
            // Recorded right before it leaves, so that its age counts from then.
            record()
                .map_err(|error| request.failure(Refusal::before(Cause::NotRecorded(error)), attempt - 1))?;
            self.tell(&Event::Sending {
                function: request.function,
                arguments: &|| request.shown(),
                attempt,
            });
            let began = sync::now();
            let sent = self.client.send(request.action, &body, on_stop);
            self.keep(request, &sent, began.elapsed());
            let verdict = verdict::judge(sent, self.client.url());
            let read =
                |(status, envelope)| read(envelope).map_err(|error| verdict::wrong_data(status, error));
            let refusal = match verdict.and_then(read) {
                Ok(value) => {
                    turn.reached();
                    self.pace.fast_enough(began, sync::now());
                    self.tell(&Event::Done { function: request.function });
                    return Ok(value);
                }
                Err(refusal) => refusal,
            };
            let mut failure = request.failure(refusal, attempt);
            match &failure.cause {
                Cause::Unreachable { .. } => turn.missed(),
                Cause::Interrupted => {}
                _ => turn.reached(),
            }
            let is_away = matches!(failure.cause, Cause::Unreachable { .. });
            let is_patient = is_away && self.policy.retries > 0 && turn.is_patient();
            if attempt > self.policy.retries && !is_patient || !is_worth_another_try(&failure) {
                if let Cause::Unreachable { is_gone, .. } = &mut failure.cause {
                    *is_gone = turn.lost();
                }
                return Err(failure);
            }
            let backoff = if failure.outcome == Outcome::NotSent { &mut connecting } else { &mut patience };
            let wait = backoff.next(fastrand::f64());
            if failure.code().is_some_and(|code| code.number == TOO_FAST) {
                self.pace.too_fast(began, sync::now(), wait);
            }
            self.tell(&Event::Retrying { failure: &failure, wait });
            if is_patient && attempt == self.policy.retries && turn.is_probe() {
                self.tell(&Event::Away { failure: &failure, patience: PATIENCE });
            }
            if self.cancel.sleep(wait).is_err() {
                return Err(Failure { cause: Cause::Interrupted, ..failure });
            }
        }
    }
}
