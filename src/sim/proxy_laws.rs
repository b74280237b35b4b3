//! Laws over groups, tags, proxies and lines: every documented code can be provoked, and what each action does.
//!
//! Not here: laws over all actions; they are in `laws`.

use super::{Answer, FullGroup, Options, World};
use crate::api::{self, Resource};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const NOW: i64 = 1_703_759_701;

/// Requests to a world with the examples, and the codes they get.
fn provoked() -> Vec<(&'static str, Value, i64)> {
    let proxy = |name: &str, value: Value| {
        let mut body = json!({ "proxy_type": "http", "proxy_ip": "192.0.2.9", "proxy_port": "8080" });
        body[name] = value;
        body
    };
    let mut provoked = [renaming(), deleting()].concat();
    provoked.extend([
        ("group-create", json!({}), 1000),
        ("group-create", json!({ "title": "", "sort": 0 }), 105_001),
        ("group-create", json!({ "title": "Shops", "sort": 0 }), 105_002),
        ("group-create", json!({ "title": "name", "sort": "" }), 105_003),
        ("tag-create", json!({ "title": 7 }), 1000),
        ("tag-create", json!({ "title": null }), 113_001),
        ("tag-create", json!({ "title": "test" }), 113_002),
        ("proxy-tag-create", json!({}), 1000),
        ("proxy-tag-create", json!({ "title": 7 }), 1007),
        ("proxy-tag-create", json!({ "title": " " }), 119_001),
        ("proxy-tag-create", json!({ "title": "tag1" }), 119_002),
        ("traffic-package-list", json!({ "page": -1 }), 1007),
        ("proxy-list", json!({ "type": 3 }), 1007),
        ("proxy-create", json!({ "proxy_type": "http", "proxy_ip": "192.0.2.9" }), 1000),
        ("proxy-create", proxy("proxy_port", json!("0")), 1007),
        ("proxy-create", proxy("proxy_port", json!("65536")), 1007),
        ("proxy-create", proxy("tag", json!(["tag1", 2])), 1007),
        ("proxy-create", proxy("note", json!(7)), 1007),
        ("proxy-create", proxy("proxy_ip", json!("")), 103_001),
        ("proxy-create", proxy("proxy_type", json!("")), 103_002),
        ("proxy-create", proxy("proxy_type", json!("direct")), 103_003),
        ("proxy-create", proxy("proxy_port", json!(null)), 103_004),
        (
            "proxy-create",
            json!({ "proxy_type": "ssh", "proxy_ip": "127.0.0.1", "proxy_port": "22" }),
            103_005,
        ),
        ("proxy-update", json!({ "id": 24_330, "note": [] }), 1007),
        ("proxy-update", json!({}), 1000),
        ("proxy-update", json!({ "id": 9 }), 2002),
        ("proxy-update", json!({ "id": 72 }), 2002),
        ("proxy-update", json!({ "id": "" }), 104_001),
        ("proxy-update", json!({ "id": 24_330, "proxy_ip": "" }), 104_002),
        ("proxy-update", json!({ "id": 24_330, "proxy_type": "ftp" }), 104_003),
        ("proxy-update", json!({ "id": 24_330, "proxy_port": "" }), 104_004),
        (
            "proxy-update",
            json!({ "id": 24_330, "proxy_type": "ssh", "proxy_ip": "127.0.0.1", "proxy_port": 22 }),
            104_006,
        ),
        ("gateway-switch", json!({ "id": [] }), 1000),
        ("gateway-switch", json!({ "id": "" }), 1000),
        ("gateway-switch", json!({ "id": "3" }), 118_002),
    ]);
    provoked
}

fn renaming() -> Vec<(&'static str, Value, i64)> {
    vec![
        ("group-update", json!({ "title": "name" }), 1000),
        ("group-update", json!({ "id": "", "title": "name" }), 106_001),
        ("group-update", json!({ "id": 1, "title": "" }), 106_002),
        ("group-update", json!({ "id": 9, "title": "name" }), 106_003),
        ("tag-update", json!({ "id": 14 }), 1000),
        ("tag-update", json!({ "id": null, "title": "name" }), 114_001),
        ("tag-update", json!({ "id": 14, "title": "" }), 114_002),
        ("tag-update", json!({ "id": 9, "title": "name" }), 114_003),
        ("tag-update", json!({ "id": 182, "title": "test" }), 114_004),
        ("proxy-tag-update", json!({ "id": 14, "title": 7 }), 1000),
        ("proxy-tag-update", json!({ "id": "", "title": "name" }), 120_001),
        ("proxy-tag-update", json!({ "id": 14, "title": "" }), 120_002),
        ("proxy-tag-update", json!({ "id": 9, "title": "name" }), 120_003),
        ("proxy-tag-update", json!({ "id": 182, "title": "tag1" }), 120_004),
    ]
}

