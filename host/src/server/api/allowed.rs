//! What somebody may do, and the record of what they may not.

use std::sync::Arc;

use tokio::task::spawn_blocking;

use crate::server::access::{Operation, Principal};
use crate::server::log::Level;
use crate::server::problem::Problem;
use crate::server::served::Served;
use crate::server::state::Server;

/// A dataset on which a principal may do something. That they asked for it and may not is recorded in the trail of the
/// dataset; they are answered before that, so that they do not learn from the time whether there is such a dataset.
///
/// # Errors
/// No role allows it, or there is no such dataset.
pub(super) fn allowed(
    server: &Arc<Server>,
    principal: &Principal,
    operation: Operation,
    name: &str,
) -> Result<Arc<Served>, Problem> {
    match server.dataset(principal, operation, name) {
        Ok(served) => Ok(served.clone()),
        Err(problem) => {
            denied(server, principal, operation, name);
            Err(problem)
        }
    }
}

fn denied(server: &Arc<Server>, principal: &Principal, operation: Operation, name: &str) {
    server.metrics().denied(operation);
    let Some(served) = server.datasets().find(|served| served.name() == name).cloned() else { return };
    let (server, who) = (server.clone(), principal.who());
    drop(spawn_blocking(move || {
        if let Err(error) = served.dataset().denied(&who, operation.word()) {
            let fields = [("dataset", served.name().into()), ("reason", error.to_string().into())];
            server.log().write(Level::Error, "denial-not-recorded", &fields);
        }
    }));
}
