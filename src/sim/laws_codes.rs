//! Laws over the codes that pages document: each can be provoked by a request, or it is said why not.
//!
//! Not here: what a success does.

use super::{Answer, Options, World};
use crate::api;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const NOW: i64 = 1_703_759_701;

/// Functions whose codes these laws cover.
const COVERED: &[&str] = &[
    "create_profile",
    "update_profile",
    "randomize_profile_fingerprint",
    "move_profiles",
    "empty_recycle_bin",
    "open_profile",
    "open_profile_with_random_fingerprint",
    "list_opened_profiles",
    "list_native_client_opened_profiles",
    "arrange_opened_profiles",
    "reset_profile_open_state",
    "close_profile",
    "close_profiles",
    "get_profile_cookies",
    "update_profile_cookies",
    "clear_profiles_cache",
    "clear_profiles_cache_and_cookies",
    "clear_profiles_cache_keep_extensions",
    "clear_profiles_cloud_data",
    "clear_profile_saved_passwords",
    "update_profile_to_traffic_package_proxy",
    "update_profile_to_purchased_proxy",
    "update_profile_to_custom_proxy",
    "update_profile_to_extracted_proxy",
    "list_profiles",
    "copy_profile",
    "delete_profile",
    "create_transfer_code",
    "cancel_transfer_code",
    "import_profile",
    "list_transfer_records",
    "list_groups",
    "create_group",
];

/// Codes that no request provokes: of a function, or of all (`*`). Faults can still give them.
const OUT_OF_REACH: &[(&str, i64, &str)] = &[
    ("*", 1003, "no proxy is contacted"),
    ("*", 1004, "the world has no errors of its own"),
    ("*", 1008, "the account may do everything"),
    ("randomize_profile_fingerprint", 1011, "a fingerprint can always be drawn"),
    ("get_profile_cookies", 1007, "an id of the wrong type is 1000, and there is no other field"),
    ("update_profile_cookies", 1007, "an id of the wrong type is 1000, cookies of the wrong type are 2006"),
    ("update_profile_cookies", 1011, "cookies can always be written"),
    ("create_profile", 2005, "adding a proxy cannot fail for its own sake"),
    ("create_profile", 101_010, "a fingerprint can always be drawn"),
    ("create_profile", 101_012, "is_cookies_cache is on no page"),
    ("create_profile", 101_013, "is_tabs_cache is on no page"),
    ("create_profile", 101_035, "product_type is on no page, and its range is not known"),
    ("update_profile", 102_015, "has the text of 102013, which comes instead"),
    ("empty_recycle_bin", 117_001, "the bin can always be emptied"),
    ("list_profiles", 1000, "no field is required"),
    ("copy_profile", 2002, "a copy is given no proxy"),
    ("copy_profile", 112_001, "a copy can always be made"),
    ("copy_profile", 112_002, "a copy can always be made"),
    ("copy_profile", 112_003, "numbers do not run out"),
    ("create_transfer_code", 1011, "a code can always be made"),
    ("create_transfer_code", 1014, "no profile is inoperable"),
    ("create_transfer_code", 109_001, "transfer_extra is on no page"),
    ("create_transfer_code", 109_002, "which transfer needs an address that is not in use is not documented"),
    ("create_transfer_code", 109_003, "which proxies cannot be transferred is not documented"),
    ("cancel_transfer_code", 1007, "an id of the wrong type is 1000, and there is no other field"),
    ("cancel_transfer_code", 1011, "a code can always be withdrawn"),
    ("cancel_transfer_code", 1012, "the action takes no password"),
    ("cancel_transfer_code", 1013, "the action takes no password"),
    ("cancel_transfer_code", 1014, "no profile is inoperable"),
    ("cancel_transfer_code", 109_001, "nothing is transferred"),
    ("cancel_transfer_code", 109_002, "nothing is transferred"),
    ("cancel_transfer_code", 109_003, "nothing is transferred"),
    ("import_profile", 1011, "a profile can always be imported"),
    ("import_profile", 1014, "no profile is inoperable"),
    ("list_native_client_opened_profiles", 1000, "there is no field"),
    ("list_native_client_opened_profiles", 1007, "there is no field"),
    ("list_native_client_opened_profiles", 2001, "there is no field"),
    ("list_native_client_opened_profiles", 2002, "nothing is opened"),
    ("list_native_client_opened_profiles", 2003, "nothing is opened"),
    ("list_native_client_opened_profiles", 2007, "there is no field"),
    ("list_native_client_opened_profiles", 2008, "nothing is opened"),
];

