//! Whether creates in doubt were done, found out from a list of the app. Pure.
//!
//! A create was done if something new is there that fits all it gave (name, group, site), and that no other create in doubt can
//! have made. It was not done if it can no longer be on its way, two whole lists some time apart show nothing that it may have
//! made, and the lists are those of the app and account of before. Anything else stays in doubt.
//!
//! Assumptions: while a create is in doubt, nobody else creates something of the same name in the same group and site, and
//! nobody deletes what it made. An app stores a name as it was given, or in a form that differs in case, blanks, escapes or slashes.

use super::keys::Hash;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The id and the name of a row of a list.
pub type Row = (i64, String);

/// What was found out about a create.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// It was done, and made the thing with this id.
    Done(i64),
    /// It was not done.
    NotDone,
}

/// A create in doubt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The number of the call.
    pub id: i64,
    /// Function and arguments: equal creates are interchangeable.
    pub key: Hash,
    /// The name it gave.
    pub name: Option<String>,
    /// The id of what it copies: a copy without a name may have the name of that.
    pub source: Option<i64>,
    /// The group it gave.
    pub group: Option<i64>,
    /// The site it gave.
    pub site: Option<String>,
    /// When it was sent, in milliseconds since 1970.
    pub sent: i64,
    /// What is known of it from elsewhere.
    pub evidence: Evidence,
}

/// What is known of a create besides the list of what it made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// Nothing.
    None,
    /// It was done in part, or may have been: the app said that it failed inside. Only a person can tell.
    HalfDone,
    /// It uses something up, and the list of what was used up does not have it, or cannot tell.
    Used {
        /// Whether the list tells that it was not used.
        is_absent: bool,
    },
    /// It was done, and what it made has this name.
    Done(String),
}

/// A row of a list now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its group, if it has one.
    pub group: Option<i64>,
    /// Its site, if it has one.
    pub site: Option<String>,
}

/// What a whole list shows, and what is known of its rows.
#[derive(Debug, Default)]
pub struct Look {
    /// The rows that it had before the run made anything.
    pub before: HashMap<i64, String>,
    /// Its rows now.
    pub now: Vec<Seen>,
    /// The ids that recorded calls made, or gave as new numbers.
    pub explained: HashSet<i64>,
    /// Those of them that the run itself made.
    pub made: HashSet<i64>,
    /// The ids that the run deleted, or gave other numbers: the app may give them again.
    pub removed: HashSet<i64>,
    /// The ids of what the run may have deleted, or given other numbers, and numbers that it may have given.
    pub unsure: HashSet<i64>,
    /// The ids of what the run changed.
    pub changed: HashSet<i64>,
    /// The names that the run has given.
    pub names: HashMap<i64, String>,
    /// Whether the run called an action of which nothing is known.
    pub has_unknown: bool,
    /// Creates in doubt that are not to be settled now: of this session, and of other runs.
    pub rivals: Vec<Doubt>,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// When whole lists were seen before, in milliseconds since 1970.
    pub earlier: Vec<i64>,
}

/// How long a create may be on its way, and how far apart two lists have to be, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Floor {
    /// After this time what has not arrived is taken to be lost.
    pub lost_after: i64,
}

impl Floor {
    /// How far apart two lists have to be that show nothing: a minute, or less where creates are soon taken to be lost.
    pub fn distance(self) -> i64 {
        const MINUTE: i64 = 60_000;
        MINUTE.min(self.lost_after / 10)
    }

    /// From when on a create that was sent at this time can be said not to have been done, if whole lists were seen at these
    /// times. A clock that was set back makes it later.
    pub fn decidable_at(self, sent: i64, looks: &[i64]) -> i64 {
        let first = looks.iter().copied().filter(|look| *look > sent).min();
        let second = first.map_or(0, |first| first.saturating_add(self.distance()));
        // What has arrived at the last moment may take as long until it is listed.
        sent.saturating_add(self.lost_after).saturating_add(self.distance()).max(second)
    }
}

