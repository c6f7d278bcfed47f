//! Any text is a callback, in a URL or in a posted form: only this login's state gets further, and
//! nothing shows.
#![no_main]

use grantflow::{Exchange, Scope};
use grantflow_fuzz::{Input, NOW, Setting, form, form_value};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let (choice, kind) = (input.choice(), input.byte());
    let setting = Setting::new(choice, bytes);
    let known = setting.secrets().with([setting.state.clone()]);
    let login = setting.login(Scope::default());
    let (state, code) = (&setting.state, form_value(&setting.grant));
    let content_type = input.text();
    let text = known.plant_text(std::str::from_utf8(input.rest()).unwrap_or_default());
    let text = match kind & 3 {
        0 => text,
        1 => format!("iss=https://as.example.com&{text}"),
        2 => format!("state={state}&{text}"),
        _ => format!("state={state}&code={code}&{text}"),
    };
    let result = if kind & 8 == 0 {
        let is_whole = kind & 4 != 0;
        let url = if is_whole { text.clone() } else { format!("https://app.example/cb?{text}") };
        login.callback(&url, NOW)
    } else {
        login.form_post().callback_form(content_type, &text, NOW)
    };
    let known = known.with([setting.grant.clone()]);
    match result {
        Ok(exchanging) => {
            known.assert_hidden_by(&exchanging);
            let query = text.split_once('#').map_or(&*text, |(query, _)| query);
            let query = if kind & 8 != 0 { &*text } else { query };
            let query = query.split_once('?').filter(|_| kind & 12 == 4).map_or(query, |it| it.1);
            let pairs = form(query.as_bytes());
            let all = |wanted: &str| {
                let pairs =
                    pairs.iter().filter(|(name, value)| name == wanted && !value.is_empty());
                pairs.map(|(_, value)| value.as_str()).collect::<Vec<_>>()
            };
            assert_eq!(all("state"), [state]);
            assert_eq!(all("code"), [exchanging.code().expose()]);
            assert!(all("error").is_empty() && all("access_token").is_empty());
            assert!(all("iss").iter().all(|iss| *iss == "https://as.example.com"));
            // Every other parameter can be asked for.
            for (name, value) in &pairs {
                let is_own = ["state", "code", "iss"].contains(&&**name);
                if !is_own && !value.is_empty() {
                    let first = all(name)[0];
                    assert_eq!(exchanging.callback_parameter(name), Some(first));
                }
            }
            assert!(!exchanging.wire_request().body().is_empty());
        }
        Err(failed) => {
            known.assert_hidden_by_failure(&failed);
            let is_strangers = !text.contains(&**state);
            match failed.retry() {
                Ok(login) => assert_eq!(login.pending().state().expose(), state),
                // Without the state nobody ends a login.
                Err(failed) => assert!(!is_strangers, "{failed}"),
            }
        }
    }
});
