//! What making, changing, moving and deleting profiles does, and their cookies and caches.
//!
//! Not here: windows, and codes that a single request provokes.

use super::profile_data::Kept;
use super::{NameForm, Options, World};
use serde_json::{Value, json};

const NOW: i64 = 1_703_759_701;

fn examples() -> World {
    World::new(Options { examples: true, ..Options::default() })
}

#[track_caller]
fn data(world: &mut World, action: &str, body: Value) -> Value {
    let Value::Object(body) = body else { unreachable!("tests give objects") };
    let answer = world.handle(action, &body, NOW);
    assert_eq!(answer.envelope.code, 0, "{action} {body:?}");
    answer.envelope.data.unwrap_or_default()
}

fn code(world: &mut World, action: &str, body: Value) -> i64 {
    let Value::Object(body) = body else { unreachable!("tests give objects") };
    world.handle(action, &body, NOW).envelope.code
}

fn created(world: &mut World, body: Value) -> i64 {
    data(world, "profile-create", body).as_i64().unwrap()
}

#[test]
fn examples_change_nothing_but_what_they_add() {
    let (bare, full) = (World::new(Options::default()), examples());
    assert_eq!(bare.profile_ids().len(), 9);
    assert!(bare.profile_ids().iter().all(|id| full.profile_ids().contains(id)));
    assert!(bare.windows.is_empty());
    let mut full = full;
    assert_eq!(created(&mut full, json!({ "name": "n" })), 13_422);
    assert_eq!(data(&mut full, "group-create", json!({ "title": "n", "sort": 0 })), json!(1836));
}

#[test]
fn a_new_profile_holds_what_was_given_and_defaults_for_the_rest() {
    let world = &mut World::new(Options::default());
    let id = created(
        world,
        json!({ "name": "n", "site_id": 21, "site_url": "http://a.example/", "color": "#000000", "group_id": "169",
            "tag": ["test", "new"], "note": "é".repeat(200), "username": "u", "password": "p", "tfa_secret": "t",
            "cookie": "[{\"name\":\"a\"}]", "proxy_config": { "proxy_mode": 2, "proxy_type": "http",
            "proxy_ip": "192.0.2.1", "proxy_port": "80", "enable_bypass": true },
            "fingerprint_config": { "hardware_concurrency": "2", "webrtc": 1 }, "preference_config": { "block_image": 1 } }),
    );
    assert_eq!(id, 1641);
    let row = world.profile_row(id).unwrap();
    let expected = json!({ "name": "n", "site_url": "http://a.example/", "color": "#000000", "group_id": 169,
        "tag_id": "14152,14153", "tag_name": "test,new", "username": "u", "password": "p", "proxy_mode": 2,
        "proxy_type": "http", "proxy_ip": "192.0.2.1", "proxy_port": "80", "proxy_id": 16_881_523, "last_open_time": 0 });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&row[field], value, "{field}");
    }
    let settings = &world.profiles[&id].settings;
    assert_eq!((settings.tfa_secret.as_str(), &settings.preferences["block_image"]), ("t", &json!(1)));
    assert_eq!(settings.fingerprint["hardware_concurrency"], json!("2"));
    assert_eq!(settings.fingerprint["platform"], json!("Windows"));
    assert_eq!(data(world, "profile-get-cookies", json!({ "profile_id": id })), json!("[{\"name\":\"a\"}]"));

    let id = created(world, json!({ "name": "n" }));
    let row = world.profile_row(id).unwrap();
    assert_eq!(
        (&row["group_id"], &row["site_url"], &row["proxy_type"]),
        (&json!(1), &json!("chrome://newtab"), &json!("direct"))
    );
    assert_eq!(data(world, "profile-get-cookies", json!({ "profile_id": id })), json!("[]"));
}

#[test]
fn an_update_changes_what_is_given_and_nothing_else() {
    let world = &mut World::new(Options::default());
    let before = world.profile_row(1267).unwrap();
    assert_eq!(data(world, "profile-update", json!({ "profile_id": 1267 })), json!("success"));
    assert_eq!(world.profile_row(1267).unwrap(), before);
    data(world, "profile-update", json!({ "profile_id": 1267, "note": "new", "tag": "test" }));
    let mut expected = before;
    expected["note"] = json!("new");
    expected["tag_id"] = json!("14152");
    expected["tag_name"] = json!("test");
    assert_eq!(world.profile_row(1267).unwrap(), expected);
    data(world, "profile-update", json!({ "profile_id": 1267, "note": "", "tag": "", "group_id": 177 }));
    let row = world.profile_row(1267).unwrap();
    assert_eq!((&row["note"], &row["tag_id"], &row["group_name"]), (&json!(""), &json!(""), &json!("Shops")));
}

