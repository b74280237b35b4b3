//! Fields of a profile's fingerprint: the fields once, then a list per page.
//!
//! Not here: the endpoints.

use super::enums::OFF_ON;
use super::row::Param;

const HARDWARE_CONCURRENCY: Param = Param::digits("hardware_concurrency", "reported CPU count");
const DEVICE_MEMORY: Param = Param::digits("device_memory", "reported memory");
const UA_TYPE: Param = Param::integer("ua_type", "device class").one_of(&[(1, "desktop"), (2, "mobile")]);
const PLATFORM: Param =
    Param::text("platform", "operating system: desktop names only with ua_type 1, mobile names only with 2")
        .one_of_texts(&[("Windows", "Windows"), ("Macos", "macOS"), ("Android", "Android"), ("IOS", "iOS")]);
const BR_VERSION: Param = Param::digits("br_version", "browser major version").one_of_texts(&[
    ("88", "browser version 88"),
    ("89", "browser version 89"),
    ("90", "browser version 90"),
    ("91", "browser version 91"),
    ("92", "browser version 92"),
    ("93", "browser version 93"),
    ("94", "browser version 94"),
    ("95", "browser version 95"),
    ("96", "browser version 96"),
    ("97", "browser version 97"),
    ("98", "browser version 98"),
    ("99", "browser version 99"),
    ("100", "browser version 100"),
    ("101", "browser version 101"),
    ("102", "browser version 102"),
    ("103", "browser version 103"),
    ("104", "browser version 104"),
    ("105", "browser version 105"),
    ("106", "browser version 106"),
    ("107", "browser version 107"),
    ("108", "browser version 108"),
    ("109", "browser version 109"),
    ("110", "browser version 110"),
    ("111", "browser version 111"),
    ("112", "browser version 112"),
    ("113", "browser version 113"),
    ("114", "browser version 114"),
    ("115", "browser version 115"),
    ("116", "browser version 116"),
    ("117", "browser version 117"),
    ("118", "browser version 118"),
    ("119", "browser version 119"),
    ("120", "browser version 120"),
    ("121", "browser version 121"),
    ("122", "browser version 122"),
    ("123", "browser version 123"),
    ("124", "browser version 124"),
    ("125", "browser version 125"),
    ("126", "browser version 126"),
    ("127", "browser version 127"),
    ("128", "browser version 128"),
    ("129", "browser version 129"),
    ("130", "browser version 130"),
    ("131", "browser version 131"),
    ("132", "browser version 132"),
    ("133", "browser version 133"),
    ("134", "browser version 134"),
    ("135", "browser version 135"),
]);
const UA_INFO: Param = Param::text("ua_info", "full user agent text");
const HIDE_DEBUG_PANEL: Param =
    Param::digits("hide_debug_panel", "hides devtools panels").one_of_texts(&[("1", "on"), ("2", "off")]);
const KERNEL_VERSION: Param = Param::digits("kernel_version", "browser kernel").one_of_texts(&[
    ("0", "chosen automatically"),
    ("102", "kernel 102"),
    ("114", "kernel 114"),
    ("121", "kernel 121"),
    ("126", "kernel 126"),
    ("130", "kernel 130"),
    ("134", "kernel 134"),
]);
const LANGUAGE_TYPE: Param = Param::digits("language_type", "1 follows the access IP, 2 uses language")
    .one_of_texts(&[("1", "random"), ("2", "custom")]);
const LANGUAGE: Param = Param::text("language", "language code");
const TIMEZONE_TYPE: Param = Param::digits("timezone_type", "1 follows the access IP, 2 uses timezone")
    .one_of_texts(&[("1", "random"), ("2", "custom")]);
const TIMEZONE: Param = Param::text("timezone", "zone name");
const LOCATION: Param = Param::digits("location", "answer to geolocation prompts").one_of_texts(&[
    ("1", "ask"),
    ("2", "allow"),
    ("3", "block"),
]);
const LOCATION_TYPE: Param =
    Param::digits("location_type", "0 custom coordinates, 1 from the access IP").one_of_texts(OFF_ON);
const LONGITUDE: Param = Param::number("longitude", "custom longitude");
const LATITUDE: Param = Param::number("latitude", "custom latitude");
const ACCURACY: Param = Param::integer("accuracy", "location accuracy");
const RESOLVING_POWER_TYPE: Param =
    Param::digits("resolving_power_type", "screen size source: 1 device, 2 custom")
        .one_of_texts(&[("1", "random"), ("2", "custom")]);
const RESOLVING_POWER: Param =
    Param::text("resolving_power", "custom screen size, width and height split by a comma");
const FONTS_TYPE: Param =
    Param::digits("fonts_type", "font set source").one_of_texts(&[("1", "system default"), ("2", "custom")]);
const FONTS: Param = Param::texts("fonts", "font names");
const WEBRTC: Param = Param::digits("webrtc", "1 replaced, 2 real, 3 off").one_of_texts(&[
    ("1", "replaced"),
    ("2", "real"),
    ("3", "off"),
    ("4", "forwarded"),
    ("5", "UDP off"),
]);
const WEBGL_IMAGE: Param = Param::digits("webgl_image", "WebGL image noise").one_of_texts(OFF_ON);
const CANVAS_TYPE: Param =
    Param::digits("canvas_type", "canvas noise").one_of_texts(&[("0", "off"), ("1", "random")]);
