//! Performs what the session wants: the row first, then the tag, then the screen.
//!
//! Invariant I1: `secure` opens a tag only with the [`Durable`] of a granted row of the same transaction in `opened`.

mod desk;
mod parts;
mod rows;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use circulation::id::{TagKey, TransactionId};
use circulation::item::Security;
use circulation::screen::{Language, Page, PartKind, Place, Screen, StaffAct};
use circulation::session::{Input, Output, Written};
use circulation::transaction::Reason;
use jiff::civil::DateTime;
use peripherals::escpos::Event as PrinterEvent;
use peripherals::idcard::Event as IdentityEvent;
use rfid_driver::port::{Command, ReaderEvent};
use rfid_driver::tag::TagId;
use sync_client::ledger::{Durable, Ledger};
use sync_client::task::{Lookup, Request, SyncEvent};
use tokio::sync::{mpsc, watch};
use tracing::{error, info, warn};

use crate::audible::Audible;
use crate::desk::Desk;
use crate::event::{Ack, Row};
use crate::helpers::Helpers;
use crate::printer::Printer;
use crate::reader::Reader;
use crate::supervise::{Reporter, Told};
use crate::sync::Sync;
use crate::tally::Tally;
use crate::translate;

/// What shows a screen. Called in the loop, so it must not wait.
pub type Show = Box<dyn FnMut(&Screen) + Send>;

/// Where the effects go.
pub struct Ways {
    /// the disk
    pub ledger: Ledger,
    /// the ledger's answers; the loop holds the other end
    pub acks: mpsc::Sender<Ack>,
    /// the reader's task
    pub reader: Reader,
    /// the printer, if there is one
    pub printer: Option<Printer>,
    /// the library's local time, for what is printed
    pub local: Box<dyn Fn() -> DateTime + Send>,
    /// the sync task
    pub sync: Sync,
    /// the screen
    pub show: Show,
    /// speech and sounds
    pub audible: Audible,
    /// the catalogue, and what staff asks
    pub helpers: Helpers,
    /// whoever watches over the parts
    pub reporter: Reporter,
    /// says which tags on the pad are patrons' cards
    pub cards: watch::Sender<BTreeSet<TagId>>,
    /// where library cards are made, if they are
    pub desk: Option<Desk>,
}

/// The ways out of the loop.
pub struct Effects {
    ledger: Ledger,
    acks: mpsc::Sender<Ack>,
    reader: Reader,
    /// the events of a reader that began anew
    fresh_reader: Option<mpsc::Receiver<ReaderEvent>>,
    printer: Option<Printer>,
    /// the events of a printer that began anew
    fresh_printer: Option<mpsc::Receiver<PrinterEvent>>,
    /// the same of a reader of identity cards
    fresh_identity: Option<mpsc::Receiver<IdentityEvent>>,
    local: Box<dyn Fn() -> DateTime + Send>,
    /// where the machine stands, as the screen says it
    place: Arc<Place>,
    /// the language of the screen
    language: Language,
    desk: Option<Desk>,
    sync: Sync,
    /// the events of a sync task that began anew
    fresh_sync: Option<mpsc::Receiver<SyncEvent>>,
    /// asks that central has not answered
    asked: BTreeSet<TransactionId>,
    /// questions of the screen that central has not answered, each as the answer it gets if none comes
    questions: Vec<Input>,
    /// rows that the sync task has taken over, and whether it is to undo them
    handed: BTreeMap<TransactionId, bool>,
    reporter: Reporter,
    cards: watch::Sender<BTreeSet<TagId>>,
    tally: Tally,
    show: Show,
    audible: Audible,
    helpers: Helpers,
    /// inputs that an effect gave at once; the loop takes them with [`Effects::next_input`]
    answers: VecDeque<Input>,
    /// tags on the pad, by their printed number
    uids: BTreeMap<TagKey, TagId>,
    /// the proofs of rows that allow a tag to be opened
    opened: BTreeMap<TransactionId, Durable>,
    /// rows that central has yet to hear of
    assumed: BTreeSet<TransactionId>,
    /// writes on their way, by number
    writes: BTreeMap<u64, TransactionId>,
    n_writes: u64,
    /// a failed ledger is being watched
    watching: bool,
    /// staff wants the program to end
    quits: bool,
    /// what it could not keep
    unkept: Vec<(TransactionId, Row)>,
}

impl core::fmt::Debug for Effects {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Effects").field("writes", &self.writes).finish_non_exhaustive()
    }
}

