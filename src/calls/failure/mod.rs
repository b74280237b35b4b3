//! Why a call failed, as data.
//!
//! Not here: the words ([`words`]), and where in a script it happened, which is added above.

mod words;

use super::pages::Flaw;
use crate::api::check::Problems;
use crate::api::codes::{self, Code};
use crate::api::envelope::BodyError;
use crate::api::{Effect, Endpoint};
use crate::client::SendError;
use crate::journal::JournalError;
use serde_json::{Map, Value, json};

/// A call that did not succeed.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The host function that was called, or `call_api`.
    pub function: String,
    /// The endpoint's action.
    pub action: String,
    /// What the call may have changed.
    pub effect: Effect,
    /// What went wrong.
    pub cause: Cause,
    /// What is known of the work.
    pub outcome: Outcome,
    /// The HTTP status, if a reply came.
    pub http_status: Option<u16>,
    /// How often it was tried.
    pub attempts: u32,
}

/// What is known of the work of a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was done, and only recording that failed.
    Done,
    /// Nothing reached the app.
    NotSent,
    /// The app refused; nothing was done.
    Refused,
    /// It may have been done, in part or whole.
    Unknown,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum Cause {
    /// The arguments break the endpoint's contract.
    Invalid(Problems),
    /// The arguments are right for no form of the function.
    Arguments(String),
    /// The caller has not been allowed to do this.
    NotAllowed(NotAllowed),
    /// An earlier, equal call may have been done.
    InDoubt {
        /// The run and the number of that call, when it was made before this run was resumed.
        recorded: Option<(i64, i64)>,
    },
    /// The script of a resumed run does something else than it did.
    Drift(Box<Drift>),
    /// Items of a resumed run are gone for which something was created, and others are new.
    Vanished(Box<Vanished>),
    /// What an earlier session of the run did ends here.
    HistoryEnds,
    /// What the script was told by an earlier session.
    Recalled(Box<Recalled>),
    /// The journal cannot record it.
    NotRecorded(JournalError),
    /// It was sent, and the journal cannot record what became of it.
    OutcomeNotRecorded {
        /// Why not.
        error: JournalError,
        /// The run and the number of the call, which is in doubt in the journal.
        recorded: (i64, i64),
        /// The id of what was created, if that is what the call does; or in words why the call itself failed.
        result: Result<Option<i64>, String>,
    },
    /// The run is held before its next write.
    Held(Held),
    /// The run has made as many writes as it may.
    WritesUsedUp(u64),
    /// The API answered with an error code.
    Code {
        /// `error.code`.
        number: i64,
        /// `error.message`, if there was one.
        message: Option<String>,
        /// `error.time`, if there was one.
        time: Option<i64>,
    },
    /// No connection.
    Unreachable {
        /// What is known of it.
        error: SendError,
        /// Where it was tried.
        url: String,
        /// Whether it has stayed away for so many calls that more would only fail too.
        is_gone: bool,
    },
    /// Sent, and no usable reply.
    NoReply(SendError),
    /// A reply that is none of the API's.
    Body(BodyError),
    /// A redirect, which the API never sends.
    Redirect,
    /// A list that is not whole, however often it was read.
    NotWhole(Flaw),
    /// Stopped from outside.
    Interrupted,
}

/// How a script differs from what it did in an earlier session.
#[derive(Debug, Clone, PartialEq)]
pub enum Drift {
    /// Another call.
    Call {
        /// The one of the earlier session, for people.
        expected: Option<String>,
        /// The one now, if there is one.
        found: Option<String>,
    },
    /// Other items of a `parallel` that was over.
    Items,
}

/// Items that are gone, and items that are new.
#[derive(Debug, Clone, PartialEq)]
pub struct Vanished {
    /// What was created for those that are gone, for people.
    pub vanished: Vec<String>,
    /// The places of those that are new, counted from 0.
    pub appeared: Vec<usize>,
}

/// A failure as a script was told of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recalled {
    kind: Kind,
    message: String,
    hint: Option<String>,
    code: Option<i64>,
    time: Option<i64>,
}

