//! Programs that settle before they end.

use std::collections::HashMap;

use grantflow::{MemoryStore, SessionErrorKind, TokenKey};
use grantflow_tests::slow_store::SlowStore;

use crate::over_both_adapters;
use crate::program::Program;
use crate::world::{NAME, World, herd, kind, until};

over_both_adapters! {
    where_nothing_is_under_way_nothing_is_asked
    a_renewal_that_is_under_way_is_waited_for_until_it_is_stored
    what_a_renewal_could_not_save_is_stored_without_a_request
    all_that_the_store_does_not_take_is_handed_over_and_goes_on_in_another
}

fn where_nothing_is_under_way_nothing_is_asked<P: Program>() {
    let world = World::new();
    let program = world.program::<P>();
    program.settle_all().unwrap();
    program.login(NAME, world.log_in("anna")).unwrap();
    program.settle_all().unwrap();
    assert_eq!(program.token(NAME).unwrap(), "at-anna-0");
    let error = program.token("nobody").unwrap_err();
    assert_eq!(kind(&error), Some(SessionErrorKind::Missing), "{error}");
    let asked = || (world.store.loads(), world.store.swaps(), world.server.requests());
    let before = asked();
    // Not even a store that is down.
    world.store.break_down();
    program.settle_all().unwrap();
    program.settle(NAME).unwrap();
    assert!(program.unsaved(NAME).is_none());
    assert_eq!(asked(), before);
}

fn a_renewal_that_is_under_way_is_waited_for_until_it_is_stored<P: Program>() {
    let world = World::new();
    let program = world.program_with_a_renewal_on_its_way::<P>(20);
    let settle = || {
        program.settle_all().unwrap();
        // What the store has at that moment.
        world.refresh_token()
    };
    let stored = herd(4, settle, || {
        world.let_the_answer_come_and_hold_its_save();
        assert_eq!(world.record()["tokens"]["refresh_token"], "anna-0");
        world.store.let_go();
    });
    assert_eq!(stored, ["anna-1"; 4]);
    assert_eq!(program.token(NAME).unwrap(), "at-anna-1");
    world.assert_anna_was_refreshed(1);
}

fn what_a_renewal_could_not_save_is_stored_without_a_request<P: Program>() {
    let world = World::new();
    // The old token answers for longer than a save is tried.
    let program = world.program_with_a_renewal_on_its_way::<P>(60);
    world.store.break_down();
    world.server.let_go();
    let error = until(|| {
        assert_eq!(program.token(NAME).unwrap(), "at-anna-0");
        program.unsaved(NAME)
    });
    assert_eq!(kind(&error), Some(SessionErrorKind::Unsaved), "{error}");
    let unsaved = error.unsaved().unwrap();
    assert_eq!(unsaved.tokens().access_token().expose(), "at-anna-1");
    assert_eq!(program.authorization(NAME).unwrap(), "Bearer at-anna-0");
    world.store.recover();
    assert_eq!(world.record()["tokens"]["refresh_token"], "anna-0");
    program.settle_all().unwrap();
    world.assert_anna_was_refreshed(1);
    assert!(program.unsaved(NAME).is_none());
    assert_eq!(program.token(NAME).unwrap(), "at-anna-1");
    program.settle_all().unwrap();
    world.assert_anna_was_refreshed(1);
}

fn all_that_the_store_does_not_take_is_handed_over_and_goes_on_in_another<P: Program>() {
    let world = World::new();
    let program = world.program::<P>();
    let users = ["anna", "bert"];
    world.server.hold();
    let asking = users.map(|user| {
        program.login(user, world.log_in(user)).unwrap();
        program.reject(user, &program.tokens(user).unwrap());
        program.begin_to_ask(user)
    });
    // One that has nothing to be saved.
    program.login("carl", world.log_in("carl")).unwrap();
    assert_eq!(program.token("carl").unwrap(), "at-carl-0");
    world.server.wait_for_requests(2);
    for vanish in asking {
        vanish();
    }
    world.store.break_down();
    world.server.let_go();
    for user in users {
        until(|| program.unsaved(user));
    }
    let mut failed: HashMap<_, _> = program.settle_all().unwrap_err().into_iter().collect();
    let elsewhere = P::new(SlowStore::new(MemoryStore::new()), &world.client);
    for user in users {
        let error = failed.remove(&TokenKey::of_session(user, &world.client)).unwrap();
        assert_eq!(kind(&error), Some(SessionErrorKind::Unsaved), "{error}");
        let record = error.unsaved().unwrap().record();
        elsewhere.login(user, world.client.resume(record).unwrap()).unwrap();
        assert_eq!(elsewhere.token(user).unwrap(), format!("at-{user}-1"));
        assert_eq!(elsewhere.next(user).unwrap(), format!("at-{user}-2"));
    }
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!((world.server.requests(), world.server.reuses()), (4, 0));
}
