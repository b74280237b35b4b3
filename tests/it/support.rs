//! Runs the program in process, with surroundings of its own.

use ixscript::base::cancel::Cancel;
use ixscript::base::clock::Clock;
use ixscript::cli::{self, Env, Terminals};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What a run of the program left behind.
pub(crate) struct Output {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) status: u8,
}

impl fmt::Display for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            let text = steady(text);
            if !text.is_empty() {
                let end = if text.ends_with('\n') { "" } else { "(no line feed)\n" };
                write!(formatter, "-- {name}\n{text}{end}")?;
            }
        }
        writeln!(formatter, "-- status {}", self.status)
    }
}

/// Waits are partly chance, and so is how long a run takes; both are left out.
fn steady(text: &str) -> String {
    let mut parts = text.split("trying again in ");
    let mut steady = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.find('\n').map_or("", |end| &part[end..]);
        steady.push_str("trying again in ...");
        steady.push_str(rest);
    }
    let summary = r"(?m)(\d+ writes?) in [0-9.]+ (?:ms|s|min)(?: \d+ s)?$";
    regex_lite::Regex::new(summary).unwrap().replace_all(&steady, "$1 in ...").into_owned()
}

/// `text` with `FOLDER` in place of a folder, which is shown with `/` on every system.
pub(crate) fn without_folder(text: &str, folder: &Path) -> String {
    text.replace(&ixscript::base::text::path(folder), "FOLDER")
}

#[derive(Clone, Default)]
pub(crate) struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The project's own folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder for what is kept between runs that no other test has. It is made by whoever needs it.
pub(crate) fn state_folder() -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("state-{}-{number}", std::process::id()))
}

/// A run of the program that is being put together.
pub(crate) struct Run {
    words: Vec<OsString>,
    vars: BTreeMap<String, String>,
    folder: PathBuf,
    stdin: Vec<u8>,
    terminals: Terminals,
}

/// The program with these arguments, in the project's folder, without any configuration of the machine.
pub(crate) fn ixscript<T: Into<OsString>>(words: impl IntoIterator<Item = T>) -> Run {
    Run {
        words: words.into_iter().map(Into::into).collect(),
        vars: BTreeMap::from([
            ("IXSCRIPT_CONFIG".to_owned(), "tests/it/empty.toml".to_owned()),
            ("IXSCRIPT_STATE".to_owned(), state_folder().display().to_string()),
        ]),
        folder: root().to_path_buf(),
        stdin: Vec::new(),
        terminals: Terminals::default(),
    }
}

impl Run {
    /// On a terminal, at which somebody types this.
    pub(crate) fn typed(mut self, text: &str) -> Self {
        self.terminals = Terminals { stdin: true, stdout: false, stderr: true };
        self.stdin(text)
    }

    pub(crate) fn var(mut self, name: &str, value: &str) -> Self {
        self.vars.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn folder(mut self, folder: &Path) -> Self {
        let config = root().join("tests/it/empty.toml").display().to_string();
        self.vars.insert("IXSCRIPT_CONFIG".to_owned(), config);
        self.folder = folder.to_path_buf();
        self
    }

    pub(crate) fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdin = bytes.as_ref().to_vec();
        self
    }

    pub(crate) fn output(self) -> Output {
        let (stdout, stderr) = (Buffer::default(), Buffer::default());
        let env = Env {
            vars: self.vars,
            folder: self.folder,
            stdin: Box::new(Cursor::new(self.stdin)),
            stdout: Box::new(stdout.clone()),
            stderr: Box::new(stderr.clone()),
            terminals: self.terminals,
            width: 100,
            cancel: Cancel::default(),
            clock: Clock::Fixed(1_700_000_000_000),
            give_up: |last_word, exit| panic!("gave up with {exit}: {last_word}"),
        };
        let status = cli::run(self.words, env);
        Output { stdout: stdout.text(), stderr: stderr.text(), status }
    }
}

/// The simulator as a server of its own, for tests that look at what was sent.
pub(crate) fn simulator(config: ixscript::sim::Config) -> ixscript::sim::Simulator {
    ixscript::sim::Simulator::start(config).unwrap()
}
