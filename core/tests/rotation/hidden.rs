//! No token shows in what is printed.

use std::fmt::Debug;

use grantflow::{Login, Logout, SessionRecord, Step, Stepwise};

use crate::scenario::{NAME, client, process};
use crate::shelf::Fault;
use crate::world::{World, unanswered};

const OLD: &str = "0ld-s3cr3t";
const NEW: &str = "n3w-s3cr3t";

/// A world whose tokens are the secrets, with the access token over.
fn secretive() -> World {
    let world = World::with_session();
    let mut record = world.record();
    record["tokens"]["access_token"] = format!("at-{OLD}").into();
    record["tokens"]["refresh_token"] = format!("rt-{OLD}").into();
    record["tokens"]["extra"] = format!(r#"{{"id_token":"{OLD}"}}"#).into();
    world.write(&record);
    world
}

/// It hides its secrets, and says what it is.
fn hides(value: &dyn Debug) {
    let printed = format!("{value:?} {value:#?}");
    assert!(!printed.contains(OLD) && !printed.contains(NEW), "{printed}");
    assert_ne!(printed, " ", "it prints nothing");
    for gap in [": ,", ": }", "()", "(, ", "[, ", ", )"] {
        assert!(!printed.contains(gap), "a part prints nothing: {printed}");
    }
}

fn error_hides(error: &(dyn std::error::Error + 'static)) {
    let mut next = Some(error);
    while let Some(error) = next {
        let printed = format!("{error} {error:#}");
        assert!(!printed.contains(OLD) && !printed.contains(NEW), "{printed}");
        hides(&error);
        next = error.source();
    }
}

/// Does all steps, and looks at all that there is before and after each.
fn watch(world: &mut World, machine: &mut (impl Stepwise + Debug), answer: Option<(u16, &str)>) {
    loop {
        hides(&machine);
        let now = world.now();
        let step = machine.step(now);
        hides(&step);
        let event = match step {
            Step::Load(key) => grantflow::Event::Loaded(grantflow::Store::load(&world.store, key)),
            Step::Swap { key, expected, new } => {
                let done = grantflow::Store::compare_and_swap(&world.store, key, expected, new);
                grantflow::Event::Swapped(done)
            }
            Step::Wait(time) => {
                world.pass_time(time);
                grantflow::Event::Waited
            }
            Step::Send(ticket) => match answer {
                Some((status, body)) => world.answer(ticket, status, body),
                None => unanswered(ticket, grantflow::TransportErrorKind::Timeout),
            },
            Step::Done => return,
        };
        hides(&machine);
        hides(&event);
        machine.take(event, world.now());
    }
}

#[test]
fn no_step_of_a_refresh_shows_a_token() {
    let good = format!(
        r#"{{"access_token":"at-{NEW}","token_type":"Bearer","expires_in":60,
            "refresh_token":"rt-{NEW}","id_token":"{NEW}"}}"#
    );
    let rotated = format!(r#"{{"access_token":[{{"{NEW}":1}}],"refresh_token":"rt-{NEW}"}}"#);
    let told = format!(r#"{{"error":"invalid_grant","error_description":"rt-{OLD} is spent"}}"#);
    for answer in [
        Some((200, good.as_str())),
        Some((200, rotated.as_str())),
        Some((400, told.as_str())),
        Some((503, told.as_str())),
        None,
    ] {
        for fault in [Fault::None, Fault::Done, Fault::Undone] {
            let mut world = secretive();
            let mut cache = process(1);
            let mut rotation = world.begin(&mut cache);
            world.store.fail_swaps(&[Fault::None, fault, fault, fault, fault, fault, fault]);
            watch(&mut world, &mut rotation, answer);
            cache.conclude(rotation, world.now());
            hides(&cache);
            hides(&world.store.stored(&crate::world::key()));
            match cache.get(world.now()) {
                grantflow::Lookup::Refused(error) => {
                    hides(&error.unsaved());
                    hides(&error.error());
                    error_hides(&error);
                }
                lookup => hides(&lookup),
            }
        }
    }
}

#[test]
fn no_record_login_or_logout_shows_a_token() {
    let mut world = secretive();
    let record: SessionRecord = serde_json::from_value(world.record()).unwrap();
    hides(&record);
    hides(&record.tokens());
    let text = world.record()["tokens"].to_string();
    let session = client().resume(serde_json::from_str(&text).unwrap()).unwrap();
    let mut login = Login::new(NAME, &session);
    watch(&mut world, &mut login, None);
    hides(&login);
    login.finish(session).unwrap();
    let mut logout = Logout::new(NAME, &client());
    watch(&mut world, &mut logout, None);
    hides(&logout);
    hides(&logout.finish());
}

#[test]
fn a_login_that_cannot_be_stored_shows_no_token_and_gives_it_back() {
    let mut world = secretive();
    let text = world.record()["tokens"].to_string();
    let session = client().resume(serde_json::from_str(&text).unwrap()).unwrap();
    world.store.fail_swaps(&[Fault::Undone; 3]);
    let mut login = Login::new(NAME, &session);
    watch(&mut world, &mut login, None);
    let failed = login.finish(session).unwrap_err();
    error_hides(&failed);
    hides(&failed);
    let session = failed.retry().unwrap();
    assert_eq!(session.tokens().access_token().expose(), format!("at-{OLD}"));
}

#[test]
fn a_logout_that_was_given_up_halfway_says_so() {
    let world = secretive();
    let mut logout = Logout::new(NAME, &client());
    world.one(&mut logout);
    error_hides(&logout.finish().unwrap_err());
    assert!(!world.record()["tokens"].is_null());
    let mut logout = Logout::new(NAME, &client());
    world.store.fail_swaps(&[Fault::Done]);
    while let Some(event) = world.event(&mut logout) {
        logout.take(event, world.now());
    }
    // It waits, for all that it knows the swap failed; then it finds that it did not.
    logout.take(grantflow::Event::Waited, world.now());
    world.one(&mut logout);
    assert!(logout.finish().unwrap().is_some(), "what was taken out is there to be revoked");
    assert!(world.record()["tokens"].is_null());
}
