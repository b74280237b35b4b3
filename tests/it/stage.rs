//! A folder with a recipe, and a simulator in which the recipe works: for tests of runs that are stopped and resumed.

use crate::support::{simulator, state_folder};
use ixscript::sim::{Config, Options, Simulator};
use serde_json::Value;
use std::path::PathBuf;

pub(crate) struct Stage {
    pub(crate) simulator: Simulator,
    /// Also that of the journal and of the user's own recipes.
    pub(crate) folder: PathBuf,
    pub(crate) profiles_before: Vec<i64>,
}

impl Stage {
    pub(crate) fn new(faults: &[&str], recipe: &str) -> Self {
        Self::with(faults, Options::default(), recipe)
    }

    pub(crate) fn with(faults: &[&str], options: Options, recipe: &str) -> Self {
        let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
        let simulator = simulator(Config { faults, options, record: true, ..Config::default() });
        let profiles_before = simulator.world(|world| world.profile_ids());
        let folder = state_folder();
        std::fs::create_dir_all(&folder).unwrap();
        let stage = Self { simulator, folder, profiles_before };
        stage.write("recipe.rhai", recipe);
        stage
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.join(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.join(name)).unwrap()
    }

    /// What somebody else does in the app.
    #[track_caller]
    pub(crate) fn others(&self, action: &str, body: Value) {
        let Value::Object(body) = body else { panic!("{body}") };
        let answer = self.simulator.world(|world| world.handle(action, &body, 1_700_000_000));
        assert_eq!(answer.envelope.code, 0, "{action}");
    }

    pub(crate) fn row(&self, id: i64) -> Value {
        self.simulator.world(|world| world.profile_row(id)).unwrap_or_default()
    }

    pub(crate) fn text(&self, id: i64, field: &str) -> String {
        self.row(id)[field].as_str().unwrap_or_default().to_owned()
    }

    /// The profiles made since the beginning, in the order of their ids.
    pub(crate) fn made_ids(&self) -> Vec<i64> {
        let ids = self.simulator.world(|world| world.profile_ids());
        let mut new: Vec<i64> = ids.into_iter().filter(|id| !self.profiles_before.contains(id)).collect();
        new.sort_unstable();
        new
    }

    /// One field of those.
    pub(crate) fn made(&self, field: &str) -> Vec<String> {
        self.made_ids().into_iter().map(|id| self.text(id, field)).collect()
    }
}
