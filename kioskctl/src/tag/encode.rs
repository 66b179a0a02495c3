//! `kioskctl tag encode`: the memory that says so, and the writes that make it so.

use rfid_driver::data::epc::{self, Bank, EpcBank, WordWrite};
use rfid_driver::data::gaoxiao::Head;
use rfid_driver::data::{
    self, Charset, Draft, EncodeError, Hints, Layout, Step, Usage, WritePlan, gaoxiao, iso28560_4,
};
use rfid_driver::tag::{Dsfid, Security};
use serde::Serialize;

use super::{Air, Around};
use crate::arguments::{CharsetArgument, EncodeArguments};
use crate::failure::Failure;
use crate::hex::Digits;
use crate::{Outcome, say, table};

/// Encodes and prints.
///
/// # Errors
/// [`Failure`] if the arguments are wrong, or the draft has no form on such a tag.
pub(crate) fn run(arguments: &EncodeArguments) -> Result<Outcome, Failure> {
    let around = Around::of(&arguments.around)?;
    let text = match around.layout(&arguments.layout)? {
        (layout, Air::Hf) => hf(arguments, &around, layout)?,
        (layout, Air::Uhf) => uhf(arguments, &around, layout)?,
    };
    say(&text)?;
    Ok(Outcome::Good)
}

/// The JSON object of an HF tag.
#[derive(Debug, Serialize)]
struct HfReport {
    layout: String,
    item_id: String,
    block_size: usize,
    /// Null if it is not known what the tag has.
    dsfid: Option<String>,
    memory: String,
    blocks: Vec<String>,
    plan: Vec<HfStep>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum HfStep {
    Block { block: usize, bytes: String },
    Dsfid { dsfid: String },
}

/// The JSON object of a UHF tag.
#[derive(Debug, Serialize)]
struct UhfReport {
    layout: String,
    item_id: String,
    /// The whole bank: CRC, PC word, UII.
    epc: String,
    pc: String,
    uii: String,
    user: String,
    plan: Vec<UhfStep>,
}

#[derive(Debug, Serialize)]
struct UhfStep {
    bank: &'static str,
    word: usize,
    value: String,
}

fn hf(arguments: &EncodeArguments, around: &Around<'_>, layout: Layout) -> Result<String, Failure> {
    let now = memory_now(arguments, around.block_size())?;
    around.check_locked(now.len())?;
    let fresh = arguments.over.is_none().then_some(Dsfid(0));
    let hints = Hints { dsfid: around.dsfid().or(fresh), ..around.hints() };
    let plan = data::plan(&draft(arguments), &layout, &now, &hints)
        .map_err(|error| Failure::Encode { layout: layout.clone(), error })?;
    let report = HfReport::of(arguments, &layout, &plan, around.block_size());
    if arguments.json { json(&report) } else { Ok(report.table(&plan, &layout)) }
}

fn uhf(arguments: &EncodeArguments, around: &Around<'_>, layout: Layout) -> Result<String, Failure> {
    for (is_given, name) in [
        (arguments.over.is_some(), "--over"),
        (arguments.blocks.is_some(), "--blocks"),
        (arguments.around.dsfid.is_some(), "--dsfid"),
        (arguments.around.locked.is_some(), "--locked"),
    ] {
        if is_given {
            return Err(Failure::OnlyHf { name });
        }
    }
    let draft = draft(arguments);
    let afi = around.afi().unwrap_or(around.policy.secured);
    let security = around.policy.security(afi).unwrap_or(Security::Secured);
    let encoded = if layout == Layout::Gaoxiao {
        gaoxiao::encode(&draft, Head { security, ..Head::default() })
    } else {
        iso28560_4::encode(&draft, afi)
    };
    let (pc, uii, user) = encoded.map_err(|error| Failure::Encode { layout: layout.clone(), error })?;
    // What cannot be read back must not be written.
    let bank = EpcBank { stored_crc: None, pc, uii: &uii };
    let hints = Hints { afi: None, ..around.hints() };
    if data::decode_uhf(&bank, Some(&user), &hints).item_id() != Some(arguments.item.as_str()) {
        return Err(Failure::Encode { layout, error: EncodeError::PrimaryItemId });
    }
    let report = UhfReport {
        layout: layout.to_string(),
        item_id: arguments.item.clone(),
        epc: Digits(&epc::bank(pc, &uii)).to_string(),
        pc: format!("{:04X}", pc.0),
        uii: Digits(&uii).to_string(),
        user: Digits(&user).to_string(),
        plan: epc::plan(pc, &uii, &user).into_iter().map(UhfStep::from).collect(),
    };
    if arguments.json { json(&report) } else { Ok(report.table()) }
}

fn draft(arguments: &EncodeArguments) -> Draft {
    Draft {
        primary_item_id: arguments.item.clone(),
        owner: arguments.isil.clone(),
        set: arguments.set.map(|set| set.0),
        usage: arguments.usage.map(|usage| Usage(usage.0)),
        shelf_location: arguments.shelf.clone(),
        title: arguments.title.clone(),
        others: Vec::new(),
        charset: arguments.charset.map_or_else(Charset::default, Charset::from),
    }
}

/// What is on the tag now.
fn memory_now(arguments: &EncodeArguments, block_size: usize) -> Result<Vec<u8>, Failure> {
    let n_blocks = arguments.blocks.map(usize::from);
    let Some(over) = &arguments.over else {
        return Ok(vec![0; n_blocks.unwrap_or(USUAL_BLOCKS) * block_size]);
    };
    let n_bytes = over.0.len();
    if n_bytes % block_size != 0 {
        return Err(Failure::HalfBlock { n_bytes, block_size });
    }
    match n_blocks.filter(|n_blocks| n_blocks * block_size != n_bytes) {
        Some(n_blocks) => Err(Failure::Size { n_blocks, block_size, n_bytes }),
        None => Ok(over.0.clone()),
    }
}

fn json(report: &impl Serialize) -> Result<String, Failure> {
    let mut json = serde_json::to_string(report).map_err(Failure::Json)?;
    json.push('\n');
    Ok(json)
}

impl HfReport {
    fn of(arguments: &EncodeArguments, layout: &Layout, plan: &WritePlan, block_size: usize) -> Self {
        let steps = plan.steps.iter().map(|step| match step {
            Step::Block { block, bytes } => HfStep::Block { block: *block, bytes: Digits(bytes).to_string() },
            Step::Dsfid(dsfid) => HfStep::Dsfid { dsfid: dsfid.to_string() },
        });
        Self {
            layout: layout.to_string(),
            item_id: arguments.item.clone(),
            block_size,
            dsfid: plan.dsfid.map(|dsfid| dsfid.to_string()),
            memory: Digits(&plan.memory).to_string(),
            blocks: plan.memory.chunks(block_size).map(|block| Digits(block).to_string()).collect(),
            plan: steps.collect(),
        }
    }

