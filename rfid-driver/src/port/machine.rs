//! What the shell needs of a machine that drives a reader.

use std::time::Instant;

use crate::hf::HfProtocol;
use crate::pad::{Input, Output, Pad, Seen};
use crate::uhf::UhfProtocol;
use crate::uhf_pad::UhfPad;

/// A machine: see [`Pad`] and [`UhfPad`].
pub(super) trait Machine {
    /// Takes one input at `now`.
    fn handle(&mut self, now: Instant, input: Input<'_>, out: &mut Vec<Output>);

    /// When [`Input::Tick`] is due.
    fn deadline(&self) -> Option<Instant>;

    /// Whether the reader answers.
    fn is_up(&self) -> bool;

    /// How many commands wait for their outcome.
    fn n_jobs(&self) -> usize;

    /// How many bytes belonged to no frame so far.
    fn n_garbage(&self) -> u64;

    /// How many rounds were carried out so far.
    fn n_rounds(&self) -> u64;

    /// What is seen now, tag by tag.
    fn seen(&self) -> Vec<Seen>;
}

impl<P: HfProtocol> Machine for Pad<P> {
    fn handle(&mut self, now: Instant, input: Input<'_>, out: &mut Vec<Output>) {
        Self::handle(self, now, input, out);
    }

    fn deadline(&self) -> Option<Instant> {
        Self::deadline(self)
    }

    fn is_up(&self) -> bool {
        Self::is_up(self)
    }

    fn n_jobs(&self) -> usize {
        Self::n_jobs(self)
    }

    fn n_garbage(&self) -> u64 {
        Self::n_garbage(self)
    }

    fn n_rounds(&self) -> u64 {
        Self::n_rounds(self)
    }

    fn seen(&self) -> Vec<Seen> {
        Self::seen(self)
    }
}

impl<P: UhfProtocol> Machine for UhfPad<P> {
    fn handle(&mut self, now: Instant, input: Input<'_>, out: &mut Vec<Output>) {
        Self::handle(self, now, input, out);
    }

    fn deadline(&self) -> Option<Instant> {
        Self::deadline(self)
    }

    fn is_up(&self) -> bool {
        Self::is_up(self)
    }

    fn n_jobs(&self) -> usize {
        Self::n_jobs(self)
    }

    fn n_garbage(&self) -> u64 {
        Self::n_garbage(self)
    }

    fn n_rounds(&self) -> u64 {
        Self::n_rounds(self)
    }

    fn seen(&self) -> Vec<Seen> {
        Self::seen(self)
    }
}
