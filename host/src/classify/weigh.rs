//! What counts are worth.

use super::evidence::{Counts, as_f64};
use crate::manifest::{Detection, Reads};

/// How sure a column is to be what a detection looks for, 0 to its weight: nothing at the share that is chance, all from
/// the share that is enough, and straight between. A few values prove less than many; a name is one and the whole of it.
pub(super) fn worth(detection: &Detection, reads: Reads, counts: Counts) -> f64 {
    let Detection { chance, enough, weight, .. } = detection;
    let examined = as_f64(counts.examined);
    let many = match reads {
        Reads::Names => 1.0,
        Reads::Values | Reads::Rest => examined / (examined + 1.0),
    };
    weight * ((counts.share() - chance) / (enough - chance)).clamp(0.0, 1.0) * many
}

/// Two reasons for one thing: it is wrong only if both are.
pub(super) fn either(one: f64, other: f64) -> f64 {
    1.0 - (1.0 - one) * (1.0 - other)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn detection(chance: f64, enough: f64, weight: f64) -> Detection {
        Detection { label: "x".into(), because: None, chance, enough, weight, batch: false }
    }

    fn of_values(detection: &Detection, matched: u64, examined: u64) -> f64 {
        worth(detection, Reads::Values, Counts { matched, examined })
    }

    #[test]
    fn chance_is_worth_nothing_and_enough_everything() {
        let detection = detection(0.5, 0.9, 0.8);
        assert_eq!(of_values(&detection, 500, 1_000), 0.0);
        assert!((of_values(&detection, 900, 1_000) - 0.8).abs() < 0.001);
        assert!((of_values(&detection, 700, 1_000) - 0.4).abs() < 0.001);
        assert_eq!(of_values(&detection, 0, 0), 0.0);
    }

    #[test]
    fn a_few_values_prove_less_and_a_name_proves_itself() {
        let detection = detection(0.0, 0.8, 0.8);
        assert!(of_values(&detection, 1, 1) < of_values(&detection, 5, 5));
        assert_eq!(worth(&detection, Reads::Names, Counts { matched: 1, examined: 1 }), 0.8);
    }

    proptest! {
        #[test]
        fn more_matches_are_never_worth_less(matched in 0_u64..100, more in 0_u64..100, chance in 0.0..0.5_f64) {
            let detection = detection(chance, 0.8, 0.9);
            let (less, more) = (of_values(&detection, matched, 200), of_values(&detection, matched + more, 200));
            prop_assert!(0.0 <= less && less <= more && more <= 0.9);
        }
    }
}
