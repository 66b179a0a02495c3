//! The story: what happens and what the screen shows, with times; and each screen as a picture.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use circulation::screen::Screen;

use crate::failure::Failure;

/// Writes the story while it happens.
#[derive(Debug)]
pub(crate) struct Story {
    start: Instant,
    out: PathBuf,
    n_screens: usize,
    /// the lines of the last screen
    told: Vec<String>,
    to_draw: Option<mpsc::Sender<(Screen, PathBuf)>>,
    artist: JoinHandle<Result<Duration, Failure>>,
}

impl Story {
    /// A story whose pictures go to `out`; old pictures of a story there are removed first.
    pub(crate) fn begin(start: Instant, out: &Path, size: (u32, u32)) -> Result<Self, Failure> {
        let cannot = |source| Failure::Output { path: out.to_path_buf(), source };
        std::fs::create_dir_all(out).map_err(cannot)?;
        for entry in std::fs::read_dir(out).map_err(cannot)? {
            let path = entry.map_err(cannot)?.path();
            if is_picture(&path) {
                std::fs::remove_file(&path).map_err(cannot)?;
            }
        }
        let (to_draw, drawings) = mpsc::channel();
        // Drawing has a thread of its own: the pictures of a fast visit must not slow the visit down.
        let artist = std::thread::spawn(move || draw(size, &drawings));
        Ok(Self {
            start,
            out: out.to_path_buf(),
            n_screens: 0,
            told: Vec::new(),
            to_draw: Some(to_draw),
            artist,
        })
    }

    /// A sentence.
    pub(crate) fn tell(&self, now: Instant, sentence: &str) {
        self.print(now, "●", sentence);
    }

    /// Something that was done.
    pub(crate) fn act(&self, now: Instant, act: &str) {
        self.print(now, "→", act);
    }

    /// Something that was found out.
    pub(crate) fn fact(&self, now: Instant, fact: &str) {
        self.print(now, "=", fact);
    }

    /// A screen.
    pub(crate) fn screen(&mut self, now: Instant, screen: &Screen) {
        self.n_screens = self.n_screens.saturating_add(1);
        let name = format!("{:02}-{}.png", self.n_screens, screen.page.word());
        let text = screen.to_string();
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        self.print(now, "┃", &format!("{first:<58}  {name}"));
        // Of a stack, only the lines that changed: the rest is in the picture.
        let new: Vec<&str> = lines.filter(|line| !self.told.iter().any(|told| told == line)).collect();
        for line in &new {
            self.print(now, "┃", line);
        }
        self.told = text.lines().map(str::to_owned).collect();
        if let Some(to_draw) = &self.to_draw {
            // Fails only if the artist has given up; why, it says at the end.
            let sent = to_draw.send((screen.clone(), self.out.join(name)));
            debug_assert!(sent.is_ok() || self.artist.is_finished());
        }
    }

    /// A receipt that came out of the printer: `.txt` and `.png` beside each other.
    pub(crate) fn receipt(&mut self, now: Instant, printed: &Path) -> Result<(), Failure> {
        self.n_screens = self.n_screens.saturating_add(1);
        let name = format!("{:02}-receipt.png", self.n_screens);
        let cannot = |source| Failure::Output { path: printed.to_path_buf(), source };
        let text = std::fs::read_to_string(printed.with_extension("txt")).map_err(cannot)?;
        std::fs::copy(printed.with_extension("png"), self.out.join(&name)).map_err(cannot)?;
        self.print(now, "▤", &format!("{:<58}  {name}", "the printed receipt"));
        for line in text.lines() {
            self.print(now, "▤", line);
        }
        Ok(())
    }

    /// Waits for the pictures.
    pub(crate) fn end(mut self, now: Instant) -> Result<(), Failure> {
        self.to_draw = None;
        let drawing = match self.artist.join() {
            Ok(result) => result?,
            Err(_) => return Err(Failure::PartEnded { part: "the drawing of the screens" }),
        };
        let per_screen =
            drawing.as_secs_f64() * 1000.0 / f64::from(u32::try_from(self.n_screens.max(1)).unwrap_or(1));
        line(&format!(
            "\n{} screens in {}, drawn in {per_screen:.0} ms each; the visit took {:.1} s.",
            self.n_screens,
            self.out.display(),
            now.saturating_duration_since(self.start).as_secs_f64(),
        ));
        Ok(())
    }

    fn print(&self, now: Instant, mark: &str, text: &str) {
        let at = now.saturating_duration_since(self.start).as_secs_f64();
        line(&format!("{at:7.2} s  {mark} {text}"));
    }
}

#[expect(clippy::disallowed_methods, reason = "measures how long the drawing takes")]
fn draw(size: (u32, u32), drawings: &mpsc::Receiver<(Screen, PathBuf)>) -> Result<Duration, Failure> {
    let mut offscreen = ui::Offscreen::new(size.0, size.1)?;
    let mut spent = Duration::ZERO;
    while let Ok((screen, path)) = drawings.recv() {
        let begun = Instant::now();
        let picture = offscreen.render(&screen)?;
        spent = spent.saturating_add(begun.elapsed());
        picture.write_png(&path)?;
    }
    Ok(spent)
}

/// The story is what this command is for: it goes to standard output. A reader who closed it wants no more of it.
pub(crate) fn line(text: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").is_err() {
        tracing::debug!("nobody reads the story");
    }
}

/// A picture that an earlier story left: two digits, a page, `.png`.
fn is_picture(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let (number, rest) = name.split_once('-').unwrap_or_default();
    number.len() >= 2 && number.bytes().all(|b| b.is_ascii_digit()) && rest.ends_with(".png")
}
