//! Remarks by what they say.

use std::collections::HashMap;

use api::lint::About;
use domain::Lint;

use super::Remark;

/// Remarks by what they say, so that what is true of a hundred workloads is said once.
#[derive(Default)]
pub struct Collected {
    /// Which remark says the same, by namespace: nothing stands for the whole mesh.
    known: HashMap<(Option<String>, Lint), usize>,
    remarks: Vec<Remark>,
}

impl Collected {
    /// Adds remarks on a thing. `everywhere`: on what holds for the whole mesh.
    pub fn add(&mut self, lints: Vec<Lint>, about: &About, everywhere: bool) {
        for lint in lints {
            let of_mesh = (None, lint);
            let place = self.known.get(&of_mesh).copied();
            let (_, lint) = of_mesh;
            let namespace = (!everywhere).then(|| about.namespace.clone());
            let place = place.unwrap_or_else(|| {
                let new = self.remarks.len();
                *self.known.entry((namespace, lint.clone())).or_insert(new)
            });
            if place == self.remarks.len() {
                self.remarks.push(Remark {
                    lint,
                    about: Vec::new(),
                });
            }
            self.remarks[place].about.push(about.clone());
        }
    }

    /// The remarks, the worst first.
    #[must_use]
    pub fn in_order(mut self) -> Vec<Remark> {
        for remark in &mut self.remarks {
            remark.about.sort_unstable();
            remark.about.dedup();
        }
        self.remarks.sort_by(|a, b| {
            let key = |remark: &Remark| (remark.lint.code.severity(), remark.lint.code, remark.lint.field);
            key(a)
                .cmp(&key(b))
                .then_with(|| a.about.cmp(&b.about))
                .then_with(|| a.lint.sentence.cmp(&b.lint.sentence))
        });
        self.remarks
    }
}
