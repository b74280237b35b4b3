//! Syntax errors.
//!
//! Not here: what people from other languages type, which is a table in `newcomers`, and names of variables, which are in
//! `variables`.

use super::newcomers::{self, Meant};
use super::{Words, lower, safe, types, variables};
use crate::base::report::{Place, Source};
use crate::base::text;
use crate::script::lex::{self, Span};
use crate::script::report;
use rhai::{LexError, ParseError, ParseErrorType, Token};
use std::sync::Arc;

/// A syntax error in words, and what to mark.
pub(in crate::script) fn of_parse_error(error: &ParseError, source: &Arc<Source>) -> (Words, Option<Place>) {
    let text = &source.text;
    let place = report::place(source, error.position());
    let at = place.as_ref().map_or(text.len(), |place| offset(text, place.line, place.column));
    let pieces = lex::code(text);
    let here = pieces.iter().position(|(span, _)| span.end > at).unwrap_or(pieces.len());
    if let Some((words, start, length)) = brackets(error.err_type(), text, &pieces, here) {
        return (words, Some(spot(source, start, length)));
    }
    if let ParseErrorType::VariableUndefined(name) = error.err_type()
        && variables::knows(text, at, name)
    {
        return (variables::undefined(name, text, at), place);
    }
    if may_be_meant(error.err_type())
        && let Some(Meant { message, help, start, length }) = newcomers::meant(text, at)
    {
        if message.is_empty() {
            return (of_type(error.err_type(), text, at).with(help), place);
        }
        return (Words::help(message, help), Some(spot(source, start, length)));
    }
    let words = of_type(error.err_type(), text, at);
    let place = match error.err_type() {
        // The engine tells where an escape ends.
        ParseErrorType::BadInput(LexError::MalformedEscapeSequence(sequence)) => {
            place.map(|place| escape(&place, sequence))
        }
        // Or of a statement that it goes on, at the beginning of the next one.
        ParseErrorType::MissingToken(token, _) if token == ";" && here > 0 => {
            Some(spot(source, pieces[here - 1].0.end, 1))
        }
        _ => place,
    };
    (words, place)
}

/// Whether the shapes of other languages are worth a look.
fn may_be_meant(error: &ParseErrorType) -> bool {
    use ParseErrorType as P;
    let is_of_text = matches!(
        error,
        P::BadInput(
            LexError::UnterminatedString
                | LexError::MalformedEscapeSequence(_)
                | LexError::StringTooLong(_)
                | LexError::MalformedChar(_)
        )
    );
    !is_of_text
        && matches!(
            error,
            P::BadInput(_)
                | P::UnknownOperator(_)
                | P::MissingToken(..)
                | P::MissingSymbol(_)
                | P::PropertyExpected
                | P::VariableExpected
                | P::Reserved(_)
                | P::MismatchedType(..)
                | P::ExprExpected(_)
                | P::FnMissingName
                | P::FnMissingParams(_)
                | P::FnMissingBody(_)
                | P::VariableUndefined(_)
                | P::UnexpectedEOF
        )
}