fn deleting() -> Vec<(&'static str, Value, i64)> {
    vec![
        ("group-delete", json!({ "id": "all" }), 1000),
        ("group-delete", json!({ "id": 1 }), 1008),
        ("group-delete", json!({ "id": "" }), 107_001),
        ("group-delete", json!({ "id": 9 }), 107_002),
        ("tag-delete", json!({}), 1000),
        ("tag-delete", json!({ "id": "" }), 115_001),
        ("tag-delete", json!({ "id": 9 }), 115_002),
        ("tag-delete", json!({ "id": 14_152 }), 115_003),
        ("proxy-delete", json!({}), 1000),
        ("proxy-delete", json!({ "id": 9 }), 2002),
        ("proxy-delete", json!({ "id": 72 }), 2002),
        ("proxy-delete", json!({ "id": "" }), 108_001),
        ("proxy-delete", json!({ "id": 16_881_522 }), 108_002),
        ("proxy-tag-delete", json!({}), 1000),
        ("proxy-tag-delete", json!({ "id": "" }), 121_001),
        ("proxy-tag-delete", json!({ "id": 9 }), 121_002),
        ("proxy-tag-delete", json!({ "id": 117 }), 121_003),
    ]
}

/// Codes that no request gets, and why. All of them can still be met: a fault gives any documented code.
const OUT_OF_REACH: &[(&str, &[i64], &str)] = &[
    ("*", &[1008], "the account of a world may do everything but delete group 1"),
    ("proxy-create", &[1004, 1011, 103_006], "nothing goes wrong inside a world"),
    ("proxy-update", &[1004, 1011, 104_005], "nothing goes wrong inside a world"),
    ("proxy-delete", &[108_003], "nothing goes wrong inside a world"),
    ("gateway-switch", &[118_001], "every line works"),
];

fn world() -> World {
    World::new(Options { examples: true, ..Options::default() })
}

fn ask(world: &mut World, action: &str, body: Value) -> Answer {
    let Value::Object(body) = body else { unreachable!("tests give objects") };
    world.handle(action, &body, NOW)
}

#[track_caller]
fn code(world: &mut World, action: &str, body: Value) -> i64 {
    ask(world, action, body).envelope.code
}

/// The `data` of a success.
#[track_caller]
fn data(world: &mut World, action: &str, body: Value) -> Value {
    let envelope = ask(world, action, body).envelope;
    assert_eq!(envelope.code, 0, "{action}");
    envelope.data.unwrap()
}

/// The rows these laws are about.
pub(super) fn rows() -> impl Iterator<Item = &'static api::Endpoint> {
    use Resource::{Gateway, Group, Proxy, ProxyTag, Tag};
    api::endpoints().filter(|row| matches!(row.resource, Group | Tag | Proxy | ProxyTag | Gateway))
}

#[test]
fn every_row_of_these_resources_has_a_handler() {
    assert_eq!(rows().count(), 19);
    for row in rows() {
        assert!(super::handlers::find(row.action).is_some(), "{}", row.action);
    }
}

#[test]
fn every_provoking_request_gets_its_code_and_does_nothing() {
    let world = &mut world();
    let before = lists(world);
    for (action, body, expected) in provoked() {
        assert_eq!(code(world, action, body.clone()), expected, "{action} {body}");
    }
    assert_eq!(lists(world), before);
}

#[test]
fn every_documented_code_is_provoked_or_out_of_reach() {
    let provoked: BTreeSet<(&str, i64)> =
        provoked().into_iter().map(|(action, _, code)| (action, code)).collect();
    let is_out_of_reach = |action: &str, code| {
        OUT_OF_REACH.iter().any(|(of, codes, _)| (*of == "*" || *of == action) && codes.contains(&code))
    };
    for row in rows() {
        for code in row.documented_codes() {
            let is_provoked = provoked.contains(&(row.action, code.number));
            assert!(
                is_provoked || is_out_of_reach(row.action, code.number),
                "{} {}",
                row.action,
                code.number
            );
        }
    }
}

