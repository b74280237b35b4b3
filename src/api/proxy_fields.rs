//! Fields of a profile's proxy, which every page asks for a little differently: the fields once, then a list per page.
//!
//! Not here: the endpoints.

use super::condition::Condition;
use super::enums::{OFF_ON, PROXY_CHECK_LINES, PROXY_MODES, PROXY_TYPES};
use super::row::Param;

/// The address of a custom proxy is required "when proxy_mode is 2, and the proxy_type is not in direct mode".
const CUSTOM_PROXY: Condition =
    Condition::All(&[Condition::Is("proxy_mode", 2), Condition::IsNotText("proxy_type", "direct")]);

const MODE: Param = Param::integer("proxy_mode", "where the proxy comes from").one_of(PROXY_MODES);
const CHECK_LINE: Param =
    Param::text("proxy_check_line", "which line probes the proxy").one_of_texts(PROXY_CHECK_LINES);
const ID: Param = Param::digits("proxy_id", "id of a bought proxy or traffic package");
const TYPE: Param = Param::text("proxy_type", "protocol").one_of_texts(PROXY_TYPES);
const IP: Param = Param::text("proxy_ip", "proxy host");
const PORT: Param = Param::digits("proxy_port", "proxy port, sent as text");
const USER: Param = Param::text("proxy_user", "proxy login").secret();
const PASSWORD: Param = Param::text("proxy_password", "proxy secret, plain text").secret();
const IP_DETECTION: Param =
    Param::digits("ip_detection", "re-read country, time zone and coordinates of the exit IP at each open")
        .one_of_texts(OFF_ON);
const TRAFFIC_PACKAGE_IP_POLICY: Param = Param::boolean(
    "traffic_package_ip_policy",
    "false holds one IP for about 5 to 60 minutes, true takes a new IP at each open",
);
const PROXY_SERVICE: Param =
    Param::text("proxy_service", "extraction supplier").one_of_texts(&[("general", "general")]);
const DATA_FORMAT_TYPE: Param = Param::text("proxy_data_format_type", "shape of the extraction reply")
    .one_of_texts(&[("txt", "txt"), ("json", "json")]);
const DATA_TXT_FORMAT: Param = Param::text("proxy_data_txt_format", "line layout of a text reply")
    .one_of_texts(&[
        ("ip:port", "field order of one text line"),
        ("ip:port:username:password", "field order of one text line"),
        ("username:password@ip:port", "field order of one text line"),
        ("ip:port@username:password", "field order of one text line"),
        ("username:password:ip:port", "field order of one text line"),
    ]);
const EXTRACTION_METHOD: Param = Param::text("proxy_extraction_method", "when another proxy is fetched")
    .one_of_texts(&[("invalid", "once the address stops working"), ("every_type", "at each opening")]);
const PROXY_URL: Param = Param::text("proxy_url", "address to extract proxies from").secret();
const USE_SYSTEM_PROXY: Param = Param::digits("use_system_proxy", "whether the system proxy applies")
    .one_of_texts(&[("1", "inherit the application-wide setting"), ("2", "on"), ("3", "off")]);
const ENABLE_BYPASS: Param = Param::digits("enable_bypass", "turns the bypass list on").one_of_texts(OFF_ON);
const BYPASS_LIST: Param = Param::text("bypass_list", "domains that skip the proxy, one per line");
const MODE_AS_TEXT: Param = Param::digits("proxy_mode", "where the proxy comes from").one_of_texts(&[
    ("1", "residential traffic package bought from the vendor"),
    ("2", "custom proxy given inline"),
    ("3", "static proxy bought from the vendor"),
    ("4", "proxy fetched from an extraction URL"),
]);
const ID_AS_NUMBER: Param = Param::integer("proxy_id", "id of a bought proxy or traffic package");
const COUNTRY: Param = Param::text("country", "exit country code");
const CITY: Param = Param::text("city", "exit city");
const GATEWAY: Param = Param::text("gateway", "residential node code").one_of_texts(&[
    ("Default", "picked automatically"),
    ("US", "United States, direct"),
    ("SG", "Singapore, direct"),
    ("AU", "Australia, direct"),
    ("CN-SG", "Singapore through China"),
    ("CN-US", "US through China, route 1"),
    ("CN-US2", "US through China, route 2"),
    ("GEO", "smart access, direct"),
    ("HK", "East Asia, direct"),
    ("SEA", "Southeast Asia, direct"),
    ("EU", "Europe, direct"),
    ("GB", "Great Britain, direct"),
    ("UA", "Australia, direct"),
    ("IN", "South Asia, direct"),
    ("TH", "Thailand, direct"),
    ("JP", "Japan, direct"),
    ("CN-HK", "East Asia through China, route 1"),
    ("CN-HK2", "East Asia through China, route 2"),
    ("CN-Mobile", "mobile node, route 1"),
    ("CN-Mobile2", "mobile node, route 2"),
]);
const ONLY_TRAFFIC_PACKAGE: Param =
    Param::integer("proxy_mode", "always 1").one_of(&[(1, "traffic_package")]);
const ONLY_PURCHASED: Param = Param::integer("proxy_mode", "always 3").one_of(&[(3, "purchased")]);
const ONLY_CUSTOM: Param = Param::integer("proxy_mode", "always 2").one_of(&[(2, "custom")]);
const ONLY_EXTRACTION: Param = Param::integer("proxy_mode", "always 4").one_of(&[(4, "extraction")]);

