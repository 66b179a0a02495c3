//! What answers say to people (AF): why not, and what to do.

use circulation::transaction::Reason;

use crate::ledger::{HoldRefused, PayRefused, Route};

/// Why a patron or an item is refused.
pub(super) fn of_reason(reason: &Reason) -> String {
    let text = match reason {
        Reason::PatronUnknown => "没有这个读者证号，请到服务台办理",
        Reason::WrongPin => "密码不正确",
        Reason::PatronExpired => "读者证已过有效期，请到服务台延期",
        Reason::PatronUnverified => "读者证尚未验证或未到启用日期，请到服务台办理",
        Reason::PatronLost => "读者证已挂失，请到服务台办理",
        Reason::PatronSuspended => "读者证已暂停使用，请到服务台咨询",
        Reason::PatronCancelled => "读者证已注销，请到服务台办理",
        Reason::Fees(owed) => return format!("欠费 {owed} 元，请到服务台缴清"),
        Reason::LoanLimit(Some(limit)) => return format!("已借满 {limit} 册，请先归还再借"),
        Reason::LoanLimit(None) => "已借满，请先归还再借",
        Reason::NoLoans => "此类读者证不能外借图书",
        Reason::ItemUnknown => "没有这个条码的馆藏，请交给工作人员",
        Reason::NotForLoan => "此书不外借，请在馆内阅览",
        Reason::OnLoan => "此书已借出，尚未归还",
        Reason::OnHold => "此书已被其他读者预约，请交给工作人员",
        Reason::NotOnLoan => "此书没有借出记录",
        Reason::TagForeign | Reason::TagDamaged | Reason::PartMissing | Reason::CentralSilent => {
            "无法办理，请交给工作人员"
        }
        Reason::Other(text) => text.as_str(),
    };
    text.to_owned()
}

/// Why nothing is held.
pub(super) fn of_hold(refused: &HoldRefused) -> String {
    match refused {
        HoldRefused::Reason(reason) => of_reason(reason),
        HoldRefused::OwnLoan => "此书已在您手中，无需预约".to_owned(),
        HoldRefused::HoldLimit(limit) => format!("最多预约 {limit} 册，请先取消其他预约"),
        HoldRefused::NotOnShelf => "此书已借出，请改为预约".to_owned(),
        HoldRefused::DayOver => "预约截止日期已过".to_owned(),
        HoldRefused::NoBranch => "没有这个取书地点".to_owned(),
        HoldRefused::Already => "您已预约此书".to_owned(),
    }
}

/// Why a payment is not taken.
pub(super) fn of_payment(refused: &PayRefused) -> String {
    match refused {
        PayRefused::Unknown => of_reason(&Reason::PatronUnknown),
        PayRefused::NoAmount => "金额不正确，未入账".to_owned(),
        PayRefused::TooMuch(owed) => format!("只欠 {owed} 元，未入账"),
        PayRefused::NoSuchFee => "没有这笔欠费，或已缴清".to_owned(),
        PayRefused::SerialUsed => "该流水号已用于另一笔款项，未入账".to_owned(),
    }
}

/// Where an item goes that was brought back; nothing for the open shelf.
pub(super) fn of_route(route: &Route) -> Option<String> {
    match route {
        Route::Shelf => None,
        Route::HoldShelf(_) => Some("预约图书，请放预约架".to_owned()),
        Route::ToPickup(branch) => Some(format!("预约图书，请送 {branch}")),
        Route::Home(branch) => Some(format!("请送还 {branch}")),
    }
}

pub(super) const KEPT_FOR_STAFF: &str = "已记录，需工作人员核对";
pub(super) const NO_CANCELLED_RETURN: &str = "不能撤销还书，请重新借书";
pub(super) const NO_PAYMENT_NUMBER: &str = "缺少流水号（BK），未入账";
pub(super) const ONLY_STAFF_ENABLES: &str = "请到服务台恢复读者证";
pub(super) const NO_PICKUP: &str = "请说明取书地点（BS）";
pub(super) const NO_SUCH_HOLD: &str = "没有预约此书";
