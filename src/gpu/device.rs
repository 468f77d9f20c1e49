//! The device: an adapter, its queue, buffers that are counted, pipelines that are made once.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use super::oneshot::oneshot;
use crate::error::{Code, Error, Result};

/// Which adapters will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adapter {
    /// A graphics processor.
    Hardware,
    /// Whatever there is: a program that imitates one, too. For correctness; it is some hundred times slower than the CPU engine.
    Any,
}

/// What is known of the adapter. Browsers leave names empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    pub name: String,
    pub backend: String,
    /// A program that imitates a graphics processor.
    pub software: bool,
    /// Bytes that one buffer may have.
    pub largest: u64,
}

/// f32 or u32 numbers on the device.
#[derive(Clone)]
pub struct Buffer {
    pub(super) raw: Rc<Counted>,
    /// In numbers of four bytes.
    pub len: usize,
}

/// Destroyed with the last that holds it.
pub(super) struct Counted {
    pub buffer: wgpu::Buffer,
    used: Rc<Cell<u64>>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.used.set(self.used.get() - self.buffer.size());
        self.buffer.destroy();
    }
}

/// A part of a buffer, bound to a kernel. Begins at a multiple of `ALIGN` numbers.
#[derive(Clone)]
pub struct Slice {
    pub(super) buffer: Buffer,
    pub(super) from: usize,
    pub(super) len: usize,
}

/// Numbers at whose multiples a slice may begin.
pub const ALIGN: usize = 64;

impl Buffer {
    pub fn all(&self) -> Slice {
        Slice { buffer: self.clone(), from: 0, len: self.len }
    }
    /// `from` has to be a multiple of `ALIGN`.
    pub fn slice(&self, from: usize, len: usize) -> Slice {
        debug_assert!(from.is_multiple_of(ALIGN) && from + len <= self.len);
        Slice { buffer: self.clone(), from, len }
    }
}

impl Slice {
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.len
    }
}

/// An open device. Once lost it stays lost; `trouble` says why.
pub struct Gpu {
    device: wgpu::Device,
    queue: wgpu::Queue,
    about: About,
    trouble: Arc<Mutex<Option<String>>>,
    used: Rc<Cell<u64>>,
    pipelines: RefCell<HashMap<String, Rc<wgpu::ComputePipeline>>>,
}

