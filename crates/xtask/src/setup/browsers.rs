//! The browsers and the software GPU that the tests run in.

use std::{
    env,
    path::{Path, PathBuf},
};

use super::{Piece, apt};
use crate::{
    error::{Error, Result},
    places::{Places, on_path},
};

/// A browser the tests drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Browser {
    /// Chromium or Chrome.
    Chromium,
    /// Firefox, the ESR where there is a choice.
    Firefox,
}

impl Browser {
    /// The environment variable that names its program, for us and for the tests.
    pub(crate) fn variable(self) -> &'static str {
        match self {
            Self::Chromium => "ROLLCALL_CHROMIUM",
            Self::Firefox => "ROLLCALL_FIREFOX",
        }
    }

    /// Its program: the one the environment names, or one that is installed.
    pub(crate) fn find(self) -> Option<PathBuf> {
        if let Some(named) = env::var_os(self.variable()).filter(|named| !named.is_empty()) {
            return Some(PathBuf::from(named));
        }
        let (names, application): (&[&str], _) = match self {
            Self::Chromium => (
                &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
                "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
            ),
            Self::Firefox => {
                (&["firefox-esr", "firefox"], "/Applications/Firefox.app/Contents/MacOS/firefox")
            }
        };
        let application = Path::new(application);
        on_path(names).or_else(|| application.is_file().then(|| application.to_path_buf()))
    }

    fn package(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox-esr",
        }
    }
}

impl Piece for Browser {
    fn is_there(&self, _: &Places) -> Result<bool> {
        Ok(self.find().is_some())
    }

    fn why(&self) -> String {
        format!("Installing {}: the page is tested in a real browser.", self.package())
    }

    fn install(&self, places: &Places) -> Result<()> {
        if apt::is_here() {
            return apt::install(places, &[self.package()]);
        }
        Err(Error::Missing {
            what: format!("{self:?}"),
            remedy: format!(
                "install it, or name the program in the environment variable {}",
                self.variable()
            ),
        })
    }
}

/// WebKitGTK with its driver, and a screen in memory, since it has no headless mode.
pub(crate) struct WebKit;

impl Piece for WebKit {
    fn is_there(&self, _: &Places) -> Result<bool> {
        // Elsewhere the tests say that they miss it.
        let programs = ["WebKitWebDriver", "Xvfb"];
        Ok(!apt::is_here() || programs.iter().all(|program| on_path(&[program]).is_some()))
    }

    fn why(&self) -> String {
        "Installing webkit2gtk-driver and xvfb: the plugin is tested in WebKit, too.".to_owned()
    }

    fn install(&self, places: &Places) -> Result<()> {
        apt::install(places, &["webkit2gtk-driver", "xvfb"])
    }
}

/// Mesa's lavapipe, a Vulkan device on the CPU, so that the native GPU engine can be tested.
pub(crate) struct SoftwareVulkan;

impl Piece for SoftwareVulkan {
    fn is_there(&self, _: &Places) -> Result<bool> {
        // Elsewhere the system brings a GPU driver (Metal on macOS) or the tests say what they miss.
        Ok(!apt::is_here() || (has_lavapipe() && has_loader()))
    }

    fn why(&self) -> String {
        "Installing mesa-vulkan-drivers: the GPU engine is tested on a Vulkan device in software."
            .to_owned()
    }

    fn install(&self, places: &Places) -> Result<()> {
        apt::install(places, &["mesa-vulkan-drivers", "libvulkan1"])
    }
}

fn has_lavapipe() -> bool {
    let Ok(drivers) = std::fs::read_dir("/usr/share/vulkan/icd.d") else { return false };
    drivers.flatten().any(|driver| driver.file_name().to_string_lossy().starts_with("lvp_icd"))
}

fn has_loader() -> bool {
    let Ok(folders) = std::fs::read_dir("/usr/lib") else { return false };
    folders.flatten().any(|folder| folder.path().join("libvulkan.so.1").exists())
}
