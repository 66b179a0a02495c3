//! The year's report out of a seeded district: the figures that the library's own report gives.

use super::*;
use crate::report::{AgeGroup, Figures, Sex};
use crate::seed::laiwu::{ACCESSIONS, CARDS_BY_MONTH, District, Scale};

const YEAR: District = District { scale: Scale::Year };

fn figures(app: &App) -> Figures {
    app.store().figures(&District::institution().unwrap(), 2023).unwrap()
}

fn count(n: u32) -> u64 {
    u64::from(n)
}

#[test]
fn the_figures_of_the_year_come_out_exactly() {
    each(|address| {
        let app = open(address);
        assert_eq!(app.seed_district(Scale::Year).unwrap(), Sown::Now { n_patrons: 3223, n_items: 31_367 });
        let figures = figures(&app);
        assert_eq!(figures.cards_by_month, [76, 128, 198, 170, 157, 148, 630, 413, 353, 359, 266, 325]);
        let lines: Vec<(&str, &str, u64, u64)> = figures
            .accessions
            .iter()
            .map(|line| (line.group.as_str(), line.material.as_str(), line.n_titles, line.n_volumes))
            .collect();
        assert_eq!(
            lines,
            [
                ("图书", "中文图书", 8157, 16_012),
                ("期刊、报纸", "中文期刊、报纸", 261, 15_077),
                ("特殊文献", "盲文文献", 0, 0),
                ("特殊文献", "地方文献", 113, 278)
            ]
        );
        counts_agree(&app, &figures);
        assert_eq!(app.seed_district(Scale::Year).unwrap(), Sown::Before);
        other_years_and_libraries_are_empty(&app);
        what_nobody_listed_is_a_line(&app);
    });
}

/// What the database counts is what was made.
fn counts_agree(app: &App, figures: &Figures) {
    let moves = YEAR.moves();
    let loans: Vec<_> = moves.iter().filter(|moved| moved.is_checkout).collect();
    let n_loans = count(YEAR.n_loans());
    let by_month: Vec<u64> = YEAR.loans_by_month().map(count).into();
    assert_eq!(figures.loans_by_month.to_vec(), by_month);
    let sums = [
        figures.loans_by_month.iter().sum(),
        figures.loans_by_sex.iter().map(|(_, n)| n).sum::<u64>(),
        figures.loans_by_branch.iter().map(|(_, n)| n).sum(),
        figures.loans_by_class.iter().map(|(_, n)| n).sum(),
    ];
    assert_eq!(sums, [n_loans; 4]);

    let holders: std::collections::BTreeMap<String, (i16, &str, &str)> = YEAR
        .holders()
        .map(|holder| (holder.id, (holder.birth_year, holder.sex, holder.patron_type)))
        .collect();
    let women = loans.iter().filter(|moved| holders[&moved.patron].1 == "F").count();
    let told = figures.loans_by_sex.iter().find(|(sex, _)| *sex == Sex::Female).unwrap().1;
    assert_eq!(told, u64::try_from(women).unwrap());

    let active: std::collections::BTreeSet<&String> = loans.iter().map(|moved| &moved.patron).collect();
    let of_age = |group: AgeGroup| {
        let all = active.iter().filter(|id| AgeGroup::of(Some(holders[**id].0), 2023) == group);
        u64::try_from(all.count()).unwrap()
    };
    for group in AgeGroup::ALL {
        let told = figures.active.iter().filter(|(born, ..)| AgeGroup::of(*born, 2023) == group);
        assert_eq!(told.map(|(.., n)| n).sum::<u64>(), of_age(group), "{group:?}");
    }
    for (name, _) in seed::PATRON_TYPES {
        let told: u64 = figures.cards.iter().filter(|(of, ..)| of == name).map(|(.., n)| n).sum();
        let made = holders.values().filter(|(.., of)| of == name).count();
        assert_eq!(told, u64::try_from(made).unwrap(), "{name}");
    }
    let most = figures.most_borrowed.first().unwrap();
    assert!(figures.most_borrowed.len() == 20 && most.n_loans >= figures.most_borrowed[19].n_loans);
    assert_eq!(app.store().lines("SELECT count(*) FROM change"), ["0"], "nobody follows a seed");
}

fn other_years_and_libraries_are_empty(app: &App) {
    let of = District::institution().unwrap();
    let before = app.store().figures(&of, 2022).unwrap();
    assert_eq!((before.cards_by_month, before.loans_by_month), ([0; 12], [0; 12]));
    assert_eq!(before.cards.iter().map(|(.., n)| n).sum::<u64>(), 0, "cards that came later");
    let none = app.store().figures(&super::of(), 2023).unwrap();
    assert!(none.institution.is_empty() && none.accessions.is_empty() && none.cards.is_empty());
    assert_eq!(app.store().institutions().unwrap().len(), 1);
}

/// Accessions of a material that is on no list are not lost.
fn what_nobody_listed_is_a_line(app: &App) {
    let before = figures(app).accessions.len();
    assert_eq!(before, ACCESSIONS.len());
    let change = "UPDATE item SET material = '电子文献' WHERE item = '371200000001'";
    app.store().execute(change).unwrap();
    let line = figures(app).accessions.pop().unwrap();
    assert_eq!((line.group.as_str(), line.material.as_str(), line.n_volumes), ("", "电子文献", 1));
    assert_eq!(CARDS_BY_MONTH.iter().sum::<u32>(), 3223);
}
