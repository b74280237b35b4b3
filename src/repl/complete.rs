//! What could stand at the cursor: functions, option keys, allowed values, variables, commands. Pure: text in, words out.
//!
//! Not here: the terminal.

use super::commands::{Completes, DESTRUCTIVE, Takes};
use crate::api::{self, Allowed, Effect, Endpoint, Kind, Param};
use crate::script::language::{self, Receiver};
use crate::script::reference::Entry;
use crate::script::{Function, Span, SpanKind, Variable, spans};

/// Words that can be completed besides what the rows of the endpoints know.
pub(super) struct Known<'a> {
    /// Every host function.
    pub(super) entries: &'a [Entry],
    /// The variables of the session.
    pub(super) variables: &'a [Variable],
    /// Its functions.
    pub(super) functions: &'a [Function],
    /// The REPL's own commands, and what stands behind each.
    pub(super) commands: &'a [(&'static str, Takes)],
}

/// Where the word under the cursor begins, and what it could become. File names are not among it.
pub(super) fn candidates(before: &str, known: &Known) -> (usize, Vec<String>) {
    let command = before.trim_start();
    if command.starts_with(':') {
        let (start, found) = of_command(command, known);
        return (before.len() - command.len() + start, found);
    }
    of_script(before, known)
}

fn of_command(before: &str, known: &Known) -> (usize, Vec<String>) {
    let Some((name, argument)) = before.split_once(' ') else {
        let commands = known.commands.iter().map(|(name, _)| *name);
        return (0, matching(commands, before));
    };
    let takes = known.commands.iter().find(|(known, _)| *known == name).map(|(_, takes)| *takes);
    let start = before.len() - argument.len();
    match takes.map(Takes::completes) {
        Some(Completes::Words(words)) => (start, matching(words.iter().copied(), argument)),
        Some(Completes::Names) => {
            let names = known.entries.iter().map(|entry| entry.name).chain(language::words());
            let own = known.functions.iter().map(|function| function.name.as_str());
            let commands = known.commands.iter().map(|(name, _)| *name);
            (start, matching(names.chain(own).chain(commands), argument))
        }
        Some(Completes::Script) => {
            let (at, found) = of_script(argument, known);
            (start + at, found)
        }
        Some(Completes::Destructive) => {
            let destructive = api::endpoints().filter(|endpoint| endpoint.effect == Effect::Destructive);
            let names = destructive.map(|endpoint| endpoint.function).chain([DESTRUCTIVE]);
            (start, matching(names, argument))
        }
        Some(Completes::Files | Completes::Nothing) | None => (start, Vec::new()),
    }
}

fn of_script(before: &str, known: &Known) -> (usize, Vec<String>) {
    let spans = spans(before);
    if let Some(last) = spans.last().filter(|last| last.end == before.len()) {
        let piece = &before[last.start..];
        match last.kind {
            SpanKind::Comment => return (before.len(), Vec::new()),
            SpanKind::Wrong if piece.starts_with('"') => {
                let names = open_call(before, &spans[..spans.len() - 1]).and_then(|call| call.value);
                let names = names.map(names_of).unwrap_or_default();
                return (last.start + 1, matching(names, &piece[1..]));
            }
            SpanKind::Wrong | SpanKind::Text => return (before.len(), Vec::new()),
            _ => {}
        }
    }
    let (word, start) = last_word(before);
    let outside: Vec<Span> = spans.into_iter().filter(|span| span.end <= start).collect();
    if let Some(found) = behind_a_dot(before, &outside, known) {
        return (start, matching(found, word));
    }
    match open_call(before, &outside) {
        Some(call) if call.expects_key => {
            let missing = call.params.iter().filter(|param| !call.given.contains(&param.name));
            let found = matching(missing.map(|param| param.name), word);
            return (start, found.into_iter().map(|name| format!("{name}: ")).collect());
        }
        Some(Call { value: Some(param), .. }) => {
            if param.kind == Kind::Boolean {
                return (start, matching(["false", "true"], word));
            }
            let found = matching(names_of(param), word);
            if !found.is_empty() {
                return (start, found.into_iter().map(|name| format!("\"{name}\"")).collect());
            }
        }
        _ => {}
    }
    if word.is_empty() {
        return (start, Vec::new());
    }
    let own = known.functions.iter().map(|function| function.name.as_str());
    let own = own.chain(known.variables.iter().map(|variable| variable.name.as_str()));
    let names = known.entries.iter().map(|entry| entry.name).chain(language::words());
    (start, matching(own.chain(names), word))
}

