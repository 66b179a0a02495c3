//! Which sound goes with the step from one screen to the next.

use super::{Account, Line, Page, Progress, Renewal, Screen};
use crate::transaction::Reason;

/// A short sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cue {
    /// An item was put on the pad and seen.
    Placed,
    /// Something is done.
    Done,
    /// Something is not done.
    Refused,
}

/// The sound that goes with a step: at most one. Of several things at once, what was refused is heard, then what was
/// done.
#[must_use]
pub fn cue(before: &Screen, after: &Screen) -> Option<Cue> {
    let heard = match (&before.page, &after.page) {
        (Page::Visit(old), Page::Visit(new)) => lines(&old.lines, &new.lines),
        (_, Page::Visit(new)) => lines(&[], &new.lines),
        (Page::Identify(old), Page::Identify(new)) => problem(old.problem.as_ref(), new.problem.as_ref()),
        (Page::Account(old), Page::Account(new)) => renewals(old, new),
        (
            _,
            Page::Welcome
            | Page::Identify(_)
            | Page::Account(_)
            | Page::Find(_)
            | Page::Title(_)
            | Page::About(_)
            | Page::NewCard(_)
            | Page::Done(_)
            | Page::Attention(_)
            | Page::Staff(_),
        ) => None,
    };
    heard.map(|heard| match heard {
        Heard::Placed => Cue::Placed,
        Heard::Done => Cue::Done,
        Heard::Refused => Cue::Refused,
    })
}

/// In the order in which one drowns the other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Heard {
    Placed,
    Done,
    Refused,
}

fn lines(old: &[Line], new: &[Line]) -> Option<Heard> {
    let known =
        |at: usize, line: &Line| old.get(at).filter(|was| was.item == line.item && was.way == line.way);
    new.iter()
        .enumerate()
        .filter_map(|(at, line)| {
            let now = outcome(&line.progress);
            match known(at, line) {
                Some(was) if outcome(&was.progress) == now => None,
                Some(_) => now,
                None => now.or(Some(Heard::Placed)),
            }
        })
        .max()
}

const fn outcome(progress: &Progress) -> Option<Heard> {
    match progress {
        Progress::Working | Progress::Incomplete => None,
        Progress::Done { .. } => Some(Heard::Done),
        Progress::Yours { renewal, .. } => renewed(renewal),
        Progress::Refused(_)
        | Progress::PutBack
        | Progress::Undone
        | Progress::Unclear
        | Progress::Unsecured => Some(Heard::Refused),
    }
}

const fn renewed(renewal: &Renewal) -> Option<Heard> {
    match renewal {
        Renewal::Offered | Renewal::Asking => None,
        Renewal::Done => Some(Heard::Done),
        Renewal::Refused(_) => Some(Heard::Refused),
    }
}

fn problem(old: Option<&Reason>, new: Option<&Reason>) -> Option<Heard> {
    (old.is_none() && new.is_some()).then_some(Heard::Refused)
}

fn renewals(old: &Account, new: &Account) -> Option<Heard> {
    new.loans
        .iter()
        .filter_map(|loan| {
            let was = old.loans.iter().find(|was| was.item == loan.item)?;
            renewed(&loan.renewal).filter(|now| renewed(&was.renewal) != Some(*now))
        })
        .max()
}

#[cfg(test)]
mod tests {
    use super::super::{
        AccountState, Entry, Hint, Identify, Language, LoanLine, Look, Opening, PatronView, Place, Purpose,
        Visit, Way, Wish,
    };
    use super::*;
    use crate::id::ItemId;
    use crate::money::Amount;

    fn screen(page: Page) -> Screen {
        Screen {
            language: Language::Chinese,
            look: Look::default(),
            online: true,
            place: Place::default().into(),
            opening: Opening::Always,
            page,
        }
    }

