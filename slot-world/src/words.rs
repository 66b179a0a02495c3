//! The lines with which one plays with the world: at a terminal, over a socket, or from a file.
//!
//! ```text
//! book ITEM [long=210] [thick=20] [speed=200] [owner=ISIL] [secured]  bring an item of a library, by default on loan
//! thing NAME [long=210] [thick=20] [speed=200]                        bring a thing without a tag
//! card NAME [long=90] | blank NAME                                    bring a reader's card, a tag with nothing on it
//! push NAME... | take NAME                                            put in, one after the other; take back
//! hand MS                                                             hold a hand in the shutter
//! stick NAME | free NAME | miss                                       it sticks to the belts; the diverter misses the next
//! door open|shut | smoke on|off | mains on|off | shutter dead|alive                  service door, mains, the shutter's motor
//! bin BIN full|room|away|there | empty BIN                            of a bin; staff take out what lies there
//! wire on|off                                                         the light curtain's own wire to the closing relay
//! module N LINE | tunnel LINE | inner LINE                            a line for a module, for a reader (mute, torn, noise..)
//! random SEED | calm                                                  people come by themselves; nobody comes any more
//! wait MS | until NAME street|bin|inside                              in a script: the next line waits
//! look | things | moments                                             the picture; where all is; what the relays did
//! ```
//! Each line is answered by lines `| ...`, perhaps none, and then `ok ...` or `error: ...`.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use peripherals::emulator::Emulated as _;
use rfid_driver::emulator::EmulatedTag;
use rfid_driver::emulator::script::{self, Effect, Reply};
use rfid_driver::tag::Security;
use slot::mechanics::Place;

use crate::picture;
use crate::world::{Reader, World};

/// Lines that are carried out one after the other.
#[derive(Debug, Default)]
pub struct Script {
    lines: VecDeque<String>,
    rests_until: Option<Instant>,
}

impl World {
    /// Lines that are carried out one after the other, with their waits.
    pub fn play_script(&mut self, text: &str) {
        self.script.lines.extend(text.lines().map(str::to_owned));
    }

    /// Whether a script is under way.
    #[must_use]
    pub fn is_playing(&self) -> bool {
        !self.script.lines.is_empty()
    }

