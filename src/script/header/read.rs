//! From a recipe's text to its header.
//!
//! Not here: TOML itself. Spans in the TOML are turned back into lines and columns of the file.

use super::{Header, HeaderError, Param, ParamKind, Pattern, Placed, SimSetup};
use crate::api;
use crate::base::text;
use serde_json::Value;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

type Result<T> = std::result::Result<T, HeaderError>;
type Entry<'a> = (&'a str, Range<usize>, &'a Spanned<DeValue<'a>>);

const KEYS: &[&str] = &["name", "about", "version", "needs", "params", "input", "examples"];
/// A test takes nothing and may call everything.
const TEST_KEYS: &[&str] = &["name", "about", "sim"];
const SIM_KEYS: &[&str] = &["options", "faults"];
const PARAM_KEYS: &[&str] =
    &["type", "default", "required", "allowed", "min", "max", "pattern", "secret", "about"];

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
    let block = Block::find(text);
    if block.is_prose() {
        let about =
            block.toml.lines().map(|line| line.trim_start_matches('#').trim()).find(|line| !line.is_empty());
        return Ok(Header { about: about.map(str::to_owned), ..Header::default() });
    }
    let table = DeTable::parse(&block.toml).map_err(|error| {
        let reason = error.message().lines().next().unwrap_or_default();
        block
            .error(error.span().unwrap_or(0..0), format!("the header is not valid TOML: {reason}"))
            .help("Lines of prose in a header that has keys begin with `#`, after the `//!`.")
    })?;
    block.header(table.get_ref(), keys)
}

/// The leading `//!` lines without their marks.
#[derive(Default)]
struct Block {
    toml: String,
    /// Of each line: where it begins in `toml`, its line in the file, and how many characters stand before it.
    lines: Vec<(usize, usize, usize)>,
}

