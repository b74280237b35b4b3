//! `proxy_config` of pages 2, 9 and 14, and the four actions that give a profile another proxy (pages 15 to 18).
//!
//! The pages ask for the same fields and have different codes for the same mistakes: one [`Codes`] each. Values outside their
//! lists are refused in every mode; an empty one stands for the default (not stated, so chosen).
//!
//! Not here: the proxies and traffic packages themselves, and the `proxy_config` of an import.

use super::call::{Call, Given, ILLEGAL, MISSING, NO_PROFILE, Outcome, Refusal};
use super::network;
use super::state::{CustomProxy, Proxy};
use super::world::World;
use serde_json::{Map, Value};

/// "Proxy information does not exist".
const NO_PROXY: Refusal = Refusal(2002);
/// "Residential Proxy does not exist".
const NO_PACKAGE: Refusal = Refusal(2003);
/// "Proxy method cannot be empty".
const NO_MODE: Refusal = Refusal(2009);
/// "Proxy method is not within the scope".
const BAD_MODE: Refusal = Refusal(2010);

const PACKAGE: i64 = 1;
const CUSTOM: i64 = 2;
const PURCHASED: i64 = 3;
const EXTRACTION: i64 = 4;

const TYPES: &[&str] = &["direct", "http", "https", "socks5", "ssh"];
const SERVICES: &[&str] = &["general"];
const FORMATS: &[&str] = &["txt", "json"];
const METHODS: &[&str] = &["invalid", "every_type"];
const LAYOUTS: &[&str] = &[
    "ip:port",
    "ip:port:username:password",
    "username:password@ip:port",
    "ip:port@username:password",
    "username:password:ip:port",
];
const CHECK_LINES: &[&str] = &["global_line", "cn_line"];

/// The codes of one page.
pub(super) struct Codes {
    /// The mode where none is given.
    default_mode: Option<i64>,
    no_mode: Refusal,
    bad_mode: Refusal,
    no_id: Refusal,
    no_package: Refusal,
    /// The protocol where none is given.
    default_type: Option<&'static str>,
    no_type: Refusal,
    bad_type: Refusal,
    no_host: Refusal,
    no_port: Refusal,
    /// Nothing where an empty link is taken.
    no_url: Option<Refusal>,
    bad_service: Refusal,
    bad_format: Refusal,
    bad_method: Refusal,
    bad_layout: Refusal,
    no_json_host: Refusal,
    no_json_port: Refusal,
}

/// Page 2.
pub(super) static CREATE: Codes = Codes {
    default_mode: Some(CUSTOM),
    no_mode: NO_MODE,
    bad_mode: BAD_MODE,
    no_id: Refusal(101_005),
    no_package: NO_PACKAGE,
    default_type: Some("direct"),
    no_type: Refusal(101_009),
    bad_type: Refusal(101_008),
    no_host: Refusal(101_006),
    no_port: Refusal(101_007),
    no_url: Some(Refusal(101_046)),
    bad_service: Refusal(101_043),
    bad_format: Refusal(101_044),
    bad_method: Refusal(101_045),
    bad_layout: Refusal(101_049),
    no_json_host: Refusal(101_051),
    no_json_port: Refusal(101_052),
};

/// Page 14, which lists 2002 and not 2003, 2009 and 2010, and requires no link.
pub(super) static UPDATE: Codes = Codes {
    default_mode: Some(CUSTOM),
    no_mode: Refusal(2004),
    bad_mode: ILLEGAL,
    no_id: MISSING,
    no_package: NO_PROXY,
    default_type: Some("direct"),
    no_type: ILLEGAL,
    bad_type: ILLEGAL,
    no_host: MISSING,
    no_port: MISSING,
    no_url: None,
    bad_service: Refusal(102_011),
    bad_format: Refusal(102_012),
    bad_method: Refusal(102_013),
    bad_layout: Refusal(102_014),
    no_json_host: Refusal(102_018),
    no_json_port: Refusal(102_019),
};

