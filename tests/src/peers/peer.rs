//! Which servers there are.

/// A server that somebody else wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    OidcProvider,
    Authlib,
    NodeOauth2,
}

impl Peer {
    pub(super) const ALL: [Self; 3] = [Self::OidcProvider, Self::Authlib, Self::NodeOauth2];

    /// Its place among all.
    pub(super) fn index(self) -> usize {
        match self {
            Self::OidcProvider => 0,
            Self::Authlib => 1,
            Self::NodeOauth2 => 2,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::OidcProvider => "oidc-provider",
            Self::Authlib => "Authlib",
            Self::NodeOauth2 => "@node-oauth/oauth2-server",
        }
    }

    /// As what installs it says.
    pub(super) fn version(self) -> &'static str {
        let (said, before) = match self {
            Self::OidcProvider => {
                (include_str!("../../peers/oidc-provider/package.json"), "\"oidc-provider\": \"")
            }
            Self::Authlib => (include_str!("../../peers/authlib/requirements.txt"), "authlib=="),
            Self::NodeOauth2 => (
                include_str!("../../peers/node-oauth2-server/package.json"),
                "\"@node-oauth/oauth2-server\": \"",
            ),
        };
        let version = said.split_once(before).map_or("", |(_, version)| version);
        version.split(['"', ' ']).next().unwrap_or_default()
    }

    /// The folder that it stands in, and what starts it there.
    pub(super) fn program(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::OidcProvider => ("oidc-provider", "node", "server.mjs"),
            Self::Authlib => ("authlib", "venv/bin/python", "server.py"),
            Self::NodeOauth2 => ("node-oauth2-server", "node", "server.mjs"),
        }
    }
}
