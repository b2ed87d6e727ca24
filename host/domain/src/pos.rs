//! Ids of points of sale: brand, store and till from left to right, separated by `/`.

/// True if a point of sale is `place`, or below it: `store-7/till-3` is within `store-7`, and not within `store-70`.
pub fn is_within(pos: &str, place: &str) -> bool {
    pos.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_holds_itself_and_all_that_is_below_it() {
        for (pos, place, expected) in [
            ("store-7/till-3", "store-7", true),
            ("store-7/till-3", "store-7/till-3", true),
            ("store-7", "store-7/till-3", false),
            ("store-70/till-3", "store-7", false),
            ("brand/store-7/till-3", "store-7", false),
        ] {
            assert_eq!(is_within(pos, place), expected, "{pos} within {place}");
        }
    }
}
