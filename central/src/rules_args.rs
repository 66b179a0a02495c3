//! The command `rules`: who is lent what, limits, closing days, as the page 规则 sets them.

use central::App;
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
        | Self::Close { place, .. }) = self;
        let (app, of) = place.open()?;
        let who = (ACTOR, app.now());
        match self {
            Self::List { .. } => Ok(shown(&read(&app, &of)?)),
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
