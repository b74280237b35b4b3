//! A history as data: a script, and everything that happens to its sessions. It follows from a seed, and can be made
//! smaller without changing the rest.

use super::script::{self, Name, OTHER, Statement, TEMPLATE};
use fastrand::Rng;

/// What the simulation assumes of the app and of people. What is drawn lies within it, so that every promise has to be kept.
pub(crate) const ASSUMPTIONS: &[&str] = &[
    "1. What lands, lands within 10 minutes after it was sent.",
    "2. While a create is in doubt, nobody else creates a profile of the same name in the same group and site, or anywhere if the create",
    "   named no group; and nobody deletes what it made, or both renames and moves it.",
    "3. A reply with code 0 is true, and so is the id in it.",
    "4. A documented code that refuses a call means that nothing was done.",
    "5. A list that has rows, says how many there are and gives as many, shows all that landed a minute before.",
    "6. What the journal has confirmed stays on the disk.",
    "7. An update that is repeated because its reply was lost does not land after the repeat and a later update.",
    "8. No other account is logged in while a call is on its way, and the clock is not set forward while something is in doubt.",
    "9. While a list of several pages is read, changes do not cancel each other out.",
];

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// Nobody accepts the connection.
    NotConnected,
    /// The connection breaks before the request is read.
    LostBefore,
    /// It is done, and the reply is lost.
    LostAfter,
    /// It is done so many seconds later; nobody gets a reply.
    Late(u32),
    /// It never arrives; nobody gets a reply.
    Swallowed,
    /// It is done, and the reply is not JSON.
    Garbled,
    /// The app asks for patience.
    TooFast,
    /// The day's quota is used up.
    Quota,
    /// The app says that it failed, and has done it all the same.
    HalfMade,
    /// It takes so many seconds, and all is well.
    Slow(u32),
    /// The process dies before the request leaves, after its intent is on the disk.
    DieBefore,
    /// The process dies when the request is done, before the reply is read.
    DieAfter,
    /// The process dies when the request has left, which is done so many seconds later.
    DieLate(u32),
}

/// What somebody else does to the app, or the app by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Other {
    /// Creates a profile of another name in the same group.
    Create,
    /// Creates one with the name that the script gave last, in another group.
    Namesake,
    /// Renames the newest profile.
    Rename,
    /// Moves the newest profile to another group.
    Move,
    /// Deletes the newest profile.
    Delete,
    /// Changes the note of the template.
    Note,
}

/// What happens to the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum JournalFault {
    /// An entry cannot be written.
    Full,
    /// The process dies before an entry is written.
    DieBefore,
    /// The process dies after it was written.
    DieAfter,
}

/// What the app does where the vendor does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Habit {
    /// Names are cut to 4 characters.
    CutsNames,
    /// Signs and blanks of names are replaced.
    AltersNames,
    /// Names are unique.
    UniqueNames,
    /// Lists have pages of two rows.
    SmallPages,
    /// Lists stop after the first three rows, whatever is asked for.
    ShortLists,
    /// The id of a deleted profile is given again.
    IdsAgain,
    /// Copies stay in the group of their source.
    CopyStays,
    /// Transfer records are listed a minute later than profiles.
    LateRecords,
}

/// What happens between two sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Between {
    /// So many seconds pass.
    Seconds(u32),
    /// The clock on the wall is set by so many seconds.
    ClockStep(i32),
    /// Another account is logged in for the next session.
    OtherAccount,
    /// The app restarts and forgets its list for the next session, until the first write.
    EmptyList,
    /// An item is put in front of the first `parallel`.
    AddItem,
    /// The first item of the first `parallel` is taken out.
    RemoveItem,
    /// Items of the first `parallel` come in the opposite order.
    Reorder,
    /// A statement is put behind the script.
    AddStatement,
    /// The run is begun anew, though it is not finished.
    StartAnew,
    /// The journal is that of the beginning of the session before: a copy without its companions, or a backup.
    OldJournal,
}

/// One session of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Session {
    /// What happened before it.
    pub(crate) before: Vec<Between>,
    /// By the number of the request.
    pub(crate) faults: Vec<(u32, Fault)>,
    /// By the number of the request before which it happens.
    pub(crate) others: Vec<(u32, Other)>,
    /// By the number of the journal's entry.
    pub(crate) journal: Vec<(u32, JournalFault)>,
}

