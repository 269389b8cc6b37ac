//! From evidence to one suggestion for a column, with its reasons in words.

use std::cmp::Ordering;

use super::evidence::{Counts, Evidence, Observed};
use super::weigh::{either, worth};
use super::{Classifier, Classifiers};
use crate::manifest::{Detection, Reads};
use crate::phi::{Label, Suggestion};

/// How sure a suggestion has to be: more likely than not.
pub const THRESHOLD: f64 = 0.5;

/// Below this share of values, what a classifier of values looked for is not there.
const ABSENT: f64 = 0.02;

/// So many values are needed to say so.
const FEW: u64 = 10;

/// What is left of a name that the values contradict.
const CONTRADICTED: f64 = 0.5;

impl Classifiers {
    /// What a column seems to be, if that is more likely than not.
    pub fn suggest(&self, evidence: &Evidence, column: &str) -> Option<Suggestion> {
        let grounds = Grounds::of(self, evidence.of(column)?);
        let sure = |label: Label| (label, grounds.confidence(label));
        let best = Label::all().map(sure).max_by(|(a, x), (b, y)| x.total_cmp(y).then_with(|| narrower(*a, *b)));
        let (label, confidence) = best.filter(|(_, confidence)| *confidence >= THRESHOLD)?;
        // Hundredths are as much as such a number can say; nothing is ever certain.
        let confidence = (confidence * 100.0).round().min(99.0) / 100.0;
        Some(Suggestion { label, confidence, why: grounds.why(label) })
    }
}

/// Of two kinds that are as likely the one that says more; of others the one that stands first in the vocabulary.
fn narrower(one: Label, other: Label) -> Ordering {
    match (one.is_a(other), other.is_a(one)) {
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        _ => Label::all().position(|label| label == other).cmp(&Label::all().position(|label| label == one)),
    }
}

/// One thing that speaks for a label, or could have.
struct Ground<'a> {
    label: Label,
    detection: &'a Detection,
    reads: Reads,
    counts: Counts,
    worth: f64,
}

/// Everything that was looked for in a column.
pub(super) struct Grounds<'a>(Vec<Ground<'a>>);

impl<'a> Grounds<'a> {
    pub(super) fn of(classifiers: &'a Classifiers, observed: &Observed) -> Self {
        let ground = |place: usize, classifier: &'a Classifier| {
            classifier.detections().enumerate().filter_map(move |(index, (label, detection))| {
                let (counts, reads) = (*observed.counts.get(&(place, index))?, classifier.reads());
                Some(Ground { label, detection, reads, counts, worth: worth(detection, reads, counts) })
            })
        };
        Self(classifiers.iter().flat_map(|(place, classifier)| ground(place, classifier)).collect())
    }

    /// How sure it is of what it is surest of.
    pub(super) fn surest(&self) -> f64 {
        Label::all().map(|label| self.confidence(label)).fold(0.0, f64::max)
    }

    /// What speaks for a label itself counts, and beside it what speaks for the kinds that it is one of.
    pub(super) fn confidence(&self, label: Label) -> f64 {
        let own = self.sum(|ground| ground.label == label);
        if own == 0.0 {
            return 0.0;
        }
        if self.is_contradicted(label) {
            return own * CONTRADICTED;
        }
        either(
            own,
            self.sum(|ground| ground.label != label && label.is_a(ground.label) && ground.reads != Reads::Names),
        )
    }

    /// A name alone speaks for it, the values could and do not, and they speak for something else. Where no classifier
    /// knows the label, those that know what it is one of are asked.
    fn is_contradicted(&self, label: Label) -> bool {
        let of_values = || self.0.iter().filter(|ground| ground.reads != Reads::Names);
        let is_known = of_values().any(|ground| ground.label == label);
        let of_label = |ground: &&Ground<'_>| if is_known { ground.label == label } else { label.is_a(ground.label) };
        let mut asked = of_values().filter(of_label).peekable();
        let absent = |ground: &Ground<'_>| ground.counts.examined >= FEW && ground.counts.share() < ABSENT;
        asked.peek().is_some() && asked.all(absent) && of_values().any(|ground| ground.worth >= THRESHOLD)
    }

    fn sum(&self, of: impl Fn(&Ground<'_>) -> bool) -> f64 {
        self.0.iter().filter(|ground| of(ground)).map(|ground| ground.worth).fold(0.0, either)
    }

    /// The strongest reasons first.
    fn why(&self, label: Label) -> String {
        let mut speaking: Vec<_> =
            self.0.iter().filter(|ground| ground.worth > 0.0 && label.is_a(ground.label)).collect();
        speaking.sort_by(|one, other| other.worth.total_cmp(&one.worth));
        let mut reasons: Vec<String> = speaking.iter().map(|ground| ground.reason()).collect();
        let named = self.0.iter().filter(|ground| ground.reads == Reads::Names && ground.worth > 0.0);
        let mut others: Vec<_> = named.filter(|ground| !label.is_a(ground.label)).collect();
        others.sort_by(|one, other| other.worth.total_cmp(&one.worth));
        reasons.extend(others.first().map(|ground| format!("its name would be one for {}", ground.label.meaning())));
        reasons.dedup();
        reasons.join("; ")
    }
}

