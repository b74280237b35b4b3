//! What was typed: clap types and nothing decided.
//!
//! Not here: defaults, the environment and the config file; `config` puts them together.

use super::commands::sim::SimArgs;
use super::commands::test::TestArgs;
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;

/// Script and rehearse bulk work on ixBrowser profiles.
#[derive(Debug, Parser)]
#[command(
    name = "ixscript",
    version,
    about = "Script and rehearse bulk work on ixBrowser profiles, and know what was done",
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) flags: Flags,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Clone, Default, Args)]
pub(super) struct Flags {
    /// Where the Local API is [default: http://127.0.0.1:53200/api/v2/] [env: IXSCRIPT_URL]
    #[arg(long, global = true, value_name = "URL", help_heading = "Connection")]
    pub(super) url: Option<String>,
    /// Allow a URL that is not this computer; passwords then travel in clear text
    #[arg(long, global = true, help_heading = "Connection")]
    pub(super) allow_remote: bool,
    /// Use the embedded simulator; --sim=own-codes,profiles=50 sets it up
    #[arg(long, global = true, value_name = "OPTIONS", num_args = 0..=1, require_equals = true, default_missing_value = "", help_heading = "Connection")]
    pub(super) sim: Option<String>,
    /// How long a reply may take [default: 30s] [env: IXSCRIPT_TIMEOUT]
    #[arg(
        long,
        global = true,
        value_name = "DURATION",
        allow_hyphen_values = true,
        help_heading = "Connection"
    )]
    pub(super) timeout: Option<String>,
    /// How long a connection may take [default: 2s] [env: IXSCRIPT_CONNECT_TIMEOUT]
    #[arg(
        long,
        global = true,
        value_name = "DURATION",
        allow_hyphen_values = true,
        help_heading = "Connection"
    )]
    pub(super) connect_timeout: Option<String>,
    /// How long a write that no list shows may still arrive [default: 10m] [env: IXSCRIPT_ASSUME_LOST_AFTER]
    #[arg(
        long,
        global = true,
        value_name = "DURATION",
        allow_hyphen_values = true,
        help_heading = "Connection"
    )]
    pub(super) assume_lost_after: Option<String>,
    /// How often what was certainly not done is tried again [default: 4] [env: IXSCRIPT_RETRIES]
    #[arg(
        long,
        global = true,
        value_name = "NUMBER",
        allow_negative_numbers = true,
        help_heading = "Connection"
    )]
    pub(super) retries: Option<String>,
    /// The most calls `parallel` makes at once [default: 4] [env: IXSCRIPT_JOBS]
    #[arg(
        short,
        long,
        global = true,
        value_name = "NUMBER",
        allow_negative_numbers = true,
        help_heading = "Connection"
    )]
    pub(super) jobs: Option<String>,
    /// The most calls in a time, as in 5/s or 100/m; off for no limit [default: off] [env: IXSCRIPT_RATE]
    #[arg(long, global = true, value_name = "RATE", help_heading = "Connection")]
    pub(super) rate: Option<String>,
    /// Parameters of the recipe, in TOML or JSON; what is typed goes first
    #[arg(long, global = true, value_name = "FILE", help_heading = "Recipes")]
    pub(super) params: Option<PathBuf>,
    /// A table for the script's rows(): CSV, JSON or JSONL
    #[arg(long, global = true, value_name = "FILE", help_heading = "Tables")]
    pub(super) input: Option<PathBuf>,
    /// A new table of what is emitted, copied and imported: CSV, JSON or JSONL
    #[arg(long, global = true, value_name = "FILE", help_heading = "Tables")]
    pub(super) output: Option<PathBuf>,
    /// Stop the run before a write beyond this many, with exit code 6
    #[arg(long, global = true, value_name = "NUMBER", value_parser = at_least::<0>, allow_negative_numbers = true, help_heading = "Safety")]
    pub(super) max_writes: Option<u64>,
    /// Stop the run after this long, with exit code 6; writes on their way are finished
    #[arg(long, global = true, value_name = "DURATION", allow_hyphen_values = true, help_heading = "Safety")]
    pub(super) time_limit: Option<String>,
    /// Make this many writes, show how they went, and ask whether to go on
    #[arg(long, global = true, value_name = "NUMBER", value_parser = at_least::<1>, allow_negative_numbers = true, help_heading = "Safety")]
    pub(super) first: Option<u64>,
    /// Show the first write and ask before it is sent
    #[arg(long, global = true, help_heading = "Safety")]
    pub(super) confirm: bool,
    /// Send no writes: list them and answer with made-up ids; reads are real
    #[arg(short = 'n', long, global = true, help_heading = "Safety")]
    pub(super) dry_run: bool,
    /// What this run may do besides: destructive, or a function by its name
    #[arg(long, global = true, value_name = "WHAT", value_delimiter = ',', help_heading = "Safety")]
    pub(super) allow: Vec<String>,
    /// What this run may not do, whatever else is said: write, destructive, or a function
    #[arg(long, global = true, value_name = "WHAT", value_delimiter = ',', help_heading = "Safety")]
    pub(super) deny: Vec<String>,
    /// Answer questions with yes; this never grants --allow destructive
    #[arg(short, long, global = true, help_heading = "Safety")]
    pub(super) yes: bool,
    /// Where runs and their writes are recorded: a file, auto for the state folder, or off [default: auto] [env: IXSCRIPT_JOURNAL]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Safety")]
    pub(super) journal: Option<String>,
    /// Record nothing, so that the run cannot be resumed
    #[arg(long, global = true, conflicts_with = "journal", help_heading = "Safety")]
    pub(super) no_journal: bool,
    /// Memory a script may use, in MiB [default: 128] [env: IXSCRIPT_MEMORY]
    #[arg(long, global = true, value_name = "MIB", allow_negative_numbers = true, help_heading = "Safety")]
    pub(super) memory: Option<String>,
    /// How long a script may compute between two calls [default: 60s] [env: IXSCRIPT_COMPUTE]
    #[arg(long, global = true, value_name = "DURATION", allow_hyphen_values = true, help_heading = "Safety")]
    pub(super) compute: Option<String>,
    /// Print values as text, json, jsonl, table, csv or markdown [default: text] [env: IXSCRIPT_FORMAT]
    #[arg(long, global = true, value_name = "FORMAT", help_heading = "Output")]
    pub(super) format: Option<String>,
    /// Colour: auto, always or never [default: auto] [env: IXSCRIPT_COLOR, NO_COLOR]
    #[arg(long, global = true, value_name = "WHEN", help_heading = "Output")]
    pub(super) color: Option<String>,
    /// How the REPL reads keys: emacs or vi [default: emacs] [env: IXSCRIPT_EDIT_MODE]
    #[arg(long, global = true, value_name = "MODE", help_heading = "Output")]
    pub(super) edit_mode: Option<String>,
    /// Show every call on stderr
    #[arg(short, long, global = true, conflicts_with = "quiet", help_heading = "Output")]
    pub(super) verbose: bool,
    /// Show errors only
    #[arg(short, long, global = true, help_heading = "Output")]
    pub(super) quiet: bool,
    /// The config file [default: see `ixscript config`] [env: IXSCRIPT_CONFIG]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Output")]
    pub(super) config: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a recipe
    #[command(after_help = "\
