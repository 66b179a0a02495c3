//! Answers: envelopes, codes, and the words that go with them.
//!
//! The code decides; the words tell a patron or a clerk what to do.

use circulation::transaction::Reason;
use serde_json::{Map, Value};
use sync_client::wire::{Envelope, LoanedBook, Message, code};

use super::Answer;
use super::params::BadParameter;
use crate::clock;
use crate::store::{LoanRecord, StoreError};
use crate::token::Refused;

/// A refusal whose meaning has no code of its own; its words say it. Ours.
pub(super) const REFUSED: &str = "R90299";

/// The `appid` or its secret is wrong. Ours.
pub(super) const APP_REFUSED: &str = "R90402";

/// A reader's card is not issued or changed so: there is one already, or no such type. Ours.
pub(super) const CERTIFICATE_TAKEN: &str = "R90110";
pub(super) const NUMBER_TAKEN: &str = "R90111";
pub(super) const CARD_REFUSED: &str = "R90112";
/// A hold is placed or ended. Ours.
pub(super) const HELD: &str = "R90003";
pub(super) const HOLD_ENDED: &str = "R90004";
/// A hold is not placed, or there is none. Ours.
pub(super) const HOLD_REFUSED: &str = "R90206";
pub(super) const NO_HOLD: &str = "R90207";
/// Money is taken, or not. Ours.
pub(super) const PAID: &str = "R90005";
pub(super) const PAYMENT_REFUSED: &str = "R90301";
/// A card is issued or changed. Ours.
pub(super) const CARD_CHANGED: &str = "R90006";
/// There is no such record. Ours.
pub(super) const RECORD_UNKNOWN: &str = "R90208";
/// The operator's account or password is wrong. Ours.
pub(super) const LOGIN_REFUSED: &str = "R90403";
/// Too many passwords were wrong. Ours.
pub(super) const LOCKED_OUT: &str = "R90404";
/// This central has no key for numbers of identity cards. Ours.
pub(super) const NO_KEY: &str = "R90501";

/// Why a call is not answered as hoped.
pub(super) enum Failure {
    Parameter(BadParameter),
    App,
    Token(Refused),
    Reason(Reason),
    /// A code of ours, and words for whoever asked.
    Refused(&'static str, String),
    /// Our fault; the cause is in the log.
    Fault,
}

impl From<BadParameter> for Failure {
    fn from(bad: BadParameter) -> Self {
        Self::Parameter(bad)
    }
}

impl From<Reason> for Failure {
    fn from(reason: Reason) -> Self {
        Self::Reason(reason)
    }
}

impl From<StoreError> for Failure {
    fn from(fault: StoreError) -> Self {
        tracing::error!(%fault, "the store fails; nothing was changed");
        Self::Fault
    }
}

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        let (code, text) = match failure {
            Failure::Parameter(bad) => (code::BAD_PARAMETER, bad.to_string()),
            Failure::App => (APP_REFUSED, "appid 或 secret 不正确，请检查自助机的配置".to_owned()),
            Failure::Token(Refused::Unknown) => (code::TOKEN_REFUSED, "凭证无效，请重新获取".to_owned()),
            Failure::Token(Refused::Expired) => (code::TOKEN_REFUSED, "凭证已过期，请重新获取".to_owned()),
            Failure::Reason(reason) => (code::of_reason(&reason).unwrap_or(REFUSED), words(&reason)),
            Failure::Refused(code, text) => (code, text),
            Failure::Fault => {
                (code::SERVER_FAULT, "系统故障，本次操作未生效，请稍后再试或联系工作人员".to_owned())
            }
        };
        said(false, code, &text)
    }
}

/// An envelope with one message.
pub(super) fn said(success: bool, code: &str, text: &str) -> Answer {
    let message =
        Message { code: Some(code.to_owned()), message: Some(text.to_owned()), ..Message::default() };
    Answer {
        envelope: Envelope { success, messagelist: vec![message], ..Envelope::default() },
        payload: Map::new(),
    }
}

/// The usual envelope around what was asked for.
pub(super) fn found() -> Answer {
    said(true, code::OK, "成功")
}

impl Answer {
    /// With one more key beside the envelope's.
    pub(super) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.payload.insert(key.to_owned(), value.into());
        self
    }
}

/// A loan as openlib writes it. The due date ends with its last second.
pub(super) fn loaned_book(loan: LoanRecord) -> LoanedBook {
    let item = loan.item;
    LoanedBook {
        barcode: Some(item.item.as_str().to_owned()),
        title: filled(item.title),
        author: filled(item.author),
        callno: filled(item.call_number),
        isbn: filled(item.isbn),
        curlocalname: filled(item.branch_name),
        loandate: Some(clock::stamp(loan.loaned_at)),
        returndate: Some(format!("{} 23:59:59", loan.due_on)),
        rewnewcount: Some(loan.n_renewals.to_string()),
        next: None,
    }
}

/// An empty text is left out.
pub(super) fn filled(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

pub(super) fn words(reason: &Reason) -> String {
    let text = match reason {
        Reason::PatronUnknown => "没有这个读者证号，请核对后再试，或到服务台办理",
        Reason::WrongPin => "密码不正确，请重新输入；忘记密码请到服务台重设",
        Reason::PatronExpired => "读者证已过有效期，请到服务台办理延期",
        Reason::PatronUnverified => "读者证尚未验证或未到启用日期，请带身份证到服务台办理",
        Reason::PatronLost => "读者证已挂失，请带身份证到服务台办理恢复或补办",
        Reason::PatronSuspended => "读者证已暂停使用，请到服务台咨询",
        Reason::PatronCancelled => "读者证已注销，请到服务台重新办证",
        Reason::Fees(owed) => return format!("欠费 {owed} 元，请先到服务台缴清再借"),
        Reason::LoanLimit(Some(limit)) => return format!("已借满 {limit} 册，请先归还再借"),
        Reason::LoanLimit(None) => "已借满，请先归还再借",
        Reason::NoLoans => "此类读者证不能外借图书，请在馆内阅览，或到服务台换证",
        Reason::ItemUnknown => "没有这个条码的馆藏，请将图书交给工作人员",
        Reason::NotForLoan => "此书不外借，请在馆内阅览后放回原处",
        Reason::OnLoan => "此书已借出，尚未归还；如需借阅请先归还",
        Reason::OnHold => "此书已被其他读者预约，请交给工作人员",
        Reason::NotOnLoan => "此书没有借出记录，无需归还，请放回书架或交给工作人员",
        Reason::TagForeign | Reason::TagDamaged | Reason::PartMissing | Reason::CentralSilent => {
            "无法办理，请交给工作人员"
        }
        Reason::Other(text) => text.as_str(),
    };
    text.to_owned()
}
