//! Two languages: Chinese, and English by a switch that a cookie remembers.

use axum::http::header;
use sync_client::kiosk_api::locate::Age;

use super::call::Call;
use super::reply::{Reply, Trouble};

/// The language of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Chinese,
    English,
}

impl Language {
    pub(super) const COOKIE: &str = "yt_language";

    pub(super) fn of_cookie(value: Option<&str>) -> Self {
        if value == Some("en") { Self::English } else { Self::Chinese }
    }

    /// The words of this language.
    pub(super) const fn t(self, chinese: &'static str, english: &'static str) -> &'static str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }

    /// As in the `lang` of a page.
    pub(super) const fn tag(self) -> &'static str {
        self.t("zh-CN", "en")
    }

    /// How long ago.
    pub(super) fn ago(self, age: Age) -> String {
        match self {
            Self::Chinese => age.chinese(),
            Self::English => age.english(),
        }
    }

    /// A holding state of openlib.
    pub(super) fn state(self, code: &str) -> &'static str {
        match code {
            "1" => self.t("编目中", "being catalogued"),
            "2" => self.t("在馆", "in library"),
            "3" => self.t("借出", "on loan"),
            "4" => self.t("丢失", "lost"),
            "5" => self.t("剔除", "withdrawn"),
            "6" => self.t("交换", "exchanged"),
            "7" => self.t("赠送", "given away"),
            "8" => self.t("装订", "at the binder's"),
            "9" => self.t("锁定", "locked"),
            "10" => self.t("预借", "pre-loaned"),
            "12" => self.t("清点", "stocktake"),
            "13" => self.t("闭架", "closed stacks"),
            "14" => self.t("修补", "in repair"),
            "15" => self.t("查找中", "being searched for"),
            "16" => self.t("查重锁定", "locked as a duplicate"),
            "17" => self.t("预览", "preview"),
            _ => self.t("其他", "other"),
        }
    }
}

/// `/language?to=en&back=/m`: remembers the language and goes back to a page of ours, never elsewhere.
pub(super) fn switch(call: &Call) -> Result<Reply, Trouble> {
    let to = match call.query.text("to").as_str() {
        "en" => "en",
        "zh" => "zh",
        _ => return Err(Trouble::NoPage),
    };
    let back = call.query.text("back");
    let mut reply = Reply::see(if is_page(&back) { &back } else { "/m" });
    let secure = if call.is_https { "; Secure" } else { "" };
    let cookie =
        format!("{}={to}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}", Language::COOKIE);
    reply.add(header::SET_COOKIE, cookie);
    Ok(reply)
}

/// Whether a text is the path of a page of ours: no other server, no header of its own.
fn is_page(text: &str) -> bool {
    let is_below =
        |root: &str| text == root || text.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
    (is_below("/m") || is_below("/staff"))
        && !text.contains("//")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_ours_are_gone_back_to() {
        for good in ["/m", "/m/loans", "/staff", "/staff/board"] {
            assert!(is_page(good), "{good}");
        }
        for bad in [
            "",
            "/",
            "//evil.example",
            "/m//evil.example",
            "https://evil.example",
            "/mm",
            "/m\\evil",
            "/m/../x",
            "/m/\r\nSet-Cookie: a=b",
            "/staffx",
            "javascript:alert(1)",
            "/m?x=1",
        ] {
            assert!(!is_page(bad), "{bad}");
        }
    }
}
