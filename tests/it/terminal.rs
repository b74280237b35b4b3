//! The REPL as a person meets it: in a pseudo-terminal.

use crate::support::{root, state_folder};
use expectrl::process::unix::{PtyStream, UnixProcess};
use expectrl::{Eof, Expect, Session};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Far more than any of this takes.
const PATIENCE: Duration = Duration::from_secs(120);

struct Terminal(Session<UnixProcess, PtyStream>);

fn program(words: &[&str], folder: &Path, state: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ixscript"));
    command.args(words).current_dir(folder).env("IXSCRIPT_CONFIG", root().join("tests/it/empty.toml"));
    command.env("IXSCRIPT_STATE", state).env("COLUMNS", "100");
    command.env_remove("IXSCRIPT_URL").env_remove("NO_COLOR").env_remove("VISUAL").env_remove("EDITOR");
    command
}

impl Terminal {
    /// The program in a terminal that knows no cursor, so that what it shows is plain text.
    fn plain(words: &[&str], folder: &Path) -> Self {
        let mut command = program(words, folder, &state_folder());
        command.env("TERM", "dumb");
        Self::of(command)
    }

    /// The program in a terminal with a cursor.
    fn with_cursor(words: &[&str], state: &Path) -> Self {
        let mut command = program(words, root(), state);
        command.env("TERM", "xterm");
        Self::of(command)
    }

    fn of(command: Command) -> Self {
        let mut session = Session::spawn(command).unwrap();
        session.set_expect_timeout(Some(PATIENCE));
        Self(session)
    }

    /// Waits for a text, and returns what stood before it.
    fn expect(&mut self, text: &str) -> String {
        let found = self.0.expect(text).unwrap_or_else(|error| panic!("no {text:?}: {error}"));
        String::from_utf8_lossy(found.before()).replace('\r', "")
    }

    fn send(&mut self, keys: &str) {
        self.0.send(keys).unwrap();
    }

    /// Types a line at the prompt, and returns what it shows until the next prompt.
    fn line(&mut self, line: &str, prompt: &str) -> String {
        self.send(&format!("{line}\r"));
        self.expect(prompt).trim().to_owned()
    }

    fn end(mut self) {
        self.send(":quit\r");
        self.0.expect(Eof).unwrap();
    }
}

/// A simulator of its own, which the REPL takes for a real app.
struct App(Child, String);

impl App {
    fn start(options: &[&str]) -> Self {
        let words = [&["sim", "--port", "0"], options].concat();
        let mut command = program(&words, root(), &state_folder());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self(child, url.trim().to_owned())
    }

    fn base(&self) -> String {
        format!("{}/api/v2/", self.1)
    }

