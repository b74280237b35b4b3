//! Open profiles (pages 4 to 11). Nothing is started: a window is a note with made-up addresses.
//!
//! Not here: what browsing leaves behind.

use super::call::{Call, ILLEGAL, MISSING, NO_PROFILE, NO_PROFILE_ID, Outcome, Refusal};
use super::fingerprints::{self, Page};
use super::options::Reopen;
use super::profile_data::{Kept, read_cookies};
use super::proxy_settings::{self, is_there};
use super::world::World;
use crate::base::clock;
use serde_json::{Value, json};

/// "Process not found".
const NO_PROCESS: Refusal = Refusal(1009);
/// "Failed to load profile configuration".
const NOT_LOADED: Refusal = Refusal(2008);
/// "The current profile is already open".
const ALREADY_OPEN: Refusal = Refusal(111_003);

/// Who opened a profile, as in the sample of page 5, which does not mask it.
const OPENED_BY: &str = "test@qq.com";
/// As in the samples of pages 4 and 9.
const GATEWAY: &str = "Current Node:US【Transit in US】...";
const DRIVER: &str = r"C:\ixBrowser-Resources\chrome\134-0001\chromedriver.exe";

/// An open profile.
#[derive(Debug, Clone)]
pub(super) struct Window {
    /// Seconds since 1970.
    pub(super) opened_at: i64,
    /// Nothing for a profile that was opened by hand or on another device: it has no addresses, and the API cannot close it
    /// (page 10).
    pub(super) process: Option<Process>,
}

/// Where the browser of a profile listens.
#[derive(Debug, Clone)]
pub(super) struct Process {
    port: u16,
    pid: u32,
    session: String,
}

