//! The config file: its table, and where each key stands.
//!
//! Not here: what the settings mean.

use super::config::SETTINGS;
use crate::base::report::{Place, Report, Source};
use crate::base::text;
use std::path::Path;
use std::sync::Arc;

/// The config file, as far as there is one.
#[derive(Default)]
pub(super) struct ConfigFile {
    table: toml::Table,
    source: Option<Arc<Source>>,
}

impl ConfigFile {
    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(path: &Path, must_exist: bool) -> Result<Self, Report> {
        let name = text::path(path);
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => {
                return Ok(ConfigFile::default());
            }
            Err(error) => {
                return Err(Report::error(format!(
                    "the config file {name} cannot be read: {}",
                    text::reason(&error)
                )));
            }
        };
        let text =
            text::decode(bytes).map_err(|error| Report::error(format!("the config file {name}: {error}")))?;
        let source = Arc::new(Source { name, text });
        let at = |offset: usize| {
            let before = source.text.get(..offset).unwrap_or(&source.text);
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            Place { source: Arc::clone(&source), line, column, length: 1 }
        };
        let table: toml::Table = source.text.parse().map_err(|error: toml::de::Error| {
            let report = Report::error(format!(
                "the config file is not valid TOML: {}",
                text::one_line(error.message())
            ));
            match error.span() {
                Some(span) => report.at(at(span.start)),
                None => report,
            }
        })?;
        for key in table.keys() {
            if !SETTINGS.iter().any(|setting| setting.key == key) {
                let suggestion = text::did_you_mean(key, SETTINGS.iter().map(|setting| setting.key));
                let shown = text::one_line(&text::cut(key, 60)).into_owned();
                let report = Report::error(format!("`{shown}` is no setting{suggestion}"))
                    .help("`ixscript config` shows every setting.");
                return Err(report.at(at(source.text.find(key.as_str()).unwrap_or(0))));
            }
        }
        Ok(ConfigFile { table, source: Some(source) })
    }

    /// The value of a key as it would be typed.
    pub(super) fn value_of(&self, key: &str) -> Option<String> {
        self.table.get(key).map(|value| match value {
            toml::Value::String(value) => value.clone(),
            value => value.to_string(),
        })
    }

    /// The line of a key.
    pub(super) fn place_of(&self, key: &str) -> Option<Place> {
        let source = self.source.as_ref()?;
        let is_of_key = |line: &str| {
            let rest = line.trim_start().trim_start_matches('"').strip_prefix(key);
            rest.is_some_and(|rest| rest.trim_start_matches('"').trim_start().starts_with('='))
        };
        let (line, text) = source.text.lines().enumerate().find(|(_, line)| is_of_key(line))?;
        let before = text.chars().take_while(|letter| letter.is_whitespace()).count();
        let length = text.trim().chars().count();
        Some(Place { source: Arc::clone(source), line: line + 1, column: before + 1, length })
    }
}