Everything after the recipe belongs to it: its parameters as options, and --help for its own help.
Options of ixscript stand before the recipe.

A parameter is taken from --NAME, else from the environment (IXSCRIPT_PARAM_NAME), else from the file of --params.
One that is secret is better not typed: --NAME @FILE reads it from a file (--NAME @@x is @x itself), and left out
it is asked for where it is required.

Examples:
  ixscript run scripts/copy.rhai --profile-id 1640
  ixscript --sim run scripts/copy_many.rhai --profile-id 1640 --count 5
  ixscript run scripts/copy.rhai --help
  ixscript run - < recipe.rhai")]
    Run {
        /// Begin anew although an equal run was broken off or is going on
        #[arg(long)]
        new: bool,
        /// The recipe by path or name, or - for standard input, and what it is given
        #[arg(value_name = "RECIPE", trailing_var_arg = true, num_args = 1.., required = true)]
        words: Vec<OsString>,
    },
    /// Go on with a run that was broken off, and make nothing twice
    #[command(after_help = "\
The recipe runs from the top and is answered as before, up to its last write: what it read, wrote
and was told comes from the record. From there on it goes on with the app. A write that may have
been done is looked for in the app before it is sent again. Nothing is sent if the recipe does
something else than it did, or if another account is logged in.

Examples:
  ixscript resume        the newest run that is not finished
  ixscript resume 7      run 7; `ixscript runs list` shows them

