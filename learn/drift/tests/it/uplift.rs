//! Predicted against realised effects.

use causal::Bootstrap;
use causal::folds::uniform;
use drift::{Departure, uplift};

const ROWS: u32 = 4_000;

/// A number from −1 to 1 by hash.
fn noise(row: u32, salt: u64) -> f64 {
    let drawn = u32::try_from(uniform(u64::from(row), salt) >> 32).unwrap();
    f64::from(drawn) / f64::from(u32::MAX) * 2.0 - 1.0
}

/// Rows with predicted effects of 0 to 1, that come true as `truth` of them, with noise.
fn found(salt: u64, truth: impl Fn(f64) -> f64) -> drift::Uplift {
    let predicted: Vec<f64> = (0..ROWS).map(|row| f64::from(row) / f64::from(ROWS)).collect();
    let gain: Vec<f64> = (0..ROWS)
        .zip(&predicted)
        .map(|(row, predicted)| truth(*predicted) + 3.0 * noise(row, salt))
        .collect();
    let clusters: Vec<u64> = (0..ROWS).map(|row| uniform(u64::from(row), 0)).collect();
    uplift(&predicted, &gain, &clusters, &Bootstrap { replicates: 100, ..Bootstrap::default() }).unwrap()
}

#[test]
fn effects_that_come_true_are_no_drift() {
    let alarms = (1..=40).filter(|salt| found(*salt, |predicted| predicted).drifted()).count();
    assert!(alarms <= 2, "{alarms} of 40");
}

#[test]
fn effects_that_have_gone_are_drift() {
    for salt in 1..=10 {
        let found = found(salt, |_| 0.0);
        assert!(found.departures.contains(&Departure::All), "{found:?}");
        assert!(found.deciles.len() == 10 && found.all.rows == 4_000);
    }
}

/// The mean stays: only the tenths tell.
#[test]
fn effects_that_have_changed_places_are_drift() {
    for salt in 1..=10 {
        let found = found(salt, |predicted| 1.0 - predicted);
        assert!(!found.departures.contains(&Departure::All), "{:?}", found.departures);
        assert!(found.departures.contains(&Departure::Decile(1)), "{:?}", found.departures);
        assert!(found.departures.contains(&Departure::Decile(10)), "{:?}", found.departures);
    }
}
