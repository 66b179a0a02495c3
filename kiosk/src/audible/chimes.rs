//! The sounds alone, for a screen that nobody supervises.

use std::path::Path;

use circulation::screen::{Cue, Screen, cue};
use tokio::sync::mpsc;
use tracing::debug;

use super::sound::{self, Sound};

/// Follows a screen with sounds; silent where nothing plays them.
#[derive(Debug, Default)]
pub struct Chimes {
    last: Option<Screen>,
    play: Option<mpsc::Sender<Cue>>,
}

impl Chimes {
    /// Puts the sounds into a folder and starts what plays them, if this machine has something for it. Needs a tokio runtime.
    #[must_use]
    pub fn start(folder: &Path) -> Self {
        let found = Sound::find().and_then(|sound| {
            sound.with_files_in(folder).inspect_err(|cause| debug!(%cause, "no sounds")).ok()
        });
        let play = found.map(|sound| {
            let (play, cues) = mpsc::channel(1);
            tokio::spawn(sound::run(sound, cues));
            play
        });
        Self { last: None, play }
    }

    /// Plays what goes with the step to this screen; one sound at a time.
    pub fn saw(&mut self, screen: &Screen) {
        let Some(play) = &self.play else { return };
        if let Some(last) = &self.last
            && let Some(cue) = cue(last, screen)
            && play.try_send(cue).is_err()
        {
            debug!(?cue, "a sound is left out");
        }
        self.last = Some(screen.clone());
    }
}
