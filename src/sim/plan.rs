//! When faults fire: each counts the calls it could hit, and the first that fires wins.
//!
//! Not here: what a fault does.

use super::fault::{Fault, Kind, When};

/// The faults of a simulator and how far each has counted.
#[derive(Debug)]
pub(super) struct Plan {
    counted: Vec<Counted>,
}

#[derive(Debug)]
struct Counted {
    fault: Fault,
    calls: u64,
    /// Each fault has its own chance, so that adding one does not move the others.
    random: fastrand::Rng,
}

impl Plan {
    pub(super) fn new(faults: &[Fault], seed: u64) -> Self {
        let mut seeds = fastrand::Rng::with_seed(seed);
        let counted = faults.iter().map(|fault| Counted { fault: *fault, calls: 0, random: seeds.fork() });
        Self { counted: counted.collect() }
    }

    /// Counts one call of `action` and says what goes wrong with it.
    pub(super) fn next(&mut self, action: &str) -> Option<Kind> {
        let mut first = None;
        for counted in &mut self.counted {
            if counted.fault.action.is_some_and(|only| only != action) {
                continue;
            }
            counted.calls += 1;
            let fires = match counted.fault.when {
                When::Always => true,
                When::Every(number) => counted.calls.is_multiple_of(number),
                When::Nth(number) => counted.calls == number,
                When::First(number) => counted.calls <= number,
                When::Rate(share) => counted.random.f64() < share,
            };
            if fires && first.is_none() {
                first = Some(counted.fault.kind);
            }
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(faults: &[&str], calls: &[&str]) -> Vec<String> {
        let faults: Vec<Fault> = faults.iter().map(|fault| fault.parse().unwrap()).collect();
        let mut plan = Plan::new(&faults, 7);
        calls.iter().map(|call| plan.next(call).map_or("-".to_owned(), |kind| kind.to_string())).collect()
    }

    #[test]
    fn each_selector_picks_its_calls() {
        let calls = ["profile-copy"; 6];
        assert_eq!(hits(&["hang"], &calls).join(" "), "hang hang hang hang hang hang");
        assert_eq!(hits(&["hang:every=3"], &calls).join(" "), "- - hang - - hang");
        assert_eq!(hits(&["hang:nth=2"], &calls).join(" "), "- hang - - - -");
        assert_eq!(hits(&["hang:first=2"], &calls).join(" "), "hang hang - - - -");
        assert_eq!(hits(&["hang:rate=0"], &calls).join(" "), "- - - - - -");
        assert_eq!(hits(&["hang:rate=1"], &calls).join(" "), "hang hang hang hang hang hang");
    }

    #[test]
    fn a_fault_counts_only_the_calls_it_could_hit_and_the_first_wins() {
        let calls = ["profile-copy", "group-list", "profile-copy", "unknown"];
        assert_eq!(hits(&["empty@copy_profile:nth=2", "html:every=3"], &calls).join(" "), "- - empty -");
        assert_eq!(hits(&["html:every=3", "empty@copy_profile:nth=2"], &calls).join(" "), "- - html -");
    }

    #[test]
    fn chance_repeats_with_its_seed() {
        let calls = ["group-list"; 64];
        let once = hits(&["hang:rate=0.5"], &calls);
        assert_eq!(once, hits(&["hang:rate=0.5"], &calls));
        assert!(once.contains(&"-".to_owned()) && once.contains(&"hang".to_owned()));
    }
}
