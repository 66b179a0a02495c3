//! The file of the configuration.

use config::Config;

use super::{Finding, Patient};
use crate::configuration::{read, remarks};

/// Whether the kiosk can use it, and what is worth a word.
pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let file = patient.file.display();
    if let Err(error) = Config::load(&patient.file) {
        return vec![Finding::fault(format!("配置文件不可用：{file}"), error.to_string()).remedy(
            "按上面逐行所说修改；没有配置文件就运行 kioskctl setup；想用以前的版本：kioskctl config versions 与 restore",
            "mend each line that is named; without a file run `kioskctl setup`; older versions: `kioskctl config versions` and `restore`",
        )];
    }
    let mut found =
        vec![Finding::good(format!("配置可用：{file}"), format!("the configuration is sound: {file}"))];
    let remarks = read(&patient.file).map(|text| remarks(&text, &patient.file)).unwrap_or_default();
    found.extend(remarks.into_iter().map(|(chinese, english)| {
        Finding::warning(chinese, english).remedy(
            "改文件的副本，再用 kioskctl config apply 生效",
            "change a copy of the file, and put it in force with `kioskctl config apply`",
        )
    }));
    found
}
