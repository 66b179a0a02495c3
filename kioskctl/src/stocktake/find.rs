//! `kioskctl stocktake find`: a list becomes a hunt. The cart or handheld is carried along; the bar rises as one nears, the
//! reader's power is stepped down, and found is what answers at the least.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::time::{Duration, Instant};

use circulation::hunt::{Hunt, Input, Output, Settings, State, Wanted, WantedNo};
use circulation::id::{ItemId, ShelfMark};
use circulation::stocktake::{Marks, Plan, Report, Standing};
use config::Config;
use rfid_driver::port::{self, Command, PowerOutcome, Protocol, ReaderEvent};
use serde_json::{Value, json};
use stocktaking::Folder;
use sync_client::kiosk_api::locate::Sought;
use sync_client::kiosk_api::transfer::MAX_ITEMS;
use tokio::signal::unix::{SignalKind, signal};

use super::StocktakeFailure;
use super::session::until;
use super::show::now;
use crate::arguments::FindArguments;
use crate::failure::Failure;
use crate::reader::{self, runtime, session::Session};
use crate::{Outcome, locate, say};

/// Looks for items until all are found, or Ctrl-C. Exit code 1 if some were not.
pub(super) fn run(arguments: &FindArguments) -> Result<Outcome, Failure> {
    let folder = Folder::open(&arguments.session.folder.folder)?;
    let (stocktake, _) = folder.look(now())?;
    let plan = stocktake.plan();
    let wanted = wanted(arguments, plan, &stocktake.report())?;
    let mut config = reader::line(&arguments.session.line)?.port;
    config.is_sweep = true;
    let powers = powers(arguments, config.protocol);
    config.power = powers.first().and_then(|dbm| u16::try_from(*dbm).ok()).map(|dbm| dbm * 100);
    let settings = Settings { powers_dbm: powers, ..Settings::default() };
    let last_seen = match &arguments.library {
        Some(file) => last_seen(file, &wanted)?,
        None => BTreeMap::new(),
    };
    let shelves: Vec<ShelfMark> = plan.shelves().map(|(_, mark)| mark.clone()).collect();
    let mut search = Search {
        hunt: Hunt::new(settings, wanted, shelves),
        marks: folder.judged.marks(),
        last_seen,
        is_json: arguments.session.folder.json,
    };
    search.begin()?;
    runtime()?.block_on(async {
        port::open_check(&config).await?;
        let mut session = Session::start(config);
        let done = search.run(&mut session, arguments.session.duration).await;
        session.end().await;
        done
    })?;
    search.end()
}

/// What is looked for: what is named, and what the report misses.
fn wanted(arguments: &FindArguments, plan: &Plan, report: &Report) -> Result<Vec<Wanted>, StocktakeFailure> {
    let mut ids = BTreeSet::new();
    for text in &arguments.items {
        let wrong = |fault: circulation::id::IdError| StocktakeFailure::Option {
            option: "ITEM",
            why: format!("{text:?} is no barcode: {fault}"),
        };
        ids.insert(ItemId::parse(text).map_err(wrong)?);
    }
    if arguments.missing {
        let is_sought =
            |standing| matches!(standing, Standing::Missing | Standing::Unseen | Standing::Glimpsed);
        let missed =
            plan.items().filter(|(item, _)| report.standing(*item).is_some_and(|(how, _)| is_sought(how)));
        ids.extend(missed.map(|(_, id)| id.clone()));
    }
    if ids.is_empty() {
        let why = "nothing is looked for: name items, or give --missing".to_owned();
        return Err(StocktakeFailure::Option { option: "ITEM", why });
    }
    let shelf = |id: &ItemId| plan.find_item(id).and_then(|item| plan.mark(plan.home(item)?)).cloned();
    Ok(ids.into_iter().map(|item| Wanted { call_number: None, shelf: shelf(&item), item }).collect())
}

