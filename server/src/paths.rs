//! Which paths of a request may name a file at all. What is refused here is never looked up.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Names that Windows takes for devices, whatever their ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Whether the path, as it came in the request, is a row of plain file names.
///
/// Refused are climbing, hidden and temporary files (a leading dot), separators and drive letters of
/// other systems, device names, control characters, and what is no UTF-8. Decoded once, as
/// `ServeDir` does: whoever encodes twice asks for a file with a `%` in its name.
pub(crate) fn is_plain(path: &str) -> bool {
    let Ok(decoded) = percent_decode_str(path).decode_utf8() else { return false };
    // An encoded slash would part names that the request did not part.
    let slashes = |text: &str| text.bytes().filter(|byte| *byte == b'/').count();
    let Some(names) = decoded.strip_prefix('/') else { return false };
    slashes(&decoded) == slashes(path) && names.split('/').all(is_plain_name)
}

fn is_plain_name(name: &str) -> bool {
    let foreign =
        |c: char| c.is_control() || matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    !name.is_empty()
        && name.len() <= 255
        && !name.starts_with('.')
        && !name.ends_with(['.', ' '])
        && !name.contains(foreign)
        && !is_device(name)
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    // Windows takes superscript digits for digits.
    let numbered = |port: &str| {
        stem.strip_prefix(port).is_some_and(|n| {
            n.chars().count() == 1 && n.contains(|c: char| c.is_ascii_digit() || "¹²³".contains(c))
        })
    };
    DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt")
}

/// The last name of a path.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// Whether the file's name holds its SHA-256, so that its content can never change.
pub(crate) fn is_hashed(path: &str) -> bool {
    hash_in(path).is_some()
}

/// The SHA-256 in a file's name.
pub(crate) fn hash_in(path: &str) -> Option<&str> {
    let is_hash = |part: &&str| part.len() == 64 && part.bytes().all(|b| b.is_ascii_hexdigit());
    file_name(path).split(['-', '.']).find(is_hash)
}

/// The path without the prefix under which a reverse proxy publishes us. A proxy may have taken it
/// off already; then the path stays as it is.
pub(crate) fn without_base<'a>(path: &'a str, base: &str) -> Cow<'a, str> {
    match path.strip_prefix(base) {
        Some(rest) if rest.starts_with('/') => Cow::Borrowed(rest),
        _ => Cow::Borrowed(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_are_served() {
        for path in [
            "/index.html",
            "/opencv/pack.json",
            "/Gr%C3%B6%C3%9Fe%201.jpg",
            "/a%2520b",
            "/console.js",
        ] {
            assert!(is_plain(path), "{path}");
        }
    }

    #[test]
    fn whatever_is_no_plain_name_is_not() {
        for path in [
            "",
            "/",
            "//",
            "/a//b",
            "/a/",
            "/..",
            "/../x",
            "/a/../b",
            "/%2e%2e/x",
            "/.%2e/x",
            "/.git/config",
            "/a%2fb",
            "/..%2fx",
            "/..%5cx",
            "/a\\b",
            "/%00",
            "/a%00.html",
            "/a%0ab",
            "/c:/x",
            "/c%3a",
            "/x.",
            "/x%20",
            "/con",
            "/CON.txt",
            "/aux.json",
            "/a/NUL",
            "/com1",
            "/LPT9.log",
            "/com%C2%B9",
            "/%ff",
            "/%c0%ae%c0%ae/x",
            "/a::$DATA",
            "*",
            "x",
        ] {
            assert!(!is_plain(path), "{path}");
        }
    }

    #[test]
    fn a_hash_is_64_hex_digits_between_dots_and_dashes() {
        let hash = "0123456789abcdef".repeat(4);
        assert!(is_hashed(&format!("/database/{hash}")));
        assert!(is_hashed(&format!("/database/manifest-{hash}.mp")));
        assert!(is_hashed(&format!("/models/opencv/{hash}.onnx")));
        assert!(!is_hashed(&format!("/{hash}/latest.json")));
        assert!(!is_hashed(&format!("/database/{}", &hash[1..])));
        assert!(!is_hashed("/database/latest.json"));
    }

    #[test]
    fn the_base_path_ends_where_a_name_ends() {
        assert_eq!(without_base("/rollcall/health", "/rollcall"), "/health");
        assert_eq!(without_base("/rollcall/", "/rollcall"), "/");
        assert_eq!(without_base("/rollcaller", "/rollcall"), "/rollcaller");
        assert_eq!(without_base("/health", "/rollcall"), "/health");
    }
}
