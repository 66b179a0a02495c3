//! Every endpoint of openlib with good and bad input, as stories: each row is one call, by GET, by POST, or by both.

mod desk;
mod holds;
mod stock;

use serde_json::Value;

use super::world::{World, code};

/// How a row's call is made.
#[derive(Clone, Copy)]
enum By {
    Get,
    Post,
    /// one after the other: what only asks
    Both,
}

use By::{Both, Get, Post};

/// How, path below `/openlib/service/`, parameters, the code expected, a JSON pointer and the text expected there.
type Row<'a> = (By, &'a str, &'a [(&'a str, &'a str)], &'a str, &'a str, &'a str);

impl World {
    /// Makes the calls in their order.
    async fn calls(&self, rows: &[Row<'_>]) {
        let token = self.token().await;
        for (by, path, params, expected, pointer, value) in rows {
            let path =
                if path.starts_with('/') { (*path).to_owned() } else { format!("/openlib/service/{path}") };
            let mut all = vec![("token", token.as_str())];
            all.extend_from_slice(params);
            let answers = match by {
                Get => vec![self.get(&path, &all).await],
                Post => vec![self.post(&path, &all).await],
                Both => vec![self.get(&path, &all).await, self.post(&path, &all).await],
            };
            for answer in answers {
                assert_eq!(code(&answer), *expected, "{path} {params:?}: {answer}");
                let said = match answer.pointer(pointer) {
                    Some(Value::String(text)) => text.clone(),
                    Some(Value::Array(list)) => format!("{} there", list.len()),
                    Some(other) => other.to_string(),
                    None => "nothing".to_owned(),
                };
                assert_eq!(said, *value, "{path} {params:?} {pointer}: {answer}");
            }
        }
    }
}

/// A program that knows other names for nothing: unknown parameters, empty ones, and `havecluster` in any form.
#[tokio::test]
async fn what_a_program_says_beyond_what_is_needed_does_no_harm() {
    let Some(world) = World::new().await else { return };
    let extra =
        [("havecluster", "1"), ("cardtype", ""), ("globalid", "x"), ("v", "3.0"), ("rdid", " LW20260001 ")];
    world
        .calls(&[
            (Both, "barcode/currentloan", &extra, "R90000", "/loanlist", "2 there"),
            (Both, "barcode/rdloanlist", &extra, "R90000", "/loanlist", "2 there"),
            (Both, "reader/searchreader", &extra, "R90000", "/rdid", "LW20260001"),
        ])
        .await;
}

/// Every path answers a caller without a token in the same way, and does nothing.
#[tokio::test]
async fn without_a_token_nothing_is_answered() {
    let Some(world) = World::new().await else { return };
    for path in PATHS {
        let path = format!("/openlib/{path}");
        let params = [("rdid", "LW20260001"), ("barcode", "LW0000001"), ("opuser", "k"), ("token", "00")];
        assert_eq!(code(&world.get(&path, &params).await), "R90401", "{path}");
        assert_eq!(code(&world.post(&path, &params[..3]).await), "R90401", "{path}");
    }
}

const PATHS: &[&str] = &[
    "login/opLOGIN",
    "service/reader/confirmreader",
    "service/reader/searchreader",
    "service/reader/searchreaderlist",
    "service/reader/addreader",
    "service/reader/cardmanage",
    "service/reader/rdtypechangebefore",
    "service/reader/rdtypechange",
    "service/reader/searchdebt",
    "service/reader/paymoney",
    "service/reader/addprepay",
    "service/reader/searchoverdue",
    "service/reader/onefinhandle",
    "service/barcode/loanbook",
    "service/barcode/returnbook",
    "service/barcode/renewbook",
    "service/barcode/currentloan",
    "service/barcode/rdloanlist",
    "service/barcode/historyloan",
    "service/barcode/queryholding",
    "service/barcode/registerreserve",
    "service/barcode/cancelreserve",
    "service/barcode/registerprelend",
    "service/barcode/cancelprelend",
    "service/book/searchbib",
    "service/book/searchreslist",
    "service/book/searchprelendlist",
    "service/query/libinfo",
    "service/hold/assetcountreturnmeta",
    "service/hold/holdselfnomanage",
    "service/purchase/barcodeCollection",
];
