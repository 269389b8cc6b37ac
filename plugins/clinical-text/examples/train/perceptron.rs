//! The averaged structured perceptron (Collins 2002).

use clinical_text::dictionary::Dictionary;
use clinical_text::features::FEATURES;
use clinical_text::tagger::{LANES, ROWS, ROWS_AT, TAGS, may_follow};

use crate::random::Random;
use crate::templates::Text;

/// Tokens as rows of features, and their tags; in paragraphs.
pub(crate) struct Example(Vec<(Vec<[u32; FEATURES]>, Vec<u8>)>);

impl Example {
    /// Of some texts the neighbours' words are left out, so that the rest learns to do without.
    pub(crate) fn of(text: &Text, dictionary: Dictionary<'_>, random: &mut Random) -> Self {
        let mut example = clinical_text::Example::of(&text.text, dictionary);
        if random.percent(15) {
            for rows in &mut example.rows {
                WORDS.iter().for_each(|feature| rows[*feature] = NO_ROW);
            }
        }
        let mut tags = vec![0; example.tokens.len()];
        for (start, end, kind) in &text.spans {
            let mut inside = 0;
            for (token, tag) in example.tokens.iter().zip(&mut tags) {
                if token.0 < *end && token.1 > *start {
                    *tag = kind * 2 + 1 + inside;
                    inside = 1;
                }
            }
        }
        let starts = std::iter::once(&0).chain(&example.paragraphs);
        let paragraph =
            |(start, end): (&usize, &usize)| (example.rows[*start..*end].to_vec(), tags[*start..*end].to_vec());
        Self(starts.zip(&example.paragraphs).map(paragraph).collect())
    }
}

/// The features that are words of neighbours.
const WORDS: [usize; 10] = [1, 2, 12, 13, 14, 15, 16, 17, 19, 20];

/// What is left out.
const NO_ROW: u32 = u32::MAX;

/// A weight, and the sum of what was added to it times when that was.
struct Model {
    weights: Vec<f32>,
    moments: Vec<f64>,
    now: f64,
}

/// Where the weights of pairs of tags are.
const PAIRS: usize = ROWS * TAGS;

impl Model {
    fn add(&mut self, weight: usize, amount: f32) {
        self.weights[weight] += amount;
        self.moments[weight] += f64::from(amount) * self.now;
    }

    /// The best tags.
    fn decode(&self, rows: &[[u32; FEATURES]]) -> Vec<u8> {
        let mut sums = [f32::MIN; TAGS];
        sums[0] = 0.0;
        let mut from = Vec::with_capacity(rows.len());
        for rows in rows {
            let best: [(u8, f32); TAGS] = std::array::from_fn(|tag| self.best_before(tag, &sums));
            sums = std::array::from_fn(|tag| best[tag].1 + self.score(rows, tag));
            from.push(best.map(|(before, _)| before));
        }
        let mut tag = (0..TAGS).max_by(|a, b| sums[*a].total_cmp(&sums[*b])).unwrap_or(0);
        let mut tags = vec![0; rows.len()];
        for place in (0..rows.len()).rev() {
            tags[place] = tag as u8;
            tag = usize::from(from[place][tag]);
        }
        tags
    }

    /// The first of the best tags before a tag, and the sum with it.
    fn best_before(&self, tag: usize, sums: &[f32; TAGS]) -> (u8, f32) {
        let all = (0..TAGS).filter(|before| may_follow(tag, *before));
        let all = all.map(|before| (before as u8, sums[before] + self.weights[PAIRS + before * TAGS + tag]));
        all.fold((0, f32::MIN), |best, next| if next.1 > best.1 { next } else { best })
    }

    fn score(&self, rows: &[u32; FEATURES], tag: usize) -> f32 {
        let rows = rows.iter().filter(|row| **row != NO_ROW);
        rows.map(|row| self.weights[*row as usize * TAGS + tag]).sum()
    }

    fn learn(&mut self, rows: &[[u32; FEATURES]], right: &[u8]) -> usize {
        let said = self.decode(rows);
        let mut wrong = 0;
        let mut before = (0, 0);
        for ((rows, right), said) in rows.iter().zip(right).zip(&said) {
            let (right, said) = (usize::from(*right), usize::from(*said));
            if right != said {
                wrong += 1;
                for row in rows.iter().filter(|row| **row != NO_ROW) {
                    self.add(*row as usize * TAGS + right, 1.0);
                    self.add(*row as usize * TAGS + said, -1.0);
                }
            }
            if (before.0, right) != (before.1, said) {
                self.add(PAIRS + before.0 * TAGS + right, 1.0);
                self.add(PAIRS + before.1 * TAGS + said, -1.0);
            }
            before = (right, said);
        }
        self.now += 1.0;
        wrong
    }
}

/// The averaged weights as the plugin reads them.
pub(crate) fn train(examples: &[Example], rounds: usize, random: &mut Random) -> Vec<u8> {
    let size = PAIRS + TAGS * TAGS;
    let mut model = Model { weights: vec![0.0; size], moments: vec![0.0; size], now: 1.0 };
    let mut order: Vec<usize> = (0..examples.len()).collect();
    for round in 0..rounds {
        for place in (1..order.len()).rev() {
            order.swap(place, random.below(place + 1));
        }
        let mut wrong = 0;
        for example in &order {
            wrong += examples[*example].0.iter().map(|(rows, tags)| model.learn(rows, tags)).sum::<usize>();
        }
        println!("round {}: {wrong} wrong tags", round + 1);
    }
    let average = |weight: usize| model.weights[weight] - (model.moments[weight] / model.now) as f32;
    quantized(average)
}

/// One byte for each weight: nearly all of them keep their proportions, and the few largest are cut.
fn quantized(average: impl Fn(usize) -> f32) -> Vec<u8> {
    let mut sizes: Vec<f32> = (0..PAIRS).map(|weight| average(weight).abs()).filter(|size| *size > 0.0).collect();
    sizes.sort_unstable_by(f32::total_cmp);
    let scale = 127.0 / sizes[sizes.len() - 1 - sizes.len() / 2_000];
    println!("{} weights, scale {scale:.2}", sizes.len());
    let mut bytes = Vec::with_capacity(ROWS_AT + PAIRS + LANES);
    for pair in PAIRS..PAIRS + TAGS * TAGS {
        bytes.extend(((average(pair) * scale) as i16).to_le_bytes());
    }
    bytes.extend((0..PAIRS).map(|weight| (average(weight) * scale).round().clamp(-127.0, 127.0) as i8 as u8));
    bytes.resize(bytes.len() + LANES, 0);
    bytes
}
