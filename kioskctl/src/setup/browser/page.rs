//! The pages, as text from data: pure, without scripts. What comes from outside is escaped by the template.

use maud::{Markup, html};
use peripherals::escpos::State;
use supervision::console::document;

use super::work::{Known, Port, Tested, UnderWay, What, Work};
use crate::arguments::SetupArguments;
use crate::reader::settings_of;
use crate::setup::answers::Answers;
use crate::setup::find::condition;
use crate::setup::trial::Trial;

/// What every page of a session knows.
pub(super) struct Frame<'a> {
    pub(super) work: &'a Work,
    /// the session's token for forms
    pub(super) csrf: &'a str,
    /// what is wrong with what was sent
    pub(super) said: Option<&'a str>,
}

/// The three steps: the path, and what is on the link.
const STEPS: [(&str, &str); 3] =
    [("/", "1 设备 Devices"), ("/library", "2 图书馆 Library"), ("/summary", "3 写入 Write")];

impl Frame<'_> {
    fn page(&self, here: &str, middle: &Markup) -> Markup {
        framed(&html! {
            nav { @for (path, label) in STEPS {
                a href=(path) aria-current=[(path == here).then_some("page")] { (label) }
            } }
            main {
                @if let Some(said) = self.said { p class="said bad" role="alert" { (said) } }
                (middle)
            }
        })
    }

    fn token(&self) -> Markup {
        html! { input type="hidden" name="csrf" value=(self.csrf); }
    }

    fn is_busy(&self) -> bool {
        self.work.under_way.is_some()
    }

    /// A form that is one button, and perhaps names a port.
    fn button(&self, action: &str, port: Option<&str>, label: &str) -> Markup {
        html! {
            form method="post" action=(action) {
                (self.token())
                @if let Some(port) = port { input type="hidden" name="port" value=(port); }
                button disabled[self.is_busy()] { (label) }
            }
        }
    }
}

fn framed(body: &Markup) -> Markup {
    document(
        "阅亭设置 Set-up",
        &html! {
            header { h1 { "阅亭 · 首次设置 First set-up" } }
            (body)
            footer { "阅亭 " (env!("CARGO_PKG_VERSION")) " · kioskctl setup --browser" }
        },
    )
}

/// The page that asks for the code.
pub(super) fn login(said: Option<&str>) -> Markup {
    document(
        "阅亭设置 Set-up",
        &html! {
            main class="narrow" {
                h1 { "阅亭 · 首次设置" }
                p { "First set-up of a kiosk" }
                @if let Some(said) = said { p class="said bad" role="alert" { (said) } }
                form method="post" action="/login" {
                    label for="code" { "终端上显示的验证码 The code that the terminal shows" }
                    input id="code" name="code" autocomplete="off" autocapitalize="characters" spellcheck="false" autofocus required maxlength="20";
                    button { "开始 Begin" }
                }
            }
        },
    )
}

/// What is plugged in.
pub(super) fn devices(frame: &Frame<'_>) -> Markup {
    let work = frame.work;
    let was_asked = work.ports.iter().any(|port| !matches!(port.known, Known::NotAsked));
    frame.page(
        "/",
        &html! {
            h2 { "读写器与打印机 Reader and printer" }
            p { "逐个端口询问：先问打印机（不会打印），再按各厂家的协议与速率问读写器；每个端口至多约一分钟。" br;
                "Asks at each port: for a printer first, which prints nothing, then for readers by the protocols and speeds of their makers; up to a minute a port." }
            @match &work.under_way {
                Some(under_way) => {
                    (progress(under_way))
                    @if matches!(under_way.what, What::Search { .. }) {
                        form method="post" action="/stop" { (frame.token()) button class="quiet" { "停止 Stop" } }
                    }
                }
                None => (frame.button("/find", None, if was_asked { "重新寻找 Look again" } else { "寻找 Look for them" })),
            }
            @if work.ports.is_empty() {
                p class="doubt" { "没有串口；读写器插好了吗？ There is no serial port: is the reader plugged in?" }
            }
            @for port in &work.ports { (device(frame, port)) }
            @if !frame.is_busy() {
                h3 { "别的端口 Another port" }
                form method="post" action="/port" class="row" {
                    (frame.token())
                    label for="port" { "串口，或网络上的设备 A serial port, or a device on the network" }
                    input id="port" name="port" placeholder="tcp://192.0.2.7:5084" maxlength="200" required;
                    button { "询问 Ask" }
                }
                p { a class="button" href="/library" { "下一步 Next" } }
            }
        },
    )
}