    pub(crate) fn play(&mut self, now: Instant) {
        if self.script.rests_until.is_some_and(|until| now < until) {
            return;
        }
        self.script.rests_until = None;
        while let Some(line) = self.script.lines.pop_front() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match *words {
                ["wait", ms] => {
                    let time = Duration::from_millis(ms.parse().unwrap_or_default());
                    self.script.rests_until = Some(now + time);
                    return;
                }
                ["until", name, place] => {
                    if !self.is_at(name, place) {
                        self.script.lines.push_front(line);
                        return;
                    }
                }
                _ => {
                    let Reply { lines, end, .. } = self.say(now, &line);
                    lines.into_iter().for_each(|line| self.note(line));
                    if let Err(why) = end {
                        self.note(format!("{line}: {why}"));
                    }
                }
            }
        }
    }

    fn is_at(&self, name: &str, place: &str) -> bool {
        match (self.place(name), place) {
            (Some(Place::Street), "street") | (Some(Place::Bin(_)), "bin" | "inside") => true,
            (Some(Place::Lying(front)), "inside") => self
                .find(name)
                .and_then(|at| self.iron.things.get(at))
                .is_some_and(|thing| front - thing.len >= 430.0),
            (Some(_), _) => false,
            // What is not there is not waited for.
            (None, _) => true,
        }
    }

    /// Carries out one line. Empty lines and lines that begin with `#` do nothing.
    pub fn say(&mut self, now: Instant, line: &str) -> Reply {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (mut lines, mut effect) = (Vec::new(), None);
        let end = match *words {
            [] => Ok(String::new()),
            [first, ..] if first.starts_with('#') => Ok(String::new()),
            ["quit"] => {
                effect = Some(Effect::Quit);
                Ok(String::new())
            }
            ["help"] => {
                lines.extend(HELP.iter().map(|line| (*line).to_owned()));
                Ok(String::new())
            }
            ["look"] => {
                lines.extend(picture::picture(self));
                Ok(String::new())
            }
            ["moments"] => {
                lines.extend_from_slice(self.moments());
                Ok(String::new())
            }
            ["things"] => {
                lines.extend(self.iron.things.iter().map(|thing| self.told(thing.place, &thing.name)));
                Ok(format!("{} things", lines.len()))
            }
            ["module", at, ..] => self.module_says(now, at, line, &mut lines),
            ["tunnel", ..] => self.reader_says(Reader::Tunnel, line, &mut lines),
            ["inner", ..] => self.reader_says(Reader::Inner, line, &mut lines),
            _ => self.brings(&words).or_else(|| self.does(now, &words)).unwrap_or_else(|| {
                let first = words.first().copied().unwrap_or_default();
                let usage = HELP.iter().find(|line| line.split([' ', '|']).any(|word| word == first));
                Err(match usage {
                    Some(usage) => format!("usage: {usage}"),
                    None => format!("{first:?} is not a command; try: help"),
                })
            }),
        };
        Reply { lines, end, effect }
    }

    fn told(&self, place: Place, name: &str) -> String {
        let at = match place {
            Place::Street => "street".to_owned(),
            Place::Held(front) => format!("in a hand, {front:.0}"),
            Place::Lying(front) => format!("lies at {front:.0}"),
            Place::Bin(bin) => format!("bin {}", self.bins.get(bin).map_or("?", String::as_str)),
            Place::Staff => "staff".to_owned(),
        };
        let bits = self.tag(name).map(|tag| format!(" afi={} eas={}", tag.afi, u8::from(tag.eas)));
        format!("{name}: {at}{}", bits.unwrap_or_default())
    }

    fn module_says(
        &mut self,
        now: Instant,
        at: &str,
        line: &str,
        lines: &mut Vec<String>,
    ) -> Result<String, String> {
        let n = self.modules.len();
        let module = at.parse::<usize>().ok().and_then(|at| self.modules.get_mut(at));
        let module = module
            .ok_or_else(|| format!("there is no module {at:?}: they are 0 to {}", n.saturating_sub(1)))?;
        let words: Vec<&str> = line.split_whitespace().skip(2).collect();
        let done = module.command(now, &words, lines);
        done.unwrap_or_else(|| Err(format!("a module knows: {}", module.help().join("; "))))
    }

    fn reader_says(&mut self, which: Reader, line: &str, lines: &mut Vec<String>) -> Result<String, String> {
        let rest = line.trim().split_once(' ').map_or("", |(_, rest)| rest);
        let reply = script::run(self.emulator(which), rest);
        lines.extend(reply.lines);
        reply.end
    }

    /// A line that brings a thing; `None` if it is about something else.
    fn brings(&mut self, words: &[&str]) -> Option<Result<String, String>> {
        let [kind @ ("book" | "thing" | "card" | "blank"), name, rest @ ..] = words else { return None };
        let options = match options(rest) {
            Ok(options) => options,
            Err(why) => return Some(Err(why)),
        };
        Some(self.bring_one(kind, name, &options))
    }

    fn bring_one(
        &mut self,
        kind: &str,
        name: &str,
        options: &BTreeMap<&str, &str>,
    ) -> Result<String, String> {
        let uid = EmulatedTag::uid_of(name);
        let tag = match kind {
            "book" => {
                let owner = options.get("owner").map(|owner| (*owner).to_owned());
                let security =
                    if options.contains_key("secured") { Security::Secured } else { Security::Unsecured };
                Some(EmulatedTag::item(uid, name, owner, None, security).map_err(|why| why.to_string())?)
            }
            "card" => Some(EmulatedTag::card(uid, name).map_err(|why| why.to_string())?),
            "blank" => Some(EmulatedTag::new(uid, &[], BLOCKS)),
            _ => None,
        };
        let len = number(options, "long", if kind == "card" { 90.0 } else { 210.0 })?;
        let hand = (number(options, "thick", 20.0)?, number(options, "speed", 200.0)?);
        self.bring(name, len, hand, tag)?;
        Ok(String::new())
    }

    /// A line about people and the mechanics; `None` if it is about something else.
    fn does(&mut self, now: Instant, words: &[&str]) -> Option<Result<String, String>> {
        let done = match *words {
            ["push", ref names @ ..] if !names.is_empty() => self.push(now, names),
            ["take", name] => self.thing(name).map(|at| self.people.take(now, at)),
            ["hand", ms] => millis(ms).map(|time| self.people.hold_hand(now, time)),
            ["stick", name] => self.stick(name, true),
            ["free", name] => self.stick(name, false),
            ["miss"] => {
                self.iron.misses = true;
                Ok(())
            }
            ["door", how] => switch(how, ("open", "shut")).map(|is| self.iron.is_door_open = is),
            ["smoke", how] => switch(how, ("on", "off")).map(|is| self.iron.has_smoke = is),
            ["mains", how] => switch(how, ("on", "off")).map(|is| self.around.has_mains = is),
            ["shutter", how] => switch(how, ("dead", "alive")).map(|is| self.iron.is_shutter_dead = is),
            ["wire", how] => switch(how, ("on", "off")).map(|is| self.plant.has_wire = is),
            ["bin", name, how] => self.bin(name, how),
            ["empty", name] => self.empty(name),
            ["random", seed] => match seed.parse() {
                Ok(seed) => {
                    self.people.come_at_random(now, seed);
                    Ok(())
                }
                Err(_) => Err(format!("{seed:?} is no number")),
            },
            ["calm"] => {
                self.people.stay_away();
                Ok(())
            }
            _ => return None,
        };
        Some(done.map(|()| String::new()))
    }

    fn thing(&self, name: &str) -> Result<usize, String> {
        self.find(name)
            .ok_or_else(|| format!("there is no thing {name:?}; bring it with book, thing, card or blank"))
    }

    fn push(&mut self, now: Instant, names: &[&str]) -> Result<(), String> {
        let things = names.iter().map(|name| self.thing(name)).collect::<Result<Vec<_>, _>>()?;
        things.into_iter().for_each(|at| self.people.push(now, at));
        Ok(())
    }

    fn stick(&mut self, name: &str, is_stuck: bool) -> Result<(), String> {
        let at = self.thing(name)?;
        if let Some(thing) = self.iron.things.get_mut(at) {
            thing.is_stuck = is_stuck;
        }
        Ok(())
    }

    fn bin_of(&self, name: &str) -> Result<usize, String> {
        let found = self.bins.iter().position(|bin| bin == name);
        found.ok_or_else(|| format!("there is no bin {name:?}: they are {}", self.bins.join(", ")))
    }

    fn bin(&mut self, name: &str, how: &str) -> Result<(), String> {
        let at = self.bin_of(name)?;
        let Some((is_present, is_full)) = self.iron.bins.get_mut(at) else { return Ok(()) };
        match how {
            "full" => *is_full = true,
            "room" => *is_full = false,
            "away" => *is_present = false,
            "there" => *is_present = true,
            _ => return Err(format!("{how:?} is none of full, room, away, there")),
        }
        Ok(())
    }

    fn empty(&mut self, name: &str) -> Result<(), String> {
        let at = self.bin_of(name)?;
        for thing in self.iron.things.iter_mut().filter(|thing| thing.place == Place::Bin(at)) {
            thing.place = Place::Staff;
        }
        Ok(())
    }
}

