//! The one way a call is made. Everything above uses only this.
//!
//! A call goes through its stages in this order, and each stage can end it:
//!
//! 1. check: the arguments against the row ([`crate::api::check`]);
//! 2. history: whether an earlier session of the run made it, which answers it;
//! 2. capability: whether this run may do it, and may do one more write (a session may be asked);
//! 3. dry run: a write is planned and answered with a made-up result;
//! 4. doubt: whether an equal write of this run may have been done already;
//! 5. gate: whether somebody wants to see this one first;
//! 6. pace: whether the app is there at all, and the pace all workers share;
//! 7. intent: the journal has it before it leaves;
//! 8. send: one HTTP request ([`crate::client`]);
//! 9. classify: done, refused or unknown;
//! 10. retry what is certainly not done; record what became of it in the journal, or in this run's memory.
//!
//! Not here: scripts, terminals, HTTP.

mod attempts;
mod breaker;
mod changes;
mod event;
mod exchange;
mod failure;
mod gate;
mod leave;
mod ledger;
mod pace;
mod pages;
mod permits;
mod plan;
mod record;
mod replay;
pub mod scope;
mod settle;
mod traces;
mod verdict;
mod writes;

pub use changes::Changes;
pub use event::Event;
pub use exchange::Exchange;
pub use failure::{Cause, Drift, Failure, Held, Kind, NotAllowed, Outcome, Recalled, Vanished};
pub use gate::{Answer, Gate, Made, Question};
pub use pages::Flaw;
pub use permits::{Denied, Grant, Permits};
pub use plan::Planned;
pub use record::{Begin, Recorder, Recording};
pub use replay::{Batch, Rehearsal, hash_of_item};
pub use settle::Settled;

use crate::api::{self, Effect, Endpoint, check, envelope, envelope::Envelope};
use crate::base::cancel::Cancel;
use crate::base::mask::Secrets;
use crate::client::Transport;
use breaker::Breaker;
use ledger::Ledger;
use pace::Pace;
use plan::Plan;
use replay::Step;
use serde_json::{Map, Value, json};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;
use verdict::Refusal;

/// The option that repeats a write although an equal one is in doubt. It is not sent.
pub const EVEN_IF_IN_DOUBT: &str = "even_if_in_doubt";

/// What a run may do, and how patient it is.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// How often a call that was certainly not done is tried again.
    pub retries: u32,
    /// Whether destructive calls are allowed.
    pub allow_destructive: bool,
    /// After this many writes the run stops.
    pub max_writes: Option<u64>,
    /// At least this long between the beginnings of two attempts, whoever makes them; zero sets no rate.
    pub interval: Duration,
    /// Whether writes are only planned, and none is sent.
    pub is_dry: bool,
}

type Observer = Box<dyn Fn(&Event) + Send + Sync>;

/// Makes calls. Shared by all workers of a run.
pub struct Calls {
    client: Box<dyn Transport>,
    policy: Policy,
    cancel: Cancel,
    secrets: Secrets,
    pace: Pace,
    breaker: Breaker,
    turns: pages::Turns,
    ledger: Ledger,
    plan: Plan,
    writes: AtomicU64,
    /// The only functions that may be called, if not all. A session can be held to fewer.
    needs: RwLock<Option<Vec<&'static str>>>,
    /// A session can be allowed more.
    permits: RwLock<Permits>,
    allows_destructive: AtomicBool,
    recorder: Option<Recorder>,
    observer: Option<Observer>,
    gate: Option<Gate>,
    /// Whether writes are only planned now: a session can change its mind.
    is_dry: AtomicBool,
    leave: Option<leave::Leave>,
    kept: exchange::Kept,
}

/// One call, checked and allowed, on its way to the app.
struct Request<'a> {
    function: &'a str,
    action: &'a str,
    effect: Effect,
    row: Option<&'static Endpoint>,
    body: Map<String, Value>,
    even_if_in_doubt: bool,
    /// As the script made it, if a history of the run is kept.
    called: Option<replay::Called>,
}

impl Calls {
    /// Makes calls with `client` under `policy`.
    pub fn new(client: impl Transport + 'static, policy: Policy, cancel: Cancel, secrets: Secrets) -> Self {
        Self {
            client: Box::new(client),
            policy,
            cancel,
            secrets,
            pace: Pace::every(policy.interval),
            breaker: Breaker::default(),
            turns: pages::Turns::default(),
            ledger: Ledger::default(),
            plan: Plan::default(),
            writes: AtomicU64::new(0),
            needs: RwLock::default(),
            permits: RwLock::default(),
            allows_destructive: AtomicBool::new(policy.allow_destructive),
            recorder: None,
            observer: None,
            gate: None,
            is_dry: AtomicBool::new(policy.is_dry),
            leave: None,
            kept: exchange::Kept::default(),
        }
    }

