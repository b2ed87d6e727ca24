//! Segments: kept up to date by events and by midnights. Each step works out a piece and writes it as a whole, on
//! condition that no other process has written since it was begun; if one has, the next step begins with what is there
//! then. A fact of a member that changes asks only for the rules that read it, in the order of segments.

pub mod preview;
pub mod publish;
pub mod rfm;
pub mod rules;
pub mod sets;

mod batch;
mod build;
mod catalogue;
pub mod changes;
mod estimate;
mod member;
mod midnights;
mod place;
mod profile;
mod reading;
mod round;

use std::sync::Arc;

use tokio::sync::Mutex;

use self::catalogue::Catalogue;
use self::midnights::Midnight;
use self::rfm::Scored;
use self::round::{Looked, Round};
use super::workers::Step;
use crate::error::Error;
use crate::state::App;

/// What a process remembers between steps; whatever is lost with it is found again.
#[derive(Debug, Clone, Default)]
pub struct Worker {
    memory: Arc<Mutex<Memory>>,
}

#[derive(Debug, Default)]
struct Memory {
    midnight: Option<Midnight>,
    round: Round,
    /// Nobody had bought anything when RFM was looked at last.
    has_no_buyers: bool,
}

impl Worker {
    /// Does one piece of each kind of work that there is.
    pub async fn step(self, app: App) -> Result<Step, Error> {
        let now = app.communications.now_ms().await?;
        self.step_at(app, now).await
    }

    /// Looks at once at members who have changed without an event, as the round over all members does some time.
    pub async fn look(&self, app: &App, member_ids: &[String], now: i64) -> Result<(), Error> {
        let _memory = self.memory.lock().await;
        while round::look(app, &Catalogue::load(app, now).await?, member_ids).await? == Looked::Late {}
        Ok(())
    }

    /// As [`Worker::step`], at an instant (milliseconds since 1970).
    pub async fn step_at(self, app: App, now: i64) -> Result<Step, Error> {
        let mut memory = self.memory.lock().await;
        let mut worked = reading::step(&app, &Catalogue::load(&app, now).await?).await?;
        memory.has_no_buyers &= !worked;
        if build::step(&app, &Catalogue::load(&app, now).await?).await? {
            // A new rule may be about members of whom nothing was told so far.
            memory.round.begin_anew();
            worked = true;
        }
        worked |= midnights::step(&app, &Catalogue::load(&app, now).await?, &mut memory.midnight).await?;
        if !memory.has_no_buyers {
            let scored = rfm::step(&app, &Catalogue::load(&app, now).await?).await?;
            memory.has_no_buyers = scored == Scored::Nobody;
            worked |= scored == Scored::Worked;
        }
        worked |= changes::step(&app, now, &mut memory.round).await?;
        worked |= round::step(&app, &Catalogue::load(&app, now).await?, &mut memory.round).await?;
        Ok(if worked { Step::Worked } else { Step::Idle })
    }
}
