//! What each kind of server does.

use std::time::Duration;

use super::Hostile;
use super::act::{Act, head, say};
use super::bomb::gzip_bomb;

impl Hostile {
    /// What it does on each connection; `elsewhere` is the port of the second server.
    pub(super) fn acts(self, elsewhere: u16) -> Vec<Act> {
        let mut acts = match self {
            Self::Redirect307 => vec![
                head(&[
                    "HTTP/1.1 307 Temporary Redirect",
                    &format!("Location: http://127.0.0.1:{elsewhere}/token"),
                    "Content-Length: 0",
                ]),
                Act::Again,
            ],
            Self::EndlessBody => vec![
                head(&[OK, JSON, "Connection: close"]),
                say(r#"{"access_token":""#),
                Act::Repeat("a", usize::MAX),
            ],
            Self::Drip => {
                vec![head(&[OK, JSON, "Content-Length: 100000"]), say("{"), Act::Drip(" ")]
            }
            Self::GzipBomb => {
                let bomb = gzip_bomb(64 * 1024 * 1024);
                let length = format!("Content-Length: {}", bomb.len());
                vec![head(&[OK, JSON, "Content-Encoding: gzip", &length]), Act::Say(bomb.into())]
            }
            Self::ShortBody => {
                vec![head(&[OK, JSON, "Content-Length: 1000"]), say(HALF_TOKEN)]
            }
            Self::LateHangUp => vec![Act::Pause(Duration::from_millis(200))],
            Self::KeepAlive | Self::SelfSigned => {
                let [head, body] = token();
                vec![head, body, Act::Again]
            }
            Self::OneAnswerEach => {
                let [head, body] = token();
                vec![head, body, Act::Request]
            }
            Self::SilentTls => return vec![Act::Hold],
            Self::HangUp | Self::ClosedPort => Vec::new(),
        };
        acts.insert(0, Act::Request);
        acts
    }
}

fn token() -> [Act; 2] {
    [head(&[OK, JSON, &format!("Content-Length: {}", TOKEN.len())]), say(TOKEN)]
}

pub(super) const OK: &str = "HTTP/1.1 200 OK";
pub(super) const JSON: &str = "Content-Type: application/json";
pub(super) const TOKEN: &str =
    r#"{"access_token":"a-token","token_type":"Bearer","expires_in":3600,"refresh_token":"next"}"#;
pub(super) const HALF_TOKEN: &str = r#"{"access_token":"half-a-to"#;
