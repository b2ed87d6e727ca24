//! Facts that a mechanic needs: declared once, read by handle.

use crate::{Fact, FactSource, FactValue};

/// A fact that the mechanic needs as the description has it; see [`facts!`](crate::facts).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnNeed {
    pub(crate) source: FactSource,
    pub(crate) name: &'static str,
}

/// Declares the facts that the mechanic needs in every call: a constant for each, with the name of the
/// attribute; and `FACTS`, the list of them for
/// [`DescriptionBuilder::facts`](crate::DescriptionBuilder::facts). Use it once.
///
/// A [`MemberFact`] is an attribute of the member, a [`ReceiptFact`] one of the receipt, a [`LineFact`] one
/// of each line of it, a [`ProductFact`] one of the product of each line.
///
/// ```
/// use mechanic_sdk::{DescriptionBuilder, Fact, FactValue};
///
/// mechanic_sdk::facts! {
///     /// Units bought before.
///     const STAMPS: MemberFact = "stamps";
///     const BRAND: ProductFact = "brand";
/// }
///
/// let described = DescriptionBuilder::new("nth-free", "1.0.0").facts(FACTS).build();
/// assert_eq!(described.needs[0].name, "stamps");
///
/// fn has_stamps(facts: &[Fact]) -> bool {
///     matches!(STAMPS.of(facts), Some(FactValue::Number(_)))
/// }
/// ```
#[macro_export]
macro_rules! facts {
    (@from $index:expr;) => {};
    (
        @from $index:expr;
        $(#[$about:meta])*
        const $name:ident: $kind:ident = $attribute:expr;
        $($others:tt)*
    ) => {
        $(#[$about])*
        const $name: $crate::$kind = $crate::$kind::declare($index, $attribute);
        $crate::facts! { @from $index + 1; $($others)* }
    };
    ($($(#[$about:meta])* const $name:ident: $kind:ident = $attribute:expr;)+) => {
        $crate::facts! { @from 0; $($(#[$about])* const $name: $kind = $attribute;)+ }

        /// The facts that the mechanic needs, in the order of the description.
        const FACTS: &[$crate::OwnNeed] = &[$($name.declared()),+];
    };
}

macro_rules! handle {
    ($(#[$about:meta])* $handle:ident, $source:expr) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $handle {
            index: u32,
            declared: OwnNeed,
        }

        impl $handle {
            #[doc(hidden)]
            pub const fn declare(index: u32, name: &'static str) -> Self {
                Self { index, declared: OwnNeed { source: $source, name } }
            }

            #[doc(hidden)]
            pub const fn declared(self) -> OwnNeed {
                self.declared
            }

            /// The name of the attribute.
            pub const fn name(self) -> &'static str {
                self.declared.name
            }
        }
    };
}

handle!(
    /// An attribute of the member; see [`facts!`](crate::facts).
    MemberFact,
    FactSource::Member
);

handle!(
    /// An attribute of the receipt, sent by the till; see [`facts!`](crate::facts).
    ReceiptFact,
    FactSource::Receipt
);

handle!(
    /// An attribute of the product of each line; see [`facts!`](crate::facts).
    ProductFact,
    FactSource::Product
);

#[cfg(feature = "contract-1-1")]
handle!(
    /// An attribute of each line of the receipt, sent by the till; see [`facts!`](crate::facts).
    LineFact,
    FactSource::Line
);

macro_rules! once_per_receipt {
    ($handle:ident, $of:literal) => {
        impl $handle {
            #[doc = $of]
            pub fn of(self, facts: &[Fact]) -> Option<&FactValue> {
                find(facts, self.index, None)
            }

            /// The fact with a value, as the host hands it over; for tests.
            pub fn with(self, value: FactValue) -> Fact {
                Fact { need: self.index, line: None, value }
            }
        }
    };
}

once_per_receipt!(
    MemberFact,
    "The value; nothing if the receipt has no member, or the member has no such attribute."
);

once_per_receipt!(ReceiptFact, "The value; nothing if the till did not send the attribute.");

macro_rules! once_per_line {
    ($handle:ident, $of:literal) => {
        impl $handle {
            #[doc = $of]
            pub fn of(self, facts: &[Fact], line: u32) -> Option<&FactValue> {
                find(facts, self.index, Some(line))
            }

            /// All values with the indexes of their lines, ascending: quicker than looking up each line.
            pub fn all(self, facts: &[Fact]) -> impl Iterator<Item = (u32, &FactValue)> {
                let own = facts.iter().filter(move |fact| fact.need == self.index);
                own.filter_map(|fact| Some((fact.line?, &fact.value)))
            }

            /// The fact with a value, as the host hands it over for a line; for tests.
            pub fn with(self, line: u32, value: FactValue) -> Fact {
                Fact { need: self.index, line: Some(line), value }
            }
        }
    };
}

once_per_line!(
    ProductFact,
    "The value for the line at an index of the receipt; nothing if its product has no such attribute."
);

#[cfg(feature = "contract-1-1")]
once_per_line!(
    LineFact,
    "The value for the line at an index of the receipt; nothing if the till did not send the attribute with it."
);

fn find(facts: &[Fact], need: u32, line: Option<u32>) -> Option<&FactValue> {
    facts.iter().find(|fact| fact.need == need && fact.line == line).map(|fact| &fact.value)
}

#[cfg(all(test, feature = "contract-1-1"))]
mod tests {
    use crate::{DescriptionBuilder, FactSource, FactValue};

    crate::facts! {
        const BRAND: ProductFact = "brand";
        /// The class of weather.
        const WEATHER: ReceiptFact = "weather";
        const STAMPS: MemberFact = "stamps";
        const COUNTER: LineFact = "counter";
    }

    #[test]
    fn facts_are_found_by_their_handles() {
        let facts = [
            BRAND.with(0, FactValue::Text("A".to_owned())),
            BRAND.with(2, FactValue::Text("B".to_owned())),
            STAMPS.with(FactValue::Number(3)),
            COUNTER.with(1, FactValue::Number(7)),
        ];
        assert_eq!(COUNTER.of(&facts, 1), Some(&FactValue::Number(7)));
        assert_eq!(COUNTER.of(&facts, 0), None);
        assert_eq!(BRAND.all(&facts).map(|(line, _)| line).collect::<Vec<_>>(), [0, 2]);
        assert_eq!(STAMPS.of(&facts), Some(&FactValue::Number(3)));
        assert_eq!(WEATHER.of(&facts), None);
        assert_eq!(BRAND.of(&facts, 2), Some(&FactValue::Text("B".to_owned())));
        assert_eq!(BRAND.of(&facts, 1), None);
    }

    #[test]
    fn the_description_lists_them_in_the_order_of_their_indexes() {
        let described = DescriptionBuilder::new("rule", "1.0.0").facts(FACTS).build();
        let needs: Vec<_> = described.needs.iter().map(|need| (need.source, need.name.as_str())).collect();
        let expected = [
            (FactSource::Product, BRAND.name()),
            (FactSource::Receipt, WEATHER.name()),
            (FactSource::Member, STAMPS.name()),
            (FactSource::Line, COUNTER.name()),
        ];
        assert_eq!(needs, expected);
        let value = FactValue::Number(0);
        let indexes = [BRAND.with(0, value.clone()), WEATHER.with(value.clone()), STAMPS.with(value)];
        assert_eq!(indexes.map(|fact| fact.need), [0, 1, 2]);
    }
}
