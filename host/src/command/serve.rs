//! `moretta serve`.

use super::mask::code_cache;
use crate::cli::ServeArguments;
use crate::error::Error;
use crate::server::{self, Config};

/// Serves, or checks whether it could.
pub(super) fn run(arguments: &ServeArguments) -> Result<(), Error> {
    let config = Config::open(&arguments.config)?;
    let cache = code_cache(config.cache().or(arguments.cache.as_deref()));
    if arguments.check { server::check(config, cache) } else { server::serve(config, cache) }
}
