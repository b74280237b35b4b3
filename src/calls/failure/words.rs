//! Why a call failed, in words. No other place words it.
//!
//! Not here: what is known of a failure.

use super::super::pages::Flaw;
use super::{Cause, Drift, Failure, Held, NotAllowed, Outcome, Vanished};
use crate::api::check::{Fault, Problem};
use crate::api::codes;
use crate::api::{self, Effect};
use crate::base::text;
use crate::client::SendError;
use std::fmt;

impl Failure {
    /// The name under which a header would declare it.
    fn declared_as(&self) -> &str {
        api::by_action(&self.action).map_or(&self.action, |row| row.function)
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
            Cause::Drift(drift) => Some(match **drift {
                Drift::Call { .. } => {
                    "Put the recipe and its parameters back as they were and resume, or start a new run.".into()
                }
                Drift::Items => "Put the items back as they were and resume; start a new run for the new ones.".into(),
            }),
            Cause::Vanished(_) => Some(
                "If the new ones are to be created besides what was created before, resume with --new-rows. If they are \
                 corrected rows, put the old values back."
                    .into(),
            ),
            Cause::Recalled(recalled) => recalled.hint.clone(),
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
            Cause::NotWhole(Flaw::Short { .. }) => {
                Some("With `page` and `limit` the list gives one page as it is.".into())
            }
            Cause::NotWhole(_) => {
                Some("Is something else working in ixBrowser? With `page` and `limit` the list gives one page as it is.".into())
            }
            Cause::NoReply(_) | Cause::Interrupted | Cause::HistoryEnds => None,
        }
    }
}

/// At most this many things are named.
const MAX_NAMED: usize = 5;

/// Some of these, as a list.
fn some(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(MAX_NAMED);
    let more = (more > 0).then(|| format!("and {more} more"));
    names.take(MAX_NAMED).chain(more).collect::<Vec<_>>().join(", ")
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
            Cause::Drift(drift) => match &**drift {
                Drift::Call { expected: Some(expected), found: Some(found) } => write!(
                    formatter,
                    "the script has changed since the earlier session: it calls {found}, where it called {expected}"
                ),
                Drift::Call { expected: Some(expected), found: None } => write!(
                    formatter,
                    "the script has changed since the earlier session: it no longer calls {expected}"
                ),
                Drift::Call { expected: None, found } => write!(
                    formatter,
                    "the script has changed since the earlier session: it calls {}, which it did not",
                    found.as_deref().unwrap_or(function)
                ),
                Drift::Items => write!(
                    formatter,
                    "the items of `{function}` have changed, and the script has gone on behind it in the earlier session"
                ),
            },
            Cause::Vanished(changed) => {
                let Vanished { vanished, appeared } = &**changed;
                write!(
                    formatter,
                    "{} of `{function}` that the earlier session worked on {} gone, and {} new (number {}); what was created: {}",
                    text::count(vanished.len(), "item"),
                    if vanished.len() == 1 { "is" } else { "are" },
                    text::count(appeared.len(), "item"),
                    some(appeared.iter().map(|index| (index + 1).to_string())),
                    some(vanished.iter().cloned()),
                )
            }
            Cause::HistoryEnds => write!(formatter, "the earlier session ended before `{function}`"),
            Cause::Recalled(recalled) => formatter.write_str(&recalled.message),
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
            Cause::NotWhole(flaw) => write!(formatter, "`{function}`: {flaw}"),
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
