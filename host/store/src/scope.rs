//! Ids of purchases and returns. Those that tills give are unique within a scope only: the place that the till's key is
//! bound to. The id under which a row is stored begins with its scope, and so is unique in the whole database. Purchases
//! of keys that are bound to nothing have no scope: they are stored under the till's id.

/// Between scope and till's id; no till's id has it.
const SEPARATOR: char = '\u{1f}';

/// The id under which a purchase of this scope is stored.
pub fn scoped_id(scope: Option<&str>, till_id: &str) -> String {
    scope.map_or_else(|| till_id.to_owned(), |scope| format!("{scope}{SEPARATOR}{till_id}"))
}

/// The till's id of a stored purchase or return.
pub fn till_id(stored: &str) -> &str {
    stored.split_once(SEPARATOR).map_or(stored, |(_, till_id)| till_id)
}

/// The scope of a stored purchase or return, if it has one.
pub fn scope_of(stored: &str) -> Option<&str> {
    stored.split_once(SEPARATOR).map(|(scope, _)| scope)
}

/// False for a text that would be taken for an id with a scope.
pub fn is_till_id(text: &str) -> bool {
    !text.contains(SEPARATOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_id_tells_its_scope_and_the_tills_id() {
        for (scope, till) in
            [(None, "p-1"), (Some("store-77"), "p-1"), (Some("brand/store-77"), "a/b"), (Some("s"), "")]
        {
            let stored = scoped_id(scope, till);
            assert_eq!((scope_of(&stored), till_id(&stored)), (scope, till), "{stored}");
            assert!(is_till_id(till));
        }
        assert!(!is_till_id(&scoped_id(Some("store-77"), "p-1")));
    }
}
