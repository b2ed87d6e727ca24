/// A range with any of four bounds; without a bound, everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range<T> {
    /// This or more.
    pub from: Option<T>,
    /// More than this.
    pub above: Option<T>,
    /// This or less.
    pub to: Option<T>,
    /// Less than this.
    pub below: Option<T>,
}

impl<T: PartialOrd> Range<T> {
    /// Whether a value is within all bounds.
    pub fn contains(&self, value: &T) -> bool {
        self.from.as_ref().is_none_or(|bound| value >= bound)
            && self.above.as_ref().is_none_or(|bound| value > bound)
            && self.to.as_ref().is_none_or(|bound| value <= bound)
            && self.below.as_ref().is_none_or(|bound| value < bound)
    }

    /// Whether the bounds leave no room for any value.
    pub fn is_empty(&self) -> bool {
        let crossed = |lower: &Option<T>, upper: &Option<T>, closed: bool| match (lower, upper) {
            (Some(lower), Some(upper)) if closed => lower > upper,
            (Some(lower), Some(upper)) => lower >= upper,
            _ => false,
        };
        crossed(&self.from, &self.to, true)
            || crossed(&self.from, &self.below, false)
            || crossed(&self.above, &self.to, false)
            || crossed(&self.above, &self.below, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Range<i32> = Range { from: None, above: None, to: None, below: None };

    #[test]
    fn each_bound_says_whether_it_is_inside() {
        for (range, inside) in [
            (NONE, [true, true, true]),
            (Range { from: Some(2), ..NONE }, [false, true, true]),
            (Range { above: Some(2), ..NONE }, [false, false, true]),
            (Range { to: Some(2), ..NONE }, [true, true, false]),
            (Range { below: Some(2), ..NONE }, [true, false, false]),
            (Range { from: Some(2), to: Some(2), ..NONE }, [false, true, false]),
        ] {
            assert_eq!([1, 2, 3].map(|value| range.contains(&value)), inside, "{range:?}");
            assert!(!range.is_empty(), "{range:?}");
        }
        for range in [
            Range { from: Some(3), to: Some(2), ..NONE },
            Range { from: Some(2), below: Some(2), ..NONE },
            Range { above: Some(2), to: Some(2), ..NONE },
            Range { above: Some(2), below: Some(2), ..NONE },
        ] {
            assert!(range.is_empty(), "{range:?}");
        }
    }
}
