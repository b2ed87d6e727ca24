//! The hint that there may be something to do in the background.

use tokio::sync::watch;

/// Wakes loops of this process that pause since they had nothing to do. It is a hint: what other processes write is found
/// when the pause is over.
#[derive(Debug, Default)]
pub struct Hint(watch::Sender<()>);

impl Hint {
    /// Says that there may be something to do.
    pub fn give(&self) {
        self.0.send_replace(());
    }

    /// Hears of hints from now on.
    pub(super) fn subscribe(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}
