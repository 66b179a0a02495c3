use super::*;
use expect_test::expect;

fn figures() -> Figures {
    Figures {
        institution: "莱芜区图书馆".into(),
        year: 2023,
        cards_by_month: [76, 128, 198, 170, 157, 148, 630, 413, 353, 359, 266, 325],
        accessions: vec![
            Accession {
                group: "图书".into(),
                material: "中文图书".into(),
                n_titles: 8157,
                n_volumes: 16_012,
            },
            Accession {
                group: "特殊文献".into(), material: "盲文文献".into(), n_titles: 0, n_volumes: 0
            },
            Accession { group: String::new(), material: String::new(), n_titles: 1, n_volumes: 2 },
        ],
        active: vec![
            (None, Sex::Female, 1),
            (Some(1950), Sex::Male, 7),
            (Some(1963), Sex::Female, 2),
            (Some(1964), Sex::Female, 3),
            (Some(2005), Sex::Male, 4),
            (Some(2006), Sex::NotTold, 5),
        ],
        cards: vec![
            ("少儿证".into(), Sex::Female, 30),
            ("少儿证".into(), Sex::Male, 20),
            ("自习阅览证".into(), Sex::NotTold, 0),
        ],
        loans_by_sex: vec![(Sex::Female, 90_001), (Sex::Male, 54_308)],
        loans_by_month: [1; 12],
        loans_by_branch: (0..20).map(|n| (format!("分馆{n}"), 100 - n)).collect(),
        loans_by_class: vec![("I".into(), 70), ("T".into(), 9), ("5".into(), 1)],
        most_borrowed: vec![
            Borrowed { title: "红楼梦 <b>\"&'".into(), author: "曹雪芹".into(), n_loans: 12 },
            Borrowed { title: "=1+1".into(), author: String::new(), n_loans: 2 },
        ],
    }
}

fn table(key: &str, language: Language) -> Table {
    figures().tables(language).into_iter().find(|table| table.key == key).unwrap()
}

#[test]
fn ages_fall_into_groups_at_their_bounds() {
    let rows = [
        (Some(2006), AgeGroup::Young),
        (Some(2005), AgeGroup::Adult),
        (Some(1979), AgeGroup::Adult),
        (Some(1978), AgeGroup::Middle),
        (Some(1964), AgeGroup::Middle),
        (Some(1963), AgeGroup::Senior),
        (None, AgeGroup::NotTold),
    ];
    for (born, group) in rows {
        assert_eq!(AgeGroup::of(born, 2023), group, "{born:?}");
    }
}

#[test]
fn tables_as_text() {
    let all: Vec<String> = ["accessions", "active-readers", "cards-by-type", "loans-by-sex", "most-borrowed"]
        .map(|key| table(key, Language::Chinese).text())
        .into();
    expect![[r#"
        新增藏量
          文献类型  类别        种     册
          中文图书  图书      8157  16012
          盲文文献  特殊文献     0      0
          未登记                 1      2
          合计                8158  16014

        有效读者年龄与性别构成
          年龄段               女  男  未登记  合计
          少年（18 岁以下）     0   0       5     5
          青年（18–44 岁）      0   4       0     4
          中年（45–59 岁）      3   0       0     3
          老年（60 岁及以上）   2   7       0     9
          未登记                1   0       0     1
          合计                  6  11       5    22

        年末持证读者证类型构成
          证类型      女  男  未登记  合计
          少儿证      30  20       0    50
          自习阅览证   0   0       0     0
          合计        30  20       0    50

        外借册次性别构成
          性别  外借（册次）
          女           90001
          男           54308
          合计        144309

        借阅排行
          题名           责任者  外借（册次）
          红楼梦 <b>"&'  曹雪芹            12
          =1+1                              2
    "#]]
    .assert_eq(&all.join("\n"));
}

#[test]
fn a_spreadsheet_gets_no_formula() {
    let csv = table("most-borrowed", Language::English).csv().unwrap();
    assert_eq!(csv, "\u{feff}title,author,loans\n\"红楼梦 <b>\"\"&'\",曹雪芹,12\n'=1+1,,2\n");
}

#[test]
fn words_of_others_cannot_become_markup() {
    let page = document(&figures(), Language::Chinese);
    assert!(!page.contains("<b>") && page.contains("红楼梦 &lt;b&gt;&quot;&amp;&#39;"));
    let fragment = fragment(&figures(), Language::English);
    for refused in ["<script", "<style", " style=", " onload"] {
        assert!(!fragment.contains(refused), "{refused}");
    }
}

/// Every figure can be seen, and is told to whoever cannot see the chart.
#[test]
fn charts_say_every_figure_in_words() {
    for language in [Language::Chinese, Language::English] {
        for table in figures().tables(language) {
            let svg = table.svg();
            let ids = format!("aria-labelledby=\"{0}-title {0}-desc\"", table.key);
            assert!(svg.contains("role=\"img\"") && svg.contains(&ids), "{svg}");
            assert_eq!(svg.matches('<').count(), svg.matches('>').count(), "{svg}");
            assert!(svg.contains("<desc") && svg.contains(&page::escape(&table.title)), "{svg}");
        }
    }
    let svg = table("cards-by-month", Language::Chinese).svg();
    for n in figures().cards_by_month {
        assert_eq!(svg.matches(&format!(">{n}</text>")).count(), 1, "{n}");
    }
    assert!(svg.contains(">合计 3,223</text>"));
    let svg = table("loans-by-branch", Language::Chinese).svg();
    assert!(svg.contains(">分馆13</text>") && !svg.contains(">分馆14</text>"));
    assert!(svg.contains(">其余 6 处</text>") && svg.contains(">501</text>"), "{svg}");
}

#[test]
fn nothing_counted_is_still_a_report() {
    let none = Figures {
        institution: String::new(),
        year: 2023,
        cards_by_month: [0; 12],
        accessions: Vec::new(),
        active: Vec::new(),
        cards: Vec::new(),
        loans_by_sex: Vec::new(),
        loans_by_month: [0; 12],
        loans_by_branch: Vec::new(),
        loans_by_class: Vec::new(),
        most_borrowed: Vec::new(),
    };
    for table in none.tables(Language::Chinese) {
        assert!(table.csv().unwrap().lines().count() >= 1);
        assert!(table.svg().ends_with("</svg>\n") && !table.text().is_empty());
    }
}
