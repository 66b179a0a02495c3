//! The commands about UHF tags; what is about reader and line is the same for all models.

use std::collections::BTreeMap;

use super::{limited, not_hex, number, options, set_info};
use crate::data::epc::Pc;
use crate::emulator::room::{Stand, Walk};
use crate::emulator::{Emulator, Gen2Layout, Gen2Tag};
use crate::tag::{Security, parse_hex};
use crate::uhf::MemoryBank;

/// Carries out a line about tags; `None` if it is about something else.
pub(super) fn run(
    emulator: &mut Emulator,
    words: &[&str],
    lines: &mut Vec<String>,
) -> Option<Result<String, String>> {
    let end = match words {
        ["book", name, rest @ ..] => book(emulator, name, rest),
        ["card", name, rest @ ..] => card(emulator, name, rest),
        ["raw", name, rest @ ..] => raw(emulator, name, rest),
        ["blank", name, rest @ ..] => blank(emulator, name, rest),
        ["put", names @ ..] if !names.is_empty() => each(emulator, names, |tag| tag.is_on_pad = true),
        ["take", "all"] => take_all(emulator),
        ["take", names @ ..] if !names.is_empty() => take(emulator, names),
        ["room"] => room(emulator),
        ["walk"] => walk(emulator).map(Walk::begin).and_then(|()| room(emulator)),
        ["halt"] => walk(emulator).map(Walk::halt).and_then(|()| room(emulator)),
        ["go", "on"] => walk(emulator).map(Walk::go_on).and_then(|()| room(emulator)),
        ["stand", mark, mm] => stand(emulator, mark, mm),
        ["stand", name] => {
            walk(emulator).and_then(|walk| walk.put_before(name)).and_then(|()| room(emulator))
        }
        ["pad"] => list(emulator, lines, |tag| tag.is_on_pad),
        ["tags"] => list(emulator, lines, |_| true),
        ["show", name] => find(emulator, name).map(|tag| show(name, tag)),
        ["on", "write", name, "take"] => change(emulator, name, |tag| tag.faults.take_on_write = true),
        ["after", "write", name, "take"] => change(emulator, name, |tag| tag.faults.take_after_write = true),
        ["fail", name, "write", n] => {
            number(n).and_then(|n| change(emulator, name, |tag| tag.faults.fail_write = n))
        }
        ["tear", name, word] => u16::from_str_radix(word, 16)
            .map_err(|_| not_hex(word))
            .and_then(|word| change(emulator, name, |tag| tag.faults.tear = Some(word))),
        ["secure", name] => change(emulator, name, |tag| tag.secure(Security::Secured)),
        ["lock", name, "epc"] => lock(emulator, name, MemoryBank::Epc),
        ["lock", name, "user"] => lock(emulator, name, MemoryBank::User),
        ["rssi", name, dbm] => rssi(dbm).and_then(|dbm| change(emulator, name, |tag| tag.rssi = dbm)),
        ["antenna", name, n] => antenna(n).and_then(|n| change(emulator, name, |tag| tag.antenna = n)),
        ["power"] => Ok(emulator.power().map(|centi_dbm| centi_dbm.to_string()).unwrap_or_default()),
        _ => return None,
    };
    Some(end)
}

fn change(emulator: &mut Emulator, name: &str, act: impl FnOnce(&mut Gen2Tag)) -> Result<String, String> {
    find(emulator, name).map(act).map(|()| String::new())
}

fn find<'a>(emulator: &'a mut Emulator, name: &str) -> Result<&'a mut Gen2Tag, String> {
    emulator
        .gen2_mut(name)
        .ok_or_else(|| format!("there is no tag {name:?}; define it with book, card, raw or blank"))
}

fn lock(emulator: &mut Emulator, name: &str, bank: MemoryBank) -> Result<String, String> {
    change(emulator, name, |tag| {
        tag.locked.insert(bank.number());
    })
}

fn rssi(text: &str) -> Result<i8, String> {
    text.parse().map_err(|_| format!("{text:?} is not a signal strength in dBm, as -55"))
}

