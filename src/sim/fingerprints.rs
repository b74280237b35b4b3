//! What `fingerprint_config` and `preference_config` may hold (pages 2, 9, 14), and fingerprints by chance.
//!
//! Flags come as digits in a text, as numbers or as booleans: the pages and the vendor's own client use all three. An empty
//! value stands for the default, as in the samples. A value that cannot be and has no code of its own is 1007.
//!
//! Not here: where they are kept.

use super::call::{Call, Given, ILLEGAL, Refusal};
use serde_json::{Map, Value, json};
use std::ops::RangeInclusive;

/// "Fingerprint configuration generation failed, platform cannot be empty".
const NO_PLATFORM: Refusal = Refusal(101_003);
/// "fonts type must be an array".
const NO_ARRAY: Refusal = Refusal(101_024);
/// "webgl_factory cannot be empty".
const NO_FACTORY: Refusal = Refusal(101_029);
/// "webgl_info cannot be empty".
const NO_INFO: Refusal = Refusal(101_030);
/// "device_name cannot be empty".
const NO_DEVICE_NAME: Refusal = Refusal(101_048);

const DESKTOP: i64 = 1;
const KERNELS: &[i64] = &[0, 102, 114, 121, 126, 130, 134];

/// Whose codes count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    /// Page 2.
    Create,
    /// Page 14.
    Update,
    /// Page 9, which lists 1007 alone.
    Open,
}

impl Page {
    fn code(self, create: Option<i64>, update: Option<i64>) -> Refusal {
        let own = match self {
            Self::Create => create,
            Self::Update => update,
            Self::Open => None,
        };
        own.map_or(ILLEGAL, Refusal)
    }

    /// A code that page 14 has no counterpart of.
    fn only_create(self, refusal: Refusal) -> Refusal {
        self.code(Some(refusal.0), None)
    }
}

/// A field that holds a number within bounds, and its codes on pages 2 and 14.
struct Choice {
    field: &'static str,
    allowed: RangeInclusive<i64>,
    create: Option<i64>,
    update: Option<i64>,
}

const fn choice(field: &'static str, from: i64, to: i64, create: i64) -> Choice {
    Choice { field, allowed: from..=to, create: Some(create), update: None }
}

const fn plain(field: &'static str, from: i64, to: i64) -> Choice {
    Choice { field, allowed: from..=to, create: None, update: None }
}

/// `br_version` ends where the vendor's list did when the pages were written.
static FINGERPRINT: &[Choice] = &[
    Choice { field: "ua_type", allowed: 1..=2, create: Some(101_014), update: Some(102_004) },
    choice("br_version", 88, 135, 101_017),
    choice("language_type", 1, 2, 101_018),
    choice("timezone_type", 1, 2, 101_019),
    choice("location", 1, 3, 101_020),
    choice("location_type", 0, 1, 101_021),
    choice("resolving_power_type", 1, 2, 101_022),
    choice("fonts_type", 1, 2, 101_023),
    choice("webrtc", 1, 5, 101_025),
    choice("webgl_image", 0, 1, 101_026),
    choice("canvas_type", 0, 1, 101_027),
    choice("webgl_data_type", 1, 3, 101_028),
    choice("audio_context", 0, 1, 101_031),
    choice("media_equipment", 0, 1, 101_032),
    choice("client_rects", 0, 1, 101_033),
    choice("speech_voices", 0, 1, 101_034),
    choice("track", 0, 2, 101_036),
    choice("allow_scan_ports", 0, 1, 101_037),
    plain("hide_debug_panel", 1, 2),
    plain("webgpu_data_type", 0, 2),
    plain("javascript_memory_type", 0, 1),
    plain("device_name_source", 0, 2),
    plain("cloudflare_challenge_bypassing", 0, 1),
];

static PREFERENCES: &[Choice] = &[
    plain("cookies_backup", 0, 1),
    choice("indexed_db_backup", 0, 1, 101_041),
    choice("local_storage_backup", 0, 1, 101_042),
    plain("extension_data_backup", 0, 1),
    plain("extra_tab_source", 0, 1),
    plain("block_image", 0, 1),
    plain("block_audio", 0, 1),
    plain("block_password_pages", 0, 1),
    plain("block_restore_pages", 0, 1),
    plain("block_popup_blocking", 0, 1),
    plain("load_profile_info_page", 0, 1),
    plain("show_password", 0, 1),
    plain("load_bookmarks", 0, 1),
    plain("show_bookmarks_bar", 0, 1),
];

