//! A small share of members gets a channel by chance, so that channels can be judged as arms of an experiment.

/// One in millionths.
const ONE: u32 = 1_000_000;

/// The place of the option that a member is drawn for, each with the same probability, or none if the member is
/// not among the share that is drawn. `member` and `salt` are hashes; the same ones draw the same. Of fewer than two
/// options none is drawn.
pub fn draw(member: u64, salt: u64, options: usize, share_millionths: u32) -> Option<usize> {
    let options = u64::try_from(options).ok().filter(|options| *options > 1)?;
    let drawn = split_mix(member ^ split_mix(salt));
    if below(drawn, ONE.into()) >= u64::from(share_millionths) {
        return None;
    }
    usize::try_from(below(split_mix(drawn), options)).ok()
}

/// The probability, in millionths, with which a member gets an option if one of `options` is drawn for the share
/// and `best` says whether it is what the member gets otherwise. Those of all options add up to a million but for
/// lowering.
pub fn propensity(options: usize, share_millionths: u32, best: bool) -> u32 {
    let share = if options > 1 { share_millionths.min(ONE) } else { 0 };
    let each = u32::try_from(options).ok().and_then(|options| share.checked_div(options)).unwrap_or_default();
    if best { ONE - share + each } else { each }
}

/// A whole number below `bound`, each with the same probability but for 2⁻⁴⁰.
fn below(drawn: u64, bound: u64) -> u64 {
    u64::try_from((u128::from(drawn) * u128::from(bound)) >> 64).unwrap_or_default()
}

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
const fn split_mix(state: u64) -> u64 {
    let mut mixed = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_drawn_for_its_share() {
        let mut counts = [0; 4];
        for member in 0..40_000_u64 {
            if let Some(place) = draw(split_mix(member), 7, 4, 200_000) {
                counts[place] += 1;
            }
        }
        // 2,000 each; the standard error is 44.
        assert!(counts.iter().all(|count| (1_800..2_200).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_draw_depends_on_member_and_salt_only() {
        let all = |salt| (0..2_000_u64).map(|member| draw(member, salt, 3, 500_000)).collect::<Vec<_>>();
        assert_eq!(all(1), all(1));
        assert_ne!(all(1), all(2));
        assert!(all(1).iter().zip(all(1)).all(|(one, other)| *one == other));
        assert_eq!(draw(1, 1, 1, ONE), None);
        assert_eq!(draw(1, 1, 3, 0), None);
        assert!(draw(1, 1, 3, ONE).is_some());
    }

    #[test]
    fn propensities_add_up() {
        for options in 2..9_u32 {
            let count = usize::try_from(options).unwrap();
            let sum = propensity(count, 50_000, true) + (options - 1) * propensity(count, 50_000, false);
            assert!((ONE - options..=ONE).contains(&sum), "{sum}");
        }
        assert_eq!((propensity(1, 50_000, true), propensity(0, 50_000, true)), (ONE, ONE));
        assert_eq!((propensity(4, 50_000, true), propensity(4, 50_000, false)), (962_500, 12_500));
    }
}
