//! What can go wrong on the way, as a small language: `KIND[=DURATION][@ACTION][:every=N|nth=N|first=N|rate=R]`.
//!
//! `drop-after@copy_profile:nth=3` loses the reply of the third copy, and `away=2s:nth=5` lets nobody connect for two seconds from
//! the fifth call on. Without `@ACTION` (or with `@*`) every action is
//! meant, without a selector every call.
//!
//! Not here: when a fault fires (`plan`), and what is then done to the connection (`reply`).

use crate::api::{self, codes};
use crate::base::text;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Something that goes wrong with some calls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: Kind,
    /// With which action, such as `profile-copy`; `None` for all, unknown ones included.
    pub action: Option<&'static str>,
    /// With which of its calls.
    pub when: When,
}

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing is done; the answer is this documented code, in the form its page shows.
    Code(i64),
    /// Nothing is done; the connection is closed without a reply.
    DropBefore,
    /// It is done; the connection is closed without a reply.
    DropAfter,
    /// It is done; the connection is closed after the headers and half the body.
    DropLate,
    /// It is done a moment later ([`super::service::LATE`]), also if nobody waits for the reply any more.
    Late,
    /// The connection is closed without a reply, and it is done this much later.
    LateBy(Duration),
    /// It is done; the body is not JSON.
    Garbage,
    /// It is done; the body is empty.
    Empty,
    /// It is done; the body is a web page.
    Html,
    /// It is done; the body is whole to HTTP, but its JSON stops in the middle.
    Truncate,
    /// It is done; the headers come at once and the body in ten pieces over this time.
    Slow(Duration),
    /// It is done; no reply ever comes, and the connection stays open.
    Hang,
    /// Nothing is done; every connection is closed, and for this time new ones are refused.
    Away(Duration),
    /// It is done; the connection is closed after the reply, whose headers do not say so.
    CloseIdle,
    /// It is done; the reply has this HTTP status. 3xx also points elsewhere, and 5xx has a web page as its body, as
    /// gateways do.
    Status(u16),
    /// The other account at the same address is logged in, or the first one again, and does it
    /// ([`World::switch_account`](super::World::switch_account)).
    OtherAccount,
}

/// Which of the matching calls are hit. Each fault counts its own, from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum When {
    /// All.
    #[default]
    Always,
    /// Every nth: n, 2n, 3n and so on.
    Every(u64),
    /// The nth alone.
    Nth(u64),
    /// The first n.
    First(u64),
    /// This share of them, 0 to 1, by chance that follows from the seed.
    Rate(f64),
}

/// How long the body of a slow reply takes where the fault does not say.
const SLOW: Duration = Duration::from_secs(3);
/// How long new connections are refused where the fault does not say.
const AWAY: Duration = Duration::from_secs(1);

/// One line of the fault reference.
#[derive(Debug, PartialEq, Eq)]
pub struct KindRow {
    /// How it is written; capital letters stand for digits, and `=DURATION` in brackets may be left out.
    pub name: &'static str,
    /// One sentence for people.
    pub about: &'static str,
    kind: Option<Kind>,
}

/// Every kind of fault, for help texts and the reference.
pub const KINDS: &[KindRow] = &[
    row("CODE", "Answers with that error code, such as 1010, and does nothing.", None),
    row("drop-before", "Closes the connection without a reply and does nothing.", Some(Kind::DropBefore)),
    row("drop-after", "Does it, then closes the connection without a reply.", Some(Kind::DropAfter)),
    row("drop-late", "Does it, then closes the connection in the middle of the reply.", Some(Kind::DropLate)),
    row(
        "late",
        "Does it 50 ms later and answers then; does it too if nobody waits any more.",
        Some(Kind::Late),
    ),
    row("late=DURATION", "Closes the connection without a reply, and does it that much later.", None),
    row("garbage", "Does it, then answers with something that is not JSON.", Some(Kind::Garbage)),
    row("empty", "Does it, then answers with an empty body.", Some(Kind::Empty)),
    row("html", "Does it, then answers with a web page.", Some(Kind::Html)),
    row("truncate", "Does it, then answers with JSON that stops in the middle.", Some(Kind::Truncate)),
    row(
        "slow[=DURATION]",
        "Does it, then sends the body in ten pieces over that time, or 3s.",
        Some(Kind::Slow(SLOW)),
    ),
    row("hang", "Does it, then never answers.", Some(Kind::Hang)),
    row(
        "away[=DURATION]",
        "Does nothing, closes all connections, and refuses new ones for that time, or 1s.",
        Some(Kind::Away(AWAY)),
    ),
    row(
        "close-idle",
        "Does it and answers, then closes the connection although the reply said it would stay open.",
        Some(Kind::CloseIdle),
    ),
    row(
        "status-NNN",
        "Does it, then answers with that HTTP status; 3xx points elsewhere, 5xx is a web page.",
        None,
    ),
    row(
        "other-account",
        "Logs in to another account at this address, or back to the first one, and does it there.",
        Some(Kind::OtherAccount),
    ),
];

