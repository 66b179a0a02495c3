//! Library cards at machines: what a kiosk asks, and central's answer. Numbers of identity cards and telephones are hashed
//! here, before anything else is done with them.

use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use circulation::id::{Isil, PatronId, TransactionId};
use circulation::money::Amount;
use jiff::civil::Date;
use sync_client::kiosk_api::issue::{CardCall, CardDeed, CardTold, Refusal, Wish};

use super::{Failure, JSON, blocking, is_of, malformed};
use crate::app::App;
use crate::certificate::{CertificateKey, Kind, born};
use crate::password::{self, Cost};
use crate::store::machine::{Till, Wanted, WantedCard};
use crate::store::{Desk, NewCard};
use crate::token::Caller;

/// Does something about a library card.
pub(super) async fn answer(app: App, caller: Caller, body: Bytes) -> Result<Response, Failure> {
    let CardCall { opuser, deed } = CardCall::parse(&body)?;
    is_of(&caller, &opuser)?;
    let told = match money(&app, &caller.institution, (&deed, &opuser)).await? {
        Some(told) => told,
        None => at_store(app, caller, opuser, deed).await?,
    };
    let body = serde_json::to_vec(&told).map_err(|_| Failure::Inside)?;
    Ok(([(header::CONTENT_TYPE, JSON), (header::CACHE_CONTROL, "no-store")], body).into_response())
}

/// What is about money waits for payment providers; nothing if it is about something else.
async fn money(app: &App, of: &Isil, (deed, opuser): (&CardDeed, &str)) -> Result<Option<CardTold>, Failure> {
    let (CardDeed::Pay { id, .. } | CardDeed::Paid { id } | CardDeed::Refund { id }) = deed else {
        return Ok(None);
    };
    let id = parse(id)?;
    let Some(cashier) = app.cashier() else {
        return Ok(Some(CardTold { refused: Some(Refusal::NoPayment), ..CardTold::default() }));
    };
    let told = match deed {
        CardDeed::Pay { amount_fen, .. } => {
            cashier.pay(app, of, (id, Amount::from_fen(*amount_fen)), opuser).await?
        }
        CardDeed::Refund { .. } => cashier.refund(app, of, id).await?,
        CardDeed::Check { .. }
        | CardDeed::Reserve { .. }
        | CardDeed::Confirm { .. }
        | CardDeed::Delete { .. }
        | CardDeed::Paid { .. }
        | CardDeed::Renew { .. }
        | CardDeed::Lose { .. }
        | CardDeed::Pin { .. } => cashier.paid(app, of, id).await?,
    };
    tracing::debug!(opuser, deed = deed.word(), refused = ?told.refused, money = ?told.money, "money for a card");
    Ok(Some(told))
}

async fn at_store(app: App, caller: Caller, opuser: String, deed: CardDeed) -> Result<CardTold, Failure> {
    blocking(move || {
        let desk = Desk { opuser, now: app.now() };
        let told = told(&app, &caller.institution, &deed, &desk)?;
        tracing::debug!(opuser = desk.opuser, deed = deed.word(), refused = ?told.refused, "a card");
        Ok(told)
    })
    .await
}

