//! Any text is a callback: only this login's state gets further, and nothing shows.
#![no_main]

use grantflow::Exchange;
use grantflow_fuzz::{NOW, STATE, assert_error_hides, assert_hides, client, login, secret};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &str)| {
    let (choice, text) = input;
    let secret = secret(text.as_bytes());
    let client = client(choice, &secret);
    let url = match choice & 96 {
        0 => text.to_owned(),
        32 => format!("https://app.example/cb?{text}"),
        64 => format!("https://app.example/cb?state={STATE}&{text}"),
        _ => format!("https://app.example/cb?state={STATE}&code={secret}&{text}"),
    };
    match login(&client).callback(&url, NOW) {
        Ok(exchanging) => {
            assert!(url.contains(STATE), "a callback without this login's state was taken");
            assert_hides(&exchanging, &secret);
            assert!(!exchanging.code().expose().is_empty());
            assert!(!exchanging.request().body().as_ref().is_empty());
        }
        Err(failed) => {
            assert_error_hides(&failed, &secret);
            assert_error_hides(&failed, STATE);
        }
    }
});
