//! What both adapters have, word for word.

#[test]
fn twins_are_alike() {
    let system = [
        include_str!("../../../adapter-hyper/src/system.rs"),
        include_str!("../../../adapter-ureq/src/system.rs"),
    ];
    let error = [
        include_str!("../../../adapter-hyper/src/error.rs"),
        include_str!("../../../adapter-ureq/src/error.rs"),
    ];
    let is_tls = error.map(|file| file.split_once("/// A failed handshake").map(|(_, rest)| rest));
    assert!(system[0] == system[1], "system.rs differs");
    assert!(is_tls[0].is_some() && is_tls[0] == is_tls[1], "error.rs differs from is_tls on");
}
