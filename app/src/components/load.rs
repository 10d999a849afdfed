//! Data on its way to a page: asked for, waited for, shown, refused, read again; one way for all pages.
//!
//! What is waited for and kept is text. Its types come in only where a page reads it, so that all pages share one resource,
//! one transition and one failure: compiled for each type they would be a third of the site.
#![cfg_attr(
    not(target_arch = "wasm32"),
    expect(clippy::result_large_err, reason = "a refusal is what the page shows")
)]

use std::{fmt, str::FromStr};

use api::{Ask, Client, Problem, json, unreadable::Unreadable};
use leptos::server::codee::string::FromToStringCodec;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    components::failure::Failure,
    prelude::*,
    ui::{badge::Tone, loading::Loading, notice::Notice, prose::Prose, steady::land},
};

/// What a page reads. `D` is a type of the API, alone or beside what it was asked about ([`Data::about`],
/// [`Data::about_with`]).
pub(crate) struct Data<D> {
    asked: Signal<Result<Asked, Problem>>,
    answer: Kept,
    read: fn(&Text) -> Result<D, Problem>,
}

impl<D> Clone for Data<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D> Copy for Data<D> {}

/// URLs of the API, and what they ask about, as JSON. An answer to `beside` is welcome, not needed.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Asked {
    about: String,
    url: String,
    beside: Option<String>,
}

/// What came of a question.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
enum Answer {
    Text(Text),
    Refused(Problem),
}

/// As JSON, on its way from the server's rendering to the browser.
impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Answer {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        json::read(text)
    }
}

/// Where an answer is kept; the server's rendering hands it on to the browser as text.
type Kept = Resource<Answer, FromToStringCodec>;

/// The answers to a question.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Text {
    asked: Asked,
    body: String,
    beside: Option<String>,
}

impl<T: DeserializeOwned> Data<T> {
    /// Begins to read what `ask` says, and again whenever it says something else.
    pub(crate) fn read(ask: impl Fn() -> Ask<T> + Send + Sync + 'static) -> Self {
        let asked = Signal::derive(move || {
            Ok(Asked {
                about: String::new(),
                url: ask().into_url(),
                beside: None,
            })
        });
        Self::new(asked, |text| Ask::answer(&text.asked.url, &text.body))
    }
}

impl<Q, T> Data<(Q, T)>
where
    Q: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    T: DeserializeOwned + 'static,
{
    /// Begins to read what is asked about `of`, and again whenever that is something else. The answer comes together with
    /// what it is about, so that what is shown is of one moment.
    pub(crate) fn about(of: Signal<Result<Q, String>>, ask: fn(&Q) -> Ask<T>) -> Self {
        let asked = Signal::derive(move || question(&of.get().map_err(bad_query)?, ask, None));
        Self::new(asked, |text| {
            Ok((about(text)?, Ask::answer(&text.asked.url, &text.body)?))
        })
    }
}

impl<Q, T, B> Data<(Q, T, Option<B>)>
where
    Q: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    T: DeserializeOwned + 'static,
    B: DeserializeOwned + 'static,
{
    /// The same, with what helps to read it: where that cannot be had, it is missing rather than in the way.
    pub(crate) fn about_with(
        of: Signal<Result<Q, String>>,
        ask: fn(&Q) -> Ask<T>,
        beside: fn() -> Ask<B>,
    ) -> Self {
        let asked =
            Signal::derive(move || question(&of.get().map_err(bad_query)?, ask, Some(beside().into_url())));
        Self::new(asked, |text| {
            let beside = text
                .beside
                .as_ref()
                .and_then(|beside| Ask::answer("", beside).ok());
            Ok((about(text)?, Ask::answer(&text.asked.url, &text.body)?, beside))
        })
    }
}

fn question<Q: Serialize, T: DeserializeOwned>(
    of: &Q,
    ask: fn(&Q) -> Ask<T>,
    beside: Option<String>,
) -> Result<Asked, Problem> {
    Ok(Asked {
        about: serde_json::to_string(of).map_err(|error| bad_query(error.to_string()))?,
        url: ask(of).into_url(),
        beside,
    })
}

fn about<Q: DeserializeOwned>(text: &Text) -> Result<Q, Problem> {
    Ask::answer(&text.asked.url, &text.asked.about)
}

/// What the page's own address asked for cannot be read.
fn bad_query(why: String) -> Problem {
    Problem::new(400, "unreadable", "The page's address could not be read", why)
        .with_way_out("go to the page by its link in the navigation")
}

impl<D> Data<D> {
    fn new(asked: Signal<Result<Asked, Problem>>, read: fn(&Text) -> Result<D, Problem>) -> Self {
        Self {
            asked,
            answer: answer(asked),
            read,
        }
    }

