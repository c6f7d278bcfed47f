//! A web application whose users connect their businesses: `cargo run --example login_web`
//!
//! ```text
//!   browser ──▶ main: routes ──▶ visitors: who is it, by a cookie
//!                   │
//!                   ├──▶ partner: logins, tokens, the API ──▶ FlowAccount, played by the sandbox
//!                   └──▶ pages: what is seen
//! ```

mod pages;
mod partner;
mod visitors;

use std::env;
use std::error::Error;
use std::sync::Arc;

use axum::extract::{Form, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST, HeaderName, ORIGIN,
    REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, serve};
use grantflow_hyper::grantflow::Advice;
use grantflow_tests::sandbox::Sandbox;
use grantflow_tests::scratch::Scratch;
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::pages::{Notice, page};
use crate::partner::{Business, Partner, Trouble};
use crate::visitors::{Visitor, Visitors};

/// Where users find this application. The partner knows the redirect URI that begins with it.
const HERE: &str = "http://127.0.0.1:3000";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::start()?; // plays the partner, with a certificate authority of its own
    let folder = Scratch::new(env::temp_dir(), "grantflow-login-web"); // in earnest, one that stays
    let partner = Partner::new(&sandbox, folder.store()?, &format!("{HERE}/callback"))?;
    let app = Arc::new(App::new(partner, &sandbox.url(""))?);

    // Behind a proxy, this is another address than the one that users know.
    let place = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".into());
    let listener = TcpListener::bind(&place).await.map_err(|error| {
        format!("nobody can listen at {place}; is it in use? LISTEN names another ({error})")
    })?;
    println!("Open {HERE}/ (it listens at {})", listener.local_addr()?);
    println!("Your browser will warn of the sandbox's own certificate: go on. Ctrl-C ends it.");
    // Requests that are under way end with it. What they do to sessions goes on, and is waited for.
    tokio::select! {
        served = serve(listener, routes(Arc::clone(&app))).into_future() => served?,
        stopped = tokio::signal::ctrl_c() => stopped?,
    }
    app.partner.settle().await?;
    println!("All sessions are saved.");
    Ok(())
}

/// What all requests share.
struct App {
    partner: Partner,
    visitors: Visitors,
    headers: [(HeaderName, HeaderValue); 5],
}

type Shared = State<Arc<App>>;

fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/style.css", get(style))
        .route("/connect", post(connect))
        .route("/callback", get(callback))
        .route("/call", post(call))
        .route("/refresh", post(refresh))
        .route("/disconnect", post(disconnect))
        .layer(from_fn_with_state(Arc::clone(&app), guard))
        .with_state(app)
}

impl App {
    fn new(partner: Partner, partners_pages: &str) -> Result<Self, Box<dyn Error>> {
        // A form is sent here, and the browser is sent on to the partner.
        let policy = format!(
            "default-src 'none'; style-src 'self'; form-action 'self' {partners_pages}; \
             base-uri 'none'; frame-ancestors 'none'"
        );
        let fixed = HeaderValue::from_static;
        let headers = [
            (CONTENT_SECURITY_POLICY, HeaderValue::try_from(policy)?),
            (X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
            // The callback's URL has a code in it.
            (REFERRER_POLICY, fixed("same-origin")),
            (CACHE_CONTROL, fixed("no-store")),
            (HeaderName::from_static("cross-origin-opener-policy"), fixed("same-origin")),
        ];
        Ok(Self { partner, visitors: Visitors::default(), headers })
    }
}

async fn guard(State(app): Shared, request: Request, next: Next) -> Response {
    let refused = refusal(request.method(), request.headers());
    let mut response = match refused {
        None => next.run(request).await,
        Some(refusal) => refusal.into_response(),
    };
    for (name, value) in &app.headers {
        response.headers_mut().insert(name, value.clone());
    }
    response
}

/// Only this application's own pages may ask for a change, and only under its own name.
fn refusal(method: &Method, headers: &HeaderMap) -> Option<(StatusCode, &'static str)> {
    let has = |name: HeaderName, value: &str| {
        headers.get(name).is_some_and(|sent| sent.as_bytes() == value.as_bytes())
    };
    if !has(HOST, HERE.trim_start_matches("http://")) {
        return Some((StatusCode::MISDIRECTED_REQUEST, "There is no such site here.\n"));
    }
    let is_ours = *method != Method::POST || has(ORIGIN, HERE);
    (!is_ours).then_some((StatusCode::FORBIDDEN, "This came from another site.\n"))
}

async fn home(State(app): Shared, headers: HeaderMap) -> Html<String> {
    let seen = app
        .visitors
        .with(id(&headers), |visitor| (visitor.businesses.clone(), visitor.notice.take()));
    let (businesses, notice) = seen.unwrap_or_default();
    Html(page(&businesses, notice.as_ref()))
}

async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("style.css"))
}

