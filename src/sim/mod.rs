//! The simulator: a stand-in for the app, so that scripts can be tried, tested and measured without it.
//!
//! A [`World`] is pure state: an action and a body go in, an answer comes out. A [`Simulator`] puts a world behind a real
//! HTTP server on loopback, and [`Fault`]s break what lies between: replies that are lost, late, cut off or refused.
//!
//! The world keeps to the vendor's pages. What they leave open is an [`Options`] field whose doc comment says so and gives
//! the default; smaller gaps are filled where the handler is, with a sentence that says that it is a choice.
//!
//! Adding an endpoint: one function in the file of its resource, one line in `handlers::HANDLERS`.
//!
//! Not here: the client, and its parameter check. The world checks requests by itself, so that it is a second opinion.

mod allowance;
mod call;
mod call_lists;
mod example_profiles;
mod fault;
mod fingerprints;
mod gateways;
mod groups;
mod guard;
mod handlers;
mod labels;
mod network;
mod options;
mod others;
mod pages;
mod plan;
mod profile_data;
mod profile_edits;
mod profiles;
mod proxies;
mod proxy_settings;
mod proxy_tags;
mod records;
mod reply;
mod seed;
mod server;
mod service;
mod state;
mod tags;
mod transfers;
mod windows;
mod world;

pub use fault::{Fault, FaultError, KINDS, Kind, KindRow, When};
pub use options::{CopyGroup, FullGroup, NameFilter, NameForm, Options, Reopen, SecondCode};
pub use others::OtherAct;
pub use server::{Config, Counts, Log, Served, Simulator, StartError};
pub use world::{Answer, World};

#[cfg(test)]
mod laws;
#[cfg(test)]
mod laws_codes;
#[cfg(test)]
mod laws_profiles;
#[cfg(test)]
mod laws_shapes;
#[cfg(test)]
mod laws_windows;
#[cfg(test)]
mod proxy_laws;
#[cfg(test)]
mod server_tests;
