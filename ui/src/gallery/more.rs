//! Pages beside the visit: account, catalogue, about, the staff's corner; empty, many, longest, asking, failed.

use circulation::id::ItemId;
use circulation::money::Amount;
use circulation::screen::{
    Account, AccountState, Availability, Cancellation, Filter, Find, Hit, HoldLine, HoldState, Holding, Keys,
    Layout, Leaflet, LoanLine, Page, Panel, Part, PartKind, PartState, PatronView, Renewal, Reserve, Script,
    Staff, StaffAct, Title,
};
use circulation::sighting::{Age, How, LastSeen};
use circulation::transaction::Reason;
use jiff::civil::date;

const LONG_TITLE: &str =
    "中华人民共和国国家标准信息与文献图书馆射频识别数据模型第三部分固定长度编码方案及其应用指南（修订版）";
const LONG_AUTHOR: &str =
    "全国信息与文献标准化技术委员会；国家图书馆；中国科学院文献情报中心；上海图书馆；深圳图书馆";
const TITLES: [(&str, &str); 12] = [
    ("三体", "刘慈欣"),
    ("活着", "余华"),
    ("红楼梦", "曹雪芹 著；高鹗 续"),
    ("平凡的世界", "路遥"),
    ("围城", "钱锺书"),
    ("边城", "沈从文"),
    ("The Rust Programming Language", "Klabnik, Nichols"),
    ("茶馆", "老舍"),
    ("家", "巴金"),
    ("城南旧事", "林海音"),
    ("白鹿原", "陈忠实"),
    ("繁花", "金宇澄"),
];

pub(super) fn pages() -> Vec<(&'static str, Page)> {
    [accounts(), searches(), titles(), leaflets(), staff()].concat()
}

fn leaflets() -> Vec<(&'static str, Page)> {
    let soon = Leaflet { seconds_left: Some(13) };
    vec![
        ("about", Page::About(Leaflet::default())),
        ("about-countdown", Page::About(soon)),
        ("new-card", Page::NewCard(Leaflet::default())),
        ("new-card-countdown", Page::NewCard(soon)),
    ]
}

fn accounts() -> Vec<(&'static str, Page)> {
    let many = TITLES.iter().filter_map(|(title, author)| loan(title, author, Renewal::Offered)).collect();
    let of = |state, loans, holds, debt| {
        Page::Account(Account {
            patron: PatronView {
                name: "张*三".into(),
                card: "******0001".into(),
                n_loans: None,
                loan_limit: Some(10),
            },
            state,
            loans,
            holds,
            debt: Amount::from_fen(debt),
            seconds_left: (debt == 7).then_some(14),
        })
    };
    vec![
        ("account-asking", of(AccountState::Asking, vec![], vec![], 0)),
        ("account-unknown", of(AccountState::Unknown(Reason::CentralSilent), vec![], vec![], 0)),
        ("account-empty", of(AccountState::Known, vec![], vec![], 0)),
        ("account", of(AccountState::Known, renewals(), holds(), 1250)),
        ("account-holds", of(AccountState::Known, vec![], holds(), 0)),
        ("account-one", of(AccountState::Known, renewals().into_iter().take(1).collect(), vec![], 0)),
        ("account-many", of(AccountState::Known, many, holds(), 7)),
        (
            "account-longest",
            of(
                AccountState::Known,
                [Renewal::Offered, Renewal::Refused(Reason::LoanLimit(Some(10)))]
                    .into_iter()
                    .filter_map(|renewal| loan(LONG_TITLE, LONG_AUTHOR, renewal))
                    .collect(),
                holds(),
                123_456,
            ),
        ),
    ]
}

