//! Which rules a changed fact may change.

use std::collections::{BTreeMap, BTreeSet};

use super::order::{Circle, order};
use super::rule::Rule;

/// A fact of a member that has changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Changed {
    /// The member is new: every rule may hold for it.
    Member,
    /// There is an event of this kind.
    Event(String),
    /// This attribute has another value.
    Attribute(String),
    /// The points that can be spent.
    Points,
    /// The scores of RFM.
    Rfm,
    /// The member's time zone, and with it all days.
    Zone,
    /// The member came into this segment or left it.
    Segment(String),
}

/// Segments in their order, and the rules that each fact may change.
#[derive(Debug, Clone, Default)]
pub struct Index {
    names: Vec<String>,
    /// The segments that each reads.
    reads: BTreeMap<String, BTreeSet<String>>,
    affected: BTreeMap<Changed, BTreeSet<usize>>,
}

impl Index {
    /// The index of segments by name.
    pub fn of<'a>(rules: impl IntoIterator<Item = (&'a str, &'a Rule)>) -> Result<Self, Circle> {
        let rules: BTreeMap<&str, &Rule> = rules.into_iter().collect();
        let below = |rule: &Rule| rule.segments().map(str::to_owned).collect();
        let reads = rules.iter().map(|(name, rule)| ((*name).to_owned(), below(rule))).collect();
        let names = order(&reads)?;
        let mut affected: BTreeMap<Changed, BTreeSet<usize>> = BTreeMap::new();
        for (place, name) in names.iter().enumerate() {
            let Some(rule) = rules.get(name.as_str()) else { continue };
            for changed in read_by(rule) {
                affected.entry(changed).or_default().insert(place);
            }
        }
        Ok(Self { names, reads, affected })
    }

    /// Names of the segments, each after those that it reads.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Works out the rules that changes affect, each once and in order. `flips` is asked for each by name, and says
    /// whether the member came into the segment or left it; what reads that segment is affected then, and comes later.
    /// Returns the number of rules that were asked for.
    pub fn propagate<E>(
        &self,
        changes: &[Changed],
        mut flips: impl FnMut(&str) -> Result<bool, E>,
    ) -> Result<usize, E> {
        let mut waiting: BTreeSet<usize> =
            changes.iter().flat_map(|changed| self.affected(changed)).collect();
        let mut asked = 0_usize;
        while let Some(place) = waiting.pop_first() {
            let Some(name) = self.names.get(place) else { continue };
            asked = asked.saturating_add(1);
            if flips(name)? {
                waiting.extend(self.affected(&Changed::Segment(name.clone())));
            }
        }
        Ok(asked)
    }

    /// The segments that changes may reach, also by way of others, and those that these read.
    pub fn reached(&self, changes: &[Changed]) -> BTreeSet<&str> {
        let mut waiting: BTreeSet<usize> =
            changes.iter().flat_map(|changed| self.affected(changed)).collect();
        let mut reached = BTreeSet::new();
        while let Some(place) = waiting.pop_first() {
            let Some(name) = self.names.get(place) else { continue };
            reached.insert(name.as_str());
            reached.extend(self.reads.get(name).into_iter().flatten().map(String::as_str));
            waiting.extend(self.affected(&Changed::Segment(name.clone())));
        }
        reached
    }

    fn affected(&self, changed: &Changed) -> impl Iterator<Item = usize> {
        self.affected.get(changed).into_iter().flatten().copied()
    }
}

fn read_by(rule: &Rule) -> BTreeSet<Changed> {
    let mut read = BTreeSet::from([Changed::Member]);
    for leaf in rule.leaves() {
        match leaf {
            Rule::Attribute(test) => {
                read.insert(Changed::Attribute(test.name.clone()));
                if test.is_of_today() {
                    read.insert(Changed::Zone);
                }
            }
            Rule::Events(test) => {
                read.extend([Changed::Event(test.measure.kind.clone()), Changed::Zone]);
            }
            Rule::Points(_) => {
                read.insert(Changed::Points);
            }
            Rule::Rfm(_) => {
                read.insert(Changed::Rfm);
            }
            Rule::Segment(name) => {
                read.insert(Changed::Segment(name.clone()));
            }
            Rule::All(_) | Rule::Any(_) | Rule::Not(_) => {}
        }
    }
    read
}
