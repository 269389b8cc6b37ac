//! What requests may take, so that no client takes it from the others.

use std::time::Duration;

use serde::Deserialize;

/// What requests may take. Times are in seconds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Bounds {
    /// The longest body, as it is sent.
    pub(crate) request_bytes: u64,
    /// The longest body, unpacked.
    pub(crate) unpacked_bytes: u64,
    /// How long a request may take in all.
    pub(crate) request_seconds: u64,
    /// How long a client may send nothing, or take nothing, in the midst of a request; and keep a connection unused.
    pub(crate) idle_seconds: u64,
    /// How long a client may take for the handshake, and for the head of a request.
    pub(crate) head_seconds: u64,
    /// How many connections there may be at once.
    pub(crate) connections: usize,
    /// How many requests of one dataset are masked at once.
    pub(crate) requests_at_once: usize,
    /// What each principal may ask for.
    pub(crate) each_principal: Quota,
    /// How long a server that is to stop waits for what is under way.
    pub(crate) drain_seconds: u64,
    /// How long the outcome of a run can be asked for.
    pub(crate) keep_runs_seconds: u64,
}

/// What a principal may ask for.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Quota {
    /// Requests in a minute, as many of them at once.
    pub(crate) requests_per_minute: u32,
    /// Bytes of bodies in a minute. A request that is begun is not cut off by it.
    pub(crate) bytes_per_minute: u64,
    /// Requests that are masked at once.
    pub(crate) requests_at_once: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            request_bytes: 1 << 30,
            unpacked_bytes: 4 << 30,
            request_seconds: 600,
            idle_seconds: 30,
            head_seconds: 10,
            connections: 4096,
            requests_at_once: 128,
            each_principal: Quota::default(),
            drain_seconds: 30,
            keep_runs_seconds: 3600,
        }
    }
}

impl Default for Quota {
    fn default() -> Self {
        Self { requests_per_minute: 6_000, bytes_per_minute: 100 << 30, requests_at_once: 64 }
    }
}

impl Bounds {
    pub(crate) fn idle(&self) -> Duration {
        Duration::from_secs(self.idle_seconds)
    }

    pub(crate) fn head(&self) -> Duration {
        Duration::from_secs(self.head_seconds)
    }

    pub(crate) fn request(&self) -> Duration {
        Duration::from_secs(self.request_seconds)
    }

    pub(crate) fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }

    /// A bound of nothing would refuse everything, which nobody means.
    pub(super) fn problem(&self) -> Option<String> {
        let quota = &self.each_principal;
        let bounds = [
            ("request_bytes", self.request_bytes),
            ("unpacked_bytes", self.unpacked_bytes),
            ("request_seconds", self.request_seconds),
            ("idle_seconds", self.idle_seconds),
            ("head_seconds", self.head_seconds),
            ("connections", self.connections as u64),
            ("requests_at_once", self.requests_at_once as u64),
            ("each_principal.requests_per_minute", quota.requests_per_minute.into()),
            ("each_principal.bytes_per_minute", quota.bytes_per_minute),
            ("each_principal.requests_at_once", quota.requests_at_once as u64),
        ];
        let (name, _) = bounds.into_iter().find(|(_, bound)| *bound == 0)?;
        Some(format!("`{name}` is 0, so every request would be refused; raise it"))
    }
}