#[test]
fn every_change_answers_with_the_number_of_its_sample() {
    let samples = [
        ("group-update", json!({ "id": 1835, "title": "测试分组123" }), 1),
        ("group-delete", json!({ "id": 182 }), 0),
        ("tag-update", json!({ "id": 14, "title": "test" }), 1),
        ("tag-delete", json!({ "id": 182 }), 0),
        ("proxy-update", json!({ "id": 24_330, "proxy_ip": "127.0.0.2" }), 1),
        ("proxy-delete", json!({ "id": 2444 }), 1),
        ("proxy-tag-update", json!({ "id": 14, "title": "test" }), 1),
        ("proxy-tag-delete", json!({ "id": 182 }), 0),
    ];
    for (action, body, expected) in samples {
        assert_eq!(data(&mut world(), action, body), json!(expected), "{action}");
    }
    assert_eq!(data(&mut world(), "gateway-switch", json!({ "id": "1" })), Value::Null);
}

#[test]
fn a_second_deletion_finds_nothing() {
    let world = &mut world();
    for (action, id, expected) in [
        ("group-delete", 182, 107_002),
        ("tag-delete", 182, 115_002),
        ("proxy-delete", 2444, 2002),
        ("proxy-tag-delete", 182, 121_002),
    ] {
        let codes = [(); 2].map(|()| code(world, action, json!({ "id": id })));
        assert_eq!(codes, [0, expected], "{action}");
    }
}

