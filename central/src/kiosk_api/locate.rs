//! Where copies are, and what should stand where, for programs at the shelves.

use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use sync_client::kiosk_api::locate::{CopyReport, Located, MAX_COPIES, Question, SeenReport, Sought};
use sync_client::kiosk_api::shelves;

use super::{Failure, JSON, blocking, is_of};
use crate::app::App;
use crate::clock;
use crate::store::{Copy, Sighting};
use crate::token::Caller;

pub(super) async fn answer(app: App, caller: Caller, body: Bytes) -> Result<Response, Failure> {
    let located = blocking(move || {
        let question = Question::parse(&body)?;
        is_of(&caller, &question.opuser)?;
        let (store, of) = (app.store(), &caller.institution);
        let (copies, more) = match &question.sought {
            Sought::Text(text) => store.locate(of, text, MAX_COPIES)?,
            Sought::Items(items) => (store.copies_of(of, items)?, false),
        };
        Ok(Located {
            now: clock::stamp(app.now()),
            here: store.stands(of, &question.opuser)?,
            copies: copies.into_iter().map(report).collect(),
            more,
        })
    })
    .await?;
    let body = serde_json::to_vec(&located).map_err(|_| Failure::Inside)?;
    Ok(([(header::CONTENT_TYPE, JSON), (header::CACHE_CONTROL, "no-store")], body).into_response())
}

/// What should stand on shelves that are about to be counted.
pub(super) async fn shelves(app: App, caller: Caller, body: Bytes) -> Result<Response, Failure> {
    let page = blocking(move || {
        let question = shelves::Question::parse(&body)?;
        is_of(&caller, &question.opuser)?;
        Ok(app.store().shelves(&caller.institution, &question)?)
    })
    .await?;
    let body = serde_json::to_vec(&page).map_err(|_| Failure::Inside)?;
    Ok(([(header::CONTENT_TYPE, JSON), (header::CACHE_CONTROL, "no-store")], body).into_response())
}

fn report(copy: Copy) -> CopyReport {
    let Copy { item, due_on, at_branch, shelf, n_holds, sent_to, seen } = copy;
    let seen = seen.map(|Sighting { at, how, branch, place }| SeenReport {
        at: clock::stamp(at),
        how,
        branch: branch.map(|(_, name)| name),
        place,
    });
    CopyReport {
        item: item.item.to_string(),
        title: item.title,
        call_number: item.call_number,
        branch: at_branch,
        branch_name: item.branch_name,
        shelf,
        state: item.state,
        due: due_on.map(|day| day.to_string()),
        sent_to,
        holds: n_holds,
        seen,
    }
}
