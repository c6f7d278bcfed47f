//! What `FlowAccount` remembers: logins under way, codes, and the grants that came of them.

use std::collections::HashMap;
use std::time::Duration;

use super::super::credentials::Business;
use super::super::random::Random;
use super::super::vault::Vault;
use super::Environment;
use super::refreshes::{Loss, Refresh, Refreshes};

pub(in super::super) struct FlowAccount {
    /// Half-done logins, by the ticket that stands hidden in the form.
    pub(super) logins: Vault<Login>,
    codes: Vault<Code>,
    /// Which grant a spent code led to.
    spent: HashMap<String, GrantId>,
    pub(super) access_tokens: Vault<Grant>,
    refresh_tokens: Vault<Grant>,
    last_grant: GrantId,
    pub(super) refreshes: Refreshes,
}

impl FlowAccount {
    pub(in super::super) fn new() -> Self {
        Self {
            logins: Vault::new(),
            codes: Vault::new(),
            spent: HashMap::new(),
            access_tokens: Vault::new(),
            refresh_tokens: Vault::new(),
            last_grant: 0,
            refreshes: Refreshes::new(),
        }
    }

    pub(in super::super) fn lose_next_refresh(&mut self, loss: Loss) {
        self.refreshes.lose_next(loss);
    }

    pub(in super::super) fn refreshes(&self) -> &[Refresh] {
        self.refreshes.all()
    }

    /// A new code, alive for 150 minutes from now (F12).
    pub(super) fn issue_code(&mut self, random: &mut Random, now: Duration, code: Code) -> String {
        let key = random.string();
        let dies_at = now.saturating_add(CODE_LIFETIME);
        self.codes.put(key.clone(), code, dies_at);
        key
    }

    /// Spends a code, where `fits` agrees (F12).
    ///
    /// The partner has one authorization server for what are two environments here, so a code
    /// belongs to the environment that spends it. A second use ends what the first one started
    /// (RFC 6749, section 4.1.2).
    pub(super) fn spend_code(
        &mut self,
        key: &str,
        environment: Environment,
        now: Duration,
        fits: impl Fn(&Code) -> bool,
    ) -> Option<Grant> {
        if let Some(&grant) = self.spent.get(key) {
            self.access_tokens.keep_only(|token| token.id != grant);
            self.refresh_tokens.keep_only(|token| token.id != grant);
            return None;
        }
        if !self.codes.find(key, now).is_some_and(fits) {
            return None;
        }
        let code = self.codes.take(key, now)?;
        let grant = self.new_grant(environment, code.business, code.request.is_offline());
        self.spent.insert(key.to_owned(), grant.id);
        Some(grant)
    }

    /// Spends a refresh token: from here on it is dead (F10).
    pub(super) fn spend_refresh_token(
        &mut self,
        key: &str,
        environment: Environment,
        now: Duration,
    ) -> Option<Grant> {
        let grant = self.refresh_tokens.find(key, now)?;
        if grant.environment != environment {
            return None;
        }
        self.refresh_tokens.take(key, now)
    }

    pub(super) fn new_grant(
        &mut self,
        environment: Environment,
        business: &'static Business,
        offline: bool,
    ) -> Grant {
        self.last_grant = self.last_grant.saturating_add(1);
        Grant { id: self.last_grant, environment, business, offline }
    }

    pub(super) fn issue_tokens(
        &mut self,
        random: &mut Random,
        now: Duration,
        grant: Grant,
    ) -> Issued {
        let access_token = random.string();
        let dies_at = now.saturating_add(ACCESS_TOKEN_LIFETIME);
        self.access_tokens.put(access_token.clone(), grant, dies_at);

        // F8, F11: as every request for an access token makes a new refresh token, its day starts
        // with it.
        let refresh_token = grant.offline.then(|| {
            let refresh_token = random.string();
            let dies_at = now.saturating_add(REFRESH_TOKEN_LIFETIME);
            let tokens = &mut self.refresh_tokens;
            tokens.put(refresh_token.clone(), grant, dies_at);
            refresh_token
        });
        Issued { access_token, expires_in: ACCESS_TOKEN_LIFETIME.as_secs(), refresh_token }
    }
}

/// A good authorization request, as it was sent (F2).
pub(in super::super) struct AuthorizationRequest {
    pub(super) redirect_uri: &'static str,
    pub(super) scope: String,
    pub(super) state: Option<String>,
    /// PKCE is not on the partner's page; who sends a challenge has to bring the verifier.
    pub(super) code_challenge: Option<String>,
}

impl AuthorizationRequest {
    fn is_offline(&self) -> bool {
        self.scope.split(' ').any(|scope| scope == OFFLINE_ACCESS)
    }
}

pub(in super::super) struct Login {
    pub(super) request: AuthorizationRequest,
    pub(super) signed_in: bool,
}

pub(in super::super) struct Code {
    pub(super) request: AuthorizationRequest,
    pub(super) business: &'static Business,
}

/// What a token stands for: one business, in one environment (F7, F14).
#[derive(Clone, Copy)]
pub(in super::super) struct Grant {
    id: GrantId,
    pub(super) environment: Environment,
    pub(super) business: &'static Business,
    offline: bool,
}

type GrantId = u64;

pub(super) struct Issued {
    pub(super) access_token: String,
    pub(super) expires_in: u64,
    pub(super) refresh_token: Option<String>,
}

/// The scope that every request has.
pub(super) const API: &str = "flowaccount-api";
/// The scope that brings a refresh token (F8).
pub(super) const OFFLINE_ACCESS: &str = "offline_access";

const CODE_LIFETIME: Duration = Duration::from_secs(150 * 60);
/// The page names none.
const ACCESS_TOKEN_LIFETIME: Duration = Duration::from_secs(3600);
const REFRESH_TOKEN_LIFETIME: Duration = Duration::from_secs(24 * 3600);
