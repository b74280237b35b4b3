//! What happens during a call, as it is told to an observer.
//!
//! Not here: who observes.

use super::Failure;
use serde_json::{Map, Value};
use std::time::Duration;

/// What happens during a call, for whoever shows it.
pub enum Event<'a> {
    /// The script makes a call.
    Called {
        /// The function.
        function: &'a str,
        /// Its arguments, as the script gave them.
        given: &'a Map<String, Value>,
    },
    /// An attempt begins.
    Sending {
        /// The function.
        function: &'a str,
        /// Makes the body with its secrets masked, for whoever shows it.
        arguments: &'a dyn Fn() -> Map<String, Value>,
        /// Counted from 1.
        attempt: u32,
    },
    /// It was done by an earlier session of the run, and is not sent.
    Answered {
        /// The function.
        function: &'a str,
    },
    /// An attempt succeeded.
    Done {
        /// The function.
        function: &'a str,
    },
    /// The script gets its result, whether the call was sent or not.
    Returned {
        /// What the script gets.
        result: &'a Result<Value, Failure>,
    },
    /// It will be tried again.
    Retrying {
        /// Why.
        failure: &'a Failure,
        /// After this long.
        wait: Duration,
    },
    /// The app was there before and does not answer any more: all calls wait until it does.
    Away {
        /// Why.
        failure: &'a Failure,
        /// For this long.
        patience: Duration,
    },
    /// A write has ended, after all its attempts.
    WriteEnded {
        /// Why it failed, if it did.
        failure: Option<&'a Failure>,
    },
}
