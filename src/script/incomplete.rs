//! Whether more lines could complete a text, for a prompt that takes several lines.
//!
//! Not here: the prompt.

use rhai::{Engine, LexError, OptimizationLevel, ParseErrorType};

/// Whether `text` ends in the middle of something: an open bracket, a comment, an expression without its end.
pub(super) fn is_incomplete(engine: &Engine, text: &str) -> bool {
    let parser = lenient(engine);
    let Err(error) = parser.compile(text) else {
        // Only a comment that is still open swallows what would be an error.
        return parser.compile(format!("{text}\n}}")).is_ok();
    };
    if let ParseErrorType::BadInput(LexError::UnterminatedString) = error.err_type() {
        // Only texts in back-ticks go on over several lines.
        let line = error.position().line().unwrap_or(1);
        let column = error.position().position().unwrap_or(1);
        let opening = text.lines().nth(line - 1).and_then(|line| line.chars().nth(column.saturating_sub(1)));
        return error.position().is_none() || opening == Some('`');
    }
    // An error at the end of the text moves along with the end.
    let further = parser.compile(format!("{text}\n\n "));
    further.is_err_and(|further| further.position() != error.position())
}

/// Parses without regard to what is defined: names may come from earlier lines.
fn lenient(engine: &Engine) -> Engine {
    let mut parser = Engine::new_raw();
    parser.set_optimization_level(OptimizationLevel::None);
    parser.set_max_expr_depths(engine.max_expr_depth(), engine.max_function_expr_depth());
    parser
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn incomplete(text: &str) -> bool {
        let mut engine = Engine::new_raw();
        engine.set_strict_variables(true);
        engine.set_max_expr_depths(64, 32);
        is_incomplete(&engine, text)
    }

    #[test]
    fn open_ends_ask_for_more() {
        for text in [
            "let x = [",
            "{",
            "foo(1,",
            "let x = 1 +",
            "`abc",
            "`abc ${",
            "`abc ${ 1 +",
            "`abc ${x}",
            "let a = `x\n y",
            "/* x",
            "{ /* x",
            "x /* o",
            "1 +\n/* open",
            "1 /* a /* b */",
            "x.",
            "x?.",
            "let",
            "let x =",
            "fn f()",
            "fn f(",
            "fn",
            "fn f(a,",
            "if x",
            "if x { } else",
            "while true",
            "do { }",
            "switch x {",
            "switch x { 1 =>",
            "#{ a: 1,",
            "#{ a",
            "for x in",
            "import \"x\" as",
            "x ==",
            "a ??",
            "a ||",
            "try {",
            "try { }",
            "fn f() {",
            "x[1",
            "(1",
            "x..",
            "a !in",
            "for id in list_profiles() {\n  copy_profile(id);",
            "copy_profile(1640, #{\n  name: \"x\",",
        ] {
            assert!(incomplete(text), "{text}");
        }
    }

    #[test]
    fn whole_texts_and_wrong_ones_do_not() {
        for text in [
            "",
            "  ",
            "// c",
            "1",
            "let x",
            "let x = 1;",
            "x",
            "|x| x",
            "return",
            "throw",
            "unknown(1)",
            "`a\nb`",
            "/* a */ 1",
            "// /*",
            "\"/*\"",
            "`${`x`}`",
            "{ 1 }",
            "\"abc",
            "'a",
            "\"${",
            "let 5",
            "let x = 1 let y",
            ")",
            "}",
            "1 1",
            "foo(]",
            "@",
            "fn f( {",
            "a ? b",
            "/// doc",
            "let x = \"a\n b\"",
        ] {
            assert!(!incomplete(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn closing_what_was_opened_completes_it(depth in 1_usize..20) {
            let open = "[".repeat(depth);
            prop_assert!(incomplete(&open));
            let both = format!("{}{}", open, "]".repeat(depth));
            prop_assert!(!incomplete(&both));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[a-z0-9(){}\\[\\]`\"'$/*+.,;:#|\\n ]{0,30}") {
            let _ = incomplete(&text);
        }
    }
}
