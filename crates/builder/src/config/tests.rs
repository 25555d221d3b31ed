//! Configurations that people write.

use super::*;

/// The example that is shipped, every line of it.
const EXAMPLE: &str = include_str!("../../../../packaging/builder_config.yaml");

fn variable(name: &str) -> Option<String> {
    match name {
        "STASHDB_API_KEY" => Some("  geheim-1\n".to_owned()),
        "THEPORNDB_API_KEY" => Some("geheim-2".to_owned()),
        "FANSDB_API_KEY" => Some("geheim-4".to_owned()),
        "STASH_API_KEY" => Some("geheim-3".to_owned()),
        _ => None,
    }
}

fn parse(text: &str) -> Result<BuilderConfig, String> {
    BuilderConfig::parse(text, variable)
}

fn refused(text: &str) -> String {
    parse(text).unwrap_err()
}

#[test]
fn the_example_uses_every_key() {
    let config = parse(EXAMPLE).unwrap();
    let stashdb = config.stashdb.as_ref().unwrap();
    assert_eq!(stashdb.url, "https://stashdb.org/graphql");
    assert_eq!(stashdb.api_key, Some(Secret::new("geheim-1")));
    assert_eq!(stashdb.access().pace.api_per_minute, 240.0);
    let all: Vec<_> = config.all().map(|one| (one.access().software, one.endpoint())).collect();
    let expected = [
        (Software::StashBox, "stashdb.org"),
        (Software::ThePornDb, "theporndb.net"),
        (Software::StashBox, "fansdb.cc"),
        (Software::Stash, "local"),
    ];
    assert_eq!(all, expected.map(|(software, name)| (software, name.to_owned())));
    let text = EXAMPLE.replace('#', " ");
    for key in [keys::ENDPOINT, keys::OUTPUT, keys::CACHE, keys::PROCESSING].concat() {
        assert!(text.contains(&format!(" {key}:")), "{key}");
    }
}

#[test]
fn what_is_left_out_has_a_default() {
    assert_eq!(parse("").unwrap(), BuilderConfig::default());
    let config = parse("stashdb:\n  api_key: abc\n").unwrap();
    let stashdb = config.stashdb.unwrap();
    assert_eq!(stashdb.max_images_per_performer, 10);
    assert_eq!(stashdb.access().pace, Pace::default());
}

#[test]
fn a_delay_is_a_pace() {
    let config = parse("stashdb:\n  api_key: a\n  rate_limit_delay: 0.5\n").unwrap();
    assert_eq!(config.stashdb.unwrap().access().pace.api_per_minute, 120.0);
    for wrong in ["0", "-1", ".nan", ".inf"] {
        let text = format!("stashdb:\n  api_key: a\n  rate_limit_delay: {wrong}\n");
        assert_eq!(refused(&text), "rate_limit_delay of stashdb.org must be a number above 0");
    }
}

#[test]
fn a_misspelt_key_is_told_what_it_should_be() {
    for (text, wanted) in [
        ("stashbd:\n  url: x\n", r#"there is no key "stashbd"; is it "stashdb"?"#),
        ("stashdb:\n  apikey: x\n", r#"there is no key "apikey" in stashdb; is it "api_key"?"#),
        (
            "processing:\n  worker: 3\n",
            r#"there is no key "worker" in processing; is it "workers"?"#,
        ),
        (
            "endpoints:\n- url: x\n  rate_limit: 1\n",
            r#"there is no key "rate_limit" in endpoints, number 1; is it "rate_limit_delay"?"#,
        ),
        (
            "cache:\n  zzz: 1\n",
            r#"there is no key "zzz" in cache; there are image_directory, image_gigabytes, embeddings_directory"#,
        ),
    ] {
        assert_eq!(refused(text), wanted);
    }
    assert_eq!(refused("output: 5\n"), "there must be keys in output, such as `directory:`");
}

#[test]
fn a_missing_variable_or_key_is_named() {
    assert_eq!(
        refused("stashdb:\n  api_key: ${NOBODY_SET_THIS}\n"),
        "the environment variable NOBODY_SET_THIS is not set; set it, or write its value instead"
    );
    assert!(
        refused("stashdb:\n  url: https://stashdb.org/graphql\n")
            .starts_with("stashdb.org needs an api_key")
    );
    assert_eq!(refused("stashdb:\n  api_key: ${OPEN\n"), "a value has ${ without }");
}

#[test]
fn the_same_stash_box_twice_is_a_mistake() {
    let twice = "stashdb:\n  api_key: a\nendpoints:\n- url: https://StashDB.org/\n  api_key: b\n";
    assert!(refused(twice).starts_with("stashdb.org is there twice"));
}

#[test]
fn no_error_and_no_debug_output_shows_a_key() {
    let config = parse("stashdb:\n  api_key: ${STASHDB_API_KEY}\n").unwrap();
    assert!(!format!("{config:?}").contains("geheim"));
    for text in [
        "stashdb:\n  api_key: [geheim]\n",
        "stashdb:\n  api_key: geheim\n  max_images_per_performer: geheim\n",
        "stashdb:\n  api_key: geheim\n  kind: geheim\n",
        "stashdb:\n  api_key: \"geheim\n",
        "stashdb: geheim\n",
        "geheim",
        "endpoints: geheim\n",
    ] {
        let error = refused(text);
        assert!(!error.contains("geheim"), "{text}: {error}");
    }
    // Digits alone are a number in YAML.
    let number = parse("stashdb:\n  api_key: 123456\n").unwrap();
    assert_eq!(number.stashdb.unwrap().api_key, Some(Secret::new("123456")));
}