#[test]
fn a_default_world_has_only_what_its_profiles_have() {
    let world = &mut World::new(Options::default());
    let ids = |world: &mut World, action: &str| -> Vec<Value> {
        let page = data(world, action, json!({}));
        page["data"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect()
    };
    assert_eq!(ids(world, "group-list"), [1, 169, 177]);
    assert_eq!(ids(world, "tag-list"), [14_152]);
    assert_eq!(ids(world, "proxy-tag-list"), Vec::<Value>::new());
    assert_eq!(ids(world, "proxy-list"), [16_881_522, 72]);
}

#[test]
fn the_documented_samples_of_lists_come_out() {
    let world = &mut world();
    let packages = json!({ "total": 1, "data": [{ "id": 6, "limit_flow": "1024.00", "used_flow": "11.65",
        "supply_name": "Cost-effective traffic provider" }] });
    assert_eq!(data(world, "traffic-package-list", json!({})), packages);
    let lines = json!([{ "id": "1", "name": "Line1" }, { "id": "2", "name": "Line2" }]);
    assert_eq!(data(world, "gateway-list", json!({})), lines);
    let tags = json!({ "total": 1, "data": [{ "title": "Facebook1", "id": 169 }] });
    for action in ["tag-list", "proxy-tag-list"] {
        world.options.name_filter = super::NameFilter::Exact;
        assert_eq!(data(world, action, json!({ "title": "Facebook1" })), tags, "{action}");
    }
    // But for `activeWindow`, which is 2 there: two profiles would keep the proxy from being deleted.
    let proxies = data(world, "proxy-list", json!({ "type": 1, "proxy_ip": "127.0.0.1", "tag_id": 118 }));
    let sample = json!({ "total": 1, "data": [{ "id": 24_320, "proxy_type": "ssh", "proxy_ip": "127.0.0.1",
        "proxy_port": "22", "proxy_user": "", "proxy_password": "", "note": "", "type": 1, "tag_id": "117 118",
        "tag_name": "tag1 tag2", "query": "", "country": "", "timezone": "", "city": "", "activeWindow": 0 }] });
    assert_eq!(proxies, sample);
}

#[test]
fn proxies_are_filtered_by_source_and_id() {
    let world = &mut world();
    let total = |world: &mut World, body| data(world, "proxy-list", body)["total"].clone();
    assert_eq!(total(world, json!({ "type": 0 })), json!(6));
    assert_eq!(total(world, json!({ "type": 1 })), json!(4));
    assert_eq!(total(world, json!({ "type": "2", "tag_id": 0 })), json!(2));
    assert_eq!(total(world, json!({ "type": 2, "tag_id": 117 })), json!(0));
    assert_eq!(total(world, json!({ "id": 24_330 })), json!(1));
}

#[test]
fn a_new_proxy_has_what_was_given_and_new_tags_are_made() {
    let world = &mut World::new(Options::default());
    let body = json!({ "proxy_type": "https", "proxy_ip": "192.0.2.9", "proxy_port": 8080, "proxy_user": "me",
        "tag": ["one", "two", "one", ""], "note": "n" });
    let id = data(world, "proxy-create", body.clone());
    assert_eq!(id, json!(16_881_523));
    assert_eq!(code(world, "proxy-create", body), 103_005);
    let row = data(world, "proxy-list", json!({}))["data"][0].clone();
    assert_eq!((&row["id"], &row["proxy_port"], &row["proxy_user"]), (&id, &json!("8080"), &json!("me")));
    assert_eq!((&row["tag_id"], &row["tag_name"]), (&json!("1 2"), &json!("one two")));
    assert_eq!(code(world, "proxy-tag-delete", json!({ "id": 1 })), 121_003);
    assert_eq!(data(world, "proxy-update", json!({ "id": id, "tag": "two", "proxy_user": "" })), json!(1));
    assert_eq!(data(world, "proxy-tag-delete", json!({ "id": 1 })), json!(0));
    let row = data(world, "proxy-list", json!({}))["data"][0].clone();
    assert_eq!(
        (&row["tag_name"], &row["proxy_user"], &row["note"]),
        (&json!("two"), &json!(""), &json!("n"))
    );
}

#[test]
fn a_proxy_with_another_login_is_another_proxy() {
    let world = &mut World::new(Options::default());
    let body = |user| json!({ "proxy_type": "http", "proxy_ip": "a", "proxy_port": "1", "proxy_user": user });
    let ids = ["me", "you"].map(|user| data(world, "proxy-create", body(user)));
    assert_eq!(code(world, "proxy-update", json!({ "id": ids[1], "proxy_user": "me" })), 104_006);
    assert_eq!(code(world, "proxy-update", json!({ "id": ids[1], "proxy_user": "you" })), 0);
}

#[test]
fn a_profile_has_its_custom_proxy_changed_and_keeps_it_from_being_deleted() {
    let world = &mut World::new(Options::default());
    let change = json!({ "id": 16_881_522, "proxy_ip": "192.0.2.8", "note": "moved" });
    assert_eq!(data(world, "proxy-update", change), json!(1));
    assert_eq!(world.profile_row(1267).unwrap()["proxy_ip"], json!("192.0.2.8"));
    let row = data(world, "proxy-list", json!({}))["data"][0].clone();
    assert_eq!((&row["note"], &row["activeWindow"]), (&json!("moved"), &json!(1)));
    assert_eq!(code(world, "proxy-delete", json!({ "id": 16_881_522 })), 108_002);
    assert_eq!(code(world, "profile-delete", json!({ "profile_id": 1267 })), 0);
    assert_eq!(code(world, "proxy-delete", json!({ "id": 16_881_522 })), 0);
}

#[test]
fn a_tag_can_be_deleted_when_its_last_profile_is_gone() {
    let world = &mut World::new(Options::default());
    assert_eq!(data(world, "tag-update", json!({ "id": 14_152, "title": "new" })), json!(1));
    assert_eq!(world.profile_row(1265).unwrap()["tag_name"], json!("new"));
    assert_eq!(code(world, "tag-delete", json!({ "id": 14_152 })), 115_003);
    assert_eq!(code(world, "profile-delete", json!({ "profile_id": 1265 })), 0);
    assert_eq!(code(world, "tag-delete", json!({ "id": 14_152 })), 0);
    assert_eq!(data(world, "tag-create", json!({ "title": "new" })), json!(14_153));
}

#[test]
fn a_group_with_profiles_is_deleted_as_the_option_says() {
    for (full_group, expected, group) in [(FullGroup::Empties, 0, 1), (FullGroup::Stays, 1008, 177)] {
        let world = &mut World::new(Options { full_group, ..Options::default() });
        assert_eq!(code(world, "group-delete", json!({ "id": 177 })), expected, "{full_group:?}");
        assert_eq!(world.profile_row(1640).unwrap()["group_id"], json!(group), "{full_group:?}");
    }
}

#[test]
fn a_group_can_get_a_new_name_and_weight() {
    let world = &mut World::new(Options::default());
    assert_eq!(data(world, "group-update", json!({ "id": 177, "title": "Shops", "sort": 9 })), json!(1));
    assert_eq!(data(world, "group-update", json!({ "id": 177, "title": "Stores" })), json!(1));
    let first = data(world, "group-list", json!({}))["data"][0].clone();
    assert_eq!(first, json!({ "title": "Stores", "id": 177 }));
    assert_eq!(world.profile_row(1640).unwrap()["group_name"], json!("Stores"));
}

#[test]
fn a_line_is_switched_by_text_or_number() {
    let world = &mut World::new(Options::default());
    assert_eq!(world.gateway(), "1");
    assert_eq!(code(world, "gateway-switch", json!({ "id": 2 })), 0);
    assert_eq!(code(world, "gateway-switch", json!({ "id": "9" })), 118_002);
    assert_eq!(world.gateway(), "2");
}

/// Every list of these resources.
fn lists(world: &mut World) -> Vec<Value> {
    let lists = rows().filter(|row| row.effect == api::Effect::Read);
    lists.map(|row| data(world, row.action, json!({}))).collect()
}
