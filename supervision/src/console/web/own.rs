//! A form of a page of ours, in a session: everything that changes something comes as one.

use axum::extract::{Form, FromRequest, Request};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Shared, not_own};

/// The fields of such a form, besides its token. They are texts: so is all that a browser sends.
pub(super) struct Own<F>(pub(super) F);

/// A form with nothing but its token.
#[derive(Deserialize)]
pub(super) struct Nothing {}

#[derive(Deserialize)]
struct Signed<F> {
    csrf: String,
    #[serde(flatten)]
    fields: F,
}

impl<F: DeserializeOwned> FromRequest<Shared> for Own<F> {
    type Rejection = Response;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, Response> {
        let headers = request.headers().clone();
        let form = Form::<Signed<F>>::from_request(request, shared).await;
        let Form(Signed { csrf, fields }) = form.map_err(|refused| refused.into_response())?;
        if shared.is_own(&headers, &csrf) { Ok(Self(fields)) } else { Err(not_own()) }
    }
}
