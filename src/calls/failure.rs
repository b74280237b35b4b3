//! Why a call failed, as data; and, at the end of this file, in words. No other place words it.
//!
//! Not here: where in a script it happened, which is added above.

use crate::api::check::{Fault, Problem, Problems};
use crate::api::codes::{self, Code};
use crate::api::envelope::BodyError;
use crate::api::{self, Effect, Endpoint};
use crate::base::text;
use crate::client::SendError;
use crate::journal::JournalError;
use serde_json::{Map, Value, json};
use std::fmt;

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
    /// A resumed run would make something new, although so many creates of before were not met again.
    Drift {
        /// How many.
        waiting: usize,
    },
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
    /// Stopped from outside.
    Interrupted,
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
            Cause::NotAllowed(_) | Cause::WritesUsedUp(_) | Cause::Held(_) | Cause::Drift { .. } => {
                Kind::NotAllowed
            }
            Cause::InDoubt { .. } => Kind::InDoubt,
            Cause::NotRecorded(_) | Cause::OutcomeNotRecorded { .. } => Kind::NotRecorded,
            Cause::Code { .. } => Kind::Refused,
            Cause::Unreachable { .. } => Kind::Unreachable,
            Cause::NoReply(SendError::Timeout(_)) => Kind::Timeout,
            Cause::NoReply(SendError::Lost) => Kind::ConnectionLost,
            Cause::NoReply(_) | Cause::Body(_) | Cause::Redirect => Kind::Protocol,
            Cause::Interrupted => Kind::Interrupted,
        }
    }

    /// The row of the API's error code, if it answered with a known one.
    pub fn code(&self) -> Option<&'static Code> {
        match self.cause {
            Cause::Code { number, .. } => codes::find(number),
            _ => None,
        }
    }

    /// Whether a write may have been done and nobody knows, or the journal does not.
    pub fn leaves_doubt(&self) -> bool {
        matches!(self.outcome, Outcome::Unknown | Outcome::Done) && self.effect != Effect::Read
    }

    /// Whether nothing after it can succeed, so that the run ends here: the quota, the session, the app or the run's own
    /// allowance is gone.
    pub fn stops_the_run(&self) -> bool {
        matches!(
            self.cause,
            Cause::WritesUsedUp(_)
                | Cause::Held(_)
                | Cause::Drift { .. }
                | Cause::NotRecorded(_)
                | Cause::OutcomeNotRecorded { .. }
                | Cause::Unreachable { is_gone: true, .. }
        ) || self.code().is_some_and(Code::stops_the_run)
    }

    /// The name under which a header would declare it.
    fn declared_as(&self) -> &str {
        api::by_action(&self.action).map_or(&self.action, |row| row.function)
    }

    /// What is known of it, under the names scripts and `--format json` use.
    pub fn data(&self) -> Map<String, Value> {
        let (code, time) = match self.cause {
            Cause::Code { number, time, .. } => (Some(number), time),
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

    /// What is known of the outcome, and how often it was tried.
    pub fn notes(&self) -> Vec<String> {
        let outcome = match (self.outcome, self.effect) {
            (_, Effect::Read) => None,
            (Outcome::NotSent, _) if self.attempts == 0 => Some("nothing was sent"),
            (Outcome::NotSent, _) => Some("nothing reached the app"),
            (Outcome::Refused, _) => Some("nothing was done"),
            (Outcome::Done, _) => {
                Some("it was done; only the journal does not know it, and counts it as in doubt")
            }
            (Outcome::Unknown, _) => {
                Some("whether it was done is not known; look in ixBrowser before you do it again")
            }
        };
        let attempts = (self.attempts > 1).then(|| format!("tried {} times", self.attempts));
        outcome.map(str::to_owned).into_iter().chain(attempts).collect()
    }

    /// What to do next, in sentences.
    pub fn hint(&self) -> Option<String> {
        match &self.cause {
            Cause::Invalid(problems) if problems.0.iter().any(is_of_nothing) => Some(format!(
                "Is a key misspelled, or a variable empty? What a map does not have is nothing. \
                 `ixscript functions {}` shows the parameters.",
                self.function
            )),
            Cause::Invalid(_) | Cause::Arguments(_) => {
                Some(format!("`ixscript functions {}` shows its parameters.", self.function))
            }
            Cause::NotAllowed(NotAllowed::Undeclared) => Some(format!(
                "If you trust the recipe with it, add it to the header: needs = [..., \"{}\"].",
                self.declared_as()
            )),
            Cause::NotAllowed(NotAllowed::Unconfirmed) => Some(
                "Answer `y` when you are asked, or type :live, which answers for the whole session.".into(),
            ),
            Cause::NotAllowed(NotAllowed::Denied(word)) => {
                Some(format!("--deny wins over everything else; leave out --deny {word} if you mean it."))
            }
            Cause::NotAllowed(NotAllowed::OnlyReads | NotAllowed::NotShown) => Some(match api::by_action(&self.action) {
                Some(row) => format!(
                    "If you trust the recipe with it, allow it with --allow {} before the command; the recipe's author can \
                     declare what it `needs`.",
                    row.function
                ),
                None => "Only a recipe in your own folder may call an action that is not known.".into(),
            }),
            Cause::NotAllowed(_) => {
                let about = api::by_action(&self.action).map(|row| format!("{} ", row.about)).unwrap_or_default();
                Some(format!("{about}If you mean it, allow it with --allow destructive before the command."))
            }
            Cause::WritesUsedUp(_) => Some("Run it again with a higher --max-writes, or without one.".into()),
            Cause::Held(Held::First(_)) => Some("With --yes it goes on after the writes of --first.".into()),
            Cause::Held(Held::Unconfirmed) => None,
            Cause::InDoubt { recorded: Some((run, call)) } => Some(format!(
                "Look in ixBrowser, and say what you found with `ixscript runs settle {run} {call} --done ID`, or --not-done."
            )),
            Cause::Drift { .. } => Some(
                "Is it still the same recipe with the same input? If the new ones are meant, resume with --accept-drift.".into(),
            ),
            Cause::NotRecorded(error) => Some(error.help().into()),
            Cause::OutcomeNotRecorded { recorded: (run, call), result: Ok(id), .. } => {
                let id = id.map(|id| format!(" {id}")).unwrap_or_default();
                Some(format!("Once the journal works again, record it: `ixscript runs settle {run} {call} --done{id}`."))
            }
            Cause::OutcomeNotRecorded { recorded: (run, call), result: Err(_), .. } => Some(format!(
                "Look in ixBrowser. Once the journal works again, record what you found with `ixscript runs settle {run} {call} --done ID`, or --not-done."
            )),
            Cause::InDoubt { recorded: None } => Some(
                "Look in ixBrowser. If it was not done, call it again with `even_if_in_doubt: true` among the options."
                    .into(),
            ),
            Cause::Code { .. } => self.code().map(|code| code.advice.to_owned()),
            Cause::Unreachable { .. } => Some(
                "Start ixBrowser and turn its Local API on, or try this on the embedded simulator with --sim. \
                 `ixscript doctor` looks closer."
                    .into(),
            ),
            Cause::NoReply(SendError::Timeout(_)) => {
                Some("If the app is only slow, give it longer with --timeout 2m.".into())
            }
            Cause::Body(_) | Cause::Redirect | Cause::NoReply(SendError::NotHttp | SendError::TooLarge) => {
                Some("Is something else listening there? `ixscript doctor` looks closer.".into())
            }
            Cause::NoReply(_) | Cause::Interrupted => None,
        }
    }
}

/// Whether nothing was given where a value is wanted.
fn is_of_nothing(problem: &Problem) -> bool {
    matches!(&problem.fault, Fault::Type { found, .. } if found == "nothing")
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let function = &self.function;
        match &self.cause {
            Cause::Invalid(problems) => write!(formatter, "{problems}"),
            Cause::Arguments(problem) => formatter.write_str(problem),
            Cause::NotAllowed(NotAllowed::Undeclared) => {
                write!(formatter, "the recipe's header does not declare `{}`", self.declared_as())
            }
            Cause::NotAllowed(NotAllowed::Denied(word)) => {
                write!(formatter, "`{}` was denied for this run, by --deny {word}", self.declared_as())
            }
            Cause::NotAllowed(NotAllowed::OnlyReads) => {
                write!(
                    formatter,
                    "`{}` is a write, and nothing in the recipe's text said that it writes",
                    self.declared_as()
                )
            }
            Cause::NotAllowed(NotAllowed::NotShown) => {
                write!(
                    formatter,
                    "the recipe may not call `{}`: it was not among the functions shown when the recipe was allowed to write",
                    self.declared_as()
                )
            }
            Cause::NotAllowed(NotAllowed::Destructive) => {
                write!(formatter, "`{function}` destroys something, and this run may not")
            }
            Cause::NotAllowed(NotAllowed::UnknownAction) => {
                write!(
                    formatter,
                    "`{}` is not a known action, so it counts as destructive, and this run may not",
                    self.action
                )
            }
            Cause::NotAllowed(NotAllowed::Unconfirmed) => {
                write!(formatter, "`{function}` changes something, and this session may not yet")
            }
            Cause::InDoubt { .. } => {
                write!(
                    formatter,
                    "`{function}` is in doubt: an equal call earlier in this run may have been done"
                )
            }
            Cause::Drift { waiting } => {
                let made = text::count(*waiting, "create");
                write!(
                    formatter,
                    "`{function}` is new here, and {made} of the earlier session did not come again"
                )
            }
            Cause::NotRecorded(error) => write!(formatter, "`{function}` cannot be recorded: {error}"),
            Cause::OutcomeNotRecorded { error, result: Ok(Some(id)), .. } => {
                write!(formatter, "`{function}` created {id}, but that cannot be recorded: {error}")
            }
            Cause::OutcomeNotRecorded { error, result: Ok(None), .. } => {
                write!(formatter, "`{function}` was done, but that cannot be recorded: {error}")
            }
            Cause::OutcomeNotRecorded { error, result: Err(failure), .. } => {
                write!(formatter, "{failure}; and that cannot be recorded: {error}")
            }
            Cause::WritesUsedUp(most) => {
                let most = usize::try_from(*most).unwrap_or(usize::MAX);
                let limit = text::count(most, "write");
                write!(formatter, "`{function}` was not sent: the run has reached its limit of {limit}")
            }
            Cause::Held(Held::First(first)) => {
                let first = text::count(usize::try_from(*first).unwrap_or(usize::MAX), "write");
                write!(formatter, "`{function}` was not sent: the run ends after its first {first}")
            }
            Cause::Held(Held::Unconfirmed) => write!(formatter, "`{function}` was not sent: nobody said yes"),
            Cause::Code { number, message, .. } => {
                let documented = codes::find(*number).map(|code| code.message);
                let message = message.as_deref().filter(|message| !message.trim().is_empty());
                let words = message.or(documented).unwrap_or("an error that is not documented");
                let words = text::cut(words.trim().trim_end_matches('.'), 300);
                write!(formatter, "`{function}`: {} (code {number})", text::one_line(&words))
            }
            Cause::Unreachable { error, url, is_gone: true } => {
                write!(formatter, "ixBrowser stays away: it does not answer at {url}: {error}")
            }
            Cause::Unreachable { error, url, .. } => {
                write!(formatter, "ixBrowser does not answer at {url}: {error}")
            }
            Cause::NoReply(error) => write!(formatter, "`{function}`: {error}"),
            Cause::Body(error) => {
                write!(formatter, "`{function}`: {error} (HTTP {})", self.http_status.unwrap_or_default())
            }
            Cause::Redirect => {
                write!(
                    formatter,
                    "`{function}`: the reply is a redirect (HTTP {})",
                    self.http_status.unwrap_or_default()
                )
            }
            Cause::Interrupted => write!(formatter, "interrupted during `{function}`"),
        }
    }
}
