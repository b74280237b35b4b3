//! What the vendor's pages leave open, as settings of a world.
//!
//! Not here: faults, ports and everything else that is about the connection.

/// How a world behaves where the vendor does not say.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Whether a transfer code can be imported more than once. Not documented by the vendor; default off: the second
    /// import of a code is refused with 110002, the only code there is for a wrong one.
    pub reusable_codes: bool,
    /// Whether two profiles may not have the same name. Not documented by the vendor, who has a code for it (101004) and a
    /// sample with five profiles called `test`; default off.
    pub unique_names: bool,
    /// The largest `limit` of a list; a larger one counts as this. Not documented by the vendor, whose own client asks for
    /// 100; default 100.
    pub page_limit: usize,
    /// How many profiles there are at the start besides those of the documented examples. Not documented by the vendor, of
    /// course; default 0.
    pub profiles: usize,
    /// The login password of the account, which `create_transfer_code` wants. Not documented by the vendor beyond the
    /// example on page 25; default `123456`, as there.
    pub password: String,
    /// Where chance begins: transfer codes, cache folders and colours follow from it. Not documented by the vendor;
    /// default 0.
    pub seed: u64,
    /// How `name` and `title` filters of lists match. Not documented by the vendor; default [`NameFilter::Contains`].
    pub name_filter: NameFilter,
    /// The group of a copy that was made without `group_id`. Page 3 says "the default group ID is 1" and not whether a
    /// copy stays with its source; not documented by the vendor beyond that; default [`CopyGroup::Default`].
    pub copy_group: CopyGroup,
    /// Whether an account may import a code it made itself. The vendor's text of 110003 is "Do not transfer profiles to
    /// yourself", and no page says when it comes; default off: refused with 110003, and the code stays good.
    pub own_codes: bool,
    /// What a second transfer code for the same profile does to the first. Not documented by the vendor; default
    /// [`SecondCode::Replaces`], because a code is withdrawn by profile, which suggests that there is one at a time.
    pub second_code: SecondCode,
    /// What deleting a group does to the profiles in it. Not documented by the vendor; default [`FullGroup::Empties`],
    /// because the page has no code for a group in use.
    pub full_group: FullGroup,
    /// Also has the profiles, groups, tags and proxies that the other pages' examples name, some of the profiles open. Not
    /// documented by the vendor, of course; default off.
    pub examples: bool,
    /// What happens when an open profile is opened again. Not documented by the vendor, who has a code for it (111003) that
    /// no page lists; default [`Reopen::Refused`].
    pub reopen: Reopen,
    /// How many profiles can be made a day before 1017. The vendor's plans have such a number and the API does not tell
    /// it; default none. A day begins at midnight UTC, which is not documented either; the same holds for the next two.
    pub quota_create: Option<u32>,
    /// How many copies can be made a day before 1019; default none.
    pub quota_copy: Option<u32>,
    /// How often profiles can be opened a day before 1018, with and without a random fingerprint; default none.
    pub quota_open: Option<u32>,
    /// How many calls a second of the clock takes before 1010. The vendor has the code and no number; default none.
    pub pace: Option<u32>,
    /// How the names of profiles and groups are stored. Not documented by the vendor; default [`NameForm::AsGiven`].
    pub name_form: NameForm,
    /// The most rows that a list gives, all its pages together, while its `total` stays the true number. Not documented by the
    /// vendor, whose samples have lists of a few rows; default none: a list gives all its rows.
    pub short_list: Option<usize>,
    /// Whether the id of a deleted or renumbered profile, or of a deleted group, is given again, the largest such id first. Not
    /// documented by the vendor; default off: every new id is larger than all ids before it.
    pub ids_again: bool,
    /// The share of calls, 0 to 1, before each of which another actor (a colleague, or the user in the app) changes a profile: see
    /// [`World::act_as_other`](super::World::act_as_other). Not documented by the vendor, of course; default 0.
    pub others: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            reusable_codes: false,
            unique_names: false,
            page_limit: 100,
            profiles: 0,
            password: "123456".to_owned(),
            seed: 0,
            name_filter: NameFilter::default(),
            copy_group: CopyGroup::default(),
            own_codes: false,
            second_code: SecondCode::default(),
            examples: false,
            full_group: FullGroup::default(),
            reopen: Reopen::default(),
            quota_create: None,
            quota_copy: None,
            quota_open: None,
            pace: None,
            name_form: NameForm::default(),
            short_list: None,
            ids_again: false,
            others: 0.0,
        }
    }
}

/// How a name filter matches. Upper and lower case are told apart; an empty filter matches everything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NameFilter {
    /// Names that contain it.
    #[default]
    Contains,
    /// Names that are it.
    Exact,
    /// Names that begin with it.
    Prefix,
}

impl NameFilter {
    /// Whether `name` passes `filter`.
    pub(super) fn matches(self, filter: &str, name: &str) -> bool {
        filter.is_empty()
            || match self {
                Self::Contains => name.contains(filter),
                Self::Exact => name == filter,
                Self::Prefix => name.starts_with(filter),
            }
    }
}

/// Where a copy goes when its group is not given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CopyGroup {
    /// To group 1.
    #[default]
    Default,
    /// To the group of its source.
    Source,
}

