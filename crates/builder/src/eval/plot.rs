//! Small plots as inline SVG: no script, colours from the page.

use std::fmt::Write;

const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 260.0;
/// Room for labels: left, right, top, bottom.
const MARGINS: (f64, f64, f64, f64) = (52.0, 14.0, 12.0, 44.0);

/// One of the two directions of a plot.
pub(super) struct Axis<'a> {
    pub(super) label: &'a str,
    pub(super) from: f64,
    pub(super) to: f64,
    /// Powers of ten at equal distances.
    pub(super) log: bool,
    /// Where there are lines and numbers.
    pub(super) ticks: Vec<f64>,
}

/// What is drawn. Its colour is that of its number among the series.
pub(super) enum Shape {
    /// From `from` to `to`, this high.
    Bars(Vec<[f64; 3]>),
    /// Through points.
    Line(Vec<[f64; 2]>),
    /// From `low` to `high` at each `x`.
    Band(Vec<[f64; 3]>),
    /// A dot with its interval: x, y, low, high.
    Dots(Vec<[f64; 4]>),
    /// From edge to edge: what would be perfect.
    Diagonal,
    /// A line across at this x, with words.
    Mark(f64, &'static str),
}

/// A shape and what it means; without a name it is in no legend.
pub(super) struct Series<'a> {
    pub(super) name: &'a str,
    /// Its colour, from 1.
    pub(super) colour: usize,
    pub(super) shape: Shape,
}

/// The plot, with its legend below.
pub(super) fn plot(title: &str, x: &Axis, y: &Axis, series: &[Series]) -> String {
    let mut svg = format!(
        "<figure><figcaption>{}</figcaption><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
        escaped(title),
        escaped(title)
    );
    let frame = Frame { x, y };
    frame.axes(&mut svg);
    for one in series {
        frame.draw(&mut svg, one);
    }
    svg.push_str("</svg><ul class=\"legend\">");
    let mut named: Vec<&Series> = series.iter().filter(|s| !s.name.is_empty()).collect();
    named.dedup_by_key(|s| s.name);
    for one in named {
        put(&mut svg, format_args!("<li class=\"c{}\">{}</li>", one.colour, escaped(one.name)));
    }
    svg.push_str("</ul></figure>");
    svg
}

/// Text with nothing in it that could be markup.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Control characters are not allowed in a page, and none is part of a name.
            c if c.is_control() => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

fn put(svg: &mut String, text: std::fmt::Arguments) {
    // Writing to a string does not fail.
    let _ = svg.write_fmt(text);
}

struct Frame<'a> {
    x: &'a Axis<'a>,
    y: &'a Axis<'a>,
}

impl Axis<'_> {
    fn share(&self, value: f64) -> f64 {
        let of = |v: f64| if self.log { v.max(f64::MIN_POSITIVE).log10() } else { v };
        ((of(value) - of(self.from)) / (of(self.to) - of(self.from))).clamp(0.0, 1.0)
    }

    fn text(&self, value: f64) -> String {
        if self.log && value < 1.0 {
            format!("{value:.0e}")
        } else if self.log {
            match value {
                v if v >= 1e6 => format!("{}M", v / 1e6),
                v if v >= 1e3 => format!("{}k", v / 1e3),
                v => format!("{v}"),
            }
        } else {
            format!("{}", (value * 1000.0).round() / 1000.0)
        }
    }
}

