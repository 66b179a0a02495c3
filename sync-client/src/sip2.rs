//! SIP2, the Standard Interchange Protocol 2.00 of 3M (document revision 2.12), as library systems really speak it.
//!
//! The codec serves both sides: the kiosk's client, and `central` when it plays the library system. Read in this
//! order:
//!
//! - [`field`], [`fixed`], [`message`]: what is said
//! - [`charset`], [`frame`]: how it is written, and where one message ends
//! - [`dialect`]: in what a library system departs from the standard, as data
//! - [`dialogue`]: one message in flight, its repetitions, its answer
//! - [`ask`], [`answer`]: what the kiosk wants as a message, and what an answer means to it
//! - `client` (feature `sip2`): one connection that is kept, plain or over TLS

pub mod answer;
pub mod ask;
pub mod charset;
#[cfg(feature = "sip2")]
pub mod client;
pub mod dialect;
pub mod dialogue;
pub mod field;
pub mod fixed;
pub mod frame;
pub mod message;
