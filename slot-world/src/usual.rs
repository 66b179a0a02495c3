//! A usual wiring, as the tables of a configuration: one module, contacts from 0 on, relays from 0 on.

use config::Signal;

/// The tables `[[bin]]` and `[[contact]]` of a slot with these bins, the last one at the end of the belt.
#[must_use]
pub fn tables(bins: &[&str]) -> String {
    let last = bins.len().saturating_sub(1);
    let wires = |signal: Signal| {
        // No diverter leads to the last: there the belt ends.
        let n = if signal == Signal::Divert { last } else { bins.len() };
        let of: Vec<Option<&str>> =
            if signal.is_of_bin() { bins.iter().take(n).copied().map(Some).collect() } else { vec![None] };
        of.into_iter().map(move |bin| (signal, bin))
    };
    let mut text: String = bins.iter().map(|bin| format!("[[bin]]\nname = {bin:?}\n\n")).collect();
    for are_coils in [false, true] {
        let signals = ALL.iter().copied().filter(|signal| signal.is_output() == are_coils);
        for (address, (signal, bin)) in signals.flat_map(wires).enumerate() {
            let bin = bin.map(|bin| format!("bin = {bin:?}\n")).unwrap_or_default();
            text += &format!("[[contact]]\nsignal = {:?}\n{bin}address = {address}\n\n", signal.as_str());
        }
    }
    text
}

/// In the order of their addresses, contacts and relays each for themselves.
const ALL: [Signal; 22] = [
    Signal::CurtainClear,
    Signal::ShutterOpen,
    Signal::ShutterClosed,
    Signal::ShutterOverloaded,
    Signal::EyeIn,
    Signal::EyeMid,
    Signal::EyeOut,
    Signal::ServiceDoor,
    Signal::Smoke,
    Signal::Mains,
    Signal::Approach,
    Signal::BinPresent,
    Signal::BinFull,
    Signal::BinDropped,
    Signal::OpenShutter,
    Signal::CloseShutter,
    Signal::BeltIn,
    Signal::BeltOut,
    Signal::Sorter,
    Signal::Divert,
    Signal::LampReady,
    Signal::LampOut,
];