impl Frame<'_> {
    fn x(&self, value: f64) -> f64 {
        MARGINS.0 + self.x.share(value) * (WIDTH - MARGINS.0 - MARGINS.1)
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - MARGINS.3 - self.y.share(value) * (HEIGHT - MARGINS.2 - MARGINS.3)
    }

    fn axes(&self, svg: &mut String) {
        let (left, right) = (MARGINS.0, WIDTH - MARGINS.1);
        let (top, bottom) = (MARGINS.2, HEIGHT - MARGINS.3);
        for &tick in &self.x.ticks {
            let x = self.x(tick);
            put(svg, format_args!("<path class=\"grid\" d=\"M{x:.1} {top}V{bottom}\"/>"));
            let text = self.x.text(tick);
            let y = bottom + 15.0;
            put(svg, format_args!("<text x=\"{x:.1}\" y=\"{y}\" class=\"mid\">{text}</text>"));
        }
        for &tick in &self.y.ticks {
            let y = self.y(tick);
            put(svg, format_args!("<path class=\"grid\" d=\"M{left} {y:.1}H{right}\"/>"));
            let (x, text) = (left - 6.0, self.y.text(tick));
            let y = y + 3.5;
            put(svg, format_args!("<text x=\"{x}\" y=\"{y:.1}\" class=\"end\">{text}</text>"));
        }
        put(svg, format_args!("<path class=\"axis\" d=\"M{left} {top}V{bottom}H{right}\"/>"));
        let (x, y) = (f64::midpoint(left, right), HEIGHT - 10.0);
        let label = escaped(self.x.label);
        put(svg, format_args!("<text x=\"{x}\" y=\"{y}\" class=\"mid\">{label}</text>"));
        let (y, label) = (f64::midpoint(top, bottom), escaped(self.y.label));
        put(
            svg,
            format_args!(
                "<text transform=\"translate(13 {y}) rotate(-90)\" class=\"mid\">{label}</text>"
            ),
        );
    }

    fn draw(&self, svg: &mut String, series: &Series) {
        let class = series.colour;
        match &series.shape {
            Shape::Bars(bars) => {
                let floor = self.y(self.y.from);
                put(svg, format_args!("<path class=\"bars c{class}\" d=\""));
                for &[from, to, height] in bars {
                    let (a, b, top) = (self.x(from), self.x(to), self.y(height));
                    put(svg, format_args!("M{a:.1} {floor:.1}V{top:.1}H{b:.1}V{floor:.1}Z"));
                }
                svg.push_str("\"/>");
            }
            Shape::Line(points) => {
                put(svg, format_args!("<path class=\"line c{class}\" d=\""));
                self.path(svg, points.iter().copied());
                svg.push_str("\"/>");
            }
            Shape::Band(points) => {
                put(svg, format_args!("<path class=\"band c{class}\" d=\""));
                let there = points.iter().map(|&[x, low, _]| [x, low]);
                let back = points.iter().rev().map(|&[x, _, high]| [x, high]);
                self.path(svg, there.chain(back));
                svg.push_str("Z\"/>");
            }
            Shape::Dots(dots) => {
                for &[x, y, low, high] in dots {
                    let (x, y, low, high) = (self.x(x), self.y(y), self.y(low), self.y(high));
                    put(
                        svg,
                        format_args!(
                            "<path class=\"line c{class}\" d=\"M{x:.1} {low:.1}V{high:.1}\"/><circle class=\"dot c{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\"/>"
                        ),
                    );
                }
            }
            Shape::Diagonal => {
                let ends = [[self.x.from, self.y.from], [self.x.to, self.y.to]];
                svg.push_str("<path class=\"mark\" d=\"");
                self.path(svg, ends.into_iter());
                svg.push_str("\"/>");
            }
            Shape::Mark(at, words) => {
                let (x, top, bottom) = (self.x(*at), MARGINS.2, HEIGHT - MARGINS.3);
                let y = top + 10.0;
                put(
                    svg,
                    format_args!(
                        "<path class=\"mark\" d=\"M{x:.1} {top}V{bottom}\"/><text x=\"{:.1}\" y=\"{y}\">{}</text>",
                        x + 4.0,
                        escaped(words)
                    ),
                );
            }
        }
    }

    fn path(&self, svg: &mut String, points: impl Iterator<Item = [f64; 2]>) {
        for (number, [x, y]) in points.enumerate() {
            let step = if number == 0 { 'M' } else { 'L' };
            put(svg, format_args!("{step}{:.1} {:.1}", self.x(x), self.y(y)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_markup() {
        assert_eq!(escaped("<b a='x'>&\"\u{7}"), "&lt;b a=&#39;x&#39;&gt;&amp;&quot;\u{fffd}");
    }

    #[test]
    fn places_lie_where_the_axes_say() {
        let x = Axis { label: "far", from: 1e-4, to: 1.0, log: true, ticks: vec![1e-2] };
        let y = Axis { label: "tar", from: 0.0, to: 1.0, log: false, ticks: vec![0.5] };
        assert!((x.share(1e-2) - 0.5).abs() < 1e-9);
        assert_eq!((x.share(1e-9), y.share(2.0)), (0.0, 1.0));
        assert_eq!(
            (x.text(1e-2), x.text(1e6), y.text(0.5)),
            ("1e-2".into(), "1M".into(), "0.5".into())
        );
        let line =
            Series { name: "<a>", colour: 1, shape: Shape::Line(vec![[1e-4, 0.0], [1.0, 1.0]]) };
        let svg = plot("t", &x, &y, &[line]);
        assert!(svg.contains("d=\"M52.0 216.0L446.0 12.0\""), "{svg}");
        assert!(svg.contains("&lt;a&gt;") && !svg.contains("<a>"));
    }
}
