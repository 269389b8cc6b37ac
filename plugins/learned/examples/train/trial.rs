//! What the shipped weights take the values of columns for.

use std::collections::BTreeMap;
use std::io;

use learned::features::Features;
use learned::{Kind, Weights};

/// Prints for each kind and each of its columns which share of the values was taken for what.
pub(crate) fn show(columns: &str) -> io::Result<()> {
    let (mut found, mut features) = (BTreeMap::<(&str, &str), [usize; learned::KINDS]>::new(), Features::default());
    for line in columns.lines() {
        let mut parts = line.split('\t');
        let (Some(kind), Some(column), Some(value)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let judged = Weights::SHIPPED.judge(value, &mut features);
        found.entry((kind, column)).or_default()[judged as usize] += 1;
    }
    for ((kind, column), counts) in found {
        let all: usize = counts.iter().sum();
        let mut shares: Vec<_> = Kind::ALL.into_iter().map(|kind| (counts[kind as usize] * 100 / all, kind)).collect();
        shares.sort_by_key(|(share, _)| std::cmp::Reverse(*share));
        let shares =
            shares.iter().filter(|(share, _)| *share > 4).map(|(share, kind)| format!("{} {share}", kind.name()));
        println!("{kind:13} {column:28} {}", shares.collect::<Vec<_>>().join(", "));
    }
    Ok(())
}
