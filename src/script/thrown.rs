//! Errors that the host throws, as scripts catch them: values with the fields of a map.
//!
//! What a script throws itself is never one of these, whatever its fields say.
//!
//! Not here: the words, which are the failure's own, or those of `words`.

use super::sources::Sources;
use super::{convert, report, words};
use crate::base::report::{Place, Source};
use crate::calls::Failure;
use rhai::{Dynamic, Engine, EvalAltResult, ImmutableString, Map, NativeCallContext, Position};
use std::any::TypeId;
use std::fmt;
use std::sync::Arc;

type Result<T> = std::result::Result<T, Box<EvalAltResult>>;

/// An error that the host threw. A script reads and changes its fields, but neither makes one nor changes its cause.
#[derive(Debug, Clone)]
pub(super) struct HostError {
    fields: Map,
    cause: Arc<Cause>,
    /// Where it was thrown first, once it was caught.
    place: Option<Place>,
    is_caught: bool,
}

/// Why the host threw an error.
#[derive(Debug)]
pub(super) enum Cause {
    /// A call failed.
    Call(Failure),
    /// The script itself is wrong.
    Script,
    /// An assertion of a test does not hold, with what it found.
    Assertion(Vec<String>),
}

/// What there is to say where a script has removed the message.
impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(failure) => failure.fmt(formatter),
            Self::Script => formatter.write_str("the script threw an error without a message"),
            Self::Assertion(_) => formatter.write_str("an assertion does not hold"),
        }
    }
}

impl HostError {
    /// The error of a failed call.
    pub(super) fn of_call(failure: Failure, position: Position, source: Option<&str>) -> Self {
        let known = failure.data().into_iter().map(|(name, value)| (name.into(), convert::from_json(value)));
        let mut fields: Map = known.collect();
        fields.extend(fields_of_all(failure.to_string(), failure.hint(), position, source));
        Self { fields, cause: Arc::new(Cause::Call(failure)), place: None, is_caught: false }
    }

    /// The error of a mistake of the script itself.
    pub(super) fn of_script(
        message: String,
        hint: Option<String>,
        position: Position,
        source: Option<&str>,
    ) -> Self {
        let mut fields = fields_of_all(message, hint, position, source);
        fields.insert("kind".into(), "script".into());
        Self { fields, cause: Arc::new(Cause::Script), place: None, is_caught: false }
    }

    /// The error of an assertion that does not hold.
    pub(super) fn of_assertion(message: &str, notes: Vec<String>) -> Self {
        let listed: rhai::Array = notes.iter().map(|note| note.clone().into()).collect();
        let fields = Map::from([
            ("kind".into(), "assertion".into()),
            ("message".into(), message.into()),
            ("notes".into(), listed.into()),
        ]);
        Self { fields, cause: Arc::new(Cause::Assertion(notes)), place: None, is_caught: true }
    }

    /// With further fields.
    pub(super) fn with(mut self, fields: Map) -> Self {
        self.fields.extend(fields);
        self
    }

    pub(super) fn cause(&self) -> &Cause {
        &self.cause
    }

    /// Where it was thrown first, if it was caught and thrown again.
    pub(super) fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// A field that is a string.
    pub(super) fn text(&self, name: &str) -> Option<ImmutableString> {
        self.fields.get(name).and_then(|value| value.clone().into_immutable_string().ok())
    }

    /// The error as a value of the script.
    pub(super) fn into_value(self) -> Dynamic {
        Dynamic::from(self)
    }

    fn caught_at(mut self, place: Option<Place>) -> Self {
        if self.is_caught {
            return self;
        }
        self.fields.insert("line".into(), place.as_ref().map_or(0, |place| saturate(place.line)).into());
        self.fields
            .insert("position".into(), place.as_ref().map_or(0, |place| saturate(place.column)).into());
        let file = place.as_ref().map_or_else(String::new, |place| place.source.name.clone());
        self.fields.insert("file".into(), file.into());
        (self.place, self.is_caught) = (place, true);
        self
    }
}

/// The fields that every error has.
fn fields_of_all(message: String, hint: Option<String>, position: Position, source: Option<&str>) -> Map {
    let number = |number: Option<usize>| Dynamic::from(number.map_or(0, saturate));
    Map::from([
        ("message".into(), message.into()),
        ("hint".into(), hint.unwrap_or_default().into()),
        ("line".into(), number(position.line())),
        ("position".into(), number(position.position())),
        ("file".into(), source.unwrap_or_default().into()),
    ])
}

