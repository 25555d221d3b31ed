//! Upstreams on the loopback interface that behave, and misbehave, as the real ones do.
//!
//! A [`World`] holds performers made from a seed. [`Fake::stash_box`], [`Fake::theporndb`] and
//! [`Fake::stash`] show it as one kind of upstream does. What is wrong with a picture ([`Flaw`])
//! belongs to the world and stays; what is wrong with an answer ([`Fault`], [`Weather`]) passes.
//!
//! ```no_run
//! use rollcall_fakes::{Fake, Fault, World, photos, Route};
//!
//! let fake = Fake::stash_box(World::new(7, 500), photos::plain());
//! fake.fault(Route::Api, Fault::status(429).retry_after("1"), 2);
//! fake.change(|world| world.merge(3, 4));
//! println!("{}", fake.url());
//! ```
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "it serves tests only")]

mod faults;
mod images;
mod names;
pub mod photos;
mod server;
mod stash;
mod stash_box;
mod theporndb;
mod world;

pub use faults::{Fault, Route, Weather};
pub use server::{Asked, Fake};
pub use world::{Flaw, Picture, Row, World};

/// The key that every fake wants.
pub const KEY: &str = "key-for-tests";
