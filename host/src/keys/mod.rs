//! Keys: lent for one call and one purpose, never shown.

mod purpose;
mod refusal;

pub use purpose::Purpose;
pub use refusal::KeyError;