fn device(frame: &Frame<'_>, port: &Port) -> Markup {
    let work = frame.work;
    let is_chosen = [&work.reader, &work.printer].iter().any(|chosen| chosen.as_ref() == Some(&port.name));
    let is_asked = work
        .under_way
        .as_ref()
        .is_some_and(|now| matches!(&now.what, What::Search { port: asked } if *asked == port.name));
    let is_device = matches!(port.known, Known::Reader(..) | Known::Printer(..));
    html! {
        section class="card" {
            h3 { (port.name) }
            @match &port.known {
                _ if is_asked => p { "正在询问… being asked" },
                Known::NotAsked => p { "还没有询问 not asked yet" },
                Known::Nothing(why) => p class="text" { (why) },
                Known::Reader(reader, identity) => p class="good" {
                    "读写器 A reader: " (identity.model) " " (identity.firmware) br; (settings_of(&reader.port))
                },
                Known::Printer(printer, state) => p class=(if state.is_ready() { "good" } else { "doubt" }) {
                    "打印机 A printer: " (condition(state)) br; (printer.baud) " 8N1" (roll(state))
                },
            }
            @if let Some(tested) = &port.tested { (outcome(tested)) }
            @if is_device && is_chosen { p { strong { "本机使用 The kiosk uses it" } } }
            @if is_device {
                div class="buttons" {
                    (frame.button("/test", Some(&port.name), test_of(&port.known)))
                    @if !is_chosen { (frame.button("/use", Some(&port.name), "用这一个 Use this one")) }
                }
            }
        }
    }
}

fn test_of(known: &Known) -> &'static str {
    match known {
        Known::Printer(..) => "打印测试小票 Print a test receipt",
        Known::Reader(..) | Known::NotAsked | Known::Nothing(_) => "测试 Test",
    }
}

fn roll(state: &State) -> &'static str {
    if state.is_cover_open {
        " · 盖未合 cover open"
    } else if state.is_cutter_stuck {
        " · 切刀卡住 cutter stuck"
    } else {
        ""
    }
}

fn outcome(tested: &Tested) -> Markup {
    let (class, mark) = if tested.is_good { ("good", "✓") } else { ("bad", "✗") };
    html! { p class=(class) role="status" { (mark) " " (tested.text) } }
}

fn progress(under_way: &UnderWay) -> Markup {
    let seconds = under_way.since.elapsed().as_secs();
    let what = match &under_way.what {
        What::Search { port } => format!("正在询问 asking at {port}"),
        What::Test { port } => format!("正在测试 testing {port}"),
        What::Library => "正在连接业务系统 asking the library's system".to_owned(),
    };
    html! {
        p class="said" role="status" {
            (what) br; (under_way.line) " · " (seconds) " s" br;
            span class="quiet" { "本页自己更新 this page looks again by itself" }
        }
    }
}

/// What is said of the library and its system.
pub(super) fn library(frame: &Frame<'_>, has_secret_file: bool) -> Markup {
    let answers = &frame.work.answers;
    frame.page(
        "/library",
        &html! {
            h2 { "图书馆与业务系统 The library and its system" }
            @if let Some(under_way) = &frame.work.under_way { (progress(under_way)) } @else {
                @if let Some(trial) = &frame.work.trial { (tried(trial)) }
                form method="post" action="/library" {
                    (frame.token())
                    (field("library", "图书馆名称 The library's name", &answers.library, ""))
                    (field("name", "本机名称 This kiosk's name", &answers.name, ""))
                    (choice("gates", "门禁的 AFI 值 What the gates look for (AFI)", SetupArguments::GATES.into_iter().zip(GATES), &answers.gates))
                    (choice("interface", "业务系统接口 How the library's system is spoken to", SetupArguments::INTERFACES.into_iter().zip(INTERFACES), &answers.interface))
                    (field("address", "它的地址 Its address", &answers.address, "http://192.0.2.5:8700 · SIP2: 192.0.2.5:6001"))
                    (field("account", "本机账号 The kiosk's account there (appid, SIP2 user)", &answers.account, ""))
                    (field("operator", "操作员账号（SIP2 不用） The operator account of loans (not for SIP2)", &answers.operator, ""))
                    @if has_secret_file {
                        p { "密钥在命令行给出的文件中 The secret is in the file that the command line names." }
                    } @else { (secret(answers)) }
                    div class="buttons" {
                        button name="then" value="test" { "保存并测试 Save and test" }
                        button name="then" value="next" class="quiet" { "保存 Save" }
                    }
                }
                p { a class="button" href="/summary" { "下一步 Next" } }
            }
        },
    )
}

