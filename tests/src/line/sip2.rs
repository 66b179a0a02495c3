//! SIP2 as the line hears it: messages end with a carriage return, one at a time each way. Read by hand, so that the
//! line does not believe the product's own codec.

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::Done;

pub(super) async fn read(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    // Whoever asks waits for the answer: nothing follows in the same segment.
    while !bytes.ends_with(b"\r") {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some(bytes)
}

/// A question about a patron is one of circulation only if it asks for the loans.
pub(super) fn act(call: &[u8]) -> Option<&'static str> {
    let text = str::from_utf8(call).ok()?;
    match text.get(..2)? {
        "11" => Some("checkout"),
        "09" if field(text, CHECKIN, "BI") == Some("Y") => Some("cancel checkout"),
        "09" => Some("checkin"),
        // Language and date, then ten places, of which the third asks for what is charged.
        "63" if text.get(2 + 3 + 18 + 2..)?.starts_with('Y') => Some("loans"),
        _ => None,
    }
}

/// In openlib's words.
pub(super) fn done(call: &[u8], answer: &[u8]) -> Option<Done> {
    let (name, fields) = match act(call)? {
        "checkout" => ("loanbook", CHECKOUT),
        "checkin" => ("returnbook", CHECKIN),
        _ => return None,
    };
    let is_done = answer.starts_with(b"121") || answer.starts_with(b"101");
    let item = field(str::from_utf8(call).ok()?, fields, "AB")?;
    is_done.then(|| (name.to_owned(), item.to_owned()))
}

/// The value of a field behind the fixed part.
fn field<'a>(text: &'a str, fixed: usize, code: &str) -> Option<&'a str> {
    text.get(fixed..)?.split('|').find_map(|field| field.strip_prefix(code))
}

/// Where the fields of 09 begin: number, one letter, two dates.
const CHECKIN: usize = 2 + 1 + 18 + 18;
/// Of 11: one letter more.
const CHECKOUT: usize = CHECKIN + 1;
