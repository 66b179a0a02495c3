//! The OpenAPI document of the interfaces over HTTP, published as `/openapi.json`: for whoever writes a client, and for
//! the program that tries every call with bad input.
//!
//! The paths come from the routers' own lists, so that none can be missing. What an openlib endpoint takes stands in
//! `PARAMETERS`; one that is not there is described without parameters.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};
use sync_client::kiosk_api::{self, MAX_BATCH, transfer::MAX_ITEMS};

use crate::api;

/// Where the document is.
pub const PATH: &str = "/openapi.json";

/// Answers with the document.
pub(crate) fn answer() -> Response {
    match serde_json::to_vec_pretty(&document()) {
        Ok(body) => ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response(),
        Err(fault) => {
            tracing::error!(%fault, "the OpenAPI document cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The document.
#[must_use]
pub fn document() -> Value {
    let mut paths = Map::new();
    for path in api::paths() {
        let (path, number) = match path.strip_suffix('/') {
            Some(stem) => (format!("{stem}/{{record}}"), true),
            None => (path.to_owned(), false),
        };
        let operation = |method: &str| openlib(&path, number, method);
        paths.insert(path.clone(), json!({ "get": operation("get"), "post": operation("post") }));
    }
    paths.insert(kiosk_api::path::TRANSACTIONS.to_owned(), json!({ "post": transactions() }));
    paths.insert(kiosk_api::path::SNAPSHOT.to_owned(), json!({ "get": snapshot() }));
    paths.insert(kiosk_api::path::CHANGES.to_owned(), json!({ "get": changes() }));
    paths.insert(kiosk_api::path::HEARTBEAT.to_owned(), json!({ "post": heartbeat() }));
    paths.insert(kiosk_api::path::TRANSFER.to_owned(), json!({ "post": transfer() }));
    paths.insert(kiosk_api::path::SHELVES.to_owned(), json!({ "post": shelves() }));
    paths.insert(kiosk_api::path::LOCATE.to_owned(), json!({ "post": locate() }));
    paths.insert(kiosk_api::path::CARD.to_owned(), json!({ "post": card() }));
    let own = json!({
        "operationId": "openapi",
        "summary": "this document",
        "responses": { "200": {
            "description": "it", "content": { "application/json": { "schema": { "type": "object" } } }
        }}
    });
    paths.insert(PATH.to_owned(), json!({ "get": own }));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "central",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0" },
            "description": DESCRIPTION
        },
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": { "kiosk": {
                "type": "http", "scheme": "bearer", "description": "a token of /openlib/service/barcode/token"
            }}
        }
    })
}

fn openlib(path: &str, has_number: bool, method: &str) -> Value {
    let known = PARAMETERS.iter().find(|(of, _)| *of == path).map_or(&[][..], |(_, names)| *names);
    let is_public = path.starts_with("/opac/") || path == TOKEN_PATH;
    let token = if is_public { &[][..] } else { &["token"][..] };
    let text = json!({ "type": "string", "maxLength": 128 });
    let mut parameters = Vec::new();
    if has_number {
        let schema = json!({ "type": "integer", "minimum": 0 });
        parameters.push(json!({ "name": "record", "in": "path", "required": true, "schema": schema }));
    }
    let words = path.rsplit('/').find(|part| !part.starts_with('{')).unwrap_or("call");
    let operation = json!({
        "operationId": format!("{method}{}", path.replace(['/', '{', '}'], "_")),
        "tags": ["openlib"],
        "summary": words,
        "responses": { "200": {
            "description": "what became of it: success, and a code",
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Envelope" } } }
        }}
    });
    let query = |name: &&str| json!({ "name": name, "in": "query", "schema": text });
    // A token may come either way; said once, so that whoever reads this need not choose.
    if method == "get" {
        parameters.extend(token.iter().chain(known).map(query));
        return with(operation, "parameters", json!(parameters));
    }
    parameters.extend(token.iter().map(query));
    let properties: Map<String, Value> =
        known.iter().map(|name| ((*name).to_owned(), text.clone())).collect();
    let form = json!({ "type": "object", "properties": properties });
    let body = json!({ "content": { "application/x-www-form-urlencoded": { "schema": form } } });
    with(with(operation, "requestBody", body), "parameters", json!(parameters))
}

/// An object with one more member.
fn with(mut object: Value, name: &str, value: Value) -> Value {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
    object
}

fn transactions() -> Value {
    let operation = json!({
        "operationId": "transactions",
        "tags": ["kiosk"],
        "summary": "loans and returns, each applied once; a batch is applied whole and in its order, or not at all",
        "security": [{ "kiosk": [] }],
        "requestBody": { "required": true, "content": { "application/json": { "schema": {
            "$ref": "#/components/schemas/Batch"
        }}}}
    });
    let good = json!({
        "description": "one answer for each, in order",
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Answers" } } }
    });
    with(operation, "responses", responses(good, &[400, 401, 403, 408, 413, 500]))
}

