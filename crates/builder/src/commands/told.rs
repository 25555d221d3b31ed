//! What `rollcall build --config` tells people.

use bytesize::ByteSize;
use rollcall_builder::{
    Error,
    pipeline::{Figures, PeopleReport, Plan, in_words},
    terminal::Terminal,
};

/// The plan, for people.
pub(super) fn say(plan: &Plan) -> Result<(), Error> {
    for (endpoint, source) in &plan.sources {
        super::print(&format!(
            "{endpoint}: {} performers ({} known), {:.0} requests, about {:.0} pictures, {}",
            source.performers,
            source.known,
            source.requests,
            source.pictures,
            in_words(source.seconds)
        ))?;
    }
    super::print(&format!(
        "in all about {} and, at the pace the upstreams allow, {}; nothing was fetched",
        ByteSize::b(plan.bytes as u64),
        in_words(plan.seconds)
    ))
}

/// What a run came to.
pub(super) fn summary(figures: &Figures, terminal: Terminal) {
    for (endpoint, source) in &figures.sources {
        let count = source.count.map_or_else(String::new, |count| format!(" of {count}"));
        terminal.note(&format!("{endpoint}: {}{count} performers known", source.known));
        if source.missing > 0 {
            terminal
                .note(&format!("  it counts {} more than it shows in any order", source.missing));
        }
    }
    terminal.note(&format!(
        "{} performers are new or changed, {} are gone; it took {}",
        figures.changed,
        figures.removed,
        in_words(figures.seconds)
    ));
    if figures.unusable_rows > 0 {
        terminal.note(&format!("{} rows made no sense", figures.unusable_rows));
    }
    for (name, stage) in &figures.stages {
        terminal.note(&format!(
            "  {name:<7}{:>9} done {:>10} {:>8.1} s at work, {:>3.0} % starved, {:>3.0} % held up",
            stage.things,
            if stage.bytes > 0 { ByteSize::b(stage.bytes).to_string() } else { String::new() },
            stage.working_seconds,
            stage.starved * 100.0,
            stage.held_up * 100.0,
        ));
    }
}

/// What became of performers and pictures.
pub(super) fn about(people: &PeopleReport, terminal: Terminal) {
    terminal.note(&format!(
        "{} performers, {} with pictures, {} of those ({:.1} %) with a usable face; {} under age left out, {} gone; {} to be looked at (in the report)",
        people.performers,
        people.with_pictures,
        people.with_faces,
        people.share_with_faces * 100.0,
        people.under_age,
        people.removed,
        people.doubtful.len(),
    ));
    for (reason, count) in &people.dropped {
        terminal.note(&format!("  {count} pictures not used: {reason}"));
    }
}
