//! What the library tells its readers.

use super::*;

/// What the library tells its readers stands on the first page, and nobody is disturbed by it in the middle of a visit.
#[test]
fn a_notice_waits_for_the_welcome_page() {
    check(
        "up; complete; notice 今日闭馆; touch en; notice off; notice 明日闭馆; card P1; known P1; notice 今日闭馆; take P1; wait 90",
        expect![[r#"
            > up
            attention: Starting
            > complete
            welcome
            > notice 今日闭馆
            welcome
              (notice: 今日闭馆)
            > touch en
            welcome
              (notice: in English)
              (in English)
            > notice off
            welcome
              (in English)
            > notice 明日闭馆
            welcome
              (notice: in English)
              (in English)
            > card P1
            * identify
            identify: card, busy
              (in English)
            > known P1
            Borrow by 李*月: PutBooks
              (in English)
            > notice 今日闭馆
            > take P1
            > at 30.0 s
            Borrow by 李*月: PutBooks, 15 s left
              (in English)
            > at 31.0 s
            Borrow by 李*月: PutBooks, 14 s left
              (in English)
            > at 32.0 s
            Borrow by 李*月: PutBooks, 13 s left
              (in English)
            > at 33.0 s
            Borrow by 李*月: PutBooks, 12 s left
              (in English)
            > at 34.0 s
            Borrow by 李*月: PutBooks, 11 s left
              (in English)
            > at 35.0 s
            Borrow by 李*月: PutBooks, 10 s left
              (in English)
            > at 36.0 s
            Borrow by 李*月: PutBooks, 9 s left
              (in English)
            > at 37.0 s
            Borrow by 李*月: PutBooks, 8 s left
              (in English)
            > at 38.0 s
            Borrow by 李*月: PutBooks, 7 s left
              (in English)
            > at 39.0 s
            Borrow by 李*月: PutBooks, 6 s left
              (in English)
            > at 40.0 s
            Borrow by 李*月: PutBooks, 5 s left
              (in English)
            > at 41.0 s
            Borrow by 李*月: PutBooks, 4 s left
              (in English)
            > at 42.0 s
            Borrow by 李*月: PutBooks, 3 s left
              (in English)
            > at 43.0 s
            Borrow by 李*月: PutBooks, 2 s left
              (in English)
            > at 44.0 s
            Borrow by 李*月: PutBooks, 1 s left
              (in English)
            > at 45.0 s
            welcome
              (notice: 今日闭馆)
        "#]],
    );
}
