//! The contract of the Local API as data: one row per endpoint, and what follows from a row alone.
//!
//! Not here: any input or output. The rows are Rust constants, so that nothing is parsed at start.
//! Facts come from the vendor's endpoint pages ("page 3" is Copy Profile); what a page leaves open is not
//! decided here.

pub mod check;
pub mod codes;
pub mod condition;
pub mod envelope;
mod group;
mod profile;
mod row;
mod transfer;

pub use row::{Allowed, Effect, Endpoint, Kind, Need, Param, Resource, Resume, Success};

/// Every endpoint, grouped by resource.
pub static ENDPOINTS: &[&[Endpoint]] = &[profile::ROWS, transfer::ROWS, group::ROWS];

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

#[cfg(test)]
mod laws;
