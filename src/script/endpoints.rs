//! Every endpoint row becomes one global host function.
//!
//! Not here: what a call does; that is `calls`.

use super::Host;
use super::convert;
use super::limits::Halt;
use super::thrown::{self, HostError};
use crate::api::{self, Endpoint, Kind};
use crate::calls::{Cause, Failure};
use rhai::{Dynamic, Engine, EvalAltResult, NativeCallContext};
use serde_json::{Map, Value};
use std::any::TypeId;
use std::sync::Arc;

/// Registers all of them.
pub(super) fn register(engine: &mut Engine, host: &Arc<Host>) {
    for endpoint in api::endpoints() {
        for count in 0..=endpoint.positional.len() + 1 {
            let host = Arc::clone(host);
            // Dynamic takes any type, so that a wrong one is our message and not the engine's.
            let types = vec![TypeId::of::<Dynamic>(); count];
            engine.register_raw_fn(endpoint.function, types, move |context, arguments| {
                call(&host, &context, endpoint, arguments)
            });
        }
    }
}

fn call(
    host: &Host,
    context: &NativeCallContext,
    endpoint: &'static Endpoint,
    arguments: &mut [&mut Dynamic],
) -> Result<Dynamic, Box<EvalAltResult>> {
    let result = arrange(endpoint, arguments)
        .map_err(|cause| Failure::before_sending(endpoint, cause))
        .and_then(|given| host.meter().wait(|| host.calls().call(endpoint, given)));
    finish(host, context, result)
}

/// Turns the result of a call into the script's value, or into what is thrown.
pub(super) fn finish(
    host: &Host,
    context: &NativeCallContext,
    result: Result<Value, Failure>,
) -> Result<Dynamic, Box<EvalAltResult>> {
    finish_at(host, context.call_position(), context.call_source(), result)
}

/// As [`finish`], for calls that are made away from the script's own thread.
pub(super) fn finish_at(
    host: &Host,
    position: rhai::Position,
    source: Option<&str>,
    result: Result<Value, Failure>,
) -> Result<Dynamic, Box<EvalAltResult>> {
    // What was not even sent is no progress: a script could fail so without an end.
    if result.as_ref().map_or_else(|failure| failure.attempts > 0, |_| true) {
        host.meter().refill();
    }
    match result {
        Ok(value) => Ok(convert::from_json(value)),
        Err(failure) if failure.kind() == crate::calls::Kind::Interrupted => {
            Err(Halt::Interrupted(Some(Box::new(failure))).into_error(position))
        }
        Err(failure) if failure.stops_the_run() => Err(Halt::Stopped(Box::new(failure)).into_error(position)),
        Err(failure) => {
            let error = HostError::of_call(failure, position, source);
            Err(Box::new(EvalAltResult::ErrorRuntime(error.into_value(), position)))
        }
    }
}

/// Positional arguments and a trailing options map, as one map of parameters.
fn arrange(endpoint: &'static Endpoint, arguments: &[&mut Dynamic]) -> Result<Map<String, Value>, Cause> {
    let wants_map = |at: usize| {
        let param = endpoint.positional.get(at).and_then(|name| endpoint.param(name));
        param.is_some_and(|param| matches!(param.kind, Kind::Object(_)))
    };
    let (positional, options) = match arguments.split_last() {
        Some((last, before)) if thrown::is_map(last) && !wants_map(before.len()) => (before, Some(last)),
        _ => (arguments, None),
    };
    if positional.len() > endpoint.positional.len() {
        let signatures = endpoint.signatures().join("`, `");
        return Err(Cause::Arguments(format!(
            "`{}` takes its options as a map in the last place: `{signatures}`",
            endpoint.function
        )));
    }
    let mut given = match options {
        None => Map::new(),
        Some(options) => match convert::to_json(options) {
            Ok(Value::Object(given)) => given,
            Ok(_) => Map::new(),
            Err(error) => return Err(Cause::Arguments(format!("`{}` cannot be {}", error.path, error.what))),
        },
    };
    for (name, argument) in endpoint.positional.iter().zip(positional) {
        let value = convert::to_json(argument)
            .map_err(|error| Cause::Arguments(format!("`{name}` cannot be {}", error.what)))?;
        if given.insert((*name).to_owned(), value).is_some() {
            return Err(Cause::Arguments(format!(
                "`{name}` is given twice: by position and among the options"
            )));
        }
    }
    Ok(given)
}
