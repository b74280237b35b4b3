//! The engine's own errors in plain words: no Rust type name and no internal name gets past here.
//!
//! Not here: failures of calls, which word themselves.

use crate::base::text;
use rhai::{EvalAltResult, LexError, ParseErrorType};

/// What went wrong, and what to do about it.
pub(super) struct Words {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Words {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    fn help(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: Some(help.into()) }
    }
}

/// A run-time error. Only the innermost one of a chain is worded here.
pub(super) fn of_error(error: &EvalAltResult, known_functions: &[&str]) -> Words {
    use EvalAltResult as E;
    match error {
        E::ErrorParsing(error, _) => of_parse_error(error, known_functions),
        E::ErrorVariableExists(name, _) => Words::new(format!("`{}` is defined already", safe(name))),
        E::ErrorForbiddenVariable(name, _) => {
            Words::new(format!("`{}` cannot be used as a variable", safe(name)))
        }
        E::ErrorVariableNotFound(name, _) => of_missing_variable(name, known_functions),
        E::ErrorPropertyNotFound(name, _) => Words::new(format!("there is no property `{}`", safe(name))),
        E::ErrorIndexNotFound(index, _) => {
            Words::new(format!("there is nothing at index {}", safe(&index.to_string())))
        }
        E::ErrorFunctionNotFound(signature, _) => of_missing_function(signature, known_functions),
        E::ErrorModuleNotFound(path, _) => Words::new(format!("there is no module `{}`", safe(path))),
        E::ErrorUnboundThis(_) => Words::new("`this` means nothing here"),
        E::ErrorMismatchDataType(expected, actual, _) if actual.is_empty() => {
            Words::new(format!("expected {}", type_name(expected)))
        }
        E::ErrorMismatchDataType(expected, actual, _) | E::ErrorMismatchOutputType(expected, actual, _) => {
            Words::new(format!("expected {}, found {}", type_name(expected), type_name(actual)))
        }
        E::ErrorIndexingType(kind, _) => Words::new(format!("{} cannot be indexed like this", indexed(kind))),
        E::ErrorArrayBounds(length, index, _) => Words::new(format!(
            "index {index} is outside the array, which has {}",
            text::count(*length, "item")
        )),
        E::ErrorStringBounds(length, index, _) => Words::new(format!(
            "index {index} is outside the text, which has {}",
            text::count(*length, "character")
        )),
        E::ErrorBitFieldBounds(_, index, _) => Words::new(format!("there is no bit {index}")),
        E::ErrorFor(_) => Words::help(
            "`for` cannot go through this value",
            "It goes through arrays, ranges, maps' keys() and texts.",
        ),
        E::ErrorDataRace(..) => Words::help(
            "a variable is used while it is being changed",
            "Copy it into another variable before passing it to a closure.",
        ),
        E::ErrorNonPureMethodCallOnConstant(name, _) => {
            Words::new(format!("`{}` would change a constant", safe(name)))
        }
        E::ErrorAssignmentToConstant(name, _) => {
            Words::new(format!("`{}` is a constant and cannot change", safe(name)))
        }
        E::ErrorDotExpr(..) => Words::new("this cannot stand after a dot"),
        E::ErrorArithmetic(what, _) => Words::new(sentence(what).replacen("modulo division", "division", 1)),
        E::ErrorTooManyOperations(_) => Words::new("the script takes too many steps"),
        E::ErrorTooManyVariables(_) => Words::new("the script has too many variables at once"),
        E::ErrorTooManyModules(_) => Words::new("the script imports too many files"),
        E::ErrorStackOverflow(_) => {
            Words::help("functions call each other too deeply", "Is there a recursion that does not end?")
        }
        E::ErrorDataTooLarge(..) => Words::new("a value is too large"),
        E::ErrorRuntime(value, _) if value.is_unit() => {
            Words::new("the script threw an error without a message")
        }
        E::ErrorRuntime(value, _) => {
            let mut thrown = String::new();
            match value.clone().into_immutable_string() {
                Ok(text) => thrown.push_str(&text),
                Err(_) => super::guards::write(&mut thrown, value, 16),
            }
            Words::new(text::printable(&text::cut(&thrown, 2_000)).into_owned())
        }
        E::ErrorSystem(what, _) => Words::new(sentence(what)),
        E::ErrorCustomSyntax(..) | E::ErrorTerminated(..) => Words::new("the script was ended"),
        E::LoopBreak(..) => Words::new("`break` and `continue` belong inside a loop"),
        E::Return(..) | E::Exit(..) => Words::new("the script ended here"),
        // Chains are unwrapped before.
        E::ErrorInFunctionCall(_, _, inner, _) | E::ErrorInModule(_, inner, _) => {
            of_error(inner, known_functions)
        }
        _ => Words::new("the script failed"),
    }
}

fn of_missing_variable(name: &str, known_functions: &[&str]) -> Words {
    if known_functions.contains(&name) {
        return Words::help(
            format!("`{name}` is a function, not a value"),
            format!("Write Fn(\"{name}\") to pass it on, or call it: {name}(...)."),
        );
    }
    Words::new(format!("there is no variable `{}`", safe(name)))
}

