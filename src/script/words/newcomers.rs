//! What people type who know another language, and what to write instead. One table of shapes, one of names.
//!
//! Not here: whether it is wrong. The tables are asked only about what is wrong already.

use crate::script::lex::{self, Span, SpanKind};

/// A shape that means something elsewhere.
struct Shape {
    /// Its pieces, with a space between. `NAME`, `NUMBER`, `TEXT`, `WORD` (one of the language) and `ANY` stand for one
    /// piece each; `+` before a piece says that no space stands in front of it, `!` before
    /// the only one that it must be the very place of the mistake.
    typed: &'static str,
    /// What is wrong, if it is more than the engine says; `{}` is what was typed.
    message: &'static str,
    help: &'static str,
}

const fn row(typed: &'static str, message: &'static str, help: &'static str) -> Shape {
    Shape { typed, message, help }
}

/// The first that fits is told.
static SHAPES: &[Shape] = &[
    row("print TEXT", "`print` is called with brackets", "Write print(\"...\")."),
    row("print NAME", "`print` is called with brackets", "Write print(...)."),
    row("print NUMBER", "`print` is called with brackets", "Write print(...)."),
    row("echo ANY", "there is no `echo`", "Write print(...)."),
    row("console . log", "there is no `console`", "Write print(...)."),
    row("JSON . parse", "there is no `JSON`", "Write parse_json(text)."),
    row("JSON . stringify", "there is no `JSON`", "Write value.to_json()."),
    row(
        "Math . NAME",
        "there is no `Math`",
        "Numbers have these functions themselves, as in x.max(y) or x.floor().",
    ),
    row("not (", "there is no `not`", "Write `!` in front, as in !(a && b)."),
    row("null", "there is no `{}`", "Nothing is written `()`."),
    row("nil", "there is no `{}`", "Nothing is written `()`."),
    row("None", "there is no `{}`", "Nothing is written `()`."),
    row("NULL", "there is no `{}`", "Nothing is written `()`."),
    row("undefined", "there is no `{}`", "Nothing is written `()`."),
    row("True", "there is no `{}`", "Write `true`."),
    row("False", "there is no `{}`", "Write `false`."),
    row("let mut", "`mut` is no part of the language", "Every `let` can change; leave out `mut`."),
    row("let var", "", "Write `let` alone."),
    row(
        "let [",
        "one `let` makes one variable",
        "Take the values out one by one, as in `let a = list[0]; let b = list[1];`.",
    ),
    row(
        "let {",
        "one `let` makes one variable",
        "Take the values out one by one, as in `let name = map.name;`.",
    ),
    row("let (", "one `let` makes one variable", "Take the values out one by one, as in `let a = list[0];`."),
    row("let NAME ,", "one `let` makes one variable", "Write a `let` for each of them."),
    row("let NAME :", "types are not written down", "Write `let x = 5;`."),
    row(
        "let WORD",
        "`{}` cannot be the name of a variable: it is a word of the language",
        "Choose another name.",
    ),
    row(
        "const WORD",
        "`{}` cannot be the name of a constant: it is a word of the language",
        "Choose another name.",
    ),
    row("var", "there is no `var`", "Write `let`."),
    row("static", "there is no `static`", "Write `const`, or `let` if it changes."),
    row("async", "there is no `async`", "Every call waits for its result; `parallel` makes several at once."),
    row("await", "there is no `await`", "Every call waits for its result by itself; leave it out."),
    row("new NAME", "there is no `new`", "A map is #{ }, an array is [ ]."),
    row("class NAME", "there are no classes", "Use maps, as in #{ name: \"a\" }, and functions."),
    row("fn (", "a function without a name is written with `|`", "Write |x| { ... }."),
    row("def NAME", "there is no `def`", "Write `fn name(x) { ... }`."),
    row("function (", "there is no `function`", "Write |x| { ... } for a function without a name."),
    row("function NAME", "there is no `function`", "Write `fn name(x) { ... }`."),
    row("func NAME", "there is no `func`", "Write `fn name(x) { ... }`."),
    row("lambda NAME", "there is no `lambda`", "Write |x| x + 1."),
    row(
        "fn NAME ( NUMBER",
        "what stands here must be the name of a parameter",
        "Write `fn f(x) { ... }`, and give the value where it is called: f(1).",
    ),
    row(
        "fn NAME ( TEXT",
        "what stands here must be the name of a parameter",
        "Write `fn f(x) { ... }`, and give the value where it is called.",
    ),
    row("fn NAME ( NAME :", "types are not written down", "Write `fn f(x) { ... }`."),
    row(
        "fn NAME ( NAME =",
        "parameters have no defaults",
        "Write a second function with fewer parameters that calls the first one.",
    ),
    row("fn NAME {", "the brackets of `fn` are missing", "Write `fn f() { ... }`."),
    row(") ->", "types are not written down", "Write `fn f(x) { ... }`."),
    row(
        "NAME =>",
        "a function without a name is written with `|`",
        "Write |x| x + 1. In a `switch`, a case is a value such as 1 or \"a\", and `_` is all others.",
    ),
    row(") =>", "a function without a name is written with `|`", "Write |x, y| x + y."),
    row("for ( let", "this is not how a loop is written", "Write `for i in 0..10 { ... }`."),
    row("for ( var", "this is not how a loop is written", "Write `for i in 0..10 { ... }`."),
    row("for let", "", "Write `for x in list { ... }`."),
    row(
        "for NAME ,",
        "two variables of a loop stand in brackets",
        "Write `for (item, index) in list { ... }`: the item comes first.",
    ),
    row("for NAME of", "there is no `of`", "Write `for x in list { ... }`."),
    row("while {", "the condition of `while` is missing", "`loop { ... }` goes on until `break`."),
    row("while do", "", "Leave out `do`."),
    row("loop (", "`loop` has no condition", "Write `while a < b { ... }`."),
    row("true do", "", "Leave out `do`."),
    row(") do", "", "Leave out `do`."),
    row("then", "there is no `then`", "Leave it out: `if a { ... }`."),
    row("elif", "there is no `elif`", "Write `else if`."),
    row("elseif", "there is no `elseif`", "Write `else if`."),
    row("elsif", "there is no `elsif`", "Write `else if`."),
    row("unless", "there is no `unless`", "Write `if !(...) { ... }`."),
    row("case ANY", "there is no `case`", "Write `1 => ...,` for each case, and `_ => ...` for all others."),
    row("default :", "there is no `default`", "Write `_ => ...`."),
    row("#{ WORD", "a word of the language as a key stands in quotes", "Write #{ \"if\": 1 }."),
    row(", WORD :", "a word of the language as a key stands in quotes", "Write #{ \"if\": 1 }."),
    row(". WORD", "a word of the language as a key stands in brackets", "Write map[\"match\"]."),
    row(
        "match",
        "`match` is a word of the language without a meaning",
        "Write `switch x { 1 => ..., _ => ... }`; as a key it stands in quotes.",
    ),
    row("except", "there is no `except`", "Write `try { ... } catch (error) { ... }`."),
    row("finally", "there is no `finally`", "What stands after the `catch` runs in either case."),
    row("catch NAME", "the brackets of `catch` are missing", "Write `catch (error) { ... }`."),
    row("import {", "an import has one name", "Write `import \"file\" as lib;` and call lib::name(...)."),
    row("import NAME", "what is imported stands in quotes", "Write `import \"file\" as lib;`."),
    row("from NAME import", "there is no `from`", "Write `import \"file\" as lib;` and call lib::name(...)."),
    row("===", "`{}` is no operator", "Write `==`."),
    row("!==", "`{}` is no operator", "Write `!=`."),
    row("<>", "`{}` is no operator", "Write `!=`."),
    row("< >", "`<>` is no operator", "Write `!=`."),
    row("++", "`++` is no operator", "Write `i += 1`."),
    row("--", "`--` is no operator", "Write `i -= 1`."),
    row(
        ":=",
        "`:=` is no operator",
        "Write `let x = 5;` for a new variable, `x = 5;` for one that is there.",
    ),
    row(
        "->",
        "`->` has no meaning here",
        "A function without a name is |x| x + 1; a case of a `switch` is 1 => ....",
    ),
    row(
        "?",
        "`?` is no operator",
        "Write `if a { b } else { c }`, which has a value, or `a ?? b` for b where a is nothing.",
    ),
    row("and", "`and` is no operator", "Write `&&`."),
    row("or", "`or` is no operator", "Write `||`."),
    row("is not", "`is` is no operator", "Write `!=`."),
    row("not in", "`not` is no operator", "Write `!in`, as in `x !in list`."),
    row("not ANY", "`not` is no operator", "Write `!`."),
    row("is", "`is` is no operator", "Write `==`; for a type, type_of(x) == \"int\"."),
    row("typeof ANY", "there is no `typeof`", "Write type_of(x)."),
    row("f +TEXT", "there is no `f\"...\"`", "Write the text between backticks, as in `value ${x}`."),
    row(
        "[ ANY : ANY",
        "a part of a list is not taken like this",
        "Write list.extract(0..2), or list[-1] for the last item.",
    ),
    row("...", "`...` has no meaning", "Numbers up to 3 are 0..3, with it 0..=3; lists are joined with `+`."),
    row(
        "#{ [",
        "a key is a name or a text",
        "For a key that is known only when the script runs, write map[key] = value;.",
    ),
    row("#{ NUMBER", "a key is a name or a text", "Write #{ \"1\": value }."),
    row("#{ NAME =", "a key and its value have `:` between them", "Write #{ name: \"a\" }."),
    row("#{ NAME }", "the value of `{}` is missing", "Write the key and its value, as in #{ name: name }."),
    row("#{ NAME ,", "the value of `{}` is missing", "Write the key and its value, as in #{ name: name }."),
    row("{ NAME :", "a map begins with `#{`", "Write #{ name: \"a\" }."),
    row("{ TEXT :", "a map begins with `#{`", "Write #{ \"name\": \"a\" }."),
    row(
        "( NAME :",
        "options stand in a map",
        "Write them in the last place, as in list_profiles(#{ group_id: 177 }).",
    ),
    row(
        "( NAME =",
        "options stand in a map",
        "Write them in the last place, as in list_profiles(#{ group_id: 177 }).",
    ),
    row(
        ", NAME =",
        "options stand in a map",
        "Write them in the last place, as in copy_profile(1640, #{ name: \"a\" }).",
    ),
    row(
        ", NAME :",
        "options stand in a map",
        "Write them in the last place, as in copy_profile(1640, #{ name: \"a\" }).",
    ),
    row(
        "NUMBER +NUMBER",
        "this is neither a number nor a name",
        "A name begins with a letter or `_`; 0b takes the digits 0 and 1.",
    ),
    row("NUMBER +NAME", "this is neither a number nor a name", "A name begins with a letter or `_`."),
    row("#", "`#` has no meaning here", "A comment begins with `//`."),
    row(
        "$",
        "`$` has no meaning here",
        "Variables are named without it; `${x}` works only between backticks.",
    ),
    row("@", "`@` has no meaning here", "Text stands in double quotes."),
    row("goto", "there is no `goto`", "Use functions, loops, `break` and `continue`."),
    row(
        "!:",
        "`:` has no meaning here",
        "What belongs together stands between { and }, as in `if a { ... }`.",
    ),
];

