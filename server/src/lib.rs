//! The static host of Rollcall: it hands out files and never sees a picture.
//!
//! | path | what | from |
//! |---|---|---|
//! | `/` | the stand-alone page, its script and WebAssembly | [`Directories::web`] |
//! | `/models/<pack>/` | `pack.json` and prepared networks | [`Directories::models`] |
//! | `/database/` | `latest.json`, manifest, sketch planes, shards | [`Directories::database`] |
//! | `/samples/` | pictures to try out, with an `index.json` | [`Directories::samples`] |
//! | `/health` | `{"status":"ok"}` | |

mod app;
mod headers;

pub use app::{Directories, ServerError, app, serve};
