//! The rules as a table, and over random batches: never two tags with one number.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn key(item: &str, set: Option<(u16, u16)>) -> Key {
    Key { item: item.to_owned(), set }
}

fn was(item: Option<&str>) -> Was {
    Was { item: item.map(str::to_owned), memory: "00".to_owned(), user: None, dsfid: None }
}

fn intent(item: &str, tag: &str) -> Event {
    Event::Intent { key: key(item, None), tag: tag.to_owned(), was: was(None) }
}

fn done() -> Event {
    Event::Done { seconds: 1.0 }
}

fn why() -> String {
    "why".to_owned()
}

/// A batch after these events: whether an item may go onto a tag that says something.
#[track_caller]
fn check(events: &[Event], ask: (&str, &str, Option<&str>, bool), told: &str) {
    let mut batch = Batch::default();
    events.iter().for_each(|event| batch.take(event));
    let (item, tag, says, rewrite) = ask;
    let answer = batch.may_write(&key(item, None), tag, says, rewrite);
    let answer = answer.map_or_else(|no| no.to_string(), |()| "yes".to_owned());
    assert!(answer.starts_with(told), "{ask:?}: {answer}");
}

#[test]
fn an_item_goes_onto_one_tag_and_a_tag_takes_one_item() {
    let one = [intent("A", "t1"), done()];
    check(&[], ("A", "t1", None, false), "yes");
    check(&[], ("A", "t1", Some("A"), false), "yes");
    check(&[], ("A", "t1", Some("B"), false), "this tag says already that it is B");
    check(&[], ("A", "t1", Some("B"), true), "yes");
    check(&one, ("A", "t2", None, true), "A is on tag t1");
    check(&one, ("A", "t1", Some("A"), true), "A is on tag t1");
    check(&one, ("B", "t1", Some("A"), true), "this tag was made A in this batch");
    check(&one, ("B", "t2", None, false), "yes");
}

#[test]
fn what_may_be_on_a_tag_goes_onto_no_other_one() {
    let cut = [intent("A", "t1")];
    check(&cut, ("A", "t2", None, true), "tag t1 may carry A");
    check(&cut, ("A", "t1", Some("Z"), false), "yes");
    let torn = [intent("A", "t1"), Event::Torn { why: why() }];
    check(&torn, ("A", "t2", None, true), "tag t1 may carry A");
    let given_up = [intent("A", "t1"), Event::GivenUp { key: key("A", None), tag: "t1".to_owned() }];
    check(&given_up, ("A", "t2", None, true), "tag t1 may carry A");
    check(&given_up, ("A", "t1", None, false), "yes");
    let failed = [intent("A", "t1"), Event::Failed { why: why() }];
    check(&failed, ("A", "t2", None, false), "yes");
    // A tag that was seen with a number keeps that number to itself.
    let seen = [Event::Refused {
        key: key("B", None),
        tag: Some("t1".to_owned()),
        says: Some("A".to_owned()),
        why: why(),
    }];
    check(&seen, ("A", "t2", None, true), "tag t1 may carry A");
    check(&seen, ("A", "t1", Some("A"), false), "yes");
    let undone = [intent("A", "t1"), done(), Event::Undone { key: key("A", None), tag: "t1".to_owned() }];
    check(&undone, ("A", "t2", None, false), "yes");
    check(&undone, ("B", "t1", None, false), "yes");
}

#[test]
fn parts_of_a_set_have_one_number_and_nothing_else_has() {
    let mut batch = Batch::default();
    let part = |part, of| key("A", Some((part, of)));
    batch.take(&Event::Intent { key: part(1, 2), tag: "t1".to_owned(), was: was(None) });
    batch.take(&done());
    assert_eq!(batch.may_begin(&part(2, 2)), Ok(()));
    for (asked, told) in [
        (part(1, 2), "A (1/2) is on tag t1"),
        (part(2, 3), "A (2/3) does not go with A (1/2)"),
        (key("A", None), "A does not go with A (1/2)"),
    ] {
        let no = batch.may_begin(&asked).unwrap_err().to_string();
        assert!(no.starts_with(told), "{no}");
    }
}

/// What a hand may do at the pad.
#[derive(Clone, Debug)]
enum Act {
    /// Lay a tag there for an item, with or without `--rewrite`; so many of four steps are done before the plug is pulled.
    Write {
        item: u8,
        tag: u8,
        rewrite: bool,
        steps: u8,
    },
    Undo,
    Skip,
    /// The program ends and begins again.
    Kill,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let write = (0_u8..4, 0_u8..4, any::<bool>(), 0_u8..4)
        .prop_map(|(item, tag, rewrite, steps)| Act::Write { item, tag, rewrite, steps });
    prop::collection::vec(
        prop_oneof![6 => write, 1 => Just(Act::Undo), 1 => Just(Act::Skip), 1 => Just(Act::Kill)],
        0..60,
    )
}

proptest! {
    /// The tags as a model beside the batch: no two of them say one number, whatever is cut, taken back, given up and begun
    /// again. One of them says a number from before, which the batch has seen.
    #[test]
    fn never_two_tags_with_one_number(acts in acts()) {
        let (mut batch, mut journal) = (Batch::default(), Vec::new());
        let mut tags: BTreeMap<String, Option<String>> = BTreeMap::from([("t0".to_owned(), Some("I9".to_owned()))]);
        for act in acts {
            let mut note = |batch: &mut Batch, event: Event| {
                batch.take(&event);
                journal.push(event);
            };
            match act {
                Act::Write { item, tag, rewrite, steps } => {
                    let (item, tag) = (format!("I{item}"), format!("t{tag}"));
                    let says = tags.get(&tag).cloned().flatten();
                    let is_other_open = batch.open().is_some_and(|open| open.key.item != item);
                    if is_other_open {
                        continue;
                    }
                    if let Err(no) = batch.may_write(&key(&item, None), &tag, says.as_deref(), rewrite) {
                        let why = no.to_string();
                        note(&mut batch, Event::Refused { key: key(&item, None), tag: Some(tag), says, why });
                        continue;
                    }
                    note(&mut batch, Event::Intent { key: key(&item, None), tag: tag.clone(), was: was(says.as_deref()) });
                    match steps {
                        // Cut before the first write, and after the last one.
                        0 => continue,
                        1 => {
                            tags.insert(tag, Some(item));
                            continue;
                        }
                        2 => note(&mut batch, Event::Failed { why: why() }),
                        _ => {
                            tags.insert(tag, Some(item));
                            note(&mut batch, done());
                        }
                    }
                }
                Act::Undo => {
                    if let (Ok(last), None) = (batch.may_undo().cloned(), batch.open()) {
                        tags.insert(last.tag.clone(), last.was.item);
                        note(&mut batch, Event::Undone { key: last.key, tag: last.tag });
                    }
                }
                Act::Skip => {
                    if let Some(open) = batch.open().cloned() {
                        note(&mut batch, Event::GivenUp { key: open.key, tag: open.tag });
                    }
                }
                Act::Kill => {
                    let mut again = Batch::default();
                    journal.iter().for_each(|event| again.take(event));
                    prop_assert_eq!(&again, &batch);
                    batch = again;
                }
            }
            let mut said: Vec<&String> = tags.values().flatten().collect();
            said.sort();
            let n = said.len();
            said.dedup();
            prop_assert_eq!(said.len(), n, "{:?}", tags);
        }
    }
}
