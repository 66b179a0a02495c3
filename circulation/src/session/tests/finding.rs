//! Stories about looking for a book.

use super::*;

#[test]
fn a_title_is_found_by_its_initials_and_its_copies_stand_together() {
    check(
        "up; complete; touch find; type hl; found; key m; found; touch open0; stands; touch back; touch next; found; \
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
            title: 红楼梦
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
