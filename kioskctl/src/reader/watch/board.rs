//! The live table of a terminal: drawn anew in its place, line by line.

use std::collections::{BTreeMap, VecDeque};

use rfid_driver::port::{ReaderEvent, Seen, Snapshot, Trouble};
use rfid_driver::tag::{Security, SecurityPolicy, TagId};

use super::super::rates::Rates;
use super::super::titles::Titles;
use super::lines::{Arrived, items_of};
use crate::table;
use crate::tag::report;

/// What is shown.
pub(super) struct Board {
    head: String,
    titles: Titles,
    policy: SecurityPolicy,
    reader: String,
    /// What each tag on the pad said when it came.
    told: BTreeMap<TagId, Told>,
    troubles: Vec<Trouble>,
    /// What came and went last, the newest last.
    news: VecDeque<String>,
    rates: Rates,
    n: Option<usize>,
}

struct Told {
    name: String,
    security: Option<Security>,
}

impl Board {
    pub(super) fn new(head: String, titles: Titles, policy: SecurityPolicy) -> Self {
        Self {
            head,
            titles,
            policy,
            reader: "no answer yet".to_owned(),
            told: BTreeMap::new(),
            troubles: Vec::new(),
            news: VecDeque::new(),
            rates: Rates::default(),
            n: None,
        }
    }

    pub(super) fn tell(&mut self, event: &ReaderEvent) {
        match event {
            ReaderEvent::Up(identity) => {
                self.reader = format!("{}, firmware {}", identity.model, identity.firmware)
            }
            ReaderEvent::Down(cause) => self.reader = format!("DOWN: {cause}"),
            ReaderEvent::Arrived(arrival) => {
                let name = Arrived::of(arrival, 0.0).name();
                self.news(format!("arrived   {}  {name}", arrival.tag));
                self.told.insert(arrival.tag, Told { name, security: arrival.security });
                self.n = None;
            }
            ReaderEvent::Departed { tag } => {
                let name = self.told.remove(tag).map(|told| told.name).unwrap_or_default();
                self.news(format!("departed  {tag}  {name}"));
                self.n = None;
            }
            ReaderEvent::Complete { n } => self.n = Some(*n),
            ReaderEvent::Trouble(trouble) => self.troubles.push(trouble.clone()),
            ReaderEvent::TroubleOver(trouble) => self.troubles.retain(|of| of != trouble),
            ReaderEvent::Wrote { .. }
            | ReaderEvent::Programmed { .. }
            | ReaderEvent::Dumped { .. }
            | ReaderEvent::Heard(_)
            | ReaderEvent::Power { .. } => {}
        }
    }

    /// The whole picture, with what moves the terminal to its beginning.
    pub(super) fn draw(&mut self, seen: &Snapshot) -> String {
        self.rates.take(seen);
        let body = self.body(seen);
        // What is left of longer lines, and of more of them, is wiped.
        let lines: String = body.lines().map(|line| format!("{line}\x1b[K\r\n")).collect();
        format!("\x1b[H{lines}\x1b[J")
    }

    fn body(&self, seen: &Snapshot) -> String {
        let rounds = number(self.rates.rounds());
        let n = self.n.map_or_else(|| "looking".to_owned(), |n| format!("complete: {n}"));
        let mut text = format!("{}  {}\n", self.head, self.reader);
        text.push_str(&format!("{n}  rounds/s {rounds}  noise {} bytes\n\n", seen.n_garbage));
        let rows: Vec<_> = seen.seen.iter().map(|seen| self.row(seen)).collect();
        let head = ["item", "AFI", "security", "dBm", "ant", "reads/s", "tag", "title"];
        text.push_str(&table::rows(head, &rows));
        for trouble in &self.troubles {
            let tags: Vec<String> = trouble.tags().iter().map(ToString::to_string).collect();
            let items = items_of(trouble).join(" ");
            text.push_str(&format!("\n! {}: {items} ({})", trouble.name(), tags.join(" ")));
        }
        text.push('\n');
        self.news.iter().for_each(|news| text.push_str(&format!("\n{news}")));
        text.push_str("\n\nCtrl-C ends\n");
        text
    }