/// What a second transfer code for a profile does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SecondCode {
    /// It is new, and the first one is void.
    #[default]
    Replaces,
    /// It is new, and the first one stays good.
    Joins,
    /// It is the first one again.
    Repeats,
}

/// What deleting a group does while profiles are in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FullGroup {
    /// The group goes, and its profiles are in group 1.
    #[default]
    Empties,
    /// Nothing: it is refused with 1008, the only code of the page that fits.
    Stays,
}

/// What the second opening of a profile does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reopen {
    /// It is refused with 111003, "The current profile is already open".
    #[default]
    Refused,
    /// It is refused with 2008, "Failed to load profile configuration": page 4 lists that code and not 111003.
    Fails,
    /// It gives the addresses of the first opening again.
    Repeats,
}

/// How a name is stored. A name that comes from the app itself, such as that of a copy without one, is not changed again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NameForm {
    /// As it was given.
    #[default]
    AsGiven,
    /// Its first 20 characters.
    Cut,
    /// Without blanks at its ends, and with one space for each run of blanks inside.
    Trim,
    /// In lower case.
    Lower,
    /// A Latin letter and the accent behind it become one character, as in Unicode's form NFC.
    Compose,
    /// As HTML text: `&amp;`, `&lt;`, `&gt;`, `&quot;` and `&#039;` for the characters that HTML gives a meaning.
    Escape,
    /// With `_` for each `/`.
    Slash,
}

/// The length of a name that is cut, in characters.
const CUT_LENGTH: usize = 20;

/// Accents, and pairs of a letter and the same letter with the accent.
const ACCENTS: &[(char, &str)] = &[
    ('\u{300}', "AÀEÈIÌOÒUÙaàeèiìoòuù"),
    ('\u{301}', "AÁEÉIÍOÓUÚYÝaáeéiíoóuúyý"),
    ('\u{302}', "AÂEÊIÎOÔUÛaâeêiîoôuû"),
    ('\u{303}', "AÃNÑOÕaãnñoõ"),
    ('\u{308}', "AÄEËIÏOÖUÜaäeëiïoöuüyÿ"),
    ('\u{30a}', "AÅaå"),
    ('\u{30c}', "CČSŠZŽcčsšzž"),
    ('\u{327}', "CÇcç"),
];

impl NameForm {
    /// How `given` is stored.
    pub fn stored(self, given: &str) -> String {
        match self {
            Self::AsGiven => given.to_owned(),
            Self::Cut => given.chars().take(CUT_LENGTH).collect(),
            Self::Trim => given.split_whitespace().collect::<Vec<_>>().join(" "),
            Self::Lower => given.to_lowercase(),
            Self::Compose => compose(given),
            Self::Escape => escape(given),
            Self::Slash => given.replace('/', "_"),
        }
    }
}

fn compose(given: &str) -> String {
    let mut composed = String::with_capacity(given.len());
    for letter in given.chars() {
        let whole = composed.chars().next_back().and_then(|base| accented(base, letter));
        match whole {
            Some(whole) => {
                composed.pop();
                composed.push(whole);
            }
            None => composed.push(letter),
        }
    }
    composed
}

fn accented(base: char, accent: char) -> Option<char> {
    let (_, pairs) = ACCENTS.iter().find(|(known, _)| *known == accent)?;
    let mut letters = pairs.chars();
    while let (Some(plain), Some(whole)) = (letters.next(), letters.next()) {
        if plain == base {
            return Some(whole);
        }
    }
    None
}

fn escape(given: &str) -> String {
    let mut escaped = String::with_capacity(given.len());
    for letter in given.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#039;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_form_changes_what_it_says_and_nothing_else() {
        let cases = [
            (NameForm::AsGiven, " A/b & c\u{301} ", " A/b & c\u{301} "),
            (NameForm::Cut, "äbcdefghijklmnopqrstuvwxyz", "äbcdefghijklmnopqrst"),
            (NameForm::Cut, "short ", "short "),
            (NameForm::Trim, "  a \t b\u{a0}\u{3000}c ", "a b c"),
            (NameForm::Lower, "Shop-ÄÖ 1", "shop-äö 1"),
            (NameForm::Compose, "e\u{301}a\u{308}x\u{301}\u{301}", "éäx\u{301}\u{301}"),
            (
                NameForm::Escape,
                "a & b <c> \"d\" 'e' &amp;",
                "a &amp; b &lt;c&gt; &quot;d&quot; &#039;e&#039; &amp;amp;",
            ),
            (NameForm::Slash, "a/b//c\\d", "a_b__c\\d"),
        ];
        for (form, given, stored) in cases {
            assert_eq!(form.stored(given), stored, "{form:?}");
            assert_eq!(form.stored("plain-1"), "plain-1", "{form:?}");
        }
    }

    #[test]
    fn each_filter_matches_as_it_says() {
        for filter in [NameFilter::Contains, NameFilter::Exact, NameFilter::Prefix] {
            let passed: Vec<&str> = ["shop", "shop-1", "my shop"]
                .into_iter()
                .filter(|name| filter.matches("shop", name))
                .collect();
            let expected: &[&str] = match filter {
                NameFilter::Contains => &["shop", "shop-1", "my shop"],
                NameFilter::Exact => &["shop"],
                NameFilter::Prefix => &["shop", "shop-1"],
            };
            assert_eq!(passed, expected);
            assert!(filter.matches("", "anything"));
        }
    }
}