#[test]
fn an_update_lays_a_proxy_over_the_one_there_is() {
    let world = &mut World::new(Options::default());
    let update = |config: Value| json!({ "profile_id": 1267, "proxy_config": config });
    data(world, "profile-update", update(json!({ "proxy_user": "u" })));
    assert_eq!(world.profile_row(1267).unwrap()["proxy_id"], json!(16_881_522));
    data(world, "profile-update", update(json!({ "proxy_port": 81 })));
    let row = world.profile_row(1267).unwrap();
    assert_eq!(
        (&row["proxy_ip"], &row["proxy_port"], &row["proxy_id"]),
        (&json!("192.0.2.7"), &json!("81"), &json!(16_881_523))
    );
    // The id of a custom proxy is no id of a bought one.
    assert_eq!(code(world, "profile-update", update(json!({ "proxy_mode": 3 }))), 1000);
    data(world, "profile-update", update(json!({ "proxy_mode": 3, "proxy_id": "72" })));
    assert_eq!(world.profile_row(1267).unwrap()["proxy_mode"], json!(3));
}

#[test]
fn a_new_number_goes_wherever_the_old_one_was() {
    let world = &mut World::new(Options { own_codes: true, ..Options::default() });
    data(world, "profile-open", json!({ "profile_id": 1606 }));
    data(world, "profile-update", json!({ "profile_id": 1606, "new_profile_id": 2000 }));
    assert_eq!(code(world, "profile-update", json!({ "profile_id": 1606 })), 2007);
    assert_eq!(data(world, "profile-opened-list", json!({}))[0]["profile_id"], json!(2000));
    assert_eq!(data(world, "profile-transfer-cancel", json!({ "profile_id": 2000 })), json!([]));
    assert_eq!(data(world, "profile-transfer-record-list", json!({}))["total"], json!(0));
    assert_eq!(created(world, json!({ "name": "n" })), 2001);
    assert_eq!(
        data(world, "profile-update", json!({ "profile_id": 2001, "new_profile_id": 2001 })),
        json!("success")
    );
    assert_eq!(code(world, "profile-update", json!({ "profile_id": 2001, "new_profile_id": -1 })), 1007);
}

#[test]
fn unique_names_bind_others_only() {
    let world = &mut World::new(Options { unique_names: true, ..Options::default() });
    assert_eq!(code(world, "profile-create", json!({ "name": "old" })), 101_004);
    assert_eq!(code(world, "profile-update", json!({ "profile_id": 161, "name": "old" })), 0);
    assert_eq!(code(world, "profile-update", json!({ "profile_id": 161, "name": "transfer" })), 102_003);
}

#[test]
fn a_random_fingerprint_is_another_one_each_time() {
    let world = &mut World::new(Options::default());
    let mut seen = Vec::new();
    for _ in 0..3 {
        assert_eq!(
            data(world, "profile-random-fingerprint-configuration", json!({ "profile_id": 161 })),
            json!("success")
        );
        let fingerprint = world.profiles[&161].settings.fingerprint.clone();
        assert!(!seen.contains(&fingerprint));
        seen.push(fingerprint);
    }
}

#[test]
fn profiles_move_together() {
    let world = &mut World::new(Options::default());
    let body = json!({ "profile_id": [161, "1263"], "group_id": 177 });
    assert_eq!(data(world, "profile-update-groups-in-batches", body), json!("success"));
    assert_eq!(data(world, "profile-list", json!({ "group_id": 177 }))["total"], json!(3));
    data(world, "profile-update-groups-in-batches", json!({ "profile_id": 161, "group_id": 1 }));
    assert_eq!(data(world, "profile-list", json!({ "group_id": 177 }))["total"], json!(2));
}