    fn prompt(&self) -> String {
        format!("ix {}> ", self.1.split(':').nth(2).unwrap().split('/').next().unwrap())
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn an_error_is_shown_in_the_line_it_is_in() {
    let mut terminal = Terminal::plain(&["--sim", "repl"], root());
    terminal.expect("sim> ");
    let mut line = |text: &str| terminal.line(text, "sim> ");
    assert_eq!(line("fn bad(x) { x.foo }"), "");
    assert_eq!(line("let f = |x| x.bar;"), "");
    let told = line("bad(5)");
    assert!(told.contains("--> <repl 1>:1:15"), "{told}");
    assert!(told.contains("in `bad`, called at <repl 3>:1:1"), "{told}");
    assert!(line("f.call(3)").contains("--> <repl 2>:1:15"));
    assert!(line("try { bad(1) } catch (e) { print(e.file) }").contains("<repl 1>"));
    assert_eq!(line("fn bad(x) { x.newer }"), "");
    assert!(line("bad(2)").contains("--> <repl 6>:1:15"));
    terminal.end();
}

#[test]
fn values_errors_and_commands_in_one_session() {
    let mut terminal = Terminal::plain(&["--sim", "repl"], root());
    assert!(terminal.expect("sim> ").contains("on the simulator; :help helps, Ctrl-D ends"));
    let mut line = |text: &str| terminal.line(text, "sim> ");
    assert_eq!(line("20 + 1"), "21");
    assert_eq!(line("_ * 2"), "42");
    assert_eq!(line("let x = _;"), "");
    assert_eq!(line("switch x { 42 => _ + 1, _ => 0 }"), "43");
    assert!(line("copy_profile(99999)").contains("Profile does not exist (code 2007)"));
    assert_eq!(line("_error.code"), "2007");
    assert_eq!(line(":type copy_profile(1640)"), "int");
    assert!(line(":type copy_profile").starts_with("copy_profile(profile_id) -> int\n"));
    assert!(line(":time x").starts_with("42\ntook "));
    assert!(line("(0..1000).map(|n| n)").contains("error"));
    let shown = line("let list = []; for n in 0..1000 { list.push(n); } list");
    assert!(shown.ends_with("19\n... 980 more items; `_` is the whole value"), "{shown}");
    let variables = line(":vars");
    assert!(variables.contains("x = 42\n") && variables.contains("… (1000 items)"), "{variables}");
    assert_eq!(line("\"1\""), "\"1\"");
    assert_eq!(line("[|x| x]"), "[Fn(closure)]");
    let shown = line("list_profiles()");
    assert!(shown.starts_with("profile_id  name ") && shown.contains("more columns; `_`"), "{shown}");
    assert_eq!(shown.lines().count(), 13, "{shown}");
    assert!(line(":functions zzz").starts_with("error: no function has `zzz`"));
    assert!(line(":hlp").starts_with("error: there is no command `:hlp`, did you mean `:help`?"));
    assert!(line(":sim maybe").starts_with("error: `:sim` cannot be `maybe`"));
    assert!(line(":dry of").starts_with("error: `:dry` cannot be `of`, did you mean `off`?"));
    assert!(line("quit").contains(":quit ends the REPL"));
    line("fn twice(n) { n * 2 }");
    assert!(line(":functions twice").starts_with("This session\n  twice(n)"));
    assert_eq!(line(":type twice"), "twice(n)");
    assert!(line(":help twice").starts_with("twice(n)\nIt was defined in this session."));
    assert!(line(":help print").contains("part of the language"));
    assert!(line(":help exit").contains("exit(code)"));
    assert!(line(":help :exit").contains(":quit"));
    assert!(line(":edit").starts_with("error: no editor is known"));
    assert!(line("create_transfer_code(1640, \"123456\").len()").contains("17"));
    let last = line(":last");
    assert!(last.contains("\"password\":\"***\"") && last.contains("HTTP 200 after"), "{last}");
    assert!(line(":history transfer").contains("create_transfer_code(1640, \"***\")"));
    terminal.send("\x04");
    terminal.0.expect(Eof).unwrap();
}

#[test]
fn a_dry_run_and_a_fresh_simulator_keep_the_variables() {
    let mut terminal = Terminal::plain(&["--sim", "repl"], root());
    terminal.expect("sim> ");
    assert_eq!(terminal.line("let id = copy_profile(1640); id", "sim> "), "1641");
    terminal.line(":dry on", "sim dry> ");
    assert_eq!(terminal.line("copy_profile(1640)", "sim dry> "), "-1");
    let plan = terminal.line(":dry off", "sim> ");
    assert!(
        plan.contains("1 write planned, none was sent\n  copy_profile {\"profile_id\":1640} -> -1"),
        "{plan}"
    );
    assert_eq!(terminal.line("copy_profile(1640)", "sim> "), "1642");
    assert!(
        terminal.line(":sim reset", "sim> ").starts_with("calls go to the simulator at http://127.0.0.1:")
    );
    assert_eq!(terminal.line("[id, copy_profile(1640)]", "sim> "), "1641\n1641");
    terminal.end();
}

#[test]
fn the_first_write_to_an_app_is_asked_about_once() {
    let app = App::start(&[]);
    let prompt = app.prompt();
    let mut terminal = Terminal::plain(&["--url", &app.1, "repl"], root());
    terminal.expect(&prompt);
    let question = format!("this session is connected to {}; send writes? [y/N] ", app.base());
    // Reads are not asked about.
    assert_eq!(terminal.line("list_groups().len()", &prompt), "3");
    terminal.line(
        "try { copy_profile(1640) } catch (error) { print(error.kind + \" \" + error.outcome); }",
        &question,
    );
    let refused = terminal.line("n", &prompt);
    assert_eq!(refused, "not_allowed not_sent");
    // Another line, another chance; one no holds for all workers of a line.
    terminal.line("parallel([1, 2, 3], |n| copy_profile(1640)).filter(|r| r.ok).len()", &question);
    assert!(terminal.line("no", &prompt).starts_with("0\n0 of 3 items done, 3 failed; 0 writes in "));
    terminal.line("copy_profile(1640)", &question);
    assert_eq!(terminal.line("y", &prompt), "1641");
    assert_eq!(terminal.line("copy_profile(1640)", &prompt), "1642");
    // The simulator never asks, and what the app was allowed still holds on the way back.
    assert!(terminal.line(":sim on", "sim> ").contains("calls go to the simulator"));
    assert_eq!(terminal.line("copy_profile(1640)", "sim> "), "1641");
    assert!(terminal.line(":sim off", &prompt).contains(&app.1));
    assert_eq!(terminal.line("copy_profile(1640)", &prompt), "1643");
    terminal.end();
}

#[test]
fn a_live_session_does_not_ask() {
    let app = App::start(&[]);
    let prompt = app.prompt();
    let mut terminal = Terminal::plain(&["--url", &app.1, "repl", "--live"], root());
    terminal.expect(&prompt);
    assert_eq!(terminal.line("copy_profile(1640)", &prompt), "1641");
    terminal.end();
    let mut terminal = Terminal::plain(&["--url", &app.1, "repl"], root());
    terminal.expect(&prompt);
    assert_eq!(terminal.line(":live", &prompt), "writes of this session are sent without a question");
    assert_eq!(terminal.line("copy_profile(1640)", &prompt), "1642");
    terminal.end();
}

#[test]
fn the_way_back_from_the_simulator_leads_to_the_app_that_was_left() {
    let (first, second) = (App::start(&[]), App::start(&[]));
    let mut terminal = Terminal::plain(&["--url", &first.1, "repl"], root());
    terminal.expect(&first.prompt());
    assert!(terminal.line(&format!(":url {}", second.1), &second.prompt()).contains(&second.base()));
    assert!(terminal.line(&format!(":url {}", first.1), &first.prompt()).contains(&first.base()));
    terminal.line(":sim on", "sim> ");
    assert!(terminal.line(":sim off", &first.prompt()).contains(&first.base()));
    assert!(terminal.line(":url http://example.invalid/", &first.prompt()).starts_with("error: "));
    terminal.end();
}

#[test]
fn an_interrupt_ends_the_call_and_not_the_session() {
    let mut terminal = Terminal::plain(&["-v", "--sim=fault=hang@copy_profile:nth=1", "repl"], root());
    terminal.expect("sim> ");
    terminal.line("let kept = 7;", "sim> ");
    terminal.send("copy_profile(1640)\r");
    terminal.expect("> copy_profile {\"profile_id\":1640}");
    terminal.send("\x03");
    // Pressed before the request has left, there is nothing to be finished.
    let either = "finishing 1 call in flight; press Ctrl-C again|interrupted during `copy_profile`";
    let found = terminal.0.expect(expectrl::Regex(either)).unwrap();
    if found.get(0).unwrap().starts_with(b"finishing") {
        // A terminal drops what is still to be shown when it is pressed, so that it is not pressed once more.
        terminal.send("\x03");
        terminal.expect("interrupted during `copy_profile`");
    }
    let shown = terminal.expect("sim> ");
    assert!(terminal.line("kept", "sim> ").ends_with('7'));
    terminal.send("\x04");
    // A write that was cut off is in doubt.
    if shown.contains("whether it was done is not known") {
        terminal.expect("a write is in doubt");
    }
    terminal.0.expect(Eof).unwrap();
}

#[test]
fn an_interrupt_of_bulk_work_finishes_what_was_sent_and_counts() {
    let mut terminal = Terminal::with_cursor(&["--sim=latency=100ms", "repl"], &state_folder());
    terminal.expect("sim> ");
    terminal.send("let ids = []; for n in 0..2000 { ids.push(1640); } copy_profiles(ids);\r");
    // The bar, which says how far it is.
    terminal.expect(" of 2000 items");
    terminal.send("\x03");
    terminal.expect("interrupted");
    let shown = terminal.expect("sim> ");
    assert!(shown.contains(" of 2000 items done") && shown.contains(" not started; "), "{shown}");
    terminal.send("7000 + 7\r");
    terminal.expect("7007");
    terminal.expect("sim> ");
    // Every write got its reply.
    terminal.send("\x04");
    let end = terminal.0.expect(Eof).unwrap();
    assert!(!String::from_utf8_lossy(end.before()).contains("doubt"));
}

#[test]
fn what_ran_is_saved_as_a_recipe_that_runs() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::plain(&["--sim", "repl"], folder.path());
    terminal.expect("sim> ");
    terminal.send("nonsense(\r");
    terminal.line(")", "sim> ");
    terminal.line("let kept = 1640; copy_profile(999);", "sim> ");
    for text in [
        "let id = copy_profile(kept)",
        "create_transfer_code(id, \"123456\")",
        "print(_.len())",
        ":time list_groups().len()",
    ] {
        terminal.line(text, "sim> ");
    }
    let saved = terminal.line(":save mine", "sim> ");
    let expected = "saved; ixscript run mine.rhai --password ... does the same again\n\
                    1 line could not be kept; the file says which and why";
    assert_eq!(saved, expected);
    assert!(terminal.line(":save mine", "sim> ").contains("it is there already"));
    terminal.end();
    let text = std::fs::read_to_string(folder.path().join("mine.rhai")).unwrap();
    assert!(!text.contains("123456") && text.contains("needs = [\"copy_profile\""), "{text}");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let run = |words: &[&str]| {
        let output = program(words, folder.path(), &state_folder()).output().unwrap();
        (text(output.stdout) + text(output.stderr).as_str(), output.status.code())
    };
    assert_eq!(run(&["check", "mine.rhai"]).1, Some(0));
    std::fs::write(folder.path().join("password.txt"), "123456").unwrap();
    assert_eq!(
        run(&["--sim", "run", "mine.rhai", "--password", "@password.txt"]),
        ("17\n".to_owned(), Some(0))
    );
}

#[test]
fn a_file_is_loaded_by_its_name_with_what_its_header_gives() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("lib")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "lib/mine.rhai",
        "//! [params.count]\n//! type = \"int\"\n//! default = 40\n\nimport \"beside\" as b;\nb::more(param(\"count\"))",
    );
    write("lib/beside.rhai", "fn more(n) { n + 2 }");
    write(
        "secret.rhai",
        "//! [params.password]\n//! secret = true\n//! default = \"hunter2xyz\"\nlet password = param(\"password\");\nprint(password);",
    );
    write("asks.rhai", "//! [params.id]\n//! type = \"int\"\n//! required = true\nparam(\"id\")");
    let mut command = program(&["--sim", "repl"], root(), &state_folder());
    command.env("TERM", "dumb").env("HOME", folder.path()).current_dir(folder.path());
    let mut terminal = Terminal::of(command);
    terminal.expect("sim> ");
    assert_eq!(terminal.line(":load lib/mine", "sim> "), "42");
    assert_eq!(terminal.line("b::more(1)", "sim> "), "3");
    let refused = terminal.line(":load ~/asks.rhai", "sim> ");
    assert!(refused.starts_with("error: ~/asks.rhai needs --id, which nobody gives it here"), "{refused}");
    assert!(terminal.line(":load none", "sim> ").contains("there is no such file"));
    let loaded = terminal.line(":load secret", "sim> ");
    let shown =
        ["password", "`(${password})`", "[password]", ":vars"].map(|typed| terminal.line(typed, "sim> "));
    assert!(!format!("{loaded} {shown:?}").contains("hunter2xyz"), "{loaded} {shown:?}");
    terminal.end();
}

