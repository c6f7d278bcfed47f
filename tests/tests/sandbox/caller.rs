//! An integrator with a plain HTTP client and a user at a browser.

use grantflow_tests::browser::{Browser, BrowserError};
use grantflow_tests::sandbox::Sandbox;
use grantflow_tests::sandbox::credentials::{FLOW_ACCOUNT, PASSWORD, REDIRECT_URI, USERNAME};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use serde_json::Value;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

pub(crate) struct Caller {
    pub(crate) sandbox: Sandbox,
    pub(crate) browser: Browser,
    pub(crate) agent: Agent,
}

impl Caller {
    pub(crate) fn start() -> Self {
        let sandbox = Sandbox::start().expect("the sandbox starts");
        Self { browser: Browser::new(sandbox.ca_pem()), agent: agent(sandbox.ca_pem()), sandbox }
    }

    pub(crate) fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        let request = self.agent.post(self.sandbox.url(path));
        Reply::of(request.send_form(form.iter().copied()))
    }

    pub(crate) fn post_json(&self, path: &str, body: &Value) -> Reply {
        let request = self.agent.post(self.sandbox.url(path));
        let request = request.header(CONTENT_TYPE, "application/json");
        let request = request.header(ACCEPT, "application/json");
        Reply::of(request.send(body.to_string()))
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        Reply::of(self.agent.get(self.sandbox.url(path)).call())
    }

    pub(crate) fn get_with(&self, path: &str, token: &str) -> Reply {
        let request = self.agent.get(self.sandbox.url(path));
        let request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        Reply::of(request.call())
    }

    /// The login URL, with these parameters in place of the usual ones or beside them.
    pub(crate) fn login_url(&self, changes: &[(&str, &str)]) -> String {
        let usual = [
            ("response_type", "code"),
            ("scope", "flowaccount-api offline_access"),
            ("client_id", FLOW_ACCOUNT.client_id),
            ("redirect_uri", REDIRECT_URI),
            ("state", "af0ifjs ldkj"),
        ];
        let is_changed = |name| changes.iter().any(|(changed, _)| *changed == name);
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(usual.iter().filter(|(name, _)| !is_changed(*name)))
            .extend_pairs(changes)
            .finish();
        self.sandbox.url(&format!("/connect/authorize?{query}"))
    }

    /// Logs in and connects this business.
    pub(crate) fn connect(
        &self,
        changes: &[(&str, &str)],
        support_code: &str,
    ) -> Result<String, BrowserError> {
        let url = self.login_url(changes);
        self.browser.log_in(&url, USERNAME, PASSWORD, support_code)
    }

    /// A `FlowAccount` token request with the credentials added.
    pub(crate) fn token(&self, environment: &str, form: &[(&str, &str)]) -> Reply {
        let mut form = form.to_vec();
        form.push(("client_id", FLOW_ACCOUNT.client_id));
        form.push(("client_secret", FLOW_ACCOUNT.client_secret));
        self.post_form(&format!("/{environment}/token"), &form)
    }

    pub(crate) fn exchange(&self, code: &str) -> Reply {
        let form =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT_URI)];
        self.token("test", &form)
    }

    pub(crate) fn refresh(&self, refresh_token: &str) -> Reply {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        self.token("test", &form)
    }
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn of(answer: Result<http::Response<ureq::Body>, ureq::Error>) -> Self {
        let mut answer = answer.expect("the sandbox answers");
        Self {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.body_mut().read_to_string().expect("the body is text"),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("the body is JSON")
    }

    /// A text field of the JSON body.
    pub(crate) fn text(&self, field: &str) -> String {
        let json = self.json();
        let text = json.get(field).and_then(Value::as_str);
        text.expect("the field is there").to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.expect("the header is there")
    }
}

pub(crate) fn agent(ca_pem: &str) -> Agent {
    let ca = Certificate::from_pem(ca_pem.as_bytes()).expect("the CA is a certificate");
    let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&[ca])).build();
    Agent::config_builder().tls_config(tls).proxy(None).http_status_as_error(false).build().into()
}

/// A parameter of a callback URL.
pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    form_urlencoded::parse(query.as_bytes())
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
}

/// The code of a callback URL.
pub(crate) fn code(url: &str) -> String {
    parameter(url, "code").expect("the callback has a code")
}
