//! The machine and the emulated module, with virtual time.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::emulator::Emulated;
use crate::emulator::modbus::ModbusEmulator;
use crate::modbus::wire::{Rtu, Tcp};
use crate::testing::{config, start};

struct Pair<W: Wire> {
    machine: Module<W>,
    module: ModbusEmulator,
    now: Instant,
    events: Vec<Event>,
    /// every request that was sent, and when
    sent: Vec<(Instant, Vec<u8>)>,
    /// pieces in which answers arrive
    chunk: usize,
}

const MS: fn(u64) -> Duration = Duration::from_millis;

fn setup() -> Setup {
    Setup {
        unit: 1,
        inputs: Some(Span::new(0, 8).unwrap()),
        outputs: Some(Span::new(0, 8).unwrap()),
        safe: vec![],
        holds: vec![],
    }
}

fn rtu() -> Pair<Rtu> {
    Pair::new(Rtu::new(19_200), ModbusEmulator::rtu(1, 8, 8), setup())
}

fn tcp() -> Pair<Tcp> {
    Pair::new(Tcp::default(), ModbusEmulator::tcp(1, 8, 8), setup())
}

fn lit(which: &[usize]) -> Vec<bool> {
    (0..8).map(|at| which.contains(&at)).collect()
}

impl<W: Wire> Pair<W> {
    fn new(wire: W, module: ModbusEmulator, setup: Setup) -> Self {
        let now = start();
        let machine = Module::new(now, wire, setup, Patience::default());
        let mut pair = Self { machine, module, now, events: Vec::new(), sent: Vec::new(), chunk: usize::MAX };
        pair.tell(Input::Opened);
        pair
    }

    fn tell(&mut self, input: Input<'_, Command>) {
        let mut out = Vec::new();
        self.machine.handle(self.now, input, &mut out);
        for output in out {
            match output {
                Output::Event(event) => self.events.push(event),
                Output::Send(bytes) => {
                    self.sent.push((self.now, bytes.clone()));
                    self.exchange(&bytes);
                }
            }
        }
    }

    fn exchange(&mut self, bytes: &[u8]) {
        let mut answers = Vec::new();
        self.module.handle(self.now, bytes, &mut answers);
        for answer in answers {
            for chunk in answer.chunks(self.chunk) {
                self.tell(Input::Bytes(chunk));
            }
        }
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(next) = [self.machine.deadline(), self.module.deadline()]
            .into_iter()
            .flatten()
            .min()
            .filter(|at| *at <= end)
        {
            self.now = self.now.max(next);
            self.exchange(&[]);
            self.tell(Input::Tick);
        }
        self.now = end;
    }

    fn set(&mut self, which: &[usize]) {
        self.tell(Input::Command(Command::Set(lit(which))));
    }

    fn told(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }
}

fn it_comes_up_and_works<W: Wire>(mut pair: Pair<W>) {
    pair.tell(Input::Lost(LinkFault::Unplugged));
    pair.told();
    pair.module.coils = lit(&[2, 7]);
    pair.tell(Input::Opened);
    pair.pass(MS(100));
    assert_eq!(pair.told(), [Event::Inputs(lit(&[]))]);
    assert_eq!(
        pair.module.coils,
        lit(&[]),
        "what a daemon that died had ordered is off before anything is told"
    );
    pair.module.inputs = lit(&[0, 3]);
    pair.pass(MS(25));
    assert_eq!(pair.told(), [Event::Inputs(lit(&[0, 3]))]);
    pair.set(&[1]);
    pair.pass(MS(15));
    assert_eq!((pair.told(), pair.module.coils.clone()), (vec![Event::Outputs(lit(&[1]))], lit(&[1])));
    pair.set(&[1]);
    pair.pass(MS(15));
    assert_eq!(pair.told(), [Event::Outputs(lit(&[1]))], "an order that changes nothing is answered too");
    pair.pass(MS(10_000));
    assert_eq!(pair.told(), []);
}

#[test]
fn a_module_comes_up_with_safe_outputs_and_works() {
    it_comes_up_and_works(rtu());
    it_comes_up_and_works(tcp());
    it_comes_up_and_works(Pair { chunk: 1, ..rtu() });
    it_comes_up_and_works(Pair { chunk: 1, ..tcp() });
}

#[test]
fn a_serial_line_is_silent_between_frames_and_never_has_two_requests() {
    let mut pair = rtu();
    pair.module.delay = MS(7);
    pair.pass(MS(1_000));
    let gaps: Vec<Duration> = pair.sent.windows(2).map(|two| two[1].0.duration_since(two[0].0)).collect();
    assert!(gaps.len() > 30, "{}", gaps.len());
    assert!(gaps.iter().all(|gap| *gap >= MS(7) + Duration::from_micros(2005)), "{gaps:?}");
}

