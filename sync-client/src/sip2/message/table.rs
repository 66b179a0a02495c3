//! The table of messages: number, name, fixed part. Order and width are those of 3M SIP2 2.00,
//! revision 2.12, "Messages"; 81 to 92 are the Chinese extension, as its public clients send it.
//!
//! Which variable fields go with a message stands at the functions that build it; the codec takes any.

use super::{BadFixed, MessageId, Other, id, item};
use crate::sip2::fixed::{Done, Fixed, Known, Number, PatronStatus, Stamp, Summary, Word};

macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident = $digits:literal { $($(#[$about:meta])* $part:ident: $kind:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct $name { $($(#[$about])* pub $part: $kind,)* }

            impl $name {
                /// The message's number.
                pub const ID: MessageId = id(*$digits);
            }

            impl From<$name> for Body {
                fn from(part: $name) -> Self {
                    Self::$name(part)
                }
            }
        )*

        /// Number and fixed part of a message.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Body {
            $($(#[$doc])* $name($name),)*
            /// a number that is not in the table
            Other(Other),
        }

        impl Body {
            /// The message's number.
            #[must_use]
            pub const fn id(&self) -> MessageId {
                match self {
                    $(Self::$name(_) => $name::ID,)*
                    Self::Other(other) => other.id,
                }
            }

            /// Reads the fixed part that belongs to a number; `rest` then begins with the first variable field.
            pub(in super::super) fn take(id: MessageId, rest: &mut &str) -> Result<Self, BadFixed> {
                let whole = *rest;
                $(if id == $name::ID {
                    return Ok(Self::$name($name { $($part: item(id, whole, rest)?,)* }));
                })*
                *rest = "";
                Ok(Self::Other(Other { id, text: whole.to_owned() }))
            }

            /// Appends number and fixed part.
            pub(in super::super) fn put(&self, out: &mut String) {
                out.push_str(self.id().as_str());
                match self {
                    $(Self::$name($name { $($part,)* }) => { $(Fixed::put($part, out);)* })*
                    Self::Other(other) => out.push_str(&other.text),
                }
            }
        }

        /// Whether a number is in the table.
        pub(super) fn is_known(id: MessageId) -> bool {
            [$($name::ID,)*].contains(&id)
        }
    };
}

messages! {
    /// The self-check keeps or returns a card that is no good.
    BlockPatron = b"01" {
        /// whether the machine has kept the card
        is_retained: bool,
        /// now
        date: Stamp,
    }
    /// An item comes back.
    Checkin = b"09" {
        /// whether it has come back already, whatever the ACS thinks
        no_block: bool,
        /// now
        date: Stamp,
        /// when it came back
        returned: Stamp,
    }
    /// The answer to a checkin.
    CheckinAnswer = b"10" {
        /// whether it is taken back
        ok: Done,
        /// whether the tag is to be secured
        resensitize: bool,
        /// whether the item is a magnetic medium
        is_magnetic: Known,
        /// whether staff should see it: a hold, another branch
        alert: bool,
        /// now
        date: Stamp,
    }
    /// An item is lent.
    Checkout = b"11" {
        /// whether a loan of the same patron may be renewed by this
        may_renew: bool,
        /// whether it has been lent already, whatever the ACS thinks
        no_block: bool,
        /// now, or when it was lent
        date: Stamp,
        /// the due date that the patron was told; means something with `no_block` only
        due: Stamp,
    }
    /// The answer to a checkout.
    CheckoutAnswer = b"12" {
        /// whether it is lent
        ok: Done,
        /// whether it was a renewal
        is_renewal: bool,
        /// whether the item is a magnetic medium
        is_magnetic: Known,
        /// whether the tag is to be opened
        desensitize: Known,
        /// now
        date: Stamp,
    }
    /// A hold is made, changed or deleted.
    Hold = b"15" {
        /// `+`, `-` or `*`
        mode: Word<1>,
        /// now
        date: Stamp,
    }
    /// The answer to a hold.
    HoldAnswer = b"16" {
        /// whether it is done
        ok: Done,
        /// whether the item is in now
        is_available: bool,
        /// now
        date: Stamp,
    }
    /// What is known of an item?
    ItemInformation = b"17" {
        /// now
        date: Stamp,
    }
    /// What is known of an item.
    ItemInformationAnswer = b"18" {
        /// where it is: a table that differs from ACS to ACS
        circulation: Number<2>,
        /// 00 other, 01 none, 02 and 03 strips
        security: Number<2>,
        /// what a fee would be for
        fee_type: Number<2>,
        /// now
        date: Stamp,
    }
    /// Properties of an item are changed.
    ItemStatusUpdate = b"19" {
        /// now
        date: Stamp,
    }
    /// The answer to an item status update.
    ItemStatusUpdateAnswer = b"20" {
        /// whether the properties are stored
        ok: Done,
        /// now
        date: Stamp,
    }
    /// May a patron borrow?
    PatronStatusRequest = b"23" {
        /// 001 English, 019 Chinese
        language: Number<3>,
        /// now
        date: Stamp,
    }
    /// Whether a patron may borrow.
    PatronStatusAnswer = b"24" {
        /// 14 flags
        status: PatronStatus,
        /// 001 English, 019 Chinese
        language: Number<3>,
        /// now
        date: Stamp,
    }
    /// A blocked card is good again.
    PatronEnable = b"25" {
        /// now
        date: Stamp,
    }
    /// The answer to a patron enable.
    PatronEnableAnswer = b"26" {
        /// 14 flags
        status: PatronStatus,
        /// 001 English, 019 Chinese
        language: Number<3>,
        /// now
        date: Stamp,
    }
    /// A loan is renewed.
    Renew = b"29" {
        /// whether somebody else's loan may be renewed
        third_party: bool,
        /// whether it has been renewed already, whatever the ACS thinks
        no_block: bool,
        /// now
        date: Stamp,
        /// the due date that the patron was told
        due: Stamp,
    }
    /// The answer to a renewal.
    RenewAnswer = b"30" {
        /// whether it is renewed
        ok: Done,
        /// whether it was a renewal
        is_renewal: bool,
        /// whether the item is a magnetic medium
        is_magnetic: Known,
        /// whether the tag is to be opened
        desensitize: Known,
        /// now
        date: Stamp,
    }
    /// A patron goes.
    EndSession = b"35" {
        /// now
        date: Stamp,
    }
    /// The answer to the end of a session.
    EndSessionAnswer = b"36" {
        /// whether the ACS has forgotten the patron
        is_ended: bool,
        /// now
        date: Stamp,
    }
    /// A fee was paid at the machine.
    FeePaid = b"37" {
        /// now
        date: Stamp,
        /// what the fee is for
        fee_type: Number<2>,
        /// 00 cash, 01 VISA, 02 credit card
        payment_type: Number<2>,
        /// ISO 4217
        currency: Word<3>,
    }
    /// The answer to a payment.
    FeePaidAnswer = b"38" {
        /// whether it is booked
        ok: bool,
        /// now
        date: Stamp,
    }
    /// What is known of a patron?
    PatronInformation = b"63" {
        /// 001 English, 019 Chinese
        language: Number<3>,
        /// now
        date: Stamp,
        /// which one list is wanted
        summary: Summary,
    }
    /// What is known of a patron.
    PatronInformationAnswer = b"64" {
        /// 14 flags
        status: PatronStatus,
        /// 001 English, 019 Chinese
        language: Number<3>,
        /// now
        date: Stamp,
        /// how many holds
        n_holds: Number<4>,
        /// how many overdue
        n_overdue: Number<4>,
        /// how many on loan
        n_charged: Number<4>,
        /// how many with a fine
        n_fines: Number<4>,
        /// how many recalled
        n_recalls: Number<4>,
        /// how many holds that are not in
        n_unavailable: Number<4>,
    }
    /// All of a patron's loans are renewed.
    RenewAll = b"65" {
        /// now
        date: Stamp,
    }
    /// The answer to the renewal of all.
    RenewAllAnswer = b"66" {
        /// whether the ACS has tried
        ok: Done,
        /// how many are renewed
        n_renewed: Number<4>,
        /// how many are not
        n_unrenewed: Number<4>,
        /// now
        date: Stamp,
    }
    /// An issue, change or extension of a card (Chinese extension).
    CardUpdate = b"81" {
        /// as the example has it: Y
        flag: bool,
        /// whether it has happened already
        no_block: bool,
        /// now
        date: Stamp,
        /// now again
        due: Stamp,
    }
    /// The answer to a change of a card.
    CardUpdateAnswer = b"82" {
        /// now
        date: Stamp,
    }
    /// A card is reported lost, found, cancelled (Chinese extension).
    CardState = b"83" {
        /// as the example has it: Y
        flag: bool,
        /// whether it has happened already
        no_block: bool,
        /// now
        date: Stamp,
        /// now again
        due: Stamp,
    }
    /// The answer to a change of a card's state.
    CardStateAnswer = b"84" {
        /// now
        date: Stamp,
    }
    /// Which cards does a citizen have (Chinese extension)?
    CardSearch = b"85" {
        /// as the example has it: Y
        flag: bool,
        /// as the example has it: N
        no_block: bool,
        /// now
        date: Stamp,
        /// now again
        due: Stamp,
    }
    /// Which cards a citizen has.
    CardSearchAnswer = b"86" {
        /// now
        date: Stamp,
    }
    /// Is there such a card or citizen already (Chinese extension)?
    CardCheck = b"91" {
        /// as the example has it: Y
        flag: bool,
        /// as the example has it: N
        no_block: bool,
        /// now
        date: Stamp,
        /// now again
        due: Stamp,
    }
    /// Whether there is such a card or citizen already.
    CardCheckAnswer = b"92" {
        /// now
        date: Stamp,
    }
    /// The self-check logs in.
    Login = b"93" {
        /// how the user is encrypted: 0 not at all
        user_algorithm: Number<1>,
        /// how the password is encrypted: 0 not at all
        password_algorithm: Number<1>,
    }
    /// The answer to a login.
    LoginAnswer = b"94" {
        /// whether it is accepted
        ok: Done,
    }
    /// The ACS has not understood; the self-check sends its last message again.
    ResendRequest = b"96" {}
    /// The self-check has not understood; the ACS sends its last answer again.
    ResendAnswer = b"97" {}
    /// What the ACS can do now.
    AcsStatus = b"98" {
        /// whether it works
        is_online: bool,
        /// whether it takes checkins
        checkin_ok: bool,
        /// whether it takes checkouts
        checkout_ok: bool,
        /// whether it renews
        renewal_ok: bool,
        /// whether it takes item and patron updates
        update_ok: bool,
        /// whether it takes what happened offline
        offline_ok: bool,
        /// tenths of a second; 999 unknown
        timeout: Number<3>,
        /// repetitions; 999 unknown
        retries: Number<3>,
        /// its clock
        date: Stamp,
        /// `2.00`
        version: Word<4>,
    }
    /// The self-check says how it is, and asks the ACS the same.
    ScStatus = b"99" {
        /// 0 well, 1 no paper, 2 about to stop
        status: Number<1>,
        /// characters in a line of a receipt
        print_width: Number<3>,
        /// `2.00`
        version: Word<4>,
    }
}

/// Which message each letter of BX stands for (3M SIP2 2.00, "supported messages").
pub const SUPPORTED: [MessageId; 16] = [
    PatronStatusRequest::ID,
    Checkout::ID,
    Checkin::ID,
    BlockPatron::ID,
    ScStatus::ID,
    ResendAnswer::ID,
    Login::ID,
    PatronInformation::ID,
    EndSession::ID,
    FeePaid::ID,
    ItemInformation::ID,
    ItemStatusUpdate::ID,
    PatronEnable::ID,
    Hold::ID,
    Renew::ID,
    RenewAll::ID,
];
