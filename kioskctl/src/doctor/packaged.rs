//! The service and the files of the package.

use std::process::Command;

use super::{Finding, Patient};

/// Whether the kiosk's service runs, and starts with the machine.
pub(super) fn service(patient: &Patient) -> Vec<Finding> {
    if !patient.at(UNIT).exists() {
        return vec![
            Finding::warning(
                "没有安装服务，断电重启后本机不会自己启动",
                "the service is not installed: the kiosk does not start with the machine",
            )
            .remedy(
                "安装软件包：apt install ./yueting_*.deb",
                "install the package: apt install ./yueting_*.deb",
            ),
        ];
    }
    if !patient.at("/run/systemd/system").is_dir() {
        return vec![Finding::skipped("这里没有运行 systemd", "systemd does not run here")];
    }
    let told = |verb: &str| {
        let output = Command::new("systemctl").args([verb, "yueting-kiosk.service"]).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    };
    let (active, enabled) = (told("is-active"), told("is-enabled"));
    let mut found = Vec::new();
    if active != "active" {
        found.push(
            Finding::fault(
                format!("本机服务没有运行（{active}）"),
                format!("the service does not run: {active}"),
            )
            .remedy(
                "journalctl -u yueting-kiosk -n 50 查看原因；systemctl start yueting-kiosk",
                "journalctl -u yueting-kiosk -n 50 says why; systemctl start yueting-kiosk",
            ),
        );
    }
    if enabled != "enabled" {
        found.push(
            Finding::warning(
                format!("开机不会自动启动（{enabled}）"),
                format!("it does not start with the machine: {enabled}"),
            )
            .remedy("systemctl enable yueting-kiosk", "systemctl enable yueting-kiosk"),
        );
    }
    if found.is_empty() {
        found.push(Finding::good("服务在运行，开机自启", "the service runs, and starts with the machine"));
    }
    found
}

/// Whether the files of the package are as they were installed.
pub(super) fn files(patient: &Patient) -> Vec<Finding> {
    let sums = patient.at("/var/lib/dpkg/info/yueting.md5sums");
    if !sums.exists() {
        return vec![Finding::skipped("不是由软件包安装的", "not installed from the package")];
    }
    let root = patient.root.display().to_string();
    let checked = Command::new("dpkg").args(["--root", &root, "--verify", "yueting"]).output();
    let told = match checked {
        Ok(output) if output.status.success() && output.stdout.is_empty() => {
            return vec![Finding::good("软件包文件完好", "the files of the package are as installed")];
        }
        Ok(output) => String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).trim().to_owned(),
        Err(cause) => cause.to_string(),
    };
    // A configuration file of the package that was changed is meant to be.
    let grave: Vec<&str> = told.lines().filter(|line| !line.contains(" c /etc/")).collect();
    if grave.is_empty() {
        return vec![Finding::good(
            "软件包文件完好（配置有改动）",
            "the files of the package are as installed, but for configuration",
        )];
    }
    vec![
        Finding::fault(
            "软件包文件缺失或被改动",
            format!("files of the package are gone or changed:\n{}", grave.join("\n")),
        )
        .remedy(
            "apt install --reinstall ./yueting_*.deb；并检查磁盘",
            "apt install --reinstall ./yueting_*.deb; and check the disk",
        ),
    ]
}

const UNIT: &str = "/usr/lib/systemd/system/yueting-kiosk.service";
