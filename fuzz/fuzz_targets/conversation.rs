//! A whole authorization-code conversation out of bytes: see [`Conversation`] for what must hold.
#![no_main]

use grantflow_fuzz::conversation::Conversation;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| Conversation::new(bytes).run());
