//! The GPU for trainers: one device, which all of them share while any is open.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use crate::error::{Error, Result};
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

/// The open device, or one that is opened now.
pub(super) async fn open(adapter: &str) -> Result<Rc<Gpu>> {
    let wanted = adapter_of(adapter)?;
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
