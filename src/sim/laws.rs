//! Laws over the table of handlers, and the documented behaviour of each action.

use super::handlers::HANDLERS;
use super::{Answer, CopyGroup, NameFilter, Options, SecondCode, World};
use crate::api;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const NOW: i64 = 1_703_759_701;

fn world(options: Options) -> World {
    World::new(options)
}

fn ask(world: &mut World, action: &str, body: Value) -> Answer {
    let Value::Object(body) = body else { unreachable!("tests give objects") };
    world.handle(action, &body, NOW)
}

/// The code of the answer: 0 is success.
fn code(world: &mut World, action: &str, body: Value) -> i64 {
    ask(world, action, body).envelope.code
}

/// The `data` of a success.
#[track_caller]
fn data(world: &mut World, action: &str, body: Value) -> Value {
    let answer = ask(world, action, body);
    assert_eq!((answer.status, answer.envelope.code), (200, 0), "{action}");
    answer.envelope.data.unwrap()
}

#[test]
fn every_row_has_a_handler_and_every_handler_a_row() {
    let rows: BTreeSet<&str> = api::endpoints().map(|row| row.action).collect();
    let handlers: BTreeSet<&str> = HANDLERS.iter().map(|handler| handler.action).collect();
    assert_eq!(handlers, rows);
    assert_eq!(handlers.len(), HANDLERS.len(), "no action has two handlers");
}

#[test]
fn the_documented_samples_of_lists_come_out() {
    let world = &mut world(Options::default());
    let received = data(world, "profile-transfer-record-list", json!({ "type": 2 }));
    assert_eq!(
        received,
        json!({ "total": 2, "data": [
            { "id": 7, "transfer_code": "18895312-39361749", "transfer_proxy": 1, "transfer_proxy_mode": 2, "transfer_note": 1,
              "color": "#FF8C00", "name": "asdfa111", "note": "1111111111", "username": "li****5@126.com",
              "reception_username": "35****8318@qq.com", "created_at": 1_698_607_152, "receipt_time": 1_698_607_183 },
            { "id": 6, "transfer_code": "62528043-51752649", "transfer_proxy": 1, "transfer_proxy_mode": 2, "transfer_note": 1,
              "color": "#CC9966", "name": "name1", "note": "", "username": "li****5@126.com",
              "reception_username": "35****8318@qq.com", "created_at": 1_698_605_594, "receipt_time": 1_698_605_627 },
        ] })
    );
    let made = data(world, "profile-transfer-record-list", json!({}));
    assert_eq!((&made["total"], &made["data"][0]["id"]), (&json!(1), &json!(5)));
    let groups = data(world, "group-list", json!({ "title": "Facebook" }));
    assert_eq!(groups, json!({ "total": 1, "data": [{ "title": "Facebook1", "id": 169 }] }));
    let profiles = data(world, "profile-list", json!({}));
    let ids: Vec<i64> =
        profiles["data"].as_array().unwrap().iter().filter_map(|row| row["profile_id"].as_i64()).collect();
    assert_eq!(ids, [1640, 1606, 1441, 1267, 1266, 1265, 1264, 1263, 161]);
    let tagged = data(world, "profile-list", json!({ "tag_id": 14152 }));
    assert_eq!((&tagged["total"], &tagged["data"][0]["tag_name"]), (&json!(1), &json!("test")));
    assert_eq!(tagged["data"][0]["tag_id"], json!("14152"));
}

#[test]
fn filters_narrow_a_list_and_an_unknown_id_finds_nothing() {
    let world = &mut world(Options::default());
    let total = |world: &mut World, body| data(world, "profile-list", body)["total"].clone();
    assert_eq!(total(world, json!({ "profile_id": "1640" })), json!(1));
    assert_eq!(total(world, json!({ "profile_id": 9 })), json!(0));
    assert_eq!(total(world, json!({ "group_id": 177 })), json!(1));
    assert_eq!(total(world, json!({ "name": "test", "group_id": 1 })), json!(4));
    world.options.name_filter = NameFilter::Exact;
    assert_eq!(total(world, json!({ "name": "tes" })), json!(0));
}