    fn row(&self, seen: &Seen) -> [String; 8] {
        let dash = || "-".to_owned();
        let told = self.told.get(&seen.tag);
        let name = seen.item.clone().or_else(|| told.map(|told| told.name.clone()));
        let by_afi = seen.afi.and_then(|afi| self.policy.security(afi));
        let security = by_afi.or_else(|| told.and_then(|told| told.security));
        let title = seen.item.as_deref().and_then(|item| self.titles.of(item)).unwrap_or_default();
        [
            name.unwrap_or_else(|| "(being read)".to_owned()),
            seen.afi.map_or_else(dash, |afi| afi.to_string()),
            security.map_or_else(dash, |security| report::security(security).to_owned()),
            seen.rssi.map_or_else(dash, |rssi| rssi.to_string()),
            seen.antenna.map_or_else(dash, |antenna| antenna.to_string()),
            number(self.rates.of(seen.tag)),
            seen.tag.to_string(),
            title.to_owned(),
        ]
    }

    fn news(&mut self, news: String) {
        self.news.push_back(news);
        if self.news.len() > MAX_NEWS {
            self.news.pop_front();
        }
    }
}

fn number(rate: Option<f64>) -> String {
    rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.1}"))
}

/// An empty screen without a cursor, where long lines are cut.
pub(super) const BEGIN: &str = "\x1b[2J\x1b[H\x1b[?25l\x1b[?7l";
/// The terminal as it was; the last picture stays.
pub(super) const END: &str = "\x1b[?7h\x1b[?25h";
const MAX_NEWS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use rfid_driver::data::{LibraryTag, TagData};
    use rfid_driver::port::Arrival;
    use rfid_driver::tag::Afi;
    use std::time::{Duration, Instant};

    fn at(ms: u64) -> Instant {
        #[expect(clippy::disallowed_methods, reason = "any start will do")]
        static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
        *START + Duration::from_millis(ms)
    }

    #[test]
    fn the_table_tells_all_that_is_known_of_each_tag() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("titles.csv");
        std::fs::write(&file, "I1,红楼梦\n").unwrap();
        let titles = Titles::load(&file).unwrap();
        let mut board = Board::new("/dev/x  m100".into(), titles, SecurityPolicy::default());
        let tags = [TagId::of_content(b"1"), TagId::of_content(b"2")];
        let library = LibraryTag { primary_item_id: "I1".into(), ..LibraryTag::default() };
        for (tag, data) in [(tags[0], TagData::Library(library)), (tags[1], TagData::Blank)] {
            let arrival = Arrival { tag, security: None, afi: None, layout: None, data, at: at(0) };
            board.tell(&ReaderEvent::Arrived(arrival));
        }
        board.tell(&ReaderEvent::Complete { n: 2 });
        board.tell(&ReaderEvent::Trouble(Trouble::TwoBooksOneId { item: "I1".into(), tags: tags.to_vec() }));
        let snapshot = |ms, sightings| {
            let seen = |tag, item: Option<&str>, afi| Seen {
                tag,
                item: item.map(str::to_owned),
                afi,
                rssi: Some(-55),
                antenna: Some(1),
                looks: sightings,
                sightings,
                last: at(ms),
            };
            let seen = vec![seen(tags[0], Some("I1"), Some(Afi::ON_LOAN)), seen(tags[1], None, None)];
            Snapshot { at: Some(at(ms)), seen, n_rounds: sightings, n_garbage: 3 }
        };
        board.draw(&snapshot(0, 1));
        let drawn = board.draw(&snapshot(1000, 21));
        assert!(
            drawn.starts_with("\x1b[H/dev/x  m100  no answer yet\x1b[K\r\n") && drawn.ends_with("\x1b[J")
        );
        expect![[r#"
            /dev/x  m100  no answer yet
            complete: 2  rounds/s 20.0  noise 3 bytes

            item     AFI  security   dBm  ant  reads/s  tag                       title
            I1       C2   unsecured  -55  1    20.0     content-AF63AC4C86019AFC  红楼梦
            (blank)  -    -          -55  1    20.0     content-AF63AF4C8601A015

            ! two books with one id: I1 (content-AF63AC4C86019AFC content-AF63AF4C8601A015)

            arrived   content-AF63AC4C86019AFC  I1
            arrived   content-AF63AF4C8601A015  (blank)

            Ctrl-C ends
        "#]]
        .assert_eq(&board.body(&snapshot(1000, 21)));
    }
}