const fn row(name: &'static str, about: &'static str, kind: Option<Kind>) -> KindRow {
    KindRow { name, about, kind }
}

impl KindRow {
    /// The word that is written, without digits or a duration.
    fn word(&self) -> &'static str {
        self.name.split(['[', '=']).next().unwrap_or_default()
    }
}

impl Kind {
    /// The same fault with another duration; `None` for one that has none.
    fn lasting(self, duration: Duration) -> Option<Self> {
        match self {
            Self::Late => Some(Self::LateBy(duration)),
            Self::Slow(_) => Some(Self::Slow(duration)),
            Self::Away(_) => Some(Self::Away(duration)),
            _ => None,
        }
    }

    /// The fault as it is without a duration, and its duration.
    fn plain(self) -> (Self, Option<Duration>) {
        match self {
            Self::LateBy(duration) => (Self::Late, Some(duration)),
            Self::Slow(duration) => (Self::Slow(SLOW), Some(duration)),
            Self::Away(duration) => (Self::Away(AWAY), Some(duration)),
            kind => (kind, None),
        }
    }
}

const SELECTORS: &[&str] = &["every", "nth", "first", "rate"];

/// Why a text is no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// No kind at all.
    #[error(
        "a fault is written KIND[=DURATION][@ACTION][:every=N|nth=N|first=N|rate=R], as in `drop-after@copy_profile:nth=3`"
    )]
    Empty,
    /// No such kind.
    #[error("there is no fault `{found}`{suggestion}")]
    UnknownKind {
        /// What was written.
        found: String,
        /// The nearest kind, as ", did you mean ...".
        suggestion: String,
    },
    /// Not in the vendor's table.
    #[error("{0} is no documented error code")]
    UnknownCode(String),
    /// Not a status that ends a request.
    #[error("`{0}` is no HTTP status from 200 to 599, as in `status-502`")]
    BadStatus(String),
    /// A duration that cannot be read.
    #[error("`{kind}`: {problem}")]
    BadDuration {
        /// The kind.
        kind: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A duration for a kind that has none.
    #[error("`{0}` takes no duration; `late`, `slow` and `away` do, as in `late=2s`")]
    NoDuration(String),
    /// No such action or function.
    #[error("there is no action `{found}`{suggestion}")]
    UnknownAction {
        /// What was written.
        found: String,
        /// The nearest name, as ", did you mean ...".
        suggestion: String,
    },
    /// No such selector.
    #[error("there is no selector `{found}`{suggestion}; there are `every`, `nth`, `first` and `rate`")]
    UnknownSelector {
        /// What was written.
        found: String,
        /// The nearest selector, as ", did you mean ...".
        suggestion: String,
    },
    /// A selector without a usable number.
    #[error("`{selector}` must be {expected}, not `{found}`")]
    BadNumber {
        /// The selector.
        selector: &'static str,
        /// What it takes.
        expected: &'static str,
        /// What was written.
        found: String,
    },
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(written: &str) -> Result<Self, FaultError> {
        let (head, selector) = match written.trim().split_once(':') {
            Some((head, selector)) => (head, Some(selector)),
            None => (written.trim(), None),
        };
        let (kind, action) = match head.split_once('@') {
            Some((kind, action)) => (kind, Some(action)),
            None => (head, None),
        };
        Ok(Self {
            kind: parse_lasting(kind.trim())?,
            action: action.map_or(Ok(None), |action| parse_action(action.trim()))?,
            when: selector.map_or(Ok(When::Always), |selector| parse_when(selector.trim()))?,
        })
    }
}

