//! The requests out of the bytes of the host, whatever the family.

use std::time::{Duration, Instant};

use super::Model;
use crate::frame::{Item, Resync};
use crate::hf::{m810, obid};

#[derive(Clone, Debug)]
pub(super) enum Wire {
    Obid(Resync<obid::Requests>),
    M810(Resync<m810::Requests>),
}

impl Wire {
    pub(super) fn new(model: Model) -> Self {
        match model {
            Model::Mr101 | Model::Cpr02 => Self::Obid(Resync::new(GAP)),
            Model::M810 => Self::M810(Resync::new(GAP)),
        }
    }

    pub(super) fn push(&mut self, now: Instant, bytes: &[u8], out: &mut Vec<Item>) {
        match self {
            Self::Obid(resync) => resync.push(now, bytes, out),
            Self::M810(resync) => resync.push(now, bytes, out),
        }
    }

    pub(super) fn tick(&mut self, now: Instant, out: &mut Vec<Item>) {
        match self {
            Self::Obid(resync) => resync.tick(now, out),
            Self::M810(resync) => resync.tick(now, out),
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Obid(resync) => resync.deadline(),
            Self::M810(resync) => resync.deadline(),
        }
    }

    pub(super) fn clear(&mut self) {
        match self {
            Self::Obid(resync) => resync.clear(),
            Self::M810(resync) => resync.clear(),
        }
    }
}

/// The longest silence within a frame.
const GAP: Duration = Duration::from_millis(12);