fn heartbeat() -> Value {
    let text = json!({ "type": "string" });
    let time = json!({ "type": "string", "description": "YYYY-MM-DD HH:MM:SS, the library's local time" });
    let part = json!({ "type": "object", "required": ["part", "state"], "properties": {
        "part": { "type": "string", "pattern": "^[a-z0-9_-]{1,32}$" },
        "state": { "enum": ["works", "attention", "fails", "absent"] }, "detail": text
    }});
    let body = json!({ "type": "object", "required": ["opuser", "at"], "properties": {
        "opuser": { "type": "string", "minLength": 1, "maxLength": 64 }, "at": time, "version": text,
        "waiting": { "type": "integer", "minimum": 0 }, "parked": { "type": "integer", "minimum": 0 },
        "parts": { "type": "array", "maxItems": 64, "items": part }
    }});
    let operation = json!({
        "operationId": "heartbeat",
        "tags": ["kiosk"],
        "summary": "how a kiosk is; the answer is what it is told: a message, orders, the key of patrons' codes",
        "security": [{ "kiosk": [] }],
        "requestBody": { "required": true, "content": { "application/json": { "schema": body } } }
    });
    let good = json!({
        "description": "what it is told",
        "content": { "application/json": { "schema": { "type": "object", "required": ["every"] } } }
    });
    with(operation, "responses", responses(good, &[400, 401, 403, 408, 413, 500]))
}

fn transfer() -> Value {
    let text = json!({ "type": "string", "minLength": 1, "maxLength": 64 });
    let items = json!({ "type": "array", "maxItems": MAX_ITEMS, "items": { "type": "string", "pattern": "^[!-{}~]{1,64}$" } });
    let body = json!({ "type": "object", "required": ["opuser", "id", "sheet", "do"], "properties": {
        "opuser": text, "id": { "type": "string", "format": "uuid" },
        "sheet": { "type": "string", "pattern": "^[A-Za-z0-9_-]{1,32}$" },
        "do": { "enum": ["make", "box", "ship", "receive", "close", "undo", "look"] },
        "from": text, "to": text, "keeps_home": { "type": "boolean" },
        "label": text, "declared": { "type": "integer", "minimum": 0, "maximum": MAX_ITEMS }, "items": items
    }});
    let operation = json!({
        "operationId": "transfer",
        "tags": ["kiosk"],
        "summary": "something is done with a transfer sheet, once: a box put on it, shipped, received",
        "security": [{ "kiosk": [] }],
        "requestBody": { "required": true, "content": { "application/json": { "schema": body } } }
    });
    let good = json!({
        "description": "what came of it, and the sheet afterwards",
        "content": { "application/json": { "schema": { "type": "object", "required": ["already"], "properties": {
            "already": { "type": "boolean" },
            "refused": { "enum": ["unknown", "exists", "bad_branches", "empty", "state", "has_arrived", "count", "id_reused"] }
        }}}}
    });
    with(operation, "responses", responses(good, &[400, 401, 403, 408, 413, 500]))
}

fn locate() -> Value {
    let items = json!({ "type": "array", "maxItems": MAX_ITEMS, "items": { "type": "string", "pattern": "^[!-{}~]{1,64}$" } });
    let body = json!({ "type": "object", "required": ["opuser"], "properties": {
        "opuser": { "type": "string", "minLength": 1, "maxLength": 64 },
        "text": { "type": "string", "minLength": 1, "maxLength": kiosk_api::locate::MAX_TEXT }, "items": items
    }});
    let operation = json!({
        "operationId": "locate",
        "tags": ["kiosk"],
        "summary": "where copies stand and were last seen: those that a barcode or words mean, or items by their barcodes",
        "security": [{ "kiosk": [] }],
        "requestBody": { "required": true, "content": { "application/json": { "schema": body } } }
    });
    let good = json!({
        "description": "the copies, each with its shelf, its state and its last sighting",
        "content": { "application/json": { "schema": { "type": "object", "required": ["now", "copies", "more"], "properties": {
            "now": { "type": "string" }, "copies": { "type": "array", "items": { "type": "object" } },
            "more": { "type": "boolean" }
        }}}}
    });
    with(operation, "responses", responses(good, &[400, 401, 403, 408, 413, 500]))
}

