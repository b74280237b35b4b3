//! What happens to a world that no call of the client asked for: another actor works in the account, or another account logs in
//! at the same address.
//!
//! Not here: when that happens, which is up to [`Options::others`], the fault `other-account`, and
//! whoever owns the world.

use super::call::{Call, Outcome};
use super::options::Options;
use super::profiles::{self, BLANK, DEFAULT_GROUP};
use super::state::{Group, Profile};
use super::world::World;
use super::{network, profile_edits};
use serde_json::{Value, json};

/// The profiles of the other account: ids that the first account has too, with other names.
const OTHER_PROFILES: &[(i64, &str, i64)] = &[(1263, "other", DEFAULT_GROUP), (1640, "other template", 177)];
/// Its groups.
const OTHER_GROUPS: &[(i64, &str)] = &[(DEFAULT_GROUP, "Default"), (177, "Other shops")];

/// What another actor did, and the profile it concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherAct {
    /// Created a profile with a name of its own.
    Created(i64),
    /// Created a profile with the name of an existing one.
    CreatedNamesake(i64),
    /// Changed the name of a profile.
    Renamed(i64),
    /// Moved a profile to a group, which can be the one that it was in.
    Moved(i64),
    /// Deleted a profile.
    Deleted(i64),
}

impl World {
    /// Does one random thing that a colleague, or the user in the app, could do: creates a profile, creates one with the name of an
    /// existing one, or renames, moves or deletes a profile. Half of the time it concerns the newest profile.
    ///
    /// Draws from the chance of this world, and uses up no quota. Returns what was done; `None` if the world refused it or has
    /// no profile for it.
    pub fn act_as_other(&mut self, now_seconds: i64) -> Option<OtherAct> {
        let choice = self.random.u32(..5);
        let name = format!("other-{:04}", self.random.u32(..10_000));
        let group = pick(&mut self.random, self.groups.keys())?;
        let newest = self.profiles.keys().next_back().copied().filter(|_| self.random.bool());
        let profile = newest.or_else(|| pick(&mut self.random, self.profiles.keys()));

        let id = if choice == 0 { None } else { Some(profile?) };
        let (run, body, act): (Run, Value, fn(i64) -> OtherAct) = match (choice, id) {
            (_, None) => {
                (profile_edits::create, json!({ "name": name, "group_id": group }), OtherAct::Created)
            }
            (1, Some(id)) => {
                let name = &self.profiles.get(&id)?.name;
                let body = json!({ "name": name, "group_id": group });
                (profile_edits::create, body, OtherAct::CreatedNamesake)
            }
            (2, Some(id)) => {
                (profile_edits::update, json!({ "profile_id": id, "name": name }), OtherAct::Renamed)
            }
            (3, Some(id)) => {
                let body = json!({ "profile_id": [id], "group_id": group });
                (profile_edits::move_to_group, body, OtherAct::Moved)
            }
            (_, Some(id)) => (profiles::delete, json!({ "profile_id": id }), OtherAct::Deleted),
        };
        let result = run(self, &Call { body: body.as_object()?, now: now_seconds }).ok()?;
        Some(act(id.filter(|_| choice != 1).or_else(|| result.as_i64())?))
    }

    /// Logs in to the other account at the same address, or back to the first one, which is then as it was left.
    ///
    /// The other account begins with two profiles whose ids the first account has too, and gives new profiles and groups the ids
    /// that the first account gave or gives. Both have the same options. A transfer code of one is unknown to the other.
    pub fn switch_account(&mut self) {
        let other =
            self.other_account.take().unwrap_or_else(|| Box::new(Self::of_other_account(&self.options)));
        let first = std::mem::replace(self, *other);
        self.options.clone_from(&first.options);
        self.other_account = Some(Box::new(first));
    }

    fn of_other_account(options: &Options) -> Self {
        let mut world = Self::empty(options.clone());
        world.random = fastrand::Rng::with_seed(options.seed.wrapping_add(1));
        world.last = Self::new(options.clone()).last;
        for (id, title) in OTHER_GROUPS {
            world.groups.insert(*id, Group { title: (*title).to_owned(), sort: 0 });
        }
        for (id, name, group) in OTHER_PROFILES {
            let profile = Profile {
                name: (*name).to_owned(),
                color: world.color(),
                site_url: BLANK.to_owned(),
                group: *group,
                ..Profile::default()
            };
            world.profiles.insert(*id, profile);
        }
        network::plant(&mut world);
        world
    }
}