A run keeps the limits, --allow and --deny with which it began; a limit before the command replaces
one of them. Without a run's id, one that is older than a day or was stopped by a limit is resumed
only after a question, or with --yes.")]
    Resume {
        /// The run; the newest one that is not finished if left out
        #[arg(value_parser = number_of_a_run)]
        run: Option<i64>,
        /// Work on rows that are new, although rows are gone for which something was created
        #[arg(long)]
        new_rows: bool,
        /// Wait until it can be decided whether writes in doubt were done
        #[arg(long)]
        wait: bool,
    },
    /// Look at recorded runs, and settle what is in doubt
    Runs {
        #[command(subcommand)]
        command: RunsCommand,
    },
    /// Run one line of script and print its value
    #[command(after_help = "Example:\n  ixscript --sim eval 'copy_profile(1640, #{ name: \"shop-2\" })'")]
    Eval {
        /// The code, or - for standard input
        #[arg(allow_hyphen_values = true)]
        code: String,
    },
    /// Call one function, without any script quoting
    #[command(after_help = "\
Values are taken as they are; the parameter's type decides what they mean. A dot reaches into a map.

Examples:
  ixscript call copy_profile profile_id=1640 name=shop-2 group_id=177
  ixscript call import_profile transfer_code=76686828-89727101 proxy_config.proxy_mode=2 proxy_config.proxy_type=direct
  ixscript --format json call list_groups")]
    Call {
        /// The function; `ixscript functions` lists them
        function: String,
        /// Its parameters
        #[arg(value_name = "KEY=VALUE")]
        pairs: Vec<String>,
    },
    /// Find what is wrong with recipes without running them
    Check {
        /// Recipes, folders of recipes, or - for standard input
        #[arg(value_name = "FILE", required = true)]
        files: Vec<String>,
    },
    /// Show what a recipe takes, calls and imports, without running it
    #[command(after_help = "\
The hash is over the recipe and every file it can import: it changes when any of them does.

Examples:
  ixscript show copy_many
  ixscript --format json show scripts/copy.rhai")]
    Show {
        /// The recipe by path or name, or - for standard input
        recipe: PathBuf,
    },
    /// Run the tests beside recipes, each on a simulator of its own
    #[command(after_help = "\
A test is a file beside its recipe, named like it: copy.test.rhai for copy.rhai. Each function whose name begins with test_
gets a fresh simulator; a file without any is one test. `ixscript functions run_recipe` shows what tests can call.

  //! [sim]
  //! options = \"own-codes,page-limit=50\"
  //! faults = [\"drop-after@copy_profile:nth=2\"]

  fn test_a_copy_is_made() {
      let run = run_recipe(\"copy\", #{ profile_id: 1640 });
      assert_eq(run.exit, 0);
      assert_eq(run.stdout, \"1641\\n\");
  }

The exit code is 1 if a test fails.

Examples:
  ixscript test
  ixscript test scripts/copy.test.rhai --filter group
  ixscript test scripts --report junit > results.xml")]
    Test(TestArgs),
    /// List the recipes there are
    #[command(after_help = "\
Recipes are looked for in the folders, in ./scripts, in a folder of your own (`ixscript config` shows it; IXSCRIPT_RECIPES
names another), and among those that come with the program. All but those of other folders run by name: ixscript --sim run tour")]
    List {
        /// Folders to look into as well; a file is listed itself
        #[arg(value_name = "FOLDER")]
        folders: Vec<PathBuf>,
    },
    /// Write a recipe to begin with
    #[command(
        after_help = r#"What a recipe says of itself is TOML in its leading `//!` lines, all of which may be left out:

  //! name = "clone"
  //! about = "Copies a profile a few times."
  //! version = "1.0.0"
  //! needs = ["copy_profile"]         # all that it may call
  //! examples = ["ixscript run clone --profile-id 1640"]
  //! [params.profile_id]              # --profile-id in front of its value
  //! type = "int"                     # string, int, float, bool or list
  //! required = true                  # or a default
  //! min = 1                          # and max, of numbers
  //! about = "the profile to copy"
  //! [params.site]
  //! default = "other"
  //! allowed = ["other", "shopify.com"]
  //! [params.password]
  //! pattern = '[0-9]{6}'             # of the whole text
  //! secret = true                    # masked, and may be @FILE
  //! [input]                          # the table of --input
  //! columns = ["name"]               # those it must have
  //! optional = ["note"]              # those it may have
  //! key = "name"                     # what tells its rows apart when a run is resumed
  //! required = false                 # works without a table
  //! [output]                         # the table of --output
  //! columns = ["name", "error"]      # in this order
  //! secrets = false                  # true keeps secret parameters in it"#
    )]
    New {
        /// Its file; .rhai is added where it is missing
        name: PathBuf,
    },
    /// Type script line by line
    #[command(after_help = "\
