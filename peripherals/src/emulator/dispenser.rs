//! A card dispenser of any family: a stack, a card on its way, a gate and a bin.

use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant};

use rfid_driver::frame::{Format, Item, Items, Resync};

use super::Emulated;
use crate::dispenser::sf::{self, Form};
use crate::dispenser::{Motion, Op, Place, f2};

/// Which family it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// CRT-571, CRT-591.
    F2,
    /// K720, with the form of its frames; CRT-531 and CD-720M.
    Sf(Form),
}

/// The dispenser.
pub struct DispenserEmulator {
    family: Family,
    frames: Box<dyn Split + Send>,
    /// Cards in the stack.
    pub stock: u32,
    /// Fewer are few.
    pub few: u32,
    /// Cards in the bin, and how many it takes.
    pub bin: (u32, u32),
    /// Where the card is.
    pub place: Place,
    /// The next motion gets stuck...
    pub jams_next: bool,
    /// ...and this one is.
    pub is_jammed: bool,
    /// It wants to be reset, as after power-on.
    pub wants_reset: bool,
    /// So long a motion takes.
    pub motion_time: Duration,
    /// It answers nothing.
    pub is_mute: bool,
    /// So many commands are lost on the line.
    pub n_lost: u32,
    /// So many words "arrived" are lost, though the command is carried out.
    pub n_lost_words: u32,
    /// So many answers are lost.
    pub n_lost_answers: u32,
    /// So many commands are answered with "not arrived".
    pub n_refused: u32,
    /// What comes before the next bytes.
    pub noise: Vec<u8>,
    /// The motions that were carried out.
    pub motions: Vec<Motion>,
    moving: Option<(Instant, Motion)>,
    /// what ENQ will have done
    armed: Option<Op>,
    answers: VecDeque<(Instant, Vec<u8>)>,
}

impl fmt::Debug for DispenserEmulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DispenserEmulator").field("family", &self.family).finish_non_exhaustive()
    }
}

/// Frames out of bytes, whatever the family.
trait Split {
    fn split(&mut self, now: Instant, bytes: &[u8], out: &mut Items);
    fn deadline(&self) -> Option<Instant>;
}

impl<F: Format> Split for Resync<F> {
    fn split(&mut self, now: Instant, bytes: &[u8], out: &mut Items) {
        if bytes.is_empty() {
            self.tick(now, out);
        } else {
            self.push(now, bytes, out);
        }
    }

    fn deadline(&self) -> Option<Instant> {
        Self::deadline(self)
    }
}

/// What a frame of the host wants.
enum Wanted {
    Op(Op),
    Execute,
    Nothing,
    Unknown,
}

impl DispenserEmulator {
    /// A dispenser with so many cards.
    #[must_use]
    pub fn new(family: Family, stock: u32) -> Self {
        let gap = Duration::from_millis(50);
        let frames: Box<dyn Split + Send> = match family {
            Family::F2 => Box::new(Resync::<f2::Frames>::new(gap)),
            Family::Sf(Form::K720) => Box::new(Resync::<sf::Addressed<true>>::new(gap)),
            Family::Sf(Form::NoLength) => Box::new(Resync::<sf::Addressed<false>>::new(gap)),
            Family::Sf(Form::Cd720) => Box::new(Resync::<sf::Bare>::new(gap)),
        };
        Self {
            family,
            frames,
            stock,
            few: 20,
            bin: (0, 50),
            place: Place::Nowhere,
            jams_next: false,
            is_jammed: false,
            wants_reset: family == Family::F2,
            motion_time: Duration::from_millis(800),
            is_mute: false,
            n_lost: 0,
            n_lost_words: 0,
            n_lost_answers: 0,
            n_refused: 0,
            noise: Vec::new(),
            motions: Vec::new(),
            moving: None,
            armed: None,
            answers: VecDeque::new(),
        }
    }

    /// Somebody takes the card at the gate.
    pub fn take(&mut self) -> bool {
        let is_there = self.place == Place::Gate;
        if is_there {
            self.place = Place::Nowhere;
        }
        is_there
    }

    fn frame(&mut self, now: Instant, frame: &[u8]) {
        match self.wanted(frame) {
            Wanted::Op(_) if counted(&mut self.n_lost) => {}
            Wanted::Op(_) if counted(&mut self.n_refused) => self.word(now, f2::NAK),
            Wanted::Op(op) => {
                if !counted(&mut self.n_lost_words) {
                    self.word(now, f2::ACK);
                }
                if self.family == Family::F2 {
                    self.execute(now, op);
                } else {
                    self.armed = Some(op);
                }
            }
            Wanted::Execute => {
                if let Some(op) = self.armed.take() {
                    self.execute(now, op);
                }
            }
            Wanted::Nothing => {}
            Wanted::Unknown => self.word(now, f2::NAK),
        }
    }

