//! What polling cannot reach: a single call of the engine that takes memory or time without an end. While a script runs
//! a thread looks at both, and where the script does not end by itself, the program has to.
//!
//! Not here: the limits, and ending a script between two of its steps, which is `limits`. How the program ends is told by
//! whoever starts the script.

use super::limits::{Halt, Meter};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

/// How often it looks. Memory can grow by some megabytes in between.
const TICK: Duration = Duration::from_millis(10);

/// Beyond twice its limit and this much, memory was taken in a single step.
const SPARE_MEMORY: usize = 32 << 20;

/// A script that was told to end needs no longer to come to its next step.
const LONGEST_STEP: Duration = Duration::from_secs(30);

/// Watches a script until it is dropped.
pub(super) struct Watch {
    /// Dropping it ends the thread.
    _running: Option<Sender<()>>,
}

impl Watch {
    /// Begins to watch. `give_up` ends the program. Without a thread for it nothing is watched, and polling is all there is.
    pub(super) fn start(meter: &Meter, give_up: impl Fn(Halt) + Send + 'static) -> Self {
        let (running, ended) = mpsc::channel::<()>();
        let meter = meter.clone();
        let watch = move || {
            while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                if let Some(halt) = out_of_reach(&meter) {
                    give_up(halt);
                }
            }
        };
        let started = std::thread::Builder::new().name("watch".into()).spawn(watch);
        Self { _running: started.is_ok().then_some(running) }
    }
}

/// What the script does not end of by itself.
fn out_of_reach(meter: &Meter) -> Option<Halt> {
    let limits = meter.limits();
    if meter.used_memory() > limits.memory.saturating_mul(2).saturating_add(SPARE_MEMORY) {
        return Some(Halt::Memory(limits.memory));
    }
    let computing = meter.computing();
    if computing > limits.compute {
        // Its next step ends it, if there is one.
        meter.spend();
    }
    let patience = limits.compute.clamp(Duration::from_secs(1), LONGEST_STEP);
    (computing > limits.compute + patience).then_some(Halt::Compute(limits.compute))
}
