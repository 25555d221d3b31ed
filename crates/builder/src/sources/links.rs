//! What pages about a person say outright.

use reqwest::Url;
use rollcall_core::{PerformerId, endpoint_of};
use uuid::Uuid;

use crate::link::STASH_BOXES;

/// The performers of known stash-boxes that `urls` are the pages of.
pub(super) fn stash_ids(urls: &[String]) -> Vec<PerformerId> {
    urls.iter().filter_map(|url| stash_id(url)).collect()
}

fn stash_id(url: &str) -> Option<PerformerId> {
    let url: Url = url.trim().parse().ok()?;
    let host = endpoint_of(url.as_str());
    let host = host.strip_prefix("www.").unwrap_or(&host);
    let mut path = url.path_segments()?.filter(|part| !part.is_empty());
    let (page, id) = (path.next()?, path.next()?);
    if !STASH_BOXES.contains(&host) || page != "performers" || path.next().is_some() {
        return None;
    }
    PerformerId::new(host, Uuid::parse_str(id).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_known_stash_boxes_name_performers() {
        let id = "0190f2f0-1111-7000-8000-00000000000a";
        for (url, named) in [
            (format!("https://stashdb.org/performers/{id}"), Some("stashdb.org")),
            (format!("https://www.theporndb.net/performers/{id}/"), Some("theporndb.net")),
            (format!("http://FANSDB.cc/performers/{id}?x=1#y"), Some("fansdb.cc")),
            (format!("https://stashdb.org/scenes/{id}"), None),
            (format!("https://stashdb.org/performers/{id}/edit"), None),
            (format!("https://stashdb.org.example/performers/{id}"), None),
            ("https://theporndb.net/performers/some-slug".to_owned(), None),
            ("not a url".to_owned(), None),
        ] {
            let found = stash_id(&url).map(|id| id.endpoint().to_owned());
            assert_eq!(found.as_deref(), named, "{url}");
        }
    }
}
