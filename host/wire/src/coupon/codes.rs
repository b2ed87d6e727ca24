//! Codes of pools: rows of uploads, orders to generate some, and the codes of a plan file.

use std::collections::BTreeMap;

use domain::coupon::{CodeLife, PoolCoupon, distinct, key};
use domain::member::Member;
use domain::offer::MemberState;
use domain::receipt::Receipt;
use serde_json::Value;

use super::Definition;
use crate::problem::Problems;
use crate::reader::{Node, Report};

/// The characters of generated codes: digits and capital letters without those that are mistaken for others in print
/// or on the phone (0 and O, 1 and I and L, 2 and Z, 5 and S, 8 and B, U and V).
pub const ALPHABET: &[u8; 24] = b"34679ACDEFGHJKMNPQRTUWXY";

/// For each generated code there are at least so many others of its length, so that guessing is hopeless.
const UNUSED_CODES: u128 = 100_000;

/// A row of an upload of codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowOfCode {
    /// As it is written.
    pub code: String,
    /// The member it is issued to; absent if it is not issued.
    pub member_id: Option<String>,
}

/// Reads a row of an upload: `code`, and perhaps `member_id`. A code has at most `length_max` characters.
pub fn parse_row(row: &Value, length_max: usize) -> Result<RowOfCode, Problems> {
    let report = Report::default();
    let read = report.root(row).object().and_then(|row| {
        let code = row.required("code").and_then(|field| code(field, length_max));
        let member = row.field("member_id").filter(|field| field.value().as_str() != Some(""));
        let member_id = match member {
            Some(field) => Some(id(field)?),
            None => None,
        };
        Some(RowOfCode { code: code?, member_id })
    });
    report.finish(read).map(|(row, _)| row)
}

fn id(field: Node<'_, '_>) -> Option<String> {
    let id = field.id()?;
    field.check_id(&id)?;
    Some(id.into_owned())
}

fn code(field: Node<'_, '_>, length_max: usize) -> Option<String> {
    let code = field.id()?;
    if key(&code).is_empty() {
        return field.refuse("empty", "must not be empty");
    }
    let length = code.chars().count();
    if length > length_max {
        let detail = format!("has {length} characters; at most {length_max} are accepted");
        return field.refuse("too_long", detail);
    }
    if code.chars().any(char::is_control) {
        return field.refuse("control_character", "must not contain control characters");
    }
    Some(code.into_owned())
}

/// An order to generate codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generate {
    /// Number of codes.
    pub count: i64,
    /// Characters of each.
    pub length: u32,
}

/// The length of generated codes if an order names none.
const LENGTH: u32 = 10;

/// Reads an order: `generate`, and perhaps `length`. At most `count_max` codes of `length_max` characters.
pub fn parse_generate(document: &Value, count_max: i64, length_max: usize) -> Result<Generate, Problems> {
    let report = Report::default();
    let read = report.root(document).object().and_then(|order| {
        let count = order.required("generate").and_then(|field| {
            let count = field.integer()?;
            if (1..=count_max).contains(&count) {
                return Some(count);
            }
            field.refuse("out_of_range", format!("must be a whole number from 1 to {count_max}"))
        });
        let length = match order.field("length") {
            Some(field) => length(field, count?, length_max),
            None => Some(LENGTH),
        };
        order.refuse_unknown();
        Some(Generate { count: count?, length: length? })
    });
    report.finish(read).map(|(order, _)| order)
}

fn length(field: Node<'_, '_>, count: i64, length_max: usize) -> Option<u32> {
    let written = field.integer()?;
    let length = u32::try_from(written)
        .ok()
        .filter(|length| usize::try_from(*length).is_ok_and(|length| length <= length_max));
    let Some(length) = length else {
        return field.refuse("out_of_range", format!("must be at most {length_max}"));
    };
    let symbols = u128::try_from(ALPHABET.len()).unwrap_or(u128::MAX);
    let needed = u128::try_from(count).unwrap_or(0).saturating_mul(UNUSED_CODES);
    let codes = |length: u32| symbols.saturating_pow(length);
    if codes(length) >= needed {
        return Some(length);
    }
    let least = (length..=128).find(|length| codes(*length) >= needed).unwrap_or(128);
    field.refuse(
        "too_short",
        format!("{count} codes of {length} characters could be guessed; use at least {least}"),
    )
}

/// The codes of a plan file.
#[derive(Debug, Clone, Default)]
pub struct Codes(BTreeMap<String, FileCode>);

#[derive(Debug, Clone)]
struct FileCode {
    pool: String,
    most: i64,
    expires_at: Option<i64>,
    entry: Entry,
}

/// An entry of `codes` of a pool.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    code: String,
    member: Option<String>,
    used: i64,
    reserved: i64,
}

