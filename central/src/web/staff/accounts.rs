//! Accounts of staff: made, disabled, with another password; and one's own password.

use maud::{Markup, html};

use super::{Inside, Staff, role};
use crate::password::{self, Cost};
use crate::people::{self, BadName, Right, Role};
use crate::store::people::{Account, AccountRefused};
use crate::web::call::Call;
use crate::web::page::{Said, token};
use crate::web::reply::{Reply, Trouble};

pub(super) fn list(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::ManageAccounts)?;
    let l = call.language;
    let accounts = call.app.store().accounts(&staff.of)?;
    let body = html! {
        table class="cards" {
            thead { tr {
                th scope="col" { (l.t("账号", "Account")) }
                th scope="col" { (l.t("角色", "Role")) }
                th scope="col" { (l.t("状态", "State")) }
                th scope="col" { (l.t("办理", "Do")) }
            } }
            tbody { @for account in &accounts { (row(call, staff, account)) } }
        }
        h2 { (l.t("建立账号或重设密码", "Make an account, or set its password anew")) }
        form method="post" action="/staff/accounts" class="sheet" {
            (token(&staff.ticket.form_token()))
            label for="account" { (l.t("账号（小写字母开头，每人一个）", "Account (one for each person)")) }
            input id="account" name="account" required maxlength="32" autocomplete="off" autocapitalize="none" spellcheck="false";
            label for="role" { (l.t("角色", "Role")) }
            select id="role" name="role" {
                @for one in Role::STAFF { option value=(one.word()) { (role(call, one)) } }
            }
            label for="password" { (l.t("密码（至少 10 个字符）", "Password (10 characters or more)")) }
            input id="password" name="password" type="password" required minlength="10" maxlength="128" autocomplete="new-password";
            p class="row" {
                button name="do" value="make" { (l.t("建立", "Make")) } " "
                button name="do" value="password" class="quiet" { (l.t("重设密码", "Set password")) }
            }
        }
    };
    Ok(Inside::new(l.t("账号", "Accounts"), body).reply(call, staff, 200))
}

fn row(call: &Call, staff: &Staff, account: &Account) -> Markup {
    let l = call.language;
    let (what, words, class) = match account.disabled_at {
        None => ("disable", l.t("停用", "Disable"), "danger"),
        Some(_) => ("enable", l.t("启用", "Enable"), "quiet"),
    };
    html! {
        tr {
            td class="head" { (account.account) }
            td data-label=(l.t("角色", "Role")) { (role(call, account.role)) }
            td data-label=(l.t("状态", "State")) {
                @if account.disabled_at.is_some() { span class="mark none" { (l.t("已停用", "disabled")) } }
                @else { span class="mark good" { (l.t("可用", "in use")) } }
            }
            td class="act" {
                form method="post" action="/staff/accounts" {
                    (token(&staff.ticket.form_token()))
                    input type="hidden" name="account" value=(account.account);
                    button name="do" value=(what) class=(class) { (words) }
                }
            }
        }
    }
}

pub(super) fn change(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    staff.check(Right::ManageAccounts)?;
    let name = call.form.text("account");
    let (store, who) = (call.app.store(), (staff.account.as_str(), call.now));
    let done = match call.form.text("do").as_str() {
        "make" => {
            let name = people::name(&name).map_err(bad)?;
            let role =
                Role::staff(&call.form.text("role")).ok_or(Trouble::Bad("请选择角色。", "Choose a role."))?;
            let hash = new_hash(call, name)?;
            if store.make_account(&staff.of, (name, role, &hash), who)? { "made" } else { "taken" }
        }
        "password" => {
            let hash = new_hash(call, &name)?;
            if store.set_password(&staff.of, (&name, &hash), &[], who)? { "changed" } else { "gone" }
        }
        what @ ("disable" | "enable") => {
            match store.set_disabled(&staff.of, &name, what == "disable", who)? {
                Ok(()) => "changed",
                Err(AccountRefused::Unknown) => "gone",
                Err(AccountRefused::LastAdministrator) => "last",
            }
        }
        _ => return Err(Trouble::Bad("请从页面上选择。", "Choose on the page.")),
    };
    Ok(Reply::see(match done {
        "made" => "/staff/accounts?done=made",
        "taken" => "/staff/accounts?done=taken",
        "changed" => "/staff/accounts?done=changed",
        "last" => "/staff/accounts?done=last",
        _ => "/staff/accounts?done=gone",
    }))
}

pub(super) fn own_password(call: &Call, staff: &Staff, wrong: Option<Markup>) -> Result<Reply, Trouble> {
    let l = call.language;
    let status = if wrong.is_some() { 403 } else { 200 };
    let said = wrong.map(|words| Said { is_good: false, words });
    let body = html! {
        form method="post" action="/staff/password" class="login sheet" {
            (token(&staff.ticket.form_token()))
            // For the browser's own memory of passwords.
            input type="text" name="username" autocomplete="username" value=(staff.account) hidden;
            label for="old" { (l.t("现在的密码", "Password now")) }
            input id="old" name="old" type="password" required maxlength="128" autocomplete="current-password";
            label for="password" { (l.t("新密码（至少 10 个字符）", "New password (10 characters or more)")) }
            input id="password" name="password" type="password" required minlength="10" maxlength="128" autocomplete="new-password";
            button { (l.t("更改", "Change")) }
        }
        p class="soft small" { (l.t("更改后，此账号在其他地方的登录全部退出。", "This account is then logged out everywhere else.")) }
    };
    Ok(Inside { said, ..Inside::new(l.t("更改密码", "Change the password"), body) }
        .reply(call, staff, status))
}

pub(super) fn set_own_password(call: &Call, staff: &Staff) -> Result<Reply, Trouble> {
    let store = call.app.store();
    let known = store.account(&staff.of, &staff.account)?;
    let is_right = known.is_some_and(|(_, hash)| password::verify(call.form.secret("old"), &hash));
    if !is_right {
        let words = call.language.t("现在的密码不正确。", "The password is wrong.");
        return own_password(call, staff, Some(html! { (words) }));
    }
    let hash = new_hash(call, &staff.account)?;
    let keeps = staff.ticket.hash();
    store.set_password(&staff.of, (&staff.account, &hash), &keeps, (&staff.account, call.now))?;
    Ok(Reply::see("/staff/board?done=changed"))
}

fn new_hash(call: &Call, account: &str) -> Result<String, Trouble> {
    let text = people::new_password(account, call.form.secret("password")).map_err(bad)?;
    password::hash(text, Cost::Standard).map_err(|fault| {
        tracing::error!(%fault, "a password cannot be hashed");
        Trouble::Random
    })
}

fn bad(fault: BadName) -> Trouble {
    match fault {
        BadName::Name => Trouble::Bad(
            "账号为 2 到 32 个小写字母、数字、点、连字符或下划线，以字母开头。",
            "An account has 2 to 32 of a-z, 0-9, dot, hyphen and underscore, and begins with a letter.",
        ),
        BadName::Password => {
            Trouble::Bad("密码为 10 到 128 个字符。", "A password has 10 to 128 characters.")
        }
        BadName::Weak => Trouble::Bad(
            "密码不能与账号相同，也不能是同一个字符。",
            "A password is neither the account's name nor one character over and over.",
        ),
    }
}