    fn line(n: u32, progress: Progress) -> Line {
        let item = Some(ItemId::parse(&format!("LW{n:07}")).unwrap());
        Line { item, title: None, author: None, way: Way::Out, set: None, progress }
    }

    fn visit(lines: &[Line]) -> Screen {
        screen(Page::Visit(Visit {
            purpose: Purpose::Borrow,
            patron: None,
            lines: lines.to_vec(),
            hint: Hint::Wait,
            seconds_left: None,
        }))
    }

    fn account(renewal: Renewal) -> Screen {
        let patron = PatronView { name: String::new(), card: String::new(), n_loans: None, loan_limit: None };
        let item = ItemId::parse("LW0000001").unwrap();
        let loan = LoanLine { item, title: None, author: None, due: None, overdue: false, renewal };
        screen(Page::Account(Account {
            patron,
            state: AccountState::Known,
            loans: vec![loan],
            holds: Vec::new(),
            debt: Amount::default(),
            seconds_left: None,
        }))
    }

    fn identify(problem: Option<Reason>) -> Screen {
        screen(Page::Identify(Identify {
            entry: Entry::Card,
            wish: Wish::Borrow,
            n_waiting: 0,
            busy: false,
            problem,
            seconds_left: None,
        }))
    }

    const DONE: Progress = Progress::Done { due: None, provisional: false };

    #[test]
    fn one_sound_for_each_step_and_what_was_refused_wins() {
        let refused = Progress::Refused(Reason::OnHold);
        let yours = |renewal| Progress::Yours { due: None, renewal };
        for (before, after, expected) in [
            (visit(&[]), visit(&[line(1, Progress::Working)]), Some(Cue::Placed)),
            (screen(Page::Welcome), visit(&[line(1, Progress::Working)]), Some(Cue::Placed)),
            (screen(Page::Welcome), visit(&[]), None),
            (visit(&[line(1, Progress::Working)]), visit(&[line(1, DONE)]), Some(Cue::Done)),
            (visit(&[line(1, DONE)]), visit(&[line(1, DONE)]), None),
            (visit(&[line(1, DONE)]), visit(&[line(1, DONE), line(2, Progress::Working)]), Some(Cue::Placed)),
            (
                visit(&[line(1, Progress::Working), line(2, Progress::Working)]),
                visit(&[line(1, DONE), line(2, refused.clone()), line(3, Progress::Working)]),
                Some(Cue::Refused),
            ),
            (
                visit(&[line(1, Progress::Working)]),
                visit(&[line(1, DONE), line(2, Progress::Working)]),
                Some(Cue::Done),
            ),
            (visit(&[]), visit(&[line(1, refused.clone())]), Some(Cue::Refused)),
            (visit(&[line(1, Progress::PutBack)]), visit(&[line(1, Progress::Undone)]), None),
            (visit(&[line(1, Progress::Working)]), visit(&[line(1, Progress::PutBack)]), Some(Cue::Refused)),
            // Another visit begins with another book.
            (visit(&[line(1, DONE)]), visit(&[line(2, DONE)]), Some(Cue::Done)),
            (visit(&[]), visit(&[line(1, yours(Renewal::Offered))]), Some(Cue::Placed)),
            (
                visit(&[line(1, yours(Renewal::Asking))]),
                visit(&[line(1, yours(Renewal::Done))]),
                Some(Cue::Done),
            ),
            (account(Renewal::Asking), account(Renewal::Refused(Reason::OnHold)), Some(Cue::Refused)),
            (account(Renewal::Offered), account(Renewal::Asking), None),
            (screen(Page::Welcome), account(Renewal::Done), None),
            (identify(None), identify(Some(Reason::WrongPin)), Some(Cue::Refused)),
            (identify(Some(Reason::WrongPin)), identify(Some(Reason::WrongPin)), None),
            (visit(&[line(1, refused)]), screen(Page::Welcome), None),
        ] {
            assert_eq!(cue(&before, &after), expected, "\n{before}\n{after}");
        }
    }
}
