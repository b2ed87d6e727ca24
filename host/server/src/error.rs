//! Every refusal that HTTP clients see, in one place: RFC 9457 problem documents.

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

use crate::live::source::SourceError;
use crate::mechanics::registry::LoadError;
use crate::wire::problem::{Problem, Problems};

/// How long a client should wait before it tries again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// A refused request.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("the body is not JSON")]
    MalformedJson(Problems),
    #[error("the query is not understood: {0}")]
    MalformedQuery(String),
    #[error(
        "this call needs an API key: send `Authorization: Bearer KEY`; `offer-host key create` makes one"
    )]
    Unauthorized,
    #[error("a key of role `{has}` may not do this; it needs {needs}")]
    Forbidden { has: &'static str, needs: String },
    #[error("{detail}")]
    Denied { code: &'static str, detail: String },
    #[error("there is no {0}")]
    NotFound(String),
    #[error("there is no {what}")]
    Unknown { code: &'static str, what: String },
    #[error("this address does not take this method")]
    MethodNotAllowed,
    #[error("{0}")]
    Conflict(String),
    #[error("{detail}")]
    State { code: &'static str, detail: String },
    #[error(
        "this call needs an `Idempotency-Key` header: any text that is new for every new call, such as a UUID"
    )]
    MissingKey,
    #[error("an `Idempotency-Key` is 1 to 255 characters of plain text")]
    MalformedKey,
    #[error("the body is larger than {limit_bytes} bytes")]
    BodyTooLarge { limit_bytes: usize },
    #[error("send the body as `Content-Type: {0}`")]
    UnsupportedMediaType(&'static str),
    #[error("{what}; nothing of it was taken")]
    Refused { code: &'static str, what: &'static str, problems: Problems },
    #[error("all calculation threads are busy and the queue is full; try again")]
    Overloaded,
    #[error("this node serves nothing until it has the latest plan; ask another one: {0}")]
    Fenced(String),
    #[error("the receipt is not priced: {0}")]
    MustNotSell(String),
    #[error("the host cannot do this right now; try again")]
    Unavailable,
    #[error("the host failed; its log says why")]
    Internal,
}

impl ApiError {
    /// An error of ours: the log gets the causes, the client does not.
    pub fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(error = chain(error), "request failed");
        Self::Internal
    }

    /// What is stored does not read back as it was written.
    pub fn damaged(what: &str) -> Self {
        tracing::error!(what, "stored data is damaged");
        Self::Internal
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::MalformedJson(_) | Self::MalformedQuery(_) | Self::MissingKey | Self::MalformedKey => {
                StatusCode::BAD_REQUEST
            }
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. } | Self::Denied { .. } => StatusCode::FORBIDDEN,
            Self::NotFound(_) | Self::Unknown { .. } => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict(_) | Self::State { .. } => StatusCode::CONFLICT,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Refused { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Overloaded | Self::Unavailable | Self::Fenced(_) | Self::MustNotSell(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Short and stable.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MalformedJson(_) => "malformed_json",
            Self::MalformedQuery(_) => "malformed_query",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden { .. } => "forbidden",
            Self::NotFound(_) => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Conflict(_) => "conflict",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::UnsupportedMediaType(_) => "unsupported_media_type",
            Self::Refused { code, .. }
            | Self::State { code, .. }
            | Self::Denied { code, .. }
            | Self::Unknown { code, .. } => code,
            Self::MissingKey => "idempotency_key_missing",
            Self::MalformedKey => "idempotency_key_malformed",
            Self::Overloaded => "overloaded",
            Self::Fenced(_) => "node_fenced",
            Self::MustNotSell(_) => "mechanic_failed",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// What is wrong with the body.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::MalformedJson(problems) | Self::Refused { problems, .. } => &problems.0,
            _ => &[],
        }
    }
}

/// The body of a refusal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Names the kind of problem; the same for the same `code`.
    pub r#type: String,
    /// The status in words.
    pub title: Cow<'static, str>,
    /// The HTTP status.
    pub status: u16,
    /// What happened, and what to do.
    pub detail: String,
    /// Short and stable.
    pub code: &'static str,
    /// For a body with problems: each with its place.
    pub errors: Vec<ProblemPlace>,
}

/// One thing that is wrong with a body.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemPlace {
    /// JSON Pointer (RFC 6901); the first step of an NDJSON body is the number of the row, from 0.
    pub pointer: String,
    /// Short and stable.
    pub code: String,
    /// For people.
    pub detail: String,
}

impl From<&Problem> for ProblemPlace {
    fn from(problem: &Problem) -> Self {
        Self {
            pointer: problem.pointer.clone(),
            code: problem.code.clone().into_owned(),
            detail: problem.detail.clone(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = ProblemBody {
            r#type: format!("urn:offer-host:problem:{}", self.code()),
            title: status.canonical_reason().unwrap_or("Error").into(),
            status: status.as_u16(),
            detail: self.to_string(),
            code: self.code(),
            errors: self.problems().iter().map(ProblemPlace::from).collect(),
        };
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            // The rest of the body is not read, so the connection is of no more use.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Unavailable { .. } => {
                tracing::warn!(error = chain(&error), "the database is not available");
                Self::Unavailable
            }
            StoreError::Conflict { reason } => Self::Conflict(reason.clone()),
            StoreError::UnknownUrl
            | StoreError::Migration(_)
            | StoreError::Damaged(_)
            | StoreError::Internal(_) => Self::internal(&error),
        }
    }
}

impl From<LoadError> for ApiError {
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

impl From<SourceError> for ApiError {
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
