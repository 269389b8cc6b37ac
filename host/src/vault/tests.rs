//! What holds for a vault, whatever store it is in; what holds for each store stands beside it.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU16;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::keys::{Keyring, Purpose};

/// The day of all tests, and tokens for ever.
pub(in crate::vault) const TODAY: i32 = 20_000;
pub(in crate::vault) const FOR_EVER: Term = Term { today: TODAY, days: None };

/// A vault that is gone with the test, and its key.
pub(in crate::vault) struct Fixture {
    pub(in crate::vault) place: PathBuf,
    pub(in crate::vault) key: TokenGrant,
    pub(in crate::vault) directory: TempDir,
    pub(in crate::vault) keys: TempDir,
}

impl Fixture {
    pub(in crate::vault) fn in_a_file() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self::at(directory.path().join("tokens.vault"), directory)
    }

    pub(in crate::vault) fn at(place: PathBuf, directory: TempDir) -> Self {
        let keys = tempfile::tempdir().unwrap();
        let key = Keyring::create(keys.path(), &[("tokens", Purpose::Token)]).unwrap().token_key("tokens").unwrap();
        Vault::create(&place, &key).unwrap();
        Self { place, key, directory, keys }
    }

    /// The key after it was changed.
    fn after(&self, change: impl FnOnce(&mut Keyring)) -> TokenGrant {
        let mut keyring = Keyring::open(self.keys.path()).unwrap();
        change(&mut keyring);
        keyring.token_key("tokens").unwrap()
    }

    pub(in crate::vault) fn open(&self) -> Vault {
        Vault::open(&self.place, &self.key).unwrap()
    }

    pub(in crate::vault) fn set(&self, format: Format) -> TokenSet {
        self.open().set("patients", format)
    }
}

pub(in crate::vault) fn key() -> TokenGrant {
    Keyring::ephemeral(&[("tokens", Purpose::Token)]).unwrap().token_key("tokens").unwrap()
}

/// The tokens of values that all can have one.
pub(in crate::vault) fn tokens(set: &TokenSet, values: &[&str]) -> Vec<String> {
    let values: Vec<_> = values.iter().map(|value| Some(value.as_bytes())).collect();
    let tokens = set.tokens(&values, FOR_EVER).unwrap();
    assert_eq!(tokens.rejected, []);
    tokens.tokens.into_iter().map(Option::unwrap).collect()
}

pub(in crate::vault) fn reveal(set: &TokenSet, token: &str, today: i32) -> Result<Revealed, VaultError> {
    set.values_of(&[Some(token)], today).map(|mut values| values.pop().unwrap())
}

pub(in crate::vault) fn value(text: &str) -> Revealed {
    Revealed::Value { value: text.as_bytes().to_vec().into(), version: 1 }
}

fn total(vault: &Vault) -> u64 {
    vault.stats(TODAY).unwrap().iter().map(|set| set.tokens).sum()
}

/// What holds in every store: each function is a test of each.
pub(in crate::vault) mod behaviour {
    use super::*;

    pub(in crate::vault) fn a_value_keeps_its_token_and_the_token_leads_back(fixture: &Fixture) {
        let set = fixture.set(Format::Opaque);
        let first = tokens(&set, &["Ann", "Bob", "Ann", ""]);
        assert_eq!(first[0], first[2]);
        assert_eq!(first.iter().collect::<HashSet<_>>().len(), 3);
        let again = fixture.set(Format::Opaque);
        assert_eq!(tokens(&again, &["", "Cid", "Ann"])[2], first[0]);
        assert_eq!(tokens(&again, &[""]), first[3..]);
        let asked = [Some(&*first[1]), None, Some("no token"), Some(&*first[3])];
        let expected = [value("Bob"), Revealed::Null, Revealed::Unknown, value("")];
        assert_eq!(again.values_of(&asked, TODAY).unwrap(), expected);
    }

    pub(in crate::vault) fn nulls_stay_null_and_what_is_unfit_is_rejected_with_its_row(fixture: &Fixture) {
        let set = fixture.set(Format::Digits);
        let values: [Option<&[u8]>; 5] = [None, Some(b"12345"), Some(b"123456"), Some(b"1234-5"), Some(b"123456")];
        let answer = set.tokens(&values, FOR_EVER).unwrap();
        let rejected = [Rejected { row: 1, why: Unfit::TooShort }, Rejected { row: 3, why: Unfit::NotDigits }];
        assert_eq!(answer.rejected, rejected);
        assert!(answer.tokens[2].is_some() && answer.tokens[2] == answer.tokens[4]);
        assert_eq!(answer.tokens.iter().flatten().count(), 2);
        assert_eq!(set.tokens(&[], FOR_EVER).unwrap().tokens, []);
        assert_eq!(set.values_of(&[], TODAY).unwrap(), []);
    }

