//! How it stands with the mains, by the slot's contact and by the supply with a battery: the worse of the two counts.

use peripherals::nut::policy::Level;
use slot::io::{Input, Power};
use tracing::info;

/// What each of them says, and what the machine was told.
#[derive(Debug, Default)]
pub(super) struct Mains {
    contact: Option<Power>,
    supply: Option<Power>,
    told: Option<Power>,
}

impl Mains {
    /// The contact's word.
    pub(super) fn contact(&mut self, says: Power) -> Option<Input> {
        self.contact = Some(says);
        self.news()
    }

    /// The supply's word. How long the mains must be back is the machine's own to know.
    pub(super) fn supply(&mut self, level: Level) -> Option<Input> {
        self.supply = Some(match level {
            Level::Mains | Level::Returning => Power::Mains,
            Level::Battery => Power::Battery,
            Level::Low => Power::Low,
        });
        self.news()
    }

    fn news(&mut self) -> Option<Input> {
        let worst = self.contact.max(self.supply)?;
        if self.told.replace(worst) == Some(worst) {
            return None;
        }
        info!(power = ?worst, "the mains");
        Some(Input::Power(worst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worse_word_counts_and_is_told_once() {
        let mut mains = Mains::default();
        let told = |input: Option<Input>| match input {
            Some(Input::Power(power)) => Some(power),
            None => None,
            Some(other) => panic!("{other:?}"),
        };
        assert_eq!(told(mains.contact(Power::Mains)), Some(Power::Mains));
        assert_eq!(told(mains.supply(Level::Mains)), None);
        assert_eq!(told(mains.supply(Level::Battery)), Some(Power::Battery));
        assert_eq!(told(mains.contact(Power::Battery)), None);
        assert_eq!(told(mains.supply(Level::Low)), Some(Power::Low));
        assert_eq!(told(mains.supply(Level::Returning)), Some(Power::Battery), "the contact is open still");
        assert_eq!(told(mains.contact(Power::Mains)), Some(Power::Mains));
    }
}
