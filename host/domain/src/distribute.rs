//! Distribution of a sum over lines in proportion to weights, exact to the smallest unit
//! (docs/pricing-rules.md#distributing-a-sum).

/// A line that takes part in a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeightedLine {
    /// Weight: the base of the line, in minor units. A line of weight 0 gets nothing.
    pub weight: i64,
    /// Largest part that the line can take, in minor units.
    pub cap: i64,
}

/// Distributes `sum` over `shares` in proportion to their weights, none above its cap. Returns the
/// part of each line, in the same order and unit.
///
/// A line whose proportional part reaches its cap gets the cap and is removed, until none does; the
/// rest is allocated by largest remainder, ties to the earlier line. The parts add up to `sum` or to
/// the sum of the caps, whichever is less.
pub fn distribute(sum: i64, shares: &[WeightedLine]) -> Vec<i64> {
    let mut given = vec![0_i64; shares.len()];
    let mut open: Vec<usize> = shares
        .iter()
        .enumerate()
        .filter(|(_, share)| share.weight > 0 && share.cap > 0)
        .map(|(index, _)| index)
        .collect();
    let mut left = sum.max(0);
    let mut weight = total_weight(shares, &open);

    loop {
        let (mut capped_sum, mut capped_any) = (0_i64, false);
        open.retain(|&index| {
            let Some(share) = shares.get(index) else { return false };
            let reaches = i128::from(left) * i128::from(share.weight) >= i128::from(share.cap) * weight;
            if reaches && let Some(slot) = given.get_mut(index) {
                *slot = share.cap;
                capped_sum = capped_sum.saturating_add(share.cap);
                capped_any = true;
            }
            !reaches
        });
        left = left.saturating_sub(capped_sum).max(0);
        weight = total_weight(shares, &open);
        if !capped_any {
            break;
        }
    }
    allocate_by_largest_remainder(left, weight, shares, &open, &mut given);
    given
}

fn total_weight(shares: &[WeightedLine], open: &[usize]) -> i128 {
    open.iter().filter_map(|&index| shares.get(index)).map(|share| i128::from(share.weight)).sum()
}

fn allocate_by_largest_remainder(
    left: i64,
    weight: i128,
    shares: &[WeightedLine],
    open: &[usize],
    given: &mut [i64],
) {
    if left == 0 || weight <= 0 {
        return;
    }
    let mut rest = left;
    let mut remainders: Vec<(i128, usize)> = Vec::with_capacity(open.len());
    for &index in open {
        let (Some(share), Some(slot)) = (shares.get(index), given.get_mut(index)) else { continue };
        let exact = i128::from(left) * i128::from(share.weight);
        *slot = i64::try_from(exact / weight).unwrap_or(0);
        rest = rest.saturating_sub(*slot);
        remainders.push((exact % weight, index));
    }
    remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let units = usize::try_from(rest).unwrap_or(0);
    for (_, index) in remainders.into_iter().take(units) {
        if let Some(slot) = given.get_mut(index) {
            *slot = slot.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(sum: i64, lines: &[(i64, i64)]) -> Vec<i64> {
        let shares: Vec<WeightedLine> =
            lines.iter().map(|&(weight, cap)| WeightedLine { weight, cap }).collect();
        distribute(sum, &shares)
    }

    #[test]
    fn worked_numbers_of_the_domain() {
        assert_eq!(spread(299, &[(4300, 4300), (1400, 1400), (2300, 2300)]), [161, 52, 86]);
        assert_eq!(spread(5000, &[(5000, 5000), (10000, 10000)]), [1667, 3333]);
        assert_eq!(spread(1000, &[(500, 500), (500, 500), (500, 500)]), [334, 333, 333]);
        assert_eq!(
            spread(50000, &[(69980, 69980), (45267, 45267), (0, 0), (26997, 2997)]),
            [28541, 18462, 0, 2997]
        );
        assert_eq!(
            spread(30000, &[(59483, 59483), (45267, 45267), (0, 0), (26997, 2997)]),
            [15334, 11669, 0, 2997]
        );
    }

    #[test]
    fn short_room_shrinks_the_sum() {
        assert_eq!(spread(1000, &[(100, 30), (0, 500), (100, 0)]), [30, 0, 0]);
        assert_eq!(spread(1000, &[]), Vec::<i64>::new());
        assert_eq!(spread(-5, &[(1, 1)]), [0]);
    }
}
