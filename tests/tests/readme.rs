//! What the README says is true.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::fs;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn the_oldest_rust_is_the_one_of_the_workspace() {
    let manifest = read("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = "));
    let said = format!("Rust {} or newer", version.unwrap().trim_matches('"'));
    assert!(read("README.md").contains(&said), "the README does not say: {said}");
}

#[test]
fn every_folder_of_the_map_is_there_with_its_package() {
    let readme = read("README.md");
    let (_, map) = readme.split_once("## The house").unwrap();
    let (map, _) = map.split_once("\n## ").unwrap();
    let rows: Vec<Vec<&str>> = map
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.split('|').map(|cell| cell.trim().trim_matches('`')).collect())
        .collect();
    assert_eq!(rows.len(), 6);
    for row in rows {
        let manifest = read(&format!("{}Cargo.toml", row[1]));
        assert!(
            manifest.contains(&format!("name = \"{}\"", row[2])) || row[2].is_empty(),
            "{row:?}"
        );
    }
}

#[test]
fn the_picture_is_the_one_of_the_crate() {
    let picture = |text: &str, comment: &str| -> Vec<String> {
        let lines = text.lines().map(|line| line.strip_prefix(comment).unwrap_or(line).trim());
        let from = lines.skip_while(|line| !line.starts_with("client_credentials(scope)"));
        from.take_while(|line| *line != "```").map(str::to_owned).collect()
    };
    let shown = picture(&read("README.md"), "");
    assert!(shown.len() > 8);
    assert_eq!(shown, picture(&read("core/src/lib.rs"), "//!"));
    assert_eq!(shown, picture(&read("core/src/flow/mod.rs"), "//!"));
}

fn is_entry(line: &&str) -> bool {
    !line.is_empty() && !line.starts_with('#')
}

#[test]
fn every_dependency_is_justified() {
    let readme = read("README.md");
    for folder in
        ["core", "adapter-ureq", "adapter-hyper", "tests", "tests/bench", "docs/api", "fuzz"]
    {
        let manifest = read(&format!("{folder}/Cargo.toml"));
        let sections =
            manifest.split("\n[").filter_map(|section| section.split_once("dependencies]\n"));
        for line in sections.flat_map(|(_, lines)| lines.lines()).filter(is_entry) {
            let name = line.split(['.', ' ', '=']).next().unwrap();
            assert!(
                name.starts_with("grantflow") || readme.contains(&format!("`{name}`")),
                "the README does not say what {name} is for"
            );
        }
    }
}

#[test]
fn every_attack_of_the_list_has_its_story_or_somebody_else_to_defend() {
    let page = read("SECURITY.md");
    let (_, table) = page.split_once("| --- | --- | --- |\n").unwrap();
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows.len(), 25);
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert_eq!(cells[1], (index + 1).to_string());
        assert!(!cells[3].is_empty(), "nothing stands against {}", cells[2]);
        let links = cells[3].split('[').skip(1).filter_map(|link| link.split_once("]("));
        for (story, rest) in links {
            let file = rest.split(')').next().unwrap();
            let (text, name) = (read(file), format!("fn {}(", story.replace(' ', "_")));
            assert!(file == SESSIONS || is_test(&text, &name), "{file} has no test {name}");
        }
    }
}

/// Whether a function is there, with the attribute of a test over it.
fn is_test(text: &str, name: &str) -> bool {
    let mut is_marked = false;
    text.lines().any(|line| {
        let is_it = is_marked && line.contains(name);
        is_marked = line.contains("#[test]") || line.contains("#[tokio::test");
        is_it
    })
}

/// What cannot be promised.
const SESSIONS: &str = "core/src/sessions.md";