/// Everything that happens.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct History {
    pub(crate) script: Vec<Statement>,
    pub(crate) jobs: usize,
    /// Decides which thread runs.
    pub(crate) schedule: u64,
    pub(crate) habits: Vec<Habit>,
    pub(crate) sessions: Vec<Session>,
    /// Whether a person settles in the end what is still in doubt, truthfully.
    pub(crate) settles: bool,
}

/// What histories are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Everything within the assumptions.
    Everything,
    /// What the program keeps its promise in today.
    Kept,
}

impl Scope {
    /// As it is written in the environment.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Everything => "everything",
            Self::Kept => "kept",
        }
    }

    /// The scope of this name; that of the test if it is empty.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "everything" => Self::Everything,
            "" | "kept" => Self::Kept,
            other => panic!("IXSCRIPT_SCOPE must be `everything` or `kept`, and is `{other}`"),
        }
    }
}

impl History {
    /// The history of a seed.
    pub(crate) fn random(seed: u64, scope: Scope) -> Self {
        let mut history = Self::anything(seed);
        if scope == Scope::Kept {
            history.keep_what_is_promised();
        }
        history
    }

    /// Leaves out what is known to break promises today.
    fn keep_what_is_promised(&mut self) {
        let cancels = |statement: &&Statement| {
            matches!(statement, Statement::Delete | Statement::Swap | Statement::Renumber | Statement::Move)
        };
        if self.jobs > 1 && script::all(&self.script).iter().any(cancels) {
            self.habits.retain(|habit| *habit != Habit::SmallPages);
        }
        for session in &mut self.sessions {
            session.before.retain(|between| {
                !matches!(between, Between::StartAnew | Between::OldJournal | Between::ClockStep(1..))
            });
        }
    }

    fn anything(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let most = [2, 5][random.usize(..2)];
        let mut script = body(&mut random, 0, 1, most);
        if random.u8(..3) == 0 {
            let at = random.usize(..=script.len());
            script.splice(at..at, idiom(&mut random));
        }
        let script = with_outcomes(script, seed);
        let habits = [
            Habit::CutsNames,
            Habit::AltersNames,
            Habit::UniqueNames,
            Habit::SmallPages,
            Habit::ShortLists,
            Habit::IdsAgain,
            Habit::CopyStays,
            Habit::LateRecords,
        ];
        let habits = habits.into_iter().filter(|_| random.u8(..10) == 0).collect();
        let count = random.usize(1..=3);
        let mut history = Self {
            script,
            jobs: [1, 1, 2, 4][random.usize(..4)],
            schedule: random.u64(..),
            habits,
            sessions: (0..count).map(|number| session(&mut random, number)).collect(),
            settles: random.bool(),
        };
        // What people do with the program itself is rare, and must not move the rest.
        let mut rare = Rng::with_seed(!seed);
        if let [_, .., last] = &mut history.sessions[..]
            && rare.u8(..16) == 0
        {
            last.before.push(if rare.bool() { Between::StartAnew } else { Between::OldJournal });
        }
        let mut is_soon = false;
        for session in &mut history.sessions {
            if is_soon {
                session.before.retain(|between| !matches!(between, Between::Seconds(_)));
                session.before.push(Between::Seconds(1));
            }
            is_soon = false;
            for (_, fault) in &mut session.faults {
                if *fault == Fault::DieAfter && rare.u8(..3) != 0 {
                    *fault = Fault::DieLate([2, 20][rare.usize(..2)]);
                    // Often somebody resumes before it lands.
                    is_soon = rare.bool();
                }
            }
        }
        history
    }

    /// Histories that are a little smaller, the boldest first.
    pub(crate) fn smaller(&self) -> Vec<Self> {
        let mut smaller = Vec::new();
        let mut add = |change: &dyn Fn(&mut Self)| {
            let mut history = self.clone();
            change(&mut history);
            if history != *self {
                smaller.push(history);
            }
        };
        for at in 0..self.sessions.len() {
            add(&|history| {
                history.sessions.remove(at);
            });
        }
        for at in 0..self.habits.len() {
            add(&|history| {
                history.habits.remove(at);
            });
        }
        for script in smaller_bodies(&self.script) {
            add(&|history| history.script.clone_from(&script));
        }
        for (at, session) in self.sessions.iter().enumerate() {
            for place in 0..session.before.len() {
                add(&|history| {
                    history.sessions[at].before.remove(place);
                });
            }
            for place in 0..session.faults.len() {
                add(&|history| {
                    history.sessions[at].faults.remove(place);
                });
            }
            for place in 0..session.others.len() {
                add(&|history| {
                    history.sessions[at].others.remove(place);
                });
            }
            for place in 0..session.journal.len() {
                add(&|history| {
                    history.sessions[at].journal.remove(place);
                });
            }
            // What happens earlier is easier to follow.
            for place in 0..session.faults.len() {
                add(&|history| {
                    let number = &mut history.sessions[at].faults[place].0;
                    *number = number.saturating_sub(1);
                });
            }
        }
        add(&|history| history.jobs = 1);
        add(&|history| history.schedule = 0);
        add(&|history| history.settles = false);
        smaller
    }

