//! The options of `parallel` and of its everyday forms.
//!
//! Not here: what they do.

use super::Host;
use crate::base::text;
use rhai::{Dynamic, INT, Map};

/// Their names.
pub(super) const OPTIONS: &[&str] = &["collect", "jobs", "max_failures", "output", "stop_on_error"];

/// More workers than this help no app.
const MOST_JOBS: usize = 256;

/// How far to go, and what to keep of it.
pub(super) struct Plan {
    /// How many items at once.
    pub(super) jobs: usize,
    /// How many may fail before no other is begun.
    pub(super) most_failures: usize,
    /// Whether the results are kept.
    pub(super) collect: bool,
    /// Whether each item becomes a row of `--output`.
    pub(super) output: bool,
}

impl Plan {
    /// What the options of `function` say. Forms write their rows unless they are told not to, and so does what keeps no
    /// results.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(super) fn read(host: &Host, function: &str, is_form: bool, options: Map) -> Result<Self, String> {
        let mut plan = Self { jobs: host.jobs, most_failures: usize::MAX, collect: true, output: false };
        let mut output = None;
        for (option, value) in options {
            match option.as_str() {
                "jobs" => plan.jobs = count(&option, &value, 1)?.min(host.jobs).min(MOST_JOBS),
                "max_failures" => plan.most_failures = count(&option, &value, 0)?,
                "stop_on_error" if flag(&option, &value)? => plan.most_failures = 0,
                "stop_on_error" => {}
                "collect" => plan.collect = flag(&option, &value)?,
                "output" => output = Some(flag(&option, &value)?),
                unknown => return Err(no_option(unknown, function, OPTIONS.iter().copied())),
            }
        }
        plan.output = output.unwrap_or(is_form || !plan.collect);
        Ok(plan)
    }
}

/// That `function` has no such option.
pub(super) fn no_option<'a>(name: &str, function: &str, known: impl Iterator<Item = &'a str>) -> String {
    let suggestion = text::did_you_mean(name, known);
    format!("`{}` is no option of `{function}`{suggestion}", text::one_line(&text::cut(name, 60)))
}

fn count(option: &str, value: &Dynamic, least: usize) -> Result<usize, String> {
    let count = value.as_int().ok().and_then(|count: INT| usize::try_from(count).ok());
    count
        .filter(|count| *count >= least)
        .ok_or_else(|| format!("`{option}` must be a whole number, {least} or more"))
}

fn flag(option: &str, value: &Dynamic) -> Result<bool, String> {
    value.as_bool().map_err(|_| format!("`{option}` must be true or false"))
}
