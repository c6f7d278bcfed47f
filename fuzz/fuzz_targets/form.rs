//! What is written is read back: in a form body, in a JSON body, in a URL's query, and in a
//! callback.
#![no_main]

use grantflow::{Exchange, Scope};
use grantflow_fuzz::{NOW, STATE, client, login};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    let (name, value) = input;
    let has = |pairs: &[u8]| {
        form_urlencoded::parse(pairs).any(|(other, text)| other == name && text == value)
    };
    let client = |choice| client(choice, "s3cr3t-s3cr3t");
    let form = client(0).client_credentials(Scope::default()).unwrap().parameter(name, value);
    let Ok(form) = form else { return };
    // Without a value a parameter is left out.
    assert_eq!(has(form.request().body().as_ref()), !value.is_empty());
    if value.is_empty() {
        return;
    }

    let json = client(8).client_credentials(Scope::default()).unwrap().parameter(name, value);
    let body = json.unwrap().request().into_body();
    let read: serde_json::Value = serde_json::from_slice(body.as_ref()).unwrap();
    assert_eq!(read[name], value);

    let client = client(0);
    let url = login(&client).parameter(name, value).unwrap().authorization_url();
    let query = url.as_str().split_once('?').unwrap().1;
    assert!(has(query.as_bytes()));
    assert!(!query.contains('+'));

    if !["iss", "error", "response", "access_token", "id_token"].contains(&name) {
        let pair = query.rsplit('&').next().unwrap();
        let callback = format!("https://app.example/cb?code=c&state={STATE}&{pair}");
        if callback.len() <= 64 * 1024 {
            let exchanging = login(&client).callback(&callback, NOW).unwrap();
            let read = exchanging.callback_parameter(name).unwrap_or_default();
            assert_eq!(read, value);
        }
    }
});