#[test]
fn the_bin_keeps_what_was_deleted_until_it_is_emptied() {
    let world = &mut World::new(Options::default());
    assert_eq!(data(world, "empty-recycle-bin", json!({})), json!(0));
    for id in [161, 1263] {
        data(world, "profile-open", json!({ "profile_id": id }));
        data(world, "profile-delete", json!({ "profile_id": id }));
    }
    assert_eq!(data(world, "profile-opened-list", json!({})), json!([]));
    assert_eq!(code(world, "profile-update", json!({ "profile_id": 1264, "new_profile_id": 161 })), 102_007);
    assert_eq!(data(world, "empty-recycle-bin", json!({ "page": 1 })), json!(2));
    assert_eq!(data(world, "empty-recycle-bin", json!({})), json!(0));
    assert_eq!(code(world, "profile-update", json!({ "profile_id": 1264, "new_profile_id": 161 })), 0);
}

#[test]
fn each_clearing_takes_its_own() {
    let all = Kept::ALL.len();
    let cases = [
        ("profile-clear-cache", json!({ "profile_id": [161] }), json!([161]), all - 2, true),
        ("profile-clear-cache-and-cookies", json!({ "profile_id": 161 }), json!([161]), all - 2, false),
        (
            "profile-clear-cache-keep-extensions",
            json!({ "profile_id": ["161"] }),
            json!([161]),
            all - 1,
            true,
        ),
        (
            "profile-clear-cloud-data",
            json!({ "profile_id": [161], "type": ["indexed_db", "extension_data"] }),
            json!([161]),
            all - 2,
            true,
        ),
        ("profile-clear-saved-user-password", json!({ "profile_id": 161 }), Value::Null, all - 1, true),
    ];
    for (action, body, reply, kept, has_cookies) in cases {
        let world = &mut World::new(Options::default());
        data(world, "profile-open", json!({ "profile_id": 161, "cookie": "[{}]" }));
        assert_eq!(world.profiles[&161].data.kept.len(), all);
        assert_eq!(data(world, action, body), reply, "{action}");
        let profile = &world.profiles[&161];
        assert_eq!(
            (profile.data.kept.len(), !profile.data.cookies.is_empty()),
            (kept, has_cookies),
            "{action}"
        );
    }
    let world = &mut World::new(Options::default());
    let cloud = |kind: Value| json!({ "profile_id": [161], "type": kind });
    assert_eq!(code(world, "profile-clear-cloud-data", cloud(json!(["cache"]))), 1007);
    assert_eq!(code(world, "profile-clear-cloud-data", cloud(json!([]))), 1000);
    assert_eq!(code(world, "profile-clear-saved-user-password", json!({ "profile_id": 9 })), 2007);
}

#[test]
fn cookies_are_replaced_and_stay_with_their_profile() {
    let world = &mut World::new(Options::default());
    let set = |cookie: &str| json!({ "profile_id": 1640, "cookie": cookie });
    assert_eq!(data(world, "profile-update-cookies", set("[{\"name\":\"a\"}]")), json!("success"));
    data(world, "profile-update-cookies", set("[\n{\"name\":\"b\"}\n]"));
    assert_eq!(
        data(world, "profile-get-cookies", json!({ "profile_id": 1640 })),
        json!("[\n{\"name\":\"b\"}\n]")
    );
    let copy = data(world, "profile-copy", json!({ "profile_id": 1640 }));
    assert_eq!(data(world, "profile-get-cookies", json!({ "profile_id": copy })), json!("[]"));
    data(world, "profile-update-cookies", set(""));
    assert_eq!(data(world, "profile-get-cookies", json!({ "profile_id": 1640 })), json!("[]"));
}

#[test]
fn the_four_proxy_actions_show_in_the_list() {
    let world = &mut examples();
    let cases = [
        (
            "profile-update-proxy-for-purchased-traffic-package",
            json!({ "proxy_mode": 1, "proxy_id": 6, "gateway": "US" }),
        ),
        ("profile-update-proxy-to-purchased-mode", json!({ "proxy_mode": 3, "proxy_id": "1" })),
        ("profile-update-proxy-for-custom-proxy", json!({ "proxy_mode": 2, "proxy_type": "direct" })),
        (
            "profile-update-proxy-for-api-extraction",
            json!({ "proxy_mode": 4, "proxy_type": "http", "proxy_service": "general", "proxy_data_format_type": "txt",
                "proxy_extraction_method": "invalid", "proxy_url": "http://192.0.2.1/" }),
        ),
    ];
    for (action, info) in cases {
        assert_eq!(data(world, action, json!({ "profile_id": 161, "proxy_info": info })), json!("success"));
        let row = world.profile_row(161).unwrap();
        assert_eq!(row["proxy_mode"], info["proxy_mode"], "{action}");
    }
    assert_eq!(world.profile_row(161).unwrap()["proxy_url"], json!("http://192.0.2.1/"));
}

