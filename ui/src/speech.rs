//! What a screen says aloud: at most one sentence, of what the patron is to do now.
//!
//! **Rule**: a sentence never names a person, a book or a number: others stand near. The sentences are in
//! `lang/spoken.tsv`, where a translator finds them.

use circulation::screen::{
    Account, AccountState, Attention, CardStep, Done, Entry, Hint, Identify, Language, Page, Purpose, Screen,
    Staff, Visit, Wish,
};

/// The sentence of a screen, in its language; none where nobody needs one.
#[must_use]
pub fn spoken(screen: &Screen) -> Option<String> {
    sentence(key(&screen.page)?, screen.language).map(str::to_owned)
}

const fn key(page: &Page) -> Option<&'static str> {
    match page {
        Page::Identify(page) => identify(page),
        Page::Visit(page) => Some(visit(page)),
        Page::Account(page) => account(page),
        Page::NewCard(_) => Some("new-card"),
        Page::Card(card) => card_step(&card.step),
        Page::Find(_) => Some("find"),
        Page::Title(_) => Some("title"),
        Page::Done(page) => Some(done(page)),
        Page::Attention(what) => Some(attention(*what)),
        // Nobody is here, or whoever is here reads.
        Page::Welcome(_)
        | Page::About(_)
        | Page::Staff(Staff::Pin { .. } | Staff::Panel(_) | Staff::Picture { .. })
        | Page::Stocktake(_) => None,
    }
}

const fn card_step(step: &CardStep) -> Option<&'static str> {
    match step {
        CardStep::Consent { .. } => Some("card-consent"),
        CardStep::Identity { problem: None, .. } => Some("card-identity"),
        CardStep::Identity { problem: Some(_), .. } | CardStep::Refused { .. } => Some("problem"),
        CardStep::Phone { .. } => Some("card-telephone"),
        CardStep::Pin { again: false, .. } => Some("card-pin"),
        CardStep::Pin { again: true, .. } => Some("card-pin-again"),
        CardStep::Pay { .. } => Some("card-pay"),
        CardStep::Take => Some("card-take"),
        CardStep::Done { .. } => Some("card-done"),
        // Whoever chooses, reads; whoever waits need do nothing.
        CardStep::Menu { .. }
        | CardStep::Name { .. }
        | CardStep::Number { .. }
        | CardStep::Asking
        | CardStep::HasCard { .. }
        | CardStep::Types { .. }
        | CardStep::OnPhone { .. }
        | CardStep::Confirm { .. }
        | CardStep::Working(_)
        | CardStep::ForPhone { .. } => None,
    }
}

const fn identify(page: &Identify) -> Option<&'static str> {
    if page.busy {
        return None;
    }
    if page.problem.is_some() {
        return Some("problem");
    }
    Some(match (&page.entry, page.wish) {
        (Entry::Card, Wish::Borrow) => "card",
        (Entry::Card, Wish::Account) => "card-for-account",
        (Entry::Card, Wish::Reserve) => "card-for-hold",
        (Entry::Number { .. }, _) => "number",
        (Entry::Pin { .. }, _) => "pin",
    })
}

const fn visit(page: &Visit) -> &'static str {
    match (page.hint, page.purpose) {
        (Hint::PutBooks, Purpose::Borrow) => "put-books",
        (Hint::PutBooks, Purpose::Return) => "put-returns",
        (Hint::Wait, _) => "wait",
        (Hint::TakeBooks, Purpose::Borrow) => "take-books",
        (Hint::TakeBooks, Purpose::Return) => "returned",
        (Hint::SeeLines, _) => "see-lines",
        (Hint::PutBack, _) => "put-back",
        (Hint::AddPart, _) => "add-part",
    }
}

const fn account(page: &Account) -> Option<&'static str> {
    match page.state {
        AccountState::Asking => None,
        AccountState::Known => Some("account"),
        AccountState::Unknown(_) => Some("account-unknown"),
    }
}

const fn done(page: &Done) -> &'static str {
    if page.card_left {
        "done-card-left"
    } else if page.books_left {
        "done-books-left"
    } else {
        "done"
    }
}

