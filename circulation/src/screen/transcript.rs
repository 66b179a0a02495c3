//! The transcript form of a screen: what tests compare and the demo prints. English, one line for the page, one for
//! each item.

use core::fmt;

use super::*;
use crate::id::ItemId;

impl fmt::Display for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.page {
            Page::Welcome(Welcome { printer }) => match printer {
                Printer::Absent | Printer::Ready => f.write_str("welcome")?,
                Printer::NoPaper => f.write_str("welcome\n  (no paper for receipts)")?,
                Printer::Down => f.write_str("welcome\n  (no receipts are printed)")?,
            },
            Page::Identify(page) => write!(f, "{page}")?,
            Page::Visit(visit) => write!(f, "{visit}")?,
            Page::Account(account) => write!(f, "{account}")?,
            Page::Find(find) => write!(f, "{find}")?,
            Page::Title(title) => write!(f, "{title}")?,
            Page::About(page) => {
                f.write_str("about")?;
                seconds(f, page.seconds_left)?;
            }
            Page::NewCard(page) => {
                f.write_str("new card")?;
                seconds(f, page.seconds_left)?;
            }
            Page::Done(done) => write!(f, "{done}")?,
            Page::Attention(what) => write!(f, "attention: {what:?}")?,
            Page::Staff(staff) => write!(f, "{staff}")?,
            Page::Stocktake(page) => write!(f, "{page}")?,
            Page::Card(card) => write!(f, "{card}")?,
        }
        if !self.online {
            f.write_str("\n  (central is silent)")?;
        }
        if let Some(notice) = &self.notice {
            write!(f, "\n  (notice: {})", notice.text(self.language))?;
        }
        if self.language != Language::Chinese {
            write!(f, "\n  (in {:?})", self.language)?;
        }
        if self.look != Look::default() {
            write!(f, "\n  ({})", self.look)?;
        }
        Ok(())
    }
}

impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.style)?;
        for (on, word) in [
            (self.high_contrast, ", high contrast"),
            (self.low, ", low"),
            (self.night, ", night"),
            (self.voice, ", voice"),
        ] {
            if on {
                f.write_str(word)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Identify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.entry {
            Entry::Card => f.write_str("identify: card")?,
            Entry::Number { masked } => write!(f, "identify: number {masked}")?,
            Entry::Pin { len } => write!(f, "identify: pin {}", "*".repeat(*len))?,
        }
        match self.wish {
            Wish::Borrow => {}
            wish @ (Wish::Account | Wish::Reserve) => write!(f, ", for {wish:?}")?,
        }
        if self.n_waiting > 0 {
            write!(f, ", {} waiting", self.n_waiting)?;
        }
        if self.busy {
            f.write_str(", busy")?;
        }
        if let Some(problem) = &self.problem {
            write!(f, ", problem {problem:?}")?;
        }
        seconds(f, self.seconds_left)
    }
}

impl fmt::Display for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.purpose)?;
        if let Some(patron) = &self.patron {
            write!(f, " by {}", patron.name)?;
        }
        write!(f, ": {:?}", self.hint)?;
        seconds(f, self.seconds_left)?;
        self.lines.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "done: {} lent, {} returned, {} not", self.n_lent(), self.n_returned(), self.n_refused())?;
        if let Some(due) = self.first_due() {
            write!(f, ", due {due}")?;
        }
        if self.card_left {
            f.write_str(", card left")?;
        }
        if self.books_left {
            f.write_str(", books left")?;
        }
        match self.receipt {
            Receipt::Nothing | Receipt::Offered { .. } => Ok(()),
            receipt @ (Receipt::Code
            | Receipt::Printing
            | Receipt::Printed
            | Receipt::NotPrinted
            | Receipt::NoPaper) => {
                write!(f, ", receipt {receipt:?}")
            }
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "account of {}: ", self.patron.name)?;
        match &self.state {
            AccountState::Asking => f.write_str("asking")?,
            AccountState::Unknown(reason) => write!(f, "unknown, {reason:?}")?,
            AccountState::Known => {
                write!(f, "{} loans, {} holds, owes {}", self.loans.len(), self.holds.len(), self.debt)?;
            }
        }
        seconds(f, self.seconds_left)?;
        self.loans.iter().try_for_each(|loan| write!(f, "\n  {loan}"))?;
        self.holds.iter().try_for_each(|hold| {
            write!(f, "\n  hold {}: {:?}", hold.title.as_deref().unwrap_or("?"), hold.state)?;
            match &hold.cancellation {
                Cancellation::No | Cancellation::Offered => Ok(()),
                other @ (Cancellation::Unsure
                | Cancellation::Asking
                | Cancellation::Done
                | Cancellation::Refused(_)) => {
                    write!(f, ", cancellation {other:?}")
                }
            }
        })
    }
}

