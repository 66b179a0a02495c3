//! Settings for kiosks: a text for all of them, and one for each that lies over it.

use maud::{Markup, html};

use super::{Inside, Staff};
use crate::people::Right;
use crate::web::call::Call;
use crate::web::page::{Said, token};
use crate::web::reply::{Reply, Trouble};

/// What is given to a kiosk, or to all.
pub(super) fn show(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::ManageKiosks)?;
    let kiosk = call.query.text("kiosk");
    let text = call.app.store().given(&staff.of, Some(kiosk.as_str()).filter(|kiosk| !kiosk.is_empty()))?;
    Ok(page(call, staff, &kiosk, &text, None).reply(call, staff, 200))
}

/// Gives it.
pub(super) fn give(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::ManageKiosks)?;
    let l = call.language;
    let (kiosk, text) = (call.form.text("kiosk"), call.form.secret("settings"));
    let store = call.app.store();
    let of = Some(kiosk.as_str()).filter(|kiosk| !kiosk.is_empty());
    if let Some(name) = of
        && !store.kiosks(&staff.of)?.iter().any(|known| known.kiosk == name)
    {
        return Err(Trouble::NoPage);
    }
    let is_given = store.give(&staff.of, of, text, (&staff.account, call.now))?;
    let (status, words) = match is_given {
        true => (
            200,
            l.t(
                "已下发，一分钟内生效。不能采用时，看板上会写明原因。",
                "Given; it counts within a minute. A kiosk that does not take it says why on the board.",
            ),
        ),
        false => (
            409,
            l.t(
                "太长（最多 16 KB），或含有控制字符。",
                "It is too long (16 KB at most), or has control characters in it.",
            ),
        ),
    };
    let said = Said { is_good: is_given, words: html! { (words) } };
    Ok(page(call, staff, &kiosk, text, Some(said)).reply(call, staff, status))
}

fn page<'a>(call: &Call, staff: &Staff, kiosk: &str, text: &str, said: Option<Said>) -> Inside<'a> {
    let l = call.language;
    let body = html! {
        p { a href="/staff/kiosks" { (l.t("全部自助机", "All kiosks")) } }
        h2 { @if kiosk.is_empty() { (l.t("所有自助机", "Every kiosk")) } @else { (kiosk) } }
        p class="soft small" {
            (l.t("写法同自助机自己的配置文件，只限运行中可以更改的部分：开放时间、书架示意图、停留时间、夜间颜色、分拣规则等。单台的设置覆盖全体的。端口、账号、密码只在自助机上设置。",
                "Written as in a kiosk's own file, for such settings as change while it runs: opening hours, the map of shelves, times of a visit, colours at night, rules for sorting. Those of one kiosk lie over those of all. Ports, accounts and passwords are set at the kiosk alone."))
        }
        (form(call, staff, kiosk, text))
    };
    Inside { said, ..Inside::new(l.t("自助机设置", "Kiosks' settings"), body) }
}

fn form(call: &Call, staff: &Staff, kiosk: &str, text: &str) -> Markup {
    let l = call.language;
    html! {
        form method="post" action="/staff/settings" class="sheet" {
            (token(&staff.ticket.form_token()))
            input type="hidden" name="kiosk" value=(kiosk);
            label for="settings" { (l.t("设置", "Settings")) }
            textarea id="settings" name="settings" rows="16" spellcheck="false" autocapitalize="none" placeholder=(EXAMPLE) { (text) }
            p { button { (l.t("下发", "Give")) } }
        }
    }
}

const EXAMPLE: &str = "[place]\nhours = [\"周二至周日 9:00-17:30\"]\nopen = [\"tue-sun 09:00-17:30\"]\n\n[visit]\nidle_seconds = 45\n";
