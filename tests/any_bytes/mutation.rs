//! What can happen to a text: at the level of its values, and at that of its bytes.

use std::ops::Range;

use super::{random::Random, seed::Seed};

/// Values that a field may not expect.
const VALUES: [&str; 40] = [
    "null",
    "true",
    "false",
    "0",
    "-1",
    "5",
    "1.5",
    "1e400",
    "-0.0",
    "20",
    "123456789012345678901234567890",
    "\"\"",
    "\"true\"",
    "\"5\"",
    "\"*\"",
    "\"i-bp1overdue\"",
    "\"d-bp1overdue\"",
    "\"Running\"",
    "\"Stopped\"",
    "\"2026-11-23T10:00:00Z\"",
    "\"CREATE\"",
    "\"UPDATE\"",
    "\"DELETE\"",
    "\"EcsOperation\"",
    "\"Instance\"",
    "\"RunInstances\"",
    "\"StartInstance\"",
    "\"AttachDisk\"",
    "\"\\ud800\"",
    "\"\\u0000\\n\"",
    "\"map[immutable]\"",
    "[]",
    "{}",
    "[[[]]]",
    "[null]",
    "[\"Create\",\"*\"]",
    "{\"a\":null}",
    "{\"name\":5}",
    "{\"\":\"\"}",
    "[{\"id\":\"i-a\"},{\"id\":{}}]",
];

const KEYS: [&str; 18] = [
    "uid",
    "kind",
    "operation",
    "object",
    "oldObject",
    "spec",
    "metadata",
    "annotations",
    "forProvider",
    "status",
    "deletionTimestamp",
    "managementPolicies",
    "action",
    "instanceIds",
    "region",
    "subResource",
    "request",
    "atProvider",
];

const TOKENS: [&str; 12] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\u{feff}",
    "\"uid\":\"other\",",
    "\0",
    "1e",
];

/// A body made from one of the seeds.
pub(crate) fn mutated(random: &mut Random, seeds: &[Seed], seed: &Seed) -> Vec<u8> {
    let mut body = match random.below(4) {
        0 => seed.text.clone(),
        _ => with_other_values(random, seeds, seed),
    };
    let bytes = match random.below(4) {
        0 | 1 => 0,
        2 => 1,
        _ => 1 + random.below(6),
    };
    for _ in 0..bytes {
        mutate_bytes(random, seeds, &mut body);
    }
    body
}

/// Replaces up to three values or members of a seed, so that the text stays JSON.
fn with_other_values(random: &mut Random, seeds: &[Seed], seed: &Seed) -> Vec<u8> {
    let mut body = seed.text.clone();
    // From the end on, so that what is before keeps its place.
    let mut before = body.len();
    for _ in 0..=random.below(3) {
        let (place, text) = replacement(random, seeds, seed);
        if place.end <= before {
            before = place.start;
            body.splice(place, text);
        }
    }
    body
}

fn replacement(random: &mut Random, seeds: &[Seed], seed: &Seed) -> (Range<usize>, Vec<u8>) {
    let value = random.of(&seed.values).clone();
    let member = random.of(&seed.members).clone();
    match random.below(8) {
        0..=2 => (value, random.of(&VALUES).as_bytes().to_vec()),
        3 => {
            let other = random.of(seeds);
            let place = random.of(&other.values).clone();
            // A whole large review in place of a value makes slow runs, not strange ones.
            match place.len() {
                0..1000 => (value, other.text[place].to_vec()),
                _ => (value, b"{}".to_vec()),
            }
        }
        4 => (value, nested(random)),
        5 => {
            let key = random.of(&KEYS);
            let text = format!("\"{key}\":{}", random.of(&VALUES));
            (member, text.into_bytes())
        }
        6 => {
            // A key twice.
            let mut twice = seed.text[member.clone()].to_vec();
            twice.push(b',');
            twice.extend_from_slice(&seed.text[member.clone()]);
            (member, twice)
        }
        _ => (member, b"\"gone\":0".to_vec()),
    }
}

fn nested(random: &mut Random) -> Vec<u8> {
    let depth = *random.of(&[1, 60, 126, 127, 128, 200, 3000]);
    let (open, close) = *random.of(&[("[", "]"), ("{\"a\":", "}"), ("[{\"id\":", "}]")]);
    let inner = random.of(&VALUES);
    [&*open.repeat(depth), inner, &*close.repeat(depth)]
        .concat()
        .into_bytes()
}

fn mutate_bytes(random: &mut Random, seeds: &[Seed], body: &mut Vec<u8>) {
    let at = random.below(body.len());
    let end = body.len().min(at + 1 + random.below(64));
    match random.below(9) {
        0 => {
            if let Some(byte) = body.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        1 => {
            if let Some(byte) = body.get_mut(at) {
                *byte = random.next() as u8;
            }
        }
        2 => body.truncate(at),
        3 => drop(body.drain(at.min(end)..end)),
        4 => {
            let range = body[at.min(end)..end].to_vec();
            body.splice(at..at, range);
        }
        5 => {
            let range = body[at.min(end)..end].to_vec();
            let to = random.below(body.len());
            body.splice(to..to, range);
        }
        6 => {
            // The beginning of one and the end of another.
            let other = &random.of(seeds).text;
            let from = random
                .below(other.len())
                .max(other.len().saturating_sub(3000));
            body.truncate(at);
            body.extend_from_slice(&other[from..]);
        }
        7 => {
            let token = random.of(&TOKENS).as_bytes().to_vec();
            body.splice(at..at, token);
        }
        _ => {
            let to = random.below(body.len());
            if at < body.len() && to < body.len() {
                body.swap(at, to);
            }
        }
    }
}
