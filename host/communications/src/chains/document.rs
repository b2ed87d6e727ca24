//! A chain as it is read from its document.

use std::collections::{BTreeMap, BTreeSet};

use domain::quantities::Percent;
use serde_json::Value;

use super::when::{Clock, Span};
use crate::local_time::Weekdays;
use crate::segments::Rule;

/// Kind of the event of a day that an attribute says.
pub const DATE_REACHED: &str = "date_reached";
/// Kind of the event of points that are about to expire.
pub const POINTS_EXPIRING: &str = "points_expiring";
/// Kind of the event that something was done outside of the chain, as a node asked.
pub const EFFECT_DONE: &str = "chain_effect_done";
/// Kind of the event that it could not be done.
pub const EFFECT_FAILED: &str = "chain_effect_failed";

/// The most nodes of a chain.
pub const NODES_MAX: usize = 500;

/// Place of a node in its version, in the order of the node's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIndex(pub u16);

/// A chain at one moment of its life; never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// SHA-256 of the document in its canonical form, in hex.
    pub digest: String,
    /// The triggers that let members in; at least one.
    pub triggers: Vec<Trigger>,
    /// The rule for a member who is let in again.
    pub reentry: Reentry,
    /// JSON pointer into the event; its value makes a run of its own for each cart, purchase and the like.
    pub entry_key: Option<String>,
    /// Members who go through as ghosts.
    pub control: Option<Control>,
    /// Events that end a run wherever it is.
    pub leave_when: Vec<Leave>,
    /// How late an action may be before it is left out, unless its node says otherwise.
    pub too_late_after: Span,
    /// Days of the member's calendar up to which a purchase counts as one that came of a message.
    pub attribution_days: u16,
    /// The first node.
    pub start: NodeIndex,
    /// All nodes, by name.
    pub nodes: Vec<Place>,
}

impl Version {
    /// The node at a place.
    pub fn node(&self, index: NodeIndex) -> Option<&Place> {
        self.nodes.get(usize::from(index.0))
    }

    /// The place of the node with this name.
    pub fn find(&self, name: &str) -> Option<NodeIndex> {
        let found = self.nodes.binary_search_by(|place| place.name.as_str().cmp(name)).ok()?;
        u16::try_from(found).ok().map(NodeIndex)
    }
}

impl Version {
    /// The kinds of events that can let a member in, move it or end its run, without those about its own messages.
    pub fn kinds(&self) -> BTreeSet<&str> {
        let triggers = self.triggers.iter().map(|trigger| match trigger {
            Trigger::Event { of, .. } => of.event.as_str(),
            Trigger::Date(_) => DATE_REACHED,
            Trigger::PointsExpire { .. } => POINTS_EXPIRING,
        });
        let leaves = self.leave_when.iter().map(|leave| leave.of.event.as_str());
        let waits = self.nodes.iter().filter_map(|place| match &place.node {
            Node::Wait { until: Until::Event { of, .. }, .. } => Some(of.event.as_str()),
            _ => None,
        });
        triggers.chain(leaves).chain(waits).collect()
    }

    /// True if what becomes of a message decides where a run goes on.
    pub fn reads_fates(&self) -> bool {
        self.nodes.iter().any(|place| match &place.node {
            Node::Action { step, failed, .. } => {
                failed.is_some() || step.message().is_some_and(|message| message.channels.len() > 1)
            }
            _ => false,
        })
    }
}

/// A node with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The name, unique in its chain.
    pub name: String,
    /// How late the node's action may be.
    pub too_late_after: Option<Span>,
    /// The action of the node.
    pub node: Node,
}

/// A trigger that lets a member in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// An event.
    Event {
        /// Which events.
        of: Match,
        /// Only the n-th such event of the member, from 1; every one without it.
        number: Option<u32>,
    },
    /// A day that an attribute of the member says.
    Date(Date),
    /// Points that expire in this many days.
    PointsExpire {
        /// Days before they do.
        days_before: u32,
        /// The smallest step of points from which on it is worth it.
        at_least: i64,
        /// When on that day, in the member's zone.
        time: Clock,
    },
}

/// A kind of event with conditions on its payload, all of which must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The event's kind.
    pub event: String,
    /// Only the reactions to the message of this node of the same run.
    pub message: Option<String>,
    /// Conditions.
    pub conditions: Vec<Condition>,
}

/// A condition on the payload of an event. It holds if one of the values at its place passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// JSON pointer; a step `*` stands for every element of a list.
    pub field: String,
    /// The test.
    pub test: Test,
}

/// A test of one value of a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// It is there, and not null.
    Exists,
    /// It is one of these. Numbers and texts that write them are the same.
    In(Vec<String>),
    /// A number of at least this much.
    AtLeast(rust_decimal::Decimal),
    /// A number of at most this much.
    AtMost(rust_decimal::Decimal),
}

