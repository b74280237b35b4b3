//! The doubt stage: a write goes out only when it is known not to have been done, and between its intent and its outcome in
//! the journal.
//!
//! Not here: the attempts themselves, and what the journal remembers (`record`).

use super::failure::{Cause, Failure, Outcome};
use super::ledger::Key;
use super::record::Before;
use super::{Calls, Event, Made, Request, scope, verdict};
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
        if self.recorder.is_none() && self.ledger.is_clear() {
            // The usual way of a run that is not recorded, without building keys.
            self.allow(request)?;
            let result = self.noted(request, self.attempts(request, || Ok(()), read));
            if result.as_ref().is_err_and(Failure::leaves_doubt) {
                self.ledger.doubt(Key::new(request.action, &request.body), scope::here());
            }
            return result;
        }
        let key = Key::new(request.action, &request.body);
        let is_bold = request.repeat_is_harmless || request.even_if_in_doubt;
        if !is_bold && self.ledger.is_in_doubt(&key, &scope::here()) {
            return Err(request.before(Cause::InDoubt { recorded: None }));
        }
        let Some(recorder) = &self.recorder else {
            self.allow(request)?;
            let result = self.noted(request, self.attempts(request, || Ok(()), read));
            self.note_doubt(request, key, &result);
            return result;
        };
        if let Before::Done(data) = recorder.look_up(request, &key.to_string())? {
            self.tell(&Event::Answered { function: request.function });
            let envelope = Envelope { code: 0, message: Some("success".to_owned()), time: None, data };
            return read(envelope).map_err(|error| request.failure(verdict::wrong_data(0, error), 0));
        }
        self.allow(request)?;
        self.look_before_making(recorder, request)?;
        let text = key.to_string();
        let shown = self.secrets.mask(&Value::Object(request.shown()).to_string()).into_owned();
        let ticket = recorder.ticket(request, &text, shown);
        let result = self.attempts(
            request,
            || ticket.before_attempt(),
            |envelope| {
                let data = envelope.data.clone();
                read(envelope).map(|value| (value, data))
            },
        );
        let result = self.noted(request, result);
        self.note_doubt(request, key, &result);
        let recorded = ticket.after(result.as_ref().map(|(_, data)| data));
        match recorded {
            Ok(()) => result.map(|(value, _)| value),
            // It was sent, and the journal holds it to be in doubt.
            Err(error) => Err(Failure {
                cause: Cause::NotRecorded(error),
                outcome: result.err().map_or(Outcome::Unknown, |failure| failure.outcome),
                ..request.before(Cause::Interrupted)
            }),
        }
    }

    /// Whether the run may make one more write, and whoever holds it lets it go on.
    fn allow(&self, request: &Request) -> Result<(), Failure> {
        self.count_write(request)?;
        match &self.gate {
            Some(gate) => gate
                .pass(request.function, &|| request.shown(), &self.cancel)
                .map_err(|cause| request.before(cause)),
            None => Ok(()),
        }
    }

    /// Tells whoever counts, and whoever holds the run, how a write went.
    fn noted<T>(&self, request: &Request, result: Result<T, Failure>) -> Result<T, Failure> {
        self.tell(&Event::Settled { is_write: true, failure: result.as_ref().err() });
        if let Some(gate) = &self.gate {
            gate.note(|| Made {
                function: request.function.to_owned(),
                arguments: request.shown(),
                failure: result.as_ref().err().map(Failure::to_string),
            });
        }
        result
    }

    fn note_doubt<T>(&self, request: &Request, key: Key, result: &Result<T, Failure>) {
        match result {
            Err(failure) if failure.leaves_doubt() => self.ledger.doubt(key, scope::here()),
            Ok(_) if request.repeat_is_harmless => self.ledger.settle(&key),
            _ => {}
        }
    }
}
