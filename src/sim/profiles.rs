//! The `profile-*` actions: list, copy, delete (pages 1, 3, 23).
//!
//! Not here: transfers.

use super::call::{Call, Given, ILLEGAL, MISSING, NO_PROFILE, NO_PROFILE_ID, Outcome, Refusal};
use super::options::CopyGroup;
use super::pages;
use super::profile_data::Data;
use super::state::{Profile, Proxy};
use super::world::World;
use serde_json::{Value, json};

/// The group of whatever has no other (pages 2, 3).
pub(super) const DEFAULT_GROUP: i64 = 1;

/// The start page of a blank profile, as in the sample of page 1.
pub(super) const BLANK: &str = "chrome://newtab";

/// "Configuration parameters cannot be empty".
const EMPTY_SETTING: Refusal = Refusal(2004);
/// "Profile name already exists".
const NAME_TAKEN: Refusal = Refusal(101_004);
/// "Group id type is wrong".
const GROUP_TYPE: Refusal = Refusal(112_004);
/// "Group does not exist".
const NO_GROUP: Refusal = Refusal(112_005);
/// "platform url cannot be empty".
const NO_SITE_URL: Refusal = Refusal(112_006);

/// Start platforms 1 to 20 (appendix 53), in order; 21 is any other and 22 a blank page.
const SITES: &[&str] = &[
    "facebook.com",
    "amazon.com",
    "paypal.com",
    "gmail.com",
    "aliexpress.com",
    "ebay.com",
    "lazada.com",
    "mail.com",
    "outlook.com",
    "payoneer.com",
    "shopify.com",
    "shoplineapp.com",
    "stripe.com",
    "walmart.com",
    "wish.com",
    "shopee.com",
    "etsy.com",
    "dhgate.com",
    "alibaba.com",
    "tiktok.com",
];
const SITE_OTHER: i64 = 21;
const SITE_BLANK: i64 = 22;

/// `profile-list`: largest number first, as in the sample. Filters that are given all apply.
pub(super) fn list(world: &mut World, call: &Call<'_>) -> Outcome {
    let filter = |name| call.integer(name).optional().map(|id| id.filter(|id| *id != 0));
    let (only, group, tag) = (filter("profile_id")?, filter("group_id")?, filter("tag_id")?);
    let name = call.text("name").optional()?.unwrap_or_default();
    let wanted = |(id, profile): &(&i64, &Profile)| {
        only.is_none_or(|only| only == **id)
            && group.is_none_or(|group| group == profile.group)
            && tag.is_none_or(|tag| profile.tags.contains(&tag))
            && world.options.name_filter.matches(name, &profile.name)
    };
    let profiles = world.profiles.iter().rev().filter(wanted);
    pages::page(call, &world.options, profiles, |(id, profile)| world.row(*id, profile))
}

/// `profile-copy`: returns the number of the copy.
///
/// Not stated, so chosen: what is not given is as in the source (the name too), and notes, tags, account, proxy and settings go along,
/// cookies and whatever else browsing leaves do not.
/// An empty `profile_id` is 1000, because the page does not list 2001; an empty `site_id` is 2004; a platform that does not
/// exist is 1007; a name that is taken, where names are unique, is 101004.
pub(super) fn copy(world: &mut World, call: &Call<'_>) -> Outcome {
    let source_id = call.integer("profile_id").required(MISSING)?;
    let site = match call.integer("site_id") {
        Given::Empty => return Err(EMPTY_SETTING),
        site => site.optional()?,
    };
    let site_url = call.text("site_url").optional()?;
    let name = call.text("name").optional()?;
    let group = match call.integer("group_id") {
        Given::Value(group) => Some(group),
        Given::Absent => None,
        Given::Empty | Given::Wrong => return Err(GROUP_TYPE),
    };
    let source = world.profiles.get(&source_id).ok_or(NO_PROFILE)?;
    let mut copy = Profile { last_open_time: 0, data: Data::default(), ..source.clone() };
    copy.site_url = start_page(site, site_url)?.unwrap_or(copy.site_url);
    copy.group = match (group, world.options.copy_group) {
        (Some(group), _) => group,
        (None, CopyGroup::Source) => source.group,
        (None, CopyGroup::Default) => DEFAULT_GROUP,
    };
    if !world.groups.contains_key(&copy.group) {
        return Err(NO_GROUP);
    }
    copy.name = free_name(world, name, &source.name)?;
    // A custom proxy is listed once for each profile that has it.
    if let Proxy::Custom(proxy) = &mut copy.proxy {
        proxy.id = 0;
    }
    Ok(Value::from(world.add_profile(copy)))
}

/// `profile-delete`. The profile goes to the recycle bin, which the API can empty and nothing else.
///
/// The page lists 2001 and its sample shows 2007: an empty id is the first, an unknown one the second. Transfer codes of the
/// profile go with it, and an open one is closed (not stated, so chosen).
pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Outcome {
    let id = call.integer("profile_id").required(NO_PROFILE_ID)?;
    let profile = world.profiles.remove(&id).ok_or(NO_PROFILE)?;
    world.freed.profiles.insert(id);
    world.bin.insert(id, profile);
    world.windows.remove(&id);
    world.offers.retain(|_, offer| offer.own != Some(id));
    Ok(json!([]))
}

/// The address a platform stands for. A given address wins, as the page's own sample sends one with platform 11.
pub(super) fn start_page(site: Option<i64>, url: Option<&str>) -> Result<Option<String>, Refusal> {
    match (site, url) {
        (Some(SITE_BLANK), _) => Ok(Some(BLANK.to_owned())),
        (Some(SITE_OTHER), None) => Err(NO_SITE_URL),
        (Some(1..=SITE_OTHER) | None, Some(url)) => Ok(Some(url.to_owned())),
        (None, None) => Ok(None),
        (Some(site), _) => {
            let place = usize::try_from(site).ok().and_then(|site| site.checked_sub(1));
            let host = place.and_then(|place| SITES.get(place)).ok_or(ILLEGAL)?;
            Ok(Some(format!("https://www.{host}/")))
        }
    }
}

/// The given name as it is stored, or `other`. Where names are unique a given one that is taken is refused, and `other` gets the
/// new number behind it.
pub(super) fn free_name(world: &World, given: Option<&str>, other: &str) -> Result<String, Refusal> {
    let name = given.map_or_else(|| other.to_owned(), |given| world.options.name_form.stored(given));
    match given {
        _ if !world.options.unique_names || !world.has_name(&name) => Ok(name),
        Some(_) => Err(NAME_TAKEN),
        None => Ok(format!("{name}-{}", world.next_profile_id())),
    }
}