#[test]
fn loaded_recipe_holds_the_session_to_what_it_declares() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("breaks.rhai", "//! needs = [\"list_groups\"]\nprint(copy_profile(1640));");
    write("hides.rhai", "//! needs = [\"list_groups\"]\nlet name = \"copy_profile\";\n[1640].map(name);");
    write(
        "reads.rhai",
        "//! needs = [\"list_groups\"]\nfn sly() { let name = \"copy_profile\"; [1640].map(name) }\nlist_groups().len() > 0",
    );
    write(
        "copies.rhai",
        "//! needs = [\"list_groups\", \"copy_profile\"]\ncopy_profile(1640); list_groups().len()",
    );
    write("nothing.rhai", "//! needs = []\n1");
    let mut terminal = Terminal::plain(&["--sim", "repl"], folder.path());
    terminal.expect("sim> ");
    let line = |terminal: &mut Terminal, typed: &str| terminal.line(typed, "sim> ");

    // What is typed has no header.
    let refused = line(&mut terminal, "//! needs = [\"list_groups\"]");
    assert!(refused.contains("has a header, which is not read here"), "{refused}");

    // What is refused before it runs leaves nothing behind.
    let refused = line(&mut terminal, ":load breaks");
    assert!(
        refused.contains("the recipe calls `copy_profile`, which its header does not declare"),
        "{refused}"
    );
    assert_eq!(line(&mut terminal, "copy_profile(1640)"), "1641");

    let loaded = line(&mut terminal, ":load reads");
    assert!(
        loaded.contains("this session may call only list_groups from now on, as reads declares"),
        "{loaded}"
    );
    for typed in ["sly()", ":load hides", "copy_profile(1640)", "Fn(\"copy_\" + \"profile\").call(1640)"] {
        let refused = line(&mut terminal, typed);
        assert!(refused.contains("error: "), "{typed}: {refused}");
    }
    let refused = line(&mut terminal, "copy_profile(1640)");
    assert!(
        refused.contains("a recipe that was loaded declares that it calls only list_groups"),
        "{refused}"
    );
    let refused = line(&mut terminal, ":load copies");
    assert!(
        refused.contains("copies needs `copy_profile`, and a recipe that was loaded before"),
        "{refused}"
    );
    // Another place makes no difference.
    line(&mut terminal, ":sim reset");
    assert!(line(&mut terminal, "sly()").contains("does not declare `copy_profile`"));
    assert!(line(&mut terminal, "list_profiles().len()").contains("error: "));

    assert!(line(&mut terminal, ":allow copy_profile").contains("this session may call copy_profile"));
    assert_eq!(line(&mut terminal, "copy_profile(1640)"), "1641");
    let loaded = line(&mut terminal, ":load nothing");
    assert!(loaded.contains("this session may call nothing from now on"), "{loaded}");
    assert!(line(&mut terminal, "list_groups()").contains("it calls nothing"));
    terminal.end();
}

