//! Another transmit power of the reader, for a while: it goes back to the configured one by itself, whoever has gone.
//!
//! ```text
//!  control socket, console ──Ask──▶ [this task] ──Order::Reader(SetPower)──▶ event loop ──▶ reader
//!                                      ▲  └──Told::Power──▶ board
//!                                      └──── ReaderEvent::Power
//! ```
//! Without a configured power (`reader.power_dbm`) nothing is tried: there would be nothing to go back to. A kiosk that ends
//! in the middle of a trial begins with the configured power, for that is set at each start of the reader.

use std::time::Duration;

use config::Config;
use jiff::Timestamp;
use rfid_driver::port::{Command, PowerOutcome, ReaderEvent};
use supervision::board;
use supervision::control::{TRIAL_SECONDS, Trial};
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::time::Instant;
use tracing::{debug, info, warn};

use crate::supervise::{Order, Reporter, Told};

/// What is asked; the answer to a trial is what is tried, or why it is not.
#[derive(Debug)]
pub enum Ask {
    /// Another power, in dBm, for so many seconds.
    Try(u8, u16, oneshot::Sender<Result<Trial, String>>),
    /// The configured one, at once.
    Back(oneshot::Sender<Result<(), String>>),
}

/// The task.
#[derive(Debug)]
pub struct Power {
    configured: Option<u8>,
    is_uhf: bool,
    orders: mpsc::Sender<Order>,
    heard: broadcast::Receiver<ReaderEvent>,
    reporter: Reporter,
    /// when the trial ends
    until: Option<Instant>,
    n_requests: u64,
    /// how long a second of a trial is
    second: Duration,
}

impl Power {
    /// A task for the reader of a configuration; what the reader says of its power comes out of `heard`.
    #[must_use]
    pub fn new(
        config: &Config,
        orders: mpsc::Sender<Order>,
        heard: broadcast::Receiver<ReaderEvent>,
        reporter: Reporter,
    ) -> Self {
        let reader = &config.reader;
        Self {
            configured: reader.power_dbm,
            is_uhf: reader.protocol.is_uhf(),
            orders,
            heard,
            reporter,
            until: None,
            n_requests: FIRST_REQUEST,
            second: SECOND,
        }
    }

    /// Runs until nobody can ask any more.
    pub async fn run(mut self, mut asked: mpsc::Receiver<Ask>) {
        self.tell(None);
        loop {
            // Both branches are safe to cancel.
            let ask = tokio::select! {
                ask = asked.recv() => ask,
                () = until(self.until) => {
                    info!("the reader's power was on trial, and goes back");
                    if let Err(why) = self.back().await {
                        warn!(why, "the reader's power did not go back yet");
                    }
                    continue;
                }
            };
            // Whoever asked may have gone: the trial goes back all the same.
            match ask {
                Some(Ask::Try(dbm, seconds, answer)) => drop(answer.send(self.begin(dbm, seconds).await)),
                Some(Ask::Back(answer)) => drop(answer.send(self.back().await)),
                None => return,
            }
        }
    }

    async fn begin(&mut self, dbm: u8, seconds: u16) -> Result<Trial, String> {
        if !self.is_uhf {
            return Err(HF.to_owned());
        }
        if self.configured.is_none() {
            return Err(NOTHING_TO_GO_BACK_TO.to_owned());
        }
        if !TRIAL_SECONDS.contains(&seconds) {
            let (least, most) = TRIAL_SECONDS.into_inner();
            return Err(format!("试用 {least} 到 {most} 秒 · a trial lasts {least} to {most} seconds"));
        }
        // Before it is set: whatever comes in between, the way back is sure.
        let lasts = self.second * seconds.into();
        self.until = Some(Instant::now() + lasts);
        match self.set(dbm).await {
            Ok(PowerOutcome::Set) => {
                let trial = Trial { dbm, until: wall() + lasts };
                info!(dbm, seconds, "another power of the reader is tried");
                self.tell(Some(trial));
                Ok(trial)
            }
            Ok(PowerOutcome::Refused | PowerOutcome::Unfit) => {
                // It has the power that it had, which may be that of a trial before: that one ends now.
                self.back().await?;
                Err(format!("读写器没有 {dbm} dBm · the reader has no {dbm} dBm"))
            }
            Ok(PowerOutcome::Unheard) => {
                self.back().await?;
                Err(SILENT.to_owned())
            }
            Err(why) => Err(why),
        }
    }

    /// Back to the configured power. A reader that is not heard gets it when it answers again.
    async fn back(&mut self) -> Result<(), String> {
        let Some(configured) = self.configured.filter(|_| self.until.is_some()) else { return Ok(()) };
        let outcome = self.set(configured).await;
        match outcome {
            Ok(PowerOutcome::Set | PowerOutcome::Unheard | PowerOutcome::Unfit) => {}
            // It had it at the start: said there, and nothing better is known.
            Ok(PowerOutcome::Refused) => warn!(configured, "the reader does not take its configured power"),
            Err(why) => {
                self.until = Some(Instant::now() + AGAIN);
                return Err(why);
            }
        }
        self.until = None;
        self.tell(None);
        Ok(())
    }

