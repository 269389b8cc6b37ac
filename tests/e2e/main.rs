//! The command and the library from end to end: files in, files out, exit codes, and what must never be seen.

mod crash;
mod files;
mod table;