/// Sends the browser to the partner. What has to be known when it is back stays here.
async fn connect(State(app): Shared, headers: HeaderMap) -> Result<Response, Trouble> {
    let (url, pending) = app.partner.begin()?;
    let known = id(&headers).filter(|id| app.visitors.with(Some(id), |_| ()).is_some());
    let (id, cookie) = match known {
        Some(id) => (id.to_owned(), None),
        None => app.visitors.welcome().map(|id| (id.clone(), Some(cookie(&id))))?,
    };
    app.visitors.with(Some(&id), |visitor| visitor.login = Some(pending));
    Ok((cookie.map(|cookie| [(SET_COOKIE, cookie)]), Redirect::to(&url)).into_response())
}

async fn callback(State(app): Shared, headers: HeaderMap, uri: Uri) -> Result<Response, Trouble> {
    let take = |visitor: &mut Visitor| (visitor.login.take(), visitor.name.clone());
    let taken = app.visitors.with(id(&headers), take);
    let (Some(old_id), Some((Some(login), name))) = (id(&headers), taken) else {
        return Ok(Redirect::to("/").into_response());
    };
    match app.partner.finish(&login, &format!("{HERE}{uri}"), &name).await {
        Ok(business) => {
            // Whoever knew the identifier before the login does not know it after.
            let id = app.visitors.rename(old_id)?;
            app.visitors.with(Some(&id), |visitor| {
                visitor.notice = Some(Notice::good(format!("{} is connected.", business.name)));
                visitor.put(business);
            });
            Ok(([(SET_COOKIE, cookie(&id))], Redirect::to("/")).into_response())
        }
        Err(trouble) => {
            app.visitors.with(Some(old_id), |visitor| {
                visitor.notice = Some(Notice::of(&trouble, pages::NOT_CONNECTED));
                // A stranger's callback does not end the login.
                if trouble.advice == Advice::KeepWaiting {
                    visitor.login.get_or_insert(login);
                }
            });
            Ok(Redirect::to("/").into_response())
        }
    }
}

/// Which business a form is about.
#[derive(Deserialize)]
struct Chosen {
    business: String,
}

async fn call(State(app): Shared, headers: HeaderMap, form: Form<Chosen>) -> Redirect {
    app.work(&headers, &form, async |name, business| app.partner.call(name, business).await).await
}

async fn refresh(State(app): Shared, headers: HeaderMap, form: Form<Chosen>) -> Redirect {
    app.work(&headers, &form, async |name, business| app.partner.refresh(name, business).await)
        .await
}

async fn disconnect(State(app): Shared, headers: HeaderMap, form: Form<Chosen>) -> Redirect {
    app.work(&headers, &form, async |name, business| app.partner.disconnect(name, business).await)
        .await
}

impl App {
    /// Does something with a business of this visitor's, and shows what came of it.
    async fn work(
        &self,
        headers: &HeaderMap,
        Form(Chosen { business }): &Form<Chosen>,
        work: impl AsyncFnOnce(&str, &mut Business) -> Result<String, Trouble>,
    ) -> Redirect {
        let find = |visitor: &mut Visitor| {
            let mut all = visitor.businesses.iter();
            let found = all.find(|known| known.support_code == *business).cloned();
            found.map(|found| (visitor.name.clone(), found))
        };
        if let Some(Some((name, mut business))) = self.visitors.with(id(headers), find) {
            let outcome = work(&name, &mut business).await;
            self.visitors.with(id(headers), |visitor| {
                visitor.put(business);
                visitor.notice = Some(match outcome {
                    Ok(said) => Notice::good(said),
                    Err(trouble) => Notice::of(&trouble, pages::NO_LONGER_CONNECTED),
                });
            });
        }
        Redirect::to("/")
    }
}

/// The visitor's identifier, if it is one.
fn id(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    cookies.flat_map(|cookies| cookies.split("; ")).find_map(|it| it.strip_prefix("visitor="))
}

/// No script reads it, and other sites' forms do not send it; over https, nothing else does.
fn cookie(id: &str) -> String {
    let secure = if HERE.starts_with("https:") { "; Secure" } else { "" };
    format!("visitor={id}; Path=/; HttpOnly; SameSite=Lax{secure}")
}

/// Where it has no better page to stand on.
impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let page = page(&[], Some(&Notice::of(&self, pages::NOT_CONNECTED)));
        (StatusCode::INTERNAL_SERVER_ERROR, Html(page)).into_response()
    }
}
