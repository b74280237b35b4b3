//! What can go wrong between the program and the app, made to happen by the simulator.

use crate::support::ixscript;
use expect_test::{Expect, expect};
use ixscript::api;
use ixscript::base::cancel::Cancel;
use ixscript::base::mask::Secrets;
use ixscript::calls::{Calls, Policy};
use ixscript::client::{BaseUrl, OnStop, RawReply, SendError, Transport};
use serde_json::{Map, Value, json};
use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

fn eval(faults: &str, flags: &str, code: &str, expected: &Expect) {
    let sim = format!("--sim={faults}");
    let words = [sim.as_str()].into_iter().chain(flags.split_whitespace()).chain(["eval", code]);
    expected.assert_eq(&ixscript(words).output().to_string());
}

#[test]
fn a_connection_dropped_before_the_effect_leaves_a_write_in_doubt() {
    eval(
        "fault=drop-before@copy_profile:first=1",
        "",
        "copy_profile(1640)",
        &expect![[r#"
            -- stderr
            error: `copy_profile`: the connection broke before the reply was complete
             --> <eval>:1:1
              |
            1 | copy_profile(1640)
              | ^^^^^^^^^^^^
              |
              = note: whether it was done is not known; look in ixBrowser before you do it again
            warning: a write is in doubt: it may have been done
             = help: Look in ixBrowser before you run this again.
            -- status 5
        "#]],
    );
}

#[test]
fn a_read_is_tried_again() {
    eval(
        "fault=drop-before@list_groups:first=2",
        "",
        "list_groups().len()",
        &expect![[r#"
            -- stdout
            3
            -- stderr
            `list_groups`: the connection broke before the reply was complete; trying again in ...
            `list_groups`: the connection broke before the reply was complete; trying again in ...
            -- status 0
        "#]],
    );
    eval(
        "fault=empty@list_groups:first=1",
        "",
        "list_groups().len()",
        &expect![[r#"
            -- stdout
            3
            -- stderr
            `list_groups`: the reply is empty (HTTP 200); trying again in ...
            -- status 0
        "#]],
    );
    eval(
        "fault=1004@list_groups:first=1",
        "",
        "list_groups().len()",
        &expect![[r#"
            -- stdout
            3
            -- stderr
            `list_groups`: System error, try again later (code 1004); trying again in ...
            -- status 0
        "#]],
    );
}

#[test]
fn no_reply_in_time_is_a_timeout() {
    eval(
        "fault=hang@copy_profile",
        "--timeout 300ms",
        "copy_profile(1640)",
        &expect![[r#"
            -- stderr
            error: `copy_profile`: no reply within 300 ms
             --> <eval>:1:1
              |
            1 | copy_profile(1640)
              | ^^^^^^^^^^^^
              |
              = note: whether it was done is not known; look in ixBrowser before you do it again
              = help: If the app is only slow, give it longer with --timeout 2m.
            warning: a write is in doubt: it may have been done
             = help: Look in ixBrowser before you run this again.
            -- status 5
        "#]],
    );
    eval(
        "fault=hang@list_groups",
        "--timeout 300ms --retries 0",
        "list_groups()",
        &expect![[r#"
            -- stderr
            error: `list_groups`: no reply within 300 ms
             --> <eval>:1:1
              |
            1 | list_groups()
              | ^^^^^^^^^^^
              |
              = help: If the app is only slow, give it longer with --timeout 2m.
            -- status 1
        "#]],
    );
}

#[test]
fn a_write_whose_reply_was_lost_is_not_sent_again() {
    let code = "try { copy_profile(1640) } catch { } list_profiles(#{ group_id: 1 }).len()";
    eval(
        "",
        "",
        "list_profiles(#{ group_id: 1 }).len()",
        &expect![[r#"
        -- stdout
        7
        -- status 0
    "#]],
    );
    eval(
        "fault=drop-after@copy_profile",
        "",
        code,
        &expect![[r#"
            -- stdout
            8
            -- stderr
            warning: a write is in doubt: it may have been done
             = help: Look in ixBrowser before you run this again.
            -- status 5
        "#]],
    );
}

#[test]
fn a_fault_that_is_none_is_named() {
    eval(
        "fault=drop-befor",
        "",
        "1",
        &expect![[r#"
            -- stderr
            error: --fault: there is no fault `drop-befor`, did you mean `drop-before`?
             = help: `ixscript sim --help` lists the kinds.
            -- status 2
        "#]],
    );
    eval(
        "bogus",
        "",
        "1",
        &expect![[r#"
            -- stderr
            error: --sim: `bogus` is no option of the simulator
             = help: Options are joined by commas, as in own-codes,profiles=50; `ixscript sim --help` lists them.
            -- status 2
        "#]],
    );
    eval(
        "port=1",
        "",
        "1",
        &expect![[r#"
            -- stderr
            error: --sim: the embedded simulator picks its port itself
             = help: Start `ixscript sim --port PORT` on its own, and use it with --url.
            -- status 2
        "#]],
    );
}

#[test]
fn faults_that_take_time_are_told_like_others() {
    let cases = [
        ("late=10ms@copy_profile", "copy_profile(1640)", 5),
        ("slow=1h@copy_profile", "copy_profile(1640)", 5),
        ("slow=10ms", "copy_profile(1640)", 0),
        ("away=50ms@copy_profile:nth=1", "copy_profile(1640)", 5),
        ("away=50ms:nth=1", "list_groups()", 0),
        ("close-idle", "for i in 0..3 { list_groups() }", 0),
        ("hang=1s", "1", 2),
    ];
    for (fault, code, status) in cases {
        let timeout = if fault.starts_with("slow=1h") { "200ms" } else { "1m" };
        let output = ixscript([&format!("--sim=fault={fault}"), "--timeout", timeout, "eval", code]).output();
        assert_eq!(output.status, status, "{fault}: {output}");
    }
}

#[test]
fn a_connection_closed_after_its_reply_leaves_no_write_in_doubt() {
    for jobs in ["1", "4"] {
        let code = "let ids = []; ids.pad(100, 1640); copy_profiles(ids); print(list_profiles().len())";
        let output = ixscript(["--sim=fault=close-idle", "-j", jobs, "eval", code]).output();
        assert_eq!(output.status, 0, "{output}");
    }
}

#[test]
fn a_list_that_stays_short_is_an_error() {
    eval(
        "short-list=3",
        "--retries 1",
        "list_profiles()",
        &expect![[r#"
        -- stderr
        `list_profiles`: the list is incomplete: 3 of 9 rows; trying again in ...
        error: `list_profiles`: the list is incomplete: 3 of 9 rows
         --> <eval>:1:1
          |
        1 | list_profiles()
          | ^^^^^^^^^^^^^
          |
          = note: tried 2 times
          = help: With `page` and `limit` the list gives one page as it is.
        -- status 1
    "#]],
    );
    // One page is given as it is, and so is a list that the app gives whole.
    let code = "list_profiles(#{ page: 1, limit: 100 }).len() + list_groups().len()";
    let output = ixscript(["--sim=short-list=3", "eval", code]).output();
    assert_eq!((output.status, output.stdout.as_str()), (0, "6\n"), "{output}");
}

/// Replies in this order, whatever is sent.
struct Replies(BaseUrl, Mutex<VecDeque<Value>>);

impl Transport for Replies {
    fn url(&self) -> &BaseUrl {
        &self.0
    }

    fn in_flight(&self) -> usize {
        0
    }

    fn send(&self, _: &str, _: &[u8], _: OnStop) -> Result<RawReply, SendError> {
        let data = self.1.lock().unwrap().pop_front().unwrap();
        let body = json!({ "error": { "code": 0 }, "data": data }).to_string().into_bytes();
        Ok(RawReply { status: 200, body })
    }
}

#[test]
fn a_list_that_changes_between_two_pages_is_read_again() {
    let page = |total: usize, ids: &[i64]| {
        let rows: Vec<Value> = ids.iter().map(|id| json!({ "profile_id": id })).collect();
        json!({ "total": total, "data": rows })
    };
    let cases = [
        // Deleted, created, created while another was deleted, and short for a moment.
        (vec![page(3, &[5, 4]), page(2, &[])], [page(2, &[4]), page(2, &[3])], vec![4, 3]),
        (vec![page(3, &[3, 2]), page(4, &[2, 1])], [page(3, &[3, 2]), page(3, &[1])], vec![3, 2, 1]),
        (vec![page(3, &[3, 2]), page(3, &[2])], [page(3, &[4, 3]), page(3, &[2])], vec![4, 3, 2]),
        (vec![page(3, &[3, 2]), page(3, &[])], [page(3, &[3, 2]), page(3, &[1])], vec![3, 2, 1]),
        // One was moved out of the list and another one into it, which shows only when the list is read again.
        (
            vec![page(4, &[6, 5]), page(4, &[3, 1]), page(4, &[6, 4]), page(4, &[3, 1])],
            [page(4, &[6, 4]), page(4, &[3, 1])],
            vec![6, 4, 3, 1],
        ),
    ];
    for (first, second, expected) in cases {
        let replies = first.into_iter().chain(second.clone()).chain(second).collect();
        let url = BaseUrl::parse("http://127.0.0.1:1/", false).unwrap();
        let policy = Policy {
            retries: 1,
            allow_destructive: false,
            max_writes: None,
            interval: Duration::ZERO,
            is_dry: false,
        };
        let transport = Replies(url, Mutex::new(replies));
        let calls = Calls::new(transport, policy, Cancel::default(), Secrets::default());
        let list = api::by_function("list_profiles").unwrap();
        let rows = calls.call(list, Map::new()).unwrap();
        let ids: Vec<i64> =
            rows.as_array().unwrap().iter().filter_map(|row| row["profile_id"].as_i64()).collect();
        assert_eq!(ids, expected);
    }
}

#[test]
fn options_of_the_simulator_decide_what_the_vendor_leaves_open() {
    let cases = [
        (
            "alter-names",
            "let id = create_profile(#{ name: \"abcdefghij-klmnopqrst-x\" }); get(id)",
            "abcdefghij-klmnopqrs",
        ),
        ("alter-names=escape", "let id = copy_profile(1640, #{ name: \"a & b\" }); get(id)", "a &amp; b"),
        ("short-list=3", "call_api(\"profile-list\", #{ page: 2, limit: 2 }).data.data.len()", "1"),
        ("short-list=3", "call_api(\"profile-list\", #{}).data.total", "9"),
        ("ids-again", "delete_profile(copy_profile(1640)); copy_profile(1640)", "1641"),
        (
            "others=1",
            "for i in 0..30 { list_groups() } list_profiles().some(|row| row.name.starts_with(\"other-\"))",
            "true",
        ),
        ("fault=other-account:nth=1", "get(1640)", "other template"),
        (
            "fault=other-account:nth=1,fault=other-account:nth=3",
            "get(1640) + get(1640) + get(1640)",
            "other templateother templatetemplate",
        ),
    ];
    for (options, code, expected) in cases {
        let code = format!("fn get(id) {{ list_profiles(#{{ profile_id: id }})[0].name }} {code}");
        let output =
            ixscript([&format!("--sim={options}"), "--allow", "delete_profile", "eval", &code]).output();
        assert!(output.stdout.starts_with(expected), "{options}: {output}");
    }
    for wrong in ["others=2", "others=x", "alter-names=upper", "short-list=-1", "fault=other-acount"] {
        let output = ixscript([&format!("--sim={wrong}"), "eval", "1"]).output();
        assert_eq!(output.status, 2, "{wrong}: {output}");
    }
}
