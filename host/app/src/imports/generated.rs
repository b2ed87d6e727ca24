//! Codes that are generated instead of uploaded: an import without a file, with the same progress and the same end.

use std::collections::{BTreeMap, BTreeSet};

use domain::coupon::key;
use store::{Import, ImportBatch, ImportProgress, ImportState, NewCoupon, NewCoupons};
use wire::coupon::ALPHABET;

use super::options::Generate;
use crate::clock::now;
use crate::coupons::public_codes;
use crate::error::Error;
use crate::outage::Outage;
use crate::state::App;

/// Codes of a batch.
const CODES: i64 = 1_000;
/// Random bytes that are asked for at once.
const BYTES: usize = 4_096;

/// Adds the codes that are missing, batch after batch.
pub(super) async fn apply(
    app: &App,
    import: &Import,
    pool: &str,
    order: Generate,
    outage: &mut Outage,
) -> Result<(), Error> {
    let mut random = Random::default();
    let mut progress = import.progress;
    while progress.applied < order.count {
        let missing = order.count.saturating_sub(progress.applied);
        let coupons = fresh(app, &mut random, missing.min(CODES), order.length).await?;
        let rows = progress.applied.saturating_add(i64::try_from(coupons.len()).unwrap_or(i64::MAX));
        // Codes have no place in a file: what was done is counted in codes.
        let next = ImportProgress { rows, bytes: rows, ..progress };
        let batch = ImportBatch {
            members: Vec::new(),
            coupons: Some(NewCoupons { pool: pool.to_owned(), coupons }),
            errors: Vec::new(),
            begins_at: progress.bytes,
            progress: next,
            is_last: false,
        };
        match app.store.apply_import((&import.id, &app.node.id), &batch, now()).await? {
            // A code that another import has added meanwhile is made up for.
            Some(applied) => progress = ImportProgress { unchanged: 0, ..applied },
            // Suspended, cancelled, or taken over by another node.
            None => return Ok(()),
        }
        outage.is_over();
    }
    let from_to = (ImportState::Running, ImportState::Done);
    app.store.set_import_state(&import.id, from_to, "", now()).await?;
    tracing::info!(import = import.id, pool, codes = order.count, "codes generated");
    Ok(())
}

/// Draws new codes that no pool has yet, as many as are asked for.
async fn fresh(app: &App, random: &mut Random, count: i64, length: u32) -> Result<Vec<NewCoupon>, Error> {
    let count = usize::try_from(count).unwrap_or(0);
    let public = public_codes(app);
    let mut fresh: BTreeMap<String, NewCoupon> = BTreeMap::new();
    while fresh.len() < count {
        let mut drawn: BTreeMap<String, NewCoupon> = BTreeMap::new();
        while fresh.len().saturating_add(drawn.len()) < count {
            let code = random.code(length)?;
            let key = key(&code);
            if !fresh.contains_key(&key) && !public.contains_key(&key) {
                drawn.insert(key.clone(), NewCoupon { key, code, member_id: None });
            }
        }
        let keys: Vec<String> = drawn.keys().cloned().collect();
        let known = app.store.known_coupons(&keys).await?;
        let known: BTreeSet<String> = known.into_iter().map(|(key, _)| key).collect();
        drawn.retain(|key, _| !known.contains(key));
        fresh.append(&mut drawn);
    }
    Ok(fresh.into_values().collect())
}

/// Random characters, from the system's randomness.
#[derive(Default)]
struct Random(Vec<u8>);

impl Random {
    fn code(&mut self, length: u32) -> Result<String, Error> {
        (0..length).map(|_| self.character()).collect()
    }

    /// A character of the alphabet, each as likely as any other.
    fn character(&mut self) -> Result<char, Error> {
        let symbols = ALPHABET.len();
        // The largest number of values of a byte that is a multiple of the number of symbols.
        let fair = 256_usize.saturating_sub(256_usize.checked_rem(symbols).unwrap_or(0));
        loop {
            let Some(byte) = self.0.pop() else {
                self.0 = vec![0; BYTES];
                getrandom::fill(&mut self.0).map_err(|error| Error::internal(&error))?;
                continue;
            };
            let value = usize::from(byte);
            if value >= fair {
                continue;
            }
            let symbol = value.checked_rem(symbols).and_then(|place| ALPHABET.get(place));
            return symbol.map(|symbol| char::from(*symbol)).ok_or(Error::Internal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_is_drawn_about_as_often() {
        let mut random = Random::default();
        let mut counts: BTreeMap<char, usize> = BTreeMap::new();
        for _ in 0..24_000 {
            *counts.entry(random.character().expect("randomness")).or_default() += 1;
        }
        let symbols: BTreeSet<char> = ALPHABET.iter().map(|symbol| char::from(*symbol)).collect();
        assert_eq!((symbols.len(), counts.keys().copied().collect()), (ALPHABET.len(), symbols));
        // 1,000 each are expected, with a standard deviation of 31: the bounds are ten of them away.
        assert!(counts.values().all(|count| (690..1_310).contains(count)), "{counts:?}");
        assert_eq!(random.code(10).expect("randomness").len(), 10);
    }
}
