//! Tags as bytes: no reader is needed.

pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod report;
mod uhf;

use std::sync::Arc;

use rfid_driver::data::local::LocalLayout;
use rfid_driver::data::{Hints, Layout};
use rfid_driver::tag::{Afi, Dsfid, SecurityPolicy};

use crate::arguments::AroundMemory;
use crate::failure::Failure;
use crate::settings;

/// What is known of a tag besides its memory.
struct Around<'a> {
    arguments: &'a AroundMemory,
    policy: SecurityPolicy,
    layouts: Arc<[LocalLayout]>,
}

impl<'a> Around<'a> {
    fn of(arguments: &'a AroundMemory) -> Result<Self, Failure> {
        let (policy, layouts) = settings::tags(arguments.config.as_deref())?;
        Ok(Self { arguments, policy, layouts })
    }

    fn block_size(&self) -> usize {
        self.arguments.block_size.into()
    }

    fn afi(&self) -> Option<Afi> {
        self.arguments.afi.map(|afi| Afi(afi.0))
    }

    fn dsfid(&self) -> Option<Dsfid> {
        self.arguments.dsfid.map(|dsfid| Dsfid(dsfid.0))
    }

    fn hints(&self) -> Hints<'_> {
        Hints {
            dsfid: self.dsfid(),
            afi: self.afi(),
            block_size: self.block_size(),
            locked: self.arguments.locked.as_ref().map_or(&[], |map| map.0.as_slice()),
            local: &self.layouts,
            policy: self.policy,
        }
    }

    /// The layout of a name, and for which kind of tag it is.
    fn layout(&self, name: &str) -> Result<(Layout, Air), Failure> {
        let Ok(layout) = name.parse::<Layout>();
        match layout {
            Layout::Iso28560Part2 | Layout::Iso28560Part3(_) | Layout::Rfid501 => Ok((layout, Air::Hf)),
            Layout::Iso28560Part4 | Layout::Gaoxiao => Ok((layout, Air::Uhf)),
            Layout::Local(name) if self.layouts.iter().any(|local| local.name == name) => {
                Ok((Layout::Local(name), Air::Hf))
            }
            Layout::Local(name) => {
                let known = self.layouts.iter().map(|local| local.name.clone()).collect();
                Err(Failure::UnknownLayout { name, known, is_configured: self.arguments.config.is_some() })
            }
        }
    }

    /// A lock map longer than the memory was meant for another tag.
    fn check_locked(&self, n_bytes: usize) -> Result<(), Failure> {
        let n_blocks = n_bytes.div_ceil(self.block_size());
        let n_marks = self.hints().locked.len();
        if n_marks > n_blocks { Err(Failure::LockMap { n_marks, n_blocks }) } else { Ok(()) }
    }
}

/// Which kind of tag a layout is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Air {
    Hf,
    Uhf,
}