/// Characters that look like others, as some keyboards and word processors type them.
const LOOKALIKES: &[(char, &str)] = &[
    ('（', "("),
    ('）', ")"),
    ('［', "["),
    ('］', "]"),
    ('｛', "{"),
    ('｝', "}"),
    ('；', ";"),
    ('，', ","),
    ('：', ":"),
    ('。', "."),
    ('＝', "="),
    ('＋', "+"),
    ('－', "-"),
    ('“', "\""),
    ('”', "\""),
    ('„', "\""),
    ('＂', "\""),
    ('«', "\""),
    ('»', "\""),
    ('‘', "\""),
    ('’', "\""),
    ('\u{a0}', " "),
    ('\u{3000}', " "),
    ('–', "-"),
    ('—', "-"),
    ('×', "*"),
    ('÷', "/"),
    ('≠', "!="),
    ('≤', "<="),
    ('≥', ">="),
];

/// Names of functions, properties and variables from elsewhere.
static NAMES: &[(&[&str], &str)] = &[
    (&["length", "size", "count", "Len"], "Write `len()`, as in list.len()."),
    (&["append", "add", "push_back"], "Write list.push(item)."),
    (
        &["includes", "has", "has_key", "hasOwnProperty", "contains_key", "in_array"],
        "Write `contains`, as in list.contains(x), or `x in list`.",
    ),
    (&["indexOf", "find_index", "findIndex"], "Write list.index_of(x), or list.index_of(|x| x > 1)."),
    (&["toString", "str", "String", "tostring", "string"], "Write x.to_string()."),
    (&["toUpperCase", "upper", "uppercase"], "Write text.to_upper()."),
    (&["toLowerCase", "lower", "lowercase"], "Write text.to_lower()."),
    (&["substring", "substr", "slice"], "Write text.sub_string(0, 3), or list.extract(0..3)."),
    (&["startsWith", "startswith", "has_prefix"], "Write text.starts_with(\"a\")."),
    (&["endsWith", "endswith", "has_suffix"], "Write text.ends_with(\"a\")."),
    (&["forEach", "each", "foreach"], "Write `for x in list { ... }`."),
    (&["first"], "Write list[0]."),
    (&["last"], "Write list[-1]."),
    (&["strip"], "Write text.trim()."),
    (&["int", "parseInt", "Number", "to_number", "atoi"], "Write parse_int(text)."),
    (&["float", "parseFloat"], "Write parse_float(text)."),
    (&["println", "printf", "puts", "echo", "log", "console_log"], "Write print(...)."),
    (&["format", "sprintf"], "Write the text between backticks, as in `value ${x}`."),
    (&["print", "debug"], "Put it into one text, as in print(`${a} and ${b}`)."),
    (&["join"], "Write list.reduce(|all, x| if all == () { x } else { all + \", \" + x })."),
    (&["isEmpty", "empty"], "Write list.is_empty()."),
    (&["concat"], "Write a + b."),
    (&["json", "json_decode", "loads"], "Write parse_json(text)."),
    (&["json_encode", "dumps", "stringify", "to_json_string"], "Write value.to_json()."),
    (&["typeof", "type"], "Write type_of(x)."),
    (&["wait", "delay", "pause"], "Write sleep(seconds)."),
    (&["quit", "die", "abort", "stop"], "Write exit(code), or throw \"why\"."),
    (&["raise", "error", "panic"], "Write throw \"why\"."),
    (
        &["input", "argv", "getopt"],
        "Write param(\"name\") for a parameter of the recipe, args() for what stands after them.",
    ),
    (&["params"], "Write param(\"name\")."),
    (&["require", "include"], "Write `import \"file\" as lib;`."),
    (
        &["clone_profile", "duplicate_profile", "cloneProfile", "dup_profile"],
        "Write copy_profile(profile_id).",
    ),
    (&["clone_profiles", "duplicate_profiles"], "Write copy_profiles(rows)."),
    (&["new_profile", "add_profile", "make_profile"], "Write create_profile(#{ ... })."),
    (&["remove_profile", "del_profile"], "Write delete_profile(profile_id)."),
    (&["start_profile", "launch_profile", "run_profile"], "Write open_profile(profile_id)."),
    (&["stop_profile", "shut_profile"], "Write close_profile(profile_id)."),
    (&["get_profiles", "profiles", "all_profiles"], "Write list_profiles()."),
    (&["get_groups", "groups"], "Write list_groups()."),
    (&["remove_group", "del_group"], "Write delete_group(id)."),
];

