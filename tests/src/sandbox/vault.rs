//! Things that are known by a secret string and die at a given time.

use std::collections::HashMap;
use std::time::Duration;

use crate::collector;

/// Access tokens, refresh tokens, codes and half-done logins: what `T` is, the string stands for.
pub(super) struct Vault<T> {
    live: HashMap<String, (T, Duration)>,
}

impl<T> Vault<T> {
    pub(super) fn new() -> Self {
        Self { live: HashMap::new() }
    }

    pub(super) fn put(&mut self, key: String, value: T, dies_at: Duration) {
        collector::note_secret(&key);
        self.live.insert(key, (value, dies_at));
    }

    pub(super) fn find(&self, key: &str, now: Duration) -> Option<&T> {
        let (value, dies_at) = self.live.get(key)?;
        (now < *dies_at).then_some(value)
    }

    /// Finds it, and whoever comes after finds nothing.
    pub(super) fn take(&mut self, key: &str, now: Duration) -> Option<T> {
        let (value, dies_at) = self.live.remove(key)?;
        (now < dies_at).then_some(value)
    }

    pub(super) fn keep_only(&mut self, keep: impl Fn(&T) -> bool) {
        self.live.retain(|_, (value, _)| keep(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn what_is_put_in_lives_until_the_very_moment_it_dies() {
        let mut vault = Vault::new();
        vault.put("key".to_owned(), 7, MINUTE);

        let just_before = MINUTE.saturating_sub(Duration::from_nanos(1));
        assert_eq!(vault.find("key", just_before), Some(&7));
        assert_eq!(vault.find("key", MINUTE), None);
        assert_eq!(vault.take("key", MINUTE), None);
    }

    #[test]
    fn what_is_taken_is_gone() {
        let mut vault = Vault::new();
        vault.put("key".to_owned(), 7, MINUTE);

        assert_eq!(vault.take("key", Duration::ZERO), Some(7));
        assert_eq!(vault.take("key", Duration::ZERO), None);
    }
}
