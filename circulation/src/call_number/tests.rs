//! Published orders, and the properties of an order.

use proptest::prelude::*;

use super::CallNumber;

/// Each row stands in the order of its source; every pair of it is compared.
fn check(source: &str, ordered: &[&str]) {
    let numbers: Vec<CallNumber> = ordered.iter().map(|text| CallNumber::new(text)).collect();
    for (at, one) in numbers.iter().enumerate() {
        for other in &numbers[at + 1..] {
            assert!(one < other, "{source}: {one} stands before {other}");
        }
    }
}

/// covers: clc.signs
#[test]
fn signs_stand_in_the_order_of_the_manual() {
    check(
        "使用手册 pp. 82-83",
        &[
            "R711",
            "R711-62",
            "R711(711)",
            "R711(711)=535",
            "R711=6",
            "R711〈326〉",
            "R711：R83",
            "R711+R173",
            "R711.1",
        ],
    );
    check("signs the manual lists", &["R711(711)/1", "R711\"17\"/1", "R711=6/1"]);
}

/// covers: clc.class (orders of practice that dp2, the library system, tests itself by)
#[test]
fn classes_compare_digit_by_digit() {
    for row in [
        &["TP311", "TP32"][..],
        &["B", "B-43", "B0", "B3", "E27", "E512", "TM92", "TU201", "X799"],
        &["B021", "B022", "B022.2", "C532", "C54", "D035.37", "D035.4", "TM101", "TM90"],
        &["B-49", "B-53", "B-61", "B0", "B0-0", "B0-53", "B1"],
        &["TP3", "TP3-43", "TP3-61", "TP30", "TP301", "TP301.1"],
        &["Z88:C", "Z88:F", "Z89:B", "Z89:H", "Z89:K", "Z89:T"],
        &[
            "H319-43",
            "H319:A312",
            "H319:D312-42",
            "H319:TP311",
            "H319:X256",
            "H319:X256-42",
            "H319.4-43",
            "H319.4:I234",
        ],
        &[
            "H319:A112",
            "H319:S312",
            "H319:T311",
            "H319:TB312",
            "H319:TV312",
            "H319:U312",
            "H319:V311",
            "H319:Z256",
        ],
        &["T1", "TP1"],
        &["J333/G251", "J333(512)/G251"],
        &["K835.617/E43A", "K835.617/S931", "K835.617/W365", "K835.617=43/S894"],
        &["K20-42", "K20-42/15"],
    ] {
        check("dp2", row);
    }
}

/// dp2's own list has the two-letter codes behind all of one letter; the manual compares letter by letter, and so do we.
#[test]
fn letters_behind_a_class_compare_one_by_one() {
    check(
        "使用手册 pp. 82-83",
        &["TP312", "TP312A", "TP312AL", "TP312BA", "TP312C", "TP312CO", "TP312X", "TP313"],
    );
}

/// covers: clc.serial
#[test]
fn serial_numbers_are_numbers() {
    check("PLMS", &["A11/45", "A2/13", "B43/6", "B43/11", "C23/5"]);
    check("dp2", &["I247.5/2", "I247.5/1234"]);
    check("EIT: foreign books behind the Chinese ones", &["I247.57/338", "I247.57/E 3", "I247.57/E 12"]);
}

/// covers: cutter.decimal
#[test]
fn author_numbers_are_decimals() {
    check("Yale", &["TR647 .W4", "TR647 .W44", "TR647 .W45", "TR647 .W453", "TR647 .W5"]);
    check("Yale", &["TR647.W4", "TR647.W44", "TR647.W45", "TR647.W453", "TR647.W5"]);
    check(
        "Yale",
        &["PN98.D43 Z54", "PN98.D43 Z55", "PN98.D48 E54", "PN98.D48 W45", "PN98.E36 R67", "PN98.E4 D54"],
    );
    check("Yale", &["X/A2", "X/A23", "X/A236", "X/A24", "X/A247", "X/A26", "X/A3", "X/A333", "X/A38"]);
    check("SIU", &["LB12.5 C3563", "LB12.5 C412"]);
    check("GDUFS", &["I206.7/H964", "I206.7/H964.3", "I206.7/H965"]);
}

/// Works, volumes and editions of one author, as dp2 tests itself by; editions are a choice of ours.
#[test]
fn what_belongs_to_a_work_stands_with_it() {
    for row in [
        &["I247.5/A001", "I247.5/A001A", "I247.5/A002", "I247.5/B010", "I247.5/Z256"][..],
        &["K827/Z763A", "K827/Z763B", "K827/Z763Y", "K827/Z763AA"],
        &["J5/J559B(1)2", "J5/J559T(1)", "J5/J559W(2)", "J5/J559AJ(1)", "J5/J559AJ(2)"],
        &["O13-43/S623", "O13-43/S623(2)", "O13-43/S623-2(1)", "O13-43/S623-2(2)"],
        &["I247.58/J822-2(14)", "I247.58/J822-2(15)", "I247.58/J822-2(32)"],
        &["H360.41-42/l338(1)1", "H360.41-42/l338(1)2", "H360.41-42/l338(2)2"],
    ] {
        check("dp2", row);
    }
    check(
        "ours",
        &["K204.2/1", "K204.2/1:1", "K204.2/1:2", "K204.2/1:10", "K204.2/1=2", "K204.2/1-2", "K204.2/2"],
    );
    check("ours", &["K204.2/1/2007", "K204.2/1/v.2", "K204.2/1/v.10"]);
}

#[test]
fn width_case_and_leading_zeros_do_not_move_a_book() {
    let shelf = CallNumber::new("I247.5/7");
    for same in [" i247.5/7", "I 247.5/7", "Ｉ２４７．５／７", "I247.5/007"] {
        assert!(CallNumber::new(same).is_between(&shelf, &shelf), "{same}");
    }
}

#[test]
fn a_shelf_holds_what_its_last_number_heads() {
    let on = |mark: &str, from: &str, to: &str| {
        CallNumber::new(mark).is_between(&CallNumber::new(from), &CallNumber::new(to))
    };
    assert!(on("I247.5/12", "I", "I24"));
    assert!(on("I247.5/12", "I247.5/2", "I247.5/100"));
    assert!(!on("I247.5/12", "I247.5/1", "I247.5/1"), "12 is no 1");
    assert!(on("I247.5/1:2", "I247.5/1", "I247.5/1"), "a volume of 1");
    assert!(!on("I3/1", "I", "I24") && !on("H1/1", "I", "I24"));
}

proptest! {
    #[test]
    fn any_text_has_its_place(a in ".{0,24}", b in "[A-Z]{1,2}[-0-9.:=()/A-C ]{0,12}", c in "[A-Z]{1,2}[-0-9.:=()/A-C ]{0,12}") {
        let [a, b, c] = [a, b, c].map(|text| CallNumber::new(&text));
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert_eq!(a == b, a.cmp(&b).is_eq());
        let mut sorted = [a, b, c];
        sorted.sort();
        let [a, b, c] = sorted;
        prop_assert!(a <= b && b <= c && a <= c);
    }

    #[test]
    fn a_class_heads_its_books(class in "[A-Z]{1,2}[0-9]{0,4}", book in "[A-Z]?[0-9]{1,4}") {
        let (class, book) = (CallNumber::new(&class), CallNumber::new(&format!("{class}/{book}")));
        prop_assert!(class.heads(&book) && class < book);
    }
}
