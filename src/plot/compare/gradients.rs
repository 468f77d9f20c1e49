//! How much of the gradient of a loss at the last step reaches each step, for each network.

use super::{Data, RELATIVE, Series, floor};
use crate::plot::axis::View;
use crate::plot::number::number;
use crate::plot::{Figure, Floor, LOG, PlotSpec};

pub static SPEC: PlotSpec = PlotSpec {
    name: "compare-gradients",
    title: "Gradient at every step",
    text: "How large the gradient of the loss at the last step still is at step t. It travels from right to left; where it has shrunk to nothing, training cannot learn from that step. With regard to the input it can be compared between any two cells; with regard to the state it is what the cell itself hands back, all carried lanes together.",
    x: "step t",
    y: "norm of the gradient",
    options: &[LOG, RELATIVE],
    backward: true,
    heavy: false,
};

const VIEW: View = View { decades: 7, top: None };

/// ‖∂L/∂x_t‖, or with `of` "s" ‖∂L/∂s_t‖.
pub fn build(data: &Data) -> Figure {
    let quantity = if data.of == "s" { "‖∂L/∂sₜ‖, s: all that is carried" } else { "‖∂L/∂xₜ‖" };
    let quantity = if data.loss.is_empty() { quantity.into() } else { format!("{quantity}, L: {}", data.loss) };
    let chart = data.chart(&quantity, true, VIEW, Some(Floor::f32()));
    let said = data.series.iter().filter_map(sentence).collect();
    data.figure(&SPEC, SPEC.title.into(), chart, said)
}

fn sentence(series: &Series) -> Option<String> {
    let (end, start) = (series.first()?, series.last()?);
    let say = |v: f64| number(v, 2);
    let mut text = format!("{}: {} at step {}", series.name, say(start.1), start.0 + 1);
    if end.0 == start.0 {
        return Some(text + ".");
    }
    text += &format!(", {} at step {}", say(end.1), end.0 + 1);
    if let Some(t) = series.values.iter().rposition(|v| *v < floor()) {
        text += &format!("; from step {} back under the smallest normal f32", t + 1);
    }
    Some(text + ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_says_where_it_sinks() {
        let of = |values: &[f64]| sentence(&Series { name: "RNN".into(), values: values.to_vec(), ..Series::default() }).unwrap();
        assert_eq!(of(&[0.0, 1e-40, 1e-3]), "RNN: 0.0010 at step 3, 0 at step 1; from step 2 back under the smallest normal f32.");
        assert_eq!(of(&[1e-37, 1e-3]), "RNN: 0.0010 at step 2, 1.0·10⁻³⁷ at step 1.");
    }
}
