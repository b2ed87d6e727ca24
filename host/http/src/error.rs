//! Maps errors to HTTP, all of them here: status, headers and problem document (RFC 9457).

use app::error::Error;
use app::keys::check::Refusal;
use app::live::source::SourceError;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::id::IdError;
use store::StoreError;
use wire::problem::ProblemDocument;

/// Seconds that a client should wait before it tries again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// The reason why a request is refused: an error of `app`, or one of HTTP alone.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error(transparent)]
    App(Error),
    #[error("the query cannot be read: {0}")]
    MalformedQuery(String),
    #[error("`{name}` {error}")]
    MalformedId { name: String, error: IdError },
    #[error("{detail}")]
    Framework { status: StatusCode, detail: String },
    #[error(
        "this call needs an API key: send `Authorization: Bearer KEY`; `offer-host key create` makes one"
    )]
    Unauthorized,
    #[error("{0}")]
    KeyRefused(Refusal),
    #[error(
        "a key of role `member` opens no member; send a token that `POST /v1/members/{{member_id}}/tokens` makes"
    )]
    TokenNeeded,
    #[error("this token opens another member only")]
    OtherMember,
    #[error("a key of role `{has}` may not do this; it needs {needs}")]
    Forbidden { has: &'static str, needs: String },
    #[error("this address does not take this method")]
    MethodNotAllowed,
    #[error(
        "this call needs an `Idempotency-Key` header: any text that is new for every new call, such as a UUID"
    )]
    MissingKey,
    #[error("an `Idempotency-Key` is 1 to 255 characters of plain text")]
    MalformedKey,
    #[error("send the body as `Content-Type: {0}`")]
    UnsupportedMediaType(&'static str),
    #[error("the header of the request did not arrive in time")]
    HeaderTooLate,
    #[error("this is no request of HTTP/1.1")]
    HeaderMalformed,
    #[error("the header of the request is larger than connections.header_bytes allows")]
    HeaderTooLarge,
    #[error("the address of the request is too long")]
    AddressTooLong,
    #[error("the body of the request did not arrive in time; nothing of it was taken")]
    BodyTooLate,
    #[error(
        "the host could not answer in time; send the same request again: with its `Idempotency-Key` it is done once"
    )]
    TimedOut,
    #[error("the host has as many connections as it may have; try again")]
    TooManyConnections,
    #[error("what is left of the host is kept for tills; try again")]
    KeptForTills,
}

impl ApiError {
    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::App(error) => status(error),
            Self::HeaderTooLate | Self::BodyTooLate => StatusCode::REQUEST_TIMEOUT,
            Self::TimedOut | Self::TooManyConnections | Self::KeptForTills => StatusCode::SERVICE_UNAVAILABLE,
            Self::MalformedQuery(_)
            | Self::MalformedId { .. }
            | Self::MissingKey
            | Self::MalformedKey
            | Self::HeaderMalformed => StatusCode::BAD_REQUEST,
            Self::HeaderTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::AddressTooLong => StatusCode::URI_TOO_LONG,
            Self::Framework { status, .. } => *status,
            Self::Unauthorized | Self::KeyRefused(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. } | Self::TokenNeeded | Self::OtherMember => StatusCode::FORBIDDEN,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        }
    }

    /// The stable code, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::App(error) => error.code(),
            Self::MalformedQuery(_) => "malformed_query",
            Self::MalformedId { error, .. } => error.code(),
            Self::Framework { status, .. } => framework_code(*status),
            Self::Unauthorized => "unauthorized",
            Self::KeyRefused(refusal) => refusal.code(),
            Self::TokenNeeded => "member_token_needed",
            Self::OtherMember => "not_your_member",
            Self::Forbidden { .. } => "forbidden",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::UnsupportedMediaType(_) => "unsupported_media_type",
            Self::MissingKey => "idempotency_key_missing",
            Self::MalformedKey => "idempotency_key_malformed",
            Self::HeaderTooLate => "header_timeout",
            Self::HeaderMalformed => "malformed_request",
            Self::HeaderTooLarge => "header_too_large",
            Self::AddressTooLong => "address_too_long",
            Self::BodyTooLate => "body_timeout",
            Self::TimedOut => "request_timeout",
            Self::TooManyConnections => "too_many_connections",
            Self::KeptForTills => "kept_for_tills",
        }
    }

    /// The problem document as text.
    pub(crate) fn json(&self) -> String {
        // Texts and numbers only: it does not fail.
        serde_json::to_string(&self.document(self.status())).unwrap_or_default()
    }

    fn document(&self, status: StatusCode) -> ProblemDocument {
        let errors = match self {
            Self::App(error) => error.problems().cloned().unwrap_or_default().listed(),
            _ => Vec::new(),
        };
        let title = status.canonical_reason().unwrap_or("Error");
        ProblemDocument::new(status.as_u16(), title, self.code(), self.to_string(), errors)
    }
}

/// The code of a refusal of the framework, by its status.
fn framework_code(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "malformed_query",
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::PAYLOAD_TOO_LARGE => "body_too_large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_media_type",
        _ => "refused",
    }
}

fn status(error: &Error) -> StatusCode {
    match error {
        Error::MalformedJson(_) => StatusCode::BAD_REQUEST,
        Error::Denied { .. } => StatusCode::FORBIDDEN,
        Error::NotFound(_) | Error::Unknown { .. } => StatusCode::NOT_FOUND,
        Error::Conflict(_) | Error::Mismatch { .. } | Error::State { .. } => StatusCode::CONFLICT,
        Error::Gone { .. } => StatusCode::GONE,
        Error::BodyTooLarge { .. } | Error::RowTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::Refused { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Overloaded
        | Error::Unavailable
        | Error::CommunicationsAway
        | Error::Fenced(_)
        | Error::NotPriced(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Damaged | Error::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl ApiError {
    /// True if there is no key, or if it opens nothing.
    pub fn is_of_key(&self) -> bool {
        self.status() == StatusCode::UNAUTHORIZED
    }

    /// An error of the host itself: its causes are logged and not sent to the client.
    pub fn internal(error: &dyn std::error::Error) -> Self {
        Self::App(Error::internal(error))
    }

    /// An error because stored data cannot be read back: logged, and not sent to the client. `what` names the data.
    pub fn damaged(what: &str) -> Self {
        Self::App(Error::damaged(what))
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::App(error)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::App(error.into())
    }
}

impl From<SourceError> for ApiError {
    fn from(error: SourceError) -> Self {
        Self::App(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, Json(self.document(status))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        if matches!(status, StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT) {
            // The rest of the body is not read, so the connection is of no more use.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
