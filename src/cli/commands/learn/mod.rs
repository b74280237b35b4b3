//! `ixscript doctor --learn`: measures what the vendor's pages leave open, and tells the simulator options that behave so.
//!
//! Reads are made at once. What needs writes is asked about first, happens in a group of its own with a few profiles, and
//! is cleaned up afterwards, also after Ctrl-C; what cannot be cleaned up is listed.
//!
//! Not here: what the options do (`sim`).

mod account;

use super::sim::{COPY_GROUPS, FULL_GROUPS, NAME_FILTERS, NAME_FORMS};
use super::{Result, call};
use crate::api;
use crate::base::report::Report;
use crate::base::text;
use crate::calls::{Cause, Failure};
use crate::cli::app::App;
use crate::cli::connection::{self, Rights};
use crate::cli::exit::Exit;
use crate::sim::{CopyGroup, FullGroup, NameFilter, NameForm, Options};
use crate::ui::Format;
use account::{Account, ids, object, refusal};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// All that is called.
const FUNCTIONS: &[&str] = &[
    "list_profiles",
    "list_groups",
    "create_group",
    "delete_group",
    "create_profile",
    "copy_profile",
    "delete_profile",
];
/// The most profiles that exist at any time.
const MAX_PROFILES: usize = 3;
/// The most writes, those that clean up included.
const MAX_WRITES: u64 = 11;

/// More rows than any page is known to have.
const LARGE_LIMIT: usize = 1000;
/// The most pages of the list that are read.
const MAX_PAGES: usize = 20;
/// How long a new profile may take until a list has it.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most calls in a row to find the pace.
const MAX_CALLS: u32 = 60;
/// How long the app may answer "too fast" until the pace counts as unknown.
const PACE_PATIENCE: Duration = Duration::from_secs(5);

/// Has one example of everything that is known to be altered in a name, and more characters than any name is cut to here.
const PROBE: &str = " Ix  Learn e\u{301} a/b & <c> \"d\" 'e' 0123456789 0123456789 0123456789 ";

/// A name that any app takes.
const PLAIN: &str = "ixscript learn";

const NAME_TAKEN: i64 = 101_004;
const TOO_FAST: i64 = 1010;

/// What was found out about one thing.
struct Finding {
    text: String,
    /// The option with which the simulator does the same, unless it does so anyway.
    option: Option<String>,
}

struct Learner<'a> {
    account: Account<'a>,
    findings: Vec<Finding>,
}

type Measured = std::result::Result<(), Failure>;

/// Measures, cleans up, and tells.
pub(super) fn run(app: &App) -> Result {
    let rights = Rights::from(Some(FUNCTIONS.to_vec()));
    let connection = connection::open(app, rights, None)?;
    let mut learner = Learner { account: Account::new(app, &connection), findings: Vec::new() };

    let mut measured = learner.read();
    if measured.is_ok() && learner.may_write()? {
        measured = learner.write();
        learner.account.clean_up();
    }
    let measured = measured.and_then(|()| learner.pace());
    Ok(learner.tell(measured))
}

