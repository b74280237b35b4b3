"""Calls every public method of the vendor's own client at least once and checks what comes back.

Usage: official_client.py URL, where URL is what `ixscript sim --examples` prints first. Prints what was called and where the
client and the documents differ: the documents win, so none of these differences is a failure. Exits with 1 when a result
is not what the documents say, a method was not called, or a known difference is gone.

Not here: the simulator and the installation of the client; that is run.sh.
"""

import inspect
import json
import sys
import warnings
from urllib.parse import urlsplit

import requests
from ixbrowser_local_api import Consts, IXBrowserClient, Profile, Proxy, __version__

PASSWORD = "123456"
IMPORTABLE = "76686828-89727101"
PACKAGE = 6
PURCHASED = 1

# Pages 4, 6 to 13, 46 and 47 show no `error.time` in a success.
NO_TIME = {
    "profile-open",
    "native-client-profile-opened-list",
    "profile-opened-list-arrange-tile",
    "profile-open-state-reset",
    "profile-open-with-random-fingerprint",
    "profile-close",
    "profile-close-in-batches",
    "profile-clear-cache",
    "profile-clear-cache-and-cookies",
    "gateway-list",
    "gateway-switch",
}

# Only the client knows these; no page says what they answer.
UNDOCUMENTED = {
    "profile-clear-cache-keep-extensions",
    "profile-clear-cloud-data",
    "profile-clear-saved-user-password",
}


class Recorder(requests.Session):
    """A session that keeps what went over the wire last."""

    def __init__(self):
        super().__init__()
        # No proxy and no credentials of the surroundings.
        self.trust_env = False
        self.sent = None
        self.reply = None
        self.count = 0
        self.action = None
        self.actions = set()

    def post(self, url, *args, **options):
        self.count += 1
        self.action = url.rsplit("/", 1)[1]
        self.actions.add(self.action)
        self.sent = options.get("json")
        self.reply = super().post(url, *args, **options)
        return self.reply


class Run:
    """The client under test, and what was found out about it."""

    def __init__(self, url):
        parts = urlsplit(url)
        self.wire = Recorder()
        self.client = IXBrowserClient(parts.hostname, parts.port, session=self.wire)
        self.called = []
        self.failures = []
        self.differences = []

    def fail(self, text):
        self.failures.append(text)

    def call(self, method, *args, **options):
        """The result of a method, whatever it is."""
        if method not in self.called:
            self.called.append(method)
        return getattr(self.client, method)(*args, **options)

    def good(self, method, expected, *args, **options):
        """The result of a method that has to succeed, with the documented reply, and give what `expected` accepts."""
        result = self.call(method, *args, **options)
        if result is None:
            status = self.wire.reply.status_code if self.wire.reply is not None else "no reply"
            self.fail(f"{method}: code {self.client.code}, {self.client.message} (HTTP {status})")
            return None
        if not expected(result):
            self.fail(f"{method}: {result!r} is not what is documented")
        self.check_reply(method)
        return result

    def check_reply(self, method):
        action = self.wire.action
        error = self.wire.reply.json()["error"]
        if error.get("message") != "success":
            self.fail(f"{method}: a success says {error.get('message')!r}")
        if action not in UNDOCUMENTED and ("time" in error) == (action in NO_TIME):
            self.fail(f"{method}: `error.time` of {action} is not as its page shows it")

    def refused(self, method, code, *args, **options):
        """A method that has to fail with a documented code, which the client has to hand over."""
        result = self.call(method, *args, **options)
        if result is not None or self.client.code != code or not self.client.message:
            self.fail(f"{method}: {result!r} with code {self.client.code} instead of code {code}")

    def differs(self, holds, text):
        """A known difference between the client and the documents, which has to be there still."""
        if holds:
            self.differences.append(text)
        else:
            self.fail(f"a known difference is gone: {text}")

    def data(self):
        """The `data` of the last reply, or the word for none at all."""
        return self.wire.reply.json().get("data", "absent")


def is_id(result):
    return type(result) is int and result > 0


def is_rows(result):
    return isinstance(result, list) and all(isinstance(row, dict) for row in result)


def has(*fields):
    return lambda result: isinstance(result, dict) and all(field in result for field in fields)


