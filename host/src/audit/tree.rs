//! The Merkle tree of RFC 6962, section 2.1 (as in RFC 9162): roots, and proofs that are checked against them.

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The hash of a leaf. Its prefix keeps it apart from every node.
pub(crate) fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// A tree that grows, as the roots of its complete subtrees, the largest first: all that further leaves need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The tree with these complete subtrees. `None` if a tree of this size has not as many.
    pub(crate) fn of_peaks(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        (peaks.len() == size.count_ones() as usize).then_some(Self { size, peaks })
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Adds a leaf by its hash.
    pub(crate) fn push(&mut self, leaf: Hash) {
        let complete = self.peaks.len().saturating_sub(self.size.trailing_ones() as usize);
        let merged = self.peaks.split_off(complete);
        self.peaks.push(merged.iter().rev().fold(leaf, |right, left| node_hash(left, &right)));
        self.size = self.size.saturating_add(1);
    }

    /// The hash of the whole tree.
    pub(crate) fn root(&self) -> Hash {
        let mut smallest_first = self.peaks.iter().rev();
        match smallest_first.next() {
            None => Sha256::digest([]).into(),
            Some(last) => smallest_first.fold(*last, |right, left| node_hash(left, &right)),
        }
    }
}

/// The hash of the tree with these leaves, `MTH` of the RFC.
pub(crate) fn root(leaves: &[Hash]) -> Hash {
    let mut tree = Frontier::default();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    tree.root()
}

/// What proves that a leaf stands at an index, `PATH` of the RFC. `None` if there is no such leaf.
pub(crate) fn prove_inclusion(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    (index < leaves.len()).then(|| path(leaves, index))
}

fn path(leaves: &[Hash], index: usize) -> Vec<Hash> {
    let Some((left, right)) = halves(leaves) else { return Vec::new() };
    let (mut hashes, sibling) = match index.checked_sub(left.len()) {
        None => (path(left, index), right),
        Some(index) => (path(right, index), left),
    };
    hashes.push(root(sibling));
    hashes
}

/// What proves that the tree of the first `old` leaves is the beginning of this one, `PROOF` of the RFC. `None` if there
/// are not as many, or none.
pub(crate) fn prove_consistency(leaves: &[Hash], old: usize) -> Option<Vec<Hash>> {
    (0 < old && old <= leaves.len()).then(|| sub_proof(leaves, old, true))
}

/// `SUBPROOF`: `known` says that the verifier has the root of the old leaves already.
fn sub_proof(leaves: &[Hash], old: usize, known: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if known { Vec::new() } else { vec![root(leaves)] };
    }
    let Some((left, right)) = halves(leaves) else { return Vec::new() };
    let (mut hashes, sibling) = match old.checked_sub(left.len()) {
        None | Some(0) => (sub_proof(left, old, known), right),
        Some(old) => (sub_proof(right, old, false), left),
    };
    hashes.push(root(sibling));
    hashes
}

/// Cut at the largest power of two that is smaller than the number of leaves.
fn halves(leaves: &[Hash]) -> Option<(&[Hash], &[Hash])> {
    if leaves.len() < 2 {
        return None;
    }
    leaves.split_at_checked(leaves.len().next_power_of_two() >> 1)
}

/// Whether a leaf stands at an index of the tree with this size and root (RFC 9162, 2.1.3.2).
pub(crate) fn is_included(leaf: Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let mut at = Place { node: index, last: size.saturating_sub(1) };
    let mut hash = leaf;
    for sibling in proof {
        match at.climb() {
            None => return false,
            Some(Side::Right) => hash = node_hash(sibling, &hash),
            Some(Side::Left) => hash = node_hash(&hash, sibling),
        }
    }
    at.last == 0 && hash == *root
}