impl Learner<'_> {
    /// What reads tell.
    fn read(&mut self) -> Measured {
        let (mut first_page, mut sum, mut total, mut is_whole) = (0, 0, 0, false);
        for page in 1..=MAX_PAGES {
            let body = object(json!({ "page": page, "limit": LARGE_LIMIT }));
            let reply = match refusal(self.account.connection.calls.call_raw("profile-list", body))? {
                Ok(reply) => reply,
                Err(code) => {
                    self.not_measured(
                        "the largest page",
                        &format!("{LARGE_LIMIT} rows are refused with code {code}"),
                    );
                    break;
                }
            };
            let rows = reply.pointer("/data/data").and_then(Value::as_array).map_or(0, Vec::len);
            total = reply.pointer("/data/total").and_then(Value::as_u64).unwrap_or(0);
            first_page = if page == 1 { rows } else { first_page };
            sum += rows;
            is_whole = rows == 0 || sum as u64 >= total;
            if is_whole {
                break;
            }
        }

        let default = Options::default().page_limit;
        let option = |is_larger: bool| is_larger.then(|| format!("page-limit={first_page}"));
        if sum > first_page {
            self.found(
                format!("A page of a list has at most {first_page} rows."),
                option(first_page != default),
            );
        } else if sum > 0 {
            self.found(format!("A page of a list can have {first_page} rows."), option(first_page > default));
        }
        if is_whole && (sum as u64) < total {
            self.found(
                format!("All pages of a list together have {sum} rows, although its `total` is {total}."),
                Some(format!("short-list={sum}")),
            );
        }
        Ok(())
    }

    /// How many calls a second are taken.
    fn pace(&mut self) -> Measured {
        let connection = match self
            .account
            .connection
            .again(self.account.app, |calls| calls.retrying(0).only(Some(FUNCTIONS.to_vec())))
        {
            Ok(connection) => connection,
            Err(report) => {
                self.not_measured("the pace", &report.message);
                return Ok(());
            }
        };
        let body = || object(json!({ "page": 1, "limit": 1 }));
        let is_taken = || match connection.calls.call_raw("profile-list", body()) {
            Ok(_) => Ok(true),
            Err(Failure { cause: Cause::Code { number: TOO_FAST, .. }, .. }) => Ok(false),
            Err(failure) => Err(failure),
        };
        let count = |mut taken: u32| -> std::result::Result<u32, Failure> {
            while taken < MAX_CALLS && is_taken()? {
                taken += 1;
            }
            Ok(taken)
        };

        if count(0)? == MAX_CALLS {
            self.found(format!("{MAX_CALLS} calls in a row were taken."), None);
            return Ok(());
        }
        // The rest of a second says little; the next one is measured from its first call on.
        let since = Instant::now();
        while !is_taken()? {
            if since.elapsed() > PACE_PATIENCE {
                self.not_measured("the pace", "the app answers with code 1010 for seconds");
                return Ok(());
            }
            self.account.wait(Duration::from_millis(10))?;
        }
        let since = Instant::now();
        let pace = count(1)?;
        if since.elapsed() > Duration::from_secs(1) {
            self.not_measured("the pace", "no second was full of calls");
            return Ok(());
        }
        self.found(
            format!("{} a second are taken before code 1010.", text::count(pace as usize, "call")),
            Some(format!("pace={pace}")),
        );
        Ok(())
    }

    /// Whether the account may be changed: somebody agreed, and nothing that is needed was denied.
    fn may_write(&self) -> std::result::Result<bool, Report> {
        let config = &self.account.app.config;
        let denied = FUNCTIONS
            .iter()
            .find(|name| api::by_function(name).is_some_and(|endpoint| config.permits.denies(endpoint)));
        let why_not = match denied {
            _ if config.is_dry => Some("this is a dry run".to_owned()),
            Some(function) => Some(format!("`{function}` is denied")),
            None if config.max_writes.is_some_and(|most| most < MAX_WRITES) => {
                Some(format!("it needs up to {MAX_WRITES} writes"))
            }
            None if !self.account.app.asker.can_ask() => {
                Some("stdin is not a terminal, and `--yes` was not given".to_owned())
            }
            None => None,
        };
        let only_reads = |why: &str| {
            self.account.app.printer.info(&format!("Only what reads can tell was measured: {why}."));
            Ok(false)
        };
        if let Some(why_not) = why_not {
            return only_reads(&why_not);
        }
        let question = format!(
            "create a group and up to {MAX_PROFILES} profiles at {}, and delete them again?",
            self.account.connection.calls.url()
        );
        if !self.account.app.asker.ask(&question)? {
            return only_reads("the answer was no");
        }
        for function in ["delete_profile", "delete_group"] {
            self.account.connection.calls.allow_destroying(Some(function));
        }
        Ok(true)
    }

    /// What takes writes.
    fn write(&mut self) -> Measured {
        let title = format!("ixscript-learn-{:08}", fastrand::u32(..100_000_000));
        let Ok(group) = self.account.create("create_group", json!({ "title": title, "sort": 0 }))? else {
            self.not_measured("anything else", "the group that it needs is refused");
            return Ok(());
        };

        let Some((profile, given)) = self.named(group)? else { return Ok(()) };
        let Some(row) = self.listed(profile)? else {
            self.not_measured("anything else", "the new profile is not listed");
            return Ok(());
        };
        let stored = row.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.name_form(&given, &stored);
        self.name_filter(profile, &stored)?;

        match self.account.create("create_profile", json!({ "name": given, "group_id": group }))? {
            Ok(_) => self.found("Two profiles can have the same name.".to_owned(), None),
            Err(code) if NAME_TAKEN == code => {
                self.found(
                    "Two profiles cannot have the same name.".to_owned(),
                    Some("unique-names".to_owned()),
                );
            }
            Err(code) => self.not_measured("whether names are unique", &format!("code {code}")),
        }
        self.copy(profile, group)?;
        self.full_group(profile, group)
    }

    /// A profile with a name that shows how names are stored, or with a plain name where that one is refused.
    fn named(&mut self, group: i64) -> std::result::Result<Option<(i64, String)>, Failure> {
        for name in [PROBE, PLAIN] {
            match self.account.create("create_profile", json!({ "name": name, "group_id": group }))? {
                Ok(profile) => return Ok(Some((profile, name.to_owned()))),
                Err(code) => {
                    self.found(
                        format!("A profile with the name `{name}` is refused with code {code}."),
                        None,
                    );
                }
            }
        }
        Ok(None)
    }

    /// The row of a new profile, once a list has it.
    fn listed(&mut self, profile: i64) -> std::result::Result<Option<Value>, Failure> {
        let since = Instant::now();
        let mut tries = 0;
        loop {
            if let Some(row) = self.account.row(profile)? {
                let when = match tries {
                    0 => "at once".to_owned(),
                    _ => format!("after {}", text::duration(since.elapsed())),
                };
                self.found(format!("A new profile is listed {when}."), None);
                return Ok(Some(row));
            }
            if since.elapsed() > PATIENCE {
                return Ok(None);
            }
            tries += 1;
            self.account.wait(Duration::from_millis(50))?;
        }
    }

    fn name_form(&mut self, given: &str, stored: &str) {
        let form = NAME_FORMS.iter().find(|(_, form)| form.stored(given) == stored);
        let (text, option) = match form {
            Some((_, NameForm::AsGiven)) => ("Names are stored as they are given.".to_owned(), None),
            Some((word, _)) => {
                (format!("Names are altered: `{given}` is stored as `{stored}`."), Some(*word))
            }
            None if given.starts_with(stored) => {
                let length = stored.chars().count();
                (format!("Names are cut to {length} characters; the simulator cuts them to 20."), Some("cut"))
            }
            None => (
                format!(
                    "Names are altered in a way that the simulator cannot: `{given}` is stored as `{stored}`."
                ),
                None,
            ),
        };
        self.found(text, option.map(|word| format!("alter-names={word}")));
    }

    /// Which of the parts of a name find its profile.
    fn name_filter(&mut self, profile: i64, stored: &str) -> Measured {
        let middle = stored.split_whitespace().nth(1).unwrap_or(stored);
        let end = stored.find(middle).map_or(stored.len(), |at| at + middle.len());
        for (part, filter) in [
            (middle, NameFilter::Contains),
            (&stored[..end], NameFilter::Prefix),
            (stored, NameFilter::Exact),
        ] {
            let rows = self.account.call("list_profiles", json!({ "name": part }))?;
            if ids(&rows, "profile_id").any(|id| id == profile) {
                let word = word_of(NAME_FILTERS, filter);
                let option = (filter != NameFilter::default()).then(|| format!("name-filter={word}"));
                self.found(format!("Names are filtered by what they match: {word}."), option);
                return Ok(());
            }
        }
        self.found("No part of a name finds it in a list, and neither does the whole name.".to_owned(), None);
        Ok(())
    }

    /// Where a copy goes, and whether its id is used again.
    fn copy(&mut self, profile: i64, group: i64) -> Measured {
        let copy = match self.account.create("copy_profile", json!({ "profile_id": profile }))? {
            Ok(copy) => copy,
            Err(code) => {
                self.not_measured(
                    "the group of a copy, and whether ids are used again",
                    &format!("code {code}"),
                );
                return Ok(());
            }
        };
        let copied_to = self.account.row(copy)?.and_then(|row| row.get("group_id").and_then(Value::as_i64));
        match copied_to {
            Some(id) if id == group => self.found(
                "A copy without a group is in the group of its source.".to_owned(),
                Some(format!("copy-group={}", word_of(COPY_GROUPS, CopyGroup::Source))),
            ),
            Some(id) => self.found(format!("A copy without a group is in group {id}."), None),
            None => self.not_measured("the group of a copy", "it is not listed"),
        }

        if !self.account.delete_profile(copy)? {
            self.not_measured("whether ids are used again", "the copy cannot be deleted");
            return Ok(());
        }
        match self.account.create("create_profile", json!({ "name": PLAIN, "group_id": group }))? {
            Ok(next) if next == copy => {
                self.found(
                    "The id of a deleted profile is used again.".to_owned(),
                    Some("ids-again".to_owned()),
                );
            }
            Ok(_) => self.found("The id of a deleted profile is not used again at once.".to_owned(), None),
            Err(code) => self.not_measured("whether ids are used again", &format!("code {code}")),
        }
        Ok(())
    }

    /// What deleting a group does to the profiles in it.
    fn full_group(&mut self, profile: i64, group: i64) -> Measured {
        match refusal(self.account.call("delete_group", json!({ "id": group })))? {
            Err(code) => {
                let option = format!("full-group={}", word_of(FULL_GROUPS, FullGroup::Stays));
                self.found(format!("A group with profiles is not deleted (code {code})."), Some(option));
            }
            Ok(_) => {
                self.account.group_is_deleted();
                let moved_to =
                    self.account.row(profile)?.and_then(|row| row.get("group_id").and_then(Value::as_i64));
                let text = match moved_to {
                    Some(group) => format!("The profiles of a deleted group are in group {group}."),
                    None => "The profiles of a deleted group are deleted too.".to_owned(),
                };
                self.found(text, None);
            }
        }
        Ok(())
    }

    fn found(&mut self, text: String, option: Option<String>) {
        self.findings.push(Finding { text, option });
    }

    fn not_measured(&mut self, what: &str, why: &str) {
        self.found(format!("Not measured: {what} ({why})."), None);
    }

    /// Prints what was found, what went wrong, and what is left behind.
    fn tell(&self, measured: Measured) -> Exit {
        let printer = &self.account.app.printer;
        let options: Vec<&str> =
            self.findings.iter().filter_map(|finding| finding.option.as_deref()).collect();
        let sim =
            if options.is_empty() { "--sim".to_owned() } else { format!("--sim={}", options.join(",")) };
        if self.account.app.config.format == Format::Text {
            self.findings.iter().for_each(|finding| printer.out(&finding.text));
            if measured.is_ok() {
                printer.out(&format!("The simulator behaves like this with:\n  {sim}"));
            }
        } else {
            let findings = self.findings.iter();
            let findings: Vec<Value> =
                findings.map(|found| json!({ "found": found.text, "option": found.option })).collect();
            self.account
                .app
                .print_value(&json!({ "findings": findings, "sim": sim, "is_complete": measured.is_ok() }));
        }

        let mut exit = Exit::DONE;
        if let Err(failure) = measured {
            self.account.app.report(&call::report(&failure, &self.account.connection.calls));
            exit = call::exit_of(&failure, self.account.stopped.or(self.account.app.cancel.why()));
        }
        if let Some(left) = self.account.left_behind() {
            self.account.app.report(&left);
            exit = if exit == Exit::DONE { Exit::FAILED } else { exit };
        }
        exit
    }
}

/// The word of an option for one of its values.
fn word_of<T: PartialEq + Copy>(words: &[(&'static str, T)], value: T) -> &'static str {
    words.iter().find(|(_, known)| *known == value).map_or("", |(word, _)| word)
}