:help lists the commands of the REPL. Against an app the first write asks once whether the session
may; --live answers before. On the simulator (--sim) and in a dry run (-n) nobody is asked.

Examples:
  ixscript --sim repl     try things out
  ixscript -n repl        plan against the real app
  ixscript repl --live    send writes without a question")]
    Repl {
        /// Send writes to the app without asking
        #[arg(long)]
        live: bool,
    },
    /// Show the functions a script can call
    Functions {
        /// Only this one, in full
        name: Option<String>,
    },
    /// Write definition files, so that editors know the functions
    Definitions {
        /// The folder to write to; it is made if it is not there
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Explain an error code of the API
    Explain {
        /// The code
        #[arg(allow_hyphen_values = true)]
        code: String,
    },
    /// Run the simulator until interrupted
    #[command(after_help = super::commands::sim::faults_help())]
    Sim(SimArgs),
    /// Look whether ixBrowser is there and answers
    #[command(after_help = "\
--learn measures what the vendor does not document, such as the largest page of a list, whether names are altered and whether
ids are used again, and prints the options with which the simulator behaves like the app. It asks before it writes. Then it
creates a group and up to three profiles at a time, and deletes them again, also after Ctrl-C; what it cannot delete is listed.
Its calls count towards the daily limits of the account, and are not recorded in the journal.

Examples:
  ixscript doctor
  ixscript doctor --learn")]
    Doctor {
        /// Measure how the app behaves, and print the options with which the simulator does the same
        #[arg(long)]
        learn: bool,
    },
    /// Show every setting and where it comes from
    Config,
    /// Print the completion script of a shell
    #[command(
        after_help = "Example, for bash:\n  ixscript completions bash > ~/.local/share/bash-completion/completions/ixscript"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
    /// Show the help of a command, or of: options, exit-codes
    Help {
        /// A command, options or exit-codes
        #[arg(value_name = "COMMAND")]
        words: Vec<String>,
    },
}

/// A mistake as the parser of arguments tells it, without words of the library below it.
pub(super) fn in_plain_words(mistake: &str) -> String {
    let plain = mistake.replace("invalid digit found in string", "it is not a whole number");
    plain.replace("number too large to fit in target type", "it is too large")
}

fn at_least<const LEAST: u64>(text: &str) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| *number >= LEAST);
    number.ok_or_else(|| format!("it is not a whole number of {LEAST} or more"))
}

fn number_of_a_run(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| "it is not the number of a run; `ixscript runs` lists them".to_owned())
}

fn number_of_a_write(text: &str) -> Result<i64, String> {
    text.parse()
        .map_err(|_| "it is not the number of a write; `ixscript runs show RUN` lists them".to_owned())
}

#[derive(Debug, Subcommand)]
pub(super) enum RunsCommand {
    /// List the runs, newest first
    List,
    /// Show a run with its writes
    Show {
        /// The run
        #[arg(value_parser = number_of_a_run)]
        run: i64,
    },
    /// Print the ids of what a run made, one a line
    #[command(
        after_help = "Example, to hand them to a recipe as a table:\n  ixscript --format csv runs created 7 > made.csv"
    )]
    Created {
        /// The run
        #[arg(value_parser = number_of_a_run)]
        run: i64,
    },
    /// Say what you found out about a write that is in doubt
    #[command(group = clap::ArgGroup::new("found").required(true))]
    #[command(after_help = "\
Examples:
  ixscript runs settle 7 301 --done 1942   the copy is there and has the number 1942
  ixscript runs settle 7 301 --not-done    it is not there; a resumed run makes it")]
    Settle {
        /// The run
        #[arg(value_parser = number_of_a_run)]
        run: i64,
        /// The write, by the number that `ixscript runs show` gives it
        #[arg(value_parser = number_of_a_write)]
        call: i64,
        /// It was done, and this is what it returned (nothing for a write that returns nothing)
        #[arg(long, value_name = "ID", num_args = 0..=1, default_missing_value = "", group = "found")]
        done: Option<String>,
        /// It was not done
        #[arg(long, group = "found")]
        not_done: bool,
    },
    /// Remove runs from the journal
    Forget {
        /// The runs
        #[arg(required = true, value_parser = number_of_a_run)]
        runs: Vec<i64>,
        /// Also runs that are not finished: they cannot be resumed any more
        #[arg(long)]
        unfinished: bool,
    },
}