/// Pages 2, 9 and 18.
static JSON_FORMAT: &[Param] = &[
    Param::text("ip", "key that holds the host").default("ip"),
    Param::text("port", "key that holds the port").default("port"),
    Param::text("username", "key that holds the login").default("username"),
    Param::text("password", "key that holds the secret").default("password"),
];

/// Page 2.
pub(super) static PROXY_OF_CREATE: &[Param] = &[
    MODE.default("2"),
    CHECK_LINE.default("global_line"),
    ID.required_when(Condition::IsNot("proxy_mode", 2)),
    TYPE.default("direct"),
    IP.required_when(CUSTOM_PROXY),
    PORT.required_when(CUSTOM_PROXY),
    USER,
    PASSWORD,
    IP_DETECTION.default("0"),
    TRAFFIC_PACKAGE_IP_POLICY.default("false"),
    PROXY_SERVICE.default("general"),
    DATA_FORMAT_TYPE.default("txt"),
    DATA_TXT_FORMAT.default("ip:port"),
    Param::object("proxy_data_json_format", JSON_FORMAT, "maps proxy parts to keys of a JSON reply"),
    EXTRACTION_METHOD.default("invalid"),
    PROXY_URL.required_when(Condition::Is("proxy_mode", 4)),
    USE_SYSTEM_PROXY.default("1"),
    ENABLE_BYPASS.default("0"),
    BYPASS_LIST,
];

/// Page 9.
pub(super) static PROXY_OF_OPEN: &[Param] = &[
    MODE_AS_TEXT.required(),
    CHECK_LINE,
    ID_AS_NUMBER.required_when(Condition::IsNot("proxy_mode", 2)),
    COUNTRY,
    CITY,
    GATEWAY,
    TYPE.required_when(Condition::Is("proxy_mode", 2)),
    IP.required_when(CUSTOM_PROXY),
    PORT.required_when(CUSTOM_PROXY),
    USER,
    PASSWORD,
    PROXY_SERVICE.default("general"),
    DATA_FORMAT_TYPE,
    DATA_TXT_FORMAT.default("ip:port"),
    Param::object("proxy_data_json_format", JSON_FORMAT, "maps proxy parts to keys of a JSON reply"),
    PROXY_URL.required_when(Condition::Is("proxy_mode", 4)),
    USE_SYSTEM_PROXY,
    ENABLE_BYPASS.default("0"),
    BYPASS_LIST,
];

/// Page 14.
static JSON_FORMAT_OF_UPDATE: &[Param] = &[
    Param::text("ip", "key that holds the host"),
    Param::text("port", "key that holds the port"),
    Param::text("username", "key that holds the login"),
    Param::text("password", "key that holds the secret"),
];

/// Page 14.
pub(super) static PROXY_OF_UPDATE: &[Param] = &[
    MODE,
    CHECK_LINE.default("global_line"),
    ID.required_when(Condition::IsNot("proxy_mode", 2)),
    TYPE,
    IP.required_when(CUSTOM_PROXY),
    PORT.required_when(CUSTOM_PROXY),
    USER,
    PASSWORD,
    IP_DETECTION.default("0"),
    TRAFFIC_PACKAGE_IP_POLICY.default("false"),
    PROXY_SERVICE,
    DATA_FORMAT_TYPE,
    DATA_TXT_FORMAT,
    Param::object(
        "proxy_data_json_format",
        JSON_FORMAT_OF_UPDATE,
        "maps proxy parts to keys of a JSON reply",
    ),
    EXTRACTION_METHOD,
    PROXY_URL,
    USE_SYSTEM_PROXY,
    ENABLE_BYPASS,
    BYPASS_LIST,
];

/// Page 15.
pub(super) static PROXY_OF_TRAFFIC_PACKAGE: &[Param] =
    &[ONLY_TRAFFIC_PACKAGE.required(), ID_AS_NUMBER.required(), COUNTRY, CITY, GATEWAY.required()];

/// Page 16.
pub(super) static PROXY_OF_PURCHASED: &[Param] = &[ONLY_PURCHASED.required(), ID_AS_NUMBER.required()];

/// Page 17.
pub(super) static PROXY_OF_CUSTOM: &[Param] = &[
    ONLY_CUSTOM.required(),
    CHECK_LINE.default("global_line"),
    TYPE.required(),
    IP.required_when(Condition::IsNotText("proxy_type", "direct")),
    PORT.required_when(Condition::IsNotText("proxy_type", "direct")),
    USER,
    PASSWORD,
];

/// Page 18.
pub(super) static PROXY_OF_EXTRACTED: &[Param] = &[
    ONLY_EXTRACTION.required(),
    CHECK_LINE.default("global_line"),
    TYPE.required(),
    PROXY_SERVICE.required(),
    DATA_FORMAT_TYPE.required(),
    DATA_TXT_FORMAT.default("ip:port"),
    Param::object("proxy_data_json_format", JSON_FORMAT, "maps proxy parts to keys of a JSON reply"),
    EXTRACTION_METHOD.required(),
    PROXY_URL.required(),
];

/// Page 27.
pub(super) static PROXY_OF_IMPORT: &[Param] = &[
    MODE,
    ID.required_when(Condition::IsNot("proxy_mode", 2)),
    TYPE,
    IP.required_when(CUSTOM_PROXY),
    PORT.required_when(CUSTOM_PROXY),
    USER,
    PASSWORD,
    TRAFFIC_PACKAGE_IP_POLICY,
    // Required inside an optional object; the vendor's own client leaves them out.
    ENABLE_BYPASS.filler("0"),
    BYPASS_LIST.filler(""),
];
