//! The kit for those who write a store, over both of ours.

use grantflow::conformance;

use super::*;

#[test]
fn the_blocking_store_keeps_its_promises() {
    let server = RedisServer::start().unwrap();
    conformance::check(|| Ureq::open(server.url()).unwrap()).assert();
    let shared = Ureq::open(server.url()).unwrap();
    conformance::check(|| &shared).assert();
}

#[tokio::test]
async fn the_async_store_keeps_its_promises() {
    let server = RedisServer::start().unwrap();
    conformance::check_async(async || Hyper::open(server.url()).unwrap()).await.assert();
    let shared = Arc::new(Hyper::open(server.url()).unwrap());
    conformance::check_async(async || Arc::clone(&shared)).await.assert();
}
