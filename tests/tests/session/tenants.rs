//! A client's own token, over a store.

use crate::over_both_adapters;
use crate::program::Program;
use crate::world::{World, herd};

over_both_adapters! {
    two_processes_share_a_clients_own_token
    a_store_that_is_down_costs_a_client_nothing_but_one_request_for_each_process
    a_store_that_takes_nothing_costs_a_client_nothing
}

fn own_token<P: Program>(program: &P) -> String {
    program.own_tokens().unwrap().access_token().expose().to_owned()
}

fn two_processes_share_a_clients_own_token<P: Program>() {
    let world = World::new();
    let programs = [world.program::<P>(), world.program()];
    assert_eq!(herd(20, || own_token(&programs[0]), || {}), ["at-client-1"; 20]);
    assert_eq!(herd(20, || own_token(&programs[1]), || {}), ["at-client-1"; 20]);
    assert_eq!(world.server.requests(), 1);
}

fn a_store_that_is_down_costs_a_client_nothing_but_one_request_for_each_process<P: Program>() {
    let world = World::new();
    world.store.break_down();
    let programs = [world.program::<P>(), world.program()];
    for _ in 0..3 {
        assert_eq!(programs.each_ref().map(own_token), ["at-client-1", "at-client-2"]);
    }
    assert_eq!(world.server.requests(), 2);
}

fn a_store_that_takes_nothing_costs_a_client_nothing<P: Program>() {
    let world = World::new();
    let programs = [world.program::<P>(), world.program()];
    world.store.fail_swaps(1);
    assert_eq!(own_token(&programs[0]), "at-client-1");
    assert_eq!(own_token(&programs[1]), "at-client-2");
    assert_eq!(own_token(&world.program::<P>()), "at-client-2");
    assert_eq!(world.server.requests(), 2);
}
