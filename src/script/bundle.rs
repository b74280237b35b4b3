//! What a recipe consists of: its own text and every file it can import, found without running it, and one hash over
//! all of it.
//!
//! Not here: whether anybody trusts it.

use super::check::{self, Called, Exports, HostFn, ModuleCall};
use super::confined::{self, Folder, ImportError};
use super::cycles::{self, Import};
use super::header::{Header, Shown};
use super::session;
use super::{engine, on_big_stack, report, testing};
use crate::api::{self, Endpoint};
use crate::base::mask::Secrets;
use crate::base::report::{Place, Report, Severity, Source};
use rhai::{Engine, Position};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

/// How people are told that a recipe calls something, by `call_api` or by a computed `Fn`, that does not stand in its text.
pub const ANYTHING: &str = "what only the run can tell";

/// A recipe with everything that belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    /// The recipe first, then what it can import, by path.
    pub files: Vec<File>,
    /// SHA-256 over the texts of all files, the paths of the imports and where each import leads, in hexadecimal. The recipe's own name is left
    /// out, so that a copy of it has the same hash; so are byte order marks, `#!` lines and the kind of line ends.
    pub hash: String,
    /// What the files call.
    pub called: Called,
    /// Everything that is wrong with the files, without running them: in the order of the files, and in each by line.
    pub problems: Vec<Report>,
    /// How many of the problems hide something: files that do not parse, and imports that lead nowhere. What stands behind
    /// them is not in the hash.
    pub hidden: usize,
    /// Whether any of it may read the words that are no parameters.
    pub reads_words: bool,
    links: Links,
    /// The recipe's own name as a module.
    own: Option<String>,
}

/// Where every import leads: by the module it stands in (the recipe has no name) and its path, the name of a module.
type Links = BTreeMap<(String, String), Result<String, ImportError>>;

/// What a run of a bundle imports: the very texts that are in its hash, whatever happens on the disk meanwhile.
#[derive(Debug, Clone)]
pub(super) struct Sealed {
    texts: BTreeMap<String, String>,
    links: Links,
    /// The name of the recipe itself as a module.
    pub(super) own: Option<String>,
    /// The name the recipe was given by.
    pub(super) recipe: Option<String>,
}

impl Sealed {
    /// The name of the module that `path` means in the module `importer`.
    pub(super) fn find(&self, path: &str, importer: Option<&str>) -> Result<String, ImportError> {
        let module = importer.filter(|name| self.texts.contains_key(*name)).unwrap_or_default();
        let link = self.links.get(&(module.to_owned(), path.to_owned()));
        link.cloned().unwrap_or_else(|| Err(ImportError::NotFound(path.to_owned(), String::new())))
    }

    /// The text of a module that was found.
    pub(super) fn read(&self, name: &str) -> Result<String, ImportError> {
        self.texts.get(name).cloned().ok_or_else(|| ImportError::NotFound(name.to_owned(), String::new()))
    }
}

impl Bundle {
    /// Whether something is certain to fail, so that it is not even begun.
    pub fn is_refused(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// What it may call: what its header declares, else what its text shows.
    pub fn calls(&self, header: &Header) -> Vec<&'static Endpoint> {
        let shown = || self.called.functions.iter().copied().collect();
        let functions = header.needs.clone().unwrap_or_else(shown);
        functions.into_iter().filter_map(api::by_function).collect()
    }

    /// Whether it may call actions that nobody can tell before the run.
    pub fn calls_anything(&self, header: &Header) -> bool {
        header.needs.is_none() && self.called.anything
    }

    /// What its code shows, for its help page; nothing where a part of it cannot be read.
    pub fn shown(&self) -> Option<Shown> {
        let calls = self.called.functions.iter().filter_map(|function| api::by_function(function));
        (self.hidden == 0).then(|| Shown {
            reads_words: self.reads_words,
            calls: calls.collect(),
            calls_anything: self.called.anything,
        })
    }

    /// What a run of it imports.
    pub(super) fn sealed(&self) -> Sealed {
        let texts = self.files.iter().skip(1).map(|file| (file.path.clone(), file.text.clone()));
        let recipe = self.files.first().map(|file| file.path.clone());
        Sealed { texts: texts.collect(), links: self.links.clone(), own: self.own.clone(), recipe }
    }
}

