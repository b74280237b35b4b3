//! A file of parameters: a table of names and values, in TOML or JSON.
//!
//! Not here: reading it from the disk, and what its values mean. Its text is never quoted: it may hold secrets.

use super::read::data;
use super::words::snake;
use crate::base::text;
use serde_json::{Map, Value};
use toml::de::DeTable;

/// The entries of a file of parameters, in its order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParamFile {
    pub(super) entries: Vec<FileEntry>,
}

/// One value of the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FileEntry {
    pub(super) name: String,
    pub(super) value: Value,
    /// As in "params.toml, line 2, column 1".
    pub(super) place: String,
}

impl ParamFile {
    /// The values as they are, for a script that declares no parameters.
    pub fn values(self) -> Map<String, Value> {
        self.entries.into_iter().map(|entry| (snake(&entry.name), entry.value)).collect()
    }

    /// Reads a file's text. `file` is what to call it; its ending says whether it is JSON or TOML.
    ///
    /// # Errors
    /// What is wrong with it, with its place, as a fragment.
    pub fn parse(file: &str, text: &str) -> Result<Self, String> {
        let shown = text::one_line(file).into_owned();
        match std::path::Path::new(file).extension().and_then(|ending| ending.to_str()) {
            Some(ending) if ending.eq_ignore_ascii_case("json") => of_json(&shown, text),
            Some(ending) if ending.eq_ignore_ascii_case("toml") => of_toml(&shown, text),
            _ => Err(format!("{shown} is no file of parameters; its name must end in .toml or .json")),
        }
    }
}

fn of_toml(file: &str, text: &str) -> Result<ParamFile, String> {
    let place = |offset: usize| {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{file}, line {line}, column {column}")
    };
    let table = DeTable::parse(text).map_err(|error| {
        let reason = text::one_line(error.message().lines().next().unwrap_or_default()).into_owned();
        format!("{}: this is not valid TOML: {reason}", place(error.span().map_or(0, |span| span.start)))
    })?;
    let mut found: Vec<_> = table.get_ref().iter().collect();
    found.sort_by_key(|(key, _)| key.span().start);
    let entries = found.into_iter().map(|(key, value)| {
        let place = place(key.span().start);
        let name = key.get_ref().to_string();
        match data(value.get_ref()) {
            Some(value) => Ok(FileEntry { name, value, place }),
            None => Err(format!(
                "{place}: `{}` must be text, a number, true, false or an array",
                text::one_line(&text::cut(&name, 60))
            )),
        }
    });
    Ok(ParamFile { entries: entries.collect::<Result<_, _>>()? })
}

fn of_json(file: &str, text: &str) -> Result<ParamFile, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        format!("{file}, line {}, column {}: this is not valid JSON", error.line(), error.column())
    })?;
    let Value::Object(table) = value else {
        return Err(format!("{file}: the parameters must be one object, as in {{\"count\": 3}}"));
    };
    let entries = table.into_iter().map(|(name, value)| FileEntry { name, value, place: file.to_owned() });
    Ok(ParamFile { entries: entries.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_forms_say_the_same() {
        let toml = ParamFile::parse("p.toml", "count = 3\nnames = [\"a\", \"b\"]\n").unwrap();
        let json = ParamFile::parse("p.json", "{\"count\": 3, \"names\": [\"a\", \"b\"]}").unwrap();
        let values = |file: &ParamFile| {
            file.entries.iter().map(|entry| (entry.name.clone(), entry.value.clone())).collect::<Vec<_>>()
        };
        assert_eq!(values(&toml), values(&json));
        assert_eq!(toml.entries[1].place, "p.toml, line 2, column 1");
        assert_eq!(toml.entries[0].value, json!(3));
    }

    #[test]
    fn what_is_wrong_is_told_without_the_text() {
        for (file, text, message) in [
            (
                "p.toml",
                "a = \"hunter2",
                "p.toml, line 1, column 13: this is not valid TOML: invalid basic string, expected `\"`",
            ),
            (
                "p.toml",
                "\na = 1979-05-27",
                "p.toml, line 2, column 1: `a` must be text, a number, true, false or an array",
            ),
            (
                "p.toml",
                "[a]\nb = 1",
                "p.toml, line 1, column 2: `a` must be text, a number, true, false or an array",
            ),
            ("p.json", "{\"a\": hunter2}", "p.json, line 1, column 7: this is not valid JSON"),
            ("p.json", "[1]", "p.json: the parameters must be one object, as in {\"count\": 3}"),
            ("p.txt", "", "p.txt is no file of parameters; its name must end in .toml or .json"),
        ] {
            assert_eq!(ParamFile::parse(file, text).unwrap_err(), message);
        }
    }
}