impl fmt::Display for LoanLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.item.as_str())?;
        if let Some(title) = &self.title {
            write!(f, " {title}")?;
        }
        if let Some(due) = self.due {
            write!(f, ", due {due}")?;
        }
        if self.overdue {
            f.write_str(", overdue")?;
        }
        match &self.renewal {
            Renewal::Offered => Ok(()),
            renewal @ (Renewal::Asking | Renewal::Done | Renewal::Refused(_)) => {
                write!(f, ", renewal {renewal:?}")
            }
        }
    }
}

impl fmt::Display for Find {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "find: {:?}", self.text)?;
        if !self.keys.composition.is_empty() {
            write!(f, " + {} ({})", self.keys.composition, self.keys.candidates.join(" "))?;
        }
        if let Some(n) = self.n_found {
            write!(f, ", {n} found")?;
        }
        if self.filter != Filter::default() {
            write!(f, ", {:?}", self.filter)?;
        }
        if self.unavailable {
            f.write_str(", no catalogue")?;
        }
        seconds(f, self.seconds_left)?;
        self.hits
            .iter()
            .try_for_each(|hit| write!(f, "\n  {}: {} copies, {} free", hit.title, hit.n_copies, hit.n_free))
    }
}

impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "title: {}", self.title)?;
        match &self.reserve {
            Reserve::No | Reserve::Offered => {}
            reserve @ (Reserve::Asking | Reserve::Done | Reserve::Refused(_)) => {
                write!(f, ", reserve {reserve:?}")?;
            }
        }
        seconds(f, self.seconds_left)?;
        self.holdings.iter().try_for_each(|holding| {
            let here = if holding.here { " (here)" } else { "" };
            let mark = holding.call_number.as_deref().unwrap_or("-");
            write!(
                f,
                "\n  {}{here} {mark}: {} copies, {:?}",
                holding.branch, holding.n_copies, holding.availability
            )?;
            match &holding.seen {
                Some(seen) => write!(f, ", {} {} at {}", seen.how.word(), seen.age.english(), seen.place),
                None => Ok(()),
            }
        })
    }
}

impl fmt::Display for Staff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pin { len, wrong, locked } => {
                write!(f, "staff: pin {}", "*".repeat(*len))?;
                if *wrong {
                    f.write_str(", wrong")?;
                }
                locked.map_or(Ok(()), |left| write!(f, ", locked for {left} s"))
            }
            Self::Panel(panel) => {
                write!(f, "staff: {} waiting, {} parked", panel.n_waiting, panel.n_parked)?;
                if panel.out_of_service {
                    f.write_str(", out of service")?;
                }
                if let Some(act) = panel.confirm {
                    write!(f, ", confirm {act:?}")?;
                }
                panel
                    .parts
                    .iter()
                    .try_for_each(|part| write!(f, "\n  {:?} {:?} {}", part.kind, part.state, part.detail))
            }
            Self::Picture { number } => write!(f, "staff: test picture {number}"),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arrow = match self.way {
            Way::Out => "→",
            Way::In => "←",
        };
        let item = self.item.as_ref().map_or("?", ItemId::as_str);
        write!(f, "{arrow} {item}")?;
        if let Some(title) = &self.title {
            write!(f, " {title}")?;
        }
        if let Some(set) = &self.set {
            write!(f, " [{} parts", set.of)?;
            if !set.missing.is_empty() {
                write!(f, ", missing {:?}", set.missing)?;
            }
            f.write_str("]")?;
        }
        match &self.progress {
            Progress::Done { due, provisional } => {
                f.write_str(": done")?;
                if let Some(due) = due {
                    write!(f, ", due {due}")?;
                }
                if *provisional {
                    f.write_str(" (to be told)")?;
                }
                if let Some(goes) = self.goes {
                    write!(f, ", goes to {goes:?}")?;
                }
                Ok(())
            }
            Progress::Refused(reason) => write!(f, ": refused, {reason:?}"),
            Progress::Yours { due, renewal } => {
                f.write_str(": yours")?;
                if let Some(due) = due {
                    write!(f, ", due {due}")?;
                }
                write!(f, ", renewal {renewal:?}")
            }
            other @ (Progress::Working
            | Progress::Incomplete
            | Progress::PutBack
            | Progress::Undone
            | Progress::Unclear
            | Progress::Unsecured) => write!(f, ": {other:?}"),
        }
    }
}

fn seconds(f: &mut fmt::Formatter<'_>, left: Option<u16>) -> fmt::Result {
    left.map_or(Ok(()), |left| write!(f, ", {left} s left"))
}
