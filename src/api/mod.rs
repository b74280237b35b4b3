//! The contract of the Local API as data: one row per endpoint, and what follows from a row alone.
//!
//! Not here: any input or output. The rows are Rust constants, so that nothing is parsed at start.
//! Facts come from the vendor's endpoint pages ("page 3" is Copy Profile); what a page leaves open is not
//! decided here.

pub mod check;
pub mod codes;
pub mod condition;
mod enums;
pub mod envelope;
mod fingerprint_fields;
mod gateway;
mod group;
mod preference_fields;
mod profile;
mod profile_data;
mod profile_proxy;
mod proxy;
mod proxy_fields;
mod proxy_tag;
mod row;
mod tag;
mod transfer;
mod window;

pub use row::{Allowed, Effect, Endpoint, Kind, Need, Param, Repeat, Resource, Success};

use serde_json::{Map, Value};

/// Every endpoint, grouped by resource.
pub static ENDPOINTS: &[&[Endpoint]] = &[
    profile::ROWS,
    window::ROWS,
    profile_data::ROWS,
    profile_proxy::ROWS,
    transfer::ROWS,
    group::ROWS,
    tag::ROWS,
    proxy::ROWS,
    proxy_tag::ROWS,
    gateway::ROWS,
];

/// Every endpoint in reading order.
pub fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    ENDPOINTS.iter().copied().flatten()
}

/// The endpoint of a host function's name, such as `copy_profile`.
pub fn by_function(function: &str) -> Option<&'static Endpoint> {
    endpoints().find(|endpoint| endpoint.function == function)
}

/// The endpoint of an action, such as `profile-copy`.
pub fn by_action(action: &str) -> Option<&'static Endpoint> {
    endpoints().find(|endpoint| endpoint.action == action)
}

/// What a row, or the arguments that make one, are called: profiles and proxies have a `name`, groups and tags a `title`.
pub fn name_of(fields: &Map<String, Value>) -> Option<&str> {
    ["name", "title"].iter().find_map(|name| fields.get(*name)?.as_str())
}

/// The list in which what an endpoint deals with appears.
pub fn list_of(endpoint: &Endpoint) -> Option<&'static Endpoint> {
    endpoints()
        .find(|list| list.resource == endpoint.resource && matches!(list.success, Success::Page { .. }))
}

/// The list in which what an endpoint makes appears, told apart by the id that the endpoint returns.
pub fn list_of_made(endpoint: &Endpoint) -> Option<&'static Endpoint> {
    match endpoint.success {
        Success::Id => list_of(endpoint),
        Success::Field(name, Kind::Integer) => {
            endpoints().find(|list| matches!(list.success, Success::Page { id } if id == name))
        }
        _ => None,
    }
}

#[cfg(test)]
mod laws;
