//! Extractors whose rejections are problems, and the preconditions of a write.

use api::Precondition;
use axum::extract::{
    FromRequest, FromRequestParts, Request,
    rejection::{PathRejection, QueryRejection},
};
use http::{HeaderMap, HeaderValue, header, request::Parts};
use serde::de::DeserializeOwned;

use crate::error::Error;

/// The longest body that a request may have, in bytes.
pub const BODY_LIMIT: usize = 64 * 1024;

/// A JSON body, in; a JSON body, out.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| {
                value
                    .split(';')
                    .next()
                    .is_some_and(|t| t.trim() == "application/json")
            });
        if !is_json {
            return Err(Error::NotJson);
        }
        let bytes = axum::body::Bytes::from_request(request, state)
            .await
            .map_err(|rejection| {
                if rejection.status() == http::StatusCode::PAYLOAD_TOO_LARGE {
                    Error::TooLong
                } else {
                    Error::Unreadable(rejection.body_text())
                }
            })?;
        let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let path = error.path().to_string();
            let inner = error.into_inner();
            if inner.is_syntax() || inner.is_eof() {
                Error::Unreadable(format!("the body is not JSON: {inner}"))
            } else {
                Error::field(path, inner.to_string())
            }
        })?;
        deserializer
            .end()
            .map_err(|e| Error::Unreadable(format!("the body is not JSON: {e}")))?;
        Ok(Self(value))
    }
}

impl<T: serde::Serialize> axum::response::IntoResponse for Json<T> {
    fn into_response(self) -> axum::response::Response {
        axum::Json(self.0).into_response()
    }
}

/// A JSON body with the version of what it shows as `ETag`, for the next write.
#[derive(Debug)]
pub struct Versioned<T> {
    /// The body.
    pub body: T,
    /// The version; nothing: there is nothing to base a write on.
    pub version: Option<String>,
}

impl<T: serde::Serialize> axum::response::IntoResponse for Versioned<T> {
    fn into_response(self) -> axum::response::Response {
        let mut response = Json(self.body).into_response();
        let etag = self.version.map(|version| format!("\"{version}\""));
        if let Some(etag) = etag.and_then(|etag| HeaderValue::try_from(etag).ok()) {
            response.headers_mut().insert(header::ETAG, etag);
        }
        response
    }
}

/// The parameters of the path.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Error;

    #[expect(
        clippy::disallowed_types,
        reason = "this is the wrapper that the ban points to"
    )]
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        axum::extract::Path::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(value)| Self(value))
            .map_err(|rejection: PathRejection| Error::Unreadable(rejection.body_text()))
    }
}

/// The parameters of the query; unknown ones are refused.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    #[expect(
        clippy::disallowed_types,
        reason = "this is the wrapper that the ban points to"
    )]
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|rejection| refused_parameter(&rejection))
    }
}

/// Names the parameter that did not parse.
fn refused_parameter(rejection: &QueryRejection) -> Error {
    let mut source = std::error::Error::source(rejection);
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<serde_path_to_error::Error<serde::de::value::Error>>() {
            return Error::field(error.path().to_string(), error.inner().to_string());
        }
        source = error.source();
    }
    Error::Unreadable(rejection.body_text())
}

/// What a write is based on: `If-Match: "<version>"` or `If-None-Match: *`.
#[derive(Debug)]
pub struct BasedOn(pub Precondition);

impl<S: Send + Sync> FromRequestParts<S> for BasedOn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        based_on(&parts.headers).map(Self)
    }
}

fn based_on(headers: &HeaderMap) -> Result<Precondition, Error> {
    let text = |name: header::HeaderName| -> Result<Option<&str>, Error> {
        headers
            .get(&name)
            .map(|value: &http::HeaderValue| {
                value
                    .to_str()
                    .map_err(|_| Error::BadPrecondition(format!("`{name}` is not text")))
            })
            .transpose()
    };
    match (text(header::IF_MATCH)?, text(header::IF_NONE_MATCH)?) {
        (None, None) => Err(Error::NoPrecondition),
        (Some(_), Some(_)) => Err(Error::BadPrecondition(
            "`If-Match` and `If-None-Match` exclude each other".into(),
        )),
        (None, Some("*")) => Ok(Precondition::Absent),
        (None, Some(other)) => Err(Error::BadPrecondition(format!(
            "`If-None-Match: {other}`: only `*` is taken"
        ))),
        (Some(value), None) => {
            let version = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
            match version {
                Some(version) if !version.is_empty() && !version.contains('"') => {
                    Ok(Precondition::Version(version.to_owned()))
                }
                _ => Err(Error::BadPrecondition(format!(
                    "`If-Match: {value}` is not one quoted version"
                ))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(headers: &[(header::HeaderName, &'static str)]) -> Result<Precondition, Error> {
        let headers = headers
            .iter()
            .map(|(n, v)| (n.clone(), v.parse().expect("header")))
            .collect();
        based_on(&headers)
    }

    #[test]
    fn a_parameter_that_does_not_parse_is_named() {
        for (query, path, word) in [
            ("limit=x", "limit", "digit"),
            ("limit=-1", "limit", "digit"),
            ("sort=age", "sort", "status, restarts"),
            ("state=old", "state", "notApplicable"),
            ("staled=true", "staled", "`state`"),
        ] {
            let mut parts = http::Request::get(format!("/api/v1/pods?{query}"))
                .body(())
                .expect("a request")
                .into_parts()
                .0;
            let read = Query::<api::pod::PodQuery>::from_request_parts(&mut parts, &());
            match futures::executor::block_on(read) {
                Err(Error::Invalid(errors)) => {
                    assert_eq!(errors[0].path, path);
                    assert!(errors[0].message.contains(word), "{errors:?}");
                }
                other => panic!("{query}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_write_must_say_what_it_is_based_on() {
        assert!(matches!(parse(&[]), Err(Error::NoPrecondition)));
        assert_eq!(
            parse(&[(header::IF_NONE_MATCH, "*")]).expect("parses"),
            Precondition::Absent
        );
        assert_eq!(
            parse(&[(header::IF_MATCH, "\"42\"")]).expect("parses"),
            Precondition::Version("42".into())
        );
    }

    #[test]
    fn forms_that_could_be_misread_are_refused() {
        for value in ["42", "W/\"42\"", "\"1\", \"2\"", "*", "\"\""] {
            assert!(
                matches!(
                    parse(&[(header::IF_MATCH, value)]),
                    Err(Error::BadPrecondition(_))
                ),
                "{value}"
            );
        }
        assert!(parse(&[(header::IF_NONE_MATCH, "\"42\"")]).is_err());
        assert!(parse(&[(header::IF_MATCH, "\"1\""), (header::IF_NONE_MATCH, "*")]).is_err());
    }
}
