//! The console in a real Chromium, at a desk (1280 pixels) and on a phone (390). Each page is looked at: `Window::look`.

use ::browser::Window;
use jiff::Timestamp;
use supervision::alarm::{Alarm, Severity};
use supervision::board::Power;
use supervision::console::slot::{Bin, Contacts, Lamp, Piece, Place, Slot};
use supervision::control::Trial;
use supervision::part::{Part, State};

use crate::rig::{ITEM, PASSWORD, Rig, TAG};

const SIZES: [(u32, u32, &str); 2] = [(1280, 860, "desk"), (390, 844, "phone")];

#[tokio::test]
async fn a_technician_looks_at_every_page_and_writes_a_tag() {
    for (width, height, size) in SIZES {
        let Some(window) = Window::open(width, height).await else { return };
        let rig = Rig::start();
        break_the_reader(&rig);
        window.go(&rig.url("/pad")).await;
        window.until("密码").await;
        assert!(!window.text().await.contains(TAG), "nobody without the password sees a tag");
        window.look(size, "console-login").await;
        log_in(&window).await;
        window.look(size, "console-parts").await;
        let why = window.ask("return document.querySelector('td.wide').innerText").await;
        assert_eq!(why, "the reader was unplugged", "where the page is narrow, too");
        let has_room =
            "const e = document.querySelector('td.wide'); return e.getBoundingClientRect().width > 200";
        assert_eq!(window.ask(has_room).await, true, "why stands at the {size} where it can be read");
        for (link, shows, name) in [
            ("/pad", TAG, "pad"),
            ("/queue", ITEM, "queue"),
            ("/log", "号码已隐去", "log"),
            ("/tests", "支持包", "tests"),
        ] {
            window.click(&format!("nav a[href='{link}']"), shows).await;
            window.look(size, &format!("console-{name}")).await;
        }
        // Another power of the reader, for a while.
        let trial = Some(Trial { dbm: 24, until: Timestamp::UNIX_EPOCH });
        rig.board.send_modify(|board| board.power = Power { configured: Some(26), trial: None });
        window.go(&rig.url("/pad")).await;
        window.write("#dbm", "24").await;
        window.click("form[action='/power'] button", "24 dBm").await;
        assert_eq!(rig.asked().last().unwrap(), "Power { dbm: 24, seconds: 60 }");
        rig.board.send_modify(|board| board.power.trial = trial);
        window.go(&rig.url("/pad")).await;
        window.look(size, "console-power").await;
        window.click("form[action='/power'] button", "已执行").await;
        assert_eq!(rig.asked().last().unwrap(), "PowerBack");
        window.go(&rig.url("/tests")).await;
        // The kiosk behind it does what it is asked.
        rig.board.send_modify(|board| board.out_of_service = true);
        window.click("form[action='/service'] button", "恢复服务").await;
        window.go(&rig.url("/station")).await;
        window.write("#item", ITEM).await;
        window.click("form[action='/station'] button", "已写成并核对").await;
        window.look(size, "console-station").await;
        window.write("#item", "LW0000018").await;
        window.click("form[action='/station'] button", "改写属于").await;
        window.look(size, "console-other-item").await;
        assert_eq!(rig.asked().last().unwrap(), &format!("program {ITEM}"), "nothing was written over");
        window.go(&rig.url("/parts/reader")).await;
        window.look(size, "console-part").await;
        window.go(&rig.url("/queue/12345678")).await;
        window.look(size, "console-row").await;
    }
}

#[tokio::test]
async fn the_pad_looks_again_by_itself_until_the_session_ends() {
    let Some(window) = Window::open(1280, 860).await else { return };
    let rig = Rig::start();
    window.go(&rig.url("/")).await;
    window.until("密码").await;
    log_in(&window).await;
    window.click("nav a[href='/pad']", TAG).await;
    rig.pad.send_modify(|pad| pad.tags[0].id = "E0040150ABCDEF99".to_owned());
    window.until("E0040150ABCDEF99").await;
    // In another window of the same browser somebody logs out: the page that looks by itself is shown no tag any more.
    let ended = "const token = (await (await fetch('/tests')).text()).match(/name=\"csrf\" value=\"([0-9a-f]+)\"/)[1];
        await fetch('/logout', { method: 'POST', body: new URLSearchParams({ csrf: token }) });";
    window.ask(&format!("return (async () => {{ {ended} }})()")).await;
    window.until("密码").await;
    assert!(!window.text().await.contains("E0040150"), "{}", window.text().await);
    window.go(&rig.url("/pad")).await;
    window.until("密码").await;
}