impl Gpu {
    /// # Errors
    /// `unsupported` where there is no WebGPU or Vulkan, no such adapter, or the device is denied: what was found and expected.
    pub async fn open(wanted: Adapter) -> Result<Gpu> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let found = instance.request_adapter(&wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..Default::default()
        });
        let adapter = found.await.map_err(|_| none("no adapter is offered (no WebGPU here, or it is switched off)"))?;
        let (info, can) = (adapter.get_info(), adapter.limits());
        let software = info.device_type == wgpu::DeviceType::Cpu;
        if software && wanted == Adapter::Hardware {
            return Err(none("the only adapter is a program that imitates one, slower than the CPU engine"));
        }
        let limits = wgpu::Limits {
            max_buffer_size: can.max_buffer_size,
            max_storage_buffer_binding_size: can.max_storage_buffer_binding_size,
            ..wgpu::Limits::default()
        };
        let largest = can.max_buffer_size.min(can.max_storage_buffer_binding_size);
        let wanted = wgpu::DeviceDescriptor { required_limits: limits, ..Default::default() };
        let (device, queue) = adapter.request_device(&wanted).await.map_err(|e| none(&format!("its device is denied: {e}")))?;
        let trouble = Arc::new(Mutex::new(None));
        let first = |trouble: &Arc<Mutex<Option<String>>>, what: String| {
            if let Ok(mut known) = trouble.lock() {
                known.get_or_insert(what);
            }
        };
        let told = trouble.clone();
        device.set_device_lost_callback(move |reason, _| {
            // (What a browser says beside it is about its own insides.)
            let destroyed = reason == wgpu::DeviceLostReason::Destroyed;
            first(&told, if destroyed { "its device was closed" } else { "it was reset, or its process ended" }.into());
        });
        let told = trouble.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| first(&told, format!("{error}"))));
        let about = About { name: info.name, backend: info.backend.to_string(), software, largest };
        Ok(Gpu { device, queue, about, trouble, used: Rc::default(), pipelines: RefCell::default() })
    }

    pub fn about(&self) -> &About {
        &self.about
    }

    /// Bytes of all buffers.
    pub fn used(&self) -> u64 {
        self.used.get()
    }

    /// # Errors
    /// `unsupported` once the device is lost, is out of memory or has refused something.
    pub fn check(&self) -> Result<()> {
        match self.trouble.lock().map(|known| known.clone()) {
            Ok(Some(why)) => Err(Error::new(Code::Unsupported, why)),
            _ => Ok(()),
        }
    }

    /// Gives everything back. What is asked of the device afterwards fails.
    pub fn destroy(&self) {
        self.device.destroy();
    }

    /// Numbers, all zero.
    ///
    /// # Errors
    /// `out-of-range` for more than the adapter allows in one buffer.
    pub fn buffer(&self, len: usize) -> Result<Buffer> {
        let size = 4 * (len.max(1).next_multiple_of(4) as u64);
        if size > self.about.largest {
            let message = format!("{size} bytes are needed in one piece on the GPU; expected at most {}", self.about.largest);
            return Err(Error::new(Code::OutOfRange, message));
        }
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false });
        self.used.set(self.used.get() + size);
        Ok(Buffer { raw: Rc::new(Counted { buffer, used: self.used.clone() }), len })
    }

    /// A buffer with these numbers.
    pub fn buffer_of<T: bytemuck::NoUninit>(&self, values: &[T]) -> Result<Buffer> {
        let buffer = self.buffer(values.len())?;
        self.write(&buffer, 0, values);
        Ok(buffer)
    }

    /// Writes numbers of four bytes from place `at` on, before anything that is submitted later.
    pub fn write<T: bytemuck::NoUninit>(&self, buffer: &Buffer, at: usize, values: &[T]) {
        if !values.is_empty() {
            self.queue.write_buffer(&buffer.raw.buffer, 4 * at as u64, bytemuck::cast_slice(values));
        }
    }

    /// Runs plans, one after the other.
    pub fn submit(&self, plans: &[&super::Plan]) {
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            plans.iter().for_each(|plan| plan.encode(&mut pass));
        }
        self.queue.submit([encoder.finish()]);
    }

    /// The numbers of buffers, once everything that was submitted is done: one wait for all of them.
    ///
    /// # Errors
    /// `unsupported` when the device is lost meanwhile.
    pub async fn read(&self, slices: &[Slice]) -> Result<Vec<Vec<f32>>> {
        self.check()?;
        let total: usize = slices.iter().map(|s| s.len).sum();
        if total == 0 {
            return Ok(slices.iter().map(|_| vec![]).collect());
        }
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let staging = wgpu::BufferDescriptor { label: None, size: 4 * total as u64, usage, mapped_at_creation: false };
        let staging = self.device.create_buffer(&staging);
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let mut at = 0;
        for s in slices {
            encoder.copy_buffer_to_buffer(&s.buffer.raw.buffer, 4 * s.from as u64, &staging, at, 4 * s.len as u64);
            at += 4 * s.len as u64;
        }
        self.queue.submit([encoder.finish()]);
        let (sender, receiver) = oneshot();
        staging.map_async(wgpu::MapMode::Read, .., move |found| sender.send(found.map_err(|_| ())));
        let lost = |()| self.check().err().unwrap_or_else(|| Error::new(Code::Unsupported, "it gave nothing back"));
        self.wait(receiver).await.map_err(lost)?;
        let bytes = staging.get_mapped_range(..).map_err(|_| lost(()))?;
        let all: Vec<f32> = bytemuck::pod_collect_to_vec(&bytes[..]);
        drop(bytes);
        staging.destroy();
        self.check()?;
        let mut at = 0;
        Ok(slices
            .iter()
            .map(|s| {
                at += s.len;
                all[at - s.len..at].to_vec()
            })
            .collect())
    }

    /// Waits for a callback of the device. (Natively nobody else drives it; in a browser the browser does.)
    async fn wait<T>(&self, receiver: impl Future<Output = T>) -> T {
        #[cfg(not(target_arch = "wasm32"))]
        let _ = self.device.poll(wgpu::PollType::wait_indefinitely());
        receiver.await
    }

    /// The pipeline of a kernel, made once.
    pub(super) fn pipeline(&self, source: &str) -> Rc<wgpu::ComputePipeline> {
        let make = || {
            let source = wgpu::ShaderSource::Wgsl(source.into());
            let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor { label: None, source });
            Rc::new(self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: None,
                layout: None,
                module: &module,
                entry_point: Some("main"),
                compilation_options: Default::default(),
                cache: None,
            }))
        };
        self.pipelines.borrow_mut().entry(source.into()).or_insert_with(make).clone()
    }

    pub(super) fn device(&self) -> &wgpu::Device {
        &self.device
    }
}

impl Drop for Gpu {
    fn drop(&mut self) {
        self.device.destroy();
    }
}

fn none(why: &str) -> Error {
    Error::new(Code::Unsupported, format!("no GPU: {why}"))
}