    /// What it is made of, for the table of what was covered.
    pub(crate) fn adversities(&self) -> Vec<String> {
        let name = |value: &dyn std::fmt::Debug| {
            let text = format!("{value:?}");
            text.split('(').next().unwrap_or_default().to_owned()
        };
        let mut names: Vec<String> = self.habits.iter().map(|habit| name(habit)).collect();
        for session in &self.sessions {
            names.extend(session.before.iter().map(|between| name(between)));
            names.extend(session.faults.iter().map(|(_, fault)| name(fault)));
            names.extend(session.others.iter().map(|(_, other)| format!("Others{}", name(other))));
            names.extend(session.journal.iter().map(|(_, fault)| format!("Journal{}", name(fault))));
        }
        names.retain(|name| name != "Seconds");
        names.sort();
        names.dedup();
        names
    }
}

fn session(random: &mut Rng, number: usize) -> Session {
    let mut session = Session::default();
    if number > 0 {
        let seconds = [1, 20, 35, 45, 55, 120, 700][random.usize(..7)];
        session.before.push(Between::Seconds(seconds));
        if random.u8(..5) == 0 {
            session.before.push(match random.u8(..8) {
                0 => Between::ClockStep(3600),
                1 => Between::ClockStep(-3600),
                2 => Between::OtherAccount,
                3 => Between::EmptyList,
                4 => Between::AddItem,
                5 => Between::RemoveItem,
                6 => Between::Reorder,
                _ => Between::AddStatement,
            });
        }
    }
    for _ in 0..random.usize(0..=2) {
        let at = place(random);
        session.faults.push((at, fault(random)));
    }
    if random.u8(..5) == 0 {
        let others = [Other::Create, Other::Namesake, Other::Rename, Other::Move, Other::Delete, Other::Note];
        session.others.push((place(random), others[random.usize(..others.len())]));
    }
    if random.u8(..5) == 0 {
        let faults = [JournalFault::Full, JournalFault::DieBefore, JournalFault::DieAfter];
        session.journal.push((place(random), faults[random.usize(..faults.len())]));
    }
    session
}

/// Which request or entry something happens to: an early one half of the time, since most sessions are short.
fn place(random: &mut Rng) -> u32 {
    let last = if random.bool() { 5 } else { 14 };
    random.u32(..last)
}

fn fault(random: &mut Rng) -> Fault {
    match random.u8(..16) {
        0 => Fault::NotConnected,
        1 => Fault::LostBefore,
        2 | 3 => Fault::LostAfter,
        4 | 5 => Fault::Late([3, 40, 90, 400][random.usize(..4)]),
        6 => Fault::Swallowed,
        7 => Fault::Garbled,
        8 => Fault::TooFast,
        9 => Fault::Quota,
        10 => Fault::HalfMade,
        11 => Fault::Slow([2, 25][random.usize(..2)]),
        12 | 13 => Fault::DieBefore,
        _ => Fault::DieAfter,
    }
}

fn body(random: &mut Rng, depth: usize, least: usize, most: usize) -> Vec<Statement> {
    (0..random.usize(least..=most)).map(|_| statement(random, depth)).collect()
}

/// What people write again and again.
fn idiom(random: &mut Rng) -> Vec<Statement> {
    let group = random.bool();
    let copy = |name| Statement::Copy { source: TEMPLATE, name, group };
    let note = Statement::NoteSource { source: TEMPLATE };
    match random.u8(..7) {
        0 => vec![Statement::Repeat { count: 3, body: vec![note, copy(Name::Own)] }],
        1 => vec![Statement::Repeat { count: 3, body: vec![Statement::Try(vec![note, copy(Name::Own)])] }],
        2 => vec![copy(Name::Own), Statement::Delete, copy(Name::Own)],
        3 => vec![Statement::Parallel {
            items: vec![1, 2, 3],
            body: vec![copy(Name::None), Statement::NoteLast],
        }],
        4 => vec![copy(Name::Own), Statement::NoteTwice],
        5 => vec![Statement::Repeat { count: 3, body: vec![copy(Name::Same), Statement::Renumber] }],
        _ => vec![Statement::CreateMissing, copy(Name::Own), Statement::Move, Statement::CopyByCount],
    }
}

