//! The doubt stage: a write goes out only when it is known not to have been done, and between its intent and its outcome in
//! the journal.
//!
//! Not here: the attempts themselves, and what the journal remembers (`record`).

use super::failure::{Cause, Failure, Outcome};
use super::gate::Pass;
use super::ledger::Key;
use super::record::Recorder;
use super::verdict::Refusal;
use super::{Calls, Event, Request, scope};
use crate::api::Effect;
use crate::api::envelope::{self, Envelope};
use serde_json::Value;

impl Calls {
    /// Everything from the doubt stage on: a read is sent; a write only unless it was done or may have been, and between its
    /// intent and its outcome in the journal.
    pub(super) fn perform(
        &self,
        request: &Request,
        read: impl Fn(Envelope) -> Result<Value, envelope::BodyError>,
    ) -> Result<Value, Failure> {
        if request.effect == Effect::Read {
            return self.attempts(request, || Ok(()), read);
        }
        self.refuse_doubtful(request)?;
        let Some(recorder) = &self.recorder else {
            let pass = self.allow(request)?;
            return self.noted(request, pass, self.attempts(request, || Ok(()), read));
        };
        let pass = self.allow(request)?;
        self.noted(request, pass, self.send_recorded(recorder, request, read))
    }

    /// Sends a write between its intent and its outcome in the journal.
    fn send_recorded(
        &self,
        recorder: &Recorder,
        request: &Request,
        read: impl Fn(Envelope) -> Result<Value, envelope::BodyError>,
    ) -> Result<Value, Failure> {
        self.renew_source(request)?;
        self.look_before_making(recorder, request)?;
        let key = match &request.called {
            Some(called) => called.identity().to_owned(),
            None => Key::new(request.action, &request.body).to_string(),
        };
        let shown = self.secrets.mask(&Value::Object(request.shown()).to_string()).into_owned();
        let ticket = recorder.ticket(request, &key, shown);
        let result = self.attempts(
            request,
            || ticket.before_attempt(),
            |envelope| {
                let data = envelope.data.clone();
                read(envelope).map(|value| (value, data))
            },
        );
        // That the repeat was refused or not sent says nothing of the first time.
        let result = result.map_err(|failure| match request.was_in_doubt() {
            true => Failure { outcome: Outcome::Unknown, ..failure },
            false => failure,
        });
        if let (Ok(_), Some(call)) = (&result, request.called.as_ref().and_then(|called| called.again.get()))
        {
            self.note_done(call);
        }
        let Err((recorded, error)) = ticket.after(result.as_ref().map(|(_, data)| data)) else {
            return result.map(|(value, _)| value);
        };
        // It was sent, and the journal holds it to be in doubt.
        let (outcome, attempts, result) = match &result {
            Ok((_, data)) => (Outcome::Done, 1, Ok(ticket.made(data.as_ref()))),
            Err(failure) => (failure.outcome, failure.attempts, Err(failure.to_string())),
        };
        let cause = Cause::OutcomeNotRecorded { error, recorded, result };
        Err(request.failure(Refusal { cause, outcome, http_status: None }, attempts))
    }

    /// Whether the run may make one more write, and whoever holds it lets it go on.
    fn allow(&self, request: &Request) -> Result<Option<Pass<'_>>, Failure> {
        self.count_write(request)?;
        let Some(gate) = &self.gate else { return Ok(None) };
        let pass = gate.pass(request.function, &|| request.shown(), &self.cancel);
        pass.map(Some).map_err(|cause| request.before(cause))
    }

    /// Remembers whether a write is in doubt, and tells whoever counts, and whoever holds the run, how it went.
    fn noted<T>(
        &self,
        request: &Request,
        pass: Option<Pass>,
        result: Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.tell(&Event::WriteEnded { failure: result.as_ref().err() });
        if let Some(pass) = pass {
            pass.end(result.as_ref().err());
        }
        if result.is_ok() {
            self.remember_live(request);
        }
        let key = || Key::new(request.action, &request.body);
        match &result {
            // One that was in doubt before is counted where that is known.
            Err(failure) if failure.leaves_doubt() && !request.was_in_doubt() => {
                self.ledger.doubt(key(), scope::here());
            }
            Ok(_) if request.is_harmless() && !self.ledger.is_clear() => {
                self.ledger.settle(&key(), &scope::here());
            }
            _ => {}
        }
        result
    }

    /// Whether an equal write of this run may have been done. Nearly always nothing is in doubt, and no key is built.
    fn refuse_doubtful(&self, request: &Request) -> Result<(), Failure> {
        let is_again = request.called.as_ref().is_some_and(|called| called.again.get().is_some());
        if request.is_harmless() || request.even_if_in_doubt || is_again {
            return Ok(());
        }
        let is_doubted_now = !self.ledger.is_clear()
            && self.ledger.is_in_doubt(&Key::new(request.action, &request.body), &scope::here());
        match is_doubted_now || self.is_doubted_before(request) {
            true => Err(request.before(Cause::InDoubt { recorded: None })),
            false => Ok(()),
        }
    }
}
