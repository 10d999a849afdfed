//! Seeded random settings: the same in every run, and told by their seed when one fails.

use std::collections::BTreeMap;

use domain::{Field, Kind, RawTraffic};
use fastrand::Rng;

/// Items of a field: mostly values, sometimes explicitly empty or `*`.
pub fn items(rng: &mut Rng, field: Field) -> Vec<String> {
    match rng.u8(0..10) {
        0 => return Vec::new(),
        1 if field.takes_wildcard() => return vec!["*".to_owned()],
        _ => {}
    }
    let count = rng.usize(1..=6);
    (0..count).map(|_| item(rng, field.kind())).collect()
}

/// One item, at times with blanks around it.
fn item(rng: &mut Rng, kind: Kind) -> String {
    let text = match kind {
        Kind::Ports => ports(rng),
        Kind::Cidrs => cidr(rng),
    };
    match rng.u8(0..12) {
        0 => format!(" {text}"),
        1 => format!("{text}\t "),
        _ => text,
    }
}

fn ports(rng: &mut Rng) -> String {
    let first = match rng.u8(0..6) {
        0 => *rng
            .choice(&[1, 15001, 15006, 15020, 15021, 15090, 65535])
            .expect("there are some"),
        _ => rng.u16(1..=65535),
    };
    let last = first.saturating_add(rng.u16(1..=30));
    if rng.u8(0..3) == 0 && last > first {
        format!("{first}-{last}")
    } else {
        first.to_string()
    }
}

fn cidr(rng: &mut Rng) -> String {
    if rng.u8(0..3) == 0 {
        let mut address = std::net::Ipv6Addr::from(rng.u128(..));
        if rng.bool() {
            let [a, b, ..] = address.segments();
            address = std::net::Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, rng.u16(..));
        }
        return match rng.u8(0..8) {
            0 => address.to_string(),
            1 => format!("{}/{}", address.to_string().to_uppercase(), rng.u8(0..=128)),
            _ => format!("{address}/{}", rng.u8(0..=128)),
        };
    }
    let address = std::net::Ipv4Addr::from(rng.u32(..));
    match rng.u8(0..6) {
        0 => address.to_string(),
        _ => format!("{address}/{}", rng.u8(0..=32)),
    }
}

/// A level: each field inherits with these odds in ten.
pub fn traffic(rng: &mut Rng, inherits: u8) -> RawTraffic {
    let mut raw = BTreeMap::new();
    for field in Field::ALL {
        if rng.u8(0..10) >= inherits {
            raw.insert(field.name().to_owned(), items(rng, field));
        }
    }
    raw
}

/// What a person might type: items with all kinds of separators, sometimes with a character changed.
pub fn typed(rng: &mut Rng, field: Field) -> String {
    let mut text = String::new();
    for item in items(rng, field) {
        text.push_str(&item);
        text.push_str(
            rng.choice(&[",", ", ", "，", "\n", " ", ",\r\n", "\u{a0}"])
                .expect("there are some"),
        );
    }
    if rng.u8(0..3) == 0 {
        mutated(rng, &text)
    } else {
        text
    }
}

/// The text with one character changed, removed or added.
pub fn mutated(rng: &mut Rng, text: &str) -> String {
    const SPICE: [char; 24] = [
        '0', '1', '9', '-', ',', '.', ':', '/', '*', ' ', '\t', '\n', '\u{a0}', '+', '%', 'x', 'X', 'f', '_',
        '#', '"', '\u{0}', '\u{ff11}', '\u{7f}',
    ];
    let mut characters: Vec<char> = text.chars().collect();
    let spice = *rng.choice(&SPICE).expect("there are some");
    let at = rng.usize(0..=characters.len());
    match rng.u8(0..3) {
        0 if at < characters.len() => characters[at] = spice,
        1 if at < characters.len() => drop(characters.remove(at)),
        _ => characters.insert(at, spice),
    }
    characters.into_iter().collect()
}
