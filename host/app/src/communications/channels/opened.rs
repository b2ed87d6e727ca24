//! Channels that are open, and what goes through them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use communications::quiet_hours::QuietHours;
use futures_util::future::join_all;
use senders::{Account, Notice, Outcome, Outgoing, Sender};
use serde_json::json;
use store::{Communications, InAppMessage};
use tokio::sync::OnceCell;

use super::answers::{later, shorter};
use super::channel::{Channel, Kind};
use super::till::Till;

const DAY_MS: i64 = 86_400_000;

/// The keys that sign tokens of links, the latest first.
#[derive(Debug)]
pub(super) struct LinkKeys(pub(super) Vec<Vec<u8>>);

/// Channels that are open, and the keys of links.
#[derive(Default)]
pub struct Routes {
    pub(super) open: Mutex<HashMap<String, Arc<Route>>>,
    pub(super) keys: OnceCell<LinkKeys>,
}

/// A channel that is open.
pub struct Route {
    /// What members are reached by: `email`, `phone`, the name of another address, or `member`.
    pub contact: String,
    /// When it is quiet, on the member's clock.
    pub quiet_hours: Option<QuietHours>,
    /// Messages of 1,000 seconds at most, over all nodes.
    pub per_1000_seconds: Option<i64>,
    pub(super) channel: Channel,
    pub(super) target: Target,
    pub(super) store: Communications,
}

pub(super) enum Target {
    Provider(Arc<Sender>),
    InApp,
    Till(Till),
    /// The account cannot be opened: its messages wait until somebody has mended it.
    Broken(String),
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("channel", &self.channel.name).finish_non_exhaustive()
    }
}

impl Route {
    /// What the channel is.
    pub fn kind(&self) -> Kind {
        self.channel.kind
    }

    /// True if a message goes once it is too late for it: providers and tills are told until when it counts. One in an app
    /// stays there.
    pub fn keeps_time(&self) -> bool {
        self.channel.kind != Kind::InApp
    }

    /// True if a repeated message is told by whoever gets it, so that an unknown one may be sent again.
    pub fn is_idempotent(&self) -> bool {
        match &self.target {
            Target::Provider(sender) => sender.is_idempotent(),
            Target::InApp | Target::Till(_) => true,
            Target::Broken(_) => false,
        }
    }

    /// Sends messages; the answers are in their order. What the day's limit leaves no room for waits.
    pub async fn send(&self, messages: &[Outgoing]) -> Vec<Outcome> {
        let allowed = match self.allowed_today(messages.len()).await {
            Ok(allowed) => allowed,
            Err(error) => {
                return messages.iter().map(|_| later(format!("the limit is not known: {error}"))).collect();
            }
        };
        let (now, waiting) = messages.split_at_checked(allowed).unwrap_or((messages, &[]));
        let mut outcomes = match &self.target {
            Target::Provider(sender) if self.channel.ttl_s.is_none() => sender.send(now).await,
            Target::Provider(sender) => {
                let ttl = |message: &Outgoing| Outgoing {
                    ttl_s: shorter(message.ttl_s, self.channel.ttl_s),
                    ..message.clone()
                };
                sender.send(&now.iter().map(ttl).collect::<Vec<_>>()).await
            }
            Target::InApp => {
                let kept: Vec<_> = now.iter().map(|message| self.keep(message)).collect();
                join_all(kept).await
            }
            Target::Till(till) => till.keep(now, self.channel.ttl_s).await,
            Target::Broken(reason) => now.iter().map(|_| later(reason.clone())).collect(),
        };
        outcomes.extend(
            waiting.iter().map(|_| later("the channel has sent all that it may on this day".to_owned())),
        );
        outcomes
    }

    /// Tells another system something that is no message to a member, within the day's limit. None if the channel cannot
    /// do that.
    pub async fn tell(&self, notice: &Notice) -> Option<Outcome> {
        match self.allowed_today(1).await {
            Ok(0) => return Some(later("the channel has sent all that it may on this day".to_owned())),
            Ok(_) => {}
            Err(error) => return Some(later(format!("the limit is not known: {error}"))),
        }
        match &self.target {
            Target::Provider(sender) => sender.tell(notice).await,
            Target::Broken(reason) => Some(later(reason.clone())),
            Target::InApp | Target::Till(_) => None,
        }
    }

    /// The longest that a call takes, in milliseconds.
    pub fn timeout_ms(&self) -> i64 {
        match &self.channel.account {
            Some(Account::Http(account)) => i64::try_from(account.timeout_ms).unwrap_or(i64::MAX),
            _ => 0,
        }
    }

    /// How many messages may still go out on this day; none if the channel has no limit of a day.
    pub async fn room_of_day(&self) -> Result<Option<usize>, store::StoreError> {
        let Some(most) = self.channel.per_day else { return Ok(None) };
        let day = self.store.now_ms().await?.div_euclid(DAY_MS);
        let sent = self.store.sent_of_day(&self.channel.name, day).await?;
        Ok(Some(usize::try_from(most.saturating_sub(sent)).unwrap_or(0)))
    }

    /// How many of so many messages may go out on this day.
    async fn allowed_today(&self, wanted: usize) -> Result<usize, store::StoreError> {
        let Some(most) = self.channel.per_day else { return Ok(wanted) };
        if matches!(self.target, Target::Broken(_)) {
            return Ok(wanted);
        }
        let day = self.store.now_ms().await?.div_euclid(DAY_MS);
        let wanted = i64::try_from(wanted).unwrap_or(i64::MAX);
        let taken = self.store.take_of_day(&self.channel.name, day, wanted, most).await?;
        Ok(usize::try_from(taken).unwrap_or(0))
    }

    /// Keeps a message for the app of its member, who is named by `to`.
    async fn keep(&self, message: &Outgoing) -> Outcome {
        let kept = async {
            let number = self.store.member_number(&message.to).await?;
            let Some(number) = number else { return Ok(false) };
            let sent_at = self.store.now_ms().await?;
            let ttl_s = message.ttl_s.or(self.channel.ttl_s);
            let kept = InAppMessage {
                message_id: message.message_id.clone(),
                channel: self.channel.name.clone(),
                number: i64::from(number),
                title: message.subject.clone(),
                content: json!({"text": message.text, "html": message.html, "values": message.values})
                    .to_string(),
                sent_at,
                expires_at: ttl_s.map(|ttl| sent_at.saturating_add(ttl.saturating_mul(1_000))),
                read_at: None,
            };
            self.store.put_in_app(&[kept]).await?;
            Ok::<bool, store::StoreError>(true)
        };
        match kept.await {
            Ok(true) => Outcome::Accepted { provider_id: None },
            Ok(false) => later(format!("member `{}` has no number yet", message.to)),
            Err(error) => later(format!("it cannot be kept now: {error}")),
        }
    }
}
