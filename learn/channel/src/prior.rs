//! What is known of a segment before a single member is looked at.

use crate::{ChannelError, Sent};

/// A Beta distribution of rates between members: it weighs as much as `answers + silences` messages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prior {
    /// α of the distribution; above 0.
    pub answers: f64,
    /// β of the distribution; above 0.
    pub silences: f64,
}

/// The most messages that a prior may weigh as: members of a segment that seem all alike are never taken to be
/// exactly so.
const MOST: f64 = 1_000.0;

/// The least: members who seem to have nothing in common still share a little.
const LEAST: f64 = 1.0;

/// The prior of a segment from what each of its members was sent on one channel, by moments of the
/// Beta-binomial distribution (Kleinman: Proportions with Extraneous Variance, 1973, with weights by messages).
///
/// # Errors
///
/// More answers than messages; no messages at all.
pub fn prior(members: &[Sent]) -> Result<Prior, ChannelError> {
    let (mut sends, mut squares, mut answers, mut count) = (0.0, 0.0, 0.0, 0.0);
    for (row, sent) in members.iter().enumerate() {
        sent.check(row)?;
        if sent.sends > 0 {
            sends += f64::from(sent.sends);
            squares += f64::from(sent.sends) * f64::from(sent.sends);
            answers += f64::from(sent.answers);
            count += 1.0;
        }
    }
    if sends <= 0.0 {
        return Err(ChannelError::NothingSent);
    }
    // Half an answer and half a silence more, so that no rate is exactly 0 or 1.
    let mean = (answers + 0.5) / (sends + 1.0);
    let spread: f64 = members
        .iter()
        .filter(|sent| sent.sends > 0)
        .map(|sent| {
            let sends = f64::from(sent.sends);
            sends * (f64::from(sent.answers) / sends - mean).powi(2)
        })
        .sum();
    // The spread that chance alone would give is (count − 1)·mean·(1 − mean); what is above it is between members.
    let chance = mean * (1.0 - mean);
    let above = spread - (count - 1.0) * chance;
    let room = (sends - squares / sends - (count - 1.0)) * chance;
    let alike = if room > 0.0 { (above / room).clamp(0.0, 1.0) } else { 0.0 };
    let weight = (1.0 / alike - 1.0).clamp(LEAST, MOST);
    Ok(Prior { answers: mean * weight, silences: (1.0 - mean) * weight })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(sends: u32, answers: u32) -> Sent {
        Sent { sends, answers, unsubscribed: false }
    }

    #[test]
    fn members_who_are_alike_give_a_heavy_prior_and_others_a_light_one() {
        let alike = prior(&vec![sent(10, 3); 100]).unwrap();
        assert!((alike.answers / (alike.answers + alike.silences) - 0.3).abs() < 0.001);
        assert!((alike.answers + alike.silences - MOST).abs() < 1e-9);
        let halves: Vec<Sent> =
            (0..100).map(|member| sent(10, if member % 2 == 0 { 0 } else { 10 })).collect();
        let unlike = prior(&halves).unwrap();
        assert!((unlike.answers + unlike.silences - LEAST).abs() < 1e-9);
    }

    #[test]
    fn a_spread_that_is_known_is_found_again() {
        // Beta-binomial with α = 2, β = 6 and 4 messages: the numbers of members with 0 to 4 answers, of 3960.
        let of = [(0, 1_512), (1, 1_344), (2, 756), (3, 288), (4, 60)];
        let members: Vec<Sent> =
            of.iter().flat_map(|(answers, count)| vec![sent(4, *answers); *count]).collect();
        let found = prior(&members).unwrap();
        assert!((found.answers - 2.0).abs() < 0.05 && (found.silences - 6.0).abs() < 0.1, "{found:?}");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let error = prior(&[sent(1, 1), sent(2, 3)]).unwrap_err();
        let words = "row 1: 3 answers to 2 messages: there cannot be more answers than messages";
        assert_eq!(error.to_string(), words);
        assert_eq!(prior(&[sent(0, 0)]), Err(ChannelError::NothingSent));
    }
}
