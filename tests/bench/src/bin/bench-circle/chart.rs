//! The share that finds a mentor as a picture: one line a population, drawn as SVG.

use std::collections::BTreeSet;
use std::fmt::Write;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 460.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 496.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 400.0;
const COLOURS: [&str; 3] = ["#0b5c5c", "#7a4b00", "#5b3a9e"];

/// One population.
pub(crate) struct Line {
    /// What it is called beside its line.
    pub(crate) name: String,
    /// How many municipalities match together, and per hundred newcomers how many find a mentor.
    pub(crate) points: Vec<(usize, f64)>,
}

/// The lines above each other, by the size of the groups.
pub(crate) fn svg(lines: &[Line]) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         font-family=\"system-ui, sans-serif\" font-size=\"14\" fill=\"#1b2423\">\n\
         <title>Newcomers who find a mentor, by how many municipalities match together</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n"
    );
    for share in [0, 25, 50, 75, 100] {
        let y = y(f64::from(share));
        put(&mut svg, &format!("<path d=\"M{LEFT} {y:.1}H{RIGHT}\" stroke=\"#dcdfdc\"/>"));
        put(&mut svg, &text(LEFT - 8.0, y + 5.0, "end", "#1b2423", &format!("{share}%")));
    }
    let sizes: BTreeSet<usize> = lines.iter().flat_map(|line| &line.points).map(|(size, _)| *size).collect();
    let sizes: Vec<usize> = sizes.into_iter().collect();
    let x = |size: usize| {
        let at = sizes.iter().position(|one| *one == size).unwrap_or(0);
        LEFT + 24.0 + place(at, sizes.len()) * (RIGHT - LEFT - 48.0)
    };
    for size in &sizes {
        put(&mut svg, &text(x(*size), BOTTOM + 22.0, "middle", "#1b2423", &size.to_string()));
    }
    put(&mut svg, &text(f64::midpoint(LEFT, RIGHT), BOTTOM + 46.0, "middle", "#1b2423", "municipalities together"));
    for (line, colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        let points: Vec<String> =
            line.points.iter().map(|(size, share)| format!("{:.1},{:.1}", x(*size), y(*share))).collect();
        let drawn = points.join(" ");
        put(
            &mut svg,
            &format!("<polyline points=\"{drawn}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\"/>"),
        );
        for (size, share) in &line.points {
            put(
                &mut svg,
                &format!("<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3.5\" fill=\"{colour}\"/>", x(*size), y(*share)),
            );
        }
        if let Some((first, last)) = line.points.first().zip(line.points.last()) {
            let name = format!("{}: {:.0}% → {:.0}%", line.name, first.1, last.1);
            put(&mut svg, &text(RIGHT - 8.0, y(last.1) + 5.0, "start", colour, &name));
        }
    }
    svg + "</svg>\n"
}

fn put(svg: &mut String, element: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(svg, "{element}");
}

fn text(x: f64, y: f64, anchor: &str, colour: &str, words: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{words}</text>")
}

/// Where a share in hundredths is.
fn y(share: f64) -> f64 {
    BOTTOM - share / 100.0 * (BOTTOM - TOP)
}

/// Where one of so many is, from 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "a handful of points")]
fn place(at: usize, of: usize) -> f64 {
    at as f64 / of.saturating_sub(1).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_through_its_points_and_says_its_ends() {
        let line = Line { name: "1,000 newcomers".to_owned(), points: vec![(1, 0.0), (300, 100.0)] };
        let svg = svg(&[line]);
        assert!(svg.contains("points=\"80.0,400.0 472.0,24.0\""), "{svg}");
        assert!(svg.contains("1,000 newcomers: 0% → 100%"), "{svg}");
        assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
    }

    #[test]
    fn a_population_in_fewer_municipalities_ends_where_they_end() {
        let line = |points| Line { name: String::new(), points };
        let svg = svg(&[line(vec![(1, 50.0), (2, 50.0)]), line(vec![(1, 0.0), (3, 0.0)])]);
        assert!(svg.contains("points=\"80.0,212.0 276.0,212.0\"") && svg.contains("points=\"80.0,400.0 472.0,400.0\""));
    }

    #[test]
    fn nothing_is_drawn_of_nobody() {
        assert!(!svg(&[]).contains("polyline"));
    }
}