/// What is wrong with brackets, if that is what is wrong: what to say, the byte to mark and how many characters.
fn brackets(
    error: &ParseErrorType,
    text: &str,
    pieces: &[(Span, Token)],
    here: usize,
) -> Option<(Words, usize, usize)> {
    let (mut open, mut open_here): (Vec<usize>, Option<Vec<usize>>) = (Vec::new(), None);
    for (at, (_, token)) in pieces.iter().enumerate() {
        if at == here {
            open_here = Some(open.clone());
        }
        match token {
            Token::LeftBrace | Token::MapStart | Token::LeftParen | Token::LeftBracket => open.push(at),
            Token::RightBrace | Token::RightParen | Token::RightBracket => {
                let top = open.last().copied();
                let fits = top.is_some_and(|top| closes(&pieces[top].1, token));
                if !fits && at == here {
                    return Some(closes_nothing(text, pieces, at, top));
                }
                if fits {
                    open.pop();
                }
            }
            _ => {}
        }
    }
    let open_here = open_here.unwrap_or_else(|| open.clone());
    let is_interpolation = |at: &usize| {
        *at > 0
            && pieces[*at].1 == Token::LeftBrace
            && matches!(pieces[*at - 1].1, Token::InterpolatedString(_))
    };
    if let Some(at) = open.iter().rev().find(|at| is_interpolation(at)) {
        let words = Words::help("`${` is not closed", "After the value a `}` ends it, as in `value ${x}`.");
        return Some((words, pieces[*at].0.end.saturating_sub(2), 2));
    }
    // Both are in the order of the text.
    let still_open = open_here.iter().rev().find(|at| open.binary_search(at).is_ok());
    match error {
        ParseErrorType::BadInput(LexError::UnterminatedString) => None,
        ParseErrorType::WrongFnDefinition => {
            let at = *still_open?;
            let words = Words::help(
                format!(
                    "a function begins here, and `{{` at {} is still open",
                    spelled(text, pieces[at].0.start)
                ),
                "Close it with `}` first: functions stand at the top level of a file.",
            );
            let (span, _) = pieces.get(here)?;
            Some((words, span.start, text[span.start..span.end].chars().count()))
        }
        _ if here == pieces.len() => {
            let (span, token) = &pieces[*still_open?];
            let opening = &text[span.start..span.end];
            let words = Words::help(
                format!("`{opening}` is not closed"),
                format!("Somewhere after it a `{}` is missing.", closing(token)),
            );
            Some((words, span.start, opening.chars().count()))
        }
        _ => None,
    }
}

fn closes_nothing(
    text: &str,
    pieces: &[(Span, Token)],
    at: usize,
    top: Option<usize>,
) -> (Words, usize, usize) {
    let span = pieces[at].0;
    let closing_one = &text[span.start..span.end];
    let words = match top {
        None => Words::help(
            format!("`{closing_one}` closes nothing"),
            "Is it one too many, or is an opening one missing before it?",
        ),
        Some(top) => {
            let opened = pieces[top].0;
            Words::help(
                format!(
                    "`{closing_one}` stands here, and `{}` at {} is still open",
                    &text[opened.start..opened.end],
                    spelled(text, opened.start)
                ),
                format!("A `{}` is missing before it.", closing(&pieces[top].1)),
            )
        }
    };
    (words, span.start, 1)
}

fn closes(opening: &Token, closing_one: &Token) -> bool {
    matches!(
        (opening, closing_one),
        (Token::LeftBrace | Token::MapStart, Token::RightBrace)
            | (Token::LeftParen, Token::RightParen)
            | (Token::LeftBracket, Token::RightBracket)
    )
}

fn closing(opening: &Token) -> &'static str {
    match opening {
        Token::LeftParen => ")",
        Token::LeftBracket => "]",
        _ => "}",
    }
}

/// An escape that ends at a place.
fn escape(place: &Place, sequence: &str) -> Place {
    let whole = sequence.chars().count();
    let column = (place.column + 1).saturating_sub(whole).max(1);
    Place { column, length: sequence.trim_end_matches('"').chars().count().max(1), ..place.clone() }
}

/// The byte of a line and column, both counted from 1.
pub(super) fn offset(text: &str, line: usize, column: usize) -> usize {
    let start = match line.checked_sub(2) {
        None => 0,
        Some(feed) => text.match_indices('\n').nth(feed).map_or(text.len(), |(at, _)| at + 1),
    };
    let rest = &text[start..];
    let end = rest.find('\n').unwrap_or(rest.len());
    rest[..end].char_indices().nth(column.saturating_sub(1)).map_or(start + end, |(at, _)| start + at)
}

/// The place of a byte. No more than its line is marked.
fn spot(source: &Arc<Source>, at: usize, length: usize) -> Place {
    let (line, column) = line_and_column(&source.text, at);
    let rest = source.text[at..].split('\n').next().unwrap_or_default().chars().count();
    Place { source: Arc::clone(source), line, column, length: length.min(rest).max(1) }
}

fn spelled(text: &str, at: usize) -> String {
    let (line, column) = line_and_column(text, at);
    format!("{line}:{column}")
}

fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at];
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

/// How the engine describes what is missing, by its beginning, and how people are told; `{}` is the name in its quotes.
static MISSING: &[(&str, &str)] = &[
    ("to close the arguments list of this function call", "`)` is missing after the arguments of `{}`"),
    ("to separate the arguments to function call", "`,` or `)` is missing after an argument of `{}`"),
    ("to start arguments list", "`(` is missing after the name of a function"),
    ("for a matching [ in this index expression", "`]` is missing after the index"),
    ("to end this array literal", "`]` is missing at the end of the array"),
    ("to separate the items of this array literal", "`,` is missing between two items of the array"),
    ("to end this object map literal", "a key or `}` is missing in the map"),
    ("to follow the property", "`:` is missing after the key `{}`"),
    ("to separate the items of this object map literal", "`,` is missing between two entries of the map"),
    ("to start a switch block", "`{` is missing after the value of `switch`"),
    ("to end this switch block", "`}` is missing at the end of the `switch`"),
    ("in this switch case", "`=>` is missing after a case of the `switch`"),
    ("to separate the items in this switch block", "`,` is missing between two cases of the `switch`"),
    ("for a matching ( in this expression", "`)` is missing"),
    ("for the do statement", "`while` or `until` is missing after the block of `do`"),
    ("after the iteration variable name", "`,` is missing after the first variable of `for`"),
    ("to close the iteration variable", "`)` is missing after the variables of `for`"),
    ("after the iteration variable", "`in` is missing after the variable of `for`"),
    ("to start a statement block", "`{` is missing"),
    ("to terminate this block", "`}` is missing at the end of the block"),
    ("to terminate this statement", "`;` is missing"),
    ("following 'private'", "`fn` is missing after `private`"),
    ("for the 'try' statement", "`catch` is missing after the block of `try`"),
    ("to enclose the catch variable", "`)` is missing after the variable of `catch`"),
    ("to close the parameters list of function", "`)` is missing after the parameters of `{}`"),
    ("to separate the parameters of function", "`,` or `)` is missing after a parameter of `{}`"),
    ("to close the parameters list of anonymous", "`|` is missing after the parameters"),
    ("to separate the parameters of anonymous", "`,` or `|` is missing after a parameter"),
];

fn missing(token: &str, what: &str) -> Words {
    let Some((_, ours)) = MISSING.iter().find(|(theirs, _)| what.starts_with(theirs)) else {
        return Words::new(format!("`{}` is missing here", safe(token)));
    };
    let name = what.split('\'').nth(1).unwrap_or_default();
    let words = Words::new(ours.replace("{}", &safe(name)));
    match what {
        "to start a statement block" => {
            words.with("What belongs together stands between { and }, as in `if a { b }`.")
        }
        what if what.starts_with("for the 'try'") => words.with("Write `try { ... } catch (error) { ... }`."),
        what if what.starts_with("to terminate this statement") => {
            words.with("Statements have `;` between them.")
        }
        _ => words,
    }
}

