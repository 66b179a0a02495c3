//! The JSON Schema (2020-12) of the configuration file: every key with type, range, unit, default, and what it is for in
//! Chinese and English. TOML is taken as JSON: tables are objects, `[[lists]]` arrays of them.
//!
//! What a schema cannot say, the program alone checks; [`BEYOND`] lists it, and the schema says so in `$comment`.

use crate::reading::Choice as _;
use crate::{Key, Protocol, Shape, keys};
use serde_json::{Map, Value, json};

/// The schema, as JSON.
#[must_use]
pub fn schema() -> Value {
    let keys = keys();
    let mut properties = Map::new();
    for key in &keys {
        if key.section.is_empty() {
            properties.insert(key.name.to_owned(), property(key));
        } else if !properties.contains_key(key.section) {
            let of_section: Vec<&Key> = keys.iter().filter(|other| other.section == key.section).collect();
            properties.insert(key.section.to_owned(), section(&of_section));
        }
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "阅亭自助借还机配置 Yueting kiosk configuration",
        "$comment": format!("Checked by the program alone: {}.", BEYOND.join("; ")),
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "allOf": across_sections(),
    })
}

/// Rules that the program checks and this schema cannot express.
pub const BEYOND: &[&str] = &[
    "security: the two AFI values differ",
    "central: connect_timeout_ms is at most total_timeout_ms",
    "visit: warn_seconds is less than idle_seconds",
    "place: an opening time ends after it begins, a day exists",
    "shelf: it lies within the room, and its call numbers are in order",
    "layout: names are given once, a mask has all bits of its value",
    "slot: modules and bins that are named are described, no contact is there twice, what is needed is wired",
    "contact: a signal of a bin names it; outputs and the curtain have no delay",
    "module: Modbus TCP has no serial port; it is the slot's or the room's, not both",
    "room: what is needed is wired, and a card can be shown",
    "gate, ups: the address is one of TCP",
    "files that are named can be read",
];

fn section(keys: &[&Key]) -> Value {
    let properties: Map<String, Value> =
        keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let mut object = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    let Some(first) = keys.first() else { return object };
    // A layout that tells itself where its number is needs less: `within`.
    let is_always = |key: &&&Key| key.is_required && (key.section, key.name) != ("layout", "length");
    let is_always = |key: &&&Key| is_always(key) && (key.section, key.name) != ("layout", "packing");
    let required: Vec<&str> = keys.iter().filter(is_always).map(|key| key.name).collect();
    let within = within(first.section);
    if let Some(fields) = object.as_object_mut() {
        if !required.is_empty() {
            fields.insert("required".to_owned(), json!(required));
        }
        if !within.is_empty() {
            fields.insert("allOf".to_owned(), json!(within));
        }
    }
    if first.is_listed {
        json!({ "type": "array", "maxItems": first.most_tables, "items": object })
    } else {
        object
    }
}

fn property(key: &Key) -> Value {
    let mut value = of_shape(&key.shape);
    let told = key.description();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("description".to_owned(), json!(format!("{}\n{}", told.chinese, told.english)));
        let default = key.default.as_deref().filter(|_| !key.shape.is_secret() && !key.is_required);
        if let Some(default) = default.and_then(toml_value) {
            fields.insert("default".to_owned(), default);
        }
        if key.shape.is_secret() {
            fields.insert("writeOnly".to_owned(), json!(true));
        }
        fields.insert("x-takes".to_owned(), json!(key.takes().as_str()));
        if let Some(unit) = key.unit() {
            fields.insert("x-unit".to_owned(), json!(unit));
        }
    }
    value
}

/// A default, from TOML to JSON.
fn toml_value(text: &str) -> Option<Value> {
    let document: toml::Table = format!("value = {text}").parse().ok()?;
    serde_json::to_value(document.get("value")?).ok()
}

fn of_shape(shape: &Shape) -> Value {
    match shape {
        Shape::Text { .. }
        | Shape::Pattern { .. }
        | Shape::Secret { .. }
        | Shape::Path
        | Shape::Endpoint
        | Shape::Url => json!({ "type": "string", "pattern": shape.regex() }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Whole { least, most, .. } => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Shape::Words(words) => json!({ "enum": words }),
        Shape::Numbers(numbers) => json!({ "enum": numbers }),
        Shape::List { of, least, most } => {
            json!({ "type": "array", "minItems": least, "maxItems": most, "items": of_shape(of) })
        }
        Shape::Table(fields) => {
            let required: Vec<&str> = fields.iter().filter(|f| f.is_required).map(|f| f.name).collect();
            let properties: Map<String, Value> =
                fields.iter().map(|field| (field.name.to_owned(), of_shape(&field.shape))).collect();
            json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties })
        }
    }
}

