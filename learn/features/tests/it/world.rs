//! Made-up tiles, and features of them.

use std::collections::BTreeMap;

use features::{Batch, Definitions, Digest, FeaturesError, Key, Limits, Sums, Tiles, compute};

/// The day that features are as of in tests: 1 March 2026.
pub(crate) const TODAY: i64 = 20_513;

/// SplitMix64.
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: i64) -> i64 {
        i64::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }
}

/// A tile of a member, drawn over names of categories and outlets.
pub(crate) fn tile(draw: &mut Draw, member: i64, categories: &[[&str; 2]], kinds: &[&str]) -> (Key, Sums) {
    let [upper, lower] = categories[usize::try_from(draw.next()).unwrap() % categories.len()];
    let kind = kinds[usize::try_from(draw.next()).unwrap() % kinds.len()];
    let key = Key {
        member,
        day: TODAY - 450 + draw.below(460),
        daypart: draw.below(6),
        outlet: features::text_code(["", "7", "8"][usize::try_from(draw.below(3)).unwrap()]),
        outlet_kind: features::text_code(kind),
        category_1: features::text_code(upper),
        category_2: features::text_code(lower),
    };
    let bought = draw.below(5) > 0;
    let spent = draw.below(10_000);
    let sums = Sums {
        receipts: if bought { draw.below(2) } else { 0 },
        receipts_1: i64::from(bought),
        receipts_2: i64::from(bought),
        quantity: if bought { 1_000 } else { -1_000 },
        spent: if bought { spent } else { -spent },
        discount: draw.below(100),
        points: draw.below(1_000) - 500,
        returned: if bought { 0 } else { spent },
    };
    (key, sums)
}

/// A folder of these tiles, written in portions.
pub(crate) fn folder(tiles: &[(Key, Sums)], portions: usize) -> (tempfile::TempDir, Tiles) {
    let folder = tempfile::tempdir().unwrap();
    let mut found = Tiles::create(folder.path()).unwrap();
    for portion in tiles.chunks(tiles.len().div_ceil(portions).max(1)) {
        let mut writer = found.writer().unwrap();
        for (key, sums) in portion {
            writer.add(*key, *sums).unwrap();
        }
        writer.commit().unwrap();
    }
    (folder, found)
}

/// Features by member.
pub(crate) type Rows = BTreeMap<i64, Vec<i64>>;

pub(crate) fn rows(tiles: &Tiles, definitions: &Definitions, limits: &Limits) -> (Rows, Digest) {
    let mut rows = Rows::new();
    let mut last = None;
    let digest =
        compute::<FeaturesError>(tiles, definitions, TODAY, limits, &mut |_| {}, &mut |batch: Batch| {
            for (row, member) in batch.members.iter().enumerate() {
                assert!(last < Some(*member), "members rise");
                last = Some(*member);
                rows.insert(*member, batch.columns.iter().map(|column| column[row]).collect());
            }
            Ok(())
        });
    (rows, digest.unwrap())
}

/// The features of one member by name.
pub(crate) fn named(definitions: &Definitions, values: &[i64]) -> BTreeMap<String, i64> {
    definitions.features().iter().map(|feature| feature.name.clone()).zip(values.iter().copied()).collect()
}