    pub(in crate::vault) fn domains_and_formats_are_sets_of_their_own(fixture: &Fixture) {
        let vault = fixture.open();
        let sets = [
            vault.set("patients", Format::Opaque),
            vault.set("patients", Format::prefixed("P-").unwrap()),
            vault.set("patients", Format::prefixed("Q-").unwrap()),
            vault.set("visits", Format::Opaque),
        ];
        let all: Vec<_> = sets.iter().map(|set| tokens(set, &["value"]).remove(0)).collect();
        let bare = |token: &String| token.trim_start_matches("P-").trim_start_matches("Q-").to_owned();
        assert_eq!(all.iter().map(bare).collect::<HashSet<_>>().len(), 4);
        assert!(all[1].starts_with("P-") && all[1].len() == 28);
        for (at, set) in sets.iter().enumerate() {
            for (of, token) in all.iter().enumerate() {
                let expected = if at == of { value("value") } else { Revealed::Unknown };
                assert_eq!(reveal(set, token, TODAY).unwrap(), expected, "token of {of} in {at}");
            }
        }
        assert_eq!(vault.stats(TODAY).unwrap().len(), 4);
        assert_eq!(reveal(&vault.set("nothing", Format::Opaque), &all[0], TODAY).unwrap(), Revealed::Unknown);
        assert_eq!(vault.stats(TODAY).unwrap().len(), 4, "to ask makes no set");
    }

    pub(in crate::vault) fn eight_threads_agree_and_lose_nothing(fixture: &Fixture) {
        const VALUES: usize = 19_997;
        let vault = fixture.open();
        let set = vault.set("patients", Format::Opaque);
        let values: Vec<String> = (0..VALUES).map(|number| format!("MRN-{number}")).collect();
        // Each thread has all values in an order of its own: their number is prime, so every step meets all.
        let work = |thread: usize| {
            let order: Vec<_> = (0..VALUES).map(|at| (at * (2 * thread + 7) + thread) % VALUES).collect();
            let mut all = vec![String::new(); VALUES];
            for batch in order.chunks(1000) {
                let asked: Vec<_> = batch.iter().map(|at| &*values[*at]).collect();
                batch.iter().zip(tokens(&set, &asked)).for_each(|(at, token)| all[*at] = token);
            }
            all
        };
        let mut seen = HashSet::new();
        let all: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|thread| scope.spawn(move || work(thread))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(all.iter().all(|tokens| *tokens == all[0]));
        assert!(all[0].iter().all(|token| seen.insert(token)));
        assert_eq!(total(&vault), VALUES as u64);
    }

    pub(in crate::vault) fn a_token_that_expired_stands_for_nothing_and_its_value_gets_another(fixture: &Fixture) {
        let vault = fixture.open();
        let set = vault.set("patients", Format::Opaque);
        let ask = |today, days| {
            let term = Term { today, days: NonZeroU16::new(days) };
            set.tokens(&[Some(b"value")], term).unwrap().tokens[0].clone().unwrap()
        };
        let first = ask(TODAY, 30);
        assert_eq!(ask(TODAY + 29, 30), first, "asking does not prolong");
        assert_eq!(reveal(&set, &first, TODAY + 29).unwrap(), value("value"));
        assert_eq!(reveal(&set, &first, TODAY + 30).unwrap(), Revealed::Expired);
        assert_eq!(vault.stats(TODAY + 29).unwrap()[0].expired, 0);
        assert_eq!(vault.stats(TODAY + 30).unwrap()[0].expired, 1);
        let second = ask(TODAY + 30, 0);
        assert_ne!(second, first);
        assert_eq!(reveal(&set, &first, TODAY + 30).unwrap(), Revealed::Unknown);
        assert_eq!(reveal(&set, &second, i32::MAX).unwrap(), value("value"));
        assert_eq!(total(&vault), 1);
    }

