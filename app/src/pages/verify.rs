//! Verify: what happens to a packet of a pod, by which rule, before and after the pod is made anew.

use crate::prelude::*;
use api::{
    FieldProblem, ask,
    trace::{PodVerdict, TraceAnswer, TraceQuery, TraceStep, TraceView},
    words::outcome_words,
};

use leptos_router::hooks::use_query_map;

use crate::{
    components::{
        live::{self, Kind},
        load::{Data, Load},
        namespace_filter::NamespaceFilter,
        origin::origin_words,
        page::PageHeader,
        uncertain::uncertain,
    },
    routes,
    ui::{
        badge::{Badge, Tone},
        empty::Empty,
        filter::{Choice, Filters, Search},
        notice::Notice,
        prose::Prose,
        query::use_url_query_beside,
        table::{Column, Table},
    },
};

mod earlier;
mod evidence;
mod proof;

pub(super) use self::earlier::{verification_page, verifications_page};
use self::proof::Proof;

/// The page.
pub(super) fn verify_page() -> AnyView {
    let asked = use_url_query_beside::<TraceQuery>("change");
    let query = use_query_map();
    let change = Memo::new(move |_| {
        query
            .with(|query| query.get("change"))
            .filter(|id| !id.is_empty())
    });
    let text = move |of: fn(TraceQuery) -> Option<String>| {
        Signal::derive(move || asked.get().ok().and_then(of).unwrap_or_default())
    };
    let choices = |options: &[(&str, &str)]| {
        let owned = |(value, words): &(&str, &str)| ((*value).to_owned(), (*words).to_owned());
        options.iter().map(owned).collect::<Vec<_>>()
    };
    // What cannot be asked is not sent: the reader is told while typing, by the rules that the server has too.
    let question = Memo::new(move |_| {
        let asked = asked.get().map_err(|why| vec![FieldProblem::new("", why)])?;
        asked.read().map(|_| asked)
    });
    // Of a question that can be asked only that it can: the answer's place stays while it is another.
    let lacks = Memo::new(move |_| question.with(|question| question.as_ref().err().cloned()));
    view! {
        <PageHeader
            title="Verify"
            trail=vec![("Workloads".to_owned(), None)]
            lead="What happens to a packet of a pod, or of all pods of a Deployment: round the sidecar or to it, by which rule, and which setting is behind it. \
                  Below, the pod itself can be asked."
                .to_owned()
        />
        <section class="panel" aria-labelledby="question">
            <h2 id="question">"What the rules say"</h2>
            <p>"Nothing is sent: the pod's rules are read."</p>
            <Filters label="Question" path=routes::VERIFY>
                <NamespaceFilter value=text(|asked| Some(asked.namespace))/>
                <Search name="pod" label="Pod" value=text(|asked| Some(asked.pod))/>
                <Search name="deployment" label="or Deployment" value=text(|asked| asked.deployment)/>
                <Choice
                    name="direction"
                    label="Direction"
                    options=choices(&[("", "Outbound"), ("inbound", "Inbound")])
                    value=text(|asked| asked.direction)
                />
                <Choice
                    name="protocol"
                    label="Protocol"
                    options=choices(&[("", "TCP"), ("udp", "UDP")])
                    value=text(|asked| asked.protocol)
                />
                <Search name="address" label="Address" value=text(|asked| asked.address)/>
                <Search name="port" label="Port" value=text(|asked| Some(asked.port))/>
                <Search name="source" label="From address" value=text(|asked| asked.source)/>
                {move || change.get().map(|id| view! { <input type="hidden" name="change" value=id/> })}
            </Filters>
            {move || match lacks.get() {
                Some(problems) => missing(problems),
                None => view! { <Answer question/> }.into_any(),
            }}
        </section>
        <Proof asked change/>
    }
    .into_any()
}

/// What the question still needs.
fn missing(problems: Vec<FieldProblem>) -> AnyView {
    let lines = problems
        .into_iter()
        .map(|problem| view! { <li><strong>{label(&problem.path)}</strong> " " <Prose text=problem.message/></li> })
        .collect_view();
    view! {
        <Empty title="What is asked is not complete">
            <ul>{lines}</ul>
        </Empty>
    }
    .into_any()
}

/// The name of a parameter's field.
fn label(path: &str) -> &'static str {
    match path {
        "namespace" => "Namespace:",
        "pod" => "Pod:",
        "deployment" => "Deployment:",
        "direction" => "Direction:",
        "protocol" => "Protocol:",
        "address" => "Address:",
        "port" => "Port:",
        "source" => "From address:",
        _ => "",
    }
}

#[component]
fn Answer(question: Memo<Result<TraceQuery, Vec<FieldProblem>>>) -> impl IntoView {
    let last = Memo::new(move |before: Option<&TraceQuery>| {
        question
            .get()
            .ok()
            .or_else(|| before.cloned())
            .unwrap_or_default()
    });
    let data = Data::about(Signal::derive(move || Ok(last.get())), ask::trace);
    live::on(&[Kind::Pods, Kind::Settings, Kind::Mesh], move || data.refetch());
    let gone = move || {
        let TraceQuery {
            namespace,
            pod,
            deployment,
            ..
        } = last.get();
        let (kind, name) = deployment.map_or(("pod", pod), |name| ("Deployment", name));
        view! {
            <Empty title="It is not there">
                <p>
                    "No " {kind} " " <code>{name}</code> " is in the namespace " <code>{namespace.clone()}</code> ". "
                    <a href=routes::pods(&api::pod::PodQuery { namespace: Some(namespace), ..Default::default() })>
                        "Show the pods there"
                    </a>
                </p>
            </Empty>
        }
        .into_any()
    };
    view! { <Load what="the answer" data gone view=|(_, answer)| answered(answer)/> }
}

