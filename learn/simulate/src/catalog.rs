//! The goods of the chain, their prices, margins and seasons.
//!
//! Prices are multiples of 0.40, so that means over the four products of a category and all discounts are
//! whole minor units.

/// A category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Category {
    /// As the host's catalogue and offers name it.
    pub code: &'static str,
    pub name: &'static str,
    /// Margin before discounts, in percent of the price; a multiple of 5.
    pub margin: u32,
    /// Probability that a basket of who has another favourite holds goods of it, in millionths.
    pub(crate) chance: u32,
    /// Percent of `chance` in each four weeks of the year.
    pub(crate) season: [u32; 13],
    pub products: [Product; 4],
}

/// A product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product {
    pub code: &'static str,
    pub name: &'static str,
    /// In minor units.
    pub price: u32,
}

const fn product(code: &'static str, name: &'static str, price: u32) -> Product {
    Product { code, name, price }
}

const EVEN: [u32; 13] = [100; 13];

/// Percent of each member's shopping rate in each four weeks of the year.
pub(crate) const RATE_SEASON: [u32; 13] = [94, 96, 98, 100, 102, 100, 94, 92, 98, 102, 104, 110, 116];

/// All categories.
pub const CATEGORIES: [Category; 6] = [
    Category {
        code: "BAKERY",
        name: "Bakery",
        margin: 45,
        chance: 550_000,
        season: EVEN,
        products: [
            product("BREAD", "Bread, 500 g", 320),
            product("ROLLS", "Rolls, 6", 240),
            product("CAKE", "Cake", 1_240),
            product("BISCUITS", "Biscuits", 360),
        ],
    },
    Category {
        code: "DAIRY",
        name: "Dairy",
        margin: 40,
        chance: 600_000,
        season: EVEN,
        products: [
            product("MILK", "Milk, 1 l", 160),
            product("CHEESE", "Cheese, 300 g", 800),
            product("YOGHURT", "Yoghurt, 4", 440),
            product("BUTTER", "Butter, 250 g", 400),
        ],
    },
    Category {
        code: "PRODUCE",
        name: "Fruit and vegetables",
        margin: 45,
        chance: 600_000,
        season: [85, 90, 95, 100, 105, 115, 125, 125, 115, 105, 95, 85, 85],
        products: [
            product("APPLES", "Apples, 1 kg", 360),
            product("SALAD", "Salad", 200),
            product("BERRIES", "Berries, 500 g", 840),
            product("POTATOES", "Potatoes, 2 kg", 400),
        ],
    },
    Category {
        code: "MEAT",
        name: "Meat and fish",
        margin: 40,
        chance: 350_000,
        season: [95, 95, 95, 100, 105, 115, 115, 110, 100, 95, 95, 100, 130],
        products: [
            product("CHICKEN", "Chicken, 1 kg", 1_080),
            product("BEEF", "Beef, 500 g", 1_200),
            product("FISH", "Fish, 400 g", 960),
            product("SAUSAGES", "Sausages, 6", 560),
        ],
    },
    Category {
        code: "DRINKS",
        name: "Drinks",
        margin: 45,
        chance: 400_000,
        season: [85, 85, 90, 95, 105, 120, 130, 125, 110, 95, 90, 95, 120],
        products: [
            product("COFFEE", "Coffee, 500 g", 1_120),
            product("TEA", "Tea, 50", 480),
            product("JUICE", "Juice, 1 l", 320),
            product("WATER", "Water, 6 × 1.5 l", 480),
        ],
    },
    Category {
        code: "HOUSEHOLD",
        name: "Household",
        margin: 50,
        chance: 200_000,
        season: [100, 100, 130, 120, 100, 95, 90, 90, 95, 100, 100, 100, 105],
        products: [
            product("SOAP", "Soap", 280),
            product("DETERGENT", "Detergent", 1_160),
            product("PAPER", "Kitchen paper, 4", 440),
            product("SPONGES", "Sponges, 5", 200),
        ],
    },
];

/// Number of categories.
pub(crate) const COUNT: u32 = 6;

/// The place of a week, counted from the first week of the past, in tables of four weeks each.
pub(crate) fn period(clock: u32) -> usize {
    usize::try_from(clock % 52 / 4).unwrap_or_default()
}

impl Category {
    /// Probability, in millionths, that a basket of a week holds goods of it beside the favourite.
    pub(crate) fn chance(&self, clock: u32) -> u32 {
        self.chance / 100 * self.season.get(period(clock)).copied().unwrap_or(100)
    }

    /// Sum of the prices of its four products.
    pub(crate) fn prices(&self) -> i64 {
        self.products.iter().map(|product| i64::from(product.price)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_and_discounts_are_whole_minor_units() {
        for category in CATEGORIES {
            assert!(category.products.iter().all(|product| product.price % 40 == 0), "{}", category.code);
            assert_eq!(category.margin % 5, 0, "{}", category.code);
            assert!(category.season.iter().all(|percent| category.chance / 100 * percent <= 1_000_000));
        }
        assert_eq!(CATEGORIES.len(), usize::try_from(COUNT).unwrap());
    }
}
