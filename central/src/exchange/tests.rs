use super::*;
use crate::exchange::catalogue::{read, write};
use crate::exchange::marc::Records;
use ::marc::fields;
use jiff::civil::date;
use proptest::prelude::*;

const TODAY: Date = date(2026, 11, 23);

fn a_book(copy: u32) -> Item {
    Item {
        id: ItemId::parse(&format!("LW000000{copy}")).unwrap(),
        record: Some(17),
        title: "红楼梦：校注本".into(),
        author: "曹雪芹".into(),
        isbn: "9799900000012".into(),
        call_number: "I242.4/1".into(),
        item_type: Some("普通图书".into()),
        branch: Some("LW01".into()),
        state: "2".into(),
        language: "chi".into(),
        shelf: "三楼".into(),
        material: "中文图书".into(),
        added_on: Some(date(2023, 7, 1)),
    }
}

#[test]
fn records_go_out_and_come_back() {
    let items = vec![a_book(1), a_book(2)];
    for flavour in [Flavour::Cnmarc, Flavour::Marc21] {
        for (out, back) in [
            (Charset::Utf8, Charset::Utf8),
            (Charset::Gbk, Charset::Gbk),
            (Charset::Utf8, Charset::Either),
            (Charset::Gbk, Charset::Either),
        ] {
            let record = write(&items, flavour, out).unwrap().unwrap();
            let two = [record.as_slice(), b"\r\n", record.as_slice(), b"\x1A"].concat();
            let taken = read(&two, flavour, back);
            assert_eq!(taken.refused, [], "{flavour:?} {out:?}");
            let found: Vec<&Item> = taken.rows.iter().map(|(_, item)| item).collect();
            assert_eq!(found, [&items[0], &items[1], &items[0], &items[1]], "{flavour:?} {out:?} {back:?}");
            assert_eq!(taken.rows[2].0.byte, u64::try_from(record.len() + 2).unwrap());
        }
    }
    let odd = Item { title: "𠮷野家".into(), ..a_book(1) };
    assert_eq!(write(&[odd], Flavour::Cnmarc, Charset::Gbk), Ok(None), "not in GBK");
}

/// Another maker's program reads ours, and we read its.
#[test]
fn another_program_reads_our_records_and_writes_for_us() {
    let ours = write(&[a_book(1)], Flavour::Marc21, Charset::Utf8).unwrap().unwrap();
    let record = ::marc::Record::parse(&ours).unwrap();
    assert_eq!(record.field(b"001")[0].get_data::<str>(), "17");
    let title = record.field(b"245")[0].subfield(b'a')[0].get_data::<str>().to_owned();
    assert_eq!(title, "红楼梦：校注本");

    let mut builder = ::marc::RecordBuilder::new();
    let theirs = builder
        .add_fields(fields!(
            control fields: [b"001" => "42", b"008" => "230701s2020    cc            000 1 chi d"];
            data fields: [
                b"020", b"  ", [b'a' => "978-7-02-000220-7 (pbk.)"],
                b"100", b"1 ", [b'a' => "曹雪芹,"],
                b"245", b"10", [b'a' => "红楼梦 /", b'c' => "曹雪芹著"],
                b"852", b"  ", [b'b' => "LW01", b'c' => "3F", b'h' => "I242.4", b'i' => "8", b'p' => "B1"],
            ];
        ))
        .unwrap()
        .get_record()
        .unwrap();
    let taken = read(theirs.as_ref(), Flavour::Marc21, Charset::Either);
    let item = &taken.rows[0].1;
    assert_eq!(
        (item.id.as_str(), item.record, item.title.as_str(), item.author.as_str(), item.isbn.as_str()),
        ("B1", Some(42), "红楼梦", "曹雪芹", "9787020002207")
    );
    assert_eq!(
        (item.call_number.as_str(), item.branch.as_deref(), item.shelf.as_str(), item.language.as_str()),
        ("I242.4/8", Some("LW01"), "3F", "chi")
    );
}

