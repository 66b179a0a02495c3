//! What can be done to the printer by hand.

use std::time::{Duration, Instant};

use super::PrinterEmulator;

pub(super) const HELP: [&str; 9] = [
    "paper out | paper N | paper roll     no paper, N lines of it, a new roll",
    "near-end on|off                      what the sensor beside the roll says",
    "cover open|closed",
    "cutter stuck|free                    stuck from the next cut on; free again",
    "mute on|off                          give no answers",
    "delay MS                             answers wait so long",
    "pace MS                              so long a line takes",
    "noise HEX                            these bytes before the next answer",
    "hanging                              what was printed and not cut off",
];

pub(super) fn run(
    printer: &mut PrinterEmulator,
    now: Instant,
    words: &[&str],
    lines: &mut Vec<String>,
) -> Option<Result<String, String>> {
    let done = match words {
        ["paper", "out"] => set(&mut printer.lines_left, Some(0)),
        ["paper", "roll"] => {
            printer.is_near_end = false;
            set(&mut printer.lines_left, None)
        }
        ["paper", n] => number(n).map(|n| printer.lines_left = Some(n)),
        ["near-end", word] => on(word).map(|is| printer.is_near_end = is),
        ["cover", "open"] => set(&mut printer.is_cover_open, true),
        ["cover", "closed"] => set(&mut printer.is_cover_open, false),
        ["cutter", "stuck"] => set(&mut printer.jams_at_cut, true),
        ["cutter", "free"] => {
            printer.is_cutter_stuck = false;
            set(&mut printer.jams_at_cut, false)
        }
        ["mute", word] => on(word).map(|is| printer.is_mute = is),
        ["delay", n] => millis(n).map(|time| printer.answer_delay = time),
        ["pace", n] => millis(n).map(|time| printer.line_time = time),
        ["noise", hex] => match rfid_driver::tag::parse_hex(hex) {
            Some(bytes) => {
                printer.noise(&bytes);
                Ok(())
            }
            None => Err(format!("{hex:?} is not hexadecimal")),
        },
        ["hanging"] => {
            lines.extend(printer.hanging().text().lines().map(str::to_owned));
            Ok(())
        }
        _ => return None,
    };
    printer.work(now);
    Some(done.map(|()| String::new()))
}

fn set<T>(place: &mut T, value: T) -> Result<(), String> {
    *place = value;
    Ok(())
}

fn on(word: &str) -> Result<bool, String> {
    match word {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(format!("{word:?} is neither on nor off")),
    }
}

fn number(word: &str) -> Result<u32, String> {
    word.parse().map_err(|_| format!("{word:?} is not a number"))
}

fn millis(word: &str) -> Result<Duration, String> {
    number(word).map(|n| Duration::from_millis(n.into()))
}