/// What may stand behind a dot: the fields of a variable that is a map, and methods.
fn behind_a_dot<'a>(text: &str, spans: &[Span], known: &Known<'a>) -> Option<Vec<&'a str>> {
    let piece = |span: &Span| &text[span.start..span.end];
    let (dot, rest) = spans.split_last()?;
    if !matches!(piece(dot), "." | "?.") {
        return None;
    }
    let (on, rest) = rest.split_last()?;
    // A field of a field, and what a call returns, are known only when it runs.
    let is_alone = !rest.last().is_some_and(|span| matches!(piece(span), "." | "?."));
    let named = |variable: &&Variable| variable.name == piece(on);
    let variable = known.variables.iter().find(named).filter(|_| is_alone);
    let receiver = match on.kind {
        SpanKind::Text => Some(Receiver::Text),
        _ => variable.and_then(|variable| variable.receiver),
    };
    let fields = variable.into_iter().flat_map(|variable| variable.fields.iter().map(String::as_str));
    Some(fields.chain(language::methods(receiver)).collect())
}

/// The innermost call around the cursor whose options are being written.
struct Call<'a> {
    /// What may stand in the map the cursor is in.
    params: &'static [Param],
    /// The keys that map has already.
    given: Vec<&'a str>,
    /// Whether the cursor stands where a key may stand.
    expects_key: bool,
    /// The parameter whose value begins at the cursor.
    value: Option<&'static Param>,
}

/// Goes back from the cursor through the brackets that are open.
fn open_call<'a>(text: &'a str, spans: &[Span]) -> Option<Call<'a>> {
    let piece = |at: usize| spans.get(at).map_or("", |span| &text[span.start..span.end]);
    let mut path = Vec::new();
    let mut given = Vec::new();
    let (mut depth, mut maps) = (0_usize, 0_usize);
    for at in (0..spans.len()).rev() {
        match spans[at].kind {
            SpanKind::Closing => depth += 1,
            SpanKind::Opening if depth > 0 => depth -= 1,
            SpanKind::Opening => match piece(at) {
                "#{" => {
                    maps += 1;
                    // A map that is a field of another: the key stands before its colon.
                    if at >= 2 && piece(at - 1) == ":" {
                        path.insert(0, piece(at - 2));
                    }
                }
                "(" if maps > 0 && at > 0 => {
                    let endpoint = api::by_function(piece(at - 1))?;
                    let params = fields(endpoint, &path);
                    // What stands in front of the options is given too.
                    let before = (at + 1..spans.len()).map(|at| (spans[at].kind, piece(at)));
                    given.extend(endpoint.positional.iter().take(if path.is_empty() {
                        outer_commas(before)
                    } else {
                        0
                    }));
                    let last = spans.len() - 1;
                    let value = if piece(last) == ":" && last > 0 {
                        params.iter().find(|param| param.name == piece(last - 1))
                    } else {
                        None
                    };
                    return Some(Call {
                        params,
                        given,
                        expects_key: matches!(piece(last), "#{" | ","),
                        value,
                    });
                }
                _ => return None,
            },
            SpanKind::Sign if depth == 0 && piece(at) == ";" => return None,
            SpanKind::Sign if depth == 0 && maps == 0 && piece(at) == ":" && at > 0 => {
                given.push(piece(at - 1));
            }
            _ => {}
        }
    }
    None
}

/// What may stand in the options of a call, or in a map inside them.
fn fields(endpoint: &Endpoint, path: &[&str]) -> &'static [Param] {
    path.iter().fold(endpoint.params, |params, name| {
        params.iter().find(|param| param.name == *name).map_or(&[], Param::members)
    })
}

/// How many commas stand outside all brackets.
fn outer_commas<'a>(pieces: impl Iterator<Item = (SpanKind, &'a str)>) -> usize {
    let (mut depth, mut commas) = (0_usize, 0);
    for (kind, piece) in pieces {
        match kind {
            SpanKind::Opening => depth += 1,
            SpanKind::Closing => depth = depth.saturating_sub(1),
            _ if depth == 0 && piece == "," => commas += 1,
            _ => {}
        }
    }
    commas
}

/// The word at the end, and where it begins.
fn last_word(text: &str) -> (&str, usize) {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let start = text.len()
        - text.chars().rev().take_while(|letter| is_word(*letter)).map(char::len_utf8).sum::<usize>();
    (&text[start..], start)
}

/// Texts that may be given for a parameter.
fn names_of(param: &Param) -> Vec<&'static str> {
    match (param.allowed, param.kind) {
        (Allowed::Integers(values), Kind::Integer) => values.iter().map(|(_, name)| *name).collect(),
        (Allowed::Texts(values), _) => values.iter().map(|(text, _)| *text).collect(),
        _ => Vec::new(),
    }
}

