//! The names a person knows types under.
//!
//! Not here: what `type_of` gives, which the engine is told in `engine`.

use super::safe;
use crate::script::thrown::HostError;
use rhai::{Array, Blob, Dynamic, FnPtr, INT, ImmutableString, Map};
use std::any::TypeId;

/// "a number", "text": the name of a type in a sentence.
pub(super) fn in_a_sentence(name: &str) -> String {
    let name = name.trim().trim_start_matches("&mut ").trim_start_matches('&');
    let known = match name.split(" | ").next().unwrap_or(name) {
        "()" | "Unit" => "nothing",
        "i64" | "int" | "INT" | "integer" => "a number",
        "f64" | "float" | "FLOAT" | "f32" => "a fraction",
        "str" | "string" | "String" | "ImmutableString" => "text",
        "bool" | "boolean" | "a boolean" | "a boolean expression" => "true or false",
        "char" => "a character",
        "array" | "Array" => "an array",
        "map" | "Map" => "a map",
        "blob" | "Blob" => "binary data",
        "Fn" | "function" | "FnPtr" => "a function",
        "timestamp" => "a point in time",
        "range" | "range=" => "a range",
        "rows" => "the table",
        _ if name.contains("Range") => "a range",
        _ if name.contains("::") || name.contains('$') => "another kind of value",
        other => return safe(other),
    };
    known.to_owned()
}

/// "number", "text": the name of a parameter's type in a signature.
pub(super) fn in_a_signature(id: TypeId) -> &'static str {
    let known = [
        (TypeId::of::<INT>(), "number"),
        (TypeId::of::<f64>(), "number"),
        (TypeId::of::<bool>(), "true"),
        (TypeId::of::<char>(), "text"),
        (TypeId::of::<ImmutableString>(), "text"),
        (TypeId::of::<String>(), "text"),
        (TypeId::of::<&str>(), "text"),
        (TypeId::of::<Array>(), "array"),
        (TypeId::of::<Map>(), "map"),
        (TypeId::of::<HostError>(), "map"),
        (TypeId::of::<Blob>(), "blob"),
        (TypeId::of::<FnPtr>(), "function"),
        (TypeId::of::<()>(), "()"),
        (TypeId::of::<Dynamic>(), "value"),
        (TypeId::of::<std::ops::Range<INT>>(), "0..5"),
        (TypeId::of::<std::ops::RangeInclusive<INT>>(), "0..5"),
    ];
    known.iter().find(|(known, _)| *known == id).map_or("value", |(_, name)| name)
}