/// One file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Of an import: from the recipe's folder, as in `./lib/names.rhai`. Of the recipe: the name it was given by.
    pub path: String,
    /// The text as the engine sees it.
    pub text: String,
}

/// Looks a recipe through. `folder` is where its imports are confined to; without one it can import nothing. What is
/// `allowed` by name may be called as if the header declared it.
///
/// Every path stands in the text, because computed ones are refused before and during a run: a run reads no other file.
pub fn collect(
    source: &Arc<Source>,
    folder: Option<&Path>,
    header: &Header,
    allowed: &[&'static str],
) -> Bundle {
    let needs = header.needs.as_ref().map(|needs| [needs, allowed].concat());
    let params: Vec<&str> = header.params.iter().map(|param| param.name.as_str()).collect();
    let folder = Folder::new(folder);
    let own_name = folder.own_name(&source.name);
    let collected = on_big_stack(|| {
        let mut collector = Collector {
            recipe: &source.name,
            engine: engine::bare(),
            functions: session::host_functions(testing::is_test(&source.name)),
            needs: needs.as_deref(),
            params: &params,
            folder,
            imports: BTreeMap::new(),
            called: Called::default(),
            problems: Vec::new(),
            hidden: 0,
            reads_words: false,
            links: Links::new(),
            at_once: Vec::new(),
            exports: BTreeMap::new(),
            calls: Vec::new(),
            order: Vec::new(),
        };
        collector.look_through(source, None);
        collector.look_at_calls();
        collector.problems.extend(cycles::find(own_name.as_deref(), &collector.at_once));
        // What hides something may well call it.
        if collector.hidden == 0 && !collector.called.anything {
            let called = &collector.called.functions;
            let unused = header.needs_places.iter().filter(|need| !called.contains(need.text.as_str()));
            let unused = unused.map(|need| session::of_finding(check::unused(need), source));
            collector.problems.extend(unused);
        }
        collector.sort();
        let Collector { imports, links, called, problems, hidden, reads_words, .. } = collector;
        let hash = hash(&source.text, &imports, &links);
        let own = File { path: source.name.clone(), text: source.text.clone() };
        let imports = imports.into_iter().map(|(path, text)| File { path, text });
        let files = std::iter::once(own).chain(imports).collect();
        Bundle { files, hash, called, problems, hidden, reads_words, links, own: own_name }
    });
    // Only an engine that panics leaves nothing.
    collected.unwrap_or_else(|| Bundle {
        files: vec![File { path: source.name.clone(), text: source.text.clone() }],
        hash: hash(&source.text, &BTreeMap::new(), &Links::new()),
        called: Called::default(),
        problems: vec![Report::error(format!("{} cannot be looked through", source.name))],
        hidden: 1,
        reads_words: false,
        links: Links::new(),
        own: None,
    })
}

struct Collector<'a> {
    /// The name the recipe was given by.
    recipe: &'a str,
    engine: Engine,
    functions: Vec<HostFn>,
    needs: Option<&'a [&'static str]>,
    params: &'a [&'a str],
    folder: Folder,
    imports: BTreeMap<String, String>,
    called: Called,
    problems: Vec<Report>,
    hidden: usize,
    reads_words: bool,
    links: Links,
    at_once: Vec<Import>,
    /// What each file gives to those who import it; the recipe itself has no name.
    exports: BTreeMap<String, Exports>,
    /// The calls into imported files, with the file they stand in.
    calls: Vec<(Arc<Source>, String, ModuleCall)>,
    /// The files in the order they were looked through.
    order: Vec<String>,
}

