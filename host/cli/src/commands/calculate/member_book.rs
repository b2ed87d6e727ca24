//! The members of a plan file, found by their identifiers.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use domain::caseless::folded_identifier;
use domain::member::Member;
use domain::time::Moment;
use wire::member::MemberRecord;
use wire::plan::BuiltPlan;

/// Members by identifier; each is matched with the catalogue when a receipt first names it.
pub(super) struct MemberBook {
    members: Vec<(MemberRecord, OnceLock<Arc<Member>>)>,
    /// By folded kind and value.
    by_identifier: HashMap<(String, String), usize>,
}

impl MemberBook {
    /// The identifiers of the records must be unique.
    pub(super) fn new(records: Vec<MemberRecord>) -> Self {
        let mut by_identifier = HashMap::new();
        for (index, record) in records.iter().enumerate() {
            for (kind, value) in &record.identifiers {
                by_identifier.insert(folded_identifier(kind, value), index);
            }
        }
        Self { members: records.into_iter().map(|record| (record, OnceLock::new())).collect(), by_identifier }
    }

    /// The member with an identifier of kind and value, as of the time of a receipt.
    pub(super) fn find(
        &self,
        plan: &BuiltPlan,
        (kind, value): (&str, &str),
        at: &Moment,
    ) -> Option<Arc<Member>> {
        let index = self.by_identifier.get(&folded_identifier(kind, value))?;
        let (record, lasting) = self.members.get(*index)?;
        let lasting = lasting.get_or_init(|| Arc::new(record.resolve_lasting(plan)));
        Some(record.resolve_again(lasting, plan, at))
    }
}
