//! Columns of the input table that a recipe does not read: what is in them would be lost without a word.
//!
//! Not here: columns that are missing; `input` finds those.

use super::bundle::Bundle;
use super::header::Header;
use super::input::Table;
use super::{lex, proxy_text};
use crate::api::Effect;
use crate::base::text;
use rhai::Token;
use serde_json::Value;
use std::collections::BTreeSet;

/// So many rows are looked at for proxies.
const MAX_ROWS: usize = 1000;

/// Columns that lists of proxies have.
const PROXY_COLUMNS: &[&str] = &["host", "hostname", "server", "endpoint", "username", "socks", "socks5"];

/// The columns that nothing reads.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Those that were most likely meant to be read.
    pub wrong: Vec<String>,
    /// All others.
    pub others: Vec<String>,
}

impl Unread {
    /// The columns of `table` that neither the header nor the code of the recipe names.
    pub fn of(header: &Header, bundle: &Bundle, table: &Table) -> Self {
        let columns = table.columns();
        let known: Vec<&String> = header.columns.iter().chain(&header.optional_columns).collect();
        if known.is_empty() || columns.iter().all(|column| known.contains(&column)) {
            return Self::default();
        }
        let mut named = BTreeSet::new();
        for file in &bundle.files {
            let Some(names) = names_in(&file.text) else { return Self::default() };
            named.extend(names);
        }

        let writes = bundle.calls(header).iter().any(|endpoint| endpoint.effect == Effect::Write);
        let missing: Vec<&String> = known.iter().copied().filter(|known| !columns.contains(known)).collect();
        let reads_proxies = known.iter().any(|known| known.starts_with("proxy"));
        let is_wrong = |column: &String| {
            let lower = column.to_lowercase();
            let is_of_proxy = ["proxy", "proxies"].iter().any(|word| lower.contains(word))
                || reads_proxies && PROXY_COLUMNS.contains(&lower.trim());
            let is_part = |known: &str| {
                known.starts_with("proxy")
                    && !words(column).is_empty()
                    && words(column).is_subset(&words(known))
            };
            let is_meant = |known: &&String| is_near(column, known) || writes && is_part(known);
            writes && is_of_proxy || missing.iter().any(is_meant)
        };
        let unread = columns.iter().filter(|column| !known.contains(column) && !named.contains(*column));
        let (mut wrong, mut others): (Vec<String>, Vec<String>) = unread.cloned().partition(is_wrong);
        if writes && !others.is_empty() {
            let holding;
            (holding, others) = with_proxies(table, others);
            wrong.extend(holding);
        }
        Self { wrong, others }
    }
}

/// The `columns` in which a row has a proxy, and the others.
fn with_proxies(table: &Table, columns: Vec<String>) -> (Vec<String>, Vec<String>) {
    // What cannot be read ends the run when it is asked for.
    let rows: Vec<_> = table.rows().take(MAX_ROWS).map_while(Result::ok).collect();
    let is_proxy = |value: &Value| value.as_str().is_some_and(proxy_text::is_proxy);
    columns.into_iter().partition(|column| rows.iter().any(|row| row.get(column).is_some_and(is_proxy)))
}

/// The properties and texts in the code of a file, any of which may be a column; nothing if it hands whole rows to the API,
/// which refuses what it does not know.
fn names_in(code: &str) -> Option<BTreeSet<String>> {
    let tokens: Vec<Token> = lex::code(code).into_iter().map(|(_, token)| token).collect();
    let is = |token: Option<&Token>, names: &[&str]| matches!(token, Some(Token::Identifier(name)) if names.contains(&name.as_str()));
    let mut names = BTreeSet::new();
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        let call =
            at.checked_sub(2).and_then(|at| tokens.get(at)).filter(|_| before == Some(&Token::LeftParen));
        if is(call, &["copy_profiles", "import_profiles"]) && is(Some(token), &["rows"]) {
            return None;
        }
        match token {
            // What is only set is not read: `arguments.group_id = 177`.
            Token::Identifier(name)
                if matches!(before, Some(Token::Period | Token::Elvis))
                    && tokens.get(at + 1) != Some(&Token::Equals) =>
            {
                names.insert(name.to_string());
            }
            Token::StringConstant(name) if !is(call, &["param"]) => {
                names.insert(name.to_string());
            }
            _ => {}
        }
    }
    Some(names)
}

