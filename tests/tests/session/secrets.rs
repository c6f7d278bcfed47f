//! What is printed when things go wrong.

use std::error::Error;
use std::fmt::Write;

use grantflow_tests::rotating_server::SECRET;

use crate::over_both_adapters;
use crate::program::Program;
use crate::world::{NAME, World};

over_both_adapters! {
    no_error_and_no_debug_output_has_a_secret_in_it
}

fn no_error_and_no_debug_output_has_a_secret_in_it<P: Program>() {
    let mut said = Said::default();
    said.listen_to_a_store_that_is_down::<P>();
    said.listen_to_lost_and_refused::<P>();
    for secret in [SECRET, "anna-", "bert-"] {
        assert!(!said.0.contains(secret), "{secret} is in {}", said.0);
    }
    // It is all there: what each of them is about, in words for people.
    for words in [
        "the session's new tokens are here, and the store did not take them",
        "the store of the session could not be asked",
        "no session is stored under this name",
        "is sent once more",
        "refused the session's newest refresh token",
        "cannot be read",
    ] {
        assert!(said.0.contains(words), "{words} is not in {}", said.0);
    }
}

/// All that was printed.
#[derive(Default)]
struct Said(String);

impl Said {
    fn hear(&mut self, error: &(dyn Error + 'static)) {
        let mut next = Some(error);
        while let Some(error) = next {
            writeln!(self.0, "{error} {error:?} {error:#?}").unwrap();
            next = error.source();
        }
    }

    fn look_at<P: Program>(&mut self, world: &World, program: &P) {
        let store = &world.store;
        writeln!(self.0, "{} {:?} {store:?}", program.debug(), world.server).unwrap();
    }

    fn listen_to_a_store_that_is_down<P: Program>(&mut self) {
        let world = World::new();
        let program = world.program_with_an_answer_on_its_way::<P>();
        self.look_at(&world, &program);
        world.store.break_down();
        world.server.let_go();
        let error = program.token(NAME).unwrap_err();
        self.hear(&error);
        writeln!(self.0, "{:?}", error.unsaved().unwrap()).unwrap();
        self.look_at(&world, &program);
        let failed = program.login(NAME, world.log_in("bert")).unwrap_err();
        self.hear(&failed);
        self.hear(&program.logout(NAME).unwrap_err());
        self.hear(&world.program::<P>().token(NAME).unwrap_err());
    }

    fn listen_to_lost_and_refused<P: Program>(&mut self) {
        let world = World::new();
        self.hear(&world.program::<P>().token(NAME).unwrap_err());
        let program = world.program_in_need::<P>();
        world.server.drop_next();
        self.hear(&program.token(NAME).unwrap_err());
        self.hear(&world.program::<P>().next(NAME).unwrap_err());
        program.login(NAME, world.log_in("bert")).unwrap();
        world.server.end("bert");
        self.hear(&program.next(NAME).unwrap_err());
        self.hear(&world.program::<P>().next(NAME).unwrap_err());
        self.look_at(&world, &program);
        world.spoil_the_record();
        self.hear(&world.program::<P>().token(NAME).unwrap_err());
    }
}
