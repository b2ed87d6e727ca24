//! Bodies of requests and answers that more than one address has, and their path and query parts.

use app::changes::offers::ChangedOffer;
use engine::Class;
use serde::{Deserialize, Serialize};
use store::{ImportMode, OfferState};
use utoipa::{IntoParams, ToSchema};
use wire::problem::{Problem, Problems};

use crate::error::ApiError;

/// What an import does to the rows that it does not name.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ImportQuery {
    /// `delta` (default) keeps them, `full` removes them.
    pub(super) mode: Option<String>,
}

impl ImportQuery {
    pub(super) fn mode(&self) -> Result<ImportMode, ApiError> {
        match self.mode.as_deref() {
            None | Some("delta") => Ok(ImportMode::Delta),
            Some("full") => Ok(ImportMode::Full),
            Some(other) => {
                Err(ApiError::MalformedQuery(format!("`mode` is `full` or `delta`, not `{other}`")))
            }
        }
    }
}

pub(super) fn mode_name(mode: ImportMode) -> &'static str {
    match mode {
        ImportMode::Full => "full",
        ImportMode::Delta => "delta",
    }
}

/// What is done with the rows.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AttributesQuery {
    /// `apply` (default), or `validate` to check every row and write nothing.
    pub(super) mode: Option<String>,
}

impl AttributesQuery {
    pub(super) fn check_only(&self) -> Result<bool, ApiError> {
        match self.mode.as_deref() {
            None | Some("apply") => Ok(false),
            Some("validate") => Ok(true),
            Some(other) => {
                Err(ApiError::MalformedQuery(format!("`mode` is `apply` or `validate`, not `{other}`")))
            }
        }
    }
}

/// Which part of the results feed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportQuery {
    /// The `cursor` of the last row that was read, or a time (RFC 3339); from the start if absent.
    pub(super) since: Option<String>,
    /// The most rows; all if absent.
    pub(super) limit: Option<u64>,
}

/// Which version is meant.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct VersionQuery {
    /// The latest, if left out.
    pub(super) version: Option<u32>,
}

/// How an upload is admitted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AdmissionQuery {
    /// `fast`, `standard`, or `slow` for interpreters such as JavaScript and Python; the smallest one that
    /// takes the file, if left out.
    pub(super) class: Option<String>,
    /// `skip`, for admins only: let a version through that fails on made-up receipts.
    pub(super) rehearsal: Option<String>,
}

impl AdmissionQuery {
    pub(super) fn skips_rehearsal(&self) -> Result<bool, ApiError> {
        match self.rehearsal.as_deref() {
            None => Ok(false),
            Some("skip") => Ok(true),
            Some(other) => Err(ApiError::MalformedQuery(format!("`rehearsal` is `skip`, not `{other}`"))),
        }
    }

    pub(super) fn class(&self) -> Result<Option<Class>, ApiError> {
        let named = self.class.as_deref().map(|name| {
            Class::of_name(name).ok_or_else(|| {
                ApiError::MalformedQuery(format!("`class` is `fast`, `standard` or `slow`, not `{name}`"))
            })
        });
        named.transpose()
    }
}

/// An offer after a change.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OfferChanged {
    external_id: String,
    /// Every edit makes the next one.
    version: u32,
    /// Of this version: `draft`, `approved`, `running`, `stopped` or `archived`.
    state: &'static str,
    /// The version that is live.
    running_version: Option<u32>,
    /// The revision of what is stored.
    revision: i64,
    /// What is odd, but not in the way.
    warnings: Vec<Problem>,
}

impl From<ChangedOffer> for OfferChanged {
    fn from(changed: ChangedOffer) -> Self {
        Self {
            external_id: changed.offer.external_id,
            version: changed.offer.version,
            state: OfferState::name(changed.offer.state),
            running_version: changed.running_version,
            revision: changed.revision,
            warnings: places(&changed.warnings),
        }
    }
}

pub(super) fn places(problems: &Problems) -> Vec<Problem> {
    problems.0.clone()
}
