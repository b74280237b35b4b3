//! The start of a world: what the examples about copying and transferring refer to, so that each of them works as written.
//!
//! Not here: anything that changes later.

use super::example_profiles;
use super::profiles::{BLANK, DEFAULT_GROUP};
use super::state::{CustomProxy, Group, Profile, Proxy, Record, Side, Terms};
use super::transfers::make_code;
use super::world::{ACCOUNT, OTHER_ACCOUNT, World};

/// The code of the example on page 27.
const IMPORTABLE: &str = "76686828-89727101";

/// The tag in the sample of page 1.
const TAG: i64 = 14152;

/// Just before the example on page 26 withdraws the code that was made then.
const CODE_MADE: i64 = 1_697_518_000;

/// A profile at the start.
struct Seeded {
    id: i64,
    name: &'static str,
    note: &'static str,
    group: i64,
    last_open_time: i64,
    proxy: fn() -> Proxy,
}

/// 161 and 1263 to 1267 are on pages 1 and 23; 1441, 1606 and 1640 are named on pages 25, 26 and 3. The sample of page 1 puts
/// 1265 into a group that no other page has; here it is in the one of page 29.
static PROFILES: &[Seeded] = &[
    Seeded { id: 161, name: "old", note: "", group: 1, last_open_time: 1_676_454_000, proxy: direct },
    Seeded { id: 1263, name: "test", note: "", group: 1, last_open_time: 1_733_209_696, proxy: direct },
    Seeded { id: 1264, name: "test", note: "", group: 1, last_open_time: 1_733_209_698, proxy: package },
    Seeded {
        id: 1265,
        name: "test",
        note: "111111111111",
        group: 169,
        last_open_time: 1_732_938_121,
        proxy: direct,
    },
    Seeded { id: 1266, name: "test", note: "", group: 1, last_open_time: 1_733_198_288, proxy: extraction },
    Seeded { id: 1267, name: "test", note: "", group: 1, last_open_time: 1_733_361_693, proxy: custom },
    Seeded {
        id: 1441,
        name: "transfer",
        note: "to be transferred",
        group: 1,
        last_open_time: 0,
        proxy: purchased,
    },
    Seeded { id: 1606, name: "transferred", note: "", group: 1, last_open_time: 0, proxy: direct },
    Seeded { id: 1640, name: "template", note: "", group: 177, last_open_time: 0, proxy: direct },
];

fn direct() -> Proxy {
    Proxy::Direct
}

fn package() -> Proxy {
    Proxy::Package("64".to_owned())
}

fn purchased() -> Proxy {
    Proxy::Purchased("72".to_owned())
}

fn extraction() -> Proxy {
    Proxy::Extraction { kind: "socks5".to_owned(), url: String::new() }
}

fn custom() -> Proxy {
    Proxy::Custom(CustomProxy {
        id: 16_881_522,
        kind: "socks5".to_owned(),
        host: "192.0.2.7".to_owned(),
        port: "1080".to_owned(),
    })
}

/// Fills an empty world.
pub(super) fn plant(world: &mut World) {
    for (id, title) in [(DEFAULT_GROUP, "Default"), (169, "Facebook1"), (177, "Shops")] {
        world.groups.insert(id, Group { title: title.to_owned(), sort: 0 });
        world.last.group = id;
    }
    world.tags.insert(TAG, "test".to_owned());
    world.last.proxy = 16_881_522;
    for seeded in PROFILES {
        let profile = Profile {
            name: seeded.name.to_owned(),
            note: seeded.note.to_owned(),
            color: world.color(),
            site_url: BLANK.to_owned(),
            last_open_time: seeded.last_open_time,
            group: seeded.group,
            tags: if seeded.id == 1265 { vec![TAG] } else { Vec::new() },
            proxy: (seeded.proxy)(),
            ..Profile::default()
        };
        // Numbered by hand, so that the new number is the one of the page.
        world.last.profile = seeded.id - 1;
        world.add_profile(profile);
    }
    plant_transfers(world);
    if world.options.examples {
        example_profiles::plant(world);
    }
    super::network::plant(world);
    for number in 1..=world.options.profiles {
        let color = world.color();
        let site_url = BLANK.to_owned();
        let name = format!("profile-{number:04}");
        world.add_profile(Profile { name, color, site_url, group: DEFAULT_GROUP, ..Profile::default() });
    }
}

/// One code that can be withdrawn (page 26), two profiles received (page 28), one code to import (page 27).
fn plant_transfers(world: &mut World) {
    world.last.record = 4;
    if let Some(profile) = world.profiles.get(&1606).cloned() {
        make_code(world, 1606, profile, Terms { proxy: false, proxy_mode: 1, note: false }, CODE_MADE);
    }
    let received = [
        ("62528043-51752649", "#CC9966", "name1", "", 1_698_605_594, 1_698_605_627),
        ("18895312-39361749", "#FF8C00", "asdfa111", "1111111111", 1_698_607_152, 1_698_607_183),
    ];
    for (code, color, name, note, created_at, receipt_time) in received {
        world.add_record(Record {
            side: Side::Received,
            code: code.to_owned(),
            profile: None,
            terms: Terms { proxy: true, proxy_mode: 2, note: true },
            color: color.to_owned(),
            name: name.to_owned(),
            note: note.to_owned(),
            username: OTHER_ACCOUNT.to_owned(),
            reception_username: ACCOUNT.to_owned(),
            created_at,
            receipt_time,
        });
    }
    world.offer(IMPORTABLE, "imported", 1_697_184_000);
}