/// What central knows of them, in words. A hunt does not need it: if central does not answer, that is said, and it goes on.
fn last_seen(file: &Path, wanted: &[Wanted]) -> Result<BTreeMap<String, String>, Failure> {
    let config = Config::load(file)?;
    let mut known = BTreeMap::new();
    for some in wanted.chunks(MAX_ITEMS) {
        let items = some.iter().map(|wanted| wanted.item.clone()).collect();
        let located = match locate::ask(&config, Sought::Items(items)) {
            Ok(located) => located,
            Err(Failure::Locate(cause)) => {
                say(&format!("最后见于何处不明 where they were last seen is not known: {cause}\n"))?;
                break;
            }
            Err(cause) => return Err(cause),
        };
        for copy in &located.copies {
            let seen = copy.seen.as_ref().map(|seen| locate::sighting(&located, seen));
            known.extend(seen.map(|seen| (copy.item.clone(), seen)));
        }
    }
    Ok(known)
}

/// Powers from full to least.
fn powers(arguments: &FindArguments, protocol: Protocol) -> Vec<i8> {
    if arguments.powers.is_empty() { stocktaking::powers(protocol) } else { arguments.powers.clone() }
}

/// A hunt that goes on.
struct Search {
    hunt: Hunt,
    marks: Marks,
    /// by barcode, in words
    last_seen: BTreeMap<String, String>,
    is_json: bool,
}

impl Search {
    fn begin(&self) -> Result<(), Failure> {
        let Some(first) = self.hunt.next().and_then(|wanted| self.hunt.look(wanted)) else { return Ok(()) };
        let (first, ..) = first;
        let shelf = first.shelf.as_ref().map_or("?", ShelfMark::as_str);
        let told = json!({ "event": "begin", "sought": self.hunt.n_sought(), "first": first.item.as_str(), "shelf": shelf });
        let n = self.hunt.n_sought();
        self.tell(&told, &format!("寻找 looking for {n}; 先去 first: {shelf} ({})", first.item))?;
        for (item, seen) in &self.last_seen {
            let told = json!({ "event": "last-seen", "item": item, "seen": seen });
            self.tell(&told, &format!("{item}  最后见于 last seen {seen}"))?;
        }
        Ok(())
    }

