//! The shape of a row: what is known of an endpoint, and everything that is derived from it.
//!
//! Not here: the rows themselves, one file per resource beside this one.

use super::codes::{self, Code};
use super::condition::Condition;
use serde_json::{Map, Value};

/// One endpoint of the Local API.
#[derive(Debug)]
pub struct Endpoint {
    /// The host function scripts call.
    pub function: &'static str,
    /// The last segment of the URL.
    pub action: &'static str,
    /// One sentence for people, ending in a full stop.
    pub about: &'static str,
    /// What it deals with; the reference is grouped by it.
    pub resource: Resource,
    /// The vendor's documentation page it was taken from.
    pub page: u8,
    /// What a call may change.
    pub effect: Effect,
    /// What doing it twice does, and why.
    pub repeat: Repeat,
    /// Parameters that may stand before the options map, in order.
    pub positional: &'static [&'static str],
    /// The fields of the request body.
    pub params: &'static [Param],
    /// The documented `data` of a success, and what a script gets for it.
    pub success: Success,
    /// Reply fields that are kept out of logs; `*` stands for the whole `data`.
    pub secret_results: &'static [&'static str],
    /// The HTTP status its page documents for failures.
    pub failure_status: u16,
    /// The error codes its page lists; `112xxx` stands for every code that begins with 112.
    pub codes: &'static [&'static str],
    /// The page's example request body, as JSON.
    pub example: &'static str,
}

/// What an endpoint deals with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// Profiles.
    Profile,
    /// Open profiles.
    Window,
    /// Cookies and caches.
    Data,
    /// Which proxy a profile has.
    ProfileProxy,
    /// Transfer codes and records.
    Transfer,
    /// Profile groups.
    Group,
    /// Profile tags.
    Tag,
    /// Proxies and traffic packages.
    Proxy,
    /// Proxy tags.
    ProxyTag,
    /// The app's own lines.
    Gateway,
}

impl Resource {
    /// The heading in the reference.
    pub fn title(self) -> &'static str {
        match self {
            Self::Profile => "Profiles",
            Self::Window => "Opening and closing",
            Self::Data => "Cookies and caches",
            Self::ProfileProxy => "Proxies of profiles",
            Self::Transfer => "Transfer codes",
            Self::Group => "Groups",
            Self::Tag => "Tags",
            Self::Proxy => "Proxies",
            Self::ProxyTag => "Proxy tags",
            Self::Gateway => "Gateways",
        }
    }
}

/// What a call may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Read,
    /// Adds or alters.
    Write,
    /// Something is gone afterwards; needs `--allow destructive`.
    Destructive,
}

impl Effect {
    /// The word used in the reference.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Destructive => "destructive",
        }
    }
}

/// What a second, equal call does, each with the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// It reads again.
    Read,
    /// It leaves the same state as the first.
    Harmless(&'static str),
    /// It leaves the same state as the first unless this parameter is given.
    HarmlessWithout(&'static str, &'static str),
    /// It does something once more.
    Harmful(&'static str),
    /// It makes one more of what the profile `profile_id` is at that time.
    Copies(&'static str),
}

/// The documented shape of a successful reply's `data`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Success {
    /// A bare integer: the id of what was made. Scripts get the integer.
    Id,
    /// An object with one field that matters; scripts get that field alone.
    Field(&'static str, Kind),
    /// `{total, data: [...]}`; scripts get the rows, which are told apart by the named field.
    Page {
        /// The field that identifies a row.
        id: &'static str,
    },
    /// An array of objects; scripts get it.
    Rows,
    /// An object; scripts get it as a map.
    Object,
    /// The ids of what was done, which may be fewer than were given; scripts get them as integers.
    Ids,
    /// A number; scripts get it.
    Number,
    /// JSON inside a text; scripts get the value.
    JsonText,
    /// Nothing of interest (`[]`, `null`, `"success"`, a number or no `data` at all); scripts get `true`.
    Nothing,
}

impl Success {
    /// The type a script gets.
    pub fn script_type(self) -> &'static str {
        match self {
            Self::Id | Self::Field(_, Kind::Integer) | Self::Number => "int",
            Self::Field(..) => "string",
            Self::Page { .. } | Self::Rows | Self::Ids | Self::JsonText => "array",
            Self::Object => "map",
            Self::Nothing => "bool",
        }
    }
}

/// One field of a request body.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// The name on the wire and in scripts.
    pub name: &'static str,
    /// The type its page gives.
    pub kind: Kind,
    /// A fragment for people, without a full stop.
    pub about: &'static str,
    /// When it must be given.
    pub need: Need,
    /// The values it may have.
    pub allowed: Allowed,
    /// The documented default. It is not sent: the app applies it.
    pub default: Option<&'static str>,
    /// Sent when the parameter is left out but the object around it is given, because the page requires it there.
    pub filler: Option<&'static str>,
    /// Whether values are kept out of logs, errors and excerpts.
    pub secret: bool,
}

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number; digits as text are taken too.
    Integer,
    /// Text.
    Text,
    /// Text that holds a number or flag (`"8080"`, `"0"`); integers and booleans are taken too.
    Digits,
    /// A boolean; `"true"`, `"false"`, 0 and 1 are taken too.
    Boolean,
    /// A number, whole or not; one written as text is taken too.
    Number,
    /// An array of whole numbers; a single one, and digits as text, are taken too.
    Integers,
    /// An array of texts; a single one, and integers, are taken too.
    Texts,
    /// A text, or an array of texts.
    TextOrTexts,
    /// JSON inside a text; arrays and maps are taken too, and written as JSON.
    JsonText,
    /// An object with fields of its own.
    Object(&'static [Param]),
}