#[test]
fn a_session_can_be_allowed_to_destroy_and_ends_as_a_script_says() {
    let mut terminal = Terminal::plain(&["--sim", "repl"], root());
    terminal.expect("sim> ");
    let refused = terminal.line("delete_profile(1640)", "sim> ");
    // A terminal is given lines that fit.
    let words = refused.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("allow it for this session with :allow destructive"), "{refused}");
    assert!(terminal.line(":allow delete_profil", "sim> ").contains("did you mean `delete_profile`?"));
    assert_eq!(terminal.line(":allow delete_profile", "sim> "), "this session may call delete_profile");
    assert!(!terminal.line("delete_profile(1640)", "sim> ").contains("error"));
    assert!(terminal.line("delete_group(169)", "sim> ").contains("this run may not"));
    terminal.line(":allow destructive", "sim> ");
    // Also on a simulator that was not there yet.
    terminal.line(":sim reset", "sim> ");
    assert!(!terminal.line("delete_group(169)", "sim> ").contains("this run may not"));
    terminal.send("exit(3)\r");
    terminal.0.expect(Eof).unwrap();
    let status = terminal.0.get_process().wait().unwrap();
    assert!(
        format!("{status:?}").starts_with("Exited(") && format!("{status:?}").contains(", 3)"),
        "{status:?}"
    );
}