fn of_type(error: &ParseErrorType, text: &str, at: usize) -> Words {
    use ParseErrorType as P;
    match error {
        P::UnexpectedEOF => Words::new("the script ends in the middle of something"),
        P::BadInput(LexError::MalformedNumber(number)) if number.is_empty() => {
            let end = |letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '.');
            let number = text[at..].split(end).next().unwrap_or_default();
            Words::new(format!("`{}` is no number", safe(number)))
        }
        P::BadInput(error) => of_lex_error(error),
        P::UnknownOperator(operator) => Words::new(format!("`{}` is no operator", safe(operator))),
        P::MissingToken(token, what) => missing(token, what),
        P::MissingSymbol(_) => Words::new("a sign is missing here"),
        P::MalformedIndexExpr(what) if what.contains("map expects") => {
            Words::help("the index of a map must be text", "Write map[\"name\"] or map.name.")
        }
        P::MalformedIndexExpr(_) => {
            Words::help("the index of a list or text must be a whole number", "The first item is list[0].")
        }
        P::MalformedCapture(_) => Words::new("`!` has no meaning here"),
        P::DuplicatedProperty(name) => Words::new(format!("`{}` stands twice in this map", safe(name))),
        P::DuplicatedVariable(name) => Words::new(format!("`{}` stands twice in this list", safe(name))),
        P::WrongSwitchIntegerCase => {
            Words::new("number and range cases of a switch must stand before its default")
        }
        P::WrongSwitchDefaultCase => Words::new("the `_` case must be the last one"),
        P::WrongSwitchCaseCondition => Words::new("the `_` case cannot have a condition"),
        P::PropertyExpected => Words::new("a name is missing here"),
        P::VariableExpected => Words::new("the name of a variable is missing"),
        P::ForbiddenVariable(name) => Words::new(format!("`{}` cannot be used as a variable", safe(name))),
        P::Reserved(name) if rhai::is_valid_identifier(name) => of_reserved(name),
        P::Reserved(name) => Words::new(format!("`{}` has no meaning here", safe(name))),
        P::MismatchedType(expected, actual) if expected.contains("iterable") => Words::help(
            format!("`for` cannot go through {}", types::in_a_sentence(actual)),
            "It goes through arrays, ranges such as 0..5, maps' keys() and texts.",
        ),
        P::MismatchedType(expected, actual) => Words::new(format!(
            "expected {}, found {}",
            types::in_a_sentence(expected),
            types::in_a_sentence(actual)
        )),
        P::ExprExpected(what) if what.contains("literal") => Words::help(
            "a case of a `switch` must be a value that is written out",
            "Write 1, \"a\", 0..5 or `_` for all others; conditions follow `if`, as in `_ if x > 5 => ...`.",
        ),
        P::ExprExpected(what) if what.contains("boolean") => Words::new("a condition is missing here"),
        P::ExprExpected(_) => Words::new("a value is missing here"),
        P::WrongDocComment => Words::help(
            "`///` may only stand directly before a function",
            "Use `//` for comments, and `//!` for the header.",
        ),
        P::WrongFnDefinition => Words::help(
            "functions can only be defined at the top level of a file",
            "Inside of a block, write `let f = |x| x + 1;` and call f.call(1).",
        ),
        P::FnDuplicatedDefinition(name, count) => {
            Words::new(format!("`{}` with {} is defined twice", safe(name), text::count(*count, "parameter")))
        }
        P::FnMissingName => Words::new("the name of the function is missing"),
        P::FnMissingParams(name) => Words::new(format!("the parameters of `{}` are missing", safe(name))),
        P::FnDuplicatedParam(function, param) if function.is_empty() => {
            Words::new(format!("two parameters are called `{}`", safe(param)))
        }
        P::FnDuplicatedParam(function, param) => {
            Words::new(format!("`{}` has two parameters `{}`", safe(function), safe(param)))
        }
        P::FnMissingBody(name) if name.is_empty() => Words::new("the body of the function is missing"),
        P::FnMissingBody(name) => Words::new(format!("the body of `{}` is missing", safe(name))),
        P::WrongExport => Words::new("`export` may only stand at the top level of a file"),
        P::AssignmentToConstant(name) if name.is_empty() => Words::help(
            "a value cannot be changed into another",
            "On the left of `=` stands a variable, as in `x = 2`.",
        ),
        P::AssignmentToConstant(name) => {
            Words::new(format!("`{}` is a constant and cannot change", safe(name)))
        }
        P::AssignmentToInvalidLHS(_) => Words::help(
            "nothing can be assigned to this",
            "On the left of `=` stands a variable, as in `x = 2`.",
        ),
        P::VariableExists(name) => Words::new(format!("`{}` is defined already", safe(name))),
        P::VariableUndefined(name) => variables::undefined(name, text, at),
        P::ModuleUndefined(name) => variables::undefined_module(name, text, at),
        P::ExprTooDeep => Words::help(
            "this is nested too deeply",
            "Put the inner part into a function or a variable of its own.",
        ),
        P::TooManyFunctions => Words::new("the script has too many functions"),
        P::LiteralTooLarge(..) => Words::new("this literal is too large"),
        P::LoopBreak => Words::new("`break` and `continue` belong inside a loop"),
        _ => Words::new("the script cannot be understood here"),
    }
}