#[test]
fn a_module_that_is_silent_is_unknown_and_what_was_ordered_is_forgotten() {
    fn check<W: Wire>(mut pair: Pair<W>) {
        pair.pass(MS(100));
        pair.set(&[1, 4]);
        pair.pass(MS(100));
        pair.told();
        pair.module.is_mute = true;
        pair.pass(MS(700));
        assert_eq!(pair.told(), [Event::Down(Down::Silent)]);
        assert_eq!(pair.module.coils, lit(&[]), "it hears, though its answers are lost");
        pair.set(&[1, 4]);
        pair.module.is_mute = false;
        pair.module.inputs = lit(&[5]);
        pair.pass(MS(500));
        assert_eq!((pair.told(), pair.module.coils.clone()), (vec![Event::Inputs(lit(&[5]))], lit(&[])));
    }
    check(rtu());
    check(tcp());
}

/// The answer to the first look comes when the second is under way: the contacts have changed meanwhile.
#[test]
fn a_late_answer_is_not_taken_for_the_next_one() {
    fn check<W: Wire>(mut pair: Pair<W>) {
        pair.pass(MS(100));
        pair.told();
        // One answer takes longer than the machine waits, and than the line must be silent.
        pair.module.delay = MS(135);
        pair.pass(MS(25));
        pair.module.delay = Duration::ZERO;
        pair.module.inputs = lit(&[6]);
        pair.pass(MS(400));
        assert_eq!(pair.told(), [Event::Inputs(lit(&[6]))]);
    }
    check(rtu());
    check(tcp());
}

#[test]
fn damage_and_noise_cost_one_exchange() {
    let mut pair = rtu();
    pair.pass(MS(100));
    pair.module.noise = b"\x01\x02\x09garbage".to_vec();
    pair.module.n_torn = 1;
    pair.module.inputs = lit(&[2]);
    pair.pass(MS(400));
    assert_eq!(pair.told(), [Event::Inputs(lit(&[])), Event::Inputs(lit(&[2]))]);
}

#[test]
fn what_bounces_counts_when_it_has_lasted() {
    let held = Setup { holds: vec![Hold { on: MS(50), off: MS(50) }], ..setup() };
    let mut pair = Pair::new(Rtu::new(19_200), ModbusEmulator::rtu(1, 8, 8), held);
    pair.pass(MS(100));
    pair.told();
    for _ in 0..4 {
        pair.module.inputs = lit(&[0]);
        pair.pass(MS(30));
        pair.module.inputs = lit(&[]);
        pair.pass(MS(30));
    }
    assert_eq!(pair.told(), []);
    pair.module.inputs = lit(&[0, 1]);
    pair.pass(MS(30));
    assert_eq!(pair.told(), [Event::Inputs(lit(&[1]))], "the second has no hold");
    pair.pass(MS(60));
    assert_eq!(pair.told(), [Event::Inputs(lit(&[0, 1]))]);
}

#[test]
fn relays_that_fell_off_by_themselves_are_not_switched_on_again() {
    let mut pair = rtu();
    pair.pass(MS(100));
    pair.set(&[3]);
    pair.pass(MS(50));
    pair.told();
    pair.module.coils.fill(false);
    pair.pass(MS(600));
    assert_eq!(pair.told(), [Event::Down(Down::Cut), Event::Inputs(lit(&[]))]);
    assert_eq!(pair.module.coils, lit(&[]));
}

#[test]
fn its_watchdog_is_fed_by_our_questions_and_cuts_without_them() {
    let mut pair = rtu();
    pair.module.watchdog = Some(MS(200));
    pair.pass(MS(100));
    pair.set(&[3]);
    pair.pass(MS(5_000));
    assert_eq!(pair.module.coils, lit(&[3]));
    pair.tell(Input::Lost(LinkFault::Unplugged));
    pair.pass(MS(300));
    assert_eq!(pair.module.coils, lit(&[]));
}

#[test]
fn a_relay_that_sticks_is_named() {
    let mut pair = rtu();
    pair.pass(MS(100));
    pair.told();
    pair.module.stuck = Some(4);
    pair.set(&[4]);
    pair.pass(MS(300));
    assert_eq!(pair.told(), [Event::Down(Down::Stuck { at: 4 })]);
    pair.pass(MS(2_000));
    assert_eq!(pair.told(), [Event::Inputs(lit(&[]))], "it is safe, and works on");
}

