//! What was seen of a reader that does not answer as it should, and what that tells.

use std::fmt;

use rfid_driver::port::DownCause;

/// What was seen, over all that was tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Clues {
    /// The settings at which most bytes came that belonged to no frame, and how many.
    garbage: Option<(String, u64)>,
    /// The settings at which something answered and refused what a pad needs.
    refuses: Option<String>,
    /// How often the port vanished while it was asked.
    pub(super) n_vanished: u32,
}

impl Clues {
    /// Takes what was seen at these settings.
    pub(super) fn take(&mut self, line: &str, cause: &DownCause, n_garbage: u64) {
        let most = self.garbage.as_ref().map_or(0, |(_, n)| *n);
        if n_garbage > most {
            self.garbage = Some((line.to_owned(), n_garbage));
        }
        if *cause == DownCause::Refuses && self.refuses.is_none() {
            self.refuses = Some(line.to_owned());
        }
        self.n_vanished += u32::from(is_vanished(cause));
    }
}

/// Whether the port itself went away: a reader that resets takes its USB port with it.
pub(super) fn is_vanished(cause: &DownCause) -> bool {
    match cause {
        DownCause::Unplugged | DownCause::Link { .. } | DownCause::Closed => true,
        DownCause::Open(_) | DownCause::Garbled | DownCause::Silent | DownCause::Refuses => false,
    }
}

impl fmt::Display for Clues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.n_vanished > 0 {
            write!(
                f,
                "\nthe port vanished {} times while it was asked, so the reader resets: give it a supply of its own or a powered hub, a short cable, and no other program that switches it",
                self.n_vanished
            )?;
        }
        if let Some(line) = &self.refuses {
            write!(
                f,
                "\nsomething answers at {line} and refuses what is needed: set its mode (FEIG: ISO host; modules: their application, not their loader), or update it"
            )?;
        }
        if let Some((line, n)) = &self.garbage {
            write!(
                f,
                "\nsomething answers, most at {line}: {n} bytes that are no frames. The speed or the parity is another one, it speaks another family, or another program uses the line: try without --protocol, --baud and --parity, or see what its maker's program has set"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_seen_tells_nothing_and_each_clue_tells_what_to_do() {
        let mut clues = Clues::default();
        clues.take("m100 115200 8N1", &DownCause::Silent, 0);
        assert_eq!(clues.to_string(), "");
        clues.take("m100 9600 8N1", &DownCause::Silent, 7);
        clues.take("m100 19200 8N1", &DownCause::Refuses, 3);
        clues.take("m100 19200 8N1", &DownCause::Unplugged, 0);
        let told = clues.to_string();
        for word in ["vanished 1 times", "most at m100 9600 8N1: 7 bytes", "answers at m100 19200 8N1"] {
            assert!(told.contains(word), "{word:?} is not in: {told}");
        }
    }
}
