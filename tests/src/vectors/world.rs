//! Every public type that holds a secret, with a marker in the secret's place.

use std::error::Error as StdError;

use grantflow::flow::{AuthorizationCode, Granted};
use grantflow::wire::Body;
use grantflow::{
    AccessToken, BodyFormat, Client, ClientAuth, Exchange, Flow, PkceVerifier, Provider,
    RefreshPolicy, RefreshToken, Scope, Secret,
};
use serde_json::{Value, json};

use super::login::{self, Given};
use super::outcome::{Shown, Stop};
use super::replies::Reply;
use super::setup::{self, NOW};
use super::world_endpoints;

pub(super) struct World<'a> {
    pub(super) provider: &'a Provider,
    pub(super) client_id: &'a str,
    /// The secrets that are the marker; the others are harmless.
    pub(super) fields: &'a [&'a str],
    pub(super) marker: &'a str,
}

impl World<'_> {
    /// Renders it all, for each way in which a secret travels.
    pub(super) fn render(&self, shown: &mut Shown) -> Result<(), Stop> {
        self.values(shown);
        for body in [BodyFormat::Form, BodyFormat::Json] {
            for auth in [ClientAuth::Basic, ClientAuth::BasicRaw, ClientAuth::Post] {
                let provider = setup::with_dialect(self.provider.clone(), |dialect| {
                    (dialect.body, dialect.client_auth) = (body, auth);
                    // Where the partner has no refresh tokens, their types exist all the same.
                    dialect.refresh = RefreshPolicy::MayRotate;
                });
                let secret = Secret::new(self.value("client_secret"))?;
                let client = Client::new(self.client_id, secret, provider)?;
                shown.debug(&client);
                self.client_credentials(&client, shown)?;
                self.login(&client, shown)?;
                world_endpoints::render(self, &client, shown)?;
            }
        }
        Ok(())
    }

    pub(super) fn value(&self, field: &str) -> String {
        // A field may have words beside its name: `id_token extra`.
        let named = |other: &&str| other.split(' ').any(|word| word == field);
        if self.fields.iter().any(named) {
            self.marker.to_owned()
        } else {
            format!("a-harmless-{}", field.replace('_', "-"))
        }
    }

    /// As long as a verifier has to be.
    fn verifier(&self) -> String {
        format!("{:-<43}", self.value("code_verifier"))
    }

    /// The secrets themselves, and the errors of those that are refused.
    fn values(&self, shown: &mut Shown) {
        let value = |field: &str| self.value(field);
        let bad = |field: &str| format!("{}\r\n", self.value(field));
        show(shown, Secret::new(value("client_secret")));
        show(shown, Secret::new(bad("client_secret")));
        show(shown, AccessToken::new(value("access_token")));
        show(shown, AccessToken::new(bad("access_token")));
        show(shown, RefreshToken::new(value("refresh_token")));
        show(shown, RefreshToken::new(bad("refresh_token")));
        show(shown, AuthorizationCode::new(value("code")));
        show(shown, AuthorizationCode::new(bad("code")));
        show(shown, PkceVerifier::new(self.verifier()));
        show(shown, PkceVerifier::new(bad("code_verifier")));
        shown.debug(&setup::entropy());
        shown.debug(&Body::new(self.tokens().to_string().into_bytes()));
    }

    pub(super) fn tokens(&self) -> Value {
        json!({
            "access_token": self.value("access_token"),
            "refresh_token": self.value("refresh_token"),
            "id_token": self.value("id_token"),
            "nested": {"secrets": [self.value("extra"), self.value("device_code")]},
            "token_type": "Bearer",
            "expires_in": 3600,
        })
    }

    fn client_credentials(&self, client: &Client, shown: &mut Shown) -> Result<(), Stop> {
        let flow = client.client_credentials(Scope::default())?;
        let flow = flow.parameter("client_password", &self.value("extra"))?;
        exchange(&flow, shown);
        let reply = Reply::json(&self.tokens());
        shown.debug(&reply.response());
        let granted: Flow<Granted> = flow.receive(reply.response(), NOW)?;
        shown.debug(&granted);
        shown.debug(&granted.into_tokens());
        self.broken_answers(client, shown)
    }

    /// Answers that hold the secrets and cannot be used, and what is said about them.
    fn broken_answers(&self, client: &Client, shown: &mut Shown) -> Result<(), Stop> {
        let whole = self.tokens().to_string();
        let token = self.value("access_token");
        let mut bodies = vec![
            whole.clone() + "x",
            whole.replace('}', ","),
            format!("[{whole}]"),
            format!("{{\"{token}\":1,\"{token}\":2}}"),
        ];
        for (name, value) in [
            ("access_token", json!([token])),
            ("access_token", json!(format!("{token}\u{7f}"))),
            ("refresh_token", json!({"value": self.value("refresh_token")})),
            ("expires_in", json!(token)),
            ("scope", json!([token])),
            ("token_type", json!(token)),
            ("error", json!({"code": token})),
        ] {
            let mut body = self.tokens();
            if let Some(member) = body.as_object_mut() {
                member.insert(name.to_owned(), value);
            }
            bodies.push(body.to_string());
        }
        for (status, body) in bodies
            .into_iter()
            .flat_map(|body| [(200, body.clone()), (400, body.clone()), (500, body)])
        {
            let reply = Reply::with_status(status, body.into_bytes());
            let flow = client.client_credentials(Scope::default())?;
            show(shown, flow.receive(reply.response(), NOW));
        }
        Ok(())
    }

    fn login(&self, client: &Client, shown: &mut Shown) -> Result<(), Stop> {
        let verifier = self.verifier();
        let state = self.value("state");
        let start = || {
            let given =
                Given { verifier: Some(&verifier), state: Some(&state), ..Given::default() };
            given.start(client, setup::REDIRECT_URI.parse()?)
        };
        let login = start()?;
        shown.debug(&login);
        shown.debug(&login.pending());
        shown.debug(&login.pending().state());
        shown.debug(&login.authorization_url()?);
        world_endpoints::push(start()?, shown)?;
        let code = self.value("code");
        for answer in [
            format!("code={code}&state=another"),
            format!("code={code}&state={state}&access_token={code}"),
            format!("code={code}&state={state}&error={code}"),
            format!("code={code}&state={state}&code={code}"),
            format!("code={code}%0A&state={state}"),
            format!("code={code}"),
        ] {
            let url = format!("{}?{answer}", setup::REDIRECT_URI);
            show(shown, start()?.callback(&url, NOW));
        }
        let redirect_uri = setup::REDIRECT_URI.parse()?;
        let exchanging = login::back_with(login, &redirect_uri, &code)?;
        shown.debug(&exchanging.code());
        exchange(&exchanging, shown);
        let reply = Reply::json(&self.tokens());
        let authorized = exchanging.receive(reply.response(), NOW)?;
        shown.debug(&authorized);
        shown.debug(&authorized.record());
        let mut request = http::Request::new(());
        *request.uri_mut() = http::Uri::from_static("https://api.example.com/x");
        let api = ["https://api.example.com".parse()?];
        authorized.tokens().authorize(&mut request, &api)?;
        shown.debug(&request);
        let record = login::record(
            &self.value("access_token"),
            &self.value("refresh_token"),
            &Scope::default(),
        );
        let refreshing = login::held(client, record)?.refresh()?;
        exchange(&refreshing, shown);
        let refreshed = refreshing.receive(reply.response(), NOW)?;
        shown.debug(&refreshed);
        shown.debug(&refreshed.record());
        shown.debug(&refreshed.stored());
        Ok(())
    }
}

