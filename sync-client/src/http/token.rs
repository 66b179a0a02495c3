//! The access token: fetched once for all who wait, kept until shortly before its end.
//!
//! **Rule**: callers that need a token at the same time share one request and its outcome, good or bad. The lock is
//! never held across an await.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::civil::DateTime;
use tokio::sync::OnceCell;

use super::AskError;

/// A token and how long to use it.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) value: String,
    until: Instant,
}

impl Token {
    /// A token that, as the server says, ends at `ends`; `local` and `now` are the same moment.
    ///
    /// It is used until an hour before its end, or for 40 minutes if the end is not said.
    pub(super) fn new(value: String, ends: Option<DateTime>, local: DateTime, now: Instant) -> Self {
        let life = ends.map_or(LIFE, |ends| {
            let seconds = ends.duration_since(local).as_secs();
            // Whatever the clocks say: not asked for at every call, and not kept for ever.
            Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
                .saturating_sub(MARGIN)
                .clamp(MIN_LIFE, MAX_LIFE)
        });
        Self { value, until: now + life }
    }
}

type Cell = Arc<OnceCell<Result<Token, AskError>>>;

/// Where the token is kept. A cell is filled once; an outcome that is of no use any more takes its cell with it.
#[derive(Default)]
pub(super) struct Tokens(Mutex<Cell>);

impl Tokens {
    /// The token, or the outcome of `fetch`, called by one of those who wait.
    pub(super) async fn get<F>(&self, now: Instant, fetch: impl Fn() -> F) -> Result<Token, AskError>
    where
        F: Future<Output = Result<Token, AskError>>,
    {
        let mut cell = self.current();
        // A good token that has come to its end is dropped; one just fetched is used whatever its end.
        if let Some(Ok(token)) = cell.get()
            && token.until <= now
        {
            cell = self.replace(&cell);
        }
        let outcome = cell.get_or_init(fetch).await.clone();
        if outcome.is_err() {
            self.replace(&cell);
        }
        outcome
    }

    /// Drops a token that the server refused, unless somebody has replaced it already.
    pub(super) fn refuse(&self, token: &Token) {
        let cell = self.current();
        if let Some(Ok(kept)) = cell.get()
            && kept.value == token.value
        {
            self.replace(&cell);
        }
    }

    fn current(&self) -> Cell {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts an empty cell in the place of `old`, if it is still there; answers the cell that is there now.
    fn replace(&self, old: &Cell) -> Cell {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&current, old) {
            *current = Cell::default();
        }
        Arc::clone(&current)
    }
}

/// How long a token is used if the server does not say when it ends.
const LIFE: Duration = Duration::from_secs(40 * 60);
/// How long before its end a token is given up.
const MARGIN: Duration = Duration::from_secs(60 * 60);
/// How long a token is used at least, and at most.
const MIN_LIFE: Duration = Duration::from_secs(60);
const MAX_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "an origin to compare with")]
    fn a_token_is_given_up_an_hour_before_its_end() {
        let now = Instant::now();
        let local = date(2026, 11, 22).at(9, 0, 0, 0);
        let minutes =
            |ends: Option<DateTime>| (Token::new("t".into(), ends, local, now).until - now).as_secs() / 60;
        assert_eq!(minutes(None), 40);
        assert_eq!(minutes(Some(date(2026, 11, 22).at(11, 0, 0, 0))), 60);
        assert_eq!(minutes(Some(date(2026, 11, 22).at(9, 30, 0, 0))), 1, "shorter than the margin");
        assert_eq!(minutes(Some(date(2026, 11, 21).at(9, 0, 0, 0))), 1, "the kiosk's clock is ahead");
        assert_eq!(minutes(Some(date(2036, 1, 1).at(0, 0, 0, 0))), 24 * 60, "the kiosk's clock is behind");
    }
}
