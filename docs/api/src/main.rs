//! Prints the public API of a crate, an item a line, from what rustdoc says of it as JSON.

use std::env;
use std::process::ExitCode;

use public_api::{Builder, PublicApi};

fn main() -> ExitCode {
    let Some(json) = env::args_os().nth(1) else {
        eprintln!("which file of rustdoc's? The script `check` knows");
        return ExitCode::FAILURE;
    };
    let listed: Result<PublicApi, _> = Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(false)
        .build();
    match listed {
        Ok(api) => {
            print!("{api}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
