//! What a check found, and how it is told.

use serde_json::json;

use crate::arguments::DoctorLanguage;

/// How bad it is; the worst is the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Skipped,
    Good,
    Warning,
    Fault,
}

/// What one check found.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) level: Level,
    pub(super) chinese: String,
    pub(super) english: String,
    /// What to do, in Chinese and English; for warnings and faults.
    pub(super) remedy: Option<(String, String)>,
}

impl Finding {
    fn new(level: Level, chinese: impl Into<String>, english: impl Into<String>) -> Self {
        Self { check: "", level, chinese: chinese.into(), english: english.into(), remedy: None }
    }

    pub(super) fn good(chinese: impl Into<String>, english: impl Into<String>) -> Self {
        Self::new(Level::Good, chinese, english)
    }

    pub(super) fn skipped(chinese: impl Into<String>, english: impl Into<String>) -> Self {
        Self::new(Level::Skipped, chinese, english)
    }

    pub(super) fn warning(chinese: impl Into<String>, english: impl Into<String>) -> Self {
        Self::new(Level::Warning, chinese, english)
    }

    pub(super) fn fault(chinese: impl Into<String>, english: impl Into<String>) -> Self {
        Self::new(Level::Fault, chinese, english)
    }

    /// What to do about it.
    pub(super) fn remedy(self, chinese: impl Into<String>, english: impl Into<String>) -> Self {
        Self { remedy: Some((chinese.into(), english.into())), ..self }
    }
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }

    fn mark(self) -> &'static str {
        match self {
            Self::Skipped => "-",
            Self::Good => "✓",
            Self::Warning => "!",
            Self::Fault => "✗",
        }
    }
}

/// All findings as text, or one JSON object a line.
pub(super) fn report(findings: &[Finding], is_json: bool, language: DoctorLanguage) -> String {
    if is_json {
        return findings.iter().map(|finding| format!("{}\n", finding.json())).collect();
    }
    let mut text: String = findings.iter().map(|finding| finding.text(language)).collect();
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    let (faults, warnings) = (count(Level::Fault), count(Level::Warning));
    let (chinese, english) = match (faults, warnings) {
        (0, 0) => ("一切正常".to_owned(), "all is well".to_owned()),
        _ => (
            format!("故障 {faults} 项，警告 {warnings} 项"),
            format!("faults: {faults}, warnings: {warnings}"),
        ),
    };
    text.push_str(&match language {
        DoctorLanguage::Zh => format!("\n{chinese}\n"),
        DoctorLanguage::En => format!("\n{english}\n"),
        DoctorLanguage::Both => format!("\n{chinese}；{english}\n"),
    });
    text
}

impl Finding {
    fn text(&self, language: DoctorLanguage) -> String {
        let (has_chinese, has_english) = language.parts();
        let mut lines = Vec::new();
        if has_chinese {
            lines.push(self.chinese.clone());
        }
        if has_english {
            lines.push(self.english.clone());
        }
        if let Some((chinese, english)) = &self.remedy {
            if has_chinese {
                lines.push(format!("→ {chinese}"));
            }
            if has_english {
                lines.push(format!("→ {english}"));
            }
        }
        let mut text = String::new();
        for (n, line) in lines.iter().enumerate() {
            let head =
                if n == 0 { format!("{} {:<12}", self.level.mark(), self.check) } else { " ".repeat(14) };
            // Faults of a file are a line each.
            for (n, part) in line.lines().enumerate() {
                let head = if n == 0 { head.clone() } else { " ".repeat(16) };
                text.push_str(&format!("{head}{part}\n"));
            }
        }
        text
    }

    fn json(&self) -> serde_json::Value {
        let remedy = self.remedy.as_ref();
        json!({
            "check": self.check,
            "level": self.level.word(),
            "zh": self.chinese,
            "en": self.english,
            "remedy_zh": remedy.map(|(chinese, _)| chinese),
            "remedy_en": remedy.map(|(_, english)| english),
        })
    }
}
