//! The emulator's line protocol: one command a line, for people at a terminal and for tests over a socket.
//!
//! ```text
//! book ITEM [owner=ISIL] [set=PART/OF] [on-loan] [uid=HEX] [blocks=28]   define an item's tag, not yet on the pad
//! card PATRON [uid=HEX]                                                  define a patron's card
//! raw NAME uid=HEX afi=HH data=HEX [dsfid=HH] [eas=0|1]                  define a tag byte by byte
//! blank NAME [uid=HEX]                                                   define a fresh tag
//! put NAME... | take NAME... | take all                                  lay on the pad, take off
//! pad | tags | show NAME                                                 list the pad, list all tags, show one
//! on afi|eas NAME take                                                   take off just before its next such write
//! fail NAME afi|eas|write N                                              its next N such writes fail
//! secure NAME                                                            AFI 07 and EAS on, as staff does by hand
//! lock NAME afi|BLOCK                                                    its AFI, or a block, cannot be written any more
//! noise N | noise every K N                                              N noise bytes before the next, each K-th answer
//! miss PERCENT                                                           so many exchanges with tags fail
//! double PERCENT                                                         so many tags are told twice (3M)
//! mute on|off                                                            give no answers
//! unplug | plug                                                          pull the cable, put it back
//! counters | help | quit
//! ```
//! That is for HF readers. Readers of UHF tags have other commands about tags:
//! ```text
//! book ITEM [owner=ISIL] [set=PART/OF] [on-loan] [layout=iso28560-4|gaoxiao] [tid=HEX] [rssi=-55] [antenna=1]
//! card PATRON [tid=HEX] [rssi=-55] [antenna=1]                           define a patron's card
//! raw NAME epc=HEX [tid=HEX] [user=HEX] [rssi=-55] [antenna=1]           bank by bank; epc is PC word and UII
//! blank NAME [tid=HEX] [rssi=-55] [antenna=1]                            define a fresh tag
//! on write NAME take | after write NAME take                             take off before, after its next write
//! fail NAME write N | tear NAME HHHH                                     N writes fail, the next one leaves this word
//! secure NAME | lock NAME epc|user                                       as staff does by hand; lock a bank
//! rssi NAME DBM | antenna NAME N                                         how strongly and where it is heard
//! power                                                                  the transmit power, in hundredths of a dBm
//! room | walk | halt | go on                                             where the cart is; begin a walk; stay; go on
//! stand SHELF MM | stand NAME                                            put the cart there, or before a thing; it stays
//! ```
//! Each line is answered by lines `| ...`, perhaps none, and then `ok ...` or `error: ...`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::tag::N_BLOCKS;
use super::{EmulatedTag, Emulator};
use crate::data::SetInfo;
use crate::tag::{Afi, Dsfid, Security, Uid, parse_hex};

mod uhf;

/// What a line is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The lines before the last, without their bar.
    pub lines: Vec<String>,
    /// The last line.
    pub end: Result<String, String>,
    /// What the program around the machine has to do.
    pub effect: Option<Effect>,
}

/// What only the program can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Pull the cable.
    Unplug,
    /// Put it back.
    Plug,
    /// End.
    Quit,
}

/// Carries out one line. Empty lines and lines that begin with `#` do nothing.
pub fn run(emulator: &mut Emulator, line: &str) -> Reply {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut lines = Vec::new();
    let mut effect = None;
    let about_tags = if emulator.model().is_uhf() {
        uhf::run(emulator, &words, &mut lines)
    } else {
        tags(emulator, &words, &mut lines)
    };
    let end = about_tags.unwrap_or_else(|| reader(emulator, &words, &mut lines, &mut effect));
    Reply { lines, end, effect }
}