/// Gives `read` the fields of a map or of an error of the host; nothing for any other value.
pub(super) fn with_fields<T>(value: &Dynamic, read: impl FnOnce(&Map) -> T) -> Option<T> {
    if let Some(map) = value.read_lock::<Map>() {
        return Some(read(&map));
    }
    value.read_lock::<HostError>().map(|error| read(&error.fields))
}

/// Whether a script sees a map.
pub(super) fn is_map(value: &Dynamic) -> bool {
    value.is_map() || value.is::<HostError>()
}

/// What `catch` gives for an error of the text `main`: what was thrown, or the engine's own error in our words.
pub(super) fn caught(error: &EvalAltResult, main: Option<Arc<Source>>, sources: &Sources) -> Dynamic {
    let trace = report::trace(error, main, sources);
    let thrown = match trace.innermost {
        EvalAltResult::ErrorRuntime(value, _) => match value.read_lock::<HostError>() {
            Some(error) => error.clone(),
            None => return value.clone(),
        },
        innermost => {
            let words = words::of_error(innermost, sources, trace.place.as_ref());
            HostError::of_script(words.message, words.help, Position::NONE, None)
        }
    };
    // A failed call knows its place only as the engine told it.
    thrown.caught_at(trace.place).into_value()
}

/// What `catch` would give; what has no fields becomes the message of an error.
pub(super) fn caught_with_fields(
    error: &EvalAltResult,
    main: Option<Arc<Source>>,
    sources: &Sources,
) -> Dynamic {
    let value = caught(error, main.clone(), sources);
    if is_map(&value) {
        return value;
    }
    let place = report::trace(error, main, sources).place;
    let message = words::of_error(error.unwrap_inner(), sources, None).message;
    HostError::of_script(message, None, Position::NONE, None).caught_at(place).into_value()
}

fn saturate(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What a map can do besides being printed, and the number of its arguments, the map among them.
const METHODS: &[(&str, usize)] = &[
    ("len", 1),
    ("is_empty", 1),
    ("clear", 1),
    ("keys", 1),
    ("values", 1),
    ("to_json", 1),
    ("contains", 2),
    ("get", 2),
    ("remove", 2),
    ("map", 2),
    ("filter", 2),
    ("drain", 2),
    ("retain", 2),
    ("set", 3),
];

/// What two maps can do.
const OPERATORS: &[&str] = &["==", "!=", "+", "+=", "mixin", "fill_with"];

/// Lets scripts use such an error as they use a map.
pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<HostError>("map");
    engine.register_indexer_get(|error: &mut HostError, name: ImmutableString| {
        error.fields.get(name.as_str()).cloned().unwrap_or(Dynamic::UNIT)
    });
    engine.register_indexer_set(|error: &mut HostError, name: ImmutableString, value: Dynamic| {
        error.fields.insert(name.as_str().into(), value);
    });
    for &(name, count) in METHODS {
        let mut types = vec![TypeId::of::<Dynamic>(); count];
        types[0] = TypeId::of::<HostError>();
        engine.register_raw_fn(name, types, move |context, arguments| as_map(name, &context, arguments));
    }
    for &name in OPERATORS {
        for types in [
            [TypeId::of::<HostError>(), TypeId::of::<Dynamic>()],
            [TypeId::of::<Map>(), TypeId::of::<HostError>()],
            [TypeId::of::<Dynamic>(), TypeId::of::<HostError>()],
        ] {
            engine.register_raw_fn(name, types, move |context, arguments| as_map(name, &context, arguments));
        }
    }
}

/// Does to the fields what the function of maps does, and keeps what became of them.
fn as_map(name: &str, context: &NativeCallContext, arguments: &mut [&mut Dynamic]) -> Result<Dynamic> {
    let mut values: Vec<Dynamic> = arguments
        .iter()
        .map(|value| match value.read_lock::<HostError>() {
            Some(error) => error.fields.clone().into(),
            None => (**value).clone(),
        })
        .collect();
    let result = context.call_native_fn_raw(name, true, &mut values.iter_mut().collect::<Vec<_>>())?;

    let (Some(first), Some(changed)) = (arguments.first_mut(), values.into_iter().next()) else {
        return Ok(result);
    };
    let Some(mut error) = first.write_lock::<HostError>() else {
        **first = changed;
        return Ok(result);
    };
    // A sum is still the error that its left side is.
    if name == "+" && result.is_map() {
        return Ok(HostError { fields: result.cast(), ..error.clone() }.into_value());
    }
    error.fields = changed.try_cast().unwrap_or_default();
    Ok(result)
}
