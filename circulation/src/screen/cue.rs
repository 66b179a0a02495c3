//! Which sound goes with the step from one screen to the next.

use super::{
    Account, Card, CardStep, Line, Page, Progress, Renewal, Row, Screen, Seen, SpineState, Stocktaking,
};
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
    /// The visit is over, and the card still lies there.
    CardLeft,
}

/// The sound that goes with a step: at most one. Of several things at once, what was refused is heard, then what was
/// done.
#[must_use]
pub fn cue(before: &Screen, after: &Screen) -> Option<Cue> {
    if let (old, Page::Done(new)) = (&before.page, &after.page) {
        let was_left = matches!(old, Page::Done(old) if old.card_left);
        return (new.card_left && !was_left).then_some(Cue::CardLeft);
    }
    let heard = match (&before.page, &after.page) {
        (Page::Visit(old), Page::Visit(new)) => lines(&old.lines, &new.lines),
        (_, Page::Visit(new)) => lines(&[], &new.lines),
        (Page::Identify(old), Page::Identify(new)) => problem(old.problem.as_ref(), new.problem.as_ref()),
        (Page::Account(old), Page::Account(new)) => renewals(old, new),
        (Page::Stocktake(old), Page::Stocktake(new)) => stocktake(old, new),
        (Page::Card(old), Page::Card(new)) => card(old, new),
        (
            _,
            Page::Welcome(_)
            | Page::Identify(_)
            | Page::Account(_)
            | Page::Find(_)
            | Page::Title(_)
            | Page::About(_)
            | Page::NewCard(_)
            | Page::Done(_)
            | Page::Attention(_)
            | Page::Staff(_)
            | Page::Stocktake(_)
            | Page::Card(_),
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

/// An identity card that is not taken and a page that ends in nothing are heard as something refused; a card that is held out
/// calls whoever looks elsewhere.
fn card(old: &Card, new: &Card) -> Option<Heard> {
    let heard = |card: &Card| match &card.step {
        CardStep::Identity { problem: Some(_), .. } | CardStep::Refused { .. } => Some(Heard::Refused),
        CardStep::Done { .. } => Some(Heard::Done),
        CardStep::Take => Some(Heard::Placed),
        CardStep::Identity { problem: None, .. }
        | CardStep::Menu { .. }
        | CardStep::Consent { .. }
        | CardStep::Name { .. }
        | CardStep::Number { .. }
        | CardStep::Asking
        | CardStep::HasCard { .. }
        | CardStep::Types { .. }
        | CardStep::Phone { .. }
        | CardStep::Pin { .. }
        | CardStep::OnPhone { .. }
        | CardStep::Confirm { .. }
        | CardStep::Working(_)
        | CardStep::Pay { .. }
        | CardStep::ForPhone { .. } => None,
    };
    heard(new).filter(|now| heard(old) != Some(*now))
}

/// A book on the wrong shelf is heard as something refused, a shelf that is whole or an item that was found as something done.
/// Each beat of a hunt is one soft sound, so that the ear can follow it.
fn stocktake(old: &Stocktaking, new: &Stocktaking) -> Option<Heard> {
    match (old, new) {
        (Stocktaking::Count(old), Stocktaking::Count(new)) => {
            let last = old.finding.as_ref().map(|seen| seen.number);
            let is_astray = |seen: &Seen| Some(seen.number) != last && seen.state == SpineState::Misplaced;
            if new.finding.as_ref().is_some_and(is_astray) {
                return Some(Heard::Refused);
            }
            let (was, is) = (old.shelf.as_ref()?, new.shelf.as_ref()?);
            let is_whole = |row: &Row| row.gauge.of > 0 && row.gauge.done == row.gauge.of;
            (was.mark == is.mark && !is_whole(was) && is_whole(is)).then_some(Heard::Done)
        }
        (Stocktaking::Hunt(old), Stocktaking::Hunt(new)) => {
            let is_found = new.found.done > old.found.done;
            is_found.then_some(Heard::Done).or_else(|| (new.beat != old.beat).then_some(Heard::Placed))
        }
        (_, Stocktaking::Count(_) | Stocktaking::Shelves(_) | Stocktaking::Hunt(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        AccountState, Done, Entry, Hint, Identify, Language, LoanLine, Look, Opening, PatronView, Place,
        Purpose, Receipt, Telling, Visit, Way, Welcome, Wish,
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
            notice: None,
            page,
        }
    }

    fn line(n: u32, progress: Progress) -> Line {
        let item = Some(ItemId::parse(&format!("LW{n:07}")).unwrap());
        Line { item, title: None, author: None, way: Way::Out, set: None, progress, goes: None }
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

    fn done(card_left: bool) -> Screen {
        screen(Page::Done(Done {
            lines: Vec::new(),
            card_left,
            books_left: false,
            receipt: Receipt::Nothing,
        }))
    }

    #[test]
    fn whoever_forgets_the_card_is_called_once() {
        let visit = visit(&[line(1, DONE)]);
        for (before, after, expected) in [
            (&visit, &done(true), Some(Cue::CardLeft)),
            (&visit, &done(false), None),
            (&done(true), &done(true), None),
            (&done(false), &done(true), Some(Cue::CardLeft)),
            (&done(true), &done(false), None),
        ] {
            assert_eq!(cue(before, after), expected, "\n{before}\n{after}");
        }
    }

    #[test]
    fn one_sound_for_each_step_and_what_was_refused_wins() {
        let refused = Progress::Refused(Reason::OnHold);
        let yours = |renewal| Progress::Yours { due: None, renewal };
        for (before, after, expected) in [
            (visit(&[]), visit(&[line(1, Progress::Working)]), Some(Cue::Placed)),
            (
                screen(Page::Welcome(Welcome::default())),
                visit(&[line(1, Progress::Working)]),
                Some(Cue::Placed),
            ),
            (screen(Page::Welcome(Welcome::default())), visit(&[]), None),
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
            (screen(Page::Welcome(Welcome::default())), account(Renewal::Done), None),
            (identify(None), identify(Some(Reason::WrongPin)), Some(Cue::Refused)),
            (identify(Some(Reason::WrongPin)), identify(Some(Reason::WrongPin)), None),
            (visit(&[line(1, refused)]), screen(Page::Welcome(Welcome::default())), None),
        ] {
            assert_eq!(cue(&before, &after), expected, "\n{before}\n{after}");
        }
    }

    #[test]
    fn a_misplaced_book_a_whole_shelf_and_a_find_are_heard() {
        use super::super::{Count, CountState, Ears, Gauge, Hunting, Odd};
        use crate::id::ShelfMark;

        let count = |done, number: u32, state| {
            let seen = |number| Seen { state, item: None, call_number: None, here: None, home: None, number };
            let mark = ShelfMark::parse("CJ-1").unwrap();
            screen(Page::Stocktake(Stocktaking::Count(Count {
                state: CountState::Reading,
                pass: 1,
                passes_needed: 1,
                reader: Ears::Up,
                shelf: Some(Row { mark, spines: Vec::new(), gauge: Gauge::new(done, 2), sweeps: 0 }),
                room: Gauge::default(),
                library: Gauge::default(),
                odd: Odd::default(),
                finding: (number > 0).then(|| seen(number)),
                asks_end: false,
                telling: Telling::No,
            })))
        };
        let hunt = |done, beat| {
            let found = Gauge::new(done, 2);
            screen(Page::Stocktake(Stocktaking::Hunt(Hunting { found, beat, ..Hunting::default() })))
        };
        let (astray, lent) = (SpineState::Misplaced, SpineState::OnLoan);
        for (before, after, heard) in [
            (count(0, 0, astray), count(0, 1, astray), Some(Cue::Refused)),
            (count(0, 1, astray), count(0, 1, astray), None),
            (count(0, 1, astray), count(0, 2, astray), Some(Cue::Refused)),
            (count(0, 0, lent), count(0, 1, lent), None),
            (count(1, 0, lent), count(2, 0, lent), Some(Cue::Done)),
            (count(2, 0, lent), count(2, 0, lent), None),
            (hunt(0, 1), hunt(0, 2), Some(Cue::Placed)),
            (hunt(0, 2), hunt(1, 3), Some(Cue::Done)),
            (count(2, 0, lent), hunt(0, 1), None),
        ] {
            assert_eq!(cue(&before, &after), heard, "{before}\n{after}");
        }
    }
}