/// A line about HF tags; `None` if it is about something else.
fn tags(emulator: &mut Emulator, words: &[&str], lines: &mut Vec<String>) -> Option<Result<String, String>> {
    let end = match words {
        ["book", name, rest @ ..] => book(emulator, name, rest),
        ["card", name, rest @ ..] => card(emulator, name, rest),
        ["raw", name, rest @ ..] => raw(emulator, name, rest),
        ["blank", name, rest @ ..] => blank(emulator, name, rest),
        ["put", names @ ..] if !names.is_empty() => each(emulator, names, EmulatedTag::put),
        ["take", "all"] => take_all(emulator),
        ["take", names @ ..] if !names.is_empty() => each(emulator, names, EmulatedTag::take),
        ["pad"] => list(emulator, lines, |tag| tag.is_on_pad),
        ["tags"] => list(emulator, lines, |_| true),
        ["show", name] => find(emulator, name).map(|tag| show(name, tag)),
        ["on", "afi", name, "take"] => change(emulator, name, |tag| tag.faults.take_on_afi = true),
        ["on", "eas", name, "take"] => change(emulator, name, |tag| tag.faults.take_on_eas = true),
        ["fail", name, "afi", n] => {
            number(n).and_then(|n| change(emulator, name, |tag| tag.faults.fail_afi = n))
        }
        ["fail", name, "eas", n] => {
            number(n).and_then(|n| change(emulator, name, |tag| tag.faults.fail_eas = n))
        }
        ["fail", name, "write", n] => {
            number(n).and_then(|n| change(emulator, name, |tag| tag.faults.fail_write = n))
        }
        ["secure", name] => change(emulator, name, |tag| (tag.afi, tag.eas) = (Afi(0x07), true)),
        ["lock", name, "afi"] => change(emulator, name, |tag| tag.is_afi_locked = true),
        ["lock", name, block] => limited(block, 255_usize).and_then(|block| {
            change(emulator, name, |tag| {
                tag.locked_blocks.insert(block);
            })
        }),
        _ => return None,
    };
    Some(end)
}

/// A line about the reader and its cable.
fn reader(
    emulator: &mut Emulator,
    words: &[&str],
    lines: &mut Vec<String>,
    effect: &mut Option<Effect>,
) -> Result<String, String> {
    match words {
        [] | ["#", ..] => Ok(String::new()),
        [first, ..] if first.starts_with('#') => Ok(String::new()),
        ["noise", "every", every, n] => noise_every(emulator, every, n),
        ["noise", n] => limited(n, MAX_NOISE).map(|n| set(&mut emulator.faults.noise_next, n)),
        ["miss", percent] => {
            limited(percent, 100).map(|percent| set(&mut emulator.faults.miss_percent, percent))
        }
        ["double", percent] => {
            limited(percent, 100).map(|percent| set(&mut emulator.faults.double_percent, percent))
        }
        ["mute", "on"] => Ok(set(&mut emulator.faults.is_mute, true)),
        ["mute", "off"] => Ok(set(&mut emulator.faults.is_mute, false)),
        ["unplug"] => Ok(set(effect, Some(Effect::Unplug))),
        ["plug"] => Ok(set(effect, Some(Effect::Plug))),
        ["quit"] => Ok(set(effect, Some(Effect::Quit))),
        ["counters"] => Ok(counters(emulator)),
        ["help"] => {
            lines.extend(help(emulator).iter().map(|usage| (*usage).to_owned()));
            Ok(String::new())
        }
        [command, ..] => Err(usage(emulator, command)),
    }
}

impl Reply {
    /// A failure that the program around the machine has to tell.
    pub fn error(text: impl fmt::Display) -> Self {
        Self { lines: Vec::new(), end: Err(text.to_string()), effect: None }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "| {line}"))?;
        match &self.end {
            Ok(text) if text.is_empty() => writeln!(f, "ok"),
            Ok(text) => writeln!(f, "ok {text}"),
            Err(text) => writeln!(f, "error: {text}"),
        }
    }
}

/// Sets a thing of which there is no more to say than that it is set.
fn set<T>(place: &mut T, value: T) -> String {
    *place = value;
    String::new()
}

fn change(emulator: &mut Emulator, name: &str, act: impl FnOnce(&mut EmulatedTag)) -> Result<String, String> {
    find(emulator, name).map(act).map(|()| String::new())
}