impl Effects {
    /// Effects on these parts.
    #[must_use]
    pub fn new(ways: Ways) -> Self {
        let Ways {
            ledger,
            acks,
            reader,
            printer,
            local,
            sync,
            show,
            audible,
            helpers,
            reporter,
            cards,
            desk,
        } = ways;
        Self {
            ledger,
            acks,
            reader,
            fresh_reader: None,
            printer,
            fresh_printer: None,
            fresh_identity: None,
            local,
            place: Arc::default(),
            language: Language::default(),
            desk,
            sync,
            fresh_sync: None,
            asked: BTreeSet::new(),
            questions: Vec::new(),
            handed: BTreeMap::new(),
            tally: Tally::new(reporter.metrics().clone()),
            reporter,
            cards,
            show,
            audible,
            helpers,
            answers: VecDeque::new(),
            uids: BTreeMap::new(),
            opened: BTreeMap::new(),
            assumed: BTreeSet::new(),
            writes: BTreeMap::new(),
            n_writes: 0,
            watching: false,
            quits: false,
            unkept: Vec::new(),
        }
    }

    /// Performs one output.
    pub fn perform(&mut self, output: Output) {
        match output {
            Output::Show(screen) => self.show(&screen),
            Output::Identify { query, patron, pin } => {
                let unasked = Input::Identified { query, answer: Err(Reason::CentralSilent) };
                self.ask(Lookup::Patron { query, id: patron, pin }, unasked);
            }
            Output::Account { query, patron } => {
                let unasked = Input::Account { query, answer: Err(Reason::CentralSilent) };
                self.ask(Lookup::Account { query, patron }, unasked);
            }
            Output::Renew { patron, item } => {
                let unasked = Input::Renewed { item: item.clone(), answer: Err(Reason::CentralSilent) };
                self.ask(Lookup::Renew { patron, item }, unasked);
            }
            Output::Reserve { query, patron, item } => {
                let unasked = Input::Reserved { query, answer: Err(Reason::CentralSilent) };
                self.ask(Lookup::Reserve { query, patron, item }, unasked);
            }
            Output::Sightings { query, items } => {
                let unasked = Input::Sighted { query, seen: Vec::new() };
                self.ask(Lookup::Seen { query, items }, unasked);
            }
            Output::CancelHold { patron, item } => {
                let unasked = Input::HoldCancelled { item: item.clone(), answer: Err(Reason::CentralSilent) };
                self.ask(Lookup::CancelHold { patron, item }, unasked);
            }
            Output::Print(paper) => self.print(&paper),
            Output::Search { query, what } => self.answers.extend(self.helpers.search(query, what)),
            Output::Holdings { query, title } => self.answers.extend(self.helpers.holdings(query, title)),
            Output::CheckStaffPin { query, pin } => self.answers.extend(self.helpers.check_pin(query, pin)),
            Output::Configured => self.reporter.tell(Told::InForce),
            Output::Inspect => self.helpers.inspect(&self.ledger),
            Output::Staff(act) => self.staff(act),
            Output::Describe(item) => {
                // A title that does not come is a line without a title.
                if self.sync.request(Request::Lookup(Lookup::Describe(item))).is_err() {
                    info!("no room to ask for a title");
                }
            }
            Output::Ask(transaction) => {
                self.tally.began(now(), &transaction);
                self.keep(transaction.id, Row::Asked(transaction));
            }
            Output::Assume { id, due } => self.keep(id, Row::Assumed { due }),
            Output::Secure { id, tag, to } => self.secure(id, &tag, to),
            Output::Settle(id) => self.keep(id, Row::Settled),
            Output::Withdraw(id) => self.keep(id, Row::Withdrawn),
            Output::Resolve(id) => self.keep(id, Row::Doubted),
            Output::Reverse { id, tag_uncertain } => {
                if tag_uncertain {
                    warn!(%id, "a loan is undone, and the item's tag may be open: staff must look at it");
                }
                self.opened.remove(&id);
                self.assumed.remove(&id);
                self.keep(id, Row::Reversing { tag_uncertain });
            }
            Output::Park(id) => self.park(id, OPEN_TAG),
            Output::Desk(output) => self.at_desk(output),
        }
    }

    fn show(&mut self, screen: &Screen) {
        if matches!(screen.page, Page::Find(_)) {
            self.helpers.prepare();
        }
        self.audible.saw(screen);
        self.language = screen.language;
        if !Arc::ptr_eq(&self.place, &screen.place) {
            self.place = Arc::clone(&screen.place);
        }
        self.reporter.tell(Told::Page { word: screen.page.word(), is_serving: is_used(&screen.page) });
        (self.show)(screen);
    }

