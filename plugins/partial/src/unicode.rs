//! The path for any text: grapheme clusters, which are what a reader takes for one character.

use unicode_segmentation::UnicodeSegmentation;

use crate::Config;

/// Appends the masked value. Nothing is kept of a value that has no more to mask than is to be kept.
pub(crate) fn mask_value(value: &str, config: &Config, out: &mut String) {
    let count = graphemes(value).filter(|grapheme| is_maskable(grapheme)).count();
    let whole = count <= config.keep_first.saturating_add(config.keep_last);
    let kept = |index: usize| !whole && (index < config.keep_first || index >= count - config.keep_last);
    let mut index = 0;
    for grapheme in graphemes(value) {
        let stays = match is_maskable(grapheme) {
            true => {
                index += 1;
                kept(index - 1)
            }
            false => config.keep_separators && count > 0,
        };
        if stays { out.push_str(grapheme) } else { out.push(config.fill) }
    }
}

/// Grapheme clusters, but a carriage return counts by itself, so that ASCII characters are always bytes.
fn graphemes(value: &str) -> impl Iterator<Item = &str> {
    value.graphemes(true).flat_map(|grapheme| grapheme.split_inclusive('\r'))
}

/// ASCII letters and digits, and all else outside ASCII but blanks and the common dashes and points. So letters of any
/// script are masked, and so are symbols and pictures, which might say something.
fn is_maskable(grapheme: &str) -> bool {
    grapheme.chars().any(|character| match character {
        character if character.is_ascii() => character.is_ascii_alphanumeric(),
        '\u{b7}' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' => false,
        character => !character.is_whitespace(),
    })
}
