//! What was found, as plots.

use super::report::thousands;
use anyhow::{Context, Result, ensure};
use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::prelude::*;
use std::ops::Range;
use std::path::Path;

const SIZE: (u32, u32) = (800, 500);
/// The lines' names are on the right of it, where they hide nothing.
const CHART_WIDTH: i32 = 580;
/// Okabe and Ito's, which those who see few colours can tell apart, and three more.
const COLOURS: [RGBColor; 10] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(0, 0, 0),
    RGBColor(136, 34, 85),
    RGBColor(153, 153, 51),
    RGBColor(150, 150, 150),
];
/// Free space around the points, as a factor.
const MARGIN: f64 = 1.25;

/// What is written around the lines.
struct Texts {
    title: &'static str,
    x: &'static str,
    y: &'static str,
}

/// Operations a second over the number of callers.
pub(super) fn callers(path: &Path, lines: &[(&str, Vec<(f64, f64)>)]) -> Result<()> {
    let texts = Texts {
        title: "Throughput by callers",
        x: "callers at once",
        y: "operations a second",
    };
    let (callers, ops) = ranges(lines)?;
    draw(path, lines, &texts, callers, 0.0..ops.end)
}

/// Microseconds over the number of payments in the database.
pub(super) fn latency(path: &Path, lines: &[(&str, Vec<(f64, f64)>)]) -> Result<()> {
    let texts = Texts {
        title: "Latency by size of the database",
        x: "payments in the database",
        y: "microseconds",
    };
    let (payments, us) = ranges(lines)?;
    // Whole decades: only their ends are labelled.
    let (low, high) = (us.start.log10().floor(), us.end.log10().ceil());
    let us = 10_f64.powf(low)..10_f64.powf(high);
    draw(path, lines, &texts, payments, us.log_scale())
}

/// Of both axes, with a margin.
fn ranges(lines: &[(&str, Vec<(f64, f64)>)]) -> Result<(Range<f64>, Range<f64>)> {
    let points = || lines.iter().flat_map(|(_, points)| points);
    let range = |figures: &mut dyn Iterator<Item = f64>| {
        let ends = figures.fold(None, |ends: Option<(f64, f64)>, figure| {
            let (low, high) = ends.unwrap_or((figure, figure));
            Some((low.min(figure), high.max(figure)))
        });
        let (low, high) = ends.context("a plot needs points")?;
        ensure!(low > 0.0, "{low} has no place on a logarithmic axis");
        Ok(low / MARGIN..high * MARGIN)
    };
    let x = range(&mut points().map(|(x, _)| *x))?;
    let y = range(&mut points().map(|(_, y)| *y))?;
    Ok((x, y))
}

/// The one over the other; the lower axis is logarithmic.
fn draw<Y>(
    path: &Path,
    lines: &[(&str, Vec<(f64, f64)>)],
    texts: &Texts,
    x: Range<f64>,
    y: Y,
) -> Result<()>
where
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let (left, right) = area.split_horizontally(CHART_WIDTH);
    let mut chart = ChartBuilder::on(&left)
        .caption(texts.title, ("sans-serif", 22))
        .margin(15)
        .x_label_area_size(45)
        .y_label_area_size(85)
        .build_cartesian_2d(x.log_scale(), y)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc(texts.x)
        .y_desc(texts.y)
        .x_label_formatter(&|x| thousands(*x))
        .y_label_formatter(&|y| thousands(*y))
        .label_style(("sans-serif", 14))
        .draw()?;
    let lines = lines.iter().zip(COLOURS.iter().cycle());
    for (((name, points), colour), y) in lines.zip((70..).step_by(24)) {
        let style = colour.stroke_width(2);
        chart.draw_series(LineSeries::new(points.iter().copied(), style).point_size(3))?;
        right.draw(&PathElement::new([(0, y), (18, y)], style))?;
        right.draw(&Text::new(*name, (26, y - 6), ("sans-serif", 13)))?;
    }
    area.present().with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_names_its_lines() {
        let folder = tempfile::tempdir().unwrap();
        let lines = [
            (
                "engine",
                vec![(1.0, 900.0), (16.0, 9_000.0), (4_096.0, 90_000.0)],
            ),
            ("socket", vec![(1.0, 700.0), (64.0, 30_000.0)]),
        ];
        for plot in [callers, latency] {
            let path = folder.path().join("plot.svg");
            plot(&path, &lines).unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(
                text.starts_with("<svg") && text.ends_with("</svg>\n"),
                "{text}"
            );
            for (name, _) in &lines {
                assert!(text.contains(name), "{name} is missing");
            }
            assert!(text.contains("\n1,000\n"), "{text}");
        }
    }

    #[test]
    fn nothing_and_nought_cannot_be_drawn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plot.svg");
        assert!(latency(&path, &[]).is_err());
        assert!(latency(&path, &[("nought", vec![(1.0, 0.0)])]).is_err());
    }
}
