//! The bodies of all fuzz targets.

#[path = "bodies.rs"]
mod driver;
mod lists;

/// All targets: a name, and what is done with the bytes.
pub fn targets() -> impl Iterator<Item = (&'static str, fn(&[u8]))> {
    driver::targets().chain(lists::targets())
}
