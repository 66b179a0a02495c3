//! What lies on the pad now, from what the driver tells.

use rfid_driver::port::{Arrival, DownCause, ReaderEvent};

/// The pad.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pad {
    here: Vec<Arrival>,
    /// no other tag is hidden
    is_complete: bool,
    /// nothing: it was not heard of yet
    state: Option<Result<(), DownCause>>,
}

impl Pad {
    pub(crate) fn take(&mut self, event: &ReaderEvent) {
        match event {
            ReaderEvent::Up(_) => self.state = Some(Ok(())),
            ReaderEvent::Down(cause) => (self.state, self.is_complete) = (Some(Err(cause.clone())), false),
            ReaderEvent::Arrived(arrival) => {
                self.here.retain(|here| here.tag != arrival.tag);
                self.here.push(arrival.clone());
                self.is_complete = false;
            }
            ReaderEvent::Departed { tag } => {
                self.here.retain(|here| here.tag != *tag);
                self.is_complete = false;
            }
            ReaderEvent::Complete { .. } => self.is_complete = true,
            ReaderEvent::Heard(_)
            | ReaderEvent::Wrote { .. }
            | ReaderEvent::Programmed { .. }
            | ReaderEvent::Dumped { .. }
            | ReaderEvent::Power { .. }
            | ReaderEvent::Trouble(_)
            | ReaderEvent::TroubleOver(_) => {}
        }
    }

    /// The tags, in the order in which they came.
    pub(crate) fn here(&self) -> &[Arrival] {
        &self.here
    }

    /// Whether all tags are known.
    pub(crate) const fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Whether it is sure that nothing lies there.
    pub(crate) fn is_empty(&self) -> bool {
        self.is_complete && self.here.is_empty()
    }

    /// The only tag, once it is sure to be that.
    pub(crate) fn only(&self) -> Option<&Arrival> {
        match self.here.as_slice() {
            [one] if self.is_complete => Some(one),
            _ => None,
        }
    }

    /// Why the reader does not answer, if it does not.
    pub(crate) fn down(&self) -> Option<&DownCause> {
        self.state.as_ref().and_then(|state| state.as_ref().err())
    }

    /// Whether the reader has answered, or not.
    pub(crate) fn is_known(&self) -> bool {
        self.state.is_some()
    }
}
