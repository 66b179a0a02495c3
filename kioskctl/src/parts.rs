//! `kioskctl parts`, `alarms`, `restart`, `service`, `log` and `reader power`: what is asked of a kiosk that runs.

use supervision::alarm::Alarm;
use supervision::board::Board;
use supervision::control::{Answer, Request};
use supervision::part::{Condition, State};

use crate::arguments::{
    AlarmsArguments, KioskArguments, LogArguments, PartsArguments, PowerArguments, RestartArguments,
    ServiceCommand,
};
use crate::failure::Failure;
use crate::kiosk::Kiosk;
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

/// The last lines of the log, the oldest first.
///
/// # Errors
/// As [`parts`].
pub(crate) fn log(arguments: &LogArguments) -> Result<Outcome, Failure> {
    let LogArguments { level, contains, limit, kiosk } = arguments;
    let request = Request::Log { level: level.clone(), contains: contains.clone(), limit: *limit };
    let Answer::Log { lines } = Kiosk::of(kiosk)?.ask(&request)? else { return Err(Failure::Unexpected) };
    let mut text = String::new();
    for line in &lines {
        if kiosk.json {
            text.push_str(&serde_json::to_string(line).map_err(Failure::Json)?);
        } else {
            text.push_str(&format!("{} {:5} {}", second(&line.at), line.level, line.text));
        }
        text.push('\n');
    }
    say(&text)?;
    Ok(Outcome::Good)
}

/// Tries another power of the reader, or says what is tried.
///
/// # Errors
/// As [`parts`]; [`Failure::Queue`] too if the reader has no such power.
pub(crate) fn power(arguments: &PowerArguments) -> Result<Outcome, Failure> {
    let kiosk = Kiosk::of(&arguments.kiosk)?;
    match (arguments.dbm, arguments.back) {
        (Some(dbm), _) => {
            drop(kiosk.ask(&Request::Power { dbm, seconds: arguments.seconds })?);
        }
        (None, true) => drop(kiosk.ask(&Request::PowerBack)?),
        (None, false) => {}
    }
    let Answer::Board { board } = kiosk.ask(&Request::Board)? else { return Err(Failure::Unexpected) };
    if arguments.kiosk.json {
        say(&(serde_json::to_string(&board.power).map_err(Failure::Json)? + "\n"))?;
    } else {
        let dbm =
            board.power.configured.map_or_else(|| "the reader's own".to_owned(), |dbm| format!("{dbm} dBm"));
        say(&format!("configured: {dbm}\n"))?;
        if let Some(trial) = board.power.trial {
            let until = second(&trial.until);
            say(&format!(
                "on trial:   {} dBm until {until}, then it goes back\nto keep it: reader.power_dbm in the configuration, and a restart\n",
                trial.dbm
            ))?;
        }
    }
    Ok(Outcome::Good)
}

fn done(kiosk: &KioskArguments, request: &Request) -> Result<Outcome, Failure> {
    let Answer::Done = Kiosk::of(kiosk)?.ask(request)? else { return Err(Failure::Unexpected) };
    Ok(Outcome::Good)
}

fn board(kiosk: &KioskArguments) -> Result<Board, Failure> {
    let Answer::Board { board } = Kiosk::of(kiosk)?.ask(&Request::Board)? else {
        return Err(Failure::Unexpected);
    };
    Ok(*board)
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
