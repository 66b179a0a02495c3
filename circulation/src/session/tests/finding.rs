//! Stories about looking for a book.

use super::*;

#[test]
fn a_title_is_found_by_its_initials_and_its_copies_stand_together() {
    check(
        "up; complete; touch find; type hl; found; key m; found; touch open0; stands; sighted; touch back; touch next; found; \
         touch here",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > touch find
            find: ""
            * search h
            find: "" + h (和 还 后 会 好 或 很 号)
            > type hl
            * search hl
            find: "" + h l (后来 回来 河流 合理 含量 荷兰 混乱 怀里)
            > found
            find: "" + h l (后来 回来 河流 合理 含量 荷兰 混乱 怀里), 9 found
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
            > key m
            * search hlm
            find: "" + h l m (红楼梦 胡黎明 花梨木 活立木 哈里曼 哈勒姆 花榈木 哈立麻), 9 found
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
            > found
            > touch open0
            * holdings of 7
            title: 红楼梦
            > stands
            * sightings of LW3
            title: 红楼梦
              总馆 (here) I242.4/1: 3 copies, In
              QZ I242.4/1: 1 copies, Lent { due: None }
            > sighted
            title: 红楼梦
              总馆 (here) I242.4/1: 3 copies, In, stocktake 3 days ago at CJ-3
              QZ I242.4/1: 1 copies, Lent { due: None }
            > touch back
            find: "" + h l m (红楼梦 胡黎明 花梨木 活立木 哈里曼 哈勒姆 花榈木 哈立麻), 9 found
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
            > touch next
            * search hlm
            > found
            > touch here
            * search hlm
            find: "" + h l m (红楼梦 胡黎明 花梨木 活立木 哈里曼 哈勒姆 花榈木 哈立麻), 9 found, Filter { only_here: true, script: None }
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
        "#]],
    );
}

#[test]
fn hanzi_are_chosen_and_an_answer_to_an_older_question_is_dropped() {
    check(
        "up; complete; touch find; type hong; touch candidate0; nocatalogue; touch erase; found; touch back",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > touch find
            find: ""
            * search h
            find: "" + h (和 还 后 会 好 或 很 号)
            * search ho
            find: "" + ho (后 红 厚 鸿 哄 轰 洪 侯)
            * search hon
            find: "" + hon (红 鸿 哄 轰 洪 虹 烘 宏)
            > type hong
            * search hong
            find: "" + hong (红 鸿 哄 轰 洪 虹 烘 宏)
            > touch candidate0
            * search 红
            find: "红"
            > nocatalogue
            find: "红", no catalogue
            > touch erase
            find: "", no catalogue
            > found
            > touch back
            welcome
        "#]],
    );
}

#[test]
fn a_hold_needs_a_card_and_forgets_it() {
    check(
        "up; complete; touch find; type hlm; found; touch open0; stands; touch reserve; touch cancel; touch reserve; \
         card P1; known P1; reserved; touch reserve; touch finish",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > touch find
            find: ""
            * search h
            find: "" + h (和 还 后 会 好 或 很 号)
            * search hl
            find: "" + h l (后来 回来 河流 合理 含量 荷兰 混乱 怀里)
            > type hlm
            * search hlm
            find: "" + h l m (红楼梦 胡黎明 花梨木 活立木 哈里曼 哈勒姆 花榈木 哈立麻)
            > found
            find: "" + h l m (红楼梦 胡黎明 花梨木 活立木 哈里曼 哈勒姆 花榈木 哈立麻), 9 found
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
            > touch open0
            * holdings of 7
            title: 红楼梦
            > stands
            * sightings of LW3
            title: 红楼梦
              总馆 (here) I242.4/1: 3 copies, In
              QZ I242.4/1: 1 copies, Lent { due: None }
            > touch reserve
            identify: card, for Reserve
            > touch cancel
            title: 红楼梦
              总馆 (here) I242.4/1: 3 copies, In
              QZ I242.4/1: 1 copies, Lent { due: None }
            > touch reserve
            identify: card, for Reserve
            > card P1
            * identify
            identify: card, for Reserve, busy
            > known P1
            * reserve LW1
            title: 红楼梦, reserve Asking
              总馆 (here) I242.4/1: 3 copies, In
              QZ I242.4/1: 1 copies, Lent { due: None }
            > reserved
            title: 红楼梦, reserve Done
              总馆 (here) I242.4/1: 3 copies, In
              QZ I242.4/1: 1 copies, Lent { due: None }
            > touch reserve
            > touch finish
            welcome
        "#]],
    );
}

