//! What a caller may see of what is remarkable.

use api::lint::{About, LintView};
use domain::lint::Code;

use crate::{
    caller::{Caller, Readable, Visible},
    cluster::lints::Remark,
    error::Error,
    state::State,
};

/// How many things a remark names.
const NAMED: usize = 10;

/// What a caller may see.
pub struct Sight {
    pods: Visible,
    settings: Visible,
    services: Visible,
    policies: Visible,
}

impl Sight {
    /// What `caller` may see in these namespaces.
    pub async fn of(caller: &Caller, namespaces: &[String]) -> Result<Self, Error> {
        let (pods, settings, services, policies) = futures::try_join!(
            caller.may_read(Readable::Pods, namespaces),
            caller.may_read(Readable::Settings, namespaces),
            caller.may_read(Readable::Services, namespaces),
            caller.may_read(Readable::Policies, namespaces),
        )?;
        Ok(Self {
            pods,
            settings,
            services,
            policies,
        })
    }

    fn includes(&self, code: Code, about: &About) -> bool {
        let namespace = about.namespace.as_str();
        let thing = match about.kind.as_str() {
            "Global" | "SidecarSetting" | "Revision" => &self.settings,
            _ => &self.pods,
        };
        let services = !names_services(code) || self.services.includes(namespace);
        let policies = !names_policies(code) || self.policies.includes(namespace);
        thing.includes(namespace) && services && policies
    }

    /// The remark as far as it is about what is seen and `is_asked_for`; nothing, where that is nothing.
    #[must_use]
    pub fn view(&self, remark: &Remark, is_asked_for: impl Fn(&About) -> bool) -> Option<LintView> {
        let code = remark.lint.code;
        let about = remark.about.iter();
        let mut about: Vec<About> = about
            .filter(|about| self.includes(code, about) && is_asked_for(about))
            .cloned()
            .collect();
        if about.is_empty() {
            return None;
        }
        let total = about.len();
        about.truncate(NAMED);
        let clients = remark.lint.clients.iter();
        let clients = clients.filter(|client| self.pods.includes(client)).cloned();
        Some(LintView::of(&remark.lint, about, total, clients.collect()))
    }
}

/// What is remarkable about one thing, as far as `caller` may see it; nothing where that cannot be told.
pub async fn about(state: &State, caller: &Caller, thing: &About) -> Vec<LintView> {
    let Ok(sight) = Sight::of(caller, std::slice::from_ref(&thing.namespace)).await else {
        return Vec::new();
    };
    let remarks = state.cluster.remarks().await;
    let views = remarks
        .iter()
        .filter_map(|remark| sight.view(remark, |about| about == thing));
    views.collect()
}

fn names_services(code: Code) -> bool {
    matches!(code, Code::ServicePortNotContainerPort | Code::AutoMtlsBreaks)
}

fn names_policies(code: Code) -> bool {
    matches!(
        code,
        Code::AutoMtlsBreaks | Code::StrictNotEnforced | Code::AuthorizationPolicyNotEnforced
    )
}
