//! Builds the dictionary: a map of three parts, each word in one slot of each (Botelho, Pagh, Ziviani 2007).

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use clinical_text::dictionary::{Digest, Places};

/// The lists that the dictionary is made of.
pub(crate) struct Lists {
    /// Given names, the most frequent first.
    pub(crate) given: Vec<String>,
    pub(crate) surnames: Vec<String>,
    pub(crate) places: Vec<String>,
    pub(crate) frequent: Vec<String>,
    pub(crate) english: Vec<String>,
    pub(crate) clinical: Vec<String>,
    pub(crate) drugs: Vec<String>,
}

impl Lists {
    pub(crate) fn read(plugin: &Path) -> io::Result<Self> {
        let lines = |path: &str| -> io::Result<Vec<String>> {
            Ok(fs::read_to_string(plugin.join(path))?.lines().map(str::to_owned).collect())
        };
        Ok(Self {
            given: lines("../names-and-places/dictionaries/given-names.txt")?,
            surnames: lines("../names-and-places/dictionaries/surnames.txt")?,
            places: lines("../names-and-places/dictionaries/places.txt")?,
            frequent: lines("training/english-frequent.txt")?,
            english: lines("training/english.txt")?,
            clinical: lines("training/clinical.txt")?,
            drugs: lines("training/drugs.txt")?,
        })
    }

    /// What each word is, as bits of `Known`.
    fn bits(&self) -> BTreeMap<u64, u8> {
        let mut bits = BTreeMap::new();
        let mut add = |word: &str, bit: u8| {
            let plain: String = word.chars().filter(|character| character.is_ascii_alphanumeric()).collect();
            *bits.entry(Digest::of(plain.as_bytes()).0).or_insert(0) |= bit;
        };
        for (rank, name) in self.given.iter().enumerate() {
            add(
                name,
                if rank < 500 {
                    3
                } else if rank < 4_000 {
                    2
                } else {
                    1
                },
            );
        }
        self.surnames.iter().for_each(|name| add(name, 4));
        for place in &self.places {
            let parts: Vec<&str> = place.split([' ', '-']).collect();
            match parts[..] {
                [whole] => add(whole, 16),
                _ => parts.iter().filter(|part| part.len() > 2).for_each(|part| add(part, 8)),
            }
        }
        self.frequent.iter().for_each(|word| add(word, 32 | 64));
        self.english.iter().for_each(|word| add(word, 32));
        self.clinical.iter().for_each(|word| add(word, 128));
        bits
    }
}

/// The map of all words, with the first seed that works.
pub(crate) fn build(lists: &Lists) -> Vec<u8> {
    let words: Vec<(u64, u8)> = lists.bits().into_iter().collect();
    let part = (words.len() * 41 / 100).max(8) + 8;
    (0..).find_map(|seed| with(seed, part, &words)).expect("some seed works")
}

fn with(seed: u64, part: usize, words: &[(u64, u8)]) -> Option<Vec<u8>> {
    let places: Vec<Places> = words.iter().map(|(word, _)| Places::of(Digest(*word), seed, part)).collect();
    // Of each slot: how many words want it, and all their numbers together.
    let mut wanted = vec![(0_u32, 0_usize); 3 * part];
    for (number, places) in places.iter().enumerate() {
        for slot in places.slots {
            wanted[slot] = (wanted[slot].0 + 1, wanted[slot].1 ^ number);
        }
    }
    let mut alone: Vec<usize> = (0..wanted.len()).filter(|slot| wanted[*slot].0 == 1).collect();
    let mut order = Vec::with_capacity(words.len());
    while let Some(slot) = alone.pop() {
        let (1, number) = wanted[slot] else { continue };
        order.push((slot, number));
        for slot in places[number].slots {
            wanted[slot] = (wanted[slot].0 - 1, wanted[slot].1 ^ number);
            if wanted[slot].0 == 1 {
                alone.push(slot);
            }
        }
    }
    if order.len() < words.len() {
        return None;
    }
    let mut slots = vec![0_u16; 3 * part];
    for (slot, number) in order.into_iter().rev() {
        let want = u16::from(places[number].check) << 8 | u16::from(words[number].1);
        let others =
            places[number].slots.iter().filter(|other| **other != slot).fold(0, |all, other| all ^ slots[*other]);
        slots[slot] = want ^ others;
    }
    Some(seed.to_le_bytes().into_iter().chain(slots.into_iter().flat_map(u16::to_le_bytes)).collect())
}