type Run = fn(&mut World, &Call<'_>) -> Outcome;

/// One of the ids; `None` if there is none.
fn pick<'a>(random: &mut fastrand::Rng, mut ids: impl ExactSizeIterator<Item = &'a i64>) -> Option<i64> {
    if ids.len() == 0 { None } else { ids.nth(random.usize(..ids.len())).copied() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const NOW: i64 = 1_703_759_701;

    fn data(world: &mut World, action: &str, body: &Value) -> Value {
        let answer = world.handle(action, body.as_object().unwrap(), NOW);
        assert_eq!(answer.envelope.code, 0, "{action} {body}");
        answer.envelope.data.unwrap_or_default()
    }

    fn names(world: &World) -> Vec<(i64, String)> {
        let name = |id: &i64| world.profiles[id].name.clone();
        world.profile_ids().iter().map(|id| (*id, name(id))).collect()
    }

    #[test]
    fn another_actor_does_each_thing_it_can_and_says_which() {
        let mut world = World::new(Options { profiles: 50, ..Options::default() });
        let mut seen = BTreeSet::new();
        for _ in 0..200 {
            let before = world.clone();
            let Some(act) = world.act_as_other(NOW) else { continue };
            let (old, new) = (&before.profiles, &world.profiles);
            match act {
                OtherAct::Created(id) => {
                    assert!(!old.contains_key(&id) && new[&id].name.starts_with("other-"));
                    seen.insert("created");
                }
                OtherAct::CreatedNamesake(id) => {
                    assert!(!old.contains_key(&id) && before.has_name(&new[&id].name));
                    seen.insert("namesake");
                }
                OtherAct::Renamed(id) => {
                    assert!(old.contains_key(&id) && new[&id].name.starts_with("other-"));
                    seen.insert("renamed");
                }
                OtherAct::Moved(id) => {
                    assert_eq!(old[&id].name, new[&id].name);
                    if old[&id].group != new[&id].group {
                        seen.insert("moved");
                    }
                }
                OtherAct::Deleted(id) => {
                    assert!(old.contains_key(&id) && !new.contains_key(&id));
                    seen.insert("deleted");
                }
            }
        }
        assert_eq!(seen.len(), 5, "{seen:?}");
    }

    #[test]
    fn another_actor_without_profiles_or_with_a_full_plan_of_refusals_never_panics() {
        let mut world = World::empty(Options::default());
        assert_eq!(world.act_as_other(NOW), None);
        let mut world = World::new(Options { unique_names: true, ..Options::default() });
        for _ in 0..500 {
            world.act_as_other(NOW);
        }
    }

    #[test]
    fn the_share_of_others_decides_how_often_they_act_and_repeats_with_the_seed() {
        let acts = |others, seed| {
            let mut world = World::new(Options { others, seed, profiles: 30, ..Options::default() });
            for _ in 0..40 {
                data(&mut world, "profile-list", &json!({}));
            }
            names(&world)
        };
        assert_eq!(acts(0.0, 0), names(&World::new(Options { profiles: 30, ..Options::default() })));
        assert_eq!(acts(0.5, 7), acts(0.5, 7));
        assert_ne!(acts(0.5, 7), acts(0.5, 8));
        assert_ne!(acts(0.5, 7), acts(0.0, 7));
    }

    #[test]
    fn the_other_account_gives_the_same_ids_and_the_first_one_comes_back_as_it_was() {
        let mut world = World::new(Options { profiles: 3, ..Options::default() });
        let copy = json!({ "profile_id": 1640, "name": "ours" });
        assert_eq!(data(&mut world, "profile-copy", &copy), json!(1644));
        let first = names(&world);

        world.options_mut().page_limit = 2;
        world.switch_account();
        assert_eq!(names(&world), [(1263, "other".to_owned()), (1640, "other template".to_owned())]);
        assert_eq!(world.options().page_limit, 2, "options are of the address");
        assert_eq!(data(&mut world, "profile-copy", &copy), json!(1644));
        let second = names(&world);

        world.switch_account();
        assert_eq!(names(&world), first);
        world.switch_account();
        assert_eq!(names(&world), second);
    }
}