    async fn run(&mut self, session: &mut Session, duration: Option<Duration>) -> Result<(), Failure> {
        let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::System)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(Failure::System)?;
        let end = duration.map(|duration| tokio::time::Instant::now() + duration);
        while self.hunt.n_sought() > 0 {
            let due = self.hunt.deadline();
            let inputs = tokio::select! {
                event = session.events.recv() => match event {
                    Some(event) => self.inputs(event)?,
                    None => return Ok(()),
                },
                _ = interrupt.recv() => return Ok(()),
                _ = terminate.recv() => return Ok(()),
                () = until(end) => return Ok(()),
                () = until(due.map(Into::into)) => vec![Input::Tick],
            };
            for input in inputs {
                self.handle(session, now(), input).await?;
            }
        }
        Ok(())
    }

    fn inputs(&mut self, event: ReaderEvent) -> Result<Vec<Input>, Failure> {
        Ok(match event {
            ReaderEvent::Heard(_) | ReaderEvent::Arrived(_) => {
                stocktaking::heard(&event, &self.marks).map(Input::Seen).collect()
            }
            ReaderEvent::Power { request: Some(_), centi_dbm, outcome: PowerOutcome::Set } => {
                vec![Input::Powered(i8::try_from(centi_dbm / 100).unwrap_or(i8::MAX))]
            }
            ReaderEvent::Power { centi_dbm, outcome, .. } => {
                let dbm = centi_dbm / 100;
                let why = format!("读写器没有 the reader has no {dbm} dBm ({outcome:?}); --powers");
                self.tell(&json!({ "event": "no-power", "dbm": dbm }), &why)?;
                Vec::new()
            }
            ReaderEvent::Down(cause) => {
                let cause = cause.to_string();
                self.tell(&json!({ "event": "down", "cause": cause }), &format!("读写器 reader: {cause}"))?;
                Vec::new()
            }
            ReaderEvent::Up(_)
            | ReaderEvent::Departed { .. }
            | ReaderEvent::Complete { .. }
            | ReaderEvent::Wrote { .. }
            | ReaderEvent::Programmed { .. }
            | ReaderEvent::Dumped { .. }
            | ReaderEvent::Trouble(_)
            | ReaderEvent::TroubleOver(_) => Vec::new(),
        })
    }

    async fn handle(&mut self, session: &mut Session, now: Instant, input: Input) -> Result<(), Failure> {
        let mut out = Vec::new();
        self.hunt.handle(now, input, &mut out);
        for output in out {
            match output {
                Output::Power(dbm) => {
                    let centi_dbm = u16::try_from(dbm).unwrap_or(0) * 100;
                    if session.tell(|request| Command::SetPower { request, centi_dbm }).await.is_none() {
                        // The driver has ended, which its events tell.
                        return Ok(());
                    }
                }
                Output::Signal { wanted, bar } => self.signal(wanted, bar.length())?,
                Output::Found(wanted) => self.found(wanted)?,
            }
        }
        Ok(())
    }

    fn signal(&self, wanted: WantedNo, length: u8) -> Result<(), Failure> {
        let item = self.item(wanted);
        if self.is_json {
            return say(&format!("{}\n", json!({ "event": "signal", "item": item, "bar": length })));
        }
        if !io::stdout().is_terminal() {
            return Ok(());
        }
        let (full, empty) =
            ("█".repeat(length.into()), "░".repeat((circulation::hunt::MAX_BAR - length).into()));
        // The nearer, the more often it sounds: each change of the bar is one beat, and the last three ring.
        let bell = if length + 3 > circulation::hunt::MAX_BAR { "\u{7}" } else { "" };
        say(&format!("\r\u{1b}[K{bell}{full}{empty} {item}"))
    }

    fn found(&self, wanted: WantedNo) -> Result<(), Failure> {
        let Some((sought, _, last)) = self.hunt.look(wanted) else { return Ok(()) };
        let here = last.and_then(|last| last.shelf.as_ref()).map_or("?", ShelfMark::as_str);
        let (item, left) = (sought.item.as_str(), self.hunt.n_sought());
        let next = self.hunt.next().and_then(|next| self.hunt.look(next));
        let next = next.and_then(|(next, ..)| next.shelf.clone());
        let next = next.as_ref().map_or("—", ShelfMark::as_str);
        let told = json!({ "event": "found", "item": item, "shelf": here, "left": left, "next": next });
        self.tell(&told, &format!("\u{7}找到 found {item} ({here}); 还有 left {left}; 下一架 next {next}"))
    }

    /// What was not found, with where it was last heard.
    fn end(&self) -> Result<Outcome, Failure> {
        let mut outcome = Outcome::Good;
        for number in (0..).map(WantedNo) {
            let Some((sought, state, last)) = self.hunt.look(number) else { break };
            if state == State::Found {
                continue;
            }
            outcome = Outcome::Bad;
            let item = sought.item.as_str();
            let heard = last.map(|last| last.shelf.as_ref().map_or("?", ShelfMark::as_str));
            let seen = self.last_seen.get(item);
            let told = json!({ "event": "not-found", "item": item, "heard_at": heard, "last_seen": seen });
            let mut words = heard
                .map_or_else(|| "没听到 not heard".to_owned(), |shelf| format!("听到于 heard at {shelf}"));
            if let Some(seen) = seen {
                words.push_str(&format!("; 最后见于 last seen {seen}"));
            }
            self.tell(&told, &format!("未找到 not found {item}: {words}"))?;
        }
        Ok(outcome)
    }

    fn item(&self, wanted: WantedNo) -> String {
        self.hunt.look(wanted).map(|(sought, ..)| sought.item.to_string()).unwrap_or_default()
    }

    fn tell(&self, told: &Value, words: &str) -> Result<(), Failure> {
        if self.is_json {
            return say(&format!("{told}\n"));
        }
        let clear = if io::stdout().is_terminal() { "\r\u{1b}[K" } else { "" };
        say(&format!("{clear}{words}\n"))
    }
}
