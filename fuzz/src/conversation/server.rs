//! What leaves, and what comes of it.

use std::fmt::Debug;

use grantflow::TransportErrorKind::{Connect, Interrupted, Timeout};
use grantflow::{BodyFormat, Exchange, Failed, TransportError};
use serde_json::Value;

use super::{Answer, Conversation, End, Secrets, Sent};
use crate::form;

/// What the server said last.
#[derive(Default)]
pub(super) struct Told {
    refresh_token: Option<String>,
    /// Whether whoever reads the answer must find it, though the rest of it is useless.
    is_sure: bool,
    may_refuse: bool,
}

impl Told {
    pub(super) fn refresh_token(&self) -> Option<String> {
        self.refresh_token.clone()
    }

    pub(super) fn is_of(&self, refresh_token: &str) -> bool {
        self.refresh_token.as_deref() == Some(refresh_token)
    }

    pub(super) fn is_sure(&self) -> bool {
        self.is_sure
    }

    pub(super) fn may_refuse(&self) -> bool {
        self.may_refuse
    }

    fn by(answer: &Answer) -> Self {
        let body = answer.body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&answer.body);
        let read = serde_json::from_slice::<Value>(body).unwrap_or_default();
        let text = |name: &str| read[name].as_str().filter(|text| !text.is_empty());
        Self {
            refresh_token: text("refresh_token").map(Into::into),
            is_sure: false,
            may_refuse: text("error").is_some(),
        }
    }
}

impl Conversation<'_> {
    /// Sends it, and again as long as that may help and the program likes to.
    pub(super) fn perform<E: Exchange + Debug>(
        &mut self,
        mut exchange: E,
        sent: &Sent,
        known: &Secrets,
    ) -> End<E::Output, E> {
        let mut lost = 0;
        let mut tries = 0;
        loop {
            tries += 1;
            self.secrets.assert_hidden_by(&exchange);
            self.check(&exchange, sent);
            // One that is spent by being used is not risked a third time.
            let is_spent_by_use = sent.code.is_some() || sent.refresh_token.is_some();
            assert!(lost < 2 || !is_spent_by_use, "it is sent a third time");
            let (failed, told) = match self.answer(exchange, sent, known, &mut lost) {
                Ok((output, told)) => return End::Done(output, told),
                Err(failed) => failed,
            };
            self.secrets.assert_hidden_by_failure(&failed);
            if tries > 5 || self.input.byte() & 1 == 0 {
                return End::Failed(failed, told);
            }
            match failed.retry() {
                Ok(again) => exchange = again,
                Err(failed) => return End::Failed(failed, told),
            }
        }
    }

    /// Nothing leaves that is not meant for this server, or is not the newest of its kind.
    fn check(&self, exchange: &impl Exchange, sent: &Sent) {
        let request = exchange.wire_request();
        assert_eq!(request.url(), format!("https://as.example.com/{}", sent.path));
        let provider = self.setting.client.provider();
        let is_json = sent.path == "token" && provider.dialect().body == BodyFormat::Json;
        let pairs = if is_json {
            let read: serde_json::Map<String, Value> =
                serde_json::from_slice(request.body()).unwrap();
            let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
            read.into_iter().map(|(name, value)| (name, text(value))).collect()
        } else {
            form(request.body())
        };
        let all = |wanted: &str| {
            let values = pairs.iter().filter(|(name, _)| name == wanted);
            values.map(|(_, value)| value.as_str()).collect::<Vec<_>>()
        };
        let is = |name, expected: &Option<String>| {
            assert_eq!(all(name), expected.as_deref().into_iter().collect::<Vec<_>>(), "{name}");
        };
        is("code", &sent.code);
        is("code_verifier", &sent.verifier);
        is("refresh_token", &sent.refresh_token);
        // The client's secret goes in one way, or in none where there is none.
        let in_header = request.headers().filter(|(name, _)| *name == "authorization").count();
        let is_public =
            self.setting.client.client_credentials(grantflow::Scope::default()).is_err();
        assert_eq!(in_header + all("client_secret").len(), usize::from(!is_public));
        assert!(!request.url().contains('?'));
    }

    fn answer<E: Exchange>(
        &mut self,
        exchange: E,
        sent: &Sent,
        known: &Secrets,
        lost: &mut u32,
    ) -> Result<(E::Output, Told), (Failed<E>, Told)> {
        let nothing = |exchange, kind| {
            let error = TransportError::new(kind, "no answer");
            Err((Failed::unanswered(exchange, error), Told::default()))
        };
        let now = self.now;
        let is_token = sent.path == "token";
        let (answer, told) = match self.input.byte() & 15 {
            0 | 1 => self.tokens(true, sent),
            2 => self.tokens(false, sent),
            3 if is_token => self.unreadable(),
            4 => {
                let text = String::from_utf8_lossy(self.input.part()).into_owned();
                let text = known.plant_text(&text);
                let body = serde_json::json!({"error": "invalid_grant", "error_description": text});
                let answer = Answer::json(400, body.to_string());
                let told = Told::by(&answer);
                (answer, told)
            }
            5 => (Answer::json(503, *b""), Told::default()),
            6 => (Answer::json(302, *b""), Told::default()),
            7 => {
                *lost += 1;
                return nothing(exchange, Timeout);
            }
            8 => {
                *lost += 1;
                return nothing(exchange, Interrupted);
            }
            9 => return nothing(exchange, Connect),
            _ => {
                let answer = Answer::read(&mut self.input, known);
                let told = Told::by(&answer);
                (answer, told)
            }
        };
        match exchange.receive(answer.response(), now) {
            Ok(output) => Ok((output, told)),
            Err(failed) => Err((failed, told)),
        }
    }

    /// A good answer of this endpoint, or one that is good at another.
    fn tokens(&mut self, rotates: bool, sent: &Sent) -> (Answer, Told) {
        if sent.path == "par" {
            let body = r#"{"request_uri":"urn:example:6esc","expires_in":60}"#;
            return (Answer::json(201, body), Told::default());
        }
        let mut body = serde_json::json!({
            "access_token": self.issue("at"), "token_type": "Bearer", "expires_in": 60,
        });
        let mut told = Told::default();
        if rotates {
            told.refresh_token = Some(self.issue("rt"));
            body["refresh_token"] = told.refresh_token.clone().into();
        }
        (Answer::json(200, body.to_string()), told)
    }

    /// The refresh token is another one, and the rest is of no use.
    fn unreadable(&mut self) -> (Answer, Told) {
        let refresh_token = self.issue("rt");
        let body = serde_json::json!({"access_token": 0, "refresh_token": refresh_token});
        let told = Told { refresh_token: Some(refresh_token), is_sure: true, may_refuse: false };
        (Answer::json(200, body.to_string()), told)
    }

    fn issue(&mut self, kind: &str) -> String {
        self.issued += 1;
        let token = format!("{kind}-{}-{}", self.setting.state, self.issued);
        self.secrets = self.secrets.with([token.clone()]);
        token
    }
}
