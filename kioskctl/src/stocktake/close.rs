//! `kioskctl stocktake close`: the pass ends, and the library's system is told what was seen and where ([`stocktaking::Telling`]).

use std::path::Path;

use circulation::stocktake::Input;
use config::Config;
use stocktaking::{Folder, Pass, Step, TellError, Telling};

use super::StocktakeFailure;
use super::show::now;
use crate::arguments::CloseArguments;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::reader::runtime;
use crate::{Outcome, library, say, settings};

/// Ends the pass, and tells.
pub(super) fn run(arguments: &CloseArguments) -> Result<Outcome, Failure> {
    let folder = Folder::open(&arguments.folder.folder)?;
    // Before the pass is ended: where it is to be told must be known.
    let file = arguments.config.as_deref().unwrap_or_else(|| Path::new(settings::CONFIG));
    let config = if arguments.keep { None } else { Some(Config::load(file)?) };
    let noted_at = folder.noted_at();
    let mut pass = Pass::open(&folder, now())?;
    pass.tell(now(), Input::End)?;
    pass.sync()?;
    let Some(config) = config else {
        say("the pass is over; nobody was told\n")?;
        return Ok(Outcome::Good);
    };
    let batch = arguments.batch.as_deref();
    runtime()?.block_on(async {
        let client = library::central(&config).map_err(|why| option(&why))?;
        let telling = Telling::begin((&folder, pass.stocktake()), client, batch, noted_at);
        tell(telling.map_err(|why| failed(None, &why))?, &library::address(&config)).await
    })
}

/// Tells those that were not told yet. Ctrl-C may fall into the middle of a call: it is told again the next time.
async fn tell(mut telling: Telling, address: &str) -> Result<Outcome, Failure> {
    let (n, batch) = (telling.n_items(), telling.batch().to_owned());
    let mut progress = Progress::begin("告诉中心 told", n)?;
    loop {
        let step = tokio::select! {
            () = progress.interrupted() => None,
            step = telling.step() => Some(step),
        };
        match step {
            Some(Ok(Step::Told)) => progress.step(),
            Some(Ok(Step::Refused(item, reason))) => {
                progress.step();
                progress.say(&format!("{item}: refused by the library's system: {reason:?}\n"))?;
            }
            Some(Ok(Step::All)) => {
                drop(progress);
                say(&format!("{n} items told to {address} as count {batch}\n"))?;
                return Ok(Outcome::Good);
            }
            Some(Err(why)) => return Err(failed(Some(&telling), &why).into()),
            None => {
                telling.rest().map_err(|why| failed(Some(&telling), &why))?;
                drop(progress);
                let told = telling.n_told();
                let what = format!("interrupted: {told} of {n} items told to {address} as count {batch}");
                say(&format!("{what}; the same command tells the others\n"))?;
                return Ok(Outcome::Interrupted);
            }
        }
    }
}

fn option(why: &str) -> StocktakeFailure {
    StocktakeFailure::Option { option: "--config", why: why.to_owned() }
}

fn failed(telling: Option<&Telling>, why: &TellError) -> StocktakeFailure {
    match why {
        TellError::NoWords => option(&format!("{why}, and use --keep")),
        TellError::Silent(_) | TellError::Folder(_) => StocktakeFailure::Central {
            told: telling.map_or(0, Telling::n_told),
            of: telling.map_or(0, Telling::n_items),
            why: why.to_string(),
        },
    }
}
