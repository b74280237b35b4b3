//! Replacements for the few engine functions of which a single call can exhaust memory or the stack.
//!
//! Not here: everything that grows step by step; that is stopped by `limits`.

use super::builtins::complain;
use super::convert;
use super::limits::{Halt, Meter};
use super::thrown::{HostError, with_fields};
use rhai::{
    Array, Blob, Dynamic, Engine, EvalAltResult, FnPtr, INT, ImmutableString, Map, NativeCallContext,
};

type Result<T> = std::result::Result<T, Box<EvalAltResult>>;

/// Values are printed no deeper than this: they can contain themselves through closures.
const PRINT_DEPTH: usize = 64;

/// Replaces them in `engine`.
pub(super) fn install(engine: &mut Engine, meter: &Meter) {
    install_replace(engine, meter);
    install_split(engine, meter);
    install_padding(engine, meter);
    install_printing(engine);
    install_json(engine);
}

/// The engine reads JSON as if it were a script, and tells of mistakes in those words and places.
fn install_json(engine: &mut Engine) {
    engine.register_fn("parse_json", |context: NativeCallContext, text: &str| -> Result<Dynamic> {
        serde_json::from_str(text).map(convert::from_json).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let message = match error.is_eof() {
                _ if text.trim().is_empty() => "this is not valid JSON: it is empty".to_owned(),
                true => format!("this is not valid JSON: it ends too early, in line {line}, column {column}"),
                false => format!("this is not valid JSON: line {line}, column {column}"),
            };
            complain(&context, message)
        })
    });
}

fn make_room(context: &NativeCallContext, meter: &Meter, bytes: Option<usize>) -> Result<()> {
    match bytes {
        Some(bytes) if meter.has_room_for(bytes) => Ok(()),
        _ => Err(Halt::Memory(meter.memory_limit()).into_error(context.call_position())),
    }
}

fn install_replace(engine: &mut Engine, meter: &Meter) {
    fn replace(
        context: &NativeCallContext,
        meter: &Meter,
        text: &mut ImmutableString,
        find: &str,
        with: &str,
    ) -> Result<()> {
        let matches = text.matches(find).count();
        let grown = matches.checked_mul(with.len()).and_then(|added| added.checked_add(text.len()));
        make_room(context, meter, grown)?;
        *text = text.replace(find, with).into();
        Ok(())
    }

    macro_rules! replace_with {
        ($find:ty, $with:ty) => {
            let meter_of_this = meter.clone();
            engine.register_fn(
                "replace",
                move |context: NativeCallContext, text: &mut ImmutableString, find: $find, with: $with| {
                    replace(&context, &meter_of_this, text, &find.to_string(), &with.to_string())
                },
            );
        };
    }
    replace_with!(&str, &str);
    replace_with!(&str, char);
    replace_with!(char, &str);
    replace_with!(char, char);
}

fn install_split(engine: &mut Engine, meter: &Meter) {
    /// Each piece is a value of its own with its own text.
    const BYTES_PER_PIECE: usize = 80;

    fn split(
        context: &NativeCallContext,
        meter: &Meter,
        text: &str,
        pieces: usize,
        split: impl Fn(&str) -> Array,
    ) -> Result<Array> {
        let needed = pieces.checked_mul(BYTES_PER_PIECE).and_then(|bytes| bytes.checked_add(text.len()));
        make_room(context, meter, needed)?;
        Ok(split(text))
    }
    let piece = |piece: &str| Dynamic::from(piece.to_owned());
    fn at_least_one(segments: INT) -> usize {
        usize::try_from(segments).unwrap_or(0).max(1)
    }

    let of = meter.clone();
    engine.register_fn("split", move |context: NativeCallContext, text: &mut ImmutableString| {
        let pieces = text.split_whitespace().count();
        split(&context, &of, text, pieces, |text| text.split_whitespace().map(piece).collect())
    });
    macro_rules! split_by {
        ($delimiter:ty) => {
            let of = meter.clone();
            engine.register_fn(
                "split",
                move |context: NativeCallContext, text: &mut ImmutableString, by: $delimiter| {
                    let pieces = text.matches(by).count() + 1;
                    split(&context, &of, text, pieces, |text| text.split(by).map(piece).collect())
                },
            );
            let of = meter.clone();
            engine.register_fn(
                "split",
                move |context: NativeCallContext,
                      text: &mut ImmutableString,
                      by: $delimiter,
                      segments: INT| {
                    let segments = at_least_one(segments);
                    let pieces = text.matches(by).count() + 1;
                    split(&context, &of, text, pieces.min(segments), |text| {
                        text.splitn(segments, by).map(piece).collect()
                    })
                },
            );
        };
    }
    split_by!(&str);
    split_by!(char);
}

