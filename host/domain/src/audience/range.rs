/// A range with up to four bounds; without any bound it contains every value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range<T> {
    /// Inclusive lower bound.
    pub from: Option<T>,
    /// Exclusive lower bound.
    pub above: Option<T>,
    /// Inclusive upper bound.
    pub to: Option<T>,
    /// Exclusive upper bound.
    pub below: Option<T>,
}

impl<T: PartialOrd> Range<T> {
    /// True if the value is within all bounds.
    pub fn contains(&self, value: &T) -> bool {
        self.from.as_ref().is_none_or(|bound| value >= bound)
            && self.above.as_ref().is_none_or(|bound| value > bound)
            && self.to.as_ref().is_none_or(|bound| value <= bound)
            && self.below.as_ref().is_none_or(|bound| value < bound)
    }

    /// True if no value can be within all bounds.
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
