//! What the mechanics tell, as one image, and the motions they are told.
//!
//! The image is what an input module answers to one poll, after debouncing; safety contacts are normally closed, so that
//! a cut wire reads as broken, open or absent. There are no edges here: the machine compares images itself.

/// One image of all contacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sensors {
    /// Nothing is in the plane of the shutter.
    pub curtain_is_clear: bool,
    /// The shutter stands at its upper limit.
    pub shutter_is_open: bool,
    /// The shutter stands at its lower limit.
    pub shutter_is_closed: bool,
    /// The shutter's motor pushes against something.
    pub shutter_is_overloaded: bool,
    /// Something covers the eye behind the shutter.
    pub eye_in: bool,
    /// Something covers the eye at the end of the inlet belt.
    pub eye_mid: bool,
    /// Something covers the eye behind the flap.
    pub eye_out: bool,
    /// The service door is open: all motion is cut by wire.
    pub service_door_is_open: bool,
    /// Heat or smoke.
    pub has_smoke: bool,
    /// The bins, in the order of the configuration.
    pub bins: Vec<BinContacts>,
}

/// The contacts of one bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BinContacts {
    /// A cart stands there.
    pub is_present: bool,
    /// It is full.
    pub is_full: bool,
    /// Something has fallen in since the last image.
    pub has_dropped: bool,
}

impl Sensors {
    /// Whether something lies on the inlet belt, as far as eyes can tell.
    pub const fn is_inlet_covered(&self) -> bool {
        self.eye_in || self.eye_mid
    }

    /// The bin into which something fell.
    pub fn dropped(&self) -> Option<usize> {
        self.bins.iter().position(|bin| bin.has_dropped)
    }
}

/// Which way the shutter is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShutterDrive {
    /// Not at all: it stands where it stands.
    Stop,
    /// Up.
    Open,
    /// Down.
    Close,
}

/// Which way the inlet belt runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belt {
    /// It stands.
    Stop,
    /// Inwards.
    Inwards,
    /// Back to the street.
    Outwards,
}

/// What is to move. What is not named here stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// The shutter.
    Shutter(ShutterDrive),
    /// The inlet belt.
    Inlet(Belt),
    /// The sorting belt runs, or stands.
    Sorter {
        /// whether it runs
        runs: bool,
    },
    /// The diverter of a bin is set, all others are put back.
    Divert {
        /// the bin, by its place in the configuration
        bin: usize,
    },
}
