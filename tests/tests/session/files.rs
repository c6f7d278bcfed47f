//! One directory, and programs of both kinds.

use grantflow::SessionErrorKind;
use grantflow_hyper::BlockingStore;
use grantflow_tests::rotating_server::RotatingServer;
use grantflow_tests::scratch::Scratch;

use crate::program::{Program, Tasks, Threads};
use crate::world::{NAME, kind};

#[test]
fn what_one_program_logs_in_another_of_the_other_kind_refreshes() {
    let server = RotatingServer::start().unwrap();
    let client = server.client().unwrap();
    let directory = Scratch::new(env!("CARGO_TARGET_TMPDIR"), "session");
    let threads = Threads::over(directory.store().unwrap(), &client);
    let tasks = Tasks::over(BlockingStore::new(directory.store().unwrap()), &client);

    threads.login(NAME, server.log_in(&client, "anna").unwrap()).unwrap();
    assert_eq!(threads.token(NAME).unwrap(), "at-anna-0");
    assert_eq!(tasks.next(NAME).unwrap(), "at-anna-1");
    assert_eq!(threads.next(NAME).unwrap(), "at-anna-1");

    tasks.login(NAME, server.log_in(&client, "bert").unwrap()).unwrap();
    // Nobody tells another process; it finds out when it next needs a token.
    assert_eq!(threads.token(NAME).unwrap(), "at-anna-1");
    assert_eq!(threads.next(NAME).unwrap(), "at-bert-0");
    assert_eq!(tasks.token(NAME).unwrap(), "at-bert-0");
    assert_eq!(threads.next(NAME).unwrap(), "at-bert-1");
    assert_eq!(tasks.next(NAME).unwrap(), "at-bert-1");

    let removed = threads.logout(NAME).unwrap().unwrap();
    assert_eq!(removed.tokens().access_token().expose(), "at-bert-1");
    let error = tasks.next(NAME).unwrap_err();
    assert_eq!(kind(&error), Some(SessionErrorKind::Missing), "{error}");
    assert_eq!((server.requests(), server.reuses()), (2, 0));
}
