use super::*;
use jiff::civil::date;

type Row = (&'static str, Option<PatronStanding>, Option<ItemStanding>, Option<Terms>, Result<Date, Reason>);

const TODAY: Date = date(2026, 11, 23);
const TERMS: Terms = Terms {
    period_days: 30,
    n_renewals: 1,
    renewal_days: None,
    loan_limit: None,
    fine: Fine { fen_per_day: 0, grace_days: 0, limit: None },
};

fn id(text: &str) -> PatronId {
    PatronId::parse(text).unwrap()
}

fn patron() -> PatronStanding {
    PatronStanding {
        state: CardState::Valid,
        starts_on: date(2025, 1, 1),
        ends_on: date(2027, 1, 1),
        debt: Amount::from_fen(0),
        debt_limit: Amount::from_fen(1000),
        n_loans: 2,
        loan_limit: 10,
        n_overdue: 0,
        overdue_limit: None,
        is_blocked: false,
        n_of_type: 0,
    }
}

fn item() -> ItemStanding {
    ItemStanding { is_in_library: true, loan: None, held_for: None }
}

fn lent(to: &str, due_on: Date, n_renewals: u32) -> ItemStanding {
    ItemStanding { loan: Some(Loan { patron: id(to), due_on, n_renewals }), ..item() }
}

#[test]
fn checkouts() {
    let due = Ok(date(2026, 12, 23));
    let with = |change: fn(&mut PatronStanding)| {
        let mut patron = patron();
        change(&mut patron);
        Some(patron)
    };
    let held = |by: &str| Some(ItemStanding { held_for: Some(id(by)), ..item() });
    let away = Some(ItemStanding { is_in_library: false, ..item() });
    #[rustfmt::skip]
    let rows: Vec<Row> = vec![
        ("all is well",        Some(patron()), Some(item()), Some(TERMS), due.clone()),
        ("valid by credit",    with(|p| p.state = CardState::Credit), Some(item()), Some(TERMS), due.clone()),
        ("unknown patron",     None, Some(item()), Some(TERMS), Err(Reason::PatronUnknown)),
        ("unverified",         with(|p| p.state = CardState::Unverified), Some(item()), Some(TERMS), Err(Reason::PatronUnverified)),
        ("lost",               with(|p| p.state = CardState::Lost), Some(item()), Some(TERMS), Err(Reason::PatronLost)),
        ("suspended",          with(|p| p.state = CardState::Suspended), Some(item()), Some(TERMS), Err(Reason::PatronSuspended)),
        ("cancelled",          with(|p| p.state = CardState::Cancelled), Some(item()), Some(TERMS), Err(Reason::PatronCancelled)),
        ("not yet",            with(|p| p.starts_on = date(2026, 11, 24)), Some(item()), Some(TERMS), Err(Reason::PatronUnverified)),
        ("first day",          with(|p| p.starts_on = TODAY), Some(item()), Some(TERMS), due.clone()),
        ("last day",           with(|p| p.ends_on = TODAY), Some(item()), Some(TERMS), due.clone()),
        ("expired",            with(|p| p.ends_on = date(2026, 11, 22)), Some(item()), Some(TERMS), Err(Reason::PatronExpired)),
        ("lends nothing",      with(|p| p.loan_limit = 0), Some(item()), Some(TERMS), Err(Reason::NoLoans)),
        ("fees at the limit",  with(|p| p.debt = Amount::from_fen(1000)), Some(item()), Some(TERMS), due.clone()),
        ("fees above it",      with(|p| p.debt = Amount::from_fen(1001)), Some(item()), Some(TERMS), Err(Reason::Fees(Amount::from_fen(1001)))),
        ("one more fits",      with(|p| p.n_loans = 9), Some(item()), Some(TERMS), due.clone()),
        ("limit reached",      with(|p| p.n_loans = 10), Some(item()), Some(TERMS), Err(Reason::LoanLimit(Some(10)))),
        ("limit lowered",      with(|p| p.n_loans = 11), Some(item()), Some(TERMS), Err(Reason::LoanLimit(Some(10)))),
        ("unknown item",       Some(patron()), None, None, Err(Reason::ItemUnknown)),
        ("no rule for it",     Some(patron()), Some(item()), None, Err(Reason::NotForLoan)),
        ("in repair",          Some(patron()), away, Some(TERMS), Err(Reason::NotForLoan)),
        ("held by another",    Some(patron()), held("P2"), Some(TERMS), Err(Reason::OnHold)),
        ("held by the patron", Some(patron()), held("P1"), Some(TERMS), due),
        ("lent to another",    Some(patron()), Some(lent("P2", TODAY, 0)), Some(TERMS), Err(Reason::OnLoan)),
        ("asked twice",        Some(patron()), Some(lent("P1", TODAY, 0)), Some(TERMS), Err(Reason::OnLoan)),
        ("twice at the limit", with(|p| p.n_loans = 10), Some(lent("P1", TODAY, 0)), Some(TERMS), Err(Reason::OnLoan)),
    ];
    for (name, patron, item, terms, expected) in rows {
        let got = checkout(&id("P1"), patron.as_ref(), item.as_ref(), terms, &OpenDays::default(), TODAY);
        assert_eq!(got, expected, "{name}");
    }
}

#[test]
fn checkins() {
    assert_eq!(checkin(None), Err(Reason::ItemUnknown));
    assert_eq!(checkin(Some(&item())), Err(Reason::NotOnLoan));
    let lent = lent("P2", TODAY, 0);
    assert_eq!(checkin(Some(&lent)).unwrap().patron, id("P2"));
}

#[test]
fn renewals() {
    let words = |reason: &Reason| matches!(reason, Reason::Other(text) if text.contains("不能"));
    let open = OpenDays::default();
    let ask = |item: &ItemStanding| renew(&id("P1"), Some(&patron()), Some(item), Some(TERMS), &open, TODAY);
    assert_eq!(ask(&lent("P1", TODAY, 0)), Ok(date(2026, 12, 23)));
    assert_eq!(ask(&lent("P1", date(2027, 1, 5), 0)), Ok(date(2027, 1, 5)), "never shortened");
    assert!(words(&ask(&lent("P1", TODAY, 1)).unwrap_err()), "renewed before");
    assert!(words(&ask(&lent("P1", date(2026, 11, 22), 0)).unwrap_err()), "overdue");
    assert_eq!(ask(&lent("P2", TODAY, 0)), Err(Reason::NotOnLoan));
    let held = ItemStanding { held_for: Some(id("P3")), ..lent("P1", TODAY, 0) };
    assert_eq!(ask(&held), Err(Reason::OnHold));
}

#[test]
fn a_clock_gone_mad_is_refused() {
    let wide = PatronStanding { ends_on: Date::MAX, ..patron() };
    let open = OpenDays::default();
    assert_eq!(
        checkout(&id("P1"), Some(&wide), Some(&item()), Some(TERMS), &open, Date::MAX),
        Err(Reason::NotForLoan)
    );
}

#[test]
fn a_due_date_falls_on_an_open_day() {
    let closed = OpenDays::new([date(2026, 12, 23), date(2026, 12, 24)], Weekdays::default());
    let due = checkout(&id("P1"), Some(&patron()), Some(&item()), Some(TERMS), &closed, TODAY);
    assert_eq!(due, Ok(date(2026, 12, 25)));
}
