//! The line between kiosk and central: a proxy in the test's process that loses, delays and cuts as it is told, with
//! each call that circulates a moment of the [`Watch`] before central hears it and before the kiosk hears the answer.
//!
//! It also keeps count: what central did is known here even where the kiosk never hears of it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
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

    /// How often central did something (`loanbook`, `returnbook`) with an item.
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
            Weather::LosesReceipts if act.is_some_and(|act| act.ends_with("book")) => None,
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
        if let Some(act) = call.act()
            && answer.body.contains("\"success\":true")
        {
            let item = field(&call.body, "barcode").to_owned();
            *self.done().entry((act, item)).or_default() += 1;
        }
        Some(answer)
    }
}

impl Message {
    /// The call by its name, if it is one of circulation.
    fn act(&self) -> Option<String> {
        let path = self.first.split(' ').nth(1)?;
        let name = path.rsplit('/').next()?;
        ["loanbook", "returnbook", "currentloan", "transactions"].contains(&name).then(|| name.to_owned())
    }
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

/// Reads one HTTP/1.1 message whose length stands in its head.
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
    let length = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse::<usize>().unwrap_or_default());
    while bytes.len() < head + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(bytes.get(head..)?).into_owned();
    Some(Message { first: text.lines().next()?.to_owned(), body, bytes })
}