/// Of these words the ones that begin so, sorted, each once. Nothing else is copied: there may be thousands.
fn matching<'a>(words: impl IntoIterator<Item = &'a str>, start: &str) -> Vec<String> {
    let mut found: Vec<&str> = words.into_iter().filter(|word| word.starts_with(start)).collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::reference;

    const COMMANDS: &[(&str, Takes)] = &[
        (":allow", Takes::Must("WHAT")),
        (":help", Takes::Maybe("NAME")),
        (":sim", Takes::Choice(&["on", "off", "reset"])),
        (":time", Takes::Must("EXPR")),
        (":vars", Takes::Nothing),
    ];

    fn variable(name: &str, receiver: Option<Receiver>, fields: &[&str]) -> Variable {
        let fields = fields.iter().map(|&field| field.to_owned()).collect();
        Variable { name: name.to_owned(), receiver, fields }
    }

    fn ask(before: &str) -> Vec<String> {
        let entries = reference::entries();
        let variables = [
            variable("counter", None, &[]),
            variable("copies", Some(Receiver::Array), &[]),
            variable("row", Some(Receiver::Map), &["id", "name"]),
        ];
        let functions = [Function { name: "copy_mine".into(), signature: "copy_mine(id)".into() }];
        let known =
            Known { entries: &entries, variables: &variables, functions: &functions, commands: COMMANDS };
        candidates(before, &known).1
    }

    #[test]
    fn functions_variables_and_commands_are_completed() {
        assert_eq!(ask("let x = cop"), ["copies", "copy_mine", "copy_profile", "copy_profiles"]);
        assert_eq!(ask("x; delete_g"), ["delete_group"]);
        assert_eq!(ask(":h"), [":help"]);
        assert_eq!(ask(""), [""; 0]);
        assert_eq!(ask("print(\"cop"), [""; 0]);
    }

    #[test]
    fn option_keys_are_completed_at_every_depth() {
        assert_eq!(ask("copy_profile(1, #{ na"), ["name: "]);
        assert_eq!(ask("copy_profile(1, #{ name: \"a\", site_"), ["site_id: ", "site_url: "]);
        assert_eq!(ask("import_profile(\"c\", #{ proxy_config: #{ proxy_i"), ["proxy_id: ", "proxy_ip: "]);
        assert_eq!(ask("import_profile(f(1), #{ gr"), ["group_id: "]);
        assert_eq!(ask("copy_profile(1, #{ name: \"x#{(\", group_id: 1, s"), ["site_id: ", "site_url: "]);
        assert_eq!(ask("copy_profile(1, #{ name: \"a\", site_id: 1, group_id: 2, "), ["site_url: "]);
    }

    #[test]
    fn allowed_values_are_completed_inside_quotes() {
        assert_eq!(ask("copy_profile(1, #{ site_id: \"shopi"), ["shopify.com"]);
        assert_eq!(ask("import_profile(\"c\", #{ proxy_config: #{ proxy_type: \"s"), ["socks5", "ssh"]);
        assert_eq!(ask("import_profile(\"c\", #{ proxy_config: #{ proxy_mode: \"cu"), ["custom"]);
    }

    #[test]
    fn allowed_values_are_offered_behind_a_key() {
        let modes = ask("import_profile(\"c\", #{ proxy_config: #{ proxy_mode: ");
        assert!(modes.contains(&"\"custom\"".to_owned()), "{modes:?}");
        assert_eq!(ask("import_profile(\"c\", #{ proxy_config: #{ proxy_type: ss"), ["\"ssh\""]);
        assert_eq!(
            ask("copy_profile(1, #{ group_id: cop"),
            ["copies", "copy_mine", "copy_profile", "copy_profiles"]
        );
    }

    #[test]
    fn what_stands_behind_a_command_is_completed() {
        assert_eq!(ask(":sim o"), ["off", "on"]);
        assert_eq!(ask(":allow delete_g"), ["delete_group"]);
        assert_eq!(ask(":allow des"), ["destructive"]);
        assert_eq!(ask(":help delete_g"), ["delete_group"]);
        assert_eq!(ask(":help :v"), [":vars"]);
        assert_eq!(ask(":time copy_profile(1, #{ na"), ["name: "]);
        assert_eq!(ask(":vars x"), [""; 0]);
        assert_eq!(ask(":nothing x"), [""; 0]);
    }

    #[test]
    fn ten_thousand_names_are_one_sorted_answer() {
        let names: Vec<Variable> =
            (0..10_000).rev().map(|number| variable(&format!("name_{number:04}"), None, &[])).collect();
        let known = Known { entries: &[], variables: &names, functions: &[], commands: &[] };
        let (start, found) = candidates("1 + name_99", &known);
        assert_eq!((start, found.len(), found.first().map(String::as_str)), (4, 100, Some("name_9900")));
    }

    #[test]
    fn words_of_the_language_are_completed() {
        assert_eq!(ask("x = parse_i"), ["parse_int"]);
        assert_eq!(ask("whil"), ["while"]);
        assert_eq!(ask(":help whil"), ["while"]);
        assert_eq!(ask(" :he"), [":help"]);
    }

    #[test]
    fn fields_and_methods_stand_behind_a_dot() {
        assert_eq!(ask("row.na"), ["name"]);
        assert_eq!(ask("copies.pus"), ["push"]);
        assert_eq!(ask("row.pus"), [""; 0]);
        assert_eq!(ask("\"a\".to_u"), ["to_upper"]);
        assert_eq!(ask("list_groups().fil"), ["fill_with", "filter"]);
        assert!(ask("row.").starts_with(&["clear".to_owned()]));
        assert_eq!(ask("other.row.na"), [""; 0]);
    }
}
