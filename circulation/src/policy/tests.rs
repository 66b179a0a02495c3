use super::*;
use jiff::civil::date;
use proptest::prelude::*;

const TODAY: Date = date(2026, 11, 23);
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

fn isil(text: &str) -> Isil {
    Isil::parse(text).unwrap()
}

fn now() -> Timestamp {
    "2026-11-23T01:30:00Z".parse().unwrap()
}

/// Everything that a decision rests on, all in favour of the patron.
#[derive(Debug, Clone)]
struct Case {
    rules: Rules,
    calendar: Calendar,
    at: Moment,
    tally: Tally,
    patron: Option<PatronFacts>,
    item: Option<ItemFacts>,
}

impl Case {
    fn good() -> Self {
        Self {
            rules: Rules {
                owners: BTreeSet::from([isil("CN-1"), isil("CN-2")]),
                takes: Takes::Ours,
                per_patron: 3,
                per_kiosk: 50,
                max_silence: SignedDuration::from_hours(12),
                max_mirror_age: SignedDuration::from_hours(48),
            },
            calendar: Calendar::default(),
            at: Moment {
                now: now(),
                today: TODAY,
                last_row: Some(now()),
                mirrored: Some(now() - MINUTE),
                silent_since: Some(now() - MINUTE),
            },
            tally: Tally::default(),
            patron: Some(PatronFacts {
                state: PatronState::Valid,
                starts_on: TODAY,
                ends_on: TODAY,
                n_loans: 9,
                loan_limit: 10,
            }),
            item: Some(ItemFacts { owner: isil("CN-1"), state: ItemState::Free, period_days: Some(30) }),
        }
    }

    fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut case = Self::good();
        change(&mut case);
        case
    }

    fn patron(change: impl FnOnce(&mut PatronFacts)) -> Self {
        Self::with(|case| change(case.patron.as_mut().unwrap()))
    }

    fn item(change: impl FnOnce(&mut ItemFacts)) -> Self {
        Self::with(|case| change(case.item.as_mut().unwrap()))
    }

    fn checkout(&self) -> Result<Provisional, Obstacle> {
        checkout(&self.rules, &self.calendar, &self.at, self.tally, self.patron.as_ref(), self.item.as_ref())
    }
}