fn install_padding(engine: &mut Engine, meter: &Meter) {
    fn wanted(length: INT) -> usize {
        usize::try_from(length).unwrap_or(0)
    }

    let of = meter.clone();
    engine.register_fn(
        "pad",
        move |context: NativeCallContext, array: &mut Array, length: INT, item: Dynamic| -> Result<()> {
            let length = wanted(length);
            if length > array.len() {
                make_room(&context, &of, (length - array.len()).checked_mul(size_of::<Dynamic>()))?;
                array.resize(length, item);
            }
            Ok(())
        },
    );
    let of = meter.clone();
    engine.register_fn(
        "pad",
        move |context: NativeCallContext,
              text: &mut ImmutableString,
              length: INT,
              with: &str|
              -> Result<()> { pad_text(&context, &of, text, wanted(length), with) },
    );
    let of = meter.clone();
    engine.register_fn(
        "pad",
        move |context: NativeCallContext,
              text: &mut ImmutableString,
              length: INT,
              with: char|
              -> Result<()> { pad_text(&context, &of, text, wanted(length), &with.to_string()) },
    );
    let of = meter.clone();
    engine.register_fn(
        "pad",
        move |context: NativeCallContext, blob: &mut Blob, length: INT, value: INT| -> Result<()> {
            let length = wanted(length);
            if length > blob.len() {
                make_room(&context, &of, Some(length - blob.len()))?;
                // As the engine does: the low byte counts.
                blob.resize(length, value.to_le_bytes()[0]);
            }
            Ok(())
        },
    );
    let of = meter.clone();
    engine.register_fn("blob", move |context: NativeCallContext, length: INT| -> Result<Blob> {
        make_room(&context, &of, Some(wanted(length)))?;
        Ok(vec![0; wanted(length)])
    });
    let of = meter.clone();
    engine.register_fn("blob", move |context: NativeCallContext, length: INT, value: INT| -> Result<Blob> {
        make_room(&context, &of, Some(wanted(length)))?;
        Ok(vec![value.to_le_bytes()[0]; wanted(length)])
    });
}

/// Appends `with` until the text has `length` characters.
fn pad_text(
    context: &NativeCallContext,
    meter: &Meter,
    text: &mut ImmutableString,
    length: usize,
    with: &str,
) -> Result<()> {
    let present = text.chars().count();
    if with.is_empty() || length <= present {
        return Ok(());
    }
    let missing = length - present;
    make_room(context, meter, missing.checked_mul(4).and_then(|bytes| bytes.checked_add(text.len())))?;
    let mut padded = text.to_string();
    padded.extend(with.chars().cycle().take(missing));
    *text = padded.into();
    Ok(())
}

fn install_printing(engine: &mut Engine) {
    macro_rules! print_as {
        ($type:ty) => {
            for name in ["to_string", "to_debug", "print", "debug"] {
                engine.register_fn(name, |value: &mut $type| {
                    let mut text = String::new();
                    write(&mut text, &Dynamic::from(value.clone()), PRINT_DEPTH);
                    text
                });
            }
        };
    }
    print_as!(Map);
    print_as!(Array);
    print_as!(FnPtr);
    print_as!(HostError);
}

fn write_map(text: &mut String, map: &Map, depth: usize) {
    text.push_str("#{");
    for (at, (key, value)) in map.iter().enumerate() {
        text.push_str(if at == 0 { "" } else { ", " });
        text.push_str(&serde_json::Value::from(key.as_str()).to_string());
        text.push_str(": ");
        write(text, value, depth - 1);
    }
    text.push('}');
}

/// Writes a value as a script would write it.
pub(super) fn write(text: &mut String, value: &Dynamic, depth: usize) {
    if depth == 0 {
        text.push('…');
    } else if with_fields(value, |fields| write_map(text, fields, depth)).is_some() {
    } else if let Some(array) = value.read_lock::<Array>() {
        text.push('[');
        for (at, value) in array.iter().enumerate() {
            text.push_str(if at == 0 { "" } else { ", " });
            write(text, value, depth - 1);
        }
        text.push(']');
    } else if let Some(function) = value.read_lock::<FnPtr>() {
        let name = function.fn_name();
        text.push_str(&if name.starts_with("anon$") {
            "Fn(closure)".to_owned()
        } else {
            format!("Fn({name})")
        });
    } else if let Some(string) = value.read_lock::<ImmutableString>() {
        text.push_str(&serde_json::Value::from(string.as_str()).to_string());
    } else {
        text.push_str(&value.to_string());
    }
}
