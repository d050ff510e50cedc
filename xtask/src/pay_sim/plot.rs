//! What came of the payments, as a plot: what was paid, what it cost, what failed, what a search took.

use super::report::{Row, Score};
use super::world::Balances;
use anyhow::{Context, Result, ensure};
use plotters::coord::Shift;
use plotters::prelude::*;
use std::path::Path;

const SIZE: (u32, u32) = (1_000, 640);

/// The lines' names are to the right of the panels, where they hide nothing.
const PANELS_WIDTH: i32 = 800;

/// One panel: a figure over the amount.
struct Panel {
    title: &'static str,
    of: fn(&Row, &Score) -> f64,
}

const PANELS: [Panel; 4] = [
    Panel {
        title: "paid of what is possible, %",
        of: |row, score| f64::from(score.paid) * 100.0 / f64::from(row.possible.max(1)),
    },
    Panel {
        title: "fee, ppm",
        of: |_, score| score.fee_ppm,
    },
    Panel {
        title: "failed parts a payment",
        of: |_, score| score.failed,
    },
    Panel {
        title: "one search, p50, ms",
        of: |_, score| score.search.as_secs_f64() * 1e3,
    },
];

/// A line of each panel.
struct Line {
    name: &'static str,
    balances: Balances,
    of: fn(&Row) -> &Score,
    colour: RGBColor,
}

/// Okabe and Ito's colours, which those who see few colours can tell apart.
const LINES: [Line; 4] = [
    Line {
        name: "ours, uniform",
        balances: Balances::Uniform,
        of: |row| &row.ours,
        colour: RGBColor(0, 114, 178),
    },
    Line {
        name: "LDK, uniform",
        balances: Balances::Uniform,
        of: |row| &row.ldk,
        colour: RGBColor(230, 159, 0),
    },
    Line {
        name: "ours, bimodal",
        balances: Balances::Bimodal,
        of: |row| &row.ours,
        colour: RGBColor(0, 158, 115),
    },
    Line {
        name: "LDK, bimodal",
        balances: Balances::Bimodal,
        of: |row| &row.ldk,
        colour: RGBColor(213, 94, 0),
    },
];

/// Draws the cold rows.
pub(super) fn draw(path: &Path, rows: &[Row]) -> Result<()> {
    let rows: Vec<&Row> = rows.iter().filter(|row| !row.is_warm).collect();
    ensure!(!rows.is_empty(), "a plot needs rows");
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let (panels, names) = area.split_horizontally(PANELS_WIDTH);
    let panels = panels.split_evenly((2, 2));
    for (panel, area) in PANELS.iter().zip(&panels) {
        draw_panel(area, panel, &rows)?;
    }
    for (line, y) in LINES.iter().zip((40..).step_by(24)) {
        let style = line.colour.stroke_width(2);
        names.draw(&PathElement::new([(0, y), (18, y)], style))?;
        names.draw(&Text::new(line.name, (26, y - 6), ("sans-serif", 14)))?;
    }
    area.present().with_context(|| path.display().to_string())
}

fn draw_panel(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    panel: &Panel,
    rows: &[&Row],
) -> Result<()> {
    let sats = rows.iter().map(|row| float(row.sats));
    let (low, high) = sats.fold((f64::MAX, 0.0_f64), |(low, high), sats| {
        (low.min(sats), high.max(sats))
    });
    let figures = rows
        .iter()
        .flat_map(|row| [&row.ours, &row.ldk].map(|s| (panel.of)(row, s)));
    let most = figures.fold(0.0, f64::max).max(1e-3) * 1.1;
    let mut chart = ChartBuilder::on(area)
        .caption(panel.title, ("sans-serif", 18))
        .margin(10)
        .x_label_area_size(36)
        .y_label_area_size(48)
        .build_cartesian_2d((low / 1.25..high * 1.25).log_scale(), 0.0..most)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc("sat")
        .x_labels(5)
        .x_label_formatter(&|sats| short(*sats))
        .label_style(("sans-serif", 13))
        .draw()?;
    for line in &LINES {
        let rows = rows.iter().filter(|row| row.balances == line.balances);
        let points = rows.map(|row| (float(row.sats), (panel.of)(row, (line.of)(row))));
        let style = line.colour.stroke_width(2);
        chart.draw_series(LineSeries::new(points, style).point_size(3))?;
    }
    Ok(())
}

/// `10k`, `1M`.
fn short(sats: f64) -> String {
    if sats >= 1e6 {
        format!("{}M", sats / 1e6)
    } else {
        format!("{}k", sats / 1e3)
    }
}

#[expect(clippy::cast_precision_loss, reason = "sats in a plot")]
fn float(sats: u64) -> f64 {
    sats as f64
}