impl Process {
    /// A process whose port no other window has.
    pub(super) fn start(world: &mut World) -> Self {
        let port = loop {
            let port = world.random.u16(10_000..60_000);
            let is_used = |window: &Window| window.process.as_ref().is_some_and(|other| other.port == port);
            if !world.windows.values().any(is_used) {
                break port;
            }
        };
        let digits = format!("{:032x}", world.random.u128(..));
        let session =
            [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-");
        Self { port, pid: world.random.u32(1_000..40_000), session }
    }

    /// The fields that all replies have in common.
    fn row(&self, id: i64) -> Value {
        let address = format!("127.0.0.1:{}", self.port);
        json!({
            "ws": format!("ws://{address}/devtools/browser/{}", self.session),
            "debugging_address": address,
            "debugging_port": self.port,
            "profile_id": id,
            "pid": self.pid,
            "webdriver": DRIVER,
        })
    }

    /// The reply of pages 4 and 9, which show the path of the driver with every backslash twice.
    fn opened(&self, id: i64) -> Value {
        let mut row = self.row(id);
        row["gateway"] = GATEWAY.into();
        row["webdriver"] = DRIVER.replace('\\', r"\\").into();
        row
    }
}

/// `profile-open`. A cookie that is no JSON is 1007, as page 4 does not list 2006; cookies that are given become those of the
/// profile (both chosen). A proxy is not contacted; one the account no longer has is 2002, a traffic package 2003.
pub(super) fn open(world: &mut World, call: &Call<'_>) -> Outcome {
    let id = call.integer("profile_id").required(NO_PROFILE_ID)?;
    call.flag("load_extensions").optional()?;
    call.flag("cookies_backup").optional()?;
    start(world, call, id, false)
}

/// `profile-open-with-random-fingerprint`. An empty `profile_id` is 1000, as page 9 does not list 2001. Neither the fingerprint
/// nor a proxy that is given stays with the profile (chosen).
pub(super) fn open_at_random(world: &mut World, call: &Call<'_>) -> Outcome {
    let id = call.integer("profile_id").required(MISSING)?;
    let has_own_proxy = match call.object("proxy_config").optional()? {
        Some(config) => proxy_settings::read(world, &config, &proxy_settings::OPEN).map(|_| true)?,
        None => false,
    };
    if let Some(config) = call.object("fingerprint_config").optional()? {
        fingerprints::check_fingerprint(&config, Page::Open, None)?;
    }
    start(world, call, id, has_own_proxy)
}

fn start(world: &mut World, call: &Call<'_>, id: i64, has_own_proxy: bool) -> Outcome {
    call.texts("args").optional()?;
    call.flag("load_profile_info_page").optional()?;
    let cookies = read_cookies(call).map_err(|_| ILLEGAL)?;
    let profile = world.profiles.get(&id).ok_or(NO_PROFILE)?;
    if let Some(window) = world.windows.get(&id) {
        return match (world.options.reopen, &window.process) {
            (Reopen::Repeats, Some(process)) => Ok(process.opened(id)),
            (Reopen::Fails, _) => Err(NOT_LOADED),
            _ => Err(ALREADY_OPEN),
        };
    }
    if !has_own_proxy {
        is_there(world, &profile.proxy)?;
    }
    let process = Process::start(world);
    let reply = process.opened(id);
    world.windows.insert(id, Window { opened_at: call.now, process: Some(process) });
    if let Some(profile) = world.profiles.get_mut(&id) {
        profile.last_open_time = call.now;
        profile.data.kept.extend(Kept::ALL);
        if let Some(cookies) = cookies {
            cookies.clone_into(&mut profile.data.cookies);
        }
    }
    Ok(reply)
}

/// `profile-opened-list`: however they were opened. Smallest number first, as in the sample.
pub(super) fn list(world: &mut World, _: &Call<'_>) -> Outcome {
    let row = |(id, window): (&i64, &Window)| {
        let opened_at = written(window.opened_at);
        json!({ "profile_id": id, "last_opened_user": OPENED_BY, "last_opened_time": opened_at })
    };
    Ok(world.windows.iter().map(row).collect())
}

/// `native-client-profile-opened-list`: those that were opened through the API. Page 6 repeats the codes of page 4, though
/// there is no profile to be wrong.
pub(super) fn list_native(world: &mut World, _: &Call<'_>) -> Outcome {
    let row = |(id, window): (&i64, &Window)| {
        let mut row = window.process.as_ref()?.row(*id);
        row["open_time"] = written(window.opened_at).into();
        Some(row)
    };
    Ok(world.windows.iter().filter_map(row).collect())
}

/// `profile-opened-list-arrange-tile`. Page 7 documents no failure; what is no number or no such layout is 1007. That nothing
/// is open is no failure (chosen).
pub(super) fn arrange(_: &mut World, call: &Call<'_>) -> Outcome {
    const NUMBERS: [&str; 10] = [
        "screen",
        "starting_position_x",
        "starting_position_y",
        "profile_size_width",
        "profile_size_hight",
        "profile_spacing_horizontal",
        "profile_spacing_vertical",
        "profile_deviaton_x",
        "profile_deviaton_y",
        "per_line_number_of_profiles",
    ];
    for name in NUMBERS {
        call.integer(name).optional()?;
    }
    call.flag("adaptive").optional()?;
    match call.integer("layout").optional()? {
        None | Some(1 | 2) => Ok(Value::Null),
        Some(_) => Err(ILLEGAL),
    }
}

/// `profile-open-state-reset`. Afterwards the profile counts as closed, on whatever device it was opened; one that is not open
/// is no failure (both chosen). An unknown profile is 2007, as in the sample of page 8.
pub(super) fn reset(world: &mut World, call: &Call<'_>) -> Outcome {
    let id = call.integer("profile_id").required(NO_PROFILE_ID)?;
    if !world.profiles.contains_key(&id) {
        return Err(NO_PROFILE);
    }
    world.windows.remove(&id);
    Ok(Value::Null)
}

/// `profile-close`. Only what the API opened can be closed; anything else, an unknown profile too, is 1009.
pub(super) fn close(world: &mut World, call: &Call<'_>) -> Outcome {
    let id = call.integer("profile_id").required(MISSING)?;
    if end(world, id) { Ok(Value::Null) } else { Err(NO_PROCESS) }
}

/// `profile-close-in-batches`: the numbers of those that were closed, as text; 1009 when there was none.
pub(super) fn close_some(world: &mut World, call: &Call<'_>) -> Outcome {
    let ids = call.integers("profile_id").required(MISSING)?;
    let closed: Vec<String> = ids.into_iter().filter(|id| end(world, *id)).map(|id| id.to_string()).collect();
    if closed.is_empty() { Err(NO_PROCESS) } else { Ok(closed.into()) }
}

fn end(world: &mut World, id: i64) -> bool {
    let is_ours = world.windows.get(&id).is_some_and(|window| window.process.is_some());
    is_ours && world.windows.remove(&id).is_some()
}

/// A time as pages 5 and 6 write it: without a zone. It is that of UTC+8, where the sample of page 5 fits its reply's own time.
fn written(seconds: i64) -> String {
    const ZONE: i64 = 8 * 3600;
    clock::date_and_time(seconds.saturating_add(ZONE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_in_the_sample() {
        assert_eq!(written(1_725_863_276), "2024-09-09 14:27:56");
        assert_eq!(written(951_782_399), "2000-02-29 07:59:59");
        assert_eq!(written(951_868_799 - 8 * 3600), "2000-02-29 23:59:59");
        assert_eq!(written(-8 * 3600), "1970-01-01 00:00:00");
    }
}
