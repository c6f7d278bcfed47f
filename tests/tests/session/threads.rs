//! Programs that have no thread to spare.

use crate::program::{Program, Threads};
use crate::world::{NAME, World, now, until};

#[test]
fn a_renewal_that_found_no_thread_twice_is_made_as_soon_as_there_is_one() {
    let world = World::new();
    let program = world.program::<Threads>();
    // All threads wait for the server.
    world.server.hold();
    for number in 0..64 {
        let name = format!("user{number}");
        program.login(&name, world.log_in(&name)).unwrap();
        program.reject(&name, &program.tokens(&name).unwrap());
        program.begin_to_ask(&name)();
    }
    world.server.wait_for_requests(64);
    // Of its 40 seconds, the last four, or the last two, are for its renewal.
    world.server.expire_in(40);
    let sent_at = now() - 35;
    let session = world.server.log_in_at(&world.client, "anna", sent_at).unwrap();
    program.login(NAME, session).unwrap();
    until(|| {
        assert_eq!(program.token(NAME).unwrap(), "at-anna-0");
        (now() >= sent_at + 38).then_some(())
    });
    world.server.let_go();
    until(|| program.token(NAME).ok().filter(|token| token == "at-anna-1"));
    assert_eq!(world.server.refreshes("anna"), 1);
}
