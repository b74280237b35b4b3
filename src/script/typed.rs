//! Which secrets stand in a line that was typed, so that it can be kept without them.
//!
//! Not here: the secrets a call was given, which are known only once it was made. Too much is found rather than too little.

use super::lex::{self, SpanKind};
use super::{check, statements};
use crate::api::{self, Param};
use crate::base::mask::MASK;
use crate::base::text;
use rhai::Token;
use std::collections::BTreeSet;

/// Everything in `text` that is, or looks like, a secret.
pub fn secrets_in(text: &str) -> Vec<String> {
    let mut found = check::codes_in(text);
    match statements::parse(text) {
        Some(ast) => found.extend(check::secret_literals(&ast)),
        // What does not parse has no arguments. Where a secret is spoken of, every text may be it.
        None if speaks_of_secrets(text) => found.extend(texts(text)),
        None => {}
    }
    found.extend(misspelled(text));
    let escaped: Vec<String> = lex::escaped_texts(text)
        .filter(|(_, text)| found.contains(text))
        .map(|(raw, _)| raw.to_owned())
        .collect();
    found.extend(escaped);
    found
}

/// What is given to a key that was most likely meant to be that of a secret.
fn misspelled(code: &str) -> Vec<String> {
    let mut secret = BTreeSet::new();
    api::endpoints().for_each(|endpoint| note_secrets(endpoint.params, &mut secret));
    let pieces = lex::code(code);
    let given = pieces.windows(3).filter_map(|three| match three {
        [(_, Token::Identifier(key)), (_, Token::Colon), (_, Token::StringConstant(value))]
            if !secret.contains(key.as_str())
                && text::nearest(key, secret.iter().copied()).is_some()
                && !value.is_empty() =>
        {
            Some(value.to_string())
        }
        _ => None,
    });
    given.collect()
}

fn note_secrets(params: &'static [Param], names: &mut BTreeSet<&'static str>) {
    for param in params {
        if param.secret {
            names.insert(param.name);
        }
        note_secrets(param.members(), names);
    }
}

/// Whether a text in `code` is the mask that took the place of a secret.
pub fn has_mask(code: &str) -> bool {
    let is_text = |kind| matches!(kind, SpanKind::Text | SpanKind::Wrong);
    let mut spans = lex::spans(code).into_iter().filter(|span| is_text(span.kind));
    spans.any(|span| {
        code.get(span.start..span.end).is_some_and(|piece| piece.trim_matches(['"', '`']) == MASK)
    })
}

fn speaks_of_secrets(text: &str) -> bool {
    fn has_secret(params: &[Param], is_named: &dyn Fn(&str) -> bool) -> bool {
        params
            .iter()
            .any(|param| param.secret && is_named(param.name) || has_secret(param.members(), is_named))
    }
    let spans = lex::spans(text);
    let names: Vec<&str> = spans
        .iter()
        .filter(|span| matches!(span.kind, SpanKind::Name | SpanKind::Function | SpanKind::Text))
        .filter_map(|span| text.get(span.start..span.end))
        .map(|name| name.trim_matches('"'))
        .collect();
    let is_named = |name: &str| names.contains(&name);
    let is_secret =
        |endpoint: &api::Endpoint, name: &str| endpoint.param(name).is_some_and(|param| param.secret);
    api::endpoints().any(|endpoint| {
        has_secret(endpoint.params, &is_named)
            || is_named(endpoint.function) && endpoint.positional.iter().any(|name| is_secret(endpoint, name))
    })
}

fn texts(code: &str) -> impl Iterator<Item = String> {
    lex::pieces(code).into_iter().filter_map(|(span, token)| match token {
        Token::StringConstant(text) if !text.is_empty() => Some(text.to_string()),
        // A text without its end goes on to the end of its line.
        Token::LexError(_) => {
            let piece = code.get(span.start..span.end)?.trim_start_matches(['"', '`']);
            (!piece.is_empty()).then(|| piece.to_owned())
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_before_anything_is_called() {
        assert_eq!(secrets_in("create_transfer_code(1640, \"123456\")"), ["123456"]);
        assert_eq!(secrets_in("let c1 = \"76686828-89727101\""), ["76686828-89727101"]);
        assert_eq!(secrets_in("f(_, #{ password: \"geheim99\" })"), ["geheim99"]);
        assert_eq!(secrets_in("print(\"hello\")"), [""; 0]);
        assert_eq!(secrets_in("create_profile(\"x\", #{ pasword: \"typo-2\" })"), ["typo-2"]);
        let escaped = r#"create_transfer_code(1, "a\u0041\"")"#;
        assert_eq!(secrets_in(escaped), ["aA\"", r#"a\u0041\""#]);
    }

    #[test]
    fn a_line_that_does_not_parse_keeps_no_text_where_a_secret_is_spoken_of() {
        assert_eq!(secrets_in("create_profile(\"x\", #{ password: \"geheim99\" "), ["x", "geheim99"]);
        assert_eq!(secrets_in("create_transfer_code(1640, \"1234"), ["1234"]);
        assert_eq!(secrets_in("print(\"hello\" "), [""; 0]);
    }

    #[test]
    fn a_mask_counts_only_inside_a_text() {
        assert!(has_mask("f(\"***\")") && has_mask("`***`") && has_mask(":time f(\"***\")"));
        assert!(!has_mask("2 ** 3 // ***") && !has_mask("print(\"*** hello ***\")"));
    }
}
