//! Which hosts and addresses are the public network's, and which lead to somebody's inside.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address belongs to the public network: not to this machine, its own network, a cloud's
/// inside (169.254.169.254), or a range that is kept for something special, written as IPv4 in IPv6
/// or not (RFC 6890). What a server's document names is asked at no other address (RFC 9728 section
/// 7.7), so whoever carries a request for which
/// [`is_for_public_addresses`](super::super::wire::Request::is_for_public_addresses) is true checks
/// each address that the host's name resolves to.
///
/// ```
/// use grantflow::wire::is_public_address;
///
/// assert!(is_public_address("1.1.1.1".parse()?));
/// assert!(!is_public_address("169.254.169.254".parse()?));
/// assert!(!is_public_address("::ffff:10.0.0.1".parse()?));
/// # Ok::<(), core::net::AddrParseError>(())
/// ```
pub fn is_public_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_special = matches!(
        address.octets(),
        [0 | 10 | 127 | 224.., ..]
            | [100, 64..128, ..]
            | [169, 254, ..]
            | [172, 16..32, ..]
            | [192, 168, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
    );
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        // What a translator or a tunnel turns into IPv4.
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => embedded(high, low),
        // Special purposes, and examples.
        [0x2001, 0..0x200 | 0xdb8, ..] | [0x3fff, 0..0x1000, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

/// Whether a host's text may be a public one. A name is looked at again when it has been resolved.
pub(crate) fn may_be_public(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').unwrap_or(address);
        return address.parse().is_ok_and(is_public_v6);
    }
    if let Ok(address) = host.parse() {
        return is_public_v4(address);
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let last = name.rsplit('.').next().unwrap_or_default();
    // A name without a dot is one of the own network. What ends with a number is an address to many
    // a resolver: 2130706433, 0x7f.1.
    let is_inside = |zone: &&str| last.eq_ignore_ascii_case(zone);
    name.contains('.')
        && !name.split('.').any(str::is_empty)
        && !last.starts_with(|first: char| first.is_ascii_digit())
        && !INSIDE.iter().any(is_inside)
        && !name.to_ascii_lowercase().ends_with(".home.arpa")
}

/// Zones that no public server is in (RFC 6761, RFC 6762, RFC 8375; `internal` is ICANN's).
const INSIDE: &[&str] = &["internal", "local", "localdomain", "localhost"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_inside_are_known_in_each_of_their_forms() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.19.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "2002:0a00:0001::1",
            "2001::1",
            "2001:1ff::1",
            "2001:db8::1",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public_address(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn neighbours_of_those_ranges_are_public() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "169.253.0.1",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "192.167.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
            "2002:0101:0101::1",
            "2001:200::1",
            "2606:4700:4700::1111",
            "3fff:1000::1",
        ] {
            assert!(is_public_address(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn a_host_is_public_by_its_looks_or_it_is_not() {
        for host in ["as.example.com", "1.1.1.1", "[2606:4700::1]", "as.example.com.", "xn--1.co"] {
            assert!(may_be_public(host), "{host}");
        }
        for host in [
            "localhost",
            "localhost.",
            "a.LOCALHOST",
            "intranet",
            "printer.local",
            "metadata.google.internal",
            "metadata.google.internal.",
            "router.Home.arpa",
            "2130706433",
            "127.1",
            "0x7f.0.0.01",
            "0x7f000001",
            "0177.0.0.1",
            "127.0.0.1.",
            "010.0.0.1",
            "169.254.169.254",
            "[::1]",
            "[::ffff:10.0.0.1]",
            ".",
            "localhost..",
            "as..example.com",
        ] {
            assert!(!may_be_public(host), "{host}");
        }
    }
}
