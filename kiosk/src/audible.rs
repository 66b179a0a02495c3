//! What can be heard: spoken prompts and three short sounds. Both are silent where nothing is installed for them.
//!
//! Nobody waits for either: the loop hands over each screen, and two tasks follow as far as they can.

mod program;
mod sound;
mod speech;

use std::path::Path;

use circulation::screen::{Cue, Language, Screen, cue};
use tokio::sync::{mpsc, watch};
use tracing::debug;

pub use sound::Sound;
pub use speech::Speech;

/// A sentence to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// in this language
    pub language: Language,
    /// what is said
    pub text: String,
}

/// The ears' half of a screen.
#[derive(Debug)]
pub struct Audible {
    last: Option<Screen>,
    /// the last prompt, or silence
    prompt: Option<Prompt>,
    speech: Option<watch::Sender<Option<Prompt>>>,
    sound: Option<mpsc::Sender<Cue>>,
}

impl Audible {
    /// Starts what is wanted: speech wherever there is a program for it, sounds if `sounds` is set. Needs a tokio runtime.
    #[must_use]
    pub fn start(speech: Speech, sounds: bool, data_dir: &Path) -> Self {
        let speech = speech.is_there().then(|| {
            let (say, said) = watch::channel(None);
            tokio::spawn(speech::run(speech, said));
            say
        });
        let sound = Sound::find().filter(|_| sounds).and_then(|sound| {
            let sound =
                sound.with_files_in(data_dir).inspect_err(|cause| debug!(%cause, "no sounds")).ok()?;
            let (play, cues) = mpsc::channel(1);
            tokio::spawn(sound::run(sound, cues));
            Some(play)
        });
        Self { last: None, prompt: None, speech, sound }
    }

    /// Follows the screen.
    pub fn saw(&mut self, screen: &Screen) {
        if let Some(say) = &self.speech {
            let prompt = next_prompt(self.prompt.as_ref(), screen);
            if let Some(prompt) = prompt {
                self.prompt.clone_from(&prompt);
                say.send_replace(prompt);
            }
        }
        let Some(play) = &self.sound else { return };
        if let Some(last) = &self.last
            && let Some(cue) = cue(last, screen)
            && play.try_send(cue).is_err()
        {
            // One sound is on its way already; two at once would be noise.
            debug!(?cue, "a sound is left out");
        }
        self.last = Some(screen.clone());
    }
}

/// What is said from now on: nothing new, silence, or another sentence.
fn next_prompt(last: Option<&Prompt>, screen: &Screen) -> Option<Option<Prompt>> {
    if !screen.look.voice {
        return last.is_some().then_some(None);
    }
    // A page without a sentence lets the last one end.
    let text = ui::spoken(screen)?;
    let next = Prompt { language: screen.language, text };
    (last != Some(&next)).then_some(Some(next))
}

#[cfg(test)]
mod tests {
    use circulation::screen::{Look, Opening, Page, Place};

    use super::*;

    #[test]
    fn a_sentence_is_said_once_and_silence_when_the_voice_is_switched_off() {
        let screen = |voice, page| Screen {
            language: Language::English,
            look: Look { voice, ..Look::default() },
            online: true,
            place: Place::default().into(),
            opening: Opening::Always,
            page,
        };
        let asks = || Page::Attention(circulation::screen::Attention::ClearPad);
        assert_eq!(next_prompt(None, &screen(false, asks())), None);
        let first = next_prompt(None, &screen(true, asks())).unwrap().unwrap();
        assert_eq!(first.language, Language::English);
        assert_eq!(next_prompt(Some(&first), &screen(true, asks())), None);
        assert_eq!(next_prompt(Some(&first), &screen(true, Page::Welcome)), None);
        assert_eq!(next_prompt(Some(&first), &screen(false, asks())), Some(None));
        let mut other = screen(true, asks());
        other.language = Language::Chinese;
        assert_ne!(next_prompt(Some(&first), &other).unwrap().unwrap().text, first.text);
    }
}