#[test]
fn a_copy_is_its_source_with_what_was_given() {
    let world = &mut world(Options::default());
    let example = json!({ "profile_id": 1640, "site_id": 11, "site_url": "http://baidu.com/", "name": "new_name",
        "group_id": 177 });
    assert_eq!(data(world, "profile-copy", example), json!(1641));
    let row = world.profile_row(1641).unwrap();
    assert_eq!((&row["name"], &row["group_name"]), (&json!("new_name"), &json!("Shops")));
    assert_eq!(row["site_url"], json!("http://baidu.com/"));
    assert_eq!(data(world, "profile-copy", json!({ "profile_id": "1267", "site_id": 1 })), json!(1642));
    let row = world.profile_row(1642).unwrap();
    assert_eq!((&row["name"], &row["site_url"]), (&json!("test"), &json!("https://www.facebook.com/")));
    assert_eq!((&row["group_id"], &row["proxy_id"]), (&json!(1), &json!(16_881_523)));
}

#[test]
fn every_refusal_of_a_copy_has_its_code_and_does_nothing() {
    let world = &mut world(Options::default());
    let cases = [
        (json!({}), 1000),
        (json!({ "profile_id": "" }), 1000),
        (json!({ "profile_id": 1.5 }), 1000),
        (json!({ "profile_id": 9 }), 2007),
        (json!({ "profile_id": 1640, "site_id": "" }), 2004),
        (json!({ "profile_id": 1640, "site_id": 23 }), 1007),
        (json!({ "profile_id": 1640, "site_id": 0 }), 1007),
        (json!({ "profile_id": 1640, "site_id": i64::MIN }), 1007),
        (json!({ "profile_id": 1640, "name": 7 }), 1007),
        (json!({ "profile_id": 1640, "group_id": "shops" }), 112_004),
        (json!({ "profile_id": 1640, "group_id": 9 }), 112_005),
        (json!({ "profile_id": 1640, "site_id": 21 }), 112_006),
        (json!({ "profile_id": 1640, "site_id": 21, "site_url": "" }), 112_006),
    ];
    for (body, expected) in cases {
        assert_eq!(code(world, "profile-copy", body.clone()), expected, "{body}");
    }
    assert_eq!(world.profile_ids().len(), 9);
}

#[test]
fn a_copy_stays_with_its_source_where_the_option_says_so() {
    let world = &mut world(Options { copy_group: CopyGroup::Source, ..Options::default() });
    let id = data(world, "profile-copy", json!({ "profile_id": 1640 })).as_i64().unwrap();
    assert_eq!(world.profile_row(id).unwrap()["group_id"], json!(177));
}

#[test]
fn names_can_be_unique() {
    let world = &mut world(Options { unique_names: true, ..Options::default() });
    assert_eq!(code(world, "profile-copy", json!({ "profile_id": 1640, "name": "test" })), 101_004);
    let id = data(world, "profile-copy", json!({ "profile_id": 1640 })).as_i64().unwrap();
    assert_eq!(world.profile_row(id).unwrap()["name"], json!("template-1641"));
}

#[test]
fn a_number_is_never_given_twice() {
    let world = &mut world(Options::default());
    let copy = json!({ "profile_id": 1640 });
    assert_eq!(data(world, "profile-copy", copy.clone()), json!(1641));
    assert_eq!(data(world, "profile-delete", json!({ "profile_id": 1641 })), json!([]));
    assert_eq!(data(world, "profile-copy", copy), json!(1642));
    assert_eq!(code(world, "profile-delete", json!({ "profile_id": 1641 })), 2007);
    assert_eq!(code(world, "profile-delete", json!({ "profile_id": null })), 2001);
    assert_eq!(code(world, "profile-delete", json!({})), 1000);
}

