//! What was measured, as tables.

use std::fmt;

/// One measured number.
#[derive(Clone, Copy, Debug)]
pub struct Amount {
    pub value: f64,
    /// Allocations and reallocations, where they were counted.
    pub allocated: Option<(f64, f64)>,
}

/// One line of a table. The less, the better: in every unit.
pub struct Row {
    pub what: String,
    pub grantflow: Amount,
    pub floor: Option<Amount>,
    /// In the order of the section's peers.
    pub peers: Vec<Option<Amount>>,
    /// Empty where there is none.
    pub goal: String,
    pub is_met: bool,
}

pub struct Section {
    pub title: &'static str,
    /// What the numbers are.
    pub unit: &'static str,
    pub peers: Vec<&'static str>,
    pub rows: Vec<Row>,
}

impl Amount {
    pub fn new(value: f64) -> Self {
        Self { value, allocated: None }
    }

    /// How many times the other it is.
    pub fn times(&self, other: &Self) -> f64 {
        self.value / other.value
    }

    /// Allocations and reallocations.
    pub fn allocations(&self) -> f64 {
        self.allocated.map_or(0.0, |(allocations, reallocations)| allocations + reallocations)
    }
}

impl Section {
    /// The goals that are not met.
    pub fn missed(&self) -> Vec<String> {
        let missed = self.rows.iter().filter(|row| !row.is_met);
        missed.map(|row| format!("{}: {} ({})", self.title, row.what, row.goal)).collect()
    }
}

/// Markdown.
impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## {}\n\n{}.\n", self.title, self.unit)?;
        let has_floor = self.rows.iter().any(|row| row.floor.is_some());
        let mut head = vec!["", "grantflow"];
        head.extend(has_floor.then_some("floor"));
        head.extend(&self.peers);
        head.extend(["goal", "met"]);
        writeln!(f, "| {} |\n|{}", head.join(" | "), "---|".repeat(head.len()))?;
        for row in &self.rows {
            write!(f, "| {} | **{}** |", row.what, row.grantflow)?;
            let others =
                has_floor.then_some(row.floor).into_iter().chain(row.peers.iter().copied());
            for other in others {
                match other {
                    // Of nothing, nothing is so many times.
                    Some(other) if row.grantflow.value == 0.0 => write!(f, " {other} |")?,
                    Some(other) => {
                        write!(f, " {other} ({}) |", Times(other.times(&row.grantflow)))?
                    }
                    None => write!(f, " |")?,
                }
            }
            let met = match row.is_met {
                _ if row.goal.is_empty() => "",
                true => "yes",
                false => "**no**",
            };
            writeln!(f, " {} | {met} |", row.goal)?;
        }
        Ok(())
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&number(self.value))?;
        match self.allocated {
            Some((allocations, 0.0)) => write!(f, " · {}", number(allocations)),
            Some((allocations, more)) => write!(f, " · {} + {}", number(allocations), number(more)),
            None => Ok(()),
        }
    }
}

struct Times(f64);

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.0 < 10.0 { 2 } else { 0 };
        write!(f, "×{:.digits$}", self.0)
    }
}

/// With commas from a thousand on, and a digit or two below a hundred.
pub fn number(value: f64) -> String {
    let digits = match value {
        _ if value.fract().abs() < 0.005 || value >= 100.0 => 0,
        _ if value >= 10.0 => 1,
        _ => 2,
    };
    let plain = format!("{value:.digits$}");
    let (whole, rest) = plain.split_once('.').unwrap_or((&plain, ""));
    let groups: Vec<&str> = whole
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| str::from_utf8(group).unwrap_or(""))
        .collect();
    let whole = groups.join(",");
    if rest.is_empty() { whole } else { format!("{whole}.{rest}") }
}
