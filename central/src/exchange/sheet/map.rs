//! A list of shelves: where each stands on the map of its branch.

use super::{Charset, Line, MAX_TEXT, Names, Refusal, Taken, read};
use crate::store::MapShelf;

/// Reads a list of shelves, each with the code of its branch.
#[must_use]
pub fn shelves(bytes: &[u8], charset: Charset) -> Taken<(String, MapShelf)> {
    read(bytes, charset, SHELF, &["branch", "label", "x", "y", "width", "height"], shelf)
}

const SHELF: &[Names] = &[
    &["branch", "馆代码", "分馆"],
    &["label", "shelf", "架号", "架位", "层架标"],
    &["x", "左"],
    &["y", "上"],
    &["width", "宽"],
    &["height", "高"],
    &["from", "起始索书号"],
    &["to", "终止索书号"],
];

fn shelf(row: &Line<'_>) -> Result<(String, MapShelf), Refusal> {
    let needed = |name: &'static str| {
        let text = row.text(name, MAX_TEXT)?;
        let missing = || row.refuse(name, "it is empty".to_owned(), "fill it in, or take the row out");
        if text.is_empty() { Err(missing()) } else { Ok(text) }
    };
    let edge = |name: &'static str, least: i64| {
        needed(name)?;
        let edge = row.number(name, least..=ROOM)?.and_then(|edge| u16::try_from(edge).ok());
        edge.ok_or_else(|| row.refuse(name, "it is no number".to_owned(), "mend the cell"))
    };
    let shelf = MapShelf {
        label: needed("label")?,
        x: edge("x", 0)?,
        y: edge("y", 0)?,
        width: edge("width", 1)?,
        height: edge("height", 1)?,
        from: row.text("from", MAX_TEXT)?,
        to: row.text("to", MAX_TEXT)?,
    };
    for (name, end) in [("width", shelf.x + shelf.width), ("height", shelf.y + shelf.height)] {
        if i64::from(end) > ROOM {
            let what = format!("the shelf reaches to {end}, and the room ends at {ROOM}");
            return Err(row.refuse(name, what, "make it smaller, or move it"));
        }
    }
    if shelf.from.is_empty() != shelf.to.is_empty() {
        let what = "only one of the two call numbers is there".to_owned();
        return Err(row.refuse("from", what, "write both, or neither"));
    }
    Ok((needed("branch")?, shelf))
}

/// Width and height of a room, in the list's unit: tenths of a percent.
const ROOM: i64 = 1_000;
