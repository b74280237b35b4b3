//! The doorbell: signals, arguments, exit code.
//!
//! Not here: anything else.

use ixscript::base::cancel::Cancel;
use ixscript::cli::{self, Env};
use std::process::ExitCode;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|location| format!(" ({}:{})", location.file(), location.line()));
        tell(&format!("internal error{}\n", place.unwrap_or_default()));
    }));
    let cancel = Cancel::default();
    let on_signal = cancel.clone();
    let handler = move || {
        if !on_signal.press() {
            ixscript::repl::restore_terminal();
            #[allow(clippy::exit)]
            std::process::exit(130);
        }
    };
    // Without a handler Ctrl-C still ends the process, only less politely.
    let _ = ctrlc::set_handler(handler);
    cli::run(std::env::args_os().skip(1), Env::of_process(cancel, give_up)).into()
}

/// A script that cannot be ended may hold whatever the program would write with.
fn give_up(last_word: &str, exit: u8) {
    ixscript::repl::restore_terminal();
    tell(last_word);
    #[allow(clippy::exit)]
    std::process::exit(exit.into());
}

fn tell(words: &str) {
    // Where even this cannot be written there is nobody left to tell.
    let _ = std::io::Write::write_all(&mut std::io::stderr(), words.as_bytes());
}
