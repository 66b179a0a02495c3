//! What is 3M's own: the bytes of a loan, tags that are told twice, the 210, the time of the whole job.

use expect_test::expect;

use super::pair::{Family, Pair};
use super::{SECOND, show, stack, up};
use crate::hf::m810::M810;
use crate::pad::{ReaderEvent, WriteOutcome};
use crate::tag::Security;

/// The whole story of one loan, byte by byte: no command is needless.
#[test]
fn transcript_of_one_loan() {
    let mut pair = Pair::<M810>::new(M810::fast());
    pair.line("book B123456 owner=CN-110108-1-NLC set=1/1 uid=E004010012345678");
    pair.line("put B123456");
    pair.until(SECOND, "the item", |pair| pair.complete() == Some(1));
    pair.set("B123456", Security::Unsecured);
    pair.until(SECOND, "the write", |pair| pair.outcomes() == 1);
    expect![[r#"
        > D500050400118C66
        < D500090400110A0500027250
        > D6000C13040100020003000400AAF2
        < D6000C13000201010302020300E778
        > D60003116420
        < D6000811000A0302063517
        > D60005FE0005FA40
        < D6000FFE00000501E00401001234567813EC
        > D6000C0DE004010012345678074BD7
        < D600110D00E004010012345678070607031B5A23
        > D6000D02E0040100123456780008A079
        < D6003D0200E00401001234567808000041060B1C0100B3D35DA002000201E00303000A1B81E1040010108A1A0500C7307F24060002010165070001100000CC18
        > D60005FE0005FA40
        < D6000FFE00000501E00401001234567813EC
        > D60005FE0005FA40
        < D6000FFE00000501E00401001234567813EC
        > D60005FE0005FA40
        < D6000FFE00000501E00401001234567813EC
        > D60005FE0005FA40
        < D6000FFE00000501E00401001234567813EC
        > D60005FEC207AA34
        < D60007FE00C20700E78E
        > D6000C09E004010012345678C26F0B
        < D6000C0900E004010012345678EDB2
        > D6000C0CE004010012345678005475
        < D6000C0C00E0040100123456782FC2
        > D6000C0DE004010012345678074BD7
        < D600110D00E0040100123456780706C2031B9724
    "#]].assert_eq(&(pair.transcript.join("\n") + "\n"));
    let Some(ReaderEvent::Up(identity)) = pair.events.first() else { panic!("not up") };
    assert_eq!((identity.model.as_str(), identity.firmware.as_str()), ("3M 810", "3.2.6"));
    expect![[r#"
        up
        arrived B123456 Some(Secured)
        complete 1
        wrote 0: Verified
    "#]]
    .assert_eq(&show(&pair.events));
}

#[test]
fn tags_that_are_told_twice_arrive_once() {
    let mut pair = up::<M810>(M810::fast());
    pair.line("double 100");
    let names = pair.items(10);
    pair.line(&format!("put {}", names.join(" ")));
    pair.until(SECOND * 5, "the whole stack", |pair| pair.complete() == Some(10));
    pair.run(SECOND * 5);
    let arrived = pair.events.iter().filter(|event| matches!(event, ReaderEvent::Arrived(_))).count();
    assert_eq!(arrived, 10);
}

/// A tag of eight blocks, as 3M sold them: what is asked beyond its end harms nothing.
#[test]
fn a_small_tag_is_read_to_its_end() {
    let mut pair = up::<M810>(M810::fast());
    pair.line("book I1 blocks=8");
    pair.line("put I1");
    pair.until(SECOND, "the item", |pair| pair.complete() == Some(1));
    pair.set("I1", Security::Unsecured);
    pair.until(SECOND, "the write", |pair| pair.outcomes() == 1);
    assert_eq!(pair.outcome(0), Some(WriteOutcome::Verified));
}

/// The whole job of `n` items against the lower bound of line and air, which is reckoned without the tag information
/// before the first write, without EAS and without the pause that the default configuration keeps: all are added here.
#[test]
fn the_job_takes_little_more_than_line_and_air() {
    for (n, bound, inventory) in [(1_usize, 177.0, 13.9), (5, 815.0, 38.9), (10, 1625.0, 81.8)] {
        let mut pair = up::<M810>(M810::real());
        let names = pair.items(n);
        pair.run(SECOND);
        let put_at = pair.now;
        pair.line(&format!("put {}", names.join(" ")));
        pair.until(SECOND * 5, "the stack", |pair| pair.n_there() == n);
        for name in &names {
            pair.set(name, Security::Unsecured);
        }
        pair.until(SECOND * 5, "the writes", |pair| pair.outcomes() == n);
        let all = (pair.now - put_at).as_secs_f64() * 1e3;
        let (b, g, items) = (0.5208, 5.0, n as f64);
        let (information, eas) = (15.0 + 20.0, 15.0 + 15.0);
        let bound = bound + items * (information * b + 9.8 + eas * b + 10.9 + 5.0 * g);
        let round = inventory + (8.0 + 10.0 + 8.0 * items) * b + g;
        // Up to one poll pause and the rest of a round pass before the first inventory that sees the stack.
        let slack = 100.0 + 60.0 + round;
        assert!(all <= bound * 1.1 + slack, "{n}: {all:.0} ms, bound {bound:.0} ms");
    }
}

#[test]
fn a_stack_is_whole_on_a_real_line() {
    let (pair, _) = stack::<M810>(M810::real(), 10);
    assert_eq!(pair.n_there(), 10);
}
