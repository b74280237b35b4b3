//! The parameters that a header declares.
//!
//! Not here: the values that are given for them.

use super::block::Block;
use super::{HeaderError, Param, ParamKind, Pattern};
use crate::base::text;
use serde_json::Value;
use std::ops::Range;
use toml::Spanned;
use toml::de::DeValue;

type Result<T> = std::result::Result<T, HeaderError>;

/// Nobody types more, and each is held against all others.
const MOST_PARAMS: usize = 200;

pub(super) const PARAM_KEYS: &[&str] =
    &["type", "default", "required", "allowed", "min", "max", "pattern", "secret", "about"];

/// Words that other tools have for a type of ours.
const SYNONYMS: &[(&str, ParamKind)] = &[
    ("integer", ParamKind::Integer),
    ("number", ParamKind::Float),
    ("double", ParamKind::Float),
    ("boolean", ParamKind::Boolean),
    ("flag", ParamKind::Boolean),
    ("str", ParamKind::Text),
    ("text", ParamKind::Text),
    ("array", ParamKind::List),
];

/// All of them, in the order they are declared.
///
/// # Errors
/// The first thing that is wrong with them.
pub(super) fn params(block: &Block, value: &Spanned<DeValue>) -> Result<Vec<Param>> {
    let mut params: Vec<Param> = Vec::new();
    for (name, span, value) in block.entries(block.table("params", value)?) {
        let is_name = name.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'));
        let shown = text::one_line(name);
        if !is_name {
            let message = format!("`{shown}` is no name for a parameter");
            return Err(block
                .error(span, message)
                .help("Names are letters, digits, `_` and `-`, a letter first."));
        }
        if name == "help" {
            return Err(block.error(span, "`help` is taken: it shows the recipe's help"));
        }
        if params.len() == MOST_PARAMS {
            let message = format!("a recipe may have {MOST_PARAMS} parameters, and this is one more");
            return Err(block.error(span, message).help("Rows of data belong into a table: --input."));
        }
        let param = param(block, name, span.clone(), value)?;
        if let Some(twin) = params.iter().find(|other| other.variable() == param.variable()) {
            let message = match twin.flag() == param.flag() {
                true => format!("there is a parameter `--{}` already", param.flag()),
                false => format!("`{}` and `{name}` would both be {}", twin.name, param.variable()),
            };
            return Err(block.error(span, message).help("Give one of them another name."));
        }
        params.push(param);
    }
    Ok(params)
}

fn param(block: &Block, name: &str, span: Range<usize>, value: &Spanned<DeValue>) -> Result<Param> {
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
        let default = block.data(name, value)?;
        param.kind = kind_of(&default);
        param.default = Some(default);
        return Ok(param);
    };
    let mut kind = None;
    let mut spans = Vec::new();
    for (key, span, value) in block.entries(table) {
        match key {
            "type" => kind = Some(read_kind(block, value)?),
            "default" => param.default = Some(block.data(key, value)?),
            "required" => param.required = block.flag(key, value)?,
            "allowed" => {
                let values = block.array(key, value)?.iter().map(|item| block.data(key, item));
                param.allowed = values.collect::<Result<_>>()?;
                if param.allowed.is_empty() {
                    let error = block.error(value.span(), "no value is allowed, so nothing could be given");
                    return Err(error.help("Leave `allowed` out if any value will do."));
                }
            }
            "min" => param.min = Some(number(block, key, value)?),
            "max" => param.max = Some(number(block, key, value)?),
            "pattern" => param.pattern = Some(pattern(block, value)?),
            "secret" => param.secret = block.flag(key, value)?,
            "about" => param.about = Some(block.text(key, value)?),
            _ => return Err(block.unknown(key, span, PARAM_KEYS)),
        }
        spans.push((key, value.span()));
    }
    param.kind = kind
        .unwrap_or_else(|| param.default.as_ref().or(param.allowed.first()).map(kind_of).unwrap_or_default());
    param.allowed = param.allowed.into_iter().map(|value| param.kind.of(value)).collect();
    param.default = param.default.map(|value| param.kind.of(value));
    match contradiction(&param) {
        None => Ok(param),
        Some((key, message)) => {
            let place = spans.into_iter().find(|(name, _)| *name == key).map_or(span, |(_, span)| span);
            Err(block.error(place, format!("parameter `{name}`: {message}")))
        }
    }
}

fn read_kind(block: &Block, value: &Spanned<DeValue>) -> Result<ParamKind> {
    let word = block.text("type", value)?;
    let known: Vec<&str> = ParamKind::ALL.iter().map(|kind| kind.word()).collect();
    ParamKind::ALL.iter().copied().find(|kind| kind.word() == word).ok_or_else(|| {
        let suggestion = match SYNONYMS.iter().find(|(other, _)| *other == word.to_lowercase()) {
            Some((_, kind)) => format!(", did you mean `{}`?", kind.word()),
            None => text::did_you_mean(&word, known.iter().copied()),
        };
        block
            .error(
                value.span(),
                format!("`{}` is no type{suggestion}", text::one_line(&text::cut(&word, 60))),
            )
            .help(format!("The types are {}.", text::list_and(&known)))
    })
}

fn pattern(block: &Block, value: &Spanned<DeValue>) -> Result<Pattern> {
    Pattern::parse(&block.text("pattern", value)?).map_err(|reason| {
        block
            .error(value.span(), format!("the pattern is no regular expression: {reason}"))
            .help("A pattern must match the whole value, as in pattern = '[0-9]{8}-[0-9]{8}'.")
    })
}

fn number(block: &Block, key: &str, value: &Spanned<DeValue>) -> Result<f64> {
    let number = block.data(key, value)?.as_f64();
    number.ok_or_else(|| block.error(value.span(), format!("`{key}` must be a number")))
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