fn options<'a>(words: &[&'a str]) -> Result<BTreeMap<&'a str, &'a str>, String> {
    let known = ["long", "thick", "speed", "owner", "secured"];
    let pairs = words.iter().map(|word| {
        let (key, value) = word.split_once('=').unwrap_or((*word, ""));
        if known.contains(&key) {
            Ok((key, value))
        } else {
            Err(format!("{key:?} is none of {}", known.join(", ")))
        }
    });
    pairs.collect()
}

fn number(options: &BTreeMap<&str, &str>, key: &str, default: f64) -> Result<f64, String> {
    let Some(text) = options.get(key) else { return Ok(default) };
    let number = text.parse::<f64>().ok().filter(|number| (1.0..=2_000.0).contains(number));
    number.ok_or_else(|| format!("{key}={text} is no number from 1 to 2000"))
}

fn millis(text: &str) -> Result<Duration, String> {
    text.parse().map(Duration::from_millis).map_err(|_| format!("{text:?} is no number of milliseconds"))
}

fn switch(how: &str, (yes, no): (&str, &str)) -> Result<bool, String> {
    match how {
        _ if how == yes => Ok(true),
        _ if how == no => Ok(false),
        _ => Err(format!("{how:?} is neither {yes} nor {no}")),
    }
}

/// Blocks of a fresh tag.
const BLOCKS: usize = 28;
const HELP: [&str; 20] = [
    "book ITEM [long=210] [thick=20] [speed=200] [owner=ISIL] [secured]   bring an item, by default on loan",
    "thing NAME [long=210] [thick=20] [speed=200]                         bring a thing without a tag",
    "card NAME [long=90] | blank NAME                                     bring a card, a tag with nothing on it",
    "push NAME... | take NAME                                             put in; take back",
    "hand MS                                                              a hand in the shutter",
    "stick NAME | free NAME                                               it sticks to the belts, or no more",
    "miss                                                                 the diverter misses the next thing",
    "door open|shut",
    "smoke on|off",
    "mains on|off",
    "shutter dead|alive",
    "wire on|off                                                          the curtain cuts the closing relay",
    "bin BIN full|room|away|there | empty BIN",
    "module N LINE                                                        a line for a module, as: module 0 mute on",
    "tunnel LINE | inner LINE                                             a line for a reader, as: tunnel miss 30",
    "random SEED | calm                                                   people come by themselves, or no more",
    "wait MS | until NAME street|bin|inside                               in a script",
    "look | things | moments",
    "help",
    "quit",
];
