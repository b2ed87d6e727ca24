//! Checks of an offer's parameters at configuration time.

use crate::{Item, Offer, Problem};

/// Collects the problems of one offer's parameters, each with the place it is at.
#[derive(Debug)]
pub struct Checks<'a> {
    offer: &'a Offer,
    problems: Vec<Problem>,
}

impl<'a> Checks<'a> {
    /// Starts with the checks that make sense for every rule.
    pub fn new(offer: &'a Offer) -> Self {
        let mut checks = Self { offer, problems: Vec::new() };
        checks.each_item(|item| match (item.unit_multiple, item.max_units) {
            (Some(set), Some(most)) if set > most => Some((
                "unit_multiple",
                "never_pays",
                "a set is larger than max_units, so the item never pays; raise max_units or use smaller sets",
            )),
            _ => None,
        });
        checks
    }

    /// Checks each item. A problem consists of the key that it is at (empty for the item itself), a short
    /// code that never changes, and a sentence that says what is wrong and what to do.
    pub fn each_item(&mut self, check: impl Fn(&Item) -> Option<(&'static str, &'static str, &'static str)>) {
        for (index, item) in self.offer.indexed_items() {
            if let Some((key, code, detail)) = check(item) {
                self.item_problem(index, key, code, detail);
            }
        }
    }

    /// Reports a problem of one item, at one of its keys or, with an empty key, as a whole.
    pub fn item_problem(&mut self, index: u32, key: &str, code: &str, detail: &str) {
        let slash = if key.is_empty() { "" } else { "/" };
        self.problem(["/items/", &index.to_string(), slash, key].concat(), code, detail);
    }

    /// Reports a problem at a JSON Pointer into `params`.
    pub fn problem(&mut self, pointer: impl Into<String>, code: &str, detail: &str) {
        self.problems.push(Problem {
            pointer: pointer.into(),
            code: code.to_owned(),
            detail: detail.to_owned(),
        });
    }

    /// All problems found; none means that the offer is accepted.
    pub fn finish(self) -> Vec<Problem> {
        self.problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Benefit;
    use crate::testing::{item, offer};

    #[test]
    fn a_set_larger_than_the_limit_never_pays() {
        let sets =
            |unit_multiple, max_units| Item { unit_multiple, max_units, ..item(Benefit::Percent(1), []) };
        let offer =
            offer([sets(Some(2000), Some(2000)), sets(Some(3000), Some(2000)), sets(Some(3000), None)]);
        let problems = Checks::new(&offer).finish();
        let found: Vec<_> = problems.iter().map(|problem| (&*problem.pointer, &*problem.code)).collect();
        assert_eq!(found, [("/items/1/unit_multiple", "never_pays")]);
    }

    #[test]
    fn a_problem_of_an_item_as_a_whole_points_at_it() {
        let offer = offer([]);
        let mut checks = Checks::new(&offer);
        checks.item_problem(2, "", "code", "detail");
        checks.problem("/reward", "code", "detail");
        let pointers: Vec<_> = checks.finish().into_iter().map(|problem| problem.pointer).collect();
        assert_eq!(pointers, ["/items/2", "/reward"]);
    }
}
