//! Counting with little memory: what does not fit is sorted, written to disk, and merged at the end.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::mem;

use crate::error::Error;

/// How often something was seen in a class: its rows, or one value of a column. Digests, and no values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) class: u128,
    /// Which of the columns that are counted.
    pub(super) column: u32,
    pub(super) value: u64,
    pub(super) count: u64,
}

/// Of one on disk, and in memory.
const BYTES: usize = 36;
const HELD_BYTES: usize = size_of::<Entry>();

impl Entry {
    fn is_as(&self, other: &Self) -> bool {
        (self.class, self.column, self.value) == (other.class, other.column, other.value)
    }

    fn to_bytes(self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        let fields = self.class.to_le_bytes().into_iter().chain(self.column.to_le_bytes());
        let fields = fields.chain(self.value.to_le_bytes()).chain(self.count.to_le_bytes());
        bytes.iter_mut().zip(fields).for_each(|(place, byte)| *place = byte);
        bytes
    }

    fn from_bytes(bytes: [u8; BYTES]) -> Option<Self> {
        let (class, rest) = bytes.split_first_chunk()?;
        let (column, rest) = rest.split_first_chunk()?;
        let (value, rest) = rest.split_first_chunk()?;
        Some(Self {
            class: u128::from_le_bytes(*class),
            column: u32::from_le_bytes(*column),
            value: u64::from_le_bytes(*value),
            count: u64::from_le_bytes(*rest.first_chunk()?),
        })
    }
}

/// Entries in any order, as they are seen.
pub(super) struct Entries {
    held: Vec<Entry>,
    /// How many are held in memory.
    room: usize,
    runs: Vec<File>,
}

impl Entries {
    /// Holds about so many bytes in memory.
    pub(super) fn new(memory: usize) -> Self {
        Self { held: Vec::new(), room: (memory / HELD_BYTES).max(1024), runs: Vec::new() }
    }

    /// # Errors
    /// There is no room on the disk for temporary files.
    pub(super) fn add(&mut self, mut entries: Vec<Entry>) -> Result<(), Error> {
        combine(&mut entries);
        if self.held.len().saturating_add(entries.len()) > self.room {
            combine(&mut self.held);
            if self.held.len() > self.room / 2 {
                self.spill().map_err(Error::io("write a temporary file in", std::env::temp_dir()))?;
            }
        }
        self.held.append(&mut entries);
        Ok(())
    }

    fn spill(&mut self) -> io::Result<()> {
        let mut file = BufWriter::new(tempfile::tempfile()?);
        for entry in self.held.drain(..) {
            file.write_all(&entry.to_bytes())?;
        }
        let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        self.runs.push(file);
        Ok(())
    }

    /// Every entry once, in order.
    ///
    /// # Errors
    /// A temporary file cannot be read again.
    pub(super) fn merge(mut self) -> Result<Merged, Error> {
        combine(&mut self.held);
        let held = Run::Held(mem::take(&mut self.held).into_iter());
        let files = self.runs.into_iter().map(|file| Run::File(Box::new(BufReader::new(file))));
        let mut merged = Merged { runs: files.chain([held]).collect(), first: BinaryHeap::new() };
        for run in 0..merged.runs.len() {
            merged.advance(run)?;
        }
        Ok(merged)
    }
}

/// Brings entries into order, each once.
fn combine(entries: &mut Vec<Entry>) {
    entries.sort_unstable();
    entries.dedup_by(|later, first| {
        let same = later.is_as(first);
        if same {
            first.count = first.count.saturating_add(later.count);
        }
        same
    });
}

/// Entries in order.
enum Run {
    Held(std::vec::IntoIter<Entry>),
    File(Box<BufReader<File>>),
}

impl Run {
    fn next(&mut self) -> io::Result<Option<Entry>> {
        match self {
            Self::Held(entries) => Ok(entries.next()),
            Self::File(file) => {
                let mut bytes = [0; BYTES];
                match file.read_exact(&mut bytes) {
                    Ok(()) => Ok(Entry::from_bytes(bytes)),
                    Err(end) if end.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
                    Err(error) => Err(error),
                }
            }
        }
    }
}

/// All entries in order, each once.
pub(super) struct Merged {
    runs: Vec<Run>,
    /// The first entry that is left of each run.
    first: BinaryHeap<Reverse<(Entry, usize)>>,
}

impl Merged {
    fn advance(&mut self, run: usize) -> Result<(), Error> {
        let next = self.runs.get_mut(run).map_or(Ok(None), Run::next);
        let next = next.map_err(Error::io("read a temporary file in", std::env::temp_dir()))?;
        self.first.extend(next.map(|entry| Reverse((entry, run))));
        Ok(())
    }

    fn take(&mut self) -> Result<Option<Entry>, Error> {
        let Some(Reverse((entry, run))) = self.first.pop() else { return Ok(None) };
        self.advance(run)?;
        Ok(Some(entry))
    }

    /// The next entry, counts of all runs together.
    pub(super) fn next(&mut self) -> Result<Option<Entry>, Error> {
        let Some(mut entry) = self.take()? else { return Ok(None) };
        while self.first.peek().is_some_and(|Reverse((next, _))| next.is_as(&entry)) {
            let more = self.take()?.map_or(0, |more| more.count);
            entry.count = entry.count.saturating_add(more);
        }
        Ok(Some(entry))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn counts_are_the_same_with_little_memory(seen in proptest::collection::vec((0_u8..200, 0_u8..3), 0..6_000)) {
            let mut entries = Entries::new(0);
            let mut expected: BTreeMap<(u128, u32), u64> = BTreeMap::new();
            for part in seen.chunks(700) {
                let entry = |&(class, column): &(u8, u8)| Entry {
                    class: u128::from(class) << 100, column: column.into(), value: class.into(), count: 1,
                };
                entries.add(part.iter().map(entry).collect()).unwrap();
                for (class, column) in part {
                    *expected.entry((u128::from(*class) << 100, u32::from(*column))).or_default() += 1;
                }
            }
            let mut merged = entries.merge().unwrap();
            let mut counted = Vec::new();
            while let Some(Entry { class, column, count, .. }) = merged.next().unwrap() {
                counted.push(((class, column), count));
            }
            prop_assert_eq!(counted, expected.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_does_not_fit_goes_to_disk_and_comes_back() {
        let mut entries = Entries::new(0);
        for class in 0..10_000_u64 {
            entries.add(vec![Entry { class: u128::from(class % 5_000), column: 0, value: 0, count: 1 }]).unwrap();
        }
        assert!(entries.runs.len() > 5 && entries.held.len() <= 1_024);
        let mut merged = entries.merge().unwrap();
        for class in 0..5_000_u64 {
            let entry = merged.next().unwrap().unwrap();
            assert_eq!((entry.class, entry.count), (class.into(), 2));
        }
        assert_eq!(merged.next().unwrap(), None);
    }
}
