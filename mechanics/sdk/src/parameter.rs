//! Parameters of a mechanic's own: declared once, read by handle.

use crate::{Extra, Item, Offer, ParameterPlace, Unit};

/// A parameter of the mechanic's own as the description has it; see [`parameters!`](crate::parameters).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnParameter {
    pub(crate) place: ParameterPlace,
    pub(crate) name: &'static str,
    pub(crate) unit: Unit,
    pub(crate) title: &'static str,
}

/// Declares the parameters of the mechanic's own: a constant for each, with its key in the JSON of
/// `params`, its unit and its title for people; and `PARAMETERS`, the list of them for
/// [`DescriptionBuilder::parameters`](crate::DescriptionBuilder::parameters). Use it once.
///
/// An [`ItemParameter`] stands in each of the items, an [`OfferParameter`] beside them.
///
/// ```
/// use mechanic_sdk::{DescriptionBuilder, Item, Unit};
///
/// mechanic_sdk::parameters! {
///     /// Every which unit is free.
///     const EVERY: ItemParameter = ("every", Unit::Count, "Every which unit: 5 for every fifth");
///     const HAPPY: OfferParameter = ("happy", Unit::Boolean, "In happy hours only");
/// }
///
/// let described = DescriptionBuilder::new("nth-free", "1.0.0").parameters(PARAMETERS).build();
/// assert_eq!(described.parameters[0].name, "every");
///
/// fn every(item: &Item) -> i64 {
///     EVERY.of(item).unwrap_or(1)
/// }
/// ```
#[macro_export]
macro_rules! parameters {
    (@from $index:expr;) => {};
    (
        @from $index:expr;
        $(#[$about:meta])*
        const $name:ident: $kind:ident = ($key:expr, $unit:expr, $title:expr $(,)?);
        $($others:tt)*
    ) => {
        $(#[$about])*
        const $name: $crate::$kind = $crate::$kind::declare($index, $key, $unit, $title);
        $crate::parameters! { @from $index + 1; $($others)* }
    };
    ($($(#[$about:meta])* const $name:ident: $kind:ident = $declared:tt;)+) => {
        $crate::parameters! { @from 0; $($(#[$about])* const $name: $kind = $declared;)+ }

        /// The mechanic's own parameters, in the order of the description.
        const PARAMETERS: &[$crate::OwnParameter] = &[$($name.declared()),+];
    };
}

macro_rules! handle {
    ($(#[$about:meta])* $handle:ident, $place:expr, $holder:ident, $of:literal) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $handle {
            index: u32,
            declared: OwnParameter,
        }

        impl $handle {
            #[doc(hidden)]
            pub const fn declare(index: u32, name: &'static str, unit: Unit, title: &'static str) -> Self {
                Self { index, declared: OwnParameter { place: $place, name, unit, title } }
            }

            #[doc(hidden)]
            pub const fn declared(self) -> OwnParameter {
                self.declared
            }

            /// The key in the JSON of `params`.
            pub const fn name(self) -> &'static str {
                self.declared.name
            }

            #[doc = $of]
            pub fn of(self, holder: &$holder) -> Option<i64> {
                find(&holder.extras, self.index)
            }

            /// The parameter with a value in its unit, as the host hands it over; for tests.
            pub const fn with(self, value: i64) -> Extra {
                Extra { parameter: self.index, value }
            }
        }
    };
}

handle!(
    /// A parameter of the mechanic's own in each of the items; see [`parameters!`](crate::parameters).
    ItemParameter,
    ParameterPlace::Item,
    Item,
    "The value in an item, in the parameter's unit; nothing if the offer does not give it."
);

handle!(
    /// A parameter of the mechanic's own beside the items; see [`parameters!`](crate::parameters).
    OfferParameter,
    ParameterPlace::Offer,
    Offer,
    "The value in an offer, in the parameter's unit; nothing if the offer does not give it."
);

/// The value of a parameter by its index in the description.
pub(crate) fn find(extras: &[Extra], parameter: u32) -> Option<i64> {
    extras.iter().find(|extra| extra.parameter == parameter).map(|extra| extra.value)
}

#[cfg(test)]
mod tests {
    use crate::testing::{item, offer};
    use crate::{Benefit, DescriptionBuilder, Item, Offer, Unit};

    crate::parameters! {
        const FIRST: ItemParameter = ("first", Unit::Quantity, "First");
        /// The second.
        const SECOND: OfferParameter = ("second", Unit::Boolean, "Second");
        const THIRD: ItemParameter = ("third", Unit::Count, "Third",);
    }

    #[test]
    fn own_parameters_are_found_by_their_handles() {
        let with = Item { extras: vec![FIRST.with(5), THIRD.with(7)], ..item(Benefit::Percent(1), [0]) };
        assert_eq!([FIRST.of(&with), THIRD.of(&with)], [Some(5), Some(7)]);
        assert_eq!(THIRD.of(&item(Benefit::Percent(1), [0])), None);
        let offer = Offer { extras: vec![SECOND.with(1)], ..offer([with]) };
        assert_eq!(SECOND.of(&offer), Some(1));
    }

    #[test]
    fn the_description_lists_them_in_the_order_of_their_indexes() {
        let described = DescriptionBuilder::new("rule", "1.0.0").parameters(PARAMETERS).build();
        let names: Vec<&str> = described.parameters.iter().map(|own| own.name.as_str()).collect();
        assert_eq!(names, ["first", "second", "third"]);
        assert_eq!([FIRST.name(), SECOND.name(), THIRD.name()], ["first", "second", "third"]);
        let indexes = [FIRST.with(0).parameter, SECOND.with(0).parameter, THIRD.with(0).parameter];
        assert_eq!(indexes, [0, 1, 2]);
    }
}