    /// Lets only these functions be called, as a recipe's header declares them; `None` lets all.
    #[must_use]
    pub fn only(self, needs: Option<Vec<&'static str>>) -> Self {
        self.hold(needs);
        self
    }

    /// As [`Self::only`], from now on.
    pub fn hold(&self, needs: Option<Vec<&'static str>>) {
        *self.needs.write().unwrap_or_else(PoisonError::into_inner) = needs;
    }

    /// With what was allowed and denied besides.
    #[must_use]
    pub fn permitting(mut self, permits: Permits) -> Self {
        self.permits = RwLock::new(permits);
        self
    }

    /// The only functions that may be called, if not all: those that are declared, and those that are allowed by name.
    pub fn needs(&self) -> Option<Vec<&'static str>> {
        let mut needs = self.needs.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        needs.extend(&self.permits.read().unwrap_or_else(PoisonError::into_inner).allowed);
        Some(needs)
    }

    /// Tells `observer` what happens during calls.
    #[must_use]
    pub fn observed(mut self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Has every write recorded.
    #[must_use]
    pub fn recorded(mut self, recorder: Recorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// What records writes, if anything does.
    pub fn recorder(&self) -> Option<&Recorder> {
        self.recorder.as_ref()
    }

    /// Holds writes at `gate`; without one, none is held.
    #[must_use]
    pub fn held(mut self, gate: Option<Gate>) -> Self {
        self.gate = gate;
        self
    }

    /// Where calls go.
    pub fn url(&self) -> String {
        self.client.url().to_string()
    }

    /// The secrets met so far.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// How many writes of this run are in doubt.
    pub fn in_doubt(&self) -> usize {
        self.ledger.in_doubt() + self.recorder.as_ref().map_or(0, Recorder::in_doubt)
    }

    /// How many failures of writes a resumed run's script was told of and went on behind.
    pub fn caught_failures(&self) -> usize {
        let history = self.recorder.as_ref().and_then(Recorder::history);
        history.map_or(0, |history| history.lock().caught())
    }

    /// The writes that a resumed run's script was told of as in doubt and went on behind, and that were not done, for people.
    pub fn caught_and_lost(&self) -> Vec<String> {
        let Some(history) = self.recorder.as_ref().and_then(Recorder::history) else { return Vec::new() };
        let shown =
            |call: &crate::journal::PastCall| format!("call {}: {} {}", call.id, call.function, call.shown);
        history.lock().caught_and_lost().into_iter().map(shown).collect()
    }

    /// How many writes are in flight, whose replies a stopped run waits for.
    pub fn in_flight(&self) -> usize {
        self.client.in_flight()
    }

    /// Calls an endpoint with these arguments and returns what a script gets for it.
    ///
    /// # Errors
    /// Why it failed and what is known of the outcome.
    pub fn call(&self, endpoint: &'static Endpoint, given: Map<String, Value>) -> Result<Value, Failure> {
        self.tell(&Event::Called { function: endpoint.function, given: &given });
        let result = self.make(endpoint, given);
        self.tell(&Event::Returned { result: &result });
        result
    }

    fn make(&self, endpoint: &'static Endpoint, mut given: Map<String, Value>) -> Result<Value, Failure> {
        check::secrets(endpoint.params, &given, &mut |secret| self.secrets.add(secret));
        let as_given = self.keeps_history().then(|| given.clone());
        let even_if_in_doubt = take_even_if_in_doubt(endpoint.effect, &mut given)
            .map_err(|cause| Failure::before_sending(endpoint, cause))?;
        let body = check::check(endpoint, given)
            .map_err(|problems| Failure::before_sending(endpoint, Cause::Invalid(problems)))?;
        let called = as_given.and_then(|given| self.called(endpoint.function, &given));
        let mut request = Request { even_if_in_doubt, called, ..Request::of_row(endpoint, body) };
        match self.step(&request)? {
            Step::Live => {}
            Step::Value(value) => {
                self.keep_secret(endpoint, &value);
                return Ok(value);
            }
            Step::Done(data) => {
                return self.answered(&request, data, |envelope| self.value_of(endpoint, envelope));
            }
        }
        let result = self.make_live(endpoint, &mut request);
        self.note_told(&request, &result);
        result
    }

    /// The value of a call that an earlier session made.
    fn answered(
        &self,
        request: &Request,
        data: Option<Value>,
        read: impl Fn(Envelope) -> Result<Value, envelope::BodyError>,
    ) -> Result<Value, Failure> {
        self.tell_answered(request);
        let envelope = Envelope { code: 0, message: Some("success".to_owned()), time: None, data };
        read(envelope).map_err(|error| request.failure(verdict::wrong_data(0, error), 0))
    }

    /// What a script gets for a reply.
    fn value_of(&self, endpoint: &Endpoint, envelope: Envelope) -> Result<Value, envelope::BodyError> {
        // Cookies come as JSON inside a text, and are told apart only as a value.
        let is_text = endpoint.success == api::Success::JsonText;
        envelope.data.iter().filter(|_| !is_text).for_each(|data| self.keep_secret(endpoint, data));
        let value = envelope::value(endpoint.success, envelope.data)?;
        if is_text {
            self.keep_secret(endpoint, &value);
        }
        Ok(value)
    }

    fn make_live(&self, endpoint: &'static Endpoint, request: &mut Request) -> Result<Value, Failure> {
        self.permit(request)?;
        if let Some(planned) = self.rehearsed(request)? {
            return Ok(planned);
        }
        match endpoint.success {
            api::Success::Page { .. } if pages::wants_all(&request.body) => {
                let filters = request.body.clone();
                let rows = Value::Array(self.every_row(request)?);
                Ok(self.with_planned_rows(endpoint, &filters, rows))
            }
            success => {
                let value = self.perform(request, |envelope| self.value_of(endpoint, envelope))?;
                // Planned rows stand at the end of a list, which is where a page is not full.
                let limit = request.body.get("limit").and_then(Value::as_u64).unwrap_or(DEFAULT_LIMIT);
                let is_last_page = value.as_array().is_some_and(|rows| (rows.len() as u64) < limit);
                match success {
                    api::Success::Page { .. } if is_last_page => {
                        Ok(self.with_planned_rows(endpoint, &request.body, value))
                    }
                    _ => Ok(value),
                }
            }
        }
    }

    /// Remembers what is secret in a reply's `data`, so that it is masked wherever it would be shown by accident. Lists are
    /// not gone through: their rows are shown on purpose, and there may be thousands of them.
    fn keep_secret(&self, endpoint: &Endpoint, data: &Value) {
        let mut add = |text: &str| self.secrets.add(text);
        match data {
            _ if endpoint.secret_results == ["*"] => check::all_texts(data, &mut add),
            Value::Object(fields) => {
                let secret =
                    fields.iter().filter(|(name, _)| endpoint.secret_results.contains(&name.as_str()));
                secret.for_each(|(_, field)| check::all_texts(field, &mut add));
            }
            _ => {}
        }
    }

    /// Calls any action with any body and returns the whole reply. A known action follows its row in everything but
    /// the parameter check; an unknown one counts as a destructive write that must not be repeated.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn call_raw(&self, action: &str, mut body: Map<String, Value>) -> Result<Value, Failure> {
        let row = api::by_action(action);
        if let Some(row) = row {
            check::secrets(row.params, &body, &mut |secret| self.secrets.add(secret));
        }
        let effect = row.map_or(Effect::Destructive, |row| row.effect);
        let as_given = self.keeps_history().then(|| body.clone());
        let flag = take_even_if_in_doubt(effect, &mut body);
        let (function, called) = ("call_api", None);
        let mut request = Request { function, action, effect, row, body, even_if_in_doubt: false, called };
        request.even_if_in_doubt = flag.map_err(|cause| request.before(cause))?;
        request.called = as_given.and_then(|given| self.called(&format!("call_api {action}"), &given));
        let read = |envelope: Envelope| {
            if let (Some(row), Some(data)) = (row, &envelope.data) {
                self.keep_secret(row, data);
            }
            Ok(envelope.to_json())
        };
        match self.step(&request)? {
            Step::Live => {}
            Step::Value(value) => return Ok(value),
            Step::Done(data) => return self.answered(&request, data, read),
        }
        let result = self.make_raw(&request, read);
        self.note_told(&request, &result);
        result
    }

    fn make_raw(
        &self,
        request: &Request,
        read: impl Fn(Envelope) -> Result<Value, envelope::BodyError>,
    ) -> Result<Value, Failure> {
        self.permit(request)?;
        let Some(result) = self.rehearsed(request)? else { return self.perform(request, read) };
        let data = match request.row.map(|row| row.success) {
            Some(api::Success::Page { .. }) => {
                json!({ "total": result.as_array().map_or(0, Vec::len), "data": result })
            }
            Some(api::Success::Field(name, _)) => Value::Object(Map::from_iter([(name.to_owned(), result)])),
            _ => result,
        };
        let message = Some("planned, not sent".to_owned());
        Ok(Envelope { code: 0, message, time: None, data: Some(data) }.to_json())
    }

    /// The allowance stage: counts a write, unless there were enough.
    fn count_write(&self, request: &Request) -> Result<(), Failure> {
        let Some(most) = self.policy.max_writes.filter(|_| request.effect != Effect::Read) else {
            return Ok(());
        };
        if self.writes.fetch_add(1, Ordering::SeqCst) < most {
            return Ok(());
        }
        Err(request.failure(Refusal::before(Cause::WritesUsedUp(most)), 0))
    }

    /// The dry-run stage: the made-up result of a write, and reads about things that are only planned.
    fn rehearsed(&self, request: &Request) -> Result<Option<Value>, Failure> {
        if !self.is_dry() {
            return Ok(None);
        }
        match (request.effect, request.row) {
            (Effect::Read, Some(row)) => Ok(self.plan.read(row, &request.body)),
            (Effect::Read, None) => Ok(None),
            _ => {
                self.count_write(request)?;
                let (function, action) = (request.function, request.action);
                Ok(Some(self.plan.write(function, action, request.row, &request.body, request.shown())))
            }
        }
    }

    fn with_planned_rows(&self, list: &Endpoint, filters: &Map<String, Value>, listed: Value) -> Value {
        match listed {
            Value::Array(mut rows) => {
                rows.extend(self.plan.rows(list, filters));
                Value::Array(rows)
            }
            other => other,
        }
    }

    /// The writes a dry run has planned so far.
    pub fn planned(&self) -> Vec<Planned> {
        self.plan.writes()
    }

    /// Whether writes are only planned.
    pub fn is_dry(&self) -> bool {
        self.is_dry.load(Ordering::Relaxed)
    }

    /// From now on writes are only planned, or sent. A new plan begins.
    pub fn set_dry(&self, is_dry: bool) {
        self.plan.clear();
        self.is_dry.store(is_dry, Ordering::Relaxed);
    }

    fn tell(&self, event: &Event) {
        if let Some(observer) = &self.observer {
            observer(event);
        }
    }
}

