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

mod call;
mod fault;
mod groups;
mod guard;
mod handlers;
mod options;
mod pages;
mod plan;
mod profiles;
mod records;
mod reply;
mod seed;
mod server;
mod service;
mod state;
mod transfers;
mod world;

pub use fault::{Fault, FaultError, KINDS, Kind, KindRow, When};
pub use options::{CopyGroup, NameFilter, Options, SecondCode};
pub use server::{Config, Counts, Log, Served, Simulator, StartError};
pub use world::{Answer, World};

#[cfg(test)]
mod laws;
#[cfg(test)]
mod server_tests;
