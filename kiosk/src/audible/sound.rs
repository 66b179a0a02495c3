//! The port to whatever plays sounds: short files of our own, made by `scripts/make-sounds`.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use circulation::screen::Cue;
use tokio::process::Command;
use tokio::sync::mpsc;
use tracing::{debug, info};

use super::program;

/// What plays sounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sound {
    program: PathBuf,
    arguments: &'static [&'static str],
    folder: PathBuf,
}

impl Sound {
    /// What is installed on this machine.
    #[must_use]
    pub fn find() -> Option<Self> {
        PLAYERS.iter().find_map(|(name, arguments)| {
            Some(Self { program: program::find(name)?, arguments, folder: PathBuf::new() })
        })
    }

    /// Puts the files into a folder, since not every player takes them otherwise.
    ///
    /// # Errors
    /// What the system says.
    pub fn with_files_in(self, data_dir: &Path) -> io::Result<Self> {
        let folder = data_dir.join(FOLDER);
        std::fs::create_dir_all(&folder)?;
        for cue in CUES {
            let (name, bytes) = file(cue);
            std::fs::write(folder.join(name), bytes)?;
        }
        Ok(Self { folder, ..self })
    }

    fn command(&self, cue: Cue) -> Command {
        let mut command = Command::new(&self.program);
        command.args(self.arguments).arg(self.folder.join(file(cue).0));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        command
    }
}

/// Plays one sound after another, until nobody can send one any more.
pub(super) async fn run(sound: Sound, mut cues: mpsc::Receiver<Cue>) {
    info!(program = %sound.program.display(), "sounds can be played");
    while let Some(cue) = cues.recv().await {
        match sound.command(cue).status().await {
            Ok(status) if status.success() => {}
            Ok(status) => debug!(?cue, %status, "a sound was not played"),
            Err(cause) => debug!(?cue, %cause, "a sound was not played"),
        }
    }
}

const fn file(cue: Cue) -> (&'static str, &'static [u8]) {
    match cue {
        Cue::Placed => ("placed.wav", include_bytes!("../../sounds/placed.wav")),
        Cue::Done => ("done.wav", include_bytes!("../../sounds/done.wav")),
        Cue::Refused => ("refused.wav", include_bytes!("../../sounds/refused.wav")),
        Cue::CardLeft => ("left.wav", include_bytes!("../../sounds/left.wav")),
    }
}

const CUES: [Cue; 4] = [Cue::Placed, Cue::Done, Cue::Refused, Cue::CardLeft];

const PLAYERS: [(&str, &[&str]); 3] = [("pw-play", &[]), ("paplay", &[]), ("aplay", &["-q"])];
const FOLDER: &str = "sounds";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sound_is_a_short_soft_wave_file() {
        for cue in CUES {
            let (name, bytes) = file(cue);
            assert!(bytes.len() < 30_000, "{name}: {} bytes", bytes.len());
            assert_eq!((&bytes[..4], &bytes[8..16]), (&b"RIFF"[..], &b"WAVEfmt "[..]), "{name}");
            let samples: Vec<i16> =
                bytes[44..].chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect();
            let loudest = samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
            // A third of what is possible at most, and no click at either end.
            assert!((3_000..11_000).contains(&loudest), "{name}: {loudest}");
            assert!(
                samples[0].unsigned_abs() < 200 && samples[samples.len() - 1].unsigned_abs() < 200,
                "{name}"
            );
        }
    }

    #[test]
    fn the_files_are_there_for_the_player() {
        let folder = tempfile::tempdir().unwrap();
        let sound = Sound { program: "/bin/true".into(), arguments: &["-q"], folder: PathBuf::new() };
        let sound = sound.with_files_in(folder.path()).unwrap();
        let command = sound.command(Cue::Done);
        let arguments: Vec<_> = command.as_std().get_args().collect();
        assert_eq!(arguments[0], "-q");
        assert!(Path::new(arguments[1]).is_file());
    }
}
