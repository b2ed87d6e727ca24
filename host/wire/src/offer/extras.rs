//! Parameters that a mechanic declares, beside those that the host knows.

use domain::mechanics::{Description, ParameterPlace};

use super::Context;
use crate::reader::Object;

/// The parameters that the mechanic declares for this place, as their index in the declaration and
/// their value in their unit.
pub(super) fn extras<'r>(
    object: &Object<'_, 'r>,
    context: &Context<'_>,
    description: Option<&'r Description>,
    place: ParameterPlace,
) -> Vec<(u32, i64)> {
    let Some(description) = description else { return Vec::new() };
    let own = (0..).zip(&description.parameters).filter(|(_, parameter)| parameter.place == place);
    own.filter_map(|(index, parameter)| {
        Some((index, object.measure(&parameter.name, parameter.unit, context.scales)?))
    })
    .collect()
}
