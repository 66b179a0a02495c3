//! Closed sets of words.

use crate::reading::Choice;

/// Declares an enum whose values are words in the file; the first is the default.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $first:ident = $first_word:literal: $first_doc:literal, $($variant:ident = $word:literal: $variant_doc:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub enum $name {
            #[doc = $first_doc]
            #[default]
            $first,
            $(#[doc = $variant_doc] $variant,)*
        }

        impl $name {
            /// Returns the word that stands in the file.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    Self::$first => $first_word,
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl Choice for $name {
            const ALL: &'static [Self] = &[Self::$first, $(Self::$variant,)*];

            fn word(self) -> &'static str {
                self.as_str()
            }
        }
    };
}

choice! {
    /// The language of the screen.
    Language {
        Chinese = "zh": "Chinese, in simplified characters.",
        Traditional = "zh-Hant": "Chinese, in traditional characters.",
        English = "en": "English.",
    }
}
choice! {
    /// What the reader and the kiosk say to each other.
    Protocol {
        FeigObid = "feig-obid": "FEIG OBID host protocol, HF.",
        ThreeM810 = "3m-810": "3M 810 and 210, HF; leaves the factory with 19200 baud and no parity.",
        M100 = "m100": "M100, QM100, R200 and their kin, UHF; 115200 baud, no parity.",
        R2000 = "r2000": "R2000 readers (frames that begin with A0), UHF; 115200 baud, no parity.",
        Reader18 = "reader18": "UHFReader18, UHFReader288 and their kin, UHF; 57600 baud, no parity.",
        Mercury = "mercury": "ThingMagic Mercury serial, UHF; 115200 baud, no parity.",
        Llrp = "llrp": "LLRP 1.0.1 over TCP, UHF; port = \"tcp://HOST:5084\".",
    }
}
choice! {
    /// The parity bit of a serial line.
    Parity {
        Even = "even": "The factory setting of FEIG readers.",
        None = "none": "No parity bit.",
        Odd = "odd": "Odd parity.",
    }
}
choice! {
    /// The width of a printer's paper.
    PaperWidth {
        Mm80 = "80mm": "48 columns, 24 Chinese characters a line.",
        Mm58 = "58mm": "32 columns, 16 Chinese characters a line.",
    }
}
choice! {
    /// What a dispenser of cards speaks.
    DispenserKind {
        Crt591 = "crt-591": "CRT-571, CRT-591 and their kin.",
        K720 = "k720": "K720, D1801: frames say their length.",
        K720NoLength = "k720-no-length": "K720 whose frames do not say their length.",
        Cd720 = "cd-720m": "CRT-531, CD-720M.",
    }
}
choice! {
    /// How a receipt is parted from the roll.
    Cut {
        Partial = "partial": "A bridge is left, so that the receipt does not fall.",
        Full = "full": "Wholly.",
        None = "none": "There is no cutter: it is fed to where it can be torn.",
    }
}
choice! {
    /// How a call to central is sent.
    Method {
        Post = "post": "As a form; the token stays out of the server's access log.",
        Get = "get": "As a query, for servers that know nothing else.",
    }
}
choice! {
    /// Two AFI values that go together in one tradition.
    AfiPair {
        Standard = "standard": "07 in the library, C2 on loan.",
        ThreeM = "3m": "D7 in the library, DA on loan: 3M's, from before the standard.",
        German = "german": "07 in the library, 21 on loan: older German installations.",
    }
}
choice! {
    /// Whether a patron types a PIN.
    Pin {
        None = "none": "The card alone is enough.",
        Required = "required": "The card and its PIN.",
    }
}
choice! {
    /// What is done with a returned item when central is silent.
    CheckinPolicy {
        Assume = "assume": "It is taken back, secured, and told to central later.",
        Refuse = "refuse": "The patron is asked to come again.",
    }
}
choice! {
    /// What is done with a loan when central is silent.
    CheckoutPolicy {
        Refuse = "refuse": "The patron is asked to come again; the item stays secured.",
        Assume = "assume": "It is lent within the limits below, with a provisional due date, and told to central later.",
    }
}
choice! {
    /// How much is logged.
    Level {
        Info = "info": "Changes of state.",
        Error = "error": "Only that the kiosk cannot serve.",
        Warn = "warn": "Also what staff should look at.",
        Debug = "debug": "Also each step; patron numbers appear.",
        Trace = "trace": "Also each frame on the line.",
    }
}
choice! {
    /// The way to the library's system.
    Interface {
        Openlib = "openlib": "The interface of Interlib: `[central]`.",
        Kiosk = "kiosk": "Central's own interface, with transaction ids and a mirror: `[central]`.",
        Sip2 = "sip2": "3M SIP2 2.00: `[sip2]`.",
    }
}
choice! {
    /// How a SIP2 server departs from the standard, as far as the other keys do not say otherwise.
    Sip2Dialect {
        Standard = "standard": "Not at all.",
        Interlib = "interlib": "As the ACS of Interlib does: GBK, checksums sent and not looked at.",
    }
}
choice! {
    /// How characters are written.
    Sip2Charset {
        Dialect = "dialect": "As the dialect does.",
        Utf8 = "utf-8": "UTF-8.",
        Gbk = "gbk": "GBK.",
        Gb18030 = "gb18030": "GB 18030.",
        Latin1 = "latin-1": "ISO 8859-1.",
    }
}
choice! {
    /// What is done about sequence numbers and checksums.
    Sip2Checksum {
        Dialect = "dialect": "As the dialect does.",
        Off = "off": "Neither sent nor looked at.",
        SendOnly = "send-only": "Sent, never looked at.",
        Lenient = "lenient": "Sent and looked at; a wrong one is logged, and the answer taken.",
        Strict = "strict": "Sent and demanded.",
    }
}
choice! {
    /// What ends a message that is sent; every end is understood.
    Sip2Terminator {
        Cr = "cr": "A carriage return: the standard.",
        CrLf = "crlf": "A carriage return and a line feed.",
        Lf = "lf": "A line feed.",
    }
}
choice! {
    /// What stands for a date that does not apply.
    Sip2EmptyDates {
        Blank = "blank": "Blanks: the standard.",
        Now = "now": "The moment of the message: some servers drop the line at blanks.",
    }
}
choice! {
    /// How 03/04/2027 is read.
    Sip2DayOrder {
        DayFirst = "day-first": "The third of April.",
        MonthFirst = "month-first": "The fourth of March.",
    }
}
choice! {
    /// Which transactions of the time without the server are told as facts ("no block").
    Sip2NoBlock {
        Never = "never": "None: they are sent as ordinary ones and may be refused.",
        Checkin = "checkin": "Returns.",
        Always = "always": "Loans and returns.",
    }
}
choice! {
    /// Whether the line is TLS, and who vouches for the server.
    Sip2Tls {
        Off = "off": "No TLS.",
        System = "system": "TLS; whom the machine trusts.",
        File = "file": "TLS; only the certificates in `tls_file`.",
    }
}
choice! {
    /// Whether the line to the broker is TLS, and who vouches for it.
    MqttTls {
        Off = "off": "No TLS.",
        System = "system": "TLS; whom the machine trusts.",
        File = "file": "TLS; only the certificates in `tls_file`.",
    }
}
choice! {
    /// How the frames of Modbus are wrapped.
    Wire {
        Rtu = "modbus-rtu": "As on a serial line; also behind a serial server.",
        Tcp = "modbus-tcp": "As Modbus TCP does; port = \"tcp://HOST:502\".",
    }
}
choice! {
    /// What a contact tells, or does.
    Signal {
        CurtainClear = "curtain-clear": "Nothing is in the plane of the shutter.",
        ShutterOpen = "shutter-open": "The shutter stands at its upper limit.",
        ShutterClosed = "shutter-closed": "It stands at its lower limit.",
        ShutterOverloaded = "shutter-overloaded": "Its motor pushes against something.",
        EyeIn = "eye-in": "The eye behind the shutter is covered.",
        EyeMid = "eye-mid": "The eye at the end of the inlet belt is covered.",
        EyeOut = "eye-out": "The eye behind the flap is covered.",
        ServiceDoor = "service-door": "The service door is open.",
        Smoke = "smoke": "It is hot, or there is smoke.",
        Mains = "mains": "There is mains.",
        Approach = "approach": "Somebody is at the mouth: a button, or an eye before it.",
        BinPresent = "bin-present": "A cart stands at the bin's place.",
        BinFull = "bin-full": "The bin is full.",
        BinDropped = "bin-dropped": "Something falls into the bin.",
        DoorOpen = "door-open": "The room's door stands open.",
        ExitButton = "exit-button": "The button beside the room's door is pressed, which opens it by wire.",
        FireAlarm = "fire-alarm": "The fire alarm, which opens the room's door by wire.",
        PassageOuter = "passage-outer": "The outer eye of the room's passage is covered.",
        PassageInner = "passage-inner": "The inner eye of the room's passage is covered.",
        CountIn = "count-in": "A counter's pulse: somebody came in.",
        CountOut = "count-out": "A counter's pulse: somebody went out.",
        GateAlarm = "gate-alarm": "The security gate at the room's door alarms.",
        OpenShutter = "open-shutter": "The shutter is driven up.",
        CloseShutter = "close-shutter": "The shutter is driven down.",
        BeltIn = "belt-in": "The inlet belt runs inwards.",
        BeltOut = "belt-out": "The inlet belt runs outwards.",
        Sorter = "sorter": "The sorting belt runs.",
        Divert = "divert": "The bin's diverter is set.",
        LampReady = "lamp-ready": "The slot takes items.",
        LampOut = "lamp-out": "The slot is out of service.",
        UnlockDoor = "unlock-door": "The room's door can be opened from the street.",
        LampWelcome = "lamp-welcome": "The green lamp at the room's door.",
        LampRefused = "lamp-refused": "The red lamp at the room's door.",
        Beeper = "beeper": "The beeper at the room's door.",
    }
}
