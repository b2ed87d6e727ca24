//! Swapping: can the system move pages of this process to disk?

use std::fs;

/// True if the system has swap space, or does not say.
pub(super) fn can_be_swapped() -> bool {
    fs::read_to_string("/proc/swaps").map_or(true, |table| lists_a_device(&table))
}

fn lists_a_device(table: &str) -> bool {
    table.lines().skip(1).any(|line| !line.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::lists_a_device;

    #[test]
    fn a_header_alone_is_no_swap() {
        let header = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
        assert!(!lists_a_device(header));
        assert!(!lists_a_device(""));
        assert!(lists_a_device(&format!("{header}/dev/dm-1  partition  8388604  0  -2\n")));
    }
}
