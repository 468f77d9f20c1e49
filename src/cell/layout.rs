//! Where each lane stands on the tape: a lane has one value per element of its axes (units; units × modes; keys × values).

use std::ops::Range;

/// Rows of every lane of one layer, in tape order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    lanes: Vec<(usize, Vec<usize>)>,
    rows: usize,
    output: usize,
}

impl Layout {
    /// From the extents of each lane's axes, last axis fastest, and the position of the output lane.
    pub fn new(extents: Vec<Vec<usize>>, output: usize) -> Self {
        let (mut lanes, mut rows) = (vec![], 0);
        for extents in extents {
            let length: usize = extents.iter().product();
            lanes.push((rows, extents));
            rows += length;
        }
        Layout { lanes, rows, output }
    }

    /// Rows of the tape per column.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// A lane's rows within a column.
    pub fn range(&self, lane: usize) -> Range<usize> {
        let start = self.lanes.get(lane).map_or(self.rows, |l| l.0);
        start..self.lanes.get(lane + 1).map_or(self.rows, |l| l.0)
    }

    /// Values of a lane per moment and example.
    pub fn length(&self, lane: usize) -> usize {
        self.range(lane).len()
    }

    /// Extents of a lane's axes; their product is its length.
    pub fn extents(&self, lane: usize) -> &[usize] {
        self.lanes.get(lane).map_or(&[], |l| &l.1)
    }

    /// The lane handed upwards.
    pub fn output(&self) -> Range<usize> {
        self.range(self.output)
    }
}
