//! How much memory this process holds, as the kernel counts it. Linux alone says.

use std::fs;

/// KiB that are held now.
pub(super) fn held() -> Option<u64> {
    line("VmRSS:")
}

/// The most KiB that were held since [`forget_peak`].
pub(super) fn peak() -> Option<u64> {
    line("VmHWM:")
}

/// Counts the peak anew.
pub(super) fn forget_peak() {
    // Where it cannot be done, the peak is that of the whole run, which is no less.
    drop(fs::write("/proc/self/clear_refs", "5"));
}

fn line(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_was_held_for_a_moment_is_in_the_peak_until_that_is_forgotten() {
        const SIZE: usize = 64 * 1024 * 1024;
        let before = held().unwrap();
        drop(std::hint::black_box(vec![1_u8; SIZE]));
        assert!(peak().unwrap() >= before + 60 * 1024);
        forget_peak();
        assert!(peak().unwrap() < before + 60 * 1024);
    }
}