#[test]
fn a_code_of_another_account_is_imported_once() {
    let world = &mut world(Options::default());
    let body = json!({ "transfer_code": "76686828-89727101" });
    assert_eq!(data(world, "profile-transfer-code-import", body.clone()), json!({ "profile_id": 1641 }));
    assert_eq!(code(world, "profile-transfer-code-import", body.clone()), 110_002);
    let received = data(world, "profile-transfer-record-list", json!({ "type": 2 }));
    assert_eq!(received["data"][0]["id"], json!(8));
    assert_eq!(received["data"][0]["transfer_code"], body["transfer_code"]);
    assert_eq!(received["data"][0]["receipt_time"], json!(NOW));
    assert_eq!(world.profile_row(1641).unwrap()["proxy_type"], json!("direct"));

    let world = &mut self::world(Options { reusable_codes: true, ..Options::default() });
    for id in [1641, 1642] {
        assert_eq!(data(world, "profile-transfer-code-import", body.clone()), json!({ "profile_id": id }));
    }
}

#[test]
fn every_refusal_of_an_import_is_a_404_and_leaves_the_code_good() {
    let world = &mut world(Options::default());
    let good = "76686828-89727101";
    let own =
        data(world, "profile-transfer-code-create", json!({ "profile_id": 1441, "password": "123456" }));
    let proxy = |config: Value| json!({ "transfer_code": good, "proxy_config": config });
    let cases = [
        (json!({}), 1000),
        (json!({ "transfer_code": 7 }), 1000),
        (json!({ "transfer_code": "" }), 110_001),
        (json!({ "transfer_code": "76686828-89727100" }), 110_002),
        (own, 110_003),
        (json!({ "transfer_code": good, "group_id": 9 }), 110_004),
        (json!({ "transfer_code": good, "group_id": "x" }), 1007),
        (proxy(json!([])), 1007),
        (proxy(json!({ "proxy_mode": 5 })), 1007),
        (proxy(json!({ "proxy_mode": 2, "proxy_type": "ftp" })), 1007),
        (proxy(json!({ "proxy_mode": 2, "proxy_type": "http" })), 1000),
        (proxy(json!({ "proxy_mode": 2, "proxy_type": "http", "proxy_ip": "192.0.2.1" })), 1000),
        (
            proxy(
                json!({ "proxy_mode": 2, "proxy_type": "http", "proxy_ip": "192.0.2.1", "proxy_port": "x" }),
            ),
            1007,
        ),
        (proxy(json!({ "proxy_mode": 3, "proxy_id": "" })), 1000),
        (proxy(json!({ "proxy_mode": 2, "proxy_type": "direct", "enable_bypass": "2" })), 1007),
    ];
    for (body, expected) in cases {
        let answer = ask(world, "profile-transfer-code-import", body.clone());
        assert_eq!((answer.status, answer.envelope.code), (404, expected), "{body}");
    }
    assert_eq!(world.profile_ids().len(), 9);
    let custom =
        json!({ "proxy_mode": "2", "proxy_type": "http", "proxy_ip": "192.0.2.1", "proxy_port": 8080 });
    let id = data(world, "profile-transfer-code-import", proxy(custom))["profile_id"].as_i64().unwrap();
    let row = world.profile_row(id).unwrap();
    assert_eq!((&row["proxy_ip"], &row["proxy_port"]), (&json!("192.0.2.1"), &json!("8080")));
}

#[test]
fn an_own_code_can_be_imported_where_the_option_says_so() {
    let world = &mut world(Options { own_codes: true, ..Options::default() });
    let made =
        json!({ "profile_id": 1441, "password": "123456", "transfer_note": true, "transfer_proxy": "1" });
    let offer = data(world, "profile-transfer-code-create", made);
    let id = data(world, "profile-transfer-code-import", offer)["profile_id"].as_i64().unwrap();
    let row = world.profile_row(id).unwrap();
    assert_eq!((&row["note"], &row["proxy_mode"]), (&json!("to be transferred"), &json!(3)));
    let made = data(world, "profile-transfer-record-list", json!({ "type": 1, "title": "transfer" }));
    assert_eq!((&made["total"], &made["data"][0]["receipt_time"]), (&json!(2), &json!(NOW)));
}