/// Whether the tree with the old size and root is the beginning of the one with the new (RFC 9162, 2.1.4.2).
pub(crate) fn is_consistent(old: (u64, &Hash), new: (u64, &Hash), proof: &[Hash]) -> bool {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size == new_size {
        return proof.is_empty() && old_root == new_root;
    }
    if old_size == 0 || old_size > new_size {
        return false;
    }
    let mut at = Place { node: old_size.saturating_sub(1), last: new_size.saturating_sub(1) };
    at.climb_complete();
    // Where the old tree is complete, its root is the first hash, and not sent.
    let known = old_size.is_power_of_two().then_some(*old_root);
    let mut hashes = known.into_iter().chain(proof.iter().copied());
    let Some(first) = hashes.next() else { return false };
    let (mut of_old, mut of_new) = (first, first);
    for sibling in hashes {
        match at.climb() {
            None => return false,
            Some(Side::Right) => (of_old, of_new) = (node_hash(&sibling, &of_old), node_hash(&sibling, &of_new)),
            Some(Side::Left) => of_new = node_hash(&of_new, &sibling),
        }
    }
    at.last == 0 && of_old == *old_root && of_new == *new_root
}

/// Where a proof has got to: a node of one level, and the last node of that level.
struct Place {
    node: u64,
    last: u64,
}

/// On which side of its sibling a node stands.
enum Side {
    Left,
    Right,
}

impl Place {
    /// Goes up to where the next hash joins. `None` at the root.
    fn climb(&mut self) -> Option<Side> {
        if self.last == 0 {
            return None;
        }
        let right = self.node & 1 == 1 || self.node == self.last;
        // A node without a sibling is the same one level up.
        while right && self.node & 1 == 0 && self.node != 0 {
            self.up();
        }
        self.up();
        Some(if right { Side::Right } else { Side::Left })
    }

    fn climb_complete(&mut self) {
        while self.node & 1 == 1 {
            self.up();
        }
    }