fn help(emulator: &Emulator) -> &'static [&'static str] {
    if emulator.model().is_uhf() { &uhf::HELP } else { &HELP }
}

fn usage(emulator: &Emulator, command: &str) -> String {
    match help(emulator)
        .iter()
        .filter(|usage| usage.split(' ').next() == Some(command))
        .copied()
        .collect::<Vec<_>>()
    {
        known if !known.is_empty() => format!("usage: {}", known.join(" | ")),
        _ => format!("{command:?} is not a command; try: help"),
    }
}

fn find<'a>(emulator: &'a mut Emulator, name: &str) -> Result<&'a mut EmulatedTag, String> {
    emulator
        .tag_mut(name)
        .ok_or_else(|| format!("there is no tag {name:?}; define it with book, card, raw or blank"))
}

fn number(text: &str) -> Result<u32, String> {
    limited(text, u32::MAX)
}

fn limited<T: FromStr + PartialOrd + fmt::Display>(text: &str, most: T) -> Result<T, String> {
    let value = text.parse().ok().filter(|value| *value <= most);
    value.ok_or_else(|| format!("{text:?} is not a number from 0 to {most}"))
}

/// The words `key=value` and the words without a value, each of which must be known.
fn options<'a>(words: &[&'a str], known: &[&str]) -> Result<BTreeMap<&'a str, &'a str>, String> {
    let mut options = BTreeMap::new();
    for word in words {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        if !known.contains(&key) {
            return Err(format!("{key:?} is not an option here; known: {}", known.join(", ")));
        }
        options.insert(key, value);
    }
    Ok(options)
}

fn uid_option(name: &str, options: &BTreeMap<&str, &str>) -> Result<Uid, String> {
    match options.get("uid") {
        Some(text) => text.parse::<Uid>().map_err(|error| error.to_string()),
        None => Ok(EmulatedTag::uid_of(name)),
    }
}

fn define(emulator: &mut Emulator, name: &str, tag: EmulatedTag) -> Result<String, String> {
    if emulator.tag(name).is_some() {
        return Err(format!("there is already a tag {name:?}"));
    }
    if let Some((other, _)) = emulator.tags().find(|(_, other)| other.uid == tag.uid) {
        return Err(format!("the UID {} is that of {other:?}", tag.uid));
    }
    let text = show(name, &tag);
    emulator.define(name, tag);
    Ok(text)
}

fn book(emulator: &mut Emulator, name: &str, words: &[&str]) -> Result<String, String> {
    let options = options(words, &["owner", "set", "on-loan", "uid", "blocks"])?;
    let set = options.get("set").map(|text| set_info(text)).transpose()?;
    let owner = options.get("owner").map(|owner| (*owner).to_owned());
    let security = if options.contains_key("on-loan") { Security::Unsecured } else { Security::Secured };
    let mut tag = EmulatedTag::item(uid_option(name, &options)?, name, owner, set, security)
        .map_err(|e| e.to_string())?;
    if let Some(blocks) = options.get("blocks") {
        let blocks = limited(blocks, 255_usize)?;
        tag.memory.resize(blocks * super::tag::BLOCK_SIZE, 0);
    }
    define(emulator, name, tag)
}

fn set_info(text: &str) -> Result<SetInfo, String> {
    let parts = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
    parts.map(|(part, of)| SetInfo { part, of }).ok_or_else(|| format!("{text:?} is not PART/OF, as 1/2"))
}

fn card(emulator: &mut Emulator, name: &str, words: &[&str]) -> Result<String, String> {
    let options = options(words, &["uid"])?;
    let tag = EmulatedTag::card(uid_option(name, &options)?, name).map_err(|error| error.to_string())?;
    define(emulator, name, tag)
}