#[test]
fn the_last_input_is_edited_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let editor = folder.path().join("editor.sh");
    std::fs::write(&editor, "sed -i.bak 's/1/2/' \"$1\"\n").unwrap();
    let state = state_folder();
    let mut command = program(&["--sim", "repl"], root(), &state);
    command.env("TERM", "dumb").env("EDITOR", format!("sh {}", editor.display()));
    let mut terminal = Terminal::of(command);
    terminal.expect("sim> ");
    assert_eq!(terminal.line("100 + 1", "sim> "), "101");
    assert_eq!(terminal.line(":edit", "sim> "), "200 + 1\n201");
    // Now there is no 1 at which to change anything: as if the editor was left without saving.
    terminal.line("print(300)", "sim> ");
    assert_eq!(terminal.line(":edit", "sim> "), "nothing was changed, so nothing was run");
    terminal.end();
}

#[test]
fn keys_complete_colour_and_take_several_lines() {
    let mut terminal = Terminal::with_cursor(&["--sim", "repl"], &state_folder());
    terminal.expect("sim> ");
    terminal.send("copy_profile(1640, #{ na\t");
    terminal.expect("name: ");
    terminal.send("\"shop\" })\r");
    terminal.expect("1641");
    terminal.expect("sim> ");
    terminal.send("let many = [\r");
    terminal.send("7000 + 7,\r");
    terminal.send("]; many[0]\r");
    terminal.expect("7007");
    terminal.expect("sim> ");
    // Ctrl-C clears a line that was begun.
    terminal.send("unfinished\x03");
    terminal.expect("sim> ");
    terminal.send("\x1b[200~let pasted = 40;\rpasted + 4004\x1b[201~\r");
    terminal.expect("4044");
    terminal.expect("sim> ");
    terminal.send("\x1b[200~let many = [\r7010,\r\x1b[201~\r");
    terminal.send("]; many[0] + 1\r");
    terminal.expect("7011");
    terminal.expect("sim> ");
    terminal.send("\x1b[200~8000 + 1\r:type 5\r8000 + 2\x1b[201~\r");
    terminal.expect("8001");
    terminal.expect("int");
    terminal.expect("8002");
    terminal.expect("sim> ");
    // How to call it stays to be seen, and is no part of the line.
    terminal.send("copy_profile(1640");
    terminal.expect("\x1b[2m   copy_profile(profile_id, #{");
    terminal.send("\x1b[C).type_of() + 7000\r");
    terminal.expect("i647000");
    terminal.expect("sim> ");
    terminal.send("let s = \"text\";\r");
    terminal.expect("\x1b[32m\"text\"");
    terminal.expect("sim> ");
    terminal.end();
}

