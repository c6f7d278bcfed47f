//! A whole login and its refreshes, with a server, a browser and a network that do whatever the bytes
//! say. The model knows what may be sent: to this server only, and of each code and refresh token the
//! newest one that came, at most twice without an answer.

mod server;

use std::time::Duration;

use grantflow::flow::{Authorized, AwaitingCallback, Exchanging, Refreshing};
use grantflow::{Exchange, Failed, Flow, Scope, Timestamp};

use self::server::Told;
use crate::{Answer, Input, NOW, Secrets, Setting, form_value};

pub struct Conversation<'a> {
    input: Input<'a>,
    setting: Setting,
    now: Timestamp,
    /// All that nobody may see.
    secrets: Secrets,
    /// How many tokens the server has made up.
    issued: u32,
    /// The newest refresh token that came.
    refresh_token: Option<String>,
}

/// What a request has to have in it, where it is one of those that are spent.
#[derive(Clone, Default)]
struct Sent {
    path: &'static str,
    code: Option<String>,
    verifier: Option<String>,
    refresh_token: Option<String>,
}

/// What came of an exchange in the end.
enum End<T, E> {
    Done(T, Told),
    /// It failed, and is not tried again.
    Failed(Failed<E>, Told),
}

impl<'a> Conversation<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        let mut input = Input::new(bytes);
        let setting = Setting::new(input.choice(), bytes);
        let own = [&setting.state, &setting.verifier, &setting.grant].map(Clone::clone);
        let secrets = setting.secrets().with(own);
        Self { input, setting, now: NOW, secrets, issued: 0, refresh_token: None }
    }

    /// Goes on until somebody gives up, or there are no more bytes.
    pub fn run(mut self) {
        let Some(login) = self.log_in() else { return };
        let Some(exchanging) = self.call_back(login) else { return };
        let Some(mut session) = self.exchange(exchanging) else { return };
        for _ in 0..50 {
            match self.go_on(session) {
                Some(next) if !self.input.is_empty() => session = next,
                _ => return,
            }
        }
    }

    fn log_in(&mut self) -> Option<Flow<AwaitingCallback>> {
        let how = self.input.byte();
        let mut login = self.setting.login("read write".parse().unwrap());
        if how & 1 != 0 {
            login = login.form_post();
        }
        if how & 2 != 0 {
            login = login.resource("https://api.example/").unwrap();
        }
        if how & 4 != 0 {
            login = self.push(login)?;
        }
        // One that was pushed has had its one URL.
        let url = login.authorization_url();
        assert_eq!(url.is_ok(), how & 4 == 0);
        self.secrets.assert_hidden_by(&url);
        if how & 8 != 0 {
            login = self.keep(login);
        }
        self.secrets.assert_hidden_by(&login);
        Some(login)
    }

    fn push(&mut self, login: Flow<AwaitingCallback>) -> Option<Flow<AwaitingCallback>> {
        let known = self.setting.secrets().with([self.setting.state.clone()]);
        let sent = Sent { path: "par", ..Sent::default() };
        match self.perform(login.push().unwrap(), &sent, &known) {
            End::Done(pushed, _) => {
                self.secrets.assert_hidden_by(&pushed);
                let (url, login) = pushed.authorization_url(self.now).ok()?;
                self.secrets.assert_not_in(url.as_str());
                Some(login)
            }
            End::Failed(..) => None,
        }
    }

    /// In the user's session, where another process finds it.
    fn keep(&mut self, login: Flow<AwaitingCallback>) -> Flow<AwaitingCallback> {
        let url =
            |login: &Flow<_>| login.authorization_url().ok().map(|url| url.as_str().to_owned());
        let before = url(&login);
        let stored = serde_json::to_string(login.pending()).unwrap();
        let pending = serde_json::from_str(&stored).unwrap();
        let login = self.setting.client.resume_login(pending).unwrap();
        assert_eq!(url(&login), before);
        login
    }

    /// What comes to the redirect URI, until one has this login's state.
    fn call_back(&mut self, mut login: Flow<AwaitingCallback>) -> Option<Flow<Exchanging>> {
        for _ in 0..5 {
            let known = self.setting.secrets().with([self.setting.state.clone()]);
            let (state, code) = (&self.setting.state, form_value(&self.setting.grant));
            let issuer = "iss=https%3A%2F%2Fas.example.com";
            let (kind, way) = (self.input.byte(), self.input.byte());
            let query = match kind & 3 {
                0 => format!("code={code}&state={state}&{issuer}"),
                1 => format!("code=stolen&state={code}"),
                2 => {
                    let text = known.plant_text(self.input.text());
                    format!("error=access_denied&state={state}&{issuer}&error_description={text}")
                }
                _ => known.plant_text(self.input.text()),
            };
            self.now = self.now.saturating_add(Duration::from_secs(60 * u64::from(way >> 2)));
            let result = if way & 1 != 0 {
                let content_type = "application/x-www-form-urlencoded; charset=utf-8";
                login.callback_form(content_type, &query, self.now)
            } else {
                let place =
                    if way & 2 != 0 { "https://evil.example" } else { "https://app.example" };
                login.callback(&format!("{place}/cb?{query}"), self.now)
            };
            match result {
                Ok(exchanging) => {
                    assert!(query.contains(&**state), "a stranger's callback was taken");
                    self.secrets.assert_hidden_by(&exchanging);
                    return Some(exchanging);
                }
                Err(failed) => {
                    self.secrets.assert_hidden_by_failure(&failed);
                    login = failed.retry().ok()?;
                }
            }
        }
        None
    }

    fn exchange(&mut self, exchanging: Flow<Exchanging>) -> Option<Flow<Authorized>> {
        let code = exchanging.code().expose().to_owned();
        let has_verifier = self.setting.client.provider().dialect().pkce;
        let verifier = has_verifier.then(|| self.setting.verifier.clone());
        let known = self.setting.secrets().with([code.clone()]).with(verifier.clone());
        let sent = Sent { path: "token", code: Some(code), verifier, ..Sent::default() };
        let End::Done(session, told) = self.perform(exchanging, &sent, &known) else { return None };
        self.refresh_token = self.kept(&told);
        self.look_at(&session).then_some(session)
    }

    /// One thing that a program does with a session.
    fn go_on(&mut self, session: Flow<Authorized>) -> Option<Flow<Authorized>> {
        let what = self.input.byte();
        match what & 7 {
            0 => {
                let stored = serde_json::to_string(&session.record()).unwrap();
                let session = self.setting.client.resume(serde_json::from_str(&stored).unwrap());
                let session = session.unwrap();
                self.look_at(&session);
                Some(session)
            }
            1 => {
                self.now = self.now.saturating_add(Duration::from_secs(u64::from(what >> 3) * 60));
                Some(session)
            }
            2 if what & 8 != 0 => {
                self.revoke(session);
                None
            }
            _ => {
                let scope = if what & 16 == 0 { "" } else { "read" };
                let scope: Scope = scope.parse().unwrap();
                match session.refresh_for(scope) {
                    Ok(refreshing) if what & 7 == 3 => {
                        let session = refreshing.cancel().unwrap();
                        self.look_at(&session);
                        Some(session)
                    }
                    Ok(refreshing) => self.refresh(refreshing),
                    Err(failed) => {
                        self.secrets.assert_hidden_by_failure(&failed);
                        failed.retry().ok()
                    }
                }
            }
        }
    }

    fn refresh(&mut self, refreshing: Flow<Refreshing>) -> Option<Flow<Authorized>> {
        let newest = self.refresh_token.clone().unwrap();
        let known = self.setting.secrets().with([newest.clone()]);
        let refresh_token = Some(newest.clone());
        let sent = Sent { path: "token", refresh_token, ..Sent::default() };
        let session = match self.perform(refreshing, &sent, &known) {
            End::Done(refreshed, told) => {
                self.refresh_token = self.kept(&told).or(Some(newest));
                self.secrets.assert_hidden_by_scoped(&refreshed, refreshed.tokens().scope());
                refreshed.stored()
            }
            End::Failed(failed, told) => {
                let is_dead = failed.error().status().is_some_and(|status| status >= 300);
                let (session, error) = failed.into_authorized().ok().unwrap();
                self.secrets.assert_hidden_by_error(&error);
                let left = session.tokens().refresh_token().map(|token| token.expose().to_owned());
                // A new one that came with an answer which cannot be used is the one that lives.
                match &left {
                    Some(left) => assert!(
                        told.is_of(left) || *left == newest && !told.is_sure(),
                        "the newest refresh token is lost"
                    ),
                    None => assert!(is_dead || told.may_refuse(), "the refresh token is lost"),
                }
                self.refresh_token = left;
                session
            }
        };
        self.look_at(&session).then_some(session)
    }

    fn revoke(&mut self, session: Flow<Authorized>) {
        let access_token = session.tokens().access_token().expose().to_owned();
        let token = self.refresh_token.clone().unwrap_or(access_token);
        let revocation = session.revoke().unwrap();
        let body = crate::form(revocation.wire_request().body());
        assert_eq!(body[0], ("token".into(), token.clone()));
        let known = self.setting.secrets().with([token]);
        let sent = Sent { path: "revoke", ..Sent::default() };
        self.perform(revocation, &sent, &known);
    }

    /// The newest refresh token is there, and `false` where the server has made a scope of a secret,
    /// for scopes are shown.
    fn look_at(&self, session: &Flow<Authorized>) -> bool {
        let tokens = session.tokens();
        let refresh_token = tokens.refresh_token().map(|token| token.expose().to_owned());
        assert_eq!(refresh_token, self.refresh_token);
        let is_good = !self.secrets.are_in(tokens.scope().as_str());
        if is_good {
            self.secrets.assert_hidden_by(session);
            self.secrets.assert_hidden_by(&session.record());
        }
        is_good
    }

    fn kept(&self, told: &Told) -> Option<String> {
        let policy = self.setting.client.provider().dialect().refresh;
        told.refresh_token().filter(|_| policy != grantflow::RefreshPolicy::Never)
    }
}
