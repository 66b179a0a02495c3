//! Kiosks' secrets: made, shown once, taken back.

use maud::{Markup, html};

use super::{Inside, Staff};
use crate::people::{self, Right};
use crate::store::fleet::{Kiosk, appid};
use crate::web::call::Call;
use crate::web::page::{Said, token};
use crate::web::reply::{Reply, Trouble};

pub(super) fn list(call: &Call, staff: &Staff, shown: Option<Markup>) -> Result<Reply, Trouble> {
    staff.check(Right::ManageKiosks)?;
    let l = call.language;
    let kiosks = call.app.store().kiosks(&staff.of)?;
    let said = shown.map(|words| Said { is_good: true, words });
    let body = html! {
        form method="post" action="/staff/kiosks" class="line sheet" {
            (token(&staff.ticket.form_token()))
            input type="hidden" name="do" value="admit";
            div {
                label for="kiosk" { (l.t("自助机名称（即操作员账号）", "Name of the kiosk (its operator account)")) }
                input id="kiosk" name="kiosk" required maxlength="32" placeholder="kiosk-1" autocapitalize="none" spellcheck="false";
            }
            button { (l.t("建立密钥", "Make a secret")) }
        }
        p class="soft small" {
            (l.t("再次建立会换一把新密钥，旧的立即失效。密钥只显示一次，填入自助机配置的 [central] 一节。",
                "Making one again replaces it; the old one is worth nothing at once. A secret is shown once; it goes into [central] of the kiosk's configuration."))
        }
        p { a class="button quiet" href="/staff/settings" { (l.t("所有自助机的设置", "Settings for every kiosk")) } }
        @if !kiosks.is_empty() {
            table class="cards" {
                thead { tr {
                    th scope="col" { (l.t("自助机", "Kiosk")) }
                    th scope="col" { (l.t("密钥", "Secret")) }
                    th scope="col" { (l.t("办理", "Do")) }
                } }
                tbody { @for kiosk in &kiosks { (row(call, staff, kiosk)) } }
            }
        }
    };
    let title = l.t("自助机密钥", "Kiosks' secrets");
    Ok(Inside { said, ..Inside::new(title, body) }.reply(call, staff, 200))
}

fn row(call: &Call, staff: &Staff, kiosk: &Kiosk) -> Markup {
    let l = call.language;
    let button = |what: &'static str, words: &'static str, class: &'static str| {
        html! {
            form method="post" action="/staff/kiosks" {
                (token(&staff.ticket.form_token()))
                input type="hidden" name="do" value=(what);
                input type="hidden" name="kiosk" value=(kiosk.kiosk);
                button class=(class) { (words) }
            }
        }
    };
    html! {
        tr {
            td class="head" { (kiosk.kiosk) }
            td data-label=(l.t("密钥", "Secret")) {
                @if kiosk.is_admitted {
                    span class="mark good" { (l.t("有", "its own")) }
                } @else {
                    span class="mark none" { (l.t("无（用公共程序账号）", "none (a shared one)")) }
                }
            }
            td class="act" { div class="row" {
                a class="button quiet" href={ "/staff/settings?kiosk=" (kiosk.kiosk) } { (l.t("设置", "Settings")) }
                @if kiosk.is_admitted { (button("expel", l.t("收回密钥", "Take back"), "danger")) }
                (button("forget", l.t("从看板移除", "Remove"), "danger"))
            } }
        }
    }
}

pub(super) fn change(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::ManageKiosks)?;
    let name = call.form.text("kiosk");
    let who = (staff.account.as_str(), call.now);
    let store = call.app.store();
    match call.form.text("do").as_str() {
        "admit" => {
            let kiosk = people::name(&name).map_err(|_| {
                Trouble::Bad(
                    "名称为 2 到 32 个小写字母、数字、点、连字符或下划线，以字母开头。",
                    "A name has 2 to 32 of a-z, 0-9, dot, hyphen and underscore, and begins with a letter.",
                )
            })?;
            let secret = call.app.admit_kiosk(&staff.of, kiosk, who).map_err(|fault| {
                tracing::error!(%fault, "a kiosk gets no secret");
                Trouble::Random
            })?;
            list(call, staff, Some(shown(call, &appid(&staff.of, kiosk), &secret)))
        }
        "expel" => {
            let is_done = store.expel_kiosk(&staff.of, &name, who)?;
            Ok(Reply::see(if is_done { "/staff/kiosks?done=expelled" } else { "/staff/kiosks?done=gone" }))
        }
        "forget" => {
            store.forget_kiosk(&staff.of, &name, who)?;
            Ok(Reply::see("/staff/kiosks?done=forgotten"))
        }
        _ => Err(Trouble::Bad("请从页面上选择。", "Choose on the page.")),
    }
}

fn shown(call: &Call, appid: &str, secret: &str) -> Markup {
    html! {
        (call.language.t("请现在抄下，离开本页后不再显示：", "Write it down now; it is not shown again:"))
        code class="secret" { "appid = \"" (appid) "\"" }
        code class="secret" id="secret" { "secret = \"" (secret) "\"" }
    }
}
