//! What could stand at the cursor: functions, option keys, allowed values, variables, commands. Pure: text in, words out.
//!
//! Not here: the terminal.

use crate::api::{self, Allowed, Kind, Param};
use crate::script::reference::Entry;

/// Words that can be completed besides functions.
pub(super) struct Known<'a> {
    /// Every host function.
    pub(super) entries: &'a [Entry],
    /// The variables of the session.
    pub(super) variables: &'a [String],
    /// The REPL's own commands.
    pub(super) commands: &'a [&'static str],
}

/// Where the word under the cursor begins, and what it could become.
pub(super) fn candidates(before: &str, known: &Known) -> (usize, Vec<String>) {
    let start = before.rfind(|letter: char| !is_word(letter)).map_or(0, |at| at + letter_length(before, at));
    let (outside, word) = before.split_at(start);
    if before.starts_with(':') && !before.contains(char::is_whitespace) {
        let commands = known.commands.iter().filter(|command| command.starts_with(before));
        return (0, commands.map(|command| (*command).to_owned()).collect());
    }
    if let Some(call) = open_call(outside) {
        let params = call.params();
        if let Some(text) = outside.strip_suffix('"')
            && let Some(param) = params.iter().find(|param| ends_with_key(text, param.name))
        {
            return (start, matching(names_of(param), word));
        }
        if call.expects_key {
            return (start, matching(params.iter().map(|param| format!("{}: ", param.name)), word));
        }
    }
    if word.is_empty() || is_in_text(outside) {
        return (start, Vec::new());
    }
    let functions = known.entries.iter().map(|entry| entry.name.to_owned());
    let mut found = matching(known.variables.iter().cloned().chain(functions), word);
    found.dedup();
    (start, found)
}

/// The signature of the call the cursor is in, to be shown behind it.
pub(super) fn signature(before: &str, known: &Known) -> Option<String> {
    let (name, _) = before.strip_suffix('(').map(last_word)?;
    let entry = known.entries.iter().find(|entry| entry.name == name)?;
    let fullest = entry.signatures.iter().max_by_key(|signature| signature.len())?;
    fullest.split_once('(').map(|(_, rest)| rest.to_owned())
}

/// The innermost call around the cursor whose options are being written.
struct Call {
    function: String,
    /// Objects entered on the way, outermost first.
    path: Vec<String>,
    /// Whether the cursor stands where a key of a map may stand.
    expects_key: bool,
}

impl Call {
    fn params(&self) -> &'static [Param] {
        let Some(endpoint) = api::by_function(&self.function) else { return &[] };
        self.path.iter().fold(endpoint.params, |params, name| {
            params.iter().find(|param| param.name == *name).map_or(&[], Param::members)
        })
    }
}

/// Goes back from the cursor through the brackets that are open.
fn open_call(before: &str) -> Option<Call> {
    let mut path = Vec::new();
    let mut depth = 0_usize;
    let mut maps = 0_usize;
    for (at, letter) in before.char_indices().rev() {
        match letter {
            ')' | '}' | ']' => depth += 1,
            '(' | '{' | '[' if depth > 0 => depth -= 1,
            '{' if before[..at].ends_with('#') => {
                maps += 1;
                let (key, _) = last_word(before[..at - 1].trim_end().trim_end_matches(':').trim_end());
                if before[..at - 1].trim_end().ends_with(':') {
                    path.insert(0, key.to_owned());
                }
            }
            '(' => {
                let (function, _) = last_word(&before[..at]);
                let last = before.trim_end().chars().next_back();
                let expects_key = maps > 0 && matches!(last, Some('{' | ','));
                return (maps > 0).then(|| Call { function: function.to_owned(), path, expects_key });
            }
            '{' | '[' | ';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The word at the end, and where it begins.
fn last_word(text: &str) -> (&str, usize) {
    let start = text.rfind(|letter: char| !is_word(letter)).map_or(0, |at| at + letter_length(text, at));
    (&text[start..], start)
}

fn letter_length(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(0, char::len_utf8)
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn ends_with_key(text: &str, key: &str) -> bool {
    let text = text.trim_end();
    text.strip_suffix(':').is_some_and(|text| last_word(text.trim_end()).0 == key)
}

/// Texts that may be given for a parameter.
fn names_of(param: &Param) -> Vec<String> {
    match (param.allowed, param.kind) {
        (Allowed::Integers(values), Kind::Integer) => {
            values.iter().map(|(_, name)| (*name).to_owned()).collect()
        }
        (Allowed::Texts(values), _) => values.iter().map(|(text, _)| (*text).to_owned()).collect(),
        _ => Vec::new(),
    }
}

fn is_in_text(outside: &str) -> bool {
    outside.matches('"').count() % 2 == 1
}

fn matching(words: impl IntoIterator<Item = String>, start: &str) -> Vec<String> {
    let mut found: Vec<String> = words.into_iter().filter(|word| word.starts_with(start)).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::reference;

    fn ask(before: &str) -> Vec<String> {
        let entries = reference::entries();
        let variables = ["counter".to_owned(), "copies".to_owned()];
        let known = Known { entries: &entries, variables: &variables, commands: &[":help", ":quit"] };
        candidates(before, &known).1
    }

    #[test]
    fn functions_variables_and_commands_are_completed() {
        assert_eq!(ask("let x = cop"), ["copies", "copy_profile", "copy_profiles"]);
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
    }

    #[test]
    fn allowed_values_are_completed_inside_quotes() {
        assert_eq!(ask("copy_profile(1, #{ site_id: \"shopi"), ["shopify.com"]);
        assert_eq!(ask("import_profile(\"c\", #{ proxy_config: #{ proxy_type: \"s"), ["socks5", "ssh"]);
        assert_eq!(ask("import_profile(\"c\", #{ proxy_config: #{ proxy_mode: \"cu"), ["custom"]);
    }

    #[test]
    fn the_signature_is_shown_behind_an_opened_call() {
        let entries = reference::entries();
        let known = Known { entries: &entries, variables: &[], commands: &[] };
        let shown = signature("let x = copy_profile(", &known);
        assert_eq!(shown.as_deref(), Some("profile_id, #{ site_id, site_url, name, group_id })"));
        assert_eq!(signature("nothing(", &known), None);
    }
}
