//! Every text of a run, and what each of them defines, so that an error can be shown where it happened.
//!
//! Not here: reading files.

use super::traced::{self, Shifts};
use crate::base::report::Source;
use rhai::{AST, ASTFlags, ParseError, Position, Stmt};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The texts, with the name the engine knows each under, and with that people are shown.
#[derive(Clone, Default)]
pub(super) struct Sources(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    texts: Vec<Text>,
    defined: Vec<Defined>,
    /// What imports give besides functions.
    exported: Vec<String>,
}

struct Text {
    /// What the engine knows it under.
    name: String,
    source: Arc<Source>,
    shifts: Shifts,
}

/// A function or closure of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Defined {
    pub(super) name: String,
    pub(super) params: Vec<String>,
    /// The name of the text it is in.
    pub(super) source: String,
    is_imported: bool,
}

/// How the engine's names of closures begin.
pub(super) const CLOSURE: &str = "anon$";

impl Sources {
    /// Remembers a text, which the engine knows as `name`, and what it defines, and gives it as it was written and as it is to
    /// be run.
    ///
    /// # Errors
    /// Why it does not parse.
    pub(super) fn compile(
        &self,
        name: &str,
        source: &Arc<Source>,
        is_imported: bool,
        parse: impl Fn(&str) -> Result<AST, ParseError>,
    ) -> Result<(AST, AST), ParseError> {
        let number = self.add(name, source);
        let written = parse(&source.text)?;
        // What was put in can go beyond a limit of the parser; then the text runs as it is.
        let traced = traced::traced(&source.text, number)
            .and_then(|(text, shifts)| Some((parse(&text).ok()?, shifts)));
        let (ready, shifts) = traced.unwrap_or_else(|| (written.clone(), Shifts::default()));
        let mut state = self.lock();
        state.texts[number].shifts = shifts;
        state.exported.extend(written.statements().iter().filter_map(exported));
        for function in ready.iter_fn_def() {
            let defined = Defined {
                name: function.name.to_string(),
                params: function.params.iter().map(ToString::to_string).collect(),
                source: name.to_owned(),
                is_imported,
            };
            if !state.defined.contains(&defined) {
                state.defined.push(defined);
            }
        }
        Ok((written, ready))
    }

    fn add(&self, name: &str, source: &Arc<Source>) -> usize {
        let mut state = self.lock();
        match state.texts.iter().position(|text| text.name == name) {
            Some(number) => {
                state.texts[number].source = Arc::clone(source);
                number
            }
            None => {
                let (name, source) = (name.to_owned(), Arc::clone(source));
                state.texts.push(Text { name, source, shifts: Shifts::default() });
                state.texts.len() - 1
            }
        }
    }

    /// The text of that name, which the engine knows or people were shown.
    pub(super) fn get(&self, name: &str) -> Option<Arc<Source>> {
        let state = self.lock();
        let found = state.texts.iter().find(|text| text.name == name || text.source.name == name);
        found.map(|text| Arc::clone(&text.source))
    }

    /// The text of that number.
    pub(super) fn numbered(&self, number: usize) -> Option<Arc<Source>> {
        self.lock().texts.get(number).map(|text| Arc::clone(&text.source))
    }

    /// Where a place the engine tells of is in the file.
    pub(super) fn place(&self, source: &Source, position: Position) -> Position {
        let state = self.lock();
        let known = state.texts.iter().find(|text| text.source.name == source.name);
        known.map_or(position, |text| text.shifts.undo(position))
    }

    /// The text a function is in, which the engine takes to be `told`. Of a closure it only knows who called it, and of a
    /// function of an earlier line which line runs.
    pub(super) fn home(&self, function: &str, told: &str) -> Option<Arc<Source>> {
        let homes: Vec<Defined> = self.definitions(function);
        if let Some(own) = homes.iter().rev().find(|home| home.source == told) {
            return self.get(&own.source);
        }
        if function.starts_with(CLOSURE) {
            return match homes.as_slice() {
                [only] => self.get(&only.source),
                [] => self.get(told),
                _ => None,
            };
        }
        let earlier = homes.iter().rev().find(|home| !home.is_imported);
        earlier.and_then(|home| self.get(&home.source)).or_else(|| self.get(told))
    }

    /// Every function of that name, in the order they were defined.
    pub(super) fn definitions(&self, function: &str) -> Vec<Defined> {
        self.lock().defined.iter().filter(|defined| defined.name == function).cloned().collect()
    }

    /// The names of the scripts' functions.
    pub(super) fn functions(&self) -> Vec<String> {
        let state = self.lock();
        let named = state.defined.iter().filter(|defined| !defined.name.starts_with(CLOSURE));
        named.map(|defined| defined.name.clone()).collect()
    }

    /// The names of what imports give besides functions.
    pub(super) fn exported(&self) -> Vec<String> {
        self.lock().exported.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn exported(statement: &Stmt) -> Option<String> {
    match statement {
        Stmt::Var(variable, flags, _) if flags.contains(ASTFlags::EXPORTED) => {
            Some(variable.0.name.to_string())
        }
        Stmt::Export(names, _) if !names.1.name.is_empty() => Some(names.1.name.to_string()),
        Stmt::Export(names, _) => Some(names.0.name.to_string()),
        _ => None,
    }
}