/// `copy_profil (int, map)` and the like.
fn of_missing_function(signature: &str, known_functions: &[&str]) -> Words {
    let (name, types) = signature.split_once(" (").unwrap_or((signature, ""));
    let name = name.trim();
    let types = types.trim_end_matches(')');
    let types: Vec<String> = types.split(", ").filter(|name| !name.is_empty()).map(type_name).collect();
    if name.starts_with("anon$") {
        let given = text::count(types.len(), "argument");
        return Words::new(format!("a closure was called with {given}, which is not what it takes"));
    }
    if let Some(operator) = operator(name) {
        return match types.as_slice() {
            [left, right] => Words::new(format!("`{operator}` does not work between {left} and {right}")),
            _ => Words::new(format!("`{operator}` does not work on {}", types.join(", "))),
        };
    }
    if let Some(property) = name.strip_prefix("get$").or_else(|| name.strip_prefix("set$")) {
        let of = types.first().map_or("this value", String::as_str);
        return Words::new(format!("{of} has no property `{}`", safe(property)));
    }
    let shown = safe(name);
    if known_functions.contains(&name) {
        let types = if types.is_empty() { "no arguments".to_owned() } else { types.join(", ") };
        return Words::help(
            format!("`{shown}` does not take {types}"),
            format!("`ixscript functions {shown}` shows how it is called."),
        );
    }
    if let Some((message, help)) = super::testing::only_in_tests(name) {
        return Words::help(message, help);
    }
    let suggestion = text::did_you_mean(name, known_functions.iter().copied());
    Words::new(format!("there is no function `{shown}`{suggestion}"))
}

fn operator(name: &str) -> Option<&str> {
    let is_operator = !name.is_empty() && name.chars().all(|character| "+-*/%=<>!&|^.".contains(character));
    match name {
        "index$get$" | "index$set$" => Some("[ ]"),
        "contains" => None,
        name if is_operator => Some(name),
        _ => None,
    }
}

fn indexed(kind: &str) -> String {
    let name = kind.split(" [").next().unwrap_or(kind);
    type_name(name)
}

/// The name a person knows a type under.
fn type_name(name: &str) -> String {
    let name = name.trim().trim_start_matches("&mut ").trim_start_matches('&');
    let known = match name.split(" | ").next().unwrap_or(name) {
        "()" | "Unit" => "nothing",
        "i64" | "INT" | "integer" => "a number",
        "f64" | "FLOAT" | "f32" => "a fraction",
        "str" | "string" | "String" | "ImmutableString" => "text",
        "bool" => "true or false",
        "char" => "a character",
        "array" | "Array" => "an array",
        "map" | "Map" => "a map",
        "blob" | "Blob" => "binary data",
        "Fn" | "FnPtr" => "a function",
        "timestamp" => "a point in time",
        "range" | "range=" => "a range",
        "rows" => "the table",
        _ if name.contains("::") || name.contains('$') => "another kind of value",
        other => return safe(other),
    };
    known.to_owned()
}