    /// Asks central; `unasked` is the answer if the sync task has no room for the question, or ends before it has one.
    fn ask(&mut self, lookup: Lookup, unasked: Input) {
        if self.sync.request(Request::Lookup(lookup)).is_err() {
            self.answers.push_back(unasked);
        } else {
            self.looked_up(&unasked);
            self.questions.push(unasked);
        }
    }

    fn staff(&mut self, act: StaffAct) {
        info!(?act, "staff");
        match act {
            StaffAct::OutOfService(is_out) => {
                self.helpers.mark(is_out);
                self.reporter.tell(Told::OutOfService(is_out));
            }
            StaffAct::Restart(PartKind::Reader) => self.restart_reader(),
            StaffAct::Restart(PartKind::Central) => self.request(Request::Look),
            StaffAct::Restart(PartKind::Mirror) => self.request(Request::Refresh),
            StaffAct::Restart(PartKind::Printer) => self.restart_printer(),
            // It is looked at again by itself once it has failed.
            StaffAct::Restart(PartKind::Ledger) => {}
            // The session shows them.
            StaffAct::Picture => {}
            StaffAct::Quit => self.quits = true,
            StaffAct::ShutDown => self.helpers.power_off(),
        }
    }

    /// The events of a reader that began anew.
    pub fn fresh_reader(&mut self) -> Option<mpsc::Receiver<ReaderEvent>> {
        self.fresh_reader.take()
    }

    /// Whether staff wants the program to end.
    #[must_use]
    pub const fn quits(&self) -> bool {
        self.quits
    }

    /// The helpers, which are told how the parts are.
    pub const fn helpers(&mut self) -> &mut Helpers {
        &mut self.helpers
    }

    fn secure(&mut self, id: TransactionId, tag: &TagKey, to: Security) {
        let allowed = match to {
            Security::Secured => true,
            Security::Unsecured => self.opened.contains_key(&id),
        };
        debug_assert!(allowed, "a tag was to be opened without a durable row");
        let uid = self.uids.get(tag).copied().filter(|_| allowed);
        let Some(uid) = uid else {
            error!(%id, "a tag was not written: no durable row, or the tag is unknown");
            self.answers.push_back(Input::Wrote { id, outcome: Written::Gone });
            return;
        };
        self.n_writes = self.n_writes.wrapping_add(1);
        let request = self.n_writes;
        let command = Command::SetSecurity { request, tag: uid, to: translate::security(to) };
        if self.reader.takes(command) {
            self.writes.insert(request, id);
        } else {
            self.answers.push_back(Input::Wrote { id, outcome: Written::Gone });
        }
    }

    /// The transaction of a write that has come back.
    pub fn written(&mut self, request: u64) -> Option<TransactionId> {
        self.writes.remove(&request)
    }

    /// A tag lies on the pad.
    pub fn arrived(&mut self, tag: TagKey, uid: TagId, is_card: bool) {
        self.uids.insert(tag, uid);
        if is_card {
            self.cards.send_modify(|cards| {
                cards.insert(uid);
            });
        }
    }

    /// The tags on the pad.
    pub fn tags(&self) -> Vec<TagId> {
        self.uids.values().copied().collect()
    }

    /// Sends the reader a command of the station's.
    pub fn command(&self, command: Command) {
        if !self.reader.takes(command) {
            warn!("the reader takes no command of the station's");
        }
    }

    /// A tag is gone. It may come back for a write, but then it arrives first.
    pub fn departed(&mut self, tag: &TagKey) {
        if let Some(uid) = self.uids.remove(tag) {
            self.cards.send_if_modified(|cards| cards.remove(&uid));
        }
    }

    /// An input that an effect gave at once.
    pub fn next_input(&mut self) -> Option<Input> {
        self.answers.pop_front()
    }
}

/// Whether somebody stands there and uses the machine.
const fn is_used(page: &Page) -> bool {
    match page {
        Page::Identify(_)
        | Page::Visit(_)
        | Page::Account(_)
        | Page::Find(_)
        | Page::Title(_)
        | Page::Done(_)
        | Page::Staff(_)
        | Page::Stocktake(_)
        | Page::Card(_) => true,
        Page::Welcome(_) | Page::About(_) | Page::NewCard(_) | Page::Attention(_) => false,
    }
}

#[expect(clippy::disallowed_methods, reason = "what is measured for whoever watches")]
fn now() -> Instant {
    Instant::now()
}

const OPEN_TAG: &str = "returned, but its tag could not be secured";
