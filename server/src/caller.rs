//! Who is asking, and with whose rights a request acts.
//!
//! Every handler takes a [`Caller`]. Its client carries the caller's own credentials: the cluster, not the console,
//! decides what a write may do. What is read from the console's caches is filtered by [`Caller::may_read`].
//!
//! Two ways in. A request with `Authorization: Bearer …` acts with that token. In local mode (the console listens on
//! loopback) a request without one acts as the kubeconfig's user, as `kubectl` beside it would.

use std::{
    collections::HashMap,
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::extract::FromRequestParts;
use domain::name::{check_namespace, check_object};
use futures::{StreamExt, stream};
use http::{header, request::Parts};
use k8s_openapi::{NamespaceResourceScope, api::authentication::v1::SelfSubjectReview};
use kube::{
    Api, Client, Config, Resource,
    api::{ListParams, ObjectList, PostParams},
};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::{
    access_review,
    error::{Error, from_kube},
    reach::asking,
    state::State,
};

mod readable;

use self::readable::Question;
pub use self::readable::{Readable, Visible};

/// How long an answer about identity or rights is believed.
const BELIEVED: Duration = Duration::from_secs(20);
/// The same while the cluster does not answer: what was seen last is then shown to those who could see it last.
const BELIEVED_ALONE: Duration = Duration::from_mins(10);
/// How long the cluster may take to answer a question about identity or rights, or one read: a reader waits for it.
const SOON: Duration = Duration::from_secs(5);
/// How many callers are remembered; beyond it those whose answers are no longer believed are forgotten.
const REMEMBERED: usize = 1000;

/// Somebody asking, with a client that has their rights and no other.
#[derive(Clone)]
pub struct Caller {
    /// The user that the cluster knows.
    pub actor: Arc<str>,
    /// The groups that the cluster says the user is in.
    pub groups: Arc<[String]>,
    /// A client with the caller's credentials.
    pub client: Client,
    /// Why the cluster is not asked now: it does not answer.
    lost: Option<String>,
    access: Arc<Mutex<HashMap<Question, (Instant, bool)>>>,
}

impl Caller {
    /// Asks the cluster who `client` is.
    async fn identify(client: Client) -> Result<Self, Error> {
        let api = Api::<SelfSubjectReview>::all(client.clone());
        let (how, question) = (PostParams::default(), SelfSubjectReview::default());
        let review = soon(api.create(&how, &question), "ask who is calling").await?;
        let user = review
            .status
            .and_then(|status| status.user_info)
            .unwrap_or_default();
        let actor = user.username.ok_or_else(|| {
            Error::Unauthenticated("the cluster names no user for these credentials".into())
        })?;
        Ok(Self {
            actor: actor.into(),
            groups: user.groups.unwrap_or_default().into(),
            client,
            lost: None,
            access: Arc::default(),
        })
    }

    /// What of `kind` the caller may list: everywhere, or in which of `namespaces`.
    pub async fn may_read(&self, kind: Readable, namespaces: &[String]) -> Result<Visible, Error> {
        if self.may_list(kind, None).await? {
            return Ok(Visible::All);
        }
        let answers: Vec<Result<Option<String>, Error>> =
            stream::iter(namespaces.to_vec())
                .map(|namespace| async move {
                    Ok(self.may_list(kind, Some(&namespace)).await?.then_some(namespace))
                })
                .buffer_unordered(8)
                .collect()
                .await;
        let mut visible = Vec::new();
        for answer in answers {
            visible.extend(answer?);
        }
        visible.sort();
        Ok(Visible::In(visible))
    }

    /// What of `kind` a list may show: in the namespace that was asked for, or refused; else wherever the caller may.
    pub async fn shown(&self, kind: Readable, asked: Option<&str>, all: &[String]) -> Result<Visible, Error> {
        match asked {
            Some(namespace) => {
                self.must_read(kind, namespace).await?;
                Ok(Visible::In(vec![namespace.to_owned()]))
            }
            None => self.may_read(kind, all).await,
        }
    }

    /// Refuses unless the caller may list `kind` in `namespace`.
    pub async fn must_read(&self, kind: Readable, namespace: &str) -> Result<(), Error> {
        if self.may_list(kind, None).await? || self.may_list(kind, Some(namespace)).await? {
            Ok(())
        } else {
            let (_, resource) = kind.attributes();
            Err(Error::Forbidden(format!(
                "`{}` may not list {resource} in `{namespace}`",
                self.actor
            )))
        }
    }

    /// Why the caller may not `verb` the thing of this kind and name in `namespace`, or, without a name, any; `None`: they
    /// may.
    pub async fn refused(
        &self,
        kind: Readable,
        verb: &'static str,
        namespace: &str,
        name: Option<&str>,
    ) -> Result<Option<String>, Error> {
        let any = Question {
            verb,
            kind,
            namespace: Some(namespace.to_owned()),
            name: None,
        };
        if self.may(any.clone()).await? {
            return Ok(None);
        }
        // A role may also be for things of certain names.
        if let Some(name) = name
            && self
                .may(Question {
                    name: Some(name.to_owned()),
                    ..any
                })
                .await?
        {
            return Ok(None);
        }
        Ok(Some(format!(
            "`{}` may not {verb} {} in the namespace `{namespace}`: ask for the Kubernetes role that allows it",
            self.actor,
            kind.attributes().1
        )))
    }

    /// A thing as the cluster has it now, read with the caller's rights. `what` is its kind in words.
    pub async fn read<K>(&self, what: &str, namespace: &str, name: &str) -> Result<K, Error>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
    {
        let api = Api::<K>::namespaced(self.client.clone(), namespace);
        self.read_by(what, namespace, name, async move { api.get_opt(name).await })
            .await
    }

    /// The same, by this request for it.
    pub async fn read_by<T>(
        &self,
        what: &str,
        namespace: &str,
        name: &str,
        request: impl Future<Output = kube::Result<Option<T>>>,
    ) -> Result<T, Error> {
        // Names go into the API server's URL: what is no name must not get there.
        check_namespace(namespace).map_err(|error| Error::field("namespace", error.to_string()))?;
        check_object(name).map_err(|error| Error::field("name", error.to_string()))?;
        self.reach()?;
        soon(request, &format!("read {what} `{namespace}/{name}`"))
            .await?
            .ok_or_else(|| Error::NotFound(format!("{what} `{namespace}/{name}`")))
    }

    /// What the cluster lists of a kind now, with the caller's rights. `what` is the kind in words, of several.
    pub async fn list<K>(
        &self,
        what: &str,
        namespace: &str,
        which: &ListParams,
    ) -> Result<ObjectList<K>, Error>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
    {
        check_namespace(namespace).map_err(|error| Error::field("namespace", error.to_string()))?;
        self.reach()?;
        let api = Api::<K>::namespaced(self.client.clone(), namespace);
        soon(api.list(which), &format!("list {what} in `{namespace}`")).await
    }

    async fn may_list(&self, kind: Readable, namespace: Option<&str>) -> Result<bool, Error> {
        self.may(Question {
            verb: "list",
            kind,
            namespace: namespace.map(str::to_owned),
            name: None,
        })
        .await
    }

    /// Refuses while the cluster does not answer: waiting for it would only be longer.
    fn reach(&self) -> Result<(), Error> {
        match &self.lost {
            Some(why) => Err(Error::ClusterUnreachable(why.clone())),
            None => Ok(()),
        }
    }

    async fn may(&self, question: Question) -> Result<bool, Error> {
        if let Some((asked, answer)) = self.remembered().get(&question)
            && asked.elapsed() < believed(self.lost.as_ref())
        {
            return Ok(*answer);
        }
        self.reach()?;
        let asked = access_review::allows(&self.client, question.attributes());
        let allowed = soon(asked, "ask what it may do").await?;
        self.remembered().insert(question, (Instant::now(), allowed));
        Ok(allowed)
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<Question, (Instant, bool)>> {
        self.access.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes callers of requests.
#[derive(Clone)]
pub struct Callers {
    config: Arc<Config>,
    /// The kubeconfig's own user, in local mode.
    local: Option<Client>,
    known: Arc<Mutex<Known>>,
}

/// Callers by the hash of their token, with when the cluster was asked about them.
type Known = HashMap<[u8; 32], (Instant, Caller)>;

impl Callers {
    /// Callers of the cluster at `config`. `local`: a request without credentials acts as the kubeconfig's user.
    pub fn new(config: Config, local: bool) -> kube::Result<Self> {
        let config = asking(config);
        let local = local.then(|| Client::try_from(config.clone())).transpose()?;
        Ok(Self::with_client(config, local))
    }

    /// The same, with the local caller's client as it is.
    #[must_use]
    pub fn with_client(config: Config, local: Option<Client>) -> Self {
        Self {
            config: Arc::new(config),
            local,
            known: Arc::default(),
        }
    }

    /// The caller with these headers. `lost`: why the cluster is not asked now.
    async fn of(&self, headers: &http::HeaderMap, lost: Option<String>) -> Result<Caller, Error> {
        let token = bearer(headers)?;
        let key: [u8; 32] = Sha256::digest(token.unwrap_or_default().as_bytes()).into();
        if let Some((asked, caller)) = self.lock().get(&key)
            && asked.elapsed() < believed(lost.as_ref())
        {
            return Ok(Caller {
                lost,
                ..caller.clone()
            });
        }
        if let Some(why) = lost {
            return Err(Error::ClusterUnreachable(why));
        }
        let client = match (token, &self.local) {
            (Some(token), _) => self.client_with(token)?,
            (None, Some(local)) => local.clone(),
            (None, None) => {
                return Err(Error::Unauthenticated(
                    "the request carries no credentials".into(),
                ));
            }
        };
        let caller = Caller::identify(client).await?;
        let mut known = self.lock();
        if known.len() >= REMEMBERED {
            known.retain(|_, (asked, _)| asked.elapsed() < BELIEVED_ALONE);
        }
        known.insert(key, (Instant::now(), caller.clone()));
        Ok(caller)
    }

    /// A client to the same cluster that has nothing of the kubeconfig's credentials.
    fn client_with(&self, token: &str) -> Result<Client, Error> {
        let mut config = (*self.config).clone();
        config.auth_info = kube::config::AuthInfo {
            token: Some(token.to_owned().into()),
            ..Default::default()
        };
        Client::try_from(config).map_err(|error| from_kube(error, "use this token"))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn believed(lost: Option<&String>) -> Duration {
    if lost.is_some() { BELIEVED_ALONE } else { BELIEVED }
}

/// What the cluster answers to a question that somebody waits for. `doing` completes "may not …".
async fn soon<T>(asked: impl Future<Output = kube::Result<T>>, doing: &str) -> Result<T, Error> {
    // Boxed: the futures of the Kubernetes client are large, and handlers hold several.
    match tokio::time::timeout(SOON, Box::pin(asked)).await {
        Ok(answer) => answer.map_err(|error| from_kube(error, doing)),
        Err(_) => Err(Error::ClusterUnreachable(format!(
            "the cluster has not answered within {} s",
            SOON.as_secs()
        ))),
    }
}

fn bearer(headers: &http::HeaderMap) -> Result<Option<&str>, Error> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    value
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty())
        .map(|(_, token)| Some(token.trim()))
        .ok_or_else(|| Error::Unauthenticated("`Authorization` is not `Bearer <token>`".into()))
}

impl FromRequestParts<State> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Error> {
        let lost = state.cluster.contact.lost();
        state.callers.of(&parts.headers, lost).await
    }
}
