//! HTTP as the line hears it: messages by their length, calls by the last part of their path.

use circulation::transaction::Act;
use sync_client::kiosk_api::{Batch, Entry, Outcome, What, parse_answers};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::Done;

/// Reads one HTTP/1.1 message whose length stands in its head, or that comes in chunks.
pub(super) async fn read(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = head_of(&bytes) {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8_lossy(bytes.get(..head)?).into_owned();
    let field = |wanted: &str| {
        let mut fields = text.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    };
    let length = field("content-length").map_or(0, |value| value.parse::<usize>().unwrap_or_default());
    let is_chunked = field("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
    // JSON has no such bytes of its own: they end the last chunk.
    while if is_chunked { !bytes.ends_with(b"\r\n0\r\n\r\n") } else { bytes.len() < head + length } {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some(bytes)
}

/// Calls of the kiosk interface are named by what they are for.
pub(super) fn act(call: &[u8]) -> Option<&'static str> {
    match name(call)?.as_str() {
        "transactions" => entries(call).first().map(|entry| match entry.what {
            What::Ask(_) => "ask",
            What::Tell { .. } => "tell",
            What::Cancel { .. } => "cancel",
        }),
        "loanbook" => Some("loanbook"),
        "returnbook" => Some("returnbook"),
        "currentloan" => Some("currentloan"),
        _ => None,
    }
}

pub(super) fn done(call: &[u8], answer: &[u8]) -> Vec<Done> {
    match name(call) {
        Some(name) if name == "transactions" => {
            let answers = parse_answers(body(answer).as_bytes()).unwrap_or_default();
            let both = entries(call).into_iter().zip(answers);
            let new = both.filter(|(_, answer)| {
                !answer.already && matches!(answer.outcome, Outcome::Granted(_) | Outcome::Recorded { .. })
            });
            new.filter_map(|(entry, _)| moved(&entry)).collect()
        }
        Some(name) if body(answer).contains("\"success\":true") => {
            vec![(name, field(&body(call), "barcode").to_owned())]
        }
        Some(_) | None => Vec::new(),
    }
}

/// A transaction that was done, in openlib's words.
fn moved(entry: &Entry) -> Option<Done> {
    let act = match &entry.what {
        What::Ask(act) | What::Tell { act, .. } => act,
        What::Cancel { .. } => return None,
    };
    let name = match act {
        Act::Checkout { .. } => "loanbook",
        Act::Checkin { .. } => "returnbook",
    };
    Some((name.to_owned(), act.item().as_str().to_owned()))
}

fn entries(call: &[u8]) -> Vec<Entry> {
    Batch::parse(body(call).as_bytes()).map(|batch| batch.entries).unwrap_or_default()
}

/// The last part of a call's path.
fn name(call: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(call.get(..head_of(call)?)?);
    Some(head.lines().next()?.split(' ').nth(1)?.rsplit('/').next()?.to_owned())
}

fn body(message: &[u8]) -> String {
    let body = head_of(message).and_then(|head| message.get(head..)).unwrap_or_default();
    String::from_utf8_lossy(body).into_owned()
}

/// How long the head is, if it is whole.
fn head_of(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|end| end + 4)
}

/// The value of a field in a form.
fn field<'a>(form: &'a str, name: &str) -> &'a str {
    form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default()
}