/// A syntax error.
pub(super) fn of_parse_error(error: &ParseErrorType, known_functions: &[&str]) -> Words {
    use ParseErrorType as P;
    match error {
        P::UnexpectedEOF => Words::new("the script ends in the middle of something"),
        P::BadInput(error) => of_lex_error(error),
        P::UnknownOperator(operator) => Words::new(format!("`{}` is no operator", safe(operator))),
        P::MissingToken(token, what) if token == "\"" || token == "`" => {
            Words::new(format!("a closing {token} is missing {}", safe(what)))
        }
        P::MissingToken(token, what) => Words::new(format!("`{}` is missing {}", safe(token), safe(what))),
        P::MissingSymbol(what) => Words::new(format!("a symbol is missing: {}", safe(what))),
        P::MalformedIndexExpr(what) => Words::new(format!("this cannot be an index: {}", lower(what))),
        P::MalformedCapture(what) => Words::new(lower(what)),
        P::DuplicatedProperty(name) => Words::new(format!("`{}` stands twice in this map", safe(name))),
        P::DuplicatedVariable(name) => Words::new(format!("`{}` stands twice in this list", safe(name))),
        P::WrongSwitchIntegerCase => {
            Words::new("number and range cases of a switch must stand before its default")
        }
        P::WrongSwitchDefaultCase => Words::new("the `_` case must be the last one"),
        P::WrongSwitchCaseCondition => Words::new("the `_` case cannot have a condition"),
        P::PropertyExpected => Words::new("the name of a property is missing"),
        P::VariableExpected => Words::new("the name of a variable is missing"),
        P::ForbiddenVariable(name) => Words::new(format!("`{}` cannot be used as a variable", safe(name))),
        P::Reserved(name) => Words::new(format!("`{}` is a reserved word", safe(name))),
        P::MismatchedType(expected, actual) if expected.contains("iterable") => Words::help(
            format!("`for` cannot go through {}", type_name(actual)),
            "It goes through arrays, ranges such as 0..5, maps' keys() and texts.",
        ),
        P::MismatchedType(expected, actual) => {
            Words::new(format!("expected {}, found {}", type_name(expected), type_name(actual)))
        }
        P::ExprExpected(what) => Words::new(format!("{} is missing", expression(what))),
        P::WrongDocComment => Words::help(
            "`///` may only stand directly before a function",
            "Use `//` for comments, and `//!` for the header.",
        ),
        P::WrongFnDefinition => Words::new("functions can only be defined at the top level of a file"),
        P::FnDuplicatedDefinition(name, count) => {
            Words::new(format!("`{}` with {} is defined twice", safe(name), text::count(*count, "parameter")))
        }
        P::FnMissingName => Words::new("the name of the function is missing"),
        P::FnMissingParams(name) => Words::new(format!("the parameters of `{}` are missing", safe(name))),
        P::FnDuplicatedParam(function, param) => {
            Words::new(format!("`{}` has two parameters `{}`", safe(function), safe(param)))
        }
        P::FnMissingBody(name) => Words::new(format!("the body of `{}` is missing", safe(name))),
        P::WrongExport => Words::new("`export` may only stand at the top level of a file"),
        P::AssignmentToConstant(name) => {
            Words::new(format!("`{}` is a constant and cannot change", safe(name)))
        }
        P::AssignmentToInvalidLHS(what) if what.is_empty() => Words::new("nothing can be assigned to this"),
        P::AssignmentToInvalidLHS(what) => {
            Words::new(format!("nothing can be assigned to this: {}", lower(what)))
        }
        P::VariableExists(name) => Words::new(format!("`{}` is defined already", safe(name))),
        P::VariableUndefined(name) => of_missing_variable(name, known_functions),
        P::ModuleUndefined(name) => Words::new(format!("there is no module `{}`", safe(name))),
        P::ExprTooDeep => Words::new("the expression is nested too deeply"),
        P::TooManyFunctions => Words::new("the script has too many functions"),
        P::LiteralTooLarge(..) => Words::new("this literal is too large"),
        P::LoopBreak => Words::new("`break` and `continue` belong inside a loop"),
        _ => Words::new("the script cannot be understood here"),
    }
}

fn expression(what: &str) -> String {
    match what.trim() {
        "" => "an expression".to_owned(),
        what => lower(what),
    }
}

fn of_lex_error(error: &LexError) -> Words {
    match error {
        LexError::UnexpectedInput(word) if word.is_ascii() && word.chars().all(char::is_alphabetic) => {
            Words::help(
                format!("`{}` cannot stand here", safe(word)),
                "It is a word of the language; `else` follows the block of an `if`.",
            )
        }
        LexError::UnexpectedInput(input) if input.chars().any(char::is_alphabetic) => Words::help(
            format!("`{}` cannot stand in a name", safe(input)),
            "Names are written with the letters a to z, digits and _; other letters belong into quotes.",
        ),
        LexError::UnexpectedInput(input) => Words::new(format!("`{}` has no meaning here", safe(input))),
        LexError::UnterminatedString => Words::new("the text is not closed"),
        LexError::StringTooLong(_) => Words::new("the text is too long"),
        LexError::MalformedEscapeSequence(sequence) => Words::help(
            format!("`{}` is no escape sequence", safe(sequence)),
            "Write a backslash in text as \\\\.",
        ),
        LexError::MalformedNumber(number) if number.is_empty() => Words::new("this is no number"),
        LexError::MalformedNumber(number) => Words::new(format!("`{}` is no number", safe(number))),
        LexError::MalformedChar(text) => {
            Words::help(format!("'{}' is not one character", safe(text)), "Text stands in double quotes.")
        }
        LexError::MalformedIdentifier(name) => Words::new(format!("`{}` is no name", safe(name))),
        LexError::ImproperSymbol(symbol, _) if symbol == "eval" => Words::help(
            "`eval` is not available",
            "Code that is put together at run time cannot be checked before.",
        ),
        LexError::ImproperSymbol(symbol, advice) if advice.is_empty() => {
            Words::new(format!("`{}` has no meaning here", safe(symbol)))
        }
        LexError::ImproperSymbol(symbol, _) if symbol == "=" => {
            Words::help("`=` sets a variable and has no value", "To compare, write `==`.")
        }
        LexError::ImproperSymbol(symbol, advice) => Words::help(
            format!("`{}` has no meaning here", safe(symbol)),
            format!("{}.", sentence_case(advice)),
        ),
        LexError::Runtime(what) => Words::new(lower(what)),
        _ => Words::new("this cannot be read"),
    }
}

fn safe(part: &str) -> String {
    text::one_line(&text::cut(part, 200)).into_owned()
}

fn sentence(what: &str) -> String {
    lower(what).trim_end_matches('.').to_owned()
}

fn lower(what: &str) -> String {
    let what = safe(what.trim());
    let mut characters = what.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => what,
    }
}

fn sentence_case(what: &str) -> String {
    let what = safe(what.trim().trim_end_matches('.'));
    let mut characters = what.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => what,
    }
}