/// Whether a `fingerprint_config` can be. `known` is the fingerprint the profile has already: what is not given is looked up
/// there.
pub(super) fn check_fingerprint(
    config: &Call<'_>,
    page: Page,
    known: Option<&Map<String, Value>>,
) -> Result<(), Refusal> {
    check_choices(config, FINGERPRINT, page)?;
    let bad_kernel = page.code(Some(101_047), Some(102_016));
    if let Some(kernel) = number(config, "kernel_version", bad_kernel)?
        && !KERNELS.contains(&kernel)
    {
        return Err(bad_kernel);
    }
    let known = known.map(|body| Call { body, now: config.now });
    check_platform(config, page, known.as_ref())?;
    if !matches!(config.body.get("fonts"), None | Some(Value::Null | Value::Array(_))) {
        return Err(page.only_create(NO_ARRAY));
    }
    needs_text(config, "webgl_data_type", "webgl_factory", page.only_create(NO_FACTORY))?;
    needs_text(config, "webgl_data_type", "webgl_info", page.only_create(NO_INFO))?;
    if page == Page::Create {
        // Pages 9 and 14 have no field for the name.
        needs_text(config, "device_name_source", "device_name", NO_DEVICE_NAME)?;
    }
    Ok(())
}

/// Whether a `preference_config` can be.
pub(super) fn check_preferences(config: &Call<'_>, page: Page) -> Result<(), Refusal> {
    check_choices(config, PREFERENCES, page)
}

/// A fingerprint for a desktop profile. Which fields chance decides is not documented: a few that pages show.
pub(super) fn at_random(random: &mut fastrand::Rng) -> Map<String, Value> {
    let version = random.u32(120..=135);
    let build = random.u32(6_000..8_000);
    let patch = random.u32(10..1_000_000);
    let agent = format!(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.{build}.{patch} \
         Safari/537.36"
    );
    let cores = ["4", "8", "12", "16"][random.usize(..4)];
    let fingerprint = json!({
        "hardware_concurrency": cores,
        "device_memory": "8",
        "ua_type": DESKTOP,
        "platform": "Windows",
        "br_version": version.to_string(),
        "ua_info": agent,
    });
    match fingerprint {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn check_choices(config: &Call<'_>, choices: &[Choice], page: Page) -> Result<(), Refusal> {
    for Choice { field, allowed, create, update } in choices {
        let refusal = page.code(*create, *update);
        if number(config, field, refusal)?.is_some_and(|number| !allowed.contains(&number)) {
            return Err(refusal);
        }
    }
    Ok(())
}

/// Platforms go with `ua_type`; the pages and appendix 53 write them with and without capitals.
fn check_platform(config: &Call<'_>, page: Page, known: Option<&Call<'_>>) -> Result<(), Refusal> {
    let kind = number(config, "ua_type", ILLEGAL)?;
    let kind = kind.or_else(|| number(known?, "ua_type", ILLEGAL).ok()?).unwrap_or(DESKTOP);
    let (platforms, refusal) = if kind == DESKTOP {
        (["windows", "macos"], page.code(Some(101_015), Some(102_005)))
    } else {
        (["android", "ios"], page.code(Some(101_016), Some(102_006)))
    };
    match config.text("platform") {
        Given::Absent => Ok(()),
        Given::Empty if page == Page::Create => Err(NO_PLATFORM),
        Given::Empty => Ok(()),
        Given::Value(platform) if platforms.iter().any(|known| known.eq_ignore_ascii_case(platform)) => {
            Ok(())
        }
        Given::Value(_) | Given::Wrong => Err(refusal),
    }
}

/// Where `source` is 2, custom, `field` must hold something.
fn needs_text(config: &Call<'_>, source: &str, field: &str, refusal: Refusal) -> Result<(), Refusal> {
    let is_custom = number(config, source, ILLEGAL)? == Some(2);
    if is_custom && !matches!(config.text(field), Given::Value(_)) {
        return Err(refusal);
    }
    Ok(())
}

fn number(config: &Call<'_>, field: &str, refusal: Refusal) -> Result<Option<i64>, Refusal> {
    match (config.body.get(field), config.integer(field)) {
        (Some(Value::Bool(flag)), _) => Ok(Some(i64::from(*flag))),
        (_, Given::Value(number)) => Ok(Some(number)),
        (_, Given::Absent | Given::Empty) => Ok(None),
        (_, Given::Wrong) => Err(refusal),
    }
}
