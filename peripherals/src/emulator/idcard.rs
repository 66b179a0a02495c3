//! An identity card reader with its SAM-V module, and a card on it: invented people only.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rfid_driver::frame::{Item, Items, Resync};

use super::Emulated;
use crate::idcard::frame::{Frames, Request, body, encode};
use crate::idcard::record::{TEXT, TYPE};

/// What stands on a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Its type: none for a citizen's, J, I or Y.
    pub kind: Option<char>,
    /// The name.
    pub name: String,
    /// 1 male, 2 female.
    pub sex: char,
    /// Two digits of GB/T 3304.
    pub nation: String,
    /// YYYYMMDD.
    pub birth: String,
    /// The address.
    pub address: String,
    /// The number.
    pub number: String,
    /// Who issued it.
    pub issuer: String,
    /// YYYYMMDD.
    pub from: String,
    /// YYYYMMDD, or for life.
    pub until: String,
}

impl Card {
    /// A card with the example number of GB 11643; nobody has it.
    #[must_use]
    pub fn specimen() -> Self {
        Self {
            kind: None,
            name: "样张".to_owned(),
            sex: '2',
            nation: "01".to_owned(),
            birth: "19491231".to_owned(),
            address: "北京市朝阳区测试路1号".to_owned(),
            number: "11010519491231002X".to_owned(),
            issuer: "北京市公安局朝阳分局".to_owned(),
            from: "20200101".to_owned(),
            until: "20400101".to_owned(),
        }
    }

    /// The text of the card's memory.
    #[must_use]
    pub fn text(&self) -> [u8; TEXT] {
        let mut text = [0; TEXT];
        text.as_chunks_mut::<2>().0.fill([b' ', 0]);
        let mut put = |at: usize, field: &str| {
            for (n, unit) in field.encode_utf16().enumerate() {
                if let Some(place) = text.get_mut(at + 2 * n..at + 2 * n + 2) {
                    place.copy_from_slice(&unit.to_le_bytes());
                }
            }
        };
        if self.kind == Some('I') {
            put(0, &self.name);
            put(120, &self.sex.to_string());
            put(122, &self.number);
            put(188, &self.from);
            put(220, &self.birth);
        } else {
            put(0, &self.name);
            put(30, &self.sex.to_string());
            put(32, &self.nation);
            put(36, &self.birth);
            put(52, &self.address);
            put(122, &self.number);
            put(158, &self.issuer);
            put(188, &self.from);
        }
        put(204, &self.until);
        put(TYPE, &self.kind.unwrap_or(' ').to_string());
        text
    }
}

/// The reader.
#[derive(Clone, Debug)]
pub struct IdCardEmulator {
    frames: Resync<Frames>,
    card: Option<Card>,
    state: State,
    /// It answers nothing.
    pub is_mute: bool,
    /// Answers wait so long.
    pub delay: Duration,
    /// So many answers have a wrong check.
    pub n_torn: u32,
    /// So many answers end after so many bytes.
    pub cut: Option<(u32, usize)>,
    /// What comes before the next answer.
    pub noise: Vec<u8>,
    /// How many AA begin an answer.
    pub preamble: usize,
    /// The status of the next reads of the card.
    pub read_status: Option<(u32, u8)>,
    /// The status of every command, for a module that is broken.
    pub module_status: Option<u8>,
    answers: VecDeque<(Instant, Vec<u8>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No card, or one that was read and lies there still.
    Nothing,
    /// A card that was not found yet.
    Fresh,
    Found,
    Selected,
}

impl Default for IdCardEmulator {
    fn default() -> Self {
        Self {
            frames: Resync::new(Duration::from_millis(100)),
            card: None,
            state: State::Nothing,
            is_mute: false,
            delay: Duration::ZERO,
            n_torn: 0,
            cut: None,
            noise: Vec::new(),
            preamble: 3,
            read_status: None,
            module_status: None,
            answers: VecDeque::new(),
        }
    }
}

impl IdCardEmulator {
    /// Lays a card on.
    pub fn put(&mut self, card: Card) {
        self.card = Some(card);
        self.state = State::Fresh;
    }

    /// Takes the card away.
    pub fn take(&mut self) {
        self.card = None;
        self.state = State::Nothing;
    }

    fn request(&mut self, now: Instant, command: &[u8]) {
        let answer = match self.module_status {
            Some(status) => vec![0, 0, status],
            None => self.answer(command),
        };
        if !self.is_mute {
            let bytes = self.spoilt(encode(&answer));
            self.answers.push_back((now + self.delay, bytes));
        }
    }

