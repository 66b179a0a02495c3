//! What is FEIG's own: the bytes of a loan, readers without EAS and for four tags, the time of the whole job.

use expect_test::expect;

use super::pair::{Family, Pair};
use super::{SECOND, show, stack, up};
use crate::emulator::{EmulatorConfig, Model};
use crate::hf::obid::Obid;
use crate::pad::WriteOutcome;
use crate::tag::Security;

/// The whole story of one loan, byte by byte: no command is needless.
#[test]
fn transcript_of_one_loan() {
    let mut pair = Pair::<Obid>::new(Obid::fast());
    pair.line("book B123456 owner=CN-110108-1-NLC set=1/1 uid=E004010012345678");
    pair.line("put B123456");
    pair.until(SECOND, "the item", |pair| pair.complete() == Some(1));
    pair.set("B123456", Security::Unsecured);
    pair.until(SECOND, "the write", |pair| pair.outcomes() == 1);
    expect![[r#"
        > 06FF52000F6E
        < 06005200FCA8
        > 05FF65E5CB
        < 0D006500020500004C0008A628
        > 05FF698901
        < 06006900F6FA
        > 07FFB001001C56
        < 1100B000010306E004010012345678C791
        > 0FFFB02B01E00401001234567811A3
        < 1300B00006E00401001234567807041C014C85
        > 11FFB02301E004010012345678000807D6
        < 3000B0000804001C0B064100A05DD3B30003E0010200E1811B0A001A8A101000247F30C7006501010200000010016E5B
        > 05FF698901
        < 06006900F6FA
        > 07FFB001001C56
        < 1100B000010306E004010012345678C791
        > 05FF698901
        < 06006900F6FA
        > 07FFB001001C56
        < 1100B000010306E004010012345678C791
        > 05FF698901
        < 06006900F6FA
        > 07FFB001001C56
        < 1100B000010306E004010012345678C791
        > 05FF698901
        < 06006900F6FA
        > 07FFB001001C56
        < 1100B000010306E004010012345678C791
        > 05FF698901
        < 06006900F6FA
        > 10FFB02701E004010012345678C2794F
        < 0600B000D572
        > 10FFB104A301E004010012345678DB97
        < 0600B1000D6B
        > 0FFFB02B01E00401001234567811A3
        < 1300B00006E004010012345678C2041C01C2D0
    "#]]
    .assert_eq(&(pair.transcript.join("\n") + "\n"));
    expect![[r#"
        up
        arrived B123456 Some(Secured)
        complete 1
        wrote 0: Verified
    "#]]
    .assert_eq(&show(&pair.events));
}

#[test]
fn a_small_reader_tells_a_stack_by_silencing() {
    let (pair, _) = stack::<Obid>(EmulatorConfig { model: Model::Cpr02, ..Obid::fast() }, 10);
    assert_eq!(pair.n_there(), 10);
}

#[test]
fn a_reader_without_eas_refuses_and_leaves_the_tag_as_it_was() {
    let (mut pair, _) = stack::<Obid>(EmulatorConfig { model: Model::Cpr02, ..Obid::fast() }, 1);
    pair.set("I1", Security::Unsecured);
    pair.until(SECOND * 2, "an outcome", |pair| pair.outcomes() == 1);
    assert_eq!(pair.outcome(0), Some(WriteOutcome::Refused));
}

/// The whole job of `n` items against the lower bound of line and air, which is reckoned without the system
/// information before the first write and without EAS: both are added here.
#[test]
fn the_job_takes_little_more_than_line_and_air() {
    for n in [1, 5, 10] {
        let mut pair = up::<Obid>(Obid::real());
        let names = pair.items(n);
        pair.run(SECOND);
        let put_at = pair.now;
        pair.line(&format!("put {}", names.join(" ")));
        pair.until(SECOND * 5, "the stack", |pair| pair.n_there() == n);
        let read_at = pair.now;
        for name in &names {
            pair.set(name, Security::Unsecured);
        }
        pair.until(SECOND * 5, "the writes", |pair| pair.outcomes() == n);
        let (b, g, p) = (0.2865, 5.0, 5.0);
        let items = n as f64;
        let inventory = [13.9, 38.9, 81.8][if n == 1 { 0 } else { n / 5 }];
        let round = 15.0 + inventory + (14.0 + 10.0 * items) * b + 2.0 * g;
        let per_item = (121.0 + 34.0 + 22.0) * b + 5.0 * g + 31.5 + 9.8 + 5.9 + 2.0 * p;
        let bound = round + items * per_item;
        let (read, all) = ((read_at - put_at).as_secs_f64() * 1e3, (pair.now - put_at).as_secs_f64() * 1e3);
        // Up to one poll pause and the rest of a round pass before the first inventory that sees the stack.
        let slack = 100.0 + 60.0 + round;
        assert!(all <= bound * 1.1 + slack, "{n}: {all:.0} ms (read after {read:.0}), bound {bound:.0} ms");
        assert_eq!(pair.emulator.counters().early, 0);
    }
}