impl Collector<'_> {
    /// `name` is that of an import; the recipe itself has none.
    fn look_through(&mut self, source: &Arc<Source>, name: Option<&str>) {
        self.order.push(source.name.clone());
        let ast = match self.engine.compile(&source.text) {
            Ok(ast) => ast,
            Err(error) => {
                let found = session::unparsed(&self.engine, &error, &self.functions, self.needs, source);
                self.problems.extend(found);
                self.hidden += 1;
                return;
            }
        };
        let Called { functions, anything } = check::called(&ast);
        self.called.functions.extend(functions);
        self.called.anything |= anything;
        self.hidden += check::computed_imports(&ast).len();
        self.reads_words |= check::reads_words(&ast);
        let module = name.unwrap_or_default().to_owned();
        self.exports.insert(module.clone(), check::exports(&ast));
        let calls = check::module_calls(&ast).into_iter();
        self.calls.extend(calls.map(|call| (Arc::clone(source), module.clone(), call)));
        let secrets = Secrets::default();
        check::secret_literals(&ast).iter().for_each(|secret| secrets.add(secret));
        let mut problems =
            session::findings(&self.engine, &ast, &ast, &self.functions, self.needs, source, &secrets);
        let undeclared = check::undeclared_params(&ast, self.params).into_iter();
        problems.extend(undeclared.map(|finding| session::of_finding(finding, source)));
        let mut found = Vec::new();
        for (path, position) in check::imported(&ast) {
            let link = (name.unwrap_or_default().to_owned(), path.clone());
            if self.links.contains_key(&link) {
                continue;
            }
            match self.import(&link, &path, name) {
                Ok(import) => found.extend(import),
                Err(error) => {
                    let place = place_of(source, &path, position);
                    let problem = Report { place, ..Report::error(error.to_string()) };
                    problems.push(report::masked(problem, &secrets));
                    self.links.insert(link, Err(error));
                    self.hidden += 1;
                }
            }
        }
        for (path, position) in check::imported_at_once(&ast) {
            let link = self.links.get(&(name.unwrap_or_default().to_owned(), path.clone()));
            if let Some(Ok(to)) = link {
                let place = place_of(source, &path, position);
                self.at_once.push(Import { from: name.map(str::to_owned), path, to: to.clone(), place });
            }
        }
        self.problems.extend(problems);
        for (name, text) in found {
            let shown = confined::shown(Some(self.recipe), &name);
            self.look_through(&Arc::new(Source { name: shown, text }), Some(&name));
        }
    }

    /// Holds the calls into imported files against what these have. What does not parse has nothing to be held against.
    fn look_at_calls(&mut self) {
        let wrong = self.calls.iter().filter_map(|(source, module, call)| {
            let to = self.links.get(&(module.clone(), call.path.clone()))?.as_ref().ok()?;
            let finding = check::wrong_module_call(call, self.exports.get(to)?)?;
            Some(session::of_finding(finding, source))
        });
        self.problems.extend(wrong.take(check::MOST_FINDINGS));
    }

    /// In the order of the files, and in each by line. What has no place in a file is about all of it.
    fn sort(&mut self) {
        let file = |place: &Place| self.order.iter().position(|name| *name == place.source.name);
        let key = |problem: &Report| {
            let place = problem.place.as_ref();
            (place.is_none(), place.map(|place| (file(place), place.line, place.column)))
        };
        self.problems.sort_by_cached_key(key);
    }

    /// Follows one import; the name and the text of a file that is new.
    fn import(
        &mut self,
        link: &(String, String),
        path: &str,
        importer: Option<&str>,
    ) -> Result<Option<(String, String)>, ImportError> {
        let file = self.folder.find(path, importer)?;
        let name = self.folder.name(&file);
        let is_new = !self.imports.contains_key(&name);
        if is_new && self.imports.len() >= engine::MOST_MODULES {
            return Err(ImportError::TooMany(path.to_owned(), engine::MOST_MODULES));
        }
        let text = is_new.then(|| confined::read(&file, path)).transpose()?;
        self.links.insert(link.clone(), Ok(name.clone()));
        Ok(text.map(|text| {
            self.imports.insert(name.clone(), text.clone());
            (name, text)
        }))
    }
}

/// The path of an import, with its quotes.
fn place_of(source: &Arc<Source>, path: &str, position: Position) -> Option<Place> {
    let length = path.chars().count() + 2;
    report::place(source, position).map(|place| Place { length, ..place })
}

