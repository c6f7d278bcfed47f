//! What transports print. What errors print is looked at in the table of hostile servers.

use std::fmt::Debug;

use crate::carrier::Settings;

#[test]
fn a_transport_prints_its_limits() {
    let [ureq, hyper]: [&dyn Debug; 2] =
        [&Settings::default().ureq().unwrap(), &Settings::default().hyper().unwrap()];
    for transport in [ureq, hyper] {
        assert_eq!(
            format!("{transport:?}"),
            "Transport { limits: Limits { connect_timeout: 10s, timeout: 30s, \
             response_limit: 1048576 }, .. }"
        );
    }
}