/// The slot is drawn: what its contacts say, where a piece lies, how the bins are. It looks again by itself.
#[tokio::test]
async fn the_slot_is_drawn_as_it_is_and_taken_out_of_service() {
    for (width, height, size) in SIZES {
        let Some(window) = Window::open(width, height).await else { return };
        let rig = Rig::start();
        rig.slot.send_replace(a_slot());
        window.go(&rig.url("/")).await;
        window.until("密码").await;
        log_in(&window).await;
        window.click("nav a[href='/slot']", "分拣").await;
        window.until("预约").await;
        window.look(size, "console-slot").await;
        let ask = |script: &'static str| window.ask(script);
        assert_eq!(ask("return document.querySelectorAll('svg.slot .bin').length").await, 3);
        assert_eq!(
            ask("return document.querySelectorAll('svg.slot .bin.bad').length").await,
            2,
            "full, and away"
        );
        assert_eq!(ask("return document.querySelector('svg.slot .in-piece').textContent").await, ITEM);
        let lit = ask(
            "return [...document.querySelectorAll('svg.slot .eye')].map((eye) => eye.classList.contains('covered'))",
        );
        assert_eq!(lit.await.to_string(), "[false,false,true]");
        let fits = "const svg = document.querySelector('svg.slot').getBoundingClientRect(); return svg.right <= innerWidth && svg.width > 300";
        assert_eq!(window.ask(fits).await, true, "{size}");
        // It falls; then staff take the slot out, and nothing is known of the contacts any more.
        rig.slot.send_modify(|slot| {
            slot.pieces.clear();
            slot.bins[1].n = 18;
        });
        window.until("机内无件").await;
        window.click("main a[href='/tests']", "停止服务").await;
        window.click("form[action='/service'] button", "已执行").await;
        assert_eq!(rig.asked().last().unwrap(), "service out=true");
        rig.slot.send_modify(|slot| {
            (slot.contacts, slot.state) = (None, "out-of-service".to_owned());
            (slot.why, slot.lamp) = (Some("the contacts are not known".to_owned()), Lamp::Out);
        });
        window.go(&rig.url("/slot")).await;
        window.until("暂停服务").await;
        assert_eq!(ask("return document.querySelectorAll('svg.slot.unknown').length").await, 1);
        let words = ask("return [...document.querySelectorAll('svg.slot text')].map((text) => text.textContent).join(' ')").await.to_string();
        assert!(words.contains("触点未知") && !words.contains("光幕"), "{words}");
        window.look(size, "console-slot-out").await;
        // A kiosk has none.
        rig.board.send_modify(|board| {
            let slot = board.parts.iter_mut().find(|known| known.part == Part::Slot).unwrap();
            slot.state = State::Absent;
        });
        window.go(&rig.url("/")).await;
        assert_eq!(ask("return document.querySelectorAll(\"nav a[href='/slot']\").length").await, 0);
    }
}

/// A piece on its way to the second bin; the first is full, the third away.
fn a_slot() -> Slot {
    let bin = |name: &str, n, is_full, is_away| Bin { name: name.to_owned(), n, is_full, is_away };
    Slot {
        state: "sort".to_owned(),
        contacts: Some(Contacts {
            is_open: true,
            is_curtain_clear: true,
            eyes: [false, false, true],
            has_mains: true,
            ..Contacts::default()
        }),
        sorter_runs: true,
        divert: Some(1),
        pieces: vec![Piece { number: 41, item: Some(ITEM.to_owned()), place: Place::Sorter }],
        bins: vec![
            bin("预约", 3, true, false),
            bin("文学", 17, false, false),
            bin("工作人员", 0, false, true),
        ],
        ..Slot::default()
    }
}

#[tokio::test]
async fn a_page_of_somebody_elses_can_send_nothing_in_the_technicians_name() {
    let Some(window) = Window::open(1280, 860).await else { return };
    let (rig, other) = (Rig::start(), Rig::start());
    window.go(&rig.url("/")).await;
    window.until("密码").await;
    log_in(&window).await;
    let token = window.ask("return document.querySelector('input[name=csrf]').value").await;
    // Another port is another origin but the same site, so that the cookie comes along: the hardest case.
    window.go(&other.url("/login")).await;
    window.until("密码").await;
    let form = format!(
        "const form = document.createElement('form'); form.method = 'post'; form.action = '{}';
         for (const [name, value] of [['csrf', '{}'], ['out', 'yes']]) {{
             const field = document.createElement('input'); field.name = name; field.value = value; form.append(field);
         }}
         document.body.append(form); form.submit();",
        rig.url("/service"),
        token.as_str().unwrap()
    );
    window.ask(&form).await;
    // Held back by the sending page's own policy here; what comes without one is refused in `attacks`.
    window.go(&rig.url("/tests")).await;
    window.until("停止服务").await;
    assert_eq!(rig.asked(), Vec::<String>::new());
    let framed = format!(
        "const frame = document.createElement('iframe'); frame.src = '{}'; document.body.append(frame);",
        rig.url("/tests")
    );
    window.ask(&framed).await;
    window.go(&rig.url("/")).await;
    let complaints = window.complaints().await;
    assert!(complaints.iter().any(|line| line.contains("Content Security Policy")), "{complaints:?}");
}

async fn log_in(window: &Window) {
    window.write("#password", PASSWORD).await;
    window.click("form[action='/login'] button", "各部分").await;
}

fn break_the_reader(rig: &Rig) {
    let why = "the reader was unplugged".to_owned();
    rig.board.send_modify(|board| {
        let known = board.parts.iter_mut().find(|known| known.part == Part::Reader).unwrap();
        (known.state, known.why) = (State::Down, why.clone());
        board.alarms.push(Alarm {
            key: "part.reader".to_owned(),
            severity: Severity::Critical,
            why,
            since: Timestamp::UNIX_EPOCH,
            until: None,
        });
    });
}
