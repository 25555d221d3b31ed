//! A fake stash-box for long runs by hand.

use std::{path::PathBuf, thread};

use clap::Parser;
use rollcall_fakes::{Fake, KEY, Weather, World, photos};

/// A stash-box that nobody needs to be kind to.
#[derive(Parser)]
struct Arguments {
    /// How many performers it knows.
    #[arg(long, default_value_t = 1000)]
    performers: usize,
    /// What everything is drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A folder with a sub-folder of photos for each person. Without it pictures show nobody.
    #[arg(long, value_name = "DIR")]
    photos: Option<PathBuf>,
    /// The most pictures a performer has.
    #[arg(long, default_value_t = 4)]
    pictures: usize,
    /// Lets 5 % of the answers go wrong for a while, and 6 % of the pictures for good.
    #[arg(long)]
    faults: bool,
    /// Where it listens on the loopback interface. 0 is any.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

fn main() {
    let given = Arguments::parse();
    let mut world = World::with_pictures(given.seed, given.performers, given.pictures);
    if given.faults {
        world = world.with_flaws(0.06);
    }
    let photos = given.photos.as_deref().map_or_else(photos::plain, photos::folder);
    let fake = Fake::stash_box_at(given.port, world, photos);
    if given.faults {
        fake.weather(Weather { seed: given.seed, api: 0.05, image: 0.05 });
    }
    println!("{} ApiKey {KEY}", fake.url());
    loop {
        thread::park();
    }
}