    fn table(&self, plan: &WritePlan, layout: &Layout) -> String {
        let n_used = plan.memory.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let dsfid = match (&self.dsfid, layout) {
            (Some(dsfid), _) => dsfid.clone(),
            (None, Layout::Iso28560Part2) => {
                "06 is right; give --dsfid with what the tag has, so that the plan knows".to_owned()
            }
            (None, _) => "-".to_owned(),
        };
        let mut text = table::pairs(&[
            ("layout", self.layout.clone()),
            ("item id", self.item_id.clone()),
            ("dsfid", dsfid),
            (
                "memory",
                format!("{} blocks of {} bytes, {n_used} bytes used", self.blocks.len(), self.block_size),
            ),
        ]);
        text.push('\n');
        text.push_str(&table::rows(["block", "bytes"], &self.block_rows()));
        if plan.steps.is_empty() {
            text.push_str("\nnothing to write: the tag is already so\n");
            return text;
        }
        text.push_str("\nwrite in this order, each write read back before the next\n");
        text.push_str(&table::rows(["step", "what", "bytes", ""], &step_rows(&plan.steps)));
        text
    }

    /// The blocks; the same one over and over again is one row.
    fn block_rows(&self) -> Vec<[String; 2]> {
        let mut at = 0;
        let runs = self.blocks.chunk_by(|one, next| one == next);
        let rows = runs.map(|run| {
            let first = at;
            at += run.len();
            let name = if run.len() == 1 {
                format!("{first:>5}")
            } else {
                format!("{:>5}", format!("{first}-{}", at - 1))
            };
            [name, run.first().cloned().unwrap_or_default()]
        });
        rows.collect()
    }
}

fn step_rows(steps: &[Step]) -> Vec<[String; 4]> {
    let is_again = |at: usize, block: usize| {
        steps
            .iter()
            .skip(at + 1)
            .any(|step| matches!(step, Step::Block { block: later, .. } if *later == block))
    };
    let rows = steps.iter().enumerate().map(|(at, step)| {
        let (what, bytes, remark) = match step {
            Step::Block { block, bytes } if is_again(at, *block) => {
                (format!("block {block}"), Digits(bytes).to_string(), "erased: the old number is gone")
            }
            Step::Block { block, bytes } if at + 1 == steps.len() && at > 0 => {
                (format!("block {block}"), Digits(bytes).to_string(), "last: now the tag has its number")
            }
            Step::Block { block, bytes } => (format!("block {block}"), Digits(bytes).to_string(), ""),
            Step::Dsfid(dsfid) => ("DSFID".to_owned(), dsfid.to_string(), ""),
        };
        [format!("{:>4}", at + 1), what, bytes, remark.to_owned()]
    });
    rows.collect()
}

impl UhfReport {
    fn table(&self) -> String {
        let user = if self.user.is_empty() { "nothing to write" } else { &self.user };
        let mut text = table::pairs(&[
            ("layout", self.layout.clone()),
            ("item id", self.item_id.clone()),
            ("PC word", self.pc.clone()),
            ("UII", self.uii.clone()),
            ("EPC bank", format!("{}  (the tag makes the first word itself)", self.epc)),
            ("user bank", user.to_owned()),
        ]);
        text.push_str(
            "\nwrite in this order, each word read back before the next; find the tag by its TID meanwhile\n",
        );
        let rows = self.plan.iter().enumerate().map(|(at, step)| {
            let remark = match (at, at + 1 == self.plan.len()) {
                (0, _) => "erased: the old number is gone",
                (_, true) => "last: now the tag has its number",
                (_, false) => "",
            };
            [
                format!("{:>4}", at + 1),
                format!("{} word {}", step.bank, step.word),
                step.value.clone(),
                remark.to_owned(),
            ]
        });
        text.push_str(&table::rows(["step", "what", "value", ""], &rows.collect::<Vec<_>>()));
        text
    }
}

impl From<CharsetArgument> for Charset {
    fn from(argument: CharsetArgument) -> Self {
        match argument {
            CharsetArgument::Utf8 => Self::Utf8,
            CharsetArgument::Latin1 => Self::Latin1,
        }
    }
}

impl From<WordWrite> for UhfStep {
    fn from(write: WordWrite) -> Self {
        let bank = match write.bank {
            Bank::Epc => "epc",
            Bank::User => "user",
        };
        Self { bank, word: write.word, value: format!("{:04X}", write.value) }
    }
}

/// The tags that most libraries buy: 112 bytes.
const USUAL_BLOCKS: usize = 28;
