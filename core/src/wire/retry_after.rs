//! `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date.

use core::time::Duration;

use super::response::Field;
use crate::time::Timestamp;

/// The pause that the server asks for, at most a day. What cannot be read is passed over: a
/// pause is a wish, not a verdict. A date counts from when the request was sent.
pub(crate) fn read(field: Field<'_>, sent_at: Timestamp) -> Option<Duration> {
    let Field::Once(value) = field else {
        return None;
    };
    let text = core::str::from_utf8(value).ok()?.trim_ascii();
    let pause = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        Duration::from_secs(unix_seconds(text)?.saturating_sub(sent_at.unix_seconds()))
    };
    Some(pause.min(MAX_PAUSE))
}

/// Reads a date in one of the three forms that a recipient must know (RFC 9110 section 5.6.7):
/// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`.
fn unix_seconds(date: &str) -> Option<u64> {
    let mut words = date.split([' ', ',', '-', ':']).filter(|word| !word.is_empty()).skip(1);
    let mut word = || words.next();
    let all = [word()?, word()?, word()?, word()?, word()?, word()?];
    let (([day, month, year, hour, minute, second], Some("GMT"))
    | ([month, day, hour, minute, second, year], None)) = (all, word())
    else {
        return None;
    };
    let clock = [hour, minute, second];
    let month = u64::try_from(MONTHS.iter().position(|name| *name == month)?).ok()?;
    let (day, year) = (number(day)?, number(year)?);
    let century = match year {
        0..=69 => 2000,
        70..=99 => 1900,
        _ => 0,
    };
    let year = year.checked_add(century)?;
    let [hour, minute, second] = clock.map(number);
    let (hour, minute, second) = (hour?, minute?, second?);
    let in_range = (1..=31).contains(&day) && (1970..=9999).contains(&year);
    if word().is_some() || !in_range || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    days_since_1970(year, month, day)?
        .checked_mul(24)?
        .checked_add(hour)?
        .checked_mul(60)?
        .checked_add(minute)?
        .checked_mul(60)?
        .checked_add(second)
}

/// Days from 1 January 1970; months count from 0. Years are counted from March, so that the leap
/// day is the last of its year.
fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    let (year, month) = if month < 2 {
        (year.checked_sub(1)?, month.checked_add(10)?)
    } else {
        (year, month.checked_sub(2)?)
    };
    let leap_days = (year / 4).checked_sub(year / 100)?.checked_add(year / 400)?;
    let days_before_month = month.checked_mul(153)?.checked_add(2)? / 5;
    year.checked_mul(365)?
        .checked_add(leap_days)?
        .checked_add(days_before_month)?
        .checked_add(day)?
        .checked_sub(DAYS_TO_1970)
}

fn number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

const MAX_PAUSE: Duration = Duration::from_secs(86_400);
/// From 1 March of the year 0 to 1 January 1970, and one for the day that counts from 1.
const DAYS_TO_1970: u64 = 719_469;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(value: &str, sent_at: u64) -> Option<u64> {
        let sent_at = Timestamp::from_unix_seconds(sent_at);
        read(Field::Once(value.as_bytes()), sent_at).map(|pause| pause.as_secs())
    }

    #[test]
    fn seconds_and_dates_are_read() {
        assert_eq!(pause("120", 0), Some(120));
        assert_eq!(pause("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777 - 90), Some(90));
        assert_eq!(pause("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777 + 90), Some(0));
        assert_eq!(pause("Tuesday, 06-Nov-29 08:49:37 GMT", 1_888_649_377 - 30), Some(30));
        assert_eq!(pause("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777 - 45), Some(45));
        assert_eq!(pause("Sun Nov  6 08:49:37 1994", 784_111_777 - 60), Some(60));
        assert_eq!(pause("Thu, 29 Feb 2024 00:00:00 GMT", 1_709_164_800 - 7), Some(7));
        assert_eq!(pause("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200 - 8), Some(8));
        assert_eq!(pause("Thu, 01 Jan 1970 00:00:09 GMT", 0), Some(9));
        // A leap second.
        assert_eq!(pause("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800 - 5), Some(5));
    }

    #[test]
    fn a_pause_is_a_day_at_most() {
        assert_eq!(pause("1000000000000", 0), Some(86_400));
        assert_eq!(pause("99999999999999999999999999", 0), Some(86_400));
        assert_eq!(pause("Fri, 31 Dec 9999 23:59:59 GMT", 0), Some(86_400));
    }

    #[test]
    fn what_is_no_pause_is_passed_over() {
        for value in [
            "",
            "soon",
            "-1",
            "1.5",
            "Sun, 06 Foo 1994 08:49:37 GMT",
            "06 Nov 1994",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 99 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT",
        ] {
            assert_eq!(pause(value, 0), None, "{value}");
        }
        assert_eq!(read(Field::Repeated, Timestamp::from_unix_seconds(0)), None);
    }
}
