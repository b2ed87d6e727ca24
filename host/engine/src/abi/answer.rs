//! Conversions of answers, from a version of the contract to `domain`: written once for all versions.

/// Defines `verdict`: from the types of a version of the contract to `domain::mechanics`.
///
/// - `types` names the module of the version's types.
/// - `pick` gives a proposal's pick, which differs between versions: the function `pick` converts the
///   enum.
/// - `message` gives a failure's message for the author, which some versions do not have.
/// - `verdicts` converts the verdicts that some versions do not have.
///
/// A case that the contract gains does not compile until it is converted: there are no wildcards.
#[macro_export]
macro_rules! convert_verdicts {
    (
        types: $types:ident,
        pick: |$proposal:ident| $pick:expr,
        message: |$failure:ident| $message:expr,
        verdicts: { $($verdict:pat => $converted:expr),* $(,)? } $(,)?
    ) => {
        use ::domain::mechanics as domain;

        pub(super) fn verdict(verdict: $types::Verdict) -> domain::Verdict {
            match verdict {
                $($verdict => $converted,)*
                $types::Verdict::Proposals(proposals) => {
                    domain::Verdict::Proposals(proposals.into_iter().map(proposal).collect())
                }
                $types::Verdict::Declined(declined) => domain::Verdict::Declined(match declined {
                    $types::Declined::NoMatchingLine => domain::Declined::NoMatchingLine,
                    $types::Declined::BelowThreshold => domain::Declined::BelowThreshold,
                    $types::Declined::NotApplicable => domain::Declined::NotApplicable,
                }),
                $types::Verdict::Failed($failure) => domain::Verdict::Failed {
                    message: $message,
                    code: $failure.code,
                    detail: $failure.detail,
                },
            }
        }

        fn proposal($proposal: $types::Proposal) -> domain::Proposal {
            domain::Proposal {
                item: $proposal.item,
                portions: match $proposal.portions {
                    $types::Portions::ItemScope => domain::Portions::ItemScope,
                    $types::Portions::Listed(portions) => {
                        domain::Portions::Listed(portions.into_iter().map(portion).collect())
                    }
                },
                benefit: match $proposal.benefit {
                    $types::Benefit::Percent(percent) => {
                        domain::Benefit::Percent(::domain::quantities::Percent(percent))
                    }
                    $types::Benefit::Amount(sum) => domain::Benefit::Amount(sum),
                    $types::Benefit::AmountPerUnit(sum) => domain::Benefit::AmountPerUnit(sum),
                    $types::Benefit::AmountPerLine(sum) => domain::Benefit::AmountPerLine(sum),
                    $types::Benefit::UnitPrice(price) => domain::Benefit::UnitPrice(price),
                },
                limits: domain::UnitLimits {
                    max_units: $proposal.max_units,
                    unit_multiple: $proposal.unit_multiple,
                    pick: $pick,
                    cap: $proposal.cap,
                },
                reason: $proposal.reason,
            }
        }

        fn portion(portion: $types::Portion) -> domain::Portion {
            domain::Portion { line: portion.line, quantity: portion.quantity }
        }

        fn pick(pick: $types::Pick) -> domain::Pick {
            match pick {
                $types::Pick::Listed => domain::Pick::Listed,
                $types::Pick::Cheapest => domain::Pick::Cheapest,
                $types::Pick::Dearest => domain::Pick::Dearest,
            }
        }
    };
}

/// Defines `description` and `problem`: from the types of a version of the contract to
/// `domain::mechanics`. `types` names the module of the version's types; `decline_reasons` gives those of
/// a description, and `sources` converts the sources of facts, which some versions do not have.
macro_rules! convert_descriptions {
    (
        types: $types:ident,
        decline_reasons: |$described:ident| $decline_reasons:expr,
        sources: { $($source:pat => $converted:expr),* $(,)? } $(,)?
    ) => {
        use ::domain::mechanics as domain;

        pub(super) fn description($described: $types::Description) -> domain::Description {
            domain::Description {
                name: $described.name,
                version: $described.version,
                phases: $described.phases.into_iter().map(phase).collect(),
                params_schema: $described.params_schema,
                targets: $described.targets.into_iter().map(target_kind).collect(),
                parameters: $described.parameters.into_iter().map(parameter).collect(),
                needs: $described.needs.into_iter().map(need).collect(),
                wants_params_text: $described.wants_params_text,
                reasons: $described.reasons.into_iter().map(reason).collect(),
                decline_reasons: $decline_reasons,
            }
        }

        pub(super) fn problem(problem: $types::Problem) -> domain::ParamsProblem {
            domain::ParamsProblem { pointer: problem.pointer, code: problem.code, detail: problem.detail }
        }

        fn phase(phase: $types::Phase) -> domain::Phase {
            match phase {
                $types::Phase::Discount => domain::Phase::Discount,
                $types::Phase::Accrual => domain::Phase::Accrual,
            }
        }

        fn target_kind(kind: $types::TargetKind) -> domain::TargetKind {
            match kind {
                $types::TargetKind::Product => domain::TargetKind::Product,
                $types::TargetKind::Category => domain::TargetKind::Category,
                $types::TargetKind::Group => domain::TargetKind::Group,
                $types::TargetKind::Receipt => domain::TargetKind::Receipt,
            }
        }

        fn parameter(parameter: $types::Parameter) -> domain::Parameter {
            domain::Parameter {
                place: match parameter.place {
                    $types::ParameterPlace::Offer => domain::ParameterPlace::Offer,
                    $types::ParameterPlace::Item => domain::ParameterPlace::Item,
                },
                name: parameter.name,
                unit: unit(parameter.unit),
            }
        }

        fn unit(unit: $types::Unit) -> domain::Unit {
            match unit {
                $types::Unit::Money => domain::Unit::Money,
                $types::Unit::Points => domain::Unit::Points,
                $types::Unit::Quantity => domain::Unit::Quantity,
                $types::Unit::Percent => domain::Unit::Percent,
                $types::Unit::Count => domain::Unit::Count,
                $types::Unit::Boolean => domain::Unit::Boolean,
            }
        }

        fn need(need: $types::Need) -> domain::Need {
            domain::Need {
                source: match need.source {
                    $($source => $converted,)*
                    $types::FactSource::Product => domain::FactSource::Product,
                    $types::FactSource::Receipt => domain::FactSource::Receipt,
                    $types::FactSource::Member => domain::FactSource::Member,
                },
                name: need.name,
            }
        }

        fn reason(reason: $types::Reason) -> domain::Reason {
            domain::Reason { id: reason.id, texts: texts(reason.texts) }
        }

        fn texts(texts: Vec<$types::LocalisedText>) -> Vec<(String, String)> {
            texts.into_iter().map(|each| (each.locale, each.text)).collect()
        }
    };
}

pub(super) use convert_descriptions;
