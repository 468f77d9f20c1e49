//! The GPU for trainers: one device, which all of them share while any is open.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::convert::property;
use crate::error::{Code, Error, Result};
use crate::gpu::{Adapter, Engine, Gpu};
use crate::train::{Remote, Trainer};

thread_local! {
    static OPEN: RefCell<Weak<Gpu>> = const { RefCell::new(Weak::new()) };
}

fn adapter_of(name: &str) -> Result<Adapter> {
    match name {
        "hardware" => Ok(Adapter::Hardware),
        "any" => Ok(Adapter::Any),
        other => Err(Error::unknown("adapter", other, ["hardware", "any"])),
    }
}

/// Is there anything to ask for a device?
fn has_webgpu() -> bool {
    let navigator = property(&js_sys::global(), "navigator");
    navigator.is_some_and(|navigator| property(&navigator, "gpu").is_some())
}

/// The open device, or one that is opened now.
pub(super) async fn open(adapter: &str) -> Result<Rc<Gpu>> {
    let wanted = adapter_of(adapter)?;
    if !has_webgpu() {
        return Err(Error::new(Code::Unsupported, "no GPU: this browser has no WebGPU"));
    }
    let open = OPEN.with_borrow(Weak::upgrade).filter(|gpu| gpu.check().is_ok());
    if let Some(gpu) = open.filter(|gpu| wanted == Adapter::Any || !gpu.about().software) {
        return Ok(gpu);
    }
    let gpu = Rc::new(Gpu::open(wanted).await?);
    OPEN.set(Rc::downgrade(&gpu));
    Ok(gpu)
}

/// The engine that trains this network on that device.
pub(super) fn make_remote(gpu: Rc<Gpu>, trainer: &Trainer<f32>) -> Result<Box<dyn Remote<f32>>> {
    Ok(Box::new(Engine::new(gpu, trainer.net(), trainer.engine().recipe())?))
}
