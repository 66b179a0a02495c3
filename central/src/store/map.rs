//! The maps of branches: where each shelf stands in its room.

use std::collections::{BTreeMap, BTreeSet};

use circulation::call_number::CallNumber;
use circulation::id::Isil;

use super::engine::{Access, Row};
use super::statement::{look, map as sql};
use super::{Store, StoreError};
use crate::exchange::{Place, Refusal};

/// A shelf on the map of its branch, in tenths of a percent of the room from the upper left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapShelf {
    /// the mark on it
    pub label: String,
    /// left edge
    pub x: u16,
    /// upper edge
    pub y: u16,
    /// width; the shelf ends at 1000 at the latest
    pub width: u16,
    /// height; likewise
    pub height: u16,
    /// first call number on it; empty with `to`: only its mark leads there
    pub from: String,
    /// last call number on it: what it heads stands here too
    pub to: String,
}

/// Shelves of a list, each with its place in the list and the branch where it stands.
pub type MapRows = Vec<(Place, (String, MapShelf))>;

impl MapShelf {
    /// Whether a copy belongs here: by the mark of its shelf, if it has one that is on the map, else by its call number.
    #[must_use]
    pub fn holds(&self, call_number: &str) -> bool {
        let is_bounded = !self.from.is_empty() && !self.to.is_empty();
        is_bounded
            && !call_number.is_empty()
            && CallNumber::new(call_number)
                .is_between(&CallNumber::new(&self.from), &CallNumber::new(&self.to))
    }
}

impl Store {
    /// Draws the maps of all branches that are named anew, and leaves the others; if something is refused, nothing is drawn.
    /// Gives the number of shelves, or what was refused.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn draw_maps(&self, of: &Isil, rows: &MapRows) -> Result<Result<usize, Vec<Refusal>>, StoreError> {
        self.change(|db| {
            let branches = db.rows(&look::BRANCHES, &[of.into()])?.into_iter();
            let known: BTreeSet<String> =
                branches.map(|mut row| row.text("branch.branch")).collect::<Result<_, _>>()?;
            let mut maps: BTreeMap<&str, Vec<&MapShelf>> = BTreeMap::new();
            let mut refused = Vec::new();
            for (place, (branch, shelf)) in rows {
                if known.contains(branch) {
                    maps.entry(branch).or_default().push(shelf);
                } else {
                    let what = format!("there is no branch {branch:?}");
                    let advice = "write the code of a branch, or make it with `central rules branch`";
                    refused.push(Refusal { place: *place, field: "branch".to_owned(), what, advice });
                }
            }
            if !refused.is_empty() {
                return Ok(Err(refused));
            }
            for (branch, shelves) in maps {
                draw(db, of, branch, &shelves)?;
            }
            Ok(Ok(rows.len()))
        })
    }

    /// The map of a branch; empty if nobody has drawn it.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn map(&self, of: &Isil, branch: &str) -> Result<Vec<MapShelf>, StoreError> {
        self.look(|db| db.rows(&sql::READ, &[of.into(), branch.into()])?.into_iter().map(shelf).collect())
    }
}

fn draw(db: &mut dyn Access, of: &Isil, branch: &str, shelves: &[&MapShelf]) -> Result<(), StoreError> {
    db.write(&sql::CLEAR, &[of.into(), branch.into()])?;
    for (place, shelf) in (1_i64..).zip(shelves) {
        let MapShelf { label, x, y, width, height, from, to } = shelf;
        let edge = |edge: &u16| i64::from(*edge).into();
        let values = [
            of.into(),
            branch.into(),
            place.into(),
            label.into(),
            edge(x),
            edge(y),
            edge(width),
            edge(height),
            from.into(),
            to.into(),
        ];
        db.write(&sql::PUT, &values)?;
    }
    Ok(())
}

fn shelf(mut row: Row) -> Result<MapShelf, StoreError> {
    Ok(MapShelf {
        label: row.text("shelf_place.label")?,
        x: row.number("shelf_place.x")?,
        y: row.number("shelf_place.y")?,
        width: row.number("shelf_place.width")?,
        height: row.number("shelf_place.height")?,
        from: row.text("shelf_place.call_from")?,
        to: row.text("shelf_place.call_to")?,
    })
}