fn answered(view: TraceView) -> AnyView {
    let TraceView {
        pod,
        packet,
        running,
        desired,
        pods,
        note,
        differs,
    } = view;
    let is_one = pod.kind == "Pod";
    let link = routes::owner(&pod.kind, &pod.namespace, &pod.name).unwrap_or_else(|| routes::PODS.to_owned());
    let way = link.clone();
    let differs = differs.then(|| {
        let (title, leads) = if is_one {
            (
                "This pod still runs an old setting",
                "Show the pod and where it differs",
            )
        } else {
            (
                "Some pods still run an old setting",
                "Show the Deployment and its pods",
            )
        };
        view! {
            <Notice tone=Tone::Warning title>
                <p>"A new pod in its place sends this packet another way. " <a href=way>{leads}</a></p>
            </Notice>
        }
    });
    let note = note.map(|note| {
        view! {
            <Notice tone=Tone::Info title="There is not an answer for each">
                <p><Prose text=note/></p>
            </Notice>
        }
    });
    let of = if is_one {
        " of the pod "
    } else {
        " of the pods of "
    };
    let namespace = pod.namespace.clone();
    let now = (!is_one && !pods.is_empty()).then(|| view! { <Now namespace pods/> });
    view! {
        {differs}
        {note}
        <p>{packet} {of} <a href=link>{pod.namespace} "/" {pod.name}</a></p>
        <div class="answers">
            {running.map(|answer| one("This pod", "Steps of this pod", answer))}
            {now}
            {desired.map(|answer| one("The next pod", "Steps of the next pod", answer))}
        </div>
    }
    .into_any()
}

/// Where each pod of a workload sends the packet now.
#[component]
fn Now(namespace: String, pods: Vec<PodVerdict>) -> impl IntoView {
    let rows = pods.into_iter().map(move |pod| {
        let link = routes::pod(&namespace, &pod.name);
        let PodVerdict {
            name,
            verdict,
            differs,
        } = pod;
        let (words, tone) = match &verdict {
            Some(verdict) => verdict_words(verdict),
            None => ("No answer", Tone::Quiet),
        };
        view! {
            <tr>
                <th scope="row"><a href=link>{name}</a></th>
                <td><Badge tone=tone>{words}</Badge></td>
                <td>{if differs { "another way after a restart" } else { "as the next one" }}</td>
            </tr>
        }
    });
    let columns = vec![Column::text("Pod"), Column::text("Now"), Column::text("Next")];
    view! {
        <section class="answer" aria-label="The pods now">
            <h3>"The pods now"</h3>
            <Table caption="Pods" columns=columns>{rows.collect_view()}</Table>
        </section>
    }
}

fn verdict_words(verdict: &str) -> (&'static str, Tone) {
    match verdict {
        "bypass" => ("Bypasses the sidecar", Tone::Info),
        "dns-proxy" => ("To the DNS proxy", Tone::Good),
        "dropped" => ("Dropped", Tone::Bad),
        _ => ("To the sidecar", Tone::Good),
    }
}

fn one(title: &'static str, caption: &'static str, answer: TraceAnswer) -> AnyView {
    let (words, tone) = verdict_words(&answer.verdict);
    let setting = answer.setting.map(|setting| {
        let from = answer
            .origin
            .map(|origin| view! { " from " <Prose text=origin_words(&origin)/> });
        view! { <p>"Setting: " <code>{setting}</code> {from}</p> }
    });
    let rule = match answer.rule {
        Some(rule) => view! { <p>"Rule: " <code class="answer-rule">{rule}</code></p> }.into_any(),
        None => view! { <p>"No rule matches."</p> }.into_any(),
    };
    let steps = (!answer.steps.is_empty()).then(|| {
        let columns = vec![
            Column::text("Step"),
            Column::number("Rules"),
            Column::text("Outcome"),
        ];
        let rows = answer.steps.into_iter().map(step).collect_view();
        view! { <Table caption columns=columns>{rows}</Table> }
    });
    view! {
        <section class="answer" aria-label=title>
            <h3>{title} " " <Badge tone=tone>{words}</Badge></h3>
            <p class="answer-sentence"><Prose text=answer.sentence/></p>
            {setting}
            {rule}
            {uncertain(answer.uncertain)}
            {steps}
        </section>
    }
    .into_any()
}

fn step(step: TraceStep) -> AnyView {
    let TraceStep {
        about,
        setting,
        outcome,
        rules,
        rules_total,
    } = step;
    let name = match setting {
        Some(setting) => view! { <code>{setting}</code> }.into_any(),
        None => about.into_any(),
    };
    let words = outcome_words(&outcome).to_owned();
    let first = rules.into_iter().next();
    view! {
        <tr data-outcome=outcome title=first>
            <th scope="row">{name}</th>
            <td class="number">{rules_total}</td>
            <td>{words}</td>
        </tr>
    }
    .into_any()
}