def equals(expected):
    # True equals 1 in Python, and the documents tell them apart.
    return lambda result: type(result) is type(expected) and result == expected


def has_row(field, value):
    return lambda result: is_rows(result) and any(row.get(field) == value for row in result)


SUCCESS = equals("success")


def parameters(method):
    return inspect.signature(getattr(IXBrowserClient, method)).parameters


def profiles(run):
    """Makes the two profiles that everything else is tried on."""
    profile = Profile({"name": "foreign", "group_id": 1, "note": "made by the official client"})
    profile.set_custom_page("https://example.com/")
    profile.random_color()
    proxy = Proxy()
    proxy.change_to_custom_mode()
    proxy.set_bypass_list(["*.example.com"])
    profile.proxy_config = proxy
    first = run.good("create_profile", is_id, profile)
    bypass = run.wire.sent["proxy_config"]["enable_bypass"]
    run.differs(bypass is True, "enable_bypass goes out as a boolean; the pages have digits as text")
    before = run.wire.count
    run.call("create_profile", {"name": "no entity"})
    run.differs(
        run.client.code == 1 and run.wire.count == before,
        "an argument that the client refuses is code 1, which no page has",
    )

    # The rest can still be tried where profiles cannot be made.
    first = first or 1263
    run.good("get_profile_list", has_row("profile_id", first), profile_id=first, keyword="none has this name")
    run.differs(
        run.wire.sent == {"profile_id": first},
        "get_profile_list drops page, limit and every other filter when it gets profile_id",
    )
    run.good("get_profile_list", is_rows, keyword="test", group_id=1, page=1, limit=5)
    if type(run.client.total) is not int:
        run.fail("get_profile_list: no total")
    run.good("update_profile", SUCCESS, Profile({"profile_id": first, "name": "foreign-2", "note": "changed"}))
    second = run.good("create_profile_by_copying", is_id, first, name="foreign-copy", group_id=1)
    run.refused("create_profile_by_copying", 2007, 999_999_999)
    return first, second or 1264


def windows(run, first, second):
    opened = has("debugging_address", "debugging_port", "profile_id", "pid", "ws", "webdriver")
    run.good("open_profile", opened, first)
    run.differs(
        run.wire.sent.get("args") == ["--disable-extension-welcome-page"],
        "open_profile adds --disable-extension-welcome-page to args unless told otherwise",
    )
    proxy = Proxy()
    proxy.change_to_custom_mode()
    run.good("open_profile_with_random_fingerprint", opened, second, proxy_config=proxy)
    run.differs(
        type(run.wire.sent["proxy_config"]["proxy_mode"]) is int,
        "open_profile_with_random_fingerprint sends proxy_mode as an integer; the page has text",
    )
    run.differs(
        "load_extensions" in run.wire.sent,
        "open_profile_with_random_fingerprint always sends load_extensions, which the page lacks",
    )
    run.good("get_opened_profile_list", is_rows)
    run.good("get_native_opened_profile_list", is_rows)
    run.good("arrange_tile_opened_profile", equals(True), layout=1, adaptive=1)
    run.differs(run.data() is None, "arrange_tile_opened_profile gives True; the data of the reply is null")
    run.good("close_profile", equals(True), first)
    run.differs(run.data() == "absent", "close_profile gives True; the reply has no data")
    run.good("close_profile_in_batches", lambda ids: [int(each) for each in ids] == [second], [second])
    run.good("reset_profile_open_state", equals(True), first)
    run.differs(run.data() is None, "reset_profile_open_state gives True; the data of the reply is null")
    selenium(run)


def selenium(run):
    """The one method that makes no call: it closes the windows of a driver."""

    class Switch:
        def window(self, handle):
            driver.current = handle

    class Driver:
        window_handles = ["one", "two"]
        switch_to = Switch()
        closed = []

        def close(self):
            self.closed.append(self.current)

    driver = Driver()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        run.call("close_profile_via_selenium", driver)
    if driver.closed != driver.window_handles:
        run.fail("close_profile_via_selenium: not every window was closed")


