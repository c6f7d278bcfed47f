//! What both adapters have, word for word.

#[test]
fn twins_are_alike() {
    let system = [
        include_str!("../../../adapter-hyper/src/system.rs"),
        include_str!("../../../adapter-ureq/src/system.rs"),
    ];
    let telemetry = [
        include_str!("../../../adapter-hyper/src/telemetry.rs"),
        include_str!("../../../adapter-ureq/src/telemetry.rs"),
    ];
    let error = [
        include_str!("../../../adapter-hyper/src/error.rs"),
        include_str!("../../../adapter-ureq/src/error.rs"),
    ];
    let causes = error.map(|file| file.split_once("/// A failed handshake").map(|(_, rest)| rest));
    assert!(system[0] == system[1], "system.rs differs");
    assert!(telemetry[0] == telemetry[1], "telemetry.rs differs");
    assert!(causes[0].is_some() && causes[0] == causes[1], "error.rs differs from is_caused_by on");
}
