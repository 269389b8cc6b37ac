//! FF1 with AES-256 (NIST SP 800-38G, algorithm 7), many values at a time.
//!
//! Values whose halves have 96 bits at most (56 digits, 36 of digits and capitals) are worked on as integers: everything
//! that those of one length share is made once, CBC-MAC has taken in all but its last block then, and a round of a value
//! is one block of AES, next to those of other values. Longer ones are left to the crate `fpe`, whose numbers have any
//! size.

use aes::cipher::BlockCipherEncrypt;
use aes::{Aes256Enc, Block};
use fpe::ff1::{FF1, FlexibleNumeralString};

use super::material::Material;

/// With fewer possible values they could be tried one by one (SP 800-38G, Rev. 1, 5.2).
const LEAST_DOMAIN: u128 = 1_000_000;
/// Longer than any identifier: what it takes grows with the square.
const MOST_NUMERALS: usize = 512;
/// Bytes of half a value at most, for rounds of one block.
const MOST_BYTES: u32 = 12;
const ROUNDS: u8 = 10;
/// Values that are worked on together: as many blocks as the widest instructions take.
const LANES: usize = 64;

/// FF1 under one key, of numerals of one radix, with one tweak.
pub(in crate::keys) struct Ff1<'t> {
    aes: Box<Aes256Enc>,
    long: Box<FF1<Aes256Enc>>,
    radix: u32,
    tweak: &'t [u8],
    /// By length, for those that were asked for.
    ways: Vec<Option<Way>>,
}

impl<'t> Ff1<'t> {
    /// `None` for a radix that FF1 does not have.
    pub(in crate::keys) fn new(key: &Material, radix: u32, tweak: &'t [u8]) -> Option<Self> {
        let long = Box::new(key.ff1(radix)?);
        Some(Self { aes: Box::new(key.block_cipher()), long, radix, tweak, ways: Vec::new() })
    }

    /// Whether values of so many numerals are encrypted: neither so short that they could be tried one by one, nor longer
    /// than 512.
    pub(in crate::keys) fn takes(&mut self, length: usize) -> bool {
        if length > MOST_NUMERALS {
            return false;
        }
        if self.ways.len() <= length {
            self.ways.resize(length.saturating_add(1), None);
        }
        let (aes, radix, tweak) = (&self.aes, self.radix, self.tweak);
        let way = self.ways.get_mut(length).map(|way| way.get_or_insert_with(|| Way::new(aes, radix, tweak, length)));
        way.is_some_and(|way| !matches!(way, Way::Refused))
    }

    /// Puts ciphertexts in the place of values, which stand one after the other: value `i` from offset `i` to offset
    /// `i + 1`. Empty ones stay.
    ///
    /// `None`, and nothing to be used, if a value is of a length that was not asked for or is not taken, if a numeral is
    /// not below the radix, or if there are other numerals than those of the values.
    pub(in crate::keys) fn encrypt(&self, numerals: &mut [u16], offsets: &[u32]) -> Option<()> {
        if numerals.iter().any(|numeral| u32::from(*numeral) >= self.radix) {
            return None;
        }
        let (mut lanes, mut blocks) = (Vec::with_capacity(LANES), Vec::with_capacity(LANES));
        let mut rest = numerals;
        for bounds in offsets.array_windows() {
            let [start, end] = *bounds;
            let (value, after) = rest.split_at_mut_checked(end.checked_sub(start)? as usize)?;
            rest = after;
            if value.is_empty() {
                continue;
            }
            match self.ways.get(value.len())?.as_ref()? {
                Way::Refused => return None,
                Way::Long => self.encrypt_long(value)?,
                Way::Short(shared) => lanes.push(Lane::new(shared, value)?),
            }
            if lanes.len() == LANES {
                work(&self.aes, &mut lanes, &mut blocks);
            }
        }
        work(&self.aes, &mut lanes, &mut blocks);
        rest.is_empty().then_some(())
    }

    fn encrypt_long(&self, value: &mut [u16]) -> Option<()> {
        let clear = FlexibleNumeralString::from(value.to_vec());
        let sealed = Vec::from(self.long.encrypt(self.tweak, &clear).ok()?);
        (sealed.len() == value.len()).then(|| value.copy_from_slice(&sealed))
    }
}

/// How values of one length are encrypted.
#[derive(Clone, Copy)]
enum Way {
    Refused,
    Short(Shared),
    Long,
}

impl Way {
    fn new(aes: &Aes256Enc, radix: u32, tweak: &[u8], length: usize) -> Self {
        let few = u32::try_from(length).is_ok_and(|it| u128::from(radix).saturating_pow(it) < LEAST_DOMAIN);
        if few {
            return Self::Refused;
        }
        Shared::new(aes, radix, tweak, length).map_or(Self::Long, Self::Short)
    }
}

