//! How the reference of host functions looks: a list of all, and the page of one.
//!
//! Not here: the facts, which are `script::reference`.

use super::Style;
use crate::base::text;
use crate::script::reference::{Entry, ParamEntry};
use std::fmt::{self, Write};

/// All functions, one line each, under their headings.
pub fn list(entries: &[Entry]) -> String {
    let width = entries.iter().map(|entry| entry.name.len()).max().unwrap_or(0);
    let mut list = String::new();
    let mut group = "";
    for entry in entries {
        if entry.group != group {
            let gap = if group.is_empty() { "" } else { "\n" };
            list.push_str(gap);
            list.push_str(entry.group);
            list.push('\n');
            group = entry.group;
        }
        let mark = match entry.effect {
            Some("destructive") => "!",
            Some("write") => "+",
            _ => " ",
        };
        let (name, about) = (entry.name, entry.about);
        list.push_str(&format!("  {mark} {name:width$}  {about}\n"));
    }
    list.push_str("\n+ changes something   ! destroys something: needs --allow destructive\n");
    list.push_str("`ixscript functions NAME` shows one in full.\n");
    list
}

/// One function in full.
pub fn page(entry: &Entry, style: Style) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write_page(&mut page, entry, style.width.clamp(60, 120));
    page
}

fn write_page(page: &mut String, entry: &Entry, width: usize) -> fmt::Result {
    for signature in &entry.signatures {
        paragraph(page, signature, 0, 4, width)?;
    }
    writeln!(page)?;
    paragraph(page, entry.about, 0, 0, width)?;
    writeln!(page)?;
    if let (Some(effect), Some(returns), Some(action)) = (entry.effect, entry.returns, entry.action) {
        let repeat = repeat(entry);
        writeln!(page, "Effect   {effect}{repeat}\nReturns  {returns}\nAction   {action}\n")?;
    }
    if !entry.params.is_empty() {
        writeln!(page, "Parameters")?;
        let name_width =
            entry.params.iter().map(|param| shown_name(param).chars().count()).max().unwrap_or(0);
        for param in &entry.params {
            let name = shown_name(param);
            let kind = param.kind;
            let start = format!("  {name:name_width$}  {kind:6}  ");
            hanging(page, &start, &about(param), width)?;
        }
        writeln!(page)?;
    }
    if !entry.errors.is_empty() {
        writeln!(page, "Errors")?;
        for error in &entry.errors {
            hanging(page, &format!("  {:<6}  ", error.code), error.message, width)?;
            hanging(page, "          ", error.advice, width)?;
        }
        writeln!(page)?;
    }
    writeln!(page, "Example")?;
    writeln!(page, "  {}", entry.example)
}

/// The reference as Markdown: every function with its parameters, errors and an example.
pub fn markdown(entries: &[Entry]) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write_markdown(&mut page, entries);
    page
}

fn write_markdown(page: &mut String, entries: &[Entry]) -> fmt::Result {
    let mut group = "";
    for entry in entries {
        if entry.group != group {
            group = entry.group;
            writeln!(page, "## {group}\n")?;
        }
        writeln!(page, "### {}\n\n{}\n\n```rust", entry.name, entry.about)?;
        entry.signatures.iter().try_for_each(|signature| writeln!(page, "{signature}"))?;
        writeln!(page, "```\n")?;
        if let (Some(effect), Some(returns), Some(action)) = (entry.effect, entry.returns, entry.action) {
            let repeat = repeat(entry);
            writeln!(page, "Effect: {effect}{repeat}. Returns: {returns}. Action: `{action}`.\n")?;
        }
        if !entry.params.is_empty() {
            writeln!(page, "| Parameter | Type | Meaning |\n|---|---|---|")?;
            for param in &entry.params {
                writeln!(
                    page,
                    "| `{}` | {} | {} |",
                    param.name,
                    param.kind,
                    about(param).replace('|', "\\|")
                )?;
            }
            writeln!(page)?;
        }
        if !entry.errors.is_empty() {
            writeln!(page, "| Code | Message | Advice |\n|---|---|---|")?;
            for error in &entry.errors {
                writeln!(
                    page,
                    "| {} | {} | {} |",
                    error.code,
                    error.message.replace('|', "\\|"),
                    error.advice
                )?;
            }
            writeln!(page)?;
        }
        writeln!(page, "```rust\n{}\n```\n", entry.example)?;
    }
    Ok(())
}

