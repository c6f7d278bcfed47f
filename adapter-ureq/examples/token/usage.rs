//! What is printed of the options, and what is said where they are wrong.

use std::error::Error;
use std::fmt;

/// A mistake on the command line. It never repeats a value, which may be a secret in a wrong place.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; see --help", self.0)
    }
}

impl Error for Usage {}

pub(crate) const HELP: &str = "\
Gets an access token from an OAuth 2.0 server and prints it:

    curl -H \"Authorization: Bearer $(token --token-endpoint https://as.example.com/token \\
        --client-id app --client-secret-env APP_SECRET)\" https://api.example.com/

Usage: token --client-id ID (--token-endpoint URL | --issuer URL) [OPTION]...

Which server
  --token-endpoint URL          where tokens are asked for
  --issuer URL                  ask the server itself where its endpoints are (RFC 8414, or else
                                OpenID Connect Discovery); those given here win
  --authorization-endpoint URL  the login page, for --grant authorization_code
  --device-endpoint URL         for --grant device
  --insecure-loopback-http      let URLs be http where the host is 127.0.0.1 or [::1]

Which client
  --client-id ID
  --client-secret-env NAME      the environment variable that holds the client's secret; without
                                one it is a public client
  --auth WAY                    how the secret is sent: basic (the default, unless the issuer says
                                otherwise), basic-raw (not encoded), post (in the body), or none
  --body FORMAT                 how token requests are written: form (the default) or json

What for
  --grant GRANT                 client_credentials (the default), authorization_code, device or
                                refresh_token
  --scope SCOPE                 what the token is to be good for; several words in quotes
  --extra NAME=VALUE            one more parameter, as often as you like: of the login page's URL,
                                of the device's request for its codes, or of the token request
  --redirect-uri URI            where the browser comes back to after a login: one of this machine
                                with a port (http://127.0.0.1:8000/callback; port 0 takes a free
                                one) is listened at, for any other you paste the URL
  --refresh-token-env NAME      the environment variable that holds the refresh token; where the
                                server gives a new one for it, only --json prints that

What is printed
  --json                        an object with all that came: access_token, token_type, expires_at
                                (seconds since 1970), scope, refresh_token, the server's own fields
  --help                        this

Standard output has the token and nothing else. Exit status: 0, or 1 with a sentence on standard
error that says what to do.
";
