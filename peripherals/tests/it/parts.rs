//! The other parts over real pseudo-terminals: an identity card is read, a card leaves the dispenser.

use std::fmt::Debug;
use std::time::Duration;

use peripherals::device::Machine;
use peripherals::dispenser::{self, Dispenser, Motion, Place, f2::F2, sf::Cd720, sf::K720};
use peripherals::idcard::{self, CardFault, IdReader};
use peripherals::port::{self, PortConfig};
use tokio::sync::mpsc;

use crate::program::Program;

/// Nothing that is waited for takes this long; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

struct Host<M: Machine> {
    commands: mpsc::Sender<M::Command>,
    events: mpsc::Receiver<M::Event>,
}

impl<M> Host<M>
where
    M: Machine + Send + 'static,
    M::Command: Send + Debug + 'static,
    M::Event: Send + 'static,
{
    fn start(program: &Program, machine: M) -> Self {
        let (commands, requests) = mpsc::channel(8);
        let (events_in, events) = mpsc::channel(8);
        tokio::spawn(port::run(
            PortConfig::new(program.link().into(), 115_200),
            machine,
            requests,
            events_in,
        ));
        Self { commands, events }
    }

    async fn tell(&self, command: M::Command) {
        self.commands.send(command).await.unwrap();
    }

    async fn until<T>(&mut self, wanted: impl Fn(&M::Event) -> Option<T>) -> T {
        let found = async {
            loop {
                let event = self.events.recv().await.expect("the driver goes on");
                if let Some(found) = wanted(&event) {
                    return found;
                }
            }
        };
        tokio::time::timeout(PATIENCE, found).await.expect("it comes")
    }
}

#[tokio::test]
async fn an_identity_card_is_read_and_a_forged_one_is_not() {
    let mut program = Program::start(&["id-card"]);
    let patience = idcard::Patience {
        answer: Duration::from_secs(5),
        poll: Duration::from_millis(50),
        ..Default::default()
    };
    let mut host = Host::start(&program, IdReader::new(patience));
    host.tell(idcard::Command::Look(true)).await;
    host.until(|event| matches!(event, idcard::Event::Up { .. }).then_some(())).await;
    program.say("put");
    let card = |event: &idcard::Event| match event {
        idcard::Event::Card(card) => Some(card.clone()),
        idcard::Event::Up { .. } | idcard::Event::Down(_) => None,
    };
    let document = host.until(card).await.expect("it is read");
    assert_eq!((document.name.as_str(), document.number.masked().as_str()), ("样张", "**************002X"));
    program.say("take");
    program.say("forged");
    program.say("put");
    assert_eq!(host.until(card).await, Err(CardFault::Rejected));
}

#[tokio::test]
async fn a_card_leaves_every_dispenser() {
    let patience = dispenser::Patience {
        taken: Duration::from_secs(5),
        answer: Duration::from_secs(10),
        motion: Duration::from_secs(50),
        ..Default::default()
    };
    hand_out("crt591", Dispenser::new(F2::default(), patience)).await;
    hand_out("k720", Dispenser::new(K720::<true>::default(), patience)).await;
    hand_out("k720-no-length", Dispenser::new(K720::<false>::default(), patience)).await;
    hand_out("cd720", Dispenser::new(Cd720, patience)).await;
}

async fn hand_out<M>(kind: &str, machine: M)
where
    M: Machine<Command = dispenser::Command, Event = dispenser::Event> + Send + 'static,
{
    let mut program = Program::start(&["dispenser", "--kind", kind, "--stock", "7"]);
    let mut host = Host::start(&program, machine);
    for (number, motion) in [(1, Motion::Feed), (2, Motion::Present)] {
        host.until(|event| matches!(event, dispenser::Event::State(_)).then_some(())).await;
        host.tell(dispenser::Command::Move { number, motion }).await;
        let moved = |event: &dispenser::Event| match event {
            dispenser::Event::Moved { number: of, outcome } if *of == number => Some(*outcome),
            dispenser::Event::Moved { .. } | dispenser::Event::State(_) | dispenser::Event::Down(_) => None,
        };
        if motion == Motion::Feed {
            assert_eq!(host.until(moved).await, Ok(()), "{kind}");
            // How it is now is told before the next command.
            program.say("bin full");
        } else {
            assert_eq!(host.until(moved).await, Ok(()), "{kind}");
        }
    }
    assert_eq!(program.say("show"), ["6 in the stack, Gate, 50 in the bin"], "{kind}");
    program.say("take");
    let taken = |event: &dispenser::Event| {
        matches!(event, dispenser::Event::State(state) if state.place == Place::Nowhere).then_some(())
    };
    host.until(taken).await;
}
