//! The models and touches of the account, the catalogue, the receipt, the staff's corner and the stocktake.

use std::cell::RefCell;
use std::rc::Rc;

use circulation::screen::{Done, Layout, Receipt, Script, StocktakeTouch, Touch};
use slint::{ComponentHandle, ModelRc, SharedString, VecModel};

use super::sync;
use crate::generated::{
    AccountData, CardChoiceRow, CardData, FindData, HitRow, HoldRow, HoldingRow, HuntRow, Kiosk, KioskWindow,
    LayoutKind, LoanRow, PageWords, PartRow, ReceiptData, ScriptKind, ShelfBox, ShelfRow, SpineView,
    StaffData, StocktakeData,
};
use crate::present::{
    AccountView, CardView, FindView, StaffView, StocktakeView, TitleView, card_act, receipt, staff_act,
    stocktake_act,
};

/// The rows of all lists of these pages, and the receipt that was made into a code last.
#[derive(Default)]
pub(super) struct Pages {
    loans: Rc<VecModel<LoanRow>>,
    holds: Rc<VecModel<HoldRow>>,
    hits: Rc<VecModel<HitRow>>,
    candidates: Rc<VecModel<SharedString>>,
    holdings: Rc<VecModel<HoldingRow>>,
    shelves: Rc<VecModel<ShelfBox>>,
    parts: Rc<VecModel<PartRow>>,
    spines: Rc<VecModel<SpineView>>,
    stands: Rc<VecModel<ShelfRow>>,
    hunted: Rc<VecModel<HuntRow>>,
    kinds: Rc<VecModel<CardChoiceRow>>,
    encoded: RefCell<String>,
    /// the code of a page about a card that was drawn last
    scanned: RefCell<String>,
    scanned_too: RefCell<String>,
}

impl Pages {
    pub(super) fn new(window: &KioskWindow) -> Self {
        let pages = Self::default();
        let account = window.global::<AccountData<'_>>();
        account.set_loans(ModelRc::from(Rc::clone(&pages.loans)));
        account.set_holds(ModelRc::from(Rc::clone(&pages.holds)));
        let find = window.global::<FindData<'_>>();
        find.set_hits(ModelRc::from(Rc::clone(&pages.hits)));
        find.set_candidates(ModelRc::from(Rc::clone(&pages.candidates)));
        find.set_holdings(ModelRc::from(Rc::clone(&pages.holdings)));
        find.set_shelves(ModelRc::from(Rc::clone(&pages.shelves)));
        window.global::<StaffData<'_>>().set_parts(ModelRc::from(Rc::clone(&pages.parts)));
        let stocktake = window.global::<StocktakeData<'_>>();
        stocktake.set_spines(ModelRc::from(Rc::clone(&pages.spines)));
        stocktake.set_shelves(ModelRc::from(Rc::clone(&pages.stands)));
        stocktake.set_hunted(ModelRc::from(Rc::clone(&pages.hunted)));
        window.global::<CardData<'_>>().set_choices(ModelRc::from(Rc::clone(&pages.kinds)));
        pages
    }

    /// Shows the account; without one, forgets the last one.
    pub(super) fn account(&self, window: &KioskWindow, view: Option<AccountView>) {
        let AccountView { page, loans, holds } = view.unwrap_or_default();
        window.global::<AccountData<'_>>().set_page(page);
        sync(&self.loans, loans);
        sync(&self.holds, holds);
    }

    /// Shows what was looked for; without it, forgets it.
    pub(super) fn find(&self, window: &KioskWindow, view: Option<FindView>) {
        let FindView { page, hits, candidates } = view.unwrap_or_default();
        window.global::<FindData<'_>>().set_page(page);
        sync(&self.hits, hits);
        sync(&self.candidates, candidates);
    }

    /// Shows one title; without one, forgets it.
    pub(super) fn title(&self, window: &KioskWindow, view: Option<TitleView>) {
        let TitleView { page, holdings, shelves } = view.unwrap_or_default();
        window.global::<FindData<'_>>().set_title(page);
        sync(&self.holdings, holdings);
        sync(&self.shelves, shelves);
    }

    /// Shows the staff's corner; without it, forgets what was seen there.
    pub(super) fn staff(&self, window: &KioskWindow, view: Option<StaffView>) {
        let StaffView { page, parts } = view.unwrap_or_default();
        window.global::<StaffData<'_>>().set_page(page);
        sync(&self.parts, parts);
    }

    /// Shows a stocktake; without one, forgets the last one.
    pub(super) fn stocktake(&self, window: &KioskWindow, view: Option<StocktakeView>) {
        let view = view.unwrap_or_default();
        let data = window.global::<StocktakeData<'_>>();
        data.set_page(view.page);
        data.set_n_boards(view.n_boards);
        data.set_shelf(view.shelf);
        data.set_room(view.room);
        data.set_library(view.library);
        data.set_told(view.told);
        data.set_odd(view.odd);
        data.set_finding(view.finding);
        data.set_found(view.found);
        data.set_has_now(view.now.is_some());
        data.set_now(view.now.unwrap_or_default());
        data.set_heard(view.heard);
        data.set_strength(view.strength);
        sync(&self.spines, view.spines);
        sync(&self.stands, view.shelves);
        sync(&self.hunted, view.hunted);
    }

