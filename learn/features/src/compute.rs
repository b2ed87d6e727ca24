//! Works the features of all members out, some buckets at a time.

mod answer;

use crate::code::{BUCKETS, hex};
use crate::definitions::Definitions;
use crate::engine::{Embedded, Engine, QueryError};
use crate::error::FeaturesError;
use crate::limits::Limits;
use crate::tiles::Tiles;
use answer::Answer;
use sha2::{Digest as _, Sha256};

/// The last day that features can be as of: in the year 2517.
const LAST_DAY: i64 = 200_000;

/// The features of some members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Numbers of members ([`crate::member_code`]), rising, also from batch to batch.
    pub members: Vec<i64>,
    /// A column for each of [`Definitions::features`], in their order, with a value for each member.
    pub columns: Vec<Vec<i64>>,
}

/// How far the work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Buckets whose features are there, of [`BUCKETS`].
    pub buckets: u32,
    /// Members in them.
    pub members: u64,
}

/// A digest of all features, the same for any engine, any number of partitions and any division into buckets.
///
/// It is the SHA-256 of the line `offer-host-features/1`, the line with the day, a line with the name of each feature,
/// and then for each member, in the order of their numbers, the number and all values, eight bytes each, the lowest first.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Digest {
    /// In hexadecimal digits.
    pub sha256: String,
    pub members: u64,
}

/// Works the features out of what members bought before day `as_of_day` (days since 1 January 1970), with DataFusion
/// in this process, and hands them over batch by batch. Members without a receipt before that day have none.
///
/// Not to be called from asynchronous code: it waits.
///
/// # Errors
///
/// Limits are out of range, memory does not suffice for one bucket, a file cannot be read, or `each` failed.
pub fn compute<E: From<FeaturesError>>(
    tiles: &Tiles,
    definitions: &Definitions,
    as_of_day: i64,
    limits: &Limits,
    progress: &mut dyn FnMut(Progress),
    each: &mut dyn FnMut(Batch) -> Result<(), E>,
) -> Result<Digest, E> {
    let mut engine = Embedded::new(limits)?;
    compute_on(&mut engine, tiles, definitions, as_of_day, limits, progress, each)
}

/// As [`compute`], with another engine.
///
/// # Errors
///
/// As [`compute`], or the engine failed.
pub fn compute_on<E: From<FeaturesError>>(
    engine: &mut dyn Engine,
    tiles: &Tiles,
    definitions: &Definitions,
    as_of_day: i64,
    limits: &Limits,
    progress: &mut dyn FnMut(Progress),
    each: &mut dyn FnMut(Batch) -> Result<(), E>,
) -> Result<Digest, E> {
    limits.check()?;
    if !(1..=LAST_DAY).contains(&as_of_day) {
        return Err(FeaturesError::Limits(format!("day {as_of_day}: it must be 1 to {LAST_DAY}")).into());
    }
    let mut digest = Digesting::new(definitions, as_of_day);
    let mut at_once = limits.buckets_per_query;
    let mut done = 0;
    while done < BUCKETS {
        let buckets = done..done.saturating_add(at_once).min(BUCKETS);
        let mut answer = Answer::new(definitions.features().len());
        let files = tiles.files_of(&buckets);
        let answered = if files.is_empty() {
            Ok(())
        } else {
            let sql = definitions.sql_of(as_of_day, &buckets);
            engine.query(&sql, &files, &mut |part| answer.add(part))
        };
        match answered {
            Ok(()) => {}
            Err(QueryError::Memory) if at_once > 1 => {
                at_once = at_once.div_ceil(2);
                continue;
            }
            Err(QueryError::Memory) => {
                return Err(
                    FeaturesError::Memory { buckets: at_once, memory_bytes: limits.memory_bytes }.into()
                );
            }
            Err(QueryError::Failed(why)) => return Err(FeaturesError::Query(why).into()),
        }
        let batch = answer.batch().map_err(FeaturesError::Query)?;
        digest.add(&batch);
        done = buckets.end;
        progress(Progress { buckets: done, members: digest.members });
        if !batch.members.is_empty() {
            each(batch)?;
        }
    }
    Ok(digest.end())
}

/// A digest that is being worked out.
struct Digesting {
    digest: Sha256,
    members: u64,
}

impl Digesting {
    fn new(definitions: &Definitions, as_of_day: i64) -> Self {
        let mut digest = Sha256::new();
        digest.update(format!("offer-host-features/1\n{as_of_day}\n"));
        for feature in definitions.features() {
            digest.update(format!("{}\n", feature.name));
        }
        Self { digest, members: 0 }
    }

    fn add(&mut self, batch: &Batch) {
        let mut columns: Vec<_> = batch.columns.iter().map(|column| column.iter()).collect();
        let mut row = Vec::new();
        for member in &batch.members {
            row.clear();
            row.extend_from_slice(&member.to_le_bytes());
            for value in columns.iter_mut().filter_map(Iterator::next) {
                row.extend_from_slice(&value.to_le_bytes());
            }
            self.digest.update(&row);
            self.members += 1;
        }
    }

    fn end(self) -> Digest {
        Digest { sha256: hex(&self.digest.finalize()), members: self.members }
    }
}
