//! The command `rules`: who is lent what, limits, closing days, as the page 规则 sets them.

use central::App;
use central::ledger::MachineKind;
use central::store::{CardRule, LoanRule, Rules, StoreError};
use circulation::id::Isil;
use circulation::money::Amount;
use clap::Subcommand;
use jiff::civil::Date;

use crate::people_args::{ACTOR, Place};

#[derive(Subcommand)]
pub(crate) enum RulesCommand {
    /// List all rules.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Lend a type of item to a type of card.
    Lend {
        /// the type of card
        card: String,
        /// the type of item
        item: String,
        /// days of a loan
        #[arg(long, value_parser = clap::value_parser!(u16).range(1..=3660))]
        days: u16,
        /// renewals
        #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100))]
        renewals: u32,
        /// fine for each day overdue, in yuan
        #[arg(long, value_name = "YUAN", default_value = "0", value_parser = yuan)]
        fine: Amount,
        /// days overdue that cost nothing
        #[arg(long, value_name = "DAYS", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=366))]
        grace: u16,
        #[command(flatten)]
        place: Place,
    },
    /// Lend a type of item to a type of card no more.
    Stop {
        /// the type of card
        card: String,
        /// the type of item
        item: String,
        #[command(flatten)]
        place: Place,
    },
    /// Set what a type of card allows; makes the type if there is none.
    Card {
        /// the type of card
        card: String,
        /// loans at once
        #[arg(long)]
        loans: u32,
        /// holds at once
        #[arg(long, default_value_t = 5)]
        holds: u32,
        /// overdue loans with which nothing more is lent; without it any number will do
        #[arg(long)]
        overdue: Option<u32>,
        #[command(flatten)]
        place: Place,
    },
    /// Agree with another library of this database on loans between libraries; the other one agrees by a command of its own.
    Partner {
        /// its ISIL
        #[arg(value_parser = isil)]
        partner: Isil,
        /// end the agreement: what is under way goes on
        #[arg(long)]
        end: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Have machines make a type of card, or make it no more.
    Machine {
        /// the type of card
        card: String,
        /// the youngest age, in years
        #[arg(long, value_name = "AGE")]
        from: Option<u8>,
        /// the oldest age, in years
        #[arg(long, value_name = "AGE")]
        to: Option<u8>,
        /// what making it costs, in yuan
        #[arg(long, value_name = "YUAN", default_value = "0", value_parser = yuan)]
        fee: Amount,
        /// the deposit, in yuan
        #[arg(long, value_name = "YUAN", default_value = "0", value_parser = yuan)]
        deposit: Amount,
        /// by the reader's credit, without a deposit
        #[arg(long, conflicts_with = "deposit")]
        credit: bool,
        /// make it no more
        #[arg(long, conflicts_with_all = ["from", "to", "fee", "deposit", "credit"])]
        stop: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Set what a card costs, in yuan, that a machine makes for a lost one.
    Replacement {
        /// in yuan
        #[arg(value_parser = yuan)]
        fee: Amount,
        #[command(flatten)]
        place: Place,
    },
    /// Close the library on a day, or open it again.
    Close {
        /// the day, as 2026-10-01
        day: Date,
        /// open it again
        #[arg(long)]
        open: bool,
        #[command(flatten)]
        place: Place,
    },
}

impl RulesCommand {
    /// Does it; gives what to print.
    pub(crate) fn run(&self) -> Result<String, String> {
        let (Self::List { place }
        | Self::Lend { place, .. }
        | Self::Stop { place, .. }
        | Self::Card { place, .. }
        | Self::Partner { place, .. }
        | Self::Machine { place, .. }
        | Self::Replacement { place, .. }
        | Self::Close { place, .. }) = self;
        let (app, of) = place.open()?;
        let who = (ACTOR, app.now());
        match self {
            Self::List { .. } => {
                let kinds = app.store().machine_kinds(&of).map_err(failed)?;
                let replacement = app.store().replacement(&of).map_err(failed)?;
                Ok(format!("{}\n{}", shown(&read(&app, &of)?), of_machines(&kinds, replacement)))
            }
            Self::Lend { card, item, days, renewals, fine, grace, .. } => {
                let rule = LoanRule {
                    patron_type: card.clone(),
                    item_type: item.clone(),
                    period_days: *days,
                    n_renewals: *renewals,
                    fine_per_day: *fine,
                    grace_days: *grace,
                };
                if app.store().set_loan_rule(&of, &rule, who).map_err(failed)? {
                    return Ok(format!("{card}: {item} for {days} days, from the next loan on"));
                }
                let known = read(&app, &of)?;
                let cards: Vec<&str> = known.cards.iter().map(|card| card.patron_type.as_str()).collect();
                Err(format!(
                    "there is no type of card {card} or no type of item {item}; cards: {}; items: {}",
                    cards.join(", "),
                    known.item_types.join(", ")
                ))
            }
            Self::Stop { card, item, .. } => {
                match app.store().end_loan_rule(&of, (card, item), who).map_err(failed)? {
                    true => Ok(format!("{item} is not lent to {card} any more")),
                    false => Err(format!("{item} is not lent to {card}; `central rules list` shows what is")),
                }
            }
            Self::Card { card, loans, holds, overdue, .. } => {
                let name = card.trim();
                if name.is_empty() || name.chars().count() > 32 || name.chars().any(char::is_control) {
                    return Err("the name of a type has 1 to 32 characters".to_owned());
                }
                let rule = CardRule {
                    patron_type: name.to_owned(),
                    loan_limit: *loans,
                    overdue_limit: *overdue,
                    hold_limit: *holds,
                };
                app.store().set_card_rule(&of, &rule, who).map_err(failed)?;
                Ok(format!("{name}: {loans} loans and {holds} holds at once"))
            }
            Self::Partner { partner, end, .. } => {
                let code = partner.as_str();
                match app.store().set_ill_partner(&of, partner, !end).map_err(failed)? {
                    true if *end => Ok(format!("{code} is no partner any more")),
                    true => {
                        Ok(format!("{code} is a partner; it has to name {} as its own one, too", of.as_str()))
                    }
                    false => Err(format!("{code} is no other library of this database")),
                }
            }
            Self::Machine { card, stop: true, .. } => {
                match app.store().end_machine_kind(&of, card, who).map_err(failed)? {
                    true => Ok(format!("machines make no {card} any more")),
                    false => {
                        Err(format!("machines make no {card}; `central rules list` shows what they make"))
                    }
                }
            }
            Self::Machine { card, from, to, fee, deposit, credit, stop: false, .. } => {
                if from.zip(*to).is_some_and(|(from, to)| from > to) {
                    return Err("the oldest age is below the youngest one".to_owned());
                }
                let kind = MachineKind {
                    patron_type: card.clone(),
                    ages: (*from, *to),
                    fee: *fee,
                    deposit: *deposit,
                    by_credit: *credit,
                };
                if app.store().set_machine_kind(&of, &kind, who).map_err(failed)? {
                    return Ok(format!("machines make {}", of_kind(&kind)));
                }
                let known = read(&app, &of)?;
                let cards: Vec<&str> = known.cards.iter().map(|card| card.patron_type.as_str()).collect();
                Err(format!("there is no type of card {card}; there are: {}", cards.join(", ")))
            }
            Self::Replacement { fee, .. } => {
                app.store().set_replacement(&of, *fee, who).map_err(failed)?;
                Ok(format!("a card for a lost one costs {fee} yuan at a machine"))
            }
            Self::Close { day, open, .. } => {
                app.store().set_closed(&of, (*day, !open), who).map_err(failed)?;
                Ok(format!("the library is {} on {day}", if *open { "open" } else { "closed" }))
            }
        }
    }
}

fn read(app: &App, of: &Isil) -> Result<Rules, String> {
    app.store().rules(of, app.now().date()).map_err(failed)
}

fn shown(rules: &Rules) -> String {
    let mut lines = Vec::new();
    for card in &rules.cards {
        let overdue = card.overdue_limit.map_or_else(|| "any".to_owned(), |limit| limit.to_string());
        lines.push(format!(
            "{}: {} loans, {} holds, {overdue} overdue",
            card.patron_type, card.loan_limit, card.hold_limit
        ));
        for rule in rules.loans.iter().filter(|rule| rule.patron_type == card.patron_type) {
            lines.push(format!(
                "  {}: {} days, {} renewals, {} yuan a day after {} days",
                rule.item_type, rule.period_days, rule.n_renewals, rule.fine_per_day, rule.grace_days
            ));
        }
    }
    let closed: Vec<String> = rules.closed.iter().map(Date::to_string).collect();
    lines.push(format!("closed: {}", if closed.is_empty() { "-".to_owned() } else { closed.join(" ") }));
    lines.join("\n")
}

fn of_machines(kinds: &[MachineKind], replacement: Amount) -> String {
    if kinds.is_empty() {
        return "machines make: -".to_owned();
    }
    let kinds: Vec<String> = kinds.iter().map(of_kind).collect();
    format!("machines make: {}; for a lost one {replacement} yuan", kinds.join("; "))
}

/// What is said of a kind that machines make.
fn of_kind(kind: &MachineKind) -> String {
    let ages = match kind.ages {
        (None, None) => String::new(),
        (Some(from), None) => format!(", from {from} years"),
        (None, Some(to)) => format!(", up to {to} years"),
        (Some(from), Some(to)) => format!(", from {from} to {to} years"),
    };
    let secured = match (kind.by_credit, kind.deposit.fen()) {
        (true, _) => ", by credit".to_owned(),
        (false, 0) => String::new(),
        (false, _) => format!(", deposit {} yuan", kind.deposit),
    };
    format!("{}{ages}, fee {} yuan{secured}", kind.patron_type, kind.fee)
}

fn yuan(text: &str) -> Result<Amount, String> {
    Amount::parse_yuan(text)
        .filter(|amount| (0..=MOST_FEN).contains(&amount.fen()))
        .ok_or_else(|| "write an amount in yuan, such as 0.10; 10000 at most".to_owned())
}

fn isil(text: &str) -> Result<Isil, String> {
    Isil::parse(text).map_err(|fault| fault.to_string())
}

fn failed(fault: StoreError) -> String {
    fault.to_string()
}

/// Ten thousand yuan.
const MOST_FEN: i64 = 1_000_000;
