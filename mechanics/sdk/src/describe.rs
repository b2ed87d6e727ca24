//! A builder of descriptions.

#[cfg(feature = "contract-1-1")]
use crate::DeclineReason;
#[cfg(feature = "contract-1-1")]
use crate::decline::OwnReason;
use crate::fact::OwnNeed;
use crate::method::Method;
use crate::parameter::OwnParameter;
use crate::schema::{Shape, params_schema};
use crate::{
    Description, FactSource, LocalisedText, Need, Parameter, ParameterPlace, Phase, Reason, TargetKind, Unit,
};

/// Builds a [`Description`]. By default the mechanic gives discounts and points on the whole receipt, with
/// all methods. The JSON Schema of the parameters is derived from the rest.
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
    #[cfg(feature = "contract-1-1")]
    decline_reasons: Vec<DeclineReason>,
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
            #[cfg(feature = "contract-1-1")]
            decline_reasons: Vec::new(),
            wants_params_text: false,
            params_schema: None,
        }
    }

    /// Sets the phases that the mechanic takes part in.
    #[must_use]
    pub fn phases(mut self, phases: impl IntoIterator<Item = Phase>) -> Self {
        self.phases = phases.into_iter().collect();
        self
    }

    /// Sets the kinds of targets that items may have.
    #[must_use]
    pub fn targets(mut self, targets: impl IntoIterator<Item = TargetKind>) -> Self {
        self.targets = targets.into_iter().collect();
        self
    }

    /// Sets the methods that items may use.
    #[must_use]
    pub fn methods(mut self, methods: impl IntoIterator<Item = Method>) -> Self {
        self.methods = methods.into_iter().collect();
        self
    }

    /// Sets the parameters of the mechanic's own, as [`parameters!`](crate::parameters) declares them.
    #[must_use]
    pub fn parameters(mut self, declared: &[OwnParameter]) -> Self {
        self.parameters = declared.to_vec();
        self
    }

    /// Adds a parameter of the mechanic's own. Its index, for [`crate::Item::extra`] and
    /// [`crate::Offer::extra`], is the number of those added before.
    #[deprecated(note = "declare parameters with `parameters!`, which numbers them")]
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

    /// Adds another name for a common parameter of items, where the host allows that.
    #[must_use]
    pub fn alias(mut self, alias: &'static str, name: &'static str) -> Self {
        self.aliases.push((alias, name));
        self
    }

    /// Sets the facts that the mechanic needs in every call, as [`facts!`](crate::facts) declares them.
    #[must_use]
    pub fn facts(mut self, declared: &[OwnNeed]) -> Self {
        let need = |own: &OwnNeed| Need { source: own.source, name: own.name.to_owned() };
        self.needs = declared.iter().map(need).collect();
        self
    }

    /// Asks for a fact in every call. Its index, for [`crate::Fact::need`], is the number of those
    /// asked for before.
    #[deprecated(note = "declare facts with `facts!`, which numbers them")]
    #[must_use]
    pub fn need(mut self, source: FactSource, name: &str) -> Self {
        self.needs.push(Need { source, name: name.to_owned() });
        self
    }

    /// Adds a reason with its texts by language tag. In them `{value}` stands for the value with
    /// its sign, `{units}` for the units rewarded at most, `{from}` for the sum to be reached,
    /// `{target}` for the name of the item's target.
    #[must_use]
    pub fn reason(mut self, id: u32, texts: &[(&str, &str)]) -> Self {
        self.reasons.push(Reason { id, texts: localised(texts) });
        self
    }

    /// Adds a reason for declining with its texts by language tag. In them the reason's variables stand in
    /// braces, as `{missing}`; for a decline about an item also what [`Self::reason`] lists.
    #[cfg(feature = "contract-1-1")]
    #[must_use]
    pub fn decline_reason(mut self, reason: OwnReason, texts: &[(&str, &str)]) -> Self {
        self.decline_reasons.push(reason.described(localised(texts)));
        self
    }

    /// Asks for the parameters as JSON text in every call.
    #[must_use]
    pub fn wants_params_text(mut self) -> Self {
        self.wants_params_text = true;
        self
    }

    /// Sets a JSON Schema of the mechanic's own, in place of that of the common rule parameters.
    #[must_use]
    pub fn params_schema(mut self, schema: impl Into<String>) -> Self {
        self.params_schema = Some(schema.into());
        self
    }

    /// Builds the description.
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
            #[cfg(feature = "contract-1-1")]
            decline_reasons: self.decline_reasons,
        }
    }
}

fn localised(texts: &[(&str, &str)]) -> Vec<LocalisedText> {
    let localise = |(locale, text): &(&str, &str)| LocalisedText {
        locale: (*locale).to_owned(),
        text: (*text).to_owned(),
    };
    texts.iter().map(localise).collect()
}
