//! From a recipe's text to its header.
//!
//! Not here: TOML itself, where its pieces stand (`block`), and a single parameter (`declared`).

use super::block::Block;
use super::{Header, HeaderError, SimSetup, declared};
use crate::api;
use crate::base::text;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

type Result<T> = std::result::Result<T, HeaderError>;

pub(super) const KEYS: &[&str] =
    &["name", "about", "version", "needs", "params", "input", "output", "examples"];
/// A test takes nothing and may call everything.
const TEST_KEYS: &[&str] = &["name", "about", "sim"];
const SIM_KEYS: &[&str] = &["options", "faults"];
const INPUT_KEYS: &[&str] = &["columns", "key", "optional", "required"];
const OUTPUT_KEYS: &[&str] = &["columns", "secrets"];

/// The header of a recipe; an empty one if there is none.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn parse(text: &str) -> Result<Header> {
    parse_with(text, KEYS)
}

/// The header of a test, which has keys of its own.
///
/// # Errors
/// The first thing that is wrong with it.
pub(super) fn parse_test(text: &str) -> Result<Header> {
    parse_with(text, TEST_KEYS)
}

fn parse_with(text: &str, keys: &[&str]) -> Result<Header> {
    let block = Block::find(text)?;
    if block.is_prose() {
        let about =
            block.toml.lines().map(|line| line.trim_start_matches('#').trim()).find(|line| !line.is_empty());
        return Ok(Header { about: about.map(str::to_owned), ..Header::default() });
    }
    let table = DeTable::parse(&block.toml).map_err(|error| {
        let reason = error.message().lines().next().unwrap_or_default();
        let span = error.span().unwrap_or(0..0);
        let help = help_with(block.line_at(span.start));
        let error = block.error(span, format!("the header is not valid TOML: {reason}"));
        help.into_iter().fold(error, HeaderError::help)
    })?;
    block.header(table.get_ref(), keys)
}

/// What to do about a line that is no TOML.
fn help_with(line: &str) -> Option<&'static str> {
    let begins_with_letter = |text: &str| text.trim_start().starts_with(char::is_alphabetic);
    match line.split_once('=') {
        None if begins_with_letter(line) => {
            Some("Lines of prose in a header that has keys begin with `#`, after the `//!`.")
        }
        Some((_, value)) if begins_with_letter(value) => {
            Some("Text stands in quotes, as in about = \"Copies a profile.\"")
        }
        _ => None,
    }
}

impl Block {
    fn header(&self, table: &DeTable, keys: &[&str]) -> Result<Header> {
        let mut header = Header::default();
        for (key, span, value) in self.entries(table) {
            match key {
                _ if !keys.contains(&key) => return Err(self.unknown(key, span, keys)),
                "name" => header.name = Some(self.text(key, value)?),
                "about" => header.about = Some(self.text(key, value)?),
                "version" => header.version = Some(self.text(key, value)?),
                "needs" => {
                    header.needs = Some(self.needs(value)?);
                    let places = self.array(key, value)?.iter().map(|need| self.placed(key, need));
                    header.needs_places = places.collect::<Result<_>>()?;
                }
                "params" => header.params = declared::params(self, value)?,
                "input" => self.input(value, &mut header)?,
                "output" => self.output(value, &mut header)?,
                "examples" => header.examples = self.texts(key, value)?,
                "sim" => header.sim = self.sim(value)?,
                _ => return Err(self.unknown(key, span, keys)),
            }
        }
        Ok(header)
    }

    fn needs(&self, value: &Spanned<DeValue>) -> Result<Vec<&'static str>> {
        let named = self.array("needs", value)?.iter().map(|item| {
            let name = item.get_ref().as_str().unwrap_or_default();
            api::by_function(name).map(|endpoint| endpoint.function).ok_or_else(|| {
                let suggestion = text::did_you_mean(name, api::endpoints().map(|endpoint| endpoint.function));
                self.error(item.span(), format!("this is no function of the API{suggestion}"))
                    .help("`needs` lists the functions the recipe calls, as in needs = [\"copy_profile\"].")
            })
        });
        let named = named.collect::<Result<_>>()?;
        self.names("needs", value)?;
        Ok(named)
    }

    fn sim(&self, value: &Spanned<DeValue>) -> Result<SimSetup> {
        let mut setup = SimSetup::default();
        for (key, span, value) in self.entries(self.table("sim", value)?) {
            match key {
                "options" => setup.options = Some(self.placed(key, value)?),
                "faults" => {
                    let faults = self.array(key, value)?.iter().map(|fault| self.placed("faults", fault));
                    setup.faults = faults.collect::<Result<_>>()?;
                }
                _ => return Err(self.unknown(key, span, SIM_KEYS)),
            }
        }
        Ok(setup)
    }

    fn input(&self, value: &Spanned<DeValue>, header: &mut Header) -> Result<()> {
        let mut place_of_key = None;
        for (key, span, value) in self.entries(self.table("input", value)?) {
            match key {
                "columns" => header.columns = self.names(key, value)?,
                "optional" => header.optional_columns = self.names(key, value)?,
                "required" => header.table_is_optional = !self.flag(key, value)?,
                "key" => place_of_key = Some((self.text(key, value)?, value)),
                _ => return Err(self.unknown(key, span, INPUT_KEYS)),
            }
        }
        if let Some((key, value)) = place_of_key {
            if !header.columns.contains(&key) {
                let message = format!("`{key}` must be one of the `columns`, since it tells the rows apart");
                return Err(self.error(value.span(), message));
            }
            header.key = Some(key);
        }
        Ok(())
    }

    fn output(&self, value: &Spanned<DeValue>, header: &mut Header) -> Result<()> {
        for (key, span, value) in self.entries(self.table("output", value)?) {
            match key {
                "columns" => header.output.columns = self.names(key, value)?,
                "secrets" => header.output.secrets = self.flag(key, value)?,
                _ => return Err(self.unknown(key, span, OUTPUT_KEYS)),
            }
        }
        Ok(())
    }
}

/// A TOML value as data, unless it is a date or a table.
pub(super) fn data(value: &DeValue) -> Option<Value> {
    match value {
        DeValue::String(text) => Some(text.as_ref().into()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(Value::from)
        }
        DeValue::Float(number) => {
            number.as_str().parse().ok().and_then(serde_json::Number::from_f64).map(Value::Number)
        }
        DeValue::Boolean(flag) => Some((*flag).into()),
        DeValue::Array(items) => {
            items.iter().map(|item| data(item.get_ref())).collect::<Option<_>>().map(Value::Array)
        }
        DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}
