//! What the screen costs at 1080x1920: the first frame, any page, a list being scrolled, a shelf being counted, memory, and
//! standing still.
//!
//! `cargo bench -p ui --bench screen` prints it. Times stand beside a floor measured in the same run: writing the same
//! pixels once. What belongs to a process of its own (first frame, memory, standing still) runs in one: this program
//! again with a word. Standing still needs a display (`xvfb-run` gives one) and says so where there is none.
//!
//! Seen on two virtual cores, with `xvfb-run`:
//! ```text
//! first frame          36 ms from the start of the process, at most 39 (a process that does nothing: 2.5)
//! a whole page         4.3 ms, at most 12.0 of 480 pages and looks; 10 times the floor
//! a frame of scrolling 1.4 ms, at most 2.0
//! memory               41 MB after 4,320 pages
//! standing still       0.00 % of a core; the welcome page, whose boat drifts for 0.9 s in ten: 1.0 %
//! ```
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, reads the clock, and ends when something is missing"
)]

use std::hint::black_box;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use circulation::screen::{
    Hint, Language, Leaflet, Look, Page, Purpose, Screen, SpineState, Stocktaking, Touch, Visit, Welcome,
};
use slint::platform::{PointerEventButton, WindowEvent};
use slint::{ComponentHandle, LogicalPosition};
use ui::{Offscreen, Options, gallery};

const WIDTH: u32 = 1080;
const HEIGHT: u32 = 1920;
const ROUNDS: u32 = 15;
/// Words by which this program shows one page in a window: one that stands still, and the one that moves a little.
const STILL: &str = "--still";
const WELCOME: &str = "--welcome";
/// Each is looked at for this long.
const SPAN: Duration = Duration::from_secs(20);

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("--first-frame") => first_frame(),
        Some("--memory") => memory(),
        Some(STILL) => still(Page::About(Leaflet::default())),
        Some(WELCOME) => still(Page::Welcome(Welcome::default())),
        Some("--bare") => {}
        Some(_) | None => report(),
    }
}

fn report() {
    let floor = floor();
    println!("floor: writing {WIDTH}x{HEIGHT} pixels once, {:.2} ms", ms(floor));
    let mut starts: Vec<Duration> = (0..ROUNDS).map(|_| child_time("--first-frame")).collect();
    let mut bare: Vec<Duration> = (0..ROUNDS).map(|_| child_time("--bare")).collect();
    let (median, worst) = spread(&mut starts);
    let (process, _) = spread(&mut bare);
    println!("a process that does nothing: {:.1} ms", ms(process));
    verdict("first frame from process start", median, worst, 150.0, None);
    pages(floor);
    scrolling(floor);
    shelf(floor);
    memory_of_child();
    standing_still();
}

/// Every page in the three styles: from the welcome page to it.
fn pages(floor: Duration) {
    let mut panel = Offscreen::new(WIDTH, HEIGHT).expect("a screen");
    let mut all = Vec::new();
    let mut slowest = (Duration::ZERO, String::new());
    for (look_name, look) in gallery::looks().into_iter().filter(|(_, look)| !look.night && !look.low) {
        for (name, page) in gallery::pages() {
            let welcome = gallery::screen(Language::Chinese, look, Page::Welcome(Welcome::default()));
            let screen = gallery::screen(Language::Chinese, look, page);
            let mut times: Vec<Duration> = (0..3).map(|_| switch(&mut panel, &welcome, &screen)).collect();
            let (median, _) = spread(&mut times);
            if median > slowest.0 {
                slowest = (median, format!("{name}{look_name}"));
            }
            all.push(median);
        }
    }
    let n = all.len();
    let (median, _) = spread(&mut all);
    println!("{n} pages and looks; the slowest is {}", slowest.1);
    verdict("a whole page", median, slowest.0, 16.0, Some(floor));
}

/// The time to show a page after another one.
fn switch(panel: &mut Offscreen, from: &Screen, to: &Screen) -> Duration {
    panel.draw(from).expect("it is drawn");
    let start = Instant::now();
    black_box(panel.draw(to).expect("it is drawn"));
    start.elapsed()
}

