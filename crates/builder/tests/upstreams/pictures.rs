//! Pictures, and what comes in their place.

use rollcall_builder::{
    net::{Image, Limits, Net, NetError, Upstream},
    sources::{Access, Source as _, StashBox},
};
use rollcall_core::{DecodeError, decode_image};
use rollcall_fakes::{Fake, Fault, Flaw, Route, World, photos};

use crate::{access, limits, net};

/// A stash-box with a picture of a flaw, and that picture's address.
fn flawed(flaw: Flaw) -> (Fake, String) {
    let mut world = World::new(1, 1);
    world.rows[0].pictures[0].flaw = Some(flaw);
    let fake = Fake::stash_box(world, photos::plain());
    let url = fake.image_url(fake.world().rows[0].pictures[0].id);
    (fake, url)
}

fn upstream(fake: &Fake) -> Upstream {
    StashBox::new(net(), &access(&fake.url())).unwrap().upstream().clone()
}

fn get(fake: &Fake, url: &str) -> Result<Vec<u8>, NetError> {
    match net().image(&upstream(fake), url, None)? {
        Image::Bytes { bytes, .. } => Ok(bytes),
        Image::Unchanged => panic!("nobody said what is known"),
    }
}

#[test]
fn what_is_no_picture_is_told_in_a_sentence_and_not_asked_for_again() {
    for (flaw, says) in [
        (Flaw::Missing, "is not there"),
        (Flaw::Html, "is no picture but a web page"),
        (Flaw::Svg, "is no picture but a drawing (SVG)"),
        (Flaw::Empty, "is no picture but empty"),
    ] {
        let (fake, url) = flawed(flaw);
        let error = get(&fake, &url).unwrap_err();
        assert!(error.to_string().ends_with(says) && !error.passes(), "{error}");
        assert_eq!(fake.asked().len(), 1);
    }
}

#[test]
fn two_hundred_megabytes_are_cut_at_the_limit() {
    let (fake, url) = flawed(Flaw::Huge);
    let net = Net::new(Limits { image_bytes: 1 << 20, ..limits() }).unwrap();
    let error = net.image(&upstream(&fake), &url, None).unwrap_err();
    assert_eq!(error, NetError::TooLong { url, limit: 1 << 20 });
}

#[test]
fn what_only_a_decoder_can_tell_is_left_to_it() {
    for flaw in [Flaw::Animated, Flaw::Cmyk, Flaw::NoFace, Flaw::TenFaces] {
        let (fake, url) = flawed(flaw);
        decode_image(&get(&fake, &url).unwrap()).unwrap();
    }
    let (fake, url) = flawed(Flaw::Truncated);
    let error = decode_image(&get(&fake, &url).unwrap()).unwrap_err();
    assert!(!matches!(error, DecodeError::TooLarge { .. }), "{error}");
}

#[test]
fn a_picture_is_fetched_once_while_it_stays_the_same() {
    let fake = Fake::stash_box(World::new(2, 2), photos::plain());
    let [one, two] = [0, 1].map(|row| fake.image_url(fake.world().rows[row].pictures[0].id));
    let (net, upstream) = (net(), upstream(&fake));
    let Image::Bytes { bytes, etag: Some(etag) } = net.image(&upstream, &one, None).unwrap() else {
        panic!("it has an ETag");
    };
    assert_eq!(net.image(&upstream, &one, Some(&etag)).unwrap(), Image::Unchanged);
    let Image::Bytes { bytes: other, .. } = net.image(&upstream, &two, Some(&etag)).unwrap() else {
        panic!("it is another picture");
    };
    assert_ne!(bytes, other);
    assert_eq!(bytes, get(&fake, &one).unwrap(), "the fake gives the same bytes every time");
}

#[test]
fn weather_passes() {
    let fake = Fake::stash_box(World::new(3, 1), photos::plain());
    let url = fake.image_url(fake.world().rows[0].pictures[0].id);
    for fault in [Fault::status(500), Fault::Cut, Fault::Stall] {
        fake.fault(Route::Image, fault.clone(), 2);
        assert!(!get(&fake, &url).unwrap().is_empty(), "{fault:?}");
    }
}

#[test]
fn redirects_lead_nowhere_else() {
    let fake = Fake::stash_box(World::new(4, 1), photos::plain());
    let other = Fake::stash_box(World::new(4, 1), photos::plain());
    let url = fake.image_url(fake.world().rows[0].pictures[0].id);
    let elsewhere = other.image_url(fake.world().rows[0].pictures[0].id);
    for to in [
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/admin",
        "http://[::1]:22/",
        "file:///etc/passwd",
        &elsewhere,
    ] {
        fake.fault(Route::Image, Fault::redirect(to), 1);
        let error = get(&fake, &url).unwrap_err();
        assert!(matches!(error, NetError::Forbidden { .. }), "{to}: {error}");
    }
    assert_eq!(other.asked(), []);
    // At the same place they are followed, but not for ever.
    fake.fault(Route::Image, Fault::redirect(&url), 2);
    assert!(get(&fake, &url).is_ok());
    fake.fault(Route::Image, Fault::redirect(&url), 99);
    assert!(get(&fake, &url).unwrap_err().to_string().contains("redirects without end"));
}

#[test]
fn only_https_and_only_the_hosts_of_the_source() {
    let public = Upstream::new("https://stashdb.org/graphql").unwrap().with_hosts(["cdn.example"]);
    let net = net();
    for (url, why) in [
        ("http://stashdb.org/images/1", "only https"),
        ("https://example.org/images/1", "nothing to do with that host"),
        ("https://evilstashdb.org/images/1", "nothing to do with that host"),
        ("https://stashdb.org.example/images/1", "nothing to do with that host"),
        ("https://notcdn.example/1", "nothing to do with that host"),
        ("file:///etc/passwd", "only https"),
        ("gopher://stashdb.org/1", "only https"),
    ] {
        let error = net.image(&public, url, None).unwrap_err();
        assert!(error.to_string().contains(why) && !error.passes(), "{url}: {error}");
    }
    assert_eq!(net.image(&public, "no address", None), Err(NetError::NoAddress));
}

#[test]
fn names_and_numbers_that_lead_into_the_house_are_refused() {
    let net = net();
    // The name is looked up first: /etc/hosts says that it is this machine.
    let access =
        Access::new("https://stashdb.org/graphql", rollcall_builder::net::Secret::new("k"));
    let hosts = ["localhost", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:c0a8:1]"];
    let named = Access { image_hosts: hosts.map(str::to_owned).to_vec(), ..access };
    let upstream = StashBox::new(net.clone(), &named).unwrap().upstream().clone();
    for host in hosts {
        let error = net.image(&upstream, &format!("https://{host}:9/x"), None).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("private or otherwise special"), "{host}: {text}");
        assert!(!error.passes(), "{host}: asking again does not help");
    }
}