    fn wanted(&self, frame: &[u8]) -> Wanted {
        let text = match (self.family, frame) {
            (_, [f2::ACK | f2::NAK, ..]) => return Wanted::Nothing,
            (Family::Sf(_), [sf::ENQ, ..]) => return Wanted::Execute,
            (Family::F2, [0xF2, 0, _, _, text @ .., _, _]) => text,
            (Family::Sf(Form::K720), [2, b'0', b'0', _, _, text @ .., _, _]) => text,
            (Family::Sf(Form::NoLength), [2, b'0', b'0', text @ .., _, _]) => text,
            (Family::Sf(Form::Cd720), [2, text @ .., _, _]) => text,
            _ => return Wanted::Nothing,
        };
        let op = match text {
            b"C03" | b"RS" | b"ST" => Op::Reset,
            b"C10" | b"AP" | b"RF" => Op::Status,
            b"C22" | b"FC7" | b"DH" => Op::Move(Motion::Feed),
            b"C20" | b"FC4" | b"DC" => Op::Move(Motion::Present),
            b"C23" | b"CP" => Op::Move(Motion::Capture),
            _ => return Wanted::Unknown,
        };
        Wanted::Op(op)
    }

    fn execute(&mut self, now: Instant, op: Op) {
        match op {
            Op::Reset => {
                (self.wants_reset, self.is_jammed) = (false, false);
                self.reply(now, b"P03", true);
            }
            Op::Status if self.wants_reset && self.family == Family::F2 => self.fail(now, b"10", b"B0"),
            Op::Status => self.tell(now),
            Op::Move(motion) => self.begin(now, motion),
        }
    }

    fn begin(&mut self, now: Instant, motion: Motion) {
        let parameter = match motion {
            Motion::Feed => b"22",
            Motion::Present => b"20",
            Motion::Capture => b"23",
        };
        if self.wants_reset {
            self.fail(now, parameter, b"B0");
        } else if motion == Motion::Feed && self.place == Place::Nowhere && self.stock == 0 {
            self.fail(now, parameter, b"A0");
        } else if motion == Motion::Capture && self.bin.0 >= self.bin.1 {
            self.fail(now, parameter, b"A1");
        } else if std::mem::take(&mut self.jams_next) {
            self.is_jammed = true;
            self.fail(now, parameter, b"10");
        } else {
            self.moving = Some((now + self.motion_time, motion));
        }
    }

    fn arrive(&mut self, now: Instant) {
        let Some((_, motion)) = self.moving.take_if(|(at, _)| *at <= now) else { return };
        self.motions.push(motion);
        match motion {
            // A card that is out already is moved; otherwise one comes from the stack.
            Motion::Feed => {
                self.stock -= u32::from(self.place == Place::Nowhere);
                self.place = Place::Reading;
            }
            Motion::Present if self.place != Place::Nowhere => self.place = Place::Gate,
            Motion::Present => {}
            Motion::Capture => {
                self.bin.0 += u32::from(self.place != Place::Nowhere);
                self.place = Place::Nowhere;
            }
        }
        let text: &[u8] = match motion {
            Motion::Feed => b"P22",
            Motion::Present => b"P20",
            Motion::Capture => b"P23",
        };
        self.reply(now, text, true);
    }

    /// The states, in the form of the family.
    fn tell(&mut self, now: Instant) {
        let digit = |n: u8| b'0' | n;
        let (is_empty, is_few) = (self.stock == 0, self.stock <= self.few);
        let (is_full, is_moving) = (self.bin.0 >= self.bin.1, self.moving.is_some());
        match self.family {
            Family::F2 => self.reply(now, b"P10", true),
            Family::Sf(Form::K720 | Form::NoLength) => {
                let place = match self.place {
                    Place::Nowhere => u8::from(!is_empty) * 4,
                    Place::Reading => 3,
                    Place::Gate => 1,
                    Place::Between => 6,
                };
                let moving =
                    self.moving.map_or(0, |(_, motion)| if motion == Motion::Capture { 4 } else { 8 });
                let b0 = digit(u8::from(is_full) * 8);
                let b2 = digit((u8::from(self.is_jammed) * 2) | u8::from(is_few));
                let b3 = digit((u8::from(is_empty) * 8) | place);
                self.reply(now, &[b'S', b'F', b0, digit(moving), b2, b3], false);
            }
            Family::Sf(Form::Cd720) => {
                let place = match self.place {
                    Place::Nowhere => 0,
                    Place::Reading => 2,
                    Place::Gate => 4,
                    Place::Between => 6,
                };
                let d1 = digit((u8::from(is_moving) * 8) | u8::from(is_full));
                let d2 = digit((u8::from(self.is_jammed) * 2) | u8::from(is_few));
                let d3 = digit((u8::from(is_empty) * 8) | place);
                self.reply(now, &[b'S', b'F', d1, d2, d3], false);
            }
        }
    }

