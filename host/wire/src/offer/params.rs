//! `params` of an offer.

use domain::mechanics::{Description, ParameterPlace, Phase};
use domain::offer::{GoodsSet, Item};

use super::item::{ItemReader, REWARDS};
use super::target::{self, ID_SPACES, IdSpace};
use super::{Context, extras, keys};
use crate::reader::Object;

/// The parameters of an offer.
#[derive(Debug, Default)]
pub(super) struct Params {
    pub(super) id_space: IdSpace,
    pub(super) items: Vec<Item>,
    pub(super) extras: Vec<(u32, i64)>,
    pub(super) exclude: GoodsSet,
    pub(super) skip_discounted_lines: bool,
    pub(super) weighed: bool,
    /// Their pointer, and their JSON text.
    pub(super) source: Option<(String, String)>,
}

pub(super) fn read<'r>(
    params: &Object<'_, 'r>,
    context: &Context<'_>,
    description: &'r Description,
) -> Params {
    let id_space = params.choice("id_space", &ID_SPACES).unwrap_or_default();
    // A mechanic that reads the text itself may have parameters that it does not declare.
    let strict = !description.wants_params_text;
    let items = ItemReader {
        context,
        description: Some(description),
        kinds: &description.targets,
        id_space,
        reward: reward(params, description),
        strict,
    };
    let list = if strict { params.required("items") } else { params.field("items") };
    let items = list.and_then(|field| field.list()).map(|list| {
        if list.is_empty() {
            list.node().warn("no_items", "without items the offer gives nothing");
        }
        list.read(|node| items.configured(node))
    });
    let exclude = params.object("exclude").map(|set| {
        let lines = target::line_set(&set, context, id_space);
        keys::refuse_unknown(&set);
        lines
    });
    let read = Params {
        id_space,
        items: items.unwrap_or_default(),
        extras: extras::extras(params, context, Some(description), ParameterPlace::Offer),
        exclude: exclude.unwrap_or_default(),
        skip_discounted_lines: params.boolean("skip_discounted_lines").unwrap_or(false),
        weighed: params.boolean("weighed").unwrap_or(false),
        source: Some((params.node().pointer(), params.node().value().to_string())),
    };
    if strict {
        keys::refuse_unknown_params(params, Some(description), false);
    }
    read
}

/// The reward of items without `reward`: that of the parameters, or the first phase of the mechanic.
fn reward(params: &Object<'_, '_>, description: &Description) -> Option<Phase> {
    let otherwise = description.phases.first().copied();
    let Some(field) = params.field("reward") else { return otherwise };
    let reward = field.choice(&REWARDS);
    if reward.is_some_and(|reward| !description.phases.contains(&reward)) {
        field.problem("wrong_reward", format!("the mechanic `{}` does not give this", description.name));
    }
    reward.or(otherwise)
}
