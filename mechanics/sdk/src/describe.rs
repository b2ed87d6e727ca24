//! Descriptions, put together step by step.

use crate::schema::{Shape, params_schema};
use crate::{
    Description, FactSource, LocalisedText, Need, Parameter, ParameterPlace, Phase, Reason, TargetKind, Unit,
};

/// How the value of an item is meant; `method` in the parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// A percentage of each line.
    Percent,
    /// A sum, spread over the lines.
    Amount,
    /// A sum for every unit.
    AmountPerUnit,
    /// A sum for every line.
    AmountPerLine,
    /// The unit costs this much instead.
    UnitPrice,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Percent, Self::Amount, Self::AmountPerUnit, Self::AmountPerLine, Self::UnitPrice];

    /// The name in parameters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Percent => "percent",
            Self::Amount => "amount",
            Self::AmountPerUnit => "amount_per_unit",
            Self::AmountPerLine => "amount_per_line",
            Self::UnitPrice => "unit_price",
        }
    }
}

/// A parameter beyond the common ones, as the schema shows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnParameter {
    pub(crate) place: ParameterPlace,
    pub(crate) name: &'static str,
    pub(crate) unit: Unit,
    pub(crate) title: &'static str,
}

/// Puts a [`Description`] together: discounts and points on the whole receipt, with all methods,
/// unless said otherwise. The JSON Schema of the parameters follows from the rest.
#[derive(Debug)]
pub struct DescriptionBuilder {
    name: &'static str,
    version: &'static str,
    phases: Vec<Phase>,
    targets: Vec<TargetKind>,
    methods: Vec<Method>,
    parameters: Vec<OwnParameter>,
    aliases: Vec<(&'static str, &'static str)>,
    needs: Vec<Need>,
    reasons: Vec<Reason>,
    wants_params_text: bool,
    params_schema: Option<String>,
}

impl DescriptionBuilder {
    /// Starts with the name, as offers use it, and the semantic version.
    pub fn new(name: &'static str, version: &'static str) -> Self {
        Self {
            name,
            version,
            phases: vec![Phase::Discount, Phase::Accrual],
            targets: vec![TargetKind::Receipt],
            methods: Method::ALL.to_vec(),
            parameters: Vec::new(),
            aliases: Vec::new(),
            needs: Vec::new(),
            reasons: Vec::new(),
            wants_params_text: false,
            params_schema: None,
        }
    }

    /// The phases it takes part in.
    #[must_use]
    pub fn phases(mut self, phases: impl IntoIterator<Item = Phase>) -> Self {
        self.phases = phases.into_iter().collect();
        self
    }

    /// What items may be aimed at.
    #[must_use]
    pub fn targets(mut self, targets: impl IntoIterator<Item = TargetKind>) -> Self {
        self.targets = targets.into_iter().collect();
        self
    }

    /// What `method` an item may use.
    #[must_use]
    pub fn methods(mut self, methods: impl IntoIterator<Item = Method>) -> Self {
        self.methods = methods.into_iter().collect();
        self
    }

    /// Adds a parameter of the mechanic's own. Its index, for [`crate::Item::extra`] and
    /// [`crate::Offer::extra`], is the number of those added before.
    #[must_use]
    pub fn parameter(
        mut self,
        place: ParameterPlace,
        name: &'static str,
        unit: Unit,
        title: &'static str,
    ) -> Self {
        self.parameters.push(OwnParameter { place, name, unit, title });
        self
    }

    /// Lets a common parameter of items go by another name too, where the host allows that.
    #[must_use]
    pub fn alias(mut self, alias: &'static str, name: &'static str) -> Self {
        self.aliases.push((alias, name));
        self
    }

    /// Asks for a fact in every call. Its index, for [`crate::Fact::need`], is the number of those
    /// asked for before.
    #[must_use]
    pub fn need(mut self, source: FactSource, name: &str) -> Self {
        self.needs.push(Need { source, name: name.to_owned() });
        self
    }

    /// Adds a reason with its texts by language tag. In them `{value}` stands for the value with
    /// its sign, `{units}` for the units rewarded at most, `{from}` for the sum to be reached,
    /// `{target}` for what the item is aimed at.
    #[must_use]
    pub fn reason(mut self, id: u32, texts: &[(&str, &str)]) -> Self {
        let localise = |(locale, text): &(&str, &str)| LocalisedText {
            locale: (*locale).to_owned(),
            text: (*text).to_owned(),
        };
        self.reasons.push(Reason { id, texts: texts.iter().map(localise).collect() });
        self
    }

    /// Asks for the parameters as JSON text in every call.
    #[must_use]
    pub fn wants_params_text(mut self) -> Self {
        self.wants_params_text = true;
        self
    }

    /// Brings a JSON Schema of its own instead of that of the common rule parameters.
    #[must_use]
    pub fn params_schema(mut self, schema: impl Into<String>) -> Self {
        self.params_schema = Some(schema.into());
        self
    }

    /// The description.
    pub fn build(self) -> Description {
        let shape = Shape {
            title: self.name,
            targets: &self.targets,
            methods: &self.methods,
            parameters: &self.parameters,
            aliases: &self.aliases,
        };
        let params_schema = self.params_schema.unwrap_or_else(|| params_schema(&shape));
        let parameter =
            |own: &OwnParameter| Parameter { place: own.place, name: own.name.to_owned(), unit: own.unit };
        Description {
            name: self.name.to_owned(),
            version: self.version.to_owned(),
            phases: self.phases,
            params_schema,
            parameters: self.parameters.iter().map(parameter).collect(),
            targets: self.targets,
            needs: self.needs,
            wants_params_text: self.wants_params_text,
            reasons: self.reasons,
        }
    }
}
