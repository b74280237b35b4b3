//! ixscript: scripts and rehearses bulk work on ixBrowser profiles.
//!
//! The house, from the ground up. A floor uses only the floors below it, and `tests/it/house.rs` holds it to that.
//!
//! | floor | module | what it is |
//! |---|---|---|
//! | ground | [`base`] | time, cancellation, words, secrets, reports as data |
//! | ground | [`api`] | the contract of the Local API as data: one row per endpoint, error codes, the parameter check |
//! | 1 | [`client`] | one HTTP request, one classified result |
//! | 1 | [`sim`] | the simulator: a world of pure state behind a real HTTP server |
//! | 1 | [`journal`] | runs and their writes on the disk, and what a resumed run does with them, decided by pure functions |
//! | 2 | [`calls`] | the one way a call is made |
//! | 3 | [`script`] | the engine, the host functions, recipe headers, the static check |
//! | 4 | [`ui`] | how values, tables and problems look |
//! | 4 | [`repl`] | script line by line |
//! | roof | [`cli`] | flags, settings, one file per command |
//!
//! What always holds:
//!
//! - An endpoint is one row in `api`. Its host function, checks, reference and retry behaviour follow from the row.
//! - Every call goes through `calls`. A write whose outcome is unknown is never sent again by itself.
//! - A write is in the journal before it is sent, and again with its outcome before the script gets its result.
//! - A script can end itself, and nothing else: no panic, no exhausted memory, no file, no other network.
//! - A secret that was given to a call leaves the program only towards the app.

pub mod api;
pub mod base;
pub mod calls;
pub mod cli;
pub mod client;
pub mod journal;
pub mod repl;
pub mod script;
pub mod sim;
pub mod ui;
