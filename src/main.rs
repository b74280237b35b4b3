//! The doorbell: signals, arguments, exit code.
//!
//! Not here: anything else.

use ixscript::base::cancel::Cancel;
use ixscript::cli::{self, Env};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|location| format!(" ({}:{})", location.file(), location.line()));
        // Where even this cannot be written there is nobody left to tell.
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            format!("internal error{}\n", place.unwrap_or_default()).as_bytes(),
        );
    }));
    let cancel = Cancel::default();
    let pressed = AtomicUsize::new(0);
    let on_signal = cancel.clone();
    let handler = move || {
        // Whoever asks twice does not want to wait for anything; a session is not lost for a second press.
        let most = if on_signal.outlives() { 4 } else { 1 };
        let before = if on_signal.is_cancelled() { pressed.load(Ordering::SeqCst) } else { 0 };
        pressed.store(before + 1, Ordering::SeqCst);
        if before >= most {
            #[allow(clippy::exit)]
            std::process::exit(130);
        }
        on_signal.cancel();
    };
    // Without a handler Ctrl-C still ends the process, only less politely.
    let _ = ctrlc::set_handler(handler);
    cli::run(std::env::args_os().skip(1), Env::of_process(cancel)).into()
}