fn told(app: &App, of: &Isil, deed: &CardDeed, desk: &Desk) -> Result<CardTold, Failure> {
    let store = app.store();
    let Some(key) = app.certificate_key() else {
        return Ok(CardTold { refused: Some(Refusal::NoKey), ..CardTold::default() });
    };
    let hash = |number: &str| key.hash(of, Kind::Certificate, number);
    Ok(match deed {
        CardDeed::Check { certificate } => {
            let mut standing = store.card_standing(of, &hash(certificate), desk.now.date())?;
            standing.pay_via = app.cashier().map(|cashier| cashier.vias(of)).unwrap_or_default();
            CardTold { standing: Some(standing), ..CardTold::default() }
        }
        CardDeed::Reserve { id, wish } => {
            let id = parse(id)?;
            store.reserve_card(of, id, &wanted((app, of), key, (id, wish), desk)?, desk)?
        }
        CardDeed::Confirm { id } => {
            // Where nobody takes money for the library, a machine that confirms a card has taken it.
            let is_paid_here = app.cashier().is_some_and(|cashier| !cashier.vias(of).is_empty());
            let till = if is_paid_here { Till::Here } else { Till::Machine };
            store.confirm_card(of, parse(id)?, till, desk)?
        }
        CardDeed::Delete { id } => store.delete_card(of, parse(id)?, desk)?,
        // Answered before: they wait for payment providers.
        CardDeed::Pay { .. } | CardDeed::Paid { .. } | CardDeed::Refund { .. } => {
            CardTold { refused: Some(Refusal::NoPayment), ..CardTold::default() }
        }
        CardDeed::Renew { certificate, card } => {
            store.renew_card(of, (&hash(certificate), &number(card, "card")?), desk)?
        }
        CardDeed::Lose { certificate, card } => {
            store.lose_card(of, (&hash(certificate), &number(card, "card")?), desk)?
        }
        CardDeed::Pin { certificate, card, pin } => {
            let (certificate, card) = (hash(certificate), number(card, "card")?);
            // A password is hashed only for whoever may change it: that is work.
            let holder = store.card_standing(of, &certificate, desk.now.date())?.holder;
            if holder.is_none_or(|holder| holder.card != card.as_str()) {
                return Ok(CardTold { refused: Some(Refusal::NoCard), ..CardTold::default() });
            }
            let (ours, for_kiosks) = hashes(pin)?;
            store.set_card_pin(of, (&certificate, &card), (&ours, &for_kiosks), desk)?
        }
    })
}

fn wanted(
    (app, of): (&App, &Isil),
    key: &CertificateKey,
    (id, wish): (TransactionId, &Wish),
    desk: &Desk,
) -> Result<Wanted, Failure> {
    let certificate = key.hash(of, Kind::Certificate, &wish.certificate);
    let card = match &wish.replaces {
        Some(lost) => WantedCard::Replaces { lost: number(lost, "replaces")?, certificate },
        None => {
            let day: Date =
                wish.born.as_deref().and_then(|day| day.parse().ok()).ok_or_else(|| malformed("born"))?;
            if !(1900..=2150).contains(&day.year()) {
                return Err(malformed("born"));
            }
            let comes = app.store().foresees_card(of, id, (&wish.kind, day), desk.now.date())?;
            let phone = wish.phone.trim();
            let card = NewCard {
                name: wish.name.trim().to_owned(),
                patron_type: wish.kind.clone(),
                sex: born(&wish.certificate).map_or("", |known| known.sex),
                birth_year: Some(day.year().into()),
                certificate: Some(certificate),
                login: (!phone.is_empty()).then(|| key.hash(of, Kind::Login, phone)),
                hashes: if comes { hashes(&wish.pin)? } else { Default::default() },
                ..NewCard::default()
            };
            WantedCard::New { card: Box::new(card), born: day }
        }
    };
    let guardian = wish.guardian.as_deref().map(|number| key.hash(of, Kind::Certificate, number));
    Ok(Wanted { card, guardian, consent: wish.consent, on_phone: wish.on_phone })
}

/// One for us, and another one for kiosks: whoever steals a kiosk has none of ours.
fn hashes(pin: &str) -> Result<(String, String), Failure> {
    let hash = || {
        password::hash(pin, Cost::Standard).map_err(|fault| {
            tracing::error!(%fault, "a password cannot be hashed");
            Failure::Inside
        })
    };
    Ok((hash()?, hash()?))
}

fn parse(id: &str) -> Result<TransactionId, Failure> {
    TransactionId::parse(id).ok_or_else(|| malformed("id"))
}

fn number(card: &str, field: &str) -> Result<PatronId, Failure> {
    PatronId::parse(card).map_err(|_| malformed(field))
}
