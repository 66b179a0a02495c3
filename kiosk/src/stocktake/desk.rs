//! What a session knows and does: the pass, the board that follows it, and the page that is shown.
//!
//! **Rules**
//! - What is shown was written down before ([`Pass::tell`]).
//! - A hunt interrupts the pass: the reader whispers while it lasts, and what it does not hear then says nothing of a shelf.
//! - The board is set right by a report at each pause and end; while a pass goes on at each shelf, if a report is [`QUICK`].

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use circulation::call_number::CallNumber;
use circulation::hunt::{Hunt, Input as HuntInput, Output as HuntOutput, Settings, Wanted};
use circulation::id::{ItemId, ShelfMark};
use circulation::screen::{
    Count, CountState, Ears, Gauge, Page, Screen, StocktakeTouch as Act, Stocktaking, Telling, Touch,
};
use circulation::sighting::LastSeen;
use circulation::stocktake::{Board, Input, ItemNo, Output, Plan, ShelfNo, State};
use rfid_driver::port::{Command, PowerOutcome, ReaderEvent};
use stocktaking::{Folder, Pass, StocktakeError};
use sync_client::central::Central;

use super::chase::Chase;
use super::library::{News, Wish};
use super::now;
use crate::failure::Failure;

/// A session.
#[derive(Debug)]
pub(super) struct Desk {
    folder: Folder,
    pass: Pass,
    board: Board,
    /// how long the last report took
    report_took: Duration,
    reader: Ears,
    /// everything but the page
    around: Screen,
    shown: Shown,
    /// the powers of the reader, in dBm, from full to least
    powers: Vec<i8>,
    commands: Vec<Command>,
    n_requests: u64,
    /// the library's system, if somebody said where it is
    client: Option<Central>,
    telling: Telling,
    /// where it saw what is looked for
    seen: BTreeMap<ItemId, LastSeen>,
    wishes: Vec<Wish>,
    is_changed: bool,
    is_over: bool,
}

/// The page that is shown.
#[derive(Debug)]
enum Shown {
    Count { asks_end: bool },
    Shelves { first: usize },
    Hunt(Box<Chase>),
}

impl Desk {
    /// Takes a stocktake into hand. A pass that was cut off goes on at once: whoever starts again stands there.
    ///
    /// # Errors
    /// [`Failure::Stocktake`]: somebody else reads, or the folder cannot be read.
    pub(super) fn open(folder: Folder, powers: Vec<i8>, around: Screen) -> Result<Self, Failure> {
        let pass = Pass::open(&folder, now())?;
        Pass::sign(&folder)?;
        let begun = now();
        let board = Board::new(pass.stocktake());
        let mut desk = Self {
            folder,
            pass,
            board,
            report_took: now().saturating_duration_since(begun),
            reader: Ears::Starting,
            around,
            shown: Shown::Count { asks_end: false },
            powers,
            commands: Vec::new(),
            n_requests: 0,
            client: None,
            telling: Telling::No,
            seen: BTreeMap::new(),
            wishes: Vec::new(),
            is_changed: true,
            is_over: false,
        };
        if desk.pass.lost().was_cut {
            desk.tell(Input::Resume)?;
        }
        Ok(desk)
    }

    /// Has it know the library's system.
    pub(super) fn belongs_to(&mut self, client: Option<Central>) {
        self.client = client;
    }

    /// Takes what the library's system tells.
    ///
    /// # Errors
    /// [`Failure::Stocktake`]: what it was told cannot be noted.
    pub(super) fn learn(&mut self, news: News) -> Result<(), Failure> {
        match news {
            News::Telling(telling) => self.telling = telling,
            News::Seen(seen) => self.seen.extend(seen),
            News::Failed(why) => return Err(why),
        }
        self.is_changed = true;
        Ok(())
    }

