//! A journal on a real disk, cut everywhere.

use std::fs;

use circulation::id::{ItemId, ShelfMark, TagKey};
use circulation::policy::ItemState;
use circulation::stocktake::{Content, Expected, Output, Rule, Settings, ShelfNo, Standing};

use super::*;

/// Two shelves of four items.
fn plan() -> Plan {
    let mark = |shelf: u32| ShelfMark::parse(&format!("CJ-{shelf}")).unwrap();
    let expected = (0..8_u32).map(|n| Expected {
        item: ItemId::parse(&format!("LW{n}")).unwrap(),
        call_number: None,
        shelf: Some(mark(n / 4)),
        state: ItemState::Free,
    });
    Plan::new((0..2).map(mark), expected)
}

fn machine() -> Stocktake {
    let rule = Rule::new(0.01, 0.99).unwrap();
    Stocktake::new(plan(), Settings { rule, ..Settings::default() })
}

fn seen(at: Instant, n: u32) -> Input {
    let item = ItemId::parse(&format!("LW{n}")).unwrap();
    let content = Content::Item { item, owner: None, set: None, security: None };
    Input::Seen(Sighting {
        at,
        tag: TagKey::parse(&format!("T{n}")).unwrap(),
        content,
        rssi: Some(-45),
        antenna: 1,
    })
}

#[expect(clippy::disallowed_methods, reason = "any instant serves as the first one")]
fn start() -> Instant {
    Instant::now()
}

/// A machine beside its journal, as a shell has them.
struct Pass {
    journal: Journal,
    machine: Stocktake,
    now: Instant,
}

impl Pass {
    fn open(path: &Path, now: Instant) -> (Self, Replay) {
        let mut machine = machine();
        let (journal, replay) = Journal::open(path, now, machine.plan()).unwrap();
        let mut steps = Vec::new();
        replay.clone().tell(&mut machine, &mut |done, of| steps.push((done, of)));
        let of = steps[0].1;
        assert!(steps[0].0 == 0 && steps.last() == Some(&(of, of)), "{steps:?}");
        (Self { journal, machine, now }, replay)
    }

    fn tell(&mut self, after_ms: u64, input: impl FnOnce(Instant) -> Input) {
        self.now += Duration::from_millis(after_ms);
        let at = self.journal.at(self.now);
        let (input, mut out) = (input(at), Vec::new());
        self.machine.handle(at, input.clone(), &mut out);
        if !matches!(input, Input::Seen(_)) || out.contains(&Output::Keep) {
            self.journal.append(at, self.now, &input, self.machine.plan()).unwrap();
        }
    }
}

/// Begins, goes over the first shelf, where the last book is gone, and half of the second.
fn half(pass: &mut Pass) {
    pass.tell(0, |_| Input::Begin);
    pass.tell(100, |_| Input::AtShelf(ShelfNo(0)));
    for n in 0..3 {
        pass.tell(1_000, |at| seen(at, n));
        pass.tell(0, |at| seen(at, n));
    }
    pass.tell(1_000, |_| Input::AtShelf(ShelfNo(1)));
    pass.tell(1_000, |at| seen(at, 4));
}

#[test]
fn what_was_told_comes_back_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pass");
    let (mut pass, replay) = Pass::open(&path, start());
    assert_eq!(replay, Replay::default());
    half(&mut pass);
    let (now, report) = (pass.now, pass.machine.report());
    drop(pass);

    // An hour later the program is there again: the pass is paused where it was.
    let (mut pass, replay) = Pass::open(&path, now + Duration::from_secs(3_600));
    assert_eq!((replay.n_damaged, replay.was_cut), (0, true));
    assert_eq!(pass.machine.report().total, report.total);
    pass.tell(1_000, |at| seen(at, 5));
    assert_eq!(pass.machine.n_tags(), 4, "paused");
    pass.tell(0, |_| Input::Resume);
    pass.tell(100, |_| Input::AtShelf(ShelfNo(1)));
    for n in 5..8 {
        pass.tell(1_000, |at| seen(at, n));
    }
    pass.tell(1_000, |_| Input::End);
    let report = pass.machine.report();
    assert_eq!((report.total.present, report.total.missing), (7, 1));
    drop(pass);

    let (pass, replay) = Pass::open(&path, start());
    assert!(!replay.was_cut, "it had ended");
    assert_eq!(pass.machine.report(), report);
}