    fn up(&mut self) {
        self.node >>= 1;
        self.last >>= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    fn hash(text: &str) -> Hash {
        hex(text).try_into().unwrap()
    }

    /// The leaves of the Certificate Transparency reference implementation.
    fn known_leaves(size: usize) -> Vec<Hash> {
        let leaves =
            ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        leaves[..size].iter().map(|leaf| leaf_hash(&hex(leaf))).collect()
    }

    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    #[test]
    fn gives_the_published_roots() {
        for (size, expected) in ROOTS.iter().enumerate() {
            assert_eq!(root(&known_leaves(size)), hash(expected), "{size} leaves");
        }
    }

    #[test]
    fn gives_the_published_inclusion_proofs() {
        let (left, second) = (ROOTS[1], "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7");
        let third_and_fourth = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
        let fifth = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
        let last_two = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
        let last_four = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
        let cases: [(usize, usize, &[&str]); 7] = [
            (0, 1, &[]),
            (0, 2, &[second]),
            (1, 2, &[left]),
            (2, 3, &[ROOTS[2]]),
            (1, 5, &[left, third_and_fourth, fifth]),
            (0, 8, &[second, third_and_fourth, last_four]),
            (5, 8, &[fifth, last_two, ROOTS[4]]),
        ];
        for (index, size, expected) in cases {
            let expected: Vec<Hash> = expected.iter().map(|text| hash(text)).collect();
            let leaves = known_leaves(size);
            assert_eq!(prove_inclusion(&leaves, index).unwrap(), expected, "{index} of {size}");
            assert!(is_included(leaves[index], index as u64, size as u64, &expected, &hash(ROOTS[size])));
        }
    }

    #[test]
    fn gives_the_published_consistency_proofs() {
        let second = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
        let third_and_fourth = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
        let fifth = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
        let fifth_and_sixth = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
        let last_two = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
        let last_four = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
        let cases: [(usize, usize, &[&str]); 4] = [
            (1, 1, &[]),
            (1, 8, &[second, third_and_fourth, last_four]),
            (2, 5, &[third_and_fourth, fifth]),
            (6, 8, &[fifth_and_sixth, last_two, ROOTS[4]]),
        ];
        for (old, new, expected) in cases {
            let expected: Vec<Hash> = expected.iter().map(|text| hash(text)).collect();
            assert_eq!(prove_consistency(&known_leaves(new), old).unwrap(), expected, "{old} in {new}");
            let (old_root, new_root) = (hash(ROOTS[old]), hash(ROOTS[new]));
            assert!(is_consistent((old as u64, &old_root), (new as u64, &new_root), &expected));
        }
    }

    /// The definition of the RFC, word by word.
    fn defined_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => *leaf,
            _ => {
                let half = (0..).map(|power| 1_usize << power).take_while(|half| *half < leaves.len()).last().unwrap();
                node_hash(&defined_root(&leaves[..half]), &defined_root(&leaves[half..]))
            }
        }
    }

    fn leaves(size: usize) -> Vec<Hash> {
        (0..size).map(|number| leaf_hash(&number.to_be_bytes())).collect()
    }

    #[test]
    fn there_is_no_proof_of_what_is_not_there() {
        assert!(prove_inclusion(&leaves(3), 3).is_none());
        assert!(prove_consistency(&leaves(3), 4).is_none() && prove_consistency(&leaves(3), 0).is_none());
        assert!(Frontier::of_peaks(3, vec![[0; 32]]).is_none());
    }

    proptest! {
        #[test]
        fn a_root_is_as_the_rfc_defines_it(size in 0_usize..300) {
            prop_assert_eq!(root(&leaves(size)), defined_root(&leaves(size)));
        }

        #[test]
        fn an_inclusion_proof_holds_for_its_leaf_place_and_tree_alone(
            size in 1_usize..200, index: prop::sample::Index, other: prop::sample::Index, bit in 0_usize..256,
        ) {
            let (leaves, index, other) = (leaves(size), index.index(size), other.index(size));
            let (root, mut proof) = (root(&leaves), prove_inclusion(&leaves, index).unwrap());
            let holds = |leaf, index: usize, size: usize, proof: &[Hash], root: &Hash| {
                is_included(leaf, index as u64, size as u64, proof, root)
            };
            prop_assert!(holds(leaves[index], index, size, &proof, &root));
            prop_assert_eq!(holds(leaves[other], index, size, &proof, &root), other == index);
            prop_assert_eq!(holds(leaves[index], other, size, &proof, &root), other == index);
            prop_assert!(!holds(leaves[index], size, size, &proof, &root));
            proof.push(root);
            prop_assert!(!holds(leaves[index], index, size, &proof, &root));
            proof.pop();
            if let Some(hash) = proof.first_mut() {
                hash[bit / 8] ^= 1 << (bit % 8);
                prop_assert!(!holds(leaves[index], index, size, &proof, &root));
                proof.remove(0);
                prop_assert!(!holds(leaves[index], index, size, &proof, &root));
            }
        }

        #[test]
        fn a_consistency_proof_holds_for_its_two_trees_alone(
            size in 1_usize..200, old: prop::sample::Index, changed: prop::sample::Index, bit in 0_usize..256,
        ) {
            let (leaves, old) = (leaves(size), old.index(size) + 1);
            let (old_root, new_root) = (root(&leaves[..old]), root(&leaves));
            let (old_size, new_size) = (old as u64, size as u64);
            let mut proof = prove_consistency(&leaves, old).unwrap();
            prop_assert!(is_consistent((old_size, &old_root), (new_size, &new_root), &proof));
            let mut rewritten = leaves.clone();
            rewritten[changed.index(old)][bit / 8] ^= 1 << (bit % 8);
            let (other, forged) = (root(&rewritten), prove_consistency(&rewritten, old).unwrap());
            prop_assert!(!is_consistent((old_size, &old_root), (new_size, &other), &forged));
            if old < size {
                prop_assert!(!is_consistent((new_size, &new_root), (old_size, &old_root), &proof));
                let place = changed.index(proof.len());
                proof[place][bit / 8] ^= 1 << (bit % 8);
                prop_assert!(!is_consistent((old_size, &old_root), (new_size, &new_root), &proof));
            }
        }
    }
}
