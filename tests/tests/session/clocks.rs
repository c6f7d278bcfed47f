//! Records that come from the future.

use crate::over_both_adapters;
use crate::program::Program;
use crate::world::{NAME, World, now};

over_both_adapters! {
    a_token_from_an_hour_ahead_is_refreshed_once
    a_token_from_a_little_ahead_is_good
    a_token_that_is_over_is_refreshed_once
}

/// The tokens of two processes that find a record which was stored at this time.
fn tokens_of<P: Program>(world: &World, sent_at: u64) -> [String; 3] {
    let first = world.program::<P>();
    let session = world.server.log_in_at(&world.client, "anna", sent_at).unwrap();
    first.login(NAME, session).unwrap();
    let second = world.program::<P>();
    [&first, &second, &first].map(|program| program.token(NAME).unwrap())
}

fn a_token_from_an_hour_ahead_is_refreshed_once<P: Program>() {
    let world = World::new();
    assert_eq!(tokens_of::<P>(&world, now() + 3_600), ["at-anna-1"; 3]);
    world.assert_anna_was_refreshed(1);
}

fn a_token_from_a_little_ahead_is_good<P: Program>() {
    let world = World::new();
    assert_eq!(tokens_of::<P>(&world, now() + 30), ["at-anna-0"; 3]);
    world.assert_anna_was_refreshed(0);
}

fn a_token_that_is_over_is_refreshed_once<P: Program>() {
    let world = World::new();
    assert_eq!(tokens_of::<P>(&world, now() - 4_000), ["at-anna-1"; 3]);
    world.assert_anna_was_refreshed(1);
}