impl HeaderError {
    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Block {
    fn find(text: &str) -> Self {
        let mut block = Self::default();
        for (at, line) in text.lines().enumerate() {
            let trimmed = line.trim_start_matches(['\u{feff}', ' ', '\t']);
            match trimmed.strip_prefix("//!") {
                Some(content) => {
                    let content = content.strip_prefix(' ').unwrap_or(content);
                    let before = line.chars().count() - content.chars().count();
                    block.lines.push((block.toml.len(), at + 1, before));
                    block.toml.push_str(content);
                    block.toml.push('\n');
                }
                None if !block.lines.is_empty() => break,
                None if trimmed.trim().is_empty() || (at == 0 && trimmed.starts_with("#!")) => {}
                None => break,
            }
        }
        block
    }

    /// Prose has no key and no table.
    fn is_prose(&self) -> bool {
        !self.toml.contains('=') && !self.toml.lines().any(|line| line.trim_start().starts_with('['))
    }

    fn error(&self, span: Range<usize>, message: impl Into<String>) -> HeaderError {
        let at = span.start.min(self.toml.len());
        let found = self.lines.iter().rev().find(|(start, ..)| *start <= at);
        let (start, line, before) = found.copied().unwrap_or((0, 1, 0));
        let count =
            |range: Range<usize>| self.toml.get(range).map_or(0, |text| text.trim_end().chars().count());
        let column = before + self.toml.get(start..at).map_or(0, |text| text.chars().count()) + 1;
        let line_end = self.toml[start..].find('\n').map_or(self.toml.len(), |length| start + length);
        let length = count(at..span.end.clamp(at, line_end.max(at))).max(1);
        HeaderError { message: message.into(), line, column, length, help: None }
    }

    /// The entries of a table in the order of the file.
    fn entries<'a>(&self, table: &'a DeTable<'a>) -> Vec<Entry<'a>> {
        let mut entries: Vec<Entry> =
            table.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span(), value)).collect();
        entries.sort_by_key(|(_, span, _)| span.start);
        entries
    }

    fn unknown(&self, key: &str, span: Range<usize>, known: &[&str]) -> HeaderError {
        let suggestion = text::did_you_mean(key, known.iter().copied());
        let shown = text::one_line(key);
        self.error(span, format!("`{shown}` is no key of the header{suggestion}"))
            .help(format!("The keys here are {}.", text::list_or(known).replace(" or ", " and ")))
    }

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
                "params" => header.params = self.params(value)?,
                "input" => self.input(value, &mut header)?,
                "examples" => header.examples = self.texts(key, value)?,
                "sim" => header.sim = self.sim(value)?,
                _ => return Err(self.unknown(key, span, keys)),
            }
        }
        Ok(header)
    }

    fn text(&self, key: &str, value: &Spanned<DeValue>) -> Result<String> {
        let wrong = || self.error(value.span(), format!("`{key}` must be text, as in {key} = \"...\""));
        value.get_ref().as_str().map(str::to_owned).ok_or_else(wrong)
    }

    fn flag(&self, key: &str, value: &Spanned<DeValue>) -> Result<bool> {
        value
            .get_ref()
            .as_bool()
            .ok_or_else(|| self.error(value.span(), format!("`{key}` must be true or false")))
    }

    fn table<'a>(&self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Result<&'a DeTable<'a>> {
        value
            .get_ref()
            .as_table()
            .ok_or_else(|| self.error(value.span(), format!("`{key}` must be a table, as in [{key}]")))
    }

    fn array<'a>(&self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Result<&'a toml::de::DeArray<'a>> {
        value.get_ref().as_array().ok_or_else(|| {
            self.error(value.span(), format!("`{key}` must be an array, as in [\"a\", \"b\"]"))
        })
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
        named.collect()
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

    fn placed(&self, key: &str, value: &Spanned<DeValue>) -> Result<Placed> {
        let text = self.text(key, value)?;
        let HeaderError { line, column, length, .. } = self.error(value.span(), "");
        Ok(Placed { text, line, column, length })
    }

    fn input(&self, value: &Spanned<DeValue>, header: &mut Header) -> Result<()> {
        for (key, span, value) in self.entries(self.table("input", value)?) {
            match key {
                "columns" => header.columns = self.texts(key, value)?,
                "required" => header.table_is_optional = !self.flag(key, value)?,
                _ => return Err(self.unknown(key, span, &["columns", "required"])),
            }
        }
        Ok(())
    }

    fn texts(&self, key: &str, value: &Spanned<DeValue>) -> Result<Vec<String>> {
        self.array(key, value)?.iter().map(|item| self.text(key, item)).collect()
    }

    fn params(&self, value: &Spanned<DeValue>) -> Result<Vec<Param>> {
        let mut params: Vec<Param> = Vec::new();
        for (name, span, value) in self.entries(self.table("params", value)?) {
            let is_name = name.starts_with(|letter: char| letter.is_ascii_alphabetic())
                && name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'));
            let shown = text::one_line(name);
            if !is_name {
                let message = format!("`{shown}` is no name for a parameter");
                return Err(self
                    .error(span, message)
                    .help("Names are letters, digits, `_` and `-`, a letter first."));
            }
            if name == "help" {
                return Err(self.error(span, "`help` is taken: it shows the recipe's help"));
            }
            if params.iter().any(|param| param.flag() == name.replace('_', "-")) {
                return Err(
                    self.error(span, format!("there is a parameter `--{}` already", name.replace('_', "-")))
                );
            }
            params.push(self.param(name, span, value)?);
        }
        Ok(params)
    }

    fn param(&self, name: &str, span: Range<usize>, value: &Spanned<DeValue>) -> Result<Param> {
        let mut param = Param {
            name: name.to_owned(),
            kind: ParamKind::default(),
            default: None,
            required: false,
            allowed: Vec::new(),
            min: None,
            max: None,
            pattern: None,
            secret: false,
            about: None,
        };
        let Some(table) = value.get_ref().as_table() else {
            param.default = Some(self.data(name, value)?);
            param.kind = param.default.as_ref().map(kind_of).unwrap_or_default();
            return Ok(param);
        };
        let mut kind = None;
        let mut spans = Vec::new();
        for (key, span, value) in self.entries(table) {
            match key {
                "type" => kind = Some(self.kind(value)?),
                "default" => param.default = Some(self.data(key, value)?),
                "required" => param.required = self.flag(key, value)?,
                "allowed" => {
                    let values = self.array(key, value)?.iter().map(|item| self.data(key, item));
                    param.allowed = values.collect::<Result<_>>()?;
                }
                "min" => param.min = Some(self.number(key, value)?),
                "max" => param.max = Some(self.number(key, value)?),
                "pattern" => param.pattern = Some(self.pattern(value)?),
                "secret" => param.secret = self.flag(key, value)?,
                "about" => param.about = Some(self.text(key, value)?),
                _ => return Err(self.unknown(key, span, PARAM_KEYS)),
            }
            spans.push((key, value.span()));
        }
        param.kind = kind.unwrap_or_else(|| {
            param.default.as_ref().or(param.allowed.first()).map(kind_of).unwrap_or_default()
        });
        match contradiction(&param) {
            None => Ok(param),
            Some((key, message)) => {
                let place = spans.into_iter().find(|(name, _)| *name == key).map_or(span, |(_, span)| span);
                Err(self.error(place, format!("parameter `{name}`: {message}")))
            }
        }
    }

    fn kind(&self, value: &Spanned<DeValue>) -> Result<ParamKind> {
        let word = self.text("type", value)?;
        let known: Vec<&str> = ParamKind::ALL.iter().map(|kind| kind.word()).collect();
        ParamKind::ALL.iter().copied().find(|kind| kind.word() == word).ok_or_else(|| {
            let suggestion = text::did_you_mean(&word, known.iter().copied());
            self.error(
                value.span(),
                format!("`{}` is no type{suggestion}", text::one_line(&text::cut(&word, 60))),
            )
            .help(format!("The types are {}.", text::list_or(&known).replace(" or ", " and ")))
        })
    }

    fn pattern(&self, value: &Spanned<DeValue>) -> Result<Pattern> {
        Pattern::parse(&self.text("pattern", value)?).map_err(|reason| {
            self.error(value.span(), format!("the pattern is no regular expression: {reason}"))
                .help("A pattern must match the whole value, as in pattern = '[0-9]{8}-[0-9]{8}'.")
        })
    }

    fn number(&self, key: &str, value: &Spanned<DeValue>) -> Result<f64> {
        let number = self.data(key, value)?.as_f64();
        number.ok_or_else(|| self.error(value.span(), format!("`{key}` must be a number")))
    }

    fn data(&self, key: &str, value: &Spanned<DeValue>) -> Result<Value> {
        data(value.get_ref()).ok_or_else(|| {
            self.error(value.span(), format!("`{key}` must be text, a number, true, false or an array"))
        })
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

fn kind_of(value: &Value) -> ParamKind {
    match value {
        Value::Bool(_) => ParamKind::Boolean,
        Value::Number(number) if number.is_i64() => ParamKind::Integer,
        Value::Number(_) => ParamKind::Float,
        Value::Array(_) => ParamKind::List,
        _ => ParamKind::Text,
    }
}

/// What cannot be true of a parameter at once: the key that is wrong, and why.
fn contradiction(param: &Param) -> Option<(&'static str, String)> {
    let noun = param.kind.noun();
    let is_number = matches!(param.kind, ParamKind::Integer | ParamKind::Float);
    let is_item = |value: &&Value| {
        if param.kind == ParamKind::List { value.is_string() } else { param.kind.fits(value) }
    };
    let of_items = if param.kind == ParamKind::List { "text" } else { noun };
    if !param.allowed.iter().all(|value| is_item(&value)) {
        return Some(("allowed", format!("every allowed value must be {of_items}")));
    }
    for (key, given) in [("min", param.min), ("max", param.max)] {
        if given.is_some() && !is_number {
            return Some((key, format!("`{key}` is for numbers, and it is {noun}")));
        }
    }
    if let (Some(min), Some(max)) = (param.min, param.max)
        && min > max
    {
        return Some(("max", "`max` is less than `min`".to_owned()));
    }
    if param.pattern.is_some() && !matches!(param.kind, ParamKind::Text | ParamKind::List) {
        return Some(("pattern", format!("`pattern` is for text, and it is {noun}")));
    }
    if !param.allowed.iter().all(|value| param.is_of_pattern(value)) {
        return Some(("allowed", "an allowed value does not match the pattern".to_owned()));
    }
    let default = param.default.as_ref()?;
    if param.required {
        return Some(("required", "what is required needs no default".to_owned()));
    }
    if !param.kind.fits(default) {
        return Some(("default", format!("the default must be {noun}")));
    }
    if !param.allows(default) {
        return Some(("default", "the default is not one of the allowed values".to_owned()));
    }
    if !param.is_of_pattern(default) {
        return Some(("default", "the default does not match the pattern".to_owned()));
    }
    let range = param.range().filter(|_| !param.is_in_range(default))?;
    Some(("default", format!("the default must be {range}")))
}
