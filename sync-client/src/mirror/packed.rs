//! Every title in memory, as small as can be, to be looked through from the first to the last for each key typed.
//!
//! ```text
//!   blocks of at most 65,536 units of 16 bits; a title is
//!   number (2) · class (1) · copies, free (1) · lengths of title and author (1) · language, branches (1)
//!   · branches (each 1) · title · author                            both folded, see circulation::search::fold
//! ```
//! **Invariant**: a title lies in one block, so that a place is a block and a unit; nothing is ever changed: what was
//! loaded is as of one commit.

use std::collections::BTreeMap;

use circulation::search::fold;

/// The table.
#[derive(Debug, Default)]
pub(super) struct Packed {
    blocks: Vec<Box<[u16]>>,
    filling: Vec<u16>,
    classes: Numbers<String>,
    branches: Numbers<i64>,
    n_titles: usize,
}

/// Small numbers for values, in the order in which they were met.
#[derive(Debug)]
struct Numbers<T> {
    numbers: BTreeMap<T, u16>,
    values: Vec<T>,
}

/// A title to be packed.
#[derive(Debug, Default)]
pub(super) struct Title {
    pub(super) id: u32,
    pub(super) title: String,
    pub(super) author: String,
    pub(super) class: String,
    pub(super) language: u8,
    pub(super) n_copies: u32,
    pub(super) n_free: u32,
    /// codes of the words of its branches, each once
    pub(super) branches: Vec<i64>,
}

/// A title as it lies there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) place: u32,
    pub(super) id: u32,
    /// its class's place in [`Packed::classes`]
    pub(super) class: u16,
    pub(super) n_copies: u8,
    pub(super) n_free: u8,
    pub(super) language: u8,
    pub(super) branches: &'a [u16],
    pub(super) title: &'a [u16],
    pub(super) author: &'a [u16],
}

impl Packed {
    /// Appends a title. What is longer than a byte can say is cut: it is shown whole from the file.
    pub(super) fn push(&mut self, title: &Title) {
        let start = self.filling.len();
        let class = self.classes.number(&title.class);
        let branches: Vec<u16> =
            title.branches.iter().take(MAX_LEN).map(|branch| self.branches.number(branch)).collect();
        let [high, low] = [(title.id >> 16) & 0xffff, title.id & 0xffff];
        let out = &mut self.filling;
        out.extend([high, low].map(|half| u16::try_from(half).unwrap_or(0)));
        out.extend([class, pair(capped(title.n_copies), capped(title.n_free)), 0, 0]);
        out.extend_from_slice(&branches);
        let title_len = fold_into(&title.title, out);
        let author_len = fold_into(&title.author, out);
        let lens = [pair(title_len, author_len), pair(title.language, byte(branches.len()))];
        if let Some(head) = out.get_mut(start + HEAD - 2..start + HEAD) {
            head.copy_from_slice(&lens);
        }
        self.n_titles += 1;
        if out.len() > BLOCK {
            let next = out.split_off(start);
            self.blocks.push(core::mem::replace(out, next).into_boxed_slice());
            self.filling.reserve(BLOCK);
        }
    }

    /// Ends the filling.
    pub(super) fn seal(&mut self) {
        self.blocks.push(core::mem::take(&mut self.filling).into_boxed_slice());
    }

    /// Every title, in the order of the file.
    pub(super) fn iter(&self) -> impl Iterator<Item = Entry<'_>> {
        self.blocks.iter().zip(0_u32..).flat_map(|(block, n)| Entries { block, n, at: 0 })
    }

    /// The title at a place.
    pub(super) fn at(&self, place: u32) -> Option<Entry<'_>> {
        let (n, at) = ((place >> 16), (place & 0xffff) as usize);
        Entries { block: self.blocks.get(n as usize)?, n, at }.next()
    }

    pub(super) fn classes(&self) -> &[String] {
        &self.classes.values
    }

    /// The codes of the words of branches, by their places.
    pub(super) fn branches(&self) -> &[i64] {
        &self.branches.values
    }

    pub(super) const fn n_titles(&self) -> usize {
        self.n_titles
    }

    /// # Units
    /// bytes
    pub(super) fn size(&self) -> usize {
        self.blocks.iter().map(|block| 2 * block.len()).sum()
    }
}

