//! My card as a code, which the kiosk's scanner reads: signed, good for two minutes, a new one each minute.

use jiff::tz;
use maud::{Markup, PreEscaped, html};
use qrcodegen::{QrCode, QrCodeEcc};

use super::Inside;
use crate::card;
use crate::web::call::Call;
use crate::web::reply::{Reply, Trouble};
use crate::web::visitor::Visitor;

pub(super) fn card(call: &Call, visitor: &Visitor) -> Result<Reply, Trouble> {
    let l = call.language;
    let reader = visitor.reader()?;
    let now = tz::offset(8).to_timestamp(call.now).map_err(|_| Trouble::Random)?;
    let text = card::code(call.app.store(), &reader.of, &reader.patron, now)?;
    // 200 characters at most of the alphanumeric mode: far from the largest code.
    let code = QrCode::encode_text(&text, QrCodeEcc::Medium).map_err(|_| Trouble::NoPage)?;
    let body = html! {
        div class="code" {
            (svg(&code, l.t("读者证二维码", "Code of your card")))
            p { (reader.patron.masked()) }
            p { (l.t("请对准自助机的扫码口。", "Hold it to the kiosk's scanner.")) }
            p class="soft small" {
                (l.t("每分钟自动更新，两分钟后失效；截图给别人没有用。", "A new code every minute, each good for two; a picture of it is of no use."))
            }
        }
    };
    let title = l.t("我的读者证", "My card");
    Ok(Inside { again_s: Some(60), ..Inside::new(title, body) }.reply(call, visitor, 200))
}

/// The code as one path, dark on light with the quiet zone of four modules that scanners need (ISO/IEC 18004).
fn svg(code: &QrCode, words: &str) -> Markup {
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        for x in (0..size).filter(|x| code.get_module(*x, y)) {
            path.push_str(&format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET));
        }
    }
    let whole = size + 2 * QUIET;
    html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (whole) " " (whole) } role="img" aria-label=(words)
            shape-rendering="crispEdges" {
            rect width=(whole) height=(whole) fill="#fff" {}
            (PreEscaped(format!(r##"<path d="{path}" fill="#000"/>"##)))
        }
    }
}

const QUIET: i32 = 4;
