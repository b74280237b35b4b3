//! From the lines of a session to a recipe that does the same.
//!
//! Not here: which lines there were, and writing files.

mod page;

use super::header;
use super::last;
use super::lex::{self, SpanKind};
use super::statements::{self, parse};
use super::{check, examine, secrets_in};
use crate::base::mask::{MASK, Secrets};
use crate::base::report::{Report, Severity, Source};
use rhai::Token;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// A line that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// As it was typed.
    pub text: String,
    /// How that went.
    pub ran: Ran,
}

/// How a line went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ran {
    /// To its end.
    Whole {
        /// Whether it had a value, which `_` was from then on.
        has_value: bool,
    },
    /// Until an error at this line and column.
    Until((usize, usize)),
}

/// A recipe, and what it lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// The whole file.
    pub text: String,
    /// How many lines are in it only as comments.
    pub left_out: usize,
    /// The parameters that took the place of secrets.
    pub params: Vec<String>,
}

/// A line on its way into the recipe.
struct Piece<'a> {
    line: &'a Line,
    /// What of it is kept.
    code: String,
    /// Why it, or the rest of it, is a comment.
    left_out: Option<&'static str>,
}

const FAILED: &str = "it failed";
const READS_ERROR: &str = "it reads `_error`, which will not be there";
const RETURNS: &str = "it would end the recipe";
const HAS_SECRET: &str = "a secret stands inside a longer text";
const LACKS: &str = "it needs what is left out, or is no part of a recipe";

/// The recipe `name` that does what `lines` did, with a header that declares what it calls. Secrets that were typed
/// become parameters, and those that it was `given` keep their values. What cannot be kept is a comment.
///
/// # Errors
/// Why there is nothing to keep.
pub fn from_lines(
    name: &str,
    lines: &[Line],
    given: &Map<String, Value>,
    secrets: &Secrets,
) -> Result<Recipe, Report> {
    let mut pieces: Vec<Piece> = lines.iter().map(piece).collect();
    if pieces.iter().all(|piece| piece.code.trim().is_empty()) {
        return Err(Report::error("no line ran to its end yet, so there is nothing to save"));
    }
    keep_last_definitions(&mut pieces);
    name_values(&mut pieces);
    loop {
        match assemble(name, &pieces, given, secrets)? {
            Assembled::Recipe(recipe) => return Ok(recipe),
            Assembled::Without(lacking, reason, problem) => {
                for at in lacking {
                    pieces[at].code.clear();
                    pieces[at].left_out = Some(reason);
                }
                if pieces.iter().all(|piece| piece.code.trim().is_empty()) {
                    return Err(problem.note("the lines of this session are no recipe, so nothing was saved"));
                }
            }
        }
    }
}

fn piece(line: &Line) -> Piece<'_> {
    let text = line.text.as_str();
    let kept = |code: String| Piece { line, code: statements::without_header(&code), left_out: None };
    let part = |code: String, reason| Piece { left_out: Some(reason), ..kept(code) };
    if names(text).any(|name| name == last::ERROR) {
        return part(String::new(), READS_ERROR);
    }
    if let Ran::Until(place) = line.ran {
        return part(what_ran(text, statements::offset(text, place)), FAILED);
    }
    if !statements::returns(text) {
        return kept(text.to_owned());
    }
    match statements::without_return(text) {
        Some(code) => kept(code),
        None => part(String::new(), RETURNS),
    }
}

/// The statements before the one that failed there, and the functions of the rest, which are defined all the same.
fn what_ran(text: &str, failed: usize) -> String {
    let start = statements::starts(text).into_iter().rfind(|start| *start <= failed).unwrap_or(0);
    let rest = statements::functions(text).into_iter().filter(|function| function.start >= start);
    let rest: String = rest.map(|function| format!("{}\n", &text[function.start..function.end])).collect();
    format!("{}{rest}", &text[..start])
}