fn antenna(text: &str) -> Result<u8, String> {
    limited(text, 16_u8).and_then(|n| if n > 0 { Ok(n) } else { Err("antennas count from 1".to_owned()) })
}

fn hex_option(options: &BTreeMap<&str, &str>, key: &str) -> Result<Option<Vec<u8>>, String> {
    let bytes = |text: &&str| {
        parse_hex(text)
            .filter(|bytes| bytes.len() <= MAX_BANK && bytes.len().is_multiple_of(2))
            .ok_or_else(|| format!("{text:?} is not hexadecimal in whole words, or too long"))
    };
    options.get(key).map(bytes).transpose()
}

fn tid_option(name: &str, options: &BTreeMap<&str, &str>) -> Result<Vec<u8>, String> {
    Ok(hex_option(options, "tid")?.unwrap_or_else(|| Gen2Tag::tid_of(name)))
}

fn define(
    emulator: &mut Emulator,
    name: &str,
    mut tag: Gen2Tag,
    options: &BTreeMap<&str, &str>,
) -> Result<String, String> {
    if emulator.gen2(name).is_some() {
        return Err(format!("there is already a tag {name:?}"));
    }
    tag.rssi = options.get("rssi").map_or(Ok(tag.rssi), |dbm| rssi(dbm))?;
    tag.antenna = options.get("antenna").map_or(Ok(tag.antenna), |n| antenna(n))?;
    let text = show(name, &tag);
    emulator.define_gen2(name, tag);
    Ok(text)
}

fn book(emulator: &mut Emulator, name: &str, words: &[&str]) -> Result<String, String> {
    let options = options(words, &["owner", "set", "on-loan", "layout", "tid", "rssi", "antenna"])?;
    let set = options.get("set").map(|text| set_info(text)).transpose()?;
    let owner = options.get("owner").map(|owner| (*owner).to_owned());
    let security = if options.contains_key("on-loan") { Security::Unsecured } else { Security::Secured };
    let layout = match options.get("layout").copied() {
        None | Some("iso28560-4") => Gen2Layout::Iso28560Part4,
        Some("gaoxiao") => Gen2Layout::Gaoxiao,
        Some(other) => return Err(format!("{other:?} is not a layout here; known: iso28560-4, gaoxiao")),
    };
    let tid = tid_option(name, &options)?;
    let tag = Gen2Tag::item(tid, name, owner, set, security, layout).map_err(|error| error.to_string())?;
    define(emulator, name, tag, &options)
}

fn card(emulator: &mut Emulator, name: &str, words: &[&str]) -> Result<String, String> {
    let options = options(words, &PLAIN)?;
    let tag = Gen2Tag::card(tid_option(name, &options)?, name).map_err(|error| error.to_string())?;
    define(emulator, name, tag, &options)
}

fn raw(emulator: &mut Emulator, name: &str, words: &[&str]) -> Result<String, String> {
    let options = options(words, &["epc", "user", "tid", "rssi", "antenna"])?;
    let epc = hex_option(&options, "epc")?.unwrap_or_default();
    let (pc, uii) = epc.split_first_chunk().ok_or("epc= is needed: the PC word and what follows it")?;
    let user = hex_option(&options, "user")?.unwrap_or_default();
    let tag = Gen2Tag::new(tid_option(name, &options)?, Pc(u16::from_be_bytes(*pc)), uii, &user);
    define(emulator, name, tag, &options)
}

fn blank(emulator: &mut Emulator, name: &str, words: &[&str]) -> Result<String, String> {
    let options = options(words, &PLAIN)?;
    let tag = Gen2Tag::new(tid_option(name, &options)?, Pc::new(6, false, None), &[0; 12], &[]);
    define(emulator, name, tag, &options)
}

/// All names or none: a wrong name in a row must not leave half a stack behind.
fn each(emulator: &mut Emulator, names: &[&str], act: impl Fn(&mut Gen2Tag)) -> Result<String, String> {
    for name in names {
        find(emulator, name)?;
    }
    for name in names {
        act(find(emulator, name)?);
    }
    Ok(format!("{} on pad", emulator.gen2_tags().filter(|(_, tag)| tag.is_on_pad).count()))
}