#[test]
fn damage_is_named_by_record_byte_and_field_and_the_next_record_is_read() {
    let good = write(&[a_book(1)], Flavour::Cnmarc, Charset::Utf8).unwrap().unwrap();
    let broken = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut record = good.clone();
        change(&mut record);
        record
    };
    let set = |at: usize, text: &'static [u8]| {
        move |record: &mut Vec<u8>| record[at..at + text.len()].copy_from_slice(text)
    };
    #[rustfmt::skip]
    let rows: Vec<(&str, Vec<u8>, &str)> = vec![
        ("no length",     broken(&set(0, b"<xml>")),  "record 2, byte 231, leader: it does not begin with its length"),
        ("too short",     broken(&set(0, b"00005")),  "its length, 5, is less than 26"),
        ("too long",      broken(&set(0, b"00300")),  "and ends after 231"),
        ("base",          broken(&set(12, b"99999")), "record 2, byte 243, leader: its base address leads nowhere"),
        ("base in field", broken(&set(12, b"00100")), "directory: it has no end (byte 1E)"),
        ("tag",           broken(&set(24, b"0 1")),   "a tag is not three digits or letters"),
        ("start",         broken(&set(31, b"99999")), "001: the directory points behind the record"),
        ("field length",  broken(&set(27, b"0002")),  "001: it does not end (byte 1E)"),
        ("converted",     { let mut gbk = write(&[a_book(1)], Flavour::Cnmarc, Charset::Gbk).unwrap().unwrap();
                            let at = gbk.iter().position(|byte| *byte == 0xBA).unwrap(); gbk.insert(at, b'?'); gbk },
                          "the file was changed after its export"),
        ("no text",       broken(&|record| { let at = record.iter().position(|byte| *byte == 0xE7).unwrap(); record[at] = 0xFF; }),
                          "200 $a: it is no text in UTF-8"),
        ("no barcode",    broken(&|record| { let at = record.windows(3).position(|w| w == b"LW0").unwrap(); record[at] = b'|'; }),
                          "905 $b: \"|W0000001\" is no barcode"),
        ("no title",      broken(&|record| { let at = record.windows(3).position(|w| w == b"\x1Fa\xE7").unwrap(); record[at + 1] = b'x'; }),
                          "200 $a: there is no title"),
    ];
    assert_eq!(good.len(), 231);
    for (name, bad, expected) in rows {
        let file = [good.as_slice(), &bad, &good].concat();
        let taken = read(&file, Flavour::Cnmarc, Charset::Utf8);
        let [refusal] = taken.refused.as_slice() else { panic!("{name}: {:?}", taken.refused) };
        assert!(refusal.to_string().contains(expected), "{name}: {refusal}");
        assert_eq!((refusal.place.record, taken.rows.len()), (2, 2), "{name}");
    }
    let cut = read(&good[..200], Flavour::Cnmarc, Charset::Utf8);
    assert!(cut.refused[0].to_string().contains("it says that it has 231 bytes, and 200 are left"));
}

#[test]
fn lists_of_items_are_read_by_their_headings() {
    let text = "条码,题名,作者,ISBN,索书号,分馆,入藏日期,价格\n\
         B1,\"红楼梦, 上\",曹雪芹,978-7-02-000220-7,I242.4/1,LW01,2023/7/1,39.00\n\
         B2,西游记,,,,,20230702,\n";
    for (bytes, charset) in [
        (text.as_bytes().to_vec(), Charset::Either),
        ([b"\xEF\xBB\xBF", text.as_bytes()].concat(), Charset::Utf8),
        (Charset::Gbk.encode(text).unwrap(), Charset::Either),
        (Charset::Gbk.encode(text).unwrap(), Charset::Gbk),
    ] {
        let taken = sheet::items(&bytes, charset);
        assert_eq!((taken.refused.as_slice(), taken.ignored.as_slice()), (&[][..], &["价格".to_owned()][..]));
        let [(first, book), (second, other)] = taken.rows.as_slice() else { panic!("two rows") };
        assert_eq!((first.line, second.line, first.record), (Some(2), Some(3), 1));
        assert_eq!((book.title.as_str(), book.isbn.as_str()), ("红楼梦, 上", "9787020002207"));
        assert_eq!((book.branch.as_deref(), other.branch.as_deref()), (Some("LW01"), None));
        assert_eq!((book.added_on, other.added_on), (Some(date(2023, 7, 1)), Some(date(2023, 7, 2))));
    }
}

