use super::*;
use std::collections::{BTreeMap, BTreeSet};

const YEAR_ONLY: District = District { scale: Scale::Year };
const WHOLE: District = District { scale: Scale::Whole };

#[test]
fn the_counts_are_those_of_the_report() {
    assert_eq!(CARDS_BY_MONTH.iter().sum::<u32>(), 3223);
    let totals = ACCESSIONS.iter().fold((0, 0), |(t, v), (.., titles, volumes)| (t + titles, v + volumes));
    assert_eq!(totals, (8531, 31_367));
    assert_eq!(WHOLE.loans_by_month().iter().sum::<u32>(), 144_309);
    assert_eq!(YEAR_ONLY.loans_by_month().iter().sum::<u32>(), YEAR_ONLY.n_loans());
    assert_eq!(WHOLE.branches().count(), 808);
}

#[test]
fn every_volume_is_counted_once_and_every_title_is_another() {
    for district in [YEAR_ONLY, WHOLE] {
        let mut titles: BTreeMap<u32, String> = BTreeMap::new();
        let mut ids = BTreeSet::new();
        let mut of_year: BTreeMap<&str, (BTreeSet<u32>, u32)> = BTreeMap::new();
        for volume in district.volumes() {
            assert!(ids.insert(volume.id), "a barcode twice");
            if volume.added_on.year() == YEAR {
                let (records, n) = of_year.entry(volume.material).or_default();
                records.insert(volume.record);
                *n += 1;
            }
            if volume.material == "中文图书" {
                titles.insert(volume.record, volume.title);
            }
        }
        assert_eq!(ids.len(), usize::try_from(district.n_items()).unwrap());
        for (_, material, n_titles, n_volumes) in ACCESSIONS {
            let found = of_year.get(material).map_or((0, 0), |(records, n)| (records.len(), *n));
            assert_eq!(found, (usize::try_from(n_titles).unwrap(), n_volumes), "{material}");
        }
        let different: BTreeSet<&String> = titles.values().collect();
        assert_eq!(different.len(), titles.len());
    }
}

#[test]
fn cards_are_issued_as_counted_and_are_nobodys() {
    let mut by_month = [0; 12];
    let mut ids = BTreeSet::new();
    for holder in WHOLE.holders() {
        if holder.issued_on.year() == YEAR {
            by_month[usize::from(holder.issued_on.month().unsigned_abs()) - 1] += 1;
        }
        assert!((1900..=YEAR).contains(&holder.birth_year) && ["F", "M"].contains(&holder.sex));
        let [first, small, last] = holder.name.chars().collect::<Vec<_>>()[..] else {
            panic!("three characters")
        };
        assert!("书阅墨砚简卷笺页".contains(first) && small == '小' && "甲乙丙丁戊己庚辛壬癸".contains(last));
        assert!(ids.insert(holder.id), "a card twice");
    }
    assert_eq!(by_month, CARDS_BY_MONTH);
    assert_eq!(ids.len(), 73_690);
}

#[test]
fn the_small_scale_has_people_of_the_whole() {
    let last = |district: District| district.holder(district.n_cards() - 1);
    let (small, whole) = (last(YEAR_ONLY), last(WHOLE));
    assert_eq!((small.name, small.birth_year), (whole.name, whole.birth_year));
}

#[test]
fn no_item_is_lent_twice_and_no_patron_has_too_many() {
    let moves = YEAR_ONLY.moves();
    let n_loans = moves.iter().filter(|moved| moved.is_checkout).count();
    assert_eq!(n_loans, usize::try_from(YEAR_ONLY.n_loans()).unwrap());
    let mut out: BTreeMap<&str, &str> = BTreeMap::new();
    let mut before = moves[0].at;
    for moved in &moves {
        assert!(moved.at >= before, "{moved:?}");
        before = moved.at;
        if moved.is_checkout {
            assert_eq!(out.insert(&moved.item, &moved.patron), None, "{moved:?}");
            assert_eq!(moved.at.year(), YEAR);
            let has = out.values().filter(|patron| **patron == moved.patron).count();
            assert!(has <= 20, "{moved:?}");
        } else {
            assert_eq!(out.remove(moved.item.as_str()), Some(moved.patron.as_str()), "{moved:?}");
        }
    }
    assert!(out.is_empty());
}

#[test]
fn it_is_the_same_each_time() {
    assert_eq!(YEAR_ONLY.moves(), YEAR_ONLY.moves());
    let today = date(2026, 11, 23);
    let running: Vec<Running> = YEAR_ONLY.running(today).collect();
    assert!(running.len() > 20 && running.iter().all(|loan| loan.due_on >= today));
    let items: BTreeSet<&String> = running.iter().map(|loan| &loan.item).collect();
    assert_eq!(items.len(), running.len());
}