#[test]
fn without_colours_nothing_stands_behind_the_cursor() {
    let mut command = program(&["--sim", "repl"], root(), &state_folder());
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    let mut terminal = Terminal::of(command);
    terminal.expect("sim> ");
    terminal.send("copy_profile(");
    terminal.send("1640) + 0\r");
    let shown = terminal.expect("1641");
    assert!(!shown.contains("profile_id"), "{shown}");
    terminal.expect("sim> ");
    terminal.end();
}

#[test]
fn lines_come_back_in_the_next_session_without_their_secrets() {
    let state = state_folder();
    let mut terminal = Terminal::with_cursor(&["--sim", "repl"], &state);
    terminal.expect("sim> ");
    terminal.send("create_transfer_code(1640, \"123456\").len()\r");
    terminal.expect("17");
    terminal.expect("sim> ");
    terminal.send("3000 + 3\r");
    terminal.expect("3003");
    terminal.expect("sim> ");
    terminal.end();
    let history = std::fs::read_to_string(state.join("history.txt")).unwrap();
    assert!(!history.contains("123456") && history.contains("***"), "{history}");
    let mut terminal = Terminal::with_cursor(&["--sim", "repl"], &state);
    terminal.expect("sim> ");
    // Over `:quit` to the line before it.
    terminal.send("\x1b[A\x1b[A");
    terminal.send("0\r");
    terminal.expect("3030");
    terminal.expect("sim> ");
    terminal.end();
}

#[test]
fn a_line_called_back_has_its_secret_and_one_of_an_earlier_session_is_not_sent_without() {
    let state = state_folder();
    let mut terminal = Terminal::with_cursor(&["--sim", "repl"], &state);
    terminal.expect("sim> ");
    terminal.send("let pw = \"123456\"; 7000 + 1\r");
    terminal.expect("7001");
    terminal.expect("sim> ");
    terminal.send("let code = create_transfer_code(1640, pw); 7000 + 2\r");
    terminal.expect("7002");
    terminal.expect("sim> ");
    let history = std::fs::read_to_string(state.join("history.txt")).unwrap();
    assert!(!history.contains("123456") && history.contains("let pw ="), "{history}");
    // Back to the line of the variable: the mask is in the file alone.
    terminal.send("\x1b[A\x1b[A\r");
    terminal.expect("7001");
    terminal.expect("sim> ");
    terminal.send("pw.len() + 7000\r");
    terminal.expect("7006");
    terminal.expect("sim> ");
    terminal.end();
    let mut terminal = Terminal::with_cursor(&["--sim", "repl"], &state);
    terminal.expect("sim> ");
    terminal.send("\x1b[A\x1b[A\x1b[A\r");
    terminal.expect("a secret was masked in this line: type it again");
    terminal.expect("sim> ");
    terminal.end();
}

