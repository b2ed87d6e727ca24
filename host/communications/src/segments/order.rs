//! The order in which segments are worked out: each after those that it reads.

use std::collections::{BTreeMap, BTreeSet};

/// Why segments have no order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circle {
    /// Names along the circle; the last is the first again.
    pub path: Vec<String>,
}

/// The names of segments, each after those that it reads; otherwise by name. Names that are read and not given are left
/// out. `reads` has the names that each segment reads.
pub fn order(reads: &BTreeMap<String, BTreeSet<String>>) -> Result<Vec<String>, Circle> {
    let mut levels: BTreeMap<&str, usize> = BTreeMap::new();
    for name in reads.keys() {
        visit(name, reads, &mut levels, &mut Vec::new())?;
    }
    let mut names: Vec<(usize, &str)> = levels.into_iter().map(|(name, level)| (level, name)).collect();
    names.sort_unstable();
    Ok(names.into_iter().map(|(_, name)| name.to_owned()).collect())
}

/// Finds how many segments stand below a segment, at most, on the longest way down. The depth of the call is that of the
/// way, which the limit of segments bounds.
fn visit<'a>(
    name: &'a str,
    reads: &'a BTreeMap<String, BTreeSet<String>>,
    levels: &mut BTreeMap<&'a str, usize>,
    above: &mut Vec<&'a str>,
) -> Result<usize, Circle> {
    if let Some(level) = levels.get(name) {
        return Ok(*level);
    }
    let Some(below) = reads.get(name) else { return Ok(0) };
    if above.contains(&name) {
        let circle = above.iter().skip_while(|step| **step != name).chain([&name]);
        return Err(Circle { path: circle.map(|step| (*step).to_owned()).collect() });
    }
    above.push(name);
    let mut level = 0_usize;
    for name in below {
        level = level.max(visit(name, reads, levels, above)?.saturating_add(1));
    }
    above.pop();
    levels.insert(name, level);
    Ok(level)
}
