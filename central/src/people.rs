//! Who may do what. The table in this file is the only place where that is decided.
//!
//! A kiosk shows a token, a reader a card and its password, staff an account. What staff does is in the audit log.

pub(crate) mod attempt;
pub(crate) mod door;
pub mod guard;
pub mod session;

use core::fmt;

/// Who somebody is to central.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// a patron at a browser
    Reader,
    /// a self-service machine, or a program like one
    Kiosk,
    /// staff at a desk
    Librarian,
    /// whoever mends the machines
    Technician,
    /// whoever gives out accounts
    Administrator,
}

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// one's own loans and holds: see, renew, reserve, give up; one's own card as a code
    OwnCard,
    /// tell and ask transactions, mirror the catalogue, send heart-beats
    ServeReaders,
    /// see the board: kiosks, their parts, queues and alarms
    SeeBoard,
    /// have a kiosk try a parked transaction again, or close it
    SettleParked,
    /// see and close exceptions and items that need staff, sheets of stocktakes and transfers
    SettleItems,
    /// say something to readers on the kiosks' screens
    Announce,
    /// set who is lent what and for how long, limits, closing days
    SetRules,
    /// see the year's figures
    SeeReports,
    /// give kiosks their secrets and take them back
    ManageKiosks,
    /// make accounts, disable them, set their passwords
    ManageAccounts,
    /// read who did what
    SeeAudit,
}

use Right::{
    Announce, ManageAccounts, ManageKiosks, OwnCard, SeeAudit, SeeBoard, SeeReports, ServeReaders, SetRules,
    SettleItems, SettleParked,
};

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] =
        [Self::Reader, Self::Kiosk, Self::Librarian, Self::Technician, Self::Administrator];

    /// Those of accounts.
    pub const STAFF: [Self; 3] = [Self::Librarian, Self::Technician, Self::Administrator];

    /// All that it may do.
    #[must_use]
    pub const fn rights(self) -> &'static [Right] {
        match self {
            Self::Reader => &[OwnCard],
            Self::Kiosk => &[ServeReaders],
            Self::Librarian => &[SeeBoard, SettleParked, SettleItems, Announce, SetRules, SeeReports],
            Self::Technician => &[SeeBoard, SettleParked, ManageKiosks],
            Self::Administrator => &[
                SeeBoard,
                SettleParked,
                SettleItems,
                Announce,
                SetRules,
                SeeReports,
                ManageKiosks,
                ManageAccounts,
                SeeAudit,
            ],
        }
    }

    /// Whether it may do this.
    #[must_use]
    pub fn may(self, right: Right) -> bool {
        self.rights().contains(&right)
    }

    /// The word for it in the database and on command lines.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Kiosk => "kiosk",
            Self::Librarian => "librarian",
            Self::Technician => "technician",
            Self::Administrator => "administrator",
        }
    }

    /// The role of staff behind a word.
    #[must_use]
    pub fn staff(word: &str) -> Option<Self> {
        Self::STAFF.into_iter().find(|role| role.word() == word)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Why a text is no name of an account or a kiosk, or a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// a name of another form
    #[error("a name has 2 to 32 of a-z, 0-9, dot, hyphen and underscore, and begins with a letter")]
    Name,
    /// a password that is short, or endless
    #[error("a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters")]
    Password,
    /// the name itself, or one character over and over
    #[error("a password is neither the account's name nor one character over and over")]
    Weak,
}

/// A name of an account or a kiosk: short, in lower case, the same in a log, an address and a file name.
///
/// # Errors
/// [`BadName::Name`]
pub fn name(text: &str) -> Result<&str, BadName> {
    let is_name = (2..=32).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte));
    if is_name { Ok(text) } else { Err(BadName::Name) }
}

/// A password for an account. Length counts, not kinds of characters (NIST SP 800-63B, 5.1.1.2).
///
/// # Errors
/// [`BadName::Password`], [`BadName::Weak`]
pub fn new_password<'a>(account: &str, text: &'a str) -> Result<&'a str, BadName> {
    if !(MIN_PASSWORD..=MAX_PASSWORD).contains(&text.chars().count()) {
        return Err(BadName::Password);
    }
    let first = text.chars().next();
    if text.eq_ignore_ascii_case(account) || text.chars().all(|c| Some(c) == first) {
        return Err(BadName::Weak);
    }
    Ok(text)
}

const MIN_PASSWORD: usize = 10;
const MAX_PASSWORD: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn who_may_do_what() {
        let all = [
            OwnCard,
            ServeReaders,
            SeeBoard,
            SettleParked,
            SettleItems,
            Announce,
            SetRules,
            SeeReports,
            ManageKiosks,
            ManageAccounts,
            SeeAudit,
        ];
        let row = |right: &Right| {
            let who: Vec<&str> = Role::ALL.into_iter().filter(|r| r.may(*right)).map(Role::word).collect();
            format!("{:15} {}\n", format!("{right:?}"), who.join(" "))
        };
        expect![[r#"
            OwnCard         reader
            ServeReaders    kiosk
            SeeBoard        librarian technician administrator
            SettleParked    librarian technician administrator
            SettleItems     librarian administrator
            Announce        librarian administrator
            SetRules        librarian administrator
            SeeReports      librarian administrator
            ManageKiosks    technician administrator
            ManageAccounts  administrator
            SeeAudit        administrator
        "#]]
        .assert_eq(&all.iter().map(row).collect::<String>());
    }

    #[test]
    fn names_and_passwords() {
        for good in ["wang", "kiosk-1", "a_b.c"] {
            assert_eq!(name(good), Ok(good));
        }
        for bad in ["", "w", "Wang", "1st", "王", "a b", "a/b", "a<b", &"a".repeat(33)] {
            assert_eq!(name(bad), Err(BadName::Name), "{bad}");
        }
        assert_eq!(new_password("wang", "correct horse"), Ok("correct horse"));
        assert_eq!(new_password("wang", "short"), Err(BadName::Password));
        assert_eq!(new_password("wang", &"ab".repeat(65)), Err(BadName::Password));
        assert_eq!(new_password("wang", "1111111111"), Err(BadName::Weak));
        assert_eq!(new_password("wang.xiaoming", "Wang.Xiaoming"), Err(BadName::Weak));
        assert_eq!(new_password("wang", "图书馆的长密码一二三四"), Ok("图书馆的长密码一二三四"));
    }

    #[test]
    fn a_role_of_staff_has_a_word() {
        assert_eq!(Role::staff("technician"), Some(Role::Technician));
        assert_eq!(Role::staff("reader"), None);
        assert_eq!(Role::staff("Librarian"), None);
    }
}