fn names(text: &str) -> impl Iterator<Item = &str> {
    let names = lex::spans(text).into_iter().filter(|span| span.kind == SpanKind::Name);
    names.filter_map(|span| text.get(span.start..span.end))
}

/// A recipe may define a function once; in a session the last definition is the one that holds.
fn keep_last_definitions(pieces: &mut [Piece]) {
    let mut seen = HashSet::new();
    for piece in pieces.iter_mut().rev() {
        for function in statements::functions(&piece.code).into_iter().rev() {
            if !seen.insert((function.name, function.arity)) {
                piece.code.replace_range(function.start..function.end, "");
            }
        }
    }
}

/// Gives a name to each last value that a later line reads.
fn name_values(pieces: &mut [Piece]) {
    let mut names: BTreeMap<usize, String> = BTreeMap::new();
    let is_taken = pieces.iter().any(|piece| piece.code.contains("last_"));
    let prefix = if is_taken { "value_of_line_" } else { "last_" };
    let mut latest = None;
    for (at, piece) in pieces.iter_mut().enumerate() {
        let code = match latest {
            None => last::renamed(&piece.code, "()"),
            Some(_) if last::places(&piece.code).is_empty() => piece.code.as_str().into(),
            Some(latest) => {
                let name = format!("{prefix}{}", names.len() + 1);
                last::renamed(&piece.code, names.entry(latest).or_insert(name))
            }
        };
        piece.code = code.into_owned();
        if piece.line.ran == (Ran::Whole { has_value: true }) {
            latest = Some(at);
        }
    }
    for (at, name) in names {
        // Without it there is no such value, and the check finds who needs it.
        if !pieces[at].code.trim().is_empty() {
            pieces[at].code = statements::with_named_value(&pieces[at].code, &name);
        }
    }
}