/// Behind some calls of `parallel` of the script itself, a copy whose name says what came of the items.
fn with_outcomes(script: Vec<Statement>, seed: u64) -> Vec<Statement> {
    let mut random = Rng::with_seed(!seed);
    let with = |statement| match statement {
        Statement::Parallel { .. } if random.u8(..3) == 0 => vec![statement, Statement::CopyByOutcomes],
        statement => vec![statement],
    };
    script.into_iter().flat_map(with).collect()
}

fn statement(random: &mut Rng, depth: usize) -> Statement {
    let source = if random.u8(..4) == 0 { OTHER } else { TEMPLATE };
    let name =
        [Name::Own, Name::Own, Name::Own, Name::Own, Name::Same, Name::Odd, Name::None][random.usize(..7)];
    match random.u8(..28) {
        0..=6 => Statement::Copy { source, name, group: random.bool() },
        7 if random.u8(..4) == 0 => Statement::ImportWithBlank,
        7 => Statement::Import,
        8 | 9 => Statement::NoteSource { source },
        10 | 11 => Statement::NoteLast,
        12 => Statement::NoteTwice,
        13 => Statement::Renumber,
        14 => Statement::Swap,
        15 => Statement::Move,
        16 => Statement::Delete,
        17 => Statement::RenameAll,
        18 => Statement::CreateMissing,
        19 => Statement::CopyByCount,
        20 => Statement::CopyOrElse { name: if name == Name::None { Name::Own } else { name } },
        _ if depth == 2 => Statement::Copy { source, name, group: false },
        21 | 22 => Statement::Repeat { count: random.i64(2..=3), body: body(random, depth + 1, 1, 3) },
        23..=25 => {
            let items = (1..=random.i64(2..=3)).collect();
            Statement::Parallel { items, body: body(random, depth + 1, 1, 3) }
        }
        _ => Statement::Try(body(random, depth + 1, 1, 2)),
    }
}

/// Bodies with one statement less, or a smaller one.
fn smaller_bodies(body: &[Statement]) -> Vec<Vec<Statement>> {
    let mut smaller = Vec::new();
    for at in 0..body.len() {
        let replaced = |by: Vec<Statement>| [&body[..at], &by[..], &body[at + 1..]].concat();
        smaller.push(replaced(Vec::new()));
        let with = |inner: Vec<Statement>| match &body[at] {
            Statement::Repeat { count, .. } => Statement::Repeat { count: *count, body: inner },
            Statement::Parallel { items, .. } => Statement::Parallel { items: items.clone(), body: inner },
            _ => Statement::Try(inner),
        };
        match &body[at] {
            Statement::Repeat { body: inner, .. }
            | Statement::Parallel { body: inner, .. }
            | Statement::Try(inner) => {
                smaller.push(replaced(inner.clone()));
                let inner = smaller_bodies(inner).into_iter().filter(|inner| !inner.is_empty());
                smaller.extend(inner.map(|inner| replaced(vec![with(inner)])));
            }
            Statement::Copy { source, name, group: true } => {
                smaller.push(replaced(vec![Statement::Copy { source: *source, name: *name, group: false }]));
            }
            _ => {}
        }
        match &body[at] {
            Statement::Repeat { count, body: inner } if *count > 2 => {
                smaller.push(replaced(vec![Statement::Repeat { count: 2, body: inner.clone() }]));
            }
            Statement::Parallel { items, body: inner } if items.len() > 2 => {
                let items = items[..items.len() - 1].to_vec();
                smaller.push(replaced(vec![Statement::Parallel { items, body: inner.clone() }]));
            }
            _ => {}
        }
    }
    smaller
}

/// The script after an edit between two sessions.
pub(crate) fn edited(script: &[Statement], edit: Between) -> Vec<Statement> {
    let mut script = script.to_vec();
    let items = script.iter_mut().find_map(|statement| match statement {
        Statement::Parallel { items, .. } => Some(items),
        _ => None,
    });
    match (edit, items) {
        (Between::AddItem, Some(items)) => items.insert(0, 90),
        (Between::RemoveItem, Some(items)) if items.len() > 1 => drop(items.remove(0)),
        (Between::Reorder, Some(items)) => items.reverse(),
        (Between::AddStatement, _) => {
            // Behind the others, so that names, which say where a statement is, stay.
            script.push(Statement::Copy { source: OTHER, name: Name::Own, group: false });
        }
        _ => {}
    }
    script
}
