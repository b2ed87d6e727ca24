//! Features as the bins that trees are grown on.

use trees::{Bins, Feature};

use super::plan::FeatureValues;
use crate::refused::Refused;

/// Most cuts of a feature.
const MOST_CUTS: usize = 254;

/// Where each feature is cut, as the training data has it.
pub fn features(values: &[FeatureValues]) -> Vec<Feature> {
    let cut = |feature: &FeatureValues| Feature {
        name: feature.name.clone(),
        cuts: trees::cuts(&feature.values, MOST_CUTS),
    };
    values.iter().map(cut).collect()
}

/// The bin of each value of one feature.
pub fn column(feature: &Feature, values: &FeatureValues) -> Vec<u8> {
    values.values.iter().map(|value| feature.bin(*value)).collect()
}

/// All features of all rows. Values are in the order of the features.
pub fn bins(features: &[Feature], values: &[FeatureValues]) -> Result<Bins, Refused> {
    let columns = features.iter().zip(values).map(|(feature, values)| column(feature, values)).collect();
    Bins::new(features.to_vec(), columns).map_err(|error| Refused(error.to_string()))
}
