//! Whether a recipe may write: the user's own always may, and about a stranger's somebody is asked, once for the same bytes.
//!
//! Not here: what a recipe calls (`script::bundle`), and holding it to that, which is a stage of every call.

use super::app::App;
use super::ask;
use super::connection::Rights;
use super::recipes::Loaded;
use crate::api::{Effect, Endpoint};
use crate::base::report::{Report, Severity};
use crate::base::text;
use crate::calls::Grant;
use crate::script::bundle::{self, Bundle};
use crate::script::header::Header;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// What a recipe that was looked through may do. Nobody is asked where nothing real can happen, about the user's own
/// recipes, and about those that only read: these are held to it.
///
/// # Errors
/// That nobody said yes, or that nobody can.
pub(super) fn rights(app: &App, loaded: &Loaded, header: &Header, bundle: &Bundle) -> Result<Rights, Report> {
    let rights = Rights { needs: header.needs.clone(), grant: Grant::All };
    let is_harmless = app.is_trial() || app.config.sim.is_some() || app.config.is_dry;
    if is_harmless || loaded.is_own {
        return Ok(rights);
    }
    if !writes(app, header, bundle) {
        return Ok(Rights { grant: Grant::Reads, ..rights });
    }
    let rights = Rights { grant: shown(header, bundle), ..rights };
    let store = app.config.state.as_ref().map(|state| state.join(FILE));
    if store.as_deref().is_some_and(|store| is_trusted(store, &bundle.hash)) {
        return Ok(rights);
    }
    let name = text::one_line(&loaded.source.name).into_owned();
    let question = format!("may {name} write?");
    if !app.asker.can_ask() {
        let report = calls(header, bundle).into_iter().fold(ask::unanswerable(&question), Report::note);
        let own = app.config.recipes.as_ref().map(|own| text::one_line(&text::path(own)).into_owned());
        let own = own.map(|own| format!("nobody is asked about recipes in {own}"));
        return Err(own.into_iter().fold(report, Report::note));
    }
    if !app.config.yes {
        app.printer.err(&format!("{name} is no recipe of yours, and it writes. As {}:", said_by(header)));
        calls(header, bundle).iter().for_each(|line| app.printer.err(&format!("  {line}")));
        app.printer.err(&format!("SHA-256 {}", bundle.hash));
    }
    if !app.asker.ask(&format!("{question} This is asked once for the same files."))? {
        return Err(Report::error(format!("{name} was not run: nobody said that it may write"))
            .help("`-n` before the command shows what it would write, and sends nothing."));
    }
    if let Some(Err(problem)) = store.map(|store| remember(&store, &bundle.hash, &name)) {
        let problem = format!("it will be asked again: the answer cannot be kept: {problem}");
        app.report(&Report { severity: Severity::Warning, ..Report::error(problem) });
    }
    Ok(rights)
}

/// What is granted by a yes: the functions that the question shows, and everything only where it shows that too.
fn shown(header: &Header, bundle: &Bundle) -> Grant {
    match bundle.calls_anything(header) {
        true => Grant::All,
        false => Grant::Shown(bundle.calls(header).into_iter().map(|endpoint| endpoint.function).collect()),
    }
}

/// Whether it may write, after what `--deny` takes away. What calls anything may.
fn writes(app: &App, header: &Header, bundle: &Bundle) -> bool {
    let permits = &app.config.permits;
    let may = |endpoint: &Endpoint| endpoint.effect != Effect::Read && !permits.denies(endpoint);
    bundle.calls(header).into_iter().any(may) || bundle.calls_anything(header)
}

fn said_by(header: &Header) -> &'static str {
    if header.needs.is_some() { "its header declares, it may call" } else { "its text shows, it calls" }
}

/// What it may call, a line for each effect; and what else it consists of.
fn calls(header: &Header, bundle: &Bundle) -> Vec<String> {
    let mut lines = Vec::new();
    for effect in [Effect::Destructive, Effect::Write, Effect::Read] {
        let calls = bundle.calls(header).into_iter().filter(|endpoint| endpoint.effect == effect);
        let names: Vec<&str> = calls.map(|endpoint| endpoint.function).collect();
        if !names.is_empty() {
            lines.push(format!("{}: {}", effect.word(), names.join(", ")));
        }
    }
    if bundle.calls_anything(header) {
        lines.push(bundle::ANYTHING.to_owned());
    }
    let imports: Vec<&str> = bundle.files.iter().skip(1).map(|file| file.path.as_str()).collect();
    if !imports.is_empty() {
        lines.push(format!("imports: {}", text::one_line(&imports.join(", "))));
    }
    lines
}

/// The recipes that may write: on each line the hash of one, and for people its name. Taking a line out makes it be asked
/// again.
const FILE: &str = "trusted";

fn is_trusted(store: &Path, hash: &str) -> bool {
    // Without the file, or where it cannot be read, somebody is asked.
    let known = std::fs::read_to_string(store).unwrap_or_default();
    known.lines().any(|line| line.split(' ').next() == Some(hash))
}

fn remember(store: &PathBuf, hash: &str, name: &str) -> Result<(), String> {
    let written = store.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        // One write, so that the lines of two processes do not mix.
        options.open(store)?.write_all(format!("{hash} {name}\n").as_bytes())
    });
    written.map_err(|error| match error.kind() {
        ErrorKind::NotFound => "there is no place for it".to_owned(),
        _ => format!("{}: {}", text::path(store), text::reason(&error)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_hash_is_trusted() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("state").join(FILE);
        assert!(!is_trusted(&store, "ab12"));
        remember(&store, "ab12", "a b.rhai").unwrap();
        remember(&store, "cd34", "c.rhai").unwrap();
        assert!(is_trusted(&store, "ab12") && is_trusted(&store, "cd34"));
        for other in ["ab1", "ab123", "b12", "a", "c.rhai", "b.rhai", ""] {
            assert!(!is_trusted(&store, other), "{other}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(store.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
