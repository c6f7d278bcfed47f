//! What the tests of grantflow stand on: the partner [`sandbox`], and a [`browser`] for the users
//! who log in there.

pub mod browser;
pub mod sandbox;
