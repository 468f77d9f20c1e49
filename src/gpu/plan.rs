//! Dispatches recorded once for a shape and run at every update.

use std::collections::HashMap;
use std::rc::Rc;

use super::device::{Buffer, Gpu, Slice};
use super::kernel::{Kernel, Word};
use crate::error::{Code, Error, Result};

/// Bytes between the parameters of two dispatches: what WebGPU asks of a uniform binding.
const STRIDE: usize = 256;

/// Most workgroups along one axis of a dispatch, in every WebGPU.
pub const MOST_GROUPS: u32 = 65_535;

struct Dispatch {
    pipeline: Rc<wgpu::ComputePipeline>,
    bindings: wgpu::BindGroup,
    groups: [u32; 3],
}

/// What was recorded. Holds its buffers.
#[derive(Default)]
pub struct Plan {
    dispatches: Vec<Dispatch>,
    _held: Vec<Buffer>,
}

impl Plan {
    /// Dispatches that one run of it takes.
    pub fn dispatches(&self) -> usize {
        self.dispatches.len()
    }

    pub(super) fn encode(&self, pass: &mut wgpu::ComputePass) {
        for d in &self.dispatches {
            pass.set_pipeline(&d.pipeline);
            pass.set_bind_group(0, &d.bindings, &[]);
            pass.dispatch_workgroups(d.groups[0], d.groups[1], d.groups[2]);
        }
    }
}

/// One dispatch, before there is room for its parameters.
struct Recorded {
    kernel: Kernel,
    slices: Vec<Slice>,
    groups: [u32; 3],
}

/// Scratch memory that the dispatches of several plans share, by name. What stands in it is whatever was left.
#[derive(Default)]
pub struct Scratch(HashMap<&'static str, Buffer>);

impl Scratch {
    fn get(&mut self, gpu: &Gpu, name: &'static str, len: usize) -> Result<Buffer> {
        if let Some(buffer) = self.0.get(name).filter(|buffer| buffer.len >= len) {
            return Ok(buffer.clone());
        }
        let buffer = gpu.buffer(len)?;
        self.0.insert(name, buffer.clone());
        Ok(buffer)
    }
}

/// Records a plan.
pub struct Recorder<'a> {
    pub gpu: &'a Gpu,
    scratch: &'a mut Scratch,
    recorded: Vec<Recorded>,
    words: Vec<u32>,
}

impl<'a> Recorder<'a> {
    pub fn new(gpu: &'a Gpu, scratch: &'a mut Scratch) -> Self {
        Recorder { gpu, scratch, recorded: vec![], words: vec![] }
    }

    /// Memory for in between, of at least so many numbers: the first `len` of them.
    pub fn scratch(&mut self, name: &'static str, len: usize) -> Result<Slice> {
        Ok(self.scratch.get(self.gpu, name, len)?.slice(0, len))
    }

    /// Records one dispatch. In the kernel, `params` are `@group(0) @binding(0) var<uniform>`, the slices bindings 1, 2, … (each
    /// has to be used by the kernel; one buffer may not be both read and written by a dispatch).
    ///
    /// # Errors
    /// `out-of-range` for more workgroups than WebGPU has.
    pub fn dispatch(&mut self, kernel: Kernel, params: &[Word], slices: &[&Slice], groups: [u32; 3]) -> Result<()> {
        if groups.contains(&0) {
            return Ok(());
        }
        if groups.iter().any(|n| *n > MOST_GROUPS) {
            let message = format!("{groups:?} workgroups are needed; expected at most {MOST_GROUPS} along an axis");
            return Err(Error::new(Code::OutOfRange, message));
        }
        debug_assert!(4 * params.len() <= STRIDE);
        self.words.resize(self.recorded.len() * STRIDE / 4, 0);
        self.words.extend(params.iter().map(|word| word.0));
        self.recorded.push(Recorded { kernel, slices: slices.iter().map(|s| (*s).clone()).collect(), groups });
        Ok(())
    }

    pub fn finish(mut self) -> Result<Plan> {
        self.words.resize(self.recorded.len().max(1) * STRIDE / 4, 0);
        let params = self.gpu.buffer_of(&self.words)?;
        let mut held = vec![params.clone()];
        let mut dispatches = vec![];
        for (k, r) in self.recorded.into_iter().enumerate() {
            let pipeline = self.gpu.pipeline(&r.kernel.source());
            let part = |buffer: &'_ Buffer, from: usize, len: usize| (buffer.clone(), 4 * from as u64, 4 * len.max(1) as u64);
            let mut parts = vec![];
            if r.kernel.has_params() {
                parts.push((0, part(&params, k * STRIDE / 4, STRIDE / 4)));
            }
            parts.extend(r.slices.iter().enumerate().map(|(k, s)| (k as u32 + 1, part(&s.buffer, s.from, s.len))));
            let entries: Vec<_> = parts
                .iter()
                .map(|(binding, (buffer, offset, size))| {
                    let size = std::num::NonZeroU64::new(*size);
                    let binding_of = wgpu::BufferBinding { buffer: &buffer.raw.buffer, offset: *offset, size };
                    wgpu::BindGroupEntry { binding: *binding, resource: wgpu::BindingResource::Buffer(binding_of) }
                })
                .collect();
            let layout = pipeline.get_bind_group_layout(0);
            let group = wgpu::BindGroupDescriptor { label: None, layout: &layout, entries: &entries };
            let bindings = self.gpu.device().create_bind_group(&group);
            held.extend(r.slices.into_iter().map(|s| s.buffer));
            dispatches.push(Dispatch { pipeline, bindings, groups: r.groups });
        }
        Ok(Plan { dispatches, _held: held })
    }
}