#[test]
fn a_line_is_in_the_history_before_it_runs() {
    let state = state_folder();
    let mut command = program(&["-v", "--sim=fault=hang@copy_profile:nth=1", "repl"], root(), &state);
    command.env("TERM", "dumb");
    let mut terminal = Terminal::of(command);
    terminal.expect("sim> ");
    terminal.send("copy_profile(1640)\r");
    terminal.expect("> copy_profile {\"profile_id\":1640}");
    let history = std::fs::read_to_string(state.join("history.txt")).unwrap();
    assert_eq!(history, "\"copy_profile(1640)\"\n");
    terminal.0.get_process_mut().exit(true).unwrap();
}

#[test]
fn the_mode_of_vi_is_a_setting() {
    let mut command = program(&["--sim", "repl"], root(), &state_folder());
    command.env("TERM", "xterm").env("IXSCRIPT_EDIT_MODE", "vi");
    let mut terminal = Terminal::of(command);
    terminal.expect("sim> ");
    // Out of insert mode, to the first character, and there a 5 in its place.
    terminal.send("1000 + 1\x1b");
    terminal.send("0r5\r");
    terminal.expect("5001");
    terminal.expect("sim> ");
    terminal.send("6000 + 1\x1b\r");
    terminal.expect("6001");
    terminal.expect("sim> ");
    terminal.end();
}

#[test]
fn a_session_needs_a_terminal_to_write_to() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let words = format!("{} --sim repl > {}", env!("CARGO_BIN_EXE_ixscript"), file.path().display());
    let mut command = program(&[], root(), &state_folder());
    let mut shell = Command::new("sh");
    shell.args(["-c", &words]).envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env_clear();
    let mut terminal = Terminal::of(shell);
    terminal.expect("the REPL needs a terminal");
    terminal.0.expect(Eof).unwrap();
    assert_eq!(std::fs::read(file.path()).unwrap(), b"");
}

#[test]
fn piped_input_is_a_script_without_a_banner() {
    let mut command = program(&["--sim", "repl"], root(), &state_folder());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"print(copy_profile(1640));").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.stdout, output.stderr), (b"1641\n".to_vec(), Vec::new()));
}

/// The same in a terminal with a cursor and in one without.
fn both(words: &[&str], prompt: &str, test: impl Fn(&mut Terminal)) {
    for mut terminal in [Terminal::with_cursor(words, &state_folder()), Terminal::plain(words, root())] {
        terminal.expect(prompt);
        test(&mut terminal);
        terminal.expect(prompt);
        terminal.end();
    }
}

#[test]
fn lines_that_are_sent_together_run_in_order() {
    both(&["--sim", "repl"], "sim> ", |terminal| {
        terminal.send("let a = 1000;\ra += 1; a\r:type a\rfn twice(n) {\r  n * 2\r}\rtwice(a)\r");
        for shown in ["1001", "int", "2002"] {
            terminal.expect(shown);
        }
    });
}

#[test]
fn lines_that_are_typed_while_one_runs_run_after_it() {
    both(&["-v", "--sim=latency=500ms", "repl"], "sim> ", |terminal| {
        terminal.send("list_groups().len() + 7000\r");
        terminal.expect("> list_groups");
        terminal.send("8000 + 1\r");
        terminal.send("9000 + 1\r");
        for shown in ["7003", "8001", "9001"] {
            terminal.expect(shown);
        }
    });
}

/// A comment with a write at that byte, where a line could be cut. It is not longer than what the terminal and the editor
/// hold together: nobody reads what is shown while it is sent.
fn comment_with_a_write(at: usize) -> String {
    format!("//{}copy_profile(1640){}", "x".repeat(at - 2), "y".repeat(4900 - at))
}