fn renewals() -> Vec<LoanLine> {
    let overdue = |loan| LoanLine { due: Some(date(2026, 11, 2)), overdue: true, ..loan };
    [
        loan("围城", "钱锺书", Renewal::Offered).map(overdue),
        loan("三体", "刘慈欣", Renewal::Done),
        loan("红楼梦", "曹雪芹 著；高鹗 续", Renewal::Asking),
        loan("活着", "余华", Renewal::Refused(Reason::OnHold)).map(overdue),
        loan("The Rust Programming Language", "Klabnik, Nichols", Renewal::Offered),
        loan("", "", Renewal::Offered).map(|loan| LoanLine { due: None, ..loan }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn loan(title: &str, author: &str, renewal: Renewal) -> Option<LoanLine> {
    let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Some(LoanLine {
        item: ItemId::parse("B0000051").ok()?,
        title: known(title),
        author: known(author),
        due: Some(date(2026, 12, 22)),
        overdue: false,
        renewal,
    })
}

fn holds() -> Vec<HoldLine> {
    let hold = |title: &str, author: &str, state, cancellation| HoldLine {
        title: (!title.is_empty()).then(|| title.to_owned()),
        author: Some(author.to_owned()),
        state,
        cancellation,
    };
    let ready =
        HoldState::Ready { at: Some("一楼自助预约书柜".into()), until: Some(date(2026, 12, 1)) };
    vec![
        hold("平凡的世界", "路遥", ready, Cancellation::Offered),
        hold("繁花", "金宇澄", HoldState::Ready { at: None, until: None }, Cancellation::Asking),
        hold(LONG_TITLE, LONG_AUTHOR, HoldState::OnItsWay, Cancellation::Unsure),
        hold(
            "百年孤独",
            "加西亚·马尔克斯",
            HoldState::Waiting { before: Some(3) },
            Cancellation::Refused(Reason::CentralSilent),
        ),
        hold("边城", "沈从文", HoldState::Waiting { before: Some(0) }, Cancellation::Done),
        hold("", "", HoldState::Waiting { before: None }, Cancellation::No),
    ]
}

fn searches() -> Vec<(&'static str, Page)> {
    let nothing = Find {
        text: String::new(),
        keys: Keys::default(),
        hits: vec![],
        n_found: None,
        first: 0,
        more: false,
        filter: Filter::default(),
        unavailable: false,
        seconds_left: None,
    };
    let found =
        Find { text: "红楼梦".into(), hits: hits(6), n_found: Some(128), more: true, ..nothing.clone() };
    let keys = |layout| Keys { layout, ..Keys::default() };
    let choosing = Keys {
        composition: "hong".into(),
        candidates: ["红", "洪", "宏", "鸿", "红楼梦", "虹", "哄"].map(String::from).to_vec(),
        before: false,
        after: true,
        ..keys(Layout::Pinyin)
    };
    vec![
        ("find-start", Page::Find(nothing.clone())),
        ("find-unavailable", Page::Find(Find { unavailable: true, ..nothing.clone() })),
        ("find-hits", Page::Find(found.clone())),
        (
            "find-choosing",
            Page::Find(Find {
                text: String::new(),
                keys: choosing,
                n_found: None,
                hits: vec![],
                ..found.clone()
            }),
        ),
        (
            "find-letters",
            Page::Find(Find {
                text: "rust".into(),
                keys: keys(Layout::Letters),
                first: 6,
                filter: Filter { only_here: true, script: Some(Script::Other) },
                ..found.clone()
            }),
        ),
        (
            "find-digits",
            Page::Find(Find {
                text: "9787020".into(),
                keys: keys(Layout::Digits),
                seconds_left: Some(8),
                ..found.clone()
            }),
        ),
        ("find-none", Page::Find(Find { text: "红楼梦魇".into(), n_found: Some(0), ..nothing.clone() })),
        (
            "find-none-here",
            Page::Find(Find {
                text: LONG_TITLE.into(),
                n_found: Some(0),
                filter: Filter { only_here: true, script: None },
                ..nothing
            }),
        ),
        (
            "find-longest",
            Page::Find(Find {
                text: LONG_TITLE.into(),
                hits: vec![hit(LONG_TITLE, LONG_AUTHOR, 1_204, 0), hit(LONG_TITLE, "", 1, 1)],
                n_found: Some(389_412),
                first: 389_410,
                ..found
            }),
        ),
    ]
}

fn hits(n: usize) -> Vec<Hit> {
    let counts = [(15, 2), (4, 0), (1, 1), (128, 12)].into_iter().cycle();
    TITLES
        .iter()
        .take(n)
        .zip(counts)
        .map(|((title, author), (n_copies, n_free))| hit(title, author, n_copies, n_free))
        .collect()
}

fn hit(title: &str, author: &str, n_copies: u32, n_free: u32) -> Hit {
    let author = (!author.is_empty()).then(|| author.to_owned());
    Hit { title: title.to_owned(), author, n_copies, n_free }
}

fn titles() -> Vec<(&'static str, Page)> {
    let title = Title {
        title: "红楼梦".into(),
        author: Some("曹雪芹 著；高鹗 续".into()),
        isbn: Some("978-7-02-000220-7".into()),
        holdings: holdings(),
        reserve: Reserve::Offered,
        seconds_left: None,
    };
    let reserve = |reserve| Page::Title(Title { reserve, ..title.clone() });
    let elsewhere = Title { holdings: holdings().into_iter().skip(1).collect(), ..title.clone() };
    vec![
        ("title", reserve(Reserve::Offered)),
        ("title-elsewhere", Page::Title(elsewhere)),
        ("title-countdown", Page::Title(Title { seconds_left: Some(11), ..title.clone() })),
        ("title-asking", reserve(Reserve::Asking)),
        ("title-reserved", reserve(Reserve::Done)),
        ("title-refused", reserve(Reserve::Refused(Reason::PatronExpired))),
        (
            "title-longest",
            Page::Title(Title {
                title: LONG_TITLE.into(),
                author: Some(LONG_AUTHOR.into()),
                reserve: Reserve::No,
                ..title.clone()
            }),
        ),
        (
            "title-nowhere",
            Page::Title(Title { author: None, isbn: None, holdings: vec![], reserve: Reserve::No, ..title }),
        ),
    ]
}

fn holdings() -> Vec<Holding> {
    let at =
        |branch: &str, call_number: &str, location: &str, n_copies, availability, shelf: Option<usize>| {
            let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            Holding {
                branch: branch.into(),
                here: shelf.is_some(),
                call_number: known(call_number),
                location: known(location),
                n_copies,
                availability,
                shelf,
                seen: shelf.map(|_| LastSeen {
                    how: How::Stocktake,
                    age: Age::Days(3),
                    branch: None,
                    place: "CJ-012".to_owned(),
                }),
            }
        };
    vec![
        at("青禾市图书馆总馆", "I242.4/23", "二楼文学图书借阅区", 2, Availability::In, Some(2)),
        at(
            "河东分馆",
            "I242.4/23",
            "三楼中文图书",
            8,
            Availability::Lent { due: Some(date(2026, 12, 3)) },
            None,
        ),
        at("古籍馆", "", "善本阅览室", 1, Availability::HereOnly, None),
        at("大学城流动站", "I242.4/23-2", "", 1, Availability::Lent { due: None }, None),
        at("社区服务点", "", "", 3, Availability::Unknown, None),
    ]
}

fn staff() -> Vec<(&'static str, Page)> {
    let pin = |len, wrong, locked| Page::Staff(Staff::Pin { len, wrong, locked });
    let panel = |out_of_service, confirm| {
        Page::Staff(Staff::Panel(Panel {
            parts: parts(),
            n_waiting: 12,
            n_parked: 1,
            out_of_service,
            confirm,
        }))
    };
    let all_well = parts().into_iter().map(|part| Part { state: PartState::Works, ..part }).collect();
    vec![
        ("staff-pin", pin(3, false, None)),
        ("staff-pin-wrong", pin(0, true, None)),
        ("staff-pin-locked", pin(0, true, Some(287))),
        (
            "staff-panel",
            Page::Staff(Staff::Panel(Panel {
                parts: all_well,
                n_waiting: 0,
                n_parked: 0,
                out_of_service: false,
                confirm: None,
            })),
        ),
        ("staff-panel-troubles", panel(true, None)),
        ("staff-confirm-quit", panel(false, Some(StaffAct::Quit))),
        ("staff-confirm-off", panel(false, Some(StaffAct::ShutDown))),
        ("staff-confirm-restart", panel(true, Some(StaffAct::Restart(PartKind::Printer)))),
        ("staff-confirm-out", panel(false, Some(StaffAct::OutOfService(true)))),
        ("staff-confirm-in", panel(true, Some(StaffAct::OutOfService(false)))),
        ("staff-picture", Page::Staff(Staff::Picture { number: 0 })),
        ("staff-picture-touch", Page::Staff(Staff::Picture { number: Staff::N_PICTURES - 1 })),
    ]
}

fn parts() -> Vec<Part> {
    let part = |kind, state, detail: &str| Part { kind, state, detail: detail.into() };
    vec![
        part(PartKind::Reader, PartState::Works, "ISO 15693 · 115200"),
        part(PartKind::Ledger, PartState::Works, "41238 · 2.1 GB"),
        part(PartKind::Central, PartState::Fails, "14:02 · 192.0.2.7:443"),
        part(PartKind::Mirror, PartState::Works, "389412 · 2026-11-23 03:00"),
        part(PartKind::Printer, PartState::Absent, ""),
    ]
}
