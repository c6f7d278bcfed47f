//! A URL holds a password, and nobody is to see it.

use std::io::{BufReader, Write};
use std::net::TcpListener;
use std::thread;

use rcgen::CertifiedKey;

use super::scripted::read_command;
use super::*;

const PASSWORD: &str = "s3cr3t-p4ssw0rd";

fn shows_no_password(text: &str) {
    assert!(!text.contains(PASSWORD), "{text}");
}

#[test]
fn a_url_that_cannot_be_used_is_not_shown() {
    for url in [
        "http://user:PW@127.0.0.1:6379",
        "redis://user:PW@127.0.0.1:notaport",
        "redis://user:PW@/0",
        "redis://user:PW@127.0.0.1/PW",
        "redis://127.0.0.1/?protocol=PW",
        "rediss://user:PW@127.0.0.1#insecure",
        "PW",
        "",
    ] {
        let url = url.replace("PW", PASSWORD);
        for error in [Ureq::open(&url).unwrap_err(), Hyper::open(&url).unwrap_err()] {
            shows_no_password(&format!("{error} {error:?}"));
        }
    }
}

/// Whoever stands between could read the password and the tokens.
#[test]
fn certificates_are_always_checked() {
    let url = format!("rediss://:{PASSWORD}@127.0.0.1:6379/#insecure");
    for error in [Ureq::open(&url).unwrap_err(), Hyper::open(&url).unwrap_err()] {
        shows_no_password(&format!("{error} {error:?}"));
        assert!(error.to_string().contains("certificates are always checked"), "{error}");
    }

    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = env::temp_dir().join(format!("grantflow-redis-certificate-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    let [certificate, key] = ["certificate", "key"].map(|name| folder.join(name));
    fs::write(&certificate, cert.pem()).unwrap();
    fs::write(&key, signing_key.serialize_pem()).unwrap();
    let port = redis_server::free_port().unwrap().to_string();
    let [certificate, key] = [&certificate, &key].map(|path| path.to_str().unwrap());
    let settings = ["--tls-port", &port, "--tls-auth-clients", "no"];
    let files = ["--tls-cert-file", certificate, "--tls-key-file", key];
    let files = [files, ["--tls-ca-cert-file", certificate, "--requirepass", PASSWORD]].concat();
    let _server = RedisServer::start_own(&[&settings[..], &files[..]].concat()).unwrap();
    for (name, store) in stores(&format!("rediss://:{PASSWORD}@localhost:{port}"), LONG) {
        let error = store.load(&new_key()).unwrap_err();
        assert!(error.to_string().contains("certificate"), "{name}: {error}");
        shows_no_password(&format!("{error} {error:?}"));
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_store_shows_the_server_alone() {
    let url = format!("redis://user:{PASSWORD}@redis.example:6380/2");
    let shown =
        [format!("{:?}", Ureq::open(&url).unwrap()), format!("{:?}", Hyper::open(&url).unwrap())];
    for shown in shown {
        shows_no_password(&shown);
        assert!(shown.contains("redis.example:6380"), "{shown}");
    }
}

#[test]
fn the_password_is_used_and_a_wrong_one_is_said_so() {
    let server = RedisServer::start_own(&["--requirepass", PASSWORD]).unwrap();
    let with = |password: &str| server.url().replace("redis://", &format!("redis://:{password}@"));
    for (name, store) in stores(&with(PASSWORD), LONG) {
        assert!(store.load(&new_key()).unwrap().is_none(), "{name}");
    }
    let wrong = format!("wrong-{PASSWORD}");
    for url in [with(&wrong), server.url().to_owned()] {
        for (name, store) in stores(&url, LONG) {
            let error = store.load(&new_key()).unwrap_err();
            shows_no_password(&format!("{error} {error:?}"));
            assert!(error.to_string().contains("password in the URL"), "{name}: {error}");
        }
    }
}

#[test]
fn the_documented_rights_are_enough_and_too_few_are_named() {
    let mut server = RedisServer::start_own(&[]).unwrap();
    let rights = "~grantflow:* +hmget +eval +hget +hset";
    for (user, rights) in [("enough", rights), ("few", "~grantflow:* +hmget +hget +hset")] {
        let answer =
            server.command(&format!("ACL SETUSER {user} on >{PASSWORD} {rights}")).unwrap();
        assert!(answer.starts_with("+OK"), "{answer}");
    }
    let with =
        |user: &str| stores(&server.url().replace("//", &format!("//{user}:{PASSWORD}@")), LONG);
    for (name, store) in with("enough") {
        let key = new_key();
        assert!(store.compare_and_swap(&key, None, &record(1)).unwrap(), "{name}");
        assert_eq!(version(&*store, &key), Some(1), "{name}");
    }
    for (name, store) in with("few") {
        let error = store.compare_and_swap(&new_key(), None, &record(1)).unwrap_err();
        assert!(error.to_string().contains("+eval"), "{name}: {error}");
    }
}

/// As servers do that do not know a command: they say what they were sent.
#[test]
fn a_server_that_repeats_the_password_is_not_quoted() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            thread::spawn(move || {
                while let Ok(words) = read_command(&mut reader)
                    && !words.is_empty()
                {
                    let words = words.join(" ").replace(['\r', '\n'], " ");
                    let answer = format!("-ERR unknown command, beginning with: {words}\r\n");
                    stream.write_all(answer.as_bytes()).unwrap();
                }
            });
        }
    });
    let urls = [
        format!("redis://user:{PASSWORD}@{address}/"),
        format!("redis://user:{PASSWORD}@{address}/?protocol=resp3"),
        format!("redis://{address}/7"),
        format!("redis://{address}"),
    ];
    for url in urls {
        for (_, store) in stores(&url, LONG) {
            let new = Stored::new(1, PASSWORD.into());
            let swapping = store.compare_and_swap(&new_key(), None, &new).unwrap_err();
            for error in [swapping, store.load(&new_key()).unwrap_err()] {
                shows_no_password(&format!("{error} {error:?}"));
                assert!(!error.to_string().contains("beginning with"), "{error}");
                assert!(error.to_string().contains(&address.to_string()), "{error}");
            }
        }
    }
}