/// A request that provokes a code, and the requests before it.
struct Case {
    function: &'static str,
    code: i64,
    before: Vec<(&'static str, Value)>,
    body: Value,
}

fn case(function: &'static str, code: i64, body: Value) -> Case {
    Case { function, code, before: Vec::new(), body }
}

fn cases() -> Vec<Case> {
    let mut cases = created();
    cases.extend(updated());
    cases.extend(opened());
    cases.extend(copied_and_transferred());
    cases.extend(rebound());
    cases.extend(others());
    cases
}

fn created() -> Vec<Case> {
    let with = |code, field: &str, value: Value| {
        let mut body = json!({ "name": "n" });
        body[field] = value;
        case("create_profile", code, body)
    };
    let proxy = |code, value: Value| with(code, "proxy_config", value);
    let print = |code, value: Value| with(code, "fingerprint_config", value);
    let preference = |code, value: Value| with(code, "preference_config", value);
    let mut cases = vec![
        case("create_profile", 1000, json!({})),
        case("create_profile", 101_001, json!({ "name": "" })),
        with(1007, "site_id", json!(23)),
        with(101_011, "site_id", json!(21)),
        with(101_002, "group_id", json!("")),
        with(101_039, "group_id", json!(9)),
        with(101_004, "name", json!("test")),
        with(101_040, "note", json!("n".repeat(201))),
        with(2006, "cookie", json!("{}")),
        with(2004, "proxy_config", json!({})),
        proxy(2009, json!({ "proxy_mode": "" })),
        proxy(2010, json!({ "proxy_mode": 5 })),
        proxy(2003, json!({ "proxy_mode": 1, "proxy_id": "9" })),
        proxy(2002, json!({ "proxy_mode": 3, "proxy_id": "9" })),
        proxy(101_005, json!({ "proxy_mode": 3, "proxy_id": "" })),
        proxy(101_006, json!({ "proxy_type": "http", "proxy_port": "80" })),
        proxy(101_007, json!({ "proxy_type": "http", "proxy_ip": "192.0.2.1" })),
        proxy(101_008, json!({ "proxy_type": "ftp" })),
        proxy(101_009, json!({ "proxy_type": "" })),
        proxy(101_043, json!({ "proxy_service": "other" })),
        proxy(101_044, json!({ "proxy_data_format_type": "xml" })),
        proxy(101_045, json!({ "proxy_extraction_method": "never" })),
        proxy(101_046, json!({ "proxy_mode": 4, "proxy_url": "" })),
        proxy(101_049, json!({ "proxy_data_txt_format": "ip" })),
        print(101_003, json!({ "platform": "" })),
        print(101_014, json!({ "ua_type": 3 })),
        print(101_015, json!({ "ua_type": 1, "platform": "Android" })),
        print(101_016, json!({ "ua_type": 2, "platform": "Windows" })),
        print(101_024, json!({ "fonts": "Arial" })),
        print(101_029, json!({ "webgl_data_type": "2", "webgl_info": "x" })),
        print(101_030, json!({ "webgl_data_type": "2", "webgl_factory": "x" })),
        print(101_047, json!({ "kernel_version": "103" })),
        print(101_048, json!({ "device_name_source": "2", "device_name": "" })),
        preference(101_041, json!({ "indexed_db_backup": "2" })),
        preference(101_042, json!({ "local_storage_backup": "2" })),
        Case {
            before: vec![("profile-update", json!({ "profile_id": 161, "new_profile_id": 2_147_483_647 }))],
            ..with(101_038, "note", json!(""))
        },
    ];
    for (code, key) in [(101_051, "ip"), (101_052, "port")] {
        cases.push(proxy(code, extraction(key)));
    }
    let ranges = [
        (101_017, "br_version"),
        (101_018, "language_type"),
        (101_019, "timezone_type"),
        (101_020, "location"),
        (101_021, "location_type"),
        (101_022, "resolving_power_type"),
        (101_023, "fonts_type"),
        (101_025, "webrtc"),
        (101_026, "webgl_image"),
        (101_027, "canvas_type"),
        (101_028, "webgl_data_type"),
        (101_031, "audio_context"),
        (101_032, "media_equipment"),
        (101_033, "client_rects"),
        (101_034, "speech_voices"),
        (101_036, "track"),
        (101_037, "allow_scan_ports"),
    ];
    for (code, field) in ranges {
        let mut config = json!({});
        config[field] = json!("9");
        cases.push(print(code, config));
    }
    cases
}

/// Settings for an extraction that lack the name of a key.
fn extraction(key: &str) -> Value {
    let mut format = json!({ "ip": "ip", "port": "port" });
    format[key] = json!("");
    json!({ "proxy_mode": 4, "proxy_type": "http", "proxy_url": "http://192.0.2.1/", "proxy_data_format_type": "json",
        "proxy_data_json_format": format })
}

fn updated() -> Vec<Case> {
    let with = |code, field: &str, value: Value| {
        let mut body = json!({ "profile_id": 1600 });
        body[field] = value;
        case("update_profile", code, body)
    };
    let proxy = |code, value: Value| with(code, "proxy_config", value);
    let print = |code, value: Value| with(code, "fingerprint_config", value);
    vec![
        case("update_profile", 1000, json!({ "name": "n" })),
        with(102_001, "profile_id", json!("")),
        with(2007, "profile_id", json!(9)),
        with(1007, "site_id", json!(0)),
        with(2004, "fingerprint_config", json!(null)),
        with(102_003, "name", json!("test")),
        with(102_007, "new_profile_id", json!(161)),
        with(102_008, "new_profile_id", json!(2_147_483_648_i64)),
        with(102_009, "group_id", json!(9)),
        with(102_010, "note", json!("n".repeat(201))),
        proxy(2002, json!({ "proxy_mode": 1, "proxy_id": "9" })),
        proxy(102_011, json!({ "proxy_service": "other" })),
        proxy(102_012, json!({ "proxy_data_format_type": "xml" })),
        proxy(102_013, json!({ "proxy_extraction_method": "never" })),
        proxy(102_014, json!({ "proxy_data_txt_format": "ip" })),
        proxy(102_018, extraction("ip")),
        proxy(102_019, extraction("port")),
        print(102_004, json!({ "ua_type": 3 })),
        print(102_005, json!({ "platform": "IOS" })),
        print(102_006, json!({ "ua_type": 2, "platform": "Macos" })),
        print(102_016, json!({ "kernel_version": "103" })),
    ]
}

fn opened() -> Vec<Case> {
    let mut cases = Vec::new();
    for function in ["open_profile", "open_profile_with_random_fingerprint"] {
        cases.extend([
            case(function, 1000, json!({})),
            case(function, 1007, json!({ "profile_id": 1557, "args": [1] })),
            case(function, 2007, json!({ "profile_id": 9 })),
        ]);
        for (code, mode) in [(2003, 1), (2002, 3)] {
            // An imported profile may have a proxy that the account does not.
            let config =
                json!({ "proxy_mode": mode, "proxy_id": "9", "enable_bypass": "0", "bypass_list": "" });
            let import = json!({ "transfer_code": "76686828-89727101", "proxy_config": config });
            let before = vec![("profile-transfer-code-import", import)];
            cases.push(Case { before, ..case(function, code, json!({ "profile_id": 13_422 })) });
        }
    }
    cases.push(case("open_profile", 2001, json!({ "profile_id": "" })));
    cases.push(case("open_profile", 2008, json!({ "profile_id": 1442 })));
    cases
}

fn copied_and_transferred() -> Vec<Case> {
    let code = "76686828-89727101";
    // The code that the example of page 26 withdraws is the account's own.
    let own = World::new(Options { examples: true, ..Options::default() }).records[&5].code.clone();
    vec![
        case("list_profiles", 1007, json!({ "page": "x" })),
        case("copy_profile", 1000, json!({})),
        case("copy_profile", 1007, json!({ "profile_id": 1640, "site_id": 99 })),
        case("copy_profile", 2004, json!({ "profile_id": 1640, "site_id": "" })),
        case("copy_profile", 2007, json!({ "profile_id": 404 })),
        case("copy_profile", 112_004, json!({ "profile_id": 1640, "group_id": "x" })),
        case("copy_profile", 112_005, json!({ "profile_id": 1640, "group_id": 999 })),
        case("copy_profile", 112_006, json!({ "profile_id": 1640, "site_id": 21 })),
        case("delete_profile", 1000, json!({})),
        case("delete_profile", 2001, json!({ "profile_id": "" })),
        case("create_transfer_code", 1000, json!({})),
        case(
            "create_transfer_code",
            1007,
            json!({ "profile_id": 1441, "password": "123456", "transfer_note": [] }),
        ),
        case("create_transfer_code", 1012, json!({ "profile_id": 1441, "password": "" })),
        case("create_transfer_code", 1013, json!({ "profile_id": 1441, "password": "wrong" })),
        case("create_transfer_code", 2001, json!({ "profile_id": "", "password": "123456" })),
        case("cancel_transfer_code", 1000, json!({})),
        case("cancel_transfer_code", 2001, json!({ "profile_id": "" })),
        case("import_profile", 1000, json!({})),
        case("import_profile", 1007, json!({ "transfer_code": code, "group_id": [] })),
        case("import_profile", 110_001, json!({ "transfer_code": "" })),
        case("import_profile", 110_002, json!({ "transfer_code": "00000000-00000000" })),
        case("import_profile", 110_003, json!({ "transfer_code": own })),
        case("import_profile", 110_004, json!({ "transfer_code": code, "group_id": 999 })),
        case("create_group", 1000, json!({})),
        case("create_group", 105_001, json!({ "title": "", "sort": 0 })),
        case("create_group", 105_002, json!({ "title": "Default", "sort": 0 })),
        case("create_group", 105_003, json!({ "title": "n", "sort": "" })),
    ]
}

fn rebound() -> Vec<Case> {
    let pages = [
        (
            "update_profile_to_traffic_package_proxy",
            json!({ "proxy_mode": 1, "proxy_id": 9, "gateway": "Default" }),
        ),
        ("update_profile_to_purchased_proxy", json!({ "proxy_mode": 3, "proxy_id": 9 })),
        (
            "update_profile_to_custom_proxy",
            json!({ "proxy_mode": 2, "proxy_type": "http", "proxy_ip": "192.0.2.1", "proxy_port": 80 }),
        ),
        (
            "update_profile_to_extracted_proxy",
            json!({ "proxy_mode": 4, "proxy_type": "http", "proxy_service": "general", "proxy_data_format_type": "txt",
                "proxy_extraction_method": "invalid", "proxy_url": "" }),
        ),
    ];
    let mut cases = Vec::new();
    for (function, info) in pages {
        let with_mode = |mode: Value| {
            let mut info = info.clone();
            info["proxy_mode"] = mode;
            json!({ "profile_id": 1575, "proxy_info": info })
        };
        cases.extend([
            case(function, 1000, json!({ "profile_id": 1575 })),
            case(function, 2007, json!({ "profile_id": 9, "proxy_info": info })),
            case(function, 2009, with_mode(json!(""))),
            case(function, 2010, with_mode(json!(5))),
        ]);
        let body = json!({ "profile_id": 1575, "proxy_info": info });
        match info["proxy_mode"].as_i64() {
            Some(1) => cases.push(case(function, 2003, body)),
            Some(3) => cases.push(case(function, 2002, body)),
            _ => {}
        }
    }
    cases
}

fn others() -> Vec<Case> {
    let empty = || json!({ "profile_id": "" });
    let unknown = || json!({ "profile_id": 9 });
    let mut cases = vec![
        case("randomize_profile_fingerprint", 1000, json!({})),
        case("randomize_profile_fingerprint", 2007, unknown()),
        case("move_profiles", 1000, json!({ "profile_id": [170] })),
        case("move_profiles", 1011, json!({ "profile_id": [170], "group_id": 9 })),
        case("move_profiles", 2001, json!({ "profile_id": [], "group_id": 171 })),
        case("move_profiles", 2007, json!({ "profile_id": [170, 9], "group_id": 171 })),
        case("empty_recycle_bin", 1007, json!({ "page": "x" })),
        case("reset_profile_open_state", 1000, json!({})),
        case("reset_profile_open_state", 2001, empty()),
        case("close_profile", 1000, json!({})),
        case("close_profile", 1009, json!({ "profile_id": 162 })),
        case("close_profiles", 1000, json!({ "profile_id": [] })),
        // Open, but not through the API.
        case("close_profiles", 1009, json!({ "profile_id": ["162", "1196"] })),
        case("get_profile_cookies", 1000, json!({ "profile_id": [] })),
        case("get_profile_cookies", 2001, empty()),
        case("get_profile_cookies", 2007, unknown()),
        case("update_profile_cookies", 1000, json!({ "profile_id": 1342 })),
        case("update_profile_cookies", 2001, json!({ "profile_id": null, "cookie": "[]" })),
        case("update_profile_cookies", 2006, json!({ "profile_id": 1342, "cookie": "[1]" })),
        case("update_profile_cookies", 2007, json!({ "profile_id": 9, "cookie": "[]" })),
    ];
    for function in ["clear_profiles_cache", "clear_profiles_cache_and_cookies"] {
        cases.push(case(function, 1000, json!({ "profile_id": [] })));
        cases.push(case(function, 2007, json!({ "profile_id": [1456, 9] })));
    }
    cases
}

/// What a refusal must leave alone.
fn state(world: &World) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?}",
        world.profiles, world.windows, world.bin, world.groups, world.tags, world.records
    )
}

