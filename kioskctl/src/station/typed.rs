//! What is typed at the station: barcodes, by a scanner that is a keyboard, and a few words; and Ctrl-C.

use std::io::BufRead as _;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::list;
use crate::failure::Failure;

/// A line, by what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Something that a scanner read.
    Barcode(String),
    /// Take back the last tag.
    Undo,
    /// Leave this item.
    Skip,
    /// End.
    End,
    /// None of these, and why.
    Nothing(String),
    /// Nobody types any more.
    Over,
    /// Ctrl-C.
    Interrupt,
}

/// The keyboard.
#[derive(Debug)]
pub(super) struct Typed {
    lines: mpsc::Receiver<String>,
    interrupt: Signal,
    is_over: bool,
}

impl Typed {
    /// Listens. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`Failure::System`] without signals.
    pub(super) fn listen() -> Result<Self, Failure> {
        let interrupt = signal(SignalKind::interrupt()).map_err(Failure::System)?;
        let (say, lines) = mpsc::channel(AHEAD);
        // A read from a terminal is not given up: the thread ends with the program.
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                if say.blocking_send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { lines, interrupt, is_over: false })
    }

    /// The next thing that is said; [`Said::Over`] once. Given up in the middle, it loses nothing.
    pub(super) async fn next(&mut self) -> Said {
        tokio::select! {
            _ = self.interrupt.recv() => Said::Interrupt,
            line = self.lines.recv(), if !self.is_over => match line {
                Some(line) => parse(&line),
                None => {
                    self.is_over = true;
                    Said::Over
                }
            },
        }
    }

    /// Whether nobody types any more.
    pub(super) const fn is_over(&self) -> bool {
        self.is_over
    }
}

fn parse(line: &str) -> Said {
    match line.trim() {
        "undo" | "撤销" => Said::Undo,
        "skip" | "跳过" => Said::Skip,
        "end" | "结束" => Said::End,
        "" => Said::Nothing(WORDS.to_owned()),
        other => list::item(other).map_or_else(Said::Nothing, Said::Barcode),
    }
}

/// The words that there are.
const WORDS: &str = "扫条码 scan a barcode, or type undo, skip or end";
/// Barcodes that are scanned while a tag is written.
const AHEAD: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_word_or_a_barcode() {
        for (line, said) in [
            ("undo", Said::Undo),
            (" 跳过\r", Said::Skip),
            ("end", Said::End),
            ("LW0000001\r", Said::Barcode("LW0000001".to_owned())),
            ("UNDO", Said::Barcode("UNDO".to_owned())),
            ("", Said::Nothing(WORDS.to_owned())),
        ] {
            assert_eq!(parse(line), said, "{line:?}");
        }
        assert!(matches!(parse("LW 1"), Said::Nothing(why) if why.contains("is no barcode")));
    }
}
