//! What the words before a number call it.

use super::View;
use crate::label::Label;
use crate::lexicon::Class;
use crate::token::{Gap, Kind};

/// How many tokens before a number are looked at.
const WINDOW: usize = 9;

/// What a number is called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Called {
    /// By its words.
    pub(super) label: Label,
    /// Whether the words can only mean a number, or `number`, `no.`, `#`, `:` or `=` stands there too.
    pub(super) surely: bool,
    /// Whether the words, or `number`, `#`, `:` or `=`, stand right before it.
    pub(super) directly: bool,
}

/// What the number at a place is called, if the words before it say so.
pub(super) fn called(view: View<'_>, place: usize) -> Option<Called> {
    let (mut marked, mut directly, mut other) = (false, false, None);
    for back in 1..=WINDOW.min(place) {
        let at = place - back;
        let token = view.tokens[at];
        if view.tokens[at + 1].gap == Gap::Paragraph || ends_sentence(view, at) {
            break;
        }
        if token.kind == Kind::Number && back > 1 && token.length() > 2 {
            break;
        }
        if is_marker(view, at) {
            marked = true;
            directly |= back <= 3;
            if token.class == Class::Number && other.is_none() && back <= 4 {
                other = Some(Called { label: Label::OtherId, surely: false, directly });
            }
        }
        if let Some((label, strong)) = key(view, at) {
            return Some(Called { label, surely: strong || marked, directly: directly || back == 1 });
        }
    }
    other
}

/// A full stop before a word with a capital; `No.` and `Acct.` have one too.
fn ends_sentence(view: View<'_>, at: usize) -> bool {
    view.is(at, b';')
        || view.is(at, b'.')
            && view.tokens[at + 1].gap != Gap::None
            && view.tokens[at + 1].is_capital()
            && at > 0
            && view.class(at - 1) == Class::None
}

fn is_marker(view: View<'_>, at: usize) -> bool {
    view.class(at) == Class::Number || matches!(view.mark(at), Some(b'#' | b':' | b'='))
}

/// What a word calls the number behind it, and whether it can mean nothing else.
fn key(view: View<'_>, at: usize) -> Option<(Label, bool)> {
    let before = |class: Class| at > 0 && view.is_before(at, 3, |other| other == class);
    let call = match view.class(at) {
        Class::Ssn => (Label::UsSsn, true),
        Class::Social if view.is_before(at + 1, 2, |class| class == Class::Social) => (Label::UsSsn, true),
        Class::Mrn | Class::Title if view.is_word(at, b"mr") || view.class(at) == Class::Mrn => (Label::Mrn, true),
        Class::Record => (Label::Mrn, before(Class::Record)),
        Class::Named if view.is_word(at, b"patient") || view.is_word(at, b"pt") => (Label::Mrn, false),
        Class::Npi => (Label::Npi, true),
        Class::Dea => (Label::Dea, true),
        Class::Mbi => (Label::Mbi, view.is_word(at, b"mbi")),
        Class::Plan => (Label::HealthPlanId, false),
        Class::Company if view.is_word(at, b"group") || view.is_word(at, b"insurance") => (Label::HealthPlanId, false),
        Class::Account => (Label::Account, !view.is_word(at, b"billing")),
        Class::Card => (Label::PaymentCard, false),
        Class::Bank if view.is_word(at, b"iban") => (Label::Iban, true),
        Class::Bank => (Label::BankRouting, view.is_word(at, b"routing")),
        Class::Plate => (Label::LicensePlate, view.is_word(at, b"plate") || view.is_word(at, b"plates")),
        Class::License if before(Class::Driver) => (Label::DriversLicense, true),
        Class::License => (Label::Certificate, false),
        Class::Driver => (Label::DriversLicense, view.is_word(at, b"dl") || view.is_word(at, b"driverslicense")),
        Class::Vehicle => (Label::Vin, view.is_word(at, b"vin")),
        Class::None if view.is_word(at, b"n") && at > 1 && view.is(at - 1, b'/') && view.is_word(at - 2, b"s") => {
            (Label::Device, true)
        }
        Class::Device if view.is_word(at, b"imei") => (Label::Imei, true),
        Class::Device if view.is_word(at, b"udi") => (Label::Udi, true),
        Class::Device => (Label::Device, view.is_word(at, b"serial") || view.is_word(at, b"sn")),
        Class::Encounter => (Label::EncounterId, view.is_word(at, b"csn") || view.is_word(at, b"accession")),
        Class::Passport => (Label::Passport, true),
        Class::Tax => (Label::Itin, view.is_word(at, b"itin") || view.is_word(at, b"tin")),
        Class::Reference => (Label::OtherId, false),
        _ => return None,
    };
    Some(call)
}