/// The functions as a definition file in the form of Rhai's language server (<https://github.com/rhaiscript/lsp>).
pub fn definitions(entries: &[Entry]) -> String {
    let mut page = "module static;\n".to_owned();
    for entry in entries {
        for signature in &entry.signatures {
            // Writing to a string cannot fail.
            let _ = write_definition(&mut page, entry, signature);
        }
    }
    page
}

fn write_definition(page: &mut String, entry: &Entry, signature: &str) -> fmt::Result {
    writeln!(page, "\n/// {}\n///\n/// ```rhai\n/// {}\n/// ```", entry.about, entry.example)?;
    let inside = signature.split_once('(').map_or("", |(_, rest)| rest.trim_end_matches(')'));
    let before_map = inside.split_once("#{").map_or(inside, |(before, _)| before);
    let named = before_map.split(',').map(str::trim).filter(|name| !name.is_empty()).map(|name| {
        let kind = entry.params.iter().find(|param| param.name == name).map_or("?", |param| param.kind);
        format!("{name}: {kind}")
    });
    let options = inside.contains("#{").then(|| "options: map".to_owned());
    let params: Vec<String> = named.chain(options).collect();
    writeln!(page, "fn {}({}) -> {};", entry.name, params.join(", "), entry.returns.unwrap_or("?"))
}

fn repeat(entry: &Entry) -> &'static str {
    match entry.repeat_is_harmless {
        Some(true) => "; doing it twice is harmless",
        Some(false) => "; doing it twice does it twice",
        None => "",
    }
}

/// Fields of an object are indented below it.
fn shown_name(param: &ParamEntry) -> String {
    match param.name.rsplit_once('.') {
        Some((outer, name)) => format!("{}{name}", "  ".repeat(outer.split('.').count())),
        None => param.name.clone(),
    }
}

fn about(param: &ParamEntry) -> String {
    let mut about = param.about.to_owned();
    if param.required {
        about.push_str("; required");
    }
    if let Some(condition) = &param.required_when {
        about.push_str(&format!("; required when {condition}"));
    }
    if let Some(default) = param.default {
        about.push_str(&format!("; default {default}"));
    }
    if !param.allowed.is_empty() {
        let values: Vec<String> =
            param.allowed.iter().map(|(value, name)| format!("{value} {name}")).collect();
        about.push_str(&format!("; one of: {}", values.join(", ")));
    }
    if param.secret {
        about.push_str("; kept out of logs");
    }
    about.replace('`', "")
}

/// `start`, and then `words` wrapped so that every line begins below the first word.
fn hanging(page: &mut String, start: &str, words: &str, width: usize) -> fmt::Result {
    let indent = start.chars().count();
    let mut wrapped = String::new();
    paragraph(&mut wrapped, words, indent, indent, width)?;
    let rest = wrapped.get(indent..).unwrap_or_default();
    write!(page, "{start}{rest}")
}

/// Wraps `words` at `width`.
fn paragraph(page: &mut String, words: &str, first: usize, indent: usize, width: usize) -> fmt::Result {
    let mut column = first;
    write!(page, "{}", " ".repeat(first))?;
    for (at, word) in text::one_line(words).split(' ').enumerate() {
        let length = word.chars().count();
        if at > 0 && column + 1 + length > width {
            write!(page, "\n{}{word}", " ".repeat(indent))?;
            column = indent + length;
        } else {
            let space = if at > 0 { " " } else { "" };
            write!(page, "{space}{word}")?;
            column += length + space.len();
        }
    }
    writeln!(page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::reference;

    #[test]
    fn no_page_is_wider_than_the_terminal_but_for_its_example() {
        for entry in reference::entries() {
            let page = page(&entry, Style { width: 80, ..Style::PLAIN });
            let example = format!("  {}", entry.example);
            for line in page.lines().filter(|line| *line != example) {
                assert!(line.chars().count() <= 80, "{}: {line}", entry.name);
            }
        }
    }
}
