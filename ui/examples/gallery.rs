//! Draws every page, in both languages and both shapes of panel, into a folder: `cargo run -p ui --example gallery -- DIR`.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a tool for the people who draw the pages"
)]

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use circulation::screen::Language;
use ui::Offscreen;

#[path = "../tests/pages/fixtures.rs"]
mod fixtures;

fn main() -> Result<(), Box<dyn Error>> {
    let to = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "gallery".to_owned()));
    let only = std::env::args().nth(2);
    std::fs::create_dir_all(&to)?;
    for (shape, width, height) in [("portrait", 1080, 1920), ("landscape", 1920, 1080)] {
        let mut screen = Offscreen::new(width, height)?;
        for (language, code) in [(Language::Chinese, "zh"), (Language::English, "en")] {
            for (name, page) in fixtures::pages() {
                if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
                    continue;
                }
                let page = fixtures::screen(language, page);
                let start = Instant::now();
                let n_drawn = screen.draw(&page)?;
                let took = start.elapsed();
                screen.render(&page)?.write_png(&to.join(format!("{name}-{shape}-{code}.png")))?;
                println!("{name:<24} {shape:<9} {code} {n_drawn:>8} px {took:?}");
            }
        }
    }
    Ok(())
}