#[test]
fn a_journal_cut_anywhere_holds_what_was_whole() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let (mut pass, _) = Pass::open(&whole, start());
    half(&mut pass);
    let bytes = fs::read(&whole).unwrap();
    let cut = folder.path().join("cut");
    let mut before = 0;
    for end in 0..=bytes.len() {
        fs::write(&cut, &bytes[..end]).unwrap();
        let (pass, replay) = Pass::open(&cut, start());
        let n_lines = bytes[..end].iter().filter(|byte| **byte == b'\n').count();
        // Its lines but the first, and the pause of a pass that was going on.
        let n_read = replay.inputs.len() - usize::from(replay.was_cut);
        assert_eq!(n_read, n_lines.saturating_sub(1), "cut at {end}");
        assert_eq!(replay.n_damaged, usize::from(n_lines > 0 && bytes[..end].last() != Some(&b'\n')));
        assert!(pass.machine.n_tags() >= before);
        before = pass.machine.n_tags();
        drop(pass);
        // What was left of a line is gone, and the file is whole again.
        let (_, replay) = Pass::open(&cut, start());
        assert_eq!((replay.n_damaged, replay.was_cut), (0, false), "cut at {end}");
    }
    assert_eq!(before, 4);
}

#[test]
fn a_damaged_line_is_left_out_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pass");
    let (mut pass, _) = Pass::open(&path, start());
    half(&mut pass);
    drop(pass);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("|T1|", "|TX|")).unwrap();
    let (pass, replay) = Pass::open(&path, start());
    assert_eq!(replay.n_damaged, 1);
    let standing = |id: &str| {
        let item = pass.machine.plan().find_item(&ItemId::parse(id).unwrap()).unwrap();
        pass.machine.report().standing(item).unwrap().0
    };
    assert_eq!([standing("LW0"), standing("LW2")], [Standing::Present; 2]);
    assert_ne!(standing("LW1"), Standing::Present);
}

#[test]
fn a_shelf_that_is_in_no_plan_any_more_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pass");
    let (mut pass, _) = Pass::open(&path, start());
    half(&mut pass);
    drop(pass);
    let (_, replay) = Journal::open(&path, start(), &Plan::default()).unwrap();
    assert_eq!(replay.n_unknown, 2);
}

#[test]
fn what_is_no_journal_or_has_another_owner_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter");
    for text in ["Dear reader", "Dear reader\nand so on\n", "yueting stocktake 2\n"] {
        fs::write(&path, text).unwrap();
        let error = Journal::open(&path, start(), &plan()).unwrap_err().to_string();
        assert!(error.contains("is no stocktake of this version"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "and not touched");
    }
    let path = folder.path().join("pass");
    let _pass = Pass::open(&path, start());
    let error = Journal::open(&path, start(), &plan()).unwrap_err().to_string();
    assert!(error.contains("in use by another program"), "{error}");
    let error = Journal::open(&folder.path().join("none/pass"), start(), &plan()).unwrap_err();
    assert!(matches!(error, JournalError::File { .. }));
}

#[test]
fn a_line_is_due_on_the_disk_within_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let (mut pass, _) = Pass::open(&folder.path().join("pass"), start());
    assert_eq!(pass.journal.deadline(), None);
    pass.tell(0, |_| Input::Begin);
    let first = pass.now;
    pass.tell(500, |at| seen(at, 0));
    let deadline = pass.journal.deadline().unwrap();
    assert!(deadline > first && deadline < first + Duration::from_secs(1), "of the oldest line that waits");
    pass.journal.sync().unwrap();
    assert_eq!(pass.journal.deadline(), None);
}
