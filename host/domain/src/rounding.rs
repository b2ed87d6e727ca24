//! Rounding of exact results to whole minor units. Nothing is rounded anywhere else.

/// Rounding of a result between two units. Halves of negative results are rounded like those of
/// positive ones, by magnitude.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rounding {
    /// Half away from zero, the default of a till.
    #[default]
    HalfUp,
    /// Half towards zero.
    HalfDown,
    /// Half to the even neighbour.
    HalfEven,
    /// Towards zero.
    Down,
}

impl Rounding {
    /// `numerator / denominator`, rounded to a whole number; zero if the denominator is not
    /// positive.
    pub fn divide(self, numerator: i128, denominator: i128) -> i64 {
        if denominator <= 0 {
            return 0;
        }
        let negative = numerator < 0;
        let magnitude = numerator.saturating_abs();
        let whole = magnitude / denominator;
        let twice = (magnitude % denominator).saturating_mul(2);
        let up = match self {
            Self::HalfUp => twice >= denominator,
            Self::HalfDown => twice > denominator,
            Self::HalfEven => twice > denominator || (twice == denominator && whole % 2 == 1),
            Self::Down => false,
        };
        let rounded = whole.saturating_add(i128::from(up));
        let value = i64::try_from(rounded).unwrap_or(i64::MAX);
        if negative { value.saturating_neg() } else { value }
    }
}

/// `numerator / denominator` rounded up; zero if the denominator is not positive.
pub fn divide_up(numerator: i128, denominator: i128) -> i64 {
    if denominator <= 0 {
        return 0;
    }
    let whole = numerator.div_euclid(denominator);
    let up = i128::from(numerator.rem_euclid(denominator) != 0);
    i64::try_from(whole.saturating_add(up)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_where_the_mode_says() {
        let round_all = |mode: Rounding| [5, 15, 25, 26, 24].map(|tenths| mode.divide(tenths, 10));
        assert_eq!(round_all(Rounding::HalfUp), [1, 2, 3, 3, 2]);
        assert_eq!(round_all(Rounding::HalfDown), [0, 1, 2, 3, 2]);
        assert_eq!(round_all(Rounding::HalfEven), [0, 2, 2, 3, 2]);
        assert_eq!(round_all(Rounding::Down), [0, 1, 2, 2, 2]);
    }

    #[test]
    fn nothing_divided_by_nothing_is_nothing() {
        assert_eq!(Rounding::HalfUp.divide(5, 0), 0);
        assert_eq!(divide_up(5, 0), 0);
        assert_eq!(divide_up(10, 3), 4);
        assert_eq!(divide_up(9, 3), 3);
    }
}
