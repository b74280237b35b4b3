//! How much an account may do: calls a second, and profiles made, copied and opened a day.
//!
//! All of it is off unless an option gives a number. Not stated, so chosen: a refusal comes before the request is looked at,
//! and what was refused, for whatever reason, does not count towards a day.
//!
//! Not here: the options' meaning, which stands with them.

use super::call::{Outcome, Refusal};
use super::world::World;

/// "Your operation was too fast, please try again later."
const TOO_FAST: Refusal = Refusal(1010);
/// "The current plan's XXX daily createable profiles have been used up. The profile creation failed ..."
const NONE_TO_CREATE: Refusal = Refusal(1017);
/// "The XXX profile opening times per day for the current plan have been used up ..."
const NONE_TO_OPEN: Refusal = Refusal(1018);
/// "The current plan's XXX daily createable profiles have been used up. The copy failed ..."
const NONE_TO_COPY: Refusal = Refusal(1019);

const DAY: i64 = 86_400;

/// What was used of the current second and the current day.
#[derive(Debug, Clone, Default)]
pub(super) struct Allowance {
    calls: Used,
    created: Used,
    copied: Used,
    opened: Used,
}

/// A count within a span of time, which begins anew with the next one.
#[derive(Debug, Clone, Default)]
struct Used {
    span: i64,
    count: u32,
}

impl Used {
    fn within(&mut self, span: i64) -> &mut u32 {
        if self.span != span {
            *self = Self { span, count: 0 };
        }
        &mut self.count
    }
}

impl World {
    /// Does `run` if the account may, and counts it.
    pub(super) fn within_allowance(
        &mut self,
        action: &str,
        now: i64,
        run: impl FnOnce(&mut Self) -> Outcome,
    ) -> Outcome {
        take(self.allowance.calls.within(now), self.options.pace, TOO_FAST)?;
        let before = self.allowance.clone();
        if let Some((used, most, refusal)) = self.daily(action) {
            take(used.within(now.div_euclid(DAY)), most, refusal)?;
        }
        let outcome = run(self);
        if outcome.is_err() {
            self.allowance = before;
        }
        outcome
    }

    /// What an action uses up, how much there is of it, and the refusal when there is none left.
    fn daily(&mut self, action: &str) -> Option<(&mut Used, Option<u32>, Refusal)> {
        let (allowance, options) = (&mut self.allowance, &self.options);
        match action {
            "profile-create" => Some((&mut allowance.created, options.quota_create, NONE_TO_CREATE)),
            "profile-copy" => Some((&mut allowance.copied, options.quota_copy, NONE_TO_COPY)),
            "profile-open" | "profile-open-with-random-fingerprint" => {
                Some((&mut allowance.opened, options.quota_open, NONE_TO_OPEN))
            }
            _ => None,
        }
    }
}

fn take(used: &mut u32, most: Option<u32>, refusal: Refusal) -> Result<(), Refusal> {
    if most.is_some_and(|most| *used >= most) {
        return Err(refusal);
    }
    *used = used.saturating_add(1);
    Ok(())
}
