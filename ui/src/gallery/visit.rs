//! Pages of a visit: cards, books, troubles, the end.

use circulation::id::ItemId;
use circulation::money::Amount;
use circulation::screen::{
    Done, Entry, Goes, Hint, Identify, Line, Page, PatronView, Printer, Progress, Purpose, Receipt, Renewal,
    SetView, Visit, Way, Wish,
};
use circulation::transaction::Reason;
use jiff::civil::{Date, date};

pub(super) fn pages() -> Vec<(&'static str, Page)> {
    [identifying(), visiting(), leaving()].concat()
}

fn identifying() -> Vec<(&'static str, Page)> {
    let card = || identify(Entry::Card);
    let number = || identify(Entry::Number { masked: "******0001".into() });
    vec![
        ("identify-card", Page::Identify(card())),
        ("identify-account", Page::Identify(Identify { wish: Wish::Account, ..card() })),
        ("identify-reserve", Page::Identify(Identify { wish: Wish::Reserve, ..card() })),
        ("identify-waiting", Page::Identify(Identify { n_waiting: 3, busy: true, ..card() })),
        (
            "identify-problem",
            Page::Identify(Identify {
                n_waiting: 1,
                problem: Some(Reason::PatronExpired),
                seconds_left: Some(12),
                ..card()
            }),
        ),
        ("identify-number", Page::Identify(number())),
        (
            "identify-pin",
            Page::Identify(Identify {
                problem: Some(Reason::WrongPin),
                seconds_left: Some(9),
                ..identify(Entry::Pin { len: 6 })
            }),
        ),
    ]
}

fn visiting() -> Vec<(&'static str, Page)> {
    let borrow = |lines, hint| visit(Purpose::Borrow, lines, hint);
    vec![
        ("visit-empty", Page::Visit(borrow(vec![], Hint::PutBooks))),
        ("visit-return-empty", Page::Visit(visit(Purpose::Return, vec![], Hint::PutBooks))),
        ("visit-working", Page::Visit(borrow(working(), Hint::Wait))),
        ("visit-done", Page::Visit(borrow(lent(), Hint::TakeBooks))),
        ("visit-countdown", Page::Visit(Visit { seconds_left: Some(12), ..borrow(lent(), Hint::TakeBooks) })),
        ("visit-set", Page::Visit(borrow(sets(), Hint::AddPart))),
        ("visit-renew", Page::Visit(borrow(yours(), Hint::TakeBooks))),
        ("visit-troubles", Page::Visit(borrow(troubles(), Hint::PutBack))),
        ("visit-many", Page::Visit(borrow(many(), Hint::TakeBooks))),
        ("visit-return", Page::Visit(visit(Purpose::Return, returned(), Hint::TakeBooks))),
        ("visit-reasons", Page::Visit(borrow(refusals(), Hint::SeeLines))),
        ("visit-offline", Page::Visit(borrow(provisional(), Hint::TakeBooks))),
        ("visit-longest", Page::Visit(Visit { seconds_left: Some(20), ..borrow(longest(), Hint::SeeLines) })),
    ]
}

fn leaving() -> Vec<(&'static str, Page)> {
    let done = |lines, receipt| Done { lines, card_left: false, books_left: false, receipt };
    let offered = Receipt::Offered { printer: Printer::Ready };
    let without = |printer| Receipt::Offered { printer };
    vec![
        ("done", Page::Done(Done { card_left: true, ..done(lent(), offered) })),
        ("done-mixed", Page::Done(Done { card_left: true, books_left: true, ..done(troubles(), offered) })),
        ("done-return", Page::Done(done(returned(), without(Printer::Absent)))),
        ("done-code", Page::Done(done(lent(), Receipt::Code))),
        ("done-printing", Page::Done(done(lent(), Receipt::Printing))),
        ("done-printed", Page::Done(Done { books_left: true, ..done(lent(), Receipt::Printed) })),
        ("done-paper-out", Page::Done(done(returned(), without(Printer::NoPaper)))),
        ("done-printer-down", Page::Done(done(lent(), without(Printer::Down)))),
        ("done-not-printed", Page::Done(done(lent(), Receipt::NotPrinted))),
        ("done-no-paper", Page::Done(done(lent(), Receipt::NoPaper))),
        ("done-nothing", Page::Done(done(vec![], Receipt::Nothing))),
    ]
}

