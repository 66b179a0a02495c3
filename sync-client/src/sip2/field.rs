//! Variable fields: a two-letter code, a value, and `|` behind each. Order, repetition and unknown codes are kept.
//!
//! **Rule**: `Debug` never shows what is private: passwords, names, card numbers, addresses.

use core::fmt;

/// The code of a variable field.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldCode([u8; 2]);

impl FieldCode {
    /// The code written with these two ASCII letters or digits; nothing if they are something else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match *text.as_bytes() {
            [first, second] if first.is_ascii_alphanumeric() && second.is_ascii_alphanumeric() => {
                Some(Self([first, second]))
            }
            _ => None,
        }
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether the value names something: it must arrive as it is or not at all. Other values are for people to read.
    #[must_use]
    pub fn is_identifier(self) -> bool {
        IDENTIFIERS.contains(&self)
    }

    /// Whether the value is nobody's business but the peer's.
    #[must_use]
    pub fn is_private(self) -> bool {
        PRIVATE.contains(&self)
    }
}

impl fmt::Debug for FieldCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for FieldCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The variable fields of a message, in the order of the wire.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Fields(Vec<(FieldCode, String)>);

impl Fields {
    /// The first value of a field.
    #[must_use]
    pub fn first(&self, code: FieldCode) -> Option<&str> {
        self.all(code).next()
    }

    /// The first value of a field that is neither missing nor blank.
    #[must_use]
    pub fn said(&self, code: FieldCode) -> Option<&str> {
        self.all(code).map(str::trim).find(|value| !value.is_empty())
    }