/// Rows of a page where nobody says how many (the list pages of the vendor).
const DEFAULT_LIMIT: u64 = 10;

/// Takes the option out of the arguments. Reads do not know it: there it stays, and the check names it.
fn take_even_if_in_doubt(effect: Effect, given: &mut Map<String, Value>) -> Result<bool, Cause> {
    if effect == Effect::Read {
        return Ok(false);
    }
    match given.remove(EVEN_IF_IN_DOUBT) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(flag),
        Some(_) => Err(Cause::Arguments(format!("`{EVEN_IF_IN_DOUBT}` must be true or false"))),
    }
}

impl Refusal {
    fn before(cause: Cause) -> Self {
        Self { cause, outcome: Outcome::NotSent, http_status: None }
    }
}

impl<'a> Request<'a> {
    /// A call of an endpoint.
    fn of_row(row: &'static Endpoint, body: Map<String, Value>) -> Self {
        let Endpoint { function, action, effect, .. } = row;
        Self {
            function,
            action,
            effect: *effect,
            row: Some(row),
            body,
            even_if_in_doubt: false,
            called: None,
        }
    }

    /// A call of a function that sends nothing.
    fn of_nothing(function: &'a str) -> Self {
        let (action, effect) = ("", Effect::Read);
        Self { function, action, effect, row: None, body: Map::new(), even_if_in_doubt: false, called: None }
    }

    /// Whether doing it twice leaves the same state as doing it once.
    fn is_harmless(&self) -> bool {
        self.effect == Effect::Read || self.row.is_some_and(|row| row.repeat_is_harmless(&self.body))
    }

    /// Whether it repeats a call of an earlier session that may have been done.
    fn was_in_doubt(&self) -> bool {
        self.called.as_ref().is_some_and(|called| called.was_in_doubt.get())
    }

    fn failure(&self, refusal: Refusal, attempts: u32) -> Failure {
        Failure {
            function: self.function.to_owned(),
            action: self.action.to_owned(),
            effect: self.effect,
            cause: refusal.cause,
            outcome: refusal.outcome,
            http_status: refusal.http_status,
            attempts,
        }
    }

    /// A failure before anything was sent.
    fn before(&self, cause: Cause) -> Failure {
        self.failure(Refusal::before(cause), 0)
    }

    fn shown(&self) -> Map<String, Value> {
        check::redacted(self.row.map_or(&[], |row| row.params), &self.body)
    }
}
