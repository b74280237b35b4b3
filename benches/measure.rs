//! What the benches share: times, medians, and a console that says nothing.

use ixscript::script::{Console, Level};
use std::time::Instant;

pub(crate) struct Silent;

impl Console for Silent {
    fn print(&self, _: &str) {}
    fn log(&self, _: Level, _: &str) {}
}

/// In seconds.
pub(crate) fn time(work: &mut impl FnMut()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_secs_f64()
}

pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