fn card() -> Value {
    let number = json!({ "type": "string", "pattern": "^[A-Za-z0-9]{6,32}$" });
    let text = json!({ "type": "string", "maxLength": 64 });
    let body = json!({ "type": "object", "required": ["opuser", "do"], "properties": {
        "opuser": { "type": "string", "minLength": 1, "maxLength": 64 },
        "do": { "enum": [
            "check", "reserve", "confirm", "delete", "renew", "lose", "pin", "pay", "paid", "refund"
        ] },
        "amount_fen": { "type": "integer", "minimum": 1, "maximum": 10_000_000 },
        "id": { "type": "string", "format": "uuid" }, "certificate": number, "guardian": number,
        "card": text, "replaces": text, "name": text, "born": { "type": "string", "format": "date" }, "kind": text,
        "phone": { "type": "string", "maxLength": 32 }, "pin": { "type": "string", "pattern": "^[!-~]{6,64}$" },
        "consent": { "type": "integer", "minimum": 0 }, "on_phone": { "type": "boolean" }
    }});
    let operation = json!({
        "operationId": "card",
        "tags": ["kiosk"],
        "summary": "library cards at a machine: who this is, a number reserved, confirmed or deleted by its id, services",
        "security": [{ "kiosk": [] }],
        "requestBody": { "required": true, "content": { "application/json": { "schema": body } } }
    });
    let good = json!({
        "description": "what came of it",
        "content": { "application/json": { "schema": { "type": "object", "required": ["already"], "properties": {
            "already": { "type": "boolean" },
            "refused": { "enum": [
                "has_card", "no_card", "phone_taken", "locked", "no_such_kind", "not_lost", "not_renewed", "gone", "no_key",
                "no_payment", "other_price", "provider_refuses"
            ]},
            "standing": { "type": "object" }, "card": { "type": "string" }, "until": { "type": "string" },
            "ticket": { "type": "string" }, "money": { "enum": ["open", "paid", "settled", "returning"] },
            "codes": { "type": "array", "items": { "type": "object" } }
        }}}}
    });
    with(operation, "responses", responses(good, &[400, 401, 403, 408, 413, 500]))
}

fn shelves() -> Value {
    let text = json!({ "type": "string", "minLength": 1, "maxLength": 64 });
    let body = json!({ "type": "object", "required": ["opuser", "branch"], "properties": {
        "opuser": text, "branch": text, "shelf": text, "after": { "type": "string", "pattern": "^[!-{}~]{1,64}$" }
    }});
    let operation = json!({
        "operationId": "shelves",
        "tags": ["kiosk"],
        "summary": "what should stand on the shelves of a branch, for whoever counts them: a page by barcode",
        "security": [{ "kiosk": [] }],
        "requestBody": { "required": true, "content": { "application/json": { "schema": body } } }
    });
    let good = json!({
        "description": "items with their shelves, and where the next page begins",
        "content": { "application/json": { "schema": { "type": "object", "required": ["items"], "properties": {
            "items": { "type": "array", "items": { "type": "object" } }, "next": { "type": "string" }
        }}}}
    });
    with(operation, "responses", responses(good, &[400, 401, 403, 408, 413, 500]))
}

fn snapshot() -> Value {
    let operation = json!({
        "operationId": "snapshot",
        "tags": ["kiosk"],
        "summary": "everything that a kiosk mirrors, as lines of JSON",
        "security": [{ "kiosk": [] }],
        "parameters": [{
            "name": kiosk_api::AFTER_HEADER, "in": "header", "description": "go on behind this place",
            "schema": { "type": "string", "maxLength": 80 }
        }]
    });
    with(operation, "responses", responses(lines(), &[400, 401, 500, 503]))
}

fn changes() -> Value {
    let operation = json!({
        "operationId": "changes",
        "tags": ["kiosk"],
        "summary": "what changed after a cursor, as lines of JSON",
        "security": [{ "kiosk": [] }],
        "parameters": [{
            "name": "after", "in": "query", "required": true,
            "schema": { "type": "string", "pattern": "^[A-Za-z0-9-]{1,64}$" }
        }]
    });
    with(operation, "responses", responses(lines(), &[400, 401, 410, 500]))
}

fn lines() -> Value {
    json!({
        "description": "JSON objects with one member, each ended by a line feed; the last is \"end\"",
        "content": { "application/x-ndjson": { "schema": { "type": "string" } } }
    })
}

fn responses(good: Value, statuses: &[u16]) -> Value {
    let mut all = Map::new();
    all.insert("200".to_owned(), good);
    for status in statuses {
        let codes: Vec<Value> = kiosk_api::Code::ALL
            .iter()
            .filter(|code| code.status() == *status)
            .filter_map(|code| serde_json::to_value(code).ok())
            .collect();
        let words: Vec<&str> = codes.iter().filter_map(Value::as_str).collect();
        let problem = json!({
            "description": format!("{}; nothing was done", words.join(", ")),
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Problem" } } }
        });
        all.insert(status.to_string(), problem);
    }
    Value::Object(all)
}

