//! Checks a chain as a graph, and what its names refer to.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Match, Message, Node, NodeIndex, Place, Step, Trigger, Until, Version};
use super::fields::{Problem, Problems};

/// The meanings of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A message template.
    Template,
    /// A channel.
    Channel,
    /// A segment.
    Segment,
    /// An offer.
    Offer,
    /// A pool of coupon codes.
    Pool,
    /// An attribute of members.
    Attribute,
    /// A survey.
    Survey,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Template => "template",
            Self::Channel => "channel",
            Self::Segment => "segment",
            Self::Offer => "offer",
            Self::Pool => "coupon pool",
            Self::Attribute => "attribute",
            Self::Survey => "survey",
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Template => "unknown_template",
            Self::Channel => "unknown_channel",
            Self::Segment => "unknown_segment",
            Self::Offer => "unknown_offer",
            Self::Pool => "unknown_coupon_pool",
            Self::Attribute => "unknown_attribute",
            Self::Survey => "unknown_survey",
        }
    }
}

/// The names that exist. A kind that is not in it is not checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue(pub BTreeMap<Kind, BTreeSet<String>>);

/// The problems of a version; empty if members may be let in.
pub fn check(version: &Version, catalogue: &Catalogue) -> Vec<Problem> {
    let problems = Problems::default();
    reach(version, &problems);
    circles(version, &problems);
    for (place, trigger) in version.triggers.iter().enumerate() {
        let at = format!("/triggers/{place}");
        match trigger {
            Trigger::Event { of, .. } => event(version, catalogue, of, &at, false, &problems),
            Trigger::Date(date) => {
                let at = format!("{at}/date/attribute");
                known(catalogue, Kind::Attribute, &date.attribute, at, &problems);
            }
            Trigger::PointsExpire { .. } => {}
        }
    }
    for (place, leave) in version.leave_when.iter().enumerate() {
        event(version, catalogue, &leave.of, &format!("/leave_when/{place}"), true, &problems);
    }
    for place in &version.nodes {
        names(version, catalogue, place, &problems);
    }
    problems.listed()
}

/// Where a node leads, with the field that says so.
pub(super) fn edges(node: &Node) -> Vec<(String, NodeIndex)> {
    match node {
        Node::Wait { next, otherwise, .. } => {
            vec![("next".to_owned(), *next), ("otherwise".to_owned(), *otherwise)]
        }
        Node::Branch { yes, no, .. } => vec![("yes".to_owned(), *yes), ("no".to_owned(), *no)],
        Node::Split { ways, .. } => {
            ways.iter().enumerate().map(|(place, way)| (format!("ways/{place}/next"), way.next)).collect()
        }
        Node::Action { next, failed, .. } => {
            let failed = failed.iter().map(|(node, _)| ("failed".to_owned(), *node));
            std::iter::once(("next".to_owned(), *next)).chain(failed).collect()
        }
        Node::Exit => Vec::new(),
    }
}

fn reach(version: &Version, problems: &Problems) {
    let mut seen = BTreeSet::new();
    let mut open = vec![version.start];
    while let Some(index) = open.pop() {
        if seen.insert(index)
            && let Some(place) = version.node(index)
        {
            open.extend(edges(&place.node).into_iter().map(|(_, to)| to));
        }
    }
    for (index, place) in (0_u16..).zip(&version.nodes) {
        if !seen.contains(&NodeIndex(index)) {
            let at = format!("/nodes/{}", place.name);
            let advice = "lead an edge to it, or remove it";
            problems.push(at, "unreachable_node", "no path from the start reaches this node", advice);
        }
    }
}

/// True if a run always stays here for a while. A date may be over.
fn always_waits(place: &Place) -> bool {
    matches!(&place.node, Node::Wait { until, .. } if !matches!(until, Until::Date(_)))
}

/// Tells each circle of edges on which nothing waits.
fn circles(version: &Version, problems: &Problems) {
    let mut state: BTreeMap<NodeIndex, bool> = BTreeMap::new();
    for index in (0_u16..).zip(&version.nodes).map(|(index, _)| NodeIndex(index)) {
        if state.contains_key(&index) {
            continue;
        }
        // Depth first, without recursion: a chain may be long.
        let mut path: Vec<(NodeIndex, Vec<(String, NodeIndex)>)> =
            vec![(index, without_wait(version, index))];
        state.insert(index, false);
        while let Some((from, open)) = path.last_mut() {
            let from = *from;
            let Some((field, to)) = open.pop() else {
                state.insert(from, true);
                path.pop();
                continue;
            };
            match state.get(&to) {
                Some(true) => {}
                Some(false) => {
                    let begin = path.iter().position(|(node, _)| *node == to).unwrap_or(0);
                    let names: Vec<&str> = path
                        .iter()
                        .skip(begin)
                        .filter_map(|(node, _)| Some(version.node(*node)?.name.as_str()))
                        .collect();
                    let at = format!("/nodes/{}/{field}", version.node(from).map_or("", |place| &place.name));
                    let detail = format!("leads in a circle without a wait: {}", names.join(" → "));
                    let advice = "put a wait with `for` or `until` on the circle, or leave it";
                    problems.push(at, "circle_without_wait", detail, advice);
                }
                None => {
                    state.insert(to, false);
                    path.push((to, without_wait(version, to)));
                }
            }
        }
    }
}

