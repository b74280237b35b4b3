//! What opening and closing profiles does, and how much an account may do.
//!
//! Not here: codes that a single request provokes.

use super::{Options, Reopen, World};
use serde_json::{Value, json};

const NOW: i64 = 1_703_759_701;

#[track_caller]
fn data(world: &mut World, action: &str, body: Value) -> Value {
    let Value::Object(body) = body else { unreachable!("tests give objects") };
    let answer = world.handle(action, &body, NOW);
    assert_eq!(answer.envelope.code, 0, "{action} {body:?}");
    answer.envelope.data.unwrap_or_default()
}

fn code_at(world: &mut World, now: i64, action: &str, body: Value) -> i64 {
    let Value::Object(body) = body else { unreachable!("tests give objects") };
    world.handle(action, &body, now).envelope.code
}

fn code(world: &mut World, action: &str, body: Value) -> i64 {
    code_at(world, NOW, action, body)
}

fn one(id: i64) -> Value {
    json!({ "profile_id": id })
}

#[test]
fn an_open_profile_has_addresses_of_the_documented_form() {
    let world = &mut World::new(Options::default());
    let opened = data(world, "profile-open", one(161));
    let port = opened["debugging_port"].as_u64().unwrap();
    assert_eq!(opened["debugging_address"], json!(format!("127.0.0.1:{port}")));
    let session = opened["ws"].as_str().unwrap();
    let session = session.strip_prefix(&format!("ws://127.0.0.1:{port}/devtools/browser/")).unwrap();
    let halves: Vec<usize> = session.split('-').map(str::len).collect();
    assert_eq!(halves, [8, 4, 4, 4, 12]);
    assert_eq!(opened["profile_id"], json!(161));
    assert!(opened["pid"].is_u64() && opened["gateway"].is_string());
    assert!(opened["webdriver"].as_str().unwrap().contains(r"\\chromedriver.exe"));
    assert_eq!(world.profile_row(161).unwrap()["last_open_time"], json!(NOW));

    let listed = data(world, "native-client-profile-opened-list", json!({}));
    for field in ["debugging_address", "debugging_port", "profile_id", "pid", "ws"] {
        assert_eq!(listed[0][field], opened[field], "{field}");
    }
    assert_eq!(listed[0]["open_time"], json!("2023-12-28 18:35:01"));
    assert!(listed[0].get("gateway").is_none());
    assert!(!listed[0]["webdriver"].as_str().unwrap().contains(r"\\"));
    let everywhere = data(world, "profile-opened-list", json!({}));
    assert_eq!(
        everywhere,
        json!([{ "profile_id": 161, "last_opened_user": "test@qq.com", "last_opened_time": "2023-12-28 18:35:01" }])
    );
}

#[test]
fn the_same_seed_gives_the_same_addresses() {
    let opened =
        |seed| data(&mut World::new(Options { seed, ..Options::default() }), "profile-open", one(161));
    assert_eq!(opened(1), opened(1));
    assert_ne!(opened(1), opened(2));
}

#[test]
fn opening_again_does_what_the_option_says() {
    for (reopen, expected) in [(Reopen::Refused, 111_003), (Reopen::Fails, 2008), (Reopen::Repeats, 0)] {
        let world = &mut World::new(Options { reopen, examples: true, ..Options::default() });
        let first = data(world, "profile-open", one(1557));
        for action in ["profile-open", "profile-open-with-random-fingerprint"] {
            assert_eq!(code(world, action, one(1557)), expected, "{reopen:?}");
        }
        if reopen == Reopen::Repeats {
            assert_eq!(data(world, "profile-open", one(1557)), first);
            // Open on another device: there are no addresses to give.
            assert_eq!(code(world, "profile-open", one(1196)), 111_003);
        }
    }
}

