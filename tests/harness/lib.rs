//! What the tests share: data of any size, and the command as a process.

pub mod command;
pub mod generate;
