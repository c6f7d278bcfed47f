//! Whole conversations: requests, answers, tokens in use, records.

use std::hint::black_box;

use grantflow::{
    BodyFormat, ClientAuth, Exchange, PendingDevice, PendingLogin, Scope, TokenRecord,
};

use super::{leaves_nothing, receive, text, written};

#[test]
fn a_clients_own_token_leaves_nothing() {
    let ways = [
        (ClientAuth::Post, BodyFormat::Form),
        (ClientAuth::Post, BodyFormat::Json),
        (ClientAuth::Basic, BodyFormat::Form),
    ];
    for (number, (auth, format)) in (10..).zip(ways) {
        leaves_nothing(number, |cast, held| {
            let client = cast.client(auth, format);
            let requesting = client.client_credentials(Scope::default()).unwrap();
            let plain = requesting.wire_request();
            let request = requesting.request();
            held(&[if auth == ClientAuth::Basic { cast.basic } else { cast.secret }]);
            drop((plain, request));
            let granted = receive(requesting, 200, &cast.answer()).unwrap();
            let tokens = granted.into_tokens();
            let mut call = http::Request::get("https://api.example.com/x").body(()).unwrap();
            tokens.authorize(&mut call, &["https://api.example.com".parse().unwrap()]).unwrap();
            held(&[cast.access, cast.id_token]);
        });
    }
}

#[test]
fn a_login_and_a_refresh_leave_nothing() {
    leaves_nothing(20, |cast, held| {
        let client = cast.client(ClientAuth::Post, BodyFormat::Form);
        let exchanging = cast.back(cast.login(&client));
        let request = exchanging.request();
        held(&[cast.code, cast.verifier]);
        drop(request);
        let authorized = receive(exchanging, 200, &cast.answer()).unwrap();
        let refreshing = authorized.refresh().unwrap();
        let request = refreshing.request();
        held(&[cast.refresh]);
        drop(request);
        let refreshed = receive(refreshing, 200, &cast.answer()).unwrap();
        black_box(refreshed.stored().tokens().access_token().header());
    });
}

#[test]
fn what_is_kept_between_two_runs_of_a_program_leaves_nothing() {
    leaves_nothing(21, |cast, held| {
        let client = cast.client(ClientAuth::Post, BodyFormat::Form);
        let pending = written(cast.login(&client).pending());
        held(&[cast.state, cast.verifier]);
        let pending: PendingLogin = serde_json::from_slice(pending.as_ref()).unwrap();
        let login = client.resume_login(pending).unwrap();
        let session = receive(cast.back(login), 200, &cast.short_answer()).unwrap();
        let record = written(&session.record());
        held(&[cast.access, cast.refresh]);
        let record: TokenRecord = serde_json::from_slice(record.as_ref()).unwrap();
        black_box(client.resume(record).unwrap().tokens());
    });
}

#[test]
fn other_fields_that_are_written_into_a_record_leave_nothing() {
    leaves_nothing(22, |cast, held| {
        let client = cast.client(ClientAuth::Post, BodyFormat::Form);
        let exchanging = cast.back(cast.login(&client));
        let session = receive(exchanging, 200, &cast.answer()).unwrap();
        let record = written(&session.record());
        held(&[cast.id_token]);
        drop(record);
    });
}

#[test]
fn a_devices_login_leaves_nothing() {
    leaves_nothing(23, |cast, held| {
        let client = cast.client(ClientAuth::Post, BodyFormat::Form);
        let codes = [
            r#"{"verification_uri":"https://as.example.com/go","expires_in":600,"device_code":""#,
            r#"","user_code":""#,
            r#"","verification_uri_complete":"https://as.example.com/go?code="#,
            r#""}"#,
        ];
        let codes = text(&codes, &[cast.code, cast.state, cast.state]);
        let request = client.device_authorization(Scope::default()).unwrap();
        let device = receive(request, 200, &codes).unwrap();
        let request = device.request();
        held(&[cast.code, cast.state]);
        drop(request);
        let busy = [r#"{"error":"authorization_pending","error_description":""#, r#""}"#];
        let busy = text(&busy, &[cast.code]);
        let device = receive(device, 400, &busy).unwrap_err().retry().unwrap();
        let pending = written(device.pending());
        let pending: PendingDevice = serde_json::from_slice(pending.as_ref()).unwrap();
        let device = client.resume_device(pending).unwrap();
        let session = receive(device, 200, &cast.short_answer()).unwrap();
        black_box(session.tokens().access_token().header());
    });
}
