//! The reference of every host function as data, derived from the endpoint rows and [`BUILTINS`].
//!
//! Not here: how it looks.

use super::testing::TEST_FUNCTIONS;
use super::{BUILTINS, Builtin};
use crate::api::{self, Allowed, Effect, Endpoint, Need, Param};
use serde::Serialize;
use serde_json::Value;

/// Everything there is to know about one host function.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Its name in scripts.
    pub name: &'static str,
    /// What it deals with: the heading it stands under.
    pub group: &'static str,
    /// One sentence.
    pub about: &'static str,
    /// The ways to call it.
    pub signatures: Vec<String>,
    /// `read`, `write` or `destructive`; nothing for functions that make no calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<&'static str>,
    /// Whether doing it twice leaves the same state as doing it once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_is_harmless: Option<bool>,
    /// The last segment of the URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<&'static str>,
    /// The type of what it returns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returns: Option<&'static str>,
    /// Its parameters, objects followed by their fields.
    pub params: Vec<ParamEntry>,
    /// The error codes its page lists.
    pub errors: Vec<ErrorEntry>,
    /// A line of script that uses it.
    pub example: String,
}

/// One parameter.
#[derive(Debug, Clone, Serialize)]
pub struct ParamEntry {
    /// With the objects around it, as in `proxy_config.proxy_mode`.
    pub name: String,
    /// The type in scripts.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// A fragment.
    pub about: &'static str,
    /// Whether it must always be given.
    pub required: bool,
    /// The condition under which it must be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_when: Option<String>,
    /// What the app does when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<&'static str>,
    /// The values it may have, each with its name or meaning.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<(String, &'static str)>,
    /// Whether it is kept out of logs and errors.
    pub secret: bool,
}

/// One error code.
#[derive(Debug, Clone, Serialize)]
pub struct ErrorEntry {
    /// `error.code`.
    pub code: i64,
    /// The documented message.
    pub message: &'static str,
    /// What to do about it.
    pub advice: &'static str,
}

/// The group of functions that are no endpoints.
const OF_SCRIPTS: &str = "Scripts";
/// The group of functions that only tests have.
const OF_TESTS: &str = "Tests (only in *.test.rhai)";

/// Every host function, endpoints first, in reading order.
pub fn entries() -> Vec<Entry> {
    let builtins = BUILTINS.iter().map(|builtin| of_builtin(builtin, OF_SCRIPTS));
    api::endpoints().map(of_endpoint).chain(builtins).collect()
}

/// Also those that only tests have.
pub fn entries_with_tests() -> Vec<Entry> {
    let of_tests = TEST_FUNCTIONS.iter().map(|builtin| of_builtin(builtin, OF_TESTS));
    entries().into_iter().chain(of_tests).collect()
}

fn of_builtin(builtin: &'static Builtin, group: &'static str) -> Entry {
    Entry {
        name: builtin.name,
        group,
        about: builtin.about,
        signatures: builtin.signatures.iter().map(|&signature| signature.to_owned()).collect(),
        effect: None,
        repeat_is_harmless: None,
        action: None,
        returns: None,
        params: Vec::new(),
        errors: Vec::new(),
        example: builtin.example.to_owned(),
    }
}

/// The host function of that name.
pub fn find(name: &str) -> Option<Entry> {
    entries().into_iter().find(|entry| entry.name == name)
}

fn of_endpoint(endpoint: &'static Endpoint) -> Entry {
    let mut params = Vec::new();
    add_params(&mut params, endpoint.params, "");
    let errors = endpoint.documented_codes().map(|code| ErrorEntry {
        code: code.number,
        message: code.message,
        advice: code.advice,
    });
    Entry {
        name: endpoint.function,
        group: endpoint.resource.title(),
        about: endpoint.about,
        signatures: endpoint.signatures(),
        effect: Some(endpoint.effect.word()),
        repeat_is_harmless: (endpoint.effect != Effect::Read)
            .then(|| endpoint.repeat_is_harmless(&serde_json::Map::new())),
        action: Some(endpoint.action),
        returns: Some(endpoint.success.script_type()),
        params,
        errors: errors.collect(),
        example: example(endpoint),
    }
}

fn add_params(entries: &mut Vec<ParamEntry>, params: &'static [Param], prefix: &str) {
    for param in params {
        let name = format!("{prefix}{}", param.name);
        let allowed = match param.allowed {
            Allowed::Any => Vec::new(),
            Allowed::Integers(values) => {
                values.iter().map(|(value, name)| (value.to_string(), *name)).collect()
            }
            Allowed::Texts(values) => {
                values.iter().map(|(value, name)| ((*value).to_owned(), *name)).collect()
            }
        };
        let inside = format!("{name}.");
        entries.push(ParamEntry {
            name,
            kind: param.kind.script_type(),
            about: param.about,
            required: matches!(param.need, Need::Required),
            required_when: match param.need {
                Need::When(condition) => Some(condition.to_string()),
                _ => None,
            },
            default: param.default,
            allowed,
            secret: param.secret,
        });
        add_params(entries, param.members(), &inside);
    }
}

/// The page's example request as a line of script.
fn example(endpoint: &Endpoint) -> String {
    // A law of the table says that every example is a JSON object.
    let body: Value = serde_json::from_str(endpoint.example).unwrap_or_default();
    let mut arguments = Vec::new();
    let mut options = Vec::new();
    for param in endpoint.params {
        let Some(value) = body.get(param.name) else { continue };
        if endpoint.positional.contains(&param.name) {
            continue;
        }
        options.push(format!("{}: {}", param.name, literal(value)));
    }
    for name in endpoint.positional {
        arguments.extend(body.get(name).map(literal));
    }
    if !options.is_empty() {
        arguments.push(format!("#{{ {} }}", options.join(", ")));
    }
    format!("{}({})", endpoint.function, arguments.join(", "))
}

/// A JSON value as a script would write it.
fn literal(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name}: {}", literal(value))).collect();
            format!("#{{ {} }}", fields.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Null => "()".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_a_row_is_its_page_s_request() {
        let copy = find("copy_profile").unwrap();
        assert_eq!(
            copy.example,
            r#"copy_profile(1640, #{ site_id: 11, site_url: "http://baidu.com/", name: "new_name", group_id: 177 })"#
        );
        assert_eq!(find("delete_profile").unwrap().example, "delete_profile(161)");
    }

    #[test]
    fn fields_of_objects_follow_their_object() {
        let names: Vec<String> =
            find("import_profile").unwrap().params.into_iter().map(|param| param.name).collect();
        assert_eq!(
            names[..5],
            ["transfer_code", "group_id", "proxy_config", "proxy_config.proxy_mode", "proxy_config.proxy_id"]
        );
    }

    #[test]
    fn every_function_has_a_page() {
        let names: Vec<&str> = entries().iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), api::endpoints().count() + BUILTINS.len());
        assert!(entries().iter().all(|entry| !entry.example.is_empty() && entry.about.ends_with('.')));
    }
}