#[test]
#[rustfmt::skip]
fn every_obstacle_to_a_checkout() {
    use Obstacle as O;
    let hours = SignedDuration::from_hours;
    let due = Ok(date(2026, 12, 23));
    let rows: Vec<(&str, Case, Result<Date, O>)> = vec![
        ("all is well",              Case::good(), due),
        ("of a partner",             Case::item(|i| i.owner = isil("CN-2")), due),
        ("none for a patron",        Case::with(|c| c.rules.per_patron = 0), Err(O::NotAllowed)),
        ("none for the kiosk",       Case::with(|c| c.rules.per_kiosk = 0), Err(O::NotAllowed)),
        ("clock behind a row",       Case::with(|c| c.at.last_row = Some(now() + MINUTE)), Err(O::ClockBehind)),
        ("clock behind the mirror",  Case::with(|c| c.at.mirrored = Some(now() + MINUTE)), Err(O::ClockBehind)),
        ("clock behind the silence", Case::with(|c| c.at.silent_since = Some(now() + MINUTE)), Err(O::ClockBehind)),
        ("no rows yet",              Case::with(|c| c.at.last_row = None), due),
        ("no mirror",                Case::with(|c| c.at.mirrored = None), Err(O::NoMirror)),
        ("mirror just good enough",  Case::with(|c| c.at.mirrored = Some(now() - hours(48))), due),
        ("mirror too old",           Case::with(|c| c.at.mirrored = Some(now() - hours(48) - MINUTE)), Err(O::MirrorTooOld)),
        ("silent for just so long",  Case::with(|c| c.at.silent_since = Some(now() - hours(12))), due),
        ("silent for too long",      Case::with(|c| c.at.silent_since = Some(now() - hours(12) - MINUTE)), Err(O::SilentTooLong)),
        ("last one of the kiosk",    Case::with(|c| c.tally.kiosk = 49), due),
        ("kiosk at its limit",       Case::with(|c| c.tally.kiosk = 50), Err(O::KioskLimit)),
        ("unknown patron",           Case::with(|c| c.patron = None), Err(O::PatronUnknown)),
        ("unverified",               Case::patron(|p| p.state = PatronState::Unverified), Err(O::PatronUnverified)),
        ("lost",                     Case::patron(|p| p.state = PatronState::Lost), Err(O::PatronLost)),
        ("suspended",                Case::patron(|p| p.state = PatronState::Suspended), Err(O::PatronSuspended)),
        ("cancelled",                Case::patron(|p| p.state = PatronState::Cancelled), Err(O::PatronCancelled)),
        ("owes",                     Case::patron(|p| p.state = PatronState::Owes), Err(O::PatronOwes)),
        ("not yet",                  Case::patron(|p| p.starts_on = date(2026, 11, 24)), Err(O::PatronUnverified)),
        ("expired",                  Case::patron(|p| p.ends_on = date(2026, 11, 22)), Err(O::PatronExpired)),
        ("lends nothing",            Case::patron(|p| p.loan_limit = 0), Err(O::NoLoans)),
        ("unknown item",             Case::with(|c| c.item = None), Err(O::ItemUnknown)),
        ("not ours",                 Case::item(|i| i.owner = isil("CN-3")), Err(O::NotOurs)),
        ("on loan",                  Case::item(|i| i.state = ItemState::OnLoan), Err(O::OnLoan)),
        ("held",                     Case::item(|i| i.state = ItemState::Held), Err(O::OnHold)),
        ("in repair",                Case::item(|i| i.state = ItemState::NotForLoan), Err(O::NotForLoan)),
        ("no rule for it",           Case::item(|i| i.period_days = None), Err(O::NotForLoan)),
        ("limit reached",            Case::patron(|p| p.n_loans = 10), Err(O::LoanLimit { limit: 10 })),
        ("reached by the assumed",   Case::with(|c| c.tally.patron = 1), Err(O::LoanLimit { limit: 10 })),
        ("offline limit",            Case::with(|c| { c.tally.patron = 3; c.patron.as_mut().unwrap().n_loans = 0 }), Err(O::PatronOfflineLimit)),
        ("beyond the calendar",      Case::with(|c| { c.at.today = Date::MAX; c.patron.as_mut().unwrap().ends_on = Date::MAX }), Err(O::NotForLoan)),
    ];
    let mut met = BTreeSet::new();
    for (name, case, expected) in rows {
        let got = case.checkout().map(|provisional| provisional.due);
        assert_eq!(got, expected, "{name}");
        met.extend(got.err().map(|obstacle| format!("{obstacle:?}")));
    }
    assert_eq!(met.len(), 21, "every obstacle has its row: {met:?}");
}

#[test]
#[rustfmt::skip]
fn checkins() {
    let (ours, other) = (isil("CN-2"), isil("CN-3"));
    let late = Moment { last_row: Some(now() + MINUTE), ..Case::good().at };
    let bare = Moment { mirrored: None, ..Case::good().at };
    let rows = [
        ("ours",                 Takes::Ours, &bare, Some(&ours), Ok(())),
        ("another library's",    Takes::Ours, &bare, Some(&other), Err(Obstacle::NotOurs)),
        ("nobody says whose",    Takes::Ours, &bare, None, Err(Obstacle::NotOurs)),
        ("anything",             Takes::Anything, &bare, Some(&other), Ok(())),
        ("anything, unsaid",     Takes::Anything, &bare, None, Ok(())),
        ("nothing",              Takes::Nothing, &bare, Some(&ours), Err(Obstacle::NotAllowed)),
        ("a clock gone back",    Takes::Anything, &late, Some(&ours), Err(Obstacle::ClockBehind)),
    ];
    for (name, takes, at, owner, expected) in rows {
        let rules = Rules { takes, ..Case::good().rules };
        assert_eq!(checkin(&rules, at, owner), expected, "{name}");
    }
}

#[test]
fn what_this_kiosk_did_is_newer_than_the_mirror() {
    let facts = |state| ItemFacts { owner: isil("CN-1"), state, period_days: Some(30) };
    for state in ItemState::ALL {
        assert_eq!(facts(state).after(Moved::Lent).state, ItemState::OnLoan);
        let back = if state == ItemState::OnLoan { ItemState::Free } else { state };
        assert_eq!(facts(state).after(Moved::TakenBack).state, back);
    }
}