    /// Reads again what may have changed. What was refused is not asked for again, for no event says that rights have changed,
    /// and an address that cannot be read stays so. *Try again* asks all the same.
    pub(crate) fn refetch(self) {
        let refused = |answer: &Option<Answer>| matches!(answer, Some(Answer::Refused(problem)) if matches!(problem.status, 400..=403));
        if !self.answer.with_untracked(refused) {
            self.answer.refetch();
        }
    }

    /// Whether the last answer was that it is not there.
    pub(crate) fn is_gone(self) -> bool {
        self.answer.with_untracked(|answer| is_missing(answer.as_ref()))
    }

    /// The same for what is shown, and where [`Data::get`] may be.
    pub(crate) fn shows_none(self) -> bool {
        self.answer.with(|answer| is_missing(answer.as_ref()))
    }

    /// The newest answer, once there is one. Inside a [`Load`] or [`Follow`], or a `Transition`: elsewhere the server does not
    /// wait for it.
    pub(crate) fn get(self) -> Option<Result<D, Problem>> {
        self.answer.get().map(|answer| self.said(answer))
    }

    /// The same for a handler, which waits for nothing.
    pub(crate) fn get_untracked(self) -> Option<Result<D, Problem>> {
        self.answer.get_untracked().map(|answer| self.said(answer))
    }

    fn said(self, answer: Answer) -> Result<D, Problem> {
        match answer {
            Answer::Text(text) => (self.read)(&text),
            Answer::Refused(problem) => Err(problem),
        }
    }
}

fn is_missing(answer: Option<&Answer>) -> bool {
    matches!(answer, Some(Answer::Refused(problem)) if problem.status == 404)
}

fn answer(asked: Signal<Result<Asked, Problem>>) -> Kept {
    let client = expect_context::<Client>();
    Resource::new_str(
        move || asked.get(),
        move |asked| {
            let client = client.clone();
            async move {
                let asked = match asked {
                    Ok(asked) => asked,
                    Err(problem) => return Answer::Refused(problem),
                };
                let body = match client.text(&asked.url).await {
                    Ok(body) => body,
                    Err(problem) => return Answer::Refused(problem),
                };
                let beside = match &asked.beside {
                    Some(url) => client.text(url).await.ok(),
                    None => None,
                };
                Answer::Text(Text { asked, body, beside })
            }
        },
    )
}

/// Shows `data` by `view`, which is made again with every answer; for a list in which somebody works, see [`Follow`].
///
/// Until the first answer its place is kept. What was shown stays while it is read again, also when the console or the
/// cluster does not answer, which is then said above it.
#[component]
pub(crate) fn Load<D, V>(
    /// What is read, as in "Reading …" and "… could not be read".
    what: &'static str,
    data: Data<D>,
    view: V,
    /// What to say where it is not there (any more), instead of the general words.
    #[prop(optional, into)]
    gone: Option<ViewFn>,
    /// How the page words a refusal that it knows more about.
    #[prop(optional)]
    words: Option<fn(Problem) -> Problem>,
) -> impl IntoView
where
    D: 'static,
    V: Fn(D) -> AnyView + Send + Sync + 'static,
{
    let view = StoredValue::new(view);
    let read = data.read;
    let show: Show = Box::new(move |latest| {
        view! {
            {move || match latest.with(read) {
                Ok(value) => view.with_value(|view| view(value)),
                Err(problem) => failure(what, problem, data.answer),
            }}
        }
    });
    waited_for(what, data.asked, data.answer, show, gone, words)
}

/// Shows `data` by `view`, which is made once and gets them as a signal: made again, rows would become other rows under the
/// pointer.
#[component]
pub(crate) fn Follow<D, V>(
    /// What is read, as in "Reading …" and "… could not be read".
    what: &'static str,
    data: Data<D>,
    view: V,
    /// What to say where it is not there (any more), instead of the general words.
    #[prop(optional, into)]
    gone: Option<ViewFn>,
) -> impl IntoView
where
    D: Clone + PartialEq + Send + Sync + 'static,
    V: Fn(Signal<D>) -> AnyView + Send + Sync + 'static,
{
    waited_for(
        what,
        data.asked,
        data.answer,
        follow(what, data, view),
        gone,
        None,
    )
}

