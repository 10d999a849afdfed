//! What is remarkable about settings and workloads.

use api::{
    Problem,
    lint::{About, LintQuery, LintView, Lints},
};
use axum::extract::State as Shared;
use domain::lint::Code;

use super::paging::{self, Asked, Key, Value};
use crate::{
    caller::{Caller, Readable},
    cluster::lints,
    error::Error,
    extract::{Json, Query},
    remarks::Sight,
    state::State,
};

/// A remark with its place in the list.
#[derive(Clone)]
struct Row {
    view: LintView,
    code: Code,
    place: String,
}

/// List what is remarkable
///
/// What does not do what it seems to, and what breaks, in the whole mesh or in a namespace: the worst first, each said once with
/// everything that it is about and the caller may see.
#[utoipa::path(get, path = api::path::LINTS, tag = "settings", operation_id = "listLints", params(LintQuery), responses(
    (status = 200, body = Lints),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not list pods there"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "A parameter breaks rules"),
))]
pub(super) async fn list(
    Shared(state): Shared<State>,
    caller: Caller,
    Query(query): Query<LintQuery>,
) -> Result<Json<Lints>, Error> {
    let asked = Asked::by_name("lints", query.limit, query.cursor.as_deref())?;
    let code = query
        .code
        .as_ref()
        .map(|code| {
            code.parse::<Code>()
                .map_err(|error| Error::field("code", error.to_string()))
        })
        .transpose()?;
    state.cluster.ready()?;
    if let Some(namespace) = &query.namespace {
        caller.must_read(Readable::Pods, namespace).await?;
    }
    let names = state.cluster.snapshot().await.namespace_names();
    let sight = Sight::of(&caller, &names).await?;
    let remarks = state.cluster.remarks().await;
    let is_searched = paging::search(query.q.as_deref());
    let is_asked_for = |about: &About| {
        let in_namespace = query
            .namespace
            .as_ref()
            .is_none_or(|namespace| about.namespace == *namespace);
        in_namespace && is_searched(&about.name)
    };
    let rows: Vec<Row> = remarks
        .iter()
        .filter(|remark| code.is_none_or(|code| remark.lint.code == code))
        .filter_map(|remark| Some((remark.lint.code, sight.view(remark, is_asked_for)?)))
        .filter(|(_, view)| query.severity.is_none_or(|severity| view.severity == severity))
        .map(|(code, view)| Row {
            place: place(&view),
            code,
            view,
        })
        .collect();
    let page = asked.page(rows.iter().collect(), |row| Key {
        // The worst come first among the codes.
        column: Value::Number(row.code as i64),
        namespace: "",
        name: &row.place,
    });
    Ok(Json(Lints {
        items: page.items.into_iter().map(|row| row.view).collect(),
        total: page.total,
        next: page.next,
        unseen: lints::unseen(&state.cluster.stores),
    }))
}

/// What tells a remark from others of its code.
fn place(view: &LintView) -> String {
    let first = view.about.first();
    let first = first.map(|about| format!("{}/{}/{}", about.namespace, about.kind, about.name));
    let field = view.field.as_deref().unwrap_or_default();
    format!("{} {field} {}", first.unwrap_or_default(), view.sentence)
}
