//! Control groups: who goes through a chain as a ghost, and what such a member gets all the same.

use domain::sample::in_share;

use super::document::{Message, Node, Version};
use super::run::Run;

impl Version {
    /// True if the member is in the control group of the chain itself.
    pub fn is_control(&self, member: &str) -> bool {
        self.control.as_ref().is_some_and(|control| in_share(control.percent, &control.salt, member))
    }

    /// True if any of its messages advertises.
    pub fn advertises(&self) -> bool {
        self.nodes.iter().any(|place| match &place.node {
            Node::Action { step, .. } => step.message().is_some_and(|message| !message.transactional),
            _ => false,
        })
    }

    /// True if a message is only recorded. Ghosts of the universal control group get what is transactional.
    pub fn is_recorded(&self, run: &Run, member: &str, message: &Message) -> bool {
        run.ghost && (!message.transactional || self.is_control(member))
    }
}
