//! The strip below the window of the demo: a card and books to put on the pad.

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tracing::warn;
use ui::{DemoAct, DemoKind, DemoThing};

use super::world::{BOOKS, CARD, COVERS, World};
use crate::failure::Failure;

/// The things beside the pad, and what puts them on it.
#[derive(Debug)]
pub(crate) struct Strip {
    world: World,
    things: Vec<DemoThing>,
    acts: mpsc::Receiver<DemoAct>,
    acts_in: mpsc::Sender<DemoAct>,
}

impl Strip {
    /// Lays the card and the books beside the pad.
    pub(crate) async fn lay_out(mut world: World) -> Result<Self, Failure> {
        world.emulator().say("take all").await?;
        let card = DemoThing {
            key: CARD.to_owned(),
            label: "读者证".to_owned(),
            kind: DemoKind::Card,
            on_pad: false,
        };
        let books = BOOKS.iter().zip(COVERS).map(|(book, cover)| DemoThing {
            key: (*book).to_owned(),
            label: cover.to_owned(),
            kind: DemoKind::Book,
            on_pad: false,
        });
        let (acts_in, acts) = mpsc::channel(16);
        Ok(Self { world, things: core::iter::once(card).chain(books).collect(), acts, acts_in })
    }

    /// What the window needs to show the strip.
    pub(crate) fn options(&self) -> ui::DemoStrip {
        let acts = self.acts_in.clone();
        ui::DemoStrip {
            things: self.things.clone(),
            act: Box::new(move |act| {
                if acts.try_send(act).is_err() {
                    warn!("a touch of the demo's strip was dropped");
                }
            }),
        }
    }

    /// Serves the strip as long as the window is there.
    pub(crate) fn attach(self, spawner: &Handle, window: ui::Handle) {
        spawner.spawn(self.serve(window));
    }

    async fn serve(mut self, window: ui::Handle) {
        while let Some(act) = self.acts.recv().await {
            let (verb, key, on_pad) = match &act {
                DemoAct::Put(key) => ("put", key, true),
                DemoAct::Take(key) => ("take", key, false),
            };
            if let Err(cause) = self.world.emulator().say(&format!("{verb} {key}")).await {
                warn!(%cause, "the emulated reader does not answer");
                continue;
            }
            for thing in self.things.iter_mut().filter(|thing| thing.key == *key) {
                thing.on_pad = on_pad;
            }
            window.set_demo(self.things.clone());
        }
    }
}
