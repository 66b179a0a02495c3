//! End to end: the daemon between a reader on a pseudo-terminal, central on a socket, and a ledger on the disk.

mod account;
mod architecture;
mod cards;
mod central;
mod commands;
mod crash;
mod disk;
mod documents;
mod drills;
mod faults;
mod find;
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