    fn answer(&mut self, command: &[u8]) -> Vec<u8> {
        let Ok(command) = <[u8; 2]>::try_from(command).map(Request) else { return vec![0, 0, 0x21] };
        match (command, self.state) {
            (Request::STATUS | Request::RESET, _) => vec![0, 0, 0x90],
            (Request::MODULE, _) => [&[0, 0, 0x90][..], &[5, 1, 0, 0, 0xD2, 4, 0x33, 1]].concat(),
            (Request::FIND, State::Fresh | State::Found | State::Selected) => {
                self.state = State::Found;
                vec![0, 0, 0x9F, 0, 0, 0, 0]
            }
            (Request::FIND, State::Nothing) => vec![0, 0, 0x80],
            (Request::SELECT, State::Found) => {
                self.state = State::Selected;
                [&[0, 0, 0x90][..], &[0; 8]].concat()
            }
            (Request::SELECT, State::Nothing | State::Fresh | State::Selected) => vec![0, 0, 0x81],
            (Request::READ, State::Selected) => self.read(),
            (Request::READ, State::Nothing | State::Fresh | State::Found) => vec![0, 0, 0x41],
            (Request(_), _) => vec![0, 0, 0x21],
        }
    }

    fn read(&mut self) -> Vec<u8> {
        if let Some((n @ 1.., status)) = &mut self.read_status {
            *n -= 1;
            self.state = State::Fresh;
            return vec![0, 0, *status];
        }
        let Some(card) = &self.card else { return vec![0, 0, 0x41] };
        self.state = State::Nothing;
        [&[0, 0, 0x90, 1, 0, 4, 0][..], &card.text(), &[0; PHOTOGRAPH]].concat()
    }

    fn spoilt(&mut self, mut frame: Vec<u8>) -> Vec<u8> {
        if let (1.., Some(last)) = (self.n_torn, frame.last_mut()) {
            self.n_torn -= 1;
            *last ^= 0xFF;
        }
        if let Some((n @ 1.., length)) = &mut self.cut {
            *n -= 1;
            frame.truncate(*length);
        }
        let mut bytes = std::mem::take(&mut self.noise);
        bytes.extend(std::iter::repeat_n(0xAA, self.preamble));
        bytes.extend(frame.into_iter().skip(3));
        bytes
    }
}

impl Emulated for IdCardEmulator {
    fn handle(&mut self, now: Instant, bytes: &[u8], out: &mut Vec<Vec<u8>>) {
        let mut items = Items::new();
        if bytes.is_empty() {
            self.frames.tick(now, &mut items);
        } else {
            self.frames.push(now, bytes, &mut items);
        }
        for item in items.iter() {
            if let Item::Frame(frame) = item {
                self.request(now, body(frame));
            }
        }
        while let Some((_, answer)) = self.answers.pop_front_if(|(due, _)| *due <= now) {
            out.push(answer);
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.answers.front().map(|(due, _)| *due).into_iter().chain(self.frames.deadline()).min()
    }

    fn command(
        &mut self,
        _now: Instant,
        words: &[&str],
        _lines: &mut Vec<String>,
    ) -> Option<Result<String, String>> {
        match words {
            ["put"] => self.put(Card::specimen()),
            ["put", name, number] if number.len() == 18 && number.is_ascii() => {
                let birth = number.get(6..14).unwrap_or_default().to_owned();
                let (name, number) = ((*name).to_owned(), (*number).to_owned());
                self.put(Card { name, number, birth, ..Card::specimen() });
            }
            ["put", ..] => return Some(Err("put NAME NUMBER, the number with 18 characters".to_owned())),
            ["take"] => self.take(),
            ["expired"] => self.put(Card { until: "20210101".to_owned(), ..Card::specimen() }),
            ["forged"] => self.read_status = Some((u32::MAX, 0x32)),
            ["genuine"] => self.read_status = None,
            ["moved"] => self.read_status = Some((3, 0x41)),
            ["licence", "over"] => self.module_status = Some(0x66),
            ["licence", "good"] => self.module_status = None,
            ["mute", "on"] => self.is_mute = true,
            ["mute", "off"] => self.is_mute = false,
            _ => return None,
        }
        Some(Ok(String::new()))
    }

    fn help(&self) -> &'static [&'static str] {
        &[
            "put | put NAME NUMBER | take         lay a card on, take it away; people are invented",
            "expired                              lay a card on whose term is over",
            "forged | genuine                     reads are refused by the module, or not",
            "moved                                the next three reads fail: the card was moved",
            "licence over|good                    the module's",
            "mute on|off                          give no answers",
        ]
    }

    fn unplug(&mut self) {
        self.answers.clear();
        self.frames.clear();
    }
}

/// Bytes of the photograph.
const PHOTOGRAPH: usize = 1024;
