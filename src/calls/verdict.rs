//! What one reply means: done, refused, or unknown. Decided by the body, whatever the HTTP status.
//!
//! Not here: what happens next; that is decided by the attempt loop.

use super::failure::{Cause, Outcome};
use crate::api::codes;
use crate::api::envelope::{self, BodyError, Envelope};
use crate::client::{BaseUrl, RawReply, SendError};

/// What came of one attempt.
pub(super) type Verdict = Result<(u16, Envelope), Refusal>;

/// An attempt that did not succeed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) cause: Cause,
    pub(super) outcome: Outcome,
    pub(super) http_status: Option<u16>,
}

/// Judges what the client brought back.
pub(super) fn judge(sent: Result<RawReply, SendError>, url: &BaseUrl) -> Verdict {
    let reply = sent.map_err(|error| refuse_unsent(error, url))?;
    let unknown = |cause| Refusal { cause, outcome: Outcome::Unknown, http_status: Some(reply.status) };
    let envelope = match envelope::parse(&reply.body) {
        Ok(envelope) => envelope,
        Err(_) if (300..400).contains(&reply.status) => return Err(unknown(Cause::Redirect)),
        Err(error) => return Err(unknown(Cause::Body(error))),
    };
    if envelope.code == 0 {
        return Ok((reply.status, envelope));
    }
    // A code outside the table says nothing of the outcome.
    let refused = codes::find(envelope.code).is_some_and(|code| code.class.proves_refusal());
    Err(Refusal {
        cause: Cause::Code { number: envelope.code, message: envelope.message, time: envelope.time },
        outcome: if refused { Outcome::Refused } else { Outcome::Unknown },
        http_status: Some(reply.status),
    })
}

fn refuse_unsent(error: SendError, url: &BaseUrl) -> Refusal {
    let outcome = if error.may_have_arrived() { Outcome::Unknown } else { Outcome::NotSent };
    let cause = match error {
        SendError::InterruptedBefore | SendError::InterruptedAfter => Cause::Interrupted,
        SendError::NotConnected(_) | SendError::ConnectTimeout(_) => {
            Cause::Unreachable { error, url: url.to_string(), is_gone: false }
        }
        error => Cause::NoReply(error),
    };
    Refusal { cause, outcome, http_status: None }
}

/// What is not even tried: nobody is there.
pub(super) fn unreachable(known: &str, url: &BaseUrl, is_gone: bool) -> Refusal {
    let cause = Cause::Unreachable {
        error: SendError::NotConnected(known.to_owned()),
        url: url.to_string(),
        is_gone,
    };
    Refusal { cause, outcome: Outcome::NotSent, http_status: None }
}

/// A success whose `data` is not of the documented shape: the app did something, and nobody knows what.
pub(super) fn wrong_data(status: u16, error: BodyError) -> Refusal {
    Refusal { cause: Cause::Body(error), outcome: Outcome::Unknown, http_status: Some(status) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> BaseUrl {
        BaseUrl::parse("http://127.0.0.1:1/", false).unwrap()
    }

    fn outcome(status: u16, body: &str) -> Result<(), Outcome> {
        let reply = RawReply { status, body: body.as_bytes().to_vec() };
        judge(Ok(reply), &url()).map(drop).map_err(|refusal| refusal.outcome)
    }

    #[test]
    fn the_body_decides_whatever_the_status() {
        assert_eq!(outcome(200, r#"{"error":{"code":0},"data":1}"#), Ok(()));
        assert_eq!(outcome(500, r#"{"error":{"code":0},"data":1}"#), Ok(()));
        assert_eq!(outcome(404, r#"{"error":{"code":110002}}"#), Err(Outcome::Refused));
        assert_eq!(outcome(200, r#"{"error":{"code":1010}}"#), Err(Outcome::Refused));
    }

    #[test]
    fn what_does_not_prove_a_refusal_is_unknown() {
        assert_eq!(outcome(200, r#"{"error":{"code":1004}}"#), Err(Outcome::Unknown));
        assert_eq!(outcome(200, r#"{"error":{"code":424242}}"#), Err(Outcome::Unknown));
        assert_eq!(outcome(500, "<html>"), Err(Outcome::Unknown));
        assert_eq!(outcome(302, ""), Err(Outcome::Unknown));
        assert_eq!(outcome(200, ""), Err(Outcome::Unknown));
        assert_eq!(judge(Err(SendError::Lost), &url()).unwrap_err().outcome, Outcome::Unknown);
        assert_eq!(judge(Err(SendError::NotHttp), &url()).unwrap_err().outcome, Outcome::Unknown);
    }

    #[test]
    fn only_a_failed_connection_is_not_sent() {
        let refused =
            judge(Err(SendError::NotConnected("nothing listens there".into())), &url()).unwrap_err();
        assert_eq!(refused.outcome, Outcome::NotSent);
        assert!(matches!(refused.cause, Cause::Unreachable { .. }));
    }
}
