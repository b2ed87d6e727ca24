//! The open files that the system allows: each connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files beside connections: the database, uploads, compiled mechanics, and connections that are ended but not yet closed.
const OTHER_FILES: u64 = 512;
/// The least number of connections.
const CONNECTIONS_MIN: usize = 16;

/// Allows this process as many open files as so many connections need, if the system lets it. Returns how many
/// connections there may be.
pub(super) fn allow(connections: usize) -> usize {
    let needed = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(OTHER_FILES);
    let limit = getrlimit(Resource::Nofile);
    // No limit at all is none.
    let Some(current) = limit.current else { return connections };
    if current >= needed {
        return connections;
    }
    let wanted = limit.maximum.map_or(needed, |maximum| maximum.min(needed));
    let raised = Rlimit { current: Some(wanted), maximum: limit.maximum };
    let allowed = if setrlimit(Resource::Nofile, raised).is_ok() { wanted } else { current };
    let room = usize::try_from(allowed.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX);
    let connections_allowed = room.clamp(CONNECTIONS_MIN, connections.max(CONNECTIONS_MIN));
    if connections_allowed < connections {
        tracing::warn!(
            allowed,
            needed,
            connections = connections_allowed,
            "the system allows too few open files for connections.total: fewer connections are taken"
        );
    }
    connections_allowed.min(connections)
}
