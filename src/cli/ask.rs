//! Questions to the person at the terminal.
//!
//! Not here: what is asked, and what follows from the answer.

use crate::base::cancel::Cancel;
use crate::base::report::Report;
use crate::base::text;
use crate::ui::Printer;
use std::io::Read;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};

/// Standard input, until somebody has read it to its end.
pub(super) type Stdin = Arc<Mutex<Option<Box<dyn Read + Send>>>>;

/// Can ask, or knows why there is nothing to ask.
#[derive(Clone)]
pub(super) struct Asker {
    pub(super) printer: Arc<Printer>,
    pub(super) cancel: Cancel,
    pub(super) stdin: Stdin,
    /// Whether a person can read the question and answer it.
    pub(super) is_terminal: bool,
    /// Whether every answer is yes: by `--yes`, or because nothing real can happen.
    pub(super) is_yes: bool,
}

impl Asker {
    /// Whether a question has an answer here.
    pub(super) fn can_ask(&self) -> bool {
        self.is_yes || self.is_terminal
    }

    /// Asks on standard error, as in "go on?", and waits for yes or no; an empty line is a no.
    ///
    /// # Errors
    /// That nobody can answer here, or that the run was interrupted meanwhile.
    pub(super) fn ask(&self, question: &str) -> Result<bool, Report> {
        if self.is_yes {
            return Ok(true);
        }
        if !self.is_terminal {
            return Err(unanswerable(question));
        }
        loop {
            self.printer.prompt(&format!("{question} [y/N] "));
            let line = self.line().inspect_err(|_| self.printer.err(""));
            self.printer.end_prompt();
            let line = line?;
            match line.trim().to_lowercase().as_str() {
                "y" | "yes" => return Ok(true),
                "" | "n" | "no" => return Ok(false),
                _ => self.printer.err("please answer y or n"),
            }
        }
    }

    /// A line of standard input; an empty one at its end.
    fn line(&self) -> Result<String, Report> {
        let taken = self.stdin.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut stdin) = taken else {
            return Err(Report::error("standard input can be read only once"));
        };
        let back = Arc::clone(&self.stdin);
        let receiver = self.in_background(move || {
            let mut line = Vec::new();
            let mut byte = [0];
            let read = loop {
                match stdin.read(&mut byte) {
                    Ok(0) => break Ok(line),
                    Ok(_) if byte[0] == b'\n' => break Ok(line),
                    Ok(_) => line.push(byte[0]),
                    Err(error) => break Err(error),
                }
            };
            *back.lock().unwrap_or_else(PoisonError::into_inner) = Some(stdin);
            read
        })?;
        wait(&receiver).map(|line| String::from_utf8_lossy(&line).into_owned())
    }

    /// Reads on a thread of its own, which is left behind when interrupted: a blocked read of a terminal cannot be ended.
    pub(super) fn in_background<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> std::io::Result<T> + Send + 'static,
    ) -> Result<Receiver<Option<std::io::Result<T>>>, Report> {
        self.cancel.begin();
        let (sender, receiver) = mpsc::channel();
        let interrupted = Mutex::new(sender.clone());
        self.cancel.on_cancel(move |_| {
            // Nobody listens any more when the reading has ended.
            let _ = interrupted.lock().unwrap_or_else(PoisonError::into_inner).send(None);
        });
        let work = move || {
            let _ = sender.send(Some(read()));
        };
        std::thread::Builder::new().name("stdin".into()).spawn(work).map_err(|error| unreadable(&error))?;
        Ok(receiver)
    }
}

/// What was read, or that it was interrupted.
pub(super) fn wait<T>(receiver: &Receiver<Option<std::io::Result<T>>>) -> Result<T, Report> {
    match receiver.recv() {
        Ok(Some(Ok(read))) => Ok(read),
        Ok(Some(Err(error))) => Err(unreadable(&error)),
        Ok(None) | Err(_) => Err(Report::error("interrupted while reading standard input")),
    }
}

fn unreadable(error: &std::io::Error) -> Report {
    Report::error(format!("standard input cannot be read: {}", text::reason(error)))
}

/// Off a terminal a question is an error.
pub(super) fn unanswerable(question: &str) -> Report {
    Report::error(format!("nobody is here to answer: {question}"))
        .help("Give the answer with --yes, or run this on a terminal.")
}