/// What the short values of one length share.
#[derive(Clone, Copy)]
struct Shared {
    /// The last block that CBC-MAC takes in, but for the round and the number.
    block: u128,
    /// Where in that block the round stands: bits from its end.
    round: u32,
    /// How many bits of what comes out are not used.
    unused: u32,
    radix: u32,
    /// How many numerals the first half has.
    first: usize,
    /// How many values each half may have.
    domains: [u128; 2],
}

impl Shared {
    /// `None` if a half is too long.
    fn new(aes: &Aes256Enc, radix: u32, tweak: &[u8], length: usize) -> Option<Self> {
        let first = length / 2;
        let domain = |half: usize| u128::from(radix).checked_pow(u32::try_from(half).ok()?);
        let domains = [domain(first)?, domain(length.checked_sub(first)?)?];
        let [_, widest] = domains;
        let bytes = u128::BITS.checked_sub(widest.checked_sub(1)?.leading_zeros())?.div_ceil(8);
        if bytes > MOST_BYTES {
            return None;
        }
        let used = bytes.next_multiple_of(4).checked_add(4)?;
        let block = last_block(aes, radix, tweak, length, bytes)?;
        let unused = u128::BITS.checked_sub(used.checked_mul(8)?)?;
        Some(Self { block, round: bytes.checked_mul(8)?, unused, radix, first, domains })
    }
}

/// CBC-MAC over steps 5 and 6i of the standard, up to the encryption of the last block, whose round and number of so many
/// bytes are zeros.
fn last_block(aes: &Aes256Enc, radix: u32, tweak: &[u8], length: usize, bytes: u32) -> Option<u128> {
    let [_, radix @ ..] = radix.to_be_bytes();
    let [first, ..] = (length / 2).to_le_bytes();
    let mut clear = [&[1, 2, 1], radix.as_slice(), &[ROUNDS, first]].concat();
    clear.extend(u32::try_from(length).ok()?.to_be_bytes());
    clear.extend(u32::try_from(tweak.len()).ok()?.to_be_bytes());
    clear.extend(tweak);
    let whole = clear.len().checked_add(usize::try_from(bytes).ok()?)?.checked_add(1)?;
    clear.resize(whole.checked_next_multiple_of(16)?, 0);
    let (last, before) = clear.as_chunks().0.split_last()?;
    let state = before.iter().fold(0, |state, block| {
        let mut block = Block::from((state ^ u128::from_be_bytes(*block)).to_be_bytes());
        aes.encrypt_block(&mut block);
        u128::from_be_bytes(block.into())
    });
    Some(state ^ u128::from_be_bytes(*last))
}

/// A short value on its way through the rounds.
struct Lane<'s, 'n> {
    shared: &'s Shared,
    numerals: [&'n mut [u16]; 2],
    halves: [u128; 2],
}

impl<'s, 'n> Lane<'s, 'n> {
    fn new(shared: &'s Shared, numerals: &'n mut [u16]) -> Option<Self> {
        let (first, second) = numerals.split_at_mut_checked(shared.first)?;
        let halves = [number(first, shared.radix), number(second, shared.radix)];
        Some(Self { shared, numerals: [first, second], halves })
    }

    /// What a round encrypts.
    fn block(&self, round: u8) -> Block {
        let ([_, second], round) = (self.halves, u128::from(round) << self.shared.round);
        Block::from((self.shared.block ^ round ^ second).to_be_bytes())
    }

    /// What a round makes of the halves.
    fn turn(&mut self, round: u8, encrypted: Block) {
        let ([first, second], [even, odd]) = (self.halves, self.shared.domains);
        let domain = if round.is_multiple_of(2) { even } else { odd };
        let (_, number) = divide(u128::from_be_bytes(encrypted.into()) >> self.shared.unused, domain);
        // Both are below the domain, which has 96 bits at most.
        let sum = first.wrapping_add(number);
        self.halves = [second, if sum < domain { sum } else { sum.wrapping_sub(domain) }];
    }