impl Kind {
    /// The word used in messages and in the reference.
    pub fn word(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Text | Self::Digits | Self::JsonText => "text",
            Self::Number => "number",
            Self::Integers | Self::Texts => "array",
            Self::TextOrTexts => "text or array",
            Self::Boolean => "boolean",
            Self::Object(_) => "object map",
        }
    }

    /// The type's name in scripts.
    pub fn script_type(self) -> &'static str {
        match self {
            Self::Integer => "int",
            Self::Text | Self::Digits | Self::TextOrTexts => "string",
            Self::Number => "float",
            Self::Integers | Self::Texts | Self::JsonText => "array",
            Self::Boolean => "bool",
            Self::Object(_) => "map",
        }
    }
}

impl PartialEq for Param {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.kind == other.kind
    }
}

impl Eq for Param {}

/// When a parameter must be given.
#[derive(Debug, Clone, Copy)]
pub enum Need {
    /// Never.
    Optional,
    /// Always.
    Required,
    /// When the condition holds on its siblings; a condition on a sibling that was not given is false.
    When(Condition),
}

/// The values a parameter may have.
#[derive(Debug, Clone, Copy)]
pub enum Allowed {
    /// Anything of its type.
    Any,
    /// One of these integers; each has a readable name that may be given instead.
    Integers(&'static [(i64, &'static str)]),
    /// One of these texts, told apart without upper and lower case; each has a meaning. Nothing at all (`""`) stands for
    /// the default, as in the pages' examples.
    Texts(&'static [(&'static str, &'static str)]),
}

impl Param {
    const fn new(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self {
            name,
            kind,
            about,
            need: Need::Optional,
            allowed: Allowed::Any,
            default: None,
            filler: None,
            secret: false,
        }
    }

    /// An optional [`Kind::Integer`].
    pub const fn integer(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Integer, about)
    }

    /// An optional [`Kind::Text`].
    pub const fn text(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Text, about)
    }

    /// An optional [`Kind::Digits`].
    pub const fn digits(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Digits, about)
    }

    /// An optional [`Kind::Boolean`].
    pub const fn boolean(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Boolean, about)
    }

    /// An optional [`Kind::Number`].
    pub const fn number(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Number, about)
    }

    /// An optional [`Kind::Integers`].
    pub const fn integers(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Integers, about)
    }

    /// An optional [`Kind::Texts`].
    pub const fn texts(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Texts, about)
    }

    /// An optional [`Kind::TextOrTexts`].
    pub const fn text_or_texts(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::TextOrTexts, about)
    }

    /// An optional [`Kind::JsonText`].
    pub const fn json_text(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::JsonText, about)
    }

    /// An optional [`Kind::Object`].
    pub const fn object(name: &'static str, params: &'static [Self], about: &'static str) -> Self {
        Self::new(name, Kind::Object(params), about)
    }

    /// Must always be given.
    pub const fn required(self) -> Self {
        Self { need: Need::Required, ..self }
    }

    /// Must be given when `condition` holds.
    pub const fn required_when(self, condition: Condition) -> Self {
        Self { need: Need::When(condition), ..self }
    }

    /// Must be one of these integers, or their names.
    pub const fn one_of(self, values: &'static [(i64, &'static str)]) -> Self {
        Self { allowed: Allowed::Integers(values), ..self }
    }

    /// Must be one of these texts.
    pub const fn one_of_texts(self, values: &'static [(&'static str, &'static str)]) -> Self {
        Self { allowed: Allowed::Texts(values), ..self }
    }

    /// The documented default.
    pub const fn default(self, value: &'static str) -> Self {
        Self { default: Some(value), ..self }
    }

    /// Sent when left out of an object that is given.
    pub const fn filler(self, value: &'static str) -> Self {
        Self { filler: Some(value), ..self }
    }

    /// Kept out of logs, errors and excerpts.
    pub const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// The parameters inside an object, none for other kinds.
    pub fn members(&self) -> &'static [Self] {
        match self.kind {
            Kind::Object(params) => params,
            _ => &[],
        }
    }
}

impl Endpoint {
    /// Whether a call with this body, made twice, leaves the same state as made once.
    pub fn repeat_is_harmless(&self, body: &Map<String, Value>) -> bool {
        match self.repeat {
            Repeat::Read | Repeat::Harmless(_) => true,
            Repeat::HarmlessWithout(param, _) => !body.contains_key(param),
            Repeat::Harmful(_) | Repeat::Copies(_) => false,
        }
    }

    /// The parameter of that name.
    pub fn param(&self, name: &str) -> Option<&'static Param> {
        self.params.iter().find(|param| param.name == name)
    }

    /// Every error code its page lists, with prefixes such as `112xxx` expanded.
    pub fn documented_codes(&self) -> impl Iterator<Item = &'static Code> {
        codes::CODES.iter().filter(|code| {
            let number = code.number.to_string();
            self.codes.iter().any(|listed| match listed.strip_suffix("xxx") {
                Some(prefix) => number.len() == prefix.len() + 3 && number.starts_with(prefix),
                None => *listed == number,
            })
        })
    }

    /// The ways it can be called, as in `copy_profile(profile_id, #{ name, group_id })`.
    pub fn signatures(&self) -> Vec<String> {
        let options: Vec<&str> = self
            .params
            .iter()
            .map(|param| param.name)
            .filter(|name| !self.positional.contains(name))
            .collect();
        let positional = self.positional.join(", ");
        let function = self.function;
        let mut signatures = vec![format!("{function}({positional})")];
        if !options.is_empty() {
            let options = options.join(", ");
            let comma = if positional.is_empty() { "" } else { ", " };
            signatures.push(format!("{function}({positional}{comma}#{{ {options} }})"));
        }
        if !self.positional.is_empty() {
            signatures.push(format!("{function}(#{{ {positional}, ... }})"));
        }
        signatures
    }
}
