//! `kioskctl tag decode`: what a memory says.

use rfid_driver::data::{self, Decoded};

use super::report::Report;
use super::{Air, Around, uhf};
use crate::arguments::DecodeArguments;
use crate::failure::Failure;
use crate::hex::Hex;
use crate::{Outcome, say};

/// Decodes and prints.
///
/// # Errors
/// [`Failure`] if the arguments are wrong; a tag that says nothing is an outcome.
pub(crate) fn run(arguments: &DecodeArguments) -> Result<Outcome, Failure> {
    let around = Around::of(&arguments.around)?;
    let decoded = match &arguments.epc {
        Some(epc) => uhf(arguments, &around, epc)?,
        None => hf(arguments, &around)?,
    };
    let report = Report::of(&decoded, arguments.tid.as_ref().map(|tid| tid.0.as_slice()));
    let text = if arguments.json {
        let mut json = serde_json::to_string(&report).map_err(Failure::Json)?;
        json.push('\n');
        json
    } else {
        report.table(arguments.around.locked.is_some(), around.afi())
    };
    say(&text)?;
    Ok(if report.has_item_id() { Outcome::Good } else { Outcome::Bad })
}

fn hf(arguments: &DecodeArguments, around: &Around<'_>) -> Result<Decoded, Failure> {
    let Hex(memory) = arguments.memory.join(" ").parse().map_err(Failure::Memory)?;
    around.check_locked(memory.len())?;
    match &arguments.layout {
        None => Ok(data::decode(&memory, &around.hints())),
        Some(name) => match around.layout(name)? {
            (layout, Air::Hf) => Ok(data::decode_as(&memory, &layout, &around.hints())),
            (layout, Air::Uhf) => Err(Failure::NeedsEpc { layout }),
        },
    }
}

fn uhf(arguments: &DecodeArguments, around: &Around<'_>, epc: &Hex) -> Result<Decoded, Failure> {
    let known = match arguments.layout.as_deref().map(|name| around.layout(name)).transpose()? {
        None => None,
        Some((layout, Air::Uhf)) => Some(layout),
        Some((layout, Air::Hf)) => return Err(Failure::NeedsMemory { layout }),
    };
    for (is_given, name) in
        [(arguments.around.dsfid.is_some(), "--dsfid"), (arguments.around.locked.is_some(), "--locked")]
    {
        if is_given {
            return Err(Failure::OnlyHf { name });
        }
    }
    let user = arguments.user.as_ref().map(|user| user.0.as_slice());
    uhf::decode(&epc.0, user, known.as_ref(), &around.hints())
}
