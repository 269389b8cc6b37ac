//! What the tests share: data of any size, and plugins that no honest author would write.

pub mod forge;
pub mod generate;
pub mod guests;