/// Whether `column` was most likely meant to be `known`: a slip, or the same words and others.
fn is_near(column: &str, known: &str) -> bool {
    let lower = column.to_lowercase();
    words(known).is_subset(&words(column))
        || lower.starts_with(&known.to_lowercase())
        || text::nearest(column, [known]).is_some()
}

fn words(name: &str) -> BTreeSet<String> {
    let words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::report::Source;
    use crate::script::{bundle, header};
    use std::sync::Arc;

    fn unread(header: &str, code: &str, columns: &[&str]) -> (Vec<String>, Vec<String>) {
        let text = format!("{header}\n{code}");
        let header = header::parse(&text).unwrap();
        let source = Arc::new(Source { name: "a.rhai".into(), text });
        let bundle = bundle::collect(&source, None, &header, &[]);
        let row = columns.iter().map(|&column| {
            let (name, value) = column.split_once('=').unwrap_or((column, "a"));
            (name.to_owned(), value.into())
        });
        let rows = Value::Array(vec![Value::Object(row.collect())]).to_string().into_bytes();
        let Unread { wrong, others } = Unread::of(&header, &bundle, &Table::of_json(rows, &[]).unwrap());
        (wrong, others)
    }

    const IMPORTS: &str = "//! needs = [\"import_profile\"]\n//! [input]\n//! columns = [\"transfer_code\"]\n//! optional = \
                           [\"group\", \"proxy_ip\"]\n";

    #[test]
    fn a_column_that_was_meant_to_be_read_is_wrong() {
        for column in
            ["Proxy", "proxies", "proxy_host", "PROXY IP", "ip", "group_name", "Groups", "grup", "GroupName"]
        {
            assert_eq!(
                unread(IMPORTS, "", &["transfer_code", column]),
                (vec![column.into()], vec![]),
                "{column}"
            );
        }
        for column in ["note", "country", "new_profile_id"] {
            assert_eq!(
                unread(IMPORTS, "", &["transfer_code", column]),
                (vec![], vec![column.into()]),
                "{column}"
            );
        }
        // What is there under its own name was not meant by another one.
        assert_eq!(
            unread(IMPORTS, "", &["transfer_code", "group", "group_name"]),
            (vec![], vec!["group_name".into()])
        );
    }

    #[test]
    fn column_that_holds_proxies_is_wrong_whatever_its_name_is() {
        for column in [
            "host",
            "Server",
            "prx=10.0.0.1:8080",
            "\u{ff50}=10.0.0.1:8080:user:password",
            "addr=10.0.0.1",
            "addr=[2001:db8::1]:8080",
            "note= http://user:password@proxy.example.com:8080",
        ] {
            let name = column.split('=').next().unwrap();
            assert_eq!(unread(IMPORTS, "", &["transfer_code", column]).0, [name], "{column}");
        }
        for column in
            ["note=10:30", "note=a: b", "site=https://example.com/a", "note=1.5", "date=2026-01-02 10:30"]
        {
            assert_eq!(unread(IMPORTS, "", &["transfer_code", column]).0, [""; 0], "{column}");
        }
    }

    #[test]
    fn property_that_is_only_set_is_not_read() {
        let code = "let arguments = #{}; arguments.group_id = 177;";
        assert_eq!(unread(IMPORTS, code, &["transfer_code", "group_id"]).0, ["group_id"]);
    }

    #[test]
    fn a_recipe_that_makes_nothing_has_no_use_for_proxies() {
        let header = "//! needs = [\"delete_profile\"]\n//! [input]\n//! columns = [\"profile_id\"]\n";
        assert_eq!(unread(header, "", &["profile_id", "proxy_ip"]), (vec![], vec!["proxy_ip".into()]));
    }

    #[test]
    fn what_the_code_reads_or_hands_on_is_read() {
        let none = (Vec::<String>::new(), Vec::<String>::new());
        let code = "for row in rows() { print(row.note); if \"tag\" in row { print(row[\"tag\"]) } }";
        assert_eq!(unread(IMPORTS, code, &["transfer_code", "note", "tag"]), none);
        assert_eq!(unread(IMPORTS, "import_profiles(rows())", &["transfer_code", "proxy_config"]), none);
        assert_eq!(unread("", "rows()", &["proxies"]), none);
        let code = "let proxies = param(\"proxies\"); // row.proxies";
        assert_eq!(unread(IMPORTS, code, &["transfer_code", "proxies"]).0, ["proxies"]);
    }
}
