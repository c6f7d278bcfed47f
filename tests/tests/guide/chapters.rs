//! Each chapter is in the guide, its code is compiled, and the drivers that it shows are the real ones.

use std::fs;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn each_chapter_stands_in_the_guide_and_its_code_is_compiled() {
    let (guide, doctests) = (read("core/src/guide/mod.rs"), read("tests/src/lib.rs"));
    let mut chapters = 0;
    for entry in fs::read_dir(root().join("core/src/guide")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(chapter) = name.strip_suffix(".md") else { continue };
        chapters += 1;
        assert!(guide.contains(&format!("pub mod {chapter} {{}}")), "{chapter} is not shown");
        assert!(guide.contains(&format!("]({chapter}")), "nothing leads to {chapter}");
        assert!(doctests.contains(&format!("guide/{name}")), "the code of {chapter} is not run");
    }
    assert_eq!(chapters, 9);
}

#[test]
fn the_code_of_the_drivers_in_the_guide_is_what_runs() {
    let chapter = read("core/src/guide/embedding.md");
    let files = ["examples/driver_std.rs", "examples/driver_smol.rs", "src/by_hand.rs"];
    let blocks = chapter.split("```no_run\n").skip(1);
    assert_eq!(blocks.clone().count(), files.len());
    for (block, file) in blocks.zip(files) {
        let runs = code(&read(&format!("tests/{file}")));
        let shown = code(block.split("```").next().unwrap());
        for piece in shown.split("\n\n").map(str::trim) {
            assert!(runs.contains(piece), "tests/{file} is not as the guide shows it: {piece}");
        }
    }
}

/// Without comments, and without what a doctest hides.
fn code(text: &str) -> String {
    let is_shown = |line: &&str| !line.starts_with("# ") && !line.trim_start().starts_with("///");
    text.lines().filter(is_shown).flat_map(|line| [line, "\n"]).collect()
}