fn ask(world: &mut World, action: &str, body: &Value) -> Answer {
    world.handle(action, body.as_object().unwrap(), NOW)
}

#[test]
fn every_code_in_reach_is_provoked_and_does_nothing() {
    for Case { function, code, before, body } in cases() {
        let unique_names = matches!(code, 101_004 | 102_003);
        let reopen = if code == 2008 { super::Reopen::Fails } else { super::Reopen::Refused };
        let mut world = World::new(Options { examples: true, unique_names, reopen, ..Options::default() });
        for (action, body) in &before {
            assert_eq!(ask(&mut world, action, body).envelope.code, 0, "{function} {code}: {action}");
        }
        let (row, earlier) = (api::by_function(function).unwrap(), state(&world));
        let answer = ask(&mut world, row.action, &body);
        assert_eq!(answer.envelope.code, code, "{function} {body}");
        assert_eq!(state(&world), earlier, "{function} {code}");
    }
}

#[test]
fn every_row_stands_under_one_of_the_two_laws_of_codes() {
    for row in api::endpoints() {
        let here = COVERED.contains(&row.function);
        let there = super::proxy_laws::rows().any(|other| other.action == row.action);
        assert!(here || there, "{}", row.function);
    }
}

#[test]
fn every_documented_code_is_provoked_or_out_of_reach() {
    let cases = cases();
    for function in COVERED {
        let documented: BTreeSet<i64> =
            api::by_function(function).unwrap().documented_codes().map(|code| code.number).collect();
        let provoked: BTreeSet<i64> =
            cases.iter().filter(|case| case.function == *function).map(|case| case.code).collect();
        let unreachable: BTreeSet<i64> = OUT_OF_REACH
            .iter()
            .filter(|(of, code, _)| *of == *function || *of == "*" && documented.contains(code))
            .map(|(_, code, _)| *code)
            .collect();
        assert!(provoked.is_disjoint(&unreachable), "{function}");
        let accounted: BTreeSet<i64> = provoked.union(&unreachable).copied().collect();
        assert_eq!(accounted, documented, "{function}");
    }
}