/// Every part goes in with its length, so that no two bundles are the same row of bytes.
fn hash(recipe: &str, imports: &BTreeMap<String, String>, links: &Links) -> String {
    let mut hasher = Sha256::new();
    let links = links.iter().filter_map(|((module, path), name)| Some([module, path, name.as_ref().ok()?]));
    let links = links.flatten().map(String::as_str);
    let parts = imports.iter().flat_map(|(path, text)| [path.as_str(), text.as_str()]).chain(links);
    for part in std::iter::once(recipe).chain(parts) {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().iter().fold(String::with_capacity(64), |mut hash, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hash, "{byte:02x}");
        hash
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, path: &str, text: &str) {
        let file = folder.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    fn bundle(folder: &Path, text: &str) -> Bundle {
        let source = Arc::new(Source { name: "recipe.rhai".to_owned(), text: text.to_owned() });
        collect(&source, Some(folder), &Header::default(), &[])
    }

    #[test]
    fn every_import_is_found_and_changes_the_hash() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "lib/a.rhai", "import \"../b\" as b;\nfn first() { open_profile(1) }");
        write(folder.path(), "b.rhai", "fn late() { import \"lib/a\" as a; a::first() }");
        let text = "if false { import \"lib/a\" as a; }\ncopy_profile(1);";
        let first = bundle(folder.path(), text);
        let paths: Vec<&str> = first.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["recipe.rhai", "./b.rhai", "./lib/a.rhai"]);
        assert_eq!(first.problems, []);
        assert_eq!(
            first.called.functions.iter().copied().collect::<Vec<_>>(),
            ["copy_profile", "open_profile"]
        );
        assert_eq!(first.hash, bundle(folder.path(), text).hash);
        assert_ne!(first.hash, bundle(folder.path(), &format!("{text} ")).hash);
        write(folder.path(), "b.rhai", "fn late() { 1 }");
        assert_ne!(first.hash, bundle(folder.path(), text).hash);
    }

    #[cfg(unix)]
    #[test]
    fn where_a_link_leads_is_in_the_hash() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "good.rhai", "fn f() { 1 }");
        write(folder.path(), "bad.rhai", "fn f() { 2 }");
        let text = "import \"good\" as g; import \"bad\" as b; import \"link\" as l;";
        let link = |to: &str| {
            let path = folder.path().join("link.rhai");
            // The first time there is none.
            let _ = std::fs::remove_file(&path);
            std::os::unix::fs::symlink(to, path).unwrap();
            bundle(folder.path(), text).hash
        };
        assert_ne!(link("good.rhai"), link("bad.rhai"));
    }

    #[test]
    fn the_hash_is_of_the_text_alone() {
        // Seven bytes, no imports: the length as eight bytes, then the text.
        let bytes = [&7_u64.to_be_bytes()[..], b"let a=1"].concat();
        let expected: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let source = |name: &str| Arc::new(Source { name: name.into(), text: "let a=1".into() });
        assert_eq!(collect(&source("a"), None, &Header::default(), &[]).hash, expected);
        assert_eq!(collect(&source("b"), None, &Header::default(), &[]).hash, expected);
    }

    #[test]
    fn what_leads_nowhere_or_does_not_parse_is_a_problem() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "broken.rhai", "let = 1;");
        let text = "import \"broken\" as a;\nimport \"missing\" as b;\nimport \"../c\" as c;\nlet d = \"d\";\nimport d as d;";
        let found = bundle(folder.path(), text);
        let problems: Vec<String> = found
            .problems
            .iter()
            .map(|problem| {
                let place = problem.place.as_ref().unwrap();
                format!("{}:{} {}", place.source.name, place.line, problem.message)
            })
            .collect();
        assert_eq!(
            problems,
            [
                "recipe.rhai:2 there is no file `missing.rhai` to import",
                "recipe.rhai:3 `../c` leads out of the recipe's folder, which imports may not",
                "recipe.rhai:5 imports need a literal path, so that they can be checked",
                "broken.rhai:1 the name of a variable is missing",
            ]
        );
        assert_eq!((found.files.len(), found.hidden), (2, 4));
        let broken = bundle(folder.path(), "let = 1;");
        assert_eq!((broken.problems.len(), broken.files.len(), broken.hash.len()), (1, 1, 64));
    }
}
