//! What the examples of the pages about profiles, windows and cookies name, for worlds with `Options::examples`.
//!
//! Not here: what every world begins with.

use super::profiles::{BLANK, DEFAULT_GROUP};
use super::state::{Group, Profile};
use super::windows::{Process, Window};
use super::world::World;

/// When the profiles that are open at the start were opened: as in the sample of page 5.
const OPENED: i64 = 1_725_863_276;

/// A profile of an example, and the pages that name it. 161 is there already; 162 is not open, as the sample of page 11 has it.
static PROFILES: &[i64] = &[
    162,    // page 11
    170,    // page 20
    1196,   // page 5
    1197,   // page 5
    1342,   // page 22
    1442,   // pages 10 and 19
    1456,   // pages 12 and 13
    1457,   // pages 12 and 13
    1557,   // page 4
    1575,   // page 15
    1576,   // page 9
    1600,   // page 14
    2073,   // page 6
    11_971, // page 8
    13_421, // page 21
];

/// Open, with a process that the API can close (pages 6, 10, 11).
static OPEN: &[i64] = &[161, 1442, 2073];
/// Open on another device (pages 5, 8).
static OPEN_ELSEWHERE: &[i64] = &[1196, 1197, 11_971];

/// The reply of page 21, cut to one cookie.
const COOKIES: &str = r#"[
{"creation_time":"1691119532","domain":".baidu.com","name":"BAIDUID","value":"851E73F95773C19D133365C87AD90608:FG=1","path":"/","expiration_time":"1722583157","last_access_time":"1691119532","secure":false,"http_only":false,"same_site":"-1","priority":"1","same_party":false,"source_scheme":"2","source_port":"443","is_host_cookie":false}
]"#;

/// Adds them to a world that has its first profiles.
pub(super) fn plant(world: &mut World) {
    let (last_profile, last_group) = (world.last.profile, world.last.group);
    for (id, title) in [(12, "Amazon"), (171, "Facebook2")] {
        world.groups.insert(id, Group { title: title.to_owned(), sort: 0 });
    }
    for id in PROFILES {
        let profile = Profile {
            name: format!("example-{id}"),
            color: world.color(),
            site_url: BLANK.to_owned(),
            group: DEFAULT_GROUP,
            ..Profile::default()
        };
        // Numbered by hand, so that the new number is the one of the page.
        world.last.profile = id - 1;
        world.add_profile(profile);
    }
    if let Some(profile) = world.profiles.get_mut(&13_421) {
        COOKIES.clone_into(&mut profile.data.cookies);
    }
    for id in OPEN {
        let process = Some(Process::start(world));
        world.windows.insert(*id, Window { opened_at: OPENED, process });
    }
    for id in OPEN_ELSEWHERE {
        world.windows.insert(*id, Window { opened_at: OPENED, process: None });
    }
    world.last.profile = world.last.profile.max(last_profile);
    world.last.group = world.last.group.max(last_group).max(171);
}