    /// Shows something about a card; without it, forgets the last one.
    pub(super) fn card(&self, window: &KioskWindow, view: Option<CardView>) {
        let CardView { page, choices, code, code_too, keys: _ } = view.unwrap_or_default();
        let data = window.global::<CardData<'_>>();
        sync(&self.kinds, choices);
        data.set_page(page);
        if *self.scanned.borrow() != code {
            let (image, n_modules) =
                if code.is_empty() { None } else { receipt::code(&code) }.unwrap_or_default();
            data.set_code(image);
            data.set_n_modules(n_modules);
            self.scanned.replace(code);
        }
        if *self.scanned_too.borrow() != code_too {
            let (image, n_modules) =
                if code_too.is_empty() { None } else { receipt::code(&code_too) }.unwrap_or_default();
            data.set_code_too(image);
            data.set_n_modules_too(n_modules);
            self.scanned_too.replace(code_too);
        }
    }

    /// Shows the receipt of a visit that is over, or of a card; without one, forgets the last one. Its language must be
    /// chosen before.
    pub(super) fn receipt(&self, window: &KioskWindow, library: &str, (done, how): (Option<&Done>, Receipt)) {
        let data = window.global::<ReceiptData<'_>>();
        let (kind, printer) = receipt::choice(how);
        data.set_kind(kind);
        data.set_printer(printer);
        let text = match done {
            Some(done) if done.receipt == Receipt::Code => {
                receipt::text(done, library, &window.global::<PageWords<'_>>().invoke_receipt())
            }
            Some(_) | None => String::new(),
        };
        // encoding takes a millisecond or two: not each time that the same page is shown
        if *self.encoded.borrow() == text {
            return;
        }
        let (code, n_modules) = if text.is_empty() { None } else { receipt::code(&text) }.unwrap_or_default();
        data.set_code(code);
        data.set_n_modules(n_modules);
        self.encoded.replace(text);
    }
}

pub(super) fn connect(window: &KioskWindow, touch: &Rc<impl Fn(Touch) + 'static>) {
    connect_lists(window, touch);
    connect_find(&window.global::<FindData<'_>>(), touch);
    connect_staff(&window.global::<StaffData<'_>>(), touch);
    let stocktake = window.global::<StocktakeData<'_>>();
    stocktake.on_act(with(touch, |act| Some(Touch::Stocktake(stocktake_act(act)))));
    let shelf = |row: i32| usize::try_from(row).ok().map(StocktakeTouch::Shelf);
    stocktake.on_choose(with(touch, move |row| shelf(row).map(Touch::Stocktake)));
    let card = window.global::<CardData<'_>>();
    card.on_act(with(touch, |act| Some(Touch::Card(card_act(act)))));
    card.on_choose(with(touch, |row: i32| usize::try_from(row).ok().map(Touch::Open)));
    let receipt = window.global::<ReceiptData<'_>>();
    receipt.on_show_code(on(touch, Touch::Code));
    receipt.on_print(on(touch, Touch::Print));
}

fn connect_lists(window: &KioskWindow, touch: &Rc<impl Fn(Touch) + 'static>) {
    let kiosk = window.global::<Kiosk<'_>>();
    kiosk.on_back(on(touch, Touch::Back));
    kiosk.on_turn(with(touch, |next| Some(Touch::Turn { next })));
    let account = window.global::<AccountData<'_>>();
    account.on_renew_all(on(touch, Touch::RenewAll));
    account.on_cancel_hold(with(touch, |row: i32| usize::try_from(row).ok().map(Touch::CancelHold)));
    account.on_keep_hold(on(touch, Touch::KeepHold));
}

fn connect_find(find: &FindData<'_>, touch: &Rc<impl Fn(Touch) + 'static>) {
    find.on_layout(with(touch, |layout| {
        Some(Touch::Layout(match layout {
            LayoutKind::Pinyin => Layout::Pinyin,
            LayoutKind::Letters => Layout::Letters,
            LayoutKind::Digits => Layout::Digits,
        }))
    }));
    find.on_only(with(touch, |script| {
        Some(Touch::Only(match script {
            ScriptKind::All => None,
            ScriptKind::Han => Some(Script::Han),
            ScriptKind::Other => Some(Script::Other),
        }))
    }));
    find.on_candidate(with(touch, |at: i32| usize::try_from(at).ok().map(Touch::Candidate)));
    find.on_open(with(touch, |row: i32| usize::try_from(row).ok().map(Touch::Open)));
    find.on_turn_candidates(with(touch, |next| Some(Touch::Candidates { next })));
    find.on_only_here(with(touch, |only| Some(Touch::OnlyHere(only))));
    find.on_reserve(on(touch, Touch::Reserve));
}

fn connect_staff(staff: &StaffData<'_>, touch: &Rc<impl Fn(Touch) + 'static>) {
    staff.on_corner(with(touch, |corner: i32| u8::try_from(corner).ok().map(Touch::Corner)));
    let touch = Rc::clone(touch);
    staff.on_act(move |act, part| {
        if let Some(act) = staff_act(act, part) {
            touch(Touch::Staff(act));
        }
    });
}

/// A callback without a value.
fn on(touch: &Rc<impl Fn(Touch) + 'static>, what: Touch) -> impl Fn() + 'static {
    let touch = Rc::clone(touch);
    move || touch(what)
}

/// A callback with a value; one that means nothing is left alone.
fn with<T>(
    touch: &Rc<impl Fn(Touch) + 'static>,
    what: impl Fn(T) -> Option<Touch> + 'static,
) -> impl Fn(T) + 'static {
    let touch = Rc::clone(touch);
    move |value| {
        if let Some(what) = what(value) {
            touch(what);
        }
    }
}