fn take_all(emulator: &mut Emulator) -> Result<String, String> {
    let names: Vec<String> = emulator.gen2_tags().map(|(name, _)| name.to_owned()).collect();
    take(emulator, &names.iter().map(String::as_str).collect::<Vec<_>>())
}

fn take(emulator: &mut Emulator, names: &[&str]) -> Result<String, String> {
    let taken = each(emulator, names, |tag| tag.is_on_pad = false)?;
    if let Some(walk) = emulator.walk_mut() {
        names.iter().for_each(|name| walk.take(name));
    }
    Ok(taken)
}

fn walk(emulator: &mut Emulator) -> Result<&mut Walk, String> {
    emulator.walk_mut().ok_or_else(|| "there is no room; start with --room FILE".to_owned())
}

fn stand(emulator: &mut Emulator, mark: &str, mm: &str) -> Result<String, String> {
    let mm = number(mm)?;
    walk(emulator)?.put(mark, mm)?;
    room(emulator)
}

/// Where the cart is.
fn room(emulator: &mut Emulator) -> Result<String, String> {
    let walk = walk(emulator)?;
    let how = match walk.stand() {
        Stand::Walking { .. } => "walking",
        Stand::At(_) => "standing",
        Stand::Over => "at the end",
    };
    let shelf = walk.place().and_then(|place| Some((walk.room().shelf_at(place)?, place)));
    let shelf =
        shelf.map(|(shelf, place)| format!(" shelf={} mm={}", shelf.mark, place.along_mm - shelf.start_mm));
    Ok(format!("{how} walk={}{}", walk.n(), shelf.unwrap_or_default()))
}

fn list(
    emulator: &Emulator,
    lines: &mut Vec<String>,
    is_listed: impl Fn(&Gen2Tag) -> bool,
) -> Result<String, String> {
    lines.extend(emulator.gen2_tags().filter(|(_, tag)| is_listed(tag)).map(|(name, tag)| show(name, tag)));
    Ok(format!("{} tags", lines.len()))
}

fn show(name: &str, tag: &Gen2Tag) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
    let reported = tag.reported();
    let epc = hex(&[&reported.pc().0.to_be_bytes(), reported.uii()].concat());
    let security = match tag.security() {
        Some(Security::Secured) => "secured",
        Some(Security::Unsecured) => "unsecured",
        None => "none",
    };
    format!("{name} tid={} epc={epc} security={security} on-pad={}", hex(&tag.tid), u8::from(tag.is_on_pad))
}

/// Bytes of the largest bank.
const MAX_BANK: usize = 512;
const PLAIN: [&str; 3] = ["tid", "rssi", "antenna"];
pub(super) const HELP: [&str; 31] = [
    "book ITEM [owner=ISIL] [set=PART/OF] [on-loan] [layout=iso28560-4|gaoxiao] [tid=HEX] [rssi=-55] [antenna=1]",
    "card PATRON [tid=HEX] [rssi=-55] [antenna=1]",
    "raw NAME epc=HEX [tid=HEX] [user=HEX] [rssi=-55] [antenna=1]",
    "blank NAME [tid=HEX] [rssi=-55] [antenna=1]",
    "put NAME...",
    "take NAME... | take all",
    "pad",
    "tags",
    "show NAME",
    "on write NAME take",
    "after write NAME take",
    "fail NAME write N",
    "tear NAME HHHH",
    "secure NAME",
    "lock NAME epc|user",
    "rssi NAME DBM",
    "antenna NAME N",
    "power",
    "room",
    "walk",
    "halt",
    "go on",
    "stand SHELF MM | stand NAME",
    "noise N | noise every K N",
    "miss PERCENT",
    "double PERCENT",
    "mute on|off",
    "unplug",
    "plug",
    "counters",
    "quit",
];

#[cfg(test)]
mod tests {
    use crate::emulator::{Emulator, EmulatorConfig, Model, script};

