//! The built site: which folder under `pkg` it is, and its files.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use axum::{Router, body::Body};
use http::{HeaderValue, Response, header};
use leptos::config::LeptosOptions;
use serde::Deserialize;
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};

/// A site that `cargo xtask site` has built.
#[derive(Clone, Debug)]
pub struct Site {
    root: PathBuf,
    /// The folder of its files, named by the digest of their content.
    folder: String,
}

/// What the build says of itself, in `site.json`.
#[derive(Deserialize)]
struct Index {
    folder: String,
}

impl Site {
    /// Reads which site is in `root`.
    pub fn open(root: &Path) -> Result<Self> {
        let index = root.join("site.json");
        let read = || -> Result<Index> { Ok(serde_json::from_slice(&std::fs::read(&index)?)?) };
        let Index { folder } = read()
            .with_context(|| format!("no built site: cannot read {} (run `make site`)", index.display()))?;
        Ok(Self {
            root: root.to_owned(),
            folder,
        })
    }

    /// The files. What a name stands for never changes, so a browser that has one need not ask again.
    pub(crate) fn files(&self) -> Router {
        let keep = |response: &Response<Body>| {
            let found = response.status().is_success();
            Some(HeaderValue::from_static(if found {
                "public, max-age=31536000, immutable"
            } else {
                "no-store"
            }))
        };
        let files = ServeDir::new(self.root.join("pkg").join(&self.folder))
            .precompressed_br()
            .precompressed_gzip();
        let files = Router::new()
            .fallback_service(files)
            .layer(SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, keep));
        Router::new().nest(&format!("/pkg/{}", self.folder), files)
    }

    /// What Leptos wants to know of it.
    pub(crate) fn options(&self) -> LeptosOptions {
        LeptosOptions::builder()
            .output_name("sidestep")
            .site_root(self.root.to_string_lossy().into_owned())
            .site_pkg_dir(format!("pkg/{}", self.folder))
            .build()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::Request;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn files_are_kept_for_ever_and_missing_ones_not_at_all() -> Result<()> {
        let root = std::env::temp_dir().join(format!("sidestep-site-{}", std::process::id()));
        std::fs::create_dir_all(root.join("pkg/abc"))?;
        std::fs::write(root.join("site.json"), r#"{"folder":"abc","chunks":{}}"#)?;
        std::fs::write(root.join("pkg/abc/a.css"), "a{}")?;
        let files = Site::open(&root)?.files();
        let mut answers = Vec::new();
        for path in ["/pkg/abc/a.css", "/pkg/abc/b.css"] {
            let response = files
                .clone()
                .oneshot(Request::get(path).body(Body::empty())?)
                .await?;
            let kept = response.headers()[header::CACHE_CONTROL].to_str()?.to_owned();
            answers.push((response.status().as_u16(), kept));
        }
        assert_eq!(
            answers,
            [
                (200, "public, max-age=31536000, immutable".to_owned()),
                (404, "no-store".to_owned())
            ]
        );
        std::fs::remove_dir_all(root)?;
        Ok(())
    }

    #[test]
    fn a_folder_without_a_site_is_refused_with_the_way_out() {
        let error = Site::open(Path::new("/nowhere")).expect_err("there is none");
        assert!(error.to_string().contains("make site"), "{error}");
    }
}