/// Why a run makes no more writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// It was to make so many first, and was not told to go on.
    First(u64),
    /// Its first write was not confirmed.
    Unconfirmed,
}

/// What the caller was not allowed to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotAllowed {
    /// Destroy something without `--allow destructive`.
    Destructive,
    /// Call what the recipe's header does not declare.
    Undeclared,
    /// Call an action that no row describes without `--allow destructive`.
    UnknownAction,
    /// Change something at a real app before anybody said that this session may.
    Unconfirmed,
    /// Do what `--deny` took away: its word.
    Denied(&'static str),
    /// Write, in a recipe nobody was asked about because it seemed only to read.
    OnlyReads,
    /// Call a function that was not among those shown when somebody allowed the recipe to write.
    NotShown,
}

/// The kind of a failure, as scripts see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The arguments are wrong; nothing was sent.
    InvalidArgument,
    /// The API answered with an error code.
    Refused,
    /// No connection to the app.
    Unreachable,
    /// No reply in time.
    Timeout,
    /// The connection broke.
    ConnectionLost,
    /// A reply that cannot be understood.
    Protocol,
    /// An equal call is in doubt.
    InDoubt,
    /// Not permitted in this run.
    NotAllowed,
    /// The journal cannot record it.
    NotRecorded,
    /// Stopped from outside.
    Interrupted,
}

impl Kind {
    const ALL: [Self; 10] = [
        Self::InvalidArgument,
        Self::Refused,
        Self::Unreachable,
        Self::Timeout,
        Self::ConnectionLost,
        Self::Protocol,
        Self::InDoubt,
        Self::NotAllowed,
        Self::NotRecorded,
        Self::Interrupted,
    ];

    /// The word scripts compare with.
    pub fn word(self) -> &'static str {
        match self {
            Self::InvalidArgument => "invalid_argument",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::ConnectionLost => "connection_lost",
            Self::Protocol => "protocol",
            Self::InDoubt => "in_doubt",
            Self::NotAllowed => "not_allowed",
            Self::NotRecorded => "not_recorded",
            Self::Interrupted => "interrupted",
        }
    }
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Done, Self::NotSent, Self::Refused, Self::Unknown];

    /// The word scripts compare with.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NotSent => "not_sent",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

impl Failure {
    /// A failure before anything was sent.
    pub fn before_sending(endpoint: &Endpoint, cause: Cause) -> Self {
        Self {
            function: endpoint.function.to_owned(),
            action: endpoint.action.to_owned(),
            effect: endpoint.effect,
            cause,
            outcome: Outcome::NotSent,
            http_status: None,
            attempts: 0,
        }
    }

    /// A failure before it is even known what was to be called.
    pub fn before_any_action(function: &str, problem: String) -> Self {
        Self {
            function: function.to_owned(),
            action: String::new(),
            effect: Effect::Write,
            cause: Cause::Arguments(problem),
            outcome: Outcome::NotSent,
            http_status: None,
            attempts: 0,
        }
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        match &self.cause {
            Cause::Invalid(_) | Cause::Arguments(_) => Kind::InvalidArgument,
            Cause::NotAllowed(_)
            | Cause::WritesUsedUp(_)
            | Cause::Held(_)
            | Cause::Drift(_)
            | Cause::Vanished(_)
            | Cause::HistoryEnds => Kind::NotAllowed,
            Cause::Recalled(recalled) => recalled.kind,
            Cause::InDoubt { .. } => Kind::InDoubt,
            Cause::NotRecorded(_) | Cause::OutcomeNotRecorded { .. } => Kind::NotRecorded,
            Cause::Code { .. } => Kind::Refused,
            Cause::Unreachable { .. } => Kind::Unreachable,
            Cause::NoReply(SendError::Timeout(_)) => Kind::Timeout,
            Cause::NoReply(SendError::Lost) => Kind::ConnectionLost,
            Cause::NoReply(_) | Cause::Body(_) | Cause::Redirect | Cause::NotWhole(_) => Kind::Protocol,
            Cause::Interrupted => Kind::Interrupted,
        }
    }

