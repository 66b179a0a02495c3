//! `kioskctl parts`, `alarms`, `restart` and `service`: what is asked of a kiosk that runs, on its control
//! socket.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use supervision::alarm::Alarm;
use supervision::board::Board;
use supervision::control::{Answer, Request};
use supervision::part::{Condition, State};

use crate::arguments::{AlarmsArguments, PartsArguments, QueueArguments, RestartArguments, ServiceCommand};
use crate::failure::Failure;
use crate::queue::{SOCKET_FILE, data_dir};
use crate::{Outcome, say, table};

/// How every part is. Exit code 1 while nobody can be served.
///
/// # Errors
/// [`Failure::NoKiosk`] if no kiosk answers, [`Failure::Queue`] if it refuses.
pub(crate) fn parts(arguments: &PartsArguments) -> Result<Outcome, Failure> {
    let board = board(&arguments.kiosk)?;
    if arguments.kiosk.json {
        say(&(serde_json::to_string(&board).map_err(Failure::Json)? + "\n"))?;
    } else if let Some(part) = arguments.history {
        let known = board.parts.iter().find(|known| known.part == part);
        say(&known.map(history).unwrap_or_default())?;
    } else {
        say(&shown(&board))?;
    }
    Ok(if board.is_ready() { Outcome::Good } else { Outcome::Bad })
}

/// The alarms that stand. Exit code 1 if there are any.
///
/// # Errors
/// As [`parts`].
pub(crate) fn alarms(arguments: &AlarmsArguments) -> Result<Outcome, Failure> {
    let board = board(&arguments.kiosk)?;
    let past = board.past.iter().filter(|_| arguments.past);
    let told: Vec<&Alarm> = board.alarms.iter().chain(past).collect();
    let text = if arguments.kiosk.json {
        let lines = told.iter().map(|alarm| serde_json::to_string(alarm).map(|line| line + "\n"));
        lines.collect::<Result<String, _>>().map_err(Failure::Json)?
    } else if told.is_empty() {
        "no alarms\n".to_owned()
    } else {
        told.into_iter().map(alarm).collect()
    };
    say(&text)?;
    Ok(if board.alarms.is_empty() { Outcome::Good } else { Outcome::Bad })
}

/// Ends a part, so that it is begun anew.
///
/// # Errors
/// As [`parts`].
pub(crate) fn restart(arguments: &RestartArguments) -> Result<Outcome, Failure> {
    done(&arguments.kiosk, &Request::Restart { part: arguments.part })
}

/// Takes the machine out of service, or puts it back.
///
/// # Errors
/// As [`parts`].
pub(crate) fn service(command: &ServiceCommand) -> Result<Outcome, Failure> {
    match command {
        ServiceCommand::Out(kiosk) => done(kiosk, &Request::Service { out: true }),
        ServiceCommand::Back(kiosk) => done(kiosk, &Request::Service { out: false }),
    }
}

fn done(kiosk: &QueueArguments, request: &Request) -> Result<Outcome, Failure> {
    match ask(kiosk, request)? {
        Answer::Done => Ok(Outcome::Good),
        Answer::Board { .. } | Answer::Refused { .. } => Err(Failure::Unexpected),
    }
}

fn board(kiosk: &QueueArguments) -> Result<Board, Failure> {
    match ask(kiosk, &Request::Board)? {
        Answer::Board { board } => Ok(*board),
        Answer::Done | Answer::Refused { .. } => Err(Failure::Unexpected),
    }
}

fn ask(kiosk: &QueueArguments, request: &Request) -> Result<Answer, Failure> {
    let path = data_dir(kiosk)?.join(SOCKET_FILE);
    let stream = UnixStream::connect(&path).map_err(|cause| Failure::NoKiosk { path, cause })?;
    match exchange(stream, request).map_err(Failure::Socket)? {
        Answer::Refused { why } => Err(Failure::Queue { why }),
        answer @ (Answer::Board { .. } | Answer::Done) => Ok(answer),
    }
}

fn exchange(stream: UnixStream, request: &Request) -> io::Result<Answer> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut text = serde_json::to_vec(request)?;
    text.push(b'\n');
    (&stream).write_all(&text)?;
    let mut line = String::new();
    if BufReader::new(stream).read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_str(&line)?)
}

fn shown(board: &Board) -> String {
    let seen = |known: &&Condition| known.state != State::Absent;
    let rows: Vec<[String; 5]> = board
        .parts
        .iter()
        .filter(seen)
        .map(|known| {
            [
                known.part.word().to_owned(),
                known.state.word().to_owned(),
                second(&known.since),
                known.n_restarts.to_string(),
                known.why.clone(),
            ]
        })
        .collect();
    let mut text = table::rows(["part", "state", "since", "restarts", "what it says"], &rows);
    text.push_str(&format!("\n{}: {}\n", board.kiosk, board.summary()));
    if !board.alarms.is_empty() {
        text.push_str("see what to do: kioskctl alarms\n");
    }
    text
}

fn history(known: &Condition) -> String {
    let before = known.history.iter().map(|change| (change.at, change.state, &change.why));
    let rows: Vec<[String; 3]> = before
        .chain([(known.since, known.state, &known.why)])
        .map(|(at, state, why)| [second(&at), state.word().to_owned(), why.clone()])
        .collect();
    table::rows(["since", "state", "what it said"], &rows)
}

fn alarm(alarm: &Alarm) -> String {
    let (chinese, english) = alarm.what_to_do();
    let until = alarm.until.map(|until| format!(" until {}", second(&until))).unwrap_or_default();
    let severity = format!("{:?}", alarm.severity).to_lowercase();
    let why = if alarm.why.is_empty() { String::new() } else { format!("\n  {}", alarm.why) };
    format!(
        "{} ({severity}) since {}{until}: {}{why}\n  {chinese}\n  {english}\n",
        alarm.key,
        second(&alarm.since),
        alarm.title()
    )
}

fn second(at: &impl ToString) -> String {
    let stamp = at.to_string();
    format!("{}Z", stamp.get(..19).unwrap_or(&stamp).replace('T', " "))
}

const PATIENCE: Duration = Duration::from_secs(30);