impl Look {
    /// Whether the list is one of the app and account of before: nine tenths of the rows from before are there with their
    /// names, and nine tenths of those that the run made. Where nothing has to be there nobody can tell.
    fn is_of_same_account(&self) -> bool {
        let now: HashMap<i64, &str> = self.now.iter().map(|row| (row.id, row.name.as_str())).collect();
        let is_left = |id: &&i64| !self.removed.contains(*id);
        let is_same =
            |id: &i64| now.get(id).is_some_and(|name| self.changed.contains(id) || self.before[id] == *name);
        let old: Vec<bool> = self.before.keys().filter(is_left).map(is_same).collect();
        let made: Vec<bool> = self.made.iter().filter(is_left).map(|id| now.contains_key(id)).collect();
        let are_there =
            |rows: &[bool]| rows.iter().filter(|is_there| **is_there).count() * 10 >= rows.len() * 9;
        !(old.is_empty() && made.is_empty()) && are_there(&old) && are_there(&made)
    }

    fn is_known(&self, id: i64) -> bool {
        self.before.contains_key(&id) || self.explained.contains(&id)
    }

    /// The rows that nothing recorded explains. One that has the id of something that was removed is new.
    fn unexplained(&self) -> impl Iterator<Item = &Seen> {
        self.now.iter().filter(|row| self.removed.contains(&row.id) || !self.is_known(row.id))
    }

    /// Whether the run called an unknown action, or removed something, or may have, that is neither from before nor made by a recorded call: it may be
    /// what a create in doubt made.
    fn has_lost(&self) -> bool {
        self.has_unknown || self.removed.union(&self.unsure).any(|id| !self.is_known(*id))
    }

    /// The rows that are known and yet may be something else: the id of what was removed may have been given again.
    fn doubtful(&self) -> impl Iterator<Item = &Seen> {
        let is_other = |row: &Seen| self.names.get(&row.id).is_some_and(|name| !may_be(name, &row.name));
        let known = self.now.iter().filter(|row| !self.removed.contains(&row.id) && self.is_known(row.id));
        known.filter(move |row| {
            self.unsure.contains(&row.id) || self.explained.contains(&row.id) && is_other(row)
        })
    }

    /// Whether a row may be one from before that somebody has given another number.
    fn may_be_old(&self, row: &Seen) -> bool {
        let is_there = |id: i64| self.now.iter().any(|row| row.id == id);
        let mut old = self.before.iter().filter(|(id, _)| !self.removed.contains(id));
        old.any(|(id, name)| is_stored_form(name, &row.name) && !is_there(*id))
    }
}

/// What follows from a look at a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What was found out, by the numbers of the calls.
    pub findings: Vec<(i64, Finding)>,
    /// The calls that would be said not to be done if enough time had passed.
    pub waiting: Vec<i64>,
}

/// Settles the creates in doubt whose work appears in one list, as far as it can be done. Nothing follows from a list that is
/// not one of the app and account of before.
pub fn settle(doubts: &[Doubt], look: &Look, floor: Floor) -> Option<Verdict> {
    if !look.is_of_same_account() {
        return None;
    }
    let mut verdict = Verdict::default();
    let unexplained: Vec<&Seen> = look.unexplained().collect();
    let mut groups: BTreeMap<Hash, Vec<&Doubt>> = BTreeMap::new();
    doubts.iter().for_each(|doubt| groups.entry(doubt.key).or_default().push(doubt));
    // Decided for all groups before anything is said not to be there.
    let (mut taken, mut absent, mut waiting) = (HashSet::new(), Vec::new(), Vec::new());
    for group in groups.values() {
        let Some(found) = found(group, doubts, look, &unexplained) else { continue };
        let is_decided = found.len() == group.len();
        if !is_decided && !group.iter().all(|doubt| is_over(doubt, look, floor)) {
            waiting.extend(
                group.iter().filter(|doubt| doubt.may_be_absent()).map(|doubt| (*doubt, found.clone())),
            );
            continue;
        }
        let mut done = group.iter();
        let of_rows = found.iter().zip(done.by_ref());
        verdict.findings.extend(of_rows.map(|(row, doubt)| (doubt.id, Finding::Done(*row))));
        taken.extend(found);
        absent.extend(done.copied());
    }
    let is_absent = |doubt: &Doubt, own: &[i64]| {
        let mut left = unexplained.iter().filter(|row| !taken.contains(&row.id) && !own.contains(&row.id));
        let is_blocking = |row: &Seen| look.changed.contains(&row.id) || may_have_made(doubt, row);
        !look.has_lost()
            && !left.any(|row| is_blocking(row))
            && !look.doubtful().any(|row| may_have_made(doubt, row))
    };
    let not_done = absent.into_iter().filter(|doubt| is_absent(doubt, &[]));
    verdict.findings.extend(not_done.map(|doubt| (doubt.id, Finding::NotDone)));
    verdict.findings.sort_unstable_by_key(|(id, _)| *id);
    verdict
        .waiting
        .extend(waiting.iter().filter(|(doubt, own)| is_absent(doubt, own)).map(|(doubt, _)| doubt.id));
    Some(verdict)
}