#[test]
fn every_refusal_of_a_transfer_code_has_its_code() {
    let world = &mut world(Options { password: "other".to_owned(), ..Options::default() });
    let cases = [
        (json!({ "password": "other" }), 1000),
        (json!({ "profile_id": "", "password": "other" }), 2001),
        (json!({ "profile_id": 1441 }), 1000),
        (json!({ "profile_id": 1441, "password": "" }), 1012),
        (json!({ "profile_id": 1441, "password": "123456" }), 1013),
        (json!({ "profile_id": 9, "password": "other" }), 2007),
        (json!({ "profile_id": 1441, "password": "other", "transfer_proxy_mode": 3 }), 1007),
        (json!({ "profile_id": 1441, "password": "other" }), 0),
    ];
    for (body, expected) in cases {
        assert_eq!(code(world, "profile-transfer-code-create", body.clone()), expected, "{body}");
    }
    assert_eq!(code(world, "profile-transfer-cancel", json!({ "profile_id": "" })), 2001);
    assert_eq!(code(world, "profile-transfer-cancel", json!({ "profile_id": 9 })), 2007);
}

#[test]
fn a_withdrawn_code_is_wrong_and_leaves_the_records() {
    let world = &mut world(Options { own_codes: true, ..Options::default() });
    let offer =
        data(world, "profile-transfer-code-create", json!({ "profile_id": 1441, "password": "123456" }));
    for _ in 0..2 {
        assert_eq!(data(world, "profile-transfer-cancel", json!({ "profile_id": 1441 })), json!([]));
    }
    assert_eq!(code(world, "profile-transfer-code-import", offer), 110_002);
    assert_eq!(data(world, "profile-transfer-record-list", json!({}))["total"], json!(1));
}

#[test]
fn a_second_code_does_to_the_first_what_the_option_says() {
    for (second_code, is_same, is_good) in [
        (SecondCode::Replaces, false, false),
        (SecondCode::Joins, false, true),
        (SecondCode::Repeats, true, true),
    ] {
        let world = &mut world(Options { second_code, own_codes: true, ..Options::default() });
        let made = json!({ "profile_id": 1441, "password": "123456" });
        let first = data(world, "profile-transfer-code-create", made.clone());
        let second = data(world, "profile-transfer-code-create", made);
        assert_eq!(first == second, is_same, "{second_code:?}");
        assert_eq!(code(world, "profile-transfer-code-import", first) == 0, is_good, "{second_code:?}");
    }
}

#[test]
fn groups_are_made_once_and_listed_by_weight() {
    let world = &mut world(Options::default());
    assert_eq!(data(world, "group-create", json!({ "title": "name", "sort": 5 })), json!(178));
    let cases = [
        (json!({ "title": "other" }), 1000),
        (json!({ "sort": 0 }), 1000),
        (json!({ "title": " ", "sort": 0 }), 105_001),
        (json!({ "title": "name", "sort": 0 }), 105_002),
        (json!({ "title": "other", "sort": null }), 105_003),
    ];
    for (body, expected) in cases {
        assert_eq!(code(world, "group-create", body.clone()), expected, "{body}");
    }
    let groups = data(world, "group-list", json!({ "limit": 2 }));
    assert_eq!(
        groups,
        json!({ "total": 4, "data": [{ "title": "name", "id": 178 }, { "title": "Default", "id": 1 }] })
    );
}

#[test]
fn an_unknown_action_is_a_404() {
    let answer = ask(&mut world(Options::default()), "profile-fly", json!({}));
    assert_eq!((answer.status, answer.envelope.code), (404, 1001));
    assert_eq!(answer.envelope.data, Some(json!([])));
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let code_of = |seed| {
        let world = &mut world(Options { seed, profiles: 3, ..Options::default() });
        assert_eq!(world.profile_ids().last(), Some(&1643));
        let made = json!({ "profile_id": 1441, "password": "123456" });
        (data(world, "profile-transfer-code-create", made), data(world, "profile-list", json!({})))
    };
    assert_eq!(code_of(1), code_of(1));
    assert_ne!(code_of(1), code_of(2));
    let offer = code_of(1).0;
    let code = offer["transfer_code"].as_str().unwrap();
    let (left, right) = code.split_once('-').unwrap();
    assert!(
        [left, right].iter().all(|half| half.len() == 8 && half.bytes().all(|byte| byte.is_ascii_digit()))
    );
}
