//! Chains to begin with.

/// A chain to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipe {
    /// Its name.
    pub name: &'static str,
    /// Its document.
    pub document: &'static str,
}

macro_rules! recipes {
    ($($name:literal),* $(,)?) => {
        /// All recipes, by name.
        pub const RECIPES: &[Recipe] = &[
            $(Recipe { name: $name, document: include_str!(concat!("../../recipes/", $name, ".json")) }),*
        ];
    };
}

recipes!(
    "abandoned_cart",
    "after_purchase",
    "birthday",
    "cancelled_order",
    "lost",
    "points_expire",
    "survey",
    "welcome",
);
