//! Other grants, and what is done about tokens.

use std::collections::BTreeMap;

use grantflow::{
    AccessToken, BodyFormat, ClientAuth, Exchange, RefreshToken, Scope, TokenType, TypedToken,
};

use super::{Cast, Held, leaves_nothing, receive, text};

#[test]
fn a_token_exchange_leaves_nothing() {
    leaves_nothing(80, |cast, held| {
        let client = cast.client(ClientAuth::Post, BodyFormat::Form);
        let subject = TypedToken::new(cast.id_token.text(), TokenType::ID_TOKEN).unwrap();
        let actor = RefreshToken::new(cast.refresh.text()).unwrap();
        let exchange = client.token_exchange(subject, Scope::default()).actor(&actor);
        let request = exchange.request();
        held(&[cast.id_token, cast.refresh]);
        drop(request);
        let kind = "urn:ietf:params:oauth:token-type:access_token";
        let end = format!(r#"","token_type":"Bearer","issued_token_type":"{kind}"}}"#);
        let answer = text(&[r#"{"access_token":""#, &end], &[cast.access]);
        receive(exchange, 200, &answer).unwrap();
    });
}

#[test]
fn parameters_that_are_added_leave_nothing() {
    for (number, format) in (81..).zip([BodyFormat::Form, BodyFormat::Json]) {
        leaves_nothing(number, |cast, held| add_parameters(cast, held, format));
    }
}

fn add_parameters(cast: &Cast, held: Held<'_>, format: BodyFormat) {
    let client = cast.client(ClientAuth::Post, format);
    let requesting = client.client_credentials(Scope::default()).unwrap();
    let [one, other, third] =
        [cast.id_token, cast.code, cast.access].map(|secret| text(&["", ""], &[secret]));
    let read = |body| str::from_utf8(AsRef::<[u8]>::as_ref(body)).unwrap();
    let requesting = requesting.parameter("one", read(&one)).unwrap();
    let fields = BTreeMap::from([("other", read(&other)), ("third", read(&third))]);
    let requesting = requesting.extra(&fields).unwrap();
    drop((one, other, third));
    let request = requesting.request();
    held(&[cast.id_token, cast.code, cast.access]);
    drop(request);
}

#[test]
fn a_look_at_a_token_and_its_end_leave_nothing() {
    leaves_nothing(83, |cast, held| {
        let client = cast.client(ClientAuth::Post, BodyFormat::Form);
        let access = AccessToken::new(cast.access.text()).unwrap();
        let refresh = RefreshToken::new(cast.refresh.text()).unwrap();
        let (look, end) = (client.introspect(&access).unwrap(), client.revoke(&refresh).unwrap());
        let requests = (look.request(), end.request());
        held(&[cast.access, cast.refresh]);
        drop(requests);
        let answer = text(&[r#"{"active":true,"token":""#, r#""}"#], &[cast.access]);
        receive(look, 200, &answer).unwrap();
        receive(end, 200, &text(&[], &[])).unwrap();
    });
}
