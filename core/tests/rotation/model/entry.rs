//! What stands in the store.

/// A record: its version, and which text it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Entry {
    pub(super) version: u64,
    pub(super) text: u32,
}

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Content {
    /// The numbers of the access token and of the refresh token; `None` after a logout.
    pub(super) tokens: Option<(u8, u8)>,
    pub(super) has_mark: bool,
    pub(super) has_ended: bool,
    /// And whether that is because nobody knows.
    pub(super) is_uncertain: bool,
}

impl Content {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let value: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        let tokens = &value["tokens"];
        let number = |member: &str| tokens[member].as_str().map(number_of);
        Self {
            tokens: number("access_token").zip(number("refresh_token")),
            has_mark: value["mark"]["lost"] == false,
            is_uncertain: value["end"] == "uncertain",
            has_ended: !value["end"].is_null(),
        }
    }
}

/// Of `at-7`, 7.
pub(super) fn number_of(token: &str) -> u8 {
    token[3..].parse().unwrap()
}
