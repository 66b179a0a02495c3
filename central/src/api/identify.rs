//! Who is calling, and who stands in front of the kiosk: token, confirmreader.

use circulation::id::Isil;
use circulation::transaction::Reason;
use sync_client::wire::code;

use super::Answer;
use super::answer::{Failure, said};
use super::params::{BadParameter, Params};
use crate::app::App;
use crate::clock;
use crate::password::{self, Cost};

pub(super) fn token(app: &App, params: &Params) -> Result<Answer, Failure> {
    let appid = params.text("appid", MAX_SECRET)?;
    let secret = params.secret("secret", MAX_SECRET)?;
    let Some((of, hash)) = app.store().app(appid)? else { return Err(Failure::App) };
    if !password::verify(secret, &hash) {
        return Err(Failure::App);
    }
    let (token, ends_at) =
        app.tokens().issue(app.store(), (&of, appid), app.now(), app.token_life()).map_err(|fault| {
            tracing::error!(%fault, "no token can be given");
            Failure::Fault
        })?;
    let mut answer = said(true, code::OK, "成功");
    for message in &mut answer.envelope.messagelist {
        message.token = Some(token.clone());
        message.time = Some(clock::stamp(ends_at));
    }
    Ok(answer)
}

/// The institution for which the caller's token speaks.
pub(super) fn institution(app: &App, params: &Params) -> Result<Isil, Failure> {
    let token = params.optional("token").unwrap_or("");
    let caller = app.tokens().check(app.store(), token, app.now())?.map_err(Failure::Token)?;
    // A kiosk with a secret of its own books on no other account.
    if let (Some(kiosk), Some(opuser)) = (&caller.kiosk, params.optional("opuser"))
        && kiosk != opuser
    {
        return Err(BadParameter::BadValue("opuser", "该自助机自己的操作员账号").into());
    }
    Ok(caller.institution)
}

/// Says only whether the password is right; whether the card may be used stands in searchreader.
pub(super) fn confirm_reader(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let patron = params.patron()?;
    let password = params.secret("rdpasswd", MAX_SECRET)?;
    let hash = app.store().password_hash(of, &patron)?.ok_or(Reason::PatronUnknown)?;
    if !password::verify(password, &hash) {
        return Err(Reason::WrongPin.into());
    }
    // Here alone is the password known in clear: cards older than the kiosks' mirror get their hash for it now.
    if !app.store().has_kiosk_pin(of, &patron)? {
        match password::hash(password, Cost::Standard) {
            Ok(pin) => app.store().keep_kiosk_pin(of, &patron, &hash, &pin)?,
            Err(fault) => tracing::warn!(%fault, "kiosks get no hash of a password"),
        }
    }
    Ok(said(true, code::OK, "验证成功"))
}

const MAX_SECRET: usize = 128;
