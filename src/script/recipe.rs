//! From the lines of a session to a recipe that does the same.
//!
//! Not here: which lines there were, and writing files.

use super::check;
use super::header;
use super::last;
use super::lex::{self, SpanKind};
use super::{engine, examine};
use crate::base::mask::{MASK, Secrets};
use crate::base::report::{Report, Severity, Source};
use rhai::{AST, Stmt, Token};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A line that ran to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// As it was typed.
    pub text: String,
    /// Whether it had a value, which `_` was from then on.
    pub has_value: bool,
}

/// A recipe, and what it lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// The whole file.
    pub text: String,
    /// How many lines are not in it because they read `_error`, an error that will not happen again.
    pub left_out: usize,
    /// The parameters that took the place of secrets.
    pub params: Vec<String>,
}

/// The recipe `name` that does what `lines` did, with a header that declares what it calls. Secrets that were typed
/// become parameters.
///
/// # Errors
/// Why it would not be a recipe.
pub fn from_lines(name: &str, lines: &[Line], secrets: &Secrets) -> Result<Recipe, Report> {
    let reads_error = |line: &&Line| names(&line.text).any(|name| name == last::ERROR);
    let kept: Vec<&Line> = lines.iter().filter(|line| !reads_error(line)).collect();
    if kept.is_empty() {
        return Err(Report::error("no line ran to its end yet, so there is nothing to save"));
    }
    let body = joined(&kept);
    let (body, params) = without_secrets(&body, secrets)?;
    let needs = parse(&body).and_then(|ast| check::known_needs(&ast));
    let text = format!("{}\n{body}", page(name, needs.as_deref(), &params));
    if secrets.mask(&text) != text {
        return Err(Report::error(
            "a secret stands inside a longer text, where no parameter can take its place",
        )
        .help("Put the secret into a variable of its own, as in `let password = \"...\"`, and save again."));
    }
    let source = Arc::new(Source { name: name.to_owned(), text });
    let declared = header::parse(&source.text).map_err(|error| error.report(&source))?;
    let problem = examine(&source, declared.needs.as_deref())
        .into_iter()
        .find(|report| report.severity == Severity::Error);
    match problem {
        Some(report) => Err(report.note("the lines of this session are no recipe, so nothing was saved")),
        None => Ok(Recipe { text: source.text.clone(), left_out: lines.len() - kept.len(), params }),
    }
}

fn names(text: &str) -> impl Iterator<Item = &str> {
    let names = lex::spans(text).into_iter().filter(|span| span.kind == SpanKind::Name);
    names.filter_map(|span| text.get(span.start..span.end))
}

fn parse(text: &str) -> Option<AST> {
    // What is defined is the check's to find out; here only the shape matters.
    let mut parser = engine::bare();
    parser.set_strict_variables(false);
    parser.compile(text).ok()
}

/// The lines one below the other, with a name for each last value that a later line reads.
fn joined(lines: &[&Line]) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut names: BTreeMap<usize, String> = BTreeMap::new();
    let mut latest = None;
    for (at, line) in lines.iter().enumerate() {
        let text = match latest {
            None => last::renamed(&line.text, "()"),
            Some(_) if last::places(&line.text).is_empty() => line.text.as_str().into(),
            Some(latest) => {
                let count = names.len() + 1;
                last::renamed(&line.text, names.entry(latest).or_insert_with(|| format!("last_{count}")))
            }
        };
        texts.push(text.into_owned());
        if line.has_value {
            latest = Some(at);
        }
    }
    let named = texts.iter().enumerate().map(|(at, text)| match names.get(&at) {
        Some(name) => with_named_value(text, name),
        None => text.clone(),
    });
    named.map(|text| ended(&text) + "\n").collect()
}

/// `text` with its last statement's value in a variable.
fn with_named_value(text: &str, name: &str) -> String {
    let at = last_statement(text);
    format!("{}let {name} = {}", &text[..at], &text[at..])
}

/// Where the last statement begins. The engine keeps the place of an operator, not that of its left side, so it is looked
/// for among the places where one can begin: a split there leaves one statement behind it and the others before.
fn last_statement(text: &str) -> usize {
    let count = |text: &str| parse(text).map(|ast| ast.statements().len());
    let spans: Vec<_> = lex::spans(text).into_iter().filter(|span| span.kind != SpanKind::Comment).collect();
    let first = spans.first().map_or(0, |span| span.start);
    let Some(all) = count(text).filter(|all| *all > 1) else { return first };
    let begins = spans.windows(2).rev().filter_map(|pair| match text.get(pair[0].start..pair[0].end) {
        Some(";" | "}") => Some(pair[1].start),
        _ => None,
    });
    let splits = |at: &usize| count(&text[*at..]) == Some(1) && count(&text[..*at]) == Some(all - 1);
    begins.into_iter().find(splits).unwrap_or(first)
}

/// `text` with a semicolon behind its last statement, unless that ends by itself.
fn ended(text: &str) -> String {
    let spans = lex::spans(text);
    let Some(end) = spans.iter().rev().find(|span| span.kind != SpanKind::Comment) else {
        return text.to_owned();
    };
    let last = text.get(end.start..end.end).unwrap_or_default();
    let ast = parse(text);
    // What ends in a block needs no semicolon behind it.
    let is_block = |statement: &Stmt| {
        !matches!(statement, Stmt::Expr(_) | Stmt::FnCall(..) | Stmt::Var(..) | Stmt::Assignment(_))
    };
    let ends_by_itself = ast.is_some_and(|ast| ast.statements().last().is_none_or(is_block)) && last == "}";
    if last == ";" || ends_by_itself {
        return text.to_owned();
    }
    format!("{};{}", &text[..end.end], &text[end.end..])
}

