//! Everything about one member in one statement: all parts are of the same revision without a transaction, and a
//! receipt asks the database once.

use std::collections::BTreeSet;

use super::answers::accepted;
use super::balance::is_active;
use super::dialect::Connection;
use super::sums::{nearest, whole, wide_sum};
use crate::{AttributeValue, MemberRecord, PersonalAnswer, Revision, StoreError};

/// The statement for the member that a query finds: its row, its identifiers, audiences, attributes and answers. Sorted
/// in [`read`] and not in SQL, where the order would depend on the collation of the database. A second and third text
/// or a number that a part does not have is empty or 0. SQLite keeps the order of tables around `CROSS JOIN`: the one
/// member first, then its rows by index.
macro_rules! parts_of {
    ($found:expr $(, $more:expr)*) => {
        concat!(
            "WITH found AS MATERIALIZED (",
            $found,
            ")
             SELECT 'member' AS part, id AS first, state AS second, points AS third, CAST(0 AS BIGINT) AS number
             FROM found
             UNION ALL
             SELECT 'identifier', i.kind, i.value, CASE WHEN i.given_to IS NULL THEN '' ELSE 'merged' END, i.ordinal
             FROM found CROSS JOIN member_identifiers AS i WHERE i.member_id = found.id
             UNION ALL
             SELECT 'audience', a.audience, '', '', 0 FROM found CROSS JOIN member_audiences AS a
             WHERE a.member_id = found.id
             UNION ALL
             SELECT 'audience', l.audience, '', '', 0
             FROM found CROSS JOIN audience_members AS m JOIN audience_lists AS l ON l.list = m.list
             WHERE m.member_id = found.id AND l.in_force = 1
             UNION ALL
             SELECT 'attribute', a.name, a.value, '', a.from_revision
             FROM found CROSS JOIN member_attributes AS a WHERE a.member_id = found.id AND a.until_revision IS NULL
             UNION ALL
             SELECT 'answer', p.attribute, p.item, p.answer, 0
             FROM found CROSS JOIN personal_answers AS p WHERE p.member_id = found.id AND p.until_revision IS NULL"
            $(, " UNION ALL ", $more)*
        )
    };
}

/// Finds the member with an identifier: its value (`$1`) and kind (`$2`) by which identifiers compare, and kind (`$3`)
/// and value (`$4`) as written, since older releases let members have identifiers that compare as one, or did not fold
/// them.
macro_rules! by_identifier {
    () => {
        "SELECT m.id, m.state, m.points FROM member_identifiers AS i JOIN members AS m ON m.id = i.member_id
         WHERE (i.compared_value = $1 AND i.compared_kind = $2) OR (i.kind = $3 AND i.value = $4)
         ORDER BY CASE WHEN i.kind = $3 AND i.value = $4 THEN 0 ELSE 1 END, m.revision DESC, m.id LIMIT 1"
    };
}

/// Of the member with an id (`$1`).
pub(super) const BY_ID: &str = parts_of!("SELECT id, state, points FROM members WHERE id = $1");

/// Of the member with an identifier.
pub(super) const BY_IDENTIFIER: &str = parts_of!(by_identifier!());

/// Of the member with an identifier, with two more parts: the active points at a time (`$5`), and those that purchases
/// other than one (`$6`) have reserved. The quotient of [`wide_sum`] is a text, the remainder is the number.
pub(super) const FOR_SALE: &str = parts_of!(
    by_identifier!(),
    concat!(
        "SELECT 'active', CAST(quotients AS TEXT), '', '', remainders FROM (SELECT ",
        wide_sum!("l.remaining"),
        " FROM found CROSS JOIN point_lots AS l WHERE l.member_id = found.id AND ",
        is_active!("l.", "$5"),
        ") AS active"
    ),
    concat!(
        "SELECT 'reserved', CAST(quotients AS TEXT), '', '', remainders FROM (SELECT ",
        wide_sum!("r.points"),
        " FROM found CROSS JOIN point_reservations AS r
           WHERE r.member_id = found.id AND r.expires_at > $5 AND r.purchase_id <> $6) AS reserved"
    )
);

/// The name of a part, its three texts and its number.
pub(super) type PartRow = (String, String, String, String, i64);

/// The member with an id, as a transaction sees it.
pub(super) async fn member_record(
    connection: &mut Connection,
    id: &str,
) -> Result<Option<MemberRecord>, StoreError> {
    read(sqlx::query_as(BY_ID).bind(id).fetch_all(connection).await?)
}

/// Puts the parts together. None if there is no member.
pub(super) fn read(rows: Vec<PartRow>) -> Result<Option<MemberRecord>, StoreError> {
    Ok(read_for_sale(rows)?.map(|(member, _)| member))
}

/// The member, and the points that it may spend if the statement asked for them.
pub(super) fn read_for_sale(rows: Vec<PartRow>) -> Result<Option<(MemberRecord, i64)>, StoreError> {
    let mut parts = Parts::default();
    for row in rows {
        parts.add(row)?;
    }
    Ok(parts.into_record())
}

#[derive(Default)]
struct Parts {
    /// Id, state and imported points.
    member: Option<(String, String, String)>,
    /// Those that came with a merger (true) follow the member's own, in the order of their number.
    identifiers: BTreeSet<(bool, i64, String, String)>,
    audiences: BTreeSet<String>,
    attributes: BTreeSet<(String, String, Revision)>,
    answers: BTreeSet<(String, String, String)>,
    active: i128,
    reserved: i128,
}

impl Parts {
    fn add(&mut self, (part, first, second, third, number): PartRow) -> Result<(), StoreError> {
        match part.as_str() {
            "member" => self.member = Some((first, second, third)),
            "identifier" => {
                self.identifiers.insert((!third.is_empty(), number, first, second));
            }
            "audience" => {
                self.audiences.insert(first);
            }
            "attribute" => {
                self.attributes.insert((first, second, number));
            }
            "answer" => {
                self.answers.insert((first, second, third));
            }
            "active" => self.active = whole(quotients(&first)?, number),
            "reserved" => self.reserved = whole(quotients(&first)?, number),
            other => return Err(StoreError::Damaged(format!("a member has a part `{other}`"))),
        }
        Ok(())
    }

    fn into_record(self) -> Option<(MemberRecord, i64)> {
        let (id, state, points) = self.member?;
        let attribute = |(name, value, revision)| AttributeValue { name, value, revision };
        let answer = |(attribute, item, answer): (String, String, String)| PersonalAnswer {
            attribute,
            item,
            accepted: accepted(&answer),
        };
        let record = MemberRecord {
            id,
            state,
            points,
            identifiers: self.identifiers.into_iter().map(|(.., kind, value)| (kind, value)).collect(),
            audiences: self.audiences.into_iter().collect(),
            attributes: self.attributes.into_iter().map(attribute).collect(),
            answers: self.answers.into_iter().map(answer).collect(),
        };
        Some((record, nearest(self.active - self.reserved)))
    }
}

fn quotients(text: &str) -> Result<i64, StoreError> {
    text.parse().map_err(|_| StoreError::Damaged(format!("`{text}` is no sum of points")))
}
