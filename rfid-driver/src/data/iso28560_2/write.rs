//! Drafts to data sets, and data sets into a memory of which some blocks are locked.
//!
//! A data set that touches a locked block stays where it is; the others are laid out around it, and the last one before
//! it is stretched with pad bytes up to it, because a zero precursor would end the chain. {#iso28560-2.locked}

use super::{Compaction, Draft, EncodeError, Found, Value, chain, compaction, isil, text, value};
use crate::data::draft::{Charset, MAX_ELEMENT};
use crate::data::oid::{BORROWER, CONTENT, ONIX_MEDIA, OWNER, PII, TITLE};

/// A data set to be written.
#[derive(Clone, Debug)]
struct Set {
    oid: u8,
    value: Value,
    scheme: Compaction,
    bytes: Vec<u8>,
}

/// Encodes a draft: identifier, content parameter, then the elements in ascending order, each in its best compaction.
///
/// # Errors
/// [`EncodeError::PrimaryItemId`] if there is none, [`EncodeError::Owner`], [`EncodeError::Set`] and
/// [`EncodeError::Length`] for a value that its element cannot hold.
pub fn encode(draft: &Draft) -> Result<Vec<u8>, EncodeError> {
    Ok(emit_all(&data_sets(draft)?))
}

/// Encodes everything but the identifier: the user memory of a UHF tag, behind its DSFID.
///
/// # Errors
/// As [`encode`].
pub fn encode_elements(draft: &Draft) -> Result<Vec<u8>, EncodeError> {
    Ok(emit_all(data_sets(draft)?.get(1..).unwrap_or_default()))
}

/// Encodes a draft so that the elements in `lock` fill whole blocks and can be locked: the identifier first, the
/// others that are to be locked last, as in the example of the standard.
///
/// # Errors
/// As [`encode`].
pub fn encode_aligned(draft: &Draft, block_size: usize, lock: &[u8]) -> Result<Vec<u8>, EncodeError> {
    let mut sets = data_sets(draft)?;
    sets.sort_by_key(|set| set.oid > CONTENT && lock.contains(&set.oid));
    let mut memory = Vec::new();
    for (at, set) in sets.iter().enumerate() {
        let next_locked = sets.get(at + 1).map(|next| lock.contains(&next.oid));
        let is_locked = lock.contains(&set.oid);
        let is_border = match next_locked {
            Some(next) => next != is_locked,
            None => is_locked,
        };
        let over = (memory.len() + set.size()) % block_size.max(1);
        set.emit(&mut memory, if is_border && over > 0 { block_size - over } else { 0 });
    }
    Ok(memory)
}

/// Encodes a draft into a memory that has content and perhaps locked blocks; the answer is as long as the memory.
///
/// An element whose value does not change keeps its coding, the element of a locked block its place.
///
/// # Errors
/// As [`encode`]; [`EncodeError::Locked`] if a locked element would change or the rest cannot be laid out around it,
/// [`EncodeError::Room`] if the memory is too small.
pub fn rewrite(
    draft: &Draft,
    memory: &[u8],
    block_size: usize,
    locked: &[bool],
) -> Result<Vec<u8>, EncodeError> {
    let block_size = block_size.max(1);
    let is_locked = |at: usize| locked.get(at / block_size).copied().unwrap_or(false);
    let old: Vec<Found<'_>> = chain(memory).collect();
    let mut sets = data_sets(draft)?;
    for set in &mut sets {
        if let Some(same) = old.iter().find(|found| set.has_value_of(found)) {
            set.scheme = same.scheme;
            set.bytes = same.bytes.to_vec();
        }
    }
    let pinned: Vec<_> = old.iter().filter(|found| (found.start..found.end).any(is_locked)).collect();
    for found in &pinned {
        let before = sets.len();
        sets.retain(|set| !(set.oid == found.oid && set.bytes == found.bytes));
        if sets.len() == before {
            return Err(EncodeError::Locked { block: found.start / block_size });
        }
    }
    let mut image = vec![0; memory.len()];
    for at in (0..memory.len()).filter(|at| is_locked(*at)) {
        copy(&mut image, memory, at..at + 1);
    }
    let mut at = 0;
    for found in &pinned {
        let gap = fill(&mut sets, found.start - at, at == 0)
            .ok_or(EncodeError::Locked { block: found.start / block_size })?;
        place(&mut image, at, &gap);
        copy(&mut image, memory, found.start..found.end);
        at = found.end;
    }
    let wall = (at..memory.len()).find(|at| is_locked(*at)).unwrap_or(memory.len());
    let tail = emit_all(&sets);
    let needed = tail.len() + usize::from(memory.get(wall).is_some_and(|byte| *byte != 0));
    if needed > wall - at {
        return Err(EncodeError::Room { needed: at + needed, room: wall });
    }
    place(&mut image, at, &tail);
    Ok(image)
}

/// The sets that fill a gap best, taken out of `sets` and stretched to its end.
fn fill(sets: &mut Vec<Set>, gap: usize, with_first: bool) -> Option<Vec<u8>> {
    if gap == 0 {
        return Some(Vec::new());
    }
    let n = sets.len().min(MAX_CHOICE);
    let size = |mask: u32| -> usize {
        sets.iter().take(n).enumerate().filter(|(at, _)| mask >> at & 1 == 1).map(|(_, set)| set.size()).sum()
    };
    let content = sets.iter().position(|set| set.oid == CONTENT).map_or(0, |at| 1_u32 << at.min(31));
    let best = (1_u32..1 << n)
        .filter(|mask| !with_first || mask & 1 == 1)
        .map(|mask| (mask & content, size(mask), mask))
        .filter(|(_, size, _)| *size <= gap && gap - size <= MAX_STRETCH)
        .max()?
        .2;
    let mut at = 0;
    let mut chosen = Vec::new();
    sets.retain(|set| {
        let take = at < n && best >> at & 1 == 1;
        at += 1;
        if take {
            chosen.push(set.clone());
        }
        !take
    });
    let last = chosen.pop()?;
    let mut bytes = emit_all(&chosen);
    let stretch = gap.checked_sub(bytes.len() + last.size())?;
    last.emit(&mut bytes, stretch);
    Some(bytes)
}