/// Page 9, which has no codes of its own for these.
pub(super) static OPEN: Codes = Codes {
    default_mode: None,
    no_mode: MISSING,
    bad_mode: ILLEGAL,
    no_id: MISSING,
    no_package: NO_PACKAGE,
    default_type: None,
    no_type: MISSING,
    bad_type: ILLEGAL,
    no_host: MISSING,
    no_port: MISSING,
    no_url: Some(MISSING),
    bad_service: ILLEGAL,
    bad_format: ILLEGAL,
    bad_method: ILLEGAL,
    bad_layout: ILLEGAL,
    no_json_host: MISSING,
    no_json_port: MISSING,
};

/// Pages 15 to 18. They list neither 1007 nor another code for a value that cannot be; 1007 is a choice. The link is empty in
/// the sample of page 18.
static BIND: Codes = Codes { no_mode: NO_MODE, bad_mode: BAD_MODE, no_url: None, ..OPEN };

/// The proxy that a configuration stands for.
pub(super) fn read(world: &World, config: &Call<'_>, codes: &Codes) -> Result<Proxy, Refusal> {
    check_values(config, codes)?;
    match read_mode(config, codes)? {
        PACKAGE => {
            let id = config.digits("proxy_id").required(codes.no_id).map_err(|_| codes.no_id)?;
            if network::has_package(&id) { Ok(Proxy::Package(id)) } else { Err(codes.no_package) }
        }
        CUSTOM => read_custom(config, codes),
        PURCHASED => {
            let id = config.digits("proxy_id").required(codes.no_id).map_err(|_| codes.no_id)?;
            if world.network.has_purchased(&id) { Ok(Proxy::Purchased(id)) } else { Err(NO_PROXY) }
        }
        EXTRACTION => read_extraction(config, codes),
        _ => Err(codes.bad_mode),
    }
}

/// Whether the account still has what a profile's proxy is taken from.
pub(super) fn is_there(world: &World, proxy: &Proxy) -> Result<(), Refusal> {
    match proxy {
        Proxy::Package(id) if !network::has_package(id) => Err(NO_PACKAGE),
        Proxy::Purchased(id) if !world.network.has_purchased(id) => Err(NO_PROXY),
        _ => Ok(()),
    }
}

/// `profile-update-proxy-for-purchased-traffic-package`.
pub(super) fn to_package(world: &mut World, call: &Call<'_>) -> Outcome {
    bind(world, call, PACKAGE, &["proxy_id", "gateway"])
}

/// `profile-update-proxy-to-purchased-mode`.
pub(super) fn to_purchased(world: &mut World, call: &Call<'_>) -> Outcome {
    bind(world, call, PURCHASED, &["proxy_id"])
}

/// `profile-update-proxy-for-custom-proxy`.
pub(super) fn to_custom(world: &mut World, call: &Call<'_>) -> Outcome {
    bind(world, call, CUSTOM, &["proxy_type"])
}

/// `profile-update-proxy-for-api-extraction`. `proxy_check_line`, required and with a default on its page, may be absent.
pub(super) fn to_extraction(world: &mut World, call: &Call<'_>) -> Outcome {
    const REQUIRED: [&str; 5] =
        ["proxy_type", "proxy_service", "proxy_data_format_type", "proxy_extraction_method", "proxy_url"];
    bind(world, call, EXTRACTION, &REQUIRED)
}

/// Gives a profile the proxy of `proxy_info`. No page of these lists 2001, so an empty `profile_id` is 1000. A required field
/// that is not there is 1000, an empty mode 2009, another mode than that of the page 2010.
fn bind(world: &mut World, call: &Call<'_>, mode: i64, required: &[&str]) -> Outcome {
    let id = call.integer("profile_id").required(MISSING)?;
    let info = call.object("proxy_info").required(MISSING)?;
    if required.iter().any(|name| !info.body.contains_key(*name)) {
        return Err(MISSING);
    }
    if read_mode(&info, &BIND)? != mode {
        return Err(BAD_MODE);
    }
    if !world.profiles.contains_key(&id) {
        return Err(NO_PROFILE);
    }
    let mut proxy = read(world, &info, &BIND)?;
    world.number_proxy(&mut proxy);
    if let Some(profile) = world.profiles.get_mut(&id) {
        profile.proxy = proxy;
        profile.settings.proxy.clone_from(info.body);
    }
    Ok("success".into())
}