    pub(in crate::vault) fn purges_what_expired_and_nothing_else(fixture: &Fixture) {
        let vault = fixture.open();
        let set = vault.set("patients", Format::Digits);
        let ask = |from: u32, days| {
            let texts: Vec<_> = (from..from + 12_000).map(|number| format!("{number:09}")).collect();
            let values: Vec<_> = texts.iter().map(|text| Some(text.as_bytes())).collect();
            let term = Term { today: TODAY, days: NonZeroU16::new(days) };
            set.tokens(&values, term).unwrap().tokens.into_iter().map(Option::unwrap).collect::<Vec<_>>()
        };
        let (short, long, for_ever) = (ask(0, 1), ask(12_000, 2), ask(24_000, 0));
        assert_eq!(vault.purge(TODAY).unwrap(), 0);
        assert_eq!(vault.purge(TODAY + 1).unwrap(), 12_000);
        assert_eq!(vault.purge(TODAY + 1).unwrap(), 0);
        assert_eq!(reveal(&set, &short[0], TODAY).unwrap(), Revealed::Unknown);
        assert_eq!(reveal(&set, &long[0], TODAY).unwrap(), value("000012000"));
        assert_eq!(reveal(&set, &for_ever[0], i32::MAX).unwrap(), value("000024000"));
        assert_eq!(total(&vault), 24_000);
    }

    pub(in crate::vault) fn digits_are_drawn_anew_until_their_space_is_full(fixture: &Fixture) {
        let set = fixture.set(Format::Digits);
        // All but 10 of the tokens of six digits: those that end the space.
        fill(&set, 10);
        let answer = set.tokens(&[Some(b"999999"), Some(b"1234567")], FOR_EVER).unwrap();
        // 64 draws find one of ten in a million once in 1,500 times.
        assert_eq!(answer.rejected, [Rejected { row: 0, why: Unfit::Exhausted }]);
        assert!(answer.tokens[1].is_some());
    }

    /// Puts rows with all tokens of six digits but the last, as if they had been drawn.
    fn fill(set: &TokenSet, left: u32) {
        let rows: Vec<_> = (0..1_000_000 - left)
            .map(|number| {
                let token = format::Body::of(format!("{number:06}").as_bytes());
                let index = (u128::from(number) << 64).to_be_bytes();
                store::Row { index, token, expires: None, version: 1, sealed: vec![0; 34] }
            })
            .collect();
        for rows in rows.chunks(100_000) {
            assert!(set.put_for_tests(rows).iter().all(|put| matches!(put, store::Put::Made)));
        }
    }

    pub(in crate::vault) fn a_retried_batch_makes_no_second_token(fixture: &Fixture) {
        let vault = fixture.open();
        let set = vault.set("patients", Format::Opaque);
        let batch = ["a", "b", "c"];
        let first = tokens(&set, &batch);
        assert_eq!(tokens(&set, &batch), first);
        assert_eq!(tokens(&fixture.set(Format::Opaque), &batch), first);
        assert_eq!(total(&vault), 3);
    }

    pub(in crate::vault) fn resealed_values_need_no_old_version_of_the_key(fixture: &Fixture) {
        let old = fixture.open();
        let (opaque, digits) = (old.set("patients", Format::Opaque), old.set("patients", Format::Digits));
        let values: Vec<_> = (0..9000).map(|number| format!("{number:09}")).collect();
        let values: Vec<_> = values.iter().map(String::as_str).collect();
        let (all, some) = (tokens(&opaque, &values), tokens(&digits, &values[..10]));
        let vault =
            Vault::open(&fixture.place, &fixture.after(|keyring| assert_eq!(keyring.rotate("tokens").unwrap(), 2)))
                .unwrap();
        assert_eq!(tokens(&vault.set("patients", Format::Opaque), &values), all);
        assert_eq!((vault.reseal().unwrap(), vault.reseal().unwrap()), (9010, 0));
        // Who opened the vault before goes on under the old version, in a set that was not there either.
        let later = tokens(&old.set("visits", Format::Opaque), &["later"]).remove(0);
        assert_eq!(vault.stats(TODAY).unwrap()[2].key_versions, [SealedUnder { version: 1, tokens: 1 }]);
        assert_eq!(vault.reseal().unwrap(), 1);

        let alone = fixture.after(|keyring| keyring.destroy("tokens", 1, false, None).unwrap());
        let vault = Vault::open(&fixture.place, &alone).unwrap();
        let leads_back = |format, token: &str, to: &str| {
            let expected = Revealed::Value { value: to.as_bytes().to_vec().into(), version: 2 };
            assert_eq!(reveal(&vault.set("patients", format), token, TODAY).unwrap(), expected);
        };
        all.iter().zip(&values).step_by(900).for_each(|(token, value)| leads_back(Format::Opaque, token, value));
        some.iter().zip(&values).for_each(|(token, value)| leads_back(Format::Digits, token, value));
        let visit = reveal(&vault.set("visits", Format::Opaque), &later, TODAY).unwrap();
        assert_eq!(visit, Revealed::Value { value: b"later".to_vec().into(), version: 2 });
        assert_eq!(tokens(&vault.set("patients", Format::Opaque), &values), all);
    }

