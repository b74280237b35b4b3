//! Literal arguments of one endpoint call, against its row.
//!
//! Not here: the rules, which are those of `api::check`. What is no literal may be anything: nothing is said of it.

use super::{Finding, HostFn, ways};
use crate::api::check::{self, Fault, Problem};
use crate::api::{Effect, Endpoint, Kind, Param};
use crate::base::report::Severity;
use crate::calls::EVEN_IF_IN_DOUBT;
use rhai::{Expr, Position};
use serde_json::{Map, Value};

/// A call of an endpoint's function.
pub(super) struct Call<'a> {
    pub(super) endpoint: &'static Endpoint,
    /// Of the function's name.
    pub(super) position: Position,
    /// The receiver of a method call included; `None` is one of which nothing is known.
    pub(super) arguments: Vec<Option<&'a Expr>>,
    /// How grave values are that will be refused.
    pub(super) severity: Severity,
}

/// What is known of the arguments.
#[derive(Default)]
struct Given {
    known: Map<String, Value>,
    /// Where each parameter stands.
    places: Vec<Spot>,
    /// Parameters that are given, but not as literals.
    unknown: Vec<String>,
    /// Whether the last argument may be a map of anything.
    is_open: bool,
}

/// Where a parameter stands: what to mark of its name and of its value, each with how many characters.
struct Spot {
    path: String,
    name: (Position, usize),
    value: (Position, usize),
}

impl Call<'_> {
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut given = Given::default();
        if let Err(finding) = self.arrange(&mut given) {
            return vec![finding];
        }
        if self.endpoint.effect != Effect::Read {
            given.known.remove(EVEN_IF_IN_DOUBT);
        }
        let known = std::mem::take(&mut given.known);
        let problems =
            check::check(self.endpoint, known).err().map(|problems| problems.0).unwrap_or_default();
        let certain = problems.iter().filter(|problem| given.is_certain(problem));
        certain.map(|problem| self.finding(problem, &given)).collect()
    }

    fn finding(&self, problem: &Problem, given: &Given) -> Finding {
        let is_name = matches!(problem.fault, Fault::Unknown { .. });
        let spot = given.places.iter().find(|spot| spot.path == problem.param);
        let marked = spot.map(|spot| if is_name { spot.name } else { spot.value });
        let (position, length) = marked.unwrap_or((self.position, self.endpoint.function.len()));
        let finding = Finding::error(position, length, problem.to_string());
        let finding = if is_name { finding } else { finding.severity(self.severity) };
        match problem.fault {
            Fault::Missing | Fault::MissingWhen(_) => finding.help(self.ways()),
            _ => finding,
        }
    }

    /// As the host arranges them: positional arguments, then a map of options.
    fn arrange(&self, given: &mut Given) -> Result<(), Finding> {
        let endpoint = self.endpoint;
        let wants_map = |at: usize| {
            let param = endpoint.positional.get(at).and_then(|name| endpoint.param(name));
            param.is_some_and(|param| matches!(param.kind, Kind::Object(_)))
        };
        let (positional, options) = match self.arguments.split_last() {
            Some((Some(Expr::Map(options, _)), before)) if !wants_map(before.len()) => {
                (before, Some(options))
            }
            _ => (self.arguments.as_slice(), None),
        };
        if options.is_none() && !positional.is_empty() {
            given.is_open = positional.last().is_some_and(|last| last.and_then(literal).is_none());
        }
        if positional.len() > endpoint.positional.len() && !given.is_open {
            let message = format!("`{}` takes its options as a map in the last place", endpoint.function);
            let finding = Finding::error(self.position, endpoint.function.len(), message);
            return Err(finding.help(self.ways()).severity(self.severity));
        }
        if let Some(options) = options {
            given.known = given.read(&options.0, endpoint.params, "");
        }
        for (name, argument) in endpoint.positional.iter().zip(positional) {
            if let Some(Spot { name: (position, length), .. }) =
                given.places.iter().find(|spot| spot.path == *name)
            {
                let message = format!("`{name}` is given twice: by position and among the options");
                return Err(Finding::error(*position, *length, message).severity(self.severity));
            }
            match argument.and_then(|argument| Some((argument, literal(argument)?))) {
                Some((argument, value)) => {
                    let at = (argument.start_position(), width(argument));
                    given.places.push(Spot { path: (*name).to_owned(), name: at, value: at });
                    given.known.insert((*name).to_owned(), value);
                }
                None => given.unknown.push((*name).to_owned()),
            }
        }
        Ok(())
    }

    fn ways(&self) -> String {
        ways(HostFn::Endpoint(self.endpoint))
    }
}

impl Given {
    /// The entries of a literal map, as far as they are literals themselves.
    fn read(
        &mut self,
        entries: &[(rhai::Ident, Expr)],
        params: &[Param],
        prefix: &str,
    ) -> Map<String, Value> {
        let mut known = Map::new();
        for (key, value) in entries {
            let name = key.name.to_string();
            let path = format!("{prefix}{name}");
            self.places.push(Spot {
                path: path.clone(),
                name: (key.pos, name.chars().count()),
                value: (value.start_position(), width(value)),
            });
            let param = params.iter().find(|param| param.name == name);
            let read = match (param, value) {
                // Its value does not matter: the name itself is wrong.
                (None, _) => Some(Value::Null),
                (Some(param), Expr::Map(inner, _)) => {
                    Some(Value::Object(self.read(&inner.0, param.members(), &format!("{path}."))))
                }
                _ => literal(value),
            };
            match read {
                Some(value) => drop(known.insert(name, value)),
                None => self.unknown.push(path),
            }
        }
        known
    }

    /// Whether nothing that is unknown could make the problem go away.
    fn is_certain(&self, problem: &Problem) -> bool {
        let parent = problem.param.rfind('.').map_or("", |at| &problem.param[..=at]);
        let is_sibling = |path: &String| path.strip_prefix(parent).is_some_and(|name| !name.contains('.'));
        let may_hold_more = self.is_open && parent.is_empty();
        match problem.fault {
            Fault::Missing => !may_hold_more && !self.unknown.contains(&problem.param),
            Fault::MissingWhen(_) => !may_hold_more && !self.unknown.iter().any(is_sibling),
            _ => true,
        }
    }
}

/// The value of an expression that is written out.
fn literal(expression: &Expr) -> Option<Value> {
    match expression {
        Expr::BoolConstant(flag, _) => Some((*flag).into()),
        Expr::IntegerConstant(number, _) => Some((*number).into()),
        Expr::FloatConstant(number, _) => serde_json::Number::from_f64(**number).map(Value::Number),
        Expr::CharConstant(character, _) => Some(character.to_string().into()),
        Expr::StringConstant(text, _) => Some(text.as_str().into()),
        Expr::Unit(_) => Some(Value::Null),
        Expr::Array(items, _) => items.iter().map(literal).collect::<Option<_>>().map(Value::Array),
        Expr::Map(map, _) => {
            let entries = map.0.iter().map(|(key, value)| Some((key.name.to_string(), literal(value)?)));
            entries.collect::<Option<_>>().map(Value::Object)
        }
        _ => None,
    }
}

/// How many characters of it to mark.
fn width(expression: &Expr) -> usize {
    match expression {
        Expr::IntegerConstant(number, _) => number.to_string().len(),
        Expr::BoolConstant(flag, _) => flag.to_string().len(),
        Expr::StringConstant(text, _) => text.chars().count() + 2,
        Expr::FloatConstant(number, _) => format!("{:?}", **number).len(),
        Expr::Map(..) | Expr::Unit(_) => 2,
        _ => 1,
    }
}
