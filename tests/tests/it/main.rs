//! End to end: the daemon between a reader on a pseudo-terminal, central on a socket, and a ledger on the disk.

mod account;
mod architecture;
mod central;
mod commands;
mod crash;
mod disk;
mod drills;
mod faults;
mod find;
mod heartbeat;
mod in_doubt;
mod kills;
mod printer;
mod visits;