    /// Every line of the help is a command, and every mistake is told with what to do.
    #[test]
    fn lines() {
        let mut emulator = Emulator::new(EmulatorConfig { model: Model::M100, ..EmulatorConfig::default() });
        for (line, reply) in [
            ("book B1 owner=CN-110108-1-NLC set=1/2 tid=E2003412AABBCCDD", "ok B1 tid=E2003412AABBCCDD epc="),
            ("book B2 layout=gaoxiao on-loan", "ok B2 tid=E2801160"),
            ("book 32103179 layout=gaoxiao rssi=-40 antenna=2", "ok 32103179 tid="),
            ("card P1", "ok P1 tid="),
            (
                "raw R epc=1000AABBCCDD user=0102 tid=E2003412",
                "ok R tid=E2003412 epc=1000AABBCCDD security=none on-pad=0",
            ),
            ("blank X", "ok X tid="),
            ("book B1", "error: there is already a tag \"B1\""),
            ("book B3 uid=12", "error: \"uid\" is not an option here; known: owner, set"),
            ("book B3 layout=3m", "error: \"3m\" is not a layout here; known: iso28560-4, gaoxiao"),
            ("book B3 tid=E20", "error: \"E20\" is not hexadecimal in whole words"),
            ("book B3 rssi=loud", "error: \"loud\" is not a signal strength"),
            ("raw Q", "error: epc= is needed"),
            ("book", "error: usage: book ITEM [owner=ISIL] [set=PART/OF] [on-loan] [layout="),
            ("put B1 B9", "error: there is no tag \"B9\""),
            ("put B1 X", "ok 2 on pad"),
            ("pad", "| B1 tid="),
            ("take B1", "ok 1 on pad"),
            ("take all", "ok 0 on pad"),
            ("show B2", "ok B2 tid="),
            ("secure B2", "ok\n"),
            ("on write B1 take", "ok\n"),
            ("after write B1 take", "ok\n"),
            ("fail B1 write 2", "ok\n"),
            ("tear B1 3AB4", "ok\n"),
            ("tear B1 XYZ", "error: \"XYZ\" is not hexadecimal"),
            ("lock B1 epc", "ok\n"),
            ("lock B1 user", "ok\n"),
            ("lock B1 afi", "error: usage: lock NAME epc|user"),
            ("rssi B1 -70", "ok\n"),
            ("antenna B1 4", "ok\n"),
            ("antenna B1 0", "error: antennas count from 1"),
            ("room", "error: there is no room; start with --room FILE"),
            ("walk now", "error: usage: walk"),
            ("halt", "error: there is no room"),
            ("go on", "error: there is no room"),
            ("go", "error: usage: go on"),
            ("stand B1", "error: there is no room"),
            ("noise 5", "ok\n"),
            ("miss 101", "error: \"101\" is not a number from 0 to 100"),
            ("mute on", "ok\n"),
            ("counters", "ok frames-in=0"),
            ("dance", "error: \"dance\" is not a command; try: help"),
            ("# a comment", "ok\n"),
            ("help", "| book ITEM"),
        ] {
            let told = script::run(&mut emulator, line).to_string();
            assert!(told.starts_with(reply), "{line}: {told}");
        }
        let tag = emulator.gen2("B1").unwrap();
        assert!(tag.faults.take_on_write && tag.faults.take_after_write && tag.locked.len() == 2);
        assert_eq!(
            (tag.faults.fail_write, tag.faults.tear, tag.rssi, tag.antenna),
            (2, Some(0x3AB4), -70, 4)
        );
        assert!(script::run(&mut emulator, "show B2").to_string().contains("security=secured"));
    }

    #[test]
    fn the_readers_own_words_are_the_same_for_all() {
        let hf = Emulator::new(EmulatorConfig::default());
        let common = |help: &[&'static str]| -> Vec<&'static str> {
            help.iter().copied().skip_while(|usage| !usage.starts_with("noise")).collect()
        };
        assert_eq!(common(&super::HELP), common(script::help(&hf)));
    }
}
