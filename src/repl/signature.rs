//! How the call that is being typed is to be called, to be shown behind it.
//!
//! Not here: the terminal, and what could be typed next.

use super::commands::script_in;
use super::complete::Known;
use crate::base::text;
use crate::script::{SpanKind, spans};

/// Longer ones are cut.
const MOST: usize = 90;

/// What to show behind `before`: the rest of the signature where nothing was given yet, and later all of it.
pub(super) fn hint(before: &str, known: &Known) -> Option<String> {
    let spans = spans(before);
    let last = spans.last()?;
    let is_inside = matches!(last.kind, SpanKind::Wrong | SpanKind::Comment) && last.end == before.len();
    if is_inside || script_in(before).is_none() {
        return None;
    }
    let piece = |at: usize| &before[spans[at].start..spans[at].end];
    let mut depth = 0_usize;
    for at in (0..spans.len()).rev() {
        match spans[at].kind {
            SpanKind::Closing => depth += 1,
            SpanKind::Opening if depth > 0 => depth -= 1,
            // A block is no argument.
            SpanKind::Opening if piece(at) == "{" => return None,
            SpanKind::Opening if piece(at) == "(" && at > 0 => {
                let Some(signature) = signature(piece(at - 1), known) else { continue };
                let is_first = at + 1 == spans.len() && spans[at].end == before.len();
                let shown = match signature.split_once('(').filter(|_| is_first) {
                    Some((_, rest)) => rest.to_owned(),
                    None => format!("   {signature}"),
                };
                return Some(text::cut(&shown, MOST).into_owned());
            }
            SpanKind::Sign if depth == 0 && piece(at) == ";" => return None,
            _ => {}
        }
    }
    None
}

/// The fullest way to call it.
fn signature(name: &str, known: &Known) -> Option<String> {
    if let Some(own) = known.functions.iter().rev().find(|function| function.name == name) {
        return Some(own.signature.clone());
    }
    let entry = known.entries.iter().find(|entry| entry.name == name)?;
    entry.signatures.iter().max_by_key(|signature| signature.len()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{Function, reference};

    fn ask(before: &str) -> Option<String> {
        let entries = reference::entries();
        let functions = [Function { name: "twice".into(), signature: "twice(n)".into() }];
        hint(before, &Known { entries: &entries, variables: &[], functions: &functions, commands: &[] })
    }

    #[test]
    fn a_call_shows_its_signature_until_it_is_closed() {
        let rest = "profile_id, #{ site_id, site_url, name, group_id })";
        assert_eq!(ask("let x = copy_profile(").as_deref(), Some(rest));
        let whole = format!("   copy_profile({rest}");
        for typed in ["copy_profile(16", "copy_profile(f(1), #{ name: ", "copy_profile((1 + [2"] {
            assert_eq!(ask(typed).as_deref(), Some(whole.as_str()), "{typed}");
        }
        assert_eq!(ask("twice(").as_deref(), Some("n)"));
        assert_eq!(ask("copy_profile(twice(1").as_deref(), Some("   twice(n)"));
    }

    #[test]
    fn elsewhere_there_is_none() {
        for typed in [
            "copy_profile(1)",
            "nothing(",
            "print(\"copy_profile(",
            "// copy_profile(",
            "copy_profile(1, \"a",
            "copy_profile(1); x",
            "parallel(list, |x| { x",
            ":load copy_profile(",
            "",
        ] {
            assert_eq!(ask(typed), None, "{typed}");
        }
    }
}