#[test]
fn a_book_put_down_ends_the_search() {
    check(
        "up; complete; touch find; type hlm; found; loan 1",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > touch find
            find: ""
            * search h
            find: "" + h (和 还 后 会 好 或 很 号)
            * search hl
            find: "" + h l (后来 回来 河流 合理 含量 荷兰 混乱 怀里)
            > type hlm
            * search hlm
            find: "" + h l m (红楼梦 胡黎明 花梨木 活立木 哈里曼 哈勒姆 花榈木 哈立麻)
            > found
            find: "" + h l m (红楼梦 胡黎明 花梨木 活立木 哈里曼 哈勒姆 花榈木 哈立麻), 9 found
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
            > loan 1
            * describe LW1
            * ask 1 checkin LW1
            Return: Wait
              ← LW1: Working
        "#]],
    );
}

#[test]
fn a_patron_finds_and_reserves_in_a_visit_and_goes_on() {
    check(
        "up; complete; card P1; known P1; touch find; type hlm; found; touch open0; stands; touch reserve; reserved; \
         touch back; touch back; touch find; book 1; complete; granted 2; wrote 2 verified; settled 2; take 1; take P1; \
         touch account; account 1; wait 20; touch finish",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > card P1
            * identify
            identify: card, busy
            > known P1
            Borrow by 李*月: PutBooks
            > touch find
            find: ""
            * search h
            find: "" + h (和 还 后 会 好 或 很 号)
            * search hl
            find: "" + h l (后来 回来 河流 合理 含量 荷兰 混乱 怀里)
            > type hlm
            * search hlm
            find: "" + h l m (红楼梦 胡黎明 花梨木 活立木 哈里曼 哈勒姆 花榈木 哈立麻)
            > found
            find: "" + h l m (红楼梦 胡黎明 花梨木 活立木 哈里曼 哈勒姆 花榈木 哈立麻), 9 found
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
            > touch open0
            * holdings of 7
            title: 红楼梦
            > stands
            * sightings of LW3
            title: 红楼梦
              总馆 (here) I242.4/1: 3 copies, In
              QZ I242.4/1: 1 copies, Lent { due: None }
            > touch reserve
            * reserve LW1
            title: 红楼梦, reserve Asking
              总馆 (here) I242.4/1: 3 copies, In
              QZ I242.4/1: 1 copies, Lent { due: None }
            > reserved
            title: 红楼梦, reserve Done
              总馆 (here) I242.4/1: 3 copies, In
              QZ I242.4/1: 1 copies, Lent { due: None }
            > touch back
            find: "" + h l m (红楼梦 胡黎明 花梨木 活立木 哈里曼 哈勒姆 花榈木 哈立麻), 9 found
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
              红楼梦: 4 copies, 1 free
            > touch back
            Borrow by 李*月: PutBooks
            > touch find
            find: ""
            > book 1
            * describe LW1
            * ask 2 checkout LW1
            Borrow by 李*月: Wait
              → LW1: Working
            > complete
            > granted 2
            * secure 2 Unsecured
            Borrow by 李*月: Wait
              → LW1 Title 2: Working
            > wrote 2 verified
            * settle 2
            > settled 2
            Borrow by 李*月: TakeBooks
              → LW1 Title 2: done, due 2026-12-22
            > take 1
            > take P1
            > touch account
            * account
            account of 李*月: asking
            > account 1
            account of 李*月: 1 loans, 1 holds, owes 0.00
              LW1 Title 1, due 2026-12-01
              hold Title on hold: Ready { at: Some("总馆"), until: Some(2026-12-03) }
            > touch finish
            done: 1 lent, 0 returned, 0 not, due 2026-12-22
        "#]],
    );
}

#[test]
fn foreign_titles_are_all_that_are_not_chinese() {
    check(
        "up; complete; touch find; key h; touch foreign; found",
        expect![[r#"
        > up
        attention: Starting
        > complete
        welcome
        > touch find
        find: ""
        > key h
        * search h
        find: "" + h (和 还 后 会 好 或 很 号)
        > touch foreign
        * search h AllBut(Chinese)
        find: "" + h (和 还 后 会 好 或 很 号), Filter { only_here: false, script: Some(Other) }
        > found
        find: "" + h (和 还 后 会 好 或 很 号), 9 found, Filter { only_here: false, script: Some(Other) }
          红楼梦: 4 copies, 1 free
          红楼梦: 4 copies, 1 free
          红楼梦: 4 copies, 1 free
          红楼梦: 4 copies, 1 free
          红楼梦: 4 copies, 1 free
          红楼梦: 4 copies, 1 free
    "#]],
    );
}
