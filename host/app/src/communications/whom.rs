//! Members that rows of a call name, by the retailer's id or by an identifier.

use std::collections::{BTreeMap, HashMap, HashSet};

use wire::problem::Problem;
use wire::reader::Node;

use crate::error::Error;
use crate::state::App;

/// A member as a row names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// By the retailer's id.
    Id(String),
    /// By kind and value of an identifier.
    Identifier(String, String),
}

/// Reads `{"id":"m-1"}` or `{"kind":"card","value":"77"}`.
pub(super) fn named(node: Node<'_, '_>) -> Option<Named> {
    let member = node.object()?;
    let named = match member.field("id") {
        Some(id) => id.id().map(|id| Named::Id(id.into_owned())),
        None => {
            let kind = member.required("kind").and_then(Node::name);
            let value = member.required("value").and_then(Node::id);
            kind.zip(value).map(|(kind, value)| Named::Identifier(kind.to_owned(), value.into_owned()))
        }
    };
    member.refuse_unknown();
    named
}

/// The members that some rows name, as the tills know them.
pub(super) struct Members {
    known: HashSet<String>,
    by_identifier: HashMap<(String, String), String>,
    /// Survivor by the id of a member that was merged into it.
    survivors: HashMap<String, String>,
}

impl Members {
    /// Looks the members up.
    pub(super) async fn of(app: &App, named: impl Iterator<Item = &Named>) -> Result<Self, Error> {
        let mut ids: Vec<String> = Vec::new();
        let mut values: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for named in named {
            match named {
                Named::Id(id) => ids.push(id.clone()),
                Named::Identifier(kind, value) => values.entry(kind).or_default().push(value.clone()),
            }
        }
        ids.sort();
        ids.dedup();
        let known = app.store.known_members(&ids).await?;
        let mut by_identifier = HashMap::new();
        for (kind, mut values) in values {
            values.sort();
            values.dedup();
            for (value, member) in app.store.members_of(kind, &values).await? {
                ids.push(member.clone());
                by_identifier.insert((kind.to_owned(), value), member);
            }
        }
        let survivors = app.store.survivors(&ids).await?;
        Ok(Self { known, by_identifier, survivors })
    }

    /// The id of a member: of the survivor, if it was merged into another. A problem with the row if nobody knows it.
    pub(super) fn find(&self, row: usize, named: &Named) -> Result<String, Problem> {
        let found = match named {
            Named::Id(id) if self.known.contains(id) || self.survivors.contains_key(id) => Ok(id),
            Named::Id(id) => Err(format!("there is no member `{id}`")),
            Named::Identifier(kind, value) => {
                let found = self.by_identifier.get(&(kind.clone(), value.clone()));
                found.ok_or_else(|| format!("no member has the {kind} `{value}`"))
            }
        };
        match found {
            Ok(id) => Ok(self.survivors.get(id).unwrap_or(id).clone()),
            Err(who) => Err(Problem {
                pointer: format!("/{row}/member"),
                code: "unknown_member".into(),
                detail: format!("{who}; import the member first"),
            }),
        }
    }
}
