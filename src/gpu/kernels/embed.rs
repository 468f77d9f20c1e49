//! The embedding: as `read` in net/forward.rs, and its reverse as at the end of `backward_into` in net/backward.rs.

use super::spread;
use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::kernel::{Kernel, groups};
use crate::gpu::plan::Recorder;

fn text() -> Kernel {
    Kernel::new(include_str!("embed.wgsl"))
}

fn back_text() -> Kernel {
    Kernel::new(include_str!("embed_back.wgsl"))
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    vec![("embedding", text()), ("embedding, back", back_text())]
}

/// Records to = the rows of `table` (vocabulary × width, row-major) that the tokens (u32, T·B) name, as columns: width × T·B. Zero
/// past an example's end.
pub fn embed(
    r: &mut Recorder,
    table: &Slice,
    tokens: &Slice,
    lengths: &Slice,
    (width, steps, batch): (usize, usize, usize),
    to: &Slice,
) -> Result<()> {
    let columns = steps * batch;
    let params = [width, columns, batch].map(Into::into);
    r.dispatch(text(), &params, &[table, tokens, lengths, to], spread(width * columns))
}

/// Records that column c of `d` (width × columns) is added to the row of token c in `to`, the gradient of the table. `order` and
/// `starts` are those of `sorted`, of the same tokens.
pub fn embed_back(r: &mut Recorder, d: &Slice, order: &Slice, starts: &Slice, (width, columns): (usize, usize), to: &Slice) -> Result<()> {
    let params = [width, columns].map(Into::into);
    // There are no more tokens than columns, nor than rows of the table. More than so many workgroups share nothing any more.
    let tokens = columns.min(to.len() / width.max(1)).min(16_384);
    r.dispatch(back_text(), &params, &[d, order, starts, to], [groups(width, 16), tokens as u32, 1])
}

/// The columns in the order of their tokens, those of one token in their own order; and for each token that occurs, the place in
/// that order where its columns begin and the token itself. After the last pair, the number of columns, up to 2·columns + 2
/// numbers: the lengths depend on the number of columns only.
pub fn sorted(tokens: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let mut order: Vec<u32> = (0..tokens.len() as u32).collect();
    order.sort_by_key(|column| tokens[*column as usize]);
    let mut starts = Vec::with_capacity(2 * tokens.len() + 2);
    for (place, column) in order.iter().enumerate() {
        let token = tokens[*column as usize];
        if place == 0 || tokens[order[place - 1] as usize] != token {
            starts.extend([place as u32, token]);
        }
    }
    starts.resize(2 * tokens.len() + 2, tokens.len() as u32);
    (order, starts)
}