fn read_mode(config: &Call<'_>, codes: &Codes) -> Result<i64, Refusal> {
    match config.integer("proxy_mode") {
        Given::Absent => codes.default_mode.ok_or(MISSING),
        Given::Empty => Err(codes.no_mode),
        Given::Value(mode @ PACKAGE..=EXTRACTION) => Ok(mode),
        Given::Value(_) | Given::Wrong => Err(codes.bad_mode),
    }
}

fn read_type(config: &Call<'_>, codes: &Codes) -> Result<String, Refusal> {
    match config.text("proxy_type") {
        Given::Absent => codes.default_type.map(str::to_owned).ok_or(MISSING),
        Given::Empty => Err(codes.no_type),
        Given::Value(kind) if TYPES.contains(&kind) => Ok(kind.to_owned()),
        Given::Value(_) | Given::Wrong => Err(codes.bad_type),
    }
}

fn read_custom(config: &Call<'_>, codes: &Codes) -> Result<Proxy, Refusal> {
    let kind = read_type(config, codes)?;
    if kind == "direct" {
        return Ok(Proxy::Direct);
    }
    let host = config.text("proxy_ip").optional()?.ok_or(codes.no_host)?.to_owned();
    let port = config.digits("proxy_port").optional()?.ok_or(codes.no_port)?;
    if port.parse::<u16>().is_err() {
        return Err(ILLEGAL);
    }
    Ok(Proxy::Custom(CustomProxy { id: 0, kind, host, port }))
}

fn read_extraction(config: &Call<'_>, codes: &Codes) -> Result<Proxy, Refusal> {
    let kind = read_type(config, codes)?;
    let url = config.text("proxy_url").optional()?;
    if let (None, Some(refusal)) = (url, codes.no_url) {
        return Err(refusal);
    }
    if config.text("proxy_data_format_type") == Given::Value("json")
        && let Some(format) = config.object("proxy_data_json_format").optional()?
    {
        // A key that is left out has a default.
        for (key, refusal) in [("ip", codes.no_json_host), ("port", codes.no_json_port)] {
            if format.text(key) == Given::Empty {
                return Err(refusal);
            }
        }
    }
    Ok(Proxy::Extraction { kind, url: url.unwrap_or_default().to_owned() })
}

fn check_values(config: &Call<'_>, codes: &Codes) -> Result<(), Refusal> {
    one_of(config, "proxy_service", SERVICES, codes.bad_service)?;
    one_of(config, "proxy_data_format_type", FORMATS, codes.bad_format)?;
    one_of(config, "proxy_extraction_method", METHODS, codes.bad_method)?;
    one_of(config, "proxy_data_txt_format", LAYOUTS, codes.bad_layout)?;
    one_of(config, "proxy_check_line", CHECK_LINES, ILLEGAL)?;
    for flag in ["ip_detection", "traffic_package_ip_policy", "enable_bypass"] {
        config.flag(flag).optional()?;
    }
    match config.integer("use_system_proxy").optional()? {
        None | Some(1..=3) => Ok(()),
        Some(_) => Err(ILLEGAL),
    }
}

fn one_of(config: &Call<'_>, field: &str, values: &[&str], refusal: Refusal) -> Result<(), Refusal> {
    match config.text(field) {
        Given::Absent | Given::Empty => Ok(()),
        Given::Value(value) if values.contains(&value) => Ok(()),
        Given::Value(_) | Given::Wrong => Err(refusal),
    }
}

/// The proxy of a profile with what an update gives laid over it. Another mode begins from nothing: an id means something else
/// there.
pub(super) fn overlay(proxy: &Proxy, given: &Map<String, Value>) -> Map<String, Value> {
    let mut fields = Map::new();
    proxy.add_to(&mut fields);
    let mode = |fields| Call { body: fields, now: 0 }.integer("proxy_mode");
    if given.contains_key("proxy_mode") && mode(given) != mode(&fields) {
        fields.clear();
    }
    fields.extend(given.clone());
    fields
}
