//! How long features take, and how much memory: `scale MEMBERS TILES [PARTITIONS [BUCKETS [MIB]]]`.
//!
//! Makes members with so many tiles each up, works the default features out, and says what a hundred million members
//! with as many tiles would take. Time to make the tiles up is told apart.

use std::error::Error;
use std::time::Instant;

use features::{Definitions, FeaturesError, Key, Limits, Sums, Tiles, compute, text_code};

/// 1 March 2026.
const AS_OF: i64 = 20_513;
/// Tiles of a receipt.
const OF_RECEIPT: u64 = 4;
/// Categories that a member buys of.
const CATEGORIES: u64 = 15;
const LEVELS: [(&str, &str); 20] = [
    ("BAKERY", "BREAD"),
    ("BAKERY", "PASTRY"),
    ("DAIRY", "MILK"),
    ("DAIRY", "CHEESE"),
    ("DAIRY", "YOGHURT"),
    ("PRODUCE", "FRUIT"),
    ("PRODUCE", "VEGETABLES"),
    ("MEAT", "BEEF"),
    ("MEAT", "POULTRY"),
    ("DRINKS", "WATER"),
    ("DRINKS", "JUICE"),
    ("DRINKS", "BEER"),
    ("DRINKS", "WINE"),
    ("GROCERY", "PASTA"),
    ("GROCERY", "COFFEE"),
    ("GROCERY", "SNACKS"),
    ("FROZEN", "PIZZA"),
    ("HOUSEHOLD", "CLEANING"),
    ("HOUSEHOLD", "PAPER"),
    ("PET", "PET FOOD"),
];
const KINDS: [&str; 4] = ["hypermarket", "supermarket", "convenience", "online"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut given = std::env::args().skip(1);
    let mut number = |otherwise: u64| given.next().map_or(Ok(otherwise), |text| text.parse::<u64>());
    let (members, tiles) = (number(2_000)?.max(1), number(50)?);
    let defaults = Limits::default();
    let limits = Limits {
        partitions: usize::try_from(number(2)?)?,
        buckets_per_query: u32::try_from(number(u64::from(defaults.buckets_per_query))?)?,
        memory_bytes: number(defaults.memory_bytes >> 20)? << 20,
    };
    let mut out = std::io::stdout();
    let folder = std::env::temp_dir().join(format!("features-scale-{}", std::process::id()));
    let measured = measure(&folder, members, tiles, &limits, &mut out);
    std::fs::remove_dir_all(&folder)?;
    measured
}

fn measure(
    folder: &std::path::Path,
    members: u64,
    each: u64,
    limits: &Limits,
    out: &mut impl std::io::Write,
) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    let tiles = made_up(folder, members, each)?;
    let bytes = tiles.bytes();
    writeln!(
        out,
        "{members} members, {} tiles, {bytes} bytes, made up in {} s",
        tiles.rows(),
        begun.elapsed().as_secs()
    )?;
    let definitions = Definitions::embedded()?;
    let (begun, spent) = (Instant::now(), processor_hundredths());
    let mut values = 0_u64;
    let digest = compute::<FeaturesError>(&tiles, &definitions, AS_OF, limits, &mut |_| {}, &mut |batch| {
        values += u64::try_from(batch.members.len() * batch.columns.len()).unwrap_or_default();
        Ok(())
    })?;
    let (took, spent) = (begun.elapsed().as_millis(), processor_hundredths() - spent);
    writeln!(out, "{limits:?}")?;
    writeln!(
        out,
        "{} features, {values} values in {took} ms, {} ms of processor time",
        definitions.features().len(),
        spent * 10
    )?;
    writeln!(out, "most memory: {} KiB", peak_kibibytes())?;
    writeln!(out, "digest of {} members: {}", digest.members, digest.sha256)?;
    // 100,000,000 / members times the processor time; 360,000 hundredths of a second are a core-hour.
    let hundredths = u128::from(spent) * 100_000_000 / u128::from(members);
    writeln!(
        out,
        "100,000,000 members with {each} tiles each: {spent} hundredths of a second x 100,000,000 / {members} / 360,000 \
         = {} core-hours, {} GB of tiles",
        hundredths / 360_000,
        u128::from(bytes) * 100_000_000 / u128::from(members) / 1_000_000_000
    )?;
    Ok(())
}

/// SplitMix64.
fn mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn below(state: &mut u64, end: u64) -> i64 {
    i64::try_from(mix(state) % end).unwrap_or_default()
}

fn pick<T: Copy>(from: &[T], number: u64) -> Option<T> {
    from.get(usize::try_from(number).ok()? % from.len()).copied()
}

fn made_up(folder: &std::path::Path, members: u64, each: u64) -> Result<Tiles, Box<dyn Error>> {
    let categories = LEVELS.map(|(upper, lower)| (text_code(upper), text_code(lower)));
    let kinds = KINDS.map(text_code);
    let mut tiles = Tiles::create(folder)?;
    let mut writer = tiles.writer()?;
    for number in 0..members {
        let mut state = number;
        let member = mix(&mut state).cast_signed();
        let mut key = Key { member, ..Key::default() };
        for tile in 0..each {
            let first = tile.is_multiple_of(OF_RECEIPT);
            if first {
                key.day = AS_OF - 1 - below(&mut state, 400);
                key.daypart = below(&mut state, 5) + 1;
                key.outlet = 1 + below(&mut state, 3);
                key.outlet_kind = pick(&kinds, number + mix(&mut state) % 2).unwrap_or_default();
            }
            let category = pick(&categories, number + mix(&mut state) % CATEGORIES);
            (key.category_1, key.category_2) = category.unwrap_or_default();
            let sums = Sums {
                receipts: i64::from(first),
                receipts_1: 1,
                receipts_2: 1,
                quantity: 1_000 * (1 + below(&mut state, 4)),
                spent: 50 + below(&mut state, 2_000),
                discount: below(&mut state, 100),
                points: below(&mut state, 50),
                returned: 0,
            };
            writer.add(key, sums)?;
        }
    }
    writer.commit()?;
    Ok(tiles)
}

/// Processor time of this process in hundredths of a second; 0 where the system does not tell.
fn processor_hundredths() -> u64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind_name = text.rsplit(')').next().unwrap_or_default();
    // The 14th and 15th field of proc_pid_stat(5), in ticks, of which Linux has 100 a second.
    behind_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

/// The most memory that this process has had; 0 where the system does not tell.
fn peak_kibibytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
}
