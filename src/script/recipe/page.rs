//! The header of a recipe that was made from a session.
//!
//! Not here: what stands below it.

use crate::base::mask::Secrets;
use serde_json::Value;

/// The header of the recipe `name`: what it `needs`, the parameters that took the place of secrets, and those of recipes that
/// were `loaded`, with their values.
pub(super) fn page<'a>(
    name: &str,
    needs: Option<&[&str]>,
    secrets: &[String],
    loaded: impl Iterator<Item = (&'a str, &'a Value)>,
    known: &Secrets,
) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut page =
        format!("//! name = {}\n//! about = \"Does what a session in the REPL did.\"\n", quoted(name));
    match needs {
        Some(needs) => {
            let listed: Vec<String> = needs.iter().map(|need| quoted(need)).collect();
            page.push_str(&format!("//! needs = [{}]\n", listed.join(", ")));
        }
        None => page.push_str("//! # What it calls is known only when it runs, so it declares no needs.\n"),
    }
    secrets.iter().for_each(|param| page.push_str(&secret(param)));
    loaded.for_each(|(param, value)| page.push_str(&declared(param, value, known)));
    page
}

fn secret(param: &str) -> String {
    format!(
        "//!\n//! [params.{param}]\n//! type = \"string\"\n//! required = true\n//! secret = true\n\
         //! about = \"a secret that was typed in the session\"\n"
    )
}

/// A parameter of a recipe that was loaded. What JSON writes for a plain value is what TOML reads.
fn declared(name: &str, value: &Value, secrets: &Secrets) -> String {
    let kind = match value {
        Value::String(_) => "string",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_i64() => "int",
        Value::Number(_) => "float",
        Value::Array(_) => "list",
        Value::Null | Value::Object(_) => return String::new(),
    };
    let written = value.to_string();
    if secrets.mask(&written) != written {
        return secret(name);
    }
    format!(
        "//!\n//! [params.{name}]\n//! type = \"{kind}\"\n//! default = {written}\n\
         //! about = \"a parameter of a recipe that was loaded\"\n"
    )
}