#[test]
fn closing_ends_what_the_api_opened() {
    let world = &mut World::new(Options { examples: true, ..Options::default() });
    assert_eq!(
        data(world, "profile-close-in-batches", json!({ "profile_id": [162, "161", 1196] })),
        json!(["161"])
    );
    assert_eq!(code(world, "profile-close", one(161)), 1009);
    assert_eq!(code(world, "profile-close", one(1442)), 0);
    let ids = |list: Value| -> Vec<i64> {
        list.as_array().unwrap().iter().filter_map(|row| row["profile_id"].as_i64()).collect()
    };
    assert_eq!(ids(data(world, "native-client-profile-opened-list", json!({}))), [2073]);
    assert_eq!(ids(data(world, "profile-opened-list", json!({}))), [1196, 1197, 2073, 11_971]);
}

#[test]
fn a_reset_profile_can_be_opened_again() {
    let world = &mut World::new(Options { examples: true, ..Options::default() });
    assert_eq!(code(world, "profile-open", one(11_971)), 111_003);
    for _ in 0..2 {
        assert_eq!(data(world, "profile-open-state-reset", one(11_971)), Value::Null);
    }
    assert_eq!(code(world, "profile-open", one(11_971)), 0);
    assert_eq!(code(world, "profile-open-state-reset", one(9)), 2007);
}

#[test]
fn a_random_fingerprint_does_not_stay() {
    let world = &mut World::new(Options::default());
    let before = world.profile_row(161).unwrap();
    let proxy =
        json!({ "proxy_mode": "2", "proxy_type": "http", "proxy_ip": "192.0.2.1", "proxy_port": "80" });
    let body = json!({ "profile_id": 161, "proxy_config": proxy, "fingerprint_config": { "webrtc": "1" } });
    data(world, "profile-open-with-random-fingerprint", body);
    let after = world.profile_row(161).unwrap();
    assert_eq!((&after["proxy_type"], &before["proxy_type"]), (&json!("direct"), &json!("direct")));
    assert!(world.profiles[&161].settings.fingerprint.is_empty());
}

#[test]
fn windows_are_arranged_within_reason() {
    let world = &mut World::new(Options::default());
    assert_eq!(data(world, "profile-opened-list-arrange-tile", json!({})), Value::Null);
    for body in [json!({ "layout": 3 }), json!({ "screen": "left" }), json!({ "adaptive": 2 })] {
        assert_eq!(code(world, "profile-opened-list-arrange-tile", body), 1007);
    }
}

#[test]
fn a_day_has_so_many_profiles_copies_and_openings() {
    let one_each = Options {
        quota_create: Some(1),
        quota_copy: Some(1),
        quota_open: Some(1),
        reopen: Reopen::Repeats,
        ..Options::default()
    };
    let cases = [
        ("profile-create", json!({ "name": "n" }), 1017),
        ("profile-copy", one(161), 1019),
        ("profile-open", one(161), 1018),
        ("profile-open-with-random-fingerprint", one(161), 1018),
    ];
    for (action, body, used_up) in cases {
        let world = &mut World::new(one_each.clone());
        let midnight = 19_720 * 86_400;
        // What is refused costs nothing.
        assert_eq!(code_at(world, midnight, action, json!({})), 1000);
        assert_eq!(code_at(world, midnight, action, body.clone()), 0);
        assert_eq!(code_at(world, midnight + 86_399, action, body.clone()), used_up);
        assert_eq!(code_at(world, midnight + 86_400, action, body), 0);
        assert_eq!(code_at(world, midnight, "profile-list", json!({})), 0);
    }
}

#[test]
fn a_second_takes_so_many_calls() {
    let world = &mut World::new(Options { pace: Some(2), ..Options::default() });
    let codes: Vec<i64> = [0, 0, 0, 1, 1, 1]
        .into_iter()
        .map(|second| code_at(world, NOW + second, "profile-list", json!({})))
        .collect();
    assert_eq!(codes, [0, 0, 1010, 0, 0, 1010]);
}
