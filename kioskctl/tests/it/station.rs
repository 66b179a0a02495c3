//! `kioskctl tag station` against the emulator as a program: an HF and a UHF reader on a pseudo-terminal.

use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::emulated::Emulator;
use crate::program::{Run, command, run};

/// A station that is at work.
struct Station {
    child: Child,
    typed: Option<ChildStdin>,
    lines: Receiver<String>,
    told: Vec<String>,
}

/// Which reader, and how its emulator shows a tag's own number.
const FAMILIES: [(&str, &str); 2] = [("feig-obid", "uid="), ("m100", "tid=")];

fn words(emulator: &Emulator, family: &str, more: &[&str]) -> Vec<String> {
    let batch = batch(emulator);
    let port = emulator.port();
    let own = ["tag", "station", batch.to_str().unwrap(), "--json", "--port", &port, "--protocol", family];
    own.iter().chain(more).map(|word| (*word).to_owned()).collect()
}

fn batch(emulator: &Emulator) -> PathBuf {
    emulator.dir.path().join("east.batch")
}

impl Station {
    fn start(emulator: &Emulator, family: &str, more: &[&str]) -> Self {
        let words = words(emulator, family, more);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut child =
            command(&words).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let typed = child.stdin.take();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (say, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if say.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, typed, lines, told: Vec::new() }
    }

