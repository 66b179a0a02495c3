//! ISO/TS 28560-4 (UHF): the identifier in the EPC bank, the other elements in the user memory.
//!
//! ```text
//! MB01  PC word with T = 1 and the AFI, then the UII: "ISIL.identifier", "ISIL.identifier.set" or "identifier"
//! MB11  DSFID 06, data sets of ISO 28560-2 without OID 1, 00 to the end of a word
//! ```
//! The UII is in URN Code 40. {#iso28560-4.uii}

use super::draft::{Draft, EncodeError, is_identifier, set_info, set_text};
use super::epc::{EpcBank, Pc};
use super::oid::{OWNER, PII, SET};
use super::{Element, LibraryTag, Problem, TagData, Value, isil, iso28560_2, urn40};
use crate::tag::{Afi, Dsfid};

/// Decodes the banks; the PC word must have T = 1.
pub fn decode(bank: &EpcBank<'_>, user: Option<&[u8]>) -> TagData {
    if bank.uii.iter().all(|byte| *byte == 0) {
        return TagData::Blank;
    }
    let mut fatal = Vec::new();
    if !bank.is_whole() {
        let stored = bank.stored_crc.unwrap_or(0);
        fatal.push(Problem::Crc { stored, computed: bank.crc() });
    }
    let mut tag = LibraryTag::default();
    match urn40::decode(bank.uii) {
        Some(uii) => take_uii(&mut tag, &uii),
        None => fatal.push(Problem::Value { oid: PII }),
    }
    if tag.primary_item_id.is_empty() && fatal.is_empty() {
        fatal.push(Problem::NoPrimaryItemId);
    }
    if let Some(user) = user {
        take_user(&mut tag, user, &mut fatal);
    }
    if fatal.is_empty() { TagData::Library(tag) } else { TagData::Damaged { partial: tag, problems: fatal } }
}

/// Encodes a draft: the PC word, the UII and the user memory (empty if it is not needed).
///
/// # Errors
/// Those of [`iso28560_2::encode`]; [`EncodeError::Room`] for a UII of more than 31 words.
pub fn encode(draft: &Draft, afi: Afi) -> Result<(Pc, Vec<u8>, Vec<u8>), EncodeError> {
    let id = draft.id()?;
    let mut parts: Vec<String> = draft.owner.iter().cloned().collect();
    if let Some(set) = draft.set.filter(|set| set.of == 0) {
        set_text(set)?;
    }
    if draft.owner.as_ref().is_some_and(|owner| isil::encode(owner).is_none() || !is_isil(owner)) {
        return Err(EncodeError::Owner { owner: draft.owner.clone().unwrap_or_default() });
    }
    parts.push(id.to_owned());
    if let Some(set) = draft.set.filter(|_| draft.owner.is_some()) {
        parts.push(if set.of < 10 && set.part <= set.of {
            format!("{}{}", set.of, set.part)
        } else {
            set_text(set)?
        });
    }
    // An identifier with full stops would come apart elsewhere.
    let text = parts.join(".");
    let uii = urn40::encode(&text).ok_or(EncodeError::PrimaryItemId)?;
    let mut again = LibraryTag::default();
    take_uii(&mut again, &text);
    if again.primary_item_id != id || again.owner != draft.owner {
        return Err(EncodeError::PrimaryItemId);
    }
    if uii.len() > MAX_UII {
        return Err(EncodeError::Room { needed: uii.len(), room: MAX_UII });
    }
    let rest = Draft { owner: None, set: draft.set.filter(|_| again.set.is_none()), ..draft.clone() };
    let elements = iso28560_2::encode_elements(&rest)?;
    let mut user = Vec::new();
    if !elements.is_empty() {
        user.push(Dsfid::ISO_28560_2.0);
        user.extend(elements);
        user.resize(user.len().next_multiple_of(2), 0);
    }
    Ok((Pc::new(uii.len() / 2, !user.is_empty(), Some(afi)), uii, user))
}

fn take_uii(tag: &mut LibraryTag, uii: &str) {
    let (owner, rest) = match uii.split_once('.') {
        Some((owner, rest)) if is_isil(owner) => (Some(owner), rest),
        _ => (None, uii),
    };
    let (id, set) = match rest.rsplit_once('.').and_then(|(id, set)| Some((id, set, set_info(set)?))) {
        Some((id, text, set)) if owner.is_some() && text.len() % 2 == 0 => (id, Some((text, set))),
        _ => (rest, None),
    };
    let mut push =
        |oid, text: &str| tag.elements.push(Element { oid, value: Value::Text(text.into()), locked: false });
    if is_identifier(id) {
        push(PII, id);
        tag.primary_item_id = id.to_owned();
    }
    if let Some(owner) = owner {
        push(OWNER, owner);
        tag.owner = Some(owner.to_owned());
    }
    if let Some((text, set)) = set {
        push(SET, text);
        tag.set = Some(set);
    }
}