/// Ten cards under a finger, a frame for each step of it.
fn scrolling(floor: Duration) {
    let (_, many) =
        gallery::pages().into_iter().find(|(name, _)| *name == "visit-many").expect("it is there");
    let Page::Visit(Visit { mut lines, .. }) = many else { return };
    lines.truncate(10);
    let page = Page::Visit(gallery::visit(Purpose::Borrow, lines, Hint::TakeBooks));
    let mut panel = Offscreen::new(WIDTH, HEIGHT).expect("a screen");
    panel.draw(&gallery::screen(Language::Chinese, Look::default(), page)).expect("it is drawn");
    let at = |y: u16| LogicalPosition::new(500.0, f32::from(y));
    let press = WindowEvent::PointerPressed { position: at(600), button: PointerEventButton::Left };
    panel.stage().window().window().dispatch_event(press);
    let mut times = Vec::new();
    let mut n_drawn = 0;
    for step in 1..=60_u16 {
        let position = at(600 + 12 * step);
        let start = Instant::now();
        panel.stage().window().window().dispatch_event(WindowEvent::PointerMoved { position });
        n_drawn += black_box(panel.frame());
        times.push(start.elapsed());
    }
    assert!(n_drawn > 60 * 200_000, "the list moved: {n_drawn} pixels");
    let (median, worst) = spread(&mut times);
    verdict("a frame of scrolling ten cards", median, worst, 8.0, Some(floor));
}

/// A shelf of sixty spines on a tablet, of which one more is heard in each frame: its colour, the gauges and the sentence.
fn shelf(floor: Duration) {
    let mut panel = Offscreen::new(HEIGHT, WIDTH).expect("a screen");
    let heard = |n: usize| {
        let mut count = gallery::shelf(60);
        let spines = count.shelf.iter_mut().flat_map(|row| &mut row.spines);
        for (at, spine) in spines.enumerate() {
            spine.state = if at < n { SpineState::Present } else { SpineState::Unseen };
        }
        count.library.done = count.library.done.saturating_add(u32::try_from(n).unwrap_or(0));
        let page = Page::Stocktake(Stocktaking::Count(count));
        gallery::screen(Language::Chinese, Look::default(), page)
    };
    panel.draw(&heard(0)).expect("it is drawn");
    let mut times = Vec::new();
    for n in 1..=60 {
        let screen = heard(n);
        let start = Instant::now();
        black_box(panel.draw(&screen).expect("it is drawn"));
        times.push(start.elapsed());
    }
    let (median, worst) = spread(&mut times);
    verdict("a frame of a shelf that is counted", median, worst, 16.0, Some(floor));
}

/// Nothing is drawn for a screen that did not change: told by pixels, which is what costs.
fn standing_still() {
    let mut panel = Offscreen::new(WIDTH, HEIGHT).expect("a screen");
    let mut n_moving = 0;
    for (name, page) in gallery::pages() {
        let screen = gallery::screen(Language::Chinese, Look::default(), page);
        panel.draw(&screen).expect("it is drawn");
        let n_drawn: u64 = (0..30).map(|_| panel.frame()).sum();
        if n_drawn > 0 {
            n_moving += 1;
            println!("  moves while it is shown: {name}, {} pixels a frame", n_drawn / 30);
        }
    }
    println!("pages that move by themselves: {n_moving} (only what waits for an answer may)");
    if !ui::display_available() {
        println!("standing still in a window: NOT MEASURED, there is no display (xvfb-run gives one)");
        return;
    }
    let share = share_of_a_core(STILL);
    println!("standing still in a window: {share:.2} % of one core (aim 0.5 %: {})", met(share < 0.5));
    let share = share_of_a_core(WELCOME);
    println!("the welcome page, whose boat drifts on every ten seconds: {share:.2} % of one core");
}

