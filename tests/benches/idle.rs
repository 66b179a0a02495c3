//! What the idle daemon costs while its reader is polled: share of one core, and memory. Linux only: it reads /proc.
//!
//! `cargo bench -p tests --bench idle` prints it, headless and, where there is a display, in a window. The aims are
//! under 2 % of one core and under 64 MB.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench prints, and ends when something is missing"
)]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kiosk::demo::world::{Timing, World};

/// Looked at for this long.
const SPAN: Duration = Duration::from_secs(20);

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    measure(&runtime, &["--headless"], "headless");
    if ui::display_available() {
        measure(&runtime, &[], "in a window");
    }
}

fn measure(runtime: &tokio::runtime::Runtime, arguments: &[&str], name: &str) {
    let world = runtime.block_on(World::start(Timing::Real)).expect("the world starts");
    let config = world.config();
    let text = format!(
        "[kiosk]\ndata_dir = {:?}\n[reader]\nport = {:?}\n[central]\nbase_url = {:?}\n",
        config.kiosk.data_dir,
        config.reader.port.to_string(),
        config.central.base_url
    );
    let path = world.dir().join("kiosk.toml");
    std::fs::write(&path, text).expect("the configuration is written");
    let here = std::env::current_exe().expect("the bench has a path");
    let program = here.ancestors().skip(1).take(2).map(|dir| dir.join("kiosk")).find(|path| path.is_file());
    let program = program.expect("build the programs first: cargo build --release --workspace --bins");
    let mut kiosk = Command::new(program)
        .args(["run", "--config"])
        .arg(&path)
        .args(arguments)
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    // The start is not what is measured.
    runtime.block_on(async { tokio::time::sleep(Duration::from_secs(3)).await });
    let (begun, before) = (now(), ticks(&kiosk));
    runtime.block_on(async { tokio::time::sleep(SPAN).await });
    let (spent, span) = (ticks(&kiosk) - before, begun.elapsed());
    let share = spent / span.as_secs_f64() * 100.0;
    let memory = resident_mb(&kiosk);
    println!(
        "idle, {name}: {share:.2} % of one core (aim 2 %: {}), {memory:.1} MB resident (aim 64 MB: {})",
        met(share < 2.0),
        met(memory < 64.0)
    );
    kiosk.kill().expect("it is ended");
    kiosk.wait().expect("it is waited for");
}

/// Seconds of processor time so far: fields 14 and 15 of /proc/PID/stat (proc(5)), at 100 ticks a second.
fn ticks(child: &Child) -> f64 {
    let stat = read(child, "stat");
    let (_, rest) = stat.rsplit_once(") ").expect("the name stands in brackets");
    rest.split_whitespace().skip(11).take(2).map(|field| field.parse::<f64>().expect("a number")).sum::<f64>()
        / 100.0
}

fn resident_mb(child: &Child) -> f64 {
    let status = read(child, "status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the memory is told");
    line.trim_end_matches("kB").trim().parse::<f64>().expect("a number") / 1024.0
}

fn read(child: &Child, file: &str) -> String {
    let path = format!("/proc/{}/{file}", child.id());
    std::fs::read_to_string(Path::new(&path)).expect("the program runs")
}

const fn met(is_met: bool) -> &'static str {
    if is_met { "met" } else { "MISSED" }
}

#[expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
fn now() -> Instant {
    Instant::now()
}
