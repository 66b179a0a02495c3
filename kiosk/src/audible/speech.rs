//! The port to whatever can speak. A text goes in by the standard input, never as an argument: others could read it
//! in the list of programs. A new prompt interrupts the old one.

use std::path::PathBuf;
use std::process::Stdio;

use circulation::screen::Language;
use supervision::part::{Part, State};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tracing::{info, warn};

use super::{Prompt, program};
use crate::supervise::Reporter;

/// What speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Speech {
    /// espeak-ng
    Espeak(PathBuf),
    /// speech-dispatcher, by its client
    Dispatcher(PathBuf),
    /// Nothing is installed.
    Silent,
}

impl Speech {
    /// What is installed on this machine.
    #[must_use]
    pub fn find() -> Self {
        program::find("espeak-ng")
            .map(Self::Espeak)
            .or_else(|| program::find("spd-say").map(Self::Dispatcher))
            .unwrap_or(Self::Silent)
    }

    /// Whether anything can speak.
    #[must_use]
    pub const fn is_there(&self) -> bool {
        match self {
            Self::Espeak(_) | Self::Dispatcher(_) => true,
            Self::Silent => false,
        }
    }

    fn command(&self, language: Language) -> Option<Command> {
        let (program, arguments): (_, [&str; 4]) = match self {
            Self::Espeak(program) => (program, ["-v", espeak_voice(language), "-s", WORDS_A_MINUTE]),
            Self::Dispatcher(program) => (program, ["-w", "-e", "-l", dispatcher_language(language)]),
            Self::Silent => return None,
        };
        let mut command = Command::new(program);
        command.args(arguments);
        if matches!(self, Self::Espeak(_)) {
            command.arg("--stdin");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        Some(command)
    }

    /// Ends what speech-dispatcher says; espeak-ng falls silent with its process.
    async fn hush(&self) {
        if let Self::Dispatcher(program) = self {
            let mut command = Command::new(program);
            command.arg("-S").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            // At worst both are heard.
            drop(command.status().await);
        }
    }
}

/// Says the latest prompt, until nobody can send one any more.
pub(super) async fn run(speech: Speech, mut prompts: watch::Receiver<Option<Prompt>>, reporter: Reporter) {
    info!(?speech, "prompts can be spoken");
    let mut speaking: Option<Child> = None;
    loop {
        tokio::select! {
            changed = prompts.changed() => {
                if changed.is_err() {
                    return;
                }
                if let Some(mut child) = speaking.take() {
                    // Gone already is as good.
                    drop(child.kill().await);
                    speech.hush().await;
                }
                let prompt = prompts.borrow_and_update().clone();
                speaking = match prompt {
                    Some(prompt) => say(&speech, &prompt, &reporter).await,
                    None => None,
                };
            }
            () = ended(&mut speaking) => speaking = None,
        }
    }
}

async fn say(speech: &Speech, prompt: &Prompt, reporter: &Reporter) -> Option<Child> {
    let mut child = match speech.command(prompt.language)?.spawn() {
        Ok(child) => child,
        Err(cause) => {
            warn!(%cause, "a prompt is not spoken");
            reporter.is(Part::Speech, State::Degraded, format!("a prompt is not spoken: {cause}"));
            return None;
        }
    };
    if let Some(mut stdin) = child.stdin.take()
        && let Err(cause) = stdin.write_all(prompt.text.as_bytes()).await
    {
        warn!(%cause, "a prompt is not spoken");
    }
    reporter.is(Part::Speech, State::Up, "");
    Some(child)
}

async fn ended(speaking: &mut Option<Child>) {
    match speaking {
        // However it ended, it is silent.
        Some(child) => drop(child.wait().await),
        None => core::future::pending().await,
    }
}

const fn espeak_voice(language: Language) -> &'static str {
    match language {
        Language::Chinese => "cmn",
        Language::Traditional => "yue",
        Language::English => "en",
    }
}

const fn dispatcher_language(language: Language) -> &'static str {
    match language {
        Language::Chinese => "zh",
        Language::Traditional => "zh-yue",
        Language::English => "en",
    }
}

/// Slower than the default of 175: a library has old readers too.
const WORDS_A_MINUTE: &str = "150";

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;
    use std::time::Duration;

    use supervision::metrics::Metrics;
    use supervision::supervisor::Input;
    use tokio::sync::mpsc;

    use super::*;
    use crate::supervise::Told;

    fn reporter() -> (Reporter, mpsc::Receiver<Told>) {
        Reporter::new(Metrics::new(""))
    }

    /// A program that writes down what it was told, and how, and then speaks until it is ended.
    fn scribe(folder: &Path) -> PathBuf {
        let path = folder.join("scribe");
        let text = "#!/bin/sh\ntext=$(cat)\necho \"$* | $text\" >> \"$0.log\"\nexec sleep 600\n";
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    async fn until_log(folder: &Path, is: impl Fn(&str) -> bool) -> String {
        let mut beat = tokio::time::interval(Duration::from_millis(10));
        let limit = tokio::time::timeout(Duration::from_secs(60), async {
            loop {
                beat.tick().await;
                let log = std::fs::read_to_string(folder.join("scribe.log")).unwrap_or_default();
                if is(&log) {
                    return log;
                }
            }
        });
        limit.await.unwrap()
    }

    #[tokio::test]
    async fn a_text_goes_in_by_the_standard_input_and_interrupts_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let (say, prompts) = watch::channel(None);
        let task = tokio::spawn(run(Speech::Espeak(scribe(folder.path())), prompts, reporter().0));
        let prompt = |language, text: &str| Some(Prompt { language, text: text.to_owned() });
        say.send_replace(prompt(Language::Chinese, "请把图书放上来"));
        until_log(folder.path(), |log| log.lines().count() == 1).await;
        // The first one would go on for ten minutes.
        say.send_replace(prompt(Language::English, "Put the books on the pad"));
        let log = until_log(folder.path(), |log| log.lines().count() == 2).await;
        let expected =
            "-v cmn -s 150 --stdin | 请把图书放上来\n-v en -s 150 --stdin | Put the books on the pad\n";
        assert_eq!(log, expected);
        say.send_replace(None);
        drop(say);
        task.await.unwrap();
    }

    #[tokio::test]
    async fn a_program_that_cannot_be_run_is_silence() {
        let (say, prompts) = watch::channel(None);
        let (reporter, mut told) = reporter();
        let task = tokio::spawn(run(Speech::Espeak("/nowhere/espeak-ng".into()), prompts, reporter));
        say.send_replace(Some(Prompt { language: Language::English, text: "Hello".to_owned() }));
        let told = told.recv().await.unwrap();
        let Told::Part(Input::Is { part, state, why }) = told else { panic!("{told:?}") };
        assert_eq!((part, state), (Part::Speech, State::Degraded));
        assert!(why.contains("not spoken"), "{why}");
        drop(say);
        task.await.unwrap();
        assert!(!Speech::Silent.is_there());
    }
}
