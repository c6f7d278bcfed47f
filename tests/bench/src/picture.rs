//! The picture of all tables: how many times the floor everybody costs, as dots on a logarithmic
//! scale. Written by hand, so that its colours can follow the reader's light or dark mode.

use crate::table::{Amount, Section};

const WIDTH: f64 = 900.0;
/// Where the labels end, and where the scale begins and ends.
const LABELS: f64 = 338.0;
const SCALE: [f64; 2] = [356.0, 836.0];
/// From one line to the next.
const LINE: f64 = 22.0;

/// grantflow's, then the peers'. They can be told apart on white and on black.
const COLOURS: [&str; 8] =
    ["#2f81f7", "#e5534b", "#57ab5a", "#c69026", "#986ee2", "#3bbcc8", "#d667a8", "#8b949e"];

const STYLE: &str = "text{font:13px sans-serif;fill:#1f2328}.head{font-weight:bold}\
    .end{text-anchor:end}.mid{text-anchor:middle}line{stroke:#d0d7de}.floor{stroke:#1f2328}\
    @media(prefers-color-scheme:dark){text{fill:#e6edf3}line{stroke:#30363d}.floor{stroke:#e6edf3}}";

/// A label and the dots on its line: whose, and how many times the floor. A heading has none.
type Line = (String, Vec<(usize, f64)>);

/// SVG of all rows that have a floor.
pub fn draw(sections: &[Section]) -> String {
    let (names, lines) = lines(sections);
    let all = || lines.iter().flat_map(|(_, dots)| dots).map(|(_, times)| *times);
    let (least, most) = (all().fold(0.9, f64::min), all().fold(10.0, f64::max) * 1.1);
    let at =
        |times: f64| SCALE[0] + (times / least).ln() / (most / least).ln() * (SCALE[1] - SCALE[0]);
    let (top, mut svg) = (LINE * 3.0, String::new());
    let bottom = top + LINE * lines.len() as f64;

    let mut left = 16.0;
    for (who, name) in names.iter().enumerate() {
        svg += &dot(left, LINE - 4.0, who);
        svg += &text(left + 11.0, LINE, "", name);
        left += 34.0 + 7.5 * name.len() as f64;
    }
    let ticks = (-3..6).flat_map(|tens| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(tens)));
    for times in ticks.filter(|times| (least..most).contains(times)) {
        let class = if times == 1.0 { "floor" } else { "tick" };
        let (x, from) = (at(times), top - LINE * 0.4);
        svg += &format!(
            r#"<line class="{class}" x1="{x:.1}" y1="{from}" x2="{x:.1}" y2="{bottom}"/>"#
        );
        let label = if times == 1.0 { "the floor".to_owned() } else { format!("×{times}") };
        svg += &text(x, top - LINE * 0.7, "mid", &label);
    }
    svg += &text(WIDTH - 8.0, LINE, "end", names[0]);
    for (nth, (label, dots)) in lines.iter().enumerate() {
        let y = top + LINE * (nth as f64 + 0.7);
        if dots.is_empty() {
            svg += &text(16.0, y, "head", label);
            continue;
        }
        svg += &text(LABELS, y, "end", label);
        // grantflow's own is drawn last, over the others.
        dots.iter().rev().for_each(|(who, times)| svg += &dot(at(*times), y - 4.0, *who));
        svg += &text(WIDTH - 8.0, y, "end", &format!("×{:.2}", dots[0].1));
    }
    let height = bottom + LINE * 0.5;
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img"><title>How many times the floor grantflow and its peers cost</title><style>{STYLE}</style>{svg}</svg>
"#
    )
}

/// Who is in it, and what is to be drawn.
fn lines(sections: &[Section]) -> (Vec<&str>, Vec<Line>) {
    let (mut names, mut lines) = (vec!["grantflow"], Vec::new());
    for section in sections {
        let mut rows: Vec<Line> = Vec::new();
        for row in &section.rows {
            let can_be_drawn = |floor: &Amount| floor.value > 0.0 && row.grantflow.value > 0.0;
            let Some(floor) = row.floor.filter(can_be_drawn) else { continue };
            let times = |amount: &Amount| amount.times(&floor);
            let mut dots = vec![(0, times(&row.grantflow))];
            for (peer, amount) in section.peers.iter().zip(&row.peers) {
                let Some(amount) = amount else { continue };
                let known = names.iter().position(|name| name == peer);
                let who = known.unwrap_or_else(|| {
                    names.push(peer);
                    names.len() - 1
                });
                dots.push((who, times(amount)));
            }
            dots.retain(|(_, times)| *times > 0.0);
            rows.push((row.what.clone(), dots));
        }
        if !rows.is_empty() {
            lines.push((section.title.to_owned(), Vec::new()));
            lines.append(&mut rows);
        }
    }
    (names, lines)
}

fn dot(x: f64, y: f64, who: usize) -> String {
    let (colour, radius) = (COLOURS[who % COLOURS.len()], if who == 0 { 6 } else { 4 });
    format!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="{radius}" fill="{colour}"/>"#)
}

fn text(x: f64, y: f64, class: &str, text: &str) -> String {
    let text = text.replace('`', "").replace('&', "&amp;").replace('<', "&lt;");
    format!(r#"<text x="{x:.1}" y="{y:.1}" class="{class}">{text}</text>"#)
}