/// Every reason, with and without its parts.
#[must_use]
pub fn reasons() -> Vec<Reason> {
    vec![
        Reason::PatronUnknown,
        Reason::WrongPin,
        Reason::PatronExpired,
        Reason::PatronUnverified,
        Reason::PatronLost,
        Reason::PatronSuspended,
        Reason::PatronCancelled,
        Reason::Fees(Amount::from_fen(1250)),
        Reason::LoanLimit(Some(10)),
        Reason::LoanLimit(None),
        Reason::NoLoans,
        Reason::ItemUnknown,
        Reason::NotForLoan,
        Reason::OnLoan,
        Reason::OnHold,
        Reason::NotOnLoan,
        Reason::TagForeign,
        Reason::TagDamaged,
        Reason::PartMissing,
        Reason::CentralSilent,
        Reason::Other("本馆盘点中".into()),
    ]
}

/// The page that asks for a card, at its plainest.
#[must_use]
pub fn identify(entry: Entry) -> Identify {
    Identify { entry, wish: Wish::Borrow, n_waiting: 0, busy: false, problem: None, seconds_left: None }
}

/// The page of a visit: of a patron who borrows, or of nobody who returns.
#[must_use]
pub fn visit(purpose: Purpose, lines: Vec<Line>, hint: Hint) -> Visit {
    let patron = (purpose == Purpose::Borrow).then(|| PatronView {
        name: "张*".into(),
        card: "******0001".into(),
        n_loans: Some(3),
        loan_limit: Some(10),
    });
    Visit { purpose, patron, lines, hint, seconds_left: None }
}

/// One line; an empty text is one that is not known.
#[must_use]
pub fn line(item: &str, title: &str, author: &str, way: Way, progress: Progress) -> Line {
    let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Line {
        item: ItemId::parse(item).ok(),
        title: known(title),
        author: known(author),
        way,
        set: None,
        progress,
        goes: None,
    }
}

fn due(due: Date) -> Progress {
    Progress::Done { due: Some(due), provisional: false }
}

fn back() -> Progress {
    Progress::Done { due: None, provisional: false }
}

fn lent() -> Vec<Line> {
    vec![
        line("B0000001", "三体", "刘慈欣", Way::Out, due(date(2026, 12, 22))),
        line("B0000002", "平凡的世界", "路遥", Way::Out, due(date(2026, 12, 22))),
        line(
            "B0000003",
            "The Rust Programming Language",
            "Klabnik, Nichols",
            Way::Out,
            due(date(2027, 1, 5)),
        ),
    ]
}

fn working() -> Vec<Line> {
    vec![
        line("B0000004", "红楼梦", "曹雪芹 著；高鹗 续", Way::Out, due(date(2026, 12, 22))),
        line("B0000005", "人类简史：从动物到上帝", "尤瓦尔·赫拉利", Way::Out, Progress::Working),
        line("B0000006", "", "", Way::Out, Progress::Working),
    ]
}

fn returned() -> Vec<Line> {
    vec![
        Line { goes: Some(Goes::HoldShelf), ..line("B0000007", "围城", "钱锺书", Way::In, back()) },
        Line {
            goes: Some(Goes::Home), ..line("B0000008", "百年孤独", "加西亚·马尔克斯", Way::In, back())
        },
        line("B0000009", "时间简史", "史蒂芬·霍金", Way::In, Progress::Unsecured),
        line("B0000010", "朝花夕拾", "鲁迅", Way::In, Progress::Refused(Reason::NotOnLoan)),
        Line { goes: Some(Goes::HoldElsewhere), ..line("B0000021", "边城", "沈从文", Way::In, back()) },
    ]
}

