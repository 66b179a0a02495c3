//! Tags in a layout of the library's own, through the whole pad.

use std::time::Duration;

use crate::data::local::{FieldLength, LocalForm, LocalLayout, Mark, Packing};
use crate::data::{Layout, TagData};
use crate::emulator::{self, Emulator, EmulatorConfig, script};
use crate::hf::obid::Obid;
use crate::pad::{Arrival, Input, Output, Pad, PadConfig, ReaderEvent};

/// What arrives with these layouts configured when a tag with this memory is laid on the pad.
fn arrival(layouts: Vec<LocalLayout>, data: &str) -> Arrival {
    let mut reader = Emulator::new(EmulatorConfig::default());
    for line in [format!("raw T uid=E004010000000001 afi=07 data={data}"), "put T".to_owned()] {
        script::run(&mut reader, &line).end.unwrap_or_else(|error| panic!("{line}: {error}"));
    }
    let mut pad = Pad::new(Obid::new(255), PadConfig { layouts: layouts.into(), ..PadConfig::default() });
    let (mut now, mut out) = (crate::testing::start(), Vec::new());
    pad.handle(now, Input::Opened, &mut out);
    for _ in 0..1_000 {
        for output in std::mem::take(&mut out) {
            match output {
                Output::Event(ReaderEvent::Arrived(arrival)) => return arrival,
                Output::Event(_) | Output::Reopen => {}
                Output::Send(request) => {
                    let mut answers = Vec::new();
                    reader.handle(now, emulator::Input::Bytes(&request), &mut answers);
                    for answer in answers {
                        pad.handle(now, Input::Bytes(&answer), &mut out);
                    }
                }
            }
        }
        if out.is_empty() {
            now = pad.deadline().unwrap_or(now + Duration::from_millis(1)).max(now);
            pad.handle(now, Input::Tick, &mut out);
        }
    }
    panic!("nothing arrived");
}

fn id(arrival: &Arrival) -> Option<&str> {
    match &arrival.data {
        TagData::Library(tag) => Some(&tag.primary_item_id),
        TagData::Blank | TagData::Foreign | TagData::Damaged { .. } => None,
    }
}

/// covers: local-layout (on the pad)
#[test]
fn a_configured_layout_arrives_with_its_number() {
    let interlib = LocalLayout::self_describing("interlib");
    let number = "10051CBE991A14000000000000000000";
    let arrived = arrival(vec![interlib.clone()], number);
    assert_eq!(id(&arrived), Some("123456789012"));
    assert_eq!(arrived.layout, Some(Layout::Local("interlib".into())));
    assert_eq!(id(&arrival(Vec::new(), number)), None, "it is not configured");

    // Far behind what a pad reads at first: the layout tells how far it must read.
    let form = LocalForm::Field {
        offset: 88,
        length: FieldLength::Fixed(8),
        packing: Packing::Number { digits: 14 },
    };
    let marks = vec![Mark { at: 108, mask: 0xF0, value: 0xA0 }];
    let far = LocalLayout { name: "far".into(), form, marks };
    let data = format!("{}0000001CBE991A14{}A5000000", "33".repeat(88), "00".repeat(12));
    let arrived = arrival(vec![interlib, far], &data);
    assert_eq!(id(&arrived), Some("00123456789012"));
    assert_eq!(arrived.layout, Some(Layout::Local("far".into())));
}
