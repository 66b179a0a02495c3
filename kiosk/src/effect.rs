//! Performs what the session wants: the row first, then the tag, then the screen.
//!
//! Invariant I1: `secure` opens a tag only with the [`Durable`] of a granted row of the same transaction in `opened`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use circulation::id::{TagKey, TransactionId};
use circulation::item::Security;
use circulation::screen::{Language, Page, PartKind, Place, Screen, StaffAct};
use circulation::session::{Input, Output, Paper, Printout, Written};
use circulation::transaction::{Reason, Verdict};
use jiff::civil::DateTime;
use peripherals::escpos::{Event as PrinterEvent, Outcome};
use rfid_driver::port::{Command, ReaderEvent};
use rfid_driver::tag::TagId;
use sync_client::ledger::{Durable, Ledger, LedgerError};
use sync_client::row::Step;
use sync_client::settle;
use sync_client::task::{Lookup, Request};
use tokio::sync::mpsc;
use tracing::{error, info, warn};

use crate::audible::Audible;
use crate::event::{Ack, Row};
use crate::helpers::Helpers;
use crate::printer::Printer;
use crate::reader::Reader;
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
    pub sync: mpsc::Sender<Request>,
    /// the screen
    pub show: Show,
    /// speech and sounds
    pub audible: Audible,
    /// the catalogue, and what staff asks
    pub helpers: Helpers,
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
    local: Box<dyn Fn() -> DateTime + Send>,
    /// where the machine stands, as the screen says it
    place: Arc<Place>,
    sync: mpsc::Sender<Request>,
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
        let Ways { ledger, acks, reader, printer, local, sync, show, audible, helpers } = ways;
        Self {
            ledger,
            acks,
            reader,
            fresh_reader: None,
            printer,
            fresh_printer: None,
            local,
            place: Arc::default(),
            sync,
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
            Output::CancelHold { patron, item } => {
                let unasked = Input::HoldCancelled { item: item.clone(), answer: Err(Reason::CentralSilent) };
                self.ask(Lookup::CancelHold { patron, item }, unasked);
            }
            Output::Print(paper) => self.print(&paper),
            Output::Search { query, what } => self.answers.extend(self.helpers.search(query, what)),
            Output::Holdings { query, title } => self.answers.extend(self.helpers.holdings(query, title)),
            Output::CheckStaffPin { query, pin } => self.answers.extend(self.helpers.check_pin(query, pin)),
            Output::Inspect => self.helpers.inspect(&self.ledger),
            Output::Staff(act) => self.staff(act),
            Output::Describe(item) => {
                // A title that does not come is a line without a title.
                if self.sync.try_send(Request::Lookup(Lookup::Describe(item))).is_err() {
                    info!("no room to ask for a title");
                }
            }
            Output::Ask(transaction) => self.keep(transaction.id, Row::Asked(transaction)),
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
        }
    }

    fn show(&mut self, screen: &Screen) {
        if matches!(screen.page, Page::Find(_)) {
            self.helpers.prepare();
        }
        self.audible.saw(screen);
        if !Arc::ptr_eq(&self.place, &screen.place) {
            self.place = Arc::clone(&screen.place);
        }
        (self.show)(screen);
    }

    /// Asks central; `unasked` is the answer if the sync task has no room for the question.
    fn ask(&mut self, lookup: Lookup, unasked: Input) {
        if self.sync.try_send(Request::Lookup(lookup)).is_err() {
            self.answers.push_back(unasked);
        }
    }

    fn staff(&mut self, act: StaffAct) {
        info!(?act, "staff");
        match act {
            StaffAct::OutOfService(is_out) => self.helpers.mark(is_out),
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

    /// What lay on the pad is read anew.
    fn restart_reader(&mut self) {
        self.fresh_reader = Some(self.reader.restart());
        self.answers.push_back(Input::ReaderDown);
        let tags = core::mem::take(&mut self.uids).into_keys();
        self.answers.extend(tags.map(|tag| Input::Departed { tag }));
        let lost = core::mem::take(&mut self.writes).into_values();
        self.answers.extend(lost.map(|id| Input::Wrote { id, outcome: Written::Uncertain }));
    }

    fn restart_printer(&mut self) {
        let Some(printer) = &mut self.printer else { return };
        self.fresh_printer = Some(printer.restart());
        self.helpers.health.printer = Some(Err("begins anew".to_owned()));
    }

    /// Prints; without a printer that takes it, the patron hears so at once.
    fn print(&mut self, paper: &Paper) {
        let at = (self.local)();
        let is_asked = self.printer.as_mut().is_some_and(|printer| printer.print(paper, &self.place, at));
        if !is_asked {
            self.answers.push_back(Input::Printed(Printout::Failed));
        }
    }

    /// Prints a page by which staff sees whether all is right; `false` if there is no printer, or it is busy.
    pub fn print_test_page(&mut self, language: Language) -> bool {
        let at = (self.local)();
        self.printer.as_mut().is_some_and(|printer| printer.print_test_page(language, &self.place, at))
    }

    /// What became of a job of the printer, if a patron still waits for it.
    pub fn printed(&mut self, number: u64, outcome: Outcome) -> Option<Printout> {
        self.printer.as_mut()?.printed(number, outcome)
    }

    /// The events of a printer that began anew.
    pub const fn fresh_printer(&mut self) -> Option<mpsc::Receiver<PrinterEvent>> {
        self.fresh_printer.take()
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

    /// Puts a row on the disk; the ack comes back as an event.
    pub fn keep(&self, id: TransactionId, row: Row) {
        let (ledger, acks) = (self.ledger.clone(), self.acks.clone());
        tokio::spawn(async move {
            let result = write_row(&ledger, id, &row).await;
            // The loop ends only with the daemon; what is on the disk is found again at the next start.
            if acks.send(Ack::Row { id, row, result }).await.is_err() {
                warn!(%id, "an ack came after the end");
            }
        });
    }

    /// The ledger could not keep a row: remembers it, and looks again and again until the ledger works.
    pub fn not_kept(&mut self, id: TransactionId, row: Row) {
        self.opened.remove(&id);
        self.unkept.push((id, row));
        if core::mem::replace(&mut self.watching, true) {
            return;
        }
        let (ledger, acks) = (self.ledger.clone(), self.acks.clone());
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(PROBE).await;
                match ledger.probe().await {
                    Ok(()) => break,
                    Err(cause) => warn!(%cause, "the ledger does not work yet"),
                }
            }
            if acks.send(Ack::WorksAgain).await.is_err() {
                warn!("the ledger works again, after the end");
            }
        });
    }

    /// The ledger works again: what it could not keep is put on the disk as what it has become meanwhile.
    pub fn ledger_works(&mut self) {
        self.watching = false;
        for (id, row) in core::mem::take(&mut self.unkept) {
            let row = match row {
                // Nothing was sent.
                Row::Asked(_) => continue,
                // The patron was told that it is not certain: central is looked at, and a loan undone.
                Row::Answered(Verdict::Granted(_)) | Row::Assumed { .. } => Row::Doubted,
                // The tag was written, and nobody was told "done".
                Row::Settled => {
                    self.park(id, NOT_CLOSED);
                    continue;
                }
                row @ (Row::Answered(Verdict::Declined(_))
                | Row::Withdrawn
                | Row::Doubted
                | Row::Reversing { .. }
                | Row::Parked { .. }) => row,
            };
            self.keep(id, row);
        }
    }

    /// Leaves a row to staff. Of one that was assumed central has to hear first: it stays as it is, and the sync task,
    /// to whom an assumed row that was not settled is one whose tag may be open, parks it then.
    fn park(&mut self, id: TransactionId, why: &'static str) {
        if self.assumed.contains(&id) {
            warn!(%id, why, "central is told, and then staff");
            self.close(id);
        } else {
            self.keep(id, Row::Parked { why });
        }
    }

    /// A row is on the disk: what follows from it, and what the session hears.
    pub fn kept(&mut self, id: TransactionId, row: Row, proof: Durable) -> Option<Input> {
        match row {
            Row::Asked(transaction) => {
                self.request(Request::Ask { transaction, proof });
                None
            }
            Row::Answered(verdict) => {
                if matches!(verdict, Verdict::Granted(_)) {
                    self.opened.insert(id, proof);
                }
                Some(Input::Answered { id, verdict })
            }
            Row::Assumed { .. } => {
                self.assumed.insert(id);
                self.opened.insert(id, proof);
                Some(Input::Assumed { id })
            }
            Row::Settled => {
                self.close(id);
                self.request(Request::Verified { id });
                Some(Input::Settled { id })
            }
            Row::Reversing { .. } => {
                self.request(Request::Reverse { id });
                None
            }
            Row::Doubted => {
                self.request(Request::Resolve { id });
                None
            }
            Row::Parked { .. } | Row::Withdrawn => {
                self.close(id);
                None
            }
        }
    }

    /// The kiosk is done with a row. Central has yet to hear of one that was assumed.
    fn close(&mut self, id: TransactionId) {
        self.opened.remove(&id);
        if self.assumed.remove(&id) {
            self.request(Request::Resolve { id });
        }
    }

    fn request(&mut self, request: Request) {
        // The channel is larger than any stack of books; if it is full all the same, the open row is found again by
        // the sync task at the next start.
        if let Err(cause) = self.sync.try_send(request) {
            error!(%cause, "the sync task takes no request");
        }
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
    pub fn arrived(&mut self, tag: TagKey, uid: TagId) {
        self.uids.insert(tag, uid);
    }

    /// A tag is gone. It may come back for a write, but then it arrives first.
    pub fn departed(&mut self, tag: &TagKey) {
        self.uids.remove(tag);
    }

    /// An input that an effect gave at once.
    pub fn next_input(&mut self) -> Option<Input> {
        self.answers.pop_front()
    }
}