/// The rows that equal creates have made; none if that cannot be told.
fn found(group: &[&Doubt], doubts: &[Doubt], look: &Look, unexplained: &[&Seen]) -> Option<Vec<i64>> {
    let first = group.first()?;
    if group.iter().any(|doubt| doubt.evidence == Evidence::HalfDone) {
        return None;
    }
    let is_proved = matches!(first.evidence, Evidence::Done(_));
    let rows: Vec<&&Seen> = unexplained.iter().filter(|row| fits(first, row)).collect();
    let may_be_of = |other: &Doubt, row: &Seen| fits(other, row) || !is_proved && could_fit(other, row, look);
    let others = || doubts.iter().filter(|other| other.key != first.key).chain(&look.rivals);
    let is_contested = |row: &Seen| others().any(|other| may_be_of(other, row));
    // What the run itself has given this name proves nothing.
    let is_unclear =
        |row: &Seen| is_contested(row) || look.names.contains_key(&row.id) || look.may_be_old(row);
    let is_clear = rows.len() <= group.len() && !rows.iter().any(|row| is_unclear(row));
    is_clear.then(|| rows.iter().map(|row| row.id).collect())
}

/// The rows that fit a create which was taken to be lost, in a list of the same app and account.
pub fn late_arrivals<'a>(lost: &Doubt, look: &'a Look) -> Vec<&'a Seen> {
    look.unexplained().filter(|row| fits(lost, row)).collect()
}

/// Whether a row has everything that a create gave.
fn fits(doubt: &Doubt, row: &Seen) -> bool {
    let name = match &doubt.evidence {
        Evidence::Done(name) => Some(name),
        _ => doubt.name.as_ref(),
    };
    name.is_some_and(|name| is_stored_form(name, &row.name)) && fits_place(doubt, row)
}

fn fits_place(doubt: &Doubt, row: &Seen) -> bool {
    let of_site = |site: &String| row.site.as_ref().is_none_or(|shown| is_same_site(site, shown));
    doubt.group.is_none_or(|group| row.group.is_none_or(|shown| shown == group))
        && doubt.site.as_ref().is_none_or(of_site)
}

/// Whether a row may be the work of a create as far as another one is concerned that fits it.
fn could_fit(doubt: &Doubt, row: &Seen, look: &Look) -> bool {
    let has_name = match (&doubt.evidence, &doubt.name) {
        (Evidence::Done(name), _) | (_, Some(name)) => {
            // An app may cut names, unless this one is there whole.
            let is_cut = || plain(name).starts_with(&plain(&row.name));
            let is_there = || look.unexplained().any(|row| fits(doubt, row));
            is_stored_form(name, &row.name) || is_cut() && !is_there()
        }
        (_, None) => {
            let source = doubt.source.and_then(|source| look.before.get(&source));
            source.is_none_or(|source| may_be(source, &row.name))
        }
    };
    has_name && fits_place(doubt, row)
}

