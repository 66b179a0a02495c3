//! End to end: the daemon between a reader on a pseudo-terminal, central on a socket, and a ledger on the disk.

mod account;
mod architecture;
#[expect(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the bank is that of central's own tests, which ask it for more; its failure is the test's"
)]
#[path = "../../../central/tests/it/bank.rs"]
mod bank;
mod cards;
mod central;
mod commands;
mod crash;
mod disk;
mod documents;
mod drills;
mod faults;
mod find;
mod gate;
mod heartbeat;
mod holds;
mod kills;
mod mqtt;
mod offline_night;
mod power;
mod printer;
mod reload;
mod remote;
mod room;
mod slot;
mod stocktake;
mod tablet;
mod ups;
mod visits;
