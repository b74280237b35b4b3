//! Literal options of `parallel` and its everyday forms.
//!
//! Not here: what their values may be, which is told when they are called.

use super::Finding;
use crate::api;
use crate::calls::EVEN_IF_IN_DOUBT;
use crate::script::bulk_options::{OPTIONS, no_option};
use rhai::Expr;

/// Options that the function of this name does not have.
pub(super) fn unknown_options(function: &str, arguments: &[Option<&Expr>]) -> Vec<Finding> {
    let (at, endpoint) = match function {
        "parallel" => (2, None),
        "copy_profiles" => (1, api::by_function("copy_profile")),
        "import_profiles" => (1, api::by_function("import_profile")),
        _ => return Vec::new(),
    };
    let Some(Some(Expr::Map(options, _))) = arguments.get(at) else { return Vec::new() };
    let params = endpoint.iter().flat_map(|endpoint| endpoint.params).map(|param| param.name);
    let known: Vec<&str> =
        OPTIONS.iter().copied().chain(params).chain(endpoint.map(|_| EVEN_IF_IN_DOUBT)).collect();
    let unknown = options.0.iter().filter(|(option, _)| !known.contains(&option.name.as_str()));
    let findings = unknown.map(|(option, _)| {
        let length = option.name.chars().count();
        Finding::error(option.pos, length, no_option(&option.name, function, known.iter().copied()))
    });
    findings.collect()
}