    /// The row of the API's error code, if it answered with a known one.
    pub fn code(&self) -> Option<&'static Code> {
        match &self.cause {
            Cause::Code { number, .. } => codes::find(*number),
            Cause::Recalled(recalled) => recalled.code.and_then(codes::find),
            _ => None,
        }
    }

    /// Whether a write may have been done and nobody knows, or the journal does not.
    pub fn leaves_doubt(&self) -> bool {
        matches!(self.outcome, Outcome::Unknown | Outcome::Done) && self.effect != Effect::Read
    }

    /// Whether the app itself said that it failed inside, so that a part of the work may be done.
    pub(super) fn is_of_the_app(&self) -> bool {
        matches!(self.cause, Cause::Code { .. }) || self.http_status.is_some_and(|status| status >= 500)
    }

    /// Whether nothing after it can succeed, so that the run ends here: the quota, the session, the app or the run's own
    /// allowance is gone.
    pub fn stops_the_run(&self) -> bool {
        matches!(
            self.cause,
            Cause::WritesUsedUp(_)
                | Cause::Held(_)
                | Cause::Drift(_)
                | Cause::Vanished(_)
                | Cause::HistoryEnds
                | Cause::NotRecorded(_)
                | Cause::OutcomeNotRecorded { .. }
                | Cause::Unreachable { is_gone: true, .. }
        ) || !matches!(self.cause, Cause::Recalled(_)) && self.code().is_some_and(Code::stops_the_run)
    }

    /// Whether the run ends here, so that no script is told of it.
    pub fn ends_the_run(&self) -> bool {
        self.stops_the_run() || self.kind() == Kind::Interrupted
    }

    /// What is kept of it for a script that is told of it again.
    pub(super) fn to_record(&self) -> Value {
        let mut record = self.data();
        record.insert("message".to_owned(), self.to_string().into());
        record.insert("hint".to_owned(), self.hint().into());
        record.into()
    }

    /// The failure of a call as an earlier session told of it.
    pub(super) fn of_record(request: &super::Request, record: &Value) -> Self {
        let text = |name: &str| record[name].as_str().unwrap_or_default();
        let kind = Kind::ALL.into_iter().find(|kind| kind.word() == text("kind"));
        let outcome = Outcome::ALL.into_iter().find(|outcome| outcome.word() == text("outcome"));
        let recalled = Recalled {
            kind: kind.unwrap_or(Kind::Protocol),
            message: text("message").to_owned(),
            hint: record["hint"].as_str().map(str::to_owned),
            code: record["code"].as_i64(),
            time: record["time"].as_i64(),
        };
        Self {
            function: request.function.to_owned(),
            action: request.action.to_owned(),
            effect: request.effect,
            cause: Cause::Recalled(Box::new(recalled)),
            outcome: outcome.unwrap_or(Outcome::Unknown),
            http_status: record["http_status"].as_u64().and_then(|status| u16::try_from(status).ok()),
            attempts: record["attempts"]
                .as_u64()
                .and_then(|count| u32::try_from(count).ok())
                .unwrap_or_default(),
        }
    }

    /// What is known of it, under the names scripts and `--format json` use.
    pub fn data(&self) -> Map<String, Value> {
        let (code, time) = match &self.cause {
            Cause::Code { number, time, .. } => (Some(*number), *time),
            Cause::Recalled(recalled) => (recalled.code, recalled.time),
            _ => (None, None),
        };
        let data = json!({
            "kind": self.kind().word(),
            "code": code,
            "function": self.function,
            "action": self.action,
            "http_status": self.http_status,
            "time": time,
            "outcome": self.outcome.word(),
            "attempts": self.attempts,
        });
        let Value::Object(mut data) = data else { return Map::new() };
        if let Cause::OutcomeNotRecorded { result: Ok(Some(id)), .. } = self.cause {
            data.insert("id".to_owned(), id.into());
        }
        data
    }
}
