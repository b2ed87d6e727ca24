//! Errors of the host's functions: refusals and failures. Nothing here knows HTTP.

use store::StoreError;
use wire::json::TOO_MANY_VALUES;
use wire::problem::Problems;

use crate::live::source::SourceError;
use crate::mechanics::registry::LoadError;

/// A refusal of a call, or a failure of the host.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the body is not JSON")]
    MalformedJson(Problems),
    #[error("{detail}")]
    Denied { code: &'static str, detail: String },
    #[error("there is no {0}")]
    NotFound(String),
    #[error("there is no {what}")]
    Unknown { code: &'static str, what: String },
    #[error("{0}")]
    Conflict(String),
    #[error("{detail}")]
    State { code: &'static str, detail: String },
    #[error("{detail}")]
    Gone { code: &'static str, detail: String },
    #[error("{detail}")]
    Mismatch { code: &'static str, detail: String, problems: Problems },
    #[error("the body is larger than {limit_bytes} bytes")]
    BodyTooLarge { limit_bytes: usize },
    #[error("a row of the body is larger than {limit_bytes} bytes")]
    RowTooLarge { limit_bytes: usize },
    #[error("{what}; nothing of it was taken")]
    Refused { code: &'static str, what: &'static str, problems: Problems },
    #[error("{detail}")]
    TooMany { code: &'static str, detail: String },
    #[error("all calculation threads are busy and the queue is full; try again")]
    Overloaded,
    #[error("this node serves nothing until it has the latest plan; ask another one: {0}")]
    Fenced(String),
    #[error("the receipt is not priced: {0}")]
    NotPriced(String),
    #[error("the host cannot do this right now; try again")]
    Unavailable,
    #[error("the database of communications is not there, or not up to date yet; try again, or see the log")]
    CommunicationsAway,
    #[error("what the host has stored of this cannot be read; its log says more")]
    Damaged,
    #[error("the host failed; its log says why")]
    Internal,
}

impl Error {
    /// The refusal of a body, or a row of one, that cannot be read as JSON.
    pub fn of_json(problems: Problems) -> Self {
        if problems.iter().any(|problem| problem.code == TOO_MANY_VALUES) {
            return Self::Refused { code: TOO_MANY_VALUES, what: "the body has too many values", problems };
        }
        Self::MalformedJson(problems)
    }

    /// A failure of the host: the log gets its causes, the client does not.
    pub fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(error = chain(error), "request failed");
        Self::Internal
    }

    /// A failure of the host: stored data, named by `what`, cannot be read back. Logged.
    pub fn damaged(what: &str) -> Self {
        tracing::error!(what, "stored data is damaged");
        Self::Damaged
    }

    /// The stable code of the error, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MalformedJson(_) => "malformed_json",
            Self::NotFound(_) => "not_found",
            Self::Conflict(_) => "conflict",
            Self::BodyTooLarge { .. } | Self::RowTooLarge { .. } => "body_too_large",
            Self::Refused { code, .. }
            | Self::State { code, .. }
            | Self::Gone { code, .. }
            | Self::Mismatch { code, .. }
            | Self::Denied { code, .. }
            | Self::TooMany { code, .. }
            | Self::Unknown { code, .. } => code,
            Self::Overloaded => "overloaded",
            Self::Fenced(_) => "node_fenced",
            Self::NotPriced(_) => "mechanic_failed",
            Self::Unavailable => "unavailable",
            Self::CommunicationsAway => "communications_unavailable",
            Self::Damaged => "stored_data_damaged",
            Self::Internal => "internal",
        }
    }

    /// The problems of the refused document; none for other errors.
    pub fn problems(&self) -> Option<&Problems> {
        match self {
            Self::MalformedJson(problems)
            | Self::Mismatch { problems, .. }
            | Self::Refused { problems, .. } => Some(problems),
            _ => None,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Unavailable { .. } => {
                tracing::warn!(error = chain(&error), "the database is not available");
                Self::Unavailable
            }
            StoreError::Conflict { reason } => Self::Conflict(reason.clone()),
            StoreError::Damaged(what) => Self::damaged(what),
            StoreError::TooLarge(_) => Self::State { code: "amount_too_large", detail: error.to_string() },
            StoreError::UnknownUrl
            | StoreError::UnusableUrl { .. }
            | StoreError::InUse { .. }
            | StoreError::SecondHost { .. }
            | StoreError::NewerSchema { .. }
            | StoreError::Migration(_)
            | StoreError::Answer(_)
            | StoreError::NoDatabase { .. }
            | StoreError::Occupied { .. }
            | StoreError::Refused { .. }
            | StoreError::Internal(_) => Self::internal(&error),
        }
    }
}

impl From<LoadError> for Error {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Store(error) => error.into(),
            LoadError::Missing { .. } | LoadError::Refused { .. } => {
                Self::State { code: "mechanic_not_loaded", detail: error.to_string() }
            }
            LoadError::Lost(_) => Self::internal(&error),
        }
    }
}

impl From<SourceError> for Error {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Store(error) => error.into(),
            SourceError::Load(error) => error.into(),
            SourceError::Refused(_) | SourceError::Lost(_) => Self::internal(&error),
        }
    }
}

/// An error with its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