/// The code with `param(...)` in the place of secrets, and the names of those parameters.
fn without_secrets(code: &str, secrets: &Secrets) -> Result<(String, Vec<String>), Report> {
    let found = parse(code).map(|ast| check::named_secret_literals(&ast)).unwrap_or_default();
    let is_known = |text: &str| secrets.mask(&format!("\"{text}\"")) == format!("\"{MASK}\"");
    let mut params: BTreeMap<String, String> = BTreeMap::new();
    let mut order = Vec::new();
    let mut replaced = code.to_owned();
    let texts = lex::pieces(code).into_iter().filter_map(|(span, token)| match token {
        Token::StringConstant(text) => Some((span, text.to_string())),
        _ => None,
    });
    let mut places = Vec::new();
    for (span, text) in texts {
        // The end of a text behind `${...}` begins without a quote of its own.
        let is_whole = code[span.start..].starts_with(['"', '`', '#']);
        if !is_whole || text.is_empty() || !(found.contains_key(&text) || is_known(&text)) {
            continue;
        }
        let name = params.entry(text.clone()).or_insert_with(|| {
            let wanted = found.get(&text).map_or("secret", String::as_str);
            let name = free_name(wanted, &order);
            order.push(name.clone());
            name
        });
        places.push((span, format!("param(\"{name}\")")));
    }
    for (span, call) in places.into_iter().rev() {
        replaced.replace_range(span.start..span.end, &call);
    }
    for text in found.keys() {
        secrets.add(text);
    }
    Ok((replaced, order))
}

/// `wanted`, or the first of `wanted_2`, `wanted_3` and so on that is not taken. A header takes letters, digits and `_`.
fn free_name(wanted: &str, taken: &[String]) -> String {
    let plain: String =
        wanted.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
    let plain = plain.trim_start_matches(|letter: char| !letter.is_ascii_alphabetic());
    let plain = if plain.is_empty() || plain == "help" { "secret" } else { plain };
    let is_free = |name: &String| !taken.contains(name);
    let numbered = (2..).map(|number| format!("{plain}_{number}"));
    std::iter::once(plain.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
}

/// The header.
fn page(name: &str, needs: Option<&[&str]>, params: &[String]) -> String {
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
    for param in params {
        page.push_str(&format!(
            "//!\n//! [params.{param}]\n//! type = \"string\"\n//! required = true\n//! secret = true\n\
             //! about = \"a secret that was typed in the session\"\n"
        ));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn saved(lines: &[(&str, bool)], secrets: &Secrets) -> Result<Recipe, Report> {
        let lines: Vec<Line> = lines
            .iter()
            .map(|(text, has_value)| Line { text: (*text).to_owned(), has_value: *has_value })
            .collect();
        from_lines("saved", &lines, secrets)
    }

    #[test]
    fn lines_become_a_recipe_that_checks() {
        let lines = [
            ("fn double(x) { x * 2 }", false),
            ("let groups = list_groups()", false),
            ("let n = 1; groups.len() + n // how many", true),
            ("double(_)", true),
            ("_error.code", true),
            ("if _ > 2 { print(`${_} is many`) }", false),
            ("let code = create_transfer_code(1640, \"123456\")", false),
            ("import_profile(\"76686828-89727101\", #{ group_id: 1 })", true),
        ];
        let recipe = saved(&lines, &Secrets::default()).unwrap();
        assert_eq!((recipe.left_out, recipe.params.len()), (1, 2));
        expect![[r#"
            //! name = "saved"
            //! about = "Does what a session in the REPL did."
            //! needs = ["create_transfer_code", "import_profile", "list_groups"]
            //!
            //! [params.password]
            //! type = "string"
            //! required = true
            //! secret = true
            //! about = "a secret that was typed in the session"
            //!
            //! [params.transfer_code]
            //! type = "string"
            //! required = true
            //! secret = true
            //! about = "a secret that was typed in the session"

            fn double(x) { x * 2 }
            let groups = list_groups();
            let n = 1; let last_1 = groups.len() + n; // how many
            let last_2 = double(last_1);
            if last_2 > 2 { print(`${last_2} is many`) }
            let code = create_transfer_code(1640, param("password"));
            import_profile(param("transfer_code"), #{ group_id: 1 });
        "#]]
        .assert_eq(&recipe.text);
    }

    #[test]
    fn a_secret_that_was_met_at_run_time_becomes_a_parameter_too() {
        let secrets = Secrets::default();
        secrets.add("hunter2!");
        secrets.add("abc");
        let recipe = saved(&[("let a = [\"hunter2!\", \"abc\", \"hunter2!\"]", false)], &secrets).unwrap();
        assert!(
            recipe.text.ends_with("let a = [param(\"secret\"), param(\"secret_2\"), param(\"secret\")];\n")
        );
        let error = saved(&[("print(\"it is hunter2!\")", false)], &secrets).unwrap_err();
        assert!(error.message.starts_with("a secret stands inside a longer text"));
    }

    #[test]
    fn what_is_no_recipe_is_not_saved() {
        let secrets = Secrets::default();
        assert!(saved(&[], &secrets).unwrap_err().message.contains("nothing to save"));
        let error = saved(&[("print(missing)", false)], &secrets).unwrap_err();
        assert!(error.notes[0].contains("nothing was saved"), "{error:?}");
    }

    #[test]
    fn what_is_called_only_at_run_time_leaves_the_needs_open() {
        let recipe = saved(&[("let f = Fn(\"list_\" + \"groups\");", false)], &Secrets::default()).unwrap();
        assert!(recipe.text.contains("declares no needs"), "{}", recipe.text);
        assert!(header::parse(&recipe.text).unwrap().needs.is_none());
    }
}