    pub(in crate::vault) fn values_that_have_tokens_among_many_new_ones_keep_them(fixture: &Fixture) {
        let set = fixture.set(Format::Opaque);
        let values: Vec<_> = (0..5000).map(|number| format!("MRN-{number}")).collect();
        let values: Vec<_> = values.iter().map(String::as_str).collect();
        // So few that hardly any of them is in a sample.
        let known: Vec<_> = values.iter().step_by(700).copied().collect();
        let (before, all) = (tokens(&set, &known), tokens(&set, &values));
        assert!(all.iter().step_by(700).eq(&before));
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 5000);
        assert_eq!(tokens(&set, &values), all);
    }

    pub(in crate::vault) fn another_key_does_not_open_it(fixture: &Fixture) {
        let message = |key: &TokenGrant| Vault::open(&fixture.place, key).unwrap_err().to_string();
        assert!(message(&key()).contains("does not open under key `tokens` of this keyring"), "{}", message(&key()));
        let keyring = Keyring::ephemeral(&[("others", Purpose::Token)]).unwrap();
        let others = keyring.token_key("others").unwrap();
        assert!(message(&others).contains("was made under key `tokens`, and key `others` is given"));
        assert!(matches!(Vault::create(&fixture.place, &fixture.key), Err(VaultError::Exists(_))));
    }
}

/// The tests of one store, given what makes a fixture of it.
macro_rules! behaves {
    ($fixture:expr; $($name:ident)*) => {$(
        #[test]
        fn $name() {
            if let Some(fixture) = $fixture {
                $crate::vault::tests::behaviour::$name(&fixture);
            }
        }
    )*};
    ($fixture:expr) => {
        $crate::vault::tests::behaves! {
            $fixture;
            a_value_keeps_its_token_and_the_token_leads_back
            nulls_stay_null_and_what_is_unfit_is_rejected_with_its_row
            domains_and_formats_are_sets_of_their_own
            eight_threads_agree_and_lose_nothing
            a_token_that_expired_stands_for_nothing_and_its_value_gets_another
            purges_what_expired_and_nothing_else
            digits_are_drawn_anew_until_their_space_is_full
            a_retried_batch_makes_no_second_token
            resealed_values_need_no_old_version_of_the_key
            values_that_have_tokens_among_many_new_ones_keep_them
            another_key_does_not_open_it
        }
    };
}
pub(in crate::vault) use behaves;

#[test]
fn a_place_is_a_database_by_its_scheme() {
    assert_eq!(database(Path::new("postgres://u@h/d")), Some("postgres://u@h/d"));
    assert_eq!(database(Path::new("postgresql:///d")), Some("postgresql:///d"));
    assert_eq!(database(Path::new("postgres/tokens.vault")), None);
}

#[test]
fn shows_no_values_and_no_tokens() {
    let fixture = Fixture::in_a_file();
    let set = fixture.set(Format::Opaque);
    let answer = set.tokens(&[Some(b"Meyer")], FOR_EVER).unwrap();
    assert_eq!(format!("{answer:?}"), "Tokens { rows: 1, rejected: [] }");
    let revealed = reveal(&set, answer.tokens[0].as_deref().unwrap(), TODAY).unwrap();
    assert_eq!(format!("{revealed:?}"), "Value(..)");
    assert_eq!(format!("{set:?}"), "TokenSet { domain: \"patients\", format: \"opaque\", .. }");
}

#[test]
fn tokens_tell_nothing_of_their_values() {
    let fixture = Fixture::in_a_file();
    let set = fixture.set(Format::Opaque);
    let values: Vec<_> = (0..2000).map(|number| format!("{number}")).collect();
    let values: Vec<_> = values.iter().map(String::as_str).collect();
    let first: HashMap<_, _> = values.iter().zip(tokens(&set, &values)).collect();
    // The same values under the same key in another vault: nothing in common.
    let other = fixture.directory.path().join("other.vault");
    let other = Vault::create(&other, &fixture.key).unwrap().set("patients", Format::Opaque);
    assert!(values.iter().zip(tokens(&other, &values)).all(|(value, token)| first[value] != token));
}
