//! Laws over the form of replies: every row answers as the samples of its page do.
//!
//! Not here: what the replies say.

use super::handlers;
use super::world::failure;
use super::{Options, World};
use crate::api;
use Failure::{Bare, Open, Timed};
use serde_json::{Map, Value, json};

const NOW: i64 = 1_703_759_701;

/// The form of a failure.
#[derive(Debug, Clone, Copy)]
enum Failure {
    /// `data: []` with a time.
    Timed,
    /// `data: null` without.
    Bare,
    /// The page shows none.
    Open,
}

/// Action, type of `data` in a success, whether a success has a time, form of a failure. The replies of the last three have no
/// page; they are choices.
const FORMS: &[(&str, &str, bool, Failure)] = &[
    ("profile-list", "object", true, Timed),
    ("profile-create", "integer", true, Timed),
    ("profile-copy", "integer", true, Timed),
    ("profile-open", "object", false, Bare),
    ("profile-opened-list", "array", true, Open),
    ("native-client-profile-opened-list", "array", false, Bare),
    ("profile-opened-list-arrange-tile", "null", false, Open),
    ("profile-open-state-reset", "null", false, Bare),
    ("profile-open-with-random-fingerprint", "object", false, Bare),
    ("profile-close", "absent", false, Bare),
    ("profile-close-in-batches", "array", false, Bare),
    ("profile-clear-cache", "array", false, Bare),
    ("profile-clear-cache-and-cookies", "array", false, Bare),
    ("profile-update", "string", true, Timed),
    ("profile-update-proxy-for-purchased-traffic-package", "string", true, Timed),
    ("profile-update-proxy-to-purchased-mode", "string", true, Timed),
    ("profile-update-proxy-for-custom-proxy", "string", true, Timed),
    ("profile-update-proxy-for-api-extraction", "string", true, Timed),
    ("profile-random-fingerprint-configuration", "string", true, Timed),
    ("profile-update-groups-in-batches", "string", true, Bare),
    ("profile-get-cookies", "string", true, Timed),
    ("profile-update-cookies", "string", true, Timed),
    ("profile-delete", "array", true, Bare),
    ("empty-recycle-bin", "integer", true, Timed),
    ("profile-transfer-code-create", "object", true, Timed),
    ("profile-transfer-cancel", "array", true, Timed),
    ("profile-transfer-code-import", "object", true, Timed),
    ("profile-transfer-record-list", "object", true, Open),
    ("group-list", "object", true, Open),
    ("group-create", "integer", true, Timed),
    ("group-update", "integer", true, Timed),
    ("group-delete", "integer", true, Timed),
    ("tag-list", "object", true, Open),
    ("tag-create", "integer", true, Timed),
    ("tag-update", "integer", true, Timed),
    ("tag-delete", "integer", true, Timed),
    ("traffic-package-list", "object", true, Timed),
    ("proxy-list", "object", true, Open),
    ("proxy-create", "integer", true, Timed),
    ("proxy-update", "integer", true, Timed),
    ("proxy-delete", "integer", true, Timed),
    ("proxy-tag-list", "object", true, Open),
    ("proxy-tag-create", "integer", true, Timed),
    ("proxy-tag-update", "integer", true, Timed),
    ("proxy-tag-delete", "integer", true, Timed),
    ("gateway-list", "array", false, Open),
    ("gateway-switch", "null", false, Bare),
    ("profile-clear-cache-keep-extensions", "array", false, Open),
    ("profile-clear-cloud-data", "array", false, Open),
    ("profile-clear-saved-user-password", "null", false, Open),
];

fn word(data: Option<&Value>) -> &'static str {
    match data {
        None => "absent",
        Some(Value::Null) => "null",
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
        Some(Value::Number(number)) if number.is_i64() || number.is_u64() => "integer",
        Some(_) => "other",
    }
}

#[test]
fn every_row_has_a_form() {
    for row in api::endpoints() {
        assert_eq!(FORMS.iter().filter(|form| form.0 == row.action).count(), 1, "{}", row.action);
    }
}

#[test]
fn every_documented_example_works_as_written() {
    for (action, data_type, has_time, _) in FORMS {
        if handlers::find(action).is_none() {
            continue;
        }
        let row = api::by_action(action).unwrap();
        let mut body: Map<String, Value> = serde_json::from_str(row.example).unwrap();
        // The world must not need the example to be typed in one way alone.
        for _ in 0..2 {
            let mut world = World::new(Options { examples: true, ..Options::default() });
            let answer = world.handle(action, &body, NOW);
            let envelope = answer.envelope;
            let outcome = (answer.status, envelope.code, envelope.message.as_deref(), envelope.time);
            assert_eq!(outcome, (200, 0, Some("success"), has_time.then_some(NOW)), "{action}");
            assert_eq!(word(envelope.data.as_ref()), *data_type, "{action}");
            api::envelope::value(row.success, envelope.data)
                .unwrap_or_else(|error| panic!("{action}: {error}"));
            if let Some(id) = body.get("profile_id").filter(|id| id.is_i64()) {
                body["profile_id"] = id.to_string().into();
            }
        }
    }
}

#[test]
fn every_failure_has_the_form_and_status_its_page_documents() {
    for (action, _, _, form) in FORMS {
        if handlers::find(action).is_none() {
            continue;
        }
        let row = api::by_action(action).unwrap();
        let answer = failure(action, 1004, NOW);
        assert_eq!((answer.status, answer.envelope.code), (row.failure_status, 1004), "{action}");
        let documented = api::codes::find(1004).unwrap();
        assert_eq!(answer.envelope.message.as_deref(), Some(documented.message));
        let shape = (answer.envelope.time, answer.envelope.data);
        match form {
            Timed => assert_eq!(shape, (Some(NOW), Some(json!([]))), "{action}"),
            Bare => assert_eq!(shape, (None, Some(Value::Null)), "{action}"),
            Open => {}
        }
    }
}
