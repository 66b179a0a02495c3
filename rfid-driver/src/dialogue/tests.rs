use super::*;
use crate::hf::obid::{Answer, Form, Obid, Status};
use crate::hf::{Ask, Reply};
use crate::tag::{Afi, Uid};

const MS: Duration = Duration::from_millis(1);

fn patience() -> Patience {
    Patience { answer_timeout: MS * 100, gap: MS * 12, pause: MS * 5, retries: 2 }
}

struct Rig {
    dialogue: Dialogue<Obid>,
    start: Instant,
}

impl Rig {
    fn new() -> Self {
        Self { dialogue: Dialogue::new(Obid::new(255), patience()), start: crate::testing::start() }
    }

    fn at(&mut self, ms: u32, input: Input<'_, Ask>) -> Vec<Output<Reply>> {
        let mut out = Vec::new();
        self.dialogue.handle(self.start + MS * ms, input, &mut out);
        out
    }

    fn ask(&mut self, ms: u32, ask: Ask) -> Vec<Output<Reply>> {
        self.at(ms, Input::Ask { ask, after: Duration::ZERO })
    }

    fn due(&self) -> Option<u128> {
        self.dialogue.deadline().map(|due| (due - self.start).as_millis())
    }
}

fn done(command: u8) -> Vec<u8> {
    Answer { form: Form::Standard, address: 0, command, status: Status::OK, data: vec![] }.to_bytes()
}

fn is_sent(out: &[Output<Reply>]) -> bool {
    matches!(out, [Output::Send(_)])
}

#[test]
fn an_ask_is_sent_answered_and_followed_after_a_pause() {
    let mut rig = Rig::new();
    assert!(is_sent(&rig.ask(0, Ask::ResetField)));
    assert_eq!(rig.due(), Some(100));
    assert_eq!(rig.at(20, Input::Bytes(&done(0x69))), [Output::Reply(Reply::Done)]);
    assert_eq!(rig.ask(21, Ask::Probe), []);
    assert_eq!(rig.due(), Some(25));
    assert!(is_sent(&rig.at(25, Input::Tick)));
}

#[test]
fn silence_is_told_after_all_retries() {
    let mut rig = Rig::new();
    assert!(is_sent(&rig.ask(0, Ask::Probe)));
    assert_eq!(rig.at(99, Input::Tick), []);
    assert!(is_sent(&rig.at(100, Input::Tick)));
    assert!(is_sent(&rig.at(200, Input::Tick)));
    assert_eq!(rig.at(300, Input::Tick), [Output::Silent]);
    assert_eq!(rig.due(), None);
}

#[test]
fn an_answer_that_is_just_coming_is_waited_for() {
    let mut rig = Rig::new();
    let answer = done(0x52);
    rig.ask(0, Ask::Probe);
    assert_eq!(rig.at(95, Input::Bytes(&answer[..3])), []);
    assert_eq!(rig.due(), Some(107));
    assert_eq!(rig.at(105, Input::Bytes(&answer[3..])), [Output::Reply(Reply::Done)]);
}

#[test]
fn endless_noise_does_not_keep_the_dialogue_waiting() {
    let mut rig = Rig::new();
    rig.ask(0, Ask::Inventory { more: false });
    let silent_at = (0..2000).find(|ms| rig.at(*ms, Input::Bytes(&[0xF0])).contains(&Output::Silent));
    assert!(silent_at.is_some_and(|ms| ms <= 700), "{silent_at:?}");
}

#[test]
fn an_answer_to_another_command_is_stray() {
    let mut rig = Rig::new();
    rig.ask(0, Ask::Probe);
    assert_eq!(rig.at(10, Input::Bytes(&done(0x69))), [Output::Stray]);
    assert_eq!(rig.at(20, Input::Bytes(&done(0x52))), [Output::Reply(Reply::Done)]);
    assert_eq!(rig.at(30, Input::Bytes(&done(0x52))), [Output::Stray], "nothing is asked");
}

/// A late answer must not be taken for the next tag's: both are `B0 00` without a UID.
#[test]
fn the_line_is_cleared_of_answers_owed_to_a_repeated_ask() {
    let write = |n| Ask::WriteAfi { uid: Uid([n; 8]), afi: Afi(7) };
    let mut rig = Rig::new();
    rig.ask(0, write(1));
    assert!(is_sent(&rig.at(150, Input::Tick)), "repeated");
    assert_eq!(
        rig.at(160, Input::Bytes(&done(0xB0))),
        [Output::Reply(Reply::Done)],
        "late, or the repetition's"
    );
    assert_eq!(rig.ask(161, write(2)), [], "one answer is still owed");
    assert_eq!(rig.at(170, Input::Bytes(&done(0xB0))), [Output::Stray]);
    assert_eq!(rig.due(), Some(175), "nothing is owed any more");
    assert!(is_sent(&rig.at(175, Input::Tick)));
}

#[test]
fn an_answer_that_is_owed_and_never_comes_is_waited_for_once() {
    let write = |n| Ask::WriteAfi { uid: Uid([n; 8]), afi: Afi(7) };
    let mut rig = Rig::new();
    rig.ask(0, write(1));
    rig.at(150, Input::Tick);
    rig.at(160, Input::Bytes(&done(0xB0)));
    rig.ask(161, write(2));
    assert_eq!(rig.due(), Some(310));
    assert!(is_sent(&rig.at(310, Input::Tick)));
    assert_eq!(rig.at(320, Input::Bytes(&done(0xB0))), [Output::Reply(Reply::Done)]);
    assert_eq!(rig.ask(320, Ask::Probe), []);
    assert_eq!(rig.due(), Some(325));
}

#[test]
fn a_reset_forgets_what_was_in_flight() {
    let mut rig = Rig::new();
    rig.ask(0, Ask::Probe);
    assert_eq!(rig.at(10, Input::Reset), []);
    assert_eq!(rig.due(), None);
    assert!(is_sent(&rig.ask(10, Ask::Probe)));
}
