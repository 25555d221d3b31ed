//! Which addresses say who somebody is.
//!
//! A performer's page at a stash-box or on a site that gives each person a page does; a studio's
//! address, a bare home page or a search does not.

use reqwest::Url;
use rollcall_core::PerformerId;
use uuid::Uuid;

/// Longer addresses are not looked at. Browsers and servers stop at about as much.
const LONGEST: usize = 2_000;

/// The public stash-boxes (Stash-Docs, stash-box-instances.md, April 2026): `/performers/<uuid>` there is
/// an id, whether or not the box is among the sources.
pub(crate) const STASH_BOXES: [&str; 5] =
    ["fansdb.cc", "javstash.org", "pmvstash.org", "stashdb.org", "theporndb.net"];

/// Sites where the segment after the given path is one person's.
const PROFILES: &[(&str, &str)] = &[
    ("adultempire.com", "/"),
    ("afdb.org", "/"),
    ("allmylinks.com", "/"),
    ("babepedia.com", "/babe/"),
    ("bgafd.co.uk", "/details.php/id/"),
    ("boobpedia.com", "/boobs/"),
    ("bsky.app", "/profile/"),
    ("chaturbate.com", "/"),
    ("clips4sale.com", "/studio/"),
    ("data18.com", "/name/"),
    ("egafd.com", "/actresses/details.php/id/"),
    ("fansly.com", "/"),
    ("freeones.com", "/"),
    ("iafd.com", "/person.rme/"),
    ("imdb.com", "/name/"),
    ("indexxx.com", "/m/"),
    ("instagram.com", "/"),
    ("justfor.fans", "/"),
    ("linktr.ee", "/"),
    ("loyalfans.com", "/"),
    ("manyvids.com", "/profile/"),
    ("minnano-av.com", "/"),
    ("onlyfans.com", "/"),
    ("pornhub.com", "/model/"),
    ("pornhub.com", "/pornstar/"),
    ("thenude.com", "/"),
    ("theporndb.net", "/performers/"),
    ("tiktok.com", "/@"),
    ("warashi-asian-pornstars.fr", "/en/s-2-0/female-pornstar/"),
    ("wikidata.org", "/wiki/"),
    ("x.com", "/"),
    ("xhamster.com", "/pornstars/"),
    ("xslist.org", "/en/model/"),
    ("xvideos.com", "/pornstars/"),
    ("youtube.com", "/@"),
];

/// First segments of those sites that are nobody's.
const NOBODYS: &[&str] = &[
    "about",
    "accounts",
    "app",
    "babes",
    "categories",
    "channels",
    "explore",
    "girls",
    "hashtag",
    "help",
    "home",
    "i",
    "index.php",
    "intent",
    "login",
    "models",
    "movies",
    "p",
    "performers",
    "porn-stars",
    "pornstars",
    "privacy",
    "reel",
    "search",
    "search_result.php",
    "share",
    "signup",
    "stars",
    "stories",
    "studios",
    "tags",
    "terms",
    "videos",
];

/// Names of one site.
const ALIASES: &[(&str, &str)] = &[("twitter.com", "x.com"), ("freeones.xxx", "freeones.com")];

/// What an address says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Points {
    /// A performer of a stash-box.
    At(PerformerId),
    /// A person's page, in one way of writing it.
    Page(String),
}

/// Reads an address; `None` if it does not say who somebody is.
pub(super) fn points(address: &str, endpoints: &[String]) -> Option<Points> {
    if address.len() > LONGEST {
        return None;
    }
    let url = Url::parse(address.trim()).ok().filter(|u| matches!(u.scheme(), "http" | "https"))?;
    let host = url.host_str()?.trim_end_matches('.');
    let host = ["www.", "m.", "mobile."].iter().find_map(|p| host.strip_prefix(p)).unwrap_or(host);
    let host = ALIASES.iter().find(|(name, _)| *name == host).map_or(host, |(_, site)| site);
    let path = url.path().to_ascii_lowercase();
    if (STASH_BOXES.contains(&host) || endpoints.iter().any(|endpoint| endpoint == host))
        && let Some(id) = path.strip_prefix("/performers/").and_then(first_segment)
        && let Ok(id) = Uuid::parse_str(id)
    {
        return PerformerId::new(host, id).ok().map(Points::At);
    }
    let of_site = PROFILES.iter().filter(|(site, _)| *site == host);
    let person = of_site.filter_map(|(_, before)| {
        let name = path.strip_prefix(before).and_then(first_segment)?;
        (*before != "/" || !NOBODYS.contains(&name)).then(|| format!("{host}{before}{name}"))
    });
    person.max_by_key(String::len).map(Points::Page)
}

/// The performer whose page at a public stash-box this is.
pub(crate) fn performer_at(address: &str) -> Option<PerformerId> {
    match points(address, &[]) {
        Some(Points::At(id)) => Some(id),
        _ => None,
    }
}

fn first_segment(path: &str) -> Option<&str> {
    path.split('/').next().filter(|segment| !segment.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(address: &str) -> Option<String> {
        match points(address, &["box.example".to_owned()]) {
            Some(Points::Page(page)) => Some(page),
            Some(Points::At(id)) => Some(id.to_string()),
            None => None,
        }
    }

    #[test]
    fn one_page_however_it_is_written() {
        for same in [
            "https://twitter.com/AdaL",
            "http://www.twitter.com/adal/",
            "https://x.com/adal?lang=en",
            "https://mobile.x.com/adal#top",
        ] {
            assert_eq!(page(same).as_deref(), Some("x.com/adal"), "{same}");
        }
        let iafd = "https://www.iafd.com/person.rme/perfid=adal/gender=f/ada-l.htm";
        assert_eq!(page(iafd).as_deref(), Some("iafd.com/person.rme/perfid=adal"));
    }

    #[test]
    fn a_page_of_a_stash_box_is_an_id() {
        let id = "0c5f4b1e-6a43-4c1b-9a8e-111111111111";
        for host in ["stashdb.org", "box.example"] {
            let found = page(&format!("https://{host}/performers/{}", id.to_uppercase()));
            assert_eq!(found, Some(format!("{host}:{id}")));
        }
        assert_eq!(page(&format!("https://elsewhere.example/performers/{id}")), None);
        let slug = page("https://theporndb.net/performers/ada-l");
        assert_eq!(slug.as_deref(), Some("theporndb.net/performers/ada-l"));
    }

    #[test]
    fn addresses_that_are_nobodys_say_nothing() {
        for nobodys in [
            "https://ada.example/",
            "https://x.com/",
            "https://x.com/home",
            "https://www.instagram.com/p/abc",
            "https://www.iafd.com/studio.rme/studio=1",
            "https://stashdb.org/studios/0c5f4b1e-6a43-4c1b-9a8e-111111111111",
            "javascript:alert(1)",
            "not an address",
            "",
        ] {
            assert_eq!(page(nobodys), None, "{nobodys}");
        }
        assert_eq!(page(&format!("https://x.com/{}", "a".repeat(3_000))), None);
    }
}
