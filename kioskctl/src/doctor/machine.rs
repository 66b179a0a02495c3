//! What the screen and the loudspeaker need of the machine.

use std::fs;
use std::path::Path;

use super::{Finding, Patient};

/// The screen draws with its own characters, and still needs one font that fontconfig knows.
pub(super) fn fonts(patient: &Patient) -> Vec<Finding> {
    let folders = ["/usr/share/fonts", "/usr/local/share/fonts"];
    if folders.iter().any(|folder| has_font(&patient.at(folder), 4)) {
        vec![Finding::good("有字体", "there is a font")]
    } else {
        vec![
            Finding::fault("没有任何字体，画面无法显示", "there is no font at all: the screen cannot start")
                .remedy("apt-get install fonts-dejavu-core", "apt-get install fonts-dejavu-core"),
        ]
    }
}

fn has_font(folder: &Path, depth: u8) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| {
        let path = entry.path();
        let is_font = path.extension().is_some_and(|end| {
            ["ttf", "otf", "ttc", "pfb"].iter().any(|known| end.eq_ignore_ascii_case(known))
        });
        is_font || depth > 0 && path.is_dir() && has_font(&path, depth - 1)
    })
}

/// A display that is plugged in, as the kernel tells it.
pub(super) fn display(patient: &Patient) -> Vec<Finding> {
    let entries = fs::read_dir(patient.at("/sys/class/drm")).into_iter().flatten().flatten();
    let mut plugs: Vec<(String, String)> = entries
        .filter_map(|entry| {
            let status = fs::read_to_string(entry.path().join("status")).ok()?;
            Some((entry.file_name().to_string_lossy().into_owned(), status.trim().to_owned()))
        })
        .collect();
    plugs.sort();
    let connected: Vec<&str> =
        plugs.iter().filter(|(_, status)| status == "connected").map(|(name, _)| name.as_str()).collect();
    match (plugs.is_empty(), connected.is_empty()) {
        (_, false) => {
            let names = connected.join(", ");
            vec![Finding::good(format!("显示器已接：{names}"), format!("a display is plugged in: {names}"))]
        }
        (false, true) => vec![
            Finding::fault("没有接显示器", "no display is plugged in")
                .remedy("接好显示器的电源和线缆", "see the display's power and cable"),
        ],
        (true, true) => vec![
            Finding::warning(
                "没有显示接口（或这是一台没有屏幕的机器）",
                "there is no display port, or this machine has no screen",
            )
            .remedy(
                "查显卡驱动；无屏运行用 kiosk run --headless",
                "see the graphics driver; without a screen: kiosk run --headless",
            ),
        ],
    }
}

/// Whether what is to be heard can be.
pub(super) fn audio(patient: &Patient) -> Vec<Finding> {
    let Some(config) = &patient.config else { return patient.without_config() };
    let (voice, sounds) = (config.screen.voice, config.screen.sounds);
    let mut found = Vec::new();
    if voice && !has_program(patient, &["espeak-ng", "spd-say"]) {
        found.push(
            Finding::warning(
                "配置要求语音提示，但没有装语音程序",
                "prompts are to be spoken, and no program can speak",
            )
            .remedy("apt-get install espeak-ng", "apt-get install espeak-ng"),
        );
    }
    if sounds && !has_program(patient, &["pw-play", "paplay", "aplay"]) {
        found.push(
            Finding::warning(
                "配置要求提示音，但没有装播放程序",
                "sounds are to be played, and no program plays them",
            )
            .remedy("apt-get install alsa-utils", "apt-get install alsa-utils"),
        );
    }
    let has_card = fs::read_dir(patient.at("/proc/asound")).is_ok_and(|cards| {
        cards.flatten().any(|card| card.file_name().to_string_lossy().starts_with("card"))
    });
    if (voice || sounds) && !has_card {
        found.push(Finding::warning("没有声卡", "there is no sound card").remedy(
            "接上声卡或扬声器，或关闭 screen.voice 与 screen.sounds",
            "plug one in, or turn screen.voice and screen.sounds off",
        ));
    }
    match (found.is_empty(), voice || sounds) {
        (false, _) => found,
        (true, true) => vec![Finding::good("可以发声", "the machine can be heard")],
        (true, false) => vec![Finding::skipped("配置中不发声", "the configuration wants no sound")],
    }
}

fn has_program(patient: &Patient, names: &[&str]) -> bool {
    let folders = ["/usr/local/bin", "/usr/bin", "/bin"];
    names.iter().any(|name| folders.iter().any(|folder| patient.at(folder).join(name).exists()))
}
