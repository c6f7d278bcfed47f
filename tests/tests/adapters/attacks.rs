//! Attacks on a login, at a server that plays along.

use grantflow::{Advice, Error};
use grantflow_tests::browser::Browser;
use grantflow_tests::sandbox::{Endpoint, Sandbox};

use crate::partners::{begin_login, callback, flow_account_client, trusting};

#[test]
fn a_stolen_code_in_another_session_gets_no_token() {
    let sandbox = Sandbox::start().unwrap();
    let browser = Browser::new(sandbox.ca_pem());
    let client = flow_account_client(&sandbox);
    for (name, carrier) in trusting(&sandbox) {
        let (victims, attackers) = (begin_login(&client), begin_login(&client));
        let stolen = callback(&browser, &victims);
        let own = callback(&browser, &attackers);
        // The attacker's state, the victim's code: the verifier is not the one of that code.
        let injected = own.replace(code(&own), code(&stolen));
        assert_ne!(injected, own);
        let exchanging = attackers.callback(&injected, grantflow_ureq::now()).unwrap();
        let failed = carrier.perform(exchanging).unwrap_err();
        let Error::Refused(refusal) = failed.error() else { panic!("{name}: {failed:?}") };
        assert_eq!(refusal.code(), "invalid_grant", "{name}");
        assert_eq!(failed.advice(), Advice::Reauthorize, "{name}");
    }
    assert_eq!(sandbox.requests(Endpoint::FlowAccountToken), 3);
}

#[test]
fn a_code_that_is_slipped_to_the_victim_is_not_sent() {
    let sandbox = Sandbox::start().unwrap();
    let browser = Browser::new(sandbox.ca_pem());
    let client = flow_account_client(&sandbox);
    let (victims, attackers) = (begin_login(&client), begin_login(&client));
    let slipped = callback(&browser, &attackers);
    let failed = victims.callback(&slipped, grantflow_ureq::now()).unwrap_err();
    // The victim's own login is still to come.
    assert_eq!(failed.advice(), Advice::KeepWaiting);
    assert!(failed.retry().is_ok());
    assert_eq!(sandbox.requests(Endpoint::FlowAccountToken), 0);
}

fn code(callback: &str) -> &str {
    let (_, rest) = callback.split_once("code=").unwrap();
    rest.split('&').next().unwrap()
}
