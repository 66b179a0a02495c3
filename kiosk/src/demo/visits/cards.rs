//! The visit of somebody who wants a library card.

use circulation::screen::{CardService, CardTouch, Receipt, Touch};

use super::{Library, Sight, Step, Visit};

/// An invented person, whose number is the example of GB 11643, gets a card on the phone.
pub(super) const NEW_CARD: Visit = Visit {
    name: "new-card",
    about: "somebody without a library card gets one on the phone, with nothing but an identity card",
    library: Library::Cards,
    steps: &[
        Step::Until(Sight::Welcome),
        Step::Until(Sight::Online(true)),
        Step::Tell("Somebody wants a library card."),
        Step::Touch(Touch::NewCard),
        Step::Until(Sight::Card("menu")),
        Step::Touch(Touch::Card(CardTouch::Service(CardService::New))),
        Step::Until(Sight::Card("consent")),
        Step::Tell("What is read and kept is said before anything is read."),
        Step::Touch(Touch::Card(CardTouch::Agree)),
        Step::Until(Sight::Card("identity")),
        Step::IdReader("put"),
        Step::Until(Sight::Card("types")),
        Step::IdReader("take"),
        Step::Tell(
            "Central knows nobody with this identity card, and which kinds of cards there are for this age.",
        ),
        Step::Touch(Touch::Open(0)),
        Step::Until(Sight::Card("phone")),
        Step::Type("13800138000"),
        Step::Touch(Touch::Enter),
        Step::Until(Sight::Card("pin")),
        Step::Type("293847"),
        Step::Touch(Touch::Enter),
        Step::Until(Sight::Card("pin again")),
        Step::Type("293847"),
        Step::Touch(Touch::Enter),
        Step::Until(Sight::Card("on the phone?")),
        Step::Touch(Touch::Card(CardTouch::OnPhone)),
        Step::Until(Sight::Card("for the phone")),
        Step::Tell("The number is reserved, and in force once the reader says that the phone has the code."),
        Step::Touch(Touch::Card(CardTouch::HaveIt)),
        Step::Until(Sight::Card("done")),
        Step::Touch(Touch::Print),
        Step::Until(Sight::Printed(Receipt::Printed)),
        Step::Receipt,
        Step::Touch(Touch::Finish),
        Step::Until(Sight::Welcome),
    ],
};