impl Ground<'_> {
    fn reason(&self) -> String {
        let because = self.detection.because.clone();
        match self.reads {
            Reads::Names => {
                format!("its name {}", because.unwrap_or_else(|| format!("is one for {}", self.label.meaning())))
            }
            Reads::Values | Reads::Rest => {
                let because = because.unwrap_or_else(|| format!("look like {}", self.label.meaning()));
                format!("{} of {} values {because}", percent(self.counts.share()), grouped(self.counts.examined))
            }
        }
    }
}

/// Nothing is told to be all or nothing that is not.
fn percent(share: f64) -> String {
    match share * 100.0 {
        all if all >= 100.0 => "all".to_owned(),
        most if most >= 99.5 => "nearly all".to_owned(),
        little if little < 1.0 => "under 1 %".to_owned(),
        some => format!("{some:.0} %"),
    }
}

/// `12,345`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut grouped = String::with_capacity(digits.len().saturating_add(4));
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 3 == first {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(name: &str) -> Label {
        name.parse().unwrap()
    }

    fn detection(weight: f64) -> &'static Detection {
        Box::leak(Box::new(Detection {
            label: "x".into(),
            because: None,
            chance: 0.0,
            enough: 0.8,
            weight,
            batch: false,
        }))
    }

    fn ground(name: &str, reads: Reads, weight: f64, matched: u64) -> Ground<'static> {
        let (detection, counts) = (detection(weight), Counts { matched, examined: 1_000 });
        Ground { label: label(name), detection, reads, counts, worth: worth(detection, reads, counts) }
    }

    fn confidence(grounds: Vec<Ground<'_>>, name: &str) -> f64 {
        Grounds(grounds).confidence(label(name))
    }

    #[test]
    fn a_name_says_which_date_it_is() {
        let grounds =
            || vec![ground("date", Reads::Values, 0.9, 1_000), ground("birth-date", Reads::Names, 0.8, 1_000)];
        assert!(confidence(grounds(), "birth-date") > confidence(grounds(), "date"));
        assert_eq!(confidence(grounds(), "death-date"), 0.0);
        assert_eq!(
            Grounds(grounds()).why(label("birth-date")),
            "all of 1,000 values look like any other date that concerns an individual; its name is one for a date of birth"
        );
    }

    #[test]
    fn values_that_are_something_else_contradict_a_name_and_nothing_does_not() {
        let name = || ground("us-ssn", Reads::Names, 0.8, 1_000);
        let looked = || ground("us-ssn", Reads::Values, 0.9, 0);
        let email = || ground("email", Reads::Values, 0.9, 1_000);
        assert!(confidence(vec![name(), looked()], "us-ssn") > 0.7);
        assert!(confidence(vec![name(), looked(), email()], "us-ssn") < THRESHOLD);
        assert!(confidence(vec![name(), email()], "us-ssn") > 0.7, "nobody looked for it");
    }

    #[test]
    fn shares_are_told_for_people() {
        assert_eq!([1.0, 0.9999, 0.5, 0.001].map(percent), ["all", "nearly all", "50 %", "under 1 %"]);
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
