//! Every page, progress, reason and hint that there is: for the tests and the gallery.

use circulation::id::ItemId;
use circulation::money::Amount;
use circulation::screen::{
    Attention, Done, Entry, Hint, Identify, Language, Line, Page, PatronView, Progress, Purpose, Screen,
    Visit, Way,
};
use circulation::transaction::Reason;
use jiff::civil::{Date, date};

pub(crate) fn screen(language: Language, page: Page) -> Screen {
    // one page is shown without central, so that the line about it is in the gallery
    let online = !matches!(&page, Page::Visit(visit) if visit.lines.iter().any(is_provisional));
    Screen { language, online, page }
}

pub(crate) fn pages() -> Vec<(&'static str, Page)> {
    vec![
        ("welcome", Page::Welcome),
        ("identify-card", Page::Identify(identify(Entry::Card))),
        ("identify-waiting", Page::Identify(Identify { n_waiting: 3, busy: true, ..identify(Entry::Card) })),
        (
            "identify-problem",
            Page::Identify(Identify {
                n_waiting: 1,
                problem: Some(Reason::PatronExpired),
                seconds_left: Some(12),
                ..identify(Entry::Card)
            }),
        ),
        ("identify-number", Page::Identify(identify(Entry::Number { masked: "******0001".into() }))),
        (
            "identify-pin",
            Page::Identify(Identify {
                problem: Some(Reason::WrongPin),
                seconds_left: Some(9),
                ..identify(Entry::Pin { len: 6 })
            }),
        ),
        ("visit-empty", Page::Visit(visit(Purpose::Borrow, vec![], Hint::PutBooks))),
        ("visit-return-empty", Page::Visit(visit(Purpose::Return, vec![], Hint::PutBooks))),
        ("visit-working", Page::Visit(visit(Purpose::Borrow, working(), Hint::Wait))),
        ("visit-done", Page::Visit(visit(Purpose::Borrow, lent(), Hint::TakeBooks))),
        (
            "visit-countdown",
            Page::Visit(Visit { seconds_left: Some(12), ..visit(Purpose::Borrow, lent(), Hint::TakeBooks) }),
        ),
        ("visit-troubles", Page::Visit(visit(Purpose::Borrow, troubles(), Hint::PutBack))),
        ("visit-many", Page::Visit(visit(Purpose::Borrow, many(), Hint::TakeBooks))),
        ("visit-return", Page::Visit(visit(Purpose::Return, returned(), Hint::TakeBooks))),
        ("visit-reasons", Page::Visit(visit(Purpose::Borrow, refusals(), Hint::SeeLines))),
        ("visit-offline", Page::Visit(visit(Purpose::Borrow, provisional(), Hint::TakeBooks))),
        ("visit-longest", Page::Visit(visit(Purpose::Borrow, longest(), Hint::SeeLines))),
        ("done", Page::Done(Done { lines: lent(), card_left: true, books_left: false })),
        ("done-mixed", Page::Done(Done { lines: troubles(), card_left: true, books_left: true })),
        ("done-return", Page::Done(Done { lines: returned(), card_left: false, books_left: false })),
        ("done-nothing", Page::Done(Done { lines: vec![], card_left: false, books_left: false })),
        ("attention-starting", Page::Attention(Attention::Starting)),
        ("attention-reader", Page::Attention(Attention::ReaderDown)),
        ("attention-ledger", Page::Attention(Attention::LedgerDown)),
        ("attention-pad", Page::Attention(Attention::ClearPad)),
    ]
}

/// Every reason, with and without its parts.
pub(crate) fn reasons() -> Vec<Reason> {
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
        Reason::CentralSilent,
        Reason::Other("本馆盘点中".into()),
    ]
}

pub(crate) fn identify(entry: Entry) -> Identify {
    Identify { entry, n_waiting: 0, busy: false, problem: None, seconds_left: None }
}

pub(crate) fn visit(purpose: Purpose, lines: Vec<Line>, hint: Hint) -> Visit {
    let patron = (purpose == Purpose::Borrow).then(|| PatronView {
        name: "张*".into(),
        card: "******0001".into(),
        n_loans: Some(3),
        loan_limit: Some(10),
    });
    Visit { purpose, patron, lines, hint, seconds_left: None }
}

pub(crate) fn line(item: &str, title: &str, author: &str, way: Way, progress: Progress) -> Line {
    let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Line { item: ItemId::parse(item).ok(), title: known(title), author: known(author), way, progress }
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
        line("B0000007", "围城", "钱锺书", Way::In, back()),
        line("B0000008", "百年孤独", "加西亚·马尔克斯", Way::In, back()),
        line("B0000009", "时间简史", "史蒂芬·霍金", Way::In, Progress::Unsecured),
        line("B0000010", "朝花夕拾", "鲁迅", Way::In, Progress::Refused(Reason::NotOnLoan)),
    ]
}

pub(crate) fn troubles() -> Vec<Line> {
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

pub(crate) fn refusals() -> Vec<Line> {
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

pub(crate) fn longest() -> Vec<Line> {
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

fn is_provisional(line: &Line) -> bool {
    matches!(line.progress, Progress::Done { provisional: true, .. })
}