    fn type_in(&mut self, line: &str) {
        writeln!(self.typed.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Waits for an event of this name.
    fn until(&mut self, name: &str) -> Value {
        let end = now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(now())) {
                Ok(line) => {
                    self.told.push(line.clone());
                    let event: Value = serde_json::from_str(&line).expect("it is JSON");
                    if event.get("event").is_some_and(|event| event == name) {
                        return event;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("{name} did not come, but {:#?}", self.told)
                }
            }
        }
    }

    /// Nobody types any more; waits for its end.
    fn end(mut self) -> Option<i32> {
        self.typed = None;
        self.child.wait().unwrap().code()
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What a tag says, by another command.
fn reads(emulator: &Emulator, family: &str) -> Run {
    run(&["reader", "list", "--port", &emulator.port(), "--protocol", family])
}

fn number(emulator: &mut Emulator, name: &str, shown: &str) -> String {
    emulator.say(&format!("show {name}")).split(shown).nth(1).unwrap().split(' ').next().unwrap().to_owned()
}

#[test]
fn a_list_is_written_tag_by_tag_and_told_as_csv() {
    for (family, shown) in FAMILIES {
        let mut emulator = Emulator::start(&["--protocol", family]);
        let list = emulator.dir.path().join("list.csv");
        fs::write(&list, "barcode,set,title\nLW1,,呐喊\nLW2,1/2,\nLW2,2/2,\n").unwrap();
        let csv = emulator.dir.path().join("report.csv");
        let more =
            ["--list", list.to_str().unwrap(), "--csv", csv.to_str().unwrap(), "--isil", "CN-371202-LW"];
        let mut station = Station::start(&emulator, family, &more);
        for (n, name) in ["X", "Y", "Z"].iter().enumerate() {
            let wait = station.until("wait");
            assert_eq!(wait["item"], if n == 0 { "LW1" } else { "LW2" });
            emulator.say(&format!("blank {name}"));
            emulator.say(&format!("put {name}"));
            let done = station.until("done");
            assert_eq!(
                (&done["n"], &done["tag"]),
                (&json!(n + 1), &json!(number(&mut emulator, name, shown)))
            );
            emulator.say(&format!("take {name}"));
        }
        let summary = station.until("summary");
        assert_eq!(
            (&summary["written"], &summary["left"], &summary["open"]),
            (&json!(3), &json!([]), &json!(null))
        );
        assert_eq!(station.end(), Some(0));
        let told = fs::read_to_string(&csv).unwrap();
        assert!(told.starts_with("time,barcode,set,tag,outcome,was,seconds,why\n"), "{told}");
        assert_eq!(told.matches(",written,").count(), 3, "{told}");
        assert!(told.contains(",LW2,2/2,"), "{told}");
        // The tags say so to anybody.
        emulator.say("put X Y Z");
        let read = reads(&emulator, family);
        assert_eq!((read.code, read.out.as_str()), (Some(0), "LW1\nLW2\n"), "{}", read.err);
        assert!(emulator.say("show X").contains(if family == "m100" {
            "security=secured"
        } else {
            "afi=07 eas=1"
        }));
        // Nothing is left to do.
        emulator.say("take all");
        assert_eq!(Station::start(&emulator, family, &more).end(), Some(0));
        let batch = run(&["tag", "batch", batch(&emulator).to_str().unwrap(), "--json"]).json();
        assert_eq!(batch["written"], 3);
    }
}

#[test]
fn no_two_tags_get_one_number_and_a_tag_of_another_item_is_refused() {
    for (family, _) in FAMILIES {
        let mut emulator = Emulator::start(&["--protocol", family]);
        emulator.say("book OLD1");
        for name in ["X", "Y", "Z"] {
            emulator.say(&format!("blank {name}"));
        }
        let mut station = Station::start(&emulator, family, &[]);
        station.type_in("LW1");
        station.until("wait");
        // Two at once: which one?
        emulator.say("put X Y");
        assert!(station.until("pad")["why"].as_str().unwrap().contains("2 枚标签"));
        emulator.say("take Y");
        station.until("done");
        // The barcode again, and the tag again under another one.
        station.type_in("LW1");
        assert!(station.until("refused")["why"].as_str().unwrap().contains("LW1 is on tag"));
        emulator.say("take X");
        station.type_in("LW2");
        station.until("wait");
        emulator.say("put OLD1");
        assert!(station.until("refused")["why"].as_str().unwrap().contains("it is OLD1"));
        emulator.say("take OLD1");
        emulator.say("put X");
        assert!(station.until("refused")["why"].as_str().unwrap().contains("was made LW1"));
        emulator.say("take X");
        emulator.say("put Y");
        station.until("done");
        // A number that was seen on another tag stays there.
        emulator.say("take Y");
        station.type_in("OLD1");
        station.until("wait");
        emulator.say("put Z");
        assert!(station.until("refused")["why"].as_str().unwrap().contains("may carry OLD1"));
        station.type_in("end");
        let summary = station.until("summary");
        assert_eq!(summary["written"], 2, "{summary}");
        assert_eq!(station.end(), Some(0));
        // The same batch again, which knows all of that, with leave to rewrite.
        emulator.say("take all");
        let mut station = Station::start(&emulator, family, &["--rewrite"]);
        station.type_in("LW3");
        station.until("wait");
        emulator.say("put OLD1");
        station.until("done");
        emulator.say("take all");
        station.type_in("LW1");
        station.until("refused");
        assert_eq!(station.end(), Some(0));
        emulator.say("put OLD1");
        assert_eq!(reads(&emulator, family).out, "LW3\n");
    }
}

#[test]
fn the_last_tag_is_taken_back() {
    for (family, _) in FAMILIES {
        let mut emulator = Emulator::start(&["--protocol", family]);
        emulator.say("blank X");
        emulator.say("book OLD1");
        let mut station = Station::start(&emulator, family, &["--rewrite"]);
        station.type_in("undo");
        assert!(station.until("undo")["why"].as_str().unwrap().contains("nothing to take back"));
        for (name, again) in [("X", ""), ("OLD1", "OLD1\n")] {
            station.type_in("LW1");
            station.until("wait");
            emulator.say(&format!("put {name}"));
            station.until("done");
            station.type_in("undo");
            let undone = station.until("undone");
            assert!(undone["text"].as_str().unwrap().contains(if again.is_empty() {
                "blank"
            } else {
                "OLD1"
            }));
            emulator.say("take all");
        }
        station.type_in("LW1");
        station.until("wait");
        emulator.say("put X");
        station.until("done");
        assert_eq!(station.end(), Some(0));
        emulator.say("put OLD1");
        let read = reads(&emulator, family);
        assert_eq!(read.out, "LW1\nOLD1\n", "{}", read.err);
    }
}

/// What an old layout has written is written over in place; what is locked stays, and refuses what does not fit beside it.
#[test]
fn old_layouts_are_rewritten_and_locked_blocks_are_kept_or_refuse() {
    let mut emulator = Emulator::start(&[]);
    // The Danish layout, as `reader program` writes it.
    for name in ["A", "B"] {
        emulator.say(&format!("blank {name}"));
        emulator.say(&format!("put {name}"));
        let port = emulator.port();
        let words =
            ["reader", "program", "--port", &port, "--item", "OLD1", "--layout", "iso28560-3", "--yes"];
        let run = run(&words);
        assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
        emulator.say("take all");
    }
    emulator.say("lock A 27");
    emulator.say("lock B 1");
    let mut station = Station::start(&emulator, "feig-obid", &["--rewrite"]);
    station.type_in("LW1");
    station.until("wait");
    emulator.say("put B");
    assert!(station.until("refused")["why"].as_str().unwrap().contains("locked"), "{:?}", station.told);
    emulator.say("take B");
    emulator.say("put A");
    station.until("done");
    assert_eq!(station.end(), Some(0));
    assert_eq!(reads(&emulator, "feig-obid").out, "LW1\n");
}

/// The plug is pulled at any moment: before, between and after the writes. The batch says what was being written, only that
/// tag gets the number, and in the end each item is on one tag.
#[test]
fn killed_at_any_moment_the_batch_goes_on() {
    for (family, _) in FAMILIES {
        let mut emulator = Emulator::start(&["--protocol", family, "--timing", "real"]);
        let n = 8;
        for at in 0..n {
            emulator.say(&format!("blank T{at}"));
        }
        let mut n_cut = 0;
        for at in 0..n {
            let item = format!("LW{at}");
            let mut station = Station::start(&emulator, family, &[]);
            station.type_in(&item);
            station.until("wait");
            emulator.say(&format!("put T{at}"));
            // From the intent on, a little later each time.
            let journal = batch(&emulator);
            let noted = |text: &str| fs::read_to_string(&journal).unwrap().matches(text).count();
            let n_before = noted("\"intent\"");
            wait_until(|| noted("\"intent\"") > n_before);
            std::thread::park_timeout(Duration::from_millis(60 * at));
            station.kill();
            emulator.say("take all");
            let mut station = Station::start(&emulator, family, &[]);
            if noted("\"done\"") <= usize::try_from(at).unwrap() {
                n_cut += 1;
                assert!(station.until("open")["text"].as_str().unwrap().contains(&item));
                // Another tag does not get it.
                // UHF tags that say the same are told apart only once the pad was empty: this one says something else.
                let blank = if family == "m100" {
                    format!("raw N{at} epc=3000{:024X}", at + 1)
                } else {
                    format!("blank N{at}")
                };
                emulator.say(&blank);
                emulator.say(&format!("put N{at}"));
                assert!(station.until("refused")["why"].as_str().unwrap().contains("may carry"));
                emulator.say("take all");
                emulator.say(&format!("put T{at}"));
                station.until("done");
                emulator.say("take all");
            }
            assert_eq!(station.end(), Some(0));
        }
        assert!(n_cut > 1, "{n_cut} of {n} were cut in the middle");
        for at in 0..n {
            emulator.say(&format!("put T{at}"));
            assert_eq!(reads(&emulator, family).out, format!("LW{at}\n"));
            emulator.say("take all");
        }
        for at in 0..n {
            assert!(!emulator.say("pad").contains(&format!("N{at}")));
        }
    }
}

#[test]
fn ctrl_c_ends_with_a_word_and_nothing_half_done() {
    let mut emulator = Emulator::start(&[]);
    emulator.say("blank X");
    let mut station = Station::start(&emulator, "feig-obid", &[]);
    station.type_in("LW1");
    station.until("wait");
    emulator.say("put X");
    station.until("done");
    station.type_in("LW2");
    station.until("wait");
    let pid = rustix::process::Pid::from_child(&station.child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(station.until("summary")["written"], 1);
    assert_eq!(station.end(), Some(130));
}

#[test]
fn what_is_wrong_is_named_before_anything_is_written() {
    let emulator = Emulator::start(&[]);
    let list = emulator.dir.path().join("list.csv");
    fs::write(&list, "barcode\nLW1\nLW1\n").unwrap();
    let other = emulator.dir.path().join("notes.txt");
    fs::write(&other, "notes\n").unwrap();
    let port = emulator.port();
    for (words, says) in [
        (vec!["x", "--list", list.to_str().unwrap()], "line 3: LW1 stands in line 2 already"),
        (vec!["x", "--list", "/nowhere"], "--list /nowhere"),
        (vec![other.to_str().unwrap()], "this is no batch"),
    ] {
        let told = run(&[&["tag", "station", "--port", &port], words.as_slice()].concat());
        assert!(told.code == Some(2) && told.err.contains(says), "{words:?}: {}", told.err);
    }
}

/// How many tags a minute reader and line allow, at the speed of a real line, if the hand takes no time: the book is
/// changed as soon as the last one is done. What is asserted leaves room for a machine that is busy with other tests.
#[test]
fn tags_a_minute_with_a_hand_that_takes_no_time() {
    for (family, _) in FAMILIES {
        let mut emulator = Emulator::start(&["--protocol", family, "--timing", "real"]);
        let n = 6_u32;
        let list = emulator.dir.path().join("list.csv");
        let rows: String = (0..n).map(|at| format!("LW{at:07}\n")).collect();
        fs::write(&list, format!("barcode\n{rows}")).unwrap();
        for at in 0..n {
            emulator.say(&format!("blank T{at}"));
        }
        let more = ["--list", list.to_str().unwrap(), "--isil", "CN-371202-LW", "--usage", "10"];
        let mut station = Station::start(&emulator, family, &more);
        station.until("wait");
        let begun = now();
        for at in 0..n {
            emulator.say(&format!("put T{at}"));
            station.until("done");
            emulator.say(&format!("take T{at}"));
        }
        let a_minute = f64::from(n) * 60.0 / begun.elapsed().as_secs_f64();
        println!("{family}: {a_minute:.0} tags a minute");
        assert_eq!(station.end(), Some(0));
        assert!(a_minute >= 15.0, "{family}: {a_minute:.0} tags a minute");
    }
}

fn wait_until(fact: impl Fn() -> bool) {
    let end = now() + PATIENCE;
    while !fact() {
        assert!(now() < end, "it does not come");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

#[expect(clippy::disallowed_methods, reason = "how long a test waits, and how fast the station is")]
fn now() -> Instant {
    Instant::now()
}

const PATIENCE: Duration = Duration::from_secs(40);