fn data_sets(draft: &Draft) -> Result<Vec<Set>, EncodeError> {
    let (scheme, bytes) = compact(draft.id()?, draft.charset);
    let value = Value::Text(draft.primary_item_id.clone());
    let mut sets = vec![Set { oid: PII, value, scheme, bytes }];
    let elements = draft.elements()?;
    if !elements.is_empty() {
        let bytes = content_parameter(elements.iter().map(|(oid, _)| *oid));
        let value = Value::Bytes(bytes.clone());
        sets.push(Set { oid: CONTENT, value, scheme: Compaction::Application, bytes });
    }
    for (oid, value) in elements {
        let (scheme, bytes) = coded(oid, &value, draft.charset)?;
        sets.push(Set { oid, value, scheme, bytes });
    }
    match sets.iter().find(|set| set.bytes.len() > MAX_ELEMENT) {
        Some(set) => Err(EncodeError::Length { oid: set.oid, length: set.bytes.len() }),
        None => Ok(sets),
    }
}

fn coded(oid: u8, value: &Value, charset: Charset) -> Result<(Compaction, Vec<u8>), EncodeError> {
    match (oid, value) {
        (OWNER, Value::Text(owner)) => {
            let bytes = isil::encode(owner).ok_or_else(|| EncodeError::Owner { owner: owner.clone() })?;
            Ok((Compaction::Application, bytes))
        }
        (BORROWER, Value::Text(text)) => Ok(isil::encode(text)
            .map_or_else(|| compact(text, charset), |bytes| (Compaction::Application, bytes))),
        (TITLE | ONIX_MEDIA, Value::Text(text)) => Ok(plain(text, charset)),
        (_, Value::Text(text)) => Ok(compact(text, charset)),
        (_, Value::Bytes(bytes)) => Ok((Compaction::Octets, bytes.clone())),
    }
}

/// In the shortest scheme that fits, else byte by byte.
fn compact(text: &str, charset: Charset) -> (Compaction, Vec<u8>) {
    match compaction::compact(text) {
        (Compaction::Utf8, _) => plain(text, charset),
        compacted => compacted,
    }
}

fn plain(text: &str, charset: Charset) -> (Compaction, Vec<u8>) {
    let octets = || text.chars().map(|char| u8::try_from(char).ok()).collect::<Option<Vec<u8>>>();
    let octets = match charset {
        Charset::Utf8 => None,
        Charset::Latin1 => octets(),
    };
    octets.map_or_else(|| (Compaction::Utf8, text.as_bytes().to_vec()), |octets| (Compaction::Octets, octets))
}

/// A bit for each element from 3 on, most significant first, without trailing zero bytes.
pub fn content_parameter(oids: impl Iterator<Item = u8>) -> Vec<u8> {
    let mut map = Vec::new();
    for bit in oids.filter_map(|oid| oid.checked_sub(3)) {
        let at = usize::from(bit / 8);
        if map.len() <= at {
            map.resize(at + 1, 0_u8);
        }
        if let Some(byte) = map.get_mut(at) {
            *byte |= 0x80 >> (bit % 8);
        }
    }
    map
}

impl Set {
    fn size(&self) -> usize {
        2 + usize::from(self.oid >= 15) + usize::from(self.bytes.len() > 127) + self.bytes.len()
    }

    /// Appends the set, `stretch` bytes longer than it must be.
    fn emit(&self, memory: &mut Vec<u8>, stretch: usize) {
        let offset = if stretch > 0 { 0x80 } else { 0 };
        memory.push(offset | self.scheme.code() << 4 | self.oid.min(15));
        memory.extend(self.oid.checked_sub(15));
        let pads = u8::try_from(stretch.saturating_sub(1)).unwrap_or(u8::MAX);
        memory.extend((stretch > 0).then_some(pads));
        let [high, low] = u16::try_from(self.bytes.len()).unwrap_or(0x3FFF).to_be_bytes();
        if self.bytes.len() > 127 {
            memory.push(0x80 | high << 1 | low >> 7);
        }
        memory.push(low & 0x7F);
        memory.extend_from_slice(&self.bytes);
        memory.resize(memory.len() + usize::from(pads), 0);
    }

    fn has_value_of(&self, found: &Found<'_>) -> bool {
        self.oid == found.oid && self.value == value(found.bytes, text(found))
    }
}

fn emit_all(sets: &[Set]) -> Vec<u8> {
    let mut memory = Vec::new();
    sets.iter().for_each(|set| set.emit(&mut memory, 0));
    memory
}

fn place(image: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(room) = image.get_mut(at..at + bytes.len()) {
        room.copy_from_slice(bytes);
    }
}

fn copy(image: &mut [u8], memory: &[u8], range: std::ops::Range<usize>) {
    if let Some(bytes) = memory.get(range.clone()) {
        place(image, range.start, bytes);
    }
}

/// A pad byte that counts 255 zeros.
const MAX_STRETCH: usize = 256;
/// Sets among which the ones for a gap are chosen: no item has more.
const MAX_CHOICE: usize = 14;
