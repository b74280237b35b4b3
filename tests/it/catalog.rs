//! The rows of the API against `tests/data/catalog.json`, the facts of the vendor's pages: nothing is missing on either side.

use crate::support::root;
use ixscript::api::{self, Allowed, Effect, Endpoint, Kind, Need, Param, Success};
use serde_json::{Map, Value, json};

fn catalog() -> Vec<Value> {
    let text = std::fs::read_to_string(root().join("tests/data/catalog.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn entry<'a>(catalog: &'a [Value], row: &Endpoint) -> &'a Value {
    let found = catalog.iter().find(|entry| entry["action"] == row.action);
    found.unwrap_or_else(|| panic!("{} is not in the catalogue", row.action))
}

#[test]
fn every_documented_endpoint_has_a_row_and_every_row_is_documented() {
    let catalog = catalog();
    assert_eq!(catalog.len(), 50);
    let mut documented: Vec<&str> = catalog.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    let mut rows: Vec<&str> = api::endpoints().map(|row| row.action).collect();
    documented.sort_unstable();
    rows.sort_unstable();
    assert_eq!(rows, documented);
}

#[test]
fn each_row_is_what_its_page_says() {
    let catalog = catalog();
    for row in api::endpoints() {
        let entry = entry(&catalog, row);
        let of_row = json!({
            "function": row.function,
            "doc_page": if row.page == 0 { Value::Null } else { row.page.into() },
            "effect": row.effect.word(),
            "positional": row.positional,
            "codes": row.codes,
            "example_request": serde_json::from_str::<Value>(row.example).unwrap(),
        });
        let of_page = json!({
            "function": entry["function"],
            "doc_page": entry["doc_page"],
            "effect": entry["effect"],
            "positional": entry["positional"],
            "codes": entry["failure"].get("codes").cloned().unwrap_or_else(|| json!([])),
            "example_request": entry["example_request"],
        });
        assert_eq!(of_row, of_page, "{}", row.action);
        // A repeat is harmful as well where the page says nothing against it: ids may be given again.
        let is_harmless = row.repeat_is_harmless(&serde_json::Map::new());
        assert!(!is_harmless || entry["idempotent"] == true, "{}", row.action);
        let status = entry["failure"]["http_status"].as_u64().unwrap_or(200);
        assert_eq!(u64::from(row.failure_status), status, "{}", row.action);
    }
}

#[test]
fn each_parameter_is_what_its_page_says() {
    let catalog = catalog();
    for row in api::endpoints() {
        compare(row.function, row.params, entry(&catalog, row)["params"].as_array().unwrap());
    }
}

fn compare(path: &str, params: &[Param], documented: &[Value]) {
    let names: Vec<&str> = params.iter().map(|param| param.name).collect();
    let expected: Vec<&str> = documented.iter().map(|param| param["name"].as_str().unwrap()).collect();
    assert_eq!(names, expected, "{path}");
    for (param, page) in params.iter().zip(documented) {
        let path = format!("{path}.{}", param.name);
        assert!(kind_fits(param.kind, page), "{path}: {:?} for {page}", param.kind);
        assert_eq!(param.secret, page["secret"] == true, "{path}");
        // Both values of a flag are allowed anyway.
        // Both values of a flag are allowed anyway.
        let documented = page["enum"].as_array().filter(|_| param.kind != Kind::Boolean);
        assert_eq!(allowed(param), documented.cloned().unwrap_or_default(), "{path}");
        let default = param.default.map(str::to_owned);
        let documented = page.get("default").map(|default| default.to_string().trim_matches('"').to_owned());
        assert_eq!(default, documented, "{path}");
        assert_eq!(need(param), documented_need(page), "{path}");
        if let Kind::Object(members) = param.kind {
            compare(&path, members, page["params"].as_array().unwrap());
        }
    }
}

fn kind_fits(kind: Kind, page: &Value) -> bool {
    let (name, items) = (page["type"].as_str().unwrap(), page["items"].as_str());
    match kind {
        Kind::Integer => name == "integer",
        Kind::TextOrTexts => name == "string" && page["also_accepts"] == json!(["array"]),
        Kind::Text | Kind::Digits | Kind::JsonText => name == "string",
        Kind::Boolean => name == "boolean",
        Kind::Number => name == "number",
        Kind::Integers => name == "array" && items == Some("integer"),
        Kind::Texts => name == "array" && items == Some("string"),
        Kind::Object(_) => name == "object",
    }
}

fn allowed(param: &Param) -> Vec<Value> {
    match (param.allowed, param.kind) {
        (Allowed::Integers(values), _) => values.iter().map(|(value, _)| json!(value)).collect(),
        (Allowed::Texts(values), _) => values.iter().map(|(value, _)| json!(value)).collect(),
        (Allowed::Any, _) => Vec::new(),
    }
}

fn need(param: &Param) -> String {
    match param.need {
        Need::Required => "always".to_owned(),
        Need::When(condition) => condition.to_string(),
        Need::Optional => "never".to_owned(),
    }
}

/// What the page says, in our words. Where it contradicts itself or the vendor's own client, nothing is enforced.
fn documented_need(page: &Value) -> String {
    if page["required_doubtful"] == true {
        return "never".to_owned();
    }
    match page["required_when"].as_str() {
        None if page["required"] == true => "always",
        None => "never",
        Some("parent present") => "always",
        Some("site_id == 21") => "`site_id` is 21",
        Some("proxy_mode == 2") => "`proxy_mode` is 2",
        Some("proxy_mode == 4") => "`proxy_mode` is 4",
        Some("proxy_mode != 2") => "`proxy_mode` is given and not 2",
        Some("proxy_type != \"direct\"") => "`proxy_type` is given and not \"direct\"",
        Some("proxy_mode == 2 && proxy_type != \"direct\"") => {
            "`proxy_mode` is 2 and `proxy_type` is given and not \"direct\""
        }
        Some(other) => panic!("a condition nobody has read: {other}"),
    }
    .to_owned()
}

#[test]
fn the_documented_data_of_each_row_gives_what_a_script_is_promised() {
    let catalog = catalog();
    for row in api::endpoints() {
        let data = entry(&catalog, row)["example_data"].clone();
        if data.is_null() && row.success != Success::Nothing {
            panic!("{} has no example", row.action);
        }
        let value = api::envelope::value(row.success, Some(data))
            .unwrap_or_else(|error| panic!("{}: {error}", row.action));
        let kind = match value {
            Value::Bool(_) => "bool",
            Value::Number(_) => "int",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "map",
            Value::Null => "nothing",
        };
        assert_eq!(kind, row.success.script_type(), "{}", row.action);
    }
}

/// What a later version of the app may bring: a row, and nothing else.
static MADE_UP: Endpoint = Endpoint {
    function: "paint_profile",
    action: "profile-paint",
    about: "Paints a profile and returns the number of the painting.",
    resource: api::Resource::Profile,
    page: 0,
    effect: Effect::Write,
    repeat: api::Repeat::Harmful("paints a second time"),
    positional: &["profile_id"],
    params: &[
        Param::integer("profile_id", "the profile").required(),
        Param::text("color", "the colour").one_of_texts(&[("red", "like a rose"), ("blue", "like the sky")]),
    ],
    success: Success::Id,
    secret_results: &[],
    failure_status: 200,
    codes: &["1000", "2007"],
    example: r#"{"profile_id":1640,"color":"red"}"#,
};

#[test]
fn an_endpoint_is_one_row_from_which_everything_follows() {
    let check = |body: Value| {
        let Value::Object(body) = body else { unreachable!("tests give objects") };
        api::check::check(&MADE_UP, body).map(Value::Object).map_err(|problems| problems.to_string())
    };
    assert_eq!(
        check(json!({ "profile_id": "7", "color": "RED" })),
        Ok(json!({ "profile_id": 7, "color": "red" }))
    );
    assert_eq!(
        check(json!({ "profile_id": 7, "colour": "red" })),
        Err("`colour` is unknown, did you mean `color`?".to_owned())
    );
    assert_eq!(check(json!({ "color": "red" })), Err("`profile_id` is missing".to_owned()));
    assert_eq!(MADE_UP.signatures()[1], "paint_profile(profile_id, #{ color })");
    assert_eq!(MADE_UP.documented_codes().map(|code| code.number).collect::<Vec<_>>(), [1000, 2007]);
    assert_eq!(api::envelope::value(MADE_UP.success, Some(json!("9"))), Ok(json!(9)));
}

#[test]
fn what_is_destructive_is_refused_without_leave_for_every_such_row() {
    for row in api::endpoints().filter(|row| row.effect == Effect::Destructive) {
        let arguments: Map<String, Value> = serde_json::from_str(row.example).unwrap();
        let pairs = arguments.iter().filter(|(name, _)| row.positional.contains(&name.as_str()));
        let pairs: Vec<String> = pairs
            .map(|(name, value)| match value {
                Value::String(text) => format!("{name}={text}"),
                Value::Array(items) => format!("{name}={}", items[0].to_string().trim_matches('"')),
                other => format!("{name}={other}"),
            })
            .collect();
        let words = ["--sim", "call", row.function].map(str::to_owned).into_iter().chain(pairs);
        let output = crate::support::ixscript(words).output();
        assert_eq!(output.status, 1, "{output}");
        assert!(
            output.stderr.contains("this run may not") && output.stderr.contains("--allow destructive"),
            "{output}"
        );
    }
}
