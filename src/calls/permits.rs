//! What a run may do: the capability stage of every call.
//!
//! Not here: who decides it; the header, the person at the command line and the question about trust do.

use super::failure::NotAllowed;
use super::{Calls, Cause, Failure, Refusal, Request};
use crate::api::{Effect, Endpoint};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

/// What was allowed and denied for one run, besides `--allow destructive`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permits {
    /// Functions that may be called although the header does not declare them, or although they destroy something.
    pub allowed: Vec<&'static str>,
    /// What may not be called, whatever else is said.
    pub denied: Vec<Denied>,
    /// What was granted to the recipe as a whole.
    pub grant: Grant,
}

/// What somebody has granted to a recipe by running it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Grant {
    /// Everything: it is the person's own, or was shown to call what only the run can tell.
    #[default]
    All,
    /// To read: nobody was asked, because it seems only to read.
    Reads,
    /// To call the functions that were shown, and no others.
    Shown(Vec<&'static str>),
}

/// Something that was taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// A function.
    Function(&'static str),
    /// Everything that changes something.
    Writes,
    /// Everything that destroys something.
    Destructive,
}

impl Denied {
    /// The word of `--deny`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Function(function) => function,
            Self::Writes => "write",
            Self::Destructive => "destructive",
        }
    }

    fn covers(self, function: Option<&str>, effect: Effect) -> bool {
        match self {
            Self::Function(denied) => function == Some(denied),
            Self::Writes => effect != Effect::Read,
            Self::Destructive => effect == Effect::Destructive,
        }
    }
}

impl Permits {
    /// Whether an endpoint was taken away.
    pub fn denies(&self, endpoint: &Endpoint) -> bool {
        self.denied.iter().any(|denied| denied.covers(Some(endpoint.function), endpoint.effect))
    }

    /// Whether a call may be made. `row` is its endpoint, if it is a known one; `needs` are what the header declares.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn permit(
        &self,
        row: Option<&Endpoint>,
        effect: Effect,
        needs: Option<&[&'static str]>,
        allow_destructive: bool,
    ) -> Result<(), NotAllowed> {
        let function = row.map(|row| row.function);
        if let Some(denied) = self.denied.iter().find(|denied| denied.covers(function, effect)) {
            return Err(NotAllowed::Denied(denied.word()));
        }
        if function.is_some_and(|function| self.allowed.contains(&function)) {
            return Ok(());
        }
        let is_among = |names: &[&str]| function.is_some_and(|function| names.contains(&function));
        match (&self.grant, effect) {
            _ if !needs.is_none_or(is_among) => return Err(NotAllowed::Undeclared),
            (Grant::Reads, Effect::Write | Effect::Destructive) => return Err(NotAllowed::OnlyReads),
            (Grant::Shown(shown), _) if !is_among(shown) => return Err(NotAllowed::NotShown),
            _ => {}
        }
        match effect {
            Effect::Destructive if !allow_destructive && row.is_some() => Err(NotAllowed::Destructive),
            Effect::Destructive if !allow_destructive => Err(NotAllowed::UnknownAction),
            _ => Ok(()),
        }
    }
}

impl Calls {
    /// The capability stage.
    pub(super) fn permit(&self, request: &Request) -> Result<(), Failure> {
        // What is only planned destroys nothing.
        let allows_destructive = self.allows_destructive.load(Ordering::SeqCst) || self.is_dry();
        let needs = self.needs();
        let permits = self.permits.read().unwrap_or_else(PoisonError::into_inner);
        let permitted = permits.permit(request.row, request.effect, needs.as_deref(), allows_destructive);
        // Somebody may be asked now, which takes its time.
        drop(permits);
        permitted.map_err(|missing| request.failure(Refusal::before(Cause::NotAllowed(missing)), 0))?;
        self.ask_leave(request)
    }

    /// From now on a function may be called although it destroys something; without one, every such function. What was
    /// denied stays denied.
    pub fn allow_destroying(&self, function: Option<&'static str>) {
        match function {
            Some(function) => {
                self.permits.write().unwrap_or_else(PoisonError::into_inner).allowed.push(function);
            }
            None => self.allows_destructive.store(true, Ordering::SeqCst),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api;

    fn permit(permits: &Permits, function: &str, needs: Option<&[&'static str]>) -> Result<(), NotAllowed> {
        let row = api::by_function(function).unwrap();
        permits.permit(Some(row), row.effect, needs, false)
    }

    #[test]
    fn what_is_denied_is_denied_whatever_else_is_said() {
        let permits = Permits {
            allowed: vec!["copy_profile", "delete_profile"],
            denied: vec![Denied::Function("copy_profile"), Denied::Destructive],
            grant: Grant::All,
        };
        let needs: &[&str] = &["copy_profile", "delete_profile", "create_group"];
        assert_eq!(permit(&permits, "copy_profile", Some(needs)), Err(NotAllowed::Denied("copy_profile")));
        assert_eq!(permit(&permits, "delete_profile", Some(needs)), Err(NotAllowed::Denied("destructive")));
        assert_eq!(permit(&permits, "create_group", Some(needs)), Ok(()));
        let no_writes = Permits { denied: vec![Denied::Writes], ..Permits::default() };
        assert_eq!(permit(&no_writes, "create_group", None), Err(NotAllowed::Denied("write")));
        assert_eq!(permit(&no_writes, "delete_profile", None), Err(NotAllowed::Denied("write")));
        assert_eq!(permit(&no_writes, "list_groups", None), Ok(()));
        assert_eq!(no_writes.permit(None, Effect::Destructive, None, true), Err(NotAllowed::Denied("write")));
    }

    #[test]
    fn a_function_that_is_allowed_by_name_needs_no_declaration() {
        let permits = Permits { allowed: vec!["delete_profile"], ..Permits::default() };
        assert_eq!(permit(&permits, "delete_profile", Some(&[])), Ok(()));
        assert_eq!(permit(&permits, "copy_profile", Some(&[])), Err(NotAllowed::Undeclared));
        assert_eq!(permit(&Permits::default(), "delete_profile", None), Err(NotAllowed::Destructive));
    }

    #[test]
    fn what_was_taken_for_a_reader_only_reads() {
        let permits = Permits { grant: Grant::Reads, ..Permits::default() };
        assert_eq!(permit(&permits, "copy_profile", None), Err(NotAllowed::OnlyReads));
        assert_eq!(permits.permit(None, Effect::Destructive, None, true), Err(NotAllowed::OnlyReads));
        assert_eq!(permit(&permits, "list_groups", None), Ok(()));
    }

    #[test]
    fn only_the_functions_that_were_shown_are_granted() {
        let grant = Grant::Shown(vec!["copy_profile", "delete_group"]);
        let permits = Permits { grant, allowed: vec!["create_group"], ..Permits::default() };
        assert_eq!(permit(&permits, "copy_profile", None), Ok(()));
        assert_eq!(permit(&permits, "create_group", None), Ok(()));
        assert_eq!(permit(&permits, "delete_group", None), Err(NotAllowed::Destructive));
        assert_eq!(permit(&permits, "create_transfer_code", None), Err(NotAllowed::NotShown));
        assert_eq!(permit(&permits, "list_groups", None), Err(NotAllowed::NotShown));
        assert_eq!(permits.permit(None, Effect::Destructive, None, true), Err(NotAllowed::NotShown));
    }
}
