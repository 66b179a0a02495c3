//! Who is calling, and who stands in front of the kiosk: token, confirmreader.

use circulation::id::{Isil, MAX_LEN};
use circulation::transaction::Reason;
use sync_client::wire::code;

use super::Answer;
use super::answer::{Failure, LOGIN_REFUSED, said};
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
    // A guess costs the same whether or not there is such an account.
    let hash = known.as_ref().map_or(NOBODY, |known| known.password_hash.as_str());
    let is_right = password::verify(&password, hash);
    let Some(known) = known.filter(|_| is_right) else {
        return Err(Failure::Refused(LOGIN_REFUSED, "工作人员账号或密码不正确".to_owned()));
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

/// A hash of nothing that anybody knows.
const NOBODY: &str = "argon2id$19456$2$00000000000000000000000000000000$\
     0000000000000000000000000000000000000000000000000000000000000000";