def profile_settings(run, first):
    run.good("update_profile_to_traffic_package_mode", SUCCESS, first, PACKAGE, country="us", city="Ada")
    run.differs(
        run.wire.sent["proxy_info"].get("gateway") == "Default",
        "update_profile_to_traffic_package_mode sends gateway Default when none is given",
    )
    run.good("update_profile_to_purchased_proxy_mode", SUCCESS, first, PURCHASED)
    run.good("update_profile_to_custom_proxy_mode", SUCCESS, first, "socks5", "192.0.2.50", "51095")
    run.good("update_profile_to_api_extraction_proxy_mode", SUCCESS, first, "http://192.0.2.1/proxies")
    sent = run.wire.sent["proxy_info"]
    run.differs(
        "proxy_data_json_format" in sent and sent["proxy_data_json_format"] is None,
        "update_profile_to_api_extraction_proxy_mode sends the format that is not used as null",
    )
    run.good("random_profile_fingerprint", SUCCESS, first)


def data_of_profiles(run, first, second):
    cookie = {"domain": ".example.com", "name": "a", "value": "b", "path": "/"}
    run.good("update_profile_cookie", SUCCESS, first, [cookie])
    text = run.good("get_profile_cookie", lambda text: isinstance(text, str), first)
    if text is not None and not any(each.get("name") == "a" for each in json.loads(text or "[]")):
        run.fail("get_profile_cookie: the cookie that was set is not there")
    both = [first, second]
    run.good("clear_profile_cache", equals(both), both)
    run.good("clear_profile_cache_and_cookies", equals([first]), first)
    run.differs(run.wire.sent == {"profile_id": [first]}, "the client takes a single id where the pages have arrays")
    done = lambda result: result is not None
    run.good("clear_profile_cache_keep_extensions", done, both)
    run.good("clear_profile_cloud_data", done, both, ["indexed_db", "local_storage"])
    before = run.wire.count
    run.call("clear_profile_cloud_data", both, "everything")
    run.differs(
        run.client.code == 1 and run.wire.count == before,
        "clear_profile_cloud_data refuses an unknown kind as code 1 without a call",
    )
    run.good("clear_profile_saved_user_password", equals(True), first)
    run.differs(
        UNDOCUMENTED <= run.wire.actions,
        "three methods call actions that no page has: " + ", ".join(sorted(UNDOCUMENTED)),
    )


def transfers(run, first):
    code = run.good(
        "create_profile_transfer_code", lambda code: isinstance(code, str), first, PASSWORD, transfer_proxy=True
    )
    run.differs(run.data() == {"transfer_code": code}, "create_profile_transfer_code gives the text out of the object")
    run.good("cancel_profile_transfer_code", equals([]), first)
    run.good("import_profile_via_transfer_code", has("profile_id"), IMPORTABLE)
    run.call("import_profile_via_transfer_code", "00000000-00000000")
    run.differs(
        run.wire.reply.status_code == 404
        and run.wire.reply.json()["error"]["code"] == 110002
        and (run.client.code, run.client.message) == (404, None),
        "import_profile_via_transfer_code loses the code of the API: 404 without a message instead of 110002",
    )
    run.differs(
        "group_id" not in parameters("import_profile_via_transfer_code"),
        "import_profile_via_transfer_code cannot send group_id",
    )
    received = Consts.TRANSFER_RECORD_LIST_TYPE_IMPORT
    run.good(
        "get_profile_transfer_record_list", has_row("transfer_code", IMPORTABLE), record_type=received, limit=100
    )


def groups(run, first, second):
    group = run.good("create_group", is_id, "foreign")
    run.differs(run.wire.sent.get("sort") == 0, "create_group sends sort 0 when none is given; the page requires it")
    run.refused("create_group", 105002, "foreign")
    run.good("update_group", equals(1), group, "foreign-2", sort=3)
    run.good("get_group_list", has_row("title", "foreign-2"))
    run.differs(run.wire.sent.get("limit") == 100, "lists of groups and tags ask for 100 rows; the pages' default is 10")
    without_title = ["get_group_list", "get_tag_list"]
    run.differs(
        all("title" not in parameters(each) and "name" not in parameters(each) for each in without_title),
        "get_group_list and get_tag_list cannot send title",
    )
    run.good("update_profile_groups_in_batches", SUCCESS, [first, second], group)
    run.good("update_profile_groups_in_batches", SUCCESS, [first, second], Consts.DEFAULT_GROUP_ID)
    run.good("delete_group", equals(0), group)
    run.refused("delete_group", 107002, group)


