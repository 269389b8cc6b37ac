//! The three-digit areas that 45 CFR 164.514(b)(2)(i)(B) lets stand: those with more than 20,000 people.
//!
//! Vintage: 2020 Census (P1, by ZIP Code Tabulation Area), summed by the first three digits in
//! `data/zip3_population_2020.json`, of which [`SOURCE_SHA256`] is the digest. A test counts again.

/// The SHA-256 of the file that the areas are counted from.
#[cfg(test)]
const SOURCE_SHA256: &str = "69812e36a6fa89c6bbee649bc2b832736762d768589dedf75f689aa9e156f35f";

/// The areas with more than 20,000 people, as ranges of their numbers, both ends included.
#[rustfmt::skip]
const RANGES: [(u16, u16); 75] = [
    (6, 7), (9, 35), (37, 54), (56, 58), (60, 89), (100, 101), (103, 191), (193, 201), (206, 212), (214, 268),
    (270, 310), (312, 331), (333, 339), (341, 342), (344, 344), (346, 347), (349, 352), (354, 368), (370, 374),
    (376, 398), (400, 418), (420, 427), (430, 458), (460, 508), (510, 516), (520, 528), (530, 532), (534, 535),
    (537, 551), (553, 554), (557, 567), (570, 577), (580, 588), (590, 620), (622, 631), (633, 641), (644, 648),
    (650, 658), (660, 662), (664, 681), (683, 691), (693, 693), (700, 701), (703, 708), (710, 714), (716, 731),
    (734, 741), (743, 752), (754, 770), (773, 816), (820, 820), (822, 822), (824, 838), (840, 841), (843, 847),
    (850, 853), (855, 857), (859, 860), (863, 865), (870, 871), (873, 875), (877, 877), (880, 883), (890, 891),
    (894, 895), (897, 898), (900, 900), (902, 908), (910, 928), (930, 937), (939, 941), (943, 961), (967, 968),
    (970, 986), (988, 999),
];

/// What stands for each area, so that a code costs one look-up and no division.
const PREFIXES: [[u8; 3]; 1000] = {
    let mut prefixes = [*b"000"; 1000];
    let mut index = 0;
    while index < RANGES.len() {
        let (mut area, last) = RANGES[index];
        while area <= last {
            let digits = [area / 100, area / 10 % 10, area % 10];
            prefixes[area as usize] = [b'0' + digits[0] as u8, b'0' + digits[1] as u8, b'0' + digits[2] as u8];
            area += 1;
        }
        index += 1;
    }
    prefixes
};

/// The three digits of an area with more than 20,000 people, and `000` for any other number.
#[inline]
pub(crate) fn prefix(area: u32) -> [u8; 3] {
    PREFIXES.get(area as usize).copied().unwrap_or(*b"000")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use sha2::{Digest, Sha256};

    use super::*;

    #[derive(serde::Deserialize)]
    struct Census {
        zip3: BTreeMap<String, u32>,
    }

    #[test]
    fn the_areas_are_those_of_the_census() {
        let source = include_bytes!("../data/zip3_population_2020.json");
        let digest: String = Sha256::digest(source).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, SOURCE_SHA256);
        let census: Census = serde_json::from_slice(source).unwrap();
        let counted: Vec<u32> =
            (0..1000).filter(|area| census.zip3.get(&format!("{area:03}")) > Some(&20_000)).collect();
        assert_eq!(counted.len(), 876);
        for area in 0..1000 {
            let expected = if counted.contains(&area) { format!("{area:03}") } else { "000".to_owned() };
            assert_eq!(prefix(area), expected.as_bytes(), "{area}");
        }
    }

    #[test]
    fn the_small_areas_of_2020_are_not_among_them() {
        for area in
            [36, 59, 102, 202, 203, 204, 205, 369, 556, 692, 753, 772, 821, 823, 878, 879, 884, 893, 0, 1000, 9999]
        {
            assert_eq!(prefix(area), *b"000", "{area}");
        }
    }
}