/// The edges of a node that a run can take at once.
fn without_wait(version: &Version, index: NodeIndex) -> Vec<(String, NodeIndex)> {
    let Some(place) = version.node(index) else { return Vec::new() };
    if always_waits(place) { Vec::new() } else { edges(&place.node) }
}

fn known(catalogue: &Catalogue, kind: Kind, name: &str, at: String, problems: &Problems) {
    let Some(names) = catalogue.0.get(&kind) else { return };
    if names.contains(name) {
        return;
    }
    let word = kind.word();
    let some: Vec<&str> = names.iter().map(String::as_str).take(10).collect();
    let advice = if some.is_empty() {
        format!("create the {word} first")
    } else {
        format!("create the {word} first, or name one that exists: {}", some.join(", "))
    };
    problems.push(at, kind.code(), format!("there is no {word} `{name}`"), advice);
}

fn event(version: &Version, catalogue: &Catalogue, of: &Match, at: &str, inside: bool, problems: &Problems) {
    if let Some(node) = &of.message {
        let is_message = version.find(node).and_then(|index| version.node(index)).is_some_and(|place| {
            matches!(&place.node, Node::Action { step: Step::Message(_) | Step::Survey { .. }, .. })
        });
        if !inside {
            let detail = "members are not in the chain yet, and have no message of it";
            problems.push(format!("{at}/message"), "message_of_no_run", detail, "remove it");
        } else if !is_message {
            let detail = format!("`{node}` is no node that sends a message");
            problems.push(
                format!("{at}/message"),
                "no_such_message",
                detail,
                "name a node of the type message or survey",
            );
        }
    }
    if matches!(of.event.as_str(), "segment_entered" | "segment_left") {
        for (place, condition) in of.conditions.iter().enumerate() {
            if let (super::document::Test::In(segments), "/name") =
                (&condition.test, condition.field.as_str())
            {
                for segment in segments {
                    known(catalogue, Kind::Segment, segment, format!("{at}/where/{place}/in"), problems);
                }
            }
        }
    }
}

fn names(version: &Version, catalogue: &Catalogue, place: &Place, problems: &Problems) {
    let at = |field: &str| format!("/nodes/{}/{field}", place.name);
    let known = |kind, name: &str, field: &str| known(catalogue, kind, name, at(field), problems);
    let message = |message: &Message| {
        known(Kind::Template, &message.template, "template");
        let one = message.channels.len() == 1;
        for (number, channel) in message.channels.iter().enumerate() {
            let field = if one { "channel".to_owned() } else { format!("channels/{number}/channel") };
            known(Kind::Channel, &channel.name, &field);
        }
    };
    match &place.node {
        Node::Wait { until: Until::Date(date), .. } => {
            known(Kind::Attribute, &date.attribute, "until_date/attribute");
        }
        Node::Wait { until: Until::Event { of, .. }, .. } => {
            event(version, catalogue, of, &at("until_event"), true, problems);
        }
        Node::Action { step, .. } => match step {
            Step::Message(sent) => message(sent),
            Step::Survey { name, message: sent } => {
                known(Kind::Survey, name, "survey");
                message(sent);
            }
            // A tag is an attribute that is true.
            Step::Attribute { name, .. } | Step::Tag { name, .. } => known(Kind::Attribute, name, "name"),
            Step::PersonalOffer { offer, .. } => known(Kind::Offer, offer, "offer"),
            Step::Coupon { pool } => known(Kind::Pool, pool, "pool"),
            Step::Webhook { channel, .. } => known(Kind::Channel, channel, "channel"),
            Step::Points(_) | Step::Goal { .. } => {}
        },
        Node::Branch { rule, .. } => {
            for segment in rule.segments() {
                known(Kind::Segment, segment, "rule");
            }
            for attribute in rule.attributes() {
                known(Kind::Attribute, attribute, "rule");
            }
        }
        Node::Wait { .. } | Node::Split { .. } | Node::Exit => {}
    }
}
