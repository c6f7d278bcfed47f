//! Chance that can be had again.

/// Marsaglia's xorshift: not for secrets.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        // Spreads small seeds; zero would stay zero for ever.
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `end`; zero where there is none.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11).checked_rem(end).unwrap_or_default()
    }

    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let end = u64::try_from(of.len()).unwrap_or_default();
        of.get(usize::try_from(self.below(end)).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_brings_the_same_numbers() {
        let row = |seed| {
            let mut chance = Chance::new(seed);
            [(); 8].map(|()| chance.below(1000))
        };
        assert_eq!(row(7), row(7));
        assert_ne!(row(7), row(8));
        assert_eq!(Chance::new(7).below(0), 0);
    }
}
