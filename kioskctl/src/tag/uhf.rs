//! The EPC bank as people have it: from word 0, as a reader reports it, or the EPC alone.
//!
//! ```text
//! a dump of the bank      CRC  PC  UII     told by the right CRC, or by the PC word's length
//! a reader's report            PC  UII     told by the PC word's length
//! a label, a log                   UII     anything else: AFI and length are not known
//! ```

use rfid_driver::data::epc::Pc;
use rfid_driver::data::{
    Decoded, EpcBank, Hints, Layout, Sureness, TagData, decode_uhf, gaoxiao, iso28560_4,
};
use rfid_driver::tag::Afi;

use crate::failure::Failure;

/// Decodes a UHF tag, in a layout if that is known.
///
/// # Errors
/// [`Failure::AfiTwice`] if the PC word tells the AFI that was also given.
pub(super) fn decode(
    epc: &[u8],
    user: Option<&[u8]>,
    layout: Option<&Layout>,
    hints: &Hints<'_>,
) -> Result<Decoded, Failure> {
    let decode = |bank: &EpcBank<'_>| match layout {
        None => decode_uhf(bank, user, hints),
        Some(layout) => decode_as(bank, user, layout, hints),
    };
    if let Some(bank) = with_pc(epc) {
        return match hints.afi {
            Some(_) => Err(Failure::AfiTwice),
            None => Ok(decode(&bank)),
        };
    }
    let bank = |afi| EpcBank { stored_crc: None, pc: Pc::new(epc.len() / 2, user.is_some(), afi), uii: epc };
    if hints.afi.is_some() {
        return Ok(decode(&bank(hints.afi)));
    }
    // The AFI 00 of a fresh tag: it means no security state, and an ISO tag is only believed with an ISIL.
    let (iso, gaoxiao) = (decode(&bank(Some(Afi(0)))), decode(&bank(None)));
    let is_proven = gaoxiao.item_id().is_some() && gaoxiao.sureness == Sureness::Certain;
    Ok(if iso.item_id().is_some() && !is_proven { iso } else { gaoxiao })
}

/// The bank, if the bytes have a PC word.
fn with_pc(epc: &[u8]) -> Option<EpcBank<'_>> {
    let is_all = |bank: &EpcBank<'_>, head: usize| bank.uii.len() + head == epc.len() && !bank.uii.is_empty();
    let dump = || EpcBank::parse(epc);
    dump()
        .filter(EpcBank::is_whole)
        .or_else(|| EpcBank::reported(epc).filter(|bank| bank.is_whole() && is_all(bank, 2)))
        .or_else(|| dump().filter(|bank| bank.uii.len() == bank.pc.n_words() * 2 && is_all(bank, 4)))
}

fn decode_as(bank: &EpcBank<'_>, user: Option<&[u8]>, layout: &Layout, hints: &Hints<'_>) -> Decoded {
    let (data, security) = if *layout == Layout::Gaoxiao {
        (gaoxiao::decode(bank, user), gaoxiao::head(bank.uii).map(|head| head.security))
    } else {
        let afi = bank.pc.afi();
        (afi.map(|_| iso28560_4::decode(bank, user)), afi.and_then(|afi| hints.policy.security(afi)))
    };
    let security = security.filter(|_| data.is_some());
    Decoded {
        layout: Some(layout.clone()),
        sureness: Sureness::Likely,
        data: data.unwrap_or(TagData::Foreign),
        security,
    }
}
