//! Every time and size the machine works with. The configuration fills it; tests run it in virtual time.

use std::time::Duration;

/// Times and sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// The shutter reaches a limit within this, or it is obstructed.
    pub shutter_travel: Duration,
    /// So long it opens to let go of what was in its way.
    pub release: Duration,
    /// So long the curtain must have been clear before it closes again.
    pub clear_before_close: Duration,
    /// So often it tries to close.
    pub close_tries: u8,
    /// So long it waits for an item with the shutter open.
    pub wait_item: Duration,
    /// An item is wholly on the belt within this.
    pub intake: Duration,
    /// So long eyes may be covered by one item: longer is two of them, or too long a thing.
    pub eye_in_covered: Duration,
    /// So long a tag is waited for when the item is in.
    pub tag: Duration,
    /// So long central is waited for.
    pub central: Duration,
    /// So long the disk is waited for.
    pub disk: Duration,
    /// So long the tag must be silent, with the eyes clear, to count as taken back.
    pub withdrawn: Duration,
    /// So long an item may take from the belt's start to behind the flap, and from there into a bin.
    pub transport: Duration,
    /// So long the belt runs the other way to free what is stuck.
    pub unjam: Duration,
    /// So often it tries that.
    pub unjam_tries: u8,
    /// So long the belt runs outwards after the item covers the outer eye: it then stands out to be grasped.
    pub present: Duration,
    /// So long an item that was handed back may stay in the mouth.
    pub hand_back: Duration,
    /// So often it is offered before it is kept as found.
    pub hand_back_tries: u8,
    /// So long a tag is waited for to say that its gate bit is closed.
    pub secure: Duration,
    /// So long the antenna and the eyes are looked at after a start.
    pub inspect: Duration,
    /// After this, a slot out of service tries again by itself.
    pub self_test: Duration,
    /// So long mains must be back before items are taken again.
    pub mains: Duration,
    /// A tag that went behind the flap is not taken for a new one so long: antennas hear into bins.
    pub ghost: Duration,
    /// So often in a day the diverter may miss.
    pub misses: usize,
}

impl Default for Timing {
    fn default() -> Self {
        let (ms, s) = (Duration::from_millis, Duration::from_secs);
        Self {
            shutter_travel: s(4),
            release: s(1),
            clear_before_close: s(3),
            close_tries: 3,
            wait_item: s(20),
            intake: s(8),
            eye_in_covered: ms(2500),
            tag: s(3),
            central: s(5),
            disk: s(5),
            withdrawn: s(1),
            transport: s(8),
            unjam: ms(300),
            unjam_tries: 2,
            present: ms(500),
            hand_back: s(15),
            hand_back_tries: 2,
            secure: s(2),
            inspect: s(3),
            self_test: s(600),
            mains: s(60),
            ghost: s(600),
            misses: 3,
        }
    }
}
