//! Columns of the input table that a recipe does not read: what is in them would be lost without a word.
//!
//! Not here: columns that are missing; `input` finds those.

use super::bundle::Bundle;
use super::header::Header;
use super::lex;
use crate::api::Effect;
use crate::base::text;
use rhai::Token;
use std::collections::BTreeSet;

/// The columns that nothing reads.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Those that were most likely meant to be read.
    pub wrong: Vec<String>,
    /// All others.
    pub others: Vec<String>,
}

impl Unread {
    /// Those of `columns` that neither the header nor the code of the recipe names.
    pub fn of(header: &Header, bundle: &Bundle, columns: &[String]) -> Self {
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
        let is_wrong = |column: &String| {
            let is_of_proxy = ["proxy", "proxies"].iter().any(|word| column.to_lowercase().contains(word));
            let is_part = |known: &str| {
                known.starts_with("proxy")
                    && !words(column).is_empty()
                    && words(column).is_subset(&words(known))
            };
            let is_meant = |known: &&String| is_near(column, known) || writes && is_part(known);
            writes && is_of_proxy || missing.iter().any(is_meant)
        };
        let unread = columns.iter().filter(|column| !known.contains(column) && !named.contains(*column));
        let (wrong, others) = unread.cloned().partition(is_wrong);
        Self { wrong, others }
    }
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
            Token::Identifier(name) if matches!(before, Some(Token::Period | Token::Elvis)) => {
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
        let columns: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
        let Unread { wrong, others } = Unread::of(&header, &bundle, &columns);
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
