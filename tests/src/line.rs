//! The line between kiosk and central: a proxy in the test's process that loses, delays and cuts as it is told, with
//! each call that circulates a moment of the [`Watch`] before central hears it and before the kiosk hears the answer.
//!
//! It also keeps count: what central did is known here even where the kiosk never hears of it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use circulation::transaction::Act;
use sync_client::kiosk_api::{Batch, Entry, Outcome, What, parse_answers};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

use crate::watch::Watch;

/// What the line does to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weather {
    /// passes it on
    Fair,
    /// nobody listens
    Down,
    /// hangs up before central hears it
    LosesCalls,
    /// hangs up after central has answered
    LosesAnswers,
    /// the same, but only for loans and returns
    LosesReceipts,
    /// says nothing, and central hears it at once
    Mute,
    /// says nothing, and central hears it when the kiosk has given up; returns at once: one that arrives after the item
    /// was lent anew is beyond what a kiosk can guard against where calls have no ids
    Late,
    /// answers half
    Cuts,
}

/// The line. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Line(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    central: SocketAddr,
    here: SocketAddr,
    watch: Watch,
    weather: watch::Sender<Weather>,
    done: Mutex<BTreeMap<(String, String), u64>>,
    late: Mutex<Duration>,
}

/// A message as it came: its head's first line, its body, and all its bytes.
struct Message {
    first: String,
    body: String,
    bytes: Vec<u8>,
}

impl Line {
    /// A line to a central.
    pub async fn start(central: SocketAddr, watch: Watch) -> Self {
        let listener = TcpListener::bind((crate::address::own(), 0)).await.expect("a port");
        let here = listener.local_addr().expect("an address");
        let (weather, seen) = watch::channel(Weather::Fair);
        let inner = Inner {
            central,
            here,
            watch,
            weather,
            done: Mutex::default(),
            late: Mutex::new(Duration::from_millis(700)),
        };
        let line = Self(Arc::new(inner));
        tokio::spawn(line.clone().listen(listener, seen));
        line
    }

    /// Where the kiosk finds central.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://{}", self.0.here)
    }

    /// Changes the weather; waits until a line that went down or came up has done so.
    pub fn set(&self, weather: Weather) {
        self.0.weather.send_replace(weather);
    }

    /// How late [`Weather::Late`] is.
    pub fn set_late(&self, late: Duration) {
        *self.0.late.lock().unwrap_or_else(PoisonError::into_inner) = late;
    }

    /// How often central did something (`loanbook`, `returnbook`, by whatever interface) with an item.
    #[must_use]
    pub fn n_done(&self, act: &str, item: &str) -> u64 {
        self.done().get(&(act.to_owned(), item.to_owned())).copied().unwrap_or_default()
    }

    /// How often central did something, with any item.
    #[must_use]
    pub fn n_done_in_all(&self, act: &str) -> u64 {
        self.done().iter().filter(|((done, _), _)| done == act).map(|(_, n)| n).sum()
    }

    fn done(&self) -> MutexGuard<'_, BTreeMap<(String, String), u64>> {
        self.0.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn listen(self, first: TcpListener, mut weather: watch::Receiver<Weather>) {
        let mut listener = Some(first);
        loop {
            let is_down = *weather.borrow_and_update() == Weather::Down;
            if is_down {
                listener = None;
            } else if listener.is_none() {
                listener = listen(self.0.here).ok();
            }
            tokio::select! {
                changed = weather.changed() => if changed.is_err() { return },
                accepted = accept(listener.as_ref()) => if let Some(stream) = accepted {
                    tokio::spawn(self.clone().serve(stream));
                },
            }
        }
    }

    async fn serve(self, mut kiosk: TcpStream) {
        let mut weather = self.0.weather.subscribe();
        loop {
            let call = tokio::select! {
                call = message(&mut kiosk) => call,
                // A line that goes down takes its connections with it.
                _ = weather.wait_for(|weather| *weather == Weather::Down) => None,
            };
            let Some(call) = call else { return };
            let weather = *self.0.weather.borrow();
            if self.pass(&call, weather, &mut kiosk).await.is_none() {
                return;
            }
        }
    }

    /// One call; nothing if the connection ends with it.
    async fn pass(&self, call: &Message, weather: Weather, kiosk: &mut TcpStream) -> Option<()> {
        if matches!(weather, Weather::LosesCalls | Weather::Down) {
            return None;
        }
        let act = call.act();
        if let Some(act) = &act
            && !self.0.watch.pass(&format!("{act} comes")).await
        {
            return None;
        }
        if weather == Weather::Late && act.as_deref() != Some("returnbook") {
            let (line, bytes) = (self.clone(), call.bytes.clone());
            let copy = Message { first: call.first.clone(), body: call.body.clone(), bytes };
            let late = *self.0.late.lock().unwrap_or_else(PoisonError::into_inner);
            tokio::spawn(async move {
                tokio::time::sleep(late).await;
                drop(line.forward(&copy).await);
            });
            // Until the kiosk hangs up.
            while matches!(kiosk.read(&mut [0; 64]).await, Ok(1..)) {}
            return None;
        }
        let answer = self.forward(call).await?;
        if let Some(act) = &act
            && !self.0.watch.pass(&format!("{act} is done")).await
        {
            return None;
        }
        match weather {
            Weather::LosesAnswers => None,
            Weather::LosesReceipts if act.is_some_and(|act| act != "currentloan") => None,
            Weather::Mute | Weather::Late => {
                while matches!(kiosk.read(&mut [0; 64]).await, Ok(1..)) {}
                None
            }
            Weather::Cuts => {
                let half = answer.bytes.len().saturating_sub(20);
                kiosk.write_all(answer.bytes.get(..half)?).await.ok()?;
                None
            }
            Weather::Fair | Weather::LosesReceipts | Weather::Down | Weather::LosesCalls => {
                kiosk.write_all(&answer.bytes).await.ok()
            }
        }
    }

    async fn forward(&self, call: &Message) -> Option<Message> {
        let mut central = TcpStream::connect(self.0.central).await.ok()?;
        central.write_all(&call.bytes).await.ok()?;
        let answer = message(&mut central).await?;
        for done in call.done(&answer) {
            *self.done().entry(done).or_default() += 1;
        }
        Some(answer)
    }
}