/// The same inside the view of another [`Follow`], which waits for both: what is made in there may be made more than once on
/// the server, and a place to wait of its own would be counted each time.
#[component]
pub(crate) fn FollowToo<D, V>(what: &'static str, data: Data<D>, view: V) -> impl IntoView
where
    D: Clone + PartialEq + Send + Sync + 'static,
    V: Fn(Signal<D>) -> AnyView + Send + Sync + 'static,
{
    let show = StoredValue::new(follow(what, data, view));
    view! { <Shown what asked=data.asked answer=data.answer show gone=None words=None/> }
}

/// Makes the view of answers.
type Show = Box<dyn Fn(Memo<Text>) -> AnyView + Send + Sync>;

fn follow<D, V>(what: &'static str, data: Data<D>, view: V) -> Show
where
    D: Clone + PartialEq + Send + Sync + 'static,
    V: Fn(Signal<D>) -> AnyView + Send + Sync + 'static,
{
    let read = data.read;
    Box::new(move |latest| match latest.with_untracked(read) {
        Ok(first) => {
            // An answer of another version of the server, in mid-visit: what was there stays.
            let value = Memo::new(move |last: Option<&D>| {
                let last = || last.cloned().unwrap_or_else(|| first.clone());
                latest.with(read).unwrap_or_else(|_| last())
            });
            view(value.into())
        }
        Err(problem) => failure(what, problem, data.answer),
    })
}

fn waited_for(
    what: &'static str,
    asked: Signal<Result<Asked, Problem>>,
    answer: Kept,
    show: Show,
    gone: Option<ViewFn>,
    words: Option<fn(Problem) -> Problem>,
) -> AnyView {
    let show = StoredValue::new(show);
    view! {
        <Transition fallback=move || view! { <Loading what/> }>
            // Its own component: what reads must be made inside, or the server would not wait for it.
            <Shown what asked answer show gone=gone.clone() words/>
        </Transition>
    }
    .into_any()
}

#[component]
fn Shown(
    what: &'static str,
    asked: Signal<Result<Asked, Problem>>,
    answer: Kept,
    show: StoredValue<Show>,
    gone: Option<ViewFn>,
    words: Option<fn(Problem) -> Problem>,
) -> AnyView {
    let latest = Memo::new(move |last: Option<&Option<Text>>| {
        let last = || last.cloned().flatten();
        match answer.get() {
            Some(Answer::Text(text)) => Some(text),
            None => last(),
            // A refusal is an answer; all else leaves open what is true now.
            Some(Answer::Refused(problem)) => last().filter(|last| {
                let same =
                    asked.with_untracked(|asked| asked.as_ref().is_ok_and(|asked| *asked == last.asked));
                problem.status >= 500 && same
            }),
        }
    });
    let shown = Memo::new(move |_| latest.with(Option::is_some));
    let problem = Memo::new(move |_| match answer.get()? {
        Answer::Text(_) => None,
        Answer::Refused(problem) => Some(problem),
    });
    let worded = move |problem| match words {
        Some(words) => words(problem),
        None => problem,
    };
    Effect::new(move |was_shown: Option<bool>| {
        let is_shown = shown.get();
        if was_shown == Some(true) && !is_shown {
            // What had the focus went with it.
            land();
        }
        is_shown
    });
    let content = move || {
        // On the server the memos may still be of the time before the answer when the wait for it ends, and the browser, which
        // has the answer at once, would find another page than it makes itself. In the browser each reading here would be one
        // more thing to wait for, and this be made again and again.
        let fresh = if cfg!(target_arch = "wasm32") {
            None
        } else {
            answer.get_untracked()
        };
        let (fresh, refused) = match fresh {
            Some(Answer::Text(text)) => (Some(text), None),
            Some(Answer::Refused(problem)) => (None, Some(problem)),
            None => (None, None),
        };
        let text = if shown.get() {
            latest.get_untracked()
        } else {
            fresh
        };
        let Some(first) = text else {
            return problem.get().or(refused).map(|problem| match &gone {
                Some(gone) if problem.status == 404 => gone.run(),
                _ => failure(what, worded(problem), answer),
            });
        };
        let text = Memo::new(move |last: Option<&Text>| {
            latest
                .get()
                .or_else(|| last.cloned())
                .unwrap_or_else(|| first.clone())
        });
        Some(show.with_value(|show| show(text)))
    };
    let old = move || {
        problem.get().filter(|_| shown.get()).map(|problem| {
            view! {
                <Notice tone=Tone::Warning title="This could not be read again: what is shown may be old">
                    <p><Prose text=worded(problem).to_string()/></p>
                </Notice>
            }
        })
    };
    view! {
        {move || old()}
        {move || content()}
    }
}

fn failure(what: &'static str, problem: Problem, answer: Kept) -> AnyView {
    view! { <Failure what problem on_retry=Callback::new(move |()| answer.refetch())/> }.into_any()
}