fn parse_kind(written: &str) -> Result<Kind, FaultError> {
    if written.is_empty() {
        return Err(FaultError::Empty);
    }
    if written.bytes().all(|byte| byte.is_ascii_digit()) {
        let known = written.parse().ok().and_then(codes::find);
        return known
            .map(|code| Kind::Code(code.number))
            .ok_or_else(|| FaultError::UnknownCode(written.to_owned()));
    }
    if let Some(status) = written.strip_prefix("status-") {
        return match status.parse() {
            Ok(status @ 200..=599) => Ok(Kind::Status(status)),
            _ => Err(FaultError::BadStatus(status.to_owned())),
        };
    }
    let known = |row: &&KindRow| row.kind.is_some() && row.word() == written;
    KINDS.iter().find(known).and_then(|row| row.kind).ok_or_else(|| {
        let words = KINDS.iter().filter(|row| row.kind.is_some()).map(KindRow::word);
        let suggestion = text::did_you_mean(written, words);
        FaultError::UnknownKind { found: written.to_owned(), suggestion }
    })
}

/// Reads `KIND` or `KIND=DURATION`. Durations are whole milliseconds.
fn parse_lasting(written: &str) -> Result<Kind, FaultError> {
    let Some((word, duration)) = written.split_once('=') else { return parse_kind(written) };
    let (word, duration) = (word.trim(), duration.trim());
    let kind = parse_kind(word)?;
    if kind.lasting(Duration::ZERO).is_none() {
        return Err(FaultError::NoDuration(word.to_owned()));
    }
    let duration = text::parse_duration(duration)
        .map_err(|problem| FaultError::BadDuration { kind: word.to_owned(), problem })?;
    let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    kind.lasting(Duration::from_millis(milliseconds)).ok_or_else(|| FaultError::NoDuration(word.to_owned()))
}

fn parse_action(written: &str) -> Result<Option<&'static str>, FaultError> {
    if written == "*" {
        return Ok(None);
    }
    match api::by_action(written).or_else(|| api::by_function(written)) {
        Some(endpoint) => Ok(Some(endpoint.action)),
        None => {
            let names = api::endpoints().flat_map(|endpoint| [endpoint.function, endpoint.action]);
            let suggestion = text::did_you_mean(written, names);
            Err(FaultError::UnknownAction { found: written.to_owned(), suggestion })
        }
    }
}

