//! Codes of the openlib interface. `R0…` were seen in clients of the original; `R9…` are ours, for verdicts whose
//! original code is not public: a client of the original shows their text, ours knows their meaning.

use circulation::transaction::Reason;

/// Loan made. Ours.
pub const LOANED: &str = "R90001";
/// Return made. Ours.
pub const RETURNED: &str = "R90002";
/// Anything else that worked. Ours.
pub const OK: &str = "R90000";
/// Renewed (seen).
pub const RENEWED: &str = "R00108";
/// Reader added (seen).
pub const READER_ADDED: &str = "R00095";
/// Reader not found (seen).
pub const READER_NOT_FOUND: &str = "R00130";
/// The token is missing, invalid or expired. Ours; the original's code is not public, see [`is_token_refused`].
pub const TOKEN_REFUSED: &str = "R90401";
/// A parameter is missing or malformed. Ours.
pub const BAD_PARAMETER: &str = "R90400";
/// The server failed inside. Ours.
pub const SERVER_FAULT: &str = "R90500";

/// The codes of refusals, one for each reason that central can give.
const REFUSALS: &[(&str, Refusal)] = &[
    (READER_NOT_FOUND, Refusal::PatronUnknown),
    ("R90101", Refusal::WrongPin),
    ("R90102", Refusal::PatronExpired),
    ("R90103", Refusal::PatronUnverified),
    ("R90104", Refusal::PatronLost),
    ("R90105", Refusal::PatronSuspended),
    ("R90106", Refusal::PatronCancelled),
    ("R90107", Refusal::Fees),
    ("R90108", Refusal::LoanLimit),
    ("R90109", Refusal::NoLoans),
    ("R90201", Refusal::ItemUnknown),
    ("R90202", Refusal::NotForLoan),
    ("R90203", Refusal::OnLoan),
    ("R90204", Refusal::OnHold),
    ("R90205", Refusal::NotOnLoan),
];

/// [`Reason`] without what it carries: what a code alone can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    PatronUnknown,
    WrongPin,
    PatronExpired,
    PatronUnverified,
    PatronLost,
    PatronSuspended,
    PatronCancelled,
    Fees,
    LoanLimit,
    NoLoans,
    ItemUnknown,
    NotForLoan,
    OnLoan,
    OnHold,
    NotOnLoan,
}

/// Reader states (`rdcfstate`).
pub mod reader {
    /// valid
    pub const VALID: &str = "1";
    /// to be verified
    pub const UNVERIFIED: &str = "2";
    /// reported lost
    pub const LOST: &str = "3";
    /// suspended
    pub const SUSPENDED: &str = "4";
    /// cancelled
    pub const CANCELLED: &str = "5";
    /// valid by credit, without a deposit
    pub const CREDIT: &str = "10";
}

/// Holding states (`state`), those that a kiosk meets.
pub mod holding {
    /// in the library
    pub const IN_LIBRARY: &str = "2";
    /// on loan
    pub const ON_LOAN: &str = "3";
    /// lost
    pub const LOST: &str = "4";
    /// withdrawn
    pub const WITHDRAWN: &str = "5";
    /// locked
    pub const LOCKED: &str = "9";
    /// pre-loaned
    pub const PRE_LOANED: &str = "10";
    /// closed stacks
    pub const CLOSED_STACKS: &str = "13";
    /// in repair
    pub const REPAIR: &str = "14";
}

/// The code of a refusal, if central can give that reason.
#[must_use]
pub fn of_reason(reason: &Reason) -> Option<&'static str> {
    let refusal = match reason {
        Reason::PatronUnknown => Refusal::PatronUnknown,
        Reason::WrongPin => Refusal::WrongPin,
        Reason::PatronExpired => Refusal::PatronExpired,
        Reason::PatronUnverified => Refusal::PatronUnverified,
        Reason::PatronLost => Refusal::PatronLost,
        Reason::PatronSuspended => Refusal::PatronSuspended,
        Reason::PatronCancelled => Refusal::PatronCancelled,
        Reason::Fees(_) => Refusal::Fees,
        Reason::LoanLimit(_) => Refusal::LoanLimit,
        Reason::NoLoans => Refusal::NoLoans,
        Reason::ItemUnknown => Refusal::ItemUnknown,
        Reason::NotForLoan => Refusal::NotForLoan,
        Reason::OnLoan => Refusal::OnLoan,
        Reason::OnHold => Refusal::OnHold,
        Reason::NotOnLoan => Refusal::NotOnLoan,
        Reason::TagForeign
        | Reason::TagDamaged
        | Reason::PartMissing
        | Reason::CentralSilent
        | Reason::Other(_) => return None,
    };
    REFUSALS.iter().find(|(_, r)| *r == refusal).map(|(code, _)| *code)
}

/// The reason behind a code and its text. What a code cannot carry (an amount, a limit) is left out; a code that this
/// program does not know keeps central's own words.
#[must_use]
pub fn to_reason(code: &str, text: &str) -> Reason {
    let Some((_, refusal)) = REFUSALS.iter().find(|(known, _)| *known == code) else {
        return Reason::Other(text.trim().to_owned());
    };
    match refusal {
        Refusal::PatronUnknown => Reason::PatronUnknown,
        Refusal::WrongPin => Reason::WrongPin,
        Refusal::PatronExpired => Reason::PatronExpired,
        Refusal::PatronUnverified => Reason::PatronUnverified,
        Refusal::PatronLost => Reason::PatronLost,
        Refusal::PatronSuspended => Reason::PatronSuspended,
        Refusal::PatronCancelled => Reason::PatronCancelled,
        Refusal::Fees => Reason::Fees(circulation::money::Amount::default()),
        Refusal::LoanLimit => Reason::LoanLimit(None),
        Refusal::NoLoans => Reason::NoLoans,
        Refusal::ItemUnknown => Reason::ItemUnknown,
        Refusal::NotForLoan => Reason::NotForLoan,
        Refusal::OnLoan => Reason::OnLoan,
        Refusal::OnHold => Reason::OnHold,
        Refusal::NotOnLoan => Reason::NotOnLoan,
    }
}

/// Whether an answer means "fetch a new token". The original says so only in words (seen: 「凭证已过期」, 「凭证无效」),
/// the one place where a text has to be looked at.
#[must_use]
pub fn is_token_refused(code: &str, text: &str) -> bool {
    code == TOKEN_REFUSED
        || ["凭证已过期", "凭证无效", "token无效", "token已过期"].iter().any(|words| text.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_code_comes_back_as_its_reason() {
        for (code, _) in REFUSALS {
            let reason = to_reason(code, "");
            assert_eq!(of_reason(&reason), Some(*code), "{reason:?}");
        }
    }

    #[test]
    fn an_unknown_code_keeps_the_words() {
        assert_eq!(to_reason("R01234", " 此书不能外借 "), Reason::Other("此书不能外借".into()));
        assert!(is_token_refused("R1", "访问凭证已过期,请重新获取"));
        assert!(!is_token_refused(LOANED, "借书成功"));
    }
}
