//! Single values.

use std::hint::black_box;

use grantflow::{AccessToken, BodyFormat, ClientAuth, PkceVerifier, RefreshToken, Secret};

use super::{leaves_nothing, left_of};

#[test]
fn a_plain_text_is_found_after_its_end() {
    let left = left_of(1, |cast, held| {
        let text = cast.access.text();
        held(&[cast.access]);
        drop(text);
    });
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].ends_with("of the access token in "), "{left:?}");
}

#[test]
fn a_copy_on_the_stack_is_found_after_its_end() {
    let left = left_of(2, |cast, held| {
        let mut bytes = [0; 96];
        bytes.iter_mut().zip(cast.access.bytes()).for_each(|(byte, own)| *byte = own);
        held(&[cast.access]);
        black_box(&bytes);
    });
    assert!(left.contains(&"96 of the access token in the stack".to_owned()), "{left:?}");
}

#[test]
fn secrets_and_tokens_leave_nothing() {
    leaves_nothing(3, |cast, held| {
        let values = (
            Secret::new(cast.secret.text()).unwrap(),
            AccessToken::new(cast.access.text()).unwrap(),
            RefreshToken::new(cast.refresh.text()).unwrap(),
            PkceVerifier::new(cast.id_token.text()).unwrap(),
        );
        held(&[cast.secret, cast.access, cast.refresh, cast.id_token]);
        let others = (
            values.1.authorization(),
            values.1.header().clone(),
            AccessToken::try_from(&values.1.header()).unwrap(),
            values.2.clone(),
            values.3.challenge(),
        );
        drop((values, others));
    });
}

#[test]
fn a_refused_secret_leaves_nothing() {
    leaves_nothing(4, |cast, held| {
        let mut text = String::with_capacity(128);
        text.push('\n');
        text.extend(cast.secret.bytes().map(char::from));
        held(&[cast.secret]);
        Secret::new(text).unwrap_err();
    });
}

#[test]
fn a_login_leaves_nothing() {
    leaves_nothing(5, |cast, held| {
        let client = cast.client(ClientAuth::Post, BodyFormat::Form);
        let login = cast.login(&client);
        held(&[cast.state, cast.verifier]);
        black_box(login.authorization_url().unwrap().clone());
    });
}

#[test]
fn random_numbers_that_are_not_used_leave_nothing() {
    leaves_nothing(6, |cast, held| {
        let entropy = cast.drawn();
        held(&cast.entropy);
        drop(entropy);
    });
}