/// The user memory's elements; the identifier and the owner of the UII count more.
fn take_user(tag: &mut LibraryTag, user: &[u8], fatal: &mut Vec<Problem>) {
    let Some(chain) = user.strip_prefix(&[Dsfid::ISO_28560_2.0]) else { return };
    let (more, problems) = match iso28560_2::decode(chain) {
        TagData::Library(more) => (more, Vec::new()),
        TagData::Damaged { partial, problems } => (partial, problems),
        TagData::Blank | TagData::Foreign => return,
    };
    if !more.primary_item_id.is_empty() && more.primary_item_id != tag.primary_item_id {
        fatal.push(Problem::Ambiguous { other: more.primary_item_id });
    }
    tag.owner = tag.owner.take().or(more.owner);
    tag.set = tag.set.or(more.set);
    tag.usage = more.usage;
    tag.elements.extend(more.elements);
    let problems = problems.into_iter().filter(|problem| *problem != Problem::NoPrimaryItemId);
    tag.problems.extend(problems.chain(more.problems));
}

/// A prefix of one to four letters, a hyphen, and something behind it.
fn is_isil(text: &str) -> bool {
    text.split_once('-').is_some_and(|(prefix, rest)| {
        (1..=4).contains(&prefix.len())
            && prefix.bytes().all(|byte| byte.is_ascii_uppercase())
            && !rest.is_empty()
    })
}

/// 31 words.
const MAX_UII: usize = 62;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{SetInfo, Usage, epc};
    use crate::tag::parse_hex;
    use proptest::prelude::*;

    fn library(bank: &[u8], user: Option<&[u8]>) -> LibraryTag {
        let data = decode(&EpcBank::parse(bank).unwrap(), user);
        let TagData::Library(tag) = data else { panic!("{bank:02X?} is {data:?}") };
        tag
    }

    /// covers: iso28560-4.uii (U1 and U2, ISO/TS 28560-4, pages 49 and 52, both ways)
    #[test]
    fn examples_of_the_standard() {
        let reported = parse_hex("45C2 141C C04F C70B ADB5 C6E2 DA1D ED4D D319").unwrap();
        let bank = EpcBank::reported(&reported).unwrap();
        let user = parse_hex("06 0201D0 140204B3 4607441CB6E2E335D6 5308AB4D6C9DD556CDEB 00").unwrap();
        let TagData::Library(tag) = decode(&bank, Some(&user)) else { panic!("not a library tag") };
        assert_eq!((tag.primary_item_id.as_str(), tag.owner.as_deref()), ("12345678", Some("CH-000134-1")));
        assert_eq!(tag.set, Some(SetInfo { part: 1, of: 3 }));
        assert_eq!(tag.text(6), Some("QA268.L55"));
        assert_eq!(bank.pc.afi(), Some(Afi::ON_LOAN));
        let draft = Draft {
            primary_item_id: "12345678".into(),
            owner: Some("CH-000134-1".into()),
            set: Some(SetInfo { part: 1, of: 3 }),
            shelf_location: Some("QA268.L55".into()),
            ..Draft::default()
        };
        let (pc, uii, user) = encode(&draft, Afi::ON_LOAN).unwrap();
        assert_eq!((pc, uii.as_slice()), (bank.pc, bank.uii));
        assert_eq!(user, parse_hex("06 020110 4607441CB6E2E335D6 00").unwrap());
    }

    #[test]
    fn damage_is_data() {
        let mut bank = epc::bank(Pc(0x45C2), &parse_hex("141C C04F C70B ADB5 C6E2 DA1D ED4D D319").unwrap());
        assert_eq!(library(&bank, None).primary_item_id, "12345678");
        bank[8] ^= 1;
        assert!(matches!(decode(&EpcBank::parse(&bank).unwrap(), None), TagData::Damaged { .. }));
        bank.truncate(10);
        assert!(matches!(decode(&EpcBank::parse(&bank).unwrap(), None), TagData::Damaged { .. }));
        let blank = epc::bank(Pc(0x0100), &[]);
        assert_eq!(decode(&EpcBank::parse(&blank).unwrap(), None), TagData::Blank);
    }

    proptest! {
        #![proptest_config(crate::testing::config())]

        #[test]
        fn decode_undoes_encode(
            id in "[A-Z0-9-]{1,14}",
            owner in proptest::option::of("[A-Z]{2}-[A-Z0-9]{1,9}"),
            set in proptest::option::of((1_u16..1000).prop_flat_map(|of| (0..=of).prop_map(move |part| SetInfo { part, of }))),
            usage in proptest::option::of(any::<u8>().prop_map(Usage)),
            title in proptest::option::of("[一-龥]{1,12}"),
        ) {
            let draft = Draft { primary_item_id: id, owner, set, usage, title, ..Draft::default() };
            let (pc, uii, user) = encode(&draft, Afi::IN_STOCK).unwrap();
            let tag = library(&epc::bank(pc, &uii), Some(&user));
            prop_assert_eq!(pc.has_user(), !user.is_empty());
            prop_assert_eq!((&tag.primary_item_id, &tag.owner), (&draft.primary_item_id, &draft.owner));
            prop_assert_eq!((tag.set, tag.usage, tag.text(17)), (draft.set, draft.usage, draft.title.as_deref()));
        }

        #[test]
        fn total(bank in proptest::collection::vec(any::<u8>(), 4..64), user in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = decode(&EpcBank::parse(&bank).unwrap(), Some(&user));
        }
    }
}
