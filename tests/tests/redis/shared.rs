//! One Redis for both adapters.

use super::*;

#[test]
fn what_one_adapter_stores_the_other_loads_and_swaps() {
    let server = RedisServer::start().unwrap();
    let stores = stores(server.url(), LONG);
    for ((_, one), (name, other)) in stores.iter().zip(stores.iter().rev()) {
        let key = new_key();
        assert!(one.compare_and_swap(&key, None, &record(u64::MAX)).unwrap());
        assert_eq!(version(&**other, &key), Some(u64::MAX), "{name}");
        assert!(!other.compare_and_swap(&key, None, &record(1)).unwrap(), "{name}");
        assert!(other.compare_and_swap(&key, Some(u64::MAX), &record(1)).unwrap(), "{name}");
        assert_eq!(one.load(&key).unwrap().unwrap().bytes(), b"record 1");
    }
}

#[test]
fn the_record_is_a_hash_that_does_not_expire() {
    let mut server = RedisServer::start_own(&[]).unwrap();
    for (name, store) in stores(server.url(), LONG) {
        let key = new_key();
        assert!(store.compare_and_swap(&key, None, &record(u64::MAX)).unwrap());
        let mut says = |command: &str, answer: &str| {
            let said =
                server.command(&command.replace("KEY", &format!("grantflow:{key}"))).unwrap();
            assert!(said.starts_with(answer), "{name}: {command} says {said}");
        };
        says("HLEN KEY", ":2\r\n");
        says("HGET KEY version", "$20\r\n18446744073709551615\r\n");
        says("HGET KEY record", "$27\r\nrecord 18446744073709551615\r\n");
        says("TTL KEY", ":-1\r\n");
    }
}

#[test]
fn what_grantflow_did_not_write_is_an_error() {
    let mut server = RedisServer::start_own(&[]).unwrap();
    for (name, store) in stores(server.url(), LONG) {
        for write in [
            "SET KEY s3cr3t",
            "HSET KEY version 1",
            "HSET KEY record s3cr3t",
            "HSET KEY version s3cr3t record s3cr3t",
            "HSET KEY version 18446744073709551616 record s3cr3t",
        ] {
            let key = new_key();
            server.command(&write.replace("KEY", &format!("grantflow:{key}"))).unwrap();
            let error = store.load(&key).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{name}: {error}");
            // And it does no harm to what comes after.
            assert!(store.load(&new_key()).unwrap().is_none(), "{name}");
        }
    }
}

#[test]
fn the_twins_are_equal_word_for_word() {
    let [ureq, hyper] = ["ureq", "hyper"].map(|adapter| {
        let folder = env!("CARGO_MANIFEST_DIR");
        fs::read_to_string(format!("{folder}/../adapter-{adapter}/src/redis_store.rs")).unwrap()
    });
    let twin = |text: &str| {
        let (_, twin) = text.split_once("\nconst TIMEOUT: ").unwrap();
        twin.to_owned()
    };
    assert!(twin(&ureq).contains("const SWAP: "));
    assert_eq!(twin(&ureq), twin(&hyper));
}
