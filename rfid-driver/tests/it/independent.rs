//! Clients that others wrote, against our emulated readers as programs, over a pseudo-terminal.

use std::io::{Read, Write};
use std::time::Duration;

use rfid_silion_compat::{
    AntennaPair, AntennaPortsConfiguration, ClientError, MemBank, ReaderTransport, RegionCode, RunPhase,
    SelectOption, SilionReader,
};
use serialport::{ClearBuffer, SerialPort, TTYPort};
use uhf_rfid::{
    MemoryBank, QueryParams, QuerySession, Region, RfidTransport, SelectAction, SelectMode, SelectParams,
    SelectTarget, UhfRfid,
};

use super::Emulator;

struct Line(TTYPort);

impl Line {
    fn open(emulator: &Emulator) -> Self {
        let path = emulator.link();
        let line = serialport::new(path.to_str().unwrap(), 115_200).timeout(Duration::from_secs(5));
        Self(line.open_native().unwrap())
    }
}

impl RfidTransport for Line {
    type Error = std::io::Error;

    fn write(&mut self, data: &[u8]) -> Result<usize, std::io::Error> {
        self.0.write_all(data)?;
        Ok(data.len())
    }

    fn read(&mut self, buf: &mut [u8], timeout_ms: u32) -> Result<usize, std::io::Error> {
        self.0.set_timeout(Duration::from_millis(timeout_ms.into()))?;
        self.0.read(buf)
    }

    fn clear_input(&mut self) -> Result<(), std::io::Error> {
        Ok(self.0.clear(ClearBuffer::Input)?)
    }
}

impl ReaderTransport for Line {
    type Error = std::io::Error;

    async fn write_all(&mut self, data: &[u8]) -> Result<(), std::io::Error> {
        self.0.write_all(data)
    }

    async fn read_exact(&mut self, buf: &mut [u8]) -> Result<(), std::io::Error> {
        self.0.read_exact(buf)
    }
}

/// The crate `uhf-rfid`. Its reads and writes of tags are not tried: it sends word and number in one byte each, where
/// the protocol's document (and every published frame) has two.
#[test]
fn uhf_rfid_works_with_our_m100() {
    let mut emulator = Emulator::start(&["--protocol", "m100"]);
    emulator.say("raw A epc=300001045300185304406C0E0000 tid=E280116001020304 rssi=-55");
    let mut reader = UhfRfid::new(Line::open(&emulator));
    assert_eq!(reader.get_firmware_version().unwrap(), "V2.3.5");
    assert!(reader.single_poll().unwrap().is_none());
    emulator.say("put A");
    let tag = reader.single_poll().unwrap().unwrap();
    assert_eq!((tag.epc.as_str(), tag.rssi), ("01045300185304406C0E0000", 0xC9));
    assert_eq!(reader.get_tx_power().unwrap(), 26);
    reader.set_tx_power(20).unwrap();
    assert_eq!(reader.get_tx_power().unwrap(), 20);
    assert_eq!(reader.get_region().unwrap(), Region::China900);
    reader.set_region(Region::Us).unwrap();
    assert_eq!(reader.get_region().unwrap(), Region::Us);
    assert_eq!(reader.get_query_param().unwrap(), QueryParams::default());
    let query = QueryParams { session: QuerySession::S1, ..QueryParams::default() };
    reader.set_query_param(&query).unwrap();
    assert_eq!(reader.get_query_param().unwrap(), query);
    select(&mut reader);
    let found = reader.poll_for_duration(Duration::from_millis(200)).unwrap();
    assert!(found.len() > 1 && found.iter().all(|found| found.epc == tag.epc), "{found:?}");
    assert!(reader.read_tag_data(&[0; 4], MemoryBank::User, 0, 1).is_err(), "two bytes too few");
    assert_eq!(reader.get_tx_power().unwrap(), 20, "it has stopped");
}