fn of_reserved(name: &str) -> Words {
    let is_function = matches!(
        name,
        "print" | "debug" | "type_of" | "call" | "curry" | "is_def_var" | "is_def_fn" | "is_shared" | "Fn"
    );
    if is_function {
        return Words::help(
            format!("`{name}` is a function of the language"),
            format!("Call it with brackets, as in {name}(...), or choose another name."),
        );
    }
    Words::help(format!("`{}` is a reserved word", safe(name)), "Choose another name.")
}

fn of_lex_error(error: &LexError) -> Words {
    match error {
        LexError::UnexpectedInput(word) if word.is_ascii() && word.chars().all(char::is_alphabetic) => {
            Words::help(
                format!("`{}` cannot stand here", safe(word)),
                "It is a word of the language, and stands at the start of a statement; `else` follows the block of an `if`.",
            )
        }
        LexError::UnexpectedInput(input) if input.chars().any(char::is_alphabetic) => Words::help(
            format!("`{}` cannot stand in a name", safe(input)),
            "Names are written with the letters a to z, digits and _; other letters belong into quotes.",
        ),
        LexError::UnexpectedInput(input) => Words::new(nothing_before(input)),
        LexError::UnterminatedString => Words::help(
            "the text is not closed",
            "Between double quotes it ends on its line; between backticks it may go on over several lines.",
        ),
        LexError::StringTooLong(_) => Words::new("the text is too long"),
        LexError::MalformedEscapeSequence(sequence) => of_escape(sequence.trim_end_matches('"')),
        LexError::MalformedNumber(number) => Words::new(format!("`{}` is no number", safe(number))),
        LexError::MalformedChar(text) => {
            Words::help(format!("'{}' is not one character", safe(text)), "Text stands in double quotes.")
        }
        LexError::MalformedIdentifier(name) => Words::new(format!("`{}` is no name", safe(name))),
        LexError::ImproperSymbol(symbol, _) if symbol == "eval" => Words::help(
            "`eval` is not available",
            "Code that is put together at run time cannot be checked before.",
        ),
        LexError::ImproperSymbol(symbol, _) if symbol == "timestamp" => Words::help(
            "`timestamp` is not available",
            "`now()` gives the seconds since 1970; a run that is resumed gets the same ones again.",
        ),
        LexError::ImproperSymbol(symbol, _) if symbol == "this" => Words::help(
            "`this` has no meaning here",
            "Inside a function it is the value the function is called on, as in value.name().",
        ),
        LexError::ImproperSymbol(symbol, _) if symbol == "=" => {
            Words::help("`=` sets a variable and has no value", "To compare, write `==`.")
        }
        LexError::ImproperSymbol(symbol, _) => Words::new(nothing_before(symbol)),
        LexError::Runtime(what) => Words::new(lower(what)),
        _ => Words::new("this cannot be read"),
    }
}

/// A sign where a value should begin.
fn nothing_before(sign: &str) -> String {
    match sign {
        ";" | "," | ")" | "]" | "}" => format!("a value is missing before `{sign}`"),
        sign => format!("`{}` has no meaning here", safe(sign)),
    }
}

fn of_escape(sequence: &str) -> Words {
    let digits = match sequence.chars().nth(1) {
        Some('x') => Some(("two", "\\x41")),
        Some('u') => Some(("four", "\\u00e9")),
        Some('U') => Some(("eight", "\\U0001f600")),
        _ => None,
    };
    match digits {
        Some((count, example)) => {
            let kind: String = sequence.chars().take(2).collect();
            Words::help(
                format!("`{}` is no escape sequence", safe(sequence)),
                format!("`{kind}` takes {count} hex digits, as in {example}; a backslash in text is `\\\\`."),
            )
        }
        None => Words::help(
            format!("`{}` is no escape sequence", safe(sequence)),
            "A backslash in text is `\\\\`, as in \"C:\\\\data\"; between backticks it is one as it stands.",
        ),
    }
}