fn raw(emulator: &mut Emulator, name: &str, words: &[&str]) -> Result<String, String> {
    let options = options(words, &["uid", "afi", "dsfid", "eas", "data"])?;
    let byte =
        |key| options.get(key).map_or(Ok(0), |text| u8::from_str_radix(text, 16).map_err(|_| not_hex(text)));
    let data = options.get("data").copied().unwrap_or_default();
    let data = parse_hex(data).filter(|data| data.len() <= MAX_MEMORY).ok_or_else(|| not_hex(data))?;
    let mut tag = EmulatedTag::new(uid_option(name, &options)?, &data, N_BLOCKS);
    tag.afi = Afi(byte("afi")?);
    tag.dsfid = Dsfid(byte("dsfid")?);
    tag.eas = byte("eas")? != 0;
    define(emulator, name, tag)
}

fn not_hex(text: &str) -> String {
    format!("{text:?} is not hexadecimal, or too long")
}

fn blank(emulator: &mut Emulator, name: &str, words: &[&str]) -> Result<String, String> {
    let options = options(words, &["uid"])?;
    define(emulator, name, EmulatedTag::new(uid_option(name, &options)?, &[], N_BLOCKS))
}

/// All names or none: a wrong name in a row must not leave half a stack behind.
fn each(emulator: &mut Emulator, names: &[&str], act: impl Fn(&mut EmulatedTag)) -> Result<String, String> {
    for name in names {
        find(emulator, name)?;
    }
    for name in names {
        act(find(emulator, name)?);
    }
    Ok(format!("{} on pad", emulator.tags().filter(|(_, tag)| tag.is_on_pad).count()))
}

fn take_all(emulator: &mut Emulator) -> Result<String, String> {
    let names: Vec<String> = emulator.tags().map(|(name, _)| name.to_owned()).collect();
    each(emulator, &names.iter().map(String::as_str).collect::<Vec<_>>(), EmulatedTag::take)
}

fn list(
    emulator: &Emulator,
    lines: &mut Vec<String>,
    is_listed: impl Fn(&EmulatedTag) -> bool,
) -> Result<String, String> {
    lines.extend(emulator.tags().filter(|(_, tag)| is_listed(tag)).map(|(name, tag)| show(name, tag)));
    Ok(format!("{} tags", lines.len()))
}

fn show(name: &str, tag: &EmulatedTag) -> String {
    let EmulatedTag { uid, afi, dsfid, .. } = tag;
    let (eas, on_pad) = (u8::from(tag.eas), u8::from(tag.is_on_pad));
    format!("{name} uid={uid} afi={afi} eas={eas} dsfid={dsfid} on-pad={on_pad}")
}

fn noise_every(emulator: &mut Emulator, every: &str, n: &str) -> Result<String, String> {
    let (every, n) = (u64::from(number(every)?), limited(n, MAX_NOISE)?);
    emulator.faults.noise_every = every;
    emulator.faults.noise_bytes = n;
    Ok(String::new())
}

fn counters(emulator: &Emulator) -> String {
    let super::Counters { frames_in, frames_out, garbage_in, early, inventories, reads, writes } =
        emulator.counters();
    format!(
        "frames-in={frames_in} frames-out={frames_out} garbage-in={garbage_in} early={early} \
         inventories={inventories} reads={reads} writes={writes}"
    )
}

const MAX_NOISE: usize = 4096;
/// Bytes of the largest tag.
const MAX_MEMORY: usize = 1020;
const HELP: [&str; 21] = [
    "book ITEM [owner=ISIL] [set=PART/OF] [on-loan] [uid=HEX] [blocks=28]",
    "card PATRON [uid=HEX]",
    "raw NAME uid=HEX afi=HH data=HEX [dsfid=HH] [eas=0|1]",
    "blank NAME [uid=HEX]",
    "put NAME...",
    "take NAME... | take all",
    "pad",
    "tags",
    "show NAME",
    "on afi|eas NAME take",
    "fail NAME afi|eas|write N",
    "secure NAME",
    "lock NAME afi|BLOCK",
    "noise N | noise every K N",
    "miss PERCENT",
    "double PERCENT",
    "mute on|off",
    "unplug",
    "plug",
    "counters",
    "quit",
];
