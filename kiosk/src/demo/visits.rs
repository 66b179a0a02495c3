//! The visits that the demo can play, as data.

use circulation::screen::{
    AccountState, CardStep, CountState, Page, Progress, Receipt, Renewal, Screen, StocktakeTouch,
    Stocktaking, Style, Touch, Way,
};

mod cards;

use super::world::{BOOKS, CARD};
use crate::failure::Failure;

/// One visit.
#[derive(Debug)]
pub struct Visit {
    /// its name on the command line
    pub name: &'static str,
    /// one sentence
    pub about: &'static str,
    /// what the library allows
    pub(crate) library: Library,
    /// what happens
    pub(crate) steps: &'static [Step],
}

/// What the library of a visit allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Library {
    /// What the defaults say.
    Plain,
    /// It lends while central is silent.
    Lends,
    /// Books can be looked for.
    Finds,
    /// Library cards are made.
    Cards,
    /// No kiosk: a cart with a tablet goes along modelled shelves.
    Counts,
}

/// One step of a visit.
#[derive(Debug)]
pub(crate) enum Step {
    /// A sentence of the story.
    Tell(&'static str),
    /// Things are put on the pad.
    Put(&'static [&'static str]),
    /// Things are taken off the pad.
    Take(&'static [&'static str]),
    /// A touch on the screen.
    Touch(Touch),
    /// Letters typed on the screen's keyboard, one after another.
    Type(&'static str),
    /// A word to the emulated reader.
    Reader(&'static str),
    /// A word to the emulated reader of identity cards.
    IdReader(&'static str),
    /// A word to the emulated printer.
    Printer(&'static str),
    /// The story shows the next receipt that came out of the printer.
    Receipt,
    /// Central dies.
    KillCentral,
    /// Central comes back.
    RestartCentral,
    /// The story goes on when the screen is like this.
    Until(Sight),
    /// What each tag and its gate bits are now.
    Bits,
    /// The story goes on when the cart is at the end of its way.
    Walked,
    /// What the count has found.
    Report,
}

/// What a screen is awaited to be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sight {
    /// Nobody is here.
    Welcome,
    /// A patron is known.
    Patron,
    /// All lines are final, and so many are done and refused.
    Lines { out: usize, back: usize, not: usize },
    /// The last page of a visit.
    Done,
    /// The same, and the receipt is so far.
    Printed(Receipt),
    /// A book is to be put back.
    PutBack,
    /// Somebody has to do something.
    Attention,
    /// Central is known to be silent, or to answer.
    Online(bool),
    /// Loans are shown, and so many of them are renewed.
    Loans { n: usize, renewed: usize },
    /// Titles were found.
    Found,
    /// One title is shown, with where it stands.
    Title,
    /// Large letters.
    Large,
    /// A page about a library card whose words begin so.
    Card(&'static str),
    /// A shelf is shown, and a pass goes on, or not.
    Count(CountState),
    /// Ending the pass was asked.
    AsksEnd,
    /// So many of those that are looked for are found.
    Hunted(u32),
}

/// The visits, the default first.
pub const VISITS: &[Visit] = &[
    Visit {
        name: super::DEFAULT_VISIT,
        about: "one reader borrows a stack of five books, one of which is refused, and returns the rest",
        library: Library::Plain,
        steps: &[
            Step::Tell("Nobody is here."),
            Step::Until(Sight::Welcome),
            Step::Tell("A reader lays the card on the pad, and nothing else is asked."),
            Step::Put(&[CARD]),
            Step::Until(Sight::Patron),
            Step::Tell("A stack of five books is put beside it."),
            Step::Put(&BOOKS),
            Step::Until(Sight::Lines { out: 4, back: 0, not: 1 }),
            Step::Bits,
            Step::Tell("The reader takes books and card away."),
            Step::Take(&["all"]),
            Step::Until(Sight::Done),
            Step::Tell("A receipt is offered; the reader wants it on paper."),
            Step::Touch(Touch::Print),
            Step::Until(Sight::Printed(Receipt::Printed)),
            Step::Receipt,
            Step::Until(Sight::Welcome),
            Step::Tell("A month later the four books come back. A return needs no card."),
            Step::Put(&["LW0000001", "LW0000002", "LW0000003", "LW0000004"]),
            Step::Until(Sight::Lines { out: 0, back: 4, not: 0 }),
            Step::Bits,
            Step::Tell("The books go to the shelf trolley."),
            Step::Take(&["all"]),
            Step::Until(Sight::Done),
            Step::Until(Sight::Welcome),
        ],
    },
    Visit {
        name: "no-paper",
        about: "the printer runs out of paper in the middle of a receipt, which goes to the phone instead",
        library: Library::Plain,
        steps: &[
            Step::Until(Sight::Welcome),
            Step::Put(&[CARD, "LW0000001", "LW0000002"]),
            Step::Until(Sight::Lines { out: 2, back: 0, not: 0 }),
            Step::Take(&["all"]),
            Step::Until(Sight::Done),
            Step::Printer("paper 6"),
            Step::Touch(Touch::Print),
            Step::Until(Sight::Printed(Receipt::NoPaper)),
            Step::Tell("What the printer still holds of it is dropped: the next reader must not find it."),
            Step::Touch(Touch::Code),
            Step::Until(Sight::Printed(Receipt::Code)),
            Step::Tell("Staff puts a new roll in."),
            Step::Printer("paper roll"),
            Step::Touch(Touch::Finish),
            Step::Until(Sight::Welcome),
            Step::Put(&["LW0000001"]),
            Step::Until(Sight::Lines { out: 0, back: 1, not: 0 }),
            Step::Take(&["all"]),
            Step::Until(Sight::Done),
            Step::Touch(Touch::Print),
            Step::Until(Sight::Printed(Receipt::Printed)),
            Step::Receipt,
            Step::Until(Sight::Welcome),
        ],
    },
    Visit {
        name: "pulled-off",
        about: "a book is pulled off the pad before its bit was written, and the loan is undone",
        library: Library::Plain,
        steps: &[
            Step::Until(Sight::Welcome),
            Step::Tell(
                "A reader lays the card and a book on the pad, and pulls the book off at the worst moment.",
            ),
            Step::Reader("on afi LW0000001 take"),
            Step::Put(&[CARD, "LW0000001"]),
            Step::Until(Sight::PutBack),
            Step::Tell("The book does not come back. Central is asked to undo the loan."),
            Step::Until(Sight::Lines { out: 0, back: 0, not: 1 }),
            Step::Bits,
            Step::Take(&["all"]),
            Step::Until(Sight::Welcome),
        ],
    },
    Visit {
        name: "put-back",
        about: "a book is pulled off the pad too early, put back in time, and lent",
        library: Library::Plain,
        steps: &[
            Step::Until(Sight::Welcome),
            Step::Tell("A reader lays the card and a book on the pad, and lifts the book too early."),
            Step::Reader("on afi LW0000002 take"),
            Step::Put(&[CARD, "LW0000002"]),
            Step::Until(Sight::PutBack),
            Step::Tell("The screen asks for it, and the reader puts it back."),
            Step::Put(&["LW0000002"]),
            Step::Until(Sight::Lines { out: 1, back: 0, not: 0 }),
            Step::Bits,
            Step::Take(&["all"]),
            Step::Until(Sight::Welcome),
        ],
    },
    Visit {
        name: "night",
        about: "central is silent, and the library lends all the same: within limits, told later",
        library: Library::Lends,
        steps: &[
            Step::Until(Sight::Welcome),
            Step::Tell("A book is lent as ever, while the kiosk gets its copy of patrons, items and rules."),
            Step::Put(&[CARD, "LW0000004"]),
            Step::Until(Sight::Lines { out: 1, back: 0, not: 0 }),
            Step::Take(&["all"]),
            Step::Until(Sight::Welcome),
            Step::Tell("Central loses power. A reader comes all the same, with the card and four books."),
            Step::KillCentral,
            Step::Put(&[CARD]),
            Step::Until(Sight::Patron),
            Step::Put(&["LW0000001", "LW0000002", "LW0000003", "LW0000005"]),
            Step::Tell(
                "Two are lent with a provisional date, as many as this library allows without central.",
            ),
            Step::Until(Sight::Lines { out: 2, back: 0, not: 2 }),
            Step::Bits,
            Step::Take(&["all"]),
            Step::Until(Sight::Welcome),
            Step::Tell("In the morning central comes back, and is told."),
            Step::RestartCentral,
            Step::Until(Sight::Online(true)),
        ],
    },
    Visit {
        name: "central-down",
        about: "central dies in the middle: loans are refused, returns are taken and told later",
        library: Library::Plain,
        steps: &[
            Step::Until(Sight::Welcome),
            Step::Put(&[CARD, "LW0000001"]),
            Step::Until(Sight::Lines { out: 1, back: 0, not: 0 }),
            Step::Tell("Central loses power. Another book is put on the pad."),
            Step::KillCentral,
            Step::Put(&["LW0000002"]),
            Step::Until(Sight::Lines { out: 1, back: 0, not: 1 }),
            Step::Take(&["all"]),
            Step::Until(Sight::Welcome),
            Step::Tell("Somebody brings a book back all the same."),
            Step::Put(&["LW0000001"]),
            Step::Until(Sight::Lines { out: 0, back: 1, not: 0 }),
            Step::Bits,
            Step::Take(&["all"]),
            Step::Until(Sight::Welcome),
            Step::Tell("Central comes back and is told of the return."),
            Step::RestartCentral,
            Step::Until(Sight::Online(true)),
            Step::Tell("The same reader can borrow the same book again, so central knows."),
            Step::Put(&[CARD, "LW0000001"]),
            Step::Until(Sight::Lines { out: 1, back: 0, not: 0 }),
            Step::Take(&["all"]),
            Step::Until(Sight::Welcome),
        ],
    },
    Visit {
        name: "account",
        about: "a reader looks at the own loans and renews one",
        library: Library::Plain,
        steps: &[
            Step::Until(Sight::Welcome),
            Step::Tell("A reader touches \"my loans\", and is asked for a card."),
            Step::Touch(Touch::Account),
            Step::Put(&[CARD]),
            Step::Until(Sight::Loans { n: 2, renewed: 0 }),
            Step::Tell("The first one is due soon. One touch renews it."),
            Step::Touch(Touch::Renew(0)),
            Step::Until(Sight::Loans { n: 2, renewed: 1 }),
            Step::Take(&["all"]),
            Step::Touch(Touch::Finish),
            Step::Until(Sight::Welcome),
        ],
    },
    Visit {
        name: "find",
        about: "a reader looks for a book by the first letters of its pinyin, and is told where it stands",
        library: Library::Finds,
        steps: &[
            Step::Until(Sight::Welcome),
            Step::Tell("A book is lent, while the kiosk gets its copy of the catalogue."),
            Step::Put(&[CARD, "LW0000004"]),
            Step::Until(Sight::Lines { out: 1, back: 0, not: 0 }),
            Step::Take(&["all"]),
            Step::Until(Sight::Welcome),
            Step::Tell("The next reader wants to read the Dream of the Red Chamber, hong lou meng."),
            Step::Touch(Touch::Find),
            Step::Type("hlm"),
            Step::Until(Sight::Found),
            Step::Touch(Touch::Open(0)),
            Step::Until(Sight::Title),
            Step::Touch(Touch::Cancel),
            Step::Until(Sight::Welcome),
        ],
    },
    Visit {
        name: "large",
        about: "an old reader chooses large letters and borrows two books, with twice the time",
        library: Library::Plain,
        steps: &[
            Step::Until(Sight::Welcome),
            Step::Touch(Touch::Style(Style::Large)),
            Step::Until(Sight::Large),
            Step::Put(&[CARD]),
            Step::Until(Sight::Patron),
            Step::Put(&["LW0000001", "LW0000002"]),
            Step::Until(Sight::Lines { out: 2, back: 0, not: 0 }),
            Step::Bits,
            Step::Take(&["all"]),
            Step::Until(Sight::Done),
            Step::Until(Sight::Welcome),
        ],
    },
    Visit {
        name: "unplugged",
        about: "the reader is unplugged in the middle of a visit and plugged in again",
        library: Library::Plain,
        steps: &[
            Step::Until(Sight::Welcome),
            Step::Put(&[CARD, "LW0000003"]),
            Step::Until(Sight::Lines { out: 1, back: 0, not: 0 }),
            Step::Tell("A cleaner pulls the reader's plug."),
            Step::Reader("unplug"),
            Step::Until(Sight::Attention),
            Step::Tell("The plug goes back, and the visit goes on."),
            Step::Reader("plug"),
            Step::Put(&["LW0000004"]),
            Step::Until(Sight::Lines { out: 2, back: 0, not: 0 }),
            Step::Bits,
            Step::Take(&["all"]),
            Step::Until(Sight::Welcome),
        ],
    },
    cards::NEW_CARD,
    Visit {
        name: "stocktake",
        about: "a cart with a tablet goes twice along six shelves, and a book that is missing is hunted",
        library: Library::Counts,
        steps: &[
            Step::Tell("A cart with a UHF antenna and a tablet stands before the first shelf."),
            Step::Until(Sight::Count(CountState::Idle)),
            Step::Touch(Touch::Stocktake(StocktakeTouch::Begin)),
            Step::Until(Sight::Count(CountState::Reading)),
            Step::Tell("It is pushed along: each book that is heard takes colour."),
            Step::Walked,
            END,
            Step::Until(Sight::AsksEnd),
            END,
            Step::Until(Sight::Count(CountState::Idle)),
            Step::Tell("One pass may miss a tag: a book is called missing only after a second one."),
            Step::Touch(Touch::Stocktake(StocktakeTouch::Begin)),
            Step::Until(Sight::Count(CountState::Reading)),
            Step::Walked,
            END,
            Step::Until(Sight::AsksEnd),
            END,
            Step::Until(Sight::Count(CountState::Idle)),
            Step::Tell("What the last shelf lacks is looked for: a reader has left it on a table."),
            Step::Touch(Touch::Stocktake(StocktakeTouch::Find)),
            Step::Until(Sight::Hunted(1)),
            Step::Touch(Touch::Back),
            Step::Until(Sight::Count(CountState::Idle)),
            Step::Report,
        ],
    },
];

const END: Step = Step::Touch(Touch::Stocktake(StocktakeTouch::Close));

/// The visit of this name.
///
/// # Errors
/// [`Failure::NoVisit`], which names all there are.
pub fn find(name: &str) -> Result<&'static Visit, Failure> {
    VISITS.iter().find(|visit| visit.name == name).ok_or_else(|| Failure::NoVisit {
        name: name.to_owned(),
        known: VISITS.iter().map(|visit| visit.name).collect::<Vec<_>>().join(", "),
    })
}

impl Sight {
    /// Whether the screen is like this.
    pub(crate) fn is_seen(self, screen: &Screen) -> bool {
        match (self, &screen.page) {
            (Self::Welcome, Page::Welcome(_)) | (Self::Done, Page::Done(_)) => true,
            (Self::Printed(receipt), Page::Done(done)) => done.receipt == receipt,
            (Self::Printed(receipt), Page::Card(card)) => {
                matches!(&card.step, CardStep::Done { receipt: is, .. } if *is == receipt)
            }
            (Self::Attention, Page::Attention(_)) => true,
            (Self::Patron, Page::Visit(visit)) => visit.patron.is_some(),
            (Self::PutBack, Page::Visit(visit)) => {
                visit.lines.iter().any(|line| line.progress == Progress::PutBack)
            }
            (Self::Lines { out, back, not }, Page::Visit(visit)) => {
                let done = |way| visit.lines.iter().filter(|line| line.way == way && line.is_done()).count();
                visit.lines.iter().all(|line| line.progress.is_final())
                    && done(Way::Out) == out
                    && done(Way::In) == back
                    && visit.lines.len() == out.saturating_add(back).saturating_add(not)
            }
            (Self::Online(online), _) => screen.online == online,
            (Self::Large, _) => screen.look.style == Style::Large,
            (Self::Loans { n, renewed }, Page::Account(account)) => {
                let done = account.loans.iter().filter(|loan| loan.renewal == Renewal::Done).count();
                account.state == AccountState::Known && account.loans.len() == n && done == renewed
            }
            (Self::Found, Page::Find(find)) => !find.hits.is_empty(),
            (Self::Card(begin), Page::Card(card)) => card.step.to_string().starts_with(begin),
            (Self::Title, Page::Title(title)) => !title.holdings.is_empty(),
            (Self::Count(state), Page::Stocktake(Stocktaking::Count(count))) => count.state == state,
            (Self::AsksEnd, Page::Stocktake(Stocktaking::Count(count))) => count.asks_end,
            (Self::Hunted(n), Page::Stocktake(Stocktaking::Hunt(hunt))) => hunt.found.done == n,
            (
                Self::Welcome
                | Self::Done
                | Self::Printed(_)
                | Self::Attention
                | Self::Patron
                | Self::PutBack
                | Self::Loans { .. }
                | Self::Found
                | Self::Title
                | Self::Card(_)
                | Self::Count(_)
                | Self::AsksEnd
                | Self::Hunted(_)
                | Self::Lines { .. },
                _,
            ) => false,
        }
    }
}
