//! What stands in the store, and what does not belong there.

use grantflow::{
    Advice, Client, Dialect, Error, Provider, RefreshPolicy, Secret, SessionErrorKind,
    SessionRecord, Store, TokenCache, TokenKey,
};
use serde_json::{Value, json};

use crate::scenario::{NAME, process};
use crate::world::{World, key, session_error};

#[test]
fn where_nothing_is_stored_the_user_has_to_log_in() {
    let mut world = World::empty();
    let mut cache = process(1);
    world.look(&mut cache);
    assert_eq!(world.kind(&mut cache), SessionErrorKind::Missing);
    assert_eq!(world.error(&mut cache).advice(), Advice::Reauthorize);
    assert!(world.store.stored(&key()).is_none(), "looking leaves nothing behind");
}

#[test]
fn what_cannot_be_read_is_neither_sent_nor_overwritten() {
    let secret = "s3cr3t-in-the-store";
    let newer = |record: &Value| {
        let mut newer = record.clone();
        newer["format"] = 2.into();
        newer
    };
    let unknown = |record: &Value| {
        let mut unknown = record.clone();
        unknown["hint"] = secret.into();
        unknown
    };
    let changed: [&dyn Fn(&Value) -> Value; 5] =
        [&newer, &unknown, &|_| json!({ "session": secret }), &|_| json!(secret), &|record| {
            json!([record, secret])
        }];
    for change in changed {
        let mut world = World::with_session();
        let record = change(&world.record());
        world.write(&record);
        let mut cache = process(1);
        world.look(&mut cache);
        let error = world.error(&mut cache);
        assert_eq!(session_error(error.error()).kind(), SessionErrorKind::Unreadable, "{error}");
        assert_eq!(error.advice(), Advice::FixConfiguration);
        assert!(!format!("{error} {error:?}").contains(secret), "{error:?}");
        assert_eq!(world.record(), record);
    }
}

#[test]
fn another_clients_tokens_are_not_sent() {
    for (member, value) in [
        ("client_id", json!("another")),
        ("token_endpoint", json!("https://elsewhere.example/token")),
        ("format", json!(2)),
    ] {
        let mut world = World::with_session();
        let mut record = world.record();
        record["tokens"][member] = value;
        world.write(&record);
        let mut cache = process(1);
        world.look(&mut cache);
        let error = world.error(&mut cache);
        assert!(matches!(error.error(), Error::Configuration(_)), "{member}: {error:?}");
        assert_eq!(error.error().field(), Some(member));
        assert_eq!(world.record(), record);
    }
}

#[test]
fn without_a_refresh_token_there_is_nothing_to_send() {
    let mut world = World::with_session();
    let mut record = world.record();
    record["tokens"]["refresh_token"] = Value::Null;
    world.write(&record);
    let mut cache = process(1);
    world.look(&mut cache);
    assert_eq!(world.kind(&mut cache), SessionErrorKind::NotRefreshable);
    assert_eq!(world.record(), record);
}

#[test]
fn a_server_without_refresh_tokens_is_sent_none() {
    let mut world = World::with_session();
    let mut dialect = Dialect::default();
    dialect.refresh = RefreshPolicy::Never;
    let provider = Provider::new("https://as.example.com/token".parse().unwrap());
    let secret = Secret::new("s3cr3t-s3cr3t").unwrap();
    let client = Client::new("app", secret, provider.with_dialect(dialect)).unwrap();
    let mut cache = TokenCache::of_session(NAME, &client, 1);
    let record = world.record();
    world.look(&mut cache);
    assert_eq!(world.kind(&mut cache), SessionErrorKind::NotRefreshable);
    assert_eq!(world.record(), record);
}

#[test]
fn a_token_that_is_still_good_is_used_whatever_became_of_the_refresh_token() {
    let mut world = World::empty();
    world.login(0);
    let mut record = world.record();
    record["end"] = "refused".into();
    world.write(&record);
    let mut cache = process(1);
    world.look(&mut cache);
    assert_eq!(world.token(&mut cache), "at-0");
}

