//! Where a recipe's parameters come from: its words, then the environment, then a file, then its header. What is secret
//! and still missing is asked for.
//!
//! Not here: the environment and the disk themselves, which are [`Outside`].

use super::values::{self, shown};
use super::words::{self, named, snake};
use super::{Header, OwnOption, Param, ParamError, ParamFile};
use crate::base::mask::MASK;
use crate::base::text;
use serde_json::{Map, Value};

/// What parameters are read from besides the words. The default is a caller that has nothing.
pub trait Outside {
    /// The environment variable of that name.
    fn variable(&self, _name: &str) -> Option<String> {
        None
    }

    /// The text of a file.
    ///
    /// # Errors
    /// Why there is none, as a fragment.
    fn read_file(&self, path: &str) -> Result<String, String> {
        Err(format!("{} cannot be read here", text::one_line(path)))
    }

    /// Asks a person for the value of a secret parameter; nothing if there is nobody to ask.
    fn ask(&self, _param: &Param) -> Option<String> {
        None
    }

    /// The options of the program itself, which stand before the recipe.
    fn options(&self) -> &[OwnOption] {
        &[]
    }
}

/// What a recipe is given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Given {
    /// The parameters by name.
    pub params: Map<String, Value>,
    /// The words that are no parameters.
    pub words: Vec<String>,
    /// The secret parameters, by their names on the command line, whose values everybody on this computer can see there.
    pub exposed: Vec<String>,
}

/// The parameters and the other words, which only a recipe that `takes_words` may be given. One that declares no parameters
/// takes any, by words and from a file.
///
/// # Errors
/// The first value that is wrong, or everything that is missing.
pub fn read_params(
    header: &Header,
    words: &[String],
    file: &ParamFile,
    outside: &dyn Outside,
    takes_words: bool,
) -> Result<Given, ParamError> {
    let said = words::read(header, words, outside)?;
    if let Some(word) = said.others.first().filter(|_| !takes_words) {
        // A word that nobody reads may be a part of a secret with spaces.
        let is_hidden = said.behind.as_ref().is_some_and(|quoted| quoted.contains(MASK));
        let word = if is_hidden { MASK.to_owned() } else { shown(word) };
        return Err(ParamError::Stray { word, quoted: said.behind });
    }
    let mut given = said.given;
    for param in &header.params {
        let variable = param.variable();
        // As with settings, an empty variable is one that is not set.
        if let Some(written) = outside.variable(&variable).filter(|written| !written.is_empty())
            && !given.contains_key(&param.name)
        {
            let label = format!("`{variable}`");
            let written =
                if param.secret { words::read_secret(param, written, &label, outside)? } else { written };
            given.insert(param.name.clone(), values::of_text(param, &written, &label)?);
        }
    }
    for (name, value) in of_file(header, file)? {
        if !given.contains_key(&name) {
            given.insert(name, value);
        }
    }
    fill(header, &mut given, outside)?;
    Ok(Given { params: given, words: said.others, exposed: said.exposed })
}

/// The values of the file. All of them are looked at, also those that something else overrides.
fn of_file(header: &Header, file: &ParamFile) -> Result<Map<String, Value>, ParamError> {
    let mut values = Map::new();
    for entry in &file.entries {
        let label = format!("`{}` ({})", shown(&entry.name), entry.place);
        let (name, value) = match named(header, &entry.name) {
            Some(param) => (param.name.clone(), values::of_data(param, &entry.value, &label)?),
            None if header.params.is_empty() => (snake(&entry.name), entry.value.clone()),
            None => {
                let names = header.params.iter().map(|param| param.name.as_str());
                let suggestion = text::did_you_mean(&entry.name, names);
                return Err(ParamError::Unknown { label, suggestion });
            }
        };
        if values.insert(name, value).is_some() {
            return Err(ParamError::Twice(label));
        }
    }
    Ok(values)
}

fn fill(header: &Header, given: &mut Map<String, Value>, outside: &dyn Outside) -> Result<(), ParamError> {
    let missing = |given: &Map<String, Value>| -> Vec<&Param> {
        header.params.iter().filter(|param| param.required && !given.contains_key(&param.name)).collect()
    };
    // Nobody types a password only to be told that something else is missing.
    let asks = missing(given).iter().all(|param| param.secret);
    for param in missing(given).into_iter().filter(|_| asks) {
        if let Some(written) = outside.ask(param) {
            let label = format!("`--{}`", param.flag());
            given.insert(param.name.clone(), values::of_text(param, &written, &label)?);
        }
    }
    let missing = missing(given);
    if !missing.is_empty() {
        let secret = missing.iter().filter(|param| param.secret).map(|param| param.variable()).collect();
        return Err(ParamError::Missing { all: missing.iter().map(|param| param.flag()).collect(), secret });
    }
    for param in &header.params {
        if let (Some(default), false) = (&param.default, given.contains_key(&param.name)) {
            given.insert(param.name.clone(), default.clone());
        }
    }
    Ok(())
}
