//! The other sides of the wire: each part as a machine, and the program around them.

pub mod dispenser;
#[cfg(feature = "emulator")]
pub mod draw;
pub mod idcard;
pub mod modbus;
pub mod parse;
pub mod printer;
#[cfg(feature = "emulator")]
pub mod shell;

use std::time::Instant;

/// An emulated part: bytes in, bytes out, and what can go wrong as commands.
pub trait Emulated {
    /// Takes bytes of the host; none, if only time has passed. `out` gets what is sent to it.
    fn handle(&mut self, now: Instant, bytes: &[u8], out: &mut Vec<Vec<u8>>);

    /// When something is due.
    fn deadline(&self) -> Option<Instant>;

    /// Carries out a command of whoever plays with it; `None` if it knows none of this name.
    ///
    /// # Errors
    /// What is wrong with the command, in words.
    fn command(
        &mut self,
        now: Instant,
        words: &[&str],
        lines: &mut Vec<String>,
    ) -> Option<Result<String, String>>;

    /// The commands that it knows.
    fn help(&self) -> &'static [&'static str];

    /// The cable is pulled.
    fn unplug(&mut self);
}
