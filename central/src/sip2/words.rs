//! What answers say to people (AF): why not, and what to do.

use circulation::transaction::Reason;

use crate::ledger::{CardRefused, ChangeRefused, HoldRefused, IssueRefused, PayRefused, Route};

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

/// Why a card is not issued.
pub(super) fn of_issue(refused: IssueRefused) -> String {
    let text = match refused {
        IssueRefused::NoSuchType => "没有这种读者类型",
        IssueRefused::NoSuchBranch => "没有这个馆代码",
        IssueRefused::NumberTaken => "该读者证号已被使用，请换一个证号",
        IssueRefused::CertificateTaken => "该证件号已办理过读者证，请使用原证，或到服务台补办",
        IssueRefused::LoginTaken => "该登录号已被其他读者使用",
        IssueRefused::AttachedTaken => "该附属卡已绑定其他读者证",
        IssueRefused::SerialUsed => "该支付流水号已使用过，请查询后再办理",
        IssueRefused::BadTerm => "有效期的结束早于开始",
    };
    text.to_owned()
}

/// Why a card stays as it is.
pub(super) fn of_card(refused: CardRefused) -> String {
    let text = match refused {
        CardRefused::Unknown => return of_reason(&Reason::PatronUnknown),
        CardRefused::Cancelled => return of_reason(&Reason::PatronCancelled),
        CardRefused::Already => "读者证已是该状态",
        CardRefused::NotLost => "只有挂失或注销的读者证才能补办",
        CardRefused::HasLoans(n) => return format!("还有 {n} 册图书未还，请先归还"),
        CardRefused::Owes => "还有欠费未缴，请先缴清",
    };
    text.to_owned()
}

/// Why a card gets neither another term nor another number.
pub(super) fn of_change(refused: ChangeRefused) -> String {
    let text = match refused {
        ChangeRefused::Unknown => return of_reason(&Reason::PatronUnknown),
        ChangeRefused::Cancelled => return of_reason(&Reason::PatronCancelled),
        ChangeRefused::NoSuchType => "没有这种读者类型",
        ChangeRefused::SameType => "读者证已是该类型",
        ChangeRefused::TooManyLoans { n_loans, limit } => {
            return format!("在借 {n_loans} 册，新类型只能借 {limit} 册，请先归还");
        }
        ChangeRefused::BadTerm => "有效期超出日历范围",
        ChangeRefused::NumberTaken => "该读者证号已被使用，请换一个证号",
    };
    text.to_owned()
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
pub(super) const NO_PICKUP: &str = "请说明取书地点（BS）或保留期限（BW）";
pub(super) const NO_SUCH_HOLD: &str = "没有预约此书";
pub(super) const NO_SUCH_OPERATION: &str = "不支持此项操作（XK），请到服务台办理";
pub(super) const NO_NUMBER: &str = "读者证号不正确";
pub(super) const NO_CITIZEN: &str = "缺少证件号（XO），或证件号不正确";
pub(super) const NO_KEY: &str = "本系统未配置证件号密钥，不能按证件号办理，请联系管理员";
pub(super) const NO_PROOF: &str = "请输入密码，或出示本人证件";
pub(super) const WRONG_PROOF: &str = "证件与读者证不符";
pub(super) const NO_NAME_OR_TYPE: &str = "缺少姓名（AE）或读者类型（XT）";
pub(super) const SHORT_PASSWORD: &str = "密码至少 6 个字符";
pub(super) const BAD_DAY: &str = "日期不正确";
pub(super) const BAD_DEPOSIT: &str = "押金不正确";
pub(super) const NO_FREE_COPY: &str = "此书没有可预约的复本";