    /// Takes what the reader tells.
    ///
    /// # Errors
    /// [`Failure::Stocktake`]: the journal cannot be written.
    pub(super) fn hear(&mut self, event: &ReaderEvent) -> Result<(), Failure> {
        let seen: Vec<_> = stocktaking::heard(event, self.pass.marks()).collect();
        for sighting in seen {
            match &mut self.shown {
                Shown::Hunt(_) => self.hunt(HuntInput::Seen(sighting)),
                Shown::Count { .. } | Shown::Shelves { .. } => self.tell(Input::Seen(sighting))?,
            }
        }
        match event {
            ReaderEvent::Up(_) => self.reader_is(Ears::Up),
            ReaderEvent::Down(_) => self.reader_is(Ears::Down),
            ReaderEvent::Power { request: Some(_), centi_dbm, outcome: PowerOutcome::Set } => {
                self.hunt(HuntInput::Powered(i8::try_from(centi_dbm / 100).unwrap_or(i8::MAX)));
            }
            ReaderEvent::Heard(_)
            | ReaderEvent::Arrived(_)
            | ReaderEvent::Departed { .. }
            | ReaderEvent::Complete { .. }
            | ReaderEvent::Wrote { .. }
            | ReaderEvent::Programmed { .. }
            | ReaderEvent::Dumped { .. }
            | ReaderEvent::Power { .. }
            | ReaderEvent::Trouble(_)
            | ReaderEvent::TroubleOver(_) => {}
        }
        Ok(())
    }

    /// Takes a touch. What no page of a stocktake has means nothing.
    ///
    /// # Errors
    /// As [`Self::hear`].
    pub(super) fn touch(&mut self, touch: Touch) -> Result<(), Failure> {
        self.is_changed = true;
        if let Touch::Stocktake(act) = touch {
            return self.act(act);
        }
        let (around, shown) = (&mut self.around, &mut self.shown);
        if let Touch::Language(language) = touch {
            around.language = language;
        } else if let Touch::Style(style) = touch {
            around.look.style = style;
        } else if let Touch::HighContrast(on) = touch {
            around.look.high_contrast = on;
        } else if let Touch::Low(on) = touch {
            around.look.low = on;
        } else if let Touch::Turn { next } = touch {
            let n_all = match shown {
                Shown::Count { .. } => return Ok(()),
                Shown::Shelves { .. } => self.pass.stocktake().plan().shelves().count(),
                Shown::Hunt(chase) => chase.n_all(),
            };
            let first = match shown {
                Shown::Count { .. } => return Ok(()),
                Shown::Shelves { first } => first,
                Shown::Hunt(chase) => &mut chase.first,
            };
            *first = turn(*first, n_all, next);
        } else if touch == Touch::Back {
            self.back();
        }
        Ok(())
    }

    /// Somebody says before which shelf the reader stands. One that is not in the plan means nothing.
    ///
    /// # Errors
    /// As [`Self::hear`].
    pub(super) fn stand_before(&mut self, mark: &ShelfMark) -> Result<(), Failure> {
        match self.pass.stocktake().plan().find_shelf(mark) {
            Some(shelf) => self.at_shelf(shelf),
            None => Ok(()),
        }
    }

    /// Does what time brings.
    ///
    /// # Errors
    /// As [`Self::hear`].
    pub(super) fn go_on(&mut self, now: Instant) -> Result<(), Failure> {
        if self.pass.deadline().is_some_and(|due| due <= now) {
            self.pass.sync()?;
        }
        if let Shown::Hunt(chase) = &mut self.shown {
            self.is_changed |= chase.beat(now);
            if chase.hunt.deadline().is_some_and(|due| due <= now) {
                self.hunt(HuntInput::Tick);
            }
        }
        Ok(())
    }

