//! The staff's corner.

use circulation::screen::{Panel, Part, PartKind, PartState, Staff, StaffAct};

use super::{g, int};

/// What the pages of the staff's corner show.
#[derive(Default)]
pub(crate) struct StaffView {
    pub(crate) page: g::StaffPageView,
    pub(crate) parts: Vec<g::PartRow>,
}

pub(super) fn view(staff: &Staff) -> StaffView {
    let base = g::StaffPageView {
        kind: g::StaffKind::Pin,
        locked: -1,
        n_pictures: i32::from(Staff::N_PICTURES),
        ..g::StaffPageView::default()
    };
    match staff {
        Staff::Pin { len, wrong, locked } => {
            let locked = locked.map_or(-1, i32::from);
            StaffView {
                page: g::StaffPageView { pin_len: int(*len), wrong: *wrong, locked, ..base },
                parts: Vec::new(),
            }
        }
        Staff::Panel(panel) => panel_view(panel, base),
        Staff::Picture { number } => StaffView {
            page: g::StaffPageView { kind: g::StaffKind::Picture, picture: i32::from(*number), ..base },
            parts: Vec::new(),
        },
    }
}

fn panel_view(panel: &Panel, base: g::StaffPageView) -> StaffView {
    let (confirm, confirm_part) = panel.confirm.map_or((g::StaffActKind::None, g::PartKind::Reader), act);
    StaffView {
        page: g::StaffPageView {
            kind: g::StaffKind::Panel,
            n_waiting: int(panel.n_waiting),
            n_parked: int(panel.n_parked),
            out_of_service: panel.out_of_service,
            confirm,
            confirm_part,
            ..base
        },
        parts: panel.parts.iter().map(part_row).collect(),
    }
}

fn part_row(part: &Part) -> g::PartRow {
    g::PartRow {
        kind: kind(part.kind),
        state: match part.state {
            PartState::Works => g::PartState::Works,
            PartState::Fails => g::PartState::Fails,
            PartState::Absent => g::PartState::Absent,
        },
        detail: part.detail.as_str().into(),
    }
}

const fn kind(kind: PartKind) -> g::PartKind {
    match kind {
        PartKind::Reader => g::PartKind::Reader,
        PartKind::Ledger => g::PartKind::Ledger,
        PartKind::Central => g::PartKind::Central,
        PartKind::Mirror => g::PartKind::Mirror,
        PartKind::Printer => g::PartKind::Printer,
    }
}

const fn act(act: StaffAct) -> (g::StaffActKind, g::PartKind) {
    match act {
        StaffAct::OutOfService(true) => (g::StaffActKind::OutOfService, g::PartKind::Reader),
        StaffAct::OutOfService(false) => (g::StaffActKind::IntoService, g::PartKind::Reader),
        StaffAct::Restart(part) => (g::StaffActKind::Restart, kind(part)),
        StaffAct::Picture => (g::StaffActKind::Picture, g::PartKind::Reader),
        StaffAct::Quit => (g::StaffActKind::Quit, g::PartKind::Reader),
        StaffAct::ShutDown => (g::StaffActKind::ShutDown, g::PartKind::Reader),
    }
}

/// An act from the button that was touched; `None` of the kind that no button has.
pub(crate) const fn touched(act: g::StaffActKind, part: g::PartKind) -> Option<StaffAct> {
    Some(match act {
        g::StaffActKind::None => return None,
        g::StaffActKind::OutOfService => StaffAct::OutOfService(true),
        g::StaffActKind::IntoService => StaffAct::OutOfService(false),
        g::StaffActKind::Restart => StaffAct::Restart(match part {
            g::PartKind::Reader => PartKind::Reader,
            g::PartKind::Ledger => PartKind::Ledger,
            g::PartKind::Central => PartKind::Central,
            g::PartKind::Mirror => PartKind::Mirror,
            g::PartKind::Printer => PartKind::Printer,
        }),
        g::StaffActKind::Picture => StaffAct::Picture,
        g::StaffActKind::Quit => StaffAct::Quit,
        g::StaffActKind::ShutDown => StaffAct::ShutDown,
    })
}