/// Whether a row stands against saying that a create was not done: somebody may have renamed or moved what it made.
fn may_have_made(doubt: &Doubt, row: &Seen) -> bool {
    let is_in_group = match (doubt.group, row.group) {
        (Some(group), Some(shown)) => group == shown,
        _ => true,
    };
    is_in_group || doubt.name.as_ref().is_none_or(|name| may_be(name, &row.name))
}

/// Whether a create was not done unless the list shows it.
fn is_over(doubt: &Doubt, look: &Look, floor: Floor) -> bool {
    let has_earlier = look.earlier.iter().any(|earlier| *earlier > doubt.sent);
    doubt.may_be_absent() && has_earlier && look.at >= floor.decidable_at(doubt.sent, &look.earlier)
}

impl Doubt {
    /// Whether anything but time stands against saying that it was not done, apart from what the list shows.
    fn may_be_absent(&self) -> bool {
        match self.evidence {
            Evidence::None => true,
            Evidence::Used { is_absent } => is_absent,
            Evidence::HalfDone | Evidence::Done(_) => false,
        }
    }
}

/// Whether the app may store `name` as `shown`: in other case, with other blanks, with signs escaped for web pages, or with `_`
/// for `/`. It is not documented whether names stay as they were given.
fn is_stored_form(name: &str, shown: &str) -> bool {
    let (name, shown) = (plain(name), plain(shown));
    !name.is_empty() && name == shown
}

/// Whether the app may have made `shown` of `name` in any way that is known: also cut, lengthened, or with its accents put
/// together. It is no proof.
pub fn may_be(name: &str, shown: &str) -> bool {
    let (name, shown) = (plain(name), plain(shown));
    let either = |name: &str, shown: &str| shown.starts_with(name) || name.starts_with(shown);
    let letters = |text: &str| text.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>();
    let is_part = either(&name, &shown) || either(&letters(&name), &letters(&shown));
    // Accents have several forms, and some apps drop what is not ASCII.
    let is_ascii = name.is_ascii() && shown.is_ascii();
    is_part || !is_ascii && (is_spelled_by(&name, &shown) || is_spelled_by(&shown, &name))
}

/// Whether the ASCII letters and digits of a text come in the other one, in their order.
fn is_spelled_by(text: &str, other: &str) -> bool {
    let mut letters = other.chars();
    text.chars().filter(char::is_ascii_alphanumeric).all(|letter| letters.any(|other| other == letter))
}

fn plain(name: &str) -> String {
    let unescaped =
        ESCAPES.iter().fold(name.to_lowercase(), |name, (escape, sign)| name.replace(escape, sign));
    unescaped.replace(['/', '\\'], "_").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Signs that are escaped in web pages. That of `&` comes last: it is what escapes begin with.
const ESCAPES: &[(&str, &str)] = &[
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", "\""),
    ("&#039;", "'"),
    ("&#39;", "'"),
    ("&#x27;", "'"),
    ("&nbsp;", " "),
    ("&amp;", "&"),
];

