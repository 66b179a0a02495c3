//! Loopback addresses of one's own: whoever leaves a port for a moment finds it free again, for nobody else listens
//! there and connections go out from 127.0.0.1.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU8, Ordering};

/// An address that nobody in this process was given before, and hardly anybody in another.
pub fn own() -> Ipv4Addr {
    static LAST: AtomicU8 = AtomicU8::new(1);
    let [_, _, high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, high, low, LAST.fetch_add(1, Ordering::Relaxed).clamp(2, 254))
}
