//! What the tags of profiles and the tags of proxies have in common: names with ids, each name once.
//!
//! Not here: which codes a page has for it, and who uses a tag.

use super::call::{Call, Given, Outcome, Refusal};
use super::options::Options;
use super::pages;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Names by id.
pub(super) type Names = BTreeMap<i64, String>;

/// The codes of a page that makes or changes a tag.
pub(super) struct Codes {
    /// The id is empty.
    pub(super) no_id: Refusal,
    /// The name is empty.
    pub(super) no_title: Refusal,
    /// The name is no text.
    pub(super) wrong_title: Refusal,
    /// There is no tag with the id.
    pub(super) unknown: Refusal,
    /// Another tag has the name.
    pub(super) taken: Refusal,
}

/// A page of names, in order of creation (not stated, so chosen).
pub(super) fn list(names: &Names, call: &Call<'_>, options: &Options) -> Outcome {
    let title = call.text("title").optional()?.unwrap_or_default();
    let wanted = names.iter().filter(|(_, name)| options.name_filter.matches(title, name));
    pages::page(call, options, wanted, |(id, name)| json!({ "title": name, "id": id }))
}

/// Adds a name under a new id and returns the id.
pub(super) fn create(names: &mut Names, last: &mut i64, call: &Call<'_>, codes: &Codes) -> Outcome {
    let title = title(call, codes)?;
    if names.values().any(|name| name == title) {
        return Err(codes.taken);
    }
    Ok(Value::from(add(names, last, title)))
}

/// Adds a name that is not there yet.
pub(super) fn add(names: &mut Names, last: &mut i64, title: &str) -> i64 {
    *last += 1;
    names.insert(*last, title.to_owned());
    *last
}

/// Changes a name. To keep it is no failure, whoever else has it (not stated, so chosen).
pub(super) fn rename(names: &mut Names, call: &Call<'_>, codes: &Codes) -> Outcome {
    let id = call.integer("id").required(codes.no_id)?;
    let title = title(call, codes)?;
    let current = names.get(&id).ok_or(codes.unknown)?;
    if current != title && names.values().any(|name| name == title) {
        return Err(codes.taken);
    }
    names.insert(id, title.to_owned());
    Ok(json!(1))
}

/// A name of nothing but spaces counts as empty, as with groups (not stated, so chosen).
fn title<'a>(call: &'a Call<'_>, codes: &Codes) -> Result<&'a str, Refusal> {
    let given = call.text("title");
    if given == Given::Wrong {
        return Err(codes.wrong_title);
    }
    let title = given.required(codes.no_title)?;
    if title.trim().is_empty() { Err(codes.no_title) } else { Ok(title) }
}