const fn attention(what: Attention) -> &'static str {
    match what {
        Attention::Starting => "starting",
        Attention::ReaderDown => "reader-down",
        // What is broken inside is of no use to whoever stands before it.
        Attention::LedgerDown | Attention::OutOfService => "out-of-service",
        Attention::ClearPad => "clear-pad",
        Attention::Closed => "closed",
        Attention::StaffNeeded => "staff-needed",
    }
}

fn sentence(key: &str, language: Language) -> Option<&'static str> {
    column(TABLE, key, language)
}

/// The text of a key in a table of three languages.
pub(crate) fn column(table: &'static str, key: &str, language: Language) -> Option<&'static str> {
    let column = match language {
        Language::Chinese => 1,
        Language::Traditional => 2,
        Language::English => 3,
    };
    lines(table).find(|line| line.split('\t').next() == Some(key))?.split('\t').nth(column)
}

pub(crate) fn lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.starts_with('#') && !line.is_empty())
}

const TABLE: &str = include_str!("../lang/spoken.tsv");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::gallery;

    /// Every key that this file can give.
    const KEYS: [&str; 36] = [
        "card",
        "card-for-account",
        "card-for-hold",
        "number",
        "pin",
        "problem",
        "put-books",
        "put-returns",
        "wait",
        "take-books",
        "returned",
        "see-lines",
        "put-back",
        "add-part",
        "account",
        "account-unknown",
        "new-card",
        "find",
        "title",
        "done",
        "done-card-left",
        "done-books-left",
        "starting",
        "reader-down",
        "out-of-service",
        "clear-pad",
        "closed",
        "staff-needed",
        "card-consent",
        "card-identity",
        "card-telephone",
        "card-pin",
        "card-pin-again",
        "card-pay",
        "card-take",
        "card-done",
    ];

    #[test]
    fn every_sentence_is_there_in_every_language_and_none_is_left_over() {
        let written: Vec<&str> = lines(TABLE).filter_map(|line| line.split('\t').next()).collect();
        assert_eq!(written, KEYS);
        for line in lines(TABLE) {
            let columns: Vec<&str> = line.split('\t').collect();
            assert_eq!(columns.len(), 4, "{line}");
            assert!(columns.iter().all(|column| !column.trim().is_empty()), "{line}");
            let is_chinese = |text: &str| text.chars().any(|c| ('一'..='龥').contains(&c));
            assert!(is_chinese(columns[1]) && is_chinese(columns[2]) && columns[3].is_ascii(), "{line}");
        }
        // What differs between the two scripts is not copied.
        let simplified: String = lines(TABLE).filter_map(|line| line.split('\t').nth(2)).collect();
        let left: Vec<char> = simplified
            .chars()
            .filter(|c| "请书证这为办还输码确认证说现图馆务员读机没".contains(*c))
            .collect();
        assert!(left.is_empty(), "simplified characters in the traditional column: {left:?}");
    }

    #[test]
    fn every_page_of_the_gallery_says_its_sentence_and_no_name() {
        let mut said = BTreeSet::new();
        for (name, page) in gallery::pages() {
            // Whoever chooses or types a name reads, and whoever waits need do nothing.
            let chooses = |step: &CardStep| {
                matches!(
                    step,
                    CardStep::Menu { .. }
                        | CardStep::Name { .. }
                        | CardStep::Number { .. }
                        | CardStep::Asking
                        | CardStep::HasCard { .. }
                        | CardStep::Types { .. }
                        | CardStep::OnPhone { .. }
                        | CardStep::Confirm { .. }
                        | CardStep::Working(_)
                        | CardStep::ForPhone { .. }
                )
            };
            let silent =
                matches!(&page, Page::Welcome(_) | Page::About(_) | Page::Staff(_) | Page::Stocktake(_))
                    || matches!(&page, Page::Card(card) if chooses(&card.step));
            let busy = matches!(&page, Page::Identify(Identify { busy: true, .. }))
                || matches!(&page, Page::Account(Account { state: AccountState::Asking, .. }));
            for (_, language) in gallery::LANGUAGES {
                let text =
                    spoken(&gallery::screen(language, circulation::screen::Look::default(), page.clone()));
                assert_eq!(text.is_none(), silent || busy, "{name}");
                said.extend(text);
            }
        }
        // In three languages.
        assert!(said.len() >= 3 * 15, "{}", said.len());
    }
}
