//! What can be heard: spoken prompts and three short sounds. Both are silent where nothing is installed for them.
//!
//! Nobody waits for either: the loop hands over each screen, and two tasks follow as far as they can.

mod chimes;
mod program;
mod sound;
mod speech;

use std::path::{Path, PathBuf};

use circulation::screen::{Cue, Language, Screen, cue};
use supervision::part::{Part, State};
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tracing::debug;

use crate::supervise::Reporter;

pub use chimes::Chimes;
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
    wanted: Wanted,
    reporter: Reporter,
    speech: Option<Voice>,
    sound: Option<mpsc::Sender<Cue>>,
}

/// What can be heard on this machine, if nothing fails.
#[derive(Debug)]
struct Wanted {
    speech: Speech,
    sounds: bool,
    data_dir: PathBuf,
}

/// The task that speaks.
#[derive(Debug)]
struct Voice {
    say: watch::Sender<Option<Prompt>>,
    task: AbortHandle,
}

impl Audible {
    /// Starts what is wanted: speech wherever there is a program for it, sounds if `sounds` is set. Needs a tokio runtime.
    #[must_use]
    pub fn start(speech: Speech, sounds: bool, data_dir: &Path, reporter: Reporter) -> Self {
        let wanted = Wanted { speech, sounds, data_dir: data_dir.to_owned() };
        let mut audible = Self { last: None, prompt: None, wanted, reporter, speech: None, sound: None };
        audible.restart();
        audible
    }

    /// Begins whatever is wanted and is not there.
    pub fn restart(&mut self) {
        let is_there = self.wanted.speech.is_there();
        if is_there && self.speech.as_ref().is_none_or(|voice| voice.say.is_closed()) {
            let (say, said) = watch::channel(None);
            let (farewell, _) = self.reporter.farewell(Part::Speech);
            let running = speech::run(self.wanted.speech.clone(), said, self.reporter.clone());
            let life = self.reporter.life();
            let task = tokio::spawn(async move {
                life.watch("speech", crate::supervise::limit(), running).await;
                drop(farewell);
            });
            self.prompt = None;
            self.speech = Some(Voice { say, task: task.abort_handle() });
        }
        if self.wanted.sounds && self.sound.as_ref().is_none_or(mpsc::Sender::is_closed) {
            self.sound = self.start_sound();
        }
        let state = if is_there || self.sound.is_some() { State::Up } else { State::Absent };
        self.reporter.is(Part::Speech, state, "");
    }

    fn start_sound(&self) -> Option<mpsc::Sender<Cue>> {
        let sound = Sound::find()?;
        let with_files = sound.with_files_in(&self.wanted.data_dir);
        let sound = with_files.inspect_err(|cause| debug!(%cause, "no sounds")).ok()?;
        let (play, cues) = mpsc::channel(1);
        tokio::spawn(sound::run(sound, cues));
        Some(play)
    }

    /// Ends the voice as a fault would.
    pub fn end(&self) {
        if let Some(voice) = &self.speech {
            voice.task.abort();
        }
    }

    /// Says a sentence, whatever the screen shows.
    ///
    /// # Errors
    /// Why nothing is heard.
    pub fn try_speech(&mut self) -> Result<(), String> {
        let voice = self.speech.as_ref().filter(|voice| !voice.say.is_closed());
        let voice = voice.ok_or("nothing on this machine speaks: install espeak-ng")?;
        let text = "语音试播：请把图书放在感应区。".to_owned();
        voice.say.send_replace(Some(Prompt { language: Language::Chinese, text }));
        self.prompt = None;
        Ok(())
    }

    /// Plays a sound, whatever the screen shows.
    ///
    /// # Errors
    /// Why nothing is heard.
    pub fn try_sound(&self) -> Result<(), String> {
        let play = self
            .sound
            .as_ref()
            .ok_or("sounds are switched off (screen.sounds), or no player is installed")?;
        play.try_send(Cue::Done).map_err(|_| "a sound is being played".to_owned())
    }

    /// Follows the screen.
    pub fn saw(&mut self, screen: &Screen) {
        if let Some(Voice { say, .. }) = &self.speech {
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
    use circulation::screen::{Look, Opening, Page, Place, Welcome};

    use super::*;

    #[test]
    fn a_sentence_is_said_once_and_silence_when_the_voice_is_switched_off() {
        let screen = |voice, page| Screen {
            language: Language::English,
            look: Look { voice, ..Look::default() },
            online: true,
            place: Place::default().into(),
            opening: Opening::Always,
            notice: None,
            page,
        };
        let asks = || Page::Attention(circulation::screen::Attention::ClearPad);
        assert_eq!(next_prompt(None, &screen(false, asks())), None);
        let first = next_prompt(None, &screen(true, asks())).unwrap().unwrap();
        assert_eq!(first.language, Language::English);
        assert_eq!(next_prompt(Some(&first), &screen(true, asks())), None);
        assert_eq!(next_prompt(Some(&first), &screen(true, Page::Welcome(Welcome::default()))), None);
        assert_eq!(next_prompt(Some(&first), &screen(false, asks())), Some(None));
        let mut other = screen(true, asks());
        other.language = Language::Chinese;
        assert_ne!(next_prompt(Some(&first), &other).unwrap().unwrap().text, first.text);
    }
}
