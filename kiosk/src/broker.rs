//! The broker that is told how the kiosk is, where the program was built with the feature `mqtt`. What is told, and when, is
//! [`supervision::mqtt`]'s; here are the configuration, and the task.

use config::Config;
use supervision::board::Board;
use supervision::part::{Part, State};
use tokio::sync::watch;

use crate::supervise::{Reporter, Starter};

/// What begins the telling, and begins it anew; nothing if nobody is to be told, which is said.
#[cfg(feature = "mqtt")]
#[must_use]
pub fn starter(config: &Config, board: watch::Receiver<Board>, reporter: &Reporter) -> Option<Starter> {
    use supervision::mqtt::Publisher;

    use crate::supervise::of_task;

    let Some(setup) = setup(config) else {
        reporter.is(Part::Mqtt, State::Absent, "");
        return None;
    };
    let reporter = reporter.clone();
    Some(of_task((Part::Mqtt, "mqtt"), &reporter.clone(), move || {
        let (metrics, told) = (reporter.metrics().clone(), reporter.clone());
        let publisher = Publisher::new(setup.clone(), board.clone(), metrics, reporter.life())
            .map_err(|cause| cause.to_string())?;
        Ok(publisher.run(move |state, why| told.is(Part::Mqtt, state, why)))
    }))
}

#[cfg(feature = "mqtt")]
fn setup(config: &Config) -> Option<supervision::mqtt::Setup> {
    use config::MqttTls;
    use supervision::mqtt::{Setup, Trust};

    let mqtt = &config.mqtt;
    let password = mqtt.password.as_ref().map(|password| password.expose().to_owned());
    Some(Setup {
        host: mqtt.host.clone()?,
        port: mqtt.port,
        trust: match (mqtt.tls, &mqtt.tls_file) {
            (MqttTls::Off, _) | (MqttTls::File, None) => None,
            (MqttTls::System, _) => Some(Trust::System),
            (MqttTls::File, Some(path)) => Some(Trust::File(path.clone())),
        },
        account: mqtt.user.clone().map(|user| (user, password)),
        device: mqtt.device.clone(),
        interval: mqtt.interval,
    })
}

/// Nobody is told by a program without the feature; whoever configured a broker reads why.
#[cfg(not(feature = "mqtt"))]
#[must_use]
pub fn starter(config: &Config, _: watch::Receiver<Board>, reporter: &Reporter) -> Option<Starter> {
    let why = if config.mqtt.host.is_some() { WITHOUT } else { "" };
    reporter.is(Part::Mqtt, State::Absent, why);
    None
}

#[cfg(not(feature = "mqtt"))]
const WITHOUT: &str = "this program was built without MQTT (cargo feature `mqtt`): nobody is told";
