//! The command line.

use std::error::Error;

use grantflow_ureq::grantflow::{BodyFormat, ClientAuth, Scope};
use lexopt::{Arg, Parser, ValueExt};

use crate::usage::Usage;

/// All that was said, and fits together.
pub(crate) struct Options {
    pub(crate) grant: Grant,
    pub(crate) client_id: String,
    /// None makes it a public client, and so does `--auth none`.
    pub(crate) secret_env: Option<String>,
    /// None leaves it to the server's metadata.
    pub(crate) auth: Option<ClientAuth>,
    pub(crate) body: BodyFormat,
    pub(crate) scope: Scope,
    pub(crate) extra: Vec<(String, String)>,
    pub(crate) issuer: Option<String>,
    pub(crate) token_endpoint: Option<String>,
    pub(crate) authorization_endpoint: Option<String>,
    pub(crate) device_endpoint: Option<String>,
    pub(crate) loopback_http: bool,
    pub(crate) redirect_uri: Option<String>,
    pub(crate) refresh_token_env: Option<String>,
    pub(crate) json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grant {
    ClientCredentials,
    AuthorizationCode,
    Device,
    RefreshToken,
}

/// What was said, option by option.
#[derive(Default)]
struct Said {
    values: Vec<(&'static str, String)>,
    extra: Vec<(String, String)>,
}

impl Options {
    /// None where only help was asked for.
    pub(crate) fn read(mut parser: Parser) -> Result<Option<Self>, Box<dyn Error>> {
        let mut said = Said::default();
        while let Some(argument) = parser.next().map_err(|_| unreadable())? {
            let name = match argument {
                Arg::Long("help") | Arg::Short('h') => return Ok(None),
                Arg::Long(name) => known(name)?,
                Arg::Short(_) | Arg::Value(_) => return Err(unreadable().into()),
            };
            let value = if FLAGS.contains(&name) {
                match parser.optional_value() {
                    None => String::new(),
                    Some(_) => return Err(Usage(format!("{name} takes no value")).into()),
                }
            } else {
                let no_value = |_| Usage(format!("{name} needs a value"));
                parser.value().map_err(no_value)?.string().map_err(|_| unreadable())?
            };
            said.add(name, value)?;
        }
        Self::new(said).map(Some)
    }

    fn new(mut said: Said) -> Result<Self, Box<dyn Error>> {
        let grant = match said.take("--grant").as_deref() {
            None | Some("client_credentials") => Grant::ClientCredentials,
            Some("authorization_code") => Grant::AuthorizationCode,
            Some("device") => Grant::Device,
            Some("refresh_token") => Grant::RefreshToken,
            Some(_) => return Err(one_of("--grant", GRANTS)),
        };
        let auth = match said.take("--auth").as_deref() {
            None => None,
            Some("none") => Some(None),
            Some("basic") => Some(Some(ClientAuth::Basic)),
            Some("basic-raw") => Some(Some(ClientAuth::BasicRaw)),
            Some("post") => Some(Some(ClientAuth::Post)),
            Some(_) => return Err(one_of("--auth", "basic, basic-raw, post or none")),
        };
        let body = match said.take("--body").as_deref() {
            None | Some("form") => BodyFormat::Form,
            Some("json") => BodyFormat::Json,
            Some(_) => return Err(one_of("--body", "form or json")),
        };
        let secret_env = said.take("--client-secret-env");
        if secret_env.is_none() && matches!(auth, Some(Some(_))) {
            return usage("--auth needs a secret to send; add --client-secret-env NAME");
        }
        let scope: Scope = match said.take("--scope") {
            Some(scope) => scope.parse().map_err(|error| Usage(format!("--scope: {error}")))?,
            None => Scope::default(),
        };
        let options = Self {
            grant,
            client_id: said.take("--client-id").ok_or(Usage("--client-id is missing".into()))?,
            secret_env: secret_env.filter(|_| auth != Some(None)),
            auth: auth.flatten(),
            body,
            scope,
            issuer: said.take("--issuer"),
            token_endpoint: said.take("--token-endpoint"),
            authorization_endpoint: said.take("--authorization-endpoint"),
            device_endpoint: said.take("--device-endpoint"),
            loopback_http: said.take("--insecure-loopback-http").is_some(),
            redirect_uri: said.take("--redirect-uri"),
            refresh_token_env: said.take("--refresh-token-env"),
            json: said.take("--json").is_some(),
            extra: said.extra,
        };
        options.check()
    }