def tags(run):
    tag = run.good("create_tag", is_id, "foreign")
    run.refused("create_tag", 113002, "foreign")
    run.good("update_tag", equals(1), tag, "foreign-2", sort=1)
    run.differs("sort" in run.wire.sent, "update_tag can send sort, which the page lacks")
    run.good("get_tag_list", has_row("title", "foreign-2"))
    run.good("delete_tag", equals(0), tag)
    run.refused("delete_tag", 115002, tag)


def proxies(run):
    run.good("get_traffic_package_list", has_row("id", PACKAGE))
    run.good("get_proxy_list", has_row("id", PURCHASED), mode=2)
    label = run.good("create_proxy_tag", is_id, "foreign")
    run.refused("create_proxy_tag", 119002, "foreign")
    run.good("update_proxy_tag", equals(1), label, "foreign-2")
    run.good("get_proxy_tag_list", has_row("id", label), name="foreign-2")
    proxy = run.good("create_proxy", is_id, "http", "192.0.2.60", "8080", tag="foreign-2", note="mine")
    run.differs("proxy_user" not in run.wire.sent, "create_proxy may leave proxy_user out; the page requires it")
    run.refused("create_proxy", 103005, "http", "192.0.2.60", "8080")
    run.good("update_proxy", equals(1), proxy, note="changed")
    run.good("get_proxy_list", has_row("note", "changed"), mode=1, tag_id=label, id=proxy)
    run.differs("id" in run.wire.sent, "get_proxy_list can send id, which the page lacks")
    run.differs("proxy_ip" not in parameters("get_proxy_list"), "get_proxy_list cannot send proxy_ip")
    run.refused("delete_proxy_tag", 121003, label)
    run.good("delete_proxy", equals(1), proxy)
    run.refused("delete_proxy", 2002, proxy)
    run.good("delete_proxy_tag", equals(0), label)
    run.refused("update_proxy", 2002, proxy, note="gone")


def gateways(run):
    lines = run.good("get_gateway_list", has_row("id", "2"))
    if lines is not None:
        run.good("switch_gateway", equals(True), lines[-1]["id"])
        run.differs(run.data() is None, "switch_gateway gives True; the data of the reply is null")
    run.refused("switch_gateway", 118002, "9")


def endings(run, second):
    run.good("delete_profile", equals([]), second)
    run.refused("delete_profile", 2007, second)
    run.good("empty_recycle_bin", lambda count: type(count) is int)
    run.differs(run.wire.sent == {}, "empty_recycle_bin sends an empty object; the page marks tag_id required")
    run.call("close")


def check_coverage(run):
    methods = inspect.getmembers(IXBrowserClient, callable)
    public = {name for name, _ in methods if not name.startswith("_")}
    for name in sorted(public - set(run.called)):
        run.fail(f"{name}: not called")


def step(run, part, *args):
    """One part of the walk; what goes wrong in it is a failure of that part alone."""
    try:
        return part(run, *args)
    except Exception as problem:
        run.fail(f"{part.__name__}: {type(problem).__name__}: {problem}")
        return None


def main(url):
    run = Run(url)
    with run.client:
        first, second = step(run, profiles) or (1263, 1264)
        step(run, windows, first, second)
        step(run, profile_settings, first)
        step(run, data_of_profiles, first, second)
        step(run, transfers, first)
        step(run, groups, first, second)
        step(run, tags)
        step(run, proxies)
        step(run, gateways)
        step(run, endings, second)
    check_coverage(run)
    print(f"ixbrowser-local-api {__version__}: {len(run.called)} methods called, {run.wire.count} requests")
    for method in run.called:
        print(f"called: {method}")
    for difference in run.differences:
        print(f"difference: {difference}")
    for failure in run.failures:
        print(f"FAILED: {failure}")
    print("FAILED" if run.failures else "passed")
    return 1 if run.failures else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: official_client.py URL")
    sys.exit(main(sys.argv[1]))