#[test]
fn names_of_profiles_and_groups_are_stored_in_the_form_of_the_option() {
    let escape = Options { name_form: NameForm::Escape, ..Options::default() };
    let world = &mut World::new(escape.clone());
    let name = |world: &World, id: i64| world.profile_row(id).unwrap()["name"].clone();

    let id = created(world, json!({ "name": "a & b" }));
    assert_eq!(name(world, id), json!("a &amp; b"));
    let copy = data(world, "profile-copy", json!({ "profile_id": id, "name": "c & d" })).as_i64().unwrap();
    assert_eq!(name(world, copy), json!("c &amp; d"));
    let unnamed = data(world, "profile-copy", json!({ "profile_id": id })).as_i64().unwrap();
    assert_eq!(name(world, unnamed), json!("a &amp; b"), "the app's own name stays as it is");

    data(world, "profile-update", json!({ "profile_id": id, "name": "e & f" }));
    data(world, "profile-update", json!({ "profile_id": id, "note": "unnamed" }));
    assert_eq!(name(world, id), json!("e &amp; f"));

    world.offer("11111111-22222222", "g & h", NOW);
    let imported =
        data(world, "profile-transfer-code-import", json!({ "transfer_code": "11111111-22222222" }));
    assert_eq!(name(world, imported["profile_id"].as_i64().unwrap()), json!("g &amp; h"));

    let group = data(world, "group-create", json!({ "title": "i & j", "sort": 0 }));
    assert_eq!(world.groups[&group.as_i64().unwrap()].title, "i &amp; j");
    assert_eq!(code(world, "group-create", json!({ "title": "i & j", "sort": 0 })), 105_002);
    data(world, "group-update", json!({ "id": group, "title": "k & l" }));
    assert_eq!(world.groups[&group.as_i64().unwrap()].title, "k &amp; l");

    let world = &mut World::new(Options { unique_names: true, ..escape });
    created(world, json!({ "name": "a & b" }));
    assert_eq!(code(world, "profile-create", json!({ "name": "a & b" })), 101_004);
    assert_eq!(code(world, "profile-copy", json!({ "profile_id": 1640, "name": "a & b" })), 101_004);
}

#[test]
fn a_freed_id_is_given_again_only_where_the_option_says_so() {
    let ids = |ids_again| {
        let world = &mut World::new(Options { ids_again, ..Options::default() });
        let first = created(world, json!({ "name": "first" }));
        data(world, "profile-delete", json!({ "profile_id": first }));
        let second = created(world, json!({ "name": "second" }));
        data(world, "profile-update", json!({ "profile_id": second, "new_profile_id": 9000 }));
        let third = created(world, json!({ "name": "third" }));
        let fourth = created(world, json!({ "name": "fourth" }));

        let group = |world: &mut World, title: &str| {
            data(world, "group-create", json!({ "title": title, "sort": 0 })).as_i64().unwrap()
        };
        let old = group(world, "old");
        data(world, "group-delete", json!({ "id": old }));
        ([first, second, third, fourth], group(world, "new") - old)
    };
    assert_eq!(ids(false), ([1641, 1642, 9001, 9002], 1));
    assert_eq!(ids(true), ([1641, 1641, 1641, 9001], 0));
}

#[test]
fn a_profile_with_the_id_of_a_deleted_one_inherits_nothing_from_it() {
    let world = &mut World::new(Options { ids_again: true, examples: true, ..Options::default() });
    let password = json!("123456");
    let first = created(world, json!({ "name": "first" }));
    data(world, "profile-transfer-code-create", json!({ "profile_id": first, "password": password }));
    let records = world.records.len();
    data(world, "profile-delete", json!({ "profile_id": first }));

    assert_eq!(created(world, json!({ "name": "second" })), first);
    data(world, "profile-transfer-cancel", json!({ "profile_id": first }));
    assert_eq!(world.records.len(), records, "the record is of the deleted profile");
    assert_eq!(data(world, "empty-recycle-bin", json!({})), json!(0));
}
