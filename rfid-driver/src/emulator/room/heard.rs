//! The room as the reader hears it: what is within reach of the cart is on the pad, and nothing else of the room.

use super::{Room, Walk};
use crate::emulator::{Emulator, Gen2Tag};

impl Emulator {
    /// Has the reader on a cart at the beginning of a room. The room's tags are the emulator's from now on.
    ///
    /// # Errors
    /// The name that a tag outside the room has too.
    pub fn enter(&mut self, room: Room) -> Result<(), String> {
        if let Some(twice) = room.spines().iter().find(|spine| self.gen2.contains_key(&spine.name)) {
            return Err(format!("there is already a tag {:?}", twice.name));
        }
        for spine in room.spines() {
            self.gen2.insert(spine.name.clone(), spine.tag.clone());
        }
        self.walk = Some(Walk::new(room));
        Ok(())
    }

    /// The walk through the room, if there is one.
    pub fn walk(&self) -> Option<&Walk> {
        self.walk.as_ref()
    }

    /// The walk, to tell the cart where to go.
    pub fn walk_mut(&mut self) -> Option<&mut Walk> {
        self.walk.as_mut()
    }

    /// A reading begins: the cart is pushed to where it is by now.
    pub(in crate::emulator) fn walk_on(&mut self) {
        let (Some(walk), Some(now)) = (&mut self.walk, self.now) else { return };
        walk.read(now);
        for name in walk.leave() {
            if let Some(tag) = self.gen2.get_mut(&name) {
                tag.is_on_pad = false;
            }
        }
        for (spine, strength) in walk.within_reach() {
            if let Some(tag) = self.gen2.get_mut(&spine.name) {
                (tag.is_on_pad, tag.rssi) = (true, strength);
            }
        }
    }

    /// Of the tags that answer, those that a single reading tells, as strong as it hears them. On a pad that is all of them.
    pub(in crate::emulator) fn through_the_room(&mut self, mut tags: Vec<Gen2Tag>) -> Vec<Gen2Tag> {
        let Some(radio) = self.walk.as_ref().map(|walk| walk.room().radio()) else { return tags };
        tags.retain(|_| self.random.below(100) < u64::from(radio.read_percent));
        for tag in &mut tags {
            let noise = self.random.below(u64::from(radio.noise_db) * 2 + 1);
            let noise =
                i8::try_from(noise).unwrap_or_default() - i8::try_from(radio.noise_db).unwrap_or_default();
            tag.rssi = tag.rssi.saturating_add(noise);
        }
        tags
    }
}