fn share_of_a_core(word: &str) -> f64 {
    let mut child = start(word);
    // The start is not what is measured.
    std::thread::sleep(Duration::from_secs(4));
    let (begun, before) = (Instant::now(), ticks(&child));
    std::thread::sleep(SPAN);
    let share = (ticks(&child) - before) / begun.elapsed().as_secs_f64() * 100.0;
    child.kill().expect("it is ended");
    child.wait().expect("it is waited for");
    share
}

fn memory_of_child() {
    let output =
        Command::new(std::env::current_exe().expect("a path")).arg("--memory").output().expect("it runs");
    print!("{}", String::from_utf8_lossy(&output.stdout));
}

/// In a process of its own: one frame of the welcome page.
fn first_frame() {
    let mut panel = Offscreen::new(WIDTH, HEIGHT).expect("a screen");
    panel
        .draw(&gallery::screen(Language::Chinese, Look::default(), Page::Welcome(Welcome::default())))
        .expect("it is drawn");
}

/// In a process of its own: every page in every look and language, and what the process has grown to.
fn memory() {
    let mut panel = Offscreen::new(WIDTH, HEIGHT).expect("a screen");
    let mut n = 0;
    for (_, look) in gallery::looks() {
        for (_, language) in gallery::LANGUAGES {
            for (_, page) in gallery::pages() {
                panel.draw(&gallery::screen(language, look, page)).expect("it is drawn");
                n += 1;
            }
        }
    }
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let mb = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("it is told");
        line.trim_end_matches("kB").trim().parse::<f64>().expect("a number") / 1024.0
    };
    // of which the picture itself is 8 MB
    let (now, peak) = (mb("VmRSS:"), mb("VmHWM:"));
    println!("memory after {n} pages: {now:.1} MB, at most {peak:.1} MB (aim 64 MB: {})", met(peak < 64.0));
}

/// In a process of its own: a page in a window, until it is ended.
fn still(page: Page) {
    let shown = gallery::screen(Language::Chinese, Look::default(), page);
    let size = Some((WIDTH, HEIGHT));
    let options = Options { fullscreen: false, size, touch: Box::new(|_: Touch| {}), demo: None };
    ui::run(&shown, options, |_| {}).expect("a window");
}

fn start(word: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    command.arg(word).stdout(Stdio::null()).spawn().expect("it starts")
}

fn child_time(word: &str) -> Duration {
    let begun = Instant::now();
    let ended = start(word).wait().expect("it ends");
    assert!(ended.success(), "{word}: {ended}");
    begun.elapsed()
}

/// Writing as many pixels once.
fn floor() -> Duration {
    let n = usize::try_from(WIDTH * HEIGHT).expect("a few millions");
    let mut pixels = vec![0_u32; n];
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|round| {
            let begun = Instant::now();
            pixels.fill(black_box(round));
            black_box(&pixels);
            begun.elapsed()
        })
        .collect();
    spread(&mut times).0
}

fn verdict(what: &str, median: Duration, worst: Duration, aim_ms: f64, floor: Option<Duration>) {
    let ratio =
        floor.map(|floor| format!(", {:.1} times the floor", ms(median) / ms(floor))).unwrap_or_default();
    println!(
        "{what}: median {:.1} ms, slowest {:.1} ms{ratio} (aim {aim_ms} ms: {})",
        ms(median),
        ms(worst),
        met(ms(worst) < aim_ms)
    );
}

/// Seconds of processor time so far: fields 14 and 15 of /proc/PID/stat (proc(5)), at 100 ticks a second.
fn ticks(child: &Child) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).expect("it runs");
    let (_, rest) = stat.rsplit_once(") ").expect("the name stands in brackets");
    rest.split_whitespace().skip(11).take(2).map(|field| field.parse::<f64>().expect("a number")).sum::<f64>()
        / 100.0
}

fn spread(times: &mut [Duration]) -> (Duration, Duration) {
    times.sort_unstable();
    let at = |place: usize| times.get(place).copied().unwrap_or_default();
    (at(times.len() / 2), at(times.len().saturating_sub(1)))
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

const fn met(is_met: bool) -> &'static str {
    if is_met { "met" } else { "MISSED" }
}