/// One line for each way in which something can go wrong.
#[must_use]
pub fn troubles() -> Vec<Line> {
    vec![
        line("B0000011", "活着", "余华", Way::Out, due(date(2026, 12, 22))),
        line(
            "B0000012",
            "现代汉语词典",
            "中国社会科学院语言研究所",
            Way::Out,
            Progress::Refused(Reason::NotForLoan),
        ),
        line("B0000013", "边城", "沈从文", Way::Out, Progress::PutBack),
        line("B0000014", "骆驼祥子", "老舍", Way::Out, Progress::Undone),
        line("B0000015", "呐喊", "鲁迅", Way::In, Progress::Unclear),
        line("B0000016", "茶馆", "老舍", Way::In, Progress::Unsecured),
        line("", "", "", Way::Out, Progress::Refused(Reason::TagDamaged)),
    ]
}

fn many() -> Vec<Line> {
    let titles = [
        "三体",
        "活着",
        "红楼梦",
        "平凡的世界",
        "围城",
        "边城",
        "呐喊",
        "茶馆",
        "家",
        "城南旧事",
        "白鹿原",
        "繁花",
    ];
    (1..)
        .zip(titles)
        .map(|(n, title)| line(&format!("B000010{n}"), title, "佚名", Way::Out, due(date(2026, 12, 22))))
        .collect()
}

/// One refused line for each reason.
#[must_use]
pub fn refusals() -> Vec<Line> {
    reasons()
        .into_iter()
        .map(|reason| line("B0000020", "城南旧事", "林海音", Way::Out, Progress::Refused(reason)))
        .collect()
}

fn provisional() -> Vec<Line> {
    vec![
        line("B0000021", "家", "巴金", Way::In, Progress::Done { due: None, provisional: true }),
        line(
            "B0000022",
            "白鹿原",
            "陈忠实",
            Way::Out,
            Progress::Done { due: Some(date(2026, 12, 22)), provisional: true },
        ),
        line("B0000023", "繁花", "金宇澄", Way::Out, Progress::Refused(Reason::CentralSilent)),
    ]
}

/// The longest titles, authors and reasons.
#[must_use]
pub fn longest() -> Vec<Line> {
    let title = "中华人民共和国国家标准信息与文献图书馆射频识别数据模型第三部分固定长度编码方案及其应用指南（修订版）";
    let author = "全国信息与文献标准化技术委员会；国家图书馆；中国科学院文献情报中心；上海图书馆；深圳图书馆";
    vec![
        line("B0000024", title, author, Way::Out, due(date(2026, 12, 22))),
        line("B0000025", title, author, Way::Out, Progress::Refused(Reason::NotOnLoan)),
        line(
            "B0000026",
            "An Exhaustive and Thoroughly Annotated Bibliography of Everything Ever Printed",
            "Bartholomew Featherstonehaugh-Cholmondeley the Younger",
            Way::Out,
            Progress::Refused(Reason::Other(
                "您有一本预约图书已到馆，请于三日内到一楼总服务台办理取书手续，逾期将自动取消预约".into(),
            )),
        ),
        line("", "", "", Way::Out, Progress::Working),
    ]
}

fn sets() -> Vec<Line> {
    let set = |of, missing: &[u16]| Some(SetView { of, missing: missing.to_vec() });
    let part =
        |item, title, author, set, progress| Line { set, ..line(item, title, author, Way::Out, progress) };
    vec![
        part("B0000031", "平凡的世界", "路遥", set(3, &[]), due(date(2026, 12, 22))),
        part("B0000032", "三国演义", "罗贯中", set(4, &[2, 4]), Progress::Incomplete),
        part("B0000033", "追忆似水年华", "普鲁斯特", set(7, &[6]), Progress::Refused(Reason::PartMissing)),
    ]
}

fn yours() -> Vec<Line> {
    let mine = |item, title, author, renewal| {
        let progress = Progress::Yours { due: Some(date(2026, 12, 1)), renewal };
        line(item, title, author, Way::Out, progress)
    };
    vec![
        mine("B0000041", "城南旧事", "林海音", Renewal::Offered),
        mine("B0000042", "我与地坛", "史铁生", Renewal::Asking),
        mine("B0000043", "草房子", "曹文轩", Renewal::Done),
        mine("B0000044", "狼图腾", "姜戎", Renewal::Refused(Reason::OnHold)),
    ]
}