#[test]
fn a_due_date_falls_on_an_open_day() {
    let calendar = Calendar::new([date(2026, 12, 23), date(2026, 12, 24), date(2026, 12, 26)]);
    for (period, due) in [(29, date(2026, 12, 22)), (30, date(2026, 12, 25)), (33, date(2026, 12, 27))] {
        assert_eq!(calendar.due(TODAY, period), Some(due));
    }
    assert_eq!(Calendar::new([Date::MAX]).due(Date::MAX, 0), None);
}

#[test]
fn a_patron_is_not_told_of_the_kiosks_own_troubles() {
    assert_eq!(Obstacle::KioskLimit.reason(), Reason::CentralSilent);
    assert_eq!(Obstacle::PatronUnknown.reason(), Reason::CentralSilent, "central may know the card");
    assert_eq!(Obstacle::LoanLimit { limit: 5 }.reason(), Reason::LoanLimit(Some(5)));
}

fn any_patron() -> impl Strategy<Value = PatronFacts> {
    let state = prop::sample::select(PatronState::ALL.to_vec());
    (state, -2_i64..3, -2_i64..3, 0_u32..12, 0_u32..12).prop_map(
        |(state, from, until, n_loans, loan_limit)| PatronFacts {
            state,
            starts_on: TODAY.checked_add(from.days()).unwrap(),
            ends_on: TODAY.checked_add(until.days()).unwrap(),
            n_loans,
            loan_limit,
        },
    )
}

fn any_item() -> impl Strategy<Value = ItemFacts> {
    let state = prop::sample::select(ItemState::ALL.to_vec());
    (state, prop::option::of(1_u16..60), 1_u8..4).prop_map(|(state, period_days, owner)| ItemFacts {
        owner: isil(&format!("CN-{owner}")),
        state,
        period_days,
    })
}

fn any_rules() -> impl Strategy<Value = (u32, u32)> {
    (0_u32..5, 0_u32..8)
}

proptest! {
    /// Whatever else is true: a card that may not borrow gets nothing, and an item that is not free is not lent.
    #[test]
    fn nothing_is_assumed_for_whoever_may_not_borrow(
        patron in any_patron(), item in any_item(), minutes in -200_i64..8000, (per_patron, per_kiosk) in any_rules(),
        tally in (0_u32..6, 0_u32..9),
    ) {
        let mut case = Case::good();
        case.rules.per_patron = per_patron;
        case.rules.per_kiosk = per_kiosk;
        case.tally = Tally { patron: tally.0, kiosk: tally.1 };
        case.at.mirrored = Some(now() - MINUTE * i32::try_from(minutes).unwrap());
        case.patron = Some(patron.clone());
        case.item = Some(item.clone());
        if let Ok(Provisional { due }) = case.checkout() {
            prop_assert_eq!(patron.state, PatronState::Valid);
            prop_assert!(patron.starts_on <= TODAY && TODAY <= patron.ends_on);
            prop_assert_eq!(item.state, ItemState::Free);
            prop_assert!(case.rules.owners.contains(&item.owner));
            prop_assert!((0..=48 * 60).contains(&minutes));
            prop_assert!(due > TODAY);
        }
    }

    /// Many patrons at one kiosk, in any order: no limit is ever exceeded.
    #[test]
    fn limits_hold_in_any_order(
        patrons in prop::collection::vec(any_patron(), 1..4), (per_patron, per_kiosk) in any_rules(),
        order in prop::collection::vec((0_usize..4, any::<bool>()), 0..40),
    ) {
        let mut case = Case::good();
        case.rules.per_patron = per_patron;
        case.rules.per_kiosk = per_kiosk;
        let mut assumed = vec![0_u32; patrons.len()];
        for (who, brings_back) in order {
            let who = who % patrons.len();
            let kiosk = assumed.iter().sum();
            case.tally = Tally { patron: assumed[who], kiosk };
            case.patron = Some(patrons[who].clone());
            if case.checkout().is_ok() {
                assumed[who] += 1;
            }
            prop_assert!(assumed[who] <= per_patron);
            prop_assert!(assumed[who] == 0 || patrons[who].n_loans + assumed[who] <= patrons[who].loan_limit);
            prop_assert!(assumed.iter().sum::<u32>() <= per_kiosk);
            if brings_back {
                // A return at this kiosk gives nobody room before central has been heard.
                let back = ItemFacts { state: ItemState::OnLoan, ..case.item.clone().unwrap() };
                prop_assert_eq!(back.after(Moved::TakenBack).state, ItemState::Free);
            }
        }
    }
}