fn field(name: &str, label: &str, value: &str, placeholder: &str) -> Markup {
    html! {
        label for=(name) { (label) }
        input id=(name) name=(name) value=(value) placeholder=[(!placeholder.is_empty()).then_some(placeholder)]
            maxlength="200" autocomplete="off" spellcheck="false";
    }
}

fn secret(answers: &Answers) -> Markup {
    let kept = answers.secret.is_some().then_some("已输入，留空即不变 kept; empty leaves it");
    html! {
        label for="secret" { "账号密钥 The account's secret" }
        input id="secret" type="password" name="secret" placeholder=[kept] maxlength="200" autocomplete="new-password";
    }
}

fn choice(
    name: &str,
    label: &str,
    of: impl Iterator<Item = (&'static str, &'static str)>,
    value: &str,
) -> Markup {
    html! {
        label for=(name) { (label) }
        select id=(name) name=(name) { @for (word, told) in of {
            option value=(word) selected[word == value] { (told) }
        } }
    }
}

fn tried(trial: &Trial) -> Markup {
    let tested = match trial {
        Trial::Taken => Tested {
            is_good: true,
            text: "中心应答并接受账号 the library's system answers and takes the account".to_owned(),
        },
        Trial::Refused => Tested {
            is_good: false,
            text: "中心拒绝账号：请核对账号与密钥 the library's system refuses the account: see its name and secret".to_owned(),
        },
        Trial::Silent(why) => {
            Tested { is_good: false, text: format!("中心没有应答 the library's system does not answer: {why}") }
        }
    };
    outcome(&tested)
}

/// What will be written: the text of the file, or why there is none yet.
pub(super) fn summary(frame: &Frame<'_>, path: &str, text: Result<&str, &str>) -> Markup {
    let work = frame.work;
    frame.page(
        "/summary",
        &html! {
            h2 { "汇总 Summary" }
            @if let Some(under_way) = &work.under_way { (progress(under_way)) }
            dl {
                dt { "读写器 Reader" }
                dd { @match work.chosen_reader() {
                    Some(reader) => { (reader.name) br; (settings_of(&reader.port)) }
                    None => span class="doubt" { "没有找到：先写默认值 none was found: the file gets the default" },
                } }
                dt { "打印机 Printer" }
                dd { @match work.chosen_printer() {
                    Some(printer) => { (printer.name) br; (printer.baud) " 8N1" }
                    None => "没有：不打印小票 none: no receipts on paper",
                } }
                dt { "业务系统 System" }
                dd { (work.answers.address) }
                dt { "文件 File" }
                dd { (path) }
            }
            @match text {
                Err(why) => p class="said bad" role="alert" { (why) " " a href="/library" { "改正 Correct it" } },
                Ok(text) => {
                    @match &work.trial {
                        Some(trial) => (tried(trial)),
                        None if !frame.is_busy() => p { "还没有试过业务系统 The library's system was not tried yet." },
                        None => "",
                    }
                    @if !frame.is_busy() { (what_next(frame)) }
                    h3 { "将写入的文件 What will be written" }
                    p class="quiet" { "密钥另存一个文件，不在其中 The secret gets a file of its own, and is not in it." }
                    pre { (text) }
                }
            }
        },
    )
}

fn what_next(frame: &Frame<'_>) -> Markup {
    match &frame.work.trial {
        None => frame.button("/try", None, "测试业务系统 Try the library's system"),
        Some(Trial::Refused) => {
            html! { p { a class="button" href="/library" { "改正账号 Correct the account" } } }
        }
        Some(Trial::Taken) => frame.button("/write", None, "写入 Write the file"),
        Some(Trial::Silent(_)) => html! {
            (frame.button("/try", None, "再试 Try again"))
            (frame.button("/write", None, "仍然写入 Write it all the same"))
        },
    }
}

/// The file is there.
pub(super) fn done(path: &str) -> Markup {
    framed(&html! {
        main {
            h2 class="good" { "✓ 已写好 Written" }
            p { code { (path) } }
            p { "接下来，在终端上 Next, on the terminal:" }
            pre { "kioskctl doctor --config " (path) "\nsystemctl enable --now yueting-kiosk\n" }
            p { "本页到此结束 This page ends here." }
        }
    })
}

/// What each of the words means, in their order.
const GATES: [&str; 3] =
    ["07 / C2 · 标准 standard", "D7 / DA · 旧 3M older 3M", "07 / 21 · 旧德国 older German"];
const INTERFACES: [&str; 3] = ["openlib · Interlib", "kiosk · 阅亭中心 Yueting central", "sip2 · 3M SIP2"];