pub(super) fn exchange<E: Exchange + std::fmt::Debug>(exchange: &E, shown: &mut Shown) {
    shown.debug(exchange);
    shown.debug(&exchange.wire_request());
    shown.debug(&exchange.request());
    shown.debug(&exchange.request().body());
}

pub(super) fn show<T: std::fmt::Debug, E: StdError + 'static>(
    shown: &mut Shown,
    result: Result<T, E>,
) {
    match result {
        Ok(value) => shown.debug(&value),
        Err(error) => shown.error(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marker_is_where_the_secret_is_and_nowhere_else() {
        let provider = Provider::new(setup::TOKEN_ENDPOINT.parse().unwrap())
            .with_authorization_endpoint(setup::AUTHORIZATION_ENDPOINT.parse().unwrap());
        let fields = ["code", "code_verifier", "id_token extra"];
        let world =
            World { provider: &provider, client_id: "c", fields: &fields, marker: "SECRETMARK" };
        let secret = Secret::new(world.value("client_secret")).unwrap();
        assert!(!secret.expose().contains("SECRETMARK"));
        let client = Client::new("c", secret, provider.clone()).unwrap();
        let redirect_uri = setup::REDIRECT_URI.parse().unwrap();
        let verifier = world.verifier();
        let given = Given { verifier: Some(&verifier), ..Given::default() };
        let login = given.start(&client, setup::REDIRECT_URI.parse().unwrap()).unwrap();
        let flow = login::back_with(login, &redirect_uri, &world.value("code")).unwrap();
        let body = String::from_utf8(flow.wire_request().body().to_vec()).unwrap();
        assert!(body.contains("code=SECRETMARK&"), "{body}");
        assert!(body.contains("code_verifier=SECRETMARK"), "{body}");
        let tokens = world.tokens();
        assert_eq!(tokens["id_token"], "SECRETMARK");
        assert_ne!(tokens["access_token"], "SECRETMARK");
    }
}
