//! Draws the gallery: `cargo run -p ui --example gallery -- DIR [PART]` every sight whose name has the part in it, and
//! `... -- --sheet FILE.png COLUMNS CELL PART` such sights small on one sheet.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a tool for the people who draw the pages"
)]

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use ui::gallery;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let start = Instant::now();
    if let [flag, file, columns, cell, part] = arguments.as_slice()
        && flag == "--sheet"
    {
        let sheet = gallery::contact_sheet(sights(Some(part)), columns.parse()?, cell.parse()?)?;
        sheet.write_png(&PathBuf::from(file))?;
        println!("{}x{} {:?}", sheet.width, sheet.height, start.elapsed());
        return Ok(());
    }
    let to = PathBuf::from(arguments.first().map_or("gallery", String::as_str));
    std::fs::create_dir_all(&to)?;
    let n_written = gallery::write(sights(arguments.get(1)), &to)?;
    println!("{n_written} pictures in {:?}", start.elapsed());
    Ok(())
}

/// `*` stands for all; a part that ends with `$` ends the name.
fn sights(part: Option<&String>) -> impl Iterator<Item = gallery::Sight> {
    let part = part.cloned().unwrap_or_default();
    gallery::all().filter(move |sight| {
        part.split(',').any(|part| match part.strip_suffix('$') {
            Some(end) => sight.name.ends_with(end),
            None => sight.name.contains(part),
        })
    })
}
