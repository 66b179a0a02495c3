//! What the station says: a line for people, or a JSON object for programs.

use serde_json::{Value, json};

use super::batch::Key;
use crate::failure::Failure;
use crate::say;

/// Says things once: what is the same as what was said last is not said again.
#[derive(Debug)]
pub(super) struct Teller {
    is_json: bool,
    last: String,
}

impl Teller {
    pub(super) const fn new(is_json: bool) -> Self {
        Self { is_json, last: String::new() }
    }

    /// An item waits for its tag.
    pub(super) fn wait(&mut self, key: &Key, title: Option<&str>) -> Result<(), Failure> {
        let shown = title.map(|title| format!(" {title}")).unwrap_or_default();
        let text = format!("▸ {key}{shown}: 放上这本 lay it on the pad");
        self.tell("wait", json!({ "item": key.item, "title": title }), &text)
    }

    /// A tag is written.
    pub(super) fn done(
        &mut self,
        key: &Key,
        tag: &str,
        n: usize,
        seconds: f64,
        per_minute: Option<f64>,
    ) -> Result<(), Failure> {
        let rate = per_minute.map(|rate| format!(", {rate:.0} 枚每分 a minute")).unwrap_or_default();
        let text = format!("✓ {key} 已写 written on {tag} ({seconds:.1} s; {n}{rate})");
        let more =
            json!({ "item": key.item, "tag": tag, "n": n, "seconds": seconds, "per_minute": per_minute });
        self.tell("done", more, &text)
    }

    /// Something was not done, or needs a hand. It rings.
    pub(super) fn no(&mut self, event: &str, key: Option<&Key>, why: &str) -> Result<(), Failure> {
        let of = key.filter(|key| !why.contains(&key.item)).map(|key| format!("{key}: ")).unwrap_or_default();
        let item = key.map(|key| key.item.clone());
        self.tell(event, json!({ "item": item, "why": why }), &format!("\u{7}✗ {of}{why}"))
    }

    /// Something that is good to know.
    pub(super) fn note(&mut self, event: &str, text: &str) -> Result<(), Failure> {
        self.tell(event, json!({ "text": text }), &format!("  {text}"))
    }

    fn tell(&mut self, event: &str, more: Value, text: &str) -> Result<(), Failure> {
        let line = if self.is_json {
            let mut object = json!({ "event": event });
            if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
                object.extend(more);
            }
            object.to_string()
        } else {
            text.to_owned()
        };
        if line == self.last {
            return Ok(());
        }
        say(&format!("{line}\n"))?;
        self.last = line;
        Ok(())
    }
}
