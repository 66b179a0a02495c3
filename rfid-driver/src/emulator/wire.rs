//! The requests out of the bytes of the host, whatever the family.

use std::time::{Duration, Instant};

use super::Model;
use crate::frame::{Items, Resync};
use crate::hf::{m810, obid};
use crate::uhf::{llrp, m100, mercury, r2000, reader18};

#[derive(Clone, Debug)]
pub(super) enum Wire {
    Obid(Resync<obid::Requests>),
    M810(Resync<m810::Requests>),
    M100(Resync<m100::Requests>),
    R2000(Resync<r2000::Requests>),
    Reader18(Resync<reader18::Requests>),
    Mercury(Resync<mercury::Requests>),
    Llrp(Resync<llrp::Requests>),
}

impl Wire {
    pub(super) fn new(model: Model) -> Self {
        match model {
            Model::Mr101 | Model::Cpr02 => Self::Obid(Resync::new(GAP)),
            Model::M810 => Self::M810(Resync::new(GAP)),
            Model::M100 => Self::M100(Resync::new(GAP)),
            Model::R2000 => Self::R2000(Resync::new(GAP)),
            Model::Reader18 | Model::Reader288 => Self::Reader18(Resync::new(GAP)),
            Model::Mercury => Self::Mercury(Resync::new(GAP)),
            Model::Llrp => Self::Llrp(Resync::new(GAP)),
        }
    }

    pub(super) fn push(&mut self, now: Instant, bytes: &[u8], out: &mut Items) {
        match self {
            Self::Obid(resync) => resync.push(now, bytes, out),
            Self::M810(resync) => resync.push(now, bytes, out),
            Self::M100(resync) => resync.push(now, bytes, out),
            Self::R2000(resync) => resync.push(now, bytes, out),
            Self::Reader18(resync) => resync.push(now, bytes, out),
            Self::Mercury(resync) => resync.push(now, bytes, out),
            Self::Llrp(resync) => resync.push(now, bytes, out),
        }
    }

    pub(super) fn tick(&mut self, now: Instant, out: &mut Items) {
        match self {
            Self::Obid(resync) => resync.tick(now, out),
            Self::M810(resync) => resync.tick(now, out),
            Self::M100(resync) => resync.tick(now, out),
            Self::R2000(resync) => resync.tick(now, out),
            Self::Reader18(resync) => resync.tick(now, out),
            Self::Mercury(resync) => resync.tick(now, out),
            Self::Llrp(resync) => resync.tick(now, out),
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Obid(resync) => resync.deadline(),
            Self::M810(resync) => resync.deadline(),
            Self::M100(resync) => resync.deadline(),
            Self::R2000(resync) => resync.deadline(),
            Self::Reader18(resync) => resync.deadline(),
            Self::Mercury(resync) => resync.deadline(),
            Self::Llrp(resync) => resync.deadline(),
        }
    }

    pub(super) fn clear(&mut self) {
        match self {
            Self::Obid(resync) => resync.clear(),
            Self::M810(resync) => resync.clear(),
            Self::M100(resync) => resync.clear(),
            Self::R2000(resync) => resync.clear(),
            Self::Reader18(resync) => resync.clear(),
            Self::Mercury(resync) => resync.clear(),
            Self::Llrp(resync) => resync.clear(),
        }
    }
}

/// The longest silence within a frame.
const GAP: Duration = Duration::from_millis(12);