/// The most characters of a code of a plan file.
const FILE_LENGTH_MAX: usize = 1_000;

/// Reads an entry: a code, or a code with the member it was issued to, and how often other purchases have used and
/// reserved it.
pub(super) fn entry(node: Node<'_, '_>) -> Option<Entry> {
    if !node.value().is_object() {
        let code = code(node, FILE_LENGTH_MAX)?;
        return Some(Entry { code, member: None, used: 0, reserved: 0 });
    }
    let entry = node.object()?;
    let read = Entry {
        code: entry.required("code").and_then(|field| code(field, FILE_LENGTH_MAX))?,
        member: entry.id("member_id").map(std::borrow::Cow::into_owned),
        used: entry.integer("used").unwrap_or(0),
        reserved: entry.integer("reserved").unwrap_or(0),
    };
    entry.refuse_unknown();
    Some(read)
}

impl Codes {
    /// Adds the codes of a pool. A code that is there already is reported.
    pub(super) fn add(
        &mut self,
        node: Node<'_, '_>,
        pool: &str,
        definition: &Definition,
        entries: Vec<Entry>,
    ) -> Option<()> {
        for entry in entries {
            let code = FileCode {
                pool: pool.to_owned(),
                most: definition.uses,
                expires_at: definition.expires_at,
                entry,
            };
            let written = code.entry.code.clone();
            if let Some(before) = self.0.insert(key(&written), code) {
                let detail = format!("code `{written}` is already given in pool `{}`", before.pool);
                return node.refuse("duplicate_code", detail);
            }
        }
        Some(())
    }

    /// The codes of a receipt that are among these, as the service finds its own.
    pub fn of_receipt(&self, receipt: &Receipt, member: Option<&Member>) -> Vec<PoolCoupon> {
        let buyer = member.filter(|member| member.state != MemberState::Blocked);
        let buyer = buyer.map(|member| member.id.as_str());
        let mut found: Vec<PoolCoupon> = Vec::new();
        for code in distinct(&receipt.coupons) {
            let Some(FileCode { pool, most, expires_at, entry }) = self.0.get(code.folded()) else {
                continue;
            };
            let Entry { member, used, reserved, .. } = entry;
            let life = CodeLife {
                member: member.as_deref(),
                most: *most,
                used: *used,
                reserved: *reserved,
                expires_at: *expires_at,
            };
            let refusal = life.refusal(buyer, receipt.at.instant);
            found.push(PoolCoupon { code: code.clone(), pool: pool.clone(), refusal });
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn first_code(problems: Problems) -> String {
        problems.iter().map(|problem| problem.code.to_string()).next().unwrap()
    }

    #[test]
    fn generated_codes_cannot_be_guessed_or_misread() {
        let order = |document: Value| parse_generate(&document, 1_000_000, 64);
        let given = |count, length| Ok(Generate { count, length });
        let read = |document| order(document).map_err(first_code);
        assert_eq!(read(json!({"generate": 1000})), given(1000, 10));
        assert_eq!(read(json!({"generate": 1000, "length": 8})), given(1000, 8));
        assert_eq!(read(json!({"generate": 1000, "length": 5})), Err("too_short".to_owned()));
        assert_eq!(read(json!({"generate": 1000, "length": 65})), Err("out_of_range".to_owned()));
        assert_eq!(read(json!({"generate": 1000, "length": -1})), Err("out_of_range".to_owned()));
        assert_eq!(read(json!({"generate": 0})), Err("out_of_range".to_owned()));
        assert_eq!(read(json!({"generate": 1_000_001})), Err("out_of_range".to_owned()));
        assert_eq!(read(json!({"length": 10})), Err("missing_field".to_owned()));
        assert_eq!(read(json!({"generate": 10, "code": "A"})), Err("unknown_field".to_owned()));
    }

    #[test]
    fn rows_say_what_is_wrong_with_a_code() {
        let read = |row: Value| {
            let row = parse_row(&row, 5).map_err(first_code);
            row.map(|row| (row.code, row.member_id))
        };
        let code = |code: &str, member: Option<&str>| Ok((code.to_owned(), member.map(str::to_owned)));
        assert_eq!(read(json!({"code": "Ab-1"})), code("Ab-1", None));
        assert_eq!(read(json!({"code": 123, "member_id": "m"})), code("123", Some("m")));
        assert_eq!(read(json!({"code": "A", "member_id": ""})), code("A", None));
        for (row, problem) in [
            (json!({}), "missing_field"),
            (json!({"code": "  "}), "empty"),
            (json!({"code": "123456"}), "too_long"),
            (json!({"code": "a\u{0}b"}), "control_character"),
            (json!({"code": ["A"]}), "wrong_type"),
            (json!("A"), "wrong_type"),
        ] {
            assert_eq!(read(row.clone()), Err(problem.to_owned()), "{row}");
        }
    }
}
