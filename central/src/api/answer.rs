//! Answers: envelopes, codes, and the words that go with them.
//!
//! The code decides; the words tell a patron or a clerk what to do.

use circulation::transaction::Reason;
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

/// Why a call is not answered as hoped.
pub(super) enum Failure {
    Parameter(BadParameter),
    App,
    Token(Refused),
    Reason(Reason),
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
        liblist: None,
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
    }
}

/// An empty text is left out.
pub(super) fn filled(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn words(reason: &Reason) -> String {
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
