//! The powers of each family of readers, for a hunt that goes from far to near.

use rfid_driver::port::Protocol;

/// Powers that the family takes, from full to least, in dBm. HF readers have none: what they read lies before them.
#[must_use]
pub fn powers(protocol: Protocol) -> Vec<i8> {
    match protocol {
        Protocol::FeigObid | Protocol::ThreeM810 => Vec::new(),
        // It takes 20 to 33 dBm.
        Protocol::R2000 => vec![30, 26, 23, 20],
        Protocol::M100 => vec![26, 23, 20, 18],
        Protocol::Reader18 | Protocol::Mercury | Protocol::Llrp => vec![30, 26, 22, 18, 14, 10],
    }
}
