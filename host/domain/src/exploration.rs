//! Exploration: for a share of the members the host draws one of the items that they would be handed, whatever its mechanic
//! prefers, so that what comes of every item is known, with the chance of it.

use crate::sample::{drawn, in_millionths};

/// The share of everybody, in millionths.
pub const EVERYBODY: u32 = 1_000_000;

/// The exploration of an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exploration {
    /// Share of members for whom an item is drawn, in millionths; at most [`EVERYBODY`].
    pub share: u32,
    /// Seed: offers with the same salt and share draw for the same members.
    pub salt: String,
}

/// What exploration came to for one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// Index of the item that was drawn; none if the member was not, and is handed all items.
    pub item: Option<usize>,
    /// The chance that this member is handed what it was handed, in millionths.
    pub propensity: u32,
}

impl Exploration {
    /// Index of the item that is drawn for a member among this many, each with the same chance; none if the member is not
    /// drawn. The result depends on the arguments only.
    pub fn item(&self, offer: &str, member: &str, items: usize) -> Option<usize> {
        in_millionths(self.share, &self.salt, member)
            .then(|| drawn(&[&self.salt, offer, member], items))
            .flatten()
    }

    /// The draw of an item among this many, or of none. The share of one item is rounded half up, and at least one millionth.
    pub fn draw(&self, item: Option<usize>, items: usize) -> Draw {
        let share = u64::from(self.share);
        let items = u64::try_from(items).unwrap_or(u64::MAX).max(1);
        let of_item = share.saturating_mul(2).saturating_add(items) / items.saturating_mul(2);
        let propensity = match item {
            Some(_) => u32::try_from(of_item.max(1)).unwrap_or(EVERYBODY),
            None => EVERYBODY.saturating_sub(self.share),
        };
        Draw { item, propensity }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exploration(share: u32) -> Exploration {
        Exploration { share, salt: "e1".to_owned() }
    }

    #[test]
    fn every_item_is_drawn_for_its_share_of_members() {
        let mut counts = [0; 3];
        for number in 0..20_000 {
            if let Some(item) = exploration(300_000).item("o", &format!("m-{number}"), 3) {
                counts[item] += 1;
            }
        }
        assert!(counts.iter().all(|count| (1_850..2_150).contains(count)), "{counts:?}");
    }

    #[test]
    fn whoever_is_drawn_stays_so_as_the_share_grows_and_draws_the_same() {
        for number in 0..2_000 {
            let draw = |share, offer| exploration(share).item(offer, &format!("m-{number}"), 4);
            if let Some(item) = draw(50_000, "o") {
                assert_eq!(draw(200_000, "o"), Some(item));
                assert!(draw(50_000, "other").is_some(), "the same members in every offer of the salt");
            }
            assert_eq!(draw(0, "o"), None);
            assert!(draw(EVERYBODY, "o").is_some());
        }
    }

    #[test]
    fn chances_add_up() {
        for (share, items, one, rest) in [
            (50_000, 2, 25_000, 950_000),
            (50_000, 3, 16_667, 950_000),
            (EVERYBODY, 4, 250_000, 0),
            (1, 9, 1, 999_999),
        ] {
            assert_eq!(exploration(share).draw(Some(0), items).propensity, one);
            assert_eq!(exploration(share).draw(None, items).propensity, rest);
        }
    }
}