const WEBGL_DATA_TYPE: Param = Param::digits("webgl_data_type", "WebGL metadata source").one_of_texts(&[
    ("1", "random"),
    ("2", "custom"),
    ("3", "off"),
]);
const WEBGL_FACTORY: Param = Param::text("webgl_factory", "WebGL vendor");
const WEBGL_INFO: Param = Param::text("webgl_info", "WebGL renderer");
const WEBGPU_DATA_TYPE: Param = Param::digits("webgpu_data_type", "WebGPU source").one_of_texts(&[
    ("0", "disabled"),
    ("1", "real"),
    ("2", "derived from WebGL"),
]);
const AUDIO_CONTEXT: Param = Param::digits("audio_context", "audio noise").one_of_texts(OFF_ON);
const MEDIA_EQUIPMENT: Param = Param::digits("media_equipment", "media device noise").one_of_texts(OFF_ON);
const JAVASCRIPT_MEMORY_TYPE: Param = Param::digits("javascript_memory_type", "script memory limit")
    .one_of_texts(&[("0", "default"), ("1", "maximum")]);
const CLIENT_RECTS: Param =
    Param::digits("client_rects", "client rect noise").one_of_texts(&[("0", "off"), ("1", "random")]);
const SPEECH_VOICES: Param =
    Param::digits("speech_voices", "speech voice noise").one_of_texts(&[("0", "off"), ("1", "random")]);
const DEVICE_NAME_SOURCE: Param = Param::digits("device_name_source", "0 host name, 1 random, 2 custom")
    .one_of_texts(&[("0", "off"), ("1", "on"), ("2", "custom, taken from device_name")]);
const DEVICE_NAME: Param = Param::text("device_name", "custom device name");
const TRACK: Param =
    Param::digits("track", "Do Not Track").one_of_texts(&[("0", "off"), ("1", "default"), ("2", "on")]);
const ALLOW_SCAN_PORTS: Param =
    Param::digits("allow_scan_ports", "guards against port scans").one_of_texts(OFF_ON);
const ALLOW_SCAN_PORTS_CONTENT: Param =
    Param::text("allow_scan_ports_content", "port list, 1 to 65535, split by commas");
const CLOUDFLARE_CHALLENGE_BYPASSING: Param = Param::digits(
    "cloudflare_challenge_bypassing",
    "trades some anti-detection for passing Cloudflare checks",
)
.one_of_texts(OFF_ON);

/// Page 2.
pub(super) static FINGERPRINT_OF_CREATE: &[Param] = &[
    HARDWARE_CONCURRENCY.default("4"),
    DEVICE_MEMORY.default("8"),
    UA_TYPE.default("1"),
    PLATFORM,
    BR_VERSION,
    UA_INFO,
    HIDE_DEBUG_PANEL.default("1"),
    KERNEL_VERSION,
    LANGUAGE_TYPE.default("1"),
    LANGUAGE,
    TIMEZONE_TYPE.default("1"),
    TIMEZONE,
    LOCATION.default("1"),
    LOCATION_TYPE.default("1"),
    LONGITUDE,
    LATITUDE,
    ACCURACY,
    RESOLVING_POWER_TYPE.default("1"),
    RESOLVING_POWER,
    FONTS_TYPE.default("1"),
    FONTS,
    WEBRTC.default("3"),
    WEBGL_IMAGE.default("1"),
    CANVAS_TYPE.default("1"),
    WEBGL_DATA_TYPE.default("1"),
    WEBGL_FACTORY,
    WEBGL_INFO,
    WEBGPU_DATA_TYPE.default("2"),
    AUDIO_CONTEXT.default("1"),
    MEDIA_EQUIPMENT.default("1"),
    JAVASCRIPT_MEMORY_TYPE.default("0"),
    CLIENT_RECTS.default("1"),
    SPEECH_VOICES.default("1"),
    DEVICE_NAME_SOURCE.default("1"),
    DEVICE_NAME,
    TRACK,
    ALLOW_SCAN_PORTS.default("0"),
    ALLOW_SCAN_PORTS_CONTENT,
    CLOUDFLARE_CHALLENGE_BYPASSING.default("0"),
];

/// Pages 9 and 14.
pub(super) static FINGERPRINT_OF_OPEN: &[Param] = &[
    HARDWARE_CONCURRENCY,
    DEVICE_MEMORY,
    UA_TYPE,
    PLATFORM,
    BR_VERSION,
    UA_INFO,
    HIDE_DEBUG_PANEL,
    KERNEL_VERSION,
    LANGUAGE_TYPE,
    LANGUAGE,
    TIMEZONE_TYPE,
    TIMEZONE,
    LOCATION,
    LOCATION_TYPE,
    LONGITUDE,
    LATITUDE,
    ACCURACY,
    RESOLVING_POWER_TYPE.default("1"),
    RESOLVING_POWER,
    FONTS_TYPE.default("1"),
    FONTS,
    WEBRTC,
    WEBGL_IMAGE,
    CANVAS_TYPE,
    WEBGL_DATA_TYPE,
    WEBGL_FACTORY,
    WEBGL_INFO,
    WEBGPU_DATA_TYPE,
    AUDIO_CONTEXT,
    MEDIA_EQUIPMENT,
    JAVASCRIPT_MEMORY_TYPE,
    CLIENT_RECTS,
    SPEECH_VOICES,
    DEVICE_NAME_SOURCE,
    TRACK,
    ALLOW_SCAN_PORTS,
    ALLOW_SCAN_PORTS_CONTENT,
    CLOUDFLARE_CHALLENGE_BYPASSING,
];