/// The rule for a member who is let in again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reentry {
    /// Never again.
    Once,
    /// Only after the earlier run has ended; events during it belong to it.
    AfterExit,
    /// Every event begins a run of its own.
    Always,
    /// The earlier run ends, a new one begins.
    Restart,
}

/// The share of members for whom everything is only recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// The share.
    pub percent: Percent,
    /// Draws who is in it.
    pub salt: String,
}

/// An event that ends a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leave {
    /// The event.
    pub of: Match,
    /// The goal that is reached with it.
    pub goal: Option<String>,
}

/// A day that an attribute says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Date {
    /// Name of the attribute.
    pub attribute: String,
    /// Days after that day; negative for days before it.
    pub days: i32,
    /// Its next anniversary instead of the day itself.
    pub yearly: bool,
    /// When on that day, in the member's zone.
    pub time: Clock,
}

/// The kind of a node, with the nodes where it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// Wait.
    Wait {
        /// Until when.
        until: Until,
        /// The next node.
        next: NodeIndex,
        /// The next node if the event did not come, or the date is missing or over.
        otherwise: NodeIndex,
    },
    /// Go one of two ways.
    Branch {
        /// A rule as in segments.
        rule: Rule,
        /// If it holds.
        yes: NodeIndex,
        /// If it does not.
        no: NodeIndex,
    },
    /// Go one of several ways by a stable draw.
    Split {
        /// Draws who goes where.
        salt: String,
        /// The ways; their shares add up to all.
        ways: Vec<Way>,
    },
    /// Do something, and go on.
    Action {
        /// What.
        step: Step,
        /// The next node.
        next: NodeIndex,
        /// Where to go on if it is refused, skipped or cannot be done; waits for that for as long as is said.
        failed: Option<(NodeIndex, Span)>,
    },
    /// Leave the chain.
    Exit,
}

/// One way of a split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Its share.
    pub percent: Percent,
    /// Where it leads.
    pub next: NodeIndex,
}

/// The end of a wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Until {
    /// A span, then a time on the member's clock.
    Time {
        /// The span; none for the clock alone.
        after: Option<Span>,
        /// The time of day.
        clock: Option<Clock>,
        /// The days of the week on which it may be.
        weekdays: Weekdays,
    },
    /// A day that an attribute says.
    Date(Date),
    /// An event, or a span without it.
    Event {
        /// The event.
        of: Match,
        /// How long at most.
        at_most: Span,
    },
}

/// The kinds of actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send a message.
    Message(Message),
    /// Give points.
    Points(Points),
    /// Set an attribute.
    Attribute {
        /// Its name.
        name: String,
        /// Its new value.
        value: Value,
    },
    /// Give a personal offer.
    PersonalOffer {
        /// External id of the offer.
        offer: String,
        /// What the offer is about, as personal offers have it.
        items: Value,
        /// How long it is good for.
        lasts: Option<Span>,
    },
    /// Issue a code from a pool.
    Coupon {
        /// The pool.
        pool: String,
    },
    /// Put a tag on the member, or take it off.
    Tag {
        /// The tag.
        name: String,
        /// On or off.
        on: bool,
    },
    /// Tell another system.
    Webhook {
        /// The HTTP channel that says where.
        channel: String,
        /// What is told besides member and run.
        body: Value,
    },
    /// Ask the questions of a survey.
    Survey {
        /// The survey.
        name: String,
        /// The message that carries the link.
        message: Message,
    },
    /// Count a goal as reached.
    Goal {
        /// The goal.
        name: String,
    },
}

impl Step {
    /// The message that it sends, if it does.
    pub fn message(&self) -> Option<&Message> {
        match self {
            Self::Message(message) | Self::Survey { message, .. } => Some(message),
            _ => None,
        }
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Name of the template.
    pub template: String,
    /// The channels one after the other, each until its time is up.
    pub channels: Vec<Channel>,
    /// The topic that the member must have agreed to.
    pub topic: Option<String>,
    /// True for what must be said in any case, such as about an order.
    pub transactional: bool,
    /// Higher goes first where messages compete.
    pub priority: i32,
    /// Values for the template besides those of the member.
    pub values: BTreeMap<String, Value>,
}

/// One channel of a cascade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Name of the channel.
    pub name: String,
    /// How long it may take before the next channel is tried, or the message is given up.
    pub ttl: Option<Span>,
}

/// Points with a lifetime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Points {
    /// How many, as a decimal of points.
    pub amount: String,
    /// Why, for the ledger.
    pub reason: String,
    /// When they can first be spent, after they are given.
    pub active_after: Option<Span>,
    /// When they expire, after they are given.
    pub expires_after: Option<Span>,
}