/// What to write instead of a name, as a sentence.
pub(in crate::script) fn name(typed: &str) -> Option<&'static str> {
    NAMES.iter().find(|(names, _)| names.contains(&typed)).map(|(_, help)| *help)
}

/// What was meant by the code around a place that does not parse.
pub(super) struct Meant {
    /// Empty if the engine's words say it.
    pub(super) message: String,
    pub(super) help: String,
    /// The byte the shape begins at, and its length in characters.
    pub(super) start: usize,
    pub(super) length: usize,
}

/// What was meant at the byte `at` of `text`.
pub(super) fn meant(text: &str, at: usize) -> Option<Meant> {
    let pieces: Vec<Span> = lex::spans(text)
        .into_iter()
        .filter(|span| span.kind != SpanKind::Comment && span.end > span.start)
        .collect();
    let here = pieces.iter().position(|span| span.end > at).unwrap_or(pieces.len());
    if let Some(found) = lookalike(text, &pieces, here) {
        return Some(found);
    }
    SHAPES.iter().find_map(|shape| {
        let is_exact = shape.typed.starts_with('!') && shape.typed != "!==";
        let typed: Vec<&str> =
            shape.typed.trim_start_matches(if is_exact { "!" } else { "" }).split(' ').collect();
        // The engine may see it only after the shape, or from its left side.
        let starts = if is_exact { here..=here } else { here.saturating_sub(typed.len())..=here + 1 };
        let start = starts.into_iter().find(|start| fits(text, &pieces, *start, &typed))?;
        let whole = (pieces[start].start, pieces[start + typed.len() - 1].end);
        // What is shown is the one piece that the message is about.
        let class = typed.iter().position(|piece| is_class(piece));
        let (from, to) = match class.filter(|_| shape.message.contains("{}")) {
            Some(class) => (pieces[start + class].start, pieces[start + class].end),
            None => whole,
        };
        Some(Meant {
            message: shape.message.replace("{}", &crate::base::text::one_line(&text[from..to])),
            help: shape.help.to_owned(),
            start: from,
            length: text[from..to].chars().count(),
        })
    })
}

