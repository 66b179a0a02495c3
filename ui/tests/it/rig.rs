//! A screen without glass, and what can be asked of it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use circulation::screen::{Screen, Touch};
use i_slint_backend_testing::{
    AccessibleRole, ElementHandle, ElementQuery, TestingBackend, TestingBackendOptions,
};
use slint::platform::{Key, PointerEventButton, WindowEvent};
use slint::{ComponentHandle, PhysicalSize, SharedString};
use ui::Stage;

pub(crate) const PORTRAIT: (u32, u32) = (1080, 1920);
pub(crate) const LANDSCAPE: (u32, u32) = (1920, 1080);
/// In an order of focus: a control that is not in sight.
pub(crate) const OUT_OF_SIGHT: &str = "(out of sight)";

pub(crate) struct Rig {
    pub(crate) stage: Stage,
    pub(crate) touched: Rc<RefCell<Vec<Touch>>>,
}

/// One thing on the screen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) label: String,
    pub(crate) role: Option<AccessibleRole>,
    /// what a label says of itself: `cut` or `whole`
    pub(crate) id: String,
    pub(crate) checked: bool,
    pub(crate) enabled: bool,
    /// as much of it as is in sight
    pub(crate) area: Area,
    /// a list hides a part of it
    pub(crate) clipped: bool,
}

/// Logical pixels from the upper left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) right: f32,
    pub(crate) bottom: f32,
}

impl Rig {
    pub(crate) fn new((width, height): (u32, u32)) -> Self {
        let backend = TestingBackend::new(TestingBackendOptions {
            mock_time: true,
            threading: false,
            renderer_name: Some("software".into()),
        });
        // a second rig in the same thread shares the first one's platform
        drop(slint::platform::set_platform(Box::new(backend)));
        let touched = Rc::new(RefCell::new(Vec::new()));
        let log = Rc::clone(&touched);
        let stage = Stage::new(move |touch| log.borrow_mut().push(touch)).unwrap();
        let window = stage.window().window();
        window.set_size(PhysicalSize::new(width, height));
        stage.window().show().unwrap();
        window.dispatch_event(WindowEvent::WindowActiveChanged(true));
        settle(1);
        Self { stage, touched }
    }

    pub(crate) fn show(&self, screen: &Screen) {
        self.stage.present(screen).unwrap();
        settle(1);
        settle(1);
        // what is gone takes the keys with it; the stage looks after them
        self.elements();
        settle(30);
    }

    pub(crate) fn elements(&self) -> Vec<ElementHandle> {
        ElementQuery::from_root(self.stage.window()).find_all()
    }

