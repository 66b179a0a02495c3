//! `kioskctl setup`: from a bare box to a configuration: what is plugged in is found by asking it, the rest is asked of the
//! technician, each part is tried, and the file is one that `config check` takes.
//!
//! A file that is there is left alone unless `--overwrite` says so, and then a copy of it is kept. The secret never stands in
//! the file: it goes into one of its own, for the kiosk's account alone.

mod answers;
mod find;
mod question;
mod save;

use config::{Config, Draft};

use crate::arguments::SetupArguments;
use crate::failure::Failure;
use crate::{Outcome, library, say};
use find::Found;
use question::Questions;

/// Finds, asks, tries and writes.
///
/// # Errors
/// [`Failure::File`] if the file is there already or cannot be written, [`Failure::Config`] if what was said makes no
/// configuration, [`Failure::Setup`] if something that must be said was not.
pub(crate) fn run(arguments: &SetupArguments) -> Result<Outcome, Failure> {
    save::may_write(arguments)?;
    say(
        "寻找读写器与打印机，逐个端口询问（每个约一分钟） looking for reader and printer, asking at each port\n",
    )?;
    let found = crate::reader::runtime()?.block_on(find::all(&arguments.ports, arguments.print_test))?;
    let mut questions = Questions::new(arguments.yes);
    let mut draft = Draft::default();
    let secret = answers::take(arguments, &found, &mut questions, &mut draft)?;
    let outcome = try_central(&draft, secret.as_deref(), &mut questions)?;
    save::write(arguments, draft, secret)?;
    let file = arguments.config.display();
    say(&format!(
        "\n{file} 已写好 written\n接下来 next:\n  kioskctl doctor --config {file}\n  systemctl enable --now yueting-kiosk\n"
    ))?;
    Ok(if found.reader.is_some() { outcome } else { Outcome::Bad })
}

/// Asks the library's system with what will be written. A refused account is to be mended before anything is written.
fn try_central(draft: &Draft, secret: Option<&str>, questions: &mut Questions) -> Result<Outcome, Failure> {
    let mut tried = draft.clone();
    // In memory only: the file will name the secret's file.
    if let Some(secret) = secret {
        tried.unset("central", "secret_file").unset("sip2", "password_file").set("central", "secret", secret);
    }
    let mut config = Config::parse(&tried.text(), "what was answered")?;
    if let Some(secret) = secret {
        config.sip2.password = Some(config::Secret::new(secret));
    }
    let address = library::address(&config);
    let asked = crate::reader::runtime()?.block_on(async {
        let client = library::central(&config).map_err(|why| (false, why))?;
        client.ping().await.map_err(|cause| (cause.is_account(), cause.to_string()))
    });
    match asked {
        Ok(()) => {
            say(&format!("中心应答并接受账号 central answers and takes the account: {address}\n"))?;
            Ok(Outcome::Good)
        }
        Err((true, _)) => Err(Failure::Setup {
            why: format!(
                "central refuses the account: {address}; see its name and secret, and run this again"
            ),
        }),
        Err((false, why)) => {
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