fn lookalike(text: &str, pieces: &[Span], here: usize) -> Option<Meant> {
    let near = pieces.get(here.saturating_sub(1)..pieces.len().min(here + 2))?;
    near.iter().find_map(|span| {
        let letter = text[span.start..span.end].chars().next()?;
        let (_, meant) = LOOKALIKES.iter().find(|(looks, _)| *looks == letter)?;
        let message = match *meant {
            " " => "a special space stands here".to_owned(),
            meant => format!("`{letter}` only looks like `{meant}`"),
        };
        let help = match *meant {
            " " => "Replace it by an ordinary one.".to_owned(),
            meant => format!("Type `{meant}`, as on an English keyboard."),
        };
        Some(Meant { message, help, start: span.start, length: 1 })
    })
}

fn is_class(piece: &str) -> bool {
    matches!(piece, "NAME" | "NUMBER" | "TEXT" | "WORD" | "ANY")
}

fn fits(text: &str, pieces: &[Span], start: usize, typed: &[&str]) -> bool {
    let Some(found) = pieces.get(start..start + typed.len()) else { return false };
    let mut end = None;
    found.iter().zip(typed).all(|(span, wanted)| {
        let glued = end.replace(span.end) == Some(span.start);
        let (is_glued, wanted) = match wanted.strip_prefix('+') {
            Some(rest) if !rest.is_empty() && rest != "+" => (true, rest),
            _ => (false, *wanted),
        };
        let piece = &text[span.start..span.end];
        let is_word = piece.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
            && piece.starts_with(|letter: char| letter.is_alphabetic() || letter == '_');
        let is_name = matches!(span.kind, SpanKind::Name | SpanKind::Function);
        (!is_glued || glued)
            && match wanted {
                "ANY" => true,
                "NAME" => is_name,
                "WORD" => is_word && matches!(span.kind, SpanKind::Keyword | SpanKind::Sign),
                "NUMBER" => span.kind == SpanKind::Number,
                "TEXT" => span.kind == SpanKind::Text,
                wanted => piece == wanted,
            }
    })
}
