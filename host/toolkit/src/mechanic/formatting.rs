//! Numbers and shares of limits as people read them.

use std::time::Duration;

use engine::Cost;

/// A whole number with its thousands grouped: `41,220`.
pub(super) fn grouped(number: impl ToString) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && digits.len().saturating_sub(index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Used part of a limit: `41,220 of 2,060,000 (2 %)`. A share below 1 % is `< 1 %`, never 0.
pub(super) fn of_limit(used: impl TryInto<u128>, limit: impl TryInto<u128>, unit: &str) -> String {
    let (used, limit) = (used.try_into().unwrap_or(u128::MAX), limit.try_into().unwrap_or(u128::MAX));
    let percent = used.saturating_mul(100).checked_div(limit).unwrap_or(0);
    let percent = if percent == 0 && used > 0 { "< 1".to_owned() } else { percent.to_string() };
    format!("{} of {}{unit} ({percent} %)", grouped(used), grouped(limit))
}

/// Used part of each limit of a call: fuel, memory, time, bytes returned.
pub(super) fn of_limits(cost: &Cost, deadline: Duration, took: Duration) -> [String; 4] {
    [
        format!("fuel {}", of_limit(cost.fuel, cost.fuel_limit, "")),
        format!("memory {}", of_limit(kib(cost.memory_bytes), kib(cost.memory_limit), " KiB")),
        format!("time {}", of_limit(took.as_micros(), deadline.as_micros(), " µs")),
        format!("returned {}", of_limit(bytes(cost.returned_bytes), bytes(cost.returned_limit), " bytes")),
    ]
}

/// Bytes in whole KiB, rounded up.
pub(super) fn kib(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(1024)).unwrap_or(u64::MAX)
}

fn bytes(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_shares_are_never_hidden() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(of_limit(41_220_u64, 2_060_000_u64, ""), "41,220 of 2,060,000 (2 %)");
        assert_eq!(of_limit(1_u64, 2_060_000_u64, " KiB"), "1 of 2,060,000 KiB (< 1 %)");
        assert_eq!(of_limit(0_u64, 0_u64, ""), "0 of 0 (0 %)");
    }
}
