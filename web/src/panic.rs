//! A panic must reach the user: without help the promise it happens in never settles.

use std::cell::RefCell;

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

thread_local! {
    static LISTENER: RefCell<Option<js_sys::Function>> = const { RefCell::new(None) };
}

/// Calls `listener` with the words of a panic, just before the module stops for good. Whoever
/// listens must throw the module away: nothing in it can be trusted any more.
#[wasm_bindgen(js_name = onPanic)]
pub fn on_panic(listener: js_sys::Function) {
    LISTENER.with(|slot| *slot.borrow_mut() = Some(listener));
    std::panic::set_hook(Box::new(|info| {
        let words = info.to_string();
        LISTENER.with(|slot| {
            if let Ok(slot) = slot.try_borrow()
                && let Some(listener) = slot.as_ref()
            {
                // A listener that throws cannot make anything worse.
                let _ = listener.call1(&JsValue::NULL, &JsValue::from_str(&words));
            }
        });
    }));
}
