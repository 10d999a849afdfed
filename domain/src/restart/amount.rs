//! `maxSurge` and `maxUnavailable`: a number of pods, or a part of them.

use std::str::FromStr;

use super::facts::Rollout;

/// A number of pods or a percentage of the replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// So many pods.
    Pods(u32),
    /// So many of a hundred.
    Percent(u32),
}

/// What is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a number of pods nor a percentage such as `25%`")]
pub struct AmountError(String);

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let number = |digits: &str| digits.parse::<u32>().map_err(|_| AmountError(text.to_owned()));
        match text.strip_suffix('%') {
            Some(digits) => number(digits).map(Self::Percent),
            None => number(text).map(Self::Pods),
        }
    }
}

impl Amount {
    /// How many pods that is of `replicas`, a fraction rounded up.
    #[must_use]
    pub fn up(self, replicas: u32) -> u32 {
        match self {
            Self::Pods(pods) => pods,
            Self::Percent(percent) => of(replicas, percent).div_ceil(100).try_into().unwrap_or(u32::MAX),
        }
    }

    /// The same, a fraction rounded down.
    #[must_use]
    pub fn down(self, replicas: u32) -> u32 {
        match self {
            Self::Pods(pods) => pods,
            Self::Percent(percent) => (of(replicas, percent) / 100).try_into().unwrap_or(u32::MAX),
        }
    }
}

fn of(replicas: u32, percent: u32) -> u64 {
    u64::from(replicas) * u64::from(percent)
}

/// What a Deployment's rolling update does to `replicas` pods: a surge is rounded up, what may be missing is rounded down,
/// and where both are nothing one pod may be missing (`pkg/controller/deployment/util`, `ResolveFenceposts`).
#[must_use]
pub fn rolling(max_surge: Amount, max_unavailable: Amount, replicas: u32) -> Rollout {
    let (surge, missing) = (max_surge.up(replicas), max_unavailable.down(replicas));
    let missing = if surge == 0 && missing == 0 { 1 } else { missing };
    Rollout::Rolling {
        takes_down: missing.min(replicas),
    }
}

/// How many of a StatefulSet's `replicas` pods its rolling update may take down at a time: rounded down, and one at least
/// (`pkg/controller/statefulset`, `getStatefulSetMaxUnavailable`). A cluster without the feature `MaxUnavailableStatefulSet`
/// replaces one pod after the other whatever the field says. Nobody can see from outside which kind it is, so the field is
/// taken at its word.
#[must_use]
pub fn at_a_time(max_unavailable: Amount, replicas: u32) -> u32 {
    max_unavailable.down(replicas).clamp(1, replicas.max(1))
}
