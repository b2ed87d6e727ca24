//! The digest depends on nothing but tiles and definitions.

use std::path::PathBuf;

use features::{
    Definitions, EachPart, Embedded, Engine, FeaturesError, Limits, QueryError, bucket_of, compute_on,
    member_code,
};

use crate::world::{Draw, Rows, folder, rows, tile};

const CATEGORIES: [[&str; 2]; 4] = [["DAIRY", "MILK"], ["DAIRY", "CHEESE"], ["BAKERY", "BREAD"], ["", ""]];

const SMALL: &str = "
    [categories]
    level_1 = [\"DAIRY\", \"BAKERY\"]
    [[set]]
    group = \"products\"
    metrics = [\"spent\", \"recency\", \"variety\"]
    days = [28, 0]
    level = 1
";

/// Many sums of each member and category.
const WIDE: &str = "
    [[set]]
    group = \"products\"
    metrics = [\"receipts\", \"quantity\", \"spent\", \"discount\", \"points\", \"returned\"]
    days = [1, 2, 3, 7, 10, 14, 21, 28, 42, 56, 70, 91, 126, 182, 273, 364]
";

fn tiles(members: u32, each: usize) -> Vec<(features::Key, features::Sums)> {
    let mut draw = Draw(7);
    let member = |member: u32| member_code(&format!("m-{member}"));
    (0..members)
        .flat_map(|number| (0..each).map(move |_| number))
        .map(|number| tile(&mut draw, member(number), &CATEGORIES, &["online"]))
        .collect()
}

#[test]
fn neither_partitions_nor_buckets_nor_memory_nor_files_change_the_digest() {
    let tiles = tiles(200, 5);
    let definitions = Definitions::from_toml(SMALL).unwrap();
    let (_one, in_one) = folder(&tiles, 1);
    let (_many, in_many) = folder(&tiles, 3);
    assert!(in_many.rows() >= in_one.rows());
    let limits = |partitions, queries: u32| Limits {
        partitions,
        buckets_per_query: 2_048 / queries,
        memory_bytes: 256 << 20,
    };
    let (expected, digest) = rows(&in_one, &definitions, &limits(1, 1));
    assert_eq!((expected.len(), digest.members), (200, 200));
    for (tiles, limits) in [(&in_many, limits(2, 1)), (&in_one, limits(4, 2)), (&in_many, limits(1, 64))] {
        assert_eq!(rows(tiles, &definitions, &limits), (expected.clone(), digest.clone()), "{limits:?}");
    }
    let other = Definitions::from_toml(&SMALL.replace("28, ", "")).unwrap();
    assert_ne!(rows(&in_one, &other, &limits(1, 1)).1.sha256, digest.sha256);
}

/// An engine whose memory suffices for so many buckets at once, and which knows of no members.
struct Narrow {
    buckets: u32,
}

impl Engine for Narrow {
    fn query(&mut self, sql: &str, _: &[PathBuf], _: &mut EachPart<'_>) -> Result<(), QueryError> {
        let behind = |words: &str| -> u32 {
            let (_, text) = sql.split_once(words).unwrap();
            text.split_whitespace().next().unwrap().parse().unwrap()
        };
        let buckets = behind("bucket < ") - behind("bucket >= ");
        if buckets > self.buckets { Err(QueryError::Memory) } else { Ok(()) }
    }
}

#[test]
fn where_memory_does_not_suffice_fewer_buckets_are_taken_at_once() {
    let (_folder, tiles) = folder(&tiles(200, 1), 1);
    let definitions = Definitions::from_toml(SMALL).unwrap();
    let limits = Limits { buckets_per_query: 2_048, ..Limits::default() };
    let compute = |buckets| {
        let mut steps = Vec::new();
        let done = compute_on::<FeaturesError>(
            &mut Narrow { buckets },
            &tiles,
            &definitions,
            crate::world::TODAY,
            &limits,
            &mut |progress| steps.push(progress.buckets),
            &mut |_| Ok(()),
        );
        done.map(|_| steps)
    };
    assert_eq!(compute(600).unwrap(), [512, 1_024, 1_536, 2_048]);
    let refused = compute(0).unwrap_err();
    assert!(matches!(refused, FeaturesError::Memory { buckets: 1, .. }) && refused.is_refusal(), "{refused}");
}

/// The engine in this process, and how often its memory did not suffice.
struct Watched {
    engine: Embedded,
    full: usize,
}

impl Engine for Watched {
    fn query(&mut self, sql: &str, files: &[PathBuf], each: &mut EachPart<'_>) -> Result<(), QueryError> {
        let answered = self.engine.query(sql, files, each);
        self.full += usize::from(matches!(answered, Err(QueryError::Memory)));
        answered
    }
}

#[test]
fn a_query_that_does_not_fit_is_answered_in_parts_with_the_same_digest() {
    let tiles = tiles(9_000, 3);
    let (_folder, tiles) = folder(&tiles, 1);
    let definitions = Definitions::from_toml(WIDE).unwrap();
    let compute = |memory_bytes| {
        let limits = Limits { partitions: 2, buckets_per_query: 2_048, memory_bytes };
        let mut engine = Watched { engine: Embedded::new(&limits).unwrap(), full: 0 };
        let digest = compute_on::<FeaturesError>(
            &mut engine,
            &tiles,
            &definitions,
            crate::world::TODAY,
            &limits,
            &mut |_| {},
            &mut |_| Ok(()),
        );
        (digest.unwrap(), engine.full)
    };
    let (expected, full) = compute(1 << 30);
    assert_eq!(full, 0);
    let (digest, full) = compute(16 << 20);
    assert_eq!(digest, expected);
    assert!(full > 0, "16 MiB sufficed for all at once");
}

#[test]
fn limits_out_of_range_are_refused() {
    let (_folder, tiles) = folder(&tiles(1, 1), 1);
    let definitions = Definitions::from_toml(SMALL).unwrap();
    let fine = Limits::default();
    for (limits, day, reason) in [
        (Limits { partitions: 0, ..fine }, 20_000, "0 partitions"),
        (Limits { partitions: 1_000, ..fine }, 20_000, "1000 partitions"),
        (Limits { buckets_per_query: 0, ..fine }, 20_000, "0 buckets"),
        (Limits { buckets_per_query: 4_096, ..fine }, 20_000, "4096 buckets"),
        (Limits { memory_bytes: 1_000, ..fine }, 20_000, "1000 bytes of memory"),
        (fine, 0, "day 0"),
        (fine, 1_000_000, "day 1000000"),
    ] {
        let refused =
            features::compute::<FeaturesError>(&tiles, &definitions, day, &limits, &mut |_| {}, &mut |_| {
                Ok(())
            });
        let refused = refused.unwrap_err();
        assert!(refused.is_refusal() && refused.to_string().contains(reason), "{reason}: {refused}");
    }
}

#[test]
fn who_takes_the_features_can_stop() {
    let (_folder, tiles) = folder(&tiles(50, 2), 1);
    let definitions = Definitions::from_toml(SMALL).unwrap();
    let stop = || FeaturesError::Limits("enough".to_owned());
    let mut batches = 0;
    let stopped =
        features::compute(&tiles, &definitions, 20_513, &Limits::default(), &mut |_| {}, &mut |_| {
            batches += 1;
            Err(stop())
        });
    assert_eq!((stopped.unwrap_err().to_string(), batches), ("enough".to_owned(), 1));
}

#[test]
fn a_folder_without_tiles_has_no_members() {
    let (_folder, tiles) = folder(&[], 1);
    let (found, digest) = rows(&tiles, &Definitions::from_toml(SMALL).unwrap(), &Limits::default());
    assert_eq!((found, digest.members), (Rows::new(), 0));
}

#[test]
fn buckets_hold_members_in_their_order() {
    assert_eq!(["m-1", "m-2"].map(member_code), [-6_601_797_173_619_086_868, -8_439_002_360_602_780_445]);
    let mut draw = Draw(3);
    let mut members: Vec<i64> =
        (0..1_000).map(|_| draw.next().cast_signed()).chain([i64::MIN, -1, 0, i64::MAX]).collect();
    members.sort_unstable();
    let buckets: Vec<u32> = members.iter().map(|member| bucket_of(*member)).collect();
    assert!(buckets.is_sorted());
    assert_eq!((buckets.first(), buckets.last()), (Some(&0), Some(&2_047)));
}
