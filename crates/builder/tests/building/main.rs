//! Databases from upstreams: killed, gone on with, brought up to date. The upstream is a fake one
//! with faults switched on; its pictures are sample photos at 160 pixels, each cropped, mirrored and
//! compressed in its own way, so that no two files are the same.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "not every test needs every helper")]
mod common;
mod flaws;
mod killed;
mod linked;
mod refused;
mod released;
mod run;
#[path = "../../../core/tests/shared/mod.rs"]
mod shared;
mod shares;
