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
    let _ = on_signals(handler);
    cli::run(std::env::args_os().skip(1), Env::of_process(cancel, give_up)).into()
}

/// Calls `handler` at Ctrl-C, SIGTERM and SIGHUP. Ctrl-\ ends the process as always, with the terminal in order. A signal that was ignored when the program started stays so: that is what
/// `nohup` does, and a shell for what it runs in the background.
#[cfg(unix)]
fn on_signals(handler: impl Fn() + Send + 'static) -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    let heeded = [(SIGHUP, "HUP"), (SIGINT, "INT"), (SIGQUIT, "QUIT"), (SIGTERM, "TERM")].into_iter();
    let heeded = heeded.filter(|(signal, name)| !is_ignored(*signal, name)).map(|(signal, _)| signal);
    let mut signals = signal_hook::iterator::Signals::new(heeded)?;
    let thread = std::thread::Builder::new().name("signals".into());
    let heed = move |signal| {
        if signal != SIGQUIT {
            return handler();
        }
        ixscript::repl::restore_terminal();
        // Should that fail, Ctrl-C is left.
        let _ = signal_hook::low_level::emulate_default_handler(signal);
    };
    thread.spawn(move || signals.forever().for_each(heed)).map(drop)
}

#[cfg(not(unix))]
fn on_signals(handler: impl Fn() + Send + 'static) -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(handler)
}

/// Whether the program was started with a signal ignored. Linux has it in a file; elsewhere a shell, which has inherited
/// it, tells by whether it lives on.
#[cfg(unix)]
fn is_ignored(signal: i32, name: &str) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    match mask.map(|mask| u64::from_str_radix(mask.trim(), 16)) {
        Some(Ok(mask)) => mask >> (signal - 1) & 1 == 1,
        _ => lives_on(name),
    }
}

#[cfg(unix)]
fn lives_on(name: &str) -> bool {
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", &format!("kill -s {name} $$")]);
    let [stdin, stdout, stderr] = [(); 3].map(|()| std::process::Stdio::null());
    shell.stdin(stdin).stdout(stdout).stderr(stderr).status().is_ok_and(|status| status.success())
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

#[cfg(all(test, unix))]
mod tests {
    use super::{is_ignored, lives_on};

    #[test]
    fn a_shell_tells_the_same_as_the_system() {
        for (signal, name) in [(1, "HUP"), (2, "INT"), (3, "QUIT"), (15, "TERM")] {
            assert_eq!(lives_on(name), is_ignored(signal, name), "{name}");
        }
    }
}