    /// Finds what is missing before anything is sent.
    fn check(self) -> Result<Self, Box<dyn Error>> {
        let known = |given: &Option<String>| given.is_some() || self.issuer.is_some();
        match self.grant {
            _ if !known(&self.token_endpoint) => {
                usage("--token-endpoint is missing, or --issuer to find it")
            }
            Grant::ClientCredentials if self.secret_env.is_none() => usage(
                "--client-secret-env is missing; client credentials are for clients with a secret",
            ),
            Grant::AuthorizationCode if self.redirect_uri.is_none() => {
                usage("--redirect-uri is missing; give one that is registered for this client")
            }
            Grant::AuthorizationCode if !known(&self.authorization_endpoint) => {
                usage("--authorization-endpoint is missing, or --issuer to find it")
            }
            Grant::Device if !known(&self.device_endpoint) => {
                usage("--device-endpoint is missing, or --issuer to find it")
            }
            Grant::RefreshToken if self.refresh_token_env.is_none() => {
                usage("--refresh-token-env is missing")
            }
            Grant::RefreshToken if !self.scope.is_empty() => {
                usage("--scope has no place in a refresh, which asks for what was granted")
            }
            _ => Ok(self),
        }
    }
}

impl Said {
    fn add(&mut self, name: &'static str, value: String) -> Result<(), Usage> {
        if name == "--extra" {
            let (name, value) =
                value.split_once('=').ok_or(Usage("--extra takes NAME=VALUE".into()))?;
            self.extra.push((name.to_owned(), value.to_owned()));
            return Ok(());
        }
        if self.values.iter().any(|(other, _)| *other == name) {
            return Err(Usage(format!("{name} is given twice")));
        }
        self.values.push((name, value));
        Ok(())
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.values.iter().position(|(own, _)| *own == name)?;
        Some(self.values.swap_remove(at).1)
    }
}

/// The option of this name.
fn known(name: &str) -> Result<&'static str, Usage> {
    let is = |option: &&&str| option.strip_prefix("--") == Some(name);
    match OPTIONS.iter().chain(FLAGS).find(is) {
        Some(option) => Ok(option),
        None if SECRETS.contains(&name) => Err(Usage(format!(
            "a secret on the command line is seen by everybody on this machine; put it into an \
             environment variable and give its name by --{name}-env"
        ))),
        // As the user typed it, it may hold anything; an option's name does not.
        None if name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') => {
            Err(Usage(format!("there is no option --{name}")))
        }
        None => Err(unreadable()),
    }
}

fn one_of(option: &str, values: &str) -> Box<dyn Error> {
    Usage(format!("{option} is one of {values}")).into()
}

fn usage<T>(text: &str) -> Result<T, Box<dyn Error>> {
    Err(Usage(text.into()).into())
}

fn unreadable() -> Usage {
    Usage("there is an argument that is neither an option nor the value of one".into())
}

const OPTIONS: &[&str] = &[
    "--auth",
    "--authorization-endpoint",
    "--body",
    "--client-id",
    "--client-secret-env",
    "--device-endpoint",
    "--extra",
    "--grant",
    "--issuer",
    "--redirect-uri",
    "--refresh-token-env",
    "--scope",
    "--token-endpoint",
];

const FLAGS: &[&str] = &["--insecure-loopback-http", "--json"];

const SECRETS: &[&str] = &["client-secret", "refresh-token"];

const GRANTS: &str = "client_credentials, authorization_code, device or refresh_token";
