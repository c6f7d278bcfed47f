//! Processes in earnest: this test program again, on one directory.

use std::env;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use grantflow::{Client, FileStore};
use grantflow_hyper::BlockingStore;
use grantflow_tests::rotating_server::{RotatingServer, SECRET, client_of};
use grantflow_tests::scratch::Scratch;
use grantflow_tests::slow_store::SlowStore;

use crate::crowd::{assert_nothing_is_lost, log_all_in, take_part};
use crate::program::{Tasks, Threads};

#[test]
fn two_real_processes_lose_no_session() {
    if let Some(kind) = env::var_os(KIND) {
        return be_one_of_them(kind == TASKS);
    }
    for kinds in [[THREADS, THREADS], [TASKS, TASKS], [THREADS, TASKS]] {
        let server = RotatingServer::start().unwrap();
        let directory = Scratch::new(env!("CARGO_TARGET_TMPDIR"), "session");
        let client = server.client().unwrap();
        log_all_in(&server, &Threads::over(directory.store().unwrap(), &client));
        let children = kinds.map(|kind| child(kind, &server, directory.path()));
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        }
        let who = format!("{} and {}, two processes", kinds[0], kinds[1]);
        assert_nothing_is_lost(&server, &directory.store().unwrap(), &who);
    }
}

fn be_one_of_them(is_asynchronous: bool) {
    let client = client();
    let directory = env::var_os(DIRECTORY).unwrap();
    let store = SlowStore::new(FileStore::open(directory).unwrap()).taking(1..40);
    if is_asynchronous {
        take_part(&Tasks::over(BlockingStore::new(store), &client));
    } else {
        take_part(&Threads::over(store, &client));
    }
}

fn client() -> Client {
    client_of(&env::var(ENDPOINT).unwrap(), SECRET).unwrap()
}

fn child(kind: &str, server: &RotatingServer, directory: &Path) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "processes::two_real_processes_lose_no_session"]);
    command.env(KIND, kind).env(DIRECTORY, directory).env(ENDPOINT, server.token_endpoint());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

const KIND: &str = "GRANTFLOW_TEST_KIND";
const DIRECTORY: &str = "GRANTFLOW_TEST_DIRECTORY";
const ENDPOINT: &str = "GRANTFLOW_TEST_ENDPOINT";

const THREADS: &str = "ureq";
const TASKS: &str = "hyper";
