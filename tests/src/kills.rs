//! Style 3.6, 8 (b): SIGKILL at random moments, with a stack of books on the pad and the line flapping.
//!
//! One seed is one story: lives of the kiosk that end when it pleases the seed, one to three in a row, and then a look
//! at everything once it has come to rest.

use std::time::Duration;

use kiosk::demo::world::CARD;

use crate::chance::Chance;
use crate::line::{Line, Weather};
use crate::place::Program;
use crate::story::{Story, Tally};

/// The fault's name in the tally.
pub const KILL: &str = "plug pulled (SIGKILL)";

/// Kills a kiosk `n` times.
pub async fn run(seed: u64, n: u64) -> Tally {
    let mut story = Story::new(seed, 5).await;
    while story.tally.n_faults(KILL) < n {
        let most = (n - story.tally.n_faults(KILL)).min(3);
        for _ in 0..=story.chance.below(most) {
            life(&mut story).await;
        }
        story.place.start(Program::Watched);
        story.look().await;
        story.place.kill().await;
    }
    story.tally
}

/// One life of the kiosk, from its start to its kill.
async fn life(story: &mut Story) {
    story.n_lives += 1;
    let program = if story.chance.percent(30) { Program::Kiosk } else { Program::Watched };
    let is_stack_left = story.chance.percent(20);
    if !is_stack_left {
        story.place.pad.say("take all");
    }
    story.place.start(program);
    let flapping = tokio::spawn(flap(story.place.line.clone(), Chance::new(story.chance.below(1 << 40))));
    if !is_stack_left {
        until_served(story, program).await;
        put_stack(story);
    }
    // The plug is pulled at any moment: this is the randomness itself, nothing is waited for.
    tokio::time::sleep(Duration::from_millis(story.chance.below(450))).await;
    story.place.kill().await;
    flapping.abort();
    story.fault(KILL);
    story.remember();
}

async fn until_served(story: &mut Story, program: Program) {
    match program {
        Program::Watched => story.place.until("the welcome page", |seen| seen.page == "welcome").await,
        // Nobody sees its screens: it has seen the empty pad when it has asked the reader.
        Program::Kiosk | Program::HeldAtDone => {
            story.place.pad.looked_at().await;
        }
    }
}

fn put_stack(story: &mut Story) {
    let items = story.place.items.clone();
    if let Some(item) = items.first().filter(|_| story.chance.percent(20)) {
        let fault =
            *story.chance.of(&["on afi ITEM take", "on eas ITEM take", "fail ITEM eas 2", "fail ITEM afi 9"]);
        story.place.pad.say(&fault.replace("ITEM", item));
    }
    let mut names: Vec<String> = items.into_iter().filter(|_| story.chance.percent(60)).collect();
    if story.chance.percent(80) {
        names.push(CARD.to_owned());
    }
    story.put(&names);
}

/// Good and bad moments of the line, until it is aborted.
async fn flap(line: Line, mut chance: Chance) {
    loop {
        let weather = if chance.percent(60) { Weather::Fair } else { *chance.of(WEATHERS) };
        line.set(weather);
        tokio::time::sleep(Duration::from_millis(20 + chance.below(150))).await;
    }
}

const WEATHERS: &[Weather] = &[
    Weather::Down,
    Weather::LosesCalls,
    Weather::LosesAnswers,
    Weather::LosesReceipts,
    Weather::Mute,
    Weather::Late,
    Weather::Cuts,
];
