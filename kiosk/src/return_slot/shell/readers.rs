//! What the two readers tell.

use rfid_driver::port::ReaderEvent;
use supervision::part::{Part, State};
use tokio::sync::mpsc;
use tracing::{debug, error, info, warn};

use super::{ENDED, Shell};
use crate::supervise::Reporter;

impl Shell {
    pub(super) fn tunnel(&mut self, event: Option<ReaderEvent>) {
        let Some(event) = event else {
            error!("the reader over the belt has ended");
            self.tags.forget();
            self.reporter.ended(Part::Reader, ENDED);
            return;
        };
        tell_reader(&self.reporter, Part::Reader, &event);
        match event {
            ReaderEvent::Arrived(arrival) => {
                let input = self.tags.arrived(&arrival);
                input.into_iter().for_each(|input| self.handle(input));
            }
            ReaderEvent::Departed { tag } => self.tags.departed(tag),
            ReaderEvent::Down(_) => self.tags.forget(),
            ReaderEvent::Programmed { .. } | ReaderEvent::Dumped { .. } | ReaderEvent::Power { .. } => {
                if self.programmed.send(event).is_err() {
                    debug!("nobody waits for the reader's answer");
                }
            }
            ReaderEvent::Up(_)
            | ReaderEvent::Complete { .. }
            | ReaderEvent::Wrote { .. }
            | ReaderEvent::Trouble(_)
            | ReaderEvent::TroubleOver(_)
            | ReaderEvent::Heard(_) => {}
        }
    }

    pub(super) fn inner(&mut self, event: Option<ReaderEvent>) {
        let input = match event {
            None => {
                error!("the reader behind the flap has ended");
                self.reporter.ended(Part::Inner, ENDED);
                self.tags.forget_inside()
            }
            Some(event) => {
                tell_reader(&self.reporter, Part::Inner, &event);
                match event {
                    ReaderEvent::Arrived(arrival) => self.tags.arrived_inside(&arrival, self.inner.as_ref()),
                    ReaderEvent::Departed { tag } => {
                        self.tags.departed_inside(tag);
                        None
                    }
                    ReaderEvent::Wrote { request, outcome, .. } => self.tags.wrote(request, outcome),
                    ReaderEvent::Down(_) => self.tags.forget_inside(),
                    ReaderEvent::Up(_)
                    | ReaderEvent::Complete { .. }
                    | ReaderEvent::Programmed { .. }
                    | ReaderEvent::Dumped { .. }
                    | ReaderEvent::Power { .. }
                    | ReaderEvent::Trouble(_)
                    | ReaderEvent::TroubleOver(_)
                    | ReaderEvent::Heard(_) => None,
                }
            }
        };
        input.into_iter().for_each(|input| self.handle(input));
    }

    pub(super) fn restart_tunnel(&mut self) -> mpsc::Receiver<ReaderEvent> {
        self.tags.forget();
        self.tunnel.restart()
    }
}

/// How a reader is, by what it tells.
fn tell_reader(reporter: &Reporter, part: Part, event: &ReaderEvent) {
    match event {
        ReaderEvent::Up(identity) => {
            let detail = format!("{} {}", identity.model, identity.firmware);
            info!(part = part.word(), detail, "a reader answers");
            reporter.is(part, State::Up, detail.trim());
        }
        ReaderEvent::Down(cause) => {
            warn!(part = part.word(), %cause, "a reader does not answer");
            reporter.is(part, State::Down, cause.to_string());
        }
        ReaderEvent::Arrived(_)
        | ReaderEvent::Departed { .. }
        | ReaderEvent::Complete { .. }
        | ReaderEvent::Wrote { .. }
        | ReaderEvent::Trouble(_)
        | ReaderEvent::TroubleOver(_)
        | ReaderEvent::Heard(_)
        | ReaderEvent::Programmed { .. }
        | ReaderEvent::Dumped { .. }
        | ReaderEvent::Power { .. } => {}
    }
}