async fn write_row(ledger: &Ledger, id: TransactionId, row: &Row) -> Result<Durable, LedgerError> {
    match row {
        Row::Asked(transaction) => ledger.append(transaction).await,
        Row::Answered(Verdict::Granted(grant)) => {
            ledger.record(id, Step::Granted { grant: grant.clone() }).await
        }
        Row::Answered(Verdict::Declined(reason)) => ledger.record(id, Step::declined(reason)).await,
        Row::Assumed { due } => ledger.record(id, Step::Assumed { due: *due }).await,
        Row::Settled => ledger.record(id, Step::Settled).await,
        Row::Withdrawn => ledger.record(id, Step::Declined { why: "not sent".to_owned() }).await,
        Row::Doubted => ledger.record(id, Step::Doubt { why: "no answer".to_owned() }).await,
        Row::Reversing { tag_uncertain } => {
            let why = if *tag_uncertain { "tag not written, may be open" } else { "tag not written" };
            ledger.record(id, Step::Reversing { why: why.to_owned(), tag_open: *tag_uncertain }).await
        }
        Row::Parked { why } => ledger.record(id, Step::Parked { why: settle::tag_unknown(why) }).await,
    }
}

/// How often a failed ledger is looked at.
const PROBE: std::time::Duration = std::time::Duration::from_secs(5);
const OPEN_TAG: &str = "returned, but its tag could not be secured";
const NOT_CLOSED: &str = "tag written while the disk failed, and the patron was not told that it is done";
