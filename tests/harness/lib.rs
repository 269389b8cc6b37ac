//! What the tests share: data of any size, the command as a process, and plugins that no honest author would write.

pub mod command;
pub mod counterpart;
pub mod forge;
pub mod generate;
pub mod guests;
#[cfg(feature = "server")]
pub mod http;
pub mod kinds;
#[cfg(feature = "server")]
pub mod serving;