#[test]
fn sessions_of_other_names_and_other_clients_are_others() {
    let world = World::with_session();
    let client = crate::scenario::client();
    assert!(world.store.load(&TokenKey::of_session("bob", &client)).unwrap().is_none());
    let provider = Provider::new("https://as.example.com/other".parse().unwrap());
    let other = Client::public("app", provider).unwrap();
    assert_ne!(TokenKey::of_session(NAME, &client), TokenKey::of_session(NAME, &other));
    // A new secret is no new session (fact M10).
    let secret = Secret::new("another").unwrap();
    let same = Client::new("app", secret, client.provider().clone()).unwrap();
    assert_eq!(TokenKey::of_session(NAME, &client), TokenKey::of_session(NAME, &same));
}

#[test]
fn a_record_says_how_the_session_stands() {
    let mut world = World::with_session();
    let read = |world: &World| -> SessionRecord { serde_json::from_value(world.record()).unwrap() };
    let idle = read(&world);
    assert!(idle.tokens().is_some() && !idle.is_in_flight() && !idle.has_ended());
    let (rotation, ticket) = world.begin_sending(&mut process(1));
    assert!(read(&world).is_in_flight());
    let answer = world.answer(ticket, 400, r#"{"error":"invalid_grant"}"#);
    world.finish(&mut process(1), rotation, answer);
    let ended = read(&world);
    assert!(!ended.is_in_flight() && ended.has_ended());
    world.logout();
    assert!(read(&world).tokens().is_none());
}

#[test]
fn a_pause_after_a_lost_answer_is_no_refresh_under_way() {
    let mut world = World::with_session();
    let (rotation, ticket) = world.begin_sending(&mut process(1));
    let lost = crate::world::unanswered(ticket, grantflow::TransportErrorKind::Timeout);
    world.finish(&mut process(1), rotation, lost);
    let record: SessionRecord = serde_json::from_value(world.record()).unwrap();
    assert!(!record.is_in_flight() && !record.has_ended());
}

#[test]
fn a_record_that_is_read_and_written_is_the_same() {
    let mut world = World::with_session();
    let _under_way = world.begin_sending(&mut process(1));
    let mut text = world.record();
    text["tokens"]["extra"] = r#"{"company":"C1","deep":[1,{"x":null}]}"#.into();
    text["vanished"] = true.into();
    text["lost"] = 1.into();
    text["end"] = "uncertain".into();
    let record: SessionRecord = serde_json::from_value(text.clone()).unwrap();
    assert_eq!(serde_json::to_value(&record).unwrap(), text);
}

#[test]
fn what_is_no_record_is_refused_without_a_word_of_it() {
    let secret = "s3cr3t-in-the-store";
    let good = World::with_session().record();
    for (place, value) in [
        ("/format", json!(secret)),
        ("/format", json!(-1)),
        ("/tokens", json!(secret)),
        ("/tokens/access_token", json!([secret])),
        ("/tokens/refresh_token", json!(format!("{secret}\r\n"))),
        ("/tokens/sent_at", json!(secret)),
        ("/mark", json!({ "owner": secret })),
        ("/mark", json!({"owner": "o", "seconds": secret, "lost": false})),
        ("/mark", json!({"owner": "o", "seconds": 1, "lost": false, "more": secret})),
        ("/lost", json!(secret)),
        ("/lost", json!(256)),
        ("/vanished", json!(secret)),
        ("/end", json!(secret)),
    ] {
        let mut record = good.clone();
        *record.pointer_mut(place).unwrap() = value;
        let error = serde_json::from_value::<SessionRecord>(record.clone()).unwrap_err();
        let printed = format!("{error} {error:?} {error:#?}");
        assert!(!printed.contains(secret), "{place}: {printed}");
        let error = serde_json::from_str::<SessionRecord>(&record.to_string()).unwrap_err();
        assert!(!format!("{error:?}").contains(secret), "{place}: {error:?}");
    }
}
