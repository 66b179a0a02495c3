//! The line between kiosk and central: a proxy in the test's process that loses, delays and cuts as it is told, with
//! each call that circulates a moment of the [`Watch`] before central hears it and before the kiosk hears the answer.
//!
//! It also keeps count: what central did is known here even where the kiosk never hears of it.

mod http;
mod sip2;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

use crate::watch::Watch;

/// What is spoken over a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speech {
    /// openlib, and central's own interface: a connection to central for each call
    Http,
    /// SIP2: one connection to central for each of the kiosk's, which ends with it
    Sip2,
}

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
    /// the same, but only for so many of them, and is fair then: how often a kiosk asks until a test changes the weather
    /// depends on how quick the machine is
    LosesSomeReceipts(u8),
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
    speech: Speech,
    central: SocketAddr,
    here: SocketAddr,
    watch: Watch,
    weather: watch::Sender<Weather>,
    done: Mutex<BTreeMap<Done, u64>>,
    late: Mutex<Duration>,
}

/// What central did, by openlib's word for it, and with which item.
type Done = (String, String);

impl Line {
    /// A line to a central.
    pub async fn start(speech: Speech, central: SocketAddr, watch: Watch) -> Self {
        let listener = TcpListener::bind((crate::address::own(), 0)).await.expect("a port");
        let here = listener.local_addr().expect("an address");
        let (weather, seen) = watch::channel(Weather::Fair);
        let inner = Inner {
            speech,
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
    pub fn address(&self) -> SocketAddr {
        self.0.here
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

    fn done(&self) -> MutexGuard<'_, BTreeMap<Done, u64>> {
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
        let mut central = None;
        loop {
            let call = tokio::select! {
                call = self.0.speech.read(&mut kiosk) => call,
                // A line that goes down takes its connections with it, and so does central.
                _ = weather.wait_for(|weather| *weather == Weather::Down) => None,
                () = closed(central.as_ref()) => None,
            };
            let Some(call) = call else { return };
            let weather = *self.0.weather.borrow();
            if self.pass(&call, weather, &mut kiosk, &mut central).await.is_none() {
                return;
            }
        }
    }

    /// One call; nothing if the connection ends with it.
    async fn pass(
        &self,
        call: &[u8],
        weather: Weather,
        kiosk: &mut TcpStream,
        central: &mut Option<TcpStream>,
    ) -> Option<()> {
        if matches!(weather, Weather::LosesCalls | Weather::Down) {
            return None;
        }
        let act = self.0.speech.act(call);
        self.moment(act, "comes").await?;
        if weather == Weather::Late && !act.is_some_and(is_return) {
            let (line, call, mut central) = (self.clone(), call.to_vec(), central.take());
            let late = *self.0.late.lock().unwrap_or_else(PoisonError::into_inner);
            tokio::spawn(async move {
                tokio::time::sleep(late).await;
                drop(line.forward(&call, &mut central).await);
            });
            return hung_up(kiosk).await;
        }
        let answer = self.forward(call, central).await?;
        self.moment(act, "is done").await?;
        match weather {
            Weather::LosesAnswers => None,
            Weather::LosesReceipts if act.is_some_and(|act| !is_look(act)) => None,
            Weather::LosesSomeReceipts(n) if act.is_some_and(|act| !is_look(act)) => {
                let left = n.checked_sub(1).filter(|left| *left > 0);
                self.set(left.map_or(Weather::Fair, Weather::LosesSomeReceipts));
                None
            }
            Weather::Mute | Weather::Late => hung_up(kiosk).await,
            Weather::Cuts => {
                let half = answer.len().saturating_sub(20);
                kiosk.write_all(answer.get(..half)?).await.ok()?;
                None
            }
            Weather::Fair
            | Weather::LosesReceipts
            | Weather::LosesSomeReceipts(_)
            | Weather::Down
            | Weather::LosesCalls => kiosk.write_all(&answer).await.ok(),
        }
    }

    /// A moment of a call that circulates; nothing if the world stands still there until it is over.
    async fn moment(&self, act: Option<&str>, what: &str) -> Option<()> {
        match act {
            Some(act) => self.0.watch.pass(&format!("{act} {what}")).await.then_some(()),
            None => Some(()),
        }
    }

    async fn forward(&self, call: &[u8], central: &mut Option<TcpStream>) -> Option<Vec<u8>> {
        let mut stream = match central.take() {
            Some(stream) => stream,
            None => TcpStream::connect(self.0.central).await.ok()?,
        };
        stream.write_all(call).await.ok()?;
        let answer = self.0.speech.read(&mut stream).await?;
        if self.0.speech == Speech::Sip2 {
            *central = Some(stream);
        }
        for done in self.0.speech.done(call, &answer) {
            *self.done().entry(done).or_default() += 1;
        }
        Some(answer)
    }
}

impl Speech {
    /// Reads one message; nothing if the connection ends before it does.
    async fn read(self, stream: &mut TcpStream) -> Option<Vec<u8>> {
        match self {
            Self::Http => http::read(stream).await,
            Self::Sip2 => sip2::read(stream).await,
        }
    }

    /// The call by its name, if it is one of circulation.
    fn act(self, call: &[u8]) -> Option<&'static str> {
        match self {
            Self::Http => http::act(call),
            Self::Sip2 => sip2::act(call),
        }
    }

    /// What the answer says was done just now, and with which items.
    fn done(self, call: &[u8], answer: &[u8]) -> Vec<Done> {
        match self {
            Self::Http => http::done(call, answer),
            Self::Sip2 => sip2::done(call, answer).into_iter().collect(),
        }
    }
}

/// Whether a call takes an item back where calls have no ids.
fn is_return(act: &str) -> bool {
    matches!(act, "returnbook" | "checkin" | "cancel checkout")
}

/// Whether a call only looks.
fn is_look(act: &str) -> bool {
    matches!(act, "currentloan" | "loans")
}

/// Waits until the kiosk hangs up; then there is nothing left to do.
async fn hung_up(kiosk: &mut TcpStream) -> Option<()> {
    while matches!(kiosk.read(&mut [0; 64]).await, Ok(1..)) {}
    None
}

/// Waits until central has closed a connection that is kept.
async fn closed(central: Option<&TcpStream>) {
    match central {
        Some(stream) if !matches!(stream.peek(&mut [0]).await, Ok(1..)) => {}
        // Something that nobody asked for: it is read with the next answer.
        Some(_) | None => core::future::pending().await,
    }
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