/// Rules between keys of one section.
fn within(section: &str) -> Vec<Value> {
    let neither = |name: &str| json!({ "properties": { name: { "const": false } }, "required": [name] });
    match section {
        "security" => vec![json!({ "not": { "allOf": [neither("use_afi"), neither("use_eas")] } })],
        "central" => vec![json!({ "not": { "required": ["secret", "secret_file"] } })],
        "screen" => vec![json!({ "dependentRequired": { "width": ["height"], "height": ["width"] } })],
        "find" => vec![given("reserve", json!(true), json!({ "enabled": { "const": true } }), &["enabled"])],
        "sip2" => vec![given("tls", json!("file"), json!({}), &["tls_file"])],
        "mqtt" => vec![
            given("tls", json!("file"), json!({}), &["tls_file"]),
            json!({ "dependentRequired": { "password_file": ["user"] } }),
        ],
        "staff" => vec![json!({ "properties": { "power_off": { "minItems": 1 } } })],
        "reader" => vec![of_uhf_only("power_dbm")],
        "layout" => layout(),
        "sort" => {
            vec![json!({ "dependentRequired": { "call_from": ["call_to"], "call_to": ["call_from"] } })]
        }
        _ => Vec::new(),
    }
}

/// A key that readers of HF tags do not have.
fn of_uhf_only(key: &str) -> Value {
    let families: Vec<&str> =
        Protocol::ALL.iter().filter(|family| family.is_uhf()).map(|family| family.as_str()).collect();
    json!({ "dependentSchemas": {
        key: { "properties": { "protocol": { "enum": families } }, "required": ["protocol"] },
    } })
}

fn layout() -> Vec<Value> {
    let is_told_by_tag =
        json!({ "properties": { "form": { "const": "self-describing" } }, "required": ["form"] });
    let no = ["offset", "length", "length_byte", "digits"].map(|name| (name.to_owned(), json!(false)));
    let mut told: Map<String, Value> = no.into_iter().collect();
    told.insert("packing".to_owned(), json!({ "enum": ["ascii", "6-bit"] }));
    let is_no_number = json!({
        "properties": { "packing": { "not": { "const": "number" } } }, "required": ["packing"],
    });
    vec![
        json!({ "if": is_told_by_tag, "then": { "properties": told }, "else": { "required": ["length", "packing"] } }),
        json!({ "if": is_no_number, "then": { "properties": { "digits": false } } }),
    ]
}

/// Rules between sections.
fn across_sections() -> Vec<Value> {
    let kiosk = json!({
        "central": { "properties": { "interface": { "const": "kiosk" } }, "required": ["interface"] },
    });
    let needs = |section: &str, key: &str, value: Value| {
        let is_so = json!({ "properties": { key: { "const": value } }, "required": [key] });
        json!({
            "if": { "properties": { section: is_so }, "required": [section] },
            "then": { "properties": kiosk, "required": ["central"] },
        })
    };
    vec![needs("offline", "checkout", json!("assume")), needs("find", "enabled", json!(true))]
}

/// Where `key` is `value`, these properties and keys are needed.
fn given(key: &str, value: Value, properties: Value, required: &[&str]) -> Value {
    json!({
        "if": { "properties": { key: { "const": value } }, "required": [key] },
        "then": { "properties": properties, "required": required },
    })
}

impl Key {
    /// What its number counts, by its shape or by its name.
    #[must_use]
    pub fn unit(&self) -> Option<&'static str> {
        let Shape::Whole { unit, .. } = self.shape else {
            return (self.name == "baud").then_some("bits per second");
        };
        let named = [("_hours", "hours"), ("width", "pixels"), ("height", "pixels")];
        let by_name = || named.iter().find(|(end, _)| self.name.ends_with(end)).map(|(_, unit)| *unit);
        Some(unit).filter(|unit| !unit.is_empty()).or_else(by_name)
    }
}