    /// When [`Self::go_on`] is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let chase = if let Shown::Hunt(chase) = &self.shown { Some(chase) } else { None };
        let hunt = chase.and_then(|chase| chase.hunt.deadline());
        [self.pass.deadline(), hunt, chase.and_then(|chase| chase.next_beat)].into_iter().flatten().min()
    }

    /// What the reader is to do.
    pub(super) fn commands(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.commands)
    }

    /// What is wanted of the library's system.
    pub(super) fn wishes(&mut self) -> Vec<Wish> {
        std::mem::take(&mut self.wishes)
    }

    /// Whether the screen may be another one than the last.
    pub(super) const fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// Whether somebody has left.
    pub(super) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// The screen as it is now.
    pub(super) fn screen(&mut self) -> Screen {
        self.is_changed = false;
        let stocktake = self.pass.stocktake();
        let page = match &self.shown {
            Shown::Count { asks_end } => {
                let count = self.board.count(stocktake, self.reader, *asks_end);
                Stocktaking::Count(Count { telling: self.telling(&count), ..count })
            }
            Shown::Shelves { first } => {
                Stocktaking::Shelves(self.board.shelves(stocktake.plan(), *first, ROWS))
            }
            Shown::Hunt(chase) => {
                let mut hunting = chase.page(self.reader, ROWS);
                for line in hunting.rows.iter_mut().chain(&mut hunting.now) {
                    line.seen = self.seen.get(&line.item).cloned();
                }
                Stocktaking::Hunt(hunting)
            }
        };
        Screen { page: Page::Stocktake(page), ..self.around.clone() }
    }

    /// Interrupts a pass that reads, and puts everything on the disk.
    ///
    /// # Errors
    /// As [`Self::hear`].
    pub(super) fn rest(&mut self) -> Result<(), Failure> {
        self.shown = Shown::Count { asks_end: false };
        if self.pass.stocktake().state() == State::Reading {
            self.tell(Input::Pause)?;
        }
        Ok(self.pass.sync()?)
    }

    fn act(&mut self, act: Act) -> Result<(), Failure> {
        let state = self.pass.stocktake().state();
        match act {
            Act::Begin => {
                self.stop_telling();
                self.tell(Input::Begin)?;
            }
            Act::Pause => self.tell(Input::Pause)?,
            Act::Resume => self.tell(Input::Resume)?,
            Act::Shelves => {
                let shown = self.board.shown().and_then(|shelf| usize::try_from(shelf.0).ok()).unwrap_or(0);
                // The one in hand in sight, and the one before it.
                self.shown = Shown::Shelves { first: shown.saturating_sub(1) };
            }
            Act::Shelf(row) => {
                let Shown::Shelves { first } = self.shown else { return Ok(()) };
                if let Ok(shelf) = u32::try_from(first.saturating_add(row)) {
                    self.at_shelf(ShelfNo(shelf))?;
                }
            }
            Act::Find => {
                if state == State::Reading {
                    self.tell(Input::Pause)?;
                }
                self.chase();
            }
            Act::Found => self.close_sought(true),
            Act::Skip => self.close_sought(false),
            Act::Tell => self.tell_library()?,
            Act::StopTelling => self.wishes.push(Wish::Stop),
            Act::Close if state == State::Idle => self.is_over = true,
            Act::Close => match self.shown {
                Shown::Count { asks_end: true } => {
                    self.shown = Shown::Count { asks_end: false };
                    self.tell(Input::End)?;
                }
                Shown::Count { asks_end: false } | Shown::Shelves { .. } | Shown::Hunt(_) => {
                    self.back();
                    self.shown = Shown::Count { asks_end: true };
                }
            },
        }
        Ok(())
    }

    /// How the library's system is told. While a pass goes on it is not.
    fn telling(&self, count: &Count) -> Telling {
        if count.state != CountState::Idle || count.pass == 0 || self.client.is_none() {
            return Telling::No;
        }
        match &self.telling {
            Telling::No => Telling::Offered(count.library.done),
            telling @ (Telling::Offered(_)
            | Telling::Going { .. }
            | Telling::Done { .. }
            | Telling::Stopped { .. }) => telling.clone(),
        }
    }

    /// Begins to tell it, or goes on.
    fn tell_library(&mut self) -> Result<(), Failure> {
        let count = self.board.count(self.pass.stocktake(), self.reader, false);
        let is_offered = match self.telling(&count) {
            Telling::No | Telling::Going { .. } => false,
            Telling::Offered(_) | Telling::Done { .. } | Telling::Stopped { .. } => true,
        };
        let Some(client) = self.client.clone().filter(|_| is_offered) else { return Ok(()) };
        let of = (&self.folder, self.pass.stocktake());
        let telling = stocktaking::Telling::begin(of, client, None, self.folder.noted_at())?;
        let n_items = u32::try_from(telling.n_items()).unwrap_or(u32::MAX);
        self.telling = Telling::Going { gauge: Gauge::new(0, n_items), seconds_left: None };
        self.wishes.push(Wish::Tell(Box::new(telling)));
        Ok(())
    }

    /// What is counted now is told anew.
    fn stop_telling(&mut self) {
        self.wishes.push(Wish::Stop);
        self.telling = Telling::No;
    }

    fn at_shelf(&mut self, shelf: ShelfNo) -> Result<(), Failure> {
        if self.pass.stocktake().plan().mark(shelf).is_none() {
            return Ok(());
        }
        self.back();
        self.is_changed = true;
        if self.pass.stocktake().state() == State::Reading {
            return Ok(self.tell(Input::AtShelf(shelf))?);
        }
        // Nobody reads: it is only looked at.
        self.board.show(shelf);
        Ok(())
    }

    /// Back to the shelf in hand. After a hunt the reader speaks up again.
    fn back(&mut self) {
        let before = std::mem::replace(&mut self.shown, Shown::Count { asks_end: false });
        if let (Shown::Hunt(_), Some(full)) = (before, self.powers.first().copied()) {
            self.power(full);
        }
    }

    /// Tells the machine, and has the board follow.
    fn tell(&mut self, input: Input) -> Result<(), StocktakeError> {
        let told = self.pass.tell(now(), input.clone())?;
        self.board.take(self.pass.stocktake().plan(), &input, &told.outputs);
        let is_shelf = told.outputs.iter().any(|output| matches!(output, Output::Shelf { .. }));
        let has_stopped = told.is_kept && matches!(input, Input::Pause | Input::End);
        if has_stopped {
            self.pass.sync()?;
        }
        if has_stopped || (is_shelf && self.report_took < QUICK) {
            let begun = now();
            self.board.settle(self.pass.stocktake(), &self.pass.stocktake().report());
            self.report_took = now().saturating_duration_since(begun);
        }
        self.is_changed |= told.is_kept || !told.outputs.is_empty();
        Ok(())
    }

    fn reader_is(&mut self, reader: Ears) {
        self.reader = reader;
        self.is_changed = true;
    }

    /// Looks for what the shelf that is shown misses; without one, for all that is missed.
    fn chase(&mut self) {
        let plan = self.pass.stocktake().plan();
        let wanted: Vec<Wanted> =
            self.board.sought(self.board.shown()).into_iter().filter_map(|item| wanted(plan, item)).collect();
        if self.client.is_some() {
            self.wishes.push(Wish::Look(wanted.iter().map(|wanted| wanted.item.clone()).collect()));
        }
        let shelves: Vec<ShelfMark> = plan.shelves().map(|(_, mark)| mark.clone()).collect();
        let settings = Settings { powers_dbm: self.powers.clone(), ..Settings::default() };
        let hunt = Hunt::new(settings, wanted, shelves);
        self.shown = Shown::Hunt(Box::new(Chase::of(hunt)));
        if let Some(full) = self.powers.first().copied() {
            self.power(full);
        }
    }

    fn close_sought(&mut self, is_found: bool) {
        let Shown::Hunt(chase) = &self.shown else { return };
        if let Some(wanted) = chase.hunt.now() {
            self.hunt(HuntInput::Close { wanted, is_found });
        }
    }

    fn hunt(&mut self, input: HuntInput) {
        let Shown::Hunt(chase) = &mut self.shown else { return };
        let mut out = Vec::new();
        chase.hunt.handle(now(), input, &mut out);
        self.is_changed = true;
        for output in out {
            if let HuntOutput::Power(dbm) = output {
                self.power(dbm);
            }
        }
    }

    fn power(&mut self, dbm: i8) {
        let request = self.n_requests;
        self.n_requests = request.wrapping_add(1);
        let centi_dbm = u16::try_from(dbm).unwrap_or(0).saturating_mul(100);
        self.commands.push(Command::SetPower { request, centi_dbm });
    }
}

fn wanted(plan: &Plan, item: ItemNo) -> Option<Wanted> {
    Some(Wanted {
        item: plan.item_id(item)?.clone(),
        call_number: plan.call_number(item).map(CallNumber::new),
        shelf: plan.home(item).and_then(|home| plan.mark(home)).cloned(),
    })
}

/// The first row of the next or the previous page of a list.
fn turn(first: usize, n_all: usize, next: bool) -> usize {
    let on = first.saturating_add(ROWS);
    if !next {
        first.saturating_sub(ROWS)
    } else if on < n_all {
        on
    } else {
        first
    }
}

/// Rows of a page of a list.
const ROWS: usize = 24;
/// A report that takes no longer may be made while a pass goes on: the reader does not wait for it.
const QUICK: Duration = Duration::from_millis(40);