impl Message {
    /// The call by its name, if it is one of circulation. Calls of the kiosk interface are named by what they are for.
    fn act(&self) -> Option<String> {
        let name = self.name()?;
        let name = match name {
            "transactions" => self.entries().first().map(|entry| match entry.what {
                What::Ask(_) => "ask",
                What::Tell { .. } => "tell",
                What::Cancel { .. } => "cancel",
            })?,
            "loanbook" | "returnbook" | "currentloan" => name,
            _ => return None,
        };
        Some(name.to_owned())
    }

    /// What the answer says was done just now, and with which items.
    fn done(&self, answer: &Self) -> Vec<(String, String)> {
        match self.name() {
            Some("transactions") => {
                let answers = parse_answers(answer.body.as_bytes()).unwrap_or_default();
                let both = self.entries().into_iter().zip(answers);
                let new = both.filter(|(_, answer)| {
                    !answer.already
                        && matches!(answer.outcome, Outcome::Granted(_) | Outcome::Recorded { .. })
                });
                new.filter_map(|(entry, _)| moved(&entry)).collect()
            }
            Some(name) if answer.body.contains("\"success\":true") => {
                vec![(name.to_owned(), field(&self.body, "barcode").to_owned())]
            }
            Some(_) | None => Vec::new(),
        }
    }

    fn name(&self) -> Option<&str> {
        self.first.split(' ').nth(1)?.rsplit('/').next()
    }

    fn entries(&self) -> Vec<Entry> {
        Batch::parse(self.body.as_bytes()).map(|batch| batch.entries).unwrap_or_default()
    }
}

/// A transaction that was done, in openlib's words.
fn moved(entry: &Entry) -> Option<(String, String)> {
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

/// The value of a field in a form.
fn field<'a>(form: &'a str, name: &str) -> &'a str {
    form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default()
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(64)
}

async fn accept(listener: Option<&TcpListener>) -> Option<TcpStream> {
    match listener {
        Some(listener) => listener.accept().await.ok().map(|(stream, _)| stream),
        None => core::future::pending().await,
    }
}

/// Reads one HTTP/1.1 message whose length stands in its head, or that comes in chunks.
async fn message(stream: &mut TcpStream) -> Option<Message> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
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
    let body = String::from_utf8_lossy(bytes.get(head..)?).into_owned();
    Some(Message { first: text.lines().next()?.to_owned(), body, bytes })
}