/// One try.
enum Assembled {
    Recipe(Recipe),
    /// It can only be one without these pieces, for this reason, as this problem shows.
    Without(Vec<usize>, &'static str, Report),
}

fn assemble(
    name: &str,
    pieces: &[Piece],
    given: &Map<String, Value>,
    secrets: &Secrets,
) -> Result<Assembled, Report> {
    let codes: Vec<String> = pieces.iter().map(|piece| statements::ended(piece.code.trim())).collect();
    let ast = parse(&codes.join("\n"));
    let found = ast.as_ref().map(check::named_secret_literals).unwrap_or_default();
    found.keys().for_each(|secret| secrets.add(secret));
    let asked = ast.as_ref().map(statements::parameters).unwrap_or_default();
    let mut params = Params { asked, ..Params::default() };
    let codes: Vec<String> = codes.iter().map(|code| params.in_place_of(&found, code, secrets)).collect();
    let leaks = |at: &usize| secrets.mask(&codes[*at]) != codes[*at];
    let leaking: Vec<usize> = (0..codes.len()).filter(leaks).collect();
    if !leaking.is_empty() {
        let problem = Report::error(
            "a secret stands inside a longer text, where no parameter can take its place",
        )
        .help("Put the secret into a variable of its own, as in `let password = \"...\"`, and save again.");
        return Ok(Assembled::Without(leaking, HAS_SECRET, problem));
    }
    let needs = parse(&codes.join("\n")).and_then(|ast| check::known_needs(&ast));
    let loaded = params.asked.iter().filter_map(|name| Some((name.as_str(), given.get(name)?)));
    let mut text = page::page(name, needs.as_deref(), &params.order, loaded, secrets) + "\n";
    // For each line of the text the piece it is of.
    let mut owners = vec![None; text.lines().count()];
    for (at, (piece, code)) in pieces.iter().zip(&codes).enumerate() {
        if !code.is_empty() {
            text.push_str(&format!("{code}\n"));
            owners.resize(text.lines().count(), Some(at));
        }
        if let Some(reason) = piece.left_out {
            text.push_str(&comment(piece, reason, secrets));
            owners.resize(text.lines().count(), None);
        }
    }
    let source = Arc::new(Source { name: name.to_owned(), text });
    let declared = header::parse(&source.text).map_err(|error| error.report(&source))?;
    let mut problems = examine(&source, declared.needs.as_deref());
    problems.retain(|report| report.severity == Severity::Error);
    let place = |report: &Report| report.place.as_ref().map_or(0, |place| place.line);
    let owner = |report: &Report| owners.get(place(report).saturating_sub(1)).copied().flatten();
    let lacking: Vec<usize> = problems.iter().filter_map(owner).collect();
    match problems.into_iter().next() {
        Some(problem) if lacking.is_empty() => {
            Err(problem.note("the lines of this session are no recipe, so nothing was saved"))
        }
        Some(problem) => Ok(Assembled::Without(lacking, LACKS, problem)),
        None => Ok(Assembled::Recipe(Recipe {
            text: source.text.clone(),
            left_out: pieces.iter().filter(|piece| piece.left_out.is_some()).count(),
            params: params.order,
        })),
    }
}

/// A line that is no part of the recipe, and why not.
fn comment(piece: &Piece, reason: &str, secrets: &Secrets) -> String {
    let typed = Secrets::default();
    secrets_in(&piece.line.text).iter().for_each(|secret| typed.add(secret));
    let masked = typed.mask(&secrets.mask(&piece.line.text)).replace('\n', "\n//     ");
    format!("// left out ({reason}): {masked}\n")
}

/// The parameters that take the place of secrets.
#[derive(Default)]
struct Params {
    names: BTreeMap<String, String>,
    order: Vec<String>,
    /// Those that the code asks for by itself.
    asked: BTreeSet<String>,
}

impl Params {
    /// The code with `param(...)` in the place of secrets: those that were `found` by their place, and those that are known.
    fn in_place_of(&mut self, found: &BTreeMap<String, String>, code: &str, secrets: &Secrets) -> String {
        let is_known = |text: &str| secrets.mask(&format!("\"{text}\"")) == format!("\"{MASK}\"");
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
            let (order, asked) = (&mut self.order, &self.asked);
            let name = self.names.entry(text.clone()).or_insert_with(|| {
                let is_free = |name: &str| !order.iter().any(|taken| taken == name) && !asked.contains(name);
                let name = free_name(found.get(&text).map_or("secret", String::as_str), is_free);
                order.push(name.clone());
                name
            });
            places.push((span, format!("param(\"{name}\")")));
        }
        let mut replaced = code.to_owned();
        for (span, call) in places.into_iter().rev() {
            replaced.replace_range(span.start..span.end, &call);
        }
        replaced
    }
}

