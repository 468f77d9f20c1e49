//! What a `Trainer` does on the GPU. Each of these is a promise, and until it is kept nothing else may be asked of the trainer.

use wasm_bindgen::prelude::*;

use super::convert::{Object, to_js};
use super::gpu;
use super::trainer::{Trainer, told};
use super::trainer_view::{held_object, part_of};

#[wasm_bindgen]
extern "C" {
    /// Milliseconds.
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

#[wasm_bindgen]
impl Trainer {
    /// Has the GPU do the updates from now on: of the "hardware" adapter, or of "any", a program that imitates one too.
    /// `{ name, backend, software, bytes, dispatches }`.
    #[wasm_bindgen(js_name = openGpu)]
    pub async fn open_gpu(&mut self, adapter: &str) -> Result<JsValue, JsValue> {
        let open = gpu::open(adapter).await?;
        let remote = gpu::make_remote(open, &self.trainer)?;
        self.trainer.attach(remote)?;
        self.device()
    }

    /// Goes on on the CPU, and gives the GPU's memory back.
    #[wasm_bindgen(js_name = closeGpu)]
    pub async fn close_gpu(&mut self) -> Result<(), JsValue> {
        Ok(self.trainer.detach().await?)
    }

    /// As `openGpu`, of now; undefined on the CPU.
    pub fn device(&self) -> Result<JsValue, JsValue> {
        self.trainer.device().map_or(Ok(JsValue::UNDEFINED), |device| to_js(&device))
    }

    /// As `update`, on the GPU. After an error `fallBack` is all that can be done.
    #[wasm_bindgen(js_name = updateRemote)]
    pub async fn update_remote(&mut self, n: Option<usize>) -> Result<JsValue, JsValue> {
        told(&self.trainer.update_remote(n.unwrap_or(1).max(1)).await?)
    }

    /// Fetches what the GPU has learned: what `network`, `save`, `phase` and `histogram("weights")` ask for before.
    pub async fn keep(&mut self) -> Result<(), JsValue> {
        Ok(self.trainer.keep().await?)
    }

    /// Updates made by what is fetched.
    pub fn kept(&self) -> f64 {
        self.trainer.kept() as f64
    }

    /// The GPU has failed: the CPU goes on from what was fetched last. Returns the updates made up to there.
    #[wasm_bindgen(js_name = fallBack)]
    pub fn fall_back(&mut self) -> Result<f64, JsValue> {
        Ok(self.trainer.fall_back()? as f64)
    }

    /// As `validate`, on the GPU.
    #[wasm_bindgen(js_name = validateRemote)]
    pub async fn validate_remote(&mut self, milliseconds: Option<f64>) -> Result<JsValue, JsValue> {
        let until = milliseconds.map(|m| now() + m);
        let size = self.trainer.settings().batch;
        loop {
            let found = self.trainer.validate_some_remote(size).await?;
            if found.done >= 1.0 || until.is_some_and(|until| now() >= until) {
                return to_js(&found);
            }
        }
    }

    /// Fetches the last update from inside, for `stepNorms`, `saturation`, `histogram("gradients")`, `trace` and `gradients`.
    pub async fn look(&mut self) -> Result<(), JsValue> {
        Ok(self.trainer.look().await?)
    }

    /// Is there an update to be looked at? (None right after a restart, or where the GPU was lost.)
    #[wasm_bindgen(js_name = canLook)]
    pub fn can_look(&self) -> bool {
        self.trainer.engine().trace().is_some()
    }

    /// As `held`, on the GPU.
    #[wasm_bindgen(js_name = heldRemote)]
    pub async fn held_remote(&mut self, part: String, k: usize) -> Result<JsValue, JsValue> {
        Ok(held_object(&self.trainer.held_remote(part_of(&part)?, k).await?).into_js())
    }

    /// Milliseconds of an update on either engine, `{ cpu, gpu }`: some updates of this training are done in about so many
    /// milliseconds, and are then as if they had never been.
    #[wasm_bindgen(js_name = timeEngines)]
    pub async fn time_engines(&mut self, milliseconds: f64) -> Result<JsValue, JsValue> {
        let found = self.trainer.time_engines(milliseconds, &now).await?;
        Ok(Object::new().set("cpu", found.cpu).set("gpu", found.remote).into_js())
    }
}
