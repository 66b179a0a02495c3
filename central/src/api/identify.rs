//! Who is calling, and who stands in front of the kiosk: token, confirmreader.

use core::net::IpAddr;

use circulation::id::{Isil, MAX_LEN};
use circulation::transaction::Reason;
use jiff::civil::DateTime;
use sync_client::wire::code;

use super::Answer;
use super::answer::{Failure, LOCKED_OUT, LOGIN_REFUSED, said};
use super::params::{BadParameter, Params};
use crate::app::App;
use crate::clock;
use crate::password::{self, Cost};
use crate::people::attempt::{self, Attempt};
use crate::people::door::Shown;

pub(super) fn token(app: &App, from: IpAddr, params: &Params) -> Result<Answer, Failure> {
    let appid = params.text("appid", MAX_SECRET)?;
    let secret = params.secret("secret", MAX_SECRET)?;
    let known = app.store().app(appid)?;
    let hash = known.as_ref().map(|(_, hash)| hash.as_str());
    let of = match (app.door().show((from, appid), (secret, hash), app.now()), &known) {
        (Shown::Locked(until), _) => return Err(locked(until)),
        (Shown::Right, Some((of, _))) => of,
        (Shown::Right | Shown::Wrong, _) => return Err(Failure::App),
    };
    let (token, ends_at) =
        app.tokens().issue(app.store(), (of, appid), app.now(), app.token_life()).map_err(|fault| {
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

/// The institution whose catalogue the public sees: the only one here, or the one named by `globalid`.
pub(super) fn public_institution(app: &App, params: &Params) -> Result<Isil, Failure> {
    let named = params.optional("globalid");
    let all = app.store().institutions()?;
    let found = match (named, all.as_slice()) {
        (None, [(only, _)]) => Some(only),
        (None, _) => None,
        (Some(named), all) => all.iter().map(|(of, _)| of).find(|of| of.as_str() == named),
    };
    found.cloned().ok_or_else(|| BadParameter::BadValue("globalid", "本系统中的馆代码").into())
}

/// An operator logs in; `password` is the MD5 of the password.
pub(super) fn operator(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let loginid = params.text("loginid", MAX_LEN)?;
    let password = params.secret("password", MAX_SECRET)?.trim().to_ascii_lowercase();
    let known = app.store().operator(of, loginid)?;
    // A guess costs the same whether or not there is such an account, and locks it the same.
    let hash = known.as_ref().map_or(attempt::NOBODY, |known| known.password_hash.as_str());
    let person = attempt::subject("operator", loginid);
    let attempt = attempt::check(app.store(), of, &person, (&password, hash), app.now())?;
    let known = match (attempt, known) {
        (Attempt::Locked(until), _) => return Err(locked(until)),
        (Attempt::Right, Some(known)) => known,
        (Attempt::Right | Attempt::Wrong, _) => {
            return Err(Failure::Refused(LOGIN_REFUSED, "工作人员账号或密码不正确".to_owned()));
        }
    };
    let answer = said(true, code::OK, "登录成功").with("loginid", loginid).with("username", known.name);
    Ok(match known.branch {
        Some(branch) => answer.with("libcode", branch),
        None => answer.with("libcode", of.as_str()),
    })
}

/// Says only whether the password is right; whether the card may be used stands in searchreader.
pub(super) fn confirm_reader(app: &App, of: &Isil, params: &Params) -> Result<Answer, Failure> {
    let patron = params.patron()?;
    let password = params.secret("rdpasswd", MAX_SECRET)?;
    let hash = app.store().password_hash(of, &patron)?.ok_or(Reason::PatronUnknown)?;
    let person = attempt::subject("card", patron.as_str());
    match attempt::check(app.store(), of, &person, (password, &hash), app.now())? {
        Attempt::Right => {}
        Attempt::Wrong => return Err(Reason::WrongPin.into()),
        Attempt::Locked(until) => return Err(locked(until)),
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

/// The same words whether or not there is such an account or card.
fn locked(until: DateTime) -> Failure {
    let words = format!("尝试次数过多，请在 {:02}:{:02} 以后再试", until.hour(), until.minute());
    Failure::Refused(LOCKED_OUT, words)
}

const MAX_SECRET: usize = 128;
