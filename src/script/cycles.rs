//! Imports that lead back to where they began, as far as they are certain to happen.
//!
//! Not here: imports in functions and in blocks, which may never happen; a run finds those.

use super::confined::ImportError;
use crate::base::report::{Place, Report};

/// An import that happens as soon as its file is loaded.
#[derive(Debug)]
pub(super) struct Import {
    /// The module it stands in; the recipe has no name.
    pub(super) from: Option<String>,
    /// As it is written.
    pub(super) path: String,
    /// The module it leads to.
    pub(super) to: String,
    pub(super) place: Option<Place>,
}

/// A problem for each import that closes a circle. `own` is the name of the recipe as a module.
pub(super) fn find(own: Option<&str>, imports: &[Import]) -> Vec<Report> {
    let mut search = Search { imports, done: Vec::new(), problems: Vec::new() };
    search.follow(own.unwrap_or_default(), None, &mut own.into_iter().collect());
    search.problems
}

struct Search<'a> {
    imports: &'a [Import],
    /// The modules from which everything was followed.
    done: Vec<&'a str>,
    problems: Vec<Report>,
}

impl<'a> Search<'a> {
    /// `name` is in the chain; `from` is what its imports are known under.
    fn follow(&mut self, name: &'a str, from: Option<&str>, chain: &mut Vec<&'a str>) {
        let imports = self.imports.iter().filter(|import| import.from.as_deref() == from);
        for import in imports {
            let to = import.to.as_str();
            if let Some(start) = chain.iter().position(|module| *module == to) {
                let circle: Vec<&str> = chain[start..].iter().copied().chain([to]).collect();
                let error = ImportError::Cycle(import.path.clone(), circle.join(" -> "));
                self.problems
                    .push(Report { place: import.place.clone(), ..Report::error(error.to_string()) });
            } else if !self.done.contains(&to) {
                chain.push(to);
                self.follow(to, Some(to), chain);
                chain.pop();
            }
        }
        self.done.push(name);
    }
}
