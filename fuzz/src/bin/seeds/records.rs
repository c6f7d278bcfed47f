//! Seeds of what is loaded from outside: what the library writes, and what is near it. A byte 0x10 is a
//! secret.

use grantflow::partner::{cover_genius, flow_account, meed};
use grantflow::{Dialect, Scope};
use grantflow_fuzz::Setting;

use crate::Corpora;

pub fn write(corpora: &mut Corpora) {
    let dialects =
        [Dialect::default(), meed::dialect(), flow_account::dialect(), cover_genius::dialect()];
    for dialect in &dialects {
        put(corpora, 0, &serde_json::to_string(dialect).unwrap());
    }
    put(corpora, 0, r#"{"body": "json", "client_auth": "basic_raw", "error_text": ["detail"]}"#);
    put(corpora, 0, r#"{"bodies": "json"}"#);

    misplace(corpora, 1, TOKENS[0]);
    for tokens in TOKENS {
        put(corpora, 1, tokens);
        for (rest, mark) in SESSIONS {
            let session = format!(r#"{{"format":1,"origin":"o","tokens":{tokens}{rest}{mark}}}"#);
            put(corpora, 3, &session);
            misplace(corpora, 3, &session);
            for kind in [0, 1, 2, 6, 24] {
                let parts: [&[u8]; 2] = [session.as_bytes(), b" 7 changed\n"];
                corpora.put("file_store", &[kind, 30, 0, 7], &parts);
                corpora.put("file_store", &[kind, 0, 0, 7], &parts);
            }
        }
    }
    put(corpora, 3, r#"{"format":1,"origin":""}"#);
    put(corpora, 3, r#"{"format":2,"origin":"\u0010","mark":[]}"#);
    for file in ["", "grantflow-session-1", " 7 0123\n{}", "grantflow-session-2 7 0123\n{}"] {
        corpora.put("file_store", &[1, 0, 0, 0], &[file.as_bytes()]);
        corpora.put("file_store", &[2, 0, 0, 0], &[file.as_bytes(), b""]);
    }
    // All of it is left out behind the first byte, and none.
    corpora.put("file_store", &[6, 0, 0, 7], &[b"x", b""]);
    corpora.put("file_store", &[2, 3, 0, 7], &[b"x", b""]);

    let setting = Setting::new(0, b"");
    let scope: Scope = "read write".parse().unwrap();
    let plain = setting.login(scope.clone());
    let other = setting.login(scope).form_post().parameter("prompt", "\u{10}").unwrap();
    for login in [plain, other] {
        let login = login.resource("https://api.example/").unwrap();
        let login = serde_json::to_string(login.pending()).unwrap();
        misplace(corpora, 2, &login);
        put(corpora, 2, &login);
    }
}

/// A secret where a number should be, and where a name should be.
fn misplace(corpora: &mut Corpora, kind: u8, record: &str) {
    put(corpora, kind, &record.replacen(":1,", ":\"\u{10}\",", 1));
    put(corpora, kind, &record.replacen("\"format\"", "\"\u{10}\"", 1));
    put(corpora, kind, &record.replace("null", "\"\u{10}\"").replace("false", "\"\u{10}\""));
}

/// A record, and what the server answers to its first use.
fn put(corpora: &mut Corpora, kind: u8, record: &str) {
    let record = record.replace("\\u0010", "\u{10}");
    let headers = b"content-type: application/json".as_slice();
    for (status, body) in ANSWERS {
        // What fails of the store, or whose tokens they are.
        let between: &[&[u8]] = match kind {
            1 => &[b"\0\0", b"\x05\x01", b"\x7f\0"],
            3 => &[b"\0", b"\x01"],
            _ => &[b""],
        };
        for between in between {
            let status = [between, status.as_bytes()].concat();
            let parts = [record.as_bytes(), &status, headers, body.as_bytes()];
            corpora.put("records", &[0, 0, kind], &parts);
        }
    }
}

const ANSWERS: &[(&str, &str)] = &[
    (
        "200",
        r#"{"access_token":"at-2","token_type":"Bearer","expires_in":60,"refresh_token":"rt-2"}"#,
    ),
    ("400", "{\"error\":\"invalid_grant\",\"error_description\":\"\x10 is over\"}"),
    ("503", ""),
];

const TOKENS: &[&str] = &[
    "{\"format\":1,\"client_id\":\"app\",\"token_endpoint\":\"https://as.example.com/token\",\
      \"access_token\":\"at-1\",\"refresh_token\":\"\x10\",\"sent_at\":1700000000,\
      \"expires_in\":60,\"scope\":\"read write\",\"wider\":null,\"extra\":\"{\\\"a\\\":\\\"b\\\"}\"}",
    "{\"format\":1,\"client_id\":\"app\",\"token_endpoint\":\"https://as.example.com/token\",\
      \"access_token\":\"at-1\",\"sent_at\":1600000000,\"expires_in\":60,\"wider\":\"read\"}",
    "{\"format\":1,\"client_id\":\"\x10\",\"token_endpoint\":\"https://evil.example/token\",\
      \"access_token\":\"\x10\",\"sent_at\":1600000000}",
    "{\"format\":2,\"client_id\":\"app\",\"token_endpoint\":\"https://as.example.com/token\",\
      \"access_token\":\"a\",\"sent_at\":1}",
    "null",
];

const SESSIONS: &[(&str, &str)] = &[
    ("", ""),
    (r#","base":"b","lost":1"#, r#","mark":{"owner":"x-1","seconds":76,"lost":false}"#),
    (r#","lost":2,"vanished":true"#, r#","mark":{"owner":"x-1","seconds":30,"lost":true}"#),
    (r#","end":"refused""#, ""),
    (r#","end":"uncertain""#, r#","mark":null"#),
];