#[test]
fn addresses_that_are_not_there_are_named_once_and_asked_for_again() {
    let mut pair = Pair::new(Rtu::new(9600), ModbusEmulator::rtu(1, 4, 8), setup());
    pair.pass(MS(5_000));
    let down = Down::Refused { function: 2, exception: Exception::ADDRESS };
    assert_eq!(pair.told(), [Event::Down(down.clone())]);
    assert!(down.to_string().starts_with(
        "the module refuses function 2 (exception 2, it has no such address): correct the addresses"
    ));
    pair.module.inputs = lit(&[]);
    pair.pass(MS(2_000));
    assert_eq!(pair.told(), [Event::Inputs(lit(&[]))]);
}

#[test]
fn a_module_that_is_busy_is_asked_again() {
    let mut pair = rtu();
    pair.pass(MS(100));
    pair.told();
    pair.module.refuses = Some(Exception::BUSY);
    pair.pass(MS(250));
    pair.module.refuses = None;
    pair.module.inputs = lit(&[1]);
    pair.pass(MS(250));
    assert_eq!(pair.told(), [Event::Inputs(lit(&[1]))]);
}

#[test]
fn a_module_may_have_one_side_only() {
    let contacts = Setup { outputs: None, ..setup() };
    let mut pair = Pair::new(Rtu::new(9600), ModbusEmulator::rtu(1, 8, 0), contacts);
    pair.pass(MS(100));
    assert_eq!(pair.told(), [Event::Inputs(lit(&[]))]);
    let relays = Setup { inputs: None, safe: lit(&[0]), ..setup() };
    let mut pair = Pair::new(Tcp::default(), ModbusEmulator::tcp(1, 0, 8), relays);
    pair.pass(MS(100));
    assert_eq!(pair.told(), [Event::Outputs(lit(&[0]))]);
    pair.set(&[0, 1]);
    pair.pass(MS(20));
    assert_eq!(pair.told(), [Event::Outputs(lit(&[0, 1]))]);
}

proptest! {
    #![proptest_config(config())]

    /// Whatever comes, it holds little, tells when it wants to be called, and works again afterwards.
    #[test]
    fn any_bytes_do_no_harm(stream in vec((vec(any::<u8>(), 0..300), 0_u64..120), 0..20), is_tcp in any::<bool>()) {
        fn play<W: Wire>(mut pair: Pair<W>, stream: &[(Vec<u8>, u64)]) -> (Option<Vec<bool>>, usize) {
            for (bytes, ms) in stream {
                pair.tell(Input::Bytes(bytes));
                pair.pass(MS(*ms));
            }
            pair.pass(MS(3_000));
            let n_sent = pair.sent.len();
            pair.set(&[7]);
            pair.module.inputs = lit(&[1, 2]);
            pair.pass(MS(300));
            assert_eq!(pair.module.coils, lit(&[7]));
            (pair.machine.inputs.clone(), n_sent)
        }
        let (inputs, n_sent) = if is_tcp { play(tcp(), &stream) } else { play(rtu(), &stream) };
        prop_assert_eq!(inputs, Some(lit(&[1, 2])));
        // One exchange needs the pause between two looks at least.
        prop_assert!(n_sent < 2 * (3_000 + 20 * 120) / 4, "{}", n_sent);
    }

    /// Lost, torn, late and doubled words: the relays are never what was not ordered last, or safe.
    #[test]
    fn whatever_is_lost_the_relays_are_as_ordered_or_safe(
        steps in vec((0_usize..6, 0_u64..200), 1..40),
    ) {
        let mut pair = rtu();
        let mut ordered = lit(&[]);
        for (what, ms) in steps {
            match what {
                0 => pair.module.is_mute = true,
                1 => pair.module.n_torn = 1,
                2 => pair.module.delay = MS(ms),
                3 => (pair.module.delay, pair.module.is_mute) = (Duration::ZERO, false),
                n => {
                    if pair.machine.is_up {
                        ordered = lit(&[n]);
                    }
                    pair.set(&[n]);
                }
            }
            pair.pass(MS(ms));
            if !pair.machine.is_up {
                ordered = lit(&[]);
            }
        }
        (pair.module.delay, pair.module.is_mute) = (Duration::ZERO, false);
        pair.pass(MS(3_000));
        prop_assert!(pair.machine.is_up);
        prop_assert!(pair.module.coils == ordered || pair.module.coils == lit(&[]));
    }
}