/// `wanted`, or the first of `wanted_2`, `wanted_3` and so on that is not taken. A header takes letters, digits and `_`.
fn free_name(wanted: &str, is_free: impl Fn(&str) -> bool) -> String {
    let plain: String =
        wanted.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
    let plain = plain.trim_start_matches(|letter: char| !letter.is_ascii_alphabetic());
    let plain = if plain.is_empty() || plain == "help" { "secret" } else { plain };
    let numbered = (2..).map(|number| format!("{plain}_{number}"));
    std::iter::once(plain.to_owned()).chain(numbered).find(|name| is_free(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn saved(lines: &[(&str, bool)], secrets: &Secrets) -> Result<Recipe, Report> {
        let lines: Vec<Line> = lines
            .iter()
            .map(|(text, has_value)| Line {
                text: (*text).to_owned(),
                ran: Ran::Whole { has_value: *has_value },
            })
            .collect();
        from_lines("saved", &lines, &Map::new(), secrets)
    }

    /// What stands below the header.
    fn body(recipe: &Recipe) -> &str {
        recipe.text.split_once("\n\n").unwrap().1
    }

    #[test]
    fn lines_become_a_recipe_that_checks() {
        let lines = [
            ("fn double(x) { x * 2 }", false),
            ("let groups = list_groups()", false),
            ("let n = 1; groups.len() + n // how many", true),
            ("double(_)", true),
            ("if _ > 2 { print(`${_} is many`) }", false),
            ("_error.code", true),
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
            // left out (it reads `_error`, which will not be there): _error.code
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
    fn what_cannot_be_kept_is_a_comment() {
        let whole = |text: &str, has_value| (text.to_owned(), Ran::Whole { has_value });
        let lines = [
            whole("fn f(n) { n + 1 }", false),
            whole("f(1)", true),
            whole("fn f(n) {\n    n + 2\n} let one = 1;", false),
            whole("return one + 4", true),
            whole("_ * 2", true),
            ("let kept = 1; copy_profile(999); let lost = 2; fn g() { 3 }".to_owned(), Ran::Until((1, 15))),
            whole("kept + g()", true),
            ("for id in [1, 999] {\n    copy_profile(id)\n}".to_owned(), Ran::Until((2, 5))),
            whole("if one == 2 { return } 9", true),
            whole("_ + 1", true),
            whole("_error.message", true),
            whole("print(`code: 76686828-89727101`); import_profile(\"76686828-89727101\")", true),
            whole("kept", true),
        ];
        let lines = lines.map(|(text, ran)| Line { text, ran });
        let recipe = from_lines("saved", &lines, &Map::new(), &Secrets::default()).unwrap();
        expect![[r#"
            f(1);
            fn f(n) {
                n + 2
            } let one = 1;
            let last_1 = one + 4;
            last_1 * 2;
            let kept = 1; fn g() { 3 };
            // left out (it failed): let kept = 1; copy_profile(999); let lost = 2; fn g() { 3 }
            kept + g();
            // left out (it failed): for id in [1, 999] {
            //         copy_profile(id)
            //     }
            // left out (it would end the recipe): if one == 2 { return } 9
            // left out (it needs what is left out, or is no part of a recipe): _ + 1
            // left out (it reads `_error`, which will not be there): _error.message
            // left out (a secret stands inside a longer text): print(`code: ***`); import_profile("***")
            kept;
        "#]]
        .assert_eq(body(&recipe));
        assert_eq!(recipe.left_out, 6);
    }

    #[test]
    fn parameters_of_a_recipe_that_was_loaded_stay_what_they_were() {
        let given = serde_json::json!({ "count": 2, "password": "hunter2!", "other": "x" });
        let secrets = Secrets::default();
        secrets.add("hunter2!");
        let text =
            "//! name = \"loaded\"\n\nlet n = param(\"count\"); let p = param(\"password\");".to_owned();
        let typed = "create_transfer_code(1, \"123456\")".to_owned();
        let lines = [text, typed].map(|text| Line { text, ran: Ran::Whole { has_value: false } });
        let recipe = from_lines("saved", &lines, given.as_object().unwrap(), &secrets).unwrap();
        let header = header::parse(&recipe.text).unwrap();
        let params: Vec<(&str, Option<&Value>, bool)> = header
            .params
            .iter()
            .map(|param| (param.name.as_str(), param.default.as_ref(), param.secret))
            .collect();
        let two = Value::from(2);
        let expected = [("password_2", None, true), ("count", Some(&two), false), ("password", None, true)];
        assert_eq!(params, expected, "{}", recipe.text);
        assert_eq!(recipe.text.matches("name =").count(), 1, "{}", recipe.text);
    }

    #[test]
    fn a_last_value_takes_no_name_that_is_there() {
        let lines = [("let last_1 = 5;", false), ("last_1 + 1", true), ("_ + last_1", true)];
        let recipe = saved(&lines, &Secrets::default()).unwrap();
        let expected = "let last_1 = 5;\nlet value_of_line_1 = last_1 + 1;\nvalue_of_line_1 + last_1;\n";
        assert_eq!(body(&recipe), expected);
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
