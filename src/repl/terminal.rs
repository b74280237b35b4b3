//! The terminal between two lines of the REPL: what is typed while a line runs stays in it, whole and in order.
//!
//! Not here: reading and editing lines (`prompt`).

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, fcntl_getfl, fcntl_setfl, open};
use rustix::stdio::{dup2_stdin, stdin};
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr, ttyname,
};
use std::ffi::CStr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How the terminal was before the session, while there is one.
static BEFORE: Mutex<Option<Before>> = Mutex::new(None);

struct Before {
    modes: Termios,
    /// Whether standard input has a file description that no other program has.
    is_own: bool,
}

fn before() -> MutexGuard<'static, Option<Before>> {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Remembers how the terminal is.
pub(super) fn begin() {
    let open = |path: &CStr| open(path, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty());
    let opened = ttyname(stdin(), Vec::new()).and_then(|name| open(&name)).or_else(|_| open(c"/dev/tty"));
    let is_own = opened.and_then(dup2_stdin).is_ok();
    *before() = tcgetattr(stdin()).ok().map(|modes| Before { modes, is_own });
}

/// While lines run: input is neither shown nor put together to lines, for which the system has room for 4,095 bytes and
/// drops the rest. Ctrl-C still is a signal.
pub(super) fn hold() {
    let Some(mut modes) = before().as_ref().map(|before| before.modes.clone()) else { return };
    modes.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::IEXTEN);
    modes.input_modes.remove(InputModes::ICRNL);
    modes.special_codes[SpecialCodeIndex::VMIN] = 1;
    modes.special_codes[SpecialCodeIndex::VTIME] = 0;
    set(&modes);
}

/// The terminal is as it was before the session.
pub(super) fn release() {
    if let Some(before) = &*before() {
        set(&before.modes);
    }
}

/// Where this fails the terminal is gone, or stays as it is.
fn set(modes: &Termios) {
    let _ = tcsetattr(stdin(), OptionalActions::Drain, modes);
}

/// Whether reading takes only what was typed by now, instead of waiting for more. Returns whether that could be set.
pub(super) fn set_draining(is_draining: bool) -> bool {
    if !before().as_ref().is_some_and(|before| before.is_own) {
        return false;
    }
    let set = fcntl_getfl(stdin()).and_then(|mut flags| {
        flags.set(OFlags::NONBLOCK, is_draining);
        fcntl_setfl(stdin(), flags)
    });
    set.is_ok()
}

/// Whether more input comes right now: a paste arrives in several pieces.
pub(super) fn is_arriving() -> bool {
    const QUIET: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
    poll(&mut [PollFd::new(&stdin(), PollFlags::IN)], Some(&QUIET)).is_ok_and(|ready| ready > 0)
}