    fn fail(&mut self, now: Instant, parameter: &[u8; 2], code: &[u8; 2]) {
        if self.family == Family::F2 {
            self.reply(now, &[b"N", &parameter[..], code].concat(), false);
        }
    }

    /// An answer; of the F2 family with its states. The others tell states alone.
    fn reply(&mut self, now: Instant, text: &[u8], with_states: bool) {
        let frame = match (self.family, with_states) {
            (Family::F2, true) => {
                let st0 = match self.place {
                    Place::Nowhere | Place::Between => b'0',
                    Place::Gate => b'1',
                    Place::Reading => b'2',
                };
                let st1 = if self.stock == 0 { b'0' } else { b'2' - u8::from(self.stock <= self.few) };
                let st2 = b'0' | u8::from(self.bin.0 >= self.bin.1);
                f2::encode(0, &[text, &[st0, st1, st2]].concat())
            }
            (Family::F2, false) => f2::encode(0, text),
            (Family::Sf(_), true) => return,
            (Family::Sf(form), false) => sf::encode(form, *b"00", text),
        };
        if !counted(&mut self.n_lost_answers) {
            self.send(now, frame);
        }
    }

    fn word(&mut self, now: Instant, word: u8) {
        let bytes = match self.family {
            Family::F2 | Family::Sf(Form::Cd720) => vec![word],
            Family::Sf(Form::K720 | Form::NoLength) => vec![word, b'0', b'0'],
        };
        self.send(now, bytes);
    }

    fn send(&mut self, now: Instant, bytes: Vec<u8>) {
        if !self.is_mute {
            let noise = std::mem::take(&mut self.noise);
            self.answers.push_back((now, [noise, bytes].concat()));
        }
    }
}

fn counted(n: &mut u32) -> bool {
    let is = *n > 0;
    *n = n.saturating_sub(1);
    is
}

impl Emulated for DispenserEmulator {
    fn handle(&mut self, now: Instant, bytes: &[u8], out: &mut Vec<Vec<u8>>) {
        self.arrive(now);
        let mut items = Items::new();
        self.frames.split(now, bytes, &mut items);
        for item in items.iter() {
            if let Item::Frame(frame) = item {
                self.frame(now, frame);
            }
        }
        while let Some((_, answer)) = self.answers.pop_front_if(|(due, _)| *due <= now) {
            out.push(answer);
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let moving = self.moving.map(|(at, _)| at);
        let answer = self.answers.front().map(|(due, _)| *due);
        moving.into_iter().chain(answer).chain(self.frames.deadline()).min()
    }

    fn command(
        &mut self,
        _now: Instant,
        words: &[&str],
        lines: &mut Vec<String>,
    ) -> Option<Result<String, String>> {
        match words {
            ["stock", n] => match n.parse() {
                Ok(n) => self.stock = n,
                Err(_) => return Some(Err(format!("{n:?} is not a number"))),
            },
            ["bin", "full"] => self.bin.0 = self.bin.1,
            ["bin", "empty"] => self.bin.0 = 0,
            ["jam"] => self.jams_next = true,
            ["mend"] => self.is_jammed = false,
            ["take"] if !self.take() => return Some(Err("there is no card at the gate".to_owned())),
            ["take"] => {}
            ["mute", "on"] => self.is_mute = true,
            ["mute", "off"] => self.is_mute = false,
            ["show"] => lines
                .push(format!("{} in the stack, {:?}, {} in the bin", self.stock, self.place, self.bin.0)),
            _ => return None,
        }
        Some(Ok(String::new()))
    }

    fn help(&self) -> &'static [&'static str] {
        &[
            "stock N                              cards in the stack",
            "bin full|empty",
            "jam | mend                           the next motion gets stuck; the jam is cleared by hand",
            "take                                 somebody takes the card at the gate",
            "mute on|off                          give no answers",
            "show                                 stack, card and bin",
        ]
    }

    fn unplug(&mut self) {
        self.answers.clear();
        self.armed = None;
    }
}
