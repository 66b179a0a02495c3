//! The tag programming station: one item after another, never two tags with one id unnoticed. Pure.
//!
//! | a tag is to be written with an item id, and | then |
//! |---|---|
//! | exactly one tag lies there, and says nothing, or the same id | it is written, read back, counted |
//! | none or several lie there | refused |
//! | it says another item's id | refused, unless that id is named as the one to overwrite |
//! | another tag was written with this id in this batch | refused, unless a second tag is asked for by name |

use std::collections::BTreeMap;

/// What is to be written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// the item's number, as scanned
    pub item: String,
    /// the item whose tag may be overwritten
    pub overwrite: Option<String>,
    /// a second tag for an item of this batch is meant
    pub again: bool,
}

/// A tag that was written and read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// the tag
    pub tag: String,
    /// what it says now
    pub item: String,
    /// whether it said so before
    pub was_same: bool,
}

/// Why nothing was written, or not all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// patrons may still come
    #[error("先停止服务再写标签 / take the machine out of service before tags are written")]
    InService,
    /// the item's number cannot be one
    #[error("条码不对：1 到 32 个字母或数字 / a number has 1 to 32 letters or digits")]
    Item,
    /// no tag lies there
    #[error("感应区没有标签 / there is no tag on the pad")]
    NoTag,
    /// several lie there
    #[error("感应区有 {n} 个标签，只放一个 / {n} tags lie on the pad: leave one")]
    ManyTags {
        /// how many
        n: usize,
    },
    /// the tag is another item's
    #[error("该标签属于 {old}；确要改写请勾选 / the tag is on {old}: say so if it is to be overwritten")]
    OtherItem {
        /// whose it is
        old: String,
    },
    /// another tag of this batch has the id
    #[error(
        "{item} 已写入另一标签 {tag}；确为第二个标签请勾选 / another tag, {tag}, has {item} already: say so if a second one is meant"
    )]
    Twice {
        /// the item
        item: String,
        /// the tag that has it
        tag: String,
    },
    /// the reader, or the tag, did not do it
    #[error("未写成：{why} / not written: {why}")]
    Failed {
        /// what is wrong
        why: String,
    },
}

/// What was written since the batch began.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// by item: the tags that have its id
    written: BTreeMap<String, Vec<String>>,
    n_written: u64,
}

impl Batch {
    /// Whether a tag may be written. `seen` are the tags on the pad, each with the item that it says.
    ///
    /// # Errors
    /// [`Refused`]
    pub fn check<'a>(
        &self,
        wanted: &Wanted,
        seen: &'a [(String, Option<String>)],
    ) -> Result<&'a (String, Option<String>), Refused> {
        let is_number = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        if wanted.item.is_empty() || wanted.item.len() > MAX_ITEM || !wanted.item.chars().all(is_number) {
            return Err(Refused::Item);
        }
        let one = match seen {
            [] => return Err(Refused::NoTag),
            [one] => one,
            many => return Err(Refused::ManyTags { n: many.len() }),
        };
        let (tag, says) = one;
        if let Some(old) = says
            && !old.is_empty()
            && *old != wanted.item
            && wanted.overwrite.as_ref() != Some(old)
        {
            return Err(Refused::OtherItem { old: old.clone() });
        }
        let others = self.written.get(&wanted.item).into_iter().flatten();
        if let Some(other) = others.into_iter().find(|other| *other != tag)
            && !wanted.again
        {
            return Err(Refused::Twice { item: wanted.item.clone(), tag: other.clone() });
        }
        Ok(one)
    }

    /// A tag was written and read back.
    pub fn wrote(&mut self, written: &Written) {
        self.n_written += 1;
        // It says one thing only: what it said before counts no more.
        for tags in self.written.values_mut() {
            tags.retain(|tag| *tag != written.tag);
        }
        self.written.retain(|_, tags| !tags.is_empty());
        self.written.entry(written.item.clone()).or_default().push(written.tag.clone());
    }

    /// How many were written.
    #[must_use]
    pub const fn n_written(&self) -> u64 {
        self.n_written
    }

    /// Items with more than one tag.
    pub fn doubled(&self) -> impl Iterator<Item = (&str, usize)> {
        self.written.iter().filter(|(_, tags)| tags.len() > 1).map(|(item, tags)| (item.as_str(), tags.len()))
    }
}

const MAX_ITEM: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(item: &str) -> Wanted {
        Wanted { item: item.to_owned(), ..Wanted::default() }
    }

    fn seen(tags: &[(&str, &str)]) -> Vec<(String, Option<String>)> {
        let tag = |(id, item): &(&str, &str)| {
            ((*id).to_owned(), Some((*item).to_owned()).filter(|item| !item.is_empty()))
        };
        tags.iter().map(tag).collect()
    }

    #[test]
    fn one_blank_tag_is_written_and_what_is_not_clear_is_refused() {
        let batch = Batch::default();
        assert!(batch.check(&wanted("LW1"), &seen(&[("E1", "")])).is_ok());
        assert!(batch.check(&wanted("LW1"), &seen(&[("E1", "LW1")])).is_ok());
        for (item, tags, expected) in [
            ("LW1", &[][..], Refused::NoTag),
            ("LW1", &[("E1", ""), ("E2", "")][..], Refused::ManyTags { n: 2 }),
            ("", &[("E1", "")][..], Refused::Item),
            ("LW 1", &[("E1", "")][..], Refused::Item),
            ("../etc", &[("E1", "")][..], Refused::Item),
            ("LW1", &[("E1", "LW2")][..], Refused::OtherItem { old: "LW2".to_owned() }),
        ] {
            assert_eq!(batch.check(&wanted(item), &seen(tags)), Err(expected));
        }
        let over = Wanted { overwrite: Some("LW2".to_owned()), ..wanted("LW1") };
        assert!(batch.check(&over, &seen(&[("E1", "LW2")])).is_ok());
        assert!(batch.check(&over, &seen(&[("E1", "LW3")])).is_err());
    }

    #[test]
    fn a_second_tag_with_one_id_is_noticed() {
        let mut batch = Batch::default();
        let write = |batch: &mut Batch, tag: &str, item: &str| {
            let written = Written { tag: tag.to_owned(), item: item.to_owned(), was_same: false };
            batch.wrote(&written);
        };
        write(&mut batch, "E1", "LW1");
        // The same tag once more is no second one.
        assert!(batch.check(&wanted("LW1"), &seen(&[("E1", "LW1")])).is_ok());
        let second = seen(&[("E2", "")]);
        let twice = batch.check(&wanted("LW1"), &second);
        assert_eq!(twice, Err(Refused::Twice { item: "LW1".to_owned(), tag: "E1".to_owned() }));
        let again = Wanted { again: true, ..wanted("LW1") };
        assert!(batch.check(&again, &seen(&[("E2", "")])).is_ok());
        write(&mut batch, "E2", "LW1");
        assert_eq!(batch.doubled().collect::<Vec<_>>(), [("LW1", 2)]);
        // The first one is written with something else.
        write(&mut batch, "E1", "LW9");
        assert_eq!((batch.doubled().count(), batch.n_written()), (0, 3));
    }
}
