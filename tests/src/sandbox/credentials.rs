//! The documented test credentials of the sandbox. They open nothing anywhere else.

use std::fmt;

/// The application at Meed; the id and the secret have the documented looks (M3).
pub const MEED: Credentials = Credentials {
    client_id: "meed_5a4d0b0c7f1e4c2b9d8e6f3a21b0c4d7",
    client_secret: "3f9c1d7ab2e84605c6d1f0e9a8b7c6d5e4f30211a0b9c8d7e6f5041322110f0e",
};

/// The application at `FlowAccount`; the secret shows whether a client encodes its forms well (F3).
pub const FLOW_ACCOUNT: Credentials =
    Credentials { client_id: "sandbox-shop", client_secret: "s3cret&100%+plus/equals==" };

/// The application at Cover Genius.
pub const COVER_GENIUS: Credentials = Credentials {
    client_id: "7d1b5a2e-3c4f-4a6b-8e9d-0f1a2b3c4d5e",
    client_secret: "pVq8Zt3LwXcR5nYb7KmDf2GhJs9AoUe4iT6xQ1rW",
};

/// The redirect URI that examples use.
pub const REDIRECT_URI: &str = "https://localhost:3000/callback";

/// Every redirect URI that is registered at `FlowAccount` (F2).
pub const REDIRECT_URIS: [&str; 3] =
    [REDIRECT_URI, "https://localhost:3000", "http://127.0.0.1:3000/callback"];

/// The person who logs in at `FlowAccount` (F4).
pub const USERNAME: &str = "somchai@example.com";
/// That person's password.
pub const PASSWORD: &str = "mango-sticky-rice";

/// The businesses which that person may connect (F4, F14).
pub const BUSINESSES: [Business; 2] = [
    Business {
        name: "Baan Kafae Coffee House", thai_name: "ร้านบ้านกาแฟ", support_code: "FA100234"
    },
    Business {
        name: "Chiang Mai Fruit & Export",
        thai_name: "เชียงใหม่ผลไม้ส่งออก",
        support_code: "FA100777",
    },
];

/// What nobody may read anywhere.
pub(super) const SECRETS: [&str; 4] =
    [MEED.client_secret, FLOW_ACCOUNT.client_secret, COVER_GENIUS.client_secret, PASSWORD];

/// The two halves of an application's credentials.
#[derive(Clone, Copy)]
pub struct Credentials {
    /// The public half.
    pub client_id: &'static str,
    /// The secret half.
    pub client_secret: &'static str,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// A business at `FlowAccount`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Business {
    /// Its English name.
    pub name: &'static str,
    /// Its Thai name.
    pub thai_name: &'static str,
    /// Its customer code, by which an integrator tells businesses apart (F7, F14).
    pub support_code: &'static str,
}