fn select(reader: &mut UhfRfid<Line>) {
    let mut params = SelectParams {
        target: SelectTarget::S0,
        action: SelectAction::Action0,
        mem_bank: MemoryBank::Tid,
        pointer: 0,
        mask: vec![0xE2, 0x80, 0x11, 0x61],
        truncate: false,
    };
    reader.set_select_param(&params).unwrap();
    let told = reader.get_select_param().unwrap();
    assert_eq!((told.mem_bank, told.pointer, told.mask), (params.mem_bank, 0, params.mask.clone()));
    assert!(reader.single_poll().unwrap().is_some(), "a selection is not for inventories");
    reader.set_select_mode(SelectMode::Always).unwrap();
    assert!(reader.single_poll().unwrap().is_none(), "now it is, and means another tag");
    params.mask = vec![0xE2, 0x80, 0x11, 0x60];
    reader.set_select_param(&params).unwrap();
    reader.set_select_mode(SelectMode::Always).unwrap();
    assert!(reader.single_poll().unwrap().is_some());
}

/// The crate `rfid-silion-compat`, which was written after the documents of another maker of such modules.
#[tokio::test]
async fn silion_works_with_our_mercury() {
    let mut emulator = Emulator::start(&["--protocol", "mercury"]);
    emulator.say("raw A epc=300001045300185304406C0E0000 tid=E280116001020304 user=0A0B0C0D");
    emulator.say("raw B epc=300001045300185304406C0E0001 tid=E280116001020305 user=0E0F1011");
    emulator.say("put A B");
    let mut reader = SilionReader::new(Line::open(&emulator));
    assert_eq!(reader.get_version().await.unwrap().hardware_version, [0x18, 0, 0, 1]);
    assert_eq!(reader.get_run_phase().await.unwrap(), RunPhase::AppFirmware);
    assert_eq!(reader.get_current_region().await.unwrap(), RegionCode::China1);
    let pair = AntennaPortsConfiguration::AccessPair(AntennaPair { tx: 1, rx: 1 });
    reader.set_antenna_ports(&pair).await.unwrap();
    let epc = |last| SelectOption::Epc {
        select_length_bits: 96,
        select_data: vec![0x01, 0x04, 0x53, 0x00, 0x18, 0x53, 0x04, 0x40, 0x6C, 0x0E, 0x00, last],
        invert: false,
    };
    let tid = |last| SelectOption::Tid {
        select_address: 0,
        select_length_bits: 64,
        select_data: vec![0xE2, 0x80, 0x11, 0x60, 0x01, 0x02, 0x03, last],
        invert: false,
    };
    for (of, user) in [
        (epc(0), [0x0A, 0x0B, 0x0C, 0x0D]),
        (epc(1), [0x0E, 0x0F, 0x10, 0x11]),
        (tid(4), [0x0A, 0x0B, 0x0C, 0x0D]),
        (tid(5), [0x0E, 0x0F, 0x10, 0x11]),
    ] {
        let read = reader.read_tag_data(100, of, None, MemBank::User, 0, 2).await.unwrap();
        assert_eq!(read.tag_data, Some(user.to_vec()));
    }
    reader.write_tag_data(100, tid(5), 2, MemBank::Epc, None, &[0x81, 0x04]).await.unwrap();
    let read = reader.read_tag_data(100, tid(5), None, MemBank::Epc, 2, 1).await.unwrap();
    assert_eq!(read.tag_data, Some(vec![0x81, 0x04]));
    let gone = reader.read_tag_data(100, epc(1), None, MemBank::User, 0, 2).await;
    assert!(matches!(gone, Err(ClientError::ReaderStatus { status_raw: 0x0400, .. })), "{gone:?}");
    emulator.say("lock A epc");
    let locked = reader.write_tag_data(100, epc(0), 1, MemBank::Epc, None, &[0x35, 0x07]).await;
    assert!(matches!(locked, Err(ClientError::ReaderStatus { status_raw: 0x0424, .. })), "{locked:?}");
    reader.write_tag_epc(100, tid(5), None, &[0xAB; 6]).await.unwrap();
    let read = reader.read_tag_data(100, tid(5), None, MemBank::Epc, 1, 4).await.unwrap();
    assert_eq!(read.tag_data.unwrap()[2..], [0xAB; 6]);
}