#[test]
fn what_is_wrong_with_a_list_is_named_by_line_and_column() {
    let long = "长".repeat(1001);
    #[rustfmt::skip]
    let items: Vec<(&str, String, &str)> = vec![
        ("no column",   "barcode,name\nB1,x\n".into(),                   "row 0, line 1, title: there is no such column"),
        ("no barcode",  "barcode,title\nB1,a\n,b\n".into(),              "row 2, line 3, barcode: \"\" is no barcode"),
        ("bad barcode", "barcode,title\n条码,a\n".into(),                 "line 2, barcode: \"条码\" is no barcode"),
        ("no title",    "barcode,title\nB1,\n".into(),                   "line 2, title: there is no title"),
        ("long title",  format!("barcode,title\nB1,{long}\n"),           "line 2, title: it is too long"),
        ("control",     "barcode,title\nB1,a\u{7}b\n".into(),            "line 2, title: it has a control character"),
        ("cells",       "barcode,title\nB1,a,b\n".into(),                "line 2: it has 3 cells, the first row has 2"),
        ("record",      "barcode,title,record\nB1,a,-1\n".into(),        "line 2, record: it is no number"),
        ("state",       "barcode,title,state\nB1,a,丢\n".into(),          "line 2, state: \"丢\" is no state"),
        ("day",         "barcode,title,added_on\nB1,a,2023-02-30\n".into(), "line 2, added_on: it is no day"),
        ("empty",       String::new(),                                   "row 0, line 1, barcode: there is no such column"),
    ];
    for (name, text, expected) in items {
        let taken = sheet::items(text.as_bytes(), Charset::Utf8);
        let refusal = taken.refused.first().unwrap_or_else(|| panic!("{name}")).to_string();
        assert!(refusal.contains(expected), "{name}: {refusal}");
    }
    let taken = sheet::items(b"barcode,title\nB1,\xB0\n", Charset::Utf8);
    let place = taken.refused[0].place;
    assert_eq!((place.line, place.byte), (Some(2), 17), "{}", taken.refused[0]);
    #[rustfmt::skip]
    let patrons = [
        ("card",   "card,name\n,x\n",                               "line 2, card: it is no card number"),
        ("name",   "card,name\nP1,\n",                              "line 2, name: there is no name"),
        ("state",  "card,name,状态\nP1,x,好\n",                      "line 2, state: \"好\" is no state of a card"),
        ("sex",    "card,name,sex\nP1,x,y\n",                       "line 2, sex: it is neither"),
        ("term",   "card,name,starts_on,ends_on\nP1,x,2024-01-02,2024-01-01\n", "ends_on: the card ends before it begins"),
        ("money",  "card,name,debt\nP1,x,1.234\n",                  "debt: it is no amount in yuan"),
        ("year",   "card,name,birth_year\nP1,x,1800\n",             "birth_year: it is no year"),
        ("hash",   "card,name,password_hash\nP1,x,123456\n",        "password_hash: it is no hash"),
    ];
    for (name, text, expected) in patrons {
        let taken = sheet::patrons(text.as_bytes(), Charset::Utf8, TODAY);
        let refusal = taken.refused.first().unwrap_or_else(|| panic!("{name}")).to_string();
        assert!(refusal.contains(expected), "{name}: {refusal}");
        assert!(!refusal.contains("P1"), "no card number in {refusal}");
    }
}

#[test]
fn of_a_patron_the_least_is_kept() {
    let text = "证号,姓名,身份证号,出生日期,性别,押金,欠款,密码,有效期,状态\n\
         P1,书小甲,370000000000000000,1990/5/6,女,100,12.5,123456,2030-01-01,挂失\n\
         P2,书小乙,,,,,,,,\n";
    let taken = sheet::patrons(text.as_bytes(), Charset::Utf8, TODAY);
    assert_eq!(taken.ignored, ["身份证号"]);
    let [(_, first), (_, second)] = taken.rows.as_slice() else { panic!("{:?}", taken.refused) };
    assert_eq!((first.birth_year, first.sex, first.state), (Some(1990), "F", "3"));
    assert_eq!((first.deposit_fen, first.debt_fen), (10_000, 1250));
    assert!(first.secret == Secret::Clear("123456".into()) && second.secret == Secret::None);
    assert_eq!((second.starts_on, second.state, second.birth_year), (TODAY, "1", None));
    let shown = format!("{first:?} {:?}", first.secret);
    assert!(!shown.contains("书小甲") && !shown.contains("123456"), "{shown}");
}

proptest! {
    /// No bytes can panic, hang or grow a reader; every byte belongs to a record or stands between two.
    #[test]
    fn noise_is_refused_and_nothing_else_happens(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let n = Records::new(&bytes).count();
        prop_assert!(n <= bytes.len());
        for charset in [Charset::Either, Charset::Utf8, Charset::Gbk] {
            drop(read(&bytes, Flavour::Cnmarc, charset));
            drop(sheet::items(&bytes, charset));
            drop(sheet::patrons(&bytes, charset, TODAY));
        }
    }

    /// A good record with some bytes changed is read or refused, never half taken; those around it are not harmed.
    #[test]
    fn a_damaged_record_harms_no_other(changes in proptest::collection::vec((0_usize..231, any::<u8>()), 1..4)) {
        let good = write(&[a_book(1)], Flavour::Cnmarc, Charset::Utf8).unwrap().unwrap();
        let mut bad = good.clone();
        for (at, byte) in changes {
            // A new end in the middle makes two records of one.
            if ![0x1D, bad[at]].contains(&byte) && bad[at] != 0x1D {
                bad[at] = byte;
            }
        }
        let file = [good.as_slice(), &bad, &good].concat();
        let taken = read(&file, Flavour::Cnmarc, Charset::Utf8);
        let whole = taken.rows.iter().filter(|(place, item)| place.record != 2 && *item == a_book(1)).count();
        prop_assert_eq!(whole, 2);
        prop_assert!(taken.refused.len() <= 1);
    }
}
