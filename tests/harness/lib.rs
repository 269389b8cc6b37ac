//! What the tests share: data of any size.

pub mod generate;
