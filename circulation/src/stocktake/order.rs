//! Which items of a shelf stand out of their order.
//!
//! As many as possible stand right: the longest run of items whose call numbers rise along the shelf, or fall where one
//! walks the other way. Of the others only those are told that are further from their place than the ear can be wrong.

use super::plan::ItemNo;

/// An item on a shelf: when it was nearest, and the place of its call number among all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stand {
    pub(super) item: ItemNo,
    pub(super) at: u32,
    pub(super) rank: u32,
}

/// The items that stand wrong, each with the item behind which it belongs.
pub(super) fn out_of_order(stands: &mut [Stand]) -> Vec<(ItemNo, Option<ItemNo>)> {
    stands.sort_by_key(|stand| (stand.at, stand.rank, stand.item));
    let forward = longest_rise(stands);
    stands.reverse();
    let backward = longest_rise(stands);
    let right = if forward.len() >= backward.len() { forward } else { backward };
    let mut wrong: Vec<(ItemNo, Option<ItemNo>)> = stands
        .iter()
        .filter(|stand| {
            let (before, after) = neighbours(&right, stand.rank);
            !right.contains(stand) && !is_between(stand.at, before, after)
        })
        .map(|stand| (stand.item, neighbours(&right, stand.rank).0.map(|before| before.item)))
        .collect();
    wrong.sort_unstable();
    wrong
}

/// Whether a time lies between those of two neighbours, or so near to them that it may.
fn is_between(at: u32, before: Option<Stand>, after: Option<Stand>) -> bool {
    let (low, high) = match (before, after) {
        (Some(one), Some(other)) => (one.at.min(other.at), one.at.max(other.at)),
        // Behind the last or before the first: on which side depends on the way one walked. Near is near enough.
        (Some(only), None) | (None, Some(only)) => (only.at, only.at),
        (None, None) => return true,
    };
    low.saturating_sub(TOLERANCE_MS) <= at && at <= high.saturating_add(TOLERANCE_MS)
}

/// The items between which a call number belongs, among those that stand right, whose ranks rise.
fn neighbours(right: &[Stand], rank: u32) -> (Option<Stand>, Option<Stand>) {
    let after = right.partition_point(|stand| stand.rank <= rank);
    (after.checked_sub(1).and_then(|at| right.get(at)).copied(), right.get(after).copied())
}

/// A longest run of ranks that do not fall (patience sorting).
fn longest_rise(stands: &[Stand]) -> Vec<Stand> {
    // For each length, the run whose last rank is lowest; each links to the one before it.
    let mut tails: Vec<usize> = Vec::new();
    let mut links: Vec<Option<usize>> = Vec::with_capacity(stands.len());
    let rank = |at: usize| stands.get(at).map_or(0, |stand| stand.rank);
    for (at, stand) in stands.iter().enumerate() {
        let length = tails.partition_point(|tail| rank(*tail) <= stand.rank);
        links.push(length.checked_sub(1).and_then(|before| tails.get(before)).copied());
        match tails.get_mut(length) {
            Some(tail) => *tail = at,
            None => tails.push(at),
        }
    }
    let mut run = Vec::with_capacity(tails.len());
    let mut next = tails.last().copied();
    while let Some(at) = next {
        run.extend(stands.get(at));
        next = links.get(at).copied().flatten();
    }
    run.reverse();
    run
}

/// How far the nearest moment of a tag may be from where it stands, walking past it.
const TOLERANCE_MS: u32 = 1_500;

#[cfg(test)]
mod tests {
    use super::*;

    /// Items a second apart, each with its rank; told by its place and that behind which it belongs.
    fn check(ranks: &[u32], wrong: &[(u32, Option<u32>)]) {
        let mut stands: Vec<Stand> = (0..)
            .zip(ranks)
            .map(|(at, rank)| Stand { item: ItemNo(at), at: at * 1_000, rank: *rank })
            .collect();
        let wrong: Vec<_> = wrong.iter().map(|(item, before)| (ItemNo(*item), before.map(ItemNo))).collect();
        assert_eq!(out_of_order(&mut stands), wrong, "{ranks:?}");
    }

    #[test]
    fn what_stands_far_from_its_place_is_told() {
        check(&[1, 2, 3, 4, 5, 6], &[]);
        check(&[6, 5, 4, 3, 2, 1], &[]);
        check(&[1, 1, 1, 2, 2, 2], &[]);
        check(&[1, 2, 9, 3, 4, 5, 6], &[(2, Some(6))]);
        check(&[2, 3, 4, 5, 6, 1], &[(5, None)]);
        check(&[6, 5, 4, 9, 3, 2, 1], &[(3, Some(0))]);
    }

    #[test]
    fn neighbours_that_the_ear_cannot_tell_apart_are_not() {
        check(&[1, 3, 2, 4, 5, 6], &[]);
        check(&[], &[]);
        check(&[4], &[]);
    }
}