fn schemas() -> Value {
    let id = json!({ "type": "string", "pattern": "^[!-{}~]{1,64}$" });
    let day = json!({ "type": "string", "format": "date" });
    let time = json!({ "type": "string", "pattern": "^\\d{4}-\\d\\d-\\d\\d[ T]\\d\\d:\\d\\d:\\d\\d$" });
    let uuid = json!({ "type": "string", "format": "uuid" });
    let text = json!({ "type": "string" });
    json!({
        "Envelope": {
            "type": "object",
            "required": ["success", "messagelist"],
            "properties": {
                "success": { "type": "boolean" },
                "messagelist": { "type": "array", "minItems": 1, "items": { "$ref": "#/components/schemas/Message" } }
            }
        },
        "Message": {
            "type": "object",
            "required": ["code"],
            "properties": { "code": { "type": "string", "pattern": "^[RI]\\d{5}$" }, "message": text, "token": text, "time": text }
        },
        "Batch": {
            "type": "object",
            "required": ["opuser", "transactions"],
            "properties": {
                "opuser": { "type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$" },
                "transactions": { "type": "array", "maxItems": MAX_BATCH, "items": { "$ref": "#/components/schemas/Entry" } }
            }
        },
        "Entry": {
            "type": "object",
            "required": ["id", "mode", "kind", "item", "at"],
            "properties": {
                "id": uuid, "mode": { "enum": ["ask", "tell", "cancel"] }, "kind": { "enum": ["checkout", "checkin"] },
                "item": id, "patron": id, "at": time, "due": day
            }
        },
        "Answers": {
            "type": "object",
            "required": ["answers"],
            "properties": { "answers": { "type": "array", "items": {
                "type": "object",
                "required": ["id", "already", "outcome"],
                "properties": {
                    "id": uuid,
                    "already": { "type": "boolean" },
                    "outcome": { "enum": ["granted", "declined", "recorded", "cancelled", "id_reused"] },
                    "code": text, "text": text, "fen": { "type": "integer" }, "limit": { "type": "integer" },
                    "title": text, "author": text, "call": text, "due": day
                }
            }}}
        },
        "Problem": {
            "type": "object",
            "required": ["code"],
            "properties": {
                "code": { "enum": kiosk_api::Code::ALL },
                "at": { "type": "integer", "minimum": 0 },
                "field": text
            }
        }
    })
}

const DESCRIPTION: &str = "openlib for programs of libraries, and central's own interface for kiosks. openlib answers every \
     known path with HTTP 200 and an envelope; messagelist[0].code says what became of the call.";

const TOKEN_PATH: &str = sync_client::wire::path::TOKEN;

/// What endpoints take, besides the token.
const PARAMETERS: &[(&str, &[&str])] = &[
    (TOKEN_PATH, &["appid", "secret"]),
    (sync_client::wire::path::CONFIRM_READER, &["rdid", "rdpasswd", "opuser"]),
    (sync_client::wire::path::SEARCH_READER, &["rdid", "rdcertify"]),
    (sync_client::wire::path::LOAN_BOOK, &["rdid", "barcode", "opuser", "attachmentloanflag"]),
    (sync_client::wire::path::RETURN_BOOK, &["barcode", "opuser"]),
    (api::RENEW_BOOK, &["rdid", "barcode", "opuser"]),
    (sync_client::wire::path::CURRENT_LOAN, &["rdid"]),
    (sync_client::wire::path::QUERY_HOLDING, &["barcode", "bookrecno"]),
    (api::LIB_INFO, &["type"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Every route is described, and nothing else is: the kiosks' paths are read from the text that names them.
    #[test]
    fn no_route_is_missing() {
        let document = document();
        let described: BTreeSet<&str> =
            document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
        let named = include_str!("../../sync-client/src/kiosk_api.rs");
        let kiosk = named.lines().filter_map(|line| line.split("\"/kiosk/").nth(1)?.split('"').next());
        let kiosk: Vec<String> = kiosk.map(|rest| format!("/kiosk/{rest}")).collect();
        assert!(kiosk.len() >= 3);
        for path in &kiosk {
            assert!(described.contains(path.as_str()), "{path}");
        }
        let openlib: Vec<String> = api::paths()
            .map(|path| {
                path.strip_suffix('/').map_or_else(|| path.to_owned(), |stem| format!("{stem}/{{record}}"))
            })
            .collect();
        assert!(openlib.len() >= 9 && openlib.iter().all(|path| described.contains(path.as_str())));
        assert_eq!(described.len(), kiosk.len() + openlib.len() + 1, "{described:?}");
        for (path, _) in PARAMETERS {
            assert!(described.contains(path), "{path} is no route any more");
        }
    }

    /// What is referred to is there.
    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let text = document.to_string();
        let names: BTreeSet<&str> =
            text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(names.len() >= 6, "{names:?}");
        for name in names {
            assert!(document["components"]["schemas"][name].is_object(), "{name}");
        }
    }
}
