//! Memory that held a secret is overwritten before it is given back.

use alloc::string::String;
use alloc::vec::Vec;
use core::mem::take;
use core::ops::{Deref, DerefMut};

use zeroize::optimization_barrier;

/// Can be overwritten with zeros, in a way that no compiler leaves out. All at once: an access token
/// may be long, and `zeroize` writes byte by byte.
pub(crate) trait Wipe {
    /// Nothing of it is left, up to its capacity.
    fn wipe(&mut self);
}

impl Wipe for Vec<u8> {
    fn wipe(&mut self) {
        self.clear();
        self.resize(self.capacity(), 0);
        optimization_barrier(self.as_slice());
    }
}

impl Wipe for String {
    fn wipe(&mut self) {
        take(self).into_bytes().wipe();
    }
}

impl<const N: usize> Wipe for [u8; N] {
    fn wipe(&mut self) {
        self.fill(0);
        optimization_barrier(self);
    }
}

/// A buffer that is wiped when it is dropped.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Wiping<T: Wipe>(T);

impl<T: Wipe> Wiping<T> {
    pub(crate) const fn new(buffer: T) -> Self {
        Self(buffer)
    }
}

impl<T: Wipe> Deref for Wiping<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Wipe> DerefMut for Wiping<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Wipe> Drop for Wiping<T> {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wiped_buffer_is_zero_to_its_last_byte() {
        let mut buffer = Vec::with_capacity(32);
        buffer.extend_from_slice(b"a longer text than what follows");
        buffer.truncate(3);
        buffer.wipe();
        assert_eq!(buffer.len(), buffer.capacity());
        assert!(buffer.iter().all(|byte| *byte == 0));
        let mut array = *b"secret";
        array.wipe();
        assert_eq!(array, [0; 6]);
    }
}
