//! `ixscript explain`: what an error code of the API means and what to do about it.
//!
//! Not here: the codes, which are rows of `api::codes`.

use super::Result;
use crate::api;
use crate::api::codes::{self, Code};
use crate::base::report::Report;
use crate::base::text;
use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::ui::Format;
use serde_json::json;

/// Explains `code`.
pub(in crate::cli) fn run(app: &App, code: &str) -> Result {
    let shown = text::one_line(&text::cut(code, 60)).into_owned();
    let number: i64 = code.trim().parse().map_err(|_| {
        Report::error(format!("`{shown}` is no error code"))
            .help("Codes are numbers, as in `ixscript explain 110002`.")
    })?;
    if number == 0 {
        app.printer.out("0 means success.");
        return Ok(Exit::DONE);
    }
    let code = codes::find(number).ok_or_else(|| {
        let known = codes::CODES.iter().map(|code| code.number.to_string()).collect::<Vec<_>>();
        let suggestion = text::did_you_mean(&number.to_string(), known.iter().map(String::as_str));
        Report::error(format!("{number} is not among the documented error codes{suggestion}"))
            .note("after an unknown code it is not known whether a write was done")
    })?;
    let functions: Vec<&str> = api::endpoints()
        .filter(|row| row.documented_codes().any(|documented| documented.number == number))
        .map(|row| row.function)
        .collect();
    if app.config.format == Format::Text {
        app.printer.out_raw(&page(code, &functions));
    } else {
        app.print_value(&json!({
            "code": number,
            "message": code.message,
            "class": code.class.word(),
            "meaning": code.class.meaning(),
            "advice": code.advice,
            "functions": functions,
        }));
    }
    Ok(Exit::DONE)
}

fn page(code: &Code, functions: &[&str]) -> String {
    let mut page = format!("{}: {}\n\n", code.number, code.message);
    page.push_str(&format!("Class      {}\n", code.class.word()));
    page.push_str(&format!("Outcome    {}\n", code.class.meaning()));
    page.push_str(&format!("Advice     {}\n", code.advice));
    if !functions.is_empty() {
        page.push_str(&format!("Listed by  {}\n", functions.join(", ")));
    }
    page
}
