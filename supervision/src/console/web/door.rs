//! The console's door: the password, for a session in the browser or for one call of a program.

use std::net::IpAddr;

use argon2::{Argon2, PasswordHash, PasswordVerifier as _};
use axum::Extension;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::super::door::{Denied, Words, no_random, not_own};
use super::super::page;
use super::own::{Nothing, Own};
use super::{Shared, html};

/// Whether the password is right; a wrong one is counted against the address.
pub(super) async fn check(shared: &Shared, peer: IpAddr, password: String) -> Result<(), Denied> {
    let hash = shared.0.password.clone().ok_or(Denied::NoSecret)?;
    shared.0.door.check(peer, move || is_right(&hash, &password)).await
}

#[derive(Deserialize)]
pub(super) struct Password {
    password: String,
}

pub(super) async fn login_page(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    if shared.session(&headers, true).is_some() {
        return Redirect::to("/").into_response();
    }
    html(StatusCode::OK, page::login(&shared.board().kiosk, None))
}

pub(super) async fn login(
    State(shared): State<Shared>,
    Extension(peer): Extension<IpAddr>,
    headers: HeaderMap,
    Form(Password { password }): Form<Password>,
) -> Response {
    if !shared.0.door.is_same_origin(&headers) {
        return not_own();
    }
    if let Err(denied) = check(&shared, peer, password).await {
        let kiosk = shared.board().kiosk;
        return denied.answer(WORDS, |said| html(StatusCode::OK, page::login(&kiosk, Some(said))));
    }
    let Some(cookie) = shared.0.door.admit(peer) else { return no_random() };
    let mut answer = Redirect::to("/").into_response();
    cookie.into_answer(&mut answer);
    answer
}

pub(super) async fn logout(State(shared): State<Shared>, headers: HeaderMap, _: Own<Nothing>) -> Response {
    let mut answer = Redirect::to("/login").into_response();
    shared.0.door.leave(&headers).into_answer(&mut answer);
    answer
}

/// Slow on purpose.
fn is_right(hash: &str, password: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// What is said at this door.
pub(super) const WORDS: Words = Words {
    no_secret: "未设密码：kiosk console-password 算出，写入 console.password · no password is set: kiosk console-password makes one",
    wrong: "密码不对 · wrong password",
};