    async fn set(&mut self, dbm: u8) -> Result<PowerOutcome, String> {
        self.n_requests += 1;
        let request = self.n_requests;
        let command = Command::SetPower { request, centi_dbm: u16::from(dbm) * 100 };
        self.orders.send(Order::Reader(command)).await.map_err(|_| ENDING)?;
        let heard = &mut self.heard;
        let answer = async move {
            loop {
                match heard.recv().await {
                    Ok(ReaderEvent::Power { request: Some(of), outcome, .. }) if of == request => {
                        return Ok(outcome);
                    }
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return Err(ENDING.to_owned()),
                }
            }
        };
        tokio::time::timeout(PATIENCE, answer).await.unwrap_or_else(|_| Err(SILENT.to_owned()))
    }

    fn tell(&self, trial: Option<Trial>) {
        debug!(?trial, "the reader's power");
        self.reporter.tell(Told::Power(board::Power { configured: self.configured, trial }));
    }
}

async fn until(end: Option<Instant>) {
    match end {
        Some(end) => tokio::time::sleep_until(end).await,
        None => core::future::pending().await,
    }
}

#[expect(clippy::disallowed_methods, reason = "the moment that is shown for the end of a trial")]
fn wall() -> Timestamp {
    Timestamp::try_from(std::time::SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH)
}

const SECOND: Duration = Duration::from_secs(1);
/// How long the reader may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// When the way back is tried again.
const AGAIN: Duration = Duration::from_secs(5);
/// Numbers of no other command: those of visits count from 0, those of the station begin elsewhere.
const FIRST_REQUEST: u64 = 1 << 61;
const HF: &str = "高频读写器没有可调的功率 · an HF reader has no power that can be set";
const NOTHING_TO_GO_BACK_TO: &str = "先在配置中写 reader.power_dbm 并重启，它是恢复到的值 · first set reader.power_dbm and restart: it is what is gone back to";
const SILENT: &str = "读写器没有应答，未改功率 · the reader does not answer: its power is left as it is";
const ENDING: &str = "本机正在停止 · the kiosk is ending";

#[cfg(test)]
mod tests {
    use supervision::metrics::Metrics;

    use super::*;

    /// The event loop and the reader behind it: what it is told, and what it says to that.
    struct Reader {
        orders: mpsc::Receiver<Order>,
        says: broadcast::Sender<ReaderEvent>,
        asks: mpsc::Sender<Ask>,
        told: mpsc::Receiver<Told>,
    }

    impl Reader {
        /// With a reader whose power is configured as 26 dBm; a second lasts a millisecond.
        fn start() -> Self {
            let (orders_in, orders) = mpsc::channel(8);
            let says = broadcast::Sender::new(8);
            let (reporter, told) = Reporter::new(Metrics::new("test"));
            let text = "[reader]\nprotocol = \"m100\"\npower_dbm = 26\n";
            let config = Config::parse(text, "test").unwrap();
            let mut power = Power::new(&config, orders_in, says.subscribe(), reporter);
            power.second = Duration::from_millis(1);
            let (asks, asked) = mpsc::channel(8);
            tokio::spawn(power.run(asked));
            Self { orders, says, asks, told }
        }

        async fn is_told(&mut self, outcome: PowerOutcome) -> u16 {
            let Some(Order::Reader(Command::SetPower { request, centi_dbm })) = self.orders.recv().await
            else {
                panic!("another order");
            };
            let of_others =
                ReaderEvent::Power { request: Some(7), centi_dbm: 1, outcome: PowerOutcome::Refused };
            self.says.send(of_others).unwrap();
            self.says.send(ReaderEvent::Power { request: Some(request), centi_dbm, outcome }).unwrap();
            centi_dbm
        }

        async fn shown(&mut self) -> Option<u8> {
            loop {
                if let Some(Told::Power(power)) = self.told.recv().await {
                    assert_eq!(power.configured, Some(26));
                    return power.trial.map(|trial| trial.dbm);
                }
            }
        }

        async fn tries(&self, dbm: u8) -> oneshot::Receiver<Result<Trial, String>> {
            let (answer, told) = oneshot::channel();
            self.asks.send(Ask::Try(dbm, 10, answer)).await.unwrap();
            told
        }
    }

    #[tokio::test]
    async fn a_trial_ends_by_itself_though_nobody_is_there() {
        let mut reader = Reader::start();
        assert_eq!(reader.shown().await, None);
        let answer = reader.tries(20).await;
        assert_eq!(reader.is_told(PowerOutcome::Set).await, 2_000);
        assert_eq!(answer.await.unwrap().unwrap().dbm, 20);
        assert_eq!(reader.shown().await, Some(20));
        // Nobody asks: it is told the configured one all the same, and hears it when it is back.
        assert_eq!(reader.is_told(PowerOutcome::Unheard).await, 2_600);
        assert_eq!(reader.shown().await, None);
    }

    #[tokio::test]
    async fn one_that_the_reader_refuses_or_does_not_hear_is_taken_back_at_once() {
        for outcome in [PowerOutcome::Refused, PowerOutcome::Unheard] {
            let mut reader = Reader::start();
            assert_eq!(reader.shown().await, None);
            let answer = reader.tries(33).await;
            assert_eq!(reader.is_told(outcome).await, 3_300);
            assert_eq!(reader.is_told(PowerOutcome::Set).await, 2_600);
            assert!(answer.await.unwrap().is_err(), "{outcome:?}");
            assert_eq!(reader.shown().await, None);
        }
    }

    #[tokio::test]
    async fn whoever_asked_may_have_gone() {
        let mut reader = Reader::start();
        drop(reader.tries(20).await);
        assert_eq!(reader.is_told(PowerOutcome::Set).await, 2_000);
        assert_eq!(reader.is_told(PowerOutcome::Set).await, 2_600);
    }
}
