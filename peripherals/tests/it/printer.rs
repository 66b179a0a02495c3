//! The printer's machine over a real pseudo-terminal.

use std::time::Duration;

use peripherals::device::LinkFault;
use peripherals::escpos::printer::Down;
use peripherals::escpos::{
    Command, Cut, Event, Outcome, Paper, PaperState, Patience, Printer, Slip, Style, Trouble,
};
use peripherals::port::{self, PortConfig};
use tokio::sync::mpsc;

use crate::program::Program;

/// Nothing that is waited for takes this long; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

struct Host {
    commands: mpsc::Sender<Command>,
    events: mpsc::Receiver<Event>,
}

impl Host {
    fn start(program: &Program) -> Self {
        let mut config = PortConfig::new(program.link().into(), 115_200);
        config.reopen = Duration::from_millis(50);
        let (commands, requests) = mpsc::channel(8);
        let (events_in, events) = mpsc::channel(8);
        // Generous: an answer that is late because the machine is busy is no fault of the printer.
        let patience = Patience {
            answer: Duration::from_secs(5),
            job: Duration::from_secs(30),
            poll: Duration::from_millis(100),
            ..Patience::default()
        };
        tokio::spawn(port::run(config, Printer::new(patience), requests, events_in));
        Self { commands, events }
    }

    /// Waits for an event of a kind.
    async fn until<T>(&mut self, wanted: impl Fn(&Event) -> Option<T>) -> T {
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

    async fn until_ready(&mut self) {
        self.until(|event| matches!(event, Event::State(state) if state.is_ready()).then_some(())).await;
    }

    async fn print(&mut self, number: u64, slip: Slip) -> Outcome {
        let job = slip.finish(Cut::Partial);
        self.commands.send(Command::Print { number, job }).await.unwrap();
        self.until(|event| match event {
            Event::Printed { number: of, outcome } if *of == number => Some(*outcome),
            Event::Printed { .. } | Event::State(_) | Event::Down(_) => None,
        })
        .await
    }
}

fn slip(title: &str) -> Slip {
    let mut slip = Slip::new(Paper::Mm80);
    slip.text("青禾市图书馆", Style::centred().large().bold());
    slip.row(title, "2026-12-29");
    slip.code("https://example.org/r/0192", 6);
    slip
}

/// From the bytes of the driver to dots on paper, and back: the code on the picture is read by another's program.
#[tokio::test]
async fn a_receipt_comes_out_as_a_picture() {
    let program = Program::start(&["printer"]);
    let mut host = Host::start(&program);
    host.until_ready().await;
    assert_eq!(host.print(1, slip("百年孤独")).await, Outcome::Printed);
    let text = std::fs::read_to_string(program.file("receipt-01.txt")).unwrap();
    assert!(text.starts_with("青禾市图书馆\n百年孤独  ") && text.contains("  2026-12-29\n"), "{text}");

    let file = std::io::BufReader::new(std::fs::File::open(program.file("receipt-01.png")).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut dots = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut dots).unwrap();
    let (width, height) = (info.width as usize, info.height as usize);
    assert_eq!(width, 576 + 64);
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| dots[y * width + x]);
    let (_, said) = image.detect_grids().first().expect("a code is on the picture").decode().unwrap();
    assert_eq!(said, "https://example.org/r/0192");
    let ink = dots[..width * 100].iter().filter(|dot| **dot < 128).count();
    assert!(ink > 2_000, "the large title is there: {ink} black dots");
}

#[tokio::test]
async fn no_paper_a_pulled_cable_and_back() {
    let mut program = Program::start(&["printer"]);
    let mut host = Host::start(&program);
    host.until_ready().await;
    program.say("paper 4");
    let outcome = host.print(1, slip("三体")).await;
    assert_eq!(outcome, Outcome::CutShort(Trouble::PaperOut));
    assert_eq!(host.print(2, slip("三体")).await, Outcome::NotBegun(Trouble::PaperOut));
    program.say("paper roll");
    host.until_ready().await;
    program.say("near-end on");
    let near = |event: &Event| {
        matches!(event, Event::State(state) if state.paper == PaperState::NearEnd && state.is_ready())
            .then_some(())
    };
    host.until(near).await;
    program.say("unplug");
    let lost = |event: &Event| match event {
        Event::Down(Down::Link(fault)) => Some(fault.clone()),
        Event::Down(Down::Silent) | Event::State(_) | Event::Printed { .. } => None,
    };
    assert_eq!(host.until(lost).await, LinkFault::Unplugged);
    assert_eq!(host.print(3, slip("三体")).await, Outcome::NotBegun(Trouble::NoPrinter));
    program.say("plug");
    host.until(near).await;
    assert_eq!(host.print(4, slip("活着")).await, Outcome::Printed);
}

#[tokio::test]
async fn a_port_that_is_not_there_is_told_in_words() {
    let program = Program::start(&["printer"]);
    let (_commands, requests) = mpsc::channel(1);
    let (events_in, mut events) = mpsc::channel(8);
    let config = PortConfig::new(program.file("nothing").into(), 9_600);
    tokio::spawn(port::run(config, Printer::new(Patience::default()), requests, events_in));
    let Some(Event::Down(down)) = events.recv().await else { panic!("it is down") };
    let expected = format!(
        "nothing is plugged in at {}: plug the part in, or correct the path",
        program.file("nothing").display()
    );
    assert_eq!(down.to_string(), expected);
}
