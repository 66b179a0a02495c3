//! Visits by the thousand, most of them with something that goes wrong.
//!
//! A visit without a fault must end with every book done, unless central was slower than the time-out of these tests,
//! which is short: that is counted as a fault too. After a fault, whatever the screen said, everything comes to rest
//! and is looked at as in [`crate::story`].

use std::time::Duration;

use kiosk::demo::world::CARD;

use crate::line::Weather;
use crate::place::Program;
use crate::scene::Gate;
use crate::seen::Seen;
use crate::story::{Story, Tally};

/// What goes wrong in a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Line(Weather),
    /// a word to the reader about one of the books
    Tag(&'static str),
    /// a word to the reader, and the one that ends it
    Reader(&'static str, &'static str),
    Cable,
    Central,
    /// the whole stack is pulled off in the middle
    Impatience,
    Plug,
}

const FAULTS: &[(&str, Fault)] = &[
    ("central away", Fault::Line(Weather::Down)),
    ("call lost", Fault::Line(Weather::LosesCalls)),
    ("answer lost", Fault::Line(Weather::LosesAnswers)),
    ("answer to a loan or return lost", Fault::Line(Weather::LosesReceipts)),
    ("central mute", Fault::Line(Weather::Mute)),
    ("call arrives after the time-out", Fault::Line(Weather::Late)),
    ("answer cut in half", Fault::Line(Weather::Cuts)),
    ("central restarted", Fault::Central),
    ("book pulled off before its AFI", Fault::Tag("on afi ITEM take")),
    ("book pulled off before its EAS", Fault::Tag("on eas ITEM take")),
    ("AFI fails now and then", Fault::Tag("fail ITEM afi 2")),
    ("AFI fails", Fault::Tag("fail ITEM afi 99")),
    ("EAS fails", Fault::Tag("fail ITEM eas 99")),
    ("AFI locked", Fault::Tag("lock ITEM afi")),
    ("noise on the line", Fault::Reader("noise every 3 40", "noise every 3 0")),
    ("tags missed", Fault::Reader("miss 30", "miss 0")),
    ("reader's cable pulled", Fault::Cable),
    ("stack pulled off in the middle", Fault::Impatience),
    (crate::kills::KILL, Fault::Plug),
];

/// So many visits at one place; every other one, about, has a fault.
pub async fn run(seed: u64, n: u64) -> Tally {
    let mut story = Story::new(seed, 5).await;
    begin(&mut story).await;
    for at in 0..n {
        let (name, fault) = *story.chance.of(FAULTS);
        if story.chance.percent(50) {
            fair_visit(&mut story).await;
        } else {
            story.fault(name);
            faulty_visit(&mut story, fault).await;
        }
        story.tally.visits += 1;
        if at + 1 == n || at % 50 == 49 {
            story.look().await;
        }
    }
    story.place.kill().await;
    story.tally
}

/// The kiosk starts before an empty pad.
async fn begin(story: &mut Story) {
    story.n_lives += 1;
    story.place.pad.say("take all");
    story.place.start(Program::Watched);
    story.place.until("the welcome page", |seen| seen.page == "welcome").await;
}

/// One to all of the books, and the card if anything is to be lent.
fn stack(story: &mut Story) -> Vec<String> {
    let mut names: Vec<String> =
        story.place.items.clone().into_iter().filter(|_| story.chance.percent(45)).collect();
    let is_return =
        !names.is_empty() && names.iter().all(|item| story.place.pad.gate(item) == Gate::unsecured());
    if !is_return || story.chance.percent(50) {
        names.push(CARD.to_owned());
    }
    names
}

async fn fair_visit(story: &mut Story) {
    let names = stack(story);
    let n = names.iter().filter(|name| *name != CARD).count();
    story.put(&names);
    if n > 0 {
        // The welcome page again: the card was not looked up in time.
        let all = |seen: &Seen| seen.page == "welcome" || seen.lines.len() >= n && seen.is_final();
        story.place.until_next("the end of a fair visit", all).await;
        if story.place.seen.last().is_none_or(|seen| seen.lines.len() < n || !seen.is_all_done()) {
            story.fault(SLOW);
            leave(story).await;
            story.look().await;
            return;
        }
    }
    leave(story).await;
}

async fn faulty_visit(story: &mut Story, fault: Fault) {
    let names = stack(story);
    let victim = names.first().filter(|name| *name != CARD).cloned();
    match (fault, &victim) {
        (Fault::Line(weather), _) if story.chance.percent(30) => story.place.line.set(weather),
        (Fault::Tag(word), Some(item)) => story.place.pad.say(&word.replace("ITEM", item)),
        (Fault::Reader(word, _), _) => story.place.pad.say(word),
        (
            Fault::Line(_) | Fault::Tag(_) | Fault::Cable | Fault::Central | Fault::Impatience | Fault::Plug,
            _,
        ) => {}
    }
    story.put(&names);
    // The moment of the fault is any.
    tokio::time::sleep(Duration::from_millis(story.chance.below(250))).await;
    match fault {
        Fault::Line(weather) => story.place.line.set(weather),
        Fault::Cable => story.place.pad.pull(),
        Fault::Central => story.place.library.restart().await,
        Fault::Impatience => story.place.pad.say("take all"),
        Fault::Plug => {
            story.place.kill().await;
            story.remember();
            begin(story).await;
        }
        Fault::Tag(_) | Fault::Reader(..) => {}
    }
    // The patron waits for so long at most, and goes.
    let n = names.len();
    let is_over = |seen: &Seen| seen.lines.len() + 1 >= n && seen.is_final();
    drop(tokio::time::timeout(PATRONS_PATIENCE, story.place.until_next("an end", is_over)).await);
    if let Fault::Reader(_, end) = fault {
        story.place.pad.say(end);
    }
    story.place.line.set(Weather::Fair);
    leave(story).await;
    story.look().await;
}

/// Everything is taken, and the next one finds the welcome page.
async fn leave(story: &mut Story) {
    story.place.pad.say("take all");
    story.place.pad.looked_at().await;
    story.place.look();
    if story.place.page != "welcome" {
        story.place.until_next("the welcome page after a visit", |seen| seen.page == "welcome").await;
    }
    story.remember();
}

/// The fault that nobody made.
pub const SLOW: &str = "machine too slow for the time-out";
const PATRONS_PATIENCE: Duration = Duration::from_millis(900);