struct Entries<'a> {
    block: &'a [u16],
    n: u32,
    at: usize,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let place = self.n << 16 | u32::try_from(self.at).ok()?;
        let (head, rest) = self.block.get(self.at..)?.split_first_chunk::<HEAD>()?;
        let [id_high, id_low, class, copies, texts, tail] = *head;
        let [n_copies, n_free] = copies.to_be_bytes();
        let [title_len, author_len] = texts.to_be_bytes();
        let [language, n_branches] = tail.to_be_bytes();
        let (branches, rest) = rest.split_at_checked(usize::from(n_branches))?;
        let (title, rest) = rest.split_at_checked(usize::from(title_len))?;
        let author = rest.get(..usize::from(author_len))?;
        self.at += HEAD + branches.len() + title.len() + author.len();
        let id = u32::from(id_high) << 16 | u32::from(id_low);
        Some(Entry { place, id, class, n_copies, n_free, language, branches, title, author })
    }
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { numbers: BTreeMap::new(), values: Vec::new() }
    }
}

impl<T: Ord + Clone> Numbers<T> {
    /// The number of a value. There are some thousands; were there too many, the last would share theirs.
    fn number(&mut self, value: &T) -> u16 {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let Ok(number) = u16::try_from(self.values.len()) else { return u16::MAX };
        self.numbers.insert(value.clone(), number);
        self.values.push(value.clone());
        number
    }
}

/// Appends a folded text, cut where its length would not fit; says how long it is.
fn fold_into(text: &str, out: &mut Vec<u16>) -> u8 {
    let start = out.len();
    fold(text, out);
    out.truncate(start + MAX_LEN);
    byte(out.len() - start)
}

fn pair(high: u8, low: u8) -> u16 {
    u16::from_be_bytes([high, low])
}

fn capped(n: u32) -> u8 {
    u8::try_from(n).unwrap_or(u8::MAX)
}

fn byte(n: usize) -> u8 {
    u8::try_from(n).unwrap_or(u8::MAX)
}

const HEAD: usize = 6;
/// A place in a block has 16 bits.
const BLOCK: usize = 1 << 16;
const MAX_LEN: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back_from_every_block() {
        let mut packed = Packed::default();
        let title = |id: u32| Title {
            id,
            title: format!("《第{id}册》Ａ"),
            author: "鲁迅著".repeat(id as usize % 100),
            class: format!("I{}", id % 7),
            language: 3,
            n_copies: 300,
            n_free: id % 9,
            branches: (0..i64::from(id % 5)).collect(),
        };
        let ids = (1..5000).chain([100_000]);
        ids.clone().for_each(|id| packed.push(&title(id)));
        packed.seal();
        assert!(packed.blocks.len() > 5 && packed.blocks.iter().all(|block| block.len() <= BLOCK));
        assert_eq!(packed.n_titles(), 5000);
        let mut n = 0;
        for (entry, id) in packed.iter().zip(ids) {
            assert_eq!(entry.id, id);
            assert_eq!(String::from_utf16(entry.title).unwrap(), format!("第{id}册 a"));
            assert_eq!(entry.author.len(), (3 * (id as usize % 100)).min(255));
            assert_eq!((entry.n_copies, u32::from(entry.n_free), entry.language), (255, id % 9, 3));
            assert_eq!(packed.classes()[usize::from(entry.class)], format!("I{}", id % 7));
            assert_eq!(entry.branches.len(), id as usize % 5);
            assert_eq!(packed.at(entry.place).map(|entry| entry.id), Some(id));
            n += 1;
        }
        assert_eq!(n, 5000);
        assert!(packed.at(u32::MAX).is_none());
    }
}