/// Whether two texts name one site: case, the scheme and a slash at the end do not matter.
fn is_same_site(given: &str, shown: &str) -> bool {
    let plain = |site: &str| {
        let site = site.trim().to_lowercase();
        let site = site.strip_prefix("https://").or(site.strip_prefix("http://")).unwrap_or(&site);
        site.trim_end_matches('/').to_owned()
    };
    plain(given) == plain(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;
    const FLOOR: Floor = Floor { lost_after: 10 * MINUTE };
    /// When the creates of these tests were sent.
    const SENT: i64 = 100 * MINUTE;
    const AT_ONCE: i64 = SENT + 1000;
    const LATER: i64 = SENT + 20 * MINUTE;

    fn doubt(id: i64, key: u8, name: Option<&str>) -> Doubt {
        Doubt {
            id,
            key: [key; 32],
            name: name.map(str::to_owned),
            source: None,
            group: Some(7),
            site: None,
            sent: SENT,
            evidence: Evidence::None,
        }
    }

    fn row(id: i64, name: &str, group: i64) -> Seen {
        Seen { id, name: name.to_owned(), group: Some(group), site: Some("https://www.shopify.com/".into()) }
    }

    /// A list that had the rows 1 to 3 before and has these besides, seen now and a minute after the creates were sent.
    fn look(rows: &[Seen], at: i64) -> Look {
        let old = (1..=3).map(|id| row(id, "old", 1));
        Look {
            before: (1..=3).map(|id| (id, "old".to_owned())).collect(),
            now: old.chain(rows.iter().cloned()).collect(),
            at,
            earlier: vec![SENT + 500],
            ..Look::default()
        }
    }

    fn findings(doubts: &[Doubt], look: &Look) -> Vec<(i64, Finding)> {
        settle(doubts, look, FLOOR).unwrap_or_default().findings
    }

    fn found(doubts: &[Doubt], rows: &[Seen], at: i64) -> Vec<(i64, Finding)> {
        findings(doubts, &look(rows, at))
    }

    #[test]
    fn a_new_row_that_fits_everything_is_proof_at_once() {
        let call = doubt(1, 7, Some("shop-1"));
        assert_eq!(
            found(std::slice::from_ref(&call), &[row(6, "shop-1", 7)], AT_ONCE),
            [(1, Finding::Done(6))]
        );
        for (name, shown) in [
            ("a  b ", "a b"),
            ("A & B", "A &amp; B"),
            ("a/b", "a_b"),
            ("Shop", "shop"),
            ("it's", "it&#039;s"),
        ] {
            let call = doubt(1, 7, Some(name));
            assert_eq!(found(&[call], &[row(6, shown, 7)], AT_ONCE), [(1, Finding::Done(6))], "{name}");
        }
        let of_site = |site: &str| Doubt { site: Some(site.to_owned()), ..call.clone() };
        assert_eq!(found(&[of_site("shopify.com")], &[row(6, "shop-1", 7)], LATER), [], "another site");
        assert_eq!(
            found(&[of_site("https://WWW.shopify.com")], &[row(6, "shop-1", 7)], LATER),
            [(1, Finding::Done(6))]
        );
    }

    #[test]
    fn a_row_of_another_group_is_no_proof_and_no_absence() {
        let call = doubt(1, 7, Some("shop-1"));
        assert_eq!(found(&[call], &[row(6, "shop-1", 8)], LATER), []);
        let anywhere = Doubt { group: None, ..doubt(1, 7, Some("shop-1")) };
        assert_eq!(found(&[anywhere], &[row(6, "shop-1", 8)], AT_ONCE), [(1, Finding::Done(6))]);
    }

    #[test]
    fn a_row_that_two_different_creates_fit_settles_neither() {
        let other_arguments = [doubt(1, 7, Some("shop-1")), doubt(2, 8, Some("shop-1"))];
        assert_eq!(found(&other_arguments, &[row(6, "shop-1", 7)], LATER), []);
        assert_eq!(
            found(&other_arguments, &[row(6, "shop-1", 7), row(8, "shop-1", 7)], LATER),
            [],
            "which is which?"
        );
        let elsewhere = Doubt { group: Some(8), ..doubt(2, 8, Some("shop-1")) };
        let of_other_group = [doubt(1, 7, Some("shop-1")), elsewhere];
        assert_eq!(found(&of_other_group, &[row(6, "shop-1", 7)], AT_ONCE), [(1, Finding::Done(6))]);
        // A copy without a name may have the name of its source.
        let of_unnamed = |source: &str| {
            let mut look = look(&[row(6, "shop-1", 7)], AT_ONCE);
            source.clone_into(&mut look.now[1].name);
            look.before.insert(2, source.to_owned());
            findings(&[doubt(1, 7, Some("shop-1")), Doubt { source: Some(2), ..doubt(2, 8, None) }], &look)
        };
        assert_eq!(of_unnamed("shop-1"), []);
        assert_eq!(of_unnamed("template"), [(1, Finding::Done(6))]);
    }

    #[test]
    fn a_row_that_may_be_of_another_session_or_run_settles_nothing() {
        let calls = [doubt(1, 7, Some("shop-1"))];
        let with = |rival: Doubt, rows: &[Seen]| {
            findings(&calls, &Look { rivals: vec![rival], ..look(rows, LATER) })
        };
        let row_of = |name: &str| [row(6, name, 7)];
        assert_eq!(
            with(doubt(2, 7, Some("shop-1")), &row_of("shop-1")),
            [],
            "an equal create of another run"
        );
        assert_eq!(with(doubt(2, 8, Some("shop-1-b")), &row_of("shop-1")), [], "it may be cut");
        let two = [row(6, "shop-1", 7), row(8, "shop-1-b", 7)];
        assert_eq!(with(doubt(2, 8, Some("shop-1-b")), &two), [(1, Finding::Done(6))], "it is there whole");
        assert_eq!(with(doubt(2, 8, Some("shop")), &row_of("shop-1")), [(1, Finding::Done(6))]);
    }

    #[test]
    fn absence_takes_the_floor_and_two_lists() {
        let calls = [doubt(1, 7, Some("shop-1"))];
        let absent = [(1, Finding::NotDone)];
        assert_eq!(found(&calls, &[], AT_ONCE), []);
        assert_eq!(found(&calls, &[], SENT + FLOOR.lost_after + MINUTE - 1), [], "it may not be listed yet");
        assert_eq!(found(&calls, &[], SENT + FLOOR.lost_after + MINUTE), absent);
        assert_eq!(found(&calls, &[], 0), [], "a clock that was set back");
        let with =
            |earlier: &[i64]| findings(&calls, &Look { earlier: earlier.to_vec(), ..look(&[], LATER) });
        assert_eq!(with(&[]), [], "one list");
        assert_eq!(with(&[SENT - 1]), [], "one from before it was sent");
        assert_eq!(with(&[LATER - MINUTE + 1]), [], "less than a minute apart");
        assert_eq!(with(&[LATER - MINUTE]), absent);
        assert_eq!(with(&[LATER + MINUTE]), [], "one from the future");
    }

    #[test]
    fn a_list_of_another_account_proves_nothing() {
        let calls = [doubt(1, 7, Some("shop-1"))];
        let of = |before: &[i64], now: Vec<Seen>| {
            let before = before.iter().map(|id| (*id, "old".to_owned())).collect();
            findings(&calls, &Look { before, now, ..look(&[], LATER) })
        };
        assert_eq!(of(&[], vec![]), [], "nothing was there, and nothing is");
        assert_eq!(of(&[], vec![row(6, "shop-1", 7)]), []);
        assert_eq!(of(&[1, 2], vec![]), []);
        assert_eq!(of(&[1, 2], vec![row(6, "shop-1", 7)]), []);
        let most = |from: i64| (from..=20).map(|id| row(id, "old", 1)).collect::<Vec<_>>();
        let before: Vec<i64> = (1..=20).collect();
        assert_eq!(of(&before, most(3)), [(1, Finding::NotDone)]);
        assert_eq!(of(&before, most(4)), []);
        // What the run has deleted itself need not be there.
        let removed = HashSet::from([1, 2]);
        let look = Look { removed, now: vec![row(3, "old", 1)], ..look(&[], LATER) };
        assert_eq!(findings(&calls, &look), [(1, Finding::NotDone)]);
    }

    #[test]
    fn a_new_row_that_nobody_explains_is_no_absence() {
        let calls = [doubt(1, 7, Some("Shop one"))];
        for shown in ["Shop on", "Shop one (1)", "shop-one", "s"] {
            assert_eq!(found(&calls, &[row(6, shown, 8)], LATER), [], "{shown}");
        }
        assert_eq!(found(&calls, &[row(6, "other", 7)], LATER), [], "renamed, perhaps");
        assert_eq!(found(&calls, &[row(6, "other", 8)], LATER), [(1, Finding::NotDone)]);
        assert_eq!(found(&[doubt(1, 7, Some("e\u{301}te"))], &[row(6, "\u{e9}te", 8)], LATER), []);
        assert_eq!(
            found(&[doubt(1, 7, Some("店"))], &[row(6, "other", 8)], LATER),
            [],
            "no letters to compare"
        );
        let look = |change: fn(&mut Look)| {
            let mut look = look(&[row(6, "other", 8)], LATER);
            change(&mut look);
            findings(&calls, &look)
        };
        assert_eq!(look(|look| look.changed = HashSet::from([6])), [], "the run has renamed and moved it");
        assert_eq!(
            look(|look| look.removed = HashSet::from([8])),
            [],
            "the run has deleted what nobody made"
        );
        assert_eq!(look(|look| look.explained = HashSet::from([6])), [(1, Finding::NotDone)]);
    }

    #[test]
    fn a_row_that_may_not_be_what_it_was_is_neither_proof_nor_absence() {
        let calls = [doubt(1, 7, Some("shop"))];
        let with = |rows: &[Seen], change: fn(&mut Look)| {
            let mut look = look(rows, LATER);
            change(&mut look);
            findings(&calls, &look)
        };
        let shop = [row(31, "shop", 7)];
        let known = |look: &mut Look| {
            look.explained = HashSet::from([31]);
            look.made = HashSet::from([31]);
        };
        assert_eq!(with(&shop, known), [(1, Finding::NotDone)], "another call made it");
        let of_other_name = |look: &mut Look| {
            look.explained = HashSet::from([31]);
            look.names = HashMap::from([(31, "office".to_owned())]);
        };
        assert_eq!(with(&shop, of_other_name), [], "its id may have been given again");
        let may_be_deleted = |look: &mut Look| {
            look.explained = HashSet::from([31]);
            look.unsure = HashSet::from([31]);
        };
        assert_eq!(with(&shop, may_be_deleted), []);
        assert_eq!(with(&[], |look| look.unsure = HashSet::from([31])), [], "the run may have deleted it");
        assert_eq!(with(&[], |look| look.has_unknown = true), [], "an unknown action may have done anything");
        assert_eq!(
            with(&shop, |look| look.names = HashMap::from([(31, "shop".to_owned())])),
            [],
            "named by the run"
        );
        let renumbered = |look: &mut Look| {
            look.before.extend((10..40).filter(|id| *id != 31).map(|id| (id, "x".to_owned())));
            look.now.extend((10..39).filter(|id| *id != 31).map(|id| row(id, "x", 1)));
            look.before.insert(39, "shop".to_owned());
        };
        assert_eq!(with(&shop, renumbered), [], "an old row has another number, perhaps");
    }

    #[test]
    fn equal_creates_are_settled_together() {
        let calls = [doubt(1, 7, Some("x")), doubt(2, 7, Some("x")), doubt(3, 7, Some("x"))];
        let two = [row(6, "x", 7), row(8, "x", 7)];
        assert_eq!(found(&calls, &two, AT_ONCE), [], "one may be on its way, and which is not known");
        let expected = [(1, Finding::Done(6)), (2, Finding::Done(8)), (3, Finding::NotDone)];
        assert_eq!(found(&calls, &two, LATER), expected);
        let three = [row(6, "x", 7), row(8, "x", 7), row(9, "x", 7)];
        assert_eq!(found(&calls, &three, AT_ONCE).len(), 3);
        assert_eq!(found(&calls[..2], &three, LATER), [], "one of them is somebody else's");
        let younger = Doubt { sent: LATER - 1000, ..doubt(3, 7, Some("x")) };
        let calls = [doubt(1, 7, Some("x")), younger];
        assert_eq!(found(&calls, &[row(6, "x", 7)], LATER), [], "not all of them are over");
    }

    #[test]
    fn a_copy_without_a_name_is_never_proved_and_absent_only_where_nothing_new_is() {
        let calls = [doubt(1, 7, None)];
        assert_eq!(found(&calls, &[row(6, "old", 7)], LATER), []);
        assert_eq!(found(&calls, &[row(6, "old", 8)], LATER), []);
        assert_eq!(found(&calls, &[], LATER), [(1, Finding::NotDone)]);
    }

    #[test]
    fn what_the_app_says_has_failed_inside_is_for_a_person() {
        let call = Doubt { evidence: Evidence::HalfDone, ..doubt(1, 7, Some("x")) };
        assert_eq!(found(std::slice::from_ref(&call), &[row(6, "x", 7)], LATER), []);
        assert_eq!(found(std::slice::from_ref(&call), &[], LATER), []);
        assert_eq!(found(&[call, doubt(2, 8, Some("x"))], &[row(6, "x", 7)], LATER), [], "it may be its row");
    }

    #[test]
    fn a_code_that_was_used_needs_a_single_row_it_can_have_made() {
        let with = |evidence: Evidence, rows: &[Seen]| {
            found(&[Doubt { evidence, ..doubt(1, 7, None) }], rows, LATER)
        };
        let done = || Evidence::Done("a".into());
        assert_eq!(with(done(), &[row(6, "a", 7), row(7, "b", 7)]), [(1, Finding::Done(6))]);
        assert_eq!(with(done(), &[row(6, "a", 7), row(7, "a", 7)]), [], "done, but which is it?");
        assert_eq!(with(done(), &[]), [], "done, and gone again");
        let used = |is_absent| Evidence::Used { is_absent };
        assert_eq!(with(used(true), &[]), [(1, Finding::NotDone)]);
        assert_eq!(with(used(true), &[row(6, "a", 7)]), [], "the record may come late");
        assert_eq!(with(used(false), &[]), []);
    }

    #[test]
    fn records_tell_codes_apart_that_were_used_from_those_that_were_not() {
        let code =
            |id: i64, key: u8, evidence: Evidence| Doubt { evidence, group: None, ..doubt(id, key, None) };
        let calls = [
            code(1, 1, Evidence::Done("a".into())),
            code(2, 2, Evidence::Used { is_absent: true }),
            code(3, 3, Evidence::Done("c".into())),
        ];
        let expected = [(1, Finding::Done(6)), (2, Finding::NotDone), (3, Finding::Done(7))];
        assert_eq!(found(&calls, &[row(6, "a", 7), row(7, "c", 7)], LATER), expected);
    }

    #[test]
    fn waiting_helps_where_only_time_is_missing() {
        let waiting =
            |calls: &[Doubt], rows: &[Seen], at: i64| settle(calls, &look(rows, at), FLOOR).unwrap().waiting;
        let calls = [doubt(1, 7, Some("x")), doubt(2, 7, Some("x")), doubt(3, 8, None)];
        assert_eq!(waiting(&calls, &[], AT_ONCE), [1, 2, 3]);
        assert_eq!(waiting(&calls, &[], LATER), [0; 0]);
        assert_eq!(waiting(&calls[..2], &[row(6, "x", 7)], AT_ONCE), [1, 2]);
        assert_eq!(waiting(&calls[..2], &[row(6, "y", 7)], AT_ONCE), [0; 0], "it may be renamed");
        let half = Doubt { evidence: Evidence::HalfDone, ..doubt(1, 7, Some("x")) };
        assert_eq!(waiting(&[half], &[], AT_ONCE), [0; 0]);
    }

    #[test]
    fn a_row_of_a_create_that_was_taken_to_be_lost_is_told_of() {
        let arrivals = |rows: &[Seen], explained: &[i64]| {
            let look = Look { explained: explained.iter().copied().collect(), ..look(rows, LATER) };
            late_arrivals(&doubt(1, 7, Some("shop-1")), &look).iter().map(|row| row.id).collect::<Vec<_>>()
        };
        let rows = [row(6, "shop-1", 7), row(8, "shop-1", 7), row(9, "other", 7)];
        assert_eq!(arrivals(&rows, &[6]), [8]);
        assert_eq!(arrivals(&rows, &[6, 8]), [0; 0]);
    }
}
