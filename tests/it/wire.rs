//! What goes over the wire: the documented requests, field for field, and nothing else.

use crate::support::{ixscript, simulator};
use ixscript::api;
use ixscript::base::cancel::Cancel;
use ixscript::base::mask::Secrets;
use ixscript::calls::{Calls, Kind, Policy};
use ixscript::client::{BaseUrl, Client, Settings};
use ixscript::script::reference;
use ixscript::sim;
use serde_json::{Value, json};

/// What the simulator received while the program ran with these words.
fn sent(words: &[&str]) -> Vec<(String, Value)> {
    let options = sim::Options { examples: true, ..sim::Options::default() };
    let simulator = simulator(sim::Config { record: true, options, ..sim::Config::default() });
    let url = simulator.url();
    let output = ixscript(["--url", url, "--allow", "destructive"].iter().chain(words)).output();
    assert_eq!(output.status, 0, "{output}");
    simulator.requests()
}

#[test]
fn the_documented_example_of_every_endpoint_is_sent_as_documented() {
    for row in api::endpoints() {
        let documented: Value = serde_json::from_str(row.example).unwrap();
        let example = reference::find(row.function).unwrap().example;
        let requests = sent(&["eval", &example]);
        assert_eq!(requests, [(row.action.to_owned(), documented)], "{example}");
    }
}

#[test]
fn a_field_that_is_not_given_is_not_sent() {
    assert_eq!(
        sent(&["eval", "copy_profile(1640)"]),
        [("profile-copy".to_owned(), json!({ "profile_id": 1640 }))]
    );
    let call = ["call", "import_profile", "transfer_code=76686828-89727101"];
    let body = json!({ "transfer_code": "76686828-89727101" });
    assert_eq!(sent(&call), [("profile-transfer-code-import".to_owned(), body)]);
}

#[test]
fn a_given_proxy_gets_the_two_fields_its_page_requires() {
    let requests = sent(&[
        "call",
        "import_profile",
        "transfer_code=76686828-89727101",
        "proxy_config.proxy_mode=custom",
        "proxy_config.proxy_type=direct",
    ]);
    let proxy = json!({ "proxy_mode": 2, "proxy_type": "direct", "enable_bypass": "0", "bypass_list": "" });
    assert_eq!(requests[0].1["proxy_config"], proxy);
}

#[test]
fn nothing_is_sent_when_the_arguments_are_wrong() {
    let simulator = simulator(sim::Config { record: true, ..sim::Config::default() });
    let url = simulator.url();
    for code in ["copy_profile(#{ profil_id: 1 })", "let id = 1.5; copy_profile(id)", "delete_profile(161)"] {
        let output = ixscript(["--url", url, "eval", code]).output();
        assert_ne!(output.status, 0, "{output}");
    }
    assert_eq!(simulator.requests(), []);
}

/// The check finds such calls before a run. Should one ever slip through, it is refused where all calls are made.
#[test]
fn what_a_header_does_not_declare_is_not_sent() {
    let simulator = simulator(sim::Config { record: true, ..sim::Config::default() });
    let wait = std::time::Duration::from_secs(10);
    let url = BaseUrl::parse(simulator.url(), false).unwrap();
    let settings = Settings { url, connect_timeout: wait, timeout: wait };
    let policy = Policy {
        retries: 0,
        allow_destructive: true,
        max_writes: None,
        interval: std::time::Duration::ZERO,
        is_dry: false,
    };
    let cancel = Cancel::default();
    let calls = Calls::new(Client::new(settings, &cancel), policy, cancel, Secrets::default());
    let calls = calls.only(Some(vec!["list_groups"]));
    let arguments = json!({ "profile_id": 1640 }).as_object().unwrap().clone();
    let copy = api::by_function("copy_profile").unwrap();
    let refused = [
        calls.call(copy, arguments.clone()),
        calls.call_raw("profile-copy", arguments.clone()),
        calls.call_raw("profile-teleport", arguments),
    ];
    for failure in refused {
        assert_eq!(failure.unwrap_err().kind(), Kind::NotAllowed);
    }
    assert_eq!(simulator.requests(), []);
    calls.call(api::by_function("list_groups").unwrap(), serde_json::Map::new()).unwrap();
    assert_eq!(simulator.requests().len(), 1);
}
