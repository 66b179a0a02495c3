//! The map of a branch as a picture in the page: its shelves, and those among them to which somebody is to go.

use std::collections::BTreeSet;

use circulation::id::Isil;
use maud::{Markup, html};

use super::call::Call;
use super::reply::Trouble;
use crate::store::{Copy, MapShelf};

/// The maps of the branches where copies stand, those first of which most is here; nothing where none was drawn.
pub(super) fn of_copies(call: &Call, of: &Isil, copies: &[Copy]) -> Result<Markup, Trouble> {
    let store = call.app.store();
    let mut branches: Vec<(&str, &str)> = Vec::new();
    for copy in copies {
        if branches.len() < MOST && !branches.iter().any(|(code, _)| *code == copy.at_branch) {
            branches.push((&copy.at_branch, &copy.item.branch_name));
        }
    }
    let mut drawn = Vec::new();
    for (code, name) in branches {
        let map = store.map(of, code)?;
        let here: Vec<&Copy> = copies.iter().filter(|copy| copy.at_branch == code).collect();
        let marked = marked(&map, &here);
        if !marked.is_empty() {
            drawn.push(picture(call, name, &map, &marked));
        }
    }
    Ok(html! { @for one in drawn { (one) } })
}

/// The shelves where copies belong, and those where they were last seen, by their position.
struct Marked {
    home: BTreeSet<usize>,
    seen: BTreeSet<usize>,
}

impl Marked {
    fn is_empty(&self) -> bool {
        self.home.is_empty() && self.seen.is_empty()
    }
}

fn marked(map: &[MapShelf], copies: &[&Copy]) -> Marked {
    let by_label = |label: &str| map.iter().position(|shelf| !label.is_empty() && shelf.label == label);
    let by_number = |number: &str| map.iter().position(|shelf| shelf.holds(number));
    let at_hand = || copies.iter().filter(|copy| copy.due_on.is_none());
    let home: BTreeSet<usize> = at_hand()
        .filter_map(|copy| by_label(&copy.shelf).or_else(|| by_number(&copy.item.call_number)))
        .collect();
    let seen = at_hand().filter_map(|copy| copy.seen.as_ref()?.shelf());
    let seen = seen.filter_map(by_label).filter(|at| !home.contains(at)).collect();
    Marked { home, seen }
}

fn picture(call: &Call, branch: &str, map: &[MapShelf], marked: &Marked) -> Markup {
    let l = call.language;
    let name = |at: &BTreeSet<usize>| {
        let labels: Vec<&str> =
            at.iter().filter_map(|at| map.get(*at)).map(|shelf| shelf.label.as_str()).collect();
        labels.join(l.t("、", ", "))
    };
    html! {
        figure class="map" {
            figcaption {
                b { (branch) }
                @if !marked.home.is_empty() { " · " span class="home" { (l.t("架位", "belongs on")) " " (name(&marked.home)) } }
                @if !marked.seen.is_empty() { " · " span class="seen" { (l.t("最后见于", "last seen at")) " " (name(&marked.seen)) } }
            }
            svg viewBox="0 0 1000 560" role="img" aria-label=(l.t("书架示意图", "Map of the shelves")) {
                @for (at, shelf) in map.iter().enumerate() {
                    @let class = if marked.home.contains(&at) { "home" } else if marked.seen.contains(&at) { "seen" } else { "" };
                    rect class=(class) x=(shelf.x) y=(down(shelf.y)) width=(shelf.width) height=(down(shelf.height)) rx="6" {
                        title { (shelf.label) @if !shelf.from.is_empty() { " " (shelf.from) " – " (shelf.to) } }
                    }
                    @if map.len() <= NAMED || !class.is_empty() {
                        text class=(class) x=(shelf.x + shelf.width / 2) y=(down(shelf.y + shelf.height / 2) + 9) text-anchor="middle" { (shelf.label) }
                    }
                }
            }
        }
    }
}

/// A room is drawn wider than high.
fn down(y: u16) -> u32 {
    u32::from(y) * 560 / 1_000
}

/// With more shelves than these only those that are looked for have their names written on them.
const NAMED: usize = 40;
/// Maps on one page.
const MOST: usize = 4;
