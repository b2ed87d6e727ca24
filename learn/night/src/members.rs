//! The members' file: who may be assigned, and what is known of each beside receipts.

use std::path::Path;

use anyhow::{Context as _, bail};
use causal::folds::uniform;
use experiment::input::table::Table;
use features::member_code;

/// The column that names the member.
const MEMBER: &str = "member";

/// All members, in the order of the file.
pub(crate) struct Members {
    pub(crate) ids: Vec<String>,
    /// Names of the other columns.
    pub(crate) names: Vec<String>,
    /// `[column][member]`.
    pub(crate) columns: Vec<Vec<String>>,
}

impl Members {
    /// # Errors
    ///
    /// No such file; no column `member`; a member twice or without an id.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let mut reader =
            csv::Reader::from_path(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let headings =
            reader.headers().with_context(|| format!("{} cannot be read", path.display()))?.clone();
        let names: Vec<String> = headings.iter().map(str::to_owned).filter(|name| name != MEMBER).collect();
        let all: Vec<String> = std::iter::once(MEMBER.to_owned()).chain(names.iter().cloned()).collect();
        let table = Table::read(path, &all)?;
        let mut columns =
            table.columns.iter().map(|column| column.values().map(str::to_owned).collect::<Vec<_>>());
        let ids = columns.next().unwrap_or_default();
        let mut sorted: Vec<(&str, usize)> = ids.iter().map(String::as_str).zip(0..).collect();
        sorted.sort_unstable();
        if let Some((_, row)) = sorted.first().filter(|(id, _)| id.is_empty()) {
            bail!("{}: the member is missing", table.at(*row));
        }
        if let Some((id, row)) =
            sorted.iter().zip(sorted.iter().skip(1)).find(|(a, b)| a.0 == b.0).map(|(_, b)| *b)
        {
            bail!("{}: member \"{id}\" is there twice", table.at(row));
        }
        let columns = columns.collect();
        Ok(Self { ids, names, columns })
    }

    /// A column.
    pub(crate) fn column(&self, name: &str) -> Option<&[String]> {
        let place = self.names.iter().position(|own| own == name)?;
        self.columns.get(place).map(Vec::as_slice)
    }
}

/// A number of 0 to 999,999 that a member draws, each with the same probability; draws of different salts are
/// independent.
pub(crate) fn millionth(member: &str, salt: u64) -> u32 {
    let hash = uniform(member_code(member).cast_unsigned(), salt);
    u32::try_from((u128::from(hash) * 1_000_000) >> 64).unwrap_or_default()
}

/// Whether the host leaves a member without the offer. It is the host's own rule (docs/pricing-rules.md, control
/// groups): 64-bit FNV-1a over salt, 0 and id with the finaliser of MurmurHash3, modulo 10,000, is below the
/// percentage in hundredths.
pub(crate) fn in_control_group(member: &str, salt: &str, hundredths: u32) -> bool {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in salt.bytes().chain([0]).chain(member.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^= hash >> 33;
    hash % 10_000 < u64::from(hundredths)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same share as `domain::offer::ControlGroup` of the host; the test of the whole loop compares who is in it.
    #[test]
    fn a_control_group_is_a_stable_share() {
        let members = || (0..20_000).map(|number| format!("m-{number:08}"));
        let count = |hundredths| members().filter(|id| in_control_group(id, "c1", hundredths)).count();
        assert!((900..1_100).contains(&count(500)), "{}", count(500));
        assert!(
            members()
                .filter(|id| in_control_group(id, "c1", 500))
                .all(|id| in_control_group(&id, "c1", 1_000))
        );
    }
}
