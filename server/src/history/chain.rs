//! The hash chain: what is hashed, and how a reader checks it.

use std::fmt::Write;

use sha2::{Digest, Sha256};
use sqlx::{Row, any::AnyRow};

use super::{Broken, Intent};

/// What the first event has as `prev`.
pub(super) const GENESIS: &str = "sidestep";

/// The hash of an event: SHA-256 over the hash before and every part of the event, each with its length in front, so
/// that no two events read the same.
pub(super) fn hash(prev: &str, seq: i64, change: &str, kind: &str, at_us: i64, body: &str) -> String {
    let mut sha = Sha256::new();
    for part in [prev, &seq.to_string(), change, kind, &at_us.to_string(), body] {
        sha.update((part.len() as u64).to_be_bytes());
        sha.update(part.as_bytes());
    }
    sha.finalize()
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("a String takes every write");
            hex
        })
}

/// An event as the database has it.
pub(super) struct Event {
    pub(super) seq: i64,
    pub(super) hash: String,
    change: String,
    kind: String,
    at_us: i64,
    body: String,
    prev: String,
    /// The copies for filters: actor, and kind, namespace and name of the target.
    copies: [String; 4],
}

impl Event {
    pub(super) fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            seq: row.try_get("seq")?,
            hash: row.try_get("hash")?,
            change: row.try_get("change_id")?,
            kind: row.try_get("kind")?,
            at_us: row.try_get("at_us")?,
            body: row.try_get("body")?,
            prev: row.try_get("prev")?,
            copies: [
                row.try_get("actor")?,
                row.try_get("target_kind")?,
                row.try_get("target_namespace")?,
                row.try_get("target_name")?,
            ],
        })
    }

    /// Whether this event stands right after the one at `seq` with the hash `prev`.
    pub(super) fn follows(&self, seq: i64, prev: &str) -> Result<(), Broken> {
        let broken = |why| Err(Broken { seq: self.seq, why });
        if self.seq != seq + 1 {
            broken("an event before it is missing")
        } else if self.prev != prev {
            broken("it does not name the event before it")
        } else if self.hash
            != hash(
                &self.prev,
                self.seq,
                &self.change,
                &self.kind,
                self.at_us,
                &self.body,
            )
        {
            broken("its contents are not what was hashed")
        } else if self.copies != self.copies_of_body() {
            broken("its columns are not what its contents say")
        } else {
            Ok(())
        }
    }

    /// What the columns must say: filters and rights go by them.
    fn copies_of_body(&self) -> [String; 4] {
        match serde_json::from_str::<Intent>(&self.body) {
            Ok(Intent { actor, target, .. }) if self.kind == "intent" => {
                [actor, target.kind, target.namespace, target.name]
            }
            _ => [const { String::new() }; 4],
        }
    }
}
