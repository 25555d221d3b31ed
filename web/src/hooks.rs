//! What the worker's JavaScript does for us.

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::remote::Helpers;

#[wasm_bindgen]
extern "C" {
    /// Made by `web/client/worker.ts`; its `Hooks` interface is the other half of this contract.
    #[derive(Clone)]
    pub type Hooks;

    /// Tells the page how far we are. `bytes` is below 0 where nothing is downloaded.
    #[wasm_bindgen(method)]
    pub(crate) fn progress(this: &Hooks, stage: &str, done: f64, total: f64, bytes: f64);

    /// Gives a first answer to the job at hand; a better one follows.
    #[wasm_bindgen(method)]
    pub(crate) fn provisional(this: &Hooks, identification: JsValue);

    /// Whether the page has asked to give this job up.
    #[wasm_bindgen(method)]
    pub(crate) fn cancelled(this: &Hooks) -> bool;

    /// Settles in a later turn of the event loop, so that messages (such as "cancel") come in.
    #[wasm_bindgen(method)]
    pub(crate) async fn breathe(this: &Hooks);

    /// Settles after so many milliseconds.
    #[wasm_bindgen(method)]
    pub(crate) async fn pause(this: &Hooks, milliseconds: f64);

    /// Milliseconds on a clock that only goes forward.
    #[wasm_bindgen(method)]
    pub(crate) fn now(this: &Hooks) -> f64;

    /// Loads the second module and makes its engine: `models` is an array of `[name, bytes]`.
    #[wasm_bindgen(method, catch, js_name = startGpu)]
    pub(crate) async fn start_gpu(
        this: &Hooks,
        models: js_sys::Array,
        allow_software: bool,
    ) -> Result<JsValue, JsValue>;

    /// Keeps `models`, an array of `[name, bytes]`, for workers that are to help.
    #[wasm_bindgen(method, js_name = keepModels)]
    pub(crate) fn keep_models(this: &Hooks, models: js_sys::Array);

    /// The workers that help. There may be none, now or ever.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn helpers(this: &Hooks) -> Helpers;
}
