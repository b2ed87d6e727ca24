//! Which loops run in which role. Each is a step of its own module, again and again.

use std::collections::BTreeSet;
use std::time::Duration;

use super::mailings::plan;
use super::roles::Role;
use super::segments;
use super::tracking::{self, judge};
use super::workers::Workers;
use super::{chains, feed, lag, mergers, outbox, retention, surveys};
use crate::state::App;

/// Time between two looks for old events.
const RETENTION_EVERY: Duration = Duration::from_secs(10 * 60);

/// Time between two looks for clicks and opens that are to be judged.
const VERDICTS_EVERY: Duration = Duration::from_secs(1);

/// Time between two looks at how far queues are behind.
const LAG_EVERY: Duration = Duration::from_secs(5);

/// Starts the loops of some roles.
pub fn start(app: &App, roles: &BTreeSet<Role>) -> Workers {
    let mut workers = Workers::none();
    let watch = lag::Watch::default();
    workers.repeat(app, "lag", LAG_EVERY, move |app| watch.clone().step(app));
    if roles.contains(&Role::Communications) {
        communications(&mut workers, app);
    }
    if roles.contains(&Role::Senders) {
        senders(&mut workers, app);
    }
    workers
}

/// Events, segments and chains.
fn communications(workers: &mut Workers, app: &App) {
    let every = Duration::from_millis(app.config.communications.feed_every_ms);
    workers.repeat(app, "feed", every, feed::step);
    workers.repeat(app, "cancelled purchases", feed::cancelled::EVERY, feed::cancelled::step);
    workers.repeat(app, "mergers", every, mergers::step);
    let segments_worker = segments::Worker::default();
    workers.repeat(app, "segments", every, move |app| segments_worker.clone().step(app));
    let offers_every = Duration::from_secs(app.config.communications.segment_offers_seconds);
    workers.repeat(app, "segments to offers", offers_every, segments::publish::step);
    let chains_every = Duration::from_millis(app.config.communications.chain_every_ms);
    let chains_worker = chains::Worker::default();
    let [reader, waker, actor, teller] = std::array::from_fn(|_| chains_worker.clone());
    let days_every = Duration::from_secs(app.config.communications.chain_days_seconds);
    workers.repeat(app, "days of chains", days_every, move |app| teller.clone().tell_days(app));
    workers.repeat(app, "chains by events", chains_every, move |app| reader.clone().read(app));
    workers.repeat(app, "chains by time", chains_every, move |app| waker.clone().wake(app));
    workers.repeat(app, "effects of chains", chains_every, move |app| actor.clone().act(app));
    workers.repeat(app, "steps of chains", RETENTION_EVERY, chains::forget);
    workers.repeat(app, "events retention", RETENTION_EVERY, retention::step);
    workers.repeat(app, "verdicts", VERDICTS_EVERY, judge::step);
    workers.repeat(app, "links retention", RETENTION_EVERY, tracking::sweep);
    workers.repeat(app, "survey pages", RETENTION_EVERY, surveys::step);
}

/// Sending.
fn senders(workers: &mut Workers, app: &App) {
    let settings = &app.config.communications;
    let every = Duration::from_millis(settings.send_every_ms);
    // Planning is a part of sending, so that a node that sends needs no other one.
    workers.repeat(app, "mailings", every, plan::step);
    workers.repeat(app, "messages at tills", every, outbox::at_the_till::step);
    workers.repeat(app, "answers about receipts", every, outbox::at_the_till::heed);
    workers.repeat(app, "messages retention", RETENTION_EVERY, outbox::retention::step);
    let webhooks = chains::Webhooks::default();
    workers.repeat(app, "webhooks", every, move |app| webhooks.clone().step(app));
    for _ in 0..settings.send_workers {
        let worker = outbox::Worker::default();
        workers.repeat(app, "sending", every, move |app| worker.clone().step(app));
    }
}