    fn write(self) {
        let radix = self.shared.radix;
        self.numerals.into_iter().zip(self.halves).for_each(|(numerals, half)| write(half, radix, numerals));
    }
}

/// Encrypts the values in the lanes, and leaves these empty.
fn work(aes: &Aes256Enc, lanes: &mut Vec<Lane<'_, '_>>, blocks: &mut Vec<Block>) {
    for round in 0..ROUNDS {
        blocks.clear();
        blocks.extend(lanes.iter().map(|lane| lane.block(round)));
        aes.encrypt_blocks(blocks);
        lanes.iter_mut().zip(&*blocks).for_each(|(lane, block)| lane.turn(round, *block));
    }
    lanes.drain(..).for_each(Lane::write);
}

/// The number that numerals stand for, the first of them worth most. Below 2^96, so nothing wraps.
fn number(numerals: &[u16], radix: u32) -> u128 {
    // Three fit into 64 bits, in which this is quicker.
    numerals.chunks(3).fold(0, |sum, some| {
        let (scale, part) = some.iter().fold((1_u64, 0_u64), |(scale, part), numeral| {
            let radix = u64::from(radix);
            (scale.wrapping_mul(radix), part.wrapping_mul(radix).wrapping_add(u64::from(*numeral)))
        });
        sum.wrapping_mul(scale.into()).wrapping_add(part.into())
    })
}

/// The numerals of a number, as many as there is room for.
fn write(mut number: u128, radix: u32, numerals: &mut [u16]) {
    for numeral in numerals.iter_mut().rev() {
        let (quotient, rest) = divide(number, radix.into());
        (number, *numeral) = (quotient, rest as u16);
    }
}

/// Quotient and remainder, in 64 bits where both fit: that is several times quicker.
#[expect(clippy::arithmetic_side_effects, reason = "no radix, and no power of one, is zero")]
fn divide(number: u128, by: u128) -> (u128, u128) {
    match (u64::try_from(number), u64::try_from(by)) {
        (Ok(number), Ok(by)) => (u128::from(number / by), u128::from(number % by)),
        _ => (number / by, number % by),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keys::material::LENGTH;

    fn key(seed: u8) -> Material {
        Material::stored(&std::array::from_fn::<_, LENGTH, _>(|at| seed ^ at as u8)).unwrap()
    }

    /// What the crate makes of the same value.
    fn expected(key: &Material, radix: u32, tweak: &[u8], value: &[u16]) -> Vec<u16> {
        let clear = FlexibleNumeralString::from(value.to_vec());
        key.ff1(radix).unwrap().encrypt(tweak, &clear).unwrap().into()
    }

    /// Encrypts values next to each other; those that are not taken become empty.
    fn encrypted(key: &Material, radix: u32, tweak: &[u8], values: &[Vec<u16>]) -> Vec<Vec<u16>> {
        let mut ff1 = Ff1::new(key, radix, tweak).unwrap();
        let (mut numerals, mut offsets) = (Vec::new(), vec![0]);
        for value in values.iter() {
            if ff1.takes(value.len()) {
                numerals.extend(value);
            }
            offsets.push(numerals.len() as u32);
        }
        ff1.encrypt(&mut numerals, &offsets).unwrap();
        offsets.windows(2).map(|at| numerals[at[0] as usize..at[1] as usize].to_vec()).collect()
    }

    /// The radixes of alphabets, and some beyond, with all lengths from none to one that is too long for one block: what
    /// follows from radix and length is right for each.
    #[test]
    fn agrees_with_the_crate_in_every_radix_and_length() {
        let key = key(7);
        for radix in (2..=94).chain([255, 256, 257, 4_096, 65_535, 65_536]) {
            let longest = (1..).find(|length| f64::from(radix).powi(length / 2) > 2_f64.powi(100)).unwrap();
            let highest = |length| vec![(radix - 1) as u16; length as usize];
            let rising = |length| (0..length as u32).map(|at| (at % radix) as u16).collect::<Vec<_>>();
            let values: Vec<_> = (0..=longest).flat_map(|length| [highest(length), rising(length)]).collect();
            let encrypted = encrypted(&key, radix, b"tweak", &values);
            for (value, sealed) in values.iter().zip(encrypted) {
                let is_few = f64::from(radix).powi(value.len() as i32) < 1e6;
                let expected = if is_few { Vec::new() } else { expected(&key, radix, b"tweak", value) };
                assert_eq!(sealed, expected, "{} numerals of radix {radix}", value.len());
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn agrees_with_the_crate_value_by_value(
            seed: u8,
            (radix, values) in (2_u32..=94).prop_flat_map(|radix| {
                let value = proptest::collection::vec(0..radix as u16, 20..140);
                (Just(radix), proptest::collection::vec(value, 1..150))
            }),
            tweak in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let key = key(seed);
            let sealed = encrypted(&key, radix, &tweak, &values);
            let first = values.iter().take(70).zip(sealed);
            first.for_each(|(value, sealed)| assert_eq!(sealed, expected(&key, radix, &tweak, value)));
        }
    }

    #[test]
    fn leaves_no_value_as_it_was() {
        let key = key(7);
        let mut ff1 = Ff1::new(&key, 10, b"").unwrap();
        let mut numerals = [1; 9];
        assert_eq!(ff1.encrypt(&mut numerals, &[0, 9]), None, "a length that was not asked for");
        assert!(ff1.takes(9) && ff1.takes(0) == ff1.takes(5) && !ff1.takes(5) && !ff1.takes(513) && ff1.takes(512));
        for offsets in [&[0, 8][..], &[0, 5, 9], &[0, 9, 8], &[0, 10], &[0, 1], &[]] {
            assert_eq!(ff1.encrypt(&mut numerals, offsets), None, "{offsets:?}");
        }
        assert_eq!(ff1.encrypt(&mut [1, 2, 3, 4, 5, 6, 7, 8, 10], &[0, 9]), None);
        assert_eq!(ff1.encrypt(&mut numerals, &[0, 0, 9, 9]), Some(()));
        assert_eq!(numerals.to_vec(), expected(&key, 10, b"", &[1; 9]));
    }
}