fn parse_when(written: &str) -> Result<When, FaultError> {
    let (selector, number) = written.split_once('=').unwrap_or((written, ""));
    let (selector, number) = (selector.trim(), number.trim());
    let Some(selector) = SELECTORS.iter().copied().find(|known| *known == selector) else {
        let suggestion = text::did_you_mean(selector, SELECTORS.iter().copied());
        return Err(FaultError::UnknownSelector { found: selector.to_owned(), suggestion });
    };
    let bad = |expected| FaultError::BadNumber { selector, expected, found: number.to_owned() };
    if selector == "rate" {
        let share = number.parse().ok().filter(|share| (0.0..=1.0).contains(share));
        return share.map(When::Rate).ok_or_else(|| bad("a share from 0 to 1"));
    }
    let number = number.parse().ok().filter(|number| *number > 0);
    let number = number.ok_or_else(|| bad("a whole number from 1"))?;
    Ok(match selector {
        "every" => When::Every(number),
        "nth" => When::Nth(number),
        _ => When::First(number),
    })
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.kind)?;
        if let Some(action) = self.action {
            write!(formatter, "@{action}")?;
        }
        match self.when {
            When::Always => Ok(()),
            When::Every(number) => write!(formatter, ":every={number}"),
            When::Nth(number) => write!(formatter, ":nth={number}"),
            When::First(number) => write!(formatter, ":first={number}"),
            When::Rate(share) => write!(formatter, ":rate={share}"),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(number) => write!(formatter, "{number}"),
            Self::Status(status) => write!(formatter, "status-{status}"),
            kind => {
                let (plain, duration) = kind.plain();
                let row = KINDS.iter().find(|row| row.kind == Some(plain));
                formatter.write_str(row.map_or("", KindRow::word))?;
                match duration {
                    Some(duration) if *kind != plain => write!(formatter, "={}ms", duration.as_millis()),
                    _ => Ok(()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error(written: &str) -> String {
        written.parse::<Fault>().unwrap_err().to_string()
    }

    #[test]
    fn a_fault_is_read_as_it_is_meant() {
        let read = |written: &str| written.parse::<Fault>().unwrap();
        let always = |kind| Fault { kind, action: None, when: When::Always };
        assert_eq!(read("hang"), always(Kind::Hang));
        assert_eq!(read("1010@*"), always(Kind::Code(1010)));
        assert_eq!(read("late"), always(Kind::Late));
        assert_eq!(read("late = 2s"), always(Kind::LateBy(Duration::from_secs(2))));
        assert_eq!(read("slow"), read("slow=3s"));
        assert_eq!(
            read("away=1.5s@copy_profile:nth=2"),
            Fault {
                kind: Kind::Away(Duration::from_millis(1500)),
                action: Some("profile-copy"),
                when: When::Nth(2)
            }
        );
        assert_eq!(
            read(" drop-after @ copy_profile : nth = 3 "),
            Fault { kind: Kind::DropAfter, action: Some("profile-copy"), when: When::Nth(3) }
        );
        assert_eq!(
            read("status-502@profile-transfer-code-import:rate=0.25"),
            Fault {
                kind: Kind::Status(502),
                action: Some("profile-transfer-code-import"),
                when: When::Rate(0.25)
            }
        );
    }

    #[test]
    fn every_kind_in_the_reference_can_be_written() {
        for row in KINDS {
            let (plain, lasting) = match row.name.split_once('[') {
                Some((plain, duration)) => (plain, Some(format!("{plain}{duration}").replace(']', ""))),
                None => (row.name, None),
            };
            for written in [Some(plain.to_owned()), lasting].into_iter().flatten() {
                let written =
                    written.replace("CODE", "112005").replace("NNN", "302").replace("DURATION", "70ms");
                assert_eq!(written.parse::<Fault>().unwrap().to_string(), written);
            }
            assert!(row.about.ends_with('.'), "{}", row.name);
        }
    }

    #[test]
    fn each_slip_is_named() {
        let cases = [
            (
                "",
                "a fault is written KIND[=DURATION][@ACTION][:every=N|nth=N|first=N|rate=R], as in `drop-after@copy_profile:nth=3`",
            ),
            ("drop-aftr", "there is no fault `drop-aftr`, did you mean `drop-after`?"),
            ("weather", "there is no fault `weather`"),
            ("CODE", "there is no fault `CODE`"),
            ("lat=2s", "there is no fault `lat`, did you mean `late`?"),
            ("late=", "`late`: `` is not a duration; write it like `500ms`, `30s` or `2m`"),
            ("hang=2s", "`hang` takes no duration; `late`, `slow` and `away` do, as in `late=2s`"),
            ("1010=2s", "`1010` takes no duration; `late`, `slow` and `away` do, as in `late=2s`"),
            ("99", "99 is no documented error code"),
            ("99999999999999999999999", "99999999999999999999999 is no documented error code"),
            ("status-100", "`100` is no HTTP status from 200 to 599, as in `status-502`"),
            ("hang@copy_profil", "there is no action `copy_profil`, did you mean `copy_profile`?"),
            (
                "hang:evry=2",
                "there is no selector `evry`, did you mean `every`?; there are `every`, `nth`, `first` and `rate`",
            ),
            ("hang:every", "`every` must be a whole number from 1, not ``"),
            ("hang:nth=0", "`nth` must be a whole number from 1, not `0`"),
            ("hang:rate=1.5", "`rate` must be a share from 0 to 1, not `1.5`"),
            ("hang:rate=NaN", "`rate` must be a share from 0 to 1, not `NaN`"),
        ];
        for (written, expected) in cases {
            assert_eq!(error(written), expected);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(kind in 0..KINDS.len(), row in 0..9_usize, selector in 0..6_u8, number in 1..u64::MAX, share in 0.0..=1.0, lasts: Option<u32>) {
            let kind = KINDS[kind].kind.unwrap_or(Kind::Status(503));
            let lasting = lasts.and_then(|lasts| kind.lasting(Duration::from_millis(lasts.into())));
            let kind = lasting.unwrap_or(kind);
            let when = match selector {
                0 => When::Every(number),
                1 => When::Nth(number),
                2 => When::First(number),
                3 => When::Rate(share),
                _ => When::Always,
            };
            let fault = Fault { kind, action: api::endpoints().nth(row).map(|row| row.action), when };
            prop_assert_eq!(fault.to_string().parse::<Fault>(), Ok(fault));
        }

        #[test]
        fn no_text_can_make_the_reader_panic(written: String) {
            let _ = written.parse::<Fault>();
        }
    }
}
