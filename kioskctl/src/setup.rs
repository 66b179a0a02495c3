//! `kioskctl setup`: from a bare box to a configuration: what is plugged in is found by asking it, the rest is asked of the
//! technician, each part is tried, and the file is one that `config check` takes. On the terminal, or in a browser.
//!
//! A file that is there is left alone unless `--overwrite` says so, and then a copy of it is kept. The secret never stands in
//! the file: it goes into one of its own, for the kiosk's account alone.

mod answers;
mod browser;
mod find;
mod question;
mod save;
mod trial;

use config::Draft;

use crate::arguments::SetupArguments;
use crate::failure::Failure;
use crate::{Outcome, say};
use answers::Answers;
use find::Found;
pub(crate) use question::Questions;
use trial::Trial;

/// Finds, asks, tries and writes.
///
/// # Errors
/// [`Failure::File`] if the file is there already or cannot be written, [`Failure::Config`] if what was said makes no
/// configuration, [`Failure::Setup`] if something that must be said was not.
pub(crate) fn run(arguments: &SetupArguments) -> Result<Outcome, Failure> {
    save::may_write(arguments)?;
    if let Some(address) = arguments.browser {
        return browser::run(arguments, address);
    }
    say(
        "寻找读写器与打印机，逐个端口询问（每个约一分钟） looking for reader and printer, asking at each port\n",
    )?;
    let found = crate::reader::runtime()?.block_on(find::all(&arguments.ports, arguments.print_test))?;
    say(&told(&found))?;
    let mut questions = Questions::new(arguments.yes);
    let answers = Answers::asked(arguments, &mut questions)?;
    let draft = answers.draft(arguments, found.reader.as_ref(), found.printer.as_ref())?;
    let outcome = try_central(&draft, answers.secret.as_deref(), &mut questions)?;
    save::write(arguments, draft, answers.secret)?;
    say(&next(arguments))?;
    Ok(if found.reader.is_some() { outcome } else { Outcome::Bad })
}

/// What is done when the file is written.
fn next(arguments: &SetupArguments) -> String {
    let file = arguments.config.display();
    format!(
        "\n{file} 已写好 written\n接下来 next:\n  kioskctl doctor --config {file}\n  systemctl enable --now yueting-kiosk\n"
    )
}

/// Asks the library's system with what will be written. A refused account is to be mended before anything is written.
fn try_central(draft: &Draft, secret: Option<&str>, questions: &mut Questions) -> Result<Outcome, Failure> {
    let address = trial::address(draft, secret)?;
    match crate::reader::runtime()?.block_on(trial::run(draft, secret))? {
        Trial::Taken => {
            say(&format!("中心应答并接受账号 central answers and takes the account: {address}\n"))?;
            Ok(Outcome::Good)
        }
        Trial::Refused => Err(Failure::Setup {
            why: format!(
                "central refuses the account: {address}; see its name and secret, and run this again"
            ),
        }),
        Trial::Silent(why) => {
            say(&format!("中心没有应答 central does not answer: {address}: {why}\n"))?;
            if questions.is_yes("仍然写入配置？ write the file all the same?", true)? {
                Ok(Outcome::Bad)
            } else {
                Err(Failure::Setup { why: "nothing was written".to_owned() })
            }
        }
    }
}

/// What was found, in lines for the technician.
fn told(found: &Found) -> String {
    let mut text = String::new();
    for line in &found.lines {
        text.push_str(&format!("  {line}\n"));
    }
    text
}
