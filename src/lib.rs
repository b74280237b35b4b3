//! ixscript: scripts, rehearses and resumes bulk work on ixBrowser profiles.

pub mod api;
pub mod base;
pub mod calls;
pub mod client;
pub mod sim;