    /// Every value of a repeated field.
    pub fn all(&self, code: FieldCode) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(found, _)| *found == code).map(|(_, value)| value.as_str())
    }

    /// Appends a field.
    pub fn push(&mut self, code: FieldCode, value: impl Into<String>) {
        self.0.push((code, value.into()));
    }

    /// Every field, in the order of the wire.
    pub fn iter(&self) -> impl Iterator<Item = (FieldCode, &str)> {
        self.0.iter().map(|(code, value)| (*code, value.as_str()))
    }

    /// Drops every field with one of these codes.
    pub fn remove(&mut self, codes: &[FieldCode]) {
        self.0.retain(|(code, _)| !codes.contains(code));
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |(code, value): &(FieldCode, String)| {
            let value = if code.is_private() { "…".to_owned() } else { value.clone() };
            (*code, value)
        };
        f.debug_map().entries(self.0.iter().map(shown)).finish()
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        $($(#[$doc])* pub const $name: FieldCode = FieldCode(*$code);)*
    };
}

// 3M SIP2 2.00, document revision 2.12, "Fields"; the last group is the Chinese extension.
codes! {
    /// patron identifier
    F_PATRON_ID = b"AA";
    /// item identifier
    F_ITEM_ID = b"AB";
    /// terminal password
    F_TERMINAL_PASSWORD = b"AC";
    /// patron password
    F_PATRON_PASSWORD = b"AD";
    /// personal name
    F_NAME = b"AE";
    /// screen message
    F_SCREEN = b"AF";
    /// print line
    F_PRINT = b"AG";
    /// due date, as the peer likes to write it
    F_DUE = b"AH";
    /// title identifier
    F_TITLE = b"AJ";
    /// blocked card message
    F_BLOCKED = b"AL";
    /// library name
    F_LIBRARY = b"AM";
    /// terminal location
    F_TERMINAL = b"AN";
    /// institution id
    F_INSTITUTION = b"AO";
    /// current location
    F_LOCATION = b"AP";
    /// permanent location
    F_HOME = b"AQ";
    /// hold items
    F_HOLD_ITEMS = b"AS";
    /// overdue items
    F_OVERDUE_ITEMS = b"AT";
    /// charged items
    F_CHARGED_ITEMS = b"AU";
    /// fine items
    F_FINE_ITEMS = b"AV";
    /// author: an extension of several peers
    F_AUTHOR = b"AW";
    /// sequence number: part of the frame, never a field of a message
    F_SEQUENCE = b"AY";
    /// checksum: part of the frame, never a field of a message
    F_CHECKSUM = b"AZ";
    /// home address
    F_ADDRESS = b"BD";
    /// e-mail address
    F_EMAIL = b"BE";
    /// home phone
    F_PHONE = b"BF";
    /// owner
    F_OWNER = b"BG";
    /// currency type
    F_CURRENCY = b"BH";
    /// cancel
    F_CANCEL = b"BI";
    /// transaction id
    F_TRANSACTION = b"BK";
    /// valid patron
    F_VALID_PATRON = b"BL";
    /// renewed items
    F_RENEWED = b"BM";
    /// unrenewed items
    F_UNRENEWED = b"BN";
    /// fee acknowledged
    F_FEE_ACKNOWLEDGED = b"BO";
    /// first item of a list wanted
    F_START = b"BP";
    /// last item of a list wanted
    F_END = b"BQ";
    /// pick-up location
    F_PICKUP = b"BS";
    /// fee type
    F_FEE_TYPE = b"BT";
    /// fee amount
    F_FEE = b"BV";
    /// expiration date
    F_EXPIRATION = b"BW";
    /// supported messages
    F_SUPPORTED = b"BX";
    /// hold type
    F_HOLD_TYPE = b"BY";
    /// charged items limit
    F_LOAN_LIMIT = b"CB";
    /// fee limit
    F_FEE_LIMIT = b"CC";
    /// unavailable hold items
    F_UNAVAILABLE_HOLDS = b"CD";
    /// fee identifier
    F_FEE_ID = b"CG";
    /// item properties
    F_PROPERTIES = b"CH";
    /// security inhibit
    F_INHIBIT = b"CI";
    /// recall date; the loan date in some dialects
    F_RECALL_DATE = b"CJ";
    /// media type
    F_MEDIA = b"CK";
    /// sort bin
    F_SORT_BIN = b"CL";
    /// login user id; the operator's account in some dialects
    F_LOGIN = b"CN";
    /// login password
    F_LOGIN_PASSWORD = b"CO";
    /// location code
    F_LOGIN_LOCATION = b"CP";
    /// valid patron password
    F_VALID_PASSWORD = b"CQ";
    /// collection: an extension of several peers
    F_COLLECTION = b"CR";
    /// call number: an extension of several peers
    F_CALL_NUMBER = b"CS";
    /// destination: an extension of several peers
    F_DESTINATION = b"CT";
    /// alert type: an extension of several peers
    F_ALERT = b"CV";
    /// card number of the patron for whom an item is kept: an extension of several peers
    F_HOLD_PATRON = b"CY";
    /// name of that patron, and a picture in the Chinese extension
    F_HOLD_NAME = b"DA";
    /// end of the card's term: an extension of several peers
    F_CARD_END = b"PA";
    /// what to do with a card
    F_OPERATION = b"XK";
    /// whether a card operation was done
    F_DONE = b"OK";
    /// number of an identity card
    F_CITIZEN = b"XO";
    /// card numbers of one citizen, joined with `]]`
    F_CARDS = b"OX";
    /// new card number
    F_NEW_PATRON_ID = b"XA";
    /// beginning of the card's term
    F_CARD_START = b"XB";
    /// birthday
    F_BORN = b"XH";
    /// sex
    F_SEX = b"XM";
    /// type of the card
    F_CARD_TYPE = b"XT";
    /// end of the card's term
    F_XD = b"XD";
    /// call number
    F_KC = b"KC";
}

const IDENTIFIERS: &[FieldCode] = &[
    F_PATRON_ID,
    F_ITEM_ID,
    F_TERMINAL_PASSWORD,
    F_PATRON_PASSWORD,
    F_INSTITUTION,
    F_TRANSACTION,
    F_LOGIN,
    F_LOGIN_PASSWORD,
    F_LOGIN_LOCATION,
    F_CITIZEN,
    F_NEW_PATRON_ID,
];

const PRIVATE: &[FieldCode] = &[
    F_PATRON_ID,
    F_TERMINAL_PASSWORD,
    F_PATRON_PASSWORD,
    F_NAME,
    F_ADDRESS,
    F_EMAIL,
    F_PHONE,
    F_LOGIN_PASSWORD,
    F_CITIZEN,
    F_CARDS,
    F_NEW_PATRON_ID,
    F_BORN,
    F_HOLD_PATRON,
    F_HOLD_NAME,
    // mobile number and home phone in the Chinese extension
    FieldCode(*b"MP"),
    FieldCode(*b"BP"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_private_is_never_printed() {
        let mut fields = Fields::default();
        for (code, value) in
            [(F_PATRON_ID, "P777"), (F_PATRON_PASSWORD, "246810"), (F_NAME, "张三"), (F_ITEM_ID, "LW1")]
        {
            fields.push(code, value);
        }
        assert_eq!(format!("{fields:?}"), r#"{AA: "…", AD: "…", AE: "…", AB: "LW1"}"#);
    }

    #[test]
    fn the_first_value_that_says_something_is_taken() {
        let mut fields = Fields::default();
        for value in [" ", "a", "b"] {
            fields.push(F_SCREEN, value);
        }
        assert_eq!((fields.first(F_SCREEN), fields.said(F_SCREEN)), (Some(" "), Some("a")));
        assert_eq!(fields.all(F_SCREEN).count(), 3);
    }

    #[test]
    fn a_code_is_two_letters_or_digits() {
        assert_eq!(FieldCode::parse("AB"), Some(F_ITEM_ID));
        for text in ["", "A", "ABC", "A|", "东"] {
            assert_eq!(FieldCode::parse(text), None, "{text}");
        }
    }
}
