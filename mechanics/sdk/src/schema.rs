//! The JSON Schema of an offer's `params`: the common rule parameters, narrowed to one mechanic.

use crate::json::{array, object, text};
use crate::method::Method;
use crate::parameter::OwnParameter;
use crate::{ParameterPlace, TargetKind, Unit};

/// The parts of a schema that differ between mechanics.
#[derive(Debug)]
pub(crate) struct Shape<'a> {
    pub(crate) title: &'a str,
    pub(crate) targets: &'a [TargetKind],
    pub(crate) methods: &'a [Method],
    pub(crate) parameters: &'a [OwnParameter],
    /// Other names of common item parameters: the other name, and the common one.
    pub(crate) aliases: &'a [(&'static str, &'static str)],
}

/// Writes the schema.
pub(crate) fn params_schema(shape: &Shape<'_>) -> String {
    let mut properties = vec![
        ("reward", choice(&["discount", "points"])),
        ("id_space", choice(&["external", "internal"])),
        ("operator", choice(&["from", "above"])),
        ("items", object(&[("type", text("array")), ("minItems", "1".to_owned()), ("items", item(shape))])),
        ("exclude", exclude()),
        ("skip_discounted_lines", boolean()),
        ("weighed", boolean()),
    ];
    properties.extend(own(shape.parameters, ParameterPlace::Offer));
    object(&[
        ("$schema", text("https://json-schema.org/draft/2020-12/schema")),
        ("title", text(shape.title)),
        ("type", text("object")),
        ("required", names(&["items"])),
        ("additionalProperties", "false".to_owned()),
        ("properties", object(&properties)),
        ("$defs", object(&[("decimal", decimal()), ("date", typed("string")), ("id", id())])),
    ])
}

fn item(shape: &Shape<'_>) -> String {
    let aims_at_goods = shape.targets.iter().any(|kind| *kind != TargetKind::Receipt);
    let may_lack_target = shape.targets.contains(&TargetKind::Receipt) || !aims_at_goods;
    let mut properties = Vec::new();
    if aims_at_goods {
        properties.push(("target", reference("id")));
    }
    if shape.targets.len() > 1 {
        let kinds: Vec<&str> = shape.targets.iter().map(|kind| target_name(*kind)).collect();
        properties.push(("target_kind", choice(&kinds)));
    }
    let methods: Vec<&str> = shape.methods.iter().map(|method| method.name()).collect();
    properties.extend([
        ("reward", choice(&["discount", "points"])),
        ("method", choice(&methods)),
        ("value", reference("decimal")),
        ("from", reference("decimal")),
        ("above", reference("decimal")),
        ("operator", choice(&["from", "above"])),
        ("min_units", reference("decimal")),
        ("min_sum", reference("decimal")),
        ("unit_price", closed(&[("from", reference("decimal")), ("to", reference("decimal"))])),
        ("max_units", reference("decimal")),
        ("unit_multiple", reference("decimal")),
        ("pick", choice(&["first", "cheapest", "dearest"])),
        ("cap", reference("decimal")),
        ("start", reference("date")),
        ("end", reference("date")),
        ("order", typed("integer")),
    ]);
    let aliased: Vec<(&str, String)> = shape
        .aliases
        .iter()
        .filter_map(|(alias, name)| Some((*alias, properties.iter().find(|(key, _)| key == name)?.1.clone())))
        .collect();
    properties.extend(aliased);
    properties.extend(own(shape.parameters, ParameterPlace::Item));
    let required = if may_lack_target { names(&["value"]) } else { names(&["target", "value"]) };
    object(&[
        ("type", text("object")),
        ("required", required),
        ("additionalProperties", "false".to_owned()),
        ("properties", object(&properties)),
    ])
}

fn own(parameters: &[OwnParameter], place: ParameterPlace) -> impl Iterator<Item = (&'static str, String)> {
    parameters.iter().filter(move |own| own.place == place).map(|own| {
        let kind = match own.unit {
            Unit::Money | Unit::Points | Unit::Quantity | Unit::Percent => ("$ref", text("#/$defs/decimal")),
            Unit::Count => ("type", text("integer")),
            Unit::Boolean => ("type", text("boolean")),
        };
        (own.name, object(&[kind, ("title", text(own.title))]))
    })
}

fn exclude() -> String {
    let ids = || object(&[("type", text("array")), ("items", reference("id"))]);
    closed(&[("products", ids()), ("categories", ids()), ("groups", ids())])
}

/// Schema of money, quantities and percentages: a decimal string, or a number, which is read exactly.
fn decimal() -> String {
    object(&[
        ("type", names(&["string", "number"])),
        ("pattern", text(r"^[0-9]+(\.[0-9]+)?$")),
        ("minimum", "0".to_owned()),
    ])
}

fn id() -> String {
    object(&[("type", names(&["string", "integer"])), ("minLength", "1".to_owned())])
}

fn closed(properties: &[(&str, String)]) -> String {
    object(&[
        ("type", text("object")),
        ("additionalProperties", "false".to_owned()),
        ("properties", object(properties)),
    ])
}

fn boolean() -> String {
    typed("boolean")
}

fn typed(kind: &str) -> String {
    object(&[("type", text(kind))])
}

fn reference(definition: &str) -> String {
    object(&[("$ref", text(&("#/$defs/".to_owned() + definition)))])
}

fn choice(values: &[&str]) -> String {
    object(&[("enum", names(values))])
}

fn names(values: &[&str]) -> String {
    array(&values.iter().map(|value| text(value)).collect::<Vec<_>>())
}

fn target_name(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Product => "product",
        TargetKind::Category => "category",
        TargetKind::Group => "group",
        TargetKind::Receipt => "receipt",
    }
}
