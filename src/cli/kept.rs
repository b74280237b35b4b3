//! The limits and permissions of a run, which it keeps when it is resumed.
//!
//! Not here: what they mean (`limits`, `permits`, `calls`).

use super::config::{self, Config};
use super::permits;
use crate::base::report::Report;
use serde_json::{Value, json};
use std::time::Duration;

/// What a plan keeps of a configuration.
pub(super) fn of_config(config: &Config) -> Value {
    let (allow, deny) = permits::words_of(&config.permits, config.allow_destructive);
    let milliseconds = |limit: Duration| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    json!({
        "max_writes": config.max_writes,
        "first": config.first,
        "confirm": config.confirm,
        "time_limit": config.time_limit.map(milliseconds),
        "rate": config.written("rate").map(|(rate, _)| rate),
        "jobs": config.jobs,
        "allow": allow,
        "deny": deny,
    })
}

/// Whether a run with these limits may have been ended by one of them.
pub(super) fn has_limit(kept: &Value) -> bool {
    let is_set = |name: &str| kept[name].as_u64().is_some();
    is_set("max_writes") || is_set("first") || is_set("time_limit") || kept["confirm"] == json!(true)
}

/// A configuration with what was kept, and what there is to say about it. What the command line gives wins over what was
/// kept, except that nothing allows what was denied.
///
/// # Errors
/// What was kept and cannot be understood.
pub(super) fn apply(config: &Config, kept: &Value) -> Result<(Config, Vec<String>), Report> {
    let (mut config, mut kept_words, mut said) = (config.clone(), Vec::new(), Vec::new());
    let mut number = |option: &str, name: &str, given: Option<u64>, shown: fn(u64) -> String| {
        let kept = kept[name].as_u64();
        match (given, kept) {
            (None, Some(kept)) => kept_words.push(format!("{option} {}", shown(kept))),
            (Some(given), Some(kept)) if given != kept => {
                said.push(format!("{option} {} instead of {}", shown(given), shown(kept)));
            }
            _ => {}
        }
        given.or(kept)
    };
    let plain = |number: u64| number.to_string();
    config.max_writes = number("--max-writes", "max_writes", config.max_writes, plain);
    config.first = number("--first", "first", config.first, plain);
    let given = config.time_limit.map(|limit| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX));
    let limit = number("--time-limit", "time_limit", given, |limit| match limit % 1000 {
        0 => format!("{}s", limit / 1000),
        _ => format!("{limit}ms"),
    });
    config.time_limit = limit.map(Duration::from_millis);
    if kept["confirm"] == json!(true) && !config.confirm {
        config.confirm = true;
        kept_words.push("--confirm".to_owned());
    }

    let mut setting = |name: &str, kept: Option<String>| -> Option<String> {
        let (now, is_given) = config.written(name)?;
        let kept = kept.filter(|kept| kept.trim() != now.trim())?;
        match is_given {
            true => said.push(format!("--{name} {now} instead of {kept}")),
            false => kept_words.push(format!("--{name} {kept}")),
        }
        (!is_given).then_some(kept)
    };
    let rate = setting("rate", kept["rate"].as_str().map(str::to_owned));
    let jobs = setting("jobs", kept["jobs"].as_u64().map(plain));
    if let Some(rate) = rate {
        config.interval = config::interval(&rate).map_err(|problem| unknown(&problem))?;
    }
    if let Some(jobs) = jobs {
        config.jobs = jobs.parse().map_err(|_| unknown("it is not a number of jobs"))?;
    }

    let words = |name: &str| -> Vec<String> {
        let words = kept[name].as_array().into_iter().flatten();
        words.filter_map(|word| word.as_str().map(str::to_owned)).collect()
    };
    let (allow, deny) = permits::words_of(&config.permits, config.allow_destructive);
    for (option, kept, given) in [("--allow", words("allow"), &allow), ("--deny", words("deny"), &deny)] {
        kept_words
            .extend(kept.iter().filter(|word| !given.contains(word)).map(|word| format!("{option} {word}")));
        said.extend(
            given
                .iter()
                .filter(|word| !kept.contains(word))
                .map(|word| format!("{option} {word} from now on")),
        );
    }
    let all = |mut words: Vec<String>, given: Vec<String>| {
        words.extend(given);
        words.sort();
        words.dedup();
        words
    };
    (config.permits, config.allow_destructive) =
        permits::parse(&all(words("allow"), allow), &all(words("deny"), deny))?;

    if !kept_words.is_empty() {
        said.insert(0, format!("{}, as when it began", kept_words.join(" ")));
    }
    Ok((config, said))
}

fn unknown(problem: &str) -> Report {
    Report::error(format!("the run cannot be resumed: its limits cannot be understood: {problem}"))
        .help("Use the version of ixscript that began it.")
}