#[test]
fn no_part_of_a_long_line_is_run() {
    let mut command = program(&["-v", "--sim=latency=200ms", "repl"], root(), &state_folder());
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    let mut terminal = Terminal::of(command);
    terminal.expect("sim> ");
    for at in [1020, 1022, 1023, 1024, 1025, 4091, 4093, 4094, 4095, 4096] {
        terminal.send(&format!("1\r{}\r7000 + 1\r", comment_with_a_write(at)));
        terminal.expect("7001");
    }
    for at in [1024, 4095, 4096] {
        terminal.send("list_groups().len() + 7000\r");
        terminal.expect("> list_groups");
        terminal.send(&format!("{}\r8000 + 1\r", comment_with_a_write(at)));
        terminal.expect("7003");
        terminal.expect("8001");
    }
    terminal.send("list_profiles().len() + 7000\r");
    terminal.expect("7009");
    terminal.expect("sim> ");
    terminal.end();
}

#[test]
fn a_terminal_that_may_cut_a_line_does_not_run_it() {
    let mut terminal = Terminal::plain(&["--sim", "repl"], root());
    terminal.expect("sim> ");
    terminal.send(&format!("copy_profile(1640) /*{}*/\r", "x".repeat(5000)));
    terminal.expect("the line is too long for this terminal");
    terminal.expect("sim> ");
    assert_eq!(terminal.line("list_profiles().len()", "sim> "), "9");
    terminal.end();
}

#[test]
fn lines_that_were_sent_behind_one_that_fails_are_not_run() {
    both(&["--sim", "repl"], "sim> ", |terminal| {
        terminal.send("copy_profile(99999)\rcopy_profile(1640)\r\rcopy_profile(1640)\r");
        terminal.expect("2 lines typed behind it: not run");
        terminal.expect("sim> ");
        terminal.send(":nothing\rcopy_profile(1640)\r");
        terminal.expect("1 line typed behind it: not run");
        terminal.expect("sim> ");
        terminal.send("list_profiles().len() + 7000\r");
        terminal.expect("7009");
    });
}

#[test]
fn a_line_that_was_begun_while_another_fails_stays() {
    let mut terminal = Terminal::with_cursor(&["--sim", "repl"], &state_folder());
    terminal.expect("sim> ");
    terminal.send("copy_profile(99999)\r7000 +");
    terminal.expect("Profile does not exist");
    terminal.expect("sim> ");
    terminal.send(" 7\r");
    terminal.expect("7007");
    terminal.expect("sim> ");
    terminal.end();
}

#[test]
fn what_was_typed_before_a_question_is_no_answer() {
    let app = App::start(&[]);
    both(&["--url", &app.1, "repl"], &app.prompt(), |terminal| {
        terminal.send("copy_profile(1640)\ry\r");
        terminal.expect("1 line typed behind it: not run");
        terminal.expect("send writes? [y/N] ");
        // The answer is followed by the next line.
        terminal.send("y\r7000 + 7\r");
        terminal.expect("164");
        terminal.expect("7007");
    });
}

#[test]
fn what_follows_ctrl_c_at_the_prompt_is_kept() {
    let mut terminal = Terminal::with_cursor(&["--sim", "repl"], &state_folder());
    terminal.expect("sim> ");
    terminal.send("unfinished(\x034000 + 4\r5000 + 5\r");
    terminal.expect("4004");
    terminal.expect("5005");
    terminal.expect("sim> ");
    terminal.end();
}

/// The session below a shell, which then shows the modes of the terminal.
fn then_modes() -> Terminal {
    let run = format!("trap : QUIT; {} -v --sim=latency=60s repl; stty -a", env!("CARGO_BIN_EXE_ixscript"));
    let (mut shell, mut command) = (Command::new("sh"), program(&[], root(), &state_folder()));
    command.env("TERM", "xterm");
    shell.args(["-c", &run]).envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Terminal::of(shell)
}

#[test]
fn the_terminal_is_left_as_it_was_found() {
    let mut terminal = then_modes();
    terminal.expect("sim> ");
    terminal.send("7000 + 7\r");
    terminal.expect("7007");
    terminal.expect("sim> ");
    terminal.send(":quit\r");
    terminal.expect(" icanon");
    let mut terminal = then_modes();
    terminal.expect("sim> ");
    terminal.send("list_groups()\r");
    terminal.expect("> list_groups");
    terminal.send("\x1c");
    terminal.expect(" icanon");
}