    /// Everything that has a label or a role, in reading order; what lies in a list is cut to what the list shows.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        let elements = self.elements();
        let mut clips: Vec<Option<Area>> = vec![None; elements.len()];
        for (at, list) in elements.iter().enumerate() {
            if list.accessible_role() == Some(AccessibleRole::List) {
                // elements come parent first, so a list's own follow it
                let n = list.query_descendants().find_all().len();
                clips.iter_mut().skip(at + 1).take(n).for_each(|clip| *clip = Some(Area::of(list)));
            }
        }
        elements.iter().zip(clips).filter_map(|(element, clip)| Seen::of(element, clip)).collect()
    }

    pub(crate) fn labels(&self) -> Vec<String> {
        let spoken = self.seen().into_iter().filter_map(|seen| {
            let role = seen.word()?;
            let mark = if seen.checked { " (chosen)" } else { "" };
            (!seen.label.is_empty()).then(|| format!("{role:<6} {}{mark}", seen.label))
        });
        spoken.collect()
    }

    pub(crate) fn buttons(&self, label: &str) -> Vec<ElementHandle> {
        let label = label.to_owned();
        ElementQuery::from_root(self.stage.window())
            .match_accessible_role(AccessibleRole::Button)
            .match_predicate(move |e| e.accessible_label().is_some_and(|l| l == label))
            .find_all()
    }

    pub(crate) fn click(&self, label: &str) {
        let buttons = self.buttons(label);
        assert_eq!(buttons.len(), 1, "buttons called {label}");
        buttons.iter().for_each(|button| button.mock_single_click(PointerEventButton::Left));
        settle(200);
    }

    pub(crate) fn key(&self, key: Key) {
        self.type_text(&SharedString::from(key));
    }

    pub(crate) fn type_text(&self, text: &str) {
        let window = self.stage.window().window();
        window.dispatch_event(WindowEvent::KeyPressed { text: text.into() });
        window.dispatch_event(WindowEvent::KeyReleased { text: text.into() });
        settle(1);
        settle(1);
    }

    /// The label of the button that has the ring around it.
    pub(crate) fn focused(&self) -> Option<String> {
        let rings: Vec<_> = ElementHandle::find_by_element_id(self.stage.window(), "Press::ring").collect();
        assert!(rings.len() <= 1, "{} rings", rings.len());
        let ring = Area::of(rings.first()?);
        let buttons = self.seen().into_iter().filter(|seen| seen.role == Some(AccessibleRole::Button));
        let mut inside: Vec<Seen> = buttons.filter(|button| ring.surrounds(&button.area)).collect();
        assert_eq!(inside.len(), 1, "{inside:?} in {ring:?}");
        inside.pop().map(|button| button.label)
    }

    /// Whether the keys have been here: at the first control of all, whatever lists have moved meanwhile.
    fn is_first_again(&self, order: &[(Area, String)], at: Area, label: &str) -> bool {
        order.first().is_some_and(|(seen, first)| *seen == at && first == label)
    }

    /// The labels of the buttons in the order in which the keys come to them.
    pub(crate) fn focus_order(&self) -> Vec<String> {
        let mut order = Vec::new();
        for _ in 0..100 {
            self.key(Key::DownArrow);
            let ring: Vec<_> =
                ElementHandle::find_by_element_id(self.stage.window(), "Press::ring").collect();
            // the control that has the keys lies where nobody sees it
            let Some(at) = ring.first().map(Area::of) else {
                if order.iter().all(|(_, label)| label != OUT_OF_SIGHT) {
                    order.push((Area { x: 0.0, y: 0.0, right: 0.0, bottom: 0.0 }, OUT_OF_SIGHT.to_owned()));
                }
                continue;
            };
            let label = self.focused().unwrap();
            if self.is_first_again(&order, at, &label) {
                break;
            }
            order.push((at, label));
        }
        order.into_iter().map(|(_, label)| label).collect()
    }
}

impl Seen {
    fn of(element: &ElementHandle, clip: Option<Area>) -> Option<Self> {
        let role = element.accessible_role();
        let label = element.accessible_label().unwrap_or_default();
        let id = element.accessible_id().unwrap_or_default();
        if label.is_empty() && id.is_empty() && role.is_none() {
            return None;
        }
        let whole = Area::of(element);
        let area = clip.map_or(Some(whole), |clip| whole.overlap(&clip))?;
        Some(Self {
            label: label.into(),
            role,
            id: id.into(),
            checked: element.accessible_checked() == Some(true),
            enabled: element.accessible_enabled() != Some(false),
            area,
            clipped: area.height() + 1.0 < whole.height() || area.width() + 1.0 < whole.width(),
        })
    }

    fn word(&self) -> Option<&'static str> {
        let words = [
            (AccessibleRole::Button, "button"),
            (AccessibleRole::Text, "text"),
            (AccessibleRole::Image, "image"),
            (AccessibleRole::List, "list"),
            (AccessibleRole::ListItem, "line"),
        ];
        words.into_iter().find(|(role, _)| Some(*role) == self.role).map(|(_, word)| word)
    }
}

impl Area {
    pub(crate) fn of(element: &ElementHandle) -> Self {
        let (at, size) = (element.absolute_position(), element.size());
        Self { x: at.x, y: at.y, right: at.x + size.width, bottom: at.y + size.height }
    }

    pub(crate) fn width(&self) -> f32 {
        self.right - self.x
    }

    pub(crate) fn height(&self) -> f32 {
        self.bottom - self.y
    }

    fn surrounds(&self, inner: &Self) -> bool {
        let near = |a: f32, b: f32| (a - b).abs() < 12.5;
        near(self.x, inner.x)
            && near(self.y, inner.y)
            && near(self.right, inner.right)
            && near(self.bottom, inner.bottom)
    }

    pub(crate) fn overlap(&self, other: &Self) -> Option<Self> {
        let both = Self {
            x: self.x.max(other.x),
            y: self.y.max(other.y),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        };
        (both.width() > 1.0 && both.height() > 1.0).then_some(both)
    }
}

pub(crate) fn settle(ms: u64) {
    i_slint_backend_testing::mock_elapsed_time(Duration::from_millis(ms));
}
