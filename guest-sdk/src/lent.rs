//! What the host lends in each world, as the traits that plugins are written against.
//!
//! Everything by its whole path: which of it there is depends on the features.

#[cfg(feature = "pseudonym-masker")]
impl crate::PseudonymKey for crate::bindings::pseudonym_masker::moretta::plugin::pseudonym::PseudonymKey {
    fn digests(&self, column: u32, normalize: crate::Normalize, length: u32) -> Result<Vec<u8>, crate::KeyError> {
        use crate::bindings::pseudonym_masker::moretta::plugin::pseudonym::Normalization;
        let mut flags = Normalization::empty();
        flags.set(Normalization::TRIM, normalize.trim);
        flags.set(Normalization::ASCII_CASE, normalize.ascii_case);
        flags.set(Normalization::SEPARATORS, normalize.separators);
        Self::digests(self, column, flags, length)
    }
}

#[cfg(feature = "date-shift-masker")]
impl crate::DateShiftKey for crate::bindings::date_shift_masker::moretta::plugin::date_shift::DateShiftKey {
    fn offsets(&self, max_days: u32) -> Result<Vec<i32>, crate::KeyError> {
        Self::offsets(self, max_days)
    }
}

#[cfg(feature = "encryption-masker")]
impl crate::EncryptionKey for crate::bindings::encryption_masker::moretta::plugin::encryption::EncryptionKey {
    fn encrypt(&self, column: u32) -> Result<crate::Variable, crate::KeyError> {
        Self::encrypt(self, column)
    }
}

#[cfg(feature = "deterministic-encryption-masker")]
impl crate::EncryptionKey
    for crate::bindings::deterministic_encryption_masker::moretta::plugin::deterministic_encryption::DeterministicEncryptionKey
{
    fn encrypt(&self, column: u32) -> Result<crate::Variable, crate::KeyError> {
        Self::encrypt(self, column)
    }
}

#[cfg(feature = "format-preserving-masker")]
impl crate::FormatPreservingKey
    for crate::bindings::format_preserving_masker::moretta::plugin::format_preserving_encryption::FormatPreservingKey
{
    fn encrypt(&self, column: u32, symbols: &crate::Symbols<'_>) -> Result<crate::Variable, crate::KeyError> {
        use crate::bindings::format_preserving_masker::moretta::plugin::format_preserving_encryption as wire;
        let symbols = wire::Symbols {
            alphabet: symbols.alphabet.to_owned(),
            skip_first: symbols.skip_first,
            skip_last: symbols.skip_last,
            tweak: symbols.tweak.to_owned(),
        };
        Self::encrypt(self, column, &symbols)
    }
}

#[cfg(feature = "token-masker")]
impl crate::TokenVault for crate::bindings::token_masker::moretta::plugin::vault::TokenVault {
    fn tokens(
        &self,
        column: u32,
        format: crate::TokenFormat,
        days: Option<u16>,
    ) -> Result<(crate::Variable, Vec<crate::Rejection>), crate::KeyError> {
        use crate::bindings::token_masker::moretta::plugin::vault as wire;
        let format = match format {
            crate::TokenFormat::Opaque => wire::TokenFormat::Opaque,
            crate::TokenFormat::Prefixed(prefix) => wire::TokenFormat::Prefixed(prefix),
            crate::TokenFormat::Digits => wire::TokenFormat::Digits,
        };
        Self::tokens(self, column, &format, days).map(|tokens| (tokens.values, tokens.rejections))
    }
}

#[cfg(feature = "random-masker")]
impl crate::Randomness for crate::bindings::random_masker::moretta::plugin::random::Randomness {
    fn draw(&self, bytes: u32) -> Result<Vec<u8>, crate::KeyError> {
        Self::draw(self, bytes)
    }
}
