//! `[gate]`: the security gates, as an adapter beside them tells of them.

use crate::reading::Section;
use crate::{Endpoint, Fault};

/// `[gate]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gate {
    /// The adapter, over TCP; none: no gate tells anything but by a contact of the room's.
    pub address: Option<Endpoint>,
}

impl Gate {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let address = section.optional_endpoint("address");
        if matches!(address, Some(Endpoint::Serial(_))) {
            let text = "a gate's adapter is reached over TCP; write \"tcp://127.0.0.1:7040\"";
            section.fault("address", Fault::Clash { text });
        }
        Self { address }
    }
}
