//! The library's system: whether it answers, takes the kiosk's account, and has the same time.

use std::time::Duration;

use config::{Config, Interface};
use jiff::Timestamp;

use super::{Finding, Patient};
use crate::library;
use crate::reader::runtime;

/// Asks it as the kiosk does.
pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let Some(config) = &patient.config else { return patient.without_config() };
    let address = library::address(config);
    let asked = runtime().map_err(|failure| failure.to_string()).and_then(|runtime| {
        runtime.block_on(async {
            let client = library::central(config)?;
            let pinged = client.ping().await.map_err(|cause| (cause.is_account(), cause.to_string()));
            Ok((pinged, date(config).await))
        })
    });
    match asked {
        Err(why) => vec![
            Finding::fault("按配置无法连接中心", why).remedy("改正 [central] 或 [sip2]", "correct [central] or [sip2]"),
        ],
        Ok((Err((true, _)), _)) => vec![
            Finding::fault(format!("中心拒绝本机的账号：{address}"), format!("central refuses the kiosk's account: {address}"))
                .remedy(
                    "核对 central.appid 与密钥（SIP2：sip2.user 与 password_file），并在中心查看该账号",
                    "see central.appid and its secret (SIP2: sip2.user and password_file), and the account at central",
                ),
        ],
        Ok((Err((false, why)), _)) => vec![
            Finding::fault(format!("中心没有应答：{address}"), format!("central does not answer: {address}: {why}")).remedy(
                "查网线、地址与防火墙：ping 中心；在此期间还书照收，借书按 [offline]",
                "see cable, address and firewall: ping it; meanwhile returns are taken, loans go by [offline]",
            ),
        ],
        Ok((Ok(()), date)) => answered(patient, &address, date),
    }
}

fn answered(patient: &Patient, address: &str, date: Option<Timestamp>) -> Vec<Finding> {
    let mut found = vec![Finding::good(
        format!("中心应答并接受账号：{address}"),
        format!("central answers and takes the account: {address}"),
    )];
    let apart = date.map_or(0, |date| patient.now.duration_since(date).as_secs().abs());
    let told = (
        format!("本机与中心的时钟相差 {apart} 秒"),
        format!("the clocks of the kiosk and of central are {apart} s apart"),
    );
    let remedy = ("两边都用同一时间服务器：timedatectl", "keep both by one time server: timedatectl");
    if apart > FAR_APART {
        found.push(Finding::fault(told.0, told.1).remedy(remedy.0, remedy.1));
    } else if apart > APART {
        found.push(Finding::warning(told.0, told.1).remedy(remedy.0, remedy.1));
    }
    found
}

/// The time in the head of an HTTP answer, of any page.
async fn date(config: &Config) -> Option<Timestamp> {
    if config.central.interface == Interface::Sip2 {
        return None;
    }
    // Another one installed it before: as good.
    rustls::crypto::ring::default_provider().install_default().unwrap_or_default();
    let client = reqwest::Client::builder()
        .timeout(config.central.total_timeout.min(PATIENCE))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .ok()?;
    let answer = client.head(&config.central.base_url).send().await.ok()?;
    let date = answer.headers().get("date")?.to_str().ok()?;
    Some(jiff::fmt::rfc2822::parse(date).ok()?.timestamp())
}

const PATIENCE: Duration = Duration::from_secs(10);
/// Seconds that are worth a word, and those by which due dates and the order of rows go wrong.
const APART: i64 = 30;
const FAR_APART: i64 = 300;
