//! The page with all that a whole run measured.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::picture;
use crate::table::Section;

/// Those whose versions matter for the numbers.
const VERSIONS: [&str; 8] =
    ["oauth2", "huskarl", "yup-oauth2", "dashmap", "ureq", "hyper", "http", "serde_json"];

/// Writes `docs/measured.md` and its picture.
pub fn write(sections: &[Section], verdict: &str) -> Result<(), Box<dyn Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lock = fs::read_to_string(here.join("Cargo.lock"))?;
    let versions: Vec<String> = VERSIONS
        .iter()
        .filter_map(|name| Some(format!("{name} {}", version(&lock, name)?)))
        .collect();
    let tables: Vec<String> = sections.iter().map(Section::to_string).collect();
    let page = format!(
        "# What grantflow costs, measured

On {}, with {}, and {}, by

```text
cargo run --release --manifest-path tests/bench/Cargo.toml
```

All in one run, on the same bytes, beside the peers and the floor: the least that a program written by
hand does for the same, without any check. Behind each number of others stands how many times
grantflow's it is. The picture shows how many times the floor each costs.

![How many times the floor grantflow and its peers cost](measured.svg)

{}
{verdict}
",
        said("date", "+%F")?,
        said("rustc", "-V")?,
        versions.join(", "),
        tables.join("\n"),
    );
    let docs = here.join("../../docs");
    fs::create_dir_all(&docs)?;
    fs::write(docs.join("measured.svg"), picture::draw(sections))?;
    fs::write(docs.join("measured.md"), page)?;
    Ok(())
}

/// As the lock file has it.
fn version<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    rest.split('"').next()
}

/// A program's one line.
fn said(program: &str, argument: &str) -> Result<String, Box<dyn Error>> {
    let output = Command::new(program).arg(argument).output()?;
    let line = String::from_utf8(output.stdout)?;
    let line = line.trim().split(" (").next().unwrap_or_default();
    Ok(line.to_owned())
}
